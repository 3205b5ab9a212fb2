"""What names, passwords and roles may be, and which role may do what."""

import pytest
from cryptography.exceptions import InvalidTag

from app.registry.access import permissions
from app.registry.access.rules import checked_name, checked_password, checked_roles
from app.registry.access.sealing import Seal
from schemas.errors import InvalidField, OperationNotAllowed
from schemas.model.access import Caller, Role


def a_caller(*roles: Role) -> Caller:
    return Caller(
        user_id="u", user_name="u", tenant_id="t", tenant_name="t", official=False, roles=frozenset(roles),
        credential="token", request_id="r",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["a", "ada.lovelace@example.com", "工具", "x" * 64])
def test_a_name_is_anything_visible(name: str) -> None:
    assert name == checked_name("name", name)


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\x00", "a\u200bb", "a\u202eb", "x" * 65])
def test_a_name_has_no_invisible_characters_and_no_blanks_around(name: str) -> None:
    with pytest.raises(InvalidField, match=r"^name: "):
        checked_name("name", name)


@pytest.mark.parametrize("password", ["", "1234567", "x" * 257])
def test_a_password_has_8_to_256_characters(password: str) -> None:
    with pytest.raises(InvalidField, match=r"^password: "):
        checked_password(password)


@pytest.mark.parametrize("roles", [[], ["king"], ["admin", "king"]])
def test_a_role_is_one_of_those_there_are(roles: list[str]) -> None:
    with pytest.raises(InvalidField, match=r"^role: "):
        checked_roles(roles)


def test_a_role_counts_once() -> None:
    assert checked_roles(["admin", "author", "admin"]) == [Role.ADMIN, Role.AUTHOR]


@pytest.mark.parametrize("operation", ["create_plugin_draft", "upload_basic_plugin", "create_publisher"])
@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_who_only_looks_changes_nothing(role: Role, operation: str) -> None:
    with pytest.raises(OperationNotAllowed):
        permissions.require(a_caller(role), operation)


@pytest.mark.parametrize("operation", ["accept_publisher", "create_tenant", "revoke_all_tokens"])
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OPERATOR])
def test_the_platform_is_the_operators_business(role: Role, operation: str) -> None:
    with pytest.raises(OperationNotAllowed):
        permissions.require(a_caller(role), operation)


def test_one_role_that_allows_it_is_enough() -> None:
    permissions.require(a_caller(Role.VIEWER, Role.AUTHOR), "create_plugin_draft")


def test_every_operation_is_allowed_to_somebody() -> None:
    assert [operation for operation, roles in permissions.PERMISSIONS.items() if not roles] == []


def test_what_is_sealed_for_one_name_opens_under_no_other() -> None:
    seal = Seal(b"k" * 32)
    sealed = seal.close("secret", "key one")

    assert seal.open(sealed, "key one") == "secret"
    with pytest.raises(InvalidTag):
        seal.open(sealed, "key two")
    with pytest.raises(InvalidTag):
        Seal(b"o" * 32).open(sealed, "key one")


def test_equal_secrets_are_sealed_differently() -> None:
    seal = Seal(b"k" * 32)
    assert seal.close("secret", "a") != seal.close("secret", "a")
