"""The chain of audit entries of each tenant."""

from typing import Any

import msgspec

from schemas.base import Entity
from schemas.model.access import Caller
from schemas.model.audit import AuditEntry, AuditQuery, Change, RowChange
from schemas.model.notifications import ANNOUNCEMENTS
from storage.postgres import jobs
from storage.postgres.database import Transaction
from storage.postgres.queries import Query, load

QUERIES = load("audit")

ANNOUNCE = "announce_entry"
"""The job that tells people and programs of an entry."""

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


async def record(tx: Transaction, tenant_id: str, caller: Caller, change: Change) -> int:
    """Adds an entry to the tenant's chain, in the transaction of the change itself and after it; answers its number.

    What there are announcements for is told by a job. The database notes which rows the transaction changed, and refuses to
    commit those that no entry was written about.
    """
    number: int = await tx.value(
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
    if change.action in ANNOUNCEMENTS:
        payload = {"tenant_id": tenant_id, "number": str(number)}
        await jobs.enqueue(tx, ANNOUNCE, payload, tenant_id=tenant_id)
    return number


# -- reading ---------------------------------------------------------------------------------------------------------------


async def list_before(tx: Transaction, tenant_id: str, query: AuditQuery, before: int, limit: int) -> list[AuditEntry]:
    """At most `limit` entries of the tenant before that number that match, latest first."""
    return await _list(tx, QUERIES.list_entries_before, tenant_id, query, {"before": before, "most": limit})


async def list_after(tx: Transaction, tenant_id: str, query: AuditQuery, after: int, limit: int) -> list[AuditEntry]:
    """At most `limit` entries of the tenant after that number that match, oldest first."""
    return await _list(tx, QUERIES.list_entries_after, tenant_id, query, {"after": after, "most": limit})


async def _list(
    tx: Transaction, statement: Query, tenant_id: str, query: AuditQuery, part: dict[str, int | None]
) -> list[AuditEntry]:
    # What is asked for decides by which index it is found, so these statements are planned anew each time.
    await tx.run(QUERIES.plan_for_values)
    rows = await tx.many(statement, tenant_id=tenant_id, **part, **msgspec.structs.asdict(query))
    return [entry_of(row) for row in rows]


def entry_of(row: Any) -> AuditEntry:
    """The entry that a row holds."""
    changes = msgspec.json.decode(row["changes"]) if row["changes"] is not None else None
    told = None if changes is None else [RowChange(*each) for each in changes]
    return AuditEntry(**{**row, "detail": msgspec.json.decode(row["detail"]), "changes": told})


# -- following a chain -------------------------------------------------------------------------------------------------------


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
    """How many entries a chain has, and the hash of the last one; None where there is no such tenant."""
    row = await tx.maybe(QUERIES.find_head, tenant_id=tenant_id)
    return (row["entries"], row["hash"]) if row else None


async def find_hash(tx: Transaction, tenant_id: str, number: int) -> bytes | None:
    """The hash of an entry, or None where there is no such entry."""
    found: bytes | None = await tx.value(QUERIES.find_hash, tenant_id=tenant_id, number=number)
    return found
