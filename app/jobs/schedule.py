"""What runs by itself, and how often. Every worker does all of it: each job may run twice at once without harm."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from app.registry import Registry
from schemas.errors import RegistryError

log = structlog.get_logger()

_MINUTES = 60.0


async def run_schedule(registry: Registry) -> None:
    """Runs until it is cancelled."""
    async with asyncio.TaskGroup() as jobs:
        jobs.create_task(_repeat("forget credentials", registry.access.sweep, 5 * _MINUTES))
        jobs.create_task(_repeat("remove what never came in", registry.packages.sweep, 60 * _MINUTES))


async def _repeat(name: str, job: Callable[[], Awaitable[object]], seconds: float) -> None:
    while True:
        try:
            await job()
        except RegistryError as error:  # a database or a store that does not answer is asked again at the next turn
            log.warning("job put off", job=name, reason=str(error))
        await asyncio.sleep(seconds)
