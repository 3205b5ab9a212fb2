"""Bytes on their way out, whatever they are a package of. None leaves that was not checked a moment before."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec
import structlog

from schemas.errors import BytesDamaged, PackageQuarantined, PackageUnknown, RegistryError
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.downloads import Download, Package, Span
from storage.blobs.base import BlobStore
from storage.blobs.proof import Proof, prove, read_proven
from storage.executors import Executor
from storage.postgres import audit, packages
from storage.postgres.database import Database
from storage.postgres.packages import KeptBlob

log = structlog.get_logger()

_ADDRESS_SECONDS = 60

_LOST = "lost: nothing lies under its key"
_CHANGED = "changed: it is not what was proven"


class Outgoing:
    """What sends packages. A noun adds which package it is that a caller asks for, and how sending is counted."""

    def __init__(self, database: Database, blobs: BlobStore, hashing: Executor, *, redirect: bool) -> None:
        """With `redirect` clients are sent to the store itself, where it can hand out addresses."""
        self._database = database
        self._blobs = blobs
        self._hashing = hashing
        self._redirect = redirect

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
        name = download.package.file_name
        return await self._blobs.presign_read(download.key, seconds=_ADDRESS_SECONDS, file_name=name)

    async def _ready(self, caller: Caller, package: Package) -> Download:
        """The download of a package that the caller may have; from here on its tenant's rows are asked.

        Raises `PackageUnknown` where it is no longer kept, `PackageQuarantined` for one that was found lost or damaged
        before, and `BytesDamaged` if it is found so now.
        """
        async with self._database.transaction(package.tenant_id) as tx:
            blob = await packages.find_blob(tx, package.tenant_id, package.sha256)
        if blob is None:  # the version and its package were deleted meanwhile
            raise PackageUnknown
        if blob.quarantine is not None:
            raise PackageQuarantined
        proof = blob.proof or await self._prove(caller, package, blob)
        return Download(package=package, size=proof.size, key=blob.stored.key, pieces=proof.pieces)

    async def _prove(self, caller: Caller, package: Package, blob: KeptBlob) -> Proof:
        """Reads back what an earlier release kept without a proof."""
        try:
            proof = await prove(self._blobs, blob.stored.key, self._hashing)
        except KeyError as error:
            raise await self._quarantined(caller, package, blob.stored.key, _LOST) from error
        if (proof.sha256, proof.size) != (package.sha256, blob.stored.size):
            raise await self._quarantined(caller, package, blob.stored.key, _CHANGED)
        async with self._database.transaction(package.tenant_id) as tx:
            await packages.prove_blob(tx, package.tenant_id, package.sha256, proof)
        return proof

    async def _checked(self, caller: Caller, download: Download, span: Span) -> AsyncGenerator[bytes, None]:
        package = download.package
        proof = Proof(size=download.size, sha256=package.sha256, pieces=download.pieces)
        checked = read_proven(self._blobs, download.key, proof, self._hashing, span.offset, span.length)
        try:
            async with aclosing(checked) as pieces:
                async for piece in pieces:
                    yield piece
        except KeyError as error:
            raise await self._quarantined(caller, package, download.key, _LOST) from error
        except BytesDamaged as error:
            raise await self._quarantined(caller, package, download.key, _CHANGED) from error

    async def _quarantined(self, caller: Caller, package: Package, key: str, reason: str) -> BytesDamaged:
        """Keeps the bytes from being sent again, and answers what to raise."""
        try:
            await asyncio.shield(self._quarantine(caller, package, key, reason))
        except RegistryError as error:  # the next download finds the same
            log.warning("damaged bytes are not quarantined yet", key=key, reason=reason, error=str(error))
        return BytesDamaged()

    async def _quarantine(self, caller: Caller, package: Package, key: str, reason: str) -> None:
        """Says nothing against other bytes that have taken their place meanwhile."""
        async with self._database.transaction(package.tenant_id) as tx:
            await audit.lock_tenant(tx, package.tenant_id)
            if await packages.quarantine_blob(tx, package.tenant_id, package.sha256, reason, key=key):
                await audit.record(tx, package.tenant_id, _ourselves(caller), Change(
                    action="blob.quarantined", object_kind="blob", object_id=package.sha256,
                    detail={"key": key, "reason": reason}))  # fmt: skip
                log.error("stored bytes are damaged", key=key, reason=reason, request_id=caller.request_id)


async def _with_first(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


def _ourselves(caller: Caller) -> Caller:
    """The registry as who did something during a caller's request. The caller may be of another tenant than the one whose
    audit tells of it."""
    return msgspec.structs.replace(caller, user_id="plugport", user_name="plugport")
