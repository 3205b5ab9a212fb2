"""Reads all bytes again, to find what the storage has lost or damaged."""

from app.registry import Registry
from app.registry.access.service import console
from schemas.model.jobs import Job


async def run(registry: Registry, job: Job) -> None:
    """Of every tenant."""
    await registry.upkeep.scrub(console(job.id))
