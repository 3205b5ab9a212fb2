"""A database is brought to this release's shape once, in order, and never by a release that does not know it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.registry.access.service import console
from app.settings import read_settings
from app.wiring import wired
from schemas.ids import new_id
from schemas.model.access import Caller, Role
from schemas.model.plugins import PluginFacts, PluginQuery
from schemas.paging import Paging
from storage.postgres.embedded import EmbeddedPostgres, Urls
from storage.postgres.migrate import MigrationRefused, migrate, migrations, pending

NewDatabase = Callable[[], Awaitable[Urls]]
ALL = [each.name for each in migrations()]


async def run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def fingerprint(url: str) -> list[str]:
    """Every table, column, index, function, trigger and policy."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("""
            SELECT 'column ' || attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) AS line
              FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
             WHERE relnamespace = 'plugport'::regnamespace AND attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'S')
            UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'plugport'
            UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc
                       WHERE pronamespace = 'plugport'::regnamespace
            UNION ALL SELECT 'trigger ' || pg_get_triggerdef(t.oid) FROM pg_trigger t
                        JOIN pg_class c ON c.oid = tgrelid
                       WHERE relnamespace = 'plugport'::regnamespace AND NOT tgisinternal
            UNION ALL SELECT 'policy ' || p::text FROM pg_policies p WHERE schemaname = 'plugport'
             ORDER BY 1""")
        return [row["line"] for row in rows]
    finally:
        await connection.close()


async def test_an_empty_database_takes_every_migration_in_order(new_database: NewDatabase) -> None:
    urls = await new_database()
    assert await pending(urls.owner)
    assert await migrate(urls.owner, app_login="plugport") == ALL
    assert not await pending(urls.owner)


async def test_migrating_again_changes_nothing(new_database: NewDatabase) -> None:
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    before = await fingerprint(urls.owner)
    assert await migrate(urls.owner, app_login="plugport") == []
    assert await fingerprint(urls.owner) == before


async def test_a_migration_that_was_changed_after_it_was_applied_is_refused(new_database: NewDatabase) -> None:
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    await run(urls.owner, "UPDATE plugport.migrations SET checksum = repeat('0', 64) WHERE number = 2")
    with pytest.raises(MigrationRefused, match=r"migration 2 .* was changed"):
        await migrate(urls.owner, app_login="plugport")
    assert await pending(urls.owner)


async def test_a_database_of_a_newer_release_is_refused(new_database: NewDatabase) -> None:
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    await run(urls.owner, "INSERT INTO plugport.migrations VALUES (999, 'future', 'x')")
    with pytest.raises(MigrationRefused, match="999, which this release does not know"):
        await migrate(urls.owner, app_login="plugport")


async def test_of_migrators_that_start_at_once_one_migrates_and_the_others_wait(new_database: NewDatabase) -> None:
    urls = await new_database()
    applied = await asyncio.gather(*(migrate(urls.owner, app_login="plugport") for _ in range(3)))
    assert sorted(applied) == [[], [], ALL]


async def test_a_migration_that_fails_leaves_nothing_and_can_be_tried_again(new_database: NewDatabase) -> None:
    urls = await new_database()
    # The last table that the fifth file makes is in its way; what it made before must be gone.
    await run(urls.owner, "CREATE SCHEMA plugport", "CREATE TABLE plugport.plugin_uses ()")
    with pytest.raises(asyncpg.DuplicateTableError):
        await migrate(urls.owner, app_login="plugport")
    await run(urls.owner, "DROP TABLE plugport.plugin_uses")
    assert await migrate(urls.owner, app_login="plugport") == ALL[4:]


async def test_an_owner_who_is_no_superuser_can_migrate_and_serve(tmp_path: Path) -> None:
    """As on a managed PostgreSQL: the owner may make roles, and the service logs in as the owner itself."""
    with EmbeddedPostgres(tmp_path / "postgres").running() as urls:
        await run(
            urls.owner,
            "CREATE ROLE tenant_owner LOGIN CREATEROLE PASSWORD 'secret'",
            "CREATE DATABASE theirs OWNER tenant_owner",
        )
        owner = (
            f"postgresql://tenant_owner:secret@{urlsplit(urls.owner).netloc.rpartition('@')[2]}/theirs?sslmode=disable"
        )
        assert await migrate(owner) == ALL
        assert await migrate(owner) == []
        await serves(owner, tmp_path)


async def test_an_owner_who_may_not_make_roles_is_told_what_a_superuser_must_do_and_then_can_serve(
    tmp_path: Path,
) -> None:
    with EmbeddedPostgres(tmp_path / "postgres").running() as urls:
        await run(
            urls.owner,
            "CREATE ROLE tenant_owner LOGIN PASSWORD 'secret'",
            "CREATE DATABASE theirs OWNER tenant_owner",
        )
        owner = (
            f"postgresql://tenant_owner:secret@{urlsplit(urls.owner).netloc.rpartition('@')[2]}/theirs?sslmode=disable"
        )
        with pytest.raises(MigrationRefused, match="CREATE ROLE plugport_app NOLOGIN; GRANT plugport_app TO the owner"):
            await migrate(owner)
        await run(
            urls.owner,
            """DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plugport_app') THEN CREATE ROLE plugport_app NOLOGIN;
                END IF; END $$""",
            "GRANT plugport_app TO tenant_owner",
        )
        await migrate(owner)
        assert await migrate(owner) == []
        await serves(owner, tmp_path)


async def test_a_login_of_its_own_serves_what_another_role_owns(tmp_path: Path, new_database: NewDatabase) -> None:
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    await serves(urls.app, tmp_path)


async def serves(url: str, data_dir: Path) -> None:
    """The registry works on this database."""
    settings = read_settings({"PLUGPORT_DATABASE_URL": url, "PLUGPORT_DATA_DIR": str(data_dir)})
    async with wired(settings) as wiring:
        registry = wiring.registry
        tenant = await registry.access.create_tenant(console(), "somebody")
        caller = Caller(
            user_id=new_id(), user_name="u", tenant_id=tenant.id, tenant_name=tenant.name, official=False,
            roles=frozenset({Role.AUTHOR}), credential="token", request_id="r",
        )  # fmt: skip
        await registry.plugins.add_basic(caller, "scan", PluginFacts())
        page = await registry.catalogue.find(caller, PluginQuery(), Paging(offset=0, limit=10))
        assert [each.plugin.name for each in page.items] == ["scan"]


@pytest.mark.parametrize("names", [["0001_a.sql", "0003_b.sql"], ["0002_a.sql"], ["1_a.sql"], ["0001-a.sql"]])
def test_files_are_numbered_without_gaps(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(MigrationRefused):
        migrations(tmp_path)
