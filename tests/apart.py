"""A registry apart from the one that the other tests share: a server with a database of its own."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
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
    with start_blocking_portal() as portal:
        urls = portal.call(_new_database, cluster)
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


async def _new_database(cluster: Urls) -> Urls:
    name = f"apart_{secrets.token_hex(6)}"
    connection = await asyncpg.connect(cluster.owner)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return Urls(*(f"{url.rpartition('/')[0]}/{name}" for url in cluster))
