"""`/plugport/v1/reviews*`, `/plugport/v1/review-rules*`: the desk. These operations are ours. Moments are ISO 8601 with
milliseconds, UTC."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.releases_v1 import CheckRow, DecisionRow, MaybeWords, Reasons, ReleaseRow

ReviewKindName = Literal["release", "quarantine", "appeal"]
BusinessTypeName = Literal["Build", "Gate", "Deploy", "Test", "Normal", "Extension"]
PolicyName = Literal["checks", "first-release", "always"]


class ReviewDecisionRequest(Wire, kw_only=True):
    """What somebody decides. Changes are requested of releases only."""

    verdict: Literal["accept", "reject", "request-changes"]
    reasons: Reasons = []
    text: MaybeWords = ""


class ReviewRow(Wire, kw_only=True):
    """Something that people decide about a release: whether it goes out, its quarantine, an appeal against that.

    `text` says why it is asked for. Who has claimed it, and until when, is null where nobody does now. `outcome` is null while it
    waits; `withdraw` where it was given up. `accepted` people of `needed` ones have accepted so far.
    """

    review_id: str
    kind: ReviewKindName
    release: ReleaseRow
    publisher: Annotated[str, Meta(description="The publisher's English name; empty: the platform's own.")]
    business_type: BusinessTypeName
    sensitive: bool
    text: str
    opened_by: str
    filed_at: str
    age_seconds: int
    held_by: str | None
    held_until: str | None
    accepted: int
    needed: int
    outcome: Literal["accept", "reject", "request-changes", "withdraw"] | None
    decided_at: str | None


class ReviewPage(Wire, kw_only=True):
    """One part of the queue: what waits longest first; of decided reviews the latest first."""

    offset: int
    limit: int
    total: int
    reviews: list[ReviewRow]


class SideRow(Wire, kw_only=True):
    """A field that is not as it was, as JSON: of the release before and of this one; null where it has none."""

    field: str
    before: str | None
    after: str | None


class ReviewDetail(Wire, kw_only=True):
    """A review with what the checks found, what is different from the release before (null: there is none), and decisions so
    far."""

    review: ReviewRow
    checks: list[CheckRow]
    previous_version: str | None
    differences: list[SideRow]
    decisions: list[DecisionRow]


class ReviewMetricsRow(Wire, kw_only=True):
    """How much waits and how long the oldest has; how many were decided in the last thirty days, and after which time in the
    middle. Times are seconds, null where there is nothing to measure."""

    waiting: int
    held: int
    oldest_seconds: int | None
    decided: int
    median_seconds: int | None


class ReviewRuleRequest(Wire, kw_only=True):
    """Which policy holds for an account, a publisher, a business type, or what is of several of them. What is null holds for
    all."""

    account_id: str | None = None
    publisher_id: str | None = None
    business_type: BusinessTypeName | None = None
    policy: PolicyName


class ReviewRuleRow(Wire, kw_only=True):
    """A rule about reviews."""

    rule_id: str
    account_id: str | None
    publisher_id: str | None
    business_type: BusinessTypeName | None
    policy: PolicyName
    updated_at: str
    updated_by: str


class ReviewRuleList(Wire, kw_only=True):
    """Every rule, those of publishers first. Of several that fit, one of a publisher counts before one of an account, and that
    before one of a business type."""

    rules: list[ReviewRuleRow]


class SensitiveRequest(Wire, kw_only=True):
    """Whether two people have to accept what a publisher releases."""

    sensitive: bool


class SensitiveRow(Wire, kw_only=True):
    """How it is settled now."""

    publisher_id: str
    sensitive: bool
