"""What stands apart from what the other tests share: a database, and a server over one."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
from anyio.from_thread import start_blocking_portal

from app.settings import read_settings
from app.wiring import wired
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.accounts import NewAccount, account_maker
from tests.program import Server, free_port


@contextmanager
def on_its_own(cluster: Urls, directory: Path, storage_url: str, **more: str) -> Iterator[tuple[Server, NewAccount]]:
    """A server with a database of its own, whose jobs find bytes in its own store only, and with `more` settings."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(a_database(cluster)) as urls:
        settings = {
            "PLUGPORT_DATABASE_URL": urls.app,
            "PLUGPORT_DATABASE_OWNER_URL": urls.owner,
            "PLUGPORT_STORAGE_URL": storage_url,
            **more,
        }
        portal.call(lambda: migrate(urls.owner, app_login="plugport"))
        in_this_process = read_settings(settings | {"PLUGPORT_DATA_DIR": str(directory)})
        with (
            Server(directory, port=free_port(), **settings) as server,
            portal.wrap_async_context_manager(wired(in_this_process)) as opened,
        ):
            yield server, account_maker(opened.registry, portal, lambda: server.url)


@asynccontextmanager
async def a_database(cluster: Urls) -> AsyncIterator[Urls]:
    """An empty database, which is dropped afterwards; its URLs."""
    name = f"apart_{secrets.token_hex(6)}"
    await _execute(cluster.owner, f"CREATE DATABASE {name}")
    try:
        yield Urls(*(f"{url.rpartition('/')[0]}/{name}" for url in cluster))
    finally:
        await _execute(cluster.owner, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()
