"""Use-cases of whoever sends files: announce, send chunks in any order, look, complete, give up.

Each chunk is stored whole and then said to be there; both doors (the contract's form and our own) use the same few steps.
No transaction is open while bytes come in.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog

from app.registry.access import permissions
from app.registry.checks.service import Checks
from app.registry.packages.service import Packages
from app.registry.uploads import rules
from app.registry.uploads.ahead import Ahead, AheadChunks
from app.registry.uploads.digests import ChunkDigests, FileDigests, WholeDigest
from app.registry.uploads.inspection import Inspection, require_publisher
from app.registry.uploads.joining import Joining, assembly_of, enqueue_inspection, record
from schemas.errors import (
    BodyTooLarge,
    ChunkRefused,
    FileExists,
    IdempotencyKeyReused,
    InvalidField,
    NoDirectUploads,
    QuotaExceeded,
    RegistryError,
    ServiceBusy,
    UploadMovedOn,
    UploadUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller
from schemas.model.uploads import (
    Chunk,
    ChunkReceipt,
    FormChunk,
    FormReceipt,
    NewUpload,
    PartUrl,
    Purpose,
    Receipt,
    Upload,
    UploadLimits,
    UploadPolicy,
    UploadSpec,
    UploadState,
)
from schemas.paging import Page, Paging
from storage.blobs import keys
from storage.blobs.base import Assembly, BlobStore, Stored
from storage.blobs.streams import regrouped
from storage.executors import Executor
from storage.postgres import audit, packages, uploads
from storage.postgres.database import Database, Transaction

log = structlog.get_logger()

_URL_SECONDS = 3600
_KEYS_KEPT_HOURS = 7 * 24
_AT_ONCE = 100
_STORED_AT_ONCE = 3  # their commits wait for a disk that is busy with chunks; others want connections, too
_FORM_BYTES = 64 * 1024  # what a form can have around its file
_GIVEN_UP = (UploadState.ABORTED, UploadState.EXPIRED)


class Uploads:
    """Files on their way in."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        package_inspection: Packages,
        checks: Checks,
        hashing: Executor,
        policy: UploadPolicy,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._hashing = hashing
        self._policy = policy
        self._packages = package_inspection
        self._digests = FileDigests()
        self._ahead = AheadChunks()
        self._storing = asyncio.Semaphore(_STORED_AT_ONCE)
        self._joining = Joining(database, blobs, self._digests, hours=policy.expires_after_hours)
        self._inspection = Inspection(
            database,
            blobs,
            package_inspection,
            checks,
            hashing,
            hours=policy.expires_after_hours,
        )

    # -- our own door ------------------------------------------------------------------------------------------------

    async def create(self, caller: Caller, new: NewUpload, idempotency_key: str | None = None) -> Receipt:
        """Announces a file. Where the tenant has the same bytes already, nothing need be sent: they are inspected at once.

        The same key again answers the same upload. Raises `InvalidField` and others for what cannot be taken,
        `FileExists`, `QuotaExceeded`, `IdempotencyKeyReused`; nothing has been stored then.
        """
        permissions.require(caller, "create_upload")
        if new.purpose is Purpose.EXTENSION and new.publisher_id is None:
            new = msgspec.structs.replace(new, publisher_id=caller.publisher_id)
        spec = rules.spec_of(new, self._policy)
        rules.require_own_publisher(caller, spec)
        if spec.plugin_name is not None:
            await self._packages.require_upload(caller, spec.plugin_name)
        request = _fingerprint("create", spec)
        if idempotency_key is not None:
            async with self._database.transaction(caller.tenant_id) as tx:
                used = await self._used(tx, caller, idempotency_key, request)
                if used is not None:
                    return await self._receipt(tx, used)
        upload = await self._opened(caller, spec, idempotency_key, request)
        async with self._database.transaction(caller.tenant_id) as tx:
            return await self._receipt(tx, upload)

    async def limits(self, caller: Caller) -> UploadLimits:
        """How much the caller's tenant may still send."""
        async with self._database.transaction(caller.tenant_id) as tx:
            return await self._limits(tx, caller.tenant_id)

    async def add_chunk(
        self,
        caller: Caller,
        upload_id: str,
        number: int,
        body: AsyncIterator[bytes],
        *,
        length: int | None,
        md5: str | None = None,
        sha256: str | None = None,
    ) -> ChunkReceipt:
        """Stores the chunk, in place of an earlier one of that number. `length` is what the request says, if it does.

        `md5` and `sha256` (hex) are what the chunk is promised to have. The same chunk again changes nothing. Raises
        `ChunkRefused` or `ChunkDigestWrong`, and what `body` raises; nothing has changed then, and the upload goes on.
        `UploadMovedOn` for another chunk once it is joined.
        """
        digests = ChunkDigests(md5, sha256)
        ahead = self._begun_ahead(caller, upload_id, number, length)
        if ahead is not None:
            if length is not None:
                rules.check_size(ahead.upload.spec, number, length)
            return await self._stored(ahead.upload, number, ahead.slot, body, digests, ahead.chunk_bytes)
        async with self._database.transaction(caller.tenant_id) as tx:
            upload = await self._found(tx, caller, upload_id)
            rules.check_number(upload.spec, number)
            if length is not None:
                rules.check_size(upload.spec, number, length)
            awaited = await self._awaited(tx, upload, number, digests)
        return await self._taken(upload, number, body, digests, awaited)

    async def show(self, caller: Caller, upload_id: str) -> Upload:
        """The upload. Raises `UploadUnknown` for one that the caller may not see."""
        async with self._database.transaction(caller.tenant_id) as tx:
            upload = await self._found(tx, caller, upload_id)
            offered = await uploads.list_offered(tx, upload) if upload.state is UploadState.RECEIVING else {}
        return await self._with_direct(upload, offered) if offered else upload

    async def list_own(self, caller: Caller, paging: Paging) -> Page[Upload]:
        """The uploads that the caller may see, newest first."""
        user_id = None if caller.is_admin or caller.publisher_id else caller.user_id
        async with self._database.transaction(caller.tenant_id) as tx:
            return await uploads.list_page(
                tx, caller.tenant_id, user_id, caller.publisher_id, paging, hours=self._policy.expires_after_hours
            )

    async def complete(self, caller: Caller, upload_id: str, idempotency_key: str | None = None) -> Upload:
        """Joins the chunks to the file, once. What is joined already stays as it is; a failed inspection begins anew.

        Raises `ChunksMissing`, `FileSizeWrong`, `FileDigestWrong` (the upload goes on), `FileExists`, `UploadMovedOn`.
        """
        upload = await self.show(caller, upload_id)
        if idempotency_key is not None:
            request = _fingerprint("complete", upload.id)
            async with self._database.transaction(caller.tenant_id) as tx:
                await uploads.use_key(tx, caller.tenant_id, caller.user_id, idempotency_key, request, upload.id)
                await self._used(tx, caller, idempotency_key, request)
        return await self._joining.join(caller, upload)

    async def abort(self, caller: Caller, upload_id: str) -> Upload:
        """Gives the upload up; its bytes are removed. Doing it again changes nothing. `UploadMovedOn` once it is joined.

        One that could not be joined, for want of room perhaps, can be given up as soon as nobody tries any more.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            upload = await self._found(tx, caller, upload_id)
            if upload.state in _GIVEN_UP:
                return upload
            if upload.state is UploadState.JOINING:
                upload = await self._joining.taken_back(tx, upload)
            if upload.state is not UploadState.RECEIVING:
                raise _moved_on(upload)
            await self._ended(tx, caller, upload, UploadState.ABORTED, "given up by its owner")
            ended = await self._joining.found(tx, upload)
        await self._discard(upload)
        return ended

    async def part_urls(self, caller: Caller, upload_id: str, numbers: list[int]) -> list[PartUrl]:
        """Where the bytes of these chunks may be sent directly, for an hour. Of several URLs for one chunk the last counts.

        Raises `NoDirectUploads` where the storage takes none.
        """
        upload = await self.show(caller, upload_id)
        if upload.state is not UploadState.RECEIVING:
            raise _moved_on(upload)
        urls: list[PartUrl] = []
        until = datetime.now(UTC) + timedelta(seconds=_URL_SECONDS)
        for number in numbers:
            rules.check_number(upload.spec, number)
        if await self._blobs.presign_part(assembly_of(upload), 1, size=1, seconds=_URL_SECONDS) is None:
            raise NoDirectUploads  # before it costs one of the attempts that each chunk has
        for number in dict.fromkeys(numbers):
            size = rules.size_of_chunk(upload.spec, number)
            if size is None:
                raise NoDirectUploads
            async with self._database.transaction(upload.tenant_id) as tx:
                slot = await self._begun(tx, upload, number)
            url = await self._blobs.presign_part(assembly_of(upload), slot, size=size, seconds=_URL_SECONDS)
            if url is None:
                raise NoDirectUploads
            async with self._database.transaction(upload.tenant_id) as tx:
                await uploads.offer_slot(tx, upload, number, slot)
            urls.append(PartUrl(number=number, url=url, size=size, expires_at=until))
        return urls

    # -- the contract's form (upload_file_publisher) --------------------------------------------------------------------

    async def add_form_chunk(
        self, caller: Caller, chunk: FormChunk, body: AsyncIterator[bytes], *, most: int | None = None
    ) -> FormReceipt:
        """Stores a chunk; makes the task for the first one, joins the file after the one that says `merge`.

        `most` is how many bytes the chunk can have at the most, if that is known.

        The same chunk again changes nothing, also after the merge. Raises as `create`, `add_chunk` and `complete` do.
        """
        if chunk.publisher_id is None:
            chunk = msgspec.structs.replace(chunk, publisher_id=caller.publisher_id)
        if chunk.task_id is None:
            permissions.require(caller, "upload_file_publisher")
            upload = await self._opened(caller, rules.spec_of_form(chunk, self._policy))
            try:
                return await self._form_chunk_taken(caller, upload, chunk, body, most)
            except BaseException:
                await asyncio.shield(self._give_up_unnamed(caller, upload))  # nobody was told its id
                raise
        ahead = self._begun_ahead(caller, chunk.task_id, chunk.chunk_index, most)
        upload = await self.show(caller, chunk.task_id) if ahead is None else ahead.upload
        rules.check_form(chunk, upload)
        return await self._form_chunk_taken(caller, upload, chunk, body, most, ahead)

    async def _form_chunk_taken(
        self,
        caller: Caller,
        upload: Upload,
        chunk: FormChunk,
        body: AsyncIterator[bytes],
        most: int | None,
        ahead: Ahead | None = None,
    ) -> FormReceipt:
        number, digests = chunk.chunk_index, ChunkDigests(chunk.chunk_md5, None)
        if ahead is not None:
            await self._stored(upload, number, ahead.slot, body, digests, ahead.chunk_bytes)
        else:
            rules.check_number(upload.spec, number)
            async with self._database.transaction(upload.tenant_id) as tx:
                awaited = await self._awaited(tx, upload, number, digests, most)
            await self._taken(upload, number, body, digests, awaited)
        if chunk.parent_file_sha256 and upload.spec.sha256 is None:
            upload = await self._promised(upload, chunk, chunk.parent_file_sha256.lower())
        if chunk.merge:
            upload = await self._joining.join(caller, upload)
        return FormReceipt(
            task_id=upload.id,
            chunk_index=chunk.chunk_index,
            merged=upload.found_sha256 is not None,
            file_name=upload.spec.file_name,
        )

    async def _promised(self, upload: Upload, chunk: FormChunk, sha256: str) -> Upload:
        """Keeps the whole file's digest, which may come with any chunk. Raises `InvalidField` where another one came."""
        async with self._database.transaction(upload.tenant_id) as tx:
            await uploads.promise_digest(tx, upload, sha256)
            upload = await self._joining.found(tx, upload)
        rules.check_form(chunk, upload)
        return upload

    async def _give_up_unnamed(self, caller: Caller, upload: Upload) -> None:
        try:
            await self.abort(caller, upload.id)
        except RegistryError as error:  # then it expires
            log.warning("an upload is left to expire", upload=upload.id, reason=str(error))

    # -- files that come in one request ----------------------------------------------------------------------------------

    async def check_whole(self, caller: Caller, file_name: str) -> None:
        """Raises what stands against an extension's package that comes in one request, before a byte of it is taken."""
        spec = rules.spec_of_whole(file_name, 1, None, caller.publisher_id)
        async with self._database.transaction(caller.tenant_id) as tx:
            await self._require_room(tx, caller, spec, known=True)

    async def accept_whole(self, caller: Caller, tx: Transaction, file_name: str, stored: Stored) -> Upload:
        """The upload of a package that came in one request, and a job that inspects it; in the transaction that keeps its
        bytes. The tenant is locked already. Raises as `check_whole` does."""
        spec = rules.spec_of_whole(file_name, stored.size, stored.sha256, caller.publisher_id)
        await self._require_room(tx, caller, spec, known=True)
        id = new_id()
        assembly = Assembly(key=keys.assembled(caller.tenant_id, id, 1), handle="")
        upload = _new(caller, id, spec, assembly, stored.sha256)
        await uploads.insert(tx, upload)
        await enqueue_inspection(tx, upload)
        await record(tx, caller, upload, "upload.created", size=spec.size, purpose=spec.purpose)
        return await self._joining.found(tx, upload)

    async def find(self, caller: Caller, tx: Transaction, upload_id: str) -> Upload:
        """The upload as the transaction sees it. Raises `UploadUnknown` for one that the caller may not see."""
        return await self._found(tx, caller, upload_id)

    # -- what both doors do ------------------------------------------------------------------------------------------

    async def _opened(self, caller: Caller, spec: UploadSpec, key: str | None = None, request: str = "") -> Upload:
        """A new upload. Raises `PublisherUnknown`, `FileExists` or `QuotaExceeded`."""
        id = new_id()
        async with self._database.transaction(caller.tenant_id) as tx:
            known = await _known_bytes(tx, caller, spec)
            await self._require_room(tx, caller, spec, known=known is not None)
        assembly = Assembly(key=keys.assembled(caller.tenant_id, id, 1), handle="")
        if known is None:
            # The row comes second here: an assembly without parts is nothing that could be lost. Where no row comes it is
            # tidied away later; not now, for the reply of a commit may have been lost.
            assembly = await self._blobs.assemble(assembly.key, least_part=spec.chunk_bytes or 0)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            if key is not None:
                used = await self._used(tx, caller, key, request)
                if used is not None:  # by the same request, which came twice at once
                    return used
            if known is not None and await _known_bytes(tx, caller, spec) is None:
                raise ServiceBusy  # they have gone meanwhile; the next attempt sends them
            await self._require_room(tx, caller, spec, known=known is not None)
            upload = _new(caller, id, spec, assembly, known)
            await uploads.insert(tx, upload)
            if key is not None:
                await uploads.use_key(tx, caller.tenant_id, caller.user_id, key, request, id)
            if known is not None:
                await enqueue_inspection(tx, upload)
            await record(tx, caller, upload, "upload.created", size=spec.size, purpose=spec.purpose)
            return await self._joining.found(tx, upload)

    async def _require_room(self, tx: Transaction, caller: Caller, spec: UploadSpec, *, known: bool) -> None:
        """Raises what stands against an upload before a byte of it is taken."""
        if spec.publisher_id is not None:
            await require_publisher(tx, caller, spec.publisher_id)
            if not spec.override and await uploads.file_exists(
                tx, caller.tenant_id, spec.publisher_id, spec.file_name, besides=""
            ):
                raise FileExists("override", name=spec.file_name)
        # Each costs a reading of the whole file, and the queue is everybody's: known bytes would fill it for nothing.
        if await uploads.count_checking(tx, caller.tenant_id) >= self._policy.most_open_uploads:
            raise QuotaExceeded(limit=self._policy.most_open_uploads, what="uploads in inspection")
        if known:
            return
        held = await uploads.sum_open(tx, caller.tenant_id)
        if held.uploads >= self._policy.most_open_uploads:
            raise QuotaExceeded(limit=self._policy.most_open_uploads, what="open uploads")
        if held.bytes + spec.size > self._policy.most_staged_bytes:
            raise QuotaExceeded("size", limit=self._policy.most_staged_bytes, what="bytes in open uploads")

    def _begun_ahead(self, caller: Caller, upload_id: str, number: int, most: int | None) -> Ahead | None:
        """The chunk, if it was begun ahead for whoever sends it now, and `most` bytes of it (with the form around it) are
        about what was thought. From here on it is his."""
        ahead = self._ahead.find(upload_id, number)
        if ahead is None or not rules.may_see(caller, ahead.upload):
            return None
        if most is None or most > ahead.chunk_bytes + _FORM_BYTES:
            return None
        self._ahead.take(ahead)
        return ahead

    async def _awaited(
        self, tx: Transaction, upload: Upload, number: int, digests: ChunkDigests, most: int | None = None
    ) -> Chunk | int:
        """What the bytes that come now are for: to be compared with a chunk that is there already, or for a slot."""
        if upload.state in _GIVEN_UP:
            raise _moved_on(upload)
        there = await uploads.find_chunk(tx, upload, number)
        receives = upload.state is UploadState.RECEIVING
        if there is not None and (digests.promise(there) or (not receives and there.is_recognised)):
            return there
        if not receives:
            raise _moved_on(upload)
        return await self._begun(tx, upload, number, most)

    async def _taken(
        self, upload: Upload, number: int, body: AsyncIterator[bytes], digests: ChunkDigests, awaited: Chunk | int
    ) -> ChunkReceipt:
        """Stores the chunk in its slot, unless it is there already."""
        if isinstance(awaited, Chunk):
            return await self._compared(upload, awaited, body, digests)
        return await self._stored(upload, number, awaited, body, digests, upload.spec.chunk_bytes)

    async def _compared(
        self, upload: Upload, there: Chunk, body: AsyncIterator[bytes], digests: ChunkDigests
    ) -> ChunkReceipt:
        """Takes a chunk that is there already to its end, and keeps nothing of it."""
        known = ChunkDigests(there.md5, there.sha256)
        size = 0
        async for piece in regrouped(body, rules.MIB):
            size += len(piece)
            if size > upload.spec.size:
                raise BodyTooLarge("file", limit=upload.spec.size)
            for digest in (*digests.fed, *known.fed):
                await self._hashing.run(digest.update, piece)
        rules.check_size(upload.spec, there.number, size)
        digests.check()
        async with self._database.transaction(upload.tenant_id) as tx:
            now = await self._joining.found(tx, upload)
            still = await uploads.find_chunk(tx, upload, there.number)
        is_same = size == there.size and known.broken() is None
        if now.state in _GIVEN_UP or not is_same or still is None or not known.promise(still):
            raise _moved_on(now)
        return _receipt_of(upload, there, len(now.received))

    async def _stored(
        self,
        upload: Upload,
        number: int,
        slot: int,
        body: AsyncIterator[bytes],
        digests: ChunkDigests,
        chunk_bytes: int | None,
    ) -> ChunkReceipt:
        with self._digests.coming(upload, number, slot) as whole:
            return await self._put(upload, number, slot, body, digests, whole, chunk_bytes)

    async def _put(
        self,
        upload: Upload,
        number: int,
        slot: int,
        body: AsyncIterator[bytes],
        digests: ChunkDigests,
        whole: WholeDigest,
        chunk_bytes: int | None,
    ) -> ChunkReceipt:
        def check(size: int) -> None:
            rules.check_size(upload.spec, number, size)
            digests.check()
            whole.settle()

        limit = rules.size_of_chunk(upload.spec, number) or upload.spec.size
        place = rules.place_of(upload.spec, number, slot, chunk_bytes)
        try:
            part = await self._blobs.put_part(
                assembly_of(upload),
                slot,
                body,
                limit=limit,
                digests=[*digests.fed, *whole.fed],
                check=check,
                place=place,
                follow=whole.follow,
            )
        except BodyTooLarge as error:
            raise ChunkRefused(problem=f"it has more than {limit} bytes") from error
        chunk = Chunk(
            number=number, slot=part.slot, size=part.size, tag=part.tag, md5=digests.md5, sha256=digests.sha256
        )
        if chunk_bytes is None and number == 1:
            chunk_bytes = part.size
        async with self._storing, self._database.transaction(upload.tenant_id) as tx:
            stored = await uploads.store_chunk(tx, upload, chunk, ahead_bytes=chunk_bytes)
            now = upload if stored is not None else await self._joining.found(tx, upload)
        if stored is None:  # joined or given up while the bytes came
            raise _moved_on(now)
        if stored.ahead is not None and chunk_bytes is not None:
            next_slot = rules.slot_of(upload.spec, stored.ahead, 1)
            self._ahead.note(Ahead(upload=upload, number=stored.ahead, slot=next_slot, chunk_bytes=chunk_bytes))
        return _receipt_of(upload, chunk, stored.received)

    async def _begun(self, tx: Transaction, upload: Upload, number: int, most: int | None = None) -> int:
        """A slot that nobody else writes to."""
        largest = rules.size_of_chunk(upload.spec, number) or upload.spec.size
        attempt = await uploads.begin_chunk(tx, upload, number, min(largest, most or largest))
        if attempt is None:
            raise _moved_on(await self._joining.found(tx, upload))
        rules.check_begun(upload.spec, attempt.begun_bytes)
        return rules.slot_of(upload.spec, number, attempt.number)

    async def _with_direct(self, upload: Upload, offered: dict[int, int]) -> Upload:
        """The upload with the chunks that came directly, which are said to be there from now on."""
        there = {part.slot: part for part in await self._blobs.parts(assembly_of(upload))}
        async with self._database.transaction(upload.tenant_id) as tx:
            for number, slot in offered.items():
                part = there.get(slot)
                if part is not None and part.size == rules.size_of_chunk(upload.spec, number):
                    chunk = Chunk(number=number, slot=slot, size=part.size, tag=part.tag)
                    await uploads.store_chunk(tx, upload, chunk, direct=True)
            return await self._joining.found(tx, upload)

    async def _found(self, tx: Transaction, caller: Caller, upload_id: str) -> Upload:
        upload = None
        if is_id(upload_id):
            hours = self._policy.expires_after_hours
            upload = await uploads.find(tx, caller.tenant_id, upload_id, hours=hours)
        if upload is None or not rules.may_see(caller, upload):
            raise UploadUnknown("upload_id")
        return upload

    async def _used(self, tx: Transaction, caller: Caller, key: str, request: str) -> Upload | None:
        """The upload for which the key was used, if it was. Raises `IdempotencyKeyReused` for another request's key."""
        used = await uploads.find_key(tx, caller.tenant_id, caller.user_id, key)
        if used is None:
            return None
        if used.request != request:
            raise IdempotencyKeyReused("Idempotency-Key")
        return await self._found(tx, caller, used.upload_id)

    async def _limits(self, tx: Transaction, tenant_id: str) -> UploadLimits:
        held = await uploads.sum_open(tx, tenant_id)
        return UploadLimits(
            max_file_bytes=self._policy.max_file_bytes,
            least_chunk_bytes=rules.LEAST_CHUNK_BYTES,
            most_chunk_bytes=rules.MOST_CHUNK_BYTES,
            most_chunks=rules.MOST_CHUNKS,
            most_open_uploads=self._policy.most_open_uploads,
            open_uploads=held.uploads,
            most_staged_bytes=self._policy.most_staged_bytes,
            staged_bytes=held.bytes,
            expires_after_hours=self._policy.expires_after_hours,
        )

    async def _receipt(self, tx: Transaction, upload: Upload) -> Receipt:
        limits = await self._limits(tx, upload.tenant_id)
        return Receipt(upload=upload, limits=limits, already_stored=not upload.assembly_handle)

    async def _ended(self, tx: Transaction, caller: Caller, upload: Upload, state: UploadState, reason: str) -> None:
        if await uploads.move(tx, upload, state, reason=reason):
            await record(tx, caller, upload, f"upload.{state}")
            self._digests.forget(upload)
            self._ahead.forget(upload)

    async def _discard(self, upload: Upload) -> None:
        await self._discard_assembly(assembly_of(upload))

    async def _discard_assembly(self, assembly: Assembly) -> None:
        """Removes parts; what cannot be removed now is collected later."""
        if assembly.handle:
            try:
                await self._blobs.discard(assembly)
            except RegistryError as error:
                log.warning("parts are left to the collection", key=assembly.key, reason=str(error))

    # -- what jobs do ------------------------------------------------------------------------------------------------

    async def inspect(self, tenant_id: str, upload_id: str) -> None:
        """Reads a joined file back and decides about it. See `Inspection`."""
        await self._inspection.inspect(tenant_id, upload_id)

    async def give_up_inspection(self, tenant_id: str, upload_id: str, reason: str) -> None:
        """Says that the inspection could not be done."""
        await self._inspection.give_up(tenant_id, upload_id, reason)

    async def expire(self) -> int:
        """Gives up uploads to which nothing came for too long, and joins those whose joiner has died; answers how many."""
        hours = self._policy.expires_after_hours
        async with self._database.transaction(platform=True) as tx:
            expired = await uploads.list_expired(tx, hours=hours, limit=_AT_ONCE)
            left = await uploads.list_left_joining(tx, limit=_AT_ONCE)
            await uploads.forget_keys(tx, hours=_KEYS_KEPT_HOURS)
        for tenant_id, upload_id in expired:
            await self._expire(tenant_id, upload_id)
        for tenant_id, upload_id in left:
            await self._join_left(tenant_id, upload_id)
        return len(expired) + len(left)

    async def _expire(self, tenant_id: str, upload_id: str) -> None:
        hours = self._policy.expires_after_hours
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            upload = await uploads.find(tx, tenant_id, upload_id, hours=hours)
            if upload is None or not await uploads.hold_overdue(tx, upload, hours=hours):
                return
            if upload.state is not UploadState.RECEIVING:
                return
            reason = f"nothing came for {hours} hours"
            await self._ended(tx, rules.maker(upload), upload, UploadState.EXPIRED, reason)
        await self._discard(upload)

    async def _join_left(self, tenant_id: str, upload_id: str) -> None:
        hours = self._policy.expires_after_hours
        async with self._database.transaction(tenant_id) as tx:
            upload = await uploads.find(tx, tenant_id, upload_id, hours=hours)
        if upload is not None:
            try:
                await self._joining.join(rules.maker(upload), upload)
            except RegistryError as error:  # its state says what is next, or the next turn tries again
                log.warning("an upload could not be joined", upload=upload_id, reason=str(error))


