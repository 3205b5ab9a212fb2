"""Blobs in a bucket of any S3-compatible store, through the minio SDK.

The word of the store is not trusted: it answers success where S3 says "200" with an error inside, so everything written
is looked up afterwards.

Some calls of the SDK used here begin with an underscore: only those let a stream be sent in parts with the MD5 of each
part, the one check of integrity that every S3 store enforces. The dependency stays below the next major version.
"""

import asyncio
import hashlib
import io
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Container, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO, cast
from urllib.parse import quote

import msgspec
from minio import Minio
from minio.commonconfig import CopySource
from minio.deleteobjects import DeleteError, DeleteObject
from minio.error import S3Error
from urllib3 import BaseHTTPResponse

from schemas.errors import StorageUnavailable
from schemas.ids import new_id
from storage.blobs import keys
from storage.blobs.base import (
    UNLISTED,
    Assembly,
    Digest,
    Feed,
    Part,
    Place,
    Stored,
    is_key,
    require_key,
    require_prefix,
    require_range,
    require_rising,
    require_slot,
)
from storage.blobs.s3_line import NEW_ONLY, KeyTaken, Line, PartGone, PastTheEnd, UploadGone, WrongAnswerError
from storage.blobs.s3_parts import LEAST_PART_BYTES, Multipart, abort_unfinished
from storage.blobs.spool import Spool
from storage.blobs.streams import STREAMS_AT_ONCE, Bundle, Turns, fed, kept, measured, unavailable, undone
from storage.executors import Executor

_PART_BYTES = 8 * 1024 * 1024  # of one size, as some stores demand; 10,000 of them make 80 GiB
_PIECE_BYTES = 2 * 1024 * 1024
_BUFFER_BYTES = 1024 * 1024
_KEYS_AT_ONCE = 1000

_THREADS = 16
_SPOOL_THREADS = 8
_SENDING_THREADS = 8  # more at once are all later
_QUEUE = 512

_OWN_BUCKET_CODES = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


