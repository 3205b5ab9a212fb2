"""Forgets, every few minutes, credentials that can never be used again. Every worker may do it; twice does no harm."""

import asyncio

import structlog

from app.registry.access.service import Access
from schemas.errors import ServiceBusy

log = structlog.get_logger()

EVERY_SECONDS = 300.0


async def sweep_credentials(access: Access) -> None:
    """Runs until it is cancelled. A database that does not answer is asked again at the next turn."""
    while True:
        try:
            await access.sweep()
        except ServiceBusy:
            log.warning("credentials not swept: the database does not answer")
        await asyncio.sleep(EVERY_SECONDS)
