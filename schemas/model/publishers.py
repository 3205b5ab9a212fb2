"""Who publishes: the names under which tenants offer plug-ins to everybody."""

from datetime import datetime
from enum import StrEnum

from schemas.base import Entity
from schemas.model.memberships import Invitation, PublisherMember, PublisherRole


class PublisherStatus(StrEnum):
    """What the platform's operators have decided about a publisher, in the contract's words."""

    PROCESSING = "processing"
    ACCEPTED = "accept"
    REJECTED = "reject"
    SUSPENDED = "suspended"
    """Ours: it was accepted, and nothing more is published under it until it is reinstated."""

    @property
    def is_shut(self) -> bool:
        """Whether nothing can be brought under it."""
        return self in (PublisherStatus.REJECTED, PublisherStatus.SUSPENDED)

    @property
    def label(self) -> str:
        """The word for people: `accepted`, not `accept`."""
        return {"accept": "accepted", "reject": "rejected"}.get(self.value, self.value)


class Act(StrEnum):
    """What can be done with a publisher. The values are the words of refusals."""

    LOOK = "looked into"
    BRING = "published under"
    SET_REVIEW = "set to be looked at"
    REAPPLY = "put forward again"
    INVITE = "joined by invitation"
    REVOKE = "relieved of an invitation"
    CHANGE_ROLE = "given other roles"
    REMOVE = "left"
    HAND_OVER = "handed over"
    DELETE = "deleted"
    # of operators:
    ACCEPT = "accepted"
    REJECT = "rejected"
    SUSPEND = "suspended"
    REINSTATE = "reinstated"
    VERIFY = "verified"
    UNVERIFY = "relieved of its verified mark"
    SKIP_REVIEW = "spared the platform's look"


class PublisherFacts(Entity, frozen=True):
    """What a tenant says of a publisher that it makes. `user_id` None: the one who makes it."""

    en_name: str
    name: str
    user_id: str | None = None
    description: str = ""
    logo_url: str = ""
    website: str = ""
    support_url: str = ""
    source_url: str = ""


class Publisher(Entity, frozen=True):
    """A publisher, which belongs to one tenant. `reason` says why it was rejected; `updated_*` tell its last change."""

    id: str
    tenant_id: str
    en_name: str
    name: str
    user_id: str
    description: str
    logo_url: str
    website: str
    support_url: str
    source_url: str
    status: PublisherStatus
    reason: str
    updated_at: datetime
    updated_by_id: str
    updated_by_name: str
    publisher_review: bool = False
    """Whether each of its extensions' versions is to be looked at before it is published."""
    system_review: bool = False
    """Whether its extensions' versions are spared the look that the platform would take."""


class OwnPublisher(Entity, frozen=True):
    """A publisher of the caller's tenant. `official`: the tenant is the platform's own; `role` is the caller's: owner for
    administrators, member for those who are nothing to it."""

    publisher: Publisher
    created_at: datetime
    official: bool
    extension_count: int
    role: PublisherRole
    owner_name: str
    member_count: int


class Membership(Entity, frozen=True):
    """A publisher and what the caller is to it; `role` None: he administers its tenant and is no member."""

    publisher: Publisher
    role: PublisherRole | None


class Ground(StrEnum):
    """Why the platform vouches for whom a publisher stands."""

    WELL_KNOWN = "well-known"
    """A file of the domain, `/.well-known/plugport-publisher.txt`, holds the publisher's statement."""
    DNS = "dns"
    """A TXT record of the domain holds the publisher's statement."""
    BY_HAND = "by-hand"
    """An operator found out otherwise; the note says how."""


class Proof(Entity, frozen=True):
    """What an operator goes by: `answer` is what the file or the record held, `note` what he has to say."""

    ground: Ground
    domain: str = ""
    answer: str = ""
    note: str = ""


class Verification(Entity, frozen=True):
    """A verified mark: its ground, and by whom and when it was set."""

    ground: Ground
    domain: str
    note: str
    verified_at: datetime
    verified_by_id: str
    verified_by_name: str


class Likeness(StrEnum):
    """How one publisher's name is like another's."""

    SAME = "same"
    """The names are the same but for form, case and separators."""
    LOOKS_THE_SAME = "looks-the-same"
    ONE_LETTER = "one-letter"
    """One letter apart from the name of a publisher that many use."""


class LookAlike(Entity, frozen=True):
    """A publisher of another tenant whose name is like that of the publisher looked at."""

    publisher_id: str
    name: str
    status: PublisherStatus
    likeness: Likeness


class PublisherFile(Entity, frozen=True):
    """All that is kept of a publisher. `statement` is the line by which its domain proves it. For operators, `look_alikes`."""

    publisher: Publisher
    role: PublisherRole | None
    members: list[PublisherMember]
    invitations: list[Invitation]
    verification: Verification | None
    statement: str
    look_alikes: list[LookAlike]


class ChangedFacts(Entity, frozen=True):
    """What a rejected publisher says otherwise of itself when it applies again. None: as before."""

    name: str | None = None
    description: str | None = None
    logo_url: str | None = None
    website: str | None = None
    support_url: str | None = None
    source_url: str | None = None
