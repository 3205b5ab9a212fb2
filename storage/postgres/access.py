"""Rows of tenants, projects, users and credentials."""

from datetime import datetime

import msgspec

from schemas.base import Entity
from schemas.model.access import Caller, Login, Project, PublisherToken, Role, Tenant, TokenFacts, User
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("access")


class LoginRow(Entity, frozen=True):
    """A user who may log in, with the hash that the password must match."""

    user: User
    tenant: Tenant
    password_hash: str


class PublisherTokenHolder(Entity, frozen=True):
    """Who holds a publisher token that works, and for which publisher."""

    user: User
    tenant: Tenant
    publisher_id: str


class KeyHolder(Entity, frozen=True):
    """Who holds an access key, and its sealed secret."""

    user: User
    tenant: Tenant
    secret: bytes


async def insert_tenant(tx: Transaction, tenant: Tenant) -> None:
    """Raises `UniqueTaken`."""
    await tx.run(QUERIES.insert_tenant, id=tenant.id, name=tenant.name, official=tenant.official)


async def list_tenants(tx: Transaction) -> list[Tenant]:
    """All that the transaction may see."""
    return [Tenant(**row) for row in await tx.many(QUERIES.list_tenants)]


async def find_tenant(tx: Transaction, reference: str) -> Tenant | None:
    """By id or name."""
    row = await tx.maybe(QUERIES.find_tenant, reference=reference)
    return Tenant(**row) if row else None


async def insert_project(tx: Transaction, project: Project) -> None:
    """Raises `UniqueTaken`."""
    await tx.run(QUERIES.insert_project, id=project.id, tenant_id=project.tenant_id, name=project.name)


async def list_projects(tx: Transaction, tenant_id: str, name: str | None) -> list[Project]:
    """The tenant's, or the one of that name."""
    return [Project(**row) for row in await tx.many(QUERIES.list_projects, tenant_id=tenant_id, name=name)]


async def find_project(
    tx: Transaction, tenant_id: str, *, id: str | None = None, name: str | None = None
) -> Project | None:
    """By id or by name."""
    row = await tx.maybe(QUERIES.find_project, tenant_id=tenant_id, id=id, name=name)
    return Project(**row) if row else None


async def insert_user(tx: Transaction, user: User, password_hash: str) -> None:
    """Raises `UniqueTaken`."""
    await tx.run(
        QUERIES.insert_user,
        id=user.id,
        tenant_id=user.tenant_id,
        name=user.name,
        roles=[str(role) for role in user.roles],
        password_hash=password_hash,
    )


async def find_working_user(tx: Transaction, tenant_id: str, user_id: str) -> tuple[User, Tenant] | None:
    """The user and the own tenant, or None where the user is disabled or is none of the tenant's."""
    row = await tx.maybe(QUERIES.find_working_user, tenant_id=tenant_id, user_id=user_id)
    if row is None:
        return None
    user = User(id=row["id"], tenant_id=tenant_id, name=row["name"], roles=[Role(each) for each in row["roles"]])
    return user, Tenant(id=tenant_id, name=row["tenant_name"], official=row["official"])


async def find_user(tx: Transaction, tenant_id: str, reference: str) -> User | None:
    """By id or name, disabled ones too."""
    row = await tx.maybe(QUERIES.find_user, tenant_id=tenant_id, reference=reference)
    if row is None:
        return None
    return User(id=row["id"], tenant_id=row["tenant_id"], name=row["name"], roles=_roles(row))


async def set_password_hash(tx: Transaction, user: User, password_hash: str) -> None:
    """Replaces the hash, for instance by one made with today's parameters."""
    await tx.run(QUERIES.set_password_hash, tenant_id=user.tenant_id, user_id=user.id, password_hash=password_hash)


async def disable_user(tx: Transaction, user: User) -> None:
    """From now on no credential of the user works."""
    await tx.run(QUERIES.disable_user, tenant_id=user.tenant_id, user_id=user.id)


async def find_login(tx: Transaction, login: Login) -> LoginRow | None:
    """The user that a login names, unless disabled."""
    row = await tx.maybe(
        QUERIES.find_login,
        account_name=login.account_name,
        account_id=login.account_id,
        user_name=login.user_name,
        user_id=login.user_id,
    )
    if row is None:
        return None
    return LoginRow(user=_holder(row), tenant=_tenant(row), password_hash=row["password_hash"])


async def insert_token(
    tx: Transaction, digest: bytes, user: User, project_id: str | None, hours: int
) -> tuple[datetime, datetime]:
    """Answers when the token begins and ends."""
    row = await tx.one(
        QUERIES.insert_token,
        digest=digest,
        tenant_id=user.tenant_id,
        user_id=user.id,
        project_id=project_id,
        hours=hours,
    )
    return row["issued_at"], row["expires_at"]


async def find_token_holder(tx: Transaction, digest: bytes) -> tuple[TokenFacts, str | None] | None:
    """What a valid token says, with the id of the project it is for (whose row only its tenant sees)."""
    row = await tx.maybe(QUERIES.find_token_holder, digest=digest)
    if row is None:
        return None
    facts = TokenFacts(
        user_id=row["user_id"],
        user_name=row["user_name"],
        roles=_roles(row),
        tenant_id=row["tenant_id"],
        tenant_name=row["tenant_name"],
        official=row["official"],
        project=None,
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
    )
    return facts, row["project_id"]


