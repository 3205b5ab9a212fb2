"""Rows of extensions that are sent to those who install them, and how often they were."""

from schemas.model.extensions import Asset, AssetKind
from schemas.model.installs import InstallCounts, InstallDay, ServedVersion
from schemas.paging import Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("installs")


async def find_served(
    tx: Transaction, tenant_id: str, identifier: str, version: str, precedence: bytes, target_platform: str
) -> ServedVersion | None:
    """A version that everybody may have, or one of the tenant that waits for review. `identifier` is in small letters."""
    row = await tx.maybe(
        QUERIES.find_served,
        tenant_id=tenant_id,
        identifier=identifier,
        version=version,
        precedence=precedence,
        target_platform=target_platform,
    )
    return ServedVersion(**row) if row else None


async def is_version_visible(tx: Transaction, tenant_id: str, identifier: str, version: str, precedence: bytes) -> bool:
    """Whether `find_served` finds the version for any platform."""
    row = await tx.maybe(
        QUERIES.find_visible_version,
        tenant_id=tenant_id,
        identifier=identifier,
        version=version,
        precedence=precedence,
    )
    return row is not None


async def find_asset(tx: Transaction, tenant_id: str, sha256: str, kind: AssetKind) -> Asset | None:
    """A file of the tenant's package of that digest."""
    row = await tx.maybe(QUERIES.find_asset, tenant_id=tenant_id, digest=sha256, kind=kind)
    return Asset(**{**row, "kind": AssetKind(row["kind"])}) if row else None


async def count_install(tx: Transaction, user_id: str, version_id: str) -> bool:
    """Counts that a user of the transaction's tenant installed the version, unless that was counted within the last hour, or
    the version is not published; answers whether it was counted."""
    return bool(await tx.value(QUERIES.count_install, user_id=user_id, version_id=version_id))


async def find_own_extension(tx: Transaction, tenant_id: str, identifier: str) -> str | None:
    """The id of the tenant's extension of that identifier, which is in small letters."""
    found: str | None = await tx.value(QUERIES.find_own_extension, tenant_id=tenant_id, identifier=identifier)
    return found


async def read_counts(tx: Transaction, tenant_id: str, extension_id: str, paging: Paging) -> InstallCounts:
    """How often the tenant's extension was installed."""
    totals = await tx.one(QUERIES.read_installs, tenant_id=tenant_id, extension_id=extension_id)
    days = await tx.many(
        QUERIES.list_install_days,
        tenant_id=tenant_id,
        extension_id=extension_id,
        limit=paging.limit,
        offset=paging.offset,
    )
    return InstallCounts(
        installs=totals["installs"], rows=totals["counted"], days=[InstallDay(**each) for each in days]
    )


async def sweep_recent_installs(tx: Transaction) -> None:
    """Forgets who installed what longer ago than it makes a difference."""
    await tx.run(QUERIES.sweep_recent_installs)
