"""Corrupt archives of any kind are refused, and never anything worse."""

import io
import posixpath
import unicodedata
import zipfile
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry.packages.manifest import read_manifest
from schemas.errors import ManifestRefused, PackageRefused
from tests.unit.packages.test_honest_archives import WRITTEN_BY_TOOLS
from tests.unit.packages.zip_builder import File, directory, opened, pack, package

HONEST = [path.read_bytes() for path in WRITTEN_BY_TOOLS]
HONEST.append(pack(File("a"), File("b", descriptor="signed"), zip64=True, comment=b"plain"))
HONEST.append(pack(*(File(name) for name in ("e\u0301" * 20, "d/\u0130", "straße", "a-b", "a/b")), directory("d/")))
SPECIAL = [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, 0x04034B50, 0x02014B50, 0x06054B50, 0x07064B50]


@st.composite
def _corrupt(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(HONEST)))
    # Most of what an archive means lies near its end.
    places = st.integers(0, len(content) - 1) | st.integers(max(0, len(content) - 600), len(content) - 1)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(places) % max(1, len(content))
        match draw(st.sampled_from(["byte", "number", "cut", "insert", "copy"])):
            case "byte" if content:
                content[at] = draw(st.integers(0, 255))
            case "number":
                width = draw(st.sampled_from([2, 4, 8]))
                number = draw(st.sampled_from(SPECIAL)) % 256**width
                content[at : at + width] = number.to_bytes(width, "little")
            case "cut":
                del content[at : at + draw(st.integers(1, 100))]
            case "insert":
                content[at:at] = draw(st.binary(min_size=1, max_size=20))
            case "copy":
                begin = draw(places)
                content[at:at] = content[begin : begin + draw(st.integers(1, 100))]
    return bytes(content)


def check_told(refused: PackageRefused) -> None:
    assert 1 <= len(refused.findings) <= 20
    for finding in refused.findings:
        assert all(text and text.isprintable() for text in (finding.entry, finding.message, finding.remedy))


@settings(max_examples=600, deadline=None)
@given(_corrupt())
def test_a_corrupt_archive_is_refused_or_honest(content: bytes) -> None:
    try:
        archive = opened(content)
        archive.verify()
    except PackageRefused as refused:
        check_told(refused)
        return
    with suppress(ManifestRefused):
        read_manifest(archive)
    # What passes means the same to a reader that trusts it, unless the version it asks for is beyond that reader.
    with suppress(NotImplementedError), zipfile.ZipFile(io.BytesIO(content)) as other:
        theirs = [other.read(info) for info in other.infolist()]
        assert [archive.read(entry.name, entry.size) for entry in archive.entries] == theirs


_LETTERS = [*"aAbßſ日", "\u0301", "\u0345", "\u00e9", "\u1e9e", "\u0130", "/"]
_TROUBLE = [*"\\.: \0\n", "\u202e", "\ufeff", "..", "\u0301" * 31]
_NAMES, _BAD_NAMES = (
    st.lists(st.lists(st.sampled_from(pool), min_size=1, max_size=4).map("".join), max_size=4)
    for pool in (_LETTERS, _LETTERS + _TROUBLE)
)


def composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def decomposed(name: str) -> str:
    return unicodedata.normalize("NFD", name)


@settings(max_examples=150, deadline=None)
@given(_NAMES | _BAD_NAMES)
def test_names_of_any_letters_are_refused_or_apart_on_every_system(names: list[str]) -> None:
    try:
        archive = opened(pack(*(File(name, b"", attributes=0) for name in names)))
    except PackageRefused as refused:
        check_told(refused)
        return
    found = [entry.name for entry in archive.entries]
    assert found == names
    for same in (str.upper, str.lower, str.casefold, composed, decomposed):
        assert len(set(map(same, found))) == len(names)
    for name in found:
        assert posixpath.normpath(name) == name.rstrip("/")
        assert not name.startswith(("/", "../"))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_a_manifest_of_any_bytes_is_refused(content: bytes) -> None:
    for name in ("plugin.yaml", "plugin.json"):
        with suppress(ManifestRefused):
            read_manifest(package(content, name))


_MARKS = list("[]{}'\"|>#1~\t\n\0\u00e9\ufeff")
_MARKS += ["a", ": ", "  ", "- ", "? ", ", ", "&a ", "*a", "!t ", "!!str ", "<<", "\\x"]
_MARKS += ["\\U", "ffffffff", "%YAML 1.1\n", "%TAG ! !\n", "---\n", "...\n"]
_YAMLISH = st.lists(st.sampled_from(_MARKS), max_size=40).map("".join)


@settings(max_examples=600, deadline=None)
@given(_YAMLISH)
def test_a_manifest_of_any_yaml_is_refused(content: str) -> None:
    with suppress(ManifestRefused):
        read_manifest(package(content.encode()))
