"""`/plugport/v1/publishers*`: what the operators of the platform decide."""

from app.api.operators_v1.routes import OperatorsController

HANDLERS = [OperatorsController]
