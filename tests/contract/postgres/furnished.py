"""A tenant that has a row in every table, made by the use-cases themselves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from app.registry import Registry
from app.registry.access.service import console
from schemas.errors import ServiceBusy
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.icons import IconKind
from schemas.model.memberships import PublisherRole
from schemas.model.plugins import Composition, PluginFacts, VersionContent, VersionSpec
from schemas.model.policies import Condition, ConditionGroup, Operator, RuleSetSpec, RuleSpec, ValueType
from schemas.model.policies import Member as RuleMember
from schemas.model.publishers import Publisher, PublisherFacts
from schemas.model.uploads import NewUpload, Purpose, UploadState
from schemas.model.webhooks import WebhookFacts
from tests.accounts import Account, Member
from tests.builders import a_package, a_picture, a_vsix


def a_spec(name: str, version: str, *steps: str, **facts: Any) -> VersionSpec:
    """A version; composite when it has steps."""
    execution = {"execution_type": "COMPOSITE", "steps": [{"task": step} for step in steps]} if steps else None
    composition = Composition.MULTI if steps else None
    return VersionSpec(
        plugin_name=name,
        version=version,
        facts=PluginFacts(composition=composition, **facts),
        content=VersionContent(execution=execution),
    )


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """A body as it streams in."""
    yield content


async def furnish(registry: Registry, account: Account, owner: Any) -> Member:
    """An administrator of the account, which has a row in every table from now on. `owner` connects as their owner."""
    admin = account.user("admin")
    caller = admin.caller
    admin.token()
    await registry.access.create_access_key(console(), account.id, admin.user.id)
    await registry.plugins.create_version(caller, a_spec("released", "1.0.0"))
    await registry.changes.allow(caller, "released", "1.1.0", "nobody uses it")
    await registry.plugins.create_draft(caller, a_spec("composed", "1.0.0", "released"))
    await registry.plugins.create_draft(caller, a_spec("secret", "1.0.0", is_private=True))
    await registry.packages.upload(caller, "packed", None, pieces(a_package("packed")))
    await registry.downloads.count(caller, await registry.downloads.find(caller, "packed", "1.0.0"))
    await registry.icons.upload(caller, IconKind.PLUGIN, "released", "icon.png", pieces(a_picture()))
    facts = PublisherFacts(en_name="Makers", name="Makers", support_url="x@y.example")
    publisher = await registry.publishers.create(caller, facts)
    await registry.publisher_tokens.create(caller, publisher.id, "build server", 90)
    await registry.memberships.invite(caller, publisher.id, account.user("author").user.id, PublisherRole.MEMBER)
    await _stand(publisher, owner)
    await begin_upload(registry, caller, publisher.id)
    # One far off: a worker that is there would do it at once, and then it would be no more.
    await owner.execute(
        "INSERT INTO jobs (id, kind, tenant_id, due_at) VALUES ($1, 'far_off', $2, now() + interval '1 day')",
        new_id(), account.id,
    )  # fmt: skip
    await _file_extension(registry, caller)
    # Nobody decides about it, or it would not wait any more.
    await owner.execute(
        "INSERT INTO review_decisions (review_id, tenant_id, user_id, user_name, verdict, reasons, text)"
        " SELECT id, tenant_id, '', '', 'accept', '{}', '' FROM reviews WHERE tenant_id = $1", account.id,
    )  # fmt: skip
    await _install(caller, owner)
    await _speak(registry, caller, owner)
    rule = await registry.policies.create_rule(caller, a_rule_spec("packed", "cts.pass_ratio"))
    await registry.rule_sets.create(
        caller, "metrics", None, RuleSetSpec(name="gate", members=[RuleMember(rule_id=rule.id)])
    )
    # Nothing stays on its way in when nobody is killed.
    await owner.execute(
        "INSERT INTO incoming_blobs (key, tenant_id, purpose) VALUES ($1, $2, 'icon')",
        f"t/{account.id}/in/left", account.id,
    )  # fmt: skip
    await owner.execute(
        "INSERT INTO doomed_blobs (key, tenant_id) VALUES ($1, $2)", f"t/{account.id}/in/doomed", account.id
    )
    await _tell(registry, admin.caller, owner)
    return admin


async def _stand(publisher: Publisher, owner: Any) -> None:
    """What operators give publishers that they accept: this one still waits."""
    await owner.execute(
        "INSERT INTO publisher_verifications (publisher_id, tenant_id, ground, domain, note, verified_by_id, verified_by_name)"
        " VALUES ($1, $2, 'by-hand', '', 'known', '', '')",
        publisher.id,
        publisher.tenant_id,
    )
    await owner.execute(
        "INSERT INTO reserved_publisher_names (name_key, name_skeleton, shown_key, shown_skeleton, en_name, tenant_id,"
        " publisher_id) VALUES ($1::text, $1::text, $1::text, $1::text, $1::text, $2, $3)",
        publisher.id,
        publisher.tenant_id,
        publisher.id,
    )


async def _tell(registry: Registry, admin: Caller, owner: Any) -> None:
    """A webhook that is sent a trial, and something in the inbox."""
    made = await registry.webhooks.create(admin, WebhookFacts(url="https://nobody.invalid/", events=["*"]))
    await registry.webhooks.try_out(admin, made.webhook.id)
    await owner.execute(
        "INSERT INTO notifications (tenant_id, user_id, entry_tenant_id, entry_number, action, object_kind, object_id, text)"
        " VALUES ($1, $2, $1, 1, 'tenant.created', 'tenant', 'x', 'told')",
        admin.tenant_id,
        admin.user_id,
    )


async def _file_extension(registry: Registry, caller: Caller) -> None:
    """Brings a version of an extension as far as to the review: its publisher is not accepted."""
    upload = await registry.extensions.upload(caller, pieces(a_vsix("Makers")), "linter.vsix")
    while (await registry.extensions.task(caller, upload.id)).upload.state is UploadState.CHECKING:
        try:
            await registry.uploads.inspect(upload.tenant_id, upload.id)
        except ServiceBusy:  # a worker that is there was quicker
            await asyncio.sleep(0.05)
    await registry.extensions.publish(caller, upload.id)


async def _install(caller: Caller, owner: Any) -> None:
    """What stays of an extension's being installed. The account's waits for review, or all would see it: so nobody can."""
    version = "FROM extension_versions v JOIN extensions e ON e.id = v.extension_id WHERE v.tenant_id = $1 LIMIT 1"
    for table, row, *more in (
        ("install_counts", "v.tenant_id, e.id, v.id, current_date, 1"),
        ("recent_installs", "v.tenant_id, $2, v.id, now()", caller.user_id),
        ("extension_consents", "v.tenant_id, $2, 'ide', e.identifier, v.version, 'AGREE'", caller.user_id),
    ):
        await owner.execute(f"INSERT INTO {table} SELECT {row} {version}", caller.tenant_id, *more)


async def _speak(registry: Registry, caller: Caller, owner: Any) -> None:
    """Whatever can be said of the account's own extension."""
    for row in await owner.fetch("SELECT id FROM extensions WHERE tenant_id = $1", caller.tenant_id):
        await registry.feedback.rate(caller, row["id"], 5, "good")
        evaluation = await registry.feedback.evaluate(caller, row["id"], "Good.")
        reply = await registry.feedback.reply(caller, evaluation.id, None, "Thanks.")
        await registry.feedback.report(caller, None, reply.id, "flattery")


