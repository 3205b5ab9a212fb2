"""`/v2/extensions/modules`: plug-ins as extension modules."""

from app.api.modules_v2.routes import list_modules

HANDLERS = [list_modules]
