"""What users say of extensions: stars, evaluations, replies, and reports of what should not stand there."""

from datetime import datetime
from enum import StrEnum

from schemas.base import Entity


class Author(Entity, frozen=True):
    """Who said it."""

    user_id: str
    user_name: str
    tenant_id: str
    tenant_name: str


class Star(Entity, frozen=True):
    """A user's rating of an extension, 1 to 5 stars, and perhaps why. Each user has one for each extension."""

    id: int
    extension_id: str
    stars: int
    comment: str
    author: Author
    created_at: datetime
    updated_at: datetime


class Reply(Entity, frozen=True):
    """An answer to an evaluation, or (`answers` is not None) to another reply. A deleted one keeps its place, not its text."""

    id: int
    evaluation_id: int
    answers: int | None
    text: str
    author: Author
    created_at: datetime
    is_deleted: bool
    replies: list["Reply"]


class Evaluation(Entity, frozen=True):
    """What a user writes about an extension, with the replies to it."""

    id: int
    extension_id: str
    text: str
    author: Author
    created_at: datetime
    updated_at: datetime
    replies: list[Reply]


class Remark(Entity, frozen=True):
    """An evaluation, or (`reply_id` is not None) a reply: what can be answered, reported and deleted.

    `depth` is 0 for an evaluation, 1 for an answer to it, 2 for an answer to that one.
    """

    extension_id: str
    evaluation_id: int
    reply_id: int | None
    depth: int
    text: str
    author: Author


class ReportState(StrEnum):
    """Where a report stands."""

    OPEN = "open"
    UPHELD = "upheld"
    """The text was removed."""
    DISMISSED = "dismissed"
    """The text stays."""


class Report(Entity, frozen=True):
    """Somebody holds that a text should not stand there. `text` is what was reported, as it was then.

    `note` and `decided_by` (a user's name) are empty until somebody decides.
    """

    id: int
    extension_id: str
    evaluation_id: int
    reply_id: int | None
    text: str
    text_author: Author
    reason: str
    reporter: Author
    state: ReportState
    note: str
    decided_by: str
    created_at: datetime
    decided_at: datetime | None
