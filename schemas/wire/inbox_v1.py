"""`/plugport/v1/inbox*`: what users are told of. These operations are ours. Moments are ISO 8601 with milliseconds, UTC."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire

StateQuery = Literal["all", "unread"]


class NotificationRow(Wire, kw_only=True):
    """Something that the caller was told of. `text` is plain."""

    notification_id: int
    event: Annotated[str, Meta(description="What happened: `publisher.accepted`")]
    object_kind: str
    object_id: str
    text: str
    created_at: str
    read_at: str | None


class InboxPage(Wire, kw_only=True):
    """One part, latest first. `next_before` is where to go on (the parameter `before`), null at the end."""

    unread: Annotated[int, Meta(description="How much of the whole inbox is unread; counted to 1000.")]
    notifications: list[NotificationRow]
    next_before: int | None
