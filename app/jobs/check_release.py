"""Has a submitted release checked, unless whoever submitted it has come to that."""

from app.registry import Registry
from app.registry.access.service import console
from schemas.model.jobs import Job


async def run(registry: Registry, job: Job) -> None:
    """Settles the release, if it still waits for its checks."""
    await registry.releases.check(console(job.id), job.payload["tenant_id"], job.payload["release_id"])


async def give_up(registry: Registry, job: Job, reason: str) -> None:
    """Sends the release back to its author."""
    await registry.releases.give_up(console(job.id), job.payload["tenant_id"], job.payload["release_id"], reason)
