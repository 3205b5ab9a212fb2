"""Rows about bytes: what the blob store holds, and what is on its way in."""

from schemas.base import Entity
from storage.blobs.base import Stored
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("packages")


class Incoming(Entity, frozen=True):
    """Something on its way in: the blob under `key` belongs to the tenant and is not kept yet.

    With `sha256` its bytes may also lie under their content key.
    """

    key: str
    tenant_id: str
    sha256: str | None = None


async def insert_incoming(tx: Transaction, incoming: Incoming, purpose: str) -> None:
    """Says that bytes are about to come, and what for."""
    await tx.run(QUERIES.insert_incoming, key=incoming.key, tenant_id=incoming.tenant_id, purpose=purpose)


async def find_incoming(tx: Transaction, incoming: Incoming) -> Incoming | None:
    """How far it is by now; None where it was kept or given up."""
    row = await tx.maybe(QUERIES.find_incoming, key=incoming.key, tenant_id=incoming.tenant_id)
    return Incoming(**row) if row else None


async def settle_incoming(tx: Transaction, incoming: Incoming, sha256: str) -> bool:
    """Says that the bytes are about to move to their content key; answers whether they are still on their way in."""
    settled = await tx.value(QUERIES.settle_incoming, key=incoming.key, tenant_id=incoming.tenant_id, digest=sha256)
    return settled is not None


async def delete_incoming(tx: Transaction, incoming: Incoming) -> bool:
    """Ends the way in; answers whether it was still open."""
    return await tx.value(QUERIES.delete_incoming, key=incoming.key, tenant_id=incoming.tenant_id) is not None


async def list_stale_incoming(tx: Transaction, hours: int) -> list[Incoming]:
    """What has been on its way for more than `hours`, oldest first, as far as the transaction may see."""
    return [Incoming(**row) for row in await tx.many(QUERIES.list_stale_incoming, hours=hours)]


async def insert_blob(tx: Transaction, tenant_id: str, stored: Stored) -> None:
    """Says that the tenant keeps these bytes; nothing changes where it keeps them already."""
    await tx.run(QUERIES.insert_blob, tenant_id=tenant_id, digest=stored.sha256, size=stored.size, key=stored.key)


async def is_needed(tx: Transaction, incoming: Incoming, sha256: str) -> bool:
    """Whether anything but `incoming` needs, or could need, the tenant's bytes of that digest."""
    return bool(
        await tx.value(QUERIES.is_needed, tenant_id=incoming.tenant_id, digest=sha256, incoming_key=incoming.key)
    )


async def find_blob(tx: Transaction, tenant_id: str, sha256: str) -> Stored | None:
    """Where the tenant's kept bytes of that digest are, or None where it keeps none."""
    row = await tx.maybe(QUERIES.find_blob, tenant_id=tenant_id, digest=sha256)
    return Stored(**row) if row else None
