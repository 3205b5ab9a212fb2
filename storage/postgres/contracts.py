"""Rows of contracts: what was released before, and which numbers may promise less than they change."""

import msgspec

from schemas.base import Entity
from schemas.model.access import Caller
from schemas.model.contracts import Override, Written
from schemas.model.plugins import Plugin
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("contracts")


class Released(Entity, frozen=True):
    """A released version, and what its author wrote of what it takes and gives."""

    version: str
    written: Written


async def find_release_before(tx: Transaction, plugin: Plugin, precedence: bytes) -> Released | None:
    """The greatest released number of the plug-in below one, pre-releases apart."""
    row = await tx.maybe(
        QUERIES.find_release_before, tenant_id=plugin.tenant_id, plugin_id=plugin.id, precedence=precedence
    )
    if row is None:
        return None
    schema = row["input_schema"]
    written = {
        "inputs": msgspec.json.decode(row["inputs"]) if schema is None else [],
        "input_schema": None if schema is None else msgspec.json.decode(schema),
        "outputs": msgspec.json.decode(row["outputs"]),
        "metrics": msgspec.json.decode(row["metrics"]),
    }
    return Released(version=row["version"], written=msgspec.convert(written, Written))


async def find_override(tx: Transaction, plugin: Plugin, precedence: bytes) -> Override | None:
    """What an administrator said of the number."""
    row = await tx.maybe(QUERIES.find_override, tenant_id=plugin.tenant_id, plugin_id=plugin.id, precedence=precedence)
    return Override(**row) if row else None


async def keep_override(
    tx: Transaction, caller: Caller, plugin: Plugin, version: str, precedence: bytes, reason: str
) -> None:
    """Lets the number promise less, instead of what was said of it before."""
    await tx.run(
        QUERIES.keep_override,
        tenant_id=plugin.tenant_id,
        plugin_id=plugin.id,
        version=version,
        precedence=precedence,
        reason=reason,
        user_id=caller.user_id,
        user_name=caller.user_name,
    )


async def delete_override(tx: Transaction, plugin: Plugin, precedence: bytes) -> bool:
    """Whether there was one, which is gone now."""
    gone = await tx.value(
        QUERIES.delete_override, tenant_id=plugin.tenant_id, plugin_id=plugin.id, precedence=precedence
    )
    return gone is not None