class S3Blobs:
    """A `storage.blobs.base.BlobStore` in one bucket. Blobs are limited to 5 GiB (one server-side copy).

    `endpoint` is `host` or `host:port`. A call that failed for a reason that may pass is repeated until
    `patience` seconds after it began; each single attempt ends by itself when the store is silent for 10 s.
    What is sent waits in a temporary file (`storage.blobs.spool`), one for each body, of 8 MiB or a part at most.
    The credentials must allow reading, writing, deleting and listing: without the right to list, S3 answers
    "forbidden" for a missing key.
    """

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        *,
        access_key: str,
        secret_key: str,
        region: str = "us-east-1",
        secure: bool = True,
        patience: float = 5.0,
    ) -> None:
        self._line = Line(
            endpoint,
            bucket,
            access_key=access_key,
            secret_key=secret_key,
            region=region,
            secure=secure,
            patience=patience,
            connections=_THREADS + _SENDING_THREADS,
        )
        self._threads = Executor("s3-blobs", threads=_THREADS, queue=_QUEUE)
        # Apart from those that wait for the store: what comes in or is read meanwhile would wait for it, too.
        self._sending = Executor("s3-sends", threads=_SENDING_THREADS, queue=_QUEUE)
        self._spooling = Executor("s3-spools", threads=_SPOOL_THREADS, queue=_QUEUE)
        self._turns = Turns(STREAMS_AT_ONCE)
        self._sending_turns = Turns(_SENDING_THREADS)  # these wait for the store now and then

    async def put(self, key: str, body: AsyncIterator[bytes], *, limit: int) -> Stored:
        """See `BlobStore.put`."""
        require_key(key)
        upload = _Upload(self, self._line, key)
        try:
            await fed(body, limit, upload.add, self._sending, self._sending_turns)
            await self._sending.run(upload.finish)
        except BaseException as error:
            await undone(upload.abandon, self._threads, error)
            if not isinstance(error, KeyTaken):
                raise
            return await kept(self, upload.sent)
        return upload.sent

    async def promote(self, source: str, target: str) -> None:
        """See `BlobStore.promote`."""
        require_key(source)
        require_key(target)
        await self._threads.run(self._promote, source, target)

    async def stat(self, key: str) -> int | None:
        """See `BlobStore.stat`."""
        require_key(key)
        return await self._threads.run(self.size_now, key)

    async def digest(self, key: str) -> Stored:
        """See `BlobStore.digest`."""
        return await measured(key, self.read(key), self._threads)

    async def read(self, key: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `BlobStore.read`."""
        require_key(key)
        require_range(offset, length)
        if length == 0:
            await self._threads.run(self._require, key)
            return
        end, at, total = None if length is None else offset + length, offset, None
        while end is None or at < end:
            wanted = _PIECE_BYTES if end is None else min(_PIECE_BYTES, end - at)
            try:
                piece, size = await self._threads.run(self.piece_now, key, at, wanted)
            except KeyError:
                if total is None:
                    raise
                size = -1
            if total not in (None, size):
                raise unavailable(f"{key} changed while it was read")
            total = size
            if not piece:
                return
            yield piece
            at += len(piece)
            end = total if end is None else min(end, total)

    def open(self, key: str) -> BinaryIO:
        """See `BlobStore.open`."""
        require_key(key)
        return cast(BinaryIO, io.BufferedReader(_Reader(self, key, self._require(key)), _BUFFER_BYTES))

    async def delete(self, key: str) -> None:
        """See `BlobStore.delete`."""
        require_key(key)
        await self._threads.run(self.remove_now, key)

    async def keys(self, prefix: str = "") -> AsyncIterator[str]:
        """See `BlobStore.keys`."""
        require_prefix(prefix)
        last: str | None = None
        while found := await self._threads.run(self._names, prefix, last):
            for name in found:
                if is_key(name):  # whatever else lies in the bucket is none of ours
                    yield name
            last = found[-1]

    async def assemble(self, key: str, *, least_part: int) -> Assembly:
        """See `BlobStore.assemble`."""
        require_key(key)
        handle = keys.parts_of(key)
        if least_part >= LEAST_PART_BYTES:
            handle = (await self._threads.run(Multipart.begin, self._line, key)).handle
        return Assembly(key=key, handle=handle)

    async def put_part(
        self,
        assembly: Assembly,
        slot: int,
        body: AsyncIterator[bytes],
        *,
        limit: int,
        digests: Sequence[Digest] = (),
        check: Callable[[int], None] | None = None,
        place: Place | None = None,  # noqa: ARG002 - the store itself puts parts together
        follow: Callable[[Feed], Coroutine[Any, Any, None]] | None = None,
    ) -> Part:
        """See `BlobStore.put_part`."""
        require_slot(slot)
        sending = _PartSending(self, self._line, assembly, slot)
        try:
            await fed(body, limit, sending.add, self._spooling, self._turns, digests)
            if check is not None:
                check(sending.size)
            async with _beside(follow, lambda digest: self._spooling.run(sending.feed, digest)):
                return await self._sending.run(sending.finish)
        except BaseException as error:
            await undone(sending.abandon, self._threads, error)
            raise

    async def parts(self, assembly: Assembly) -> list[Part]:
        """See `BlobStore.parts`."""
        return await self._threads.run(self._parts, assembly)

    async def join(self, assembly: Assembly, parts: Sequence[Part]) -> int:
        """See `BlobStore.join`."""
        require_key(assembly.key)
        require_rising(parts)
        total = sum(part.size for part in parts)
        if await self._threads.run(self._is_joined, assembly, parts, total):
            return total
        upload = Multipart.of(self._line, assembly)
        if upload is None:
            await self.put(assembly.key, self._bytes_of(assembly, parts), limit=total)
        else:
            await self._threads.run(self._join, assembly.key, upload, parts, total)
        return total

    async def discard(self, assembly: Assembly) -> None:
        """See `BlobStore.discard`."""
        await self._threads.run(self._discard, assembly)

    async def take_apart(self, assembly: Assembly, parts: Sequence[Part], key: str) -> tuple[Assembly, list[Part]]:
        """See `BlobStore.take_apart`."""
        require_key(key)
        require_rising(parts)
        return await self._threads.run(self._take_apart, assembly, parts, key)

    async def presign_part(self, assembly: Assembly, slot: int, *, size: int, seconds: int) -> str | None:
        """See `BlobStore.presign_part`."""
        require_slot(slot)
        upload = Multipart.of(self._line, assembly)
        return None if upload is None else upload.presigned(slot, size, seconds)

    async def presign_read(self, key: str, *, seconds: int, file_name: str) -> str | None:
        """See `BlobStore.presign_read`."""
        require_key(key)
        answered = {
            "response-content-disposition": _attachment(file_name),
            "response-content-type": "application/octet-stream",
            "response-cache-control": "private, max-age=31536000, immutable",
        }
        return self._line.presigned("GET", key, seconds=seconds, query=answered)

    async def tidy(self, *, hours: int, keep: Container[str]) -> int:
        """See `BlobStore.tidy`."""
        before = datetime.now(UTC) - timedelta(hours=hours)
        return await self._threads.run(abort_unfinished, self._line, before, keep)

    async def check(self) -> None:
        """See `BlobStore.check`."""
        await self._threads.run(self._check)

    async def close(self) -> None:
        """See `BlobStore.close`."""
        for threads in (self._spooling, self._sending, self._threads):
            await asyncio.to_thread(threads.close)  # not in our own threads: they cannot wait for themselves
        self._line.close()

    def size_now(self, key: str) -> int | None:
        """The size of the blob or None. Blocking."""
        try:
            return cast(int, self._line.ask(lambda client, bucket: client.stat_object(bucket, key), key).size)
        except KeyError:
            return None

    def piece_now(self, key: str, offset: int, length: int) -> tuple[bytes, int]:
        """Up to `length` bytes from `offset` and the size of the whole blob; no bytes at or past the end. Blocking."""
        try:
            return self._line.ask(lambda client, bucket: _ranged(client, bucket, key, offset, length), key)
        except PastTheEnd:
            return b"", self._require(key)

    def remove_now(self, key: str) -> None:
        """Removes the blob. Blocking."""
        self._line.ask(lambda client, bucket: client.remove_object(bucket, key), key)

    def part_key(self, assembly: Assembly, part: Part) -> str:
        """The key of a part that is a blob of its own."""
        key = keys.part(assembly.handle, part.slot, part.tag)
        require_key(key)
        return key

    def believe_nothing(self, key: str, size: int) -> None:
        """Looks whether what the store says it has written is there, whole. Removes a torn blob. Blocking."""
        there = self.size_now(key)
        if there not in (None, size):
            self.remove_now(key)
        if there != size:
            raise unavailable(f"{key} was written with success, but {there or 0} of its {size} bytes are there")

    def _require(self, key: str) -> int:
        size = self.size_now(key)
        if size is None:
            raise KeyError(key)
        return size

    def _promote(self, source: str, target: str) -> None:
        size, there = self.size_now(source), self.size_now(target)
        if size is None and there is None:
            raise KeyError(source)
        if size is None or source == target:
            return
        if there is None:
            self._copy(source, target, size)
        self.remove_now(source)

    def _copy(self, source: str, target: str, size: int) -> None:
        try:
            self._line.ask(
                lambda client, bucket: client._execute(
                    "PUT", bucket, target, headers={**CopySource(bucket, source).gen_copy_headers(), **NEW_ONLY}
                ),
                source,
            )
        except (KeyTaken, KeyError) as beaten:  # by another promotion, or by our own whose answer was lost
            if self.size_now(target) is None:
                raise (KeyError(source) if isinstance(beaten, KeyError) else _gone(target)) from beaten
            return
        self.believe_nothing(target, size)

    def _names(self, prefix: str, after: str | None) -> list[str]:
        return self._line.ask(
            lambda client, bucket: [
                found.object_name
                for found in islice(
                    client.list_objects(bucket, prefix=prefix, recursive=True, start_after=after), _KEYS_AT_ONCE
                )
            ]
        )

    def _parts(self, assembly: Assembly) -> list[Part]:
        upload = Multipart.of(self._line, assembly)
        if upload is not None:
            return upload.parts()
        found = self._line.ask(
            lambda client, bucket: list(client.list_objects(bucket, prefix=assembly.handle, recursive=True))
        )
        named = [(keys.slot_and_tag(each.object_name.removeprefix(assembly.handle)), each.size) for each in found]
        return [Part(slot=name[0], size=size, tag=name[1]) for name, size in named if name is not None]

    def _is_joined(self, assembly: Assembly, parts: Sequence[Part], total: int) -> bool:
        """Whether a former join has made the key. KeyError where it has not, and cannot be made of `parts`."""
        there = self.size_now(assembly.key)
        if there not in (None, total):
            raise FileExistsError(f"{assembly.key} has {there} bytes, and its parts {total}")
        if there is None and (missing := self._missing(assembly, parts)):
            if self.size_now(assembly.key) != total:  # else joined meanwhile by another call
                raise KeyError(f"{assembly.key} slot {missing[0].slot}")
            return True
        return there is not None

    def _missing(self, assembly: Assembly, parts: Sequence[Part]) -> list[Part]:
        there = set(self._parts(assembly))
        return [part for part in parts if part not in there]

    def _join(self, key: str, upload: Multipart, parts: Sequence[Part], total: int) -> None:
        if any(part.size < LEAST_PART_BYTES for part in parts[:-1]):
            raise ValueError(f"only the last part of {key} may have less than {LEAST_PART_BYTES} bytes")
        try:
            upload.complete(parts)
        except (KeyTaken, UploadGone, PartGone) as found:
            # Joined by another call, or by our own whose answer was lost; or by nobody.
            there = self.size_now(key)
            if there is None:
                raise KeyError(key) from found
            if there != total:
                raise FileExistsError(f"{key} has {there} bytes, and its parts {total}") from found
            return
        self.believe_nothing(key, total)

    async def _bytes_of(self, assembly: Assembly, parts: Sequence[Part]) -> AsyncGenerator[bytes, None]:
        for part in parts:
            key, size = self.part_key(assembly, part), 0
            async for piece in self.read(key):
                size += len(piece)
                yield piece
            if size != part.size:
                raise KeyError(key)

    def _discard(self, assembly: Assembly) -> None:
        upload = Multipart.of(self._line, assembly)
        if upload is None:
            self._remove(self.part_key(assembly, part) for part in self._parts(assembly))
        else:
            upload.abort()

    def _remove(self, names: Iterable[str]) -> None:
        waiting = iter(names)
        while batch := list(islice(waiting, _KEYS_AT_ONCE)):
            if left := self._remove_batch(batch):
                raise unavailable(f"{len(left)} parts could not be removed: {left[0].code}")

    def _remove_batch(self, names: Sequence[str]) -> list[DeleteError]:
        doomed = [DeleteObject(name) for name in names]
        return self._line.ask(lambda client, bucket: list(client.remove_objects(bucket, doomed)))

    def _take_apart(self, assembly: Assembly, parts: Sequence[Part], key: str) -> tuple[Assembly, list[Part]]:
        if Multipart.of(self._line, assembly) is None:
            if missing := self._missing(assembly, parts):
                raise KeyError(self.part_key(assembly, missing[0]))
            made, again = Assembly(key=key, handle=assembly.handle), list(parts)
        else:
            made, again = self._parted(assembly.key, parts, key)
        self.remove_now(assembly.key)
        return made, again

    def _parted(self, source: str, parts: Sequence[Part], key: str) -> tuple[Assembly, list[Part]]:
        """The blob `source` as the parts of a multipart upload for `key`: that of a former attempt, where it is whole."""
        wanted = [(part.slot, part.size) for part in parts]
        for former in Multipart.begun(self._line, key):
            there = former.parts()
            if [(part.slot, part.size) for part in there] == wanted:
                return Assembly(key=key, handle=former.handle), there
        total = sum(part.size for part in parts)
        if self.size_now(source) != total:
            raise KeyError(source)
        upload = Multipart.begin(self._line, key)
        try:
            again, at = [], 0
            for part in parts:
                again.append(upload.copy(part, source, at, whole=part.size == total))
                at += part.size
        except BaseException:
            upload.abort()
            raise
        return Assembly(key=key, handle=upload.handle), again

    def _check(self) -> None:
        if not self._line.ask(lambda client, bucket: client.bucket_exists(bucket)):
            try:
                self._line.ask(_make_bucket)
            except StorageUnavailable as refused:
                lacking = f"the bucket {self._line.bucket} does not exist and could not be made"
                raise unavailable(f"{lacking}: {refused.facts['reason']}") from refused
        probe = f"{UNLISTED}check"
        self._line.ask(lambda client, bucket: client.put_object(bucket, probe, io.BytesIO(b"plugport"), 8))
        self.remove_now(probe)


class _Upload:
    """A blob on its way to `key`: one request where it fits into one part, a multipart upload where not. Blocking.

    A request that is cancelled leaves its last call running in a thread. So every call holds the lock, and `abandon`
    both waits for the call that still runs and disarms those that have not begun.
    """

    def __init__(self, store: S3Blobs, line: Line, key: str) -> None:
        self._store = store
        self._line = line
        self._key = key
        self._size = 0
        self._digest = hashlib.sha256()
        self._spool = Spool()
        self._upload: Multipart | None = None
        self._parts: list[Part] = []
        self._lock = threading.Lock()
        self._over = False

    @property
    def sent(self) -> Stored:
        """What was added so far."""
        return Stored(key=self._key, size=self._size, sha256=self._digest.hexdigest())

    def add(self, bundle: Bundle) -> None:
        """Appends the pieces of `bundle`."""
        with self._lock:
            if self._over:
                return
            for piece in bundle:
                self._digest.update(piece)
                self._size += len(piece)
                left = memoryview(piece)
                while left:
                    room = _PART_BYTES - self._spool.size
                    self._spool.add([left[:room]])
                    left = left[room:]
                    if self._spool.size == _PART_BYTES:
                        self._send_part()

    def finish(self) -> None:
        """Makes what was added readable. Raises `KeyTaken` where something had the key already; that stays."""
        with self._lock:
            if self._over:
                return
            if self._upload is None:
                self._line.send(self._key, self._spool, headers=NEW_ONLY, query={})
            else:
                if self._spool.size:
                    self._send_part()
                self._complete(self._upload)
            self._store.believe_nothing(self._key, self._size)
            self._spool.close()
            self._over = True

    def abandon(self) -> None:
        """Removes the parts that were sent. Harmless after `finish`, and twice."""
        with self._lock:
            if self._over:
                return
            self._spool.close()
            if self._upload is not None:
                self._upload.abort()
            self._over = True

    def _send_part(self) -> None:
        if self._upload is None:
            self._upload = Multipart.begin(self._line, self._key)
        try:
            self._parts.append(self._upload.send(len(self._parts) + 1, self._spool))
        except UploadGone as gone:
            raise unavailable(f"the parts of {self._key} were removed by somebody") from gone
        self._spool.clear()

    def _complete(self, upload: Multipart) -> None:
        try:
            upload.complete(self._parts)
        except (UploadGone, PartGone) as gone:
            # Completed by an attempt whose answer was lost, or removed by somebody: only the bytes can tell.
            if self._store.size_now(self._key) is not None:
                raise KeyTaken from gone
            raise unavailable(f"the parts of {self._key} were removed by somebody") from gone


class _PartSending:
    """A part on its way, in one request. Blocking; locked as `_Upload` is, and for the same reason."""

    def __init__(self, store: S3Blobs, line: Line, assembly: Assembly, slot: int) -> None:
        self._store = store
        self._line = line
        self._assembly = assembly
        self._part = Part(slot=slot, size=0, tag=new_id())
        self._spool = Spool()
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._is_closed = False
        self._over = False
        self._stray: str | None = None

    @property
    def size(self) -> int:
        """How many bytes were added."""
        return self._spool.size

    def add(self, bundle: Bundle) -> None:
        """Appends the pieces of `bundle`."""
        with self._lock:
            if not self._over:
                self._spool.add(bundle)

    def finish(self) -> Part:
        """Sends what was added."""
        with self._lock:
            if self._over:
                raise unavailable(f"slot {self._part.slot} of {self._assembly.key} was given up")
            upload = Multipart.of(self._line, self._assembly)
            try:
                if upload is None:
                    sent = msgspec.structs.replace(self._part, size=self._spool.size)
                    self._stray = self._store.part_key(self._assembly, sent)
                    self._line.send(self._stray, self._spool, headers={}, query={})
                    self._store.believe_nothing(self._stray, sent.size)
                else:
                    sent = upload.send(self._part.slot, self._spool)
                    if not upload.holds(sent):
                        raise unavailable(
                            f"slot {sent.slot} of {self._assembly.key} was sent with success, and is not there"
                        )
            except UploadGone as gone:
                raise unavailable(f"{self._assembly.key} takes no parts any more") from gone
            self._close()
            return sent

    def feed(self, digest: Digest) -> bool:
        """Feeds what was added to one more digest, also while it is sent. False where it is over."""
        with self._reading:
            fed = 0
            for piece in self._spool.pieces():
                digest.update(piece)
                fed += len(piece)
            return not self._is_closed and fed == self._spool.size

    def abandon(self) -> None:
        """Removes what was sent, where that can be told from what was sent to the same slot by others."""
        with self._lock:
            self._over = True
            self._close()
            if self._stray is not None:
                self._store.remove_now(self._stray)

    def _close(self) -> None:
        with self._reading:
            self._is_closed = True
            self._spool.close()


@asynccontextmanager
async def _beside(follow: Callable[[Feed], Coroutine[Any, Any, None]] | None, feed: Feed) -> AsyncIterator[None]:
    """Runs `follow` for the length of the block at the most."""
    following = None if follow is None else asyncio.create_task(follow(feed))
    try:
        yield
    finally:
        if following is not None:
            following.cancel()


class _Reader(io.RawIOBase):
    """The blob as a file, each reading a request of its own."""

    def __init__(self, store: S3Blobs, key: str, size: int) -> None:
        self._store = store
        self._key = key
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise ValueError("the place to seek to lies before the start")
        self._at = at
        return at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any, /) -> int:  # any writable buffer; Python 3.11 has no name for that
        wanted = min(len(buffer), self._size - self._at)
        if wanted <= 0:
            return 0
        piece, size = self._store.piece_now(self._key, self._at, wanted)
        if size != self._size:
            raise unavailable(f"{self._key} changed while it was read")
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def readall(self) -> bytes:
        pieces = []
        while piece := self.read(_PIECE_BYTES):
            pieces.append(piece)
        return b"".join(pieces)


def _ranged(client: Minio, bucket: str, key: str, offset: int, length: int) -> tuple[bytes, int]:
    answer = client.get_object(bucket, key, offset=offset, length=length)
    try:
        return _range_in(answer, offset, length)
    except BaseException:
        answer.close()
        raise
    finally:
        answer.release_conn()


def _range_in(answer: BaseHTTPResponse, offset: int, length: int) -> tuple[bytes, int]:
    span, _, total = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
    if answer.status != 206 or not span.startswith(f"{offset}-"):
        raise WrongAnswerError(f"a range was asked for and not given (status {answer.status})")
    size = int(total)
    wanted = min(length, size - offset)
    piece = answer.read(wanted)
    if len(piece) != wanted:
        raise WrongAnswerError(f"{len(piece)} bytes came instead of {wanted}")
    return piece, size


def _make_bucket(client: Minio, bucket: str) -> None:
    try:
        client.make_bucket(bucket)
    except S3Error as error:
        if error.code not in _OWN_BUCKET_CODES:  # made by another process meanwhile
            raise


def _attachment(file_name: str) -> str:
    """A Content-Disposition (RFC 6266): the name in plain letters for old clients, and as it is."""
    plain = "".join(each if each.isascii() and each.isprintable() and each not in '"\\%' else "_" for each in file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='', errors='replace')}"


def _gone(key: str) -> StorageUnavailable:
    return unavailable(f"{key} was deleted while it was written again")
