"""`/plugport/v1/my-publishers*`: publishers as those see them who belong to them. The contract has no such operations; these are
ours. Moments are ISO 8601 with milliseconds, UTC, with `Z`."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.publisher_shapes import Ground, PublisherMemberRow, PublisherRole, PublisherStatus
from schemas.wire.text import Address, Description, Name

Role = Annotated[
    PublisherRole,
    Meta(
        description="Owners decide about the publisher and its members; maintainers upload and publish under it, as owners do;"
        " members see what both see."
    ),
]
UserReference = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$",
        min_length=1,
        max_length=128,
        description="A user of the account, by id or name.",
    ),
]


class ReapplyRequest(Wire, kw_only=True):
    """What a publisher tells of itself otherwise than before. What is absent stays."""

    name: Name | None = None
    description: Description | None = None
    logo_url: Address | None = None
    website: Address | None = None
    support_url: Address | None = None
    source_url: Address | None = None


class RoleRequest(Wire, kw_only=True):
    """What a member is from now on."""

    role: Role


class InvitationRequest(Wire, kw_only=True):
    """Who is invited, and as what."""

    user: UserReference
    role: Role = "member"


class TransferRequest(Wire, kw_only=True):
    """To whom the publisher is offered."""

    user: UserReference


class MembershipRow(Wire, kw_only=True):
    """A publisher, and what the caller is to it; `role` is null for administrators who are no members."""

    publisher_id: str
    user_id: str
    en_name: str
    name: str
    description: str
    logo_url: str
    website: str
    support_url: str
    source_url: str
    status: PublisherStatus
    reason: str
    publisher_review: bool
    system_review: bool
    role: PublisherRole | None
    updated_at: str


class MembershipPage(Wire, kw_only=True):
    """One part of the publishers, latest change first."""

    offset: int
    limit: int
    total: int
    publishers: list[MembershipRow]


class InvitationRow(Wire, kw_only=True):
    """An invitation to a publisher, or (`is_transfer`) the offer to hand it over."""

    invitation_id: str
    publisher_id: str
    en_name: str
    user_id: str
    user_name: str
    role: PublisherRole
    is_transfer: bool
    state: Literal["waiting", "accepted", "declined", "revoked", "expired"]
    invited_by: str
    created_at: str
    expires_at: str


class InvitationList(Wire, kw_only=True):
    """The invitations that a user has not answered, the latest first."""

    invitations: list[InvitationRow]


class VerifiedMark(Wire, kw_only=True):
    """On which ground the platform vouches for whom the publisher stands."""

    ground: Ground
    domain: str
    note: str
    verified_at: str


class OwnPublisherFile(Wire, kw_only=True):
    """A publisher with its members and open invitations. `statement` is the line that a domain holds to prove that the publisher
    is its own: in `/.well-known/plugport-publisher.txt` or in a TXT record."""

    publisher: MembershipRow
    members: list[PublisherMemberRow]
    invitations: list[InvitationRow]
    verification: VerifiedMark | None
    statement: str
