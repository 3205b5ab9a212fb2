"""Accounts for tests: made by the same use-cases as the operator's commands, in this process."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from anyio.from_thread import BlockingPortal

from app.registry import Registry
from app.registry.access.service import console
from schemas.model.access import Caller, IssuedAccessKey, Login, Project, Role, Tenant, User

_PASSWORD = "a password of tests"


class _Calls:
    """The use-cases for tests that are not async themselves."""

    def __init__(self, registry: Registry, portal: BlockingPortal, url: Callable[[], str]) -> None:
        self.registry = registry
        self.url = url
        self._portal = portal

    def __call__(self, use_case: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        return self._portal.call(lambda: use_case(*arguments, **named))


@dataclass(frozen=True)
class Account:
    """A tenant with a project `default`."""

    tenant: Tenant
    project: Project
    _calls: _Calls = field(repr=False)

    @property
    def id(self) -> str:
        """The `domain_id` of paths."""
        return self.tenant.id

    @property
    def name(self) -> str:
        """The account's name at login."""
        return self.tenant.name

    def user(self, *roles: str, name: str | None = None) -> "Member":
        """A new user with these roles (`author` where none is said)."""
        access = self._calls.registry.access
        name = name or f"user-{secrets.token_hex(4)}"
        user = self._calls(access.create_user, console(), self.id, name, list(roles or ["author"]), _PASSWORD)
        return Member(self, user, _PASSWORD, self._calls)


@dataclass(frozen=True)
class Member:
    """A user, and every way to act for them."""

    account: Account
    user: User
    password: str
    _calls: _Calls = field(repr=False)

    @property
    def name(self) -> str:
        """The name at login."""
        return self.user.name

    @property
    def caller(self) -> Caller:
        """For use-cases in this process."""
        return Caller(
            user_id=self.user.id,
            user_name=self.user.name,
            tenant_id=self.account.id,
            tenant_name=self.account.name,
            official=self.account.tenant.official,
            roles=frozenset(Role(each) for each in self.user.roles),
            credential="token",
            request_id=secrets.token_hex(16),
        )

    def token(self, *, project: str | None = None) -> str:
        """A new token, for the project of that name or for the whole account."""
        login = Login(password=self.password, user_id=self.user.id, project_name=project)
        return str(self._calls(self._calls.registry.access.log_in, login).token)

    def access_key(self) -> IssuedAccessKey:
        """A new access key with its secret."""
        key: IssuedAccessKey = self._calls(
            self._calls.registry.access.create_access_key, console(), self.account.id, self.user.id
        )
        return key

    def revoke(self, key: IssuedAccessKey) -> None:
        """Ends an access key."""
        self._calls(self._calls.registry.access.revoke_access_key, console(), key.access_key)

    def disable(self) -> None:
        """Ends everything the user can do."""
        self._calls(self._calls.registry.access.disable_user, console(), self.account.id, self.user.id)

    def client(self, **headers: str) -> httpx.Client:
        """A client of the server that sends a token; its paths may begin with `/v1/{domain_id}`, to be filled in by you."""
        return httpx.Client(base_url=self._calls.url(), headers={"X-Auth-Token": self.token(), **headers}, timeout=30)


class NewAccount(Protocol):
    """Makes an account."""

    def __call__(self, *, official: bool = False, name: str | None = None) -> Account:
        """A new account; every test has as many as it likes."""
        ...


def account_maker(registry: Registry, portal: BlockingPortal, url: Callable[[], str]) -> NewAccount:
    """What the fixture `new_account` is."""
    calls = _Calls(registry, portal, url)

    def make(*, official: bool = False, name: str | None = None) -> Account:
        name = name or f"account-{secrets.token_hex(6)}"
        tenant = calls(registry.access.create_tenant, console(), name, official=official)
        project = calls(registry.access.create_project, console(), tenant.id, "default")
        return Account(tenant, project, calls)

    return make
