"""Who belongs to a publisher, and who is invited to."""

from datetime import datetime
from enum import StrEnum

from schemas.base import Entity


class PublisherRole(StrEnum):
    """What a user is to a publisher. The contract's words are the same with a capital."""

    OWNER = "owner"
    """Decides about the publisher and its members."""
    MAINTAINER = "maintainer"
    """Brings and publishes releases under it."""
    MEMBER = "member"
    """Sees what its owners and maintainers see."""


class PublisherMember(Entity, frozen=True):
    """A user who belongs to a publisher."""

    user_id: str
    user_name: str
    role: PublisherRole
    since: datetime


class InvitationState(StrEnum):
    """What became of an invitation."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


class Invitation(Entity, frozen=True):
    """An offer to a user to belong to a publisher. With `hands_over_from` that user gives the publisher away with it."""

    id: str
    publisher_id: str
    tenant_id: str
    en_name: str
    user_id: str
    user_name: str
    role: PublisherRole
    hands_over_from: str | None
    state: InvitationState
    invited_by_id: str
    invited_by_name: str
    created_at: datetime
    expires_at: datetime
