"""`/v1/marketplace/**`, `/v2/extension/authorization*`: extensions of IDEs, as CodeArts IDE Online asks for them."""

from app.api.marketplace_v1.routes import ConsentController, MarketplaceController

HANDLERS = [MarketplaceController, ConsentController]
