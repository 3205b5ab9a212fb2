"""`/plugport/v1/extensions/*` and `/plugport/v1/extension-tasks/*`: packages of extensions, files of them, and how often they
were installed."""

from app.api.extensions_v1.routes import ExtensionsController, ExtensionTasksController

HANDLERS = [ExtensionsController, ExtensionTasksController]
