"""`/plugport/v1/moderation/*`: what operators decide about extensions, and about what users say of them."""

from app.api.moderation_v1.routes import ReportsController, ReviewController

HANDLERS = [ReviewController, ReportsController]
