"""Whose record somebody may read."""

from schemas.errors import AuditTenantUnknown, OperationNotAllowed
from schemas.ids import is_id
from schemas.model.access import Caller, Role


def read_tenant(caller: Caller, asked: str | None) -> str:
    """The tenant whose entries the caller gets: the own one, or for operators any that they name.

    Raises `OperationNotAllowed` and, for what is no tenant's id, `AuditTenantUnknown`.
    """
    if asked is None or asked == caller.tenant_id:
        return caller.tenant_id
    if Role.OPERATOR not in caller.roles:
        raise OperationNotAllowed("tenant_id", operation="list_audit_entries of another account")
    if not is_id(asked):
        raise AuditTenantUnknown("tenant_id")
    return asked