def _new(caller: Caller, id: str, spec: UploadSpec, assembly: Assembly, known: str | None) -> Upload:
    now = datetime.now(UTC)  # the row gets the database's own
    return Upload(
        id=id,
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        user_name=caller.user_name,
        credential=caller.credential,
        spec=spec,
        state=UploadState.RECEIVING if known is None else UploadState.CHECKING,
        reason="",
        findings=[],
        epoch=0,
        round=1,
        assembly_key=assembly.key,
        assembly_handle=assembly.handle,
        found_sha256=known,
        created_at=now,
        updated_at=now,
        expires_at=now,
        received=[],
        received_bytes=0,
    )


async def _known_bytes(tx: Transaction, caller: Caller, spec: UploadSpec) -> str | None:
    """The digest, where the tenant has these very bytes and our own door asks (a form sends them in any case)."""
    if spec.sha256 is None or spec.chunk_bytes is None:
        return None
    blob = await packages.find_blob(tx, caller.tenant_id, spec.sha256)
    if blob is None:
        return None
    if blob.stored.size != spec.size:
        raise InvalidField("size", problem=f"The file with this SHA-256 has {blob.stored.size} bytes")
    return spec.sha256 if blob.proof is not None and blob.quarantine is None else None


def _moved_on(upload: Upload) -> RegistryError:
    """Why nothing can be done with the upload, as it is now. One that receives again takes the same in a moment."""
    if upload.state is UploadState.RECEIVING:
        return ServiceBusy()
    return UploadMovedOn(state=upload.state, next_step=rules.next_step(upload))


def _receipt_of(upload: Upload, chunk: Chunk, received: int) -> ChunkReceipt:
    return ChunkReceipt(
        number=chunk.number,
        size=chunk.size,
        md5=chunk.md5,
        sha256=chunk.sha256,
        received=received,
        total=upload.spec.total_chunks,
    )


def _fingerprint(operation: str, asked: Any) -> str:
    return hashlib.sha256(msgspec.json.encode([operation, asked])).hexdigest()
