"""Use-case of package authors: uploading the package of a basic plug-in, which becomes a released version."""

from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import msgspec

from app.registry.packages.archive import Archive
from app.registry.packages.intake import Intake
from app.registry.packages.looking import GoOn, look_into
from app.registry.packages.manifest import read_manifest
from app.registry.plugins.service import Plugins
from schemas.errors import ManifestContradicts
from schemas.model.access import Caller
from schemas.model.packages import Manifest
from schemas.model.plugins import BusinessType, Composition, PluginFacts, VersionContent, VersionSpec
from storage.blobs.base import BlobStore, Stored
from storage.executors import Executor
from storage.postgres import audit
from storage.postgres.database import Database, Transaction

T = TypeVar("T")


class Packages:
    """Takes packages in."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        intake: Intake,
        plugins: Plugins,
        inspection: Executor,
        *,
        limit: int,
    ) -> None:
        """`limit` is the largest package, in bytes."""
        self._database = database
        self._blobs = blobs
        self._intake = intake
        self._plugins = plugins
        self._inspection = inspection
        self._limit = limit

    async def upload(
        self, caller: Caller, plugin_name: str, business_type: BusinessType | None, body: AsyncIterator[bytes]
    ) -> None:
        """Makes a released version of the package that streams in; makes the plug-in when it is missing.

        The plug-in is filed under `business_type`, or else under the manifest's category. The same bytes again are a
        success. Raises `PackageRefused`, `ManifestRefused`, `ManifestContradicts`, `OtherBytesReleased` and others; nothing is
        kept then.
        """
        await self._plugins.require_upload(caller, plugin_name)
        async with self._intake.receive(caller, body, self._limit, "package") as received:
            manifest = await self.inspect(received.stored)
            if manifest.name != plugin_name:
                raise ManifestContradicts("plugin_name", manifest_says=manifest.name, request_says=plugin_name)
            await received.settle()
            async with self._database.transaction(caller.tenant_id) as tx:
                await audit.lock_tenant(tx, caller.tenant_id)
                await received.keep(tx)
                await self.release(caller, tx, manifest, business_type, received.stored.sha256)

    async def require_upload(self, caller: Caller, plugin_name: str) -> None:
        """Raises what already stands against a package for this plug-in, before a byte of it is taken."""
        await self._plugins.require_upload(caller, plugin_name)

    async def release(
        self, caller: Caller, tx: Transaction, manifest: Manifest, business_type: BusinessType | None, sha256: str
    ) -> None:
        """A released version of an inspected package, in the transaction that keeps its bytes; else as `upload`."""
        await self._plugins.release_package(caller, tx, _spec(manifest, business_type or manifest.category, sha256))

    async def inspect(self, stored: Stored) -> Manifest:
        """Goes through the whole package of a basic plug-in; its manifest. Raises `PackageRefused`, `ManifestRefused`."""
        return await self._inspected(stored, read_manifest)

    async def _inspected(self, stored: Stored, read: Callable[[Archive], T]) -> T:
        """What `read` says of the archive after all of it was gone through."""

        def look(archive: Archive, go_on: GoOn) -> T:
            archive.verify(go_on)
            return read(archive)

        return await look_into(self._blobs, self._inspection, stored, look)

    async def sweep(self) -> int:
        """Removes what killed processes left on its way in, of packages and icons; answers how much there was."""
        return await self._intake.sweep()


def _spec(manifest: Manifest, business_type: BusinessType, sha256: str) -> VersionSpec:
    """The version that a package brings: what its manifest says."""
    facts = PluginFacts(
        display_name=manifest.friendly_name,
        description=manifest.description,
        business_type=business_type,
        composition=Composition.SINGLE,
    )
    content = VersionContent(
        version_description=manifest.version_description,
        inputs=manifest.inputs,
        outputs=manifest.outputs,
        metrics=manifest.metrics,
        execution={"type": manifest.execution.type, "target": manifest.execution.target},
        manifest=msgspec.to_builtins(manifest),
        manifest_version=manifest.manifest_version,
        package_sha256=sha256,
    )
    return VersionSpec(plugin_name=manifest.name, version=manifest.version, facts=facts, content=content)
