"""Who asks, and by what right."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from schemas.base import Entity


class Role(StrEnum):
    """What a user may do. `permissions.py` says which operations each role allows."""

    ADMIN = "admin"
    AUTHOR = "author"
    REVIEWER = "reviewer"
    VIEWER = "viewer"
    OPERATOR = "operator"


class Tenant(Entity, frozen=True):
    """An account: the `domain_id` of paths. Plug-ins of an official tenant are for everybody."""

    id: str
    name: str
    official: bool


class Project(Entity, frozen=True):
    """A part of a tenant that credentials can be scoped to."""

    id: str
    tenant_id: str
    name: str


class User(Entity, frozen=True):
    """Somebody who can log in, within one tenant."""

    id: str
    tenant_id: str
    name: str
    roles: list[Role]


class Caller(Entity, frozen=True):
    """The authenticated user on whose behalf a use-case runs, and the credential that proved it.

    With a publisher token, `publisher_id` is the one publisher that the caller may act for; else None.
    """

    user_id: str
    user_name: str
    tenant_id: str
    tenant_name: str
    official: bool
    roles: frozenset[Role]
    credential: Literal["token", "signature", "publisher-token", "console"]
    request_id: str
    project_id: str | None = None
    publisher_id: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the caller administers the tenant."""
        return Role.ADMIN in self.roles or Role.OPERATOR in self.roles


class Login(Entity, frozen=True):
    """A password login: the user by id, or by name within an account; and what the token shall be good for.

    Without a scope the token is good for the whole account.
    """

    password: str
    user_id: str | None = None
    user_name: str | None = None
    account_id: str | None = None
    account_name: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    scope_account_id: str | None = None
    scope_account_name: str | None = None


class TokenFacts(Entity, frozen=True):
    """What a token says of its holder. The token itself is known to its holder alone."""

    user_id: str
    user_name: str
    roles: list[Role]
    tenant_id: str
    tenant_name: str
    official: bool
    project: Project | None
    issued_at: datetime
    expires_at: datetime


class IssuedToken(Entity, frozen=True):
    """A new token, in the only moment its text is known to us."""

    token: str
    facts: TokenFacts


class IssuedAccessKey(Entity, frozen=True):
    """A new access key with its secret, in the only moment the secret is shown."""

    access_key: str
    secret_key: str


class PublisherToken(Entity, frozen=True):
    """What is known of a credential of one user for one publisher. The token itself is known to its holder alone.

    `hint` shows how it begins and ends. `last_used_at` may be a minute behind. It works while it is neither revoked nor
    expired, the user is not disabled, and the publisher is neither deleted nor rejected.
    """

    id: str
    tenant_id: str
    publisher_id: str
    user_id: str
    user_name: str
    name: str
    hint: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None


class IssuedPublisherToken(Entity, frozen=True):
    """A new publisher token, in the only moment its text is known to us."""

    token: str
    facts: PublisherToken


class SignedRequest(Entity, frozen=True):
    """The parts of an HTTP request that an SDK-HMAC-SHA256 signature covers, as they came over the wire."""

    method: str
    raw_path: bytes
    query_string: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes | None  # None where the body is streamed; its hash must then be UNSIGNED-PAYLOAD
    connection: str  # names the network connection it came by
