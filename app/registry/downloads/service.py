"""Use-cases of everybody who fetches packages. No byte leaves that was not checked a moment before."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
import structlog

from app.registry.downloads import rules
from app.registry.plugins import versions
from app.registry.plugins.catalogue import visible
from app.registry.plugins.rules import require_change
from schemas.errors import (
    BytesDamaged,
    PackageQuarantined,
    PackageUnknown,
    PluginUnknown,
    RegistryError,
    VersionUnknown,
)
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.downloads import Download, DownloadCounts, Release, Span
from schemas.model.plugins import Plugin, VersionState
from storage.blobs.base import BlobStore
from storage.blobs.proof import Proof, prove, read_proven
from storage.executors import Executor
from storage.postgres import audit, downloads, packages, plugins
from storage.postgres.database import Database, Transaction
from storage.postgres.packages import KeptBlob
from storage.postgres.plugins import VersionNumber

log = structlog.get_logger()

DAYS_TOLD = 366
_ADDRESS_SECONDS = 60

_LOST = "lost: nothing lies under its key"
_CHANGED = "changed: it is not what was proven"


class Downloads:
    """Packages of released versions, for whoever may see the version."""

    def __init__(self, database: Database, blobs: BlobStore, hashing: Executor, *, redirect: bool) -> None:
        """With `redirect` clients are sent to the store itself, where it can hand out addresses."""
        self._database = database
        self._blobs = blobs
        self._hashing = hashing
        self._redirect = redirect

    async def find(self, caller: Caller, plugin_name: str, version: str) -> Download:
        """The package of a released version that the caller sees.

        Raises `PluginUnknown`, `VersionUnknown`, `PackageUnknown` where the version has none, and as `find_by_digest` does.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            plugin = await visible(tx, caller, plugin_name)
            number = await _live(tx, plugin, version)
        if number.state is not VersionState.FORMAL and plugin.tenant_id != caller.tenant_id:
            raise VersionUnknown("version", name=plugin_name, version=version)
        if number.state is not VersionState.FORMAL or number.package_sha256 is None:
            raise PackageUnknown
        return await self._ready(
            caller,
            Release(
                tenant_id=plugin.tenant_id,
                version_id=number.id,
                plugin_name=plugin.name,
                version=number.version,
                sha256=number.package_sha256,
            ),
        )

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
        return await self._ready(caller, release)

    async def open(self, caller: Caller, download: Download, span: Span) -> AsyncGenerator[bytes, None]:
        """The bytes of the span, in bounded pieces, each checked before it is given; the first is checked already.

        Raises `BytesDamaged`, also in the middle, and quarantines the package then. A store that does not answer raises
        `StorageUnavailable` and changes nothing.
        """
        pieces = self._checked(caller, download, span)
        return _with_first(await anext(pieces), pieces)

    async def address(self, download: Download) -> str | None:
        """Where the store itself gives the package to whoever has this address, for a minute. None where packages go out
        through us. What the store sends is not checked by us."""
        if not self._redirect:
            return None
        name = rules.file_name(download.release.plugin_name, download.release.version)
        return await self._blobs.presign_read(download.key, seconds=_ADDRESS_SECONDS, file_name=name)

    async def count(self, caller: Caller, download: Download) -> None:
        """Notes a whole download that has ended. Never fails: it is not worth a broken download."""
        try:
            # The release may be another tenant's, whose count it is.
            async with self._database.transaction(download.release.tenant_id) as tx:
                await downloads.count(tx, download.release)
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

    # -- what is sent, checked -----------------------------------------------------------------------------------------

    async def _ready(self, caller: Caller, release: Release) -> Download:
        """The download of a release that the caller may see; from here on its tenant's rows are asked."""
        async with self._database.transaction(release.tenant_id) as tx:
            blob = await packages.find_blob(tx, release.tenant_id, release.sha256)
        if blob is None:  # the version and its package were deleted meanwhile
            raise PackageUnknown
        if blob.quarantine is not None:
            raise PackageQuarantined
        proof = blob.proof or await self._prove(caller, release, blob)
        return Download(release=release, size=proof.size, key=blob.stored.key, pieces=proof.pieces)

    async def _prove(self, caller: Caller, release: Release, blob: KeptBlob) -> Proof:
        """Reads back what an earlier release kept without a proof."""
        try:
            proof = await prove(self._blobs, blob.stored.key, self._hashing)
        except KeyError as error:
            raise await self._quarantined(caller, release, blob.stored.key, _LOST) from error
        if (proof.sha256, proof.size) != (release.sha256, blob.stored.size):
            raise await self._quarantined(caller, release, blob.stored.key, _CHANGED)
        async with self._database.transaction(release.tenant_id) as tx:
            await packages.prove_blob(tx, release.tenant_id, release.sha256, proof)
        return proof

    async def _checked(self, caller: Caller, download: Download, span: Span) -> AsyncGenerator[bytes, None]:
        release = download.release
        proof = Proof(size=download.size, sha256=release.sha256, pieces=download.pieces)
        checked = read_proven(self._blobs, download.key, proof, self._hashing, span.offset, span.length)
        try:
            async with aclosing(checked) as pieces:
                async for piece in pieces:
                    yield piece
        except KeyError as error:
            raise await self._quarantined(caller, release, download.key, _LOST) from error
        except BytesDamaged as error:
            raise await self._quarantined(caller, release, download.key, _CHANGED) from error

    async def _quarantined(self, caller: Caller, release: Release, key: str, reason: str) -> BytesDamaged:
        """Keeps the bytes from being sent again, and answers what to raise."""
        try:
            await asyncio.shield(self._quarantine(caller, release, key, reason))
        except RegistryError as error:  # the next download finds the same
            log.warning("damaged bytes are not quarantined yet", key=key, reason=reason, error=str(error))
        return BytesDamaged()

    async def _quarantine(self, caller: Caller, release: Release, key: str, reason: str) -> None:
        """Says nothing against other bytes that have taken their place meanwhile."""
        async with self._database.transaction(release.tenant_id) as tx:
            await audit.lock_tenant(tx, release.tenant_id)
            if await packages.quarantine_blob(tx, release.tenant_id, release.sha256, reason, key=key):
                await audit.record(tx, release.tenant_id, _ourselves(caller), Change(
                    action="blob.quarantined", object_kind="blob", object_id=release.sha256,
                    detail={"key": key, "reason": reason}))  # fmt: skip
                log.error("stored bytes are damaged", key=key, reason=reason, request_id=caller.request_id)


async def _live(tx: Transaction, plugin: Plugin, version: str) -> VersionNumber:
    number = await plugins.find_version(tx, plugin, versions.precedence(versions.parse("version", version)))
    if number is None or number.deleted:
        raise VersionUnknown("version", name=plugin.name, version=version)
    return number


async def _with_first(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


def _ourselves(caller: Caller) -> Caller:
    """The registry as who did something during a caller's request. The caller may be of another tenant than the one whose
    audit tells of it."""
    return msgspec.structs.replace(caller, user_id="plugport", user_name="plugport")
