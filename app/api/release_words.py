"""Releases as their authors and the desk see them."""

from collections.abc import Sequence
from datetime import datetime

from app.api.moments import to_moment
from schemas.model.checks import CheckResult
from schemas.model.releases import Decision, Release
from schemas.wire import releases_v1 as wire


def to_release_row(release: Release) -> wire.ReleaseRow:
    """A release."""
    return wire.ReleaseRow(
        release_id=release.id,
        tenant_id=release.tenant_id,
        kind=release.kind.value,
        object_id=release.object_id,
        name=release.name,
        version=release.version,
        target_platform=release.target_platform,
        sha256=release.package_sha256,
        publisher_id=release.publisher_id,
        state=release.state.value,
        round=release.round,
        reasons=release.reasons,
        message=release.message,
        deprecation=release.deprecation,
        replacement=release.replacement,
        removal_date=release.removal_date,
        created_at=to_moment(release.created_at),
        updated_at=to_moment(release.updated_at),
        submitted_at=_maybe(release.submitted_at),
        released_at=_maybe(release.released_at),
    )


def to_checks(results: Sequence[CheckResult]) -> list[wire.CheckRow]:
    """What checks came to."""
    return [
        wire.CheckRow(
            name=each.name,
            area=each.area.value,
            outcome=each.outcome.value,
            blocking=each.blocking,
            rule_set=each.rule_set,
            findings=[
                wire.FindingRow(
                    rule=finding.rule,
                    severity=finding.severity.value,
                    entry=finding.entry,
                    line=finding.line,
                    message=finding.message,
                    remedy=finding.remedy,
                )
                for finding in each.findings
            ],
        )
        for each in results
    ]


def to_decisions(decisions: Sequence[Decision]) -> list[wire.DecisionRow]:
    """What people decided."""
    return [
        wire.DecisionRow(
            user_name=each.user_name,
            verdict=each.verdict.value,
            reasons=each.reasons,
            text=each.text,
            decided_at=to_moment(each.decided_at),
        )
        for each in decisions
    ]


def _maybe(moment: datetime | None) -> str | None:
    return to_moment(moment) if moment is not None else None
