"""The digests of what comes in: those that a chunk was promised to have, and the SHA-256 of the whole file on the way."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from schemas.errors import ChunkDigestWrong
from schemas.model.uploads import Chunk, Upload

_MOST_FILES = 1024


@dataclass(frozen=True, slots=True)
class Begun:
    """The SHA-256 over the chunks that were stored in these slots, from the first one on."""

    round: int
    slots: tuple[int, ...]
    sha256: Any
    """A hashlib object."""


class FileDigests:
    """The SHA-256 of files whose chunks come in order, as far as they have come to this process.

    It spares reading a file again when it is joined. Nothing depends on it: where chunks came in another order, or to
    another process, the file is read. Remembers the last 1,024 files.
    """

    def __init__(self) -> None:
        self._begun: OrderedDict[str, Begun] = OrderedDict()

    def before(self, upload: Upload, number: int) -> Begun | None:
        """What is known of everything before this chunk, to be fed with it; None where that is not all of it."""
        if number == 1:
            return Begun(upload.round, (), hashlib.sha256())
        begun = self._begun.get(upload.id)
        if begun is None or begun.round != upload.round or len(begun.slots) != number - 1:
            return None
        return Begun(begun.round, begun.slots, begun.sha256.copy())

    def after(self, upload: Upload, begun: Begun, slot: int) -> None:
        """Remembers what `before` answered, after it was fed the chunk that was stored in that slot."""
        self._begun[upload.id] = Begun(begun.round, (*begun.slots, slot), begun.sha256)
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
