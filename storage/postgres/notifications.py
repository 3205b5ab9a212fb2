"""Rows of what users are told, and the questions who is to be told."""

from collections.abc import Collection
from typing import Any

from schemas.model.audit import AuditEntry
from schemas.model.notifications import Notification
from storage.postgres.audit import entry_of
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("notifications")

UserKey = tuple[str, str]
"""A user's tenant and id."""

_MOST_TOLD = 1000


async def find_entry(tx: Transaction, tenant_id: str, number: int) -> AuditEntry | None:
    """The entry of the audit that is to be told of."""
    row = await tx.maybe(QUERIES.find_entry, tenant_id=tenant_id, number=number)
    return entry_of(row) if row else None


async def list_publisher_users(tx: Transaction, tenant_id: str, publisher_id: str) -> list[UserKey]:
    """Who answers for a publisher of the tenant; a thousand at most."""
    return _keys(
        await tx.many(QUERIES.list_publisher_users, tenant_id=tenant_id, publisher_id=publisher_id, most=_MOST_TOLD)
    )


async def list_platform_users(tx: Transaction) -> list[UserKey]:
    """Who decides for the platform; a thousand at most."""
    return _keys(await tx.many(QUERIES.list_platform_users, most=_MOST_TOLD))


async def find_users(tx: Transaction, tenant_id: str, ids: Collection[str]) -> list[UserKey]:
    """Those of the tenant's users that still work."""
    return _keys(await tx.many(QUERIES.find_users, tenant_id=tenant_id, ids=list(ids)))


async def insert(tx: Transaction, users: Collection[UserKey], entry: AuditEntry, text: str) -> None:
    """Tells the users of the entry; who was told already is not told again."""
    await tx.run(
        QUERIES.insert_notifications,
        tenant_ids=[tenant_id for tenant_id, _ in users],
        user_ids=[user_id for _, user_id in users],
        entry_tenant_id=entry.tenant_id,
        entry_number=entry.number,
        action=entry.action,
        object_kind=entry.object_kind,
        object_id=entry.object_id,
        text=text,
    )


async def list_page(
    tx: Transaction, tenant_id: str, user_id: str, *, unread: bool, before: int, limit: int
) -> list[Notification]:
    """At most `limit` of what the user was told before that number, latest first."""
    rows = await tx.many(
        QUERIES.list_notifications, tenant_id=tenant_id, user_id=user_id, unread=unread, before=before, most=limit
    )
    return [Notification(**row) for row in rows]


async def count_unread(tx: Transaction, tenant_id: str, user_id: str, most: int) -> int:
    """How much is unread; `most` where it is more."""
    found: int = await tx.value(QUERIES.count_unread, tenant_id=tenant_id, user_id=user_id, most=most)
    return found


async def mark_read(tx: Transaction, tenant_id: str, user_id: str, id: int, *, and_older: bool) -> bool:
    """Marks one as read, or all up to it; answers whether there is such a one."""
    await tx.run(QUERIES.mark_read, tenant_id=tenant_id, user_id=user_id, id=id, and_older=and_older)
    return await tx.value(QUERIES.find_notification, tenant_id=tenant_id, user_id=user_id, id=id) is not None


async def sweep(tx: Transaction, days: int, most: int) -> None:
    """Forgets what users were told longer ago than so many days; at most so many rows at once."""
    await tx.run(QUERIES.sweep_notifications, days=days, most=most)


def _keys(rows: list[Any]) -> list[UserKey]:
    return [(row["tenant_id"], row["id"]) for row in rows]
