"""Webhooks and deliveries as administrators see them."""

from app.api.moments import to_moment
from app.registry.webhooks.rules import EVENTS
from schemas.model.webhooks import Delivery, IssuedWebhook, Webhook, WebhookFacts
from schemas.paging import Page, Paging
from schemas.wire import webhooks_v1 as wire


def to_facts(data: wire.WebhookRequest) -> WebhookFacts:
    """What is said of a webhook."""
    return WebhookFacts(
        url=data.url,
        events=data.events,
        description=data.description,
        active=data.active,
        everywhere=data.everywhere,
    )


def to_row(webhook: Webhook) -> wire.WebhookRow:
    """A webhook without its secret."""
    return wire.WebhookRow(
        webhook_id=webhook.id,
        url=webhook.url,
        events=webhook.events,
        description=webhook.description,
        active=webhook.active,
        everywhere=webhook.everywhere,
        created_by=webhook.created_by_name,
        created_at=to_moment(webhook.created_at),
        updated_at=to_moment(webhook.updated_at),
    )


def to_issued(made: IssuedWebhook) -> wire.IssuedWebhook:
    """A webhook with its secret."""
    return wire.IssuedWebhook(secret=made.secret, webhook=to_row(made.webhook))


def to_list(webhooks: list[Webhook]) -> wire.WebhookList:
    """All webhooks of the account."""
    return wire.WebhookList(webhooks=[to_row(each) for each in webhooks], events=list(EVENTS))


def to_delivery(delivery: Delivery) -> wire.DeliveryRow:
    """A delivery and how it went."""
    return wire.DeliveryRow(
        delivery_id=delivery.id,
        event=delivery.event,
        state=delivery.state.value,
        body=delivery.body,
        attempts=[
            wire.AttemptRow(
                at=to_moment(each.at), status=each.status, problem=each.problem, milliseconds=each.milliseconds
            )
            for each in delivery.attempts
        ],
        created_at=to_moment(delivery.created_at),
        ended_at=to_moment(delivery.ended_at) if delivery.ended_at else None,
    )


def to_deliveries(found: Page[Delivery], paging: Paging) -> wire.DeliveryPage:
    """One part of the deliveries."""
    return wire.DeliveryPage(
        offset=paging.offset,
        limit=paging.limit,
        total=found.total,
        deliveries=[to_delivery(each) for each in found.items],
    )
