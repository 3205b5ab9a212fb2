"""`/plugport/v1/moderation/*`: what operators decide about extensions and what users say of them. The contract has no such
operations; these are ours. Moments are ISO 8601 with milliseconds, UTC, with `Z`."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire

ReportStateQuery = Literal["open", "upheld", "dismissed", "all"]


class RejectVersionRequest(Wire, kw_only=True):
    """Why a version is not published."""

    reason: Annotated[
        str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=1000, description="Told to the publisher's tenant.")
    ]


class VersionCase(Wire, kw_only=True):
    """A version of an extension of any tenant. `reason` says why it waits, or why it was rejected."""

    version_id: str
    extension_id: str
    tenant_id: str
    publisher_id: str
    identifier: Annotated[str, Meta(description="`publisher.name`")]
    display_name: str
    version: str
    target_platform: str
    state: Literal["in-review", "published", "rejected"]
    reason: str
    sha256: Annotated[str, Meta(description="The SHA-256 of the package, in hexadecimal.")]
    size: Annotated[int, Meta(description="The bytes of the package.")]
    uploader_id: str
    uploader_name: str
    created_at: str
    published_at: str | None


class VersionCasePage(Wire, kw_only=True):
    """One part of the versions that wait for review, the one that waits longest first."""

    offset: int
    limit: int
    total: int
    extension_versions: list[VersionCase]


class DecisionRequest(Wire, kw_only=True):
    """What an operator says of a decision."""

    note: Annotated[
        str, Meta(pattern=r"^[^\x00]*$", max_length=1000, description="Why; for operators. A plain text, or empty.")
    ] = ""


class Speaker(Wire, kw_only=True):
    """Who wrote something, with the names of then."""

    user_id: str
    user_name: str
    tenant_id: str
    tenant_name: str


class ReportCase(Wire, kw_only=True):
    """A report about an evaluation or, where `reply_id` is not null, about that reply to it. `text` is the one that was
    reported; `decided_by` is the name of an operator, empty while nobody has decided."""

    report_id: int
    extension_id: str
    evaluation_id: int
    reply_id: int | None
    text: str
    text_author: Speaker
    reason: str
    reporter: Speaker
    state: Literal["open", "upheld", "dismissed"]
    note: str
    decided_by: str
    created_at: str
    decided_at: str | None


class ReportCasePage(Wire, kw_only=True):
    """One part of the reports, the one that waits longest first."""

    offset: int
    limit: int
    total: int
    reports: list[ReportCase]
