"""Webhooks: addresses of programs that are told of what happened, and each delivery to them."""

from datetime import datetime
from enum import StrEnum

from schemas.base import Entity


class WebhookFacts(Entity, frozen=True):
    """What an administrator says of a webhook. `events` are actions (`plugin.published`), `plugin.*` or `*`.

    `everywhere`: it is told of every tenant's events, which is for operators.
    """

    url: str
    events: list[str]
    description: str = ""
    active: bool = True
    everywhere: bool = False


class Webhook(Entity, frozen=True):
    """A webhook of a tenant. What seals its secret is the storage's business."""

    id: str
    tenant_id: str
    url: str
    events: list[str]
    description: str
    active: bool
    everywhere: bool
    created_by_name: str
    created_at: datetime
    updated_at: datetime


class IssuedWebhook(Entity, frozen=True):
    """A webhook with the secret that signs what it is sent; shown once."""

    webhook: Webhook
    secret: str


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    """It is sent, or will be again."""
    DELIVERED = "delivered"
    FAILED = "failed"
    """It was tried often enough; only a replay sends it again."""


class Attempt(Entity, frozen=True, array_like=True):
    """One time that a delivery was sent: the status that was answered, if any, and what was wrong, if anything."""

    at: datetime
    status: int | None
    problem: str
    milliseconds: int


class Delivery(Entity, frozen=True):
    """An event on its way to one webhook. `body` is sent byte for byte, however often."""

    id: str
    tenant_id: str
    webhook_id: str
    event: str
    body: str
    state: DeliveryState
    attempts: list[Attempt]
    created_at: datetime
    ended_at: datetime | None
