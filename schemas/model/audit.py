"""What is kept of every change: one entry of the tenant's chain, whose hash covers the entry before it."""

from datetime import datetime
from typing import Any

from schemas.base import Entity


class Change(Entity, frozen=True):
    """One change: what was done (`plugin.released`) to which object, and the facts worth keeping, never a secret."""

    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any] = {}


class RowChange(Entity, frozen=True):
    """A row that a change made, altered or removed, with the SHA-256 of its columns before and after, in hexadecimal.

    Empty where there was no such row. Of very many rows, `table` is "folded" for the first of them, and `after` the digest of
    all that was noted of those.
    """

    table: str
    key: str
    before: str
    after: str


class AuditEntry(Entity, frozen=True):
    """An entry as it was written. `changes` is None in those of releases that did not keep it.

    `hash` is the SHA-256 of `previous_hash` and everything else, so that an edit, a gap and another order show.
    """

    tenant_id: str
    number: int
    recorded_at: datetime
    actor_id: str
    actor_name: str
    credential: str
    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    request_id: str
    changes: list[RowChange] | None
    previous_hash: bytes
    hash: bytes


class AuditQuery(Entity, frozen=True):
    """Which entries are asked for. What is None filters nothing; `since` counts itself in, `until` does not."""

    action: str | None = None
    object_kind: str | None = None
    object_id: str | None = None
    actor_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
