"""Rows of a demonstration catalogue, loaded many at a time by the database's owner."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from schemas.base import Entity
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("demo")

_TABLES = (
    "plugins",
    "plugin_versions",
    "plugin_uses",
    "releases",
    "plugin_shelves",
    "plugin_tally",
    "extensions",
    "extension_versions",
    "extension_stats",
    "extension_places",
    "extension_facets",
    "extension_words",
    "extension_sets",
)


class PluginRow(Entity, frozen=True):
    """A row of `plugins`, spelled as its columns. What is missing here has a default there."""

    id: str
    tenant_id: str
    name: str
    display_name: str
    description: str
    business_type: str
    runtime_attribution: str
    icon_url: str
    is_private: bool
    region: str
    maintainers: list[str]
    composition: str
    attribution: str
    publisher_id: str | None
    public_name: bool
    creator_id: str
    created_at: datetime
    updated_at: datetime
    updated_by_id: str
    updated_by_name: str
    current_version_id: str | None
    has_release: bool
    publishing: bool
    public_version_id: str | None
    served: bool


class VersionRow(Entity, frozen=True):
    """A row of `plugin_versions`; JSON as text."""

    id: str
    plugin_id: str
    tenant_id: str
    version: str
    precedence: bytes
    state: str
    version_description: str
    facts: str
    inputs: str
    outputs: str
    metrics: str
    execution: str
    manifest_version: str
    created_at: datetime
    updated_at: datetime
    updated_by_id: str
    updated_by_name: str
    released_at: datetime | None
    offer: str


class UseRow(Entity, frozen=True):
    """A row of `plugin_uses`."""

    version_id: str
    plugin_id: str
    tenant_id: str
    used_name: str
    used_plugin_id: str


async def owns_catalogue(tx: Transaction) -> bool:
    """Whether this login may load many rows at once: COPY stops at row-level security, which only the owner passes."""
    return bool(await tx.value(QUERIES.owns_catalogue))


async def list_taken_names(tx: Transaction, tenant_ids: Sequence[str]) -> set[str]:
    """The names that a new plug-in of these tenants cannot have, or should not: their own, and all that are public."""
    return {row["name"] for row in await tx.many(QUERIES.list_taken_names, tenant_ids=list(tenant_ids))}


async def copy_rows(
    tx: Transaction, plugins: Sequence[PluginRow], versions: Sequence[VersionRow], uses: Sequence[UseRow]
) -> None:
    """Loads plug-ins with their versions, uses and releases. Shelves and reference counts follow by the tables' own triggers."""
    loads: tuple[tuple[str, type[Entity], Sequence[Entity]], ...] = (
        ("plugins", PluginRow, plugins),
        ("plugin_versions", VersionRow, versions),
        ("plugin_uses", UseRow, uses),
    )
    for table, kind, rows in loads:
        await tx.copy(table, list(kind.__struct_fields__), [msgspec.structs.astuple(row) for row in rows])
    await tx.run(QUERIES.release_plugins, ids=[each.id for each in versions if each.state == "formal"])


class ExtensionRow(Entity, frozen=True):
    """A row of `extensions`, spelled as its columns, without the version that it shows."""

    id: str
    tenant_id: str
    publisher_id: str
    publisher_name: str
    name: str
    official: bool
    display_name: str
    description: str
    categories: list[str]
    tags: list[str]
    targets: list[str]
    engines: list[str]
    preview: bool
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    creator_id: str
    creator_name: str


class ExtensionVersionRow(Entity, frozen=True):
    """A row of `extension_versions`; JSON as text. A published one names an upload of those bytes that passed every check."""

    id: str
    extension_id: str
    tenant_id: str
    version: str
    precedence: bytes
    target_platform: str
    state: str
    package_sha256: str
    package_size: int
    facts: str
    upload_id: str | None
    uploader_id: str
    uploader_name: str
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    offer: str


class StatsRow(Entity, frozen=True):
    """A row of `extension_stats`."""

    extension_id: str
    tenant_id: str
    installs: int
    stars: list[int]


class ShownRow(Entity, frozen=True):
    """The newest published version of an extension."""

    extension_id: str
    version_id: str


async def copy_extensions(
    tx: Transaction,
    extensions: Sequence[ExtensionRow],
    versions: Sequence[ExtensionVersionRow],
    stats: Sequence[StatsRow],
    shown: Sequence[ShownRow],
) -> None:
    """Loads extensions in this order of changes, and enters them into the marketplace together."""
    await tx.run(QUERIES.begin_loading)
    loads: tuple[tuple[str, type[Entity], Sequence[Entity]], ...] = (
        ("extensions", ExtensionRow, extensions),
        ("extension_versions", ExtensionVersionRow, versions),
        ("extension_stats", StatsRow, stats),
    )
    for table, kind, rows in loads:
        await tx.copy(table, list(kind.__struct_fields__), [msgspec.structs.astuple(row) for row in rows])
    await tx.run(
        QUERIES.show_versions,
        tenant_ids=sorted({each.tenant_id for each in extensions}),
        ids=[each.extension_id for each in shown],
        version_ids=[each.version_id for each in shown],
    )
    await tx.run(QUERIES.release_extensions, ids=[each.id for each in versions])
    await tx.run(QUERIES.enter_marketplace, ids=[each.id for each in extensions])


async def list_taken_extensions(tx: Transaction, tenant_ids: Sequence[str]) -> set[str]:
    """The names, in lower case, that these tenants' extensions have."""
    rows = await tx.many(QUERIES.list_taken_extensions, tenant_ids=list(tenant_ids))
    return {row["name"] for row in rows}


async def settle(owner_url: str) -> None:
    """Brings the planner's statistics and the visibility map up to date, which would otherwise take minutes to follow."""
    connection = await asyncpg.connect(owner_url, timeout=10, server_settings={"search_path": "plugport,public"})
    try:
        await connection.execute(f"VACUUM (ANALYZE) {', '.join(_TABLES)}")
    finally:
        await connection.close()
