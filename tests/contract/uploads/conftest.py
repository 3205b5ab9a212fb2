"""A world for uploads alone: a database and a directory that no worker looks into, so that nothing happens by itself."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from anyio.from_thread import start_blocking_portal

from app.settings import Settings, read_settings
from app.wiring import wired
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.contract.uploads.world import World
from tests.program import BY_CHECKS


@pytest.fixture(scope="session")
def quiet(cluster: Urls) -> Iterator[Urls]:
    """A database of its own."""
    name = f"uploads_{secrets.token_hex(6)}"
    urls = Urls(*(f"{url.rpartition('/')[0]}/{name}" for url in cluster))

    async def make() -> None:
        connection = await asyncpg.connect(cluster.owner)
        await connection.execute(f"CREATE DATABASE {name}")
        await connection.close()
        await migrate(urls.owner, app_login="plugport")

    async def drop() -> None:
        connection = await asyncpg.connect(cluster.owner)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()

    with start_blocking_portal() as portal:
        portal.call(make)
        yield urls
        portal.call(drop)


@pytest.fixture(scope="session")
def quiet_settings(quiet: Urls, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings for that database and a directory."""
    directory = str(tmp_path_factory.mktemp("uploads"))
    return read_settings({"PLUGPORT_DATABASE_URL": quiet.app, **BY_CHECKS, "PLUGPORT_DATA_DIR": directory})


@pytest.fixture
async def world(quiet: Urls, quiet_settings: Settings, tmp_path: Path) -> AsyncIterator[World]:
    """Uploads over a directory, for an account of the test's own."""
    async with wired(quiet_settings) as wiring:
        opened = await World.open(wiring, quiet)
        try:
            yield opened
        finally:
            await opened.close()
