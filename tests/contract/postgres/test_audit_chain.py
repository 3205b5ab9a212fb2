"""Every change writes one entry of its tenant's chain, in its own transaction, and no entry can be changed unnoticed."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from app.registry import Registry
from app.registry.access.service import console
from schemas.errors import RegistryError
from schemas.model.access import Caller
from schemas.model.audit import AuditQuery, Change
from schemas.model.icons import IconKind
from schemas.model.plugins import PluginFacts
from schemas.model.publishers import PublisherFacts
from storage.postgres import audit
from storage.postgres.database import Database
from storage.postgres.embedded import Urls
from storage.postgres.queries import Query
from tests.accounts import Account, Member
from tests.builders import a_name, a_package, a_picture
from tests.contract.postgres.furnished import a_spec, furnish, pieces

LATEST = 2**63 - 1


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


async def actions(owner: Any, tenant_id: str) -> list[str]:
    """What the tenant's entries tell, oldest first."""
    rows = await owner.fetch("SELECT action FROM audit_entries WHERE tenant_id = $1 ORDER BY number", tenant_id)
    return [row["action"] for row in rows]


async def broken_at(owner: Any, tenant_id: str) -> int | None:
    """The number of the first entry that does not follow from the one before it; None where the chain is whole."""
    previous, number = b"", 0
    rows = await owner.fetch(
        """SELECT e.number, e.previous_hash, e.hash, jsonb_build_array(
                  tenant_id, number, to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), actor_id,
                  actor_name, credential, action, object_kind, object_id, detail, request_id, changes)::text AS told
             FROM audit_entries e WHERE tenant_id = $1 ORDER BY number""",
        tenant_id,
    )
    for row in rows:
        number += 1
        hashed = hashlib.sha256(previous + row["told"].encode()).digest()
        if (row["number"], row["previous_hash"], row["hash"]) != (number, previous, hashed):
            return number
        previous = row["hash"]
    head = await owner.fetchrow("SELECT entries, hash FROM audit_heads WHERE tenant_id = $1", tenant_id)
    return None if (head["entries"], head["hash"]) == (number, previous) else number + 1


async def test_each_change_writes_its_entries(
    registry: Registry, account: Account, operator: Member, owner: Any
) -> None:
    member = account.user("admin")
    caller, admin = member.caller, operator.caller
    plugins, access, publishers = registry.plugins, registry.access, registry.publishers
    name = a_name()
    facts = PublisherFacts(en_name=name, name=name, support_url="x@y.example")
    publisher = await publishers.create(caller, facts)
    key = await access.create_access_key(console(), account.id, member.user.id)
    member.token()
    changes: list[tuple[str, Callable[[], Awaitable[Any]]]] = [
        ("project.created", lambda: access.create_project(console(), account.id, "second")),
        ("user.created", lambda: access.create_user(console(), account.id, "second", ["viewer"], "a password")),
        ("user.disabled", lambda: access.disable_user(console(), account.id, "second")),
        ("access_key.created", lambda: access.create_access_key(console(), account.id, member.user.id)),
        ("access_key.revoked", lambda: access.revoke_access_key(console(), key.access_key)),
        ("tokens.revoked", lambda: access.revoke_tokens(console(), account.id)),
        (
            "publisher.created",
            lambda: publishers.create(caller, PublisherFacts(en_name="b", name="b", support_url="x")),
        ),
        ("publisher.rejected", lambda: publishers.reject(admin, publisher.id, "a reason")),
        ("publisher.accepted", lambda: publishers.accept(admin, publisher.id)),
        ("plugin.created", lambda: plugins.add_basic(caller, "basic", PluginFacts())),
        ("plugin.updated", lambda: plugins.update_facts(caller, "basic", PluginFacts(description="new"))),
        ("icon.uploaded", lambda: registry.icons.upload(caller, IconKind.PLUGIN, "basic", "i", pieces(a_picture()))),
        ("icon.uploaded", lambda: registry.icons.upload(caller, IconKind.PUBLISHER, name, "i", pieces(a_picture()))),
        ("version.released", lambda: registry.packages.upload(caller, "basic", None, pieces(a_package("basic")))),
        ("version.drafted", lambda: plugins.create_draft(caller, a_spec(name, "1.0.0", "basic"))),
        ("version.edited", lambda: plugins.edit_draft(caller, a_spec(name, "1.0.0", "basic"))),
        ("version.released", lambda: plugins.publish_draft(caller, name, "1.0.0")),
        ("version.drafted", lambda: plugins.create_draft(caller, a_spec(name, "1.1.0", "basic"))),
        ("version.discarded", lambda: plugins.delete_draft(caller, name, "1.1.0")),
        ("version.released", lambda: plugins.create_version(caller, a_spec(name, "2.0.0", "basic"))),
        ("plugin.bound", lambda: plugins.bind(caller, name, "2.0.0", publisher.id)),
        (
            "plugin.offered plugin.submitted plugin.submitted plugin.published plugin.published",
            lambda: plugins.publish(caller, name, "2.0.0", publisher.id),
        ),
        ("version.deleted", lambda: plugins.delete(caller, name, "1.0.0")),
        ("plugin.deleted", lambda: plugins.delete(caller, name)),
        ("publisher.deleted", lambda: publishers.delete(caller, publisher.id)),
    ]
    for action, change in changes:
        before = await actions(owner, account.id)
        await change()
        assert await actions(owner, account.id) == [*before, *action.split()]
    assert await broken_at(owner, account.id) is None


