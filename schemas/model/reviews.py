"""Reviews: what people have to decide about releases, and what they decided."""

from datetime import datetime
from enum import StrEnum

from schemas.base import Entity
from schemas.model.checks import CheckResult
from schemas.model.releases import Decision, Release


class ReviewPolicy(StrEnum):
    """Which releases a person looks at before they are everybody's. Those of publishers that wait to be accepted, or that ask for
    a look at each of theirs, always are."""

    CHECKS = "checks"
    """No others: the checks decide."""
    FIRST_RELEASE = "first-release"
    """The first of each publisher, extension and plug-in; those that change what runs, what it may do or what it needs; those
    about which the checks have a warning."""
    ALWAYS = "always"
    """All."""


class NeedsPerson(StrEnum):
    """Why a person has to look at a release."""

    PUBLISHER_WAITS = "publisher-waits"
    CHECKS_UNDONE = "checks-undone"
    REJECTED_BEFORE = "rejected-before"
    PUBLISHER_ASKS = "publisher-asks"
    ALWAYS = "always"
    FIRST_OF_PUBLISHER = "first-of-publisher"
    FIRST_RELEASE = "first-release"
    CHANGED_ENTRY_POINTS = "changed-entry-points"
    CHANGED_PERMISSIONS = "changed-permissions"
    CHANGED_DEPENDENCIES = "changed-dependencies"
    WARNINGS = "warnings"


class ReviewKind(StrEnum):
    """What is decided."""

    RELEASE = "release"
    """Whether a release becomes everybody's."""
    QUARANTINE = "quarantine"
    """Whether it is taken away from everybody. Two people decide that."""
    APPEAL = "appeal"
    """Whether one in quarantine is given back."""


class Reason(StrEnum):
    """Why something is decided so. `OTHER` needs a text."""

    MALICIOUS = "malicious"
    VULNERABLE = "vulnerable"
    DECEPTIVE = "deceptive"
    """It is not what it says, or takes another's name."""
    INFRINGING = "infringing"
    """It is not theirs to give."""
    BROKEN = "broken"
    LOW_QUALITY = "low-quality"
    INCOMPLETE = "incomplete"
    """A description, a licence or a way to get help is missing."""
    POLICY = "policy"
    RESOLVED = "resolved"
    """What stood against it does no more."""
    OTHER = "other"


class Review(Entity, frozen=True):
    """Something that people decide about a release.

    `holder_*` and `held_until` say who has claimed it and until when; None where nobody does now. `outcome` is None while it
    waits: an accepted, rejected or sent-back one has a verdict there, one that was given up `withdraw`.
    """

    id: str
    tenant_id: str
    release_id: str
    kind: ReviewKind
    round: int
    opened_by_id: str
    opened_by_name: str
    text: str
    filed_at: datetime
    age_seconds: int
    holder_id: str | None
    holder_name: str | None
    held_until: datetime | None
    outcome: str | None
    decided_at: datetime | None


class QueueItem(Entity, frozen=True):
    """A review as it stands in the queue. `accepted` is how many have accepted so far."""

    review: Review
    release: Release
    publisher_name: str
    business_type: str
    sensitive: bool
    accepted: int

    @property
    def needed(self) -> int:
        """How many people have to accept."""
        if self.review.kind is ReviewKind.QUARANTINE:
            return 2
        return 2 if self.sensitive and self.review.kind is ReviewKind.RELEASE else 1


class Side(Entity, frozen=True):
    """One field of two releases, side by side, as JSON; None where there was none."""

    field: str
    before: str | None
    after: str | None


class ReviewDetail(Entity, frozen=True):
    """All that a reviewer needs: the item, the findings, what is different from the release before, and decisions so far."""

    item: QueueItem
    results: list[CheckResult]
    previous_version: str | None
    sides: list[Side]
    decisions: list[Decision]


class QueueQuery(Entity, frozen=True):
    """Which reviews are asked for. What is None filters nothing. `held` is by anybody, `mine` by the caller."""

    kind: ReviewKind | None = None
    publisher_id: str | None = None
    business_type: str | None = None
    held: bool | None = None
    mine: bool = False
    decided: bool = False
    older_than_hours: int = 0


class ReviewMetrics(Entity, frozen=True):
    """How the desk does: what waits, how long the oldest has, and the median time to a decision of the last thirty days, in
    seconds; None where there is none."""

    waiting: int
    held: int
    oldest_seconds: int | None
    decided: int
    median_seconds: int | None


class ReviewRule(Entity, frozen=True):
    """Which policy holds instead of the platform's setting. What is None holds for all; `Extension` is the business type of
    extensions."""

    id: str
    account_id: str | None
    publisher_id: str | None
    business_type: str | None
    policy: ReviewPolicy
    updated_at: datetime
    updated_by_name: str
