"""Use-cases about what people are told of. What is told follows from the audit, by a job for each entry that is announced."""

from app.registry.access import permissions
from app.registry.notifications import rules
from app.registry.webhooks.service import Webhooks
from schemas.errors import NotificationUnknown
from schemas.model.access import Caller
from schemas.model.audit import AuditEntry
from schemas.model.notifications import ANNOUNCEMENTS, Inbox
from storage.postgres import notifications
from storage.postgres.database import Database, Transaction
from storage.postgres.notifications import UserKey

_MOST_COUNTED = 1000
_KEPT_DAYS = 90
_SWEPT_AT_ONCE = 10_000


class Notifications:
    """The inboxes of all users."""

    def __init__(self, database: Database, webhooks: Webhooks) -> None:
        self._database = database
        self._webhooks = webhooks

    async def list_mine(self, caller: Caller, *, unread: bool, before: int, limit: int) -> Inbox:
        """What the caller was told in the last 90 days, latest first; those before that number."""
        permissions.require(caller, "list_notifications")
        async with self._database.transaction(caller.tenant_id) as tx:
            found = await notifications.list_page(
                tx, caller.tenant_id, caller.user_id, unread=unread, before=before, limit=limit
            )
            count = await notifications.count_unread(tx, caller.tenant_id, caller.user_id, _MOST_COUNTED)
        return Inbox(notifications=found, unread=count)

    async def mark_read(self, caller: Caller, notification_id: int, *, and_older: bool) -> None:
        """Marks one as read, or it and all that are older. Doing it again changes nothing. Raises `NotificationUnknown`."""
        permissions.require(caller, "mark_notifications_read" if and_older else "mark_notification_read")
        async with self._database.transaction(caller.tenant_id) as tx:
            if not await notifications.mark_read(
                tx, caller.tenant_id, caller.user_id, notification_id, and_older=and_older
            ):
                raise NotificationUnknown("notification_id")

    async def announce(self, tenant_id: str, number: int) -> None:
        """Tells people and programs of an entry. Doing it again tells nobody twice."""
        async with self._database.transaction(platform=True) as tx:
            entry = await notifications.find_entry(tx, tenant_id, number)
            if entry is None or entry.action not in ANNOUNCEMENTS:  # of another release
                return
            users = rules.told(await _audience(tx, entry), entry)
            if users:
                await notifications.insert(tx, users, entry, rules.text_of(entry))
            await self._webhooks.enqueue(
                tx, entry.tenant_id, entry.number, entry.action, rules.event_of(entry).decode()
            )

    async def sweep(self) -> None:
        """Forgets what users were told long ago."""
        async with self._database.transaction(platform=True) as tx:
            await notifications.sweep(tx, _KEPT_DAYS, _SWEPT_AT_ONCE)


async def _audience(tx: Transaction, entry: AuditEntry) -> list[UserKey]:
    users: list[UserKey] = []
    if named := rules.named_users(entry):
        users += await notifications.find_users(tx, entry.tenant_id, named)
    if publisher_id := rules.publisher_of(entry):
        users += await notifications.list_publisher_users(tx, entry.tenant_id, publisher_id)
    if rules.concerns_platform(entry):
        users += await notifications.list_platform_users(tx)
    return users
