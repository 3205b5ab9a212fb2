"""Use-cases about webhooks: administrators make them, a job sends each delivery until it is taken or given up."""

import time
from datetime import UTC, datetime

import msgspec

from app.registry.access import permissions
from app.registry.access.sealing import Seal
from app.registry.webhooks import rules
from app.registry.webhooks.sending import NotSent, Sender
from schemas.errors import (
    DeliveryUnknown,
    NotDelivered,
    OperationNotAllowed,
    TooManyWebhooks,
    WebhookUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller, Role
from schemas.model.audit import Change
from schemas.model.webhooks import Attempt, Delivery, DeliveryState, IssuedWebhook, Webhook, WebhookFacts
from schemas.paging import Page, Paging
from storage.postgres import audit, jobs, webhooks
from storage.postgres.database import Database, Transaction

_SEND = "deliver_webhook"
_KEPT_DAYS = 30
_SWEPT_AT_ONCE = 10_000


class Webhooks:
    """The webhooks of every tenant."""

    def __init__(self, database: Database, seal: Seal, sender: Sender, *, any_address: bool) -> None:
        """`any_address`: also private networks are sent to, and plain http."""
        self._database = database
        self._seal = seal
        self._sender = sender
        self._any_address = any_address

    # -- what administrators do ----------------------------------------------------------------------------------------

    async def create(self, caller: Caller, facts: WebhookFacts) -> IssuedWebhook:
        """A webhook of the caller's tenant, with the secret that signs what it is sent; the secret is shown once.

        Raises `InvalidField`, `TooManyWebhooks`, and `OperationNotAllowed` for one that is told of everything.
        """
        permissions.require(caller, "create_webhook")
        facts = self._checked(caller, facts)
        webhook_id, secret = new_id(), rules.new_secret()
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            if await webhooks.count(tx, caller.tenant_id) >= rules.MOST_WEBHOOKS:
                raise TooManyWebhooks(limit=rules.MOST_WEBHOOKS)
            await webhooks.insert(tx, webhook_id, caller, facts, self._sealed(secret, webhook_id))
            await _record(tx, caller, webhook_id, "webhook.created", url=facts.url, events=facts.events)
            return IssuedWebhook(webhook=await _found(tx, caller, webhook_id), secret=secret)

    async def list_all(self, caller: Caller) -> list[Webhook]:
        """The webhooks of the caller's tenant, the oldest first."""
        permissions.require(caller, "list_webhooks")
        async with self._database.transaction(caller.tenant_id) as tx:
            return await webhooks.list_all(tx, caller.tenant_id)

    async def update(self, caller: Caller, webhook_id: str, facts: WebhookFacts) -> Webhook:
        """Makes the webhook what the facts say. Raises `WebhookUnknown`, and as `create` does."""
        permissions.require(caller, "update_webhook")
        facts = self._checked(caller, facts)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            webhook = await _found(tx, caller, webhook_id)
            if facts != _facts(webhook):
                await webhooks.save(tx, webhook, facts)
                detail = {"url": facts.url, "events": facts.events, "active": facts.active}
                await _record(tx, caller, webhook.id, "webhook.updated", **detail)
            return await _found(tx, caller, webhook_id)

    async def renew_secret(self, caller: Caller, webhook_id: str) -> IssuedWebhook:
        """From now on everything is signed with a new secret, also what is sent again. Raises `WebhookUnknown`."""
        permissions.require(caller, "renew_webhook_secret")
        secret = rules.new_secret()
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            webhook = await _found(tx, caller, webhook_id)
            await webhooks.replace_secret(tx, webhook, self._sealed(secret, webhook.id))
            await _record(tx, caller, webhook.id, "webhook.secret_renewed", url=webhook.url)
            return IssuedWebhook(webhook=await _found(tx, caller, webhook_id), secret=secret)

    async def delete(self, caller: Caller, webhook_id: str) -> None:
        """Removes the webhook and the record of its deliveries. Raises `WebhookUnknown`."""
        permissions.require(caller, "delete_webhook")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            webhook = await _found(tx, caller, webhook_id)
            await webhooks.delete(tx, webhook)
            await _record(tx, caller, webhook.id, "webhook.deleted", url=webhook.url)

    async def list_deliveries(self, caller: Caller, webhook_id: str, paging: Paging) -> Page[Delivery]:
        """What was sent to the webhook in the last thirty days and how that went, latest first. Raises `WebhookUnknown`."""
        permissions.require(caller, "list_webhook_deliveries")
        async with self._database.transaction(caller.tenant_id) as tx:
            return await webhooks.list_deliveries(tx, await _found(tx, caller, webhook_id), paging)

    async def try_out(self, caller: Caller, webhook_id: str) -> Delivery:
        """Sends the webhook an event that tells of nothing. Raises `WebhookUnknown`."""
        permissions.require(caller, "try_webhook")
        async with self._database.transaction(caller.tenant_id) as tx:
            webhook = await _found(tx, caller, webhook_id)
            now = f"{datetime.now(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
            body = msgspec.json.encode({"type": rules.TRIAL, "timestamp": now, "data": {"webhook_id": webhook.id}})
            made = await webhooks.insert_delivery(tx, webhook.tenant_id, webhook.id, None, rules.TRIAL, body.decode())
            if made is None:
                raise DeliveryUnknown("delivery_id")
            await _enqueue(tx, webhook.tenant_id, made)
            return await _found_delivery(tx, webhook, made)

    async def replay(self, caller: Caller, webhook_id: str, delivery_id: str) -> Delivery:
        """Sends a delivery once more that was delivered or given up, byte for byte.

        One that is on its way stays so. Raises `WebhookUnknown`, `DeliveryUnknown`.
        """
        permissions.require(caller, "replay_webhook_delivery")
        async with self._database.transaction(caller.tenant_id) as tx:
            webhook = await _found(tx, caller, webhook_id)
            delivery = await _found_delivery(tx, webhook, delivery_id)
            if delivery.state is not DeliveryState.WAITING:
                await webhooks.replay_delivery(tx, delivery)
                await _enqueue(tx, webhook.tenant_id, delivery.id)
            return await _found_delivery(tx, webhook, delivery_id)

    # -- what jobs do --------------------------------------------------------------------------------------------------

    async def enqueue(self, tx: Transaction, tenant_id: str, number: int, event: str, body: str) -> None:
        """Lets every webhook that wants to be told of the tenant's event be sent `body`. For the platform's transactions."""
        for listener in await webhooks.list_listeners(tx, tenant_id):
            if rules.wants(listener.events, event):
                entry = (tenant_id, number)
                made = await webhooks.insert_delivery(tx, listener.tenant_id, listener.id, entry, event, body)
                if made is not None:
                    await _enqueue(tx, listener.tenant_id, made)

    async def deliver(self, tenant_id: str, delivery_id: str) -> None:
        """Sends a delivery that waits, and keeps how it went. Raises `NotDelivered`: the job comes again.

        To a webhook that is not active nothing is sent, and its deliveries fail.
        """
        async with self._database.transaction(tenant_id) as tx:
            delivery = await webhooks.find_delivery(tx, tenant_id, delivery_id)
            webhook = await webhooks.find(tx, tenant_id, delivery.webhook_id) if delivery is not None else None
            sealed = await webhooks.find_secret(tx, tenant_id, webhook.id) if webhook is not None else None
            if delivery is None or webhook is None or sealed is None or delivery.state is not DeliveryState.WAITING:
                return
            if not webhook.active:
                await webhooks.fail_delivery(tx, tenant_id, delivery_id)
                return
        attempt = await self._attempt(webhook, delivery, self._seal.open(sealed, _seal_name(webhook.id)))
        is_taken = attempt.status is not None and 200 <= attempt.status < 300
        async with self._database.transaction(tenant_id) as tx:
            await webhooks.note_attempt(tx, delivery, attempt, delivered=is_taken)
        if not is_taken:
            raise NotDelivered(problem=attempt.problem or f"it answered {attempt.status}")

    async def give_up(self, tenant_id: str, delivery_id: str) -> None:
        """It was tried often enough."""
        async with self._database.transaction(tenant_id) as tx:
            await webhooks.fail_delivery(tx, tenant_id, delivery_id)

    async def sweep(self) -> None:
        """Forgets old deliveries."""
        async with self._database.transaction(platform=True) as tx:
            await webhooks.sweep_deliveries(tx, _KEPT_DAYS, _SWEPT_AT_ONCE)

    async def _attempt(self, webhook: Webhook, delivery: Delivery, secret: str) -> Attempt:
        began, now = time.perf_counter(), datetime.now(UTC)
        timestamp = int(now.timestamp())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Plugport",
            "webhook-id": delivery.id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": rules.signature(secret, delivery.id, timestamp, delivery.body),
        }
        status, problem = None, ""
        try:
            status = await self._sender.send(webhook.url, headers, delivery.body.encode())
        except NotSent as error:
            problem = str(error)
        return Attempt(now, status, problem, round((time.perf_counter() - began) * 1000))

    def _checked(self, caller: Caller, facts: WebhookFacts) -> WebhookFacts:
        if facts.everywhere and Role.OPERATOR not in caller.roles:
            raise OperationNotAllowed("everywhere", operation="create_webhook for every account")
        return rules.checked(facts, any_address=self._any_address)

    def _sealed(self, secret: str, webhook_id: str) -> bytes:
        return self._seal.close(secret, _seal_name(webhook_id))


