"""Forgets what users were told long ago."""

from app.registry import Registry
from schemas.model.jobs import Job


async def run(registry: Registry, _job: Job) -> None:
    """Of every tenant."""
    await registry.notifications.sweep()
