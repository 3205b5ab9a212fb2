"""Who may do what with a publisher: one table, asked for every act. Pure decisions."""

from enum import StrEnum

from schemas.errors import InvitationOver, NotPublisherMember
from schemas.model.access import Caller
from schemas.model.memberships import Invitation, InvitationState, PublisherRole
from schemas.model.publishers import Act, Publisher

INVITATION_DAYS = 14
MOST_MEMBERS = 100
"""Of one publisher, those who are invited among them."""


class Party(StrEnum):
    """What a user of the publisher's tenant is to it."""

    OWNER = "owner"
    MAINTAINER = "maintainer"
    MEMBER = "member"
    ADMINISTRATOR = "administrator"
    """Of the tenant, whatever else."""
    COLLEAGUE = "colleague"
    """None of these."""


_INSIDE = frozenset({Party.OWNER, Party.MAINTAINER, Party.MEMBER, Party.ADMINISTRATOR})
_PUBLISHING = frozenset({Party.OWNER, Party.MAINTAINER, Party.ADMINISTRATOR})
_DECIDING = frozenset({Party.OWNER, Party.ADMINISTRATOR})

RIGHTS: dict[Act, frozenset[Party]] = {
    Act.LOOK: _INSIDE,
    Act.BRING: _PUBLISHING,
    Act.SET_REVIEW: _DECIDING,
    Act.REAPPLY: _DECIDING,
    Act.INVITE: _DECIDING,
    Act.REVOKE: _DECIDING,
    Act.CHANGE_ROLE: _DECIDING,
    Act.REMOVE: _DECIDING,  # and everybody may leave
    Act.HAND_OVER: _DECIDING,
    Act.DELETE: _DECIDING,
}
"""Which of the tenant's users may do it. What is not here, operators do."""


def party(caller: Caller, role: PublisherRole | None) -> Party:
    """What the caller, who has that role, is to a publisher of his tenant."""
    if caller.is_admin:
        return Party.ADMINISTRATOR
    return Party(role.value) if role is not None else Party.COLLEAGUE


def require(caller: Caller, role: PublisherRole | None, publisher: Publisher, act: Act, field: str) -> None:
    """Raises `NotPublisherMember` unless the caller, who has that role, may do it."""
    rights = RIGHTS[act]
    if party(caller, role) not in rights:
        who = [f"{each.value}s" for each in Party if each in rights and each is not Party.ADMINISTRATOR]
        raise NotPublisherMember(field, name=publisher.en_name, who=" and ".join(who))


def require_waiting(invitation: Invitation, field: str) -> None:
    """Raises `InvitationOver` for one that was answered, taken back, or waited too long."""
    if invitation.state is not InvitationState.WAITING:
        raise InvitationOver(field, state=invitation.state.value)