def _seal_name(webhook_id: str) -> str:
    return f"webhook {webhook_id}"


def _facts(webhook: Webhook) -> WebhookFacts:
    return WebhookFacts(**{name: getattr(webhook, name) for name in WebhookFacts.__struct_fields__})


async def _found(tx: Transaction, caller: Caller, webhook_id: str) -> Webhook:
    webhook = await webhooks.find(tx, caller.tenant_id, webhook_id) if is_id(webhook_id) else None
    if webhook is None:
        raise WebhookUnknown("webhook_id")
    return webhook


async def _found_delivery(tx: Transaction, webhook: Webhook, delivery_id: str) -> Delivery:
    delivery = await webhooks.find_delivery(tx, webhook.tenant_id, delivery_id) if is_id(delivery_id) else None
    if delivery is None or delivery.webhook_id != webhook.id:
        raise DeliveryUnknown("delivery_id")
    return delivery


async def _enqueue(tx: Transaction, tenant_id: str, delivery_id: str) -> None:
    payload = {"tenant_id": tenant_id, "delivery_id": delivery_id}
    await jobs.enqueue(tx, _SEND, payload, tenant_id=tenant_id, unique=delivery_id)


async def _record(tx: Transaction, caller: Caller, webhook_id: str, action: str, **detail: object) -> None:
    await audit.record(tx, caller.tenant_id, caller, Change(
        action=action, object_kind="webhook", object_id=webhook_id, detail=detail))  # fmt: skip
