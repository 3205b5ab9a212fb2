"""Looks for what must not be in a package: secrets that were packed by mistake, and texts that do not read as they run.

A secret is known by its form (a prefix, a length, a checksum where it has one), never by how random it looks. What is found is
told by kind and place, never quoted.
"""

import re
from collections.abc import Callable

import msgspec

from app.registry.access import tokens
from app.registry.extensions import vsix
from app.registry.icons import rules as icons
from app.registry.packages.archive import Archive, Entry, finding
from schemas.errors import PackageRefused
from schemas.model.packages import Finding

_REACH = 4096
"""No secret is longer, so with so many bytes after its begin none is missed where two pieces meet."""
_BEFORE = 128
"""Bytes before a secret that tell whether it is one."""

_SOURCES = (
    ".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx", ".svelte", ".vue",
    ".py", ".rb", ".php", ".lua", ".sh", ".bash", ".ps1", ".bat", ".cmd",
    ".java", ".kt", ".go", ".rs", ".c", ".h", ".cpp", ".hpp", ".cs", ".swift",
)  # fmt: skip
"""Ends of names of texts that people review and programs run. Translations and documents are none: Arabic and Hebrew ones
hold such marks for good reason."""

_REVOKE = "take it out, revoke it where it is valid, and pack again"
_MARKUP = re.compile(rb"<(?:!doctype|\?xml|!--|html|svg|script|body)", re.IGNORECASE)


class _Kind(msgspec.Struct, frozen=True):
    """Something that must not be there.

    Each pattern begins with plain bytes, which the engine seeks fast; it looks behind at what must or must not stand before them.
    """

    name: str
    patterns: tuple[re.Pattern[bytes], ...]
    remedy: str = _REVOKE
    is_real: Callable[[bytes], bool] = lambda _: True


def _words(*prefixes: bytes, rest: bytes) -> tuple[re.Pattern[bytes], ...]:
    """Patterns of words that begin with one of the prefixes and are no part of a longer word."""
    return tuple(re.compile(b"%s(?<![0-9A-Za-z_]%s)%s(?![0-9A-Za-z_])" % (prefix, prefix, rest)) for prefix in prefixes)


# Programs have the first line alone in them, so what follows counts: perhaps headers, then the key. In a string of source text
# the line ends are written \n, or each line is a string of its own.
_PRIVATE_KEY = (
    rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
    rb"(?:[A-Za-z][A-Za-z-]{1,20}: [^\r\n\\]{0,200}(?=[\r\n\\])|\\[nr]|[\s\"'`+,]{1,40}+){0,12}+[A-Za-z0-9+/]{40}"
)
_AZURE_TOKEN = rb"AZDO(?<=[0-9A-Za-z]{76}AZDO)(?<![0-9A-Za-z]{77}AZDO)[0-9A-Za-z]{4}(?![0-9A-Za-z])"
_MARKETPLACE_TOKEN = (
    rb"_PAT(?:(?<=VSCE_PAT)|(?<=OVSX_PAT)|(?<=AZURE_DEVOPS_PAT)|(?<=AZURE_DEVOPS_EXT_PAT))[\"']?\s{0,8}[:=]\s{0,8}[\"']?"
    rb"(?:[0-9A-Za-z]{84}|[a-z2-7]{52}|(?:ovsxp_|ovsxat_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9A-Za-z])"
)

