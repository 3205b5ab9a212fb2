"""Use-cases of authors: plug-ins from the first draft to the release for everybody, and to the end.

Each change is one transaction: the tenant's changes wait for each other, the rows change, the plug-in moves to the front of
the lists, an audit entry is written.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from app.registry.memberships.service import require_right
from app.registry.plugins import rules, versions
from schemas.base import Entity
from schemas.errors import (
    InvalidField,
    NotADraft,
    NotBoundTo,
    OtherBytesReleased,
    PluginExists,
    PluginInUse,
    PluginUnknown,
    PrivateCannotBePublished,
    PublicNameTaken,
    PublisherNotAccepted,
    PublisherUnknown,
    VersionExists,
    VersionRetired,
    VersionUnknown,
)
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.plugins import (
    Attribution,
    Composition,
    Plugin,
    PluginFacts,
    Version,
    VersionContent,
    VersionSpec,
    VersionState,
)
from schemas.model.publishers import Act
from storage.postgres import audit, plugins, publishers
from storage.postgres.database import Database, Transaction, UniqueTaken
from storage.postgres.plugins import AskedRow, VersionNumber

_USERS_NAMED = 10

S = TypeVar("S", bound=Entity)


class Plugins:
    """Plug-ins, their drafts and versions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- drafts and releases -----------------------------------------------------------------------------------------

    async def add_basic(self, caller: Caller, name: str, facts: PluginFacts) -> Plugin:
        """Announces a basic plug-in, which has no version yet. Raises `PluginExists`."""
        async with self._change(caller) as tx:
            if await _own(tx, caller, name) is not None:
                raise PluginExists("plugin_name", name=name)
            plugin = await _create(tx, caller, name, facts)
            await _record(tx, caller, "plugin.created", plugin)
        return plugin

    async def create_draft(self, caller: Caller, spec: VersionSpec) -> None:
        """A new draft; makes the plug-in when it is missing. Raises `VersionExists`, `VersionRetired`."""
        async with self._change(caller) as tx:
            await self._add_version(tx, caller, spec, VersionState.DRAFT)

    async def create_version(self, caller: Caller, spec: VersionSpec) -> None:
        """A released version at once; makes the plug-in when it is missing. Raises `VersionExists`, `VersionRetired`."""
        async with self._change(caller) as tx:
            await self._add_version(tx, caller, spec, VersionState.FORMAL)

    async def release_package(self, caller: Caller, tx: Transaction, spec: VersionSpec, version_id: str) -> bool:
        """A released version of that id that a package brings, in the transaction that also records the package.

        Answers whether something changed: the same bytes again are a success that changes nothing. Raises
        `OtherBytesReleased` for other bytes under a released number.
        """
        return await self._add_version(tx, caller, spec, VersionState.FORMAL, version_id)

    async def require_upload(self, caller: Caller, name: str) -> None:
        """Raises what already stands against a package for this plug-in, before a byte of it is taken."""
        async with self._database.transaction(caller.tenant_id) as tx:
            plugin = await _own(tx, caller, name)
            if plugin is not None:
                rules.require_change(caller, plugin)
                await _require_publishing(tx, caller, plugin)
                await _require_one_composition(tx, caller, plugin, Composition.SINGLE)

    async def _add_version(
        self, tx: Transaction, caller: Caller, spec: VersionSpec, state: VersionState, version_id: str | None = None
    ) -> bool:
        number = versions.parse("version", spec.version)
        precedence = versions.precedence(number)
        steps = rules.steps_of(spec.plugin_name, spec.content.execution)
        composition = rules.composition_of(spec.content.execution)
        facts = spec.facts if composition is None else msgspec.structs.replace(spec.facts, composition=composition)

        plugin = await _own(tx, caller, spec.plugin_name)
        if plugin is None:
            plugin = await _create(tx, caller, spec.plugin_name, facts)
        else:
            rules.require_change(caller, plugin)
            if state is VersionState.FORMAL:
                await _require_publishing(tx, caller, plugin)
            await _require_one_composition(tx, caller, plugin, composition or plugin.composition)

        used = await plugins.find_version(tx, plugin, precedence)
        if used is not None and not _replaceable(plugin, used, spec, state):
            return False
        if used is not None:  # a draft, which the package of the same number replaces
            await plugins.delete_draft(tx, plugin, used.id)
        version_id = version_id or new_id()
        await plugins.insert_version(
            tx,
            caller,
            plugin,
            id=version_id,
            version=spec.version,
            precedence=precedence,
            state=state,
            facts=rules.told_by_release(facts),
            content=spec.content,
        )
        await plugins.replace_uses(tx, plugin, version_id, steps)
        await _save(tx, caller, _told_by(plugin, facts, state))
        verb = "drafted" if state is VersionState.DRAFT else "released"
        detail = {"version": spec.version}
        if spec.content.package_sha256 is not None:
            detail["sha256"] = spec.content.package_sha256
        await _record(tx, caller, f"version.{verb}", plugin, detail)
        return True

    async def edit_draft(self, caller: Caller, spec: VersionSpec) -> None:
        """Replaces what the draft of that number holds; what the request is silent of stays. Raises `NotADraft`."""
        steps = rules.steps_of(spec.plugin_name, spec.content.execution)
        composition = rules.composition_of(spec.content.execution)
        async with self._change(caller) as tx:
            plugin, draft = await _draft(tx, caller, spec.plugin_name, spec.version)
            if composition is not None:
                await _require_one_composition(tx, caller, plugin, composition, besides=draft.id)
            asked = AskedRow(
                name=plugin.name,
                precedence=versions.precedence(versions.parse("version", spec.version)),
                current=False,
                attribution=str(plugin.attribution),
            )
            before = (await plugins.ask_versions(tx, caller, [asked]))[0]
            said = spec.facts
            if composition is not None:
                said = msgspec.structs.replace(said, composition=composition)
            facts = _merged(before.facts, rules.told_by_release(said))
            content = _merged(_content_of(before), spec.content)
            await plugins.save_draft(
                tx, caller, plugin, id=draft.id, version=spec.version, facts=facts, content=content
            )
            if spec.content.execution is not None:
                await plugins.replace_uses(tx, plugin, draft.id, steps)
            await _save(tx, caller, _told_by(plugin, said, VersionState.DRAFT))
            await _record(tx, caller, "version.edited", plugin, {"version": spec.version})

    async def publish_draft(self, caller: Caller, name: str, version: str) -> None:
        """Turns a draft into a released version. Raises `NotADraft`, `VersionUnknown`."""
        async with self._change(caller) as tx:
            plugin, draft = await _draft(tx, caller, name, version)
            await _require_publishing(tx, caller, plugin)
            if not await plugins.release_draft(tx, caller, plugin, draft.id):
                raise NotADraft("version", name=name, version=version, state="changing")
            await _save(tx, caller, rules.with_facts(plugin, rules.told_by_release(draft.facts)))
            await _record(tx, caller, "version.released", plugin, {"version": draft.version})

    async def delete_draft(self, caller: Caller, name: str, version: str) -> None:
        """Discards a draft. Its number is free again. Raises `NotADraft`, `VersionUnknown`."""
        async with self._change(caller) as tx:
            plugin, draft = await _draft(tx, caller, name, version)
            await plugins.delete_draft(tx, plugin, draft.id)
            await _save(tx, caller, plugin)
            await _record(tx, caller, "version.discarded", plugin, {"version": draft.version})

    async def update_facts(self, caller: Caller, name: str, facts: PluginFacts) -> None:
        """Changes what the plug-in is called and looks like. Raises `PluginUnknown`."""
        async with self._change(caller) as tx:
            plugin = await _changeable(tx, caller, name)
            if facts.composition is not None:
                await _require_one_composition(tx, caller, plugin, facts.composition)
            await _save(tx, caller, rules.with_facts(plugin, facts))
            await _record(tx, caller, "plugin.updated", plugin)

    # -- publishing ----------------------------------------------------------------------------------------------------

    async def bind(self, caller: Caller, name: str, version: str, publisher_id: str) -> None:
        """Binds the plug-in to a publisher of the tenant. A published plug-in stays with its publisher."""
        async with self._change(caller) as tx:
            plugin = await _changeable(tx, caller, name)
            await _require_version(tx, plugin, version)
            publisher = await publishers.find(tx, caller.tenant_id, publisher_id)
            if publisher is None:
                raise PublisherUnknown("publisher_unique_id")
            await require_right(tx, caller, publisher, Act.BRING, "publisher_unique_id")
            if plugin.attribution is Attribution.PUBLISHED and plugin.publisher_id != publisher.id:
                raise NotBoundTo("publisher_unique_id", name=name)
            await _save(tx, caller, msgspec.structs.replace(plugin, publisher_id=publisher.id))
            await _record(tx, caller, "plugin.bound", plugin, {"publisher_id": publisher.id})

    async def publish(self, caller: Caller, name: str, version: str, publisher_id: str) -> None:
        """Releases the plug-in to everybody under an accepted publisher of the tenant.

        Raises `PublisherNotAccepted`, `NotBoundTo` for another publisher than it is bound to, `PublicNameTaken`,
        `PrivateCannotBePublished`.
        """
        async with self._change(caller) as tx:
            plugin = await _changeable(tx, caller, name)
            await _require_version(tx, plugin, version)
            publisher = await publishers.find(tx, caller.tenant_id, publisher_id)
            if publisher is None:
                raise PublisherUnknown("publisher_unique_id")
            await require_right(tx, caller, publisher, Act.BRING, "publisher_unique_id")
            if publisher.status != "accept":
                raise PublisherNotAccepted("publisher_unique_id", status=publisher.status)
            if plugin.publisher_id not in (None, publisher.id):
                raise NotBoundTo("publisher_unique_id", name=name)
            if plugin.is_private:
                raise PrivateCannotBePublished("plugin_name", name=name)
            # Official plug-ins are everybody's already; they gain a publisher and stay official.
            attribution = plugin.attribution if plugin.attribution is Attribution.OFFICIAL else Attribution.PUBLISHED
            published = msgspec.structs.replace(
                plugin, publisher_id=publisher.id, attribution=attribution, public_name=True
            )
            await _save(tx, caller, published)
            await _record(tx, caller, "plugin.published", plugin, {"version": version, "publisher_id": publisher.id})

    # -- the end -------------------------------------------------------------------------------------------------------

    async def delete(self, caller: Caller, name: str, version: str | None = None) -> None:
        """Deletes the plug-in with all versions, or one version.

        Refused while plug-ins use it: as a whole, and its last released version. Raises `PluginInUse`.
        """
        async with self._change(caller) as tx:
            plugin = await _changeable(tx, caller, name)
            if version is None:
                await _require_unused(tx, caller, plugin)
                await plugins.retire_versions(tx, plugin)
                await _save(tx, caller, msgspec.structs.replace(plugin, deleted_at=datetime.now(UTC)))
                await _record(tx, caller, "plugin.deleted", plugin)
                return
            number = await _live_version(tx, plugin, version)
            if number.state is VersionState.DRAFT:
                await plugins.delete_draft(tx, plugin, number.id)
            else:
                if not await plugins.other_releases(tx, plugin, number.id):
                    await _require_unused(tx, caller, plugin)
                await plugins.retire_versions(tx, plugin, number.id)
            await _save(tx, caller, plugin)
            await _record(tx, caller, "version.deleted", plugin, {"version": number.version})

    @asynccontextmanager
    async def _change(self, caller: Caller) -> AsyncIterator[Transaction]:
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            yield tx


