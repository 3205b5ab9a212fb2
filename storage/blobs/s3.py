"""Blobs in a bucket of any S3-compatible store, through the minio SDK.

The SDK blocks, waits five minutes and repeats five times of its own accord, so it runs in threads of its own over
connections of our own: 2 s to connect, 10 s of silence, and we repeat. Its word is not trusted either: it answers
success where S3 says "200" with an error inside, so everything written is looked up afterwards.

Some calls of the SDK used here begin with an underscore: only those let a stream be sent in parts with the MD5 of each
part, the one check of integrity that every S3 store enforces. The dependency stays below the next major version.
"""

import asyncio
import base64
import hashlib
import io
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from itertools import islice
from typing import Any, BinaryIO, TypeVar, cast
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

from minio import Minio
from minio.commonconfig import CopySource
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from schemas.errors import StorageUnavailable
from storage.blobs.base import UNLISTED, Stored, is_key, require_key, require_prefix, require_range
from storage.blobs.streams import full, kept, measured, regrouped, unavailable, undone
from storage.executors import Executor

R = TypeVar("R")

_PART_BYTES = 8 * 1024 * 1024  # of one size, as some stores demand; 10,000 of them make 80 GiB
_PIECE_BYTES = 2 * 1024 * 1024
_BUFFER_BYTES = 1024 * 1024
_KEYS_AT_ONCE = 1000

_THREADS = 16
_QUEUE = 512
_CONNECT_SECONDS = 2
_READ_SECONDS = 10
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 1.0

_NEW_ONLY = {"If-None-Match": "*"}

_FULL_CODES = {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "InsufficientStorage"}
_FULL_STATUS = 507
_PASSING_CODES = {"RequestTimeout", "SlowDown", "ConditionalRequestConflict", "BadDigest", "XAmzContentSHA256Mismatch"}
_PASSING_STATUSES = {408, 429, 500, 502, 503, 504}
_OWN_BUCKET_CODES = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


