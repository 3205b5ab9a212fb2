"""`/plugport/v1/publishers*`: what the platform's operators decide. The contract has no such operations; these are ours."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire


class RejectRequest(Wire, kw_only=True):
    """Why a publisher is rejected."""

    reason: Annotated[
        str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=1000, description="Told to the publisher's tenant.")
    ]


class PublisherReviewRequest(Wire, kw_only=True):
    """Who looks at the publisher's releases before they are published."""

    wanted: Annotated[bool, Meta(description="Whether each release waits until somebody has looked at it.")]


class SystemReviewRequest(Wire, kw_only=True):
    """Who looks at the publisher's releases before they are published."""

    skipped: Annotated[bool, Meta(description="Whether the look that the platform asks for is skipped.")]


class PublisherCase(Wire, kw_only=True):
    """A publisher of any tenant, as operators see it. `updated_at` is ISO 8601 with milliseconds, UTC, with `Z`."""

    publisher_id: str
    tenant_id: str
    user_id: str
    en_name: str
    name: str
    description: str
    logo_url: str
    website: str
    support_url: str
    source_url: str
    status: Literal["processing", "accept", "reject"]
    reason: str
    updated_by_id: str
    updated_by_name: str
    updated_at: str
    publisher_review: bool
    system_review: bool


class PublisherCasePage(Wire, kw_only=True):
    """One part of the publishers of one status, the one that waits longest first."""

    offset: int
    limit: int
    total: int
    publishers: list[PublisherCase]
