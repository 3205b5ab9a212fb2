"""Rows of plug-ins and their versions."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from schemas.base import Entity
from schemas.model.access import Caller
from schemas.model.packages import InputDefinition, MetricGroup, OutputDefinition
from schemas.model.plugins import (
    Attribution,
    Composition,
    Plugin,
    PluginFacts,
    PluginSummary,
    UsedPlugin,
    Version,
    VersionContent,
    VersionState,
)
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("plugins")

MOST_VERSION_CHARACTERS = 16 * 1024**2
"""Characters of several versions in one answer: each may have as many bytes as a request."""

T = TypeVar("T")

_PLUGIN_FIELDS = tuple(name for name in Plugin.__struct_fields__ if name not in ("composition", "attribution"))
_decoders: dict[object, msgspec.json.Decoder[Any]] = {}


class AskedRow(Entity, frozen=True):
    """What a version is asked for by: see `AskedVersion`. `precedence` is None where the current one is meant."""

    name: str
    precedence: bytes | None
    current: bool
    attribution: str | None


class VersionNumber(Entity, frozen=True):
    """A version number that a plug-in has used, and what became of it."""

    id: str
    version: str
    state: VersionState
    facts: PluginFacts
    deleted: bool
    package_sha256: str | None
    offer: str
    """`none`: its own tenant's alone; `listed`: everybody's; `pinned`: served to whoever names it; `withheld`: to nobody."""
    author_id: str
    """Who made it, or changed it last."""


class TooMuchAsked(Exception):
    """Several versions have more than `MOST_VERSION_CHARACTERS` together."""


class Search(Entity, frozen=True):
    """A search for plug-ins on some shelves, whose name or display name has `text` in it, whatever its case.

    They come in the order of the categories in `category_order`, those of one category latest change first.
    """

    shelves: list[str]
    text: str
    category_order: list[str] = []


async def insert_plugin(tx: Transaction, plugin: Plugin, caller: Caller) -> None:
    """Raises `UniqueTaken`."""
    await tx.run(
        QUERIES.insert_plugin,
        id=plugin.id,
        tenant_id=plugin.tenant_id,
        name=plugin.name,
        creator_id=plugin.creator_id,
        attribution=str(plugin.attribution),
        **_mutable(plugin, caller),
    )


async def save_plugin(tx: Transaction, plugin: Plugin, caller: Caller) -> None:
    """Writes what may change of the plug-in; its current version follows from its versions. Raises `UniqueTaken`."""
    await tx.run(
        QUERIES.save_plugin,
        id=plugin.id,
        tenant_id=plugin.tenant_id,
        publisher_id=plugin.publisher_id,
        publishing=plugin.publishing,
        deleted_at=plugin.deleted_at,
        **_mutable(plugin, caller),
    )


async def find_own_plugin(tx: Transaction, tenant_id: str, name: str) -> Plugin | None:
    """The tenant's plug-in of that name, also a deleted one."""
    row = await tx.maybe(QUERIES.find_own_plugin, tenant_id=tenant_id, name=name)
    return plugin_of(row) if row else None


async def find_visible(tx: Transaction, tenant_id: str, name: str, *, pinned: bool = False) -> list[PluginSummary]:
    """The live plug-ins of that name that the tenant sees, its own first; with `pinned` also one that is on no list any more, but
    of which versions are served to whoever names them."""
    rows = await tx.many(QUERIES.find_visible, tenant_id=tenant_id, name=name, pinned=pinned)
    return [summary_of(row) for row in rows]


async def count_places(tx: Transaction, shelves: Sequence[str]) -> dict[str, int]:
    """How many plug-ins each shelf has; an empty one is left out."""
    rows = await tx.many(QUERIES.count_places, shelves=list(shelves))
    return {row["shelf"]: row["places"] for row in rows}


async def list_shelves(
    tx: Transaction, tenant_id: str, shelves: Sequence[str], *, skip: int, take: int
) -> list[PluginSummary]:
    """A page of several shelves taken together, latest change first, as the tenant sees it."""
    rows = await tx.many(QUERIES.list_shelves, tenant_id=tenant_id, shelves=list(shelves), skip=skip, take=take)
    return [summary_of(row) for row in rows]


async def search(
    tx: Transaction, tenant_id: str, wanted: Search, *, skip: int, take: int, most: int
) -> tuple[list[PluginSummary], int]:
    """A page of the matches as the tenant sees them, and how many there are; counting stops at `most`."""
    rows = await tx.many(
        QUERIES.search,
        tenant_id=tenant_id,
        **{name: getattr(wanted, name) for name in wanted.__struct_fields__},
        skip=skip,
        take=take,
        most=most,
    )
    return [summary_of(row) for row in rows if row["id"] is not None], rows[0]["matches"]


