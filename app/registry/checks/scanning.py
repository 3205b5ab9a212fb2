"""Seeks patterns in files of any size, of which no more than a little is held at a time."""

from collections.abc import Callable, Iterable
from re import Match, Pattern

import msgspec

from app.registry.checks.base import told
from app.registry.packages.archive import Entry
from schemas.model.checks import Finding, Severity

REACH = 4096
"""Nothing that is sought is longer, so with so many bytes after its begin none is missed where two pieces meet."""
BEFORE = 128
"""Bytes before it that tell whether it is one."""
MOST_FOUND = 100


class Kind(msgspec.Struct, frozen=True):
    """Something that is sought.

    No pattern backtracks: each repeats only what is bounded or cannot be read in two ways, and looks behind at what must or must
    not stand before it. With each go plain bytes that it holds: where these are not there, it is not tried, which is faster.
    """

    rule: str
    name: str
    remedy: str
    patterns: tuple[tuple[bytes, Pattern[bytes]], ...]
    is_real: Callable[[Match[bytes]], bool] = lambda _: True
    severity: Severity = Severity.ERROR


class Scan:
    """What was found so far, and the end of the last piece, with which something may begin.

    Each kind is told once for a file, with the place of the first; never what it is.
    """

    def __init__(self, kinds_for: Callable[[Entry], Iterable[Kind]]) -> None:
        """`kinds_for` says what is sought in a file."""
        self.found: list[Finding] = []
        self._kinds_for = kinds_for
        self._entry: Entry | None = None

    def _begin_entry(self, entry: Entry) -> None:
        self._entry = entry
        self._sought = [*self._kinds_for(entry)]
        self._held = b""
        self._looked_at = 0  # how many bytes of what is held need not be begun at again
        self._offset = 0  # of what is held, in the file
        self._lines = 0  # before that

    def see(self, entry: Entry, piece: bytes) -> None:
        """Looks at the next bytes of an entry."""
        if entry is not self._entry:
            self._begin_entry(entry)
        if not self._sought or len(self.found) >= MOST_FOUND:
            return
        self._held += piece
        is_last = self._offset + len(self._held) >= entry.size
        # What begins in the last bytes may go on in the next piece, and is looked at together with that.
        until = len(self._held) if is_last else len(self._held) - REACH
        if until <= self._looked_at:
            return
        for kind in self._sought[:]:
            at = self._first(kind, until)
            if at is not None:
                self._sought.remove(kind)
                line = self._lines + self._held.count(b"\n", 0, at) + 1
                message = f"it holds {kind.name} (line {line}, byte {self._offset + at})"
                self.found.append(told(entry, kind.rule, message, kind.remedy, severity=kind.severity, line=line))
        keep_from = max(until - BEFORE, 0)
        self._lines += self._held.count(b"\n", 0, keep_from)
        self._held = self._held[keep_from:]
        self._offset += keep_from
        self._looked_at = until - keep_from

    def _first(self, kind: Kind, until: int) -> int | None:
        """Where the first one is of those that begin before `until` and were not looked at before."""
        found = (
            match
            for needed, pattern in kind.patterns
            if needed in self._held
            for match in pattern.finditer(self._held, self._looked_at)
        )
        return min((match.start() for match in found if match.start() < until and kind.is_real(match)), default=None)
