"""What waits for an operator, as operators see it."""

from app.api.moments import to_moment
from schemas.model.extensions import ExtensionReview
from schemas.model.feedback import Author, Report, ReportState
from schemas.paging import Page, Paging
from schemas.wire import moderation_v1 as wire


def to_version_case(review: ExtensionReview) -> wire.VersionCase:
    """A version of an extension of any tenant."""
    extension, version = review.extension, review.version
    return wire.VersionCase(
        version_id=version.id,
        extension_id=extension.id,
        tenant_id=version.tenant_id,
        publisher_id=extension.publisher_id,
        identifier=extension.identifier,
        display_name=version.facts.display_name,
        version=version.version,
        target_platform=version.target_platform,
        state=version.state.value,
        reason=version.reason,
        sha256=version.package_sha256,
        size=version.package_size,
        uploader_id=version.uploader_id,
        uploader_name=version.uploader_name,
        created_at=to_moment(version.created_at),
        published_at=to_moment(version.published_at) if version.published_at else None,
    )


def to_version_page(found: Page[ExtensionReview], paging: Paging) -> wire.VersionCasePage:
    """One part of the versions that wait."""
    return wire.VersionCasePage(
        offset=paging.offset,
        limit=paging.limit,
        total=found.total,
        extension_versions=[to_version_case(each) for each in found.items],
    )


def to_report_state(state: wire.ReportStateQuery) -> ReportState | None:
    """None where reports in every state are asked for."""
    return None if state == "all" else ReportState(state)


def to_report_case(report: Report) -> wire.ReportCase:
    """A report of any tenant."""
    return wire.ReportCase(
        report_id=report.id,
        extension_id=report.extension_id,
        evaluation_id=report.evaluation_id,
        reply_id=report.reply_id,
        text=report.text,
        text_author=_author(report.text_author),
        reason=report.reason,
        reporter=_author(report.reporter),
        state=report.state.value,
        note=report.note,
        decided_by=report.decided_by,
        created_at=to_moment(report.created_at),
        decided_at=to_moment(report.decided_at) if report.decided_at else None,
    )


def to_report_page(found: Page[Report], paging: Paging) -> wire.ReportCasePage:
    """One part of the reports."""
    return wire.ReportCasePage(
        offset=paging.offset,
        limit=paging.limit,
        total=found.total,
        reports=[to_report_case(each) for each in found.items],
    )


def _author(author: Author) -> wire.Speaker:
    return wire.Speaker(
        user_id=author.user_id,
        user_name=author.user_name,
        tenant_id=author.tenant_id,
        tenant_name=author.tenant_name,
    )