async def ask_versions(tx: Transaction, caller: Caller, asked: Sequence[AskedRow]) -> dict[int, Version]:
    """The versions asked for, by their place in `asked`; those that are not there, or not for the caller, are left out.

    One statement, however many are asked. Raises `TooMuchAsked`: of a thousand versions, each as large as can be, no answer
    could be made.
    """
    rows = await tx.many(
        QUERIES.ask_versions,
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        sees_private=caller.is_admin,
        names=[each.name for each in asked],
        precedences=[each.precedence for each in asked],
        currents=[each.current for each in asked],
        attributions=[each.attribution for each in asked],
        most=MOST_VERSION_CHARACTERS,
    )
    if any(row["version_id"] is None for row in rows):
        raise TooMuchAsked
    return {row["position"] - 1: _version_of(row) for row in rows}


async def insert_version(
    tx: Transaction, caller: Caller, plugin: Plugin, *, id: str, version: str, precedence: bytes, state: VersionState,
    facts: PluginFacts, content: VersionContent,
) -> None:  # fmt: skip
    """Raises `UniqueTaken`."""
    await tx.run(
        QUERIES.insert_version,
        id=id,
        plugin_id=plugin.id,
        tenant_id=plugin.tenant_id,
        version=version,
        precedence=precedence,
        state=str(state),
        manifest=_json(content.manifest) if content.manifest is not None else None,
        package_sha256=content.package_sha256,
        **_content(facts, content),
        **_changed_by(caller),
    )


async def save_draft(
    tx: Transaction,
    caller: Caller,
    plugin: Plugin,
    *,
    id: str,
    version: str,
    facts: PluginFacts,
    content: VersionContent,
) -> None:
    """Replaces what a draft holds."""
    await tx.run(
        QUERIES.save_draft,
        tenant_id=plugin.tenant_id,
        id=id,
        version=version,
        **_content(facts, content),
        **_changed_by(caller),
    )


async def release_draft(tx: Transaction, caller: Caller, plugin: Plugin, version_id: str) -> bool:
    """Whether the draft was there and is a release now."""
    released = await tx.value(QUERIES.release_draft, tenant_id=plugin.tenant_id, id=version_id, **_changed_by(caller))
    return released is not None


async def delete_draft(tx: Transaction, plugin: Plugin, version_id: str) -> None:
    """Removes a draft; its number is free again."""
    await tx.run(QUERIES.delete_draft, tenant_id=plugin.tenant_id, id=version_id)


async def retire_versions(tx: Transaction, plugin: Plugin, version_id: str | None = None) -> None:
    """Takes one released version, or all versions of the plug-in, out of use for good."""
    if version_id is None:
        await tx.run(QUERIES.delete_drafts, tenant_id=plugin.tenant_id, plugin_id=plugin.id)
        await tx.run(QUERIES.delete_all_uses, tenant_id=plugin.tenant_id, plugin_id=plugin.id)
    else:
        await tx.run(QUERIES.delete_uses, tenant_id=plugin.tenant_id, version_id=version_id)
    await tx.run(QUERIES.retire_versions, tenant_id=plugin.tenant_id, plugin_id=plugin.id, version_id=version_id)


async def find_version(tx: Transaction, plugin: Plugin, precedence: bytes) -> VersionNumber | None:
    """The version of that number, also a retired one."""
    row = await tx.maybe(QUERIES.find_version, tenant_id=plugin.tenant_id, plugin_id=plugin.id, precedence=precedence)
    if row is None:
        return None
    return VersionNumber(
        id=row["id"],
        version=row["version"],
        state=VersionState(row["state"]),
        facts=_decode(row["facts"], PluginFacts),
        deleted=row["deleted_at"] is not None,
        package_sha256=row["package_sha256"],
        offer=row["offer"],
        author_id=row["updated_by_id"],
    )


async def other_releases(tx: Transaction, plugin: Plugin, version_id: str) -> bool:
    """Whether the plug-in has a released version besides this one."""
    return bool(
        await tx.value(QUERIES.other_releases, tenant_id=plugin.tenant_id, plugin_id=plugin.id, version_id=version_id)
    )


async def list_versions(
    tx: Transaction, tenant_id: str, plugin: Plugin, *, skip: int, take: int
) -> tuple[list[PluginSummary], int]:
    """A page of the versions that the tenant sees, newest first, and how many there are."""
    rows = await tx.many(QUERIES.list_versions, plugin_id=plugin.id, tenant_id=tenant_id, skip=skip, take=take)
    total = await tx.value(QUERIES.count_versions, plugin_id=plugin.id, tenant_id=tenant_id)
    return [_summary(plugin, row, row["updated_at"], row["updated_by_name"]) for row in rows], total


async def replace_uses(tx: Transaction, plugin: Plugin, version_id: str, names: Sequence[str]) -> None:
    """Notes which plug-ins the steps of a version run."""
    await tx.run(QUERIES.delete_uses, tenant_id=plugin.tenant_id, version_id=version_id)
    if names:
        await tx.run(
            QUERIES.insert_uses,
            version_id=version_id,
            plugin_id=plugin.id,
            tenant_id=plugin.tenant_id,
            names=sorted(names),  # in one order, because each locks the plug-in it names
        )


