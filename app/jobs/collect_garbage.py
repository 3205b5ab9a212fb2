"""Removes bytes that nobody needs."""

from app.registry import Registry
from app.registry.access.service import console
from schemas.model.jobs import Job


async def run(registry: Registry, job: Job) -> None:
    """Of every tenant."""
    await registry.upkeep.collect(console(job.id))