async def revoke_token(tx: Transaction, tenant_id: str, digest: bytes) -> None:
    """Ends one token."""
    await tx.run(QUERIES.revoke_token, tenant_id=tenant_id, digest=digest)


async def revoke_tokens(tx: Transaction, tenant_id: str, user_id: str | None) -> int:
    """Ends all tokens of a user, or of the whole tenant; answers how many."""
    return int(await tx.value(QUERIES.revoke_tokens, tenant_id=tenant_id, user_id=user_id))


async def insert_access_key(tx: Transaction, access_key: str, user: User, secret: bytes) -> None:
    """Keeps the sealed secret."""
    await tx.run(
        QUERIES.insert_access_key, access_key=access_key, tenant_id=user.tenant_id, user_id=user.id, secret=secret
    )


async def find_access_key_tenant(tx: Transaction, access_key: str) -> str | None:
    """Whose key it is, as far as the transaction may see."""
    tenant_id: str | None = await tx.value(QUERIES.find_access_key_tenant, access_key=access_key)
    return tenant_id


async def revoke_access_key(tx: Transaction, tenant_id: str, access_key: str) -> None:
    """Ends an access key."""
    await tx.run(QUERIES.revoke_access_key, tenant_id=tenant_id, access_key=access_key)


async def find_access_key_holder(tx: Transaction, access_key: str) -> KeyHolder | None:
    """Who holds a key that still works."""
    row = await tx.maybe(QUERIES.find_access_key_holder, access_key=access_key)
    return KeyHolder(user=_holder(row), tenant=_tenant(row), secret=row["secret"]) if row else None


async def insert_publisher_token(
    tx: Transaction, digest: bytes, id: str, user: User, publisher_id: str, *, name: str, hint: str, days: int
) -> PublisherToken | None:
    """The new token; None where the user is disabled."""
    row = await tx.maybe(
        QUERIES.insert_publisher_token,
        id=id,
        digest=digest,
        tenant_id=user.tenant_id,
        publisher_id=publisher_id,
        user_id=user.id,
        name=name,
        hint=hint,
        days=days,
    )
    if row is None:
        return None
    return PublisherToken(
        id=id,
        tenant_id=user.tenant_id,
        publisher_id=publisher_id,
        user_id=user.id,
        user_name=user.name,
        name=name,
        hint=hint,
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


async def find_publisher_token(tx: Transaction, tenant_id: str, id: str, caller: Caller) -> PublisherToken | None:
    """A token in the caller's hands: an own one, one for a publisher of theirs, any of the tenant for an administrator."""
    row = await tx.maybe(QUERIES.find_publisher_token, tenant_id=tenant_id, id=id, in_hands_of=_hands(caller))
    return PublisherToken(**row) if row else None


async def find_publisher_token_tenant(tx: Transaction, id: str) -> str | None:
    """Whose token it is, as far as the transaction may see."""
    tenant_id: str | None = await tx.value(QUERIES.find_publisher_token_tenant, id=id)
    return tenant_id


async def list_publisher_tokens(
    tx: Transaction, tenant_id: str, publisher_id: str | None, caller: Caller, paging: Paging
) -> Page[PublisherToken]:
    """The tokens in the caller's hands, of one publisher or of all, latest first."""
    asked = {"tenant_id": tenant_id, "publisher_id": publisher_id, "in_hands_of": _hands(caller)}
    rows = await tx.many(QUERIES.list_publisher_tokens, **asked, offset=paging.offset, limit=paging.limit)
    total = await tx.value(QUERIES.count_publisher_tokens, **asked)
    return Page(items=[PublisherToken(**row) for row in rows], total=total)


async def revoke_publisher_token(tx: Transaction, token: PublisherToken) -> PublisherToken:
    """Ends a publisher token; answers it as it is then."""
    row = await tx.one(QUERIES.revoke_publisher_token, tenant_id=token.tenant_id, id=token.id)
    return msgspec.structs.replace(token, revoked_at=row["revoked_at"])


async def find_publisher_token_holder(tx: Transaction, digest: bytes) -> PublisherTokenHolder | None:
    """Who holds a token that works now. Its use is noted."""
    row = await tx.maybe(QUERIES.find_publisher_token_holder, digest=digest)
    if row is None:
        return None
    return PublisherTokenHolder(user=_holder(row), tenant=_tenant(row), publisher_id=row["publisher_id"])


async def note_signature(tx: Transaction, access_key: str, signature: str, connection: str) -> bool:
    """Whether the signature may be used: it is new, or the same connection repeats it within a second."""
    return bool(
        await tx.value(QUERIES.note_signature, access_key=access_key, signature=signature, connection=connection)
    )


async def sweep_credentials(tx: Transaction, minutes: int) -> None:
    """Forgets signatures older than `minutes`, tokens that ended a day ago, and publisher tokens that ended 30 days ago."""
    await tx.run(QUERIES.sweep_credentials, minutes=minutes)


def _hands(caller: Caller) -> str | None:
    """None: every token of the tenant is in the hands of those who administer it."""
    return None if caller.is_admin else caller.user_id


def _roles(row: dict[str, list[str]]) -> list[Role]:
    return [Role(each) for each in row["roles"]]


def _holder(row: dict[str, str]) -> User:
    return User(id=row["user_id"], tenant_id=row["tenant_id"], name=row["user_name"], roles=_roles(row))  # type: ignore[arg-type]


def _tenant(row: dict[str, str]) -> Tenant:
    return Tenant(id=row["tenant_id"], name=row["tenant_name"], official=bool(row["official"]))