async def test_a_new_tenants_chain_begins_with_its_making(registry: Registry, owner: Any) -> None:
    tenant = await registry.access.create_tenant(console(), a_name("account"))
    assert await actions(owner, tenant.id) == ["tenant.created"]
    assert await broken_at(owner, tenant.id) is None


async def test_an_entry_tells_who_changed_what_by_which_credential_and_request(
    registry: Registry, account: Account, owner: Any
) -> None:
    caller = account.user("author").caller
    await registry.plugins.create_version(caller, a_spec("scan", "1.0.0"))
    entry = await owner.fetchrow(
        "SELECT *, detail ->> 'version' AS version FROM audit_entries WHERE tenant_id = $1 ORDER BY number DESC LIMIT 1",
        account.id,
    )
    assert (entry["actor_id"], entry["actor_name"], entry["credential"], entry["request_id"]) == (
        caller.user_id, caller.user_name, "token", caller.request_id,
    )  # fmt: skip
    plugin_id = await owner.fetchval("SELECT id FROM plugins WHERE tenant_id = $1", account.id)
    assert (entry["object_kind"], entry["object_id"], entry["version"]) == ("plugin", plugin_id, "1.0.0")


async def test_a_refused_change_writes_no_entry(registry: Registry, account: Account, owner: Any) -> None:
    caller, plugins = account.user("author").caller, registry.plugins
    await plugins.create_version(caller, a_spec("scan", "1.0.0"))
    await plugins.create_draft(caller, a_spec("uses", "1.0.0", "scan"))
    refusals: list[Callable[[], Awaitable[Any]]] = [
        lambda: plugins.add_basic(caller, "scan", PluginFacts()),
        lambda: plugins.create_version(caller, a_spec("scan", "1.0.0")),
        lambda: plugins.create_draft(caller, a_spec("scan", "1.0.0+build")),
        lambda: plugins.create_draft(caller, a_spec("new", "1")),
        lambda: plugins.edit_draft(caller, a_spec("scan", "1.0.0")),
        lambda: plugins.publish_draft(caller, "scan", "1.0.0"),
        lambda: plugins.delete_draft(caller, "missing", "1.0.0"),
        lambda: plugins.update_facts(caller, "missing", PluginFacts(description="new")),
        lambda: plugins.delete(caller, "scan"),
        lambda: plugins.publish(caller, "scan", "", "f" * 32),
        lambda: registry.packages.upload(caller, "scan", None, pieces(a_package("other"))),
        lambda: registry.icons.upload(caller, IconKind.PLUGIN, "scan", "i", pieces(b"no picture")),
        lambda: registry.access.create_project(console(), account.id, "default"),
        lambda: registry.publishers.delete(caller, "f" * 32),
    ]
    before = await actions(owner, account.id)
    for refused in refusals:
        with pytest.raises(RegistryError):
            await refused()
        assert await actions(owner, account.id) == before


async def test_what_changes_nothing_writes_no_entry(registry: Registry, account: Account, owner: Any) -> None:
    caller = account.user("author").caller
    await registry.packages.upload(caller, "scan", None, pieces(a_package("scan")))
    before = await actions(owner, account.id)
    await registry.packages.upload(caller, "scan", None, pieces(a_package("scan")))
    assert await actions(owner, account.id) == before


async def test_an_entry_goes_with_its_transaction(wiring: Any, account: Account, owner: Any) -> None:
    before = await actions(owner, account.id)
    with pytest.raises(RuntimeError, match="the change fails later"):
        await record_and_fail(wiring.database, account.user().caller)
    after = await actions(owner, account.id)
    assert after == [*before, "user.created"]  # the one that made the caller
    assert await broken_at(owner, account.id) is None


async def record_and_fail(database: Database, caller: Caller) -> None:
    async with database.transaction(caller.tenant_id) as tx:
        change = Change(action="plugin.created", object_kind="plugin", object_id="x")
        await audit.record(tx, caller.tenant_id, caller, change)
        raise RuntimeError("the change fails later")


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        ("UPDATE audit_entries SET actor_name = 'nobody' WHERE tenant_id = $1 AND number = 3", 3),
        ("UPDATE audit_entries SET detail = '{}' WHERE tenant_id = $1 AND number = 2", 2),
        ("UPDATE audit_entries SET changes = '[]' WHERE tenant_id = $1 AND number = 2", 2),
        ("DELETE FROM audit_entries WHERE tenant_id = $1 AND number = 2", 2),
        ("DELETE FROM audit_entries WHERE tenant_id = $1 AND number > 2", 3),
        ("UPDATE audit_entries SET number = -number WHERE tenant_id = $1 AND number = 1", 1),
    ],
)
async def test_tampering_shows_also_when_the_owner_does_it(
    registry: Registry, account: Account, owner: Any, tampering: str, found_at: int
) -> None:
    await furnish(registry, account, owner)
    assert await broken_at(owner, account.id) is None
    await owner.execute(tampering, account.id)
    assert await broken_at(owner, account.id) == found_at


