"""`/v3`, `/v3/auth/*`, `/v3/projects`: tokens, projects and accounts.

Source: CodeArts Pipeline API Reference 2023-11-30, 3.1-3.3 and 5.3. Where its print is cut the shape is that of the
OpenStack Identity API v3, so that keystoneauth1 logs in unmodified. The token itself travels in `X-Subject-Token`.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from schemas.base import Wire
from schemas.wire.problem import Problem
from schemas.wire.text import Id, Name, Password

# --- what comes in ------------------------------------------------------------------------------------------------


class DomainReference(Wire):
    """An account, by its id or its name."""

    id: Id | None = None
    name: Name | None = None

    def __post_init__(self) -> None:
        if self.id is None and self.name is None:
            raise ValueError("An account is named by its id or its name")


class ProjectReference(Wire):
    """A project, by its id, or by its name and its account (the user's own account when none is said)."""

    id: Id | None = None
    name: Name | None = None
    domain: DomainReference | None = None

    def __post_init__(self) -> None:
        if self.id is None and self.name is None:
            raise ValueError("A project is named by its id or its name")


class PasswordUser(Wire, kw_only=True):
    """A user, by id, or by name and account."""

    password: Password
    id: Id | None = None
    name: Name | None = None
    domain: DomainReference | None = None

    def __post_init__(self) -> None:
        if self.id is None and (self.name is None or self.domain is None):
            raise ValueError("A user is named by the id, or by the name and the account (domain)")

    def __repr__(self) -> str:
        """Everything but the password, which must reach no log."""
        return f"PasswordUser(id={self.id!r}, name={self.name!r}, domain={self.domain!r})"


class PasswordMethod(Wire):
    """Login by password."""

    user: PasswordUser


class Identity(Wire):
    """Who logs in and how; `password` is the only method."""

    methods: Annotated[list[Literal["password"]], Meta(min_length=1, max_length=4)]
    password: PasswordMethod


class Scope(Wire):
    """Where the token is to be valid: in one project or in one account."""

    project: ProjectReference | None = None
    domain: DomainReference | None = None

    def __post_init__(self) -> None:
        if (self.project is None) == (self.domain is None):
            raise ValueError("A scope names one project or one account (domain)")


class Auth(Wire):
    """The request proper. Without a scope, or with the word `unscoped`, the token is valid nowhere but here."""

    identity: Identity
    scope: Scope | Literal["unscoped"] | None = None


class TokenRequest(Wire):
    """`POST /v3/auth/tokens` (3.1, 3.2)."""

    auth: Auth


# --- what goes out ------------------------------------------------------------------------------------------------


class Named(Wire, kw_only=True):
    """An account or role inside a token."""

    id: str
    name: str


class TokenUser(Wire, kw_only=True):
    """The user of a token."""

    id: str
    name: str
    domain: Named
    password_expires_at: str | None = None


class TokenProject(Wire, kw_only=True):
    """The project a token is valid in, with its account."""

    id: str
    name: str
    domain: Named


class Endpoint(Wire, kw_only=True):
    """One address of a service."""

    id: str
    interface: Literal["public", "internal", "admin"]
    region: str
    region_id: str
    url: str


class CatalogService(Wire, kw_only=True):
    """A service and where it is reached."""

    id: str
    type: str
    name: str
    endpoints: list[Endpoint]


class TokenFacts(Wire, kw_only=True):
    """What a token says of itself. Times are UTC with microseconds and Z ("2019-02-13T06:52:13.855000Z").

    A token has `project` or `domain` according to its scope; the other is left out, and both when it has none.
    """

    methods: list[str]
    user: TokenUser
    audit_ids: list[str]
    expires_at: str
    issued_at: str
    project: TokenProject | UnsetType = UNSET
    domain: Named | UnsetType = UNSET
    is_domain: bool = False
    roles: list[Named] = []
    catalog: list[CatalogService] = []


class TokenAnswer(Wire, kw_only=True):
    """`POST` (201) and `GET /v3/auth/tokens`."""

    token: TokenFacts


class Links(Wire, kw_only=True):
    """Where a list or an object is found, and its neighbour pages (there is always one page)."""

    self_: str = msgspec.field(name="self")
    next: str | None = None
    previous: str | None = None


class ProjectRow(Wire, kw_only=True):
    """A project (5.3). `parent_id` is the account."""

    id: str
    name: str
    domain_id: str
    parent_id: str
    is_domain: bool
    enabled: bool
    description: str
    links: Links


class ProjectList(Wire, kw_only=True):
    """`GET /v3/projects`, `GET /v3/auth/projects`."""

    projects: list[ProjectRow]
    links: Links


class DomainRow(Wire, kw_only=True):
    """An account."""

    id: str
    name: str
    enabled: bool
    description: str
    links: Links


class DomainList(Wire, kw_only=True):
    """`GET /v3/auth/domains`."""

    domains: list[DomainRow]
    links: Links


class DiscoveryLink(Wire, kw_only=True):
    """An address of an API version."""

    rel: str
    href: str


class MediaType(Wire, kw_only=True):
    """A media type of an API version."""

    base: str
    type: str


class ApiVersion(Wire, kw_only=True):
    """One version of the identity API. `updated` is ISO 8601 with Z."""

    id: str
    status: str
    updated: str
    links: list[DiscoveryLink]
    media_types: list[MediaType] = msgspec.field(name="media-types")


class VersionAnswer(Wire, kw_only=True):
    """`GET /v3`."""

    version: ApiVersion


class VersionValues(Wire, kw_only=True):
    """The list inside `VersionList`."""

    values: list[ApiVersion]


class VersionList(Wire, kw_only=True):
    """`GET /` as the identity API answers it."""

    versions: VersionValues


class KeystoneFault(Wire, kw_only=True):
    """A refusal as OpenStack clients read it; `code` is the HTTP status."""

    code: int
    message: str
    title: str


class IdentityProblem(Problem, kw_only=True):
    """The error body of this surface: ours and Keystone's in one, so that either kind of client reads it."""

    error: KeystoneFault
