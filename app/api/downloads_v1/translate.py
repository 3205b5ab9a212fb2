"""How often a package was fetched."""

from schemas.model.downloads import DownloadCounts
from schemas.wire import downloads_v1 as wire


def to_counts(counts: DownloadCounts) -> wire.DownloadCounts:
    """How often a version was downloaded."""
    days = [wire.DownloadDay(day=each.day.isoformat(), downloads=each.downloads) for each in counts.days]
    return wire.DownloadCounts(total=counts.total, days=days)
