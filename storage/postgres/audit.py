"""The chain of audit entries of each tenant."""

import msgspec

from schemas.base import Entity
from schemas.model.access import Caller
from schemas.model.audit import Change
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("audit")

_BEFORE_THE_FIRST = -(2**63)  # entries with impossible numbers are found, too


class Followed(Entity, frozen=True):
    """How far a chain was followed: the entries so far, and the number and hash of the last of them."""

    entries: int = 0
    last_number: int = _BEFORE_THE_FIRST
    last_hash: bytes = b""


class Stretch(Entity, frozen=True):
    """The next entries of a chain: up to where it is followed now, and whether there may be more.

    `broken_at` is the place of the first entry that does not follow from the one before it. The head, None where it is
    missing, is the one at the moment of the reading.
    """

    followed: Followed
    broken_at: int | None
    is_last: bool
    head_entries: int | None
    head_hash: bytes | None


async def lock_tenant(tx: Transaction, tenant_id: str) -> None:
    """Makes the tenant's changes wait for each other. The first step of every use-case that changes something."""
    await tx.run(QUERIES.lock_tenant, tenant_id=tenant_id)


async def record(tx: Transaction, tenant_id: str, caller: Caller, change: Change) -> None:
    """Adds an entry to the tenant's chain, in the transaction of the change itself."""
    await tx.run(
        QUERIES.record_audit,
        tenant_id=tenant_id,
        actor_id=caller.user_id,
        actor_name=caller.user_name,
        credential=caller.credential,
        action=change.action,
        object_kind=change.object_kind,
        object_id=change.object_id,
        detail=msgspec.json.encode(change.detail).decode(),
        request_id=caller.request_id,
    )


async def find_next_chain(tx: Transaction, after: str) -> str | None:
    """The next tenant by id whose chain there is or should be. For the platform."""
    found: str | None = await tx.value(QUERIES.find_next_chain, after=after)
    return found


async def follow_chain(tx: Transaction, tenant_id: str, so_far: Followed, most: int) -> Stretch:
    """Checks up to `most` further entries of a chain, in the database. For the platform."""
    row = await tx.one(
        QUERIES.follow_chain,
        tenant_id=tenant_id,
        after=so_far.last_number,
        followed=so_far.entries,
        last_hash=so_far.last_hash,
        most=most,
    )
    followed = so_far
    if row["entries"]:
        followed = Followed(
            entries=so_far.entries + row["entries"], last_number=row["last_number"], last_hash=row["last_hash"]
        )
    return Stretch(
        followed=followed,
        broken_at=row["broken_at"],
        is_last=row["entries"] < most,
        head_entries=row["head_entries"],
        head_hash=row["head_hash"],
    )


async def find_head(tx: Transaction, tenant_id: str) -> tuple[int, bytes] | None:
    """How many entries a chain has, and the hash of the last one. For the platform."""
    row = await tx.maybe(QUERIES.find_head, tenant_id=tenant_id)
    return (row["entries"], row["hash"]) if row else None


async def find_hash(tx: Transaction, tenant_id: str, number: int) -> bytes | None:
    """The hash of an entry, or None where there is no such entry."""
    found: bytes | None = await tx.value(QUERIES.find_hash, tenant_id=tenant_id, number=number)
    return found
