"""The digests of what comes in: those that a chunk was promised to have, and the SHA-256 of the whole file on the way."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

from schemas.errors import ChunkDigestWrong
from schemas.model.uploads import Chunk, Upload
from storage.blobs.base import Feed

_MOST_FILES = 1024


@dataclass(frozen=True, slots=True)
class Begun:
    """The SHA-256 over the chunks that came for these slots, from the first one on."""

    round: int
    slots: tuple[int, ...]
    sha256: Any
    """A hashlib object, which is not fed any more."""


class WholeDigest:
    """The SHA-256 of a file up to and with one chunk, while that comes in.

    It is fed with the chunk where everything `before` is known, else from where the chunk was put (`follow`), if what
    comes before is known by then.
    """

    def __init__(self, slot: int, before: "asyncio.Future[Begun]", come: "asyncio.Future[Begun]") -> None:
        self.come = come
        self._slot = slot
        self._before = before
        self._sha256 = before.result().sha256.copy() if before.done() else None

    @property
    def fed(self) -> list[Any]:
        """What the bytes are to be fed to while they come in."""
        return [] if self._sha256 is None else [self._sha256]

    def settle(self) -> None:
        """All bytes have come in, and are what they should be."""
        if self._sha256 is not None:
            self._know(self._sha256)

    async def follow(self, feed: Feed) -> None:
        """Waits until everything before the chunk is known."""
        if self._sha256 is None:
            sha256 = (await asyncio.shield(self._before)).sha256.copy()
            if await feed(sha256):
                self._know(sha256)

    def _know(self, sha256: Any) -> None:
        before = self._before.result()
        if not self.come.done():  # by another attempt at the same chunk
            self.come.set_result(Begun(before.round, (*before.slots, self._slot), sha256))


class FileDigests:
    """The SHA-256 of files whose chunks come in order, or nearly so, as far as they have come to this process.

    It spares reading a file again when it is joined. Nothing depends on it: where chunks came in another order, or to
    another process, the file is read. Remembers the last 1,024 files.
    """

    def __init__(self) -> None:
        self._begun: OrderedDict[str, Begun] = OrderedDict()
        # Up to and with that chunk of that round, for as long as the chunk or the next one is on its way.
        self._coming: WeakValueDictionary[tuple[str, int, int], asyncio.Future[Begun]] = WeakValueDictionary()

    @contextmanager
    def coming(self, upload: Upload, number: int, slot: int) -> Iterator[WholeDigest]:
        """The digest with this chunk, which comes for that slot. It is remembered when the block ends well."""
        whole = WholeDigest(slot, self._before(upload, number), self._awaited(upload, number))
        yield whole
        if whole.come.done():
            self._remember(upload, whole.come.result())

    def _before(self, upload: Upload, number: int) -> "asyncio.Future[Begun]":
        """What is known or will be of the chunks before this one; of several connections, the later chunk may begin first."""
        if number == 1:
            return _known(Begun(upload.round, (), hashlib.sha256()))
        begun = self._begun.get(upload.id)
        if begun is not None and (begun.round, len(begun.slots)) == (upload.round, number - 1):
            return _known(begun)
        return self._coming.setdefault((upload.id, upload.round, number - 1), _unknown())

    def _awaited(self, upload: Upload, number: int) -> "asyncio.Future[Begun]":
        """What this chunk will make known. A former attempt at it has told all that it could."""
        key = (upload.id, upload.round, number)
        awaited = self._coming.get(key)
        if awaited is None or awaited.done():
            awaited = self._coming[key] = _unknown()
        return awaited

    def _remember(self, upload: Upload, begun: Begun) -> None:
        """Of chunks that came together the last one may be stored first."""
        known = self._begun.get(upload.id)
        if known is None or known.slots[: len(begun.slots)] != begun.slots or known.round != begun.round:
            self._begun[upload.id] = begun
        self._begun.move_to_end(upload.id)
        if len(self._begun) > _MOST_FILES:
            self._begun.popitem(last=False)

    def of(self, upload: Upload, chunks: list[Chunk]) -> str | None:
        """The SHA-256 (hex) of the file that consists of exactly these chunks, where it is known."""
        begun = self._begun.get(upload.id)
        if begun is None or begun.round != upload.round or begun.slots != tuple(each.slot for each in chunks):
            return None
        found: str = begun.sha256.hexdigest()
        return found

    def forget(self, upload: Upload) -> None:
        """No more of this file will come."""
        self._begun.pop(upload.id, None)


def _unknown() -> "asyncio.Future[Begun]":
    return asyncio.get_running_loop().create_future()


def _known(begun: Begun) -> "asyncio.Future[Begun]":
    known = _unknown()
    known.set_result(begun)
    return known


class ChunkDigests:
    """The digests that one chunk is promised to have (hex, or None where none is); no others are computed.

    By them the same chunk is recognised when it comes again after the file was joined.
    """

    def __init__(self, md5: str | None, sha256: str | None) -> None:
        self._promised = {"MD5": md5 and md5.lower(), "SHA-256": sha256 and sha256.lower()}
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None
        self._sha256 = hashlib.sha256() if sha256 else None

    @property
    def fed(self) -> list[Any]:
        """What the bytes are to be fed to."""
        return [each for each in (self._md5, self._sha256) if each is not None]

    @property
    def md5(self) -> str | None:
        """The MD5 of what was fed, in hex."""
        return self._md5.hexdigest() if self._md5 else None

    @property
    def sha256(self) -> str | None:
        """The SHA-256 of what was fed, in hex."""
        return self._sha256.hexdigest() if self._sha256 else None

    def promise(self, chunk: Chunk) -> bool:
        """Whether what was promised is known to be this chunk."""
        known = {"MD5": chunk.md5, "SHA-256": chunk.sha256}
        both = [(self._promised[each], known[each]) for each in known if self._promised[each] and known[each]]
        return bool(both) and all(promised == found for promised, found in both)

    def broken(self) -> ChunkDigestWrong | None:
        """What is to be said where what was fed is not what was promised."""
        for algorithm, found in (("MD5", self.md5), ("SHA-256", self.sha256)):
            promised = self._promised[algorithm]
            if found is not None and promised and found != promised:
                return ChunkDigestWrong(algorithm=algorithm, found=found, promised=promised)
        return None

    def check(self) -> None:
        """Raises `ChunkDigestWrong` where what was fed is not what was promised."""
        wrong = self.broken()
        if wrong is not None:
            raise wrong
