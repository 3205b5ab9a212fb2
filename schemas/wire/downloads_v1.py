"""`/plugport/v1/packages/*` and `/plugport/v1/plugins/*`: packages on their way out. The contract has no such operations;
these are ours. Packages go out as they are; what is below goes beside them."""

from schemas.base import Wire


class DownloadDay(Wire, kw_only=True):
    """Whole downloads that ended on a day (ISO 8601, UTC)."""

    day: str
    downloads: int


class DownloadCounts(Wire, kw_only=True):
    """How often a version's package was downloaded: in all, and on the latest 366 days that had a download, latest first."""

    total: int
    days: list[DownloadDay]
