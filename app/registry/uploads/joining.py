"""From chunks to a file: once, whoever asks for it at the same time, and whoever dies over it.

Who joins holds a claim by the database's clock and prolongs it; when it runs out, the next one takes over. Meanwhile no
chunk changes, so all of them make the same file. What counts is one commit that repeats the claim's epoch.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
import structlog

from app.registry.uploads import rules
from app.registry.uploads.digests import FileDigests
from schemas.errors import (
    FileDigestWrong,
    FileExists,
    RegistryError,
    ServiceBusy,
    UploadMovedOn,
    UploadUnknown,
)
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.uploads import Chunk, Purpose, Upload, UploadState
from storage.blobs import keys
from storage.blobs.base import Assembly, BlobStore, Part, Stored
from storage.postgres import audit, jobs, packages, uploads
from storage.postgres.database import Database, Transaction

log = structlog.get_logger()

INSPECT = "inspect_upload"

_CLAIM_SECONDS = 12  # how long the next one waits where somebody dies over it
_PROLONG_EVERY_SECONDS = 3
_WAIT_SECONDS = 20  # for somebody else who joins
_ASK_EVERY_SECONDS = 0.1


class Joining:
    """Joins the chunks of uploads."""

    def __init__(self, database: Database, blobs: BlobStore, digests: FileDigests, *, hours: int) -> None:
        self._database = database
        self._blobs = blobs
        self._digests = digests
        self._hours = hours

    async def join(self, caller: Caller, upload: Upload) -> Upload:
        """The upload with its file joined, by us or by somebody else meanwhile; what is joined already stays as it is.

        Raises `ChunksMissing`, `FileSizeWrong` or `FileDigestWrong`, after which the upload goes on; `FileExists`, after
        which it is refused; `UploadMovedOn` where it was given up; `ServiceBusy` where another one joins for long.
        """
        clock = asyncio.get_running_loop().time
        give_up = clock() + _WAIT_SECONDS
        while True:
            claimed, chunks = await self._claim(caller, upload)
            if claimed.state is not UploadState.JOINING:
                return claimed
            joined = await self._join(caller, claimed, chunks) if chunks else None
            if joined is not None:
                return joined
            if clock() > give_up:
                raise ServiceBusy
            await asyncio.sleep(_ASK_EVERY_SECONDS)

    async def taken_back(self, tx: Transaction, upload: Upload) -> Upload:
        """The upload, receiving again where it was left while it was joined. The transaction has to end it: what was joined
        may be there already, and would not be made again of other chunks."""
        epoch = await uploads.claim_joining(tx, upload, seconds=_CLAIM_SECONDS)
        if epoch is None:  # somebody is at it
            return upload
        claimed = msgspec.structs.replace(upload, state=UploadState.JOINING, epoch=epoch)
        assembly = assembly_of(upload)
        await uploads.reassemble(tx, claimed, assembly, [], reason="given up while it was joined")
        return await self.found(tx, upload)

    async def _claim(self, caller: Caller, upload: Upload) -> tuple[Upload, list[Chunk]]:
        """The upload as it is now. With chunks where they are ours to join."""
        async with self._database.transaction(upload.tenant_id) as tx:
            await audit.lock_tenant(tx, upload.tenant_id)
            upload = await self.found(tx, upload)
            if upload.state is UploadState.FAILED:
                return await self._check_again(tx, caller, upload), []
            if upload.state in (UploadState.ABORTED, UploadState.EXPIRED):
                raise UploadMovedOn(state=upload.state, next_step=rules.next_step(upload))
            if upload.state is UploadState.REFUSED and upload.found_sha256 is None:
                raise FileExists(name=upload.spec.file_name)
            if upload.state not in (UploadState.RECEIVING, UploadState.JOINING):
                return upload, []
            epoch = await uploads.claim_joining(tx, upload, seconds=_CLAIM_SECONDS)
            if epoch is None:
                return msgspec.structs.replace(upload, state=UploadState.JOINING), []
            chunks = await uploads.list_chunks(tx, upload)  # after the claim: before it, another one may still come
            rules.check_complete(upload.spec, chunks)
            return msgspec.structs.replace(upload, state=UploadState.JOINING, epoch=epoch), chunks

    async def _check_again(self, tx: Transaction, caller: Caller, upload: Upload) -> Upload:
        await uploads.move(tx, upload, UploadState.CHECKING)
        await enqueue_inspection(tx, upload)
        await record(tx, caller, upload, "upload.checked_again")
        return await self.found(tx, upload)

    async def _join(self, caller: Caller, upload: Upload, chunks: list[Chunk]) -> Upload | None:
        """As `join`. None where the claim ran out and somebody else took over: nothing was changed or removed then."""
        assembly = assembly_of(upload)
        async with self._held(upload):
            try:
                sha256 = await self._made(upload, assembly, chunks)
            except KeyError:
                await self._go_on_without_lost(caller, upload, assembly, chunks)
                return None
            if upload.spec.sha256 not in (None, sha256):
                await self._go_on_after_wrong_digest(caller, upload, assembly, chunks, sha256)
                return None
            joined = await self._commit(caller, upload, sha256)
        if joined is None:
            return None
        self._digests.forget(upload)
        await self._tidy_up(assembly, joined)
        if joined.state is UploadState.REFUSED:
            raise FileExists(name=upload.spec.file_name)
        return joined

    async def _made(self, upload: Upload, assembly: Assembly, chunks: list[Chunk]) -> str:
        """Makes the file, unless it is known to be the wrong one, and answers its SHA-256. `KeyError` where bytes are lost."""
        sha256 = self._digests.of(upload, chunks)
        if sha256 is None or upload.spec.sha256 in (None, sha256):
            await self._blobs.join(assembly, uploads.parts_of(chunks))
        return sha256 or (await self._blobs.digest(assembly.key)).sha256

    async def _commit(self, caller: Caller, upload: Upload, sha256: str) -> Upload | None:
        """The one moment in which the file is there. None where the claim was lost."""
        spec = upload.spec
        async with self._database.transaction(upload.tenant_id) as tx:
            await audit.lock_tenant(tx, upload.tenant_id)
            if spec.purpose is Purpose.EXTENSION and not spec.override and await taken(tx, upload):
                reason = str(FileExists(name=spec.file_name))
                if not await uploads.move(tx, upload, UploadState.REFUSED, reason=reason):
                    return None
                await record(tx, caller, upload, "upload.refused", reason=reason)
            else:
                if not await uploads.move(tx, upload, UploadState.CHECKING, found_sha256=sha256):
                    return None
                stored = Stored(key=upload.assembly_key, size=spec.size, sha256=sha256)
                await packages.insert_blob(tx, upload.tenant_id, stored)
                await enqueue_inspection(tx, upload)
                await record(tx, caller, upload, "upload.joined", sha256=sha256)
            return await self.found(tx, upload)

    async def _go_on_after_wrong_digest(
        self, caller: Caller, upload: Upload, assembly: Assembly, chunks: list[Chunk], found: str
    ) -> None:
        """Back to receiving, and raises `FileDigestWrong`; nothing where the claim was lost.

        Where the parts were used up, they are made anew out of the joined file.
        """
        if not await self._prolonged(upload):
            return
        parts = uploads.parts_of(chunks)
        if await self._blobs.stat(assembly.key) is not None:
            key = keys.assembled(upload.tenant_id, upload.id, upload.round + 1)
            try:
                assembly, parts = await self._blobs.take_apart(assembly, parts, key)
            except KeyError:
                await self._go_on_without_lost(caller, upload, assembly, chunks)
                return
        again = _moved(chunks, parts)
        if await self._receive_again(caller, upload, assembly, again, [], "the whole file had another SHA-256"):
            raise FileDigestWrong(found=found, promised=upload.spec.sha256)

    async def _go_on_without_lost(
        self, caller: Caller, upload: Upload, assembly: Assembly, chunks: list[Chunk]
    ) -> None:
        """Back to receiving without the chunks that the store has lost, and raises `ChunksMissing`, which names them; nothing
        where the claim was lost: then it is somebody else who used them up."""
        if not await self._prolonged(upload):
            return
        next_key = keys.assembled(upload.tenant_id, upload.id, upload.round + 1)
        lost: list[int] = []
        try:  # whoever was at it before may have died when it was half taken apart
            assembly, parts = await self._blobs.take_apart(assembly, uploads.parts_of(chunks), next_key)
            kept = _moved(chunks, parts)
        except KeyError:
            there = {(part.slot, part.tag) for part in await self._blobs.parts(assembly)}
            kept = [chunk for chunk in chunks if (chunk.slot, chunk.tag) in there]
            lost = [chunk.number for chunk in chunks if (chunk.slot, chunk.tag) not in there]
            if not kept:
                assembly = await self._blobs.assemble(next_key, least_part=upload.spec.chunk_bytes or 0)
        if await self._receive_again(caller, upload, assembly, kept, lost, "the storage lost chunks"):
            if lost:
                log.error("the store lost chunks", upload=upload.id, numbers=lost)
            rules.check_complete(upload.spec, kept)
            raise ServiceBusy  # nothing is lost after all: the store was of two minds

    async def _receive_again(
        self, caller: Caller, upload: Upload, assembly: Assembly, chunks: list[Chunk], lost: list[int], reason: str
    ) -> bool:
        """Answers whether the claim was still held."""
        async with self._database.transaction(upload.tenant_id) as tx:
            await audit.lock_tenant(tx, upload.tenant_id)
            held = await uploads.reassemble(tx, upload, assembly, chunks, reason=reason)
            if held:
                await uploads.drop_chunks(tx, upload, lost)
                await record(tx, caller, upload, "upload.received_again", reason=reason)
        self._digests.forget(upload)
        return held

    @asynccontextmanager
    async def _held(self, upload: Upload) -> AsyncIterator[None]:
        """Keeps the claim for the length of the block, and gives it back when that fails."""
        prolonging = asyncio.create_task(self._prolong(upload))
        try:
            yield
        except BaseException:
            with suppress(RegistryError):  # then it runs out by itself
                async with self._database.transaction(upload.tenant_id) as tx:
                    await uploads.release_joining(tx, upload)
            raise
        finally:
            prolonging.cancel()

    async def _prolong(self, upload: Upload) -> None:
        held = True
        while held:
            await asyncio.sleep(_PROLONG_EVERY_SECONDS)
            try:
                held = await self._prolonged(upload)
            except RegistryError as error:
                log.warning("a claim could not be prolonged", upload=upload.id, reason=str(error))

    async def _prolonged(self, upload: Upload) -> bool:
        """Whether the claim is still held; then it is for a while."""
        async with self._database.transaction(upload.tenant_id) as tx:
            return await uploads.prolong_joining(tx, upload, seconds=_CLAIM_SECONDS)

    async def _tidy_up(self, assembly: Assembly, upload: Upload) -> None:
        """Removes the parts, and the file of an upload that is refused; what is left is collected later."""
        try:
            await self._blobs.discard(assembly)
            if upload.state is UploadState.REFUSED:
                await self._blobs.delete(assembly.key)
        except RegistryError as error:
            log.warning("parts are left to the collection", upload=upload.id, reason=str(error))

    async def found(self, tx: Transaction, upload: Upload) -> Upload:
        """The upload as the transaction sees it."""
        found = await uploads.find(tx, upload.tenant_id, upload.id, hours=self._hours)
        if found is None:
            raise UploadUnknown("upload_id")
        return found


def assembly_of(upload: Upload) -> Assembly:
    """What the store knows the upload's chunks by."""
    return Assembly(key=upload.assembly_key, handle=upload.assembly_handle)


