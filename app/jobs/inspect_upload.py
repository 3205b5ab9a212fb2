"""Inspects a file that was uploaded and joined."""

from app.registry import Registry
from schemas.model.jobs import Job


async def run(registry: Registry, job: Job) -> None:
    """Decides about the upload, if it still waits for that."""
    await registry.uploads.inspect(job.payload["tenant_id"], job.payload["upload_id"])


async def give_up(registry: Registry, job: Job, reason: str) -> None:
    """Says in the upload's state that it could not be inspected."""
    await registry.uploads.give_up_inspection(job.payload["tenant_id"], job.payload["upload_id"], reason)
