"""`/plugport/v1/releases*`: where releases stand, and what their authors and operators do to them. These operations are ours.
Moments are ISO 8601 with milliseconds, UTC."""

import datetime
from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire

StateName = Literal[
    "draft",
    "checking",
    "in-review",
    "released",
    "rejected",
    "withdrawn",
    "changes-requested",
    "deprecated",
    "yanked",
    "quarantined",
]
KindName = Literal["extension", "basic-plugin", "composite-plugin"]
ReasonName = Literal[
    "malicious",
    "vulnerable",
    "deceptive",
    "infringing",
    "broken",
    "low-quality",
    "incomplete",
    "policy",
    "resolved",
    "other",
]
Words = Annotated[str, Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=1000)]
MaybeWords = Annotated[str, Meta(pattern=r"^[^\x00]*$", max_length=1000, description="A plain text, or empty.")]
Reasons = Annotated[
    list[ReasonName], Meta(max_length=5, description="Why. A decision against something has one; `other` needs a text.")
]


class DeprecateRequest(Wire, kw_only=True):
    """Why nobody should begin with a release any more."""

    message: Words
    replacement: Annotated[
        str, Meta(pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$", max_length=200, description="What to use instead, or empty.")
    ] = ""
    removal_date: Annotated[datetime.date | None, Meta(description="When it will be gone; a day to come.")] = None


class YankRequest(Wire, kw_only=True):
    """Why a release is taken off the lists."""

    reason: Words


class AppealRequest(Wire, kw_only=True):
    """Why a release should be given back."""

    text: Words


class QuarantineRequest(Wire, kw_only=True):
    """Why a release is taken away from everybody. The second operator's reasons are kept beside the first one's."""

    reasons: Annotated[Reasons, Meta(min_length=1)]
    text: MaybeWords = ""


class FindingRow(Wire, kw_only=True):
    """What a check found."""

    rule: str
    severity: Literal["info", "warning", "error"]
    entry: str
    line: int | None
    message: str
    remedy: str


class CheckRow(Wire, kw_only=True):
    """What a check came to. `blocking`: without its pass nothing is released."""

    name: str
    area: Literal["security", "file", "basicInformation"]
    outcome: Literal["pass", "fail", "unknown"]
    blocking: bool
    rule_set: int
    findings: list[FindingRow]


class DecisionRow(Wire, kw_only=True):
    """What somebody decided. Who it was is told to the desk alone."""

    user_name: str
    verdict: Literal["accept", "reject", "request-changes"]
    reasons: list[str]
    text: str
    decided_at: str


class ReleaseRow(Wire, kw_only=True):
    """A release, which has the id of its version. `reasons` say why a person has to look at it, `message` in words why it is
    where it is; `round` counts how often it was submitted."""

    release_id: str
    tenant_id: str
    kind: KindName
    object_id: Annotated[str, Meta(description="Of the plug-in or the extension.")]
    name: Annotated[str, Meta(description="Of a plug-in; of an extension `publisher.name`.")]
    version: str
    target_platform: Annotated[str, Meta(description="Of an extension; else empty.")]
    sha256: Annotated[str | None, Meta(description="The SHA-256 of the package, where it has one.")]
    publisher_id: str | None
    state: StateName
    round: int
    reasons: list[str]
    message: str
    deprecation: str | None
    replacement: str
    removal_date: datetime.date | None
    created_at: str
    updated_at: str
    submitted_at: str | None
    released_at: str | None


class ReleasePage(Wire, kw_only=True):
    """One part of the releases, latest change first."""

    offset: int
    limit: int
    total: int
    releases: list[ReleaseRow]


class ReleaseDetail(Wire, kw_only=True):
    """A release with what its newest checks found, and what was decided about it, latest first."""

    release: ReleaseRow
    checks: list[CheckRow]
    decisions: list[DecisionRow]
