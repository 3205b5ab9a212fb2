"""Chunks that are begun before they come: whoever sends a file in order will send the next one, too."""

from collections import OrderedDict
from dataclasses import dataclass

from schemas.model.uploads import Upload

_MOST_FILES = 1024


@dataclass(frozen=True, slots=True)
class Ahead:
    """The first attempt at a chunk, as begun when another one was stored.

    `upload` is as it was then. `chunk_bytes` is how long the chunks are, as far as one can tell from the first.
    """

    upload: Upload
    number: int
    slot: int
    chunk_bytes: int


class AheadChunks:
    """What this process has begun ahead. Each is given out once; what is forgotten only costs another attempt.

    It spares asking the database before each chunk. Remembers the last 1,024 files.
    """

    def __init__(self) -> None:
        self._begun: OrderedDict[str, dict[int, Ahead]] = OrderedDict()

    def note(self, ahead: Ahead) -> None:
        """Remembers it."""
        self._begun.setdefault(ahead.upload.id, {})[ahead.number] = ahead
        self._begun.move_to_end(ahead.upload.id)
        if len(self._begun) > _MOST_FILES:
            self._begun.popitem(last=False)

    def find(self, upload_id: str, number: int) -> Ahead | None:
        """What is remembered of the chunk."""
        return self._begun.get(upload_id, {}).get(number)

    def take(self, ahead: Ahead) -> None:
        """It is used, and never again."""
        chunks = self._begun[ahead.upload.id]
        del chunks[ahead.number]
        if not chunks:
            del self._begun[ahead.upload.id]

    def forget(self, upload: Upload) -> None:
        """No more of this file will come."""
        self._begun.pop(upload.id, None)
