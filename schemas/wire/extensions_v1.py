"""`/plugport/v1/extensions/*`: extensions on their way to those who install them. The contract leaves open what the addresses
in its answers are like; these are ours. Packages and files go out as they are; what is below goes beside them."""

from schemas.base import Wire


class InstallDay(Wire, kw_only=True):
    """Installs of a version for one target platform on a day (ISO 8601, UTC)."""

    day: str
    version: str
    target_platform: str
    installs: int


class InstallCounts(Wire, kw_only=True):
    """How often an extension was installed: `installs` in all, and by version and day, latest first; `total` such rows in all."""

    installs: int
    offset: int
    limit: int
    total: int
    days: list[InstallDay]