async def adopt_uses(tx: Transaction, plugin: Plugin) -> None:
    """Links the tenant's steps that named the plug-in before it was there."""
    await tx.run(QUERIES.adopt_uses, tenant_id=plugin.tenant_id, plugin_id=plugin.id, name=plugin.name)


async def list_users(tx: Transaction, caller: Caller, plugin: Plugin, *, take: int) -> tuple[list[str], int]:
    """Names of the tenant's own plug-ins that use this one, at most `take` and none that is hidden from the caller; and
    how many the tenant has in all."""
    rows = await tx.many(
        QUERIES.list_users,
        tenant_id=plugin.tenant_id,
        plugin_id=plugin.id,
        user_id=caller.user_id,
        sees_private=caller.is_admin,
        take=take,
    )
    count = await tx.value(QUERIES.count_users, tenant_id=plugin.tenant_id, plugin_id=plugin.id)
    return [row["name"] for row in rows], count


async def find_steps(tx: Transaction, caller: Caller, version_ids: Sequence[str]) -> dict[str, list[UsedPlugin]]:
    """What the steps of some versions run, by version id; versions without steps are left out."""
    found: dict[str, list[UsedPlugin]] = {}
    rows = await tx.many(
        QUERIES.find_steps,
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        sees_private=caller.is_admin,
        version_ids=list(version_ids),
    )
    for row in rows:
        step = UsedPlugin(name=row["used_name"], display_name=row["display_name"] or "", version=row["version"] or "")
        found.setdefault(row["version_id"], []).append(step)
    return found


# -- rows and Structs ----------------------------------------------------------------------------------------------


def plugin_of(row: Any) -> Plugin:
    """A plug-in from the columns of its table."""
    return Plugin(
        composition=Composition(row["composition"]),
        attribution=Attribution(row["attribution"]),
        **{name: row[name] for name in _PLUGIN_FIELDS},
    )


def summary_of(row: Any) -> PluginSummary:
    """A plug-in with its current version."""
    return _summary(plugin_of(row), row, row["updated_at"], row["updated_by_name"])


def _summary(plugin: Plugin, row: Any, updated_at: Any, updated_by_name: str) -> PluginSummary:
    return PluginSummary(
        plugin=plugin,
        version_id=row["version_id"],
        version=row["version"] or "",
        version_description=row["version_description"],
        state=VersionState(row["state"]) if row["state"] else None,
        manifest_version=row["manifest_version"] or "",
        updated_at=updated_at,
        updated_by_name=updated_by_name,
    )


def _version_of(row: Any) -> Version:
    return Version(
        id=row["version_id"],
        plugin=plugin_of(row),
        version=row["version"],
        state=VersionState(row["state"]),
        version_description=row["version_description"],
        facts=_decode(row["facts"], PluginFacts),
        inputs=_decode(row["inputs"], list[InputDefinition]),
        input_schema=_decode(row["input_schema"], dict[str, Any]) if row["input_schema"] is not None else None,
        outputs=_decode(row["outputs"], list[OutputDefinition]),
        metrics=_decode(row["metrics"], list[MetricGroup]),
        execution=_decode(row["execution"], dict[str, Any]),
        manifest=_decode(row["manifest"], dict[str, Any]) if row["manifest"] is not None else None,
        manifest_version=row["manifest_version"],
        package_sha256=row["package_sha256"],
        updated_at=row["version_updated_at"],
        updated_by_name=row["version_updated_by_name"],
    )


def _mutable(plugin: Plugin, caller: Caller) -> dict[str, object]:
    return {
        "display_name": plugin.display_name,
        "description": plugin.description,
        "business_type": plugin.business_type,
        "runtime_attribution": plugin.runtime_attribution,
        "icon_url": plugin.icon_url,
        "is_private": plugin.is_private,
        "region": plugin.region,
        "maintainers": plugin.maintainers,
        "composition": str(plugin.composition),
        "public_name": plugin.public_name,
        **_changed_by(caller),
    }


def _changed_by(caller: Caller) -> dict[str, object]:
    return {"updated_by_id": caller.user_id, "updated_by_name": caller.user_name}


def _content(facts: PluginFacts, content: VersionContent) -> dict[str, object]:
    return {
        "version_description": content.version_description or "",
        "facts": _json(facts),
        "inputs": _json(content.inputs or []),
        "input_schema": _json(content.input_schema) if content.input_schema is not None else None,
        "outputs": _json(content.outputs or []),
        "metrics": _json(content.metrics or []),
        "execution": _json(content.execution or {}),
        "manifest_version": content.manifest_version or "",
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _decode(text: str, type_: type[T]) -> T:
    decoder = _decoders.get(type_)
    if decoder is None:
        decoder = _decoders[type_] = msgspec.json.Decoder(type_)
    return decoder.decode(text)  # type: ignore[no-any-return]
