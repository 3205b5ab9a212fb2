"""`/plugport/v1/webhooks*`: making webhooks, trying them out, and what was sent to them."""

from litestar import Controller, Response, delete, get, post, put

from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.webhooks_v1 import translate
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.webhooks import IssuedWebhook
from schemas.paging import Paging
from schemas.wire import webhooks_v1 as wire


class WebhooksController(Controller):
    """The webhooks of the caller's account, for its administrators."""

    path = "/plugport/v1/webhooks"
    tags = ("Notifications",)

    @post("/", **operation("create_webhook", status=201))
    async def create(
        self, data: wire.WebhookRequest, caller: Caller, registry: Registry
    ) -> Response[wire.IssuedWebhook]:
        """Make a webhook. The answer alone shows the secret that signs what it is sent."""
        return _issued(await registry.webhooks.create(caller, translate.to_facts(data)))

    @get("/", **operation("list_webhooks"))
    async def list_webhooks(self, caller: Caller, registry: Registry) -> wire.WebhookList:
        """List all webhooks, the oldest first, and every event that there is."""
        return translate.to_list(await registry.webhooks.list_all(caller))

    @put("/{webhook_id:str}", **operation("update_webhook"))
    async def update(
        self, webhook_id: str, data: wire.WebhookRequest, caller: Caller, registry: Registry
    ) -> wire.WebhookRow:
        """Change a webhook: it becomes what the request says, and keeps its secret."""
        return translate.to_row(await registry.webhooks.update(caller, webhook_id, translate.to_facts(data)))

    @post("/{webhook_id:str}/secret", **operation("renew_webhook_secret"))
    async def renew_secret(self, webhook_id: str, caller: Caller, registry: Registry) -> Response[wire.IssuedWebhook]:
        """Give a webhook a new secret. From then on everything is signed with it, also what is sent again."""
        return _issued(await registry.webhooks.renew_secret(caller, webhook_id))

    @delete("/{webhook_id:str}", **operation("delete_webhook"))
    async def remove(self, webhook_id: str, caller: Caller, registry: Registry) -> bool:
        """Delete a webhook and the record of what was sent to it."""
        await registry.webhooks.delete(caller, webhook_id)
        return True

    @post("/{webhook_id:str}/trial", **operation("try_webhook"))
    async def try_out(self, webhook_id: str, caller: Caller, registry: Registry) -> wire.DeliveryRow:
        """Send a webhook the event `webhook.trial`, whatever it wants to be told of."""
        return translate.to_delivery(await registry.webhooks.try_out(caller, webhook_id))

    @get("/{webhook_id:str}/deliveries", **operation("list_webhook_deliveries"))
    async def list_deliveries(
        self, webhook_id: str, caller: Caller, registry: Registry, offset: Offset = 0, limit: Limit = 20
    ) -> wire.DeliveryPage:
        """List what was sent to a webhook in the last thirty days and how that went, latest first."""
        paging = Paging(offset=offset, limit=limit)
        return translate.to_deliveries(await registry.webhooks.list_deliveries(caller, webhook_id, paging), paging)

    @post("/{webhook_id:str}/deliveries/{delivery_id:str}/replay", **operation("replay_webhook_delivery"))
    async def replay(self, webhook_id: str, delivery_id: str, caller: Caller, registry: Registry) -> wire.DeliveryRow:
        """Send a delivery once more that was delivered or has failed, byte for byte, under the same id."""
        return translate.to_delivery(await registry.webhooks.replay(caller, webhook_id, delivery_id))


def _issued(made: IssuedWebhook) -> Response[wire.IssuedWebhook]:
    return Response(translate.to_issued(made), headers={"Cache-Control": "no-store"})
