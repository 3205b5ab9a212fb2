"""The desk's reviews and rules."""

from datetime import UTC, datetime
from typing import Any, cast

from app.api.moments import to_moment
from app.api.release_words import to_checks, to_decisions, to_release_row
from schemas.model.reviews import QueueItem, ReviewDetail, ReviewMetrics, ReviewPolicy, ReviewRule
from schemas.paging import Page, Paging
from schemas.wire import reviews_v1 as wire


def to_row(item: QueueItem) -> wire.ReviewRow:
    """A review with the release that it is about."""
    review = item.review
    return wire.ReviewRow(
        review_id=review.id,
        kind=review.kind.value,
        release=to_release_row(item.release),
        publisher=item.publisher_name,
        business_type=cast("Any", item.business_type),
        sensitive=item.sensitive,
        text=review.text,
        opened_by=review.opened_by_name,
        filed_at=to_moment(review.filed_at),
        age_seconds=review.age_seconds,
        held_by=review.holder_name,
        held_until=to_moment(review.held_until) if review.held_until is not None else None,
        accepted=item.accepted,
        needed=item.needed,
        outcome=cast("Any", review.outcome),
        decided_at=to_moment(review.decided_at) if review.decided_at is not None else None,
    )


def to_page(found: Page[QueueItem], paging: Paging) -> wire.ReviewPage:
    """One part of the queue."""
    return wire.ReviewPage(
        offset=paging.offset, limit=paging.limit, total=found.total, reviews=[to_row(each) for each in found.items]
    )


def to_detail(detail: ReviewDetail) -> wire.ReviewDetail:
    """All that a reviewer needs."""
    return wire.ReviewDetail(
        review=to_row(detail.item),
        checks=to_checks(detail.results),
        previous_version=detail.previous_version,
        differences=[wire.SideRow(field=each.field, before=each.before, after=each.after) for each in detail.sides],
        decisions=to_decisions(detail.decisions),
    )


def to_metrics(metrics: ReviewMetrics) -> wire.ReviewMetricsRow:
    """How the desk does."""
    return wire.ReviewMetricsRow(
        waiting=metrics.waiting,
        held=metrics.held,
        oldest_seconds=metrics.oldest_seconds,
        decided=metrics.decided,
        median_seconds=metrics.median_seconds,
    )


def to_rule(data: wire.ReviewRuleRequest) -> ReviewRule:
    """The rule that is wanted; its id and moment are not known before it is kept."""
    return ReviewRule(
        id="",
        account_id=data.account_id,
        publisher_id=data.publisher_id,
        business_type=data.business_type,
        policy=ReviewPolicy(data.policy),
        updated_at=datetime.fromtimestamp(0, UTC),
        updated_by_name="",
    )


def to_rule_row(rule: ReviewRule) -> wire.ReviewRuleRow:
    """A rule."""
    return wire.ReviewRuleRow(
        rule_id=rule.id,
        account_id=rule.account_id,
        publisher_id=rule.publisher_id,
        business_type=cast("Any", rule.business_type),
        policy=rule.policy.value,
        updated_at=to_moment(rule.updated_at),
        updated_by=rule.updated_by_name,
    )


def to_rules(rules: list[ReviewRule]) -> wire.ReviewRuleList:
    """Every rule."""
    return wire.ReviewRuleList(rules=[to_rule_row(each) for each in rules])
