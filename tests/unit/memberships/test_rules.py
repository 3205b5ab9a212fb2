"""Who may do what with a publisher."""

from datetime import UTC, datetime

import msgspec
import pytest

from app.registry.memberships import rules
from app.registry.memberships.rules import Party
from schemas.errors import InvitationOver, NotPublisherMember
from schemas.model.access import Caller, Role
from schemas.model.memberships import Invitation, InvitationState, PublisherRole
from schemas.model.publishers import Act, Publisher, PublisherStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PUBLISHER = Publisher(
    id="a" * 32, tenant_id="b" * 32, en_name="house", name="House", user_id="u", description="", logo_url="", website="",
    support_url="x", source_url="", status=PublisherStatus.ACCEPTED, reason="", updated_at=NOW, updated_by_id="u",
    updated_by_name="u",
)  # fmt: skip
INVITATION = Invitation(
    id="c" * 32, publisher_id=PUBLISHER.id, tenant_id=PUBLISHER.tenant_id, en_name="house", user_id="v", user_name="v",
    role=PublisherRole.MEMBER, hands_over_from=None, state=InvitationState.WAITING, invited_by_id="u", invited_by_name="u",
    created_at=NOW, expires_at=NOW,
)  # fmt: skip
DECIDING = {Act.SET_REVIEW, Act.REAPPLY, Act.INVITE, Act.REVOKE, Act.CHANGE_ROLE, Act.REMOVE, Act.HAND_OVER, Act.DELETE}


def a_caller(*roles: Role) -> Caller:
    return Caller(
        user_id="u", user_name="u", tenant_id=PUBLISHER.tenant_id, tenant_name="t", official=False,
        roles=frozenset(roles), credential="token", request_id="r",
    )  # fmt: skip


@pytest.mark.parametrize("role", [None, *PublisherRole])
def test_administrators_are_administrators_whatever_they_are_to_the_publisher(role: PublisherRole | None) -> None:
    for admin in (Role.ADMIN, Role.OPERATOR):
        assert rules.party(a_caller(admin), role) is Party.ADMINISTRATOR
    assert rules.party(a_caller(Role.AUTHOR), role).value == (role or "colleague")


@pytest.mark.parametrize(
    ("party", "acts"),
    [
        (Party.OWNER, {Act.LOOK, Act.BRING} | DECIDING),
        (Party.ADMINISTRATOR, {Act.LOOK, Act.BRING} | DECIDING),
        (Party.MAINTAINER, {Act.LOOK, Act.BRING}),
        (Party.MEMBER, {Act.LOOK}),
        (Party.COLLEAGUE, set()),
    ],
)
def test_what_each_party_may_do(party: Party, acts: set[Act]) -> None:
    assert {act for act, parties in rules.RIGHTS.items() if party in parties} == acts
    caller = a_caller(Role.ADMIN if party is Party.ADMINISTRATOR else Role.AUTHOR)
    role = PublisherRole(party.value) if party.value in set(PublisherRole) else None
    for act in rules.RIGHTS:
        if act in acts:
            rules.require(caller, role, PUBLISHER, act, "publisher_id")
        else:
            with pytest.raises(NotPublisherMember, match="publisher_id: Of the publisher house only owners"):
                rules.require(caller, role, PUBLISHER, act, "publisher_id")


@pytest.mark.parametrize("state", InvitationState)
def test_only_an_invitation_that_waits_is_answered(state: InvitationState) -> None:
    invitation = msgspec.structs.replace(INVITATION, state=state)
    if state is InvitationState.WAITING:
        rules.require_waiting(invitation, "invitation_id")
        return
    with pytest.raises(InvitationOver, match=state.value):
        rules.require_waiting(invitation, "invitation_id")
