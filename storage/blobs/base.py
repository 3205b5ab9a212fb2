"""What every blob store promises. The conformance suite in `tests/contract/` proves each sentence over every store."""

import re
from collections.abc import AsyncIterator
from typing import BinaryIO, Protocol

from schemas.base import Entity

_LONGEST_KEY = 512
_LONGEST_SEGMENT = 200
_ALPHABET = re.compile(r"[A-Za-z0-9._/-]*")

UNLISTED = "~"
"""Begins the name of whatever a store keeps for itself. No key can hold it, so `keys` never names such a thing."""


class Stored(Entity, frozen=True):
    """What a store holds under a key: its bytes counted, and their SHA-256 (64 lower-case hex digits)."""

    key: str
    size: int
    sha256: str


class BlobStore(Protocol):
    """Bytes under keys (see `keys.py` for every key there is).

    A key is written once and never rewritten: writing it again with equal bytes succeeds and changes nothing, with
    other bytes it raises `FileExistsError` and changes nothing. Readers never see a half-written blob, also after a
    crash at any moment. A blob whose `put` or `promote` has returned survives kill -9 and, as far as the medium can
    promise it, a power cut.

    A key that `is_key` does not take raises `ValueError` everywhere, before anything is touched. No key may name a
    directory of another one (`a` beside `a/b`): a store may refuse such a key with `ValueError`.

    Failures of the medium are raised as `schemas.errors.StorageUnavailable` (try again) or `StorageFull`; their
    `facts["reason"]`, and a note in their traceback, tell the operator why. When every thread is taken and the queue
    is full, `schemas.errors.ServiceBusy` is raised.
    """

    async def put(self, key: str, body: AsyncIterator[bytes], *, limit: int) -> Stored:
        """Stores `body` under `key` while it streams in; never holds more than a few pieces in memory.

        Raises `schemas.errors.BodyTooLarge` as soon as more than `limit` bytes have come. Whatever fails, also an
        exception from `body` itself or cancellation, leaves nothing under `key`. After the last byte there is one
        moment in which the outcome cannot be known to the caller (cancelled, or the medium fell silent, while the
        finished blob was made readable): then the whole blob may be there, and putting it again settles it.
        """
        ...

    async def promote(self, source: str, target: str) -> None:
        """Makes the bytes of `source` readable under `target` and removes `source`. All or nothing for `target`.

        Where `target` exists already the bytes there stay and `source` is removed. Raises `KeyError` where `source` is
        missing and `target` is too. Promoting a key to itself changes nothing.
        """
        ...

    async def stat(self, key: str) -> int | None:
        """The size in bytes of the blob under `key`, or None where there is none."""
        ...

    async def digest(self, key: str) -> Stored:
        """Reads the whole blob back from the medium and answers its true size and SHA-256. KeyError when missing."""
        ...

    def read(self, key: str, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `offset`, at most `length` of them, in bounded pieces. KeyError (at the first piece) when
        missing, ValueError for a negative number; reading at or past the end gives nothing. A transfer that
        breaks off never looks like an end: it raises `StorageUnavailable`."""
        ...

    def open(self, key: str) -> BinaryIO:
        """A seekable blocking reader over the blob, for use in an executor only (archives need random access).
        KeyError when missing. The caller closes it."""
        ...

    async def delete(self, key: str) -> None:
        """Removes the blob; success also where there is none."""
        ...

    def keys(self, prefix: str = "") -> AsyncIterator[str]:
        """Every key that starts with `prefix`, in no particular order. Never names a half-written blob."""
        ...

    async def check(self) -> None:
        """Whether the store answers at all and can be written to; raises `StorageUnavailable` or `StorageFull`.
        Makes the place where blobs are kept (directory, bucket) if it is missing and may be made."""
        ...

    async def close(self) -> None:
        """Frees threads and connections."""
        ...


def is_key(text: str) -> bool:
    """Whether `text` may be a key: 1 to 512 characters of `A-Z a-z 0-9 . _ - /`.

    Between the slashes stand segments of 1 to 200 characters, none of them `.` or `..`.
    """
    if len(text) > _LONGEST_KEY or _ALPHABET.fullmatch(text) is None:
        return False
    return all(0 < len(each) <= _LONGEST_SEGMENT and each not in (".", "..") for each in text.split("/"))


def require_key(key: str) -> None:
    """Raises `ValueError` for what is not a key."""
    if not is_key(key):
        raise ValueError(f"{key[:80]!r} is not a blob key")


def require_prefix(prefix: str) -> None:
    """Raises `ValueError` for what no key can start with."""
    before, _, last = prefix.rpartition("/")
    if prefix.startswith("/") or (before and not is_key(before)) or not is_key(f"a{last}"):
        raise ValueError(f"no blob key starts with {prefix[:80]!r}")


def require_range(offset: int, length: int | None) -> None:
    """Raises `ValueError` for a range that cannot be read."""
    if offset < 0 or (length is not None and length < 0):
        raise ValueError("offset and length of a range must not be negative")
