"""Brings a database to this release's shape: numbered SQL files, forward only, each applied once in a transaction.

A file is never edited after release: its checksum is kept and compared. Replicas may start at the same moment; one
migrates, the others wait for it.
"""

import asyncio
import hashlib
import re
from pathlib import Path
from typing import Any

import asyncpg

from schemas.base import Entity

DIRECTORY = Path(__file__).parent / "migrations"
_FILE = re.compile(r"(?P<number>\d{4})_(?P<name>[a-z_]+)\.sql")
_LOCK = 0x706C7567706F7274  # "plugport"


class MigrationRefused(Exception):
    """The database cannot be brought to this release's shape; the text says why."""


class Migration(Entity, frozen=True):
    """One file: its number, its name, its SQL."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's text."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(directory: Path = DIRECTORY) -> list[Migration]:
    """The files of `directory` in order."""
    found = []
    for path in sorted(directory.glob("*.sql")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            raise MigrationRefused(f"{path.name} is not named like 0001_name.sql")
        found.append(Migration(number=int(match["number"]), name=match["name"], sql=path.read_text(encoding="utf-8")))
    if [each.number for each in found] != list(range(1, len(found) + 1)):
        raise MigrationRefused("the migrations are not numbered 1, 2, 3 …")
    return found


async def migrate(owner_url: str, *, app_login: str | None = None) -> list[str]:
    """Applies what is missing and answers its names. `owner_url` connects as the role that owns everything.

    `app_login` names the login role that the application connects as, where it is another one; it is made a member of
    plugport_app. Raises `MigrationRefused` when the database is newer than this release, a file was changed, or the owner
    may not make or give the role plugport_app.
    """
    connection = await asyncpg.connect(owner_url, timeout=10, server_settings={"search_path": "plugport,public"})
    try:
        await _lock(connection)
        applied = await _apply(connection, migrations())
        await connection.execute("GRANT SELECT ON plugport.migrations TO plugport_app")  # for `pending`
        login = app_login or await connection.fetchval("SELECT current_user")
        # Superusers may become any role; everybody else must be a member to. Since PostgreSQL 16 there are members who may
        # not: who makes a role is one of them.
        may = "SET" if connection.get_server_version().major >= 16 else "MEMBER"
        if not await connection.fetchval("SELECT pg_has_role($1, 'plugport_app', $2)", login, may):
            await connection.execute(f'GRANT plugport_app TO "{_identifier(login)}"')
        return applied
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationRefused(
            f"{error}. Where its owner may not make roles, a superuser prepares one: CREATE ROLE plugport_app NOLOGIN; "
            "GRANT plugport_app TO the owner, and to the login of the service where that is another one"
        ) from error
    finally:
        await connection.close()


async def pending(url: str) -> bool:
    """Whether migrations are missing."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await _applied(connection) != {each.number: each.checksum for each in migrations()}
    finally:
        await connection.close()


def _identifier(name: str) -> str:
    return name.replace('"', '""')


async def _lock(connection: Any) -> None:
    # Polled: a session that waits in pg_advisory_lock holds a snapshot, which CREATE INDEX CONCURRENTLY would wait for.
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110 - held by another process
        await asyncio.sleep(0.2)


async def _applied(connection: Any) -> dict[int, str]:
    if await connection.fetchval("SELECT to_regclass('plugport.migrations') IS NULL"):
        return {}
    return {row["number"]: row["checksum"] for row in await connection.fetch("SELECT * FROM plugport.migrations")}


async def _apply(connection: Any, wanted: list[Migration]) -> list[str]:
    await connection.execute("""
        CREATE SCHEMA IF NOT EXISTS plugport;
        CREATE TABLE IF NOT EXISTS plugport.migrations (
            number integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now())
    """)
    done = await _applied(connection)
    if newer := sorted(done.keys() - {each.number for each in wanted}):
        raise MigrationRefused(f"the database has migration {newer[-1]}, which this release does not know")
    applied = []
    for each in wanted:
        if each.number in done:
            if done[each.number] != each.checksum:
                raise MigrationRefused(f"migration {each.number} ({each.name}) was changed after it was applied")
            continue
        async with connection.transaction():
            await connection.execute(each.sql)
            await connection.execute(
                "INSERT INTO plugport.migrations (number, name, checksum) VALUES ($1, $2, $3)",
                each.number, each.name, each.checksum,
            )  # fmt: skip
        applied.append(each.name)
    return applied