class S3Blobs:
    """A `storage.blobs.base.BlobStore` in one bucket. Blobs are limited to 5 GiB (one server-side copy).

    `endpoint` is `host` or `host:port`. A call that failed for a reason that may pass is repeated until
    `patience` seconds after it began; each single attempt ends by itself when the store is silent for 10 s.
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
        self._bucket = bucket
        self._patience = patience
        self._connections = PoolManager(
            timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS), retries=False, maxsize=_THREADS
        )
        self._client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            region=region,
            secure=secure,
            http_client=self._connections,
        )
        self._threads = Executor("s3-blobs", threads=_THREADS, queue=_QUEUE)

    async def put(self, key: str, body: AsyncIterator[bytes], *, limit: int) -> Stored:
        """See `BlobStore.put`."""
        require_key(key)
        upload = _Upload(self, key)
        try:
            async with aclosing(regrouped(body, _PART_BYTES, limit)) as pieces:
                async for piece in pieces:
                    await self._threads.run(upload.add, piece)
            await self._threads.run(upload.finish)
        except BaseException as error:
            await undone(upload.abandon, self._threads, error)
            if not isinstance(error, _NameTaken):
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

    async def check(self) -> None:
        """See `BlobStore.check`."""
        await self._threads.run(self._check)

    async def close(self) -> None:
        """See `BlobStore.close`."""
        await asyncio.to_thread(self._threads.close)  # not in our own threads: they cannot wait for themselves
        self._connections.clear()

    def ask(self, call: Callable[[Minio, str], R], key: str = "") -> R:
        """The answer of `call(client, bucket)`, which must be safe to repeat. Blocking.

        Raises `KeyError` for a missing key, `StorageFull`, and `StorageUnavailable` for all else that fails.
        """
        give_up = time.monotonic() + self._patience
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return call(self._client, self._bucket)
            except _TROUBLE as trouble:
                if not _may_pass(trouble) or time.monotonic() + pause > give_up:
                    raise _as_promised(trouble, key) from trouble
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def size_now(self, key: str) -> int | None:
        """The size of the blob or None. Blocking."""
        try:
            return cast(int, self.ask(lambda client, bucket: client.stat_object(bucket, key), key).size)
        except KeyError:
            return None

    def piece_now(self, key: str, offset: int, length: int) -> tuple[bytes, int]:
        """Up to `length` bytes from `offset` and the size of the whole blob; no bytes at or past the end. Blocking."""
        try:
            return self.ask(lambda client, bucket: _ranged(client, bucket, key, offset, length), key)
        except _PastTheEnd:
            return b"", self._require(key)

    def remove_now(self, key: str) -> None:
        """Removes the blob. Blocking."""
        self.ask(lambda client, bucket: client.remove_object(bucket, key), key)

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
            self.ask(
                lambda client, bucket: client._execute(
                    "PUT", bucket, target, headers={**CopySource(bucket, source).gen_copy_headers(), **_NEW_ONLY}
                ),
                source,
            )
        except (_NameTaken, KeyError) as beaten:  # by another promotion, or by our own whose answer was lost
            if self.size_now(target) is None:
                raise (KeyError(source) if isinstance(beaten, KeyError) else _gone(target)) from beaten
            return
        self.believe_nothing(target, size)

    def _names(self, prefix: str, after: str | None) -> list[str]:
        return self.ask(
            lambda client, bucket: [
                found.object_name
                for found in islice(
                    client.list_objects(bucket, prefix=prefix, recursive=True, start_after=after), _KEYS_AT_ONCE
                )
            ]
        )

    def _check(self) -> None:
        if not self.ask(lambda client, bucket: client.bucket_exists(bucket)):
            try:
                self.ask(_make_bucket)
            except StorageUnavailable as refused:
                lacking = f"the bucket {self._bucket} does not exist and could not be made"
                raise unavailable(f"{lacking}: {refused.facts['reason']}") from refused
        probe = f"{UNLISTED}check"
        self.ask(lambda client, bucket: client.put_object(bucket, probe, io.BytesIO(b"plugport"), 8))
        self.remove_now(probe)


class _Upload:
    """A blob on its way to `key`: one request where it fits into one part, a multipart upload where not. Blocking.

    A request that is cancelled leaves its last call running in a thread. So every call holds the lock, and `abandon`
    both waits for the call that still runs and disarms those that have not begun.
    """

    def __init__(self, store: S3Blobs, key: str) -> None:
        self._store = store
        self._key = key
        self._size = 0
        self._digest = hashlib.sha256()
        self._last = b""
        self._upload: str | None = None
        self._tags: list[str] = []
        self._lock = threading.Lock()
        self._over = False

    @property
    def sent(self) -> Stored:
        """What was added so far."""
        return Stored(key=self._key, size=self._size, sha256=self._digest.hexdigest())

    def add(self, piece: bytes) -> None:
        """Appends `piece`: `_PART_BYTES` long, or the last one."""
        with self._lock:
            if self._over:
                return
            self._digest.update(piece)
            self._size += len(piece)
            if len(piece) < _PART_BYTES:
                self._last = piece
            else:
                self._send_part(piece)

    def finish(self) -> None:
        """Makes what was added readable. Raises `_NameTaken` where something had the key already; that stays."""
        with self._lock:
            if self._over:
                return
            if self._upload is None:
                self._send_alone()
            else:
                if self._last:
                    self._send_part(self._last)
                self._complete(self._upload)
            self._store.believe_nothing(self._key, self._size)
            self._over = True

    def abandon(self) -> None:
        """Removes the parts that were sent. Harmless after `finish`, and twice."""
        with self._lock:
            upload = self._upload
            if upload is not None and not self._over:
                try:
                    self._store.ask(lambda client, bucket: client._abort_multipart_upload(bucket, self._key, upload))
                except StorageUnavailable as error:
                    if not _upload_is_unknown(error):  # else nothing is left to remove
                        raise
            self._over = True

    def _send_alone(self) -> None:
        headers = {"Content-MD5": _md5(self._last), **_NEW_ONLY}
        self._store.ask(lambda client, bucket: client._put_object(bucket, self._key, self._last, dict(headers)))

    def _send_part(self, part: bytes) -> None:
        if self._upload is None:
            self._upload = self._store.ask(
                lambda client, bucket: client._create_multipart_upload(bucket, self._key, {})
            )
        headers, upload, number = {"Content-MD5": _md5(part)}, self._upload, len(self._tags) + 1
        tag = self._store.ask(
            lambda client, bucket: client._upload_part(bucket, self._key, part, dict(headers), upload, number)
        )
        self._tags.append(tag)

    def _complete(self, upload: str) -> None:
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>&quot;{escape(tag)}&quot;</ETag></Part>"
            for number, tag in enumerate(self._tags, start=1)
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        headers = {"Content-Type": "application/xml", "Content-MD5": _md5(body), **_NEW_ONLY}
        try:
            self._store.ask(
                lambda client, bucket: client._execute(
                    "POST", bucket, self._key, body=body, headers=dict(headers), query_params={"uploadId": upload}
                )
            )
        except StorageUnavailable as error:
            # Completed by an attempt whose answer was lost, or removed by somebody: only the bytes can tell.
            if _upload_is_unknown(error) and self._store.size_now(self._key) is not None:
                raise _NameTaken from error
            raise


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


class _NameTaken(Exception):
    """Something is under the key already: a finding rather than a failure. It never leaves this module."""


class _PastTheEnd(Exception):
    """The range begins at or after the end of the blob: a finding, too. It never leaves this module."""


class _WrongAnswerError(Exception):
    """The store answered with success, but not to what was asked. It never leaves this module."""


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
        raise _WrongAnswerError(f"a range was asked for and not given (status {answer.status})")
    size = int(total)
    wanted = min(length, size - offset)
    piece = answer.read(wanted)
    if len(piece) != wanted:
        raise _WrongAnswerError(f"{len(piece)} bytes came instead of {wanted}")
    return piece, size


def _make_bucket(client: Minio, bucket: str) -> None:
    try:
        client.make_bucket(bucket)
    except S3Error as error:
        if error.code not in _OWN_BUCKET_CODES:  # made by another process meanwhile
            raise


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def _status(trouble: Exception) -> int | None:
    """The HTTP status of the answer, where there was one."""
    if isinstance(trouble, S3Error):
        return trouble.response.status
    if isinstance(trouble, ServerError):
        return trouble.status_code
    if isinstance(trouble, InvalidResponseError):
        return trouble._code
    return None


def _may_pass(trouble: Exception) -> bool:
    """Whether asking again may help: the line broke, the answer was garbled, or the store says so."""
    status = _status(trouble)
    if status is None:
        return True
    if isinstance(trouble, S3Error) and trouble.code in _PASSING_CODES:
        return True
    return status in _PASSING_STATUSES


def _as_promised(trouble: Exception, key: str) -> Exception:
    """The error of a `BlobStore` for the error of the SDK. Quotes codes only: an answer may repeat what we sent."""
    status = _status(trouble)
    code = trouble.code if isinstance(trouble, S3Error) else None
    if code == "NoSuchKey":
        return KeyError(key)
    if status == 412:
        return _NameTaken()
    if status == 416:
        return _PastTheEnd()
    if status == _FULL_STATUS or code in _FULL_CODES:
        return full(f"the store has no room: {code or status}")
    if status in (401, 403):
        return unavailable(f"the store refuses the credentials: {code or status}")
    if status is not None:
        return unavailable(f"the store answered {status} {code or ''}".rstrip())
    if isinstance(trouble, _WrongAnswerError):
        return unavailable(str(trouble))
    return unavailable(f"the store cannot be reached or is none of S3: {type(trouble).__name__}")


def _upload_is_unknown(error: StorageUnavailable) -> bool:
    return isinstance(error.__cause__, S3Error) and error.__cause__.code == "NoSuchUpload"


def _gone(key: str) -> StorageUnavailable:
    return unavailable(f"{key} was deleted while it was written again")


# ValueError: the SDK could make no sense of an answer.
_TROUBLE = (MinioException, HTTPError, ParseError, ValueError, _WrongAnswerError)
