"""For whoever watches the service: `/healthz`, `/readyz`, `/metrics`."""

import asyncio
from collections.abc import Awaitable

from litestar import Response, get
from litestar.openapi import ResponseSpec

from app.api.operations import operation
from app.telemetry import Counters
from app.wiring import Wiring
from schemas.errors import RegistryError
from storage.postgres.database import Database

_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.2


class Readiness:
    """Whether database and storage answer. Asking the storage writes to it, and everybody may ask: so one question is
    answered to all who ask meanwhile, and the next waits until 0.2 seconds after the last began."""

    def __init__(self) -> None:
        self._asking: asyncio.Task[tuple[bool, bool]] | None = None
        self._not_before = 0.0

    async def ask(self, wiring: Wiring) -> tuple[bool, bool]:
        """Of the database, and of the storage."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask(wiring))
        return await asyncio.shield(self._asking)  # who goes away does not take the answer from the others

    async def _ask(self, wiring: Wiring) -> tuple[bool, bool]:
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(self._not_before - clock())
        self._not_before = clock() + _PAUSE_SECONDS
        database, storage = await asyncio.gather(_answers(_ask(wiring.database)), _answers(wiring.blobs.check()))
        return database, storage


@get("/healthz", **operation("healthz", public=True), media_type="text/plain", tags=["Operation"])
async def healthz() -> str:
    """The process is alive."""
    return "ok\n"


@get(
    "/readyz",
    **operation("readyz", public=True),
    media_type="text/plain",
    tags=["Operation"],
    responses={503: ResponseSpec(str, generate_examples=False, description="One is down.", media_type="text/plain")},
)
async def readyz(wiring: Wiring, readiness: Readiness) -> Response[str]:
    """Whether database and storage answer: 200, or 503 with the one that does not."""
    database, storage = await readiness.ask(wiring)
    lines = f"database: {'ok' if database else 'down'}\nstorage: {'ok' if storage else 'down'}\n"
    return Response(lines, status_code=200 if database and storage else 503, media_type="text/plain")


@get("/metrics", **operation("metrics", public=True), media_type="text/plain", tags=["Operation"])
async def metrics(counters: Counters) -> Response[bytes]:
    """Counters as Prometheus reads them."""
    return Response(counters.render(), headers={"Content-Type": counters.media_type}, media_type=counters.media_type)


async def _ask(database: Database) -> None:
    async with database.transaction():
        pass  # beginning and ending it asks the database


async def _answers(check: Awaitable[None]) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await check
    except (RegistryError, TimeoutError):
        return False
    return True


HANDLERS = [healthz, readyz, metrics]