async def test_an_entry_tells_the_digests_of_each_row_before_and_after(
    registry: Registry, account: Account, owner: Any
) -> None:
    caller = account.user("author").caller
    await registry.plugins.create_draft(caller, a_spec("scan", "1.0.0"))
    await registry.plugins.publish_draft(caller, "scan", "1.0.0")
    await registry.plugins.create_draft(caller, a_spec("scan", "1.1.0"))
    await registry.plugins.delete_draft(caller, "scan", "1.1.0")
    query = AuditQuery(object_kind="plugin")
    admin = account.user("admin").caller
    discarded, drafted_next, released, drafted = await registry.audit.list_page(admin, None, query, LATEST, 10)
    versions = [
        {each.key: each for each in entry.changes or [] if each.table == "plugin_versions"}
        for entry in (drafted, released, drafted_next, discarded)
    ]
    (first,), (second,) = versions[0], versions[2]
    assert versions[0][first].before == ""
    assert versions[1][first].before == versions[0][first].after
    assert versions[1][first].after not in ("", versions[1][first].before)
    assert (versions[3][second].before, versions[3][second].after) == (versions[2][second].after, "")
    row = await owner.fetchval(
        "SELECT encode(sha256(convert_to((to_jsonb(v) - '{}'::text[])::text, 'UTF8')), 'hex') FROM plugin_versions v"
        " WHERE id = $1",
        first,
    )
    assert row == versions[1][first].after


async def test_what_no_entry_tells_of_does_not_come_to_be(wiring: Any, account: Account, owner: Any) -> None:
    caller = account.user("author").caller
    await wiring.registry.plugins.create_draft(caller, a_spec("scan", "1.0.0"))
    for forgetful in (
        Query("rename", "UPDATE plugins SET display_name = 'renamed'", ()),
        Query("alter", "UPDATE plugin_versions SET version_description = 'altered'", ()),
        Query("remove", "DELETE FROM plugin_versions", ()),
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="has no audit entry"):
            async with wiring.database.transaction(account.id) as tx:
                await tx.run(forgetful)
    assert await owner.fetchval("SELECT display_name FROM plugins WHERE tenant_id = $1", account.id) != "renamed"
    assert await broken_at(owner, account.id) is None


async def change_after_the_entry(database: Database, caller: Caller) -> None:
    async with database.transaction(caller.tenant_id) as tx:
        change = Change(action="plugin.updated", object_kind="plugin", object_id="x")
        await audit.record(tx, caller.tenant_id, caller, change)
        await tx.run(Query("rename", "UPDATE plugins SET display_name = 'renamed'", ()))


async def test_a_change_after_its_entry_needs_another_one(wiring: Any, account: Account) -> None:
    caller = account.user("author").caller
    await wiring.registry.plugins.create_draft(caller, a_spec("scan", "1.0.0"))
    with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="has no audit entry"):
        await change_after_the_entry(wiring.database, caller)


async def test_of_very_many_rows_the_entry_keeps_one_digest(wiring: Any, account: Account, owner: Any) -> None:
    caller = account.user("author").caller
    for number in range(40):
        await wiring.registry.plugins.create_draft(caller, a_spec("scan", f"1.0.{number}"))
    many = "UPDATE plugin_versions SET version_description = version_description || 'x'"
    async with wiring.database.transaction(account.id) as tx:
        for _ in range(3):
            await tx.run(Query("many", many, ()))
        change = Change(action="plugin.updated", object_kind="plugin", object_id="x")
        await audit.record(tx, account.id, caller, change)
    [entry] = await wiring.registry.audit.list_page(
        account.user("admin").caller, None, AuditQuery(object_id="x"), LATEST, 9
    )
    assert entry.changes is not None
    assert entry.changes[0].table == "folded"
    assert len(entry.changes[0].after) == 64
    assert 1 < len(entry.changes) < 120
    assert await broken_at(owner, account.id) is None


async def test_a_tenant_cannot_write_into_another_tenants_chain(
    wiring: Any, account: Account, new_account: Callable[[], Account], owner: Any
) -> None:
    stranger, change = new_account(), Change(action="plugin.created", object_kind="plugin", object_id="x")
    caller = stranger.user().caller
    before = await actions(owner, account.id)
    for forbidden in (
        lambda tx: audit.record(tx, account.id, caller, change),
        lambda tx: audit.lock_tenant(tx, account.id),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with wiring.database.transaction(stranger.id) as tx:
                await forbidden(tx)
    assert await actions(owner, account.id) == before
