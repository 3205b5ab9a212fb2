"""Code reads as it runs: no marks that turn the order of reading about, and no text that cannot be seen.

See "Trojan Source" (CVE-2021-42574), and programs hidden in variation selectors. Translations and documents are none of it:
Arabic and Hebrew ones hold such marks for good reason.
"""

import re
from collections.abc import Sequence

from app.registry.checks.base import EVERYTHING, Check, Look
from app.registry.checks.scanning import Kind, Scan
from app.registry.packages.archive import Entry
from schemas.model.checks import Area, Finding, Mode, Severity

_SOURCES = (
    ".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx", ".svelte", ".vue",
    ".py", ".rb", ".php", ".lua", ".sh", ".bash", ".ps1", ".bat", ".cmd",
    ".java", ".kt", ".go", ".rs", ".c", ".h", ".cpp", ".hpp", ".cs", ".swift",
)  # fmt: skip
"""Ends of names of texts that people review and programs run. Those without an ending are programs, too, but for `_DOCUMENTS`."""
_DOCUMENTS = ("readme", "license", "licence", "copying", "notice", "changelog", "authors", "contributors")

_ESCAPE = "take it out, or write it as an escape such as \\u202e"
_LONGEST_HONEST = 8
"""Marks in a row that say nothing by themselves: the flag of Scotland has six."""

_AROUND = 32  # bytes on either side that tell whether it stands in a text


def _is_in_text(match: re.Match[bytes]) -> bool:
    """Whether what stands around it is text: any three bytes stand somewhere in a large file that is none. A few odd bytes change
    nothing, and so hide nothing."""
    around = match.string[max(match.start() - _AROUND, 0) : match.end() + _AROUND].decode(errors="replace")
    odd = sum(each == "\ufffd" or (each < " " and each not in "\t\r\n") for each in around)
    return odd * 4 < len(around)


_BIDI = Kind(
    "hidden.bidirectional",
    "a mark that makes text read in another order than it runs",
    _ESCAPE,
    ((b"\xe2", re.compile(rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])")),),  # U+202A to U+202E, U+2066 to U+2069
    is_real=_is_in_text,
)
_TEXT = Kind(
    "hidden.text",
    "text of characters that cannot be seen",
    "take it out",
    (
        # Variation selectors (U+FE00 to U+FE0F, U+E0100 to U+E01EF) and tags (U+E0000 to U+E007F).
        (b"\xef\xb8", re.compile(rb"(?:\xef\xb8[\x80-\x8f]){%d}" % (_LONGEST_HONEST + 1))),
        (b"\xf3\xa0", re.compile(rb"(?:\xf3\xa0(?:[\x80\x81]|[\x84-\x87])[\x80-\xbf]){%d}" % (_LONGEST_HONEST + 1))),
        # Spaces without width, joiners and invisible operators (U+200B to U+200D, U+2060 to U+2064).
        (b"\xe2", re.compile(rb"(?:\xe2\x80[\x8b-\x8d]|\xe2\x81[\xa0-\xa4]){%d}" % (_LONGEST_HONEST + 1))),
    ),
)
_INVISIBLE = Kind(
    "hidden.invisible",
    "a character that cannot be seen",
    "take it out, or write it as an escape such as \\u200b",
    (
        (b"\xe2\x80\x8b", re.compile(rb"\xe2\x80\x8b")),  # U+200B, a space without width
        (b"\xe2\x81", re.compile(rb"\xe2\x81[\xa0-\xa4]")),  # U+2060 to U+2064
        (b"\xe3\x85\xa4", re.compile(rb"\xe3\x85\xa4")),  # U+3164, a filler of Hangul: languages take it for a letter
        (b"\xe1\x85", re.compile(rb"\xe1\x85[\x9f\xa0]")),  # U+115F, U+1160, the same
        (b"\xef\xbe\xa0", re.compile(rb"\xef\xbe\xa0")),  # U+FFA0, the same
    ),
    is_real=_is_in_text,
    severity=Severity.WARNING,
)


def kinds_for(entry: Entry) -> Sequence[Kind]:
    """What is sought in a file."""
    return (_BIDI, _TEXT, _INVISIBLE) if entry.name.lower().endswith(_SOURCES) or _is_nameless(entry) else ()


def _is_nameless(entry: Entry) -> bool:
    """Whether its name does not say what kind of file it is: a program, perhaps."""
    name = entry.name.lower().rpartition("/")[2]
    return "." not in name and name not in _DOCUMENTS


class _HiddenCharacters(Look):
    def __init__(self) -> None:
        self._scan = Scan(kinds_for)
        self._entry: Entry | None = None
        self._is_text = True

    def see(self, entry: Entry, piece: bytes) -> None:
        if entry is not self._entry and piece:
            self._entry = entry
            # Tables of such characters are at home in programs that were compiled.
            self._is_text = not _is_nameless(entry) or piece.startswith(b"#!") or b"\0" not in piece
        if self._is_text:
            self._scan.see(entry, piece)

    def end(self) -> Sequence[Finding]:
        return self._scan.found


CHECK = Check(
    name="hidden-characters",
    area=Area.SECURITY,
    kinds=EVERYTHING,
    mode=Mode.BLOCK,
    begin=lambda _: _HiddenCharacters(),
    looks_inside=True,
)
