"""What people are told of: which entries of the audit are announced, to whom, and in which words."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from schemas.base import Entity


class Audience(StrEnum):
    """Who is told of an entry."""

    USER = "user"
    """The user whom the entry's detail names as `user_id`."""
    AUTHOR = "author"
    """Who made what it is about: `author_id` in the detail."""
    PUBLISHER = "publisher"
    """Who answers for the publisher that it is about, or that the detail names as `publisher_id`."""
    PLATFORM = "platform"
    """The platform's reviewers and operators."""


class Announcement(Entity, frozen=True):
    """How entries of one action are announced. Names in braces stand for what the entry's detail says."""

    audiences: frozenset[Audience]
    text: str


_U, _A, _P, _O = Audience.USER, Audience.AUTHOR, Audience.PUBLISHER, Audience.PLATFORM


def _to(*audiences: Audience, text: str) -> Announcement:
    return Announcement(audiences=frozenset(audiences), text=text)


_OF_RELEASES = {
    "filed": _to(_O, _A, _P, text="{name} {version} waits for a look: {reason}"),
    "published": _to(_A, _P, text="{name} {version} is published."),
    "check_failed": _to(_A, _P, text="{name} {version} did not pass its checks: {reason}"),
    "rejected": _to(_A, _P, text="{name} {version} was rejected: {reason}"),
    "changes_requested": _to(_A, _P, text="{name} {version} was sent back: {reason}"),
    "withdrawn": _to(_P, text="{name} {version} was withdrawn."),
    "deprecated": _to(_P, text="{name} {version} is deprecated: {reason}"),
    "yanked": _to(_P, text="{name} {version} was taken off the lists: {reason}"),
    "quarantine_proposed": _to(
        _O, text="{name} {version} is to be put in quarantine, and waits for a second person: {reason}"
    ),
    "quarantined": _to(_A, _P, _O, text="{name} {version} is in quarantine: {reason}"),
    "appealed": _to(_O, _P, text="There is an appeal against the quarantine of {name} {version}: {reason}"),
    "appeal_rejected": _to(_A, _P, text="{name} {version} stays in quarantine: {reason}"),
    "restored": _to(_A, _P, _O, text="{name} {version} is out of quarantine."),
}
"""What becomes of a release, whatever it is a release of."""

ANNOUNCEMENTS: dict[str, Announcement] = {
    **{f"{noun}.{verb}": told for noun in ("extension", "plugin") for verb, told in _OF_RELEASES.items()},
    "publisher.reapplied": _to(_O, text="The publisher {en_name}, which was rejected, waits to be accepted again."),
    "publisher.suspended": _to(
        _P, text="The publisher {en_name} is suspended, and nothing is published under it: {reason}"
    ),
    "publisher.reinstated": _to(_P, text="The publisher {en_name} is reinstated."),
    "publisher.verified": _to(_P, text="The publisher {en_name} has the verified mark."),
    "publisher.unverified": _to(_P, text="The publisher {en_name} lost the verified mark: {reason}"),
    "publisher.invited": _to(_U, text="You are invited to be {role} of the publisher {en_name}."),
    "publisher.offered": _to(_U, text="The publisher {en_name} is offered to you, to own it."),
    "publisher.invitation_revoked": _to(_U, text="The invitation to the publisher {en_name} was taken back."),
    "publisher.invitation_accepted": _to(_P, text="{user_name} is {role} of the publisher {en_name} now."),
    "publisher.invitation_declined": _to(_P, text="{user_name} declined to be {role} of the publisher {en_name}."),
    "publisher.handed_over": _to(_P, text="{user_name} owns the publisher {en_name} now."),
    "publisher.member_changed": _to(_U, text="You are {role} of the publisher {en_name} now."),
    "publisher.member_removed": _to(_U, text="You do not belong to the publisher {en_name} any more."),
    "publisher.created": _to(_O, text="The publisher {en_name} waits to be accepted."),
    "publisher.accepted": _to(_P, text="The publisher {en_name} was accepted."),
    "publisher.rejected": _to(_P, text="The publisher {en_name} was rejected: {reason}"),
    "upload.refused": _to(_A, text="{file_name} was refused: {reason}"),
    "upload.failed": _to(_A, text="{file_name} could not be checked: {reason}"),
    "report.sent": _to(_O, text="A text about an extension was reported: {reason}"),
}
"""Of every action that people are told of."""


class Notification(Entity, frozen=True):
    """What one user was told, and of which entry it tells."""

    id: int
    action: str
    object_kind: str
    object_id: str
    text: str
    created_at: datetime
    read_at: datetime | None


class Inbox(Entity, frozen=True):
    """One part of what a user was told, latest first, and how much of all is unread (counted to a thousand)."""

    notifications: list[Notification]
    unread: int


class Event(Entity, frozen=True):
    """An entry as programs are told of it."""

    type: str
    timestamp: datetime
    data: dict[str, Any]