_SECRETS = (
    _Kind("a private key", (re.compile(_PRIVATE_KEY),)),
    _Kind(
        "a publisher token of this registry",
        _words(b"pp_pub_", rest=b"[0-9A-Za-z]{46}"),
        is_real=lambda found: tokens.is_publisher_token(found.decode("ascii")),
    ),
    _Kind("a token of a user of this registry", _words(b"ppt_", rest=b"[0-9A-Za-z_-]{43}(?!-)")),
    _Kind(
        "an access key of AWS",
        _words(b"AKIA", b"ASIA", rest=b"[A-Z2-7]{16}"),
        is_real=lambda found: not found.endswith(b"EXAMPLE"),  # those of its documentation
    ),
    _Kind(
        "a token of GitHub",
        _words(b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", rest=b"[0-9A-Za-z]{36,251}")
        + _words(b"github_pat_", rest=b"[0-9A-Za-z]{22}_[0-9A-Za-z]{59}"),
    ),
    _Kind("a token of npm", _words(b"npm_", rest=b"[0-9A-Za-z]{36}")),
    _Kind("a personal access token of Azure DevOps", (re.compile(_AZURE_TOKEN),)),
    _Kind("a personal access token of a marketplace", (re.compile(_MARKETPLACE_TOKEN),)),
    _Kind("a token of Slack", _words(b"xox", rest=b"[abeoprs]-[0-9]{8,20}-[0-9A-Za-z-]{16,250}")),
)
_BIDI = _Kind(
    "a mark that makes text read in another order than it runs",
    (re.compile(rb"\xe2(?:\x80[\xaa-\xae]|\x81[\xa6-\xa9])"),),  # U+202A to U+202E, U+2066 to U+2069
    remedy="take it out, or write it as an escape such as \\u202e",
)


def look_through(archive: Archive, go_on: Callable[[int], None]) -> list[Finding]:
    """Goes through the whole archive once, as `Archive.verify` does; what must not be in it, `vsix.MAX_FINDINGS` at most.

    Each kind is told once for a file, with the place of the first. Raises `PackageRefused` at the first damage.
    """
    look = _Look()
    archive.verify(go_on, look.see)
    found = look.found + _icon_that_runs(archive)
    return found[: vsix.MAX_FINDINGS]


class _Look:
    """What was found so far, and the end of the last piece, with which something may begin."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._entry: Entry | None = None
        self._begin_entry(None)

    def _begin_entry(self, entry: Entry | None) -> None:
        self._entry = entry
        self._sought: list[_Kind] = [*_SECRETS]
        if entry is not None and entry.name.lower().endswith(_SOURCES):
            self._sought.append(_BIDI)
        self._held = b""
        self._looked_at = 0  # how many bytes of what is held need not be begun at again
        self._offset = 0  # of what is held, in the file
        self._lines = 0  # before that

    def see(self, entry: Entry, piece: bytes) -> None:
        """Looks at the next bytes of an entry."""
        if entry is not self._entry:
            self._begin_entry(entry)
        if len(self.found) >= vsix.MAX_FINDINGS:
            return
        self._held += piece
        is_last = self._offset + len(self._held) >= entry.size
        # What begins in the last bytes may go on in the next piece, and is looked at together with that.
        until = len(self._held) if is_last else len(self._held) - _REACH
        if until <= self._looked_at:
            return
        for kind in self._sought[:]:
            at = self._first(kind, until)
            if at is not None:
                self._sought.remove(kind)
                line = self._lines + self._held.count(b"\n", 0, at) + 1
                rule = f"it holds {kind.name} (line {line}, byte {self._offset + at})"
                self.found.append(finding(entry, rule, kind.remedy))
        keep_from = max(until - _BEFORE, 0)
        self._lines += self._held.count(b"\n", 0, keep_from)
        self._held = self._held[keep_from:]
        self._offset += keep_from
        self._looked_at = until - keep_from

    def _first(self, kind: _Kind, until: int) -> int | None:
        """Where the first one is of those that begin before `until` and were not looked at before."""
        found = (match for pattern in kind.patterns for match in pattern.finditer(self._held, self._looked_at))
        return min((match.start() for match in found if match.start() < until and kind.is_real(match[0])), default=None)


def _icon_that_runs(archive: Archive) -> list[Finding]:
    """An icon of SVG or HTML, which browsers would run as a page of their server."""
    name = vsix.icon_entry(archive)
    if name is None:
        return []
    try:
        begin = archive.read(name, icons.MAX_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    except PackageRefused:
        return []  # too large to be an icon, which the other check tells
    if not (name.lower().endswith((".svg", ".svgz", ".html", ".htm")) or _MARKUP.match(begin)):
        return []
    rule = "it is the icon, and a document that can run scripts"
    return [Finding(entry=name, rule=rule, remedy="give a PNG or JPEG picture instead")]