def a_rule_spec(plugin_name: str, key: str, **changes: Any) -> RuleSpec:
    """A rule: what the plug-in reports as `key` is half at least."""
    condition = Condition(
        key=key, type="judge", name=key, operator=Operator.AT_LEAST, value="0.5", value_type=ValueType.NUMBER
    )
    group = ConditionGroup(group_name="Quality", properties=[condition])
    return RuleSpec(**{"kind": "Test", "name": "half", "content": [group], "plugin_name": plugin_name} | changes)


async def begin_upload(registry: Registry, caller: Caller, publisher_id: str) -> str:
    """Announces an extension under a key of the caller's own, and sends the first of its two chunks; answers its id."""
    new = NewUpload(
        file_name="begun.vsix",
        size=100_000,
        sha256="0" * 64,
        purpose=Purpose.EXTENSION,
        publisher_id=publisher_id,
        chunk_bytes=65_536,
    )
    begun = (await registry.uploads.create(caller, new, "a key")).upload
    await registry.uploads.add_chunk(caller, begun.id, 1, pieces(bytes(65_536)), length=None)
    return begun.id


async def publish(
    registry: Registry, caller: Caller, operator: Caller, name: str, publisher_name: str | None = None
) -> None:
    """Shows the plug-in, which has a release, to everybody, under a new publisher."""
    facts = PublisherFacts(en_name=publisher_name or f"Of {name}", name=name, support_url="x@y.example")
    publisher = await registry.publishers.create(caller, facts)
    await registry.publishers.accept(operator, publisher.id)
    await registry.plugins.publish(caller, name, "", publisher.id)
