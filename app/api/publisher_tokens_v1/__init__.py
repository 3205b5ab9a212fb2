"""`/plugport/v1/publisher-tokens*`: credentials for one publisher, for machines that upload."""

from app.api.publisher_tokens_v1.routes import PublisherTokensController

HANDLERS = [PublisherTokensController]
