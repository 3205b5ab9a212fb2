"""A database of the folder's own: workers of servers over the common one would be quicker at telling."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from anyio.from_thread import start_blocking_portal

from app.settings import Settings, read_settings
from app.wiring import wired
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.accounts import Member, NewAccount, account_maker
from tests.apart import a_database
from tests.program import BY_CHECKS


@pytest.fixture(scope="module")
def urls(cluster: Urls) -> Iterator[Urls]:
    """Those of the database."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(a_database(cluster)) as urls:
        portal.call(lambda: migrate(urls.owner, app_login="plugport"))
        yield urls


@pytest.fixture(scope="module")
def settings(urls: Urls, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Those of a registry over it."""
    directory: Path = tmp_path_factory.mktemp("told")
    return read_settings({"PLUGPORT_DATABASE_URL": urls.app, **BY_CHECKS, "PLUGPORT_DATA_DIR": str(directory)})


@pytest.fixture(scope="module")
def new_account(settings: Settings) -> Iterator[NewAccount]:
    """Makes accounts in it."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(wired(settings)) as opened:
        yield account_maker(opened.registry, portal, lambda: "")


@pytest.fixture(scope="module")
def operator(new_account: NewAccount) -> Member:
    """A user who operates the platform."""
    return new_account().user("operator")


@pytest.fixture
async def owner(urls: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()
