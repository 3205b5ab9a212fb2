"""Rows of releases that go out, and how often they did."""

from schemas.model.access import Caller
from schemas.model.downloads import DownloadCounts, DownloadDay, Package, Release
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("downloads")


async def find_release_of(tx: Transaction, caller: Caller, sha256: str) -> Release | None:
    """A release with the package of that digest, of a plug-in that the caller sees; one of the own tenant before others."""
    row = await tx.maybe(
        QUERIES.find_release_of,
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        sees_private=caller.is_admin,
        digest=sha256,
    )
    return Release(**row) if row else None


async def count(tx: Transaction, package: Package) -> None:
    """One more download of the package's version today."""
    await tx.run(QUERIES.count_download, tenant_id=package.tenant_id, version_id=package.version_id)


async def read_counts(tx: Transaction, tenant_id: str, version_id: str, *, days: int) -> DownloadCounts:
    """How often the version was downloaded; at most `days` of the latest days."""
    rows = await tx.many(QUERIES.read_counts, tenant_id=tenant_id, version_id=version_id, days=days)
    return DownloadCounts(
        total=rows[0]["total"] if rows else 0,
        days=[DownloadDay(day=row["day"], downloads=row["downloads"]) for row in rows],
    )
