"""`/plugport/v1/gates/*`: the sets of projects, and verdicts about runs."""

from app.api.gates_v1.routes import GatesController

HANDLERS = [GatesController]
