"""Use-cases of authors: plug-ins from the first draft to the release for everybody, and to the end.

Each change is one transaction: the tenant's changes wait for each other, the rows change, the plug-in moves to the front of
the lists, an audit entry is written.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from app.registry.contracts import rules as contracts
from app.registry.contracts.changes import require_promise
from app.registry.contracts.steps import require_steps
from app.registry.memberships.service import require_right
from app.registry.plugins import rules, versions
from app.registry.plugins.catalogue import changeable
from app.registry.releases.service import Releases
from schemas.base import Entity
from schemas.errors import (
    InvalidField,
    NotADraft,
    NotBoundTo,
    OtherBytesReleased,
    PluginExists,
    PluginInUse,
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
from schemas.model.checks import CheckResult, SubjectKind
from schemas.model.plugins import (
    Composition,
    Plugin,
    PluginFacts,
    Version,
    VersionContent,
    VersionSpec,
    VersionState,
)
from schemas.model.publishers import Act
from schemas.model.releases import NewRelease, ReleaseState
from storage.executors import Executor
from storage.postgres import audit, plugins, publishers, releases
from storage.postgres.database import Database, Transaction, UniqueTaken
from storage.postgres.plugins import AskedRow, VersionNumber

_USERS_NAMED = 10

S = TypeVar("S", bound=Entity)


class Plugins:
    """Plug-ins, their drafts and versions."""

    def __init__(self, database: Database, comparisons: Executor, releases: Releases) -> None:
        self._database = database
        self._comparisons = comparisons
        self._releases = releases

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
            await self._add_version(tx, caller, spec, VersionState.DRAFT, new_id())

    async def create_version(self, caller: Caller, spec: VersionSpec) -> None:
        """A released version at once; makes the plug-in when it is missing. Raises `VersionExists`, `VersionRetired`."""
        version_id = new_id()
        async with self._change(caller) as tx:
            await self._add_version(tx, caller, spec, VersionState.FORMAL, version_id)
        await self._releases.advance(caller, [version_id])

    async def release_package(self, caller: Caller, tx: Transaction, spec: VersionSpec, version_id: str) -> bool:
        """A released version of that id that a package brings, in the transaction that also records the package.

        Answers whether something changed: the same bytes again are a success that changes nothing. Raises
        `OtherBytesReleased` for other bytes under a released number.
        """
        return await self._add_version(tx, caller, spec, VersionState.FORMAL, version_id)

    async def settle_package(
        self, caller: Caller, tx: Transaction, version_id: str, results: Sequence[CheckResult]
    ) -> None:
        """Lets what the checks of a package came to, which are kept now, decide about the release that it brought."""
        release = await releases.find(tx, caller.tenant_id, version_id)
        if release is not None and release.state is ReleaseState.CHECKING:
            await self._releases.settle(caller, tx, release, results)

    async def require_upload(self, caller: Caller, name: str) -> None:
        """Raises what already stands against a package for this plug-in, before a byte of it is taken."""
        async with self._database.transaction(caller.tenant_id) as tx:
            plugin = await _own(tx, caller, name)
            if plugin is not None:
                rules.require_change(caller, plugin)
                await _require_publishing(tx, caller, plugin)
                await _require_one_composition(tx, caller, plugin, Composition.SINGLE)

    async def _add_version(
        self, tx: Transaction, caller: Caller, spec: VersionSpec, state: VersionState, version_id: str
    ) -> bool:
        number = versions.parse("version", spec.version)
        precedence = versions.precedence(number)
        steps = rules.steps_of(spec.plugin_name, spec.content.execution)
        composition = rules.composition_of(spec.content.execution)
        facts = spec.facts if composition is None else msgspec.structs.replace(spec.facts, composition=composition)
        spec = contracts.require_sane(spec)
        await require_steps(tx, caller, spec.content.execution)

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
        plugin = _told_by(plugin, facts, state)
        await _save(tx, caller, plugin)
        if state is VersionState.DRAFT:
            await _record(tx, caller, "version.drafted", plugin, {"version": spec.version})
        else:
            await self._new_release(tx, caller, plugin, await _live_version(tx, plugin, spec.version), spec.content)
        return True

    async def _new_release(
        self, tx: Transaction, caller: Caller, plugin: Plugin, version: VersionNumber, content: VersionContent
    ) -> None:
        """What is done with every version that was just released in its own tenant, however it came.

        Where the plug-in is everybody's, or is to be, the version asks to be, too: the checks decide next.
        """
        await require_promise(tx, self._comparisons, plugin, version.version, content)
        release = await releases.insert(tx, _release_of(plugin, version))
        detail = {"version": version.version}
        if version.package_sha256 is not None:
            detail["sha256"] = version.package_sha256
        await _record(tx, caller, "version.released", plugin, detail)
        if rules.is_for_everybody(caller, plugin):
            # What came as a package was checked a moment ago, and is settled by whoever brings it.
            checked = version.package_sha256 is not None
            await self._releases.file(caller, tx, release, plugin.publisher_id, checked=checked)

    async def edit_draft(self, caller: Caller, spec: VersionSpec) -> None:
        """Replaces what the draft of that number holds; what the request is silent of stays. Raises `NotADraft`."""
        steps = rules.steps_of(spec.plugin_name, spec.content.execution)
        composition = rules.composition_of(spec.content.execution)
        async with self._change(caller) as tx:
            plugin, draft = await _draft(tx, caller, spec.plugin_name, spec.version)
            if composition is not None:
                await _require_one_composition(tx, caller, plugin, composition, besides=draft.id)
            before = await _read(tx, caller, plugin, draft)
            said = spec.facts
            if composition is not None:
                said = msgspec.structs.replace(said, composition=composition)
            facts = _merged(before.facts, rules.told_by_release(said))
            content = _merged(_content_of(before), spec.content)
            if spec.content.inputs is not None and spec.content.input_schema is None:
                content = msgspec.structs.replace(content, input_schema=None)  # written as a list now
            elif spec.content.input_schema is not None:
                content = msgspec.structs.replace(content, inputs=spec.content.inputs)
            content = contracts.require_sane(msgspec.structs.replace(spec, content=content)).content
            await require_steps(tx, caller, spec.content.execution)
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
            content = _content_of(await _read(tx, caller, plugin, draft))
            contracts.require_contract(contracts.written_by(content))
            await require_steps(tx, caller, content.execution)
            if not await plugins.release_draft(tx, caller, plugin, draft.id):
                raise NotADraft("version", name=name, version=version, state="changing")
            plugin = rules.with_facts(plugin, rules.told_by_release(draft.facts))
            await _save(tx, caller, plugin)
            await self._new_release(tx, caller, plugin, draft, content)
        await self._releases.advance(caller, [draft.id])

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
            plugin = await changeable(tx, caller, name)
            if facts.composition is not None:
                await _require_one_composition(tx, caller, plugin, facts.composition)
            changed = rules.with_facts(plugin, facts)
            await _save(tx, caller, changed)
            await _record(tx, caller, "plugin.updated", plugin)
            filed = []
            if plugin.is_private and rules.is_for_everybody(caller, changed):  # the platform's own, until now hidden
                filed = await self._file_drafts(tx, caller, changed)
        await self._releases.advance(caller, filed)

    # -- publishing ----------------------------------------------------------------------------------------------------

    async def bind(self, caller: Caller, name: str, version: str, publisher_id: str) -> None:
        """Binds the plug-in to a publisher of the tenant. A published plug-in stays with its publisher."""
        async with self._change(caller) as tx:
            plugin = await changeable(tx, caller, name)
            await _require_version(tx, plugin, version)
            publisher = await publishers.find(tx, caller.tenant_id, publisher_id)
            if publisher is None:
                raise PublisherUnknown("publisher_unique_id")
            await require_right(tx, caller, publisher, Act.BRING, "publisher_unique_id")
            if plugin.publishing and plugin.publisher_id != publisher.id:
                raise NotBoundTo("publisher_unique_id", name=name)
            await _save(tx, caller, msgspec.structs.replace(plugin, publisher_id=publisher.id))
            await _record(tx, caller, "plugin.bound", plugin, {"publisher_id": publisher.id})

    async def publish(self, caller: Caller, name: str, version: str, publisher_id: str) -> None:
        """Asks that the plug-in becomes everybody's under an accepted publisher of the tenant, with all its releases.

        It does so at once where the checks are enough; else as soon as a person has accepted a release of it.

        Raises `PublisherNotAccepted`, `NotBoundTo` for another publisher than it is bound to, `PublicNameTaken`,
        `PrivateCannotBePublished`.
        """
        async with self._change(caller) as tx:
            plugin = await changeable(tx, caller, name)
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
            published = msgspec.structs.replace(plugin, publisher_id=publisher.id, publishing=True, public_name=True)
            await _save(tx, caller, published)
            await _record(tx, caller, "plugin.offered", plugin, {"version": version, "publisher_id": publisher.id})
            filed = await self._file_drafts(tx, caller, published)
        await self._releases.advance(caller, filed)

    async def _file_drafts(self, tx: Transaction, caller: Caller, plugin: Plugin) -> list[str]:
        """Submits every version that was not submitted before; answers their ids."""
        drafts = await releases.list_of_plugin(tx, plugin, [ReleaseState.DRAFT])
        for each in drafts:
            await self._releases.file(caller, tx, each, plugin.publisher_id)
        return [each.id for each in drafts]

    # -- the end -------------------------------------------------------------------------------------------------------

    async def delete(self, caller: Caller, name: str, version: str | None = None) -> None:
        """Deletes the plug-in with all versions, or one version.

        Refused while plug-ins use it: as a whole, and its last released version. Raises `PluginInUse`.
        """
        async with self._change(caller) as tx:
            plugin = await changeable(tx, caller, name)
            if version is None:
                await _require_unused(tx, caller, plugin)
                await plugins.retire_versions(tx, plugin)
                await self._releases.withdraw_all(caller, tx, plugin)
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
                await self._releases.withdraw_all(caller, tx, plugin, number.id)
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


async def _read(tx: Transaction, caller: Caller, plugin: Plugin, draft: VersionNumber) -> Version:
    """A draft with all that it holds."""
    asked = AskedRow(
        name=plugin.name,
        precedence=versions.precedence(versions.parse("version", draft.version)),
        current=False,
        attribution=str(plugin.attribution),
    )
    return (await plugins.ask_versions(tx, caller, [asked]))[0]


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
    plugin = await changeable(tx, caller, name)
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


def _release_of(plugin: Plugin, version: VersionNumber) -> NewRelease:
    is_package = version.package_sha256 is not None
    return NewRelease(
        id=version.id,
        tenant_id=plugin.tenant_id,
        kind=SubjectKind.BASIC_PLUGIN if is_package else SubjectKind.COMPOSITE_PLUGIN,
        object_id=plugin.id,
        subject_id=version.id,
        package_sha256=version.package_sha256,
        name=plugin.name,
        version=version.version,
        author_id=version.author_id,
    )


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
