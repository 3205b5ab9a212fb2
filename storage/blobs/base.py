"""What every blob store promises. The conformance suite in `tests/contract/` proves each sentence over every store."""

import re
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Container, Coroutine, Sequence
from itertools import pairwise
from typing import Any, BinaryIO, Protocol

from schemas.base import Entity

_LONGEST_KEY = 512
_LONGEST_SEGMENT = 200
_ALPHABET = re.compile(r"[A-Za-z0-9._/-]*")

MOST_SLOTS = 10_000
"""The most parts of a file: what S3 takes."""

UNLISTED = "~"
"""Begins the name of whatever a store keeps for itself. No key can hold it, so `keys` never names such a thing."""


class Stored(Entity, frozen=True):
    """What a store holds under a key: its bytes counted, and their SHA-256 (64 lower-case hex digits)."""

    key: str
    size: int
    sha256: str


class Assembly(Entity, frozen=True):
    """A file that is being put together under `key`, which comes to be with `join`. Its parts come in any order.

    `handle` is the store's own word for it. Where the parts are blobs of their own (they are listed by `keys`), it is
    what their keys start with.
    """

    key: str
    handle: str


class Part(Entity, frozen=True):
    """A part of a file: its place (1 to 10,000; parts are joined in the order of their slots), its bytes counted, and
    the store's own word for what lies there. Whoever uses a slot twice can tell the two by their tags."""

    slot: int
    size: int
    tag: str


class Place(Entity, frozen=True):
    """Where the bytes of a part will lie in the file if they become part of it: `room` bytes from `offset`, which are given
    to no other part, ever."""

    offset: int
    room: int


class Digest(Protocol):
    """What bytes are fed to while they come in: an object of `hashlib`, say."""

    def update(self, data: bytes, /) -> None:
        """Takes the next bytes. Called in a thread, by one at a time."""
        ...


Feed = Callable[[Digest], Awaitable[bool]]
"""Feeds all bytes of a part to one more digest. False where they are no longer at hand; the digest is worthless then."""


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

    def read(self, key: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
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

    async def assemble(self, key: str, *, least_part: int) -> Assembly:
        """Begins a file under `key`, one of `keys.assembled` that was never used before.

        Every part but the last will have at least `least_part` bytes (0: not known).
        """
        ...

    async def put_part(
        self,
        assembly: Assembly,
        slot: int,
        body: AsyncIterator[bytes],
        *,
        limit: int,
        digests: Sequence[Digest] = (),
        check: Callable[[int], None] | None = None,
        place: Place | None = None,
        follow: Callable[[Feed], Coroutine[Any, Any, None]] | None = None,
    ) -> Part:
        """Stores one part while it streams in, and feeds every byte to each of `digests`.

        With `place` the store may write them there at once. It may turn out to be wrong, but it has to be the part's alone.
        After the last byte a store may call `follow`, which it cancels when the part is stored.

        After the last byte `check(size)` is called; what it raises is raised. Whatever fails, also the body itself,
        its size (`BodyTooLarge`) or cancellation, leaves nothing; but for one moment, as in `put`, after which a part may
        be there of which nobody knows. `ValueError` for a slot that is none. An assembly that was joined or discarded
        takes no more parts: `StorageUnavailable`, or parts that are blobs of their own and that nobody needs.
        """
        ...

    async def parts(self, assembly: Assembly) -> list[Part]:
        """What the store itself says is there, by slot: also what was sent to it directly. Nothing where the assembly
        is not known (any more). A slot that was used twice may be there twice."""
        ...

    async def join(self, assembly: Assembly, parts: Sequence[Part]) -> int:
        """Makes the bytes of `parts` readable under the key of the assembly, all or nothing, and answers their size.

        Joining the same parts again is success, also when they were used up by it. `KeyError` where a part is
        missing or is not what it was; then nothing is used up. `ValueError` where there are no parts, or their slots do not
        rise. `FileExistsError` where the key holds something of another size.
        """
        ...

    async def discard(self, assembly: Assembly) -> None:
        """Removes the parts, never the joined file. Success also where there are none, or the assembly is unknown."""
        ...

    async def take_apart(self, assembly: Assembly, parts: Sequence[Part], key: str) -> tuple[Assembly, list[Part]]:
        """Undoes `join`, so that single parts can be sent again: the same parts, in a new assembly for `key`.

        Removes the joined file. Where the parts are blobs of their own they stay where they are, and the new assembly
        has the handle of the old one. May be repeated with the same arguments. `KeyError` where a part is missing.
        """
        ...

    async def presign_part(self, assembly: Assembly, slot: int, *, size: int, seconds: int) -> str | None:
        """A URL to which whoever has it may PUT this part, of exactly `size` bytes, for so long. None where this assembly
        has no such thing."""
        ...

    async def presign_read(self, key: str, *, seconds: int, file_name: str) -> str | None:
        """A URL at which whoever has it may read the blob for so long, as an attachment of this name. None where the
        store has no such thing. Does not look whether there is such a blob."""
        ...

    async def tidy(self, *, hours: int, keep: Container[str]) -> int:
        """Removes what killed processes left unfinished more than `hours` ago, unless its handle is in `keep`. Answers how
        many things there were. Parts that are blobs of their own, and blobs, are not touched."""
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


def require_slot(slot: int) -> None:
    """Raises `ValueError` for a place that no part can have."""
    if not 1 <= slot <= MOST_SLOTS:
        raise ValueError(f"the slot of a part is one of 1 to {MOST_SLOTS}")


def require_rising(parts: Sequence[Part]) -> None:
    """Raises `ValueError` where `parts` do not make a file in this order."""
    slots = [part.slot for part in parts]
    if not slots or any(later <= earlier for earlier, later in pairwise(slots)):
        raise ValueError("a file is joined of at least one part, in the order of their slots, each used once")


def require_range(offset: int, length: int | None) -> None:
    """Raises `ValueError` for a range that cannot be read."""
    if offset < 0 or (length is not None and length < 0):
        raise ValueError("offset and length of a range must not be negative")
