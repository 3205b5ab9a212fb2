"""Whose record of changes somebody may read."""

import pytest

from app.registry.audit.rules import read_tenant
from schemas.errors import AuditTenantUnknown, OperationNotAllowed
from schemas.model.access import Caller, Role

OWN, OTHER = "a" * 32, "b" * 32


def a_caller(role: Role) -> Caller:
    """A user of the tenant OWN with that role."""
    return Caller(
        user_id="u" * 32,
        user_name="somebody",
        tenant_id=OWN,
        tenant_name="own",
        official=False,
        roles=frozenset({role}),
        credential="token",
        request_id="r",
    )


@pytest.mark.parametrize("role", Role)
def test_everybody_reads_their_own(role: Role) -> None:
    caller = a_caller(role)
    assert read_tenant(caller, None) == read_tenant(caller, OWN) == OWN


@pytest.mark.parametrize("role", Role)
def test_only_operators_read_anothers(role: Role) -> None:
    caller = a_caller(role)
    if role is Role.OPERATOR:
        assert read_tenant(caller, OTHER) == OTHER
    else:
        with pytest.raises(OperationNotAllowed):
            read_tenant(caller, OTHER)


@pytest.mark.parametrize("asked", ["", "x", "A" * 32, "a" * 31])
def test_what_is_no_id_is_no_account(asked: str) -> None:
    with pytest.raises(AuditTenantUnknown):
        read_tenant(a_caller(Role.OPERATOR), asked)
