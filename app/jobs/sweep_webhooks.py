"""Forgets old deliveries to webhooks."""

from app.registry import Registry
from schemas.model.jobs import Job


async def run(registry: Registry, _job: Job) -> None:
    """Of every tenant."""
    await registry.webhooks.sweep()