# -- steps of use-cases ------------------------------------------------------------------------------------------------


async def _own(tx: Transaction, caller: Caller, name: str) -> Plugin | None:
    """The tenant's live plug-in of that name, if the caller may know of it.

    A private plug-in of others cannot be told from a missing one, except that its name cannot be had: `PluginExists`.
    """
    plugin = await plugins.find_own_plugin(tx, caller.tenant_id, name)
    if plugin is None or plugin.deleted_at is not None:
        return None
    if not rules.may_see(caller, plugin):
        raise PluginExists("plugin_name", name=name)
    return plugin


async def _changeable(tx: Transaction, caller: Caller, name: str) -> Plugin:
    """The tenant's plug-in of that name, which the caller may change."""
    plugin = await plugins.find_own_plugin(tx, caller.tenant_id, name)
    if plugin is None or plugin.deleted_at is not None or not rules.may_see(caller, plugin):
        raise PluginUnknown("plugin_name", name=name)
    rules.require_change(caller, plugin)
    return plugin


async def _require_publishing(tx: Transaction, caller: Caller, plugin: Plugin) -> None:
    """Raises `NotPublisherMember` where a version of a published plug-in would go out under a publisher of others."""
    if plugin.publisher_id is not None and plugin.public_name:
        publisher = await publishers.find(tx, caller.tenant_id, plugin.publisher_id)
        if publisher is not None:
            await require_right(tx, caller, publisher, Act.BRING, "plugin_name")


