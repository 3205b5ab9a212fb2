"""Releases as their authors see them."""

from app.api.release_words import to_checks, to_decisions, to_release_row
from schemas.model.releases import Deprecation, Release, Standing
from schemas.paging import Page, Paging
from schemas.wire import releases_v1 as wire


def to_deprecation(data: wire.DeprecateRequest) -> Deprecation:
    """What the author says."""
    return Deprecation(message=data.message, replacement=data.replacement, removal_date=data.removal_date)


def to_row(release: Release) -> wire.ReleaseRow:
    """A release."""
    return to_release_row(release)


def to_page(found: Page[Release], paging: Paging) -> wire.ReleasePage:
    """One part of the releases."""
    return wire.ReleasePage(
        offset=paging.offset, limit=paging.limit, total=found.total, releases=[to_row(each) for each in found.items]
    )


def to_detail(standing: Standing) -> wire.ReleaseDetail:
    """A release with findings and decisions."""
    return wire.ReleaseDetail(
        release=to_row(standing.release),
        checks=to_checks(standing.results),
        decisions=to_decisions(standing.decisions),
    )
