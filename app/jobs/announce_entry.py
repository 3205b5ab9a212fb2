"""Tells people and programs of an entry of the audit."""

from app.registry import Registry
from schemas.model.jobs import Job


async def run(registry: Registry, job: Job) -> None:
    """Tells nobody twice."""
    await registry.notifications.announce(job.payload["tenant_id"], int(job.payload["number"]))
