"""Rows of webhooks and of what is sent to them."""

from typing import Any

import msgspec

from schemas.base import Entity
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.webhooks import Attempt, Delivery, DeliveryState, Webhook, WebhookFacts
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("webhooks")


class Listener(Entity, frozen=True):
    """An active webhook that may be told of an event, and of which ones it wants to be told."""

    id: str
    tenant_id: str
    events: list[str]


async def insert(tx: Transaction, id: str, caller: Caller, facts: WebhookFacts, sealed: bytes) -> None:
    """A new webhook of the caller's tenant."""
    await tx.run(
        QUERIES.insert_webhook,
        id=id,
        tenant_id=caller.tenant_id,
        secret=sealed,
        user_id=caller.user_id,
        user_name=caller.user_name,
        **msgspec.structs.asdict(facts),
    )


async def count(tx: Transaction, tenant_id: str) -> int:
    """How many the tenant has."""
    found: int = await tx.value(QUERIES.count_webhooks, tenant_id=tenant_id)
    return found


async def list_all(tx: Transaction, tenant_id: str) -> list[Webhook]:
    """The tenant's, the oldest first."""
    return [Webhook(**row) for row in await tx.many(QUERIES.list_webhooks, tenant_id=tenant_id)]


async def find(tx: Transaction, tenant_id: str, id: str) -> Webhook | None:
    """A webhook of the tenant."""
    row = await tx.maybe(QUERIES.find_webhook, tenant_id=tenant_id, id=id)
    return Webhook(**row) if row else None


async def find_secret(tx: Transaction, tenant_id: str, id: str) -> bytes | None:
    """The sealed secret."""
    found: bytes | None = await tx.value(QUERIES.find_secret, tenant_id=tenant_id, id=id)
    return found


async def save(tx: Transaction, webhook: Webhook, facts: WebhookFacts) -> None:
    """Makes the webhook what the facts say."""
    await tx.run(QUERIES.save_webhook, tenant_id=webhook.tenant_id, id=webhook.id, **msgspec.structs.asdict(facts))


async def replace_secret(tx: Transaction, webhook: Webhook, sealed: bytes) -> None:
    """From now on everything is signed with another secret."""
    await tx.run(QUERIES.replace_secret, tenant_id=webhook.tenant_id, id=webhook.id, secret=sealed)


async def delete(tx: Transaction, webhook: Webhook) -> None:
    """Removes the webhook with its deliveries."""
    await tx.run(QUERIES.delete_webhook, tenant_id=webhook.tenant_id, id=webhook.id)


async def list_listeners(tx: Transaction, tenant_id: str) -> list[Listener]:
    """The webhooks that may be told of an event of the tenant. For the platform."""
    return [Listener(**row) for row in await tx.many(QUERIES.list_listeners, tenant_id=tenant_id)]


async def insert_delivery(
    tx: Transaction, tenant_id: str, webhook_id: str, entry: tuple[str, int] | None, event: str, body: str
) -> str | None:
    """A delivery about an entry (its tenant and number), or (None) a trial. Answers its id; None where there is one already."""
    found: str | None = await tx.value(
        QUERIES.insert_delivery,
        id=new_id(),
        tenant_id=tenant_id,
        webhook_id=webhook_id,
        entry_tenant_id=entry[0] if entry else None,
        entry_number=entry[1] if entry else None,
        event=event,
        body=body,
    )
    return found


async def find_delivery(tx: Transaction, tenant_id: str, id: str) -> Delivery | None:
    """A delivery to a webhook of the tenant."""
    row = await tx.maybe(QUERIES.find_delivery, tenant_id=tenant_id, id=id)
    return _delivery(row) if row else None


async def list_deliveries(tx: Transaction, webhook: Webhook, paging: Paging) -> Page[Delivery]:
    """What was sent to the webhook in the last thirty days, latest first."""
    key = {"tenant_id": webhook.tenant_id, "webhook_id": webhook.id}
    rows = await tx.many(QUERIES.list_deliveries, **key, offset=paging.offset, limit=paging.limit)
    return Page(items=[_delivery(row) for row in rows], total=await tx.value(QUERIES.count_deliveries, **key))


async def note_attempt(tx: Transaction, delivery: Delivery, attempt: Attempt, *, delivered: bool) -> None:
    """Keeps how an attempt went; it ends a delivery that waits where it was `delivered`."""
    await tx.run(
        QUERIES.note_attempt,
        tenant_id=delivery.tenant_id,
        id=delivery.id,
        attempt=msgspec.json.encode(attempt).decode(),
        delivered=delivered,
    )


async def fail_delivery(tx: Transaction, tenant_id: str, id: str) -> None:
    """Gives a delivery up that waits."""
    await tx.run(QUERIES.fail_delivery, tenant_id=tenant_id, id=id)


async def replay_delivery(tx: Transaction, delivery: Delivery) -> None:
    """Lets a delivery wait again that has ended."""
    await tx.run(QUERIES.replay_delivery, tenant_id=delivery.tenant_id, id=delivery.id)


async def sweep_deliveries(tx: Transaction, days: int, most: int) -> None:
    """Forgets deliveries that are older than so many days; at most so many at once."""
    await tx.run(QUERIES.sweep_deliveries, days=days, most=most)


def _delivery(row: Any) -> Delivery:
    attempts = msgspec.json.decode(row["attempts"], type=list[Attempt])
    return Delivery(**{**row, "state": DeliveryState(row["state"]), "attempts": attempts})
