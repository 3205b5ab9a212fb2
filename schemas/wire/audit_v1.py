"""`/plugport/v1/audit/*`: the record of changes, as administrators of a tenant and operators read it. These operations are
ours. Moments are ISO 8601 with microseconds, UTC, with `Z`: the hash of an entry covers them."""

from typing import Annotated, Any

from msgspec import Meta

from schemas.base import Wire

Digest = Annotated[str, Meta(description="SHA-256 in hexadecimal, or empty.")]


class ChangedRow(Wire, kw_only=True):
    """A row that was made, altered or removed, with the digest of its columns before and after: empty where there was none."""

    table: str
    key: str
    before: Digest
    after: Digest


class Entry(Wire, kw_only=True):
    """An entry. `hash` covers `previous_hash` and everything else of it. `changes` is null in entries of older releases."""

    tenant_id: str
    number: int
    recorded_at: str
    actor_id: str
    actor_name: str
    credential: Annotated[
        str, Meta(description="By what the actor came: token, access-key, publisher-token, console, job.")
    ]
    action: Annotated[str, Meta(description="What was done: `plugin.published`")]
    object_kind: str
    object_id: str
    detail: dict[str, Any]
    request_id: Annotated[str, Meta(description="The X-Request-Id of the request that did it.")]
    changes: list[ChangedRow] | None
    previous_hash: Digest
    hash: Digest


class EntryPage(Wire, kw_only=True):
    """Entries, latest first. `next_before` is where to go on (the parameter `before`), null at the end."""

    entries: list[Entry]
    next_before: int | None


class Checkpoint(Wire, kw_only=True):
    """Where the record ends now. `plugport audit verify --checkpoint` takes it as a line of its file."""

    tenant_id: str
    number: Annotated[int, Meta(description="The number of the last entry; 0 where there is none.")]
    hash: Digest
