"""Gives up uploads to which nothing came for too long, and goes on where a process died while it joined one."""

from app.registry import Registry
from schemas.model.jobs import Job


async def run(registry: Registry, _job: Job) -> None:
    """Of every tenant."""
    await registry.uploads.expire()
