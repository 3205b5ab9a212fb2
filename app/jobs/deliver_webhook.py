"""Sends an event to a webhook."""

from app.registry import Registry
from schemas.model.jobs import Job


async def run(registry: Registry, job: Job) -> None:
    """Sends it, if it still waits for that. May send it twice; its id tells."""
    await registry.webhooks.deliver(job.payload["tenant_id"], job.payload["delivery_id"])


async def give_up(registry: Registry, job: Job, _reason: str) -> None:
    """Leaves the delivery to a replay by hand."""
    await registry.webhooks.give_up(job.payload["tenant_id"], job.payload["delivery_id"])
