"""Use-cases of everybody who installs extensions. No byte of a package leaves that was not checked a moment before."""

import structlog

from app.registry.downloads.outgoing import Outgoing
from app.registry.installs import rules
from app.registry.plugins import versions
from schemas.errors import AssetUnknown, ExtensionUnknown, ExtensionVersionUnknown, RegistryError, ReleaseQuarantined
from schemas.model.access import Caller
from schemas.model.downloads import Download
from schemas.model.extensions import AssetKind
from schemas.model.installs import InstallCounts, ServedAsset, ServedVersion
from schemas.paging import Paging
from storage.postgres import installs
from storage.postgres.database import Transaction

log = structlog.get_logger()


class Installs(Outgoing):
    """Packages of extensions and files of them: published ones for everybody, those that wait for the own tenant."""

    async def find(self, caller: Caller, publisher: str, name: str, version: str, target_platform: str) -> Download:
        """The package of a version. Publisher and name are taken in any case.

        Raises `InvalidField` for what is no version number, `ExtensionVersionUnknown`, `ReleaseQuarantined`, `PackageQuarantined`
        for a package that was found lost or damaged before, and `BytesDamaged` if it is found so now.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            served = await _served(tx, caller, publisher, name, version, target_platform)
        return await self._ready(caller, rules.package_of(served))

    async def asset(
        self, caller: Caller, publisher: str, name: str, version: str, target_platform: str, kind: str
    ) -> ServedAsset:
        """A file of the package of a version; `kind` as in `AssetKind`.

        Raises `AssetUnknown`, and `InvalidField`, `ExtensionVersionUnknown` and `ReleaseQuarantined` as `find` does.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            served = await _served(tx, caller, publisher, name, version, target_platform)
            asset = (
                await installs.find_asset(tx, served.tenant_id, served.package_sha256, AssetKind(kind))
                if kind in {*AssetKind}
                else None
            )
        if asset is None:
            identifier = f"{served.publisher_name}.{served.name}"
            raise AssetUnknown(
                "asset", identifier=identifier, version=version, target_platform=target_platform, asset=kind
            )
        return rules.served(asset, is_final=served.is_published)

    async def count(self, caller: Caller, download: Download) -> None:
        """Notes a whole download that has ended. A user's second one of a version within an hour is none, and neither is one
        of what is not published. Never fails: it is not worth a broken download."""
        try:
            async with self._database.transaction(caller.tenant_id) as tx:
                await installs.count_install(tx, caller.user_id, download.package.version_id)
        except RegistryError as error:
            log.warning("an install was not counted", request_id=caller.request_id, reason=str(error))

    async def counts(self, caller: Caller, publisher: str, name: str, paging: Paging) -> InstallCounts:
        """How often an extension of the own tenant was installed. Raises `ExtensionUnknown`."""
        async with self._database.transaction(caller.tenant_id) as tx:
            identifier = rules.identifier(publisher, name)
            extension_id = await installs.find_own_extension(tx, caller.tenant_id, identifier)
            if extension_id is None:
                raise ExtensionUnknown("name", identifier=f"{publisher}.{name}")
            return await installs.read_counts(tx, caller.tenant_id, extension_id, paging)

    async def sweep(self) -> None:
        """Forgets who installed what, as soon as it makes no difference any more."""
        async with self._database.transaction(platform=True) as tx:
            await installs.sweep_recent_installs(tx)


async def _served(
    tx: Transaction, caller: Caller, publisher: str, name: str, version: str, target_platform: str
) -> ServedVersion:
    precedence = versions.precedence(versions.parse("version", version))
    identifier = rules.identifier(publisher, name)
    served = await installs.find_served(tx, caller.tenant_id, identifier, version, precedence, target_platform)
    if served is None:
        raise ExtensionVersionUnknown("version", identifier=f"{publisher}.{name}", version=version)
    if served.is_withheld:
        raise ReleaseQuarantined("version", name=f"{publisher}.{name}", version=version)
    return served
