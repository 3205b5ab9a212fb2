"""`/plugport/v1/publishers*`: what the operators of the platform decide, and what publishers ask for."""

from app.api.operators_v1.routes import OperatorsController, PublisherReviewController

HANDLERS = [OperatorsController, PublisherReviewController]
