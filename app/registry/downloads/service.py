"""Use-cases of everybody who fetches packages. No byte leaves that was not checked a moment before."""

import structlog

from app.registry.downloads import rules
from app.registry.downloads.outgoing import Outgoing
from app.registry.plugins import versions
from app.registry.plugins.catalogue import visible
from app.registry.plugins.rules import require_change
from schemas.errors import PackageUnknown, PluginUnknown, RegistryError, ReleaseQuarantined, VersionUnknown
from schemas.model.access import Caller
from schemas.model.downloads import Download, DownloadCounts, Release
from schemas.model.plugins import Plugin, VersionState
from storage.postgres import downloads, plugins
from storage.postgres.database import Transaction
from storage.postgres.plugins import VersionNumber

log = structlog.get_logger()

DAYS_TOLD = 366


class Downloads(Outgoing):
    """Packages of released versions, for whoever may see the version."""

    async def find(self, caller: Caller, plugin_name: str, version: str) -> Download:
        """The package of a released version that the caller sees.

        Raises `PluginUnknown`, `VersionUnknown`, `ReleaseQuarantined`, `PackageUnknown` where the version
        has none, and as `find_by_digest` does.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            plugin = await visible(tx, caller, plugin_name, pinned=True)
            number = await _live(tx, plugin, version)
        if number.offer == "withheld":
            raise ReleaseQuarantined("version", name=plugin_name, version=version)
        if number.offer == "none" and plugin.tenant_id != caller.tenant_id:
            raise VersionUnknown("version", name=plugin_name, version=version)
        if number.state is not VersionState.FORMAL or number.package_sha256 is None:
            raise PackageUnknown
        release = Release(
            tenant_id=plugin.tenant_id,
            version_id=number.id,
            plugin_name=plugin.name,
            version=number.version,
            sha256=number.package_sha256,
        )
        return await self._ready(caller, rules.package_of(release))

    async def find_by_digest(self, caller: Caller, sha256: str) -> Download:
        """The package of that digest, if a released version that the caller sees has it. Else raises `PackageUnknown`.

        Raises `PackageQuarantined` for one that was found lost or damaged before, and `BytesDamaged` if it is found so now.
        """
        if not rules.is_sha256(sha256):
            raise PackageUnknown
        async with self._database.transaction(caller.tenant_id) as tx:
            release = await downloads.find_release_of(tx, caller, sha256)
        if release is None:
            raise PackageUnknown
        if release.is_withheld:
            raise ReleaseQuarantined(None, name=release.plugin_name, version=release.version)
        return await self._ready(caller, rules.package_of(release))

    async def count(self, caller: Caller, download: Download) -> None:
        """Notes a whole download that has ended. Never fails: it is not worth a broken download."""
        try:
            # The release may be another tenant's, whose count it is.
            async with self._database.transaction(download.package.tenant_id) as tx:
                await downloads.count(tx, download.package)
        except RegistryError as error:
            log.warning("a download was not counted", request_id=caller.request_id, reason=str(error))

    async def counts(self, caller: Caller, plugin_name: str, version: str) -> DownloadCounts:
        """How often a version of the own tenant was downloaded, for whoever may change the plug-in.

        Raises `PluginUnknown`, `NotMaintainer`, `VersionUnknown`.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            plugin = await visible(tx, caller, plugin_name)
            if plugin.tenant_id != caller.tenant_id:
                raise PluginUnknown("plugin_name", name=plugin_name)
            require_change(caller, plugin)
            number = await _live(tx, plugin, version)
            return await downloads.read_counts(tx, plugin.tenant_id, number.id, days=DAYS_TOLD)


async def _live(tx: Transaction, plugin: Plugin, version: str) -> VersionNumber:
    number = await plugins.find_version(tx, plugin, versions.precedence(versions.parse("version", version)))
    if number is None or number.deleted:
        raise VersionUnknown("version", name=plugin.name, version=version)
    return number
