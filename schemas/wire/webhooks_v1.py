"""`/plugport/v1/webhooks*`: programs that are told of what happened. These operations are ours. Deliveries are signed as Standard
Webhooks 1.0 has it: `webhook-id`, `webhook-timestamp`, `webhook-signature`. Moments are ISO 8601 with milliseconds, UTC."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire

EventName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z_.*]+(?!\n)$",
        min_length=1,
        max_length=64,
        description="An event (`publisher.accepted`), all of one kind (`publisher.*`), or all (`*`).",
    ),
]


class WebhookRequest(Wire, kw_only=True):
    """A webhook as it shall be."""

    url: Annotated[
        str,
        Meta(
            pattern=r"^[\x21-\x7e]+(?!\n)$",
            min_length=1,
            max_length=1024,
            description="Where events are sent to by POST: https, without user and fragment.",
        ),
    ]
    events: Annotated[list[EventName], Meta(min_length=1, max_length=100)]
    description: Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$", max_length=200)] = ""
    active: Annotated[bool, Meta(description="Whether anything is sent.")] = True
    everywhere: Annotated[bool, Meta(description="Of operators: it is told of the events of every account.")] = False


class WebhookRow(Wire, kw_only=True):
    """A webhook without its secret."""

    webhook_id: str
    url: str
    events: list[str]
    description: str
    active: bool
    everywhere: bool
    created_by: str
    created_at: str
    updated_at: str


class IssuedWebhook(Wire, kw_only=True):
    """A webhook with its secret, which is shown now and never again."""

    secret: Annotated[str, Meta(pattern=r"^whsec_[0-9A-Za-z+/]{43}=$", description="The key of the signatures.")]
    webhook: WebhookRow


class WebhookList(Wire, kw_only=True):
    """All webhooks of the account, the oldest first, and every event that there is."""

    webhooks: list[WebhookRow]
    events: list[str]


class AttemptRow(Wire, kw_only=True):
    """One time that it was sent. `status` is null where nobody answered; then `problem` says why."""

    at: str
    status: int | None
    problem: str
    milliseconds: int


class DeliveryRow(Wire, kw_only=True):
    """An event on its way to a webhook, and the last twenty attempts. `body` is what is sent, byte for byte."""

    delivery_id: str
    event: str
    state: Literal["waiting", "delivered", "failed"]
    body: str
    attempts: list[AttemptRow]
    created_at: str
    ended_at: str | None


class DeliveryPage(Wire, kw_only=True):
    """One part of the deliveries of the last thirty days, latest first."""

    offset: int
    limit: int
    total: int
    deliveries: list[DeliveryRow]
