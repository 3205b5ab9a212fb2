"""`/plugport/v1/extensions/*`: packages of extensions, files of them, and how often they were installed."""

from app.api.extensions_v1.routes import ExtensionsController

HANDLERS = [ExtensionsController]
