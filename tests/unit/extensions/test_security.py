"""Secrets and deceiving texts are found wherever they lie in a package, and never repeated."""

import io
import tracemalloc
import zlib

import pytest

from app.registry.access import tokens
from app.registry.extensions import security, vsix
from app.registry.packages.archive import Archive, open_archive
from schemas.errors import PackageRefused
from schemas.model.packages import Finding
from tests.builders import a_vsix, a_zip
from tests.unit.packages.zip_builder import File, pack, stored_zeros

PIECE = 256 * 1024  # as the archive gives it
BASE64 = b"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7"

# None of them is anybody's, and none stands here as it is found, or this file were a finding of scanners itself.
SECRETS = {
    "a private key": b"-----BEGIN " + b"PRIVATE KEY-----\n" + BASE64,
    "a private key with headers": b"-----BEGIN RSA "
    + b"PRIVATE KEY-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: AES-128-CBC,00\r\n\r\n"
    + BASE64,
    "a private key in a string": b'"-----BEGIN OPENSSH ' + b'PRIVATE KEY-----\\n" +\n        "' + BASE64,
    "a publisher token": tokens.new_publisher_token().encode(),
    "a token of a user": tokens.new_token().encode(),
    "an access key": b"AKIA" + b"ABCDEFGHIJKLMNOP",
    "a token of GitHub": b"ghp_" + b"0123456789abcdefghijABCDEFGHIJ012345",
    "a fine-grained token of GitHub": b"github_pat_" + b"0" * 22 + b"_" + b"a" * 59,
    "a token of npm": b"npm_" + b"a1" * 18,
    "a token of Azure DevOps": b"a1" * 38 + b"AZDO" + b"1234",
    "an old token of Azure DevOps": b"VSCE" + b'_PAT="' + b"a2" * 26 + b'"',
    "a token of Open VSX": b"export OVSX" + b"_PAT=01234567-89ab-cdef-0123-456789abcdef",
    "a token of Slack": b"xox" + b"b-0123456789-" + b"a1" * 12,
}
HARMLESS = {
    "the first line of a key, as programs have it": b'if (text.includes("-----BEGIN PRIVATE KEY-----")) { return parse(text); }',
    "a public key": b"-----BEGIN PUBLIC KEY-----\n" + BASE64,
    "a publisher token with a wrong checksum": b"pp_pub_" + b"A" * 46,
    "the access key of a documentation": b"AKIAIOSFODNN7EXAMPLE",
    "part of a longer word": b"x" + b"AKIA" + b"ABCDEFGHIJKLMNOP",
    "a longer word": b"AKIA" + b"ABCDEFGHIJKLMNOPQ",
    "a name that begins like a token": b"npm_config_registry_and_everything_else_that_npm_has",
    "fifty-two letters without a word about them": b"a2" * 26,
}


def found_in(package: bytes) -> list[Finding]:
    return security.look_through(open_archive(io.BytesIO(package), len(package)), lambda _: None)


@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_is_found_and_not_repeated(case: str) -> None:
    secret = SECRETS[case]
    [finding] = found_in(a_vsix(files={"extension/dist/.env": b"first\n" + secret + b"\n"}))
    assert finding.entry == "extension/dist/.env"
    assert "line 2" in finding.rule
    assert finding.remedy
    assert secret[-16:].decode() not in str(finding)


@pytest.mark.parametrize("case", HARMLESS)
def test_what_only_looks_alike_is_taken(case: str) -> None:
    assert found_in(a_vsix(files={"extension/dist/.env": HARMLESS[case] + b"\n"})) == []


