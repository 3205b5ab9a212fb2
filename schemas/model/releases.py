"""Releases: versions on their way to everybody, and what becomes of them afterwards."""

from datetime import date, datetime
from enum import StrEnum

from schemas.base import Entity
from schemas.model.checks import CheckResult, SubjectKind


class ReleaseState(StrEnum):
    """Where a release stands."""

    DRAFT = "draft"
    """Its own tenant may use it; nobody has asked for more."""
    CHECKING = "checking"
    """The checks decide next, or say that a person has to look at it."""
    IN_REVIEW = "in-review"
    RELEASED = "released"
    """Everybody's."""
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CHANGES_REQUESTED = "changes-requested"
    """It may be submitted again."""
    DEPRECATED = "deprecated"
    """Everybody's, with the advice not to begin with it."""
    YANKED = "yanked"
    """On no list any more, and served to whoever names it."""
    QUARANTINED = "quarantined"
    """Served to nobody."""


class Act(StrEnum):
    """What may be done to a release."""

    SUBMIT = "submit"
    PASS = "pass"  # noqa: S105
    """The checks are enough."""
    FILE = "file"
    """A person has to look at it."""
    FAIL = "fail"
    """The checks have something against it."""
    ACCEPT = "accept"
    REJECT = "reject"
    REQUEST_CHANGES = "request-changes"
    WITHDRAW = "withdraw"
    DEPRECATE = "deprecate"
    UNDEPRECATE = "undeprecate"
    YANK = "yank"
    UNYANK = "unyank"
    QUARANTINE = "quarantine"
    RESTORE = "restore"


class Verdict(StrEnum):
    """What somebody decides."""

    ACCEPT = "accept"
    REJECT = "reject"
    REQUEST_CHANGES = "request-changes"


class NewRelease(Entity, frozen=True):
    """A version of which a release begins. `subject_id` is what its checks are found by."""

    id: str
    tenant_id: str
    kind: SubjectKind
    object_id: str
    subject_id: str
    package_sha256: str | None
    name: str
    version: str
    author_id: str
    target_platform: str = ""


class Release(Entity, frozen=True):
    """A release, which has the id of its version.

    `round` counts how often it was submitted. `reasons` say why a person has to look at it; `message` says in words why it is
    where it is. `restores_to` is what one in quarantine was before.
    """

    id: str
    tenant_id: str
    kind: SubjectKind
    object_id: str
    subject_id: str
    package_sha256: str | None
    name: str
    version: str
    target_platform: str
    author_id: str
    publisher_id: str | None
    state: ReleaseState
    act: str
    round: int
    submitter_id: str
    submitter_name: str
    reasons: list[str]
    message: str
    deprecation: str | None
    replacement: str
    removal_date: date | None
    restores_to: ReleaseState | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    released_at: datetime | None


class Deprecation(Entity, frozen=True):
    """Why nobody should begin with a release any more, what to use instead (empty: nothing), and when it will be gone."""

    message: str
    replacement: str = ""
    removal_date: date | None = None


class ReleaseQuery(Entity, frozen=True):
    """Which releases are asked for. What is None filters nothing; `name` is whole, in any case."""

    state: ReleaseState | None = None
    kind: SubjectKind | None = None
    name: str | None = None


class Decision(Entity, frozen=True):
    """What one person decided about a release."""

    user_id: str
    user_name: str
    verdict: Verdict
    reasons: list[str]
    text: str
    decided_at: datetime


class Standing(Entity, frozen=True):
    """A release, what the newest run of its checks came to, and what people decided about it, latest first."""

    release: Release
    results: list[CheckResult]
    decisions: list[Decision]
