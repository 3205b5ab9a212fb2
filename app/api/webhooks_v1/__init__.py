"""`/plugport/v1/webhooks*`: programs that are told of what happened."""

from app.api.webhooks_v1.routes import WebhooksController

HANDLERS = [WebhooksController]
