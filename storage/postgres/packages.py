"""Rows about bytes: what the blob store holds, and what is on its way in."""

from schemas.base import Entity
from storage.blobs.base import Stored
from storage.blobs.proof import Proof
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


class KeptBlob(Entity, frozen=True):
    """Bytes that a tenant keeps.

    Without a `proof` (an earlier release kept them) they have to be read back before anything is done with them. With a
    `quarantine`, which says why, they were found lost or changed, and nothing of them is sent or released.
    """

    stored: Stored
    proof: Proof | None
    quarantine: str | None


async def insert_incoming(tx: Transaction, incoming: Incoming, purpose: str) -> None:
    """Says that bytes are about to come, and what for."""
    await tx.run(QUERIES.insert_incoming, key=incoming.key, tenant_id=incoming.tenant_id, purpose=purpose)


async def find_incoming(tx: Transaction, incoming: Incoming) -> Incoming | None:
    """How far it is by now; None where it was kept or given up."""
    row = await tx.maybe(QUERIES.find_incoming, key=incoming.key, tenant_id=incoming.tenant_id)
    return Incoming(**row) if row else None


async def settle_incoming(tx: Transaction, incoming: Incoming, sha256: str) -> bool:
    """Says which bytes they are, which may be about to move to their content key; answers whether they are still on their way."""
    settled = await tx.value(QUERIES.settle_incoming, key=incoming.key, tenant_id=incoming.tenant_id, digest=sha256)
    return settled is not None


async def delete_incoming(tx: Transaction, incoming: Incoming) -> bool:
    """Ends the way in; answers whether it was still open."""
    return await tx.value(QUERIES.delete_incoming, key=incoming.key, tenant_id=incoming.tenant_id) is not None


async def list_stale_incoming(tx: Transaction, hours: int) -> list[Incoming]:
    """What has been on its way for more than `hours`, oldest first, as far as the transaction may see."""
    return [Incoming(**row) for row in await tx.many(QUERIES.list_stale_incoming, hours=hours)]


async def is_needed(tx: Transaction, incoming: Incoming, key: str, sha256: str | None = None) -> bool:
    """Whether the bytes under `key` are kept, or could be by something else on its way in that has the digest `sha256`."""
    return bool(
        await tx.value(
            QUERIES.is_needed, tenant_id=incoming.tenant_id, key=key, digest=sha256, incoming_key=incoming.key
        )
    )


async def insert_blob(tx: Transaction, tenant_id: str, stored: Stored) -> None:
    """Says that the tenant keeps these bytes; nothing changes where it keeps them already."""
    await tx.run(QUERIES.insert_blob, tenant_id=tenant_id, digest=stored.sha256, size=stored.size, key=stored.key)


async def find_blob(tx: Transaction, tenant_id: str, sha256: str) -> KeptBlob | None:
    """What is known of the tenant's kept bytes of that digest, or None where it keeps none."""
    row = await tx.maybe(QUERIES.find_blob, tenant_id=tenant_id, digest=sha256)
    if row is None:
        return None
    proof = None
    if row["pieces"] is not None:
        proof = Proof(size=row["size"], sha256=row["sha256"], pieces=row["pieces"])
    stored = Stored(key=row["key"], size=row["size"], sha256=row["sha256"])
    return KeptBlob(stored=stored, proof=proof, quarantine=row["quarantine_reason"])


async def prove_blob(tx: Transaction, tenant_id: str, sha256: str, proof: Proof) -> None:
    """Keeps the proof of bytes that were just read back; nothing changes where they are proven already.

    Raises `ValueError` for the proof of other bytes.
    """
    _require_proof(sha256, proof)
    await tx.run(QUERIES.prove_blob, tenant_id=tenant_id, digest=sha256, size=proof.size, pieces=proof.pieces)


async def quarantine_blob(tx: Transaction, tenant_id: str, sha256: str, reason: str, *, key: str | None = None) -> bool:
    """Keeps bytes that were found lost or changed from being sent or released; answers whether this was news.

    With `key` only if they still lie there: others may have been put in their place since they were read.
    """
    found = await tx.value(QUERIES.quarantine_blob, tenant_id=tenant_id, digest=sha256, reason=reason, key=key)
    return found is not None


async def replace_blob(tx: Transaction, tenant_id: str, stored: Stored, proof: Proof) -> str | None:
    """Puts `stored`, which was proven, in the place of the tenant's lost or damaged bytes of that digest, and lifts their
    quarantine.

    Answers the key of the old ones, where it is another one. It is on its way in from now on, so that the sweep removes what
    lies there.
    """
    _require_proof(stored.sha256, proof)
    old: str | None = await tx.value(
        QUERIES.replace_blob, tenant_id=tenant_id, digest=stored.sha256, key=stored.key, pieces=proof.pieces
    )
    return old


def _require_proof(sha256: str, proof: Proof) -> None:
    if proof.sha256 != sha256:
        raise ValueError(f"the proof is of {proof.sha256}, not of {sha256}")
