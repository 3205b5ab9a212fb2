"""Bytes that wait on the disk until they are sent: memory would not hold what many clients send at once."""

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterator
from typing import IO

from storage.blobs.streams import Bundle, medium

_PIECE_BYTES = 128 * 1024


class Spool:
    """Bytes in a file without a name, which vanishes with the process at the latest. Blocking; used by one at a time.

    The file is made in the system's directory for such files (`TMPDIR`) when there is something to keep.
    """

    def __init__(self) -> None:
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._file: IO[bytes] | None = None

    @property
    def md5(self) -> str:
        """The MD5 of what came in, as HTTP spells it. What the disk makes of it is not asked: whoever receives it compares."""
        return base64.b64encode(self._md5.digest()).decode()

    def add(self, bundle: Bundle | list[memoryview]) -> None:
        """Appends the pieces of `bundle`. StorageFull where the disk has no room."""
        with medium():
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - `close` ends it
            left = memoryview(
                b"".join(bundle)
            )  # at one go: each call gives the interpreter away and has to wait for it again
            self._md5.update(left)
            self.size += len(left)
            while left:
                left = left[self._file.write(left) :]

    def pieces(self) -> Iterator[bytes]:
        """Everything, from the start; may be asked for again."""
        at = 0
        while self._file is not None and at < self.size:
            with medium():
                piece = os.pread(self._file.fileno(), min(_PIECE_BYTES, self.size - at), at)
            if not piece:
                return  # whoever receives it misses the rest
            yield piece
            at += len(piece)

    def clear(self) -> None:
        """Forgets everything."""
        self.size = 0
        self._md5 = hashlib.md5(usedforsecurity=False)
        if self._file is not None:
            with medium():
                self._file.seek(0)
                self._file.truncate()

    def close(self) -> None:
        """Removes the file. Harmless twice."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self.size = 0
