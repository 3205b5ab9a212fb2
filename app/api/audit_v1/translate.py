"""Entries of the record of changes as they are read, and as lines of an export."""

from datetime import UTC, datetime

import msgspec

from schemas.errors import InvalidField
from schemas.model.audit import AuditEntry, AuditQuery
from schemas.model.upkeep import ChainHead
from schemas.wire import audit_v1 as wire

_FIRST_YEAR, _LAST_YEAR = 1970, 9998


def to_query(
    action: str | None,
    object_kind: str | None,
    object_id: str | None,
    actor_id: str | None,
    since: str | None,
    until: str | None,
) -> AuditQuery:
    """What is asked for. A moment without a zone is UTC. Raises `InvalidField`."""
    return AuditQuery(
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        actor_id=actor_id,
        since=_moment("since", since),
        until=_moment("until", until),
    )


def to_entry(entry: AuditEntry) -> wire.Entry:
    """An entry with everything that its hash covers."""
    return wire.Entry(
        tenant_id=entry.tenant_id,
        number=entry.number,
        recorded_at=f"{entry.recorded_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z",
        actor_id=entry.actor_id,
        actor_name=entry.actor_name,
        credential=entry.credential,
        action=entry.action,
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        detail=entry.detail,
        request_id=entry.request_id,
        changes=None
        if entry.changes is None
        else [
            wire.ChangedRow(table=each.table, key=each.key, before=each.before, after=each.after)
            for each in entry.changes
        ],
        previous_hash=entry.previous_hash.hex(),
        hash=entry.hash.hex(),
    )


def to_page(entries: list[AuditEntry], limit: int) -> wire.EntryPage:
    """Entries, and where to go on: a full page may be followed by another one."""
    last = entries[-1].number if len(entries) == limit and entries[-1].number > 1 else None
    return wire.EntryPage(entries=[to_entry(each) for each in entries], next_before=last)


def to_lines(entries: list[AuditEntry]) -> bytes:
    """Entries as JSON, each in a line of its own."""
    return b"".join(msgspec.json.encode(to_entry(each)) + b"\n" for each in entries)


def to_checkpoint(head: ChainHead) -> wire.Checkpoint:
    """Where a chain ends."""
    return wire.Checkpoint(tenant_id=head.tenant_id, number=head.number, hash=head.hash)


def _moment(field: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidField(field, problem="There is no such moment") from error
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise InvalidField(field, problem=f"A moment from {_FIRST_YEAR} to {_LAST_YEAR} is taken")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
