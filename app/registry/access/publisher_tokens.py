"""Use-cases about publisher tokens: credentials of one user for one publisher, for machines that upload.

A token never widens and never outlives what it hangs on. Its rights are those that its user has at the moment of use, on the
operations that take such tokens (`operation(..., publisher_token=True)`); it stops with its user, with its publisher, at its end
and when it is revoked. A publisher that is accepted again after a rejection, or reinstated, has its tokens back; a user who
is no owner or maintainer any more brings nothing with his.
"""

from app.registry.access import permissions, tokens
from app.registry.access.rules import checked_name, checked_token_days
from app.registry.memberships.rules import RIGHTS, party
from schemas.errors import (
    AccessObjectUnknown,
    NotAuthenticated,
    NotPublishersOwner,
    OperationNotAllowed,
    PublisherTokenUseless,
    PublisherUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller, IssuedPublisherToken, PublisherToken, User
from schemas.model.audit import Change
from schemas.model.publishers import Act, Publisher
from schemas.paging import Page, Paging
from storage.postgres import access, audit, memberships, publishers
from storage.postgres.database import Database, Transaction


class PublisherTokens:
    """The publisher tokens of every tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def caller_of(self, token: str, request_id: str) -> Caller:
        """Who holds a publisher token. Raises `NotAuthenticated`; of a mistyped one without asking the database."""
        if not tokens.is_publisher_token(token):
            raise NotAuthenticated
        async with self._database.statements() as tx:
            found = await access.find_publisher_token_holder(tx, tokens.digest(token))
        if found is None:
            raise NotAuthenticated
        return Caller(
            user_id=found.user.id,
            user_name=found.user.name,
            tenant_id=found.tenant.id,
            tenant_name=found.tenant.name,
            official=found.tenant.official,
            roles=frozenset(found.user.roles),
            credential="publisher-token",
            request_id=request_id,
            publisher_id=found.publisher_id,
        )

    # -- what users do with their own --------------------------------------------------------------------------------

    async def create(self, caller: Caller, publisher_id: str, name: str, days: int) -> IssuedPublisherToken:
        """A token of the caller for a publisher that he owns or maintains (any of the tenant, for administrators),
        good for 1 to 365 days.

        Raises `PublisherUnknown`, `NotPublishersOwner`, or `PublisherTokenUseless` for a rejected or suspended publisher.
        """
        permissions.require(caller, "create_publisher_token")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            user = User(id=caller.user_id, tenant_id=caller.tenant_id, name=caller.user_name, roles=[*caller.roles])
            return await _issue(tx, caller, user, publisher_id, name, days)

    async def list_page(self, caller: Caller, publisher_id: str | None, paging: Paging) -> Page[PublisherToken]:
        """The tokens of the caller and those for publishers of theirs (all of the tenant, for administrators), latest first.

        Ended ones are among them for thirty days. Raises `PublisherUnknown` for a `publisher_id` that is not the tenant's.
        """
        permissions.require(caller, "list_publisher_tokens")
        async with self._database.transaction(caller.tenant_id) as tx:
            return await _page(tx, caller, caller.tenant_id, publisher_id, paging)

    async def revoke(self, caller: Caller, token_id: str) -> PublisherToken:
        """Ends a token that `list_page` shows to the caller. Doing it again changes nothing. Raises `AccessObjectUnknown`."""
        permissions.require(caller, "revoke_publisher_token")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            return await _end(tx, caller, caller.tenant_id, token_id)

    # -- what operators do for tenants -------------------------------------------------------------------------------

    async def create_for(
        self, caller: Caller, tenant: str, user: str, publisher_id: str, name: str, days: int
    ) -> IssuedPublisherToken:
        """A token of any user for any publisher of the tenant; tenant and user are named by id or name."""
        permissions.require(caller, "create_publisher_token_for_user")
        async with self._database.transaction(platform=True) as tx:
            tenant_id = await _tenant_id(tx, tenant)
            await audit.lock_tenant(tx, tenant_id)
            holder = await access.find_user(tx, tenant_id, user)
            if holder is None:
                raise AccessObjectUnknown("user", what="user")
            return await _issue(tx, caller, holder, publisher_id, name, days)

    async def list_of_tenant(
        self, caller: Caller, tenant: str, publisher_id: str | None, paging: Paging
    ) -> Page[PublisherToken]:
        """All tokens of the tenant, which is named by id or name, or those for one publisher; latest first."""
        permissions.require(caller, "list_publisher_tokens_of_tenant")
        async with self._database.transaction(platform=True) as tx:
            return await _page(tx, caller, await _tenant_id(tx, tenant), publisher_id, paging)

    async def revoke_anywhere(self, caller: Caller, token_id: str) -> PublisherToken:
        """Ends a token of whatever tenant. Doing it again changes nothing. Raises `AccessObjectUnknown`."""
        permissions.require(caller, "revoke_publisher_token_anywhere")
        async with self._database.transaction(platform=True) as tx:
            tenant_id = await access.find_publisher_token_tenant(tx, token_id) if is_id(token_id) else None
            if tenant_id is None:
                raise AccessObjectUnknown("token_id", what="publisher token")
            await audit.lock_tenant(tx, tenant_id)
            return await _end(tx, caller, tenant_id, token_id)


def _no_publisher_token(caller: Caller, operation: str) -> None:
    if caller.publisher_id is not None:  # or a stolen token could make itself another one
        raise OperationNotAllowed("x-publisher-token", operation=operation)


async def _issue(
    tx: Transaction, caller: Caller, user: User, publisher_id: str, name: str, days: int
) -> IssuedPublisherToken:
    _no_publisher_token(caller, "create_publisher_token")
    checked_name("name", name)
    checked_token_days("expires_in_days", days)
    publisher = await _publisher(tx, user.tenant_id, publisher_id)
    role = await memberships.find_role(tx, publisher, caller.user_id)
    if party(caller, role) not in RIGHTS[Act.BRING]:
        raise NotPublishersOwner("publisher_id")
    if publisher.status.is_shut:
        raise PublisherTokenUseless("publisher_id", reason=f"the publisher is {publisher.status.label}")
    token = tokens.new_publisher_token()
    made = await access.insert_publisher_token(
        tx,
        tokens.digest(token),
        new_id(),
        user,
        publisher.id,
        name=name,
        hint=tokens.publisher_token_hint(token),
        days=days,
    )
    if made is None:
        raise PublisherTokenUseless("user", reason="the user is disabled")
    detail = {"publisher_id": publisher.id, "user_id": user.id, "name": name, "days": days}
    await audit.record(tx, user.tenant_id, caller, Change(
        action="publisher_token.created", object_kind="publisher_token", object_id=made.id, detail=detail))  # fmt: skip
    return IssuedPublisherToken(token=token, facts=made)


async def _page(
    tx: Transaction, caller: Caller, tenant_id: str, publisher_id: str | None, paging: Paging
) -> Page[PublisherToken]:
    _no_publisher_token(caller, "list_publisher_tokens")
    if publisher_id is not None:
        await _publisher(tx, tenant_id, publisher_id)
    return await access.list_publisher_tokens(tx, tenant_id, publisher_id, caller, paging)


async def _end(tx: Transaction, caller: Caller, tenant_id: str, token_id: str) -> PublisherToken:
    _no_publisher_token(caller, "revoke_publisher_token")
    token = await access.find_publisher_token(tx, tenant_id, token_id, caller) if is_id(token_id) else None
    if token is None:
        raise AccessObjectUnknown("token_id", what="publisher token")
    if token.revoked_at is not None:
        return token
    revoked = await access.revoke_publisher_token(tx, token)
    await audit.record(tx, tenant_id, caller, Change(
        action="publisher_token.revoked", object_kind="publisher_token", object_id=token.id,
        detail={"publisher_id": token.publisher_id, "user_id": token.user_id}))  # fmt: skip
    return revoked


async def _publisher(tx: Transaction, tenant_id: str, publisher_id: str) -> Publisher:
    publisher = await publishers.find(tx, tenant_id, publisher_id) if is_id(publisher_id) else None
    if publisher is None:
        raise PublisherUnknown("publisher_id")
    return publisher


async def _tenant_id(tx: Transaction, reference: str) -> str:
    tenant = await access.find_tenant(tx, reference)
    if tenant is None:
        raise AccessObjectUnknown("tenant", what="tenant")
    return tenant.id
