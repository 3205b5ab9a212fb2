"""`/v3/{domain_id}/extension/*`: basic plug-ins, which have an uploaded package."""

from app.api.extension_v3.routes import ExtensionController

HANDLERS = [ExtensionController]
