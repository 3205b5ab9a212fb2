"""Secrets are found wherever they lie in a package, and never repeated."""

import io
import tracemalloc
import zlib

import pytest

from app.registry.access import tokens
from app.registry.checks import secrets
from app.registry.checks.base import Material
from app.registry.checks.scanning import MOST_FOUND
from app.registry.packages.archive import Archive, open_archive
from schemas.errors import PackageRefused
from schemas.model.checks import Finding, Severity, Subject, SubjectKind
from tests.builders import a_vsix, a_zip
from tests.unit.packages.zip_builder import File, pack, stored_zeros

MIB = 1 << 20
A_PACKAGE = Subject(kind=SubjectKind.BASIC_PLUGIN, tenant_id="a" * 32, subject_id="b" * 32)
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
    "a token of GitLab": b"glpat" + b"-0123456789abcdefABCD",
    "a token of PyPI": b"pypi" + b"-AgEIcHlwaS5vcmc" + b"a1" * 40,
    "a key of Google": b"AIza" + b"0123456789abcdefghijABCDEFGHIJ01234",
    "a live key of Stripe": b"sk_live" + b"_0123456789abcdefghijABCD",
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
    return looked_through(open_archive(io.BytesIO(package), len(package)))


def looked_through(archive: Archive) -> list[Finding]:
    look = secrets.CHECK.begin(Material(A_PACKAGE, archive))
    archive.verify(see=look.see)
    return [*look.end()]


@pytest.mark.parametrize("case", SECRETS)
def test_a_secret_is_found_and_not_repeated(case: str) -> None:
    secret = SECRETS[case]
    [finding] = found_in(a_vsix(files={"extension/dist/.env": b"first\n" + secret + b"\n"}))
    assert finding.entry == "extension/dist/.env"
    assert (finding.line, finding.severity, finding.rule.startswith("secret.")) == (2, Severity.ERROR, True)
    assert "line 2" in finding.message
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
        [finding] = looked_through(_stored("a.txt", content))
        assert f"line {content.count(bytes([10]), 0, PIECE - cut) + 1}," in finding.message


def test_a_word_that_a_piece_cuts_is_not_taken_for_a_whole_one() -> None:
    key = b"AKIA" + b"ABCDEFGHIJKLMNOP"
    for content in (
        b"x" * PIECE + key,
        b" " * (PIECE - len(key)) + key + b"Q",
        b"x" * (PIECE - 4096) + key + b" " * 9000,  # where the end of a piece is put off
        b"x" * (PIECE - 4096 - 128) + key + b" " * 9000,  # where begins what is kept of a piece
    ):
        assert looked_through(_stored("a.txt", content)) == []


RANDOM = b"q7Zk2Vw9Xc4Lm8Rt1Yb6"


@pytest.mark.parametrize(
    "line", [b'password = "%s"', b"DB_PASSWORD=%s", b"apiKey: '%s',", b'"client_secret": "%s"', b"token => '%s'"]
)
def test_what_is_called_a_secret_and_looks_random_is_a_warning(line: bytes) -> None:
    [finding] = found_in(a_zip({"config/settings.py": b"x = 1\n" + line % RANDOM + b"\n"}))
    assert (finding.rule, finding.severity, finding.line) == ("secret.high-entropy", Severity.WARNING, 2)
    assert RANDOM.decode() not in str(finding)


@pytest.mark.parametrize(
    "line",
    [
        b'password = "please-enter-your-password-here"',
        b'token = "aaaaaaaaaaaaaaaaaaaaaaaaaaaa1"',
        b"tokenizer = load_the_tokenizer_of_this_language()",
        b'name = "' + RANDOM + b'"',
        b'password = "short1"',
    ],
)
def test_words_that_people_think_of_are_no_secrets(line: bytes) -> None:
    assert found_in(a_zip({"config/settings.py": line})) == []


def test_a_text_that_was_made_to_be_slow_comes_to_an_end_and_is_no_secret() -> None:
    for unit in (
        b"-----BEGIN RSA ",
        b"password" * 3 + b"=",
        b"AKIA",
        b'token"""  ',
        b"_PAT=  ",
        b"-----BEGIN PRIVATE KEY-----\\n",
    ):
        archive = _stored("slow.js", (unit * (MIB // len(unit) + 1))[:MIB])
        assert looked_through(archive) == []


def test_secrets_in_the_packages_of_others_are_found_too() -> None:
    [finding] = found_in(a_vsix(files={"extension/node_modules/other/test/key.pem": SECRETS["a private key"]}))
    assert finding.entry == "extension/node_modules/other/test/key.pem"


def test_each_kind_is_told_once_for_a_file_and_each_file_is_told() -> None:
    both = SECRETS["an access key"] + b"\n" + SECRETS["a token of npm"] + b"\n"
    found = found_in(a_vsix(files={"extension/a": both * 3, "extension/b": both}))
    assert [each.entry for each in found] == ["extension/a", "extension/a", "extension/b", "extension/b"]


def test_no_more_is_told_than_anybody_reads() -> None:
    files = {f"extension/{number}": SECRETS["an access key"] for number in range(MOST_FOUND + 10)}
    assert len(found_in(a_vsix(files=files))) == MOST_FOUND


def test_an_ordinary_package_has_nothing_to_be_told() -> None:
    assert found_in(a_vsix(files={"extension/bin/tool.exe": b"MZ\0\0"})) == []


def test_any_archive_can_be_looked_through() -> None:
    assert found_in(a_zip({})) == []
    assert found_in(a_zip({"extension.vsixmanifest": b"<", "extension/package.json": b"["})) == []


def test_a_damaged_archive_is_refused() -> None:
    with pytest.raises(PackageRefused):
        found_in(pack(File("a", b"x" * 100, central={"crc": 1}, local={"crc": 1})))


def test_a_large_file_is_never_held_whole() -> None:
    stream, length = stored_zeros(32 << 20, crc=zlib.crc32(bytes(32 << 20)))
    tracemalloc.start()
    assert looked_through(open_archive(stream, length)) == []
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def _stored(name: str, content: bytes) -> Archive:
    data = pack(File(name, content, method=0))
    return open_archive(io.BytesIO(data), len(data))
