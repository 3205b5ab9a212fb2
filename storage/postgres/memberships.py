"""Rows of who belongs to publishers, and of invitations."""

from typing import Any

from schemas.model.access import Caller, User
from schemas.model.memberships import Invitation, InvitationState, PublisherMember, PublisherRole
from schemas.model.publishers import Membership, Publisher, PublisherStatus
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("memberships")


async def find_role(tx: Transaction, publisher: Publisher, user_id: str) -> PublisherRole | None:
    """What the user is to the publisher."""
    role = await tx.value(QUERIES.find_role, tenant_id=publisher.tenant_id, publisher_id=publisher.id, user_id=user_id)
    return PublisherRole(role) if role else None


async def list_members(tx: Transaction, publisher: Publisher) -> list[PublisherMember]:
    """The publisher's members: owners first, and who came first."""
    rows = await tx.many(QUERIES.list_members, tenant_id=publisher.tenant_id, publisher_id=publisher.id)
    return [PublisherMember(**{**row, "role": PublisherRole(row["role"])}) for row in rows]


async def count_members(tx: Transaction, publisher: Publisher) -> int:
    """How many belong to it, and are invited."""
    return int(await tx.value(QUERIES.count_members, tenant_id=publisher.tenant_id, publisher_id=publisher.id))


async def count_owners(tx: Transaction, publisher: Publisher) -> int:
    """How many own it."""
    return int(await tx.value(QUERIES.count_owners, tenant_id=publisher.tenant_id, publisher_id=publisher.id))


async def save(tx: Transaction, publisher: Publisher, user_id: str, role: PublisherRole) -> None:
    """From now on the user is that to the publisher."""
    await tx.run(
        QUERIES.save_member,
        publisher_id=publisher.id,
        tenant_id=publisher.tenant_id,
        user_id=user_id,
        role=role,
    )


async def delete(tx: Transaction, publisher: Publisher, user_id: str) -> None:
    """From now on the user is nothing to the publisher."""
    await tx.run(QUERIES.delete_member, tenant_id=publisher.tenant_id, publisher_id=publisher.id, user_id=user_id)


async def find_oldest_owner(tx: Transaction, publisher: Publisher) -> str | None:
    """The user who has owned it longest."""
    found: str | None = await tx.value(
        QUERIES.find_oldest_owner, tenant_id=publisher.tenant_id, publisher_id=publisher.id
    )
    return found


async def list_memberships(tx: Transaction, caller: Caller, paging: Paging) -> Page[Membership]:
    """The live publishers that the caller belongs to, or all of the tenant for administrators; latest change first."""
    asked = {"tenant_id": caller.tenant_id, "user_id": caller.user_id, "sees_all": caller.is_admin}
    rows = await tx.many(QUERIES.list_memberships, **asked, offset=paging.offset, limit=paging.limit)
    total = await tx.value(QUERIES.count_memberships, **asked)
    return Page(items=[_membership(row) for row in rows], total=total)


async def insert_invitation(
    tx: Transaction,
    id: str,
    publisher: Publisher,
    user: User,
    role: PublisherRole,
    by: Caller,
    *,
    hands_over_from: str | None,
    days: int,
) -> None:
    """An invitation that waits for so many days. Raises `UniqueTaken` where one waits already."""
    await tx.run(
        QUERIES.end_expired_invitations, tenant_id=publisher.tenant_id, publisher_id=publisher.id, user_id=user.id
    )
    await tx.run(
        QUERIES.insert_invitation,
        id=id,
        publisher_id=publisher.id,
        tenant_id=publisher.tenant_id,
        user_id=user.id,
        role=role,
        hands_over_from=hands_over_from,
        invited_by_id=by.user_id,
        invited_by_name=by.user_name,
        days=days,
    )


async def find_invitation(tx: Transaction, tenant_id: str, id: str) -> Invitation | None:
    """The invitation to a live publisher of the tenant, whatever became of it."""
    row = await tx.maybe(QUERIES.find_invitation, tenant_id=tenant_id, id=id)
    return _invitation(row) if row else None


async def list_invitations(
    tx: Transaction, tenant_id: str, most: int, *, publisher_id: str | None = None, user_id: str | None = None
) -> list[Invitation]:
    """Those that wait, of the publisher or to the user, the latest first."""
    rows = await tx.many(
        QUERIES.list_invitations, tenant_id=tenant_id, publisher_id=publisher_id, user_id=user_id, most=most
    )
    return [_invitation(row) for row in rows]


async def end_invitation(tx: Transaction, invitation: Invitation, state: InvitationState) -> None:
    """An invitation that waits comes to that end."""
    await tx.run(QUERIES.end_invitation, tenant_id=invitation.tenant_id, id=invitation.id, state=state)


def _membership(row: Any) -> Membership:
    told = {name: row[name] for name in Publisher.__struct_fields__}
    publisher = Publisher(**{**told, "status": PublisherStatus(row["status"])})
    return Membership(publisher=publisher, role=PublisherRole(row["role"]) if row["role"] else None)


def _invitation(row: Any) -> Invitation:
    told = {**row, "role": PublisherRole(row["role"]), "state": InvitationState(row["state"])}
    return Invitation(**told)
