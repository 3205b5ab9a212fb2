"""Publishers as their members see them."""

from collections.abc import Sequence

from app.api.moments import to_moment
from app.api.publisher_words import to_member
from schemas.model.memberships import Invitation, PublisherRole
from schemas.model.publishers import ChangedFacts, Membership, Publisher, PublisherFile, Verification
from schemas.paging import Page, Paging
from schemas.wire import my_publishers_v1 as wire


def to_changed(data: wire.ReapplyRequest) -> ChangedFacts:
    """What is said otherwise now."""
    return ChangedFacts(
        name=data.name,
        description=data.description,
        logo_url=data.logo_url,
        website=data.website,
        support_url=data.support_url,
        source_url=data.source_url,
    )


def to_page(found: Page[Membership], paging: Paging) -> wire.MembershipPage:
    """One part of the publishers."""
    return wire.MembershipPage(
        offset=paging.offset,
        limit=paging.limit,
        total=found.total,
        publishers=[_row(each.publisher, each.role) for each in found.items],
    )


def to_invitation(invitation: Invitation) -> wire.InvitationRow:
    """An invitation and what became of it."""
    return wire.InvitationRow(
        invitation_id=invitation.id,
        publisher_id=invitation.publisher_id,
        en_name=invitation.en_name,
        user_id=invitation.user_id,
        user_name=invitation.user_name,
        role=invitation.role.value,
        is_transfer=invitation.hands_over_from is not None,
        state=invitation.state.value,
        invited_by=invitation.invited_by_name,
        created_at=to_moment(invitation.created_at),
        expires_at=to_moment(invitation.expires_at),
    )


def to_list(found: Sequence[Invitation]) -> wire.InvitationList:
    """The invitations of a user."""
    return wire.InvitationList(invitations=[to_invitation(each) for each in found])


def to_file(found: PublisherFile) -> wire.OwnPublisherFile:
    """All about a publisher."""
    return wire.OwnPublisherFile(
        publisher=_row(found.publisher, found.role),
        members=[to_member(each) for each in found.members],
        invitations=[to_invitation(each) for each in found.invitations],
        verification=_verification(found.verification),
        statement=found.statement,
    )


def _verification(found: Verification | None) -> wire.VerifiedMark | None:
    if found is None:
        return None
    return wire.VerifiedMark(
        ground=found.ground.value, domain=found.domain, note=found.note, verified_at=to_moment(found.verified_at)
    )


def _row(publisher: Publisher, role: PublisherRole | None) -> wire.MembershipRow:
    return wire.MembershipRow(
        publisher_id=publisher.id,
        user_id=publisher.user_id,
        en_name=publisher.en_name,
        name=publisher.name,
        description=publisher.description,
        logo_url=publisher.logo_url,
        website=publisher.website,
        support_url=publisher.support_url,
        source_url=publisher.source_url,
        status=publisher.status.value,
        reason=publisher.reason,
        publisher_review=publisher.publisher_review,
        system_review=publisher.system_review,
        role=role.value if role is not None else None,
        updated_at=to_moment(publisher.updated_at),
    )
