"""Use-cases about who belongs to a publisher: members, invitations, and handing it over."""

from app.registry.access import permissions
from app.registry.memberships import rules
from app.registry.publishers import standing
from schemas.errors import (
    InvalidField,
    InvitationOver,
    InvitationUnknown,
    InvitationWaits,
    LastOwner,
    PublisherMemberExists,
    PublisherMemberUnknown,
    PublisherUnknown,
    TooManyPublisherMembers,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller, User
from schemas.model.audit import Change
from schemas.model.memberships import Invitation, InvitationState, PublisherMember, PublisherRole
from schemas.model.publishers import Act, Membership, Publisher
from schemas.paging import Page, Paging
from storage.postgres import access, audit, memberships, publishers
from storage.postgres.database import Database, Transaction, UniqueTaken

_MOST_INVITATIONS = 100
"""That are shown to one user."""


class Memberships:
    """The members of every tenant's publishers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(self, caller: Caller, paging: Paging) -> Page[Membership]:
        """The publishers that the caller belongs to, or all of the tenant for administrators; latest change first."""
        permissions.require(caller, "list_memberships")
        async with self._database.transaction(caller.tenant_id) as tx:
            return await memberships.list_memberships(tx, caller, paging)

    # -- members -------------------------------------------------------------------------------------------------------

    async def change_role(
        self, caller: Caller, publisher_id: str, user_id: str, role: PublisherRole
    ) -> PublisherMember:
        """Makes a member something else.

        Raises `PublisherUnknown`, `NotPublisherMember`, `PublisherMemberUnknown`, `LastOwner`.
        """
        permissions.require(caller, "change_publisher_member")
        async with self._database.transaction(caller.tenant_id) as tx:
            publisher = await _opened(tx, caller, publisher_id, Act.CHANGE_ROLE)
            member = await _member(tx, publisher, user_id)
            if member.role is not role:
                await _take_role(tx, caller, publisher, member, role)
                await _record(tx, caller, publisher, "publisher.member_changed", member.user_id, member.user_name, role)
            return await _member(tx, publisher, user_id)

    async def remove(self, caller: Caller, publisher_id: str, user_id: str) -> None:
        """Takes a member out of the publisher; everybody may leave. Raises as `change_role` does."""
        permissions.require(caller, "remove_publisher_member")
        async with self._database.transaction(caller.tenant_id) as tx:
            act = Act.LOOK if user_id == caller.user_id else Act.REMOVE
            publisher = await _opened(tx, caller, publisher_id, act)
            member = await _member(tx, publisher, user_id)
            await _take_role(tx, caller, publisher, member, None)
            await _record(
                tx, caller, publisher, "publisher.member_removed", member.user_id, member.user_name, member.role
            )

    # -- invitations ---------------------------------------------------------------------------------------------------

    async def invite(self, caller: Caller, publisher_id: str, user: str, role: PublisherRole) -> Invitation:
        """Offers a user of the tenant, by id or name, to belong to the publisher; he has 14 days to answer.

        Raises `PublisherUnknown`, `NotPublisherMember`, `InvalidField` for an unknown user, `PublisherMemberExists`,
        `InvitationWaits`, `TooManyPublisherMembers`.
        """
        permissions.require(caller, "invite_to_publisher")
        async with self._database.transaction(caller.tenant_id) as tx:
            publisher = await _opened(tx, caller, publisher_id, Act.INVITE)
            invited = await _invitable(tx, publisher, user)
            present = await memberships.find_role(tx, publisher, invited.id)
            if present is not None:
                raise PublisherMemberExists("user", name=invited.name, role=present.value)
            if await memberships.count_members(tx, publisher) >= rules.MOST_MEMBERS:
                raise TooManyPublisherMembers("publisher_id", limit=rules.MOST_MEMBERS)
            made = await _insert(tx, caller, publisher, invited, role, None)
            await _record(tx, caller, publisher, "publisher.invited", invited.id, invited.name, role)
            return made

    async def hand_over(self, caller: Caller, publisher_id: str, user: str) -> Invitation:
        """Offers a user of the tenant, by id or name, to own the publisher in the place of whoever offers it.

        An administrator who does not own it offers it in the name of its user. When the user accepts, he is an owner and the
        one before him a maintainer. Raises as `invite` does, `PublisherMoveRefused` for a suspended publisher.
        """
        permissions.require(caller, "hand_over_publisher")
        async with self._database.transaction(caller.tenant_id) as tx:
            publisher = await _opened(tx, caller, publisher_id, Act.HAND_OVER)
            invited = await _invitable(tx, publisher, user)
            giver = await _giver(tx, caller, publisher)
            if invited.id == giver:
                raise PublisherMemberExists("user", name=invited.name, role=PublisherRole.OWNER.value)
            made = await _insert(tx, caller, publisher, invited, PublisherRole.OWNER, giver)
            await _record(tx, caller, publisher, "publisher.offered", invited.id, invited.name, PublisherRole.OWNER)
            return made

    async def revoke(self, caller: Caller, publisher_id: str, invitation_id: str) -> None:
        """Takes an invitation or an offer back. Raises `PublisherUnknown`, `NotPublisherMember`, `InvitationUnknown`,
        `InvitationOver`."""
        permissions.require(caller, "revoke_publisher_invitation")
        async with self._database.transaction(caller.tenant_id) as tx:
            publisher = await _opened(tx, caller, publisher_id, Act.REVOKE)
            invitation = await _invitation(tx, caller.tenant_id, invitation_id)
            if invitation.publisher_id != publisher.id:
                raise InvitationUnknown("invitation_id")
            if invitation.state is InvitationState.REVOKED:
                return
            rules.require_waiting(invitation, "invitation_id")
            await memberships.end_invitation(tx, invitation, InvitationState.REVOKED)
            await _record(
                tx,
                caller,
                publisher,
                "publisher.invitation_revoked",
                invitation.user_id,
                invitation.user_name,
                invitation.role,
            )

    async def list_invitations(self, caller: Caller) -> list[Invitation]:
        """What the caller is invited to and has not answered, the latest first."""
        permissions.require(caller, "list_publisher_invitations")
        async with self._database.transaction(caller.tenant_id) as tx:
            return await memberships.list_invitations(tx, caller.tenant_id, _MOST_INVITATIONS, user_id=caller.user_id)

    async def accept(self, caller: Caller, invitation_id: str) -> Invitation:
        """The caller belongs to the publisher from now on. Doing it again changes nothing.

        Raises `InvitationUnknown`, `InvitationOver`, and `PublisherMoveRefused` where a publisher was suspended before it was
        handed over.
        """
        permissions.require(caller, "accept_publisher_invitation")
        return await self._answer(caller, invitation_id, InvitationState.ACCEPTED)

    async def decline(self, caller: Caller, invitation_id: str) -> Invitation:
        """The caller does not want to. Doing it again changes nothing. Raises `InvitationUnknown`, `InvitationOver`."""
        permissions.require(caller, "decline_publisher_invitation")
        return await self._answer(caller, invitation_id, InvitationState.DECLINED)

    async def _answer(self, caller: Caller, invitation_id: str, answer: InvitationState) -> Invitation:
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            invitation = await _invitation(tx, caller.tenant_id, invitation_id)
            if invitation.user_id != caller.user_id:  # others learn nothing of it here
                raise InvitationUnknown("invitation_id")
            if invitation.state is answer:
                return invitation
            rules.require_waiting(invitation, "invitation_id")
            publisher = await find(tx, caller.tenant_id, invitation.publisher_id, "invitation_id")
            if answer is InvitationState.DECLINED:
                action = "publisher.invitation_declined"
            elif invitation.hands_over_from is None:
                action = "publisher.invitation_accepted"
                await memberships.save(tx, publisher, caller.user_id, invitation.role)
            else:
                action = "publisher.handed_over"
                await _take_over(tx, caller, publisher, invitation.hands_over_from)
            await memberships.end_invitation(tx, invitation, answer)
            await audit.record(tx, caller.tenant_id, caller, Change(
                action=action, object_kind="publisher", object_id=publisher.id,
                detail={
                    "en_name": publisher.en_name, "user_name": caller.user_name, "member_id": caller.user_id,
                    "role": invitation.role.value, "invitation_id": invitation.id,
                    "hands_over_from": invitation.hands_over_from,
                }))  # fmt: skip
            return await _invitation(tx, caller.tenant_id, invitation_id)


async def has_right(tx: Transaction, caller: Caller, publisher: Publisher, act: Act) -> bool:
    """Whether the caller may do this with the publisher of his tenant."""
    role = await memberships.find_role(tx, publisher, caller.user_id)
    return rules.party(caller, role) in rules.RIGHTS[act]


async def require_right(tx: Transaction, caller: Caller, publisher: Publisher, act: Act, field: str) -> None:
    """Raises `NotPublisherMember` unless the caller may do this with the publisher of his tenant."""
    rules.require(caller, await memberships.find_role(tx, publisher, caller.user_id), publisher, act, field)


async def find(tx: Transaction, tenant_id: str, publisher_id: str, field: str = "publisher_id") -> Publisher:
    """The live publisher of the tenant. Raises `PublisherUnknown`."""
    publisher = await publishers.find(tx, tenant_id, publisher_id) if is_id(publisher_id) else None
    if publisher is None:
        raise PublisherUnknown(field)
    return publisher


async def _opened(tx: Transaction, caller: Caller, publisher_id: str, act: Act) -> Publisher:
    """The publisher, for a change of its members that the caller may make."""
    await audit.lock_tenant(tx, caller.tenant_id)
    publisher = await find(tx, caller.tenant_id, publisher_id)
    await require_right(tx, caller, publisher, act, "publisher_id")
    standing.require(publisher, act, "publisher_id")
    return publisher


async def _invitable(tx: Transaction, publisher: Publisher, reference: str) -> User:
    user = await access.find_user(tx, publisher.tenant_id, reference)
    working = await access.find_working_user(tx, publisher.tenant_id, user.id) if user is not None else None
    if user is None or working is None:
        raise InvalidField("user", problem="There is no such user")
    return user


async def _member(tx: Transaction, publisher: Publisher, user_id: str) -> PublisherMember:
    found = [each for each in await memberships.list_members(tx, publisher) if each.user_id == user_id]
    if not found:
        raise PublisherMemberUnknown("user_id")
    return found[0]


async def _invitation(tx: Transaction, tenant_id: str, invitation_id: str) -> Invitation:
    found = await memberships.find_invitation(tx, tenant_id, invitation_id) if is_id(invitation_id) else None
    if found is None:
        raise InvitationUnknown("invitation_id")
    return found


async def _giver(tx: Transaction, caller: Caller, publisher: Publisher) -> str | None:
    """The owner who gives it away: whoever offers it, else the one whose publisher it is, else who owned it longest."""
    for user_id in (caller.user_id, publisher.user_id):
        if await memberships.find_role(tx, publisher, user_id) is PublisherRole.OWNER:
            return user_id
    return await memberships.find_oldest_owner(tx, publisher)


async def _insert(
    tx: Transaction, caller: Caller, publisher: Publisher, user: User, role: PublisherRole, giver: str | None
) -> Invitation:
    invitation_id = new_id()
    waiting = await memberships.list_invitations(tx, publisher.tenant_id, 1, publisher_id=publisher.id, user_id=user.id)
    if waiting:
        raise InvitationWaits("user", name=user.name)
    try:
        await memberships.insert_invitation(
            tx, invitation_id, publisher, user, role, caller, hands_over_from=giver, days=rules.INVITATION_DAYS
        )
    except UniqueTaken as error:
        raise InvitationWaits("user", name=user.name) from error
    return await _invitation(tx, publisher.tenant_id, invitation_id)


async def _take_role(
    tx: Transaction, caller: Caller, publisher: Publisher, member: PublisherMember, role: PublisherRole | None
) -> None:
    """Gives the member that role, or (None) takes him out. Raises `LastOwner`."""
    stops_owning = member.role is PublisherRole.OWNER and role is not PublisherRole.OWNER
    if stops_owning and await memberships.count_owners(tx, publisher) == 1:
        raise LastOwner("user_id")
    if role is None:
        await memberships.delete(tx, publisher, member.user_id)
    else:
        await memberships.save(tx, publisher, member.user_id, role)
    if stops_owning and publisher.user_id == member.user_id:
        heir = await memberships.find_oldest_owner(tx, publisher)
        await publishers.set_user(tx, publisher, heir or publisher.user_id, caller)


async def _take_over(tx: Transaction, caller: Caller, publisher: Publisher, giver: str) -> None:
    """The caller owns the publisher, and the giver maintains it. Raises `InvitationOver` where he owns it no more."""
    standing.require(publisher, Act.HAND_OVER, "invitation_id")
    if await memberships.find_role(tx, publisher, giver) is not PublisherRole.OWNER:
        raise InvitationOver("invitation_id", state="no owner's any more")
    await memberships.save(tx, publisher, caller.user_id, PublisherRole.OWNER)
    await memberships.save(tx, publisher, giver, PublisherRole.MAINTAINER)
    await publishers.set_user(tx, publisher, caller.user_id, caller)


async def _record(
    tx: Transaction,
    caller: Caller,
    publisher: Publisher,
    action: str,
    user_id: str,
    user_name: str,
    role: PublisherRole,
) -> None:
    await audit.record(tx, publisher.tenant_id, caller, Change(
        action=action, object_kind="publisher", object_id=publisher.id,
        detail={
            "en_name": publisher.en_name, "user_id": user_id, "user_name": user_name, "role": role.value,
        }))  # fmt: skip
