"""The database of a command: the one that the settings name, or the embedded one for as long as it is needed."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import msgspec

from app.registry import Registry
from app.settings import Settings, read_settings
from app.telemetry import configure_logging
from app.wiring import Wiring, wired
from storage.postgres.embedded import EmbeddedPostgres
from storage.postgres.migrate import migrate, pending

T = TypeVar("T")


@contextmanager
def database_running(settings: Settings) -> Iterator[Settings]:
    """The settings with the URLs of a database that runs. The last process to leave stops the embedded one."""
    make_data_directory(settings)
    if settings.database_url:
        yield settings
        return
    with EmbeddedPostgres(settings.data_dir / "postgres").running() as urls:
        yield msgspec.structs.replace(settings, database_url=urls.app, database_owner_url=urls.owner)


async def migrate_database(settings: Settings) -> list[str]:
    """Brings a database that runs to this release's shape; answers the names of the steps that were missing."""
    if settings.database_owner_url:
        return await migrate(settings.database_owner_url, app_login=_login(settings.database_url))
    # A login that owns nothing can serve a database that its owner has migrated.
    return await migrate(settings.database_url) if await pending(settings.database_url) else []


@asynccontextmanager
async def registry_open(settings: Settings, *, embedded: bool) -> AsyncIterator[Wiring]:
    """The registry on a database that runs; an embedded one may be new and is migrated first."""
    if embedded:
        await migrate_database(settings)
    async with wired(settings) as wiring:
        yield wiring


def run_use_case(use_case: Callable[[Registry], Awaitable[T]]) -> T:
    """What the use-case answers, with everything it needs opened for it and closed again."""
    settings = read_settings(os.environ)
    configure_logging(settings.log_format, "error" if settings.log_level != "debug" else "debug")

    async def run() -> T:
        async with registry_open(running, embedded=not settings.database_url) as wiring:
            return await use_case(wiring.registry)

    with database_running(settings) as running:
        return asyncio.run(run())


def make_data_directory(settings: Settings) -> None:
    """Makes the data directory, for nobody else to read, where there is none."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)


def _login(url: str) -> str | None:
    """The role that a URL logs in as."""
    name = urlsplit(url).username
    return unquote(name) if name else None
