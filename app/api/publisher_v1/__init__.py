"""`/v1/{domain_id}/publisher/*`: who publishes."""

from app.api.publisher_v1.routes import PublisherController

HANDLERS = [PublisherController]
