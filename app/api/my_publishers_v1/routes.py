"""`/plugport/v1/my-publishers*`: publishers as those see them who belong to them; and the invitations of a user."""

from litestar import Controller, delete, get, post, put

from app.api.my_publishers_v1 import translate
from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.publisher_words import to_member
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.memberships import PublisherRole
from schemas.paging import Paging
from schemas.wire import my_publishers_v1 as wire
from schemas.wire.publisher_shapes import PublisherMemberRow


class MyPublishersController(Controller):
    """For members of publishers, and administrators of their account."""

    path = "/plugport/v1/my-publishers"
    tags = ("Publishers",)

    @get("/", **operation("list_memberships"))
    async def list_memberships(
        self, caller: Caller, registry: Registry, offset: Offset = 0, limit: Limit = 10
    ) -> wire.MembershipPage:
        """List the publishers that the caller belongs to (all of the account, for administrators), latest change first."""
        paging = Paging(offset=offset, limit=limit)
        return translate.to_page(await registry.memberships.list_page(caller, paging), paging)

    @get("/{publisher_id:str}", **operation("show_membership"))
    async def show(self, publisher_id: str, caller: Caller, registry: Registry) -> wire.OwnPublisherFile:
        """Show a publisher with its members, open invitations, verified mark, and the statement that proves a domain."""
        return translate.to_file(await registry.publishers.show(caller, publisher_id))

    @post("/{publisher_id:str}/reapply", **operation("reapply_publisher"))
    async def reapply(
        self, publisher_id: str, data: wire.ReapplyRequest, caller: Caller, registry: Registry
    ) -> wire.MembershipRow:
        """Put a rejected publisher forward again, perhaps with other facts. What is absent stays as it is."""
        await registry.publishers.reapply(caller, publisher_id, translate.to_changed(data))
        return translate.to_file(await registry.publishers.show(caller, publisher_id)).publisher

    @put("/{publisher_id:str}/members/{user_id:str}", **operation("change_publisher_member"))
    async def change_member(
        self, publisher_id: str, user_id: str, data: wire.RoleRequest, caller: Caller, registry: Registry
    ) -> PublisherMemberRow:
        """Give a member another role. The last owner stays one."""
        role = PublisherRole(data.role)
        return to_member(await registry.memberships.change_role(caller, publisher_id, user_id, role))

    @delete("/{publisher_id:str}/members/{user_id:str}", **operation("remove_publisher_member"))
    async def remove_member(self, publisher_id: str, user_id: str, caller: Caller, registry: Registry) -> bool:
        """Take a member out, or leave. The last owner stays."""
        await registry.memberships.remove(caller, publisher_id, user_id)
        return True

    @post("/{publisher_id:str}/invitations", **operation("invite_to_publisher", status=201))
    async def invite(
        self, publisher_id: str, data: wire.InvitationRequest, caller: Caller, registry: Registry
    ) -> wire.InvitationRow:
        """Invite a user of the account, who has fourteen days to answer."""
        role = PublisherRole(data.role)
        return translate.to_invitation(await registry.memberships.invite(caller, publisher_id, data.user, role))

    @delete("/{publisher_id:str}/invitations/{invitation_id:str}", **operation("revoke_publisher_invitation"))
    async def revoke(self, publisher_id: str, invitation_id: str, caller: Caller, registry: Registry) -> bool:
        """Take back an invitation, or the offer to hand the publisher over. Doing it again changes nothing."""
        await registry.memberships.revoke(caller, publisher_id, invitation_id)
        return True

    @post("/{publisher_id:str}/transfer", **operation("hand_over_publisher", status=201))
    async def hand_over(
        self, publisher_id: str, data: wire.TransferRequest, caller: Caller, registry: Registry
    ) -> wire.InvitationRow:
        """Offer a user of the account to own the publisher. Who accepts owns it, and the one before becomes a maintainer."""
        return translate.to_invitation(await registry.memberships.hand_over(caller, publisher_id, data.user))


class InvitationsController(Controller):
    """What a user is invited to."""

    path = "/plugport/v1/publisher-invitations"
    tags = ("Publishers",)

    @get("/", **operation("list_publisher_invitations"))
    async def list_invitations(self, caller: Caller, registry: Registry) -> wire.InvitationList:
        """List the invitations and offers that the caller has not answered, the latest first; at most a hundred."""
        return translate.to_list(await registry.memberships.list_invitations(caller))

    @post("/{invitation_id:str}/accept", **operation("accept_publisher_invitation"))
    async def accept(self, invitation_id: str, caller: Caller, registry: Registry) -> wire.InvitationRow:
        """Belong to the publisher from now on. Doing it again changes nothing."""
        return translate.to_invitation(await registry.memberships.accept(caller, invitation_id))

    @post("/{invitation_id:str}/decline", **operation("decline_publisher_invitation"))
    async def decline(self, invitation_id: str, caller: Caller, registry: Registry) -> wire.InvitationRow:
        """Decline an invitation or an offer. Doing it again changes nothing."""
        return translate.to_invitation(await registry.memberships.decline(caller, invitation_id))
