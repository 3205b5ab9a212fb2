"""`/plugport/v1/publishers*`: what the platform's operators decide. The contract has no such operations; these are ours."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.publisher_shapes import Ground, PublisherMemberRow, PublisherStatus

Reason = Annotated[
    str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=1000, description="Told to the publisher's tenant.")
]


class RejectRequest(Wire, kw_only=True):
    """Why a publisher is rejected."""

    reason: Reason


class SuspendRequest(Wire, kw_only=True):
    """Why a publisher is suspended, or loses its verified mark."""

    reason: Reason


class VerifyRequest(Wire, kw_only=True):
    """On which ground a publisher gets the verified mark."""

    ground: Annotated[
        Ground,
        Meta(
            description="`well-known`: the file `https://DOMAIN/.well-known/plugport-publisher.txt` holds the publisher's"
            " statement; `dns`: a TXT record of the domain does; `by-hand`: the note says how else it is known."
        ),
    ]
    domain: Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=254, description="Empty by hand.")] = ""
    answer: Annotated[
        str,
        Meta(
            pattern=r"^[^\x00]*$",
            max_length=65_536,
            description="What the file or the record holds, a line for each; one of them is the statement. Empty by hand.",
        ),
    ] = ""
    note: Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=1000, description="Required by hand.")] = ""


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
    status: PublisherStatus
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


class VerificationRow(Wire, kw_only=True):
    """The verified mark: on which ground, by whom and when."""

    ground: Ground
    domain: str
    note: str
    verified_at: str
    verified_by_id: str
    verified_by_name: str


class LookAlikeRow(Wire, kw_only=True):
    """A publisher of another tenant whose name is the same, looks the same, or is popular and one letter apart."""

    publisher_id: str
    name: str
    status: PublisherStatus
    likeness: Literal["same", "looks-the-same", "one-letter"]


class PublisherFile(Wire, kw_only=True):
    """All that is kept of a publisher. `statement` is the line by which its domain proves it. `verification` is null without
    the mark. `look_alikes` are at most twenty."""

    publisher: PublisherCase
    members: list[PublisherMemberRow]
    verification: VerificationRow | None
    statement: str
    look_alikes: list[LookAlikeRow]
