"""`/plugport/v1/plugins/{plugin_name}/versions/{version}/contract`, `.../values`, `/plugport/v1/contracts/*`: contracts."""

from app.api.contracts_v1.routes import ContractsController

HANDLERS = [ContractsController]
