"""Forgets credentials that can never be used again."""

from app.registry import Registry
from schemas.model.jobs import Job


async def run(registry: Registry, _job: Job) -> None:
    """All of them."""
    await registry.access.sweep()
