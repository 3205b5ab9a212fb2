"""`/v1/{domain_id}/common/*` and `/api/v1/{domain_id}/common/get-plugin-icon`: pictures."""

from litestar.types import ControllerRouterHandler

from app.api.icons_v1.routes import IconUploadController, show_icon

HANDLERS: list[ControllerRouterHandler] = [IconUploadController, show_icon]