@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_is_found_where_two_pieces_meet(case: str) -> None:
    secret = SECRETS[case]
    for cut in (1, len(secret) // 2, len(secret) - 1):
        before = (b"." * 79 + b"\n") * (PIECE // 80 + 1)
        content = before[: PIECE - cut - 1] + b"\n" + secret + b"\n" + before
        [finding] = security.look_through(_stored("a.txt", content), lambda _: None)
        assert f"line {content.count(bytes([10]), 0, PIECE - cut) + 1}," in finding.rule


def test_a_word_that_a_piece_cuts_is_not_taken_for_a_whole_one() -> None:
    key = b"AKIA" + b"ABCDEFGHIJKLMNOP"
    for content in (
        b"x" * PIECE + key,
        b" " * (PIECE - len(key)) + key + b"Q",
        b"x" * (PIECE - 4096) + key + b" " * 9000,  # where the end of a piece is put off
        b"x" * (PIECE - 4096 - 128) + key + b" " * 9000,  # where begins what is kept of a piece
    ):
        assert security.look_through(_stored("a.txt", content), lambda _: None) == []


def test_secrets_in_the_packages_of_others_are_found_too() -> None:
    [finding] = found_in(a_vsix(files={"extension/node_modules/other/test/key.pem": SECRETS["a private key"]}))
    assert finding.entry == "extension/node_modules/other/test/key.pem"


def test_each_kind_is_told_once_for_a_file_and_each_file_is_told() -> None:
    both = SECRETS["an access key"] + b"\n" + SECRETS["a token of npm"] + b"\n"
    found = found_in(a_vsix(files={"extension/a": both * 3, "extension/b": both}))
    assert [each.entry for each in found] == ["extension/a", "extension/a", "extension/b", "extension/b"]


def test_no_more_is_told_than_anybody_reads() -> None:
    files = {f"extension/{number}": SECRETS["an access key"] for number in range(50)}
    assert len(found_in(a_vsix(files=files))) == vsix.MAX_FINDINGS


@pytest.mark.parametrize("mark", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))], ids=ascii)
def test_source_that_reads_in_another_order_than_it_runs_is_found(mark: str) -> None:
    [finding] = found_in(a_vsix(files={"extension/dist/web.JS": f"a\nb{mark}".encode()}))
    assert "another order" in finding.rule
    assert "line 2" in finding.rule


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.js", '"\\u202e"'),
        ("a.md", "עברית \u200f «…» 中文 — “x”"),
        ("a.bin", "\u202e"),
        ("a.wasm", "\u2066"),
        ("package.nls.ar.json", '{"title": "\u2067مرحبا\u2069"}'),
    ],
)
def test_other_marks_and_other_files_are_taken(name: str, content: str) -> None:
    assert found_in(a_vsix(files={f"extension/{name}": content.encode()})) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("images/icon.svg", b"<svg/>"),
        ("images/icon.png", b'\xef\xbb\xbf \n<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
        ("images/icon.png", b"<!DOCTYPE html><script>1</script>"),
    ],
)
def test_an_icon_that_can_run_scripts_is_found(name: str, content: bytes) -> None:
    [finding] = found_in(a_vsix(manifest={"icon": name}, files={f"extension/{name}": content}))
    assert "can run scripts" in finding.rule


def test_pictures_of_svg_that_are_no_icon_are_taken() -> None:
    assert found_in(a_vsix(files={"extension/images/theme.svg": b"<svg/>"})) == []


def test_an_ordinary_package_has_nothing_to_be_told() -> None:
    assert found_in(a_vsix(files={"extension/bin/tool.exe": b"MZ\0\0"})) == []


def test_any_archive_can_be_looked_through() -> None:
    assert found_in(a_zip({})) == []
    assert found_in(a_zip({"extension.vsixmanifest": b"<", "extension/package.json": b"["})) == []


def test_a_damaged_archive_is_refused() -> None:
    with pytest.raises(PackageRefused):
        found_in(pack(File("a", b"x" * 100, central={"crc": 1}, local={"crc": 1})))


def test_who_no_longer_waits_ends_it() -> None:
    class Over(Exception):
        pass

    def go_on(_: int) -> None:
        raise Over

    package = a_vsix()
    with pytest.raises(Over):
        security.look_through(open_archive(io.BytesIO(package), len(package)), go_on)


def test_a_large_file_is_never_held_whole() -> None:
    stream, length = stored_zeros(32 << 20, crc=zlib.crc32(bytes(32 << 20)))
    tracemalloc.start()
    assert security.look_through(open_archive(stream, length), lambda _: None) == []
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def _stored(name: str, content: bytes) -> Archive:
    data = pack(File(name, content, method=0))
    return open_archive(io.BytesIO(data), len(data))
