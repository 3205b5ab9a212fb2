"""Removes what killed processes left on its way in."""

from app.registry import Registry
from schemas.model.jobs import Job


async def run(registry: Registry, _job: Job) -> None:
    """Of packages and icons."""
    await registry.packages.sweep()