async def _create(tx: Transaction, caller: Caller, name: str, facts: PluginFacts) -> Plugin:
    buried = await plugins.find_own_plugin(tx, caller.tenant_id, name)
    plugin = rules.new_plugin(caller, name, facts, revived=buried)
    if buried is not None:
        await _save(tx, caller, plugin)
    else:
        try:
            await plugins.insert_plugin(tx, plugin, caller)
        except UniqueTaken as error:
            raise PublicNameTaken("plugin_name", name=name) from error
    await plugins.adopt_uses(tx, plugin)
    return plugin


async def _save(tx: Transaction, caller: Caller, plugin: Plugin) -> None:
    try:
        await plugins.save_plugin(tx, plugin, caller)
    except UniqueTaken as error:
        raise PublicNameTaken("plugin_name", name=plugin.name) from error


async def _draft(tx: Transaction, caller: Caller, name: str, version: str) -> tuple[Plugin, VersionNumber]:
    plugin = await _changeable(tx, caller, name)
    number = await _live_version(tx, plugin, version)
    if number.state is not VersionState.DRAFT:
        raise NotADraft("version", name=name, version=version, state="released")
    return plugin, number


async def _live_version(tx: Transaction, plugin: Plugin, version: str) -> VersionNumber:
    number = await plugins.find_version(tx, plugin, versions.precedence(versions.parse("version", version)))
    if number is None or number.deleted:
        raise VersionUnknown("version", name=plugin.name, version=version)
    return number


