"""A world for uploads alone: a database and a directory that no worker looks into, so that nothing happens by itself."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal

from app.settings import Settings, read_settings
from app.wiring import wired
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.apart import a_database
from tests.contract.uploads.world import World
from tests.program import BY_CHECKS


@pytest.fixture(scope="session")
def quiet(cluster: Urls) -> Iterator[Urls]:
    """A database of its own."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(a_database(cluster)) as urls:
        portal.call(lambda: migrate(urls.owner, app_login="plugport"))
        yield urls


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
