"""Publishers' words that several surfaces spell alike."""

from app.api.moments import to_moment
from schemas.model.memberships import PublisherMember
from schemas.wire.publisher_shapes import PublisherMemberRow


def to_member(member: PublisherMember) -> PublisherMemberRow:
    """A user who belongs to a publisher."""
    return PublisherMemberRow(
        user_id=member.user_id, user_name=member.user_name, role=member.role.value, since=to_moment(member.since)
    )
