"""`/plugport/v1/inbox*`: what the caller was told of."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import PathParameter, QueryParameter

from app.api.inbox_v1 import translate
from app.api.operations import operation
from app.api.paging import Limit
from app.registry import Registry
from schemas.model.access import Caller
from schemas.wire import inbox_v1 as wire

_LARGEST = 2**53 - 1  # the largest number that every JSON reader keeps

NotificationId = Annotated[int, PathParameter(ge=1, le=_LARGEST, description="The number of a notification.")]
StateQuery = Annotated[wire.StateQuery, QueryParameter(name="state", description="What was not read yet, or all.")]
BeforeQuery = Annotated[
    int, QueryParameter(name="before", ge=1, le=_LARGEST, description="What was told before this one.")
]


class InboxController(Controller):
    """The caller's own inbox. What is older than 90 days is forgotten."""

    path = "/plugport/v1/inbox"
    tags = ("Notifications",)

    @get("/", **operation("list_notifications"))
    async def list_notifications(
        self,
        caller: Caller,
        registry: Registry,
        wanted: StateQuery = "all",
        before: BeforeQuery = _LARGEST,
        limit: Limit = 20,
    ) -> wire.InboxPage:
        """List what the caller was told of, latest first."""
        found = await registry.notifications.list_mine(caller, unread=wanted == "unread", before=before, limit=limit)
        return translate.to_page(found, limit)

    @post("/{notification_id:int}/read", **operation("mark_notification_read"))
    async def mark_read(self, notification_id: NotificationId, caller: Caller, registry: Registry) -> bool:
        """Mark something as read. Doing it again changes nothing."""
        await registry.notifications.mark_read(caller, notification_id, and_older=False)
        return True

    @post("/{notification_id:int}/read-older", **operation("mark_notifications_read"))
    async def mark_older_read(self, notification_id: NotificationId, caller: Caller, registry: Registry) -> bool:
        """Mark something and all that was told before it as read. Doing it again changes nothing."""
        await registry.notifications.mark_read(caller, notification_id, and_older=True)
        return True
