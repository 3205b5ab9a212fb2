"""Who is told of an entry of the audit, and in which words. Pure decisions."""

from collections.abc import Iterable
from datetime import UTC

import msgspec

from schemas.model.audit import AuditEntry
from schemas.model.notifications import ANNOUNCEMENTS, Audience

MAX_TEXT_LENGTH = 1000


class _Told(dict[str, str]):
    """Facts by name; one that an entry is silent of reads as a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def text_of(entry: AuditEntry) -> str:
    """What people read of an entry that is announced."""
    facts = _Told({name: str(value) for name, value in entry.detail.items()})
    return ANNOUNCEMENTS[entry.action].text.format_map(facts)[:MAX_TEXT_LENGTH]


def named_users(entry: AuditEntry) -> list[str]:
    """The ids of users whom the entry itself names, for the audiences that are single users."""
    audiences = ANNOUNCEMENTS[entry.action].audiences
    named = []
    if Audience.USER in audiences:
        named.append(entry.detail.get("user_id"))
    if Audience.AUTHOR in audiences:
        named.append(entry.detail.get("author_id", entry.actor_id))
    return [each for each in named if isinstance(each, str)]


def publisher_of(entry: AuditEntry) -> str | None:
    """The publisher whose people are told; None where they are no audience."""
    if Audience.PUBLISHER not in ANNOUNCEMENTS[entry.action].audiences:
        return None
    named = entry.object_id if entry.object_kind == "publisher" else entry.detail.get("publisher_id")
    return named if isinstance(named, str) else None


def concerns_platform(entry: AuditEntry) -> bool:
    """Whether the platform's reviewers and operators are told."""
    return Audience.PLATFORM in ANNOUNCEMENTS[entry.action].audiences


def told(users: Iterable[tuple[str, str]], entry: AuditEntry) -> list[tuple[str, str]]:
    """Each user once, in one order, and never the one who did it."""
    return sorted({each for each in users if each[1] != entry.actor_id})


def event_of(entry: AuditEntry) -> bytes:
    """The entry as programs are told of it: JSON, the same bytes each time."""
    return msgspec.json.encode(
        {
            "type": entry.action,
            "timestamp": f"{entry.recorded_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z",
            "data": {
                "tenant_id": entry.tenant_id,
                "number": entry.number,
                "object_kind": entry.object_kind,
                "object_id": entry.object_id,
                "actor_id": entry.actor_id,
                "actor_name": entry.actor_name,
                "detail": entry.detail,
            },
        },
        order="deterministic",
    )
