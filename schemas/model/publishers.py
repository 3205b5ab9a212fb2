"""Who publishes: the names under which tenants offer plug-ins to everybody."""

from datetime import datetime
from enum import StrEnum

from schemas.base import Entity


class PublisherStatus(StrEnum):
    """What the platform's operators have decided about a publisher, in the contract's words."""

    PROCESSING = "processing"
    ACCEPTED = "accept"
    REJECTED = "reject"


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


class PublisherRole(StrEnum):
    """What a user is to a publisher, in the contract's words."""

    OWNER = "Owner"
    """It is the user's, or the user administers its tenant."""
    MEMBER = "Member"


class OwnPublisher(Entity, frozen=True):
    """A publisher of the caller's tenant. `official`: the tenant is the platform's own; `role` is the caller's."""

    publisher: Publisher
    created_at: datetime
    official: bool
    extension_count: int
    role: PublisherRole
