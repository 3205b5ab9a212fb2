"""Rows of a demonstration catalogue, loaded many at a time by the database's owner."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from schemas.base import Entity
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("demo")

_TABLES = ("plugins", "plugin_versions", "plugin_uses", "plugin_shelves", "plugin_tally")


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
    """Loads plug-ins with their versions and uses. Shelves and reference counts follow by the tables' own triggers."""
    loads: tuple[tuple[str, type[Entity], Sequence[Entity]], ...] = (
        ("plugins", PluginRow, plugins),
        ("plugin_versions", VersionRow, versions),
        ("plugin_uses", UseRow, uses),
    )
    for table, kind, rows in loads:
        await tx.copy(table, list(kind.__struct_fields__), [msgspec.structs.astuple(row) for row in rows])


async def settle(owner_url: str) -> None:
    """Brings the planner's statistics and the visibility map up to date, which would otherwise take minutes to follow."""
    connection = await asyncpg.connect(owner_url, timeout=10, server_settings={"search_path": "plugport,public"})
    try:
        await connection.execute(f"VACUUM (ANALYZE) {', '.join(_TABLES)}")
    finally:
        await connection.close()
