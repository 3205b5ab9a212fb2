"""`/plugport/v1/audit/*`: the record of changes."""

from app.api.audit_v1.routes import AuditController

HANDLERS = [AuditController]