def _moved(chunks: list[Chunk], parts: list[Part]) -> list[Chunk]:
    """The chunks, of which the store says now where they are."""
    return [
        msgspec.structs.replace(chunk, slot=part.slot, tag=part.tag) for chunk, part in zip(chunks, parts, strict=True)
    ]


async def taken(tx: Transaction, upload: Upload) -> bool:
    """Whether the publisher has a file of that name from another upload."""
    publisher_id = upload.spec.publisher_id or ""
    return await uploads.file_exists(tx, upload.tenant_id, publisher_id, upload.spec.file_name, besides=upload.id)


async def enqueue_inspection(tx: Transaction, upload: Upload) -> None:
    """A job that inspects the file once the transaction is through."""
    payload = {"tenant_id": upload.tenant_id, "upload_id": upload.id}
    await jobs.enqueue(tx, INSPECT, payload, tenant_id=upload.tenant_id, unique=upload.id)


async def record(tx: Transaction, caller: Caller, upload: Upload, action: str, **detail: object) -> None:
    """Adds what was done with the upload to the audit, in the transaction that does it."""
    await audit.record(tx, upload.tenant_id, caller, Change(
        action=action, object_kind="upload", object_id=upload.id,
        detail={"file_name": upload.spec.file_name, **detail}))  # fmt: skip
