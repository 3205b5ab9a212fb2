"""What the database keeps to itself, whatever SQL the application's role runs."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from app.registry import Registry
from storage.postgres.database import APP_ROLE
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member, NewAccount
from tests.builders import a_name, a_package
from tests.contract.postgres.furnished import a_spec, furnish, pieces, publish

DENIED = asyncpg.InsufficientPrivilegeError

# Tables of tenants of which the application sees nothing directly; functions with their owner's rights read them.
OUT_OF_REACH = {"audit_heads", "seen_signatures"}
# What is nobody's: which migrations were applied, which moves of uploads, publishers and releases are legal, and how often sets
# of extensions changed.
OF_NO_TENANT = {"extension_generation", "migrations", "publisher_moves", "release_moves", "upload_moves"}


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


@pytest.fixture
async def app(cluster: Urls) -> AsyncIterator[Any]:
    """A connection as the service has it, in the hands of somebody who can run any SQL there."""
    connection = await asyncpg.connect(
        cluster.app, server_settings={"search_path": "plugport,public", "role": APP_ROLE}
    )
    yield connection
    await connection.close()


async def act_for(app: Any, tenant_id: str) -> None:
    """From now on the connection works for the tenant."""
    await app.execute(f"SET plugport.tenant = '{tenant_id}'")


async def tables(owner: Any, column: str | None = None) -> list[str]:
    """The names of all tables, or of those with such a column."""
    rows = await owner.fetch(
        """SELECT relname FROM pg_class c WHERE relnamespace = 'plugport'::regnamespace AND relkind IN ('r', 'p')
              AND ($1::text IS NULL OR EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = $1))
            ORDER BY relname""",
        column,
    )
    return [row["relname"] for row in rows]


async def rows_hit(app: Any, statement: str, tenant_id: str) -> int:
    """How many rows the statement would change; none where it is not allowed at all. It changes none."""
    change = app.transaction()
    await change.start()
    try:
        return int((await app.execute(statement, tenant_id)).split()[-1])
    except DENIED:
        return 0
    finally:
        await change.rollback()


# -- one tenant from another ---------------------------------------------------------------------------------------------


async def test_every_table_of_tenants_is_under_row_level_security_or_out_of_reach(owner: Any) -> None:
    secured = {row["relname"] for row in await owner.fetch("SELECT relname FROM pg_class WHERE relrowsecurity")}
    open_tables = [table for table in await tables(owner) if table not in secured]
    assert set(open_tables) == OUT_OF_REACH | OF_NO_TENANT
    for table in OUT_OF_REACH:
        assert not await owner.fetchval("SELECT has_any_column_privilege($1, $2, 'SELECT')", APP_ROLE, table), table


async def test_no_table_shows_another_tenants_rows(
    registry: Registry, account: Account, new_account: NewAccount, owner: Any, app: Any
) -> None:
    """Over every table that there is: a new one without a policy, or without a row in this test, fails."""
    await furnish(registry, account, owner)
    stranger = new_account()
    of_tenants = await tables(owner, "tenant_id")
    assert len(of_tenants) > 10
    for table in of_tenants:
        count = f"SELECT count(*) FROM {table} WHERE tenant_id = $1"
        assert await owner.fetchval(count, account.id) > 0, f"the test has no row in {table}"
        if table in OUT_OF_REACH:
            with pytest.raises(DENIED):
                await app.fetchval(count, account.id)
            continue
        for nobody in (stranger.id, ""):
            await act_for(app, nobody)
            assert await app.fetchval(count, account.id) == 0, table
        await act_for(app, account.id)
        assert await app.fetchval(count, account.id) > 0, table


async def test_a_tenant_sees_itself_and_no_other_tenant(account: Account, new_account: NewAccount, app: Any) -> None:
    new_account()
    await act_for(app, account.id)
    assert [row["id"] for row in await app.fetch("SELECT id FROM tenants")] == [account.id]


async def test_the_shelves_show_the_own_and_everybodys_places(
    registry: Registry, account: Account, new_account: NewAccount, owner: Any, app: Any
) -> None:
    await furnish(registry, account, owner)
    stranger = new_account()
    for table in ("plugin_shelves", "plugin_tally"):
        query = f"SELECT count(*) FROM {table} WHERE shelf LIKE $1 || '|%'"
        await act_for(app, stranger.id)
        assert await app.fetchval(query, account.id) == 0
        await act_for(app, account.id)
        assert await app.fetchval(query, account.id) > 0


async def test_a_search_in_another_tenants_scope_finds_nothing(
    registry: Registry, account: Account, new_account: NewAccount, owner: Any, app: Any
) -> None:
    await furnish(registry, account, owner)
    search = "SELECT count(*) FROM search_plugins($1, '', 100)"
    scopes = [f"{account.id}|custom", f"{account.id}|private"]
    await act_for(app, new_account().id)
    assert await app.fetchval(search, scopes) == 0
    await act_for(app, account.id)
    assert await app.fetchval(search, scopes) == 4


async def test_of_a_published_plugin_other_tenants_see_the_releases_only(
    registry: Registry, account: Account, new_account: NewAccount, operator: Member, app: Any
) -> None:
    caller, name = account.user("author").caller, a_name()
    await registry.plugins.create_version(caller, a_spec(name, "1.0.0"))
    await registry.plugins.create_draft(caller, a_spec(name, "2.0.0"))
    await publish(registry, caller, operator.caller, name)
    await act_for(app, new_account().id)
    seen = await app.fetch(
        "SELECT version FROM plugin_versions v JOIN plugins p ON p.id = v.plugin_id WHERE p.name = $1", name
    )
    assert [row["version"] for row in seen] == ["1.0.0"]
    assert await app.fetchval("SELECT count(*) FROM publishers WHERE name = $1", name) == 1
    assert await app.fetchval("SELECT count(*) FROM audit_entries WHERE tenant_id = $1", account.id) == 0


async def test_no_tenant_writes_another_tenants_rows(
    registry: Registry, account: Account, new_account: NewAccount, operator: Member, owner: Any, app: Any
) -> None:
    """Inserting, changing, deleting, and giving away, in every table; what is published is no exception."""
    admin, stranger, name = await furnish(registry, account, owner), new_account(), a_name()
    await registry.plugins.create_version(admin.caller, a_spec(name, "1.0.0", "released"))
    await publish(registry, admin.caller, operator.caller, name)
    for table in await tables(owner, "tenant_id"):
        columns = ", ".join(
            row["attname"]
            for row in await owner.fetch(
                "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 "
                "AND NOT attisdropped AND attgenerated = ''",
                table,
            )
        )
        # No upload begins as accepted, which a trigger would say first: so one that is receiving, where there are several.
        row = await owner.fetchval(
            f"SELECT row_to_json(t)::text FROM {table} t WHERE tenant_id = $1 "
            "ORDER BY to_jsonb(t)->>'state' DESC NULLS LAST LIMIT 1",
            account.id,
        )
        insert = f"INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_record(NULL::{table}, $1)"
        before = await owner.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", account.id)
        await act_for(app, stranger.id)
        with pytest.raises(DENIED):
            await app.execute(insert, row)
        for statement in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}"):
            assert await rows_hit(app, f"{statement} WHERE tenant_id = $1", account.id) == 0, statement
        await act_for(app, account.id)
        with pytest.raises((DENIED, asyncpg.IntegrityConstraintViolationError)):
            await app.execute(f"UPDATE {table} SET tenant_id = $1", stranger.id)
        assert await owner.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", account.id) == before, table


# -- the role itself -------------------------------------------------------------------------------------------------------


async def test_the_application_owns_nothing_and_has_no_special_right(owner: Any) -> None:
    for role in (APP_ROLE, "plugport"):
        rights = await owner.fetchrow(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = $1",
            role,
        )
        assert not any(rights.values()), role
        for catalogue, column in (
            ("pg_class", "relowner"), ("pg_proc", "proowner"), ("pg_namespace", "nspowner"), ("pg_type", "typowner"),
            ("pg_database", "datdba"),
        ):  # fmt: skip
            owned = f"SELECT count(*) FROM {catalogue} WHERE {column} = $1::text::regrole"
            assert await owner.fetchval(owned, role) == 0, (role, catalogue)
        memberships = (
            "SELECT count(*) FROM pg_auth_members WHERE member = $1::text::regrole AND roleid <> $2::text::regrole"
        )
        assert await owner.fetchval(memberships, role, APP_ROLE) == 0


async def test_the_application_has_these_rights_on_tables_and_no_others(owner: Any) -> None:
    rows = await owner.fetch(
        """SELECT relname, string_agg(privilege, ' ' ORDER BY privilege) AS rights
             FROM (SELECT relname, privilege_type AS privilege, grantee FROM pg_class, aclexplode(relacl)
                    WHERE relnamespace = 'plugport'::regnamespace AND relkind = 'r'
                   UNION ALL
                   SELECT relname, privilege_type || ' (' || attname || ')', grantee
                     FROM pg_attribute JOIN pg_class c ON c.oid = attrelid, aclexplode(attacl)
                    WHERE relnamespace = 'plugport'::regnamespace AND relkind = 'r') granted
            WHERE grantee IN ($1::text::regrole, 0)
            GROUP BY relname""",
        APP_ROLE,
    )
    assert {row["relname"]: row["rights"] for row in rows} == {
        "access_keys": "INSERT SELECT UPDATE",
        "audit_entries": "SELECT",
        "check_findings": "INSERT SELECT",
        "checks": "INSERT SELECT",
        "contract_overrides": "DELETE INSERT SELECT UPDATE",
        "blobs": "DELETE INSERT SELECT UPDATE (key) UPDATE (pieces) UPDATE (proven_at) UPDATE (quarantine_reason) "
        "UPDATE (quarantined_at) UPDATE (scrubbed_at) UPDATE (stored_at)",
        "doomed_blobs": "DELETE INSERT SELECT UPDATE (doomed_at)",
        "download_counts": "INSERT SELECT UPDATE",
        "idempotency_keys": "DELETE INSERT SELECT UPDATE",
        "extension_assets": "INSERT SELECT",
        "extension_consents": "DELETE INSERT SELECT UPDATE",
        "notifications": "DELETE INSERT SELECT UPDATE (read_at)",
        "webhooks": "DELETE INSERT SELECT UPDATE",
        "webhook_deliveries": "DELETE INSERT SELECT UPDATE (attempts) UPDATE (ended_at) UPDATE (state)",
        "extension_evaluations": "INSERT SELECT UPDATE (deleted_at) UPDATE (text) UPDATE (updated_at)",
        "extension_generation": "SELECT",
        "extension_packages": "INSERT SELECT",
        "extension_replies": "INSERT SELECT UPDATE (deleted_at) UPDATE (text)",
        "extension_reports": "INSERT SELECT UPDATE (decided_at) UPDATE (decided_by) UPDATE (note) UPDATE (state)",
        "extension_stars": "INSERT SELECT UPDATE (comment) UPDATE (stars) UPDATE (tenant_name) UPDATE (updated_at) "
        "UPDATE (user_name)",
        "extension_stats": "SELECT",
        "extension_versions": "INSERT SELECT UPDATE",
        "extensions": "INSERT SELECT UPDATE (categories) UPDATE (change) UPDATE (description) UPDATE (display_name) "
        "UPDATE (engines) UPDATE (latest_version_id) UPDATE (name) UPDATE (preview) UPDATE (published_at) UPDATE (tags) "
        "UPDATE (targets) UPDATE (updated_at)",
        "icons": "DELETE INSERT SELECT",
        "incoming_blobs": "DELETE INSERT SELECT UPDATE (sha256)",
        "install_counts": "SELECT",
        "job_schedule": "INSERT SELECT UPDATE",
        "jobs": "DELETE INSERT SELECT UPDATE",
        "migrations": "SELECT",
        "plugin_shelves": "SELECT",
        "plugin_tally": "SELECT",
        "plugin_uses": "DELETE INSERT SELECT UPDATE",
        "plugin_versions": "DELETE INSERT SELECT UPDATE",
        "plugins": "INSERT SELECT UPDATE",
        "policy_rules": "DELETE INSERT SELECT UPDATE",
        "projects": "INSERT SELECT",
        "publisher_invitations": "INSERT SELECT UPDATE (ended_at) UPDATE (state)",
        "publisher_members": "DELETE INSERT SELECT UPDATE (role)",
        "publisher_moves": "SELECT",
        "publisher_tokens": "INSERT SELECT UPDATE (revoked_at)",
        "publisher_verifications": "DELETE INSERT SELECT UPDATE (domain) UPDATE (ground) UPDATE (note) UPDATE (verified_at) "
        "UPDATE (verified_by_id) UPDATE (verified_by_name)",
        "publishers": "INSERT SELECT UPDATE",
        "recent_installs": "SELECT",
        "release_moves": "SELECT",
        "releases": "INSERT SELECT UPDATE (act) UPDATE (deprecation) UPDATE (message) UPDATE (publisher_id) UPDATE (reasons) "
        "UPDATE (released_at) UPDATE (removal_date) UPDATE (replacement) UPDATE (restores_to) UPDATE (round) UPDATE (state) "
        "UPDATE (submitted_at) UPDATE (submitter_id) UPDATE (submitter_name) UPDATE (updated_at)",
        "review_decisions": "INSERT SELECT",
        "review_rules": "DELETE INSERT SELECT UPDATE",
        "reviews": "INSERT SELECT UPDATE (decided_at) UPDATE (held_until) UPDATE (holder_id) UPDATE (holder_name) "
        "UPDATE (outcome)",
        "reserved_publisher_names": "DELETE INSERT SELECT",
        "rule_set_rules": "DELETE INSERT SELECT",
        "rule_sets": "DELETE INSERT SELECT UPDATE",
        "tenants": "INSERT SELECT",
        "tokens": "DELETE INSERT SELECT UPDATE",
        "upload_chunks": "DELETE INSERT SELECT UPDATE",
        "upload_moves": "SELECT",
        "uploads": "DELETE INSERT SELECT UPDATE",
        "users": "INSERT SELECT UPDATE",
    }


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO plugin_shelves VALUES ('x', 1, repeat('a', 32))",
        "UPDATE plugin_tally SET places = 0",
        "DELETE FROM plugin_shelves",
        "SELECT move_on_shelves(ARRAY[]::shelf_move[])",
        "INSERT INTO audit_entries SELECT * FROM audit_entries",
        "UPDATE audit_entries SET actor_name = 'nobody'",
        "DELETE FROM audit_entries",
        "UPDATE audit_heads SET entries = 0",
        "SELECT FROM audit_heads",
        "DELETE FROM migrations",
        "INSERT INTO migrations VALUES (999, 'mine', 'x')",
        "SELECT FROM seen_signatures",
        "DELETE FROM seen_signatures",
        "DELETE FROM plugins",
        "TRUNCATE plugin_versions",
        "ALTER TABLE plugins DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE plugin_versions DISABLE TRIGGER keep_releases",
        "DROP POLICY visible ON plugins",
        "DROP TABLE plugins",
        "DROP TRIGGER keep_releases ON plugin_versions",
        "CREATE TABLE plugport.mine ()",
        "CREATE TABLE public.mine ()",
        "CREATE FUNCTION plugport.mine() RETURNS int LANGUAGE sql RETURN 1",
        "CREATE ROLE mine",
        "ALTER ROLE plugport_app BYPASSRLS",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "SET session_replication_role = 'replica'",
        "COPY plugins TO PROGRAM 'true'",
        "SELECT pg_read_file('/etc/hostname')",
    ],
)
async def test_the_application_cannot(app: Any, account: Account, statement: str) -> None:
    await act_for(app, account.id)
    with pytest.raises(DENIED):
        await app.execute(statement)


async def test_row_level_security_cannot_be_switched_off_by_a_session(app: Any, account: Account) -> None:
    """Switching it off makes queries fail instead of showing everything."""
    await act_for(app, account.id)
    await app.execute("SET row_security = off")
    with pytest.raises(DENIED):
        await app.fetch("SELECT * FROM plugins")


# -- releases --------------------------------------------------------------------------------------------------------------

UNCHANGEABLE = [
    "id", "plugin_id", "version", "precedence", "state", "version_description", "facts", "inputs", "input_schema", "outputs",
    "metrics",
    "execution", "manifest", "manifest_version", "package_sha256", "created_at", "updated_at", "updated_by_id",
    "updated_by_name", "released_at", "tenant_id",
]  # fmt: skip


async def test_every_column_of_a_release_is_named_here_but_what_is_offered_and_the_end_of_its_life(owner: Any) -> None:
    columns = await owner.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'plugin_versions'::regclass AND attnum > 0 AND NOT attisdropped"
    )
    assert {row["attname"] for row in columns} == {*UNCHANGEABLE, "offer", "deleted_at"}


async def test_a_release_cannot_be_changed_deleted_or_brought_back_by_sql(
    registry: Registry, account: Account, app: Any
) -> None:
    caller = account.user("author").caller
    await registry.packages.upload(caller, "kept", None, pieces(a_package("kept")))
    await act_for(app, account.id)
    other = {"package_sha256": "NULL", "manifest": "NULL", "released_at": "NULL", "state": "'draft'"}
    for column in UNCHANGEABLE:
        kind = await app.fetchval("SELECT data_type FROM information_schema.columns WHERE table_name = 'plugin_versions' "
                                  "AND column_name = $1", column)  # fmt: skip
        value = other.get(column) or {
            "jsonb": "'{\"other\": 1}'", "json": "'{\"other\": 1}'", "bytea": "'other'",
            "timestamp with time zone": "now() + interval '1 day'",
        }.get(kind, "repeat('e', 32)")  # fmt: skip
        with pytest.raises(asyncpg.PostgresError) as refused:
            await app.execute(f"UPDATE plugin_versions SET {column} = {value}")
        assert isinstance(refused.value, asyncpg.IntegrityConstraintViolationError | DENIED), column
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="is released and cannot change"):
        await app.execute("DELETE FROM plugin_versions")
    await registry.plugins.delete(caller, "kept", "1.0.0")
    for statement in ("UPDATE plugin_versions SET deleted_at = NULL", "UPDATE plugin_versions SET deleted_at = now()"):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="is released and cannot change"):
            await app.execute(statement)


async def test_a_draft_can_be_changed_and_deleted(registry: Registry, account: Account, app: Any) -> None:
    await registry.plugins.create_draft(account.user("author").caller, a_spec("drafted", "1.0.0"))
    await act_for(app, account.id)
    rolled_back = app.transaction()  # a change needs an entry of the audit at its end
    await rolled_back.start()
    assert await app.execute("UPDATE plugin_versions SET version_description = 'new'") == "UPDATE 1"
    assert await app.execute("DELETE FROM plugin_versions") == "DELETE 1"
    await rolled_back.rollback()