async def _require_version(tx: Transaction, plugin: Plugin, version: str) -> None:
    """A version that is named must be there and released. A basic plug-in is published with an empty one."""
    if version and (await _live_version(tx, plugin, version)).state is not VersionState.FORMAL:
        raise InvalidField("version", problem=f"Version {version} is a draft; release it first")


async def _require_one_composition(
    tx: Transaction, caller: Caller, plugin: Plugin, wanted: Composition, *, besides: str | None = None
) -> None:
    """What a plug-in is made of can change only while it has no version but the one in hand."""
    if plugin.composition is wanted:
        return
    present, total = await plugins.list_versions(tx, caller.tenant_id, plugin, skip=0, take=1)
    if total > 1 or (present and present[0].version_id != besides):
        rules.require_composition(plugin, wanted)


async def _require_unused(tx: Transaction, caller: Caller, plugin: Plugin) -> None:
    """Names the tenant's own users that the caller may know of; of others only how many there are."""
    if plugin.refer_count == 0:
        return
    names, count = await plugins.list_users(tx, caller, plugin, take=_USERS_NAMED)
    others = plugin.refer_count - len(names)
    users = ", ".join(names) if names else ""
    if others > 0:
        whose = "other tenants" if count == len(names) else "this and other tenants"
        users += f"{' and ' if users else ''}{others} plug-ins of {whose}"
    raise PluginInUse("plugin_name", name=plugin.name, users=users)


async def _record(
    tx: Transaction, caller: Caller, action: str, plugin: Plugin, detail: dict[str, str] | None = None
) -> None:
    change = Change(
        action=action, object_kind="plugin", object_id=plugin.id, detail={"name": plugin.name, **(detail or {})}
    )
    await audit.record(tx, plugin.tenant_id, caller, change)


def _replaceable(plugin: Plugin, used: VersionNumber, spec: VersionSpec, state: VersionState) -> bool:
    """Whether a version may be made although its number is in use: the package of a draft's number replaces the draft.

    False when it is there already, byte for byte. Raises what stands against it otherwise.
    """
    sent = spec.content.package_sha256
    if used.deleted:
        raise VersionRetired("version", version=used.version)
    if used.state is VersionState.FORMAL and sent is not None and used.package_sha256 is not None:
        if used.package_sha256 == sent and used.version == spec.version:
            return False
        raise OtherBytesReleased("version", version=used.version, released=used.package_sha256, sent=sent)
    if used.state is VersionState.DRAFT and sent is not None and state is VersionState.FORMAL:
        return True
    raise VersionExists(
        "version",
        name=plugin.name,
        version=used.version,
        state="a draft" if used.state is VersionState.DRAFT else "released",
    )


def _told_by(plugin: Plugin, facts: PluginFacts, state: VersionState) -> Plugin:
    """The plug-in after an author wrote a version of it.

    While nothing is released, whatever the author says of the plug-in holds. Afterwards a draft says nothing of it, and a
    release only what `rules.told_by_release` lets it.
    """
    if not plugin.has_release:
        return rules.with_facts(plugin, facts)
    return plugin if state is VersionState.DRAFT else rules.with_facts(plugin, rules.told_by_release(facts))


def _content_of(version: Version) -> VersionContent:
    return VersionContent(**{name: getattr(version, name) for name in VersionContent.__struct_fields__})


def _merged(before: S, said: S) -> S:
    """What was said before, except where something is said now."""
    return msgspec.structs.replace(
        before, **{name: value for name in said.__struct_fields__ if (value := getattr(said, name)) is not None}
    )
