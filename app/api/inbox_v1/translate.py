"""What a user was told of, as it is read."""

from app.api.moments import to_moment
from schemas.model.notifications import Inbox
from schemas.wire import inbox_v1 as wire


def to_page(inbox: Inbox, limit: int) -> wire.InboxPage:
    """One part of the inbox, and where to go on."""
    rows = [
        wire.NotificationRow(
            notification_id=each.id,
            event=each.action,
            object_kind=each.object_kind,
            object_id=each.object_id,
            text=each.text,
            created_at=to_moment(each.created_at),
            read_at=to_moment(each.read_at) if each.read_at else None,
        )
        for each in inbox.notifications
    ]
    last = rows[-1].notification_id if len(rows) == limit and rows[-1].notification_id > 1 else None
    return wire.InboxPage(unread=inbox.unread, notifications=rows, next_before=last)
