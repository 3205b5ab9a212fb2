"""Code that does not read as it runs is found, and texts of people are left alone."""

import random

import pytest

from app.registry.checks import hidden_characters
from schemas.model.checks import Finding, Severity
from tests.builders import a_vsix, a_zip
from tests.unit.checks.looking import BASIC, looked


def found_in(name: str, text: str) -> list[Finding]:
    return looked(hidden_characters.CHECK, a_vsix(files={f"extension/{name}": text.encode()}))


@pytest.mark.parametrize("mark", [*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A))], ids=ascii)
def test_source_that_reads_in_another_order_than_it_runs_is_an_error(mark: str) -> None:
    [finding] = found_in("dist/web.JS", f"a\nb{mark}")
    assert (finding.rule, finding.severity, finding.line) == ("hidden.bidirectional", Severity.ERROR, 2)


@pytest.mark.parametrize(
    "text",
    [
        "".join(chr(0xFE00 + number % 16) for number in range(40)),
        "".join(chr(0xE0100 + number) for number in range(40)),
        "".join(chr(0xE0020 + number) for number in range(40)),
        "\u200b\u200c\u200d" * 10,
    ],
    ids=ascii,
)
def test_a_program_that_is_hidden_in_characters_without_a_form_is_an_error(text: str) -> None:
    assert "hidden.text" in [each.rule for each in found_in("a.js", f"eval(decode(`{text}`))")]


@pytest.mark.parametrize("mark", ["\u200b", "\u2060", "\u3164", "\u115f", "\u1160", "\uffa0"], ids=ascii)
def test_a_single_character_that_cannot_be_seen_is_a_warning(mark: str) -> None:
    [finding] = found_in("a.py", f"x = '{mark}'")
    assert (finding.rule, finding.severity) == ("hidden.invisible", Severity.WARNING)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.js", '"\\u202e"'),
        ("a.js", "'👨\u200d👩\u200d👧', '❤\ufe0f', '🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f'"),
        ("a.md", "עברית \u200f «…» 中文 — “x”"),
        ("a.bin", "\u202e"),
        ("a.wasm", "\u2066"),
        ("LICENSE", "\u202a(c)\u202c"),
        ("package.nls.ar.json", '{"title": "\u2067مرحبا\u2069"}'),
    ],
)
def test_emoji_documents_and_translations_are_taken(name: str, text: str) -> None:
    assert found_in(name, text) == []


def test_a_program_without_an_ending_is_looked_at_too() -> None:
    [finding] = looked(hidden_characters.CHECK, a_zip({"bin/run": "#!/bin/sh\n# \u202e".encode()}), BASIC)
    assert (finding.entry, finding.line) == ("bin/run", 2)


def test_bytes_of_a_binary_file_without_an_ending_say_nothing() -> None:
    content = b"\x7fELF\0\0" + "\u202e".encode()
    assert looked(hidden_characters.CHECK, a_zip({"bin/tool": content, "bin/weights": content[4:]}), BASIC) == []


@pytest.mark.parametrize("name", ["model.js", "test.sh"])
def test_random_bytes_are_no_text_whatever_they_are_called(name: str) -> None:
    content = random.Random(1).randbytes(3 << 20)
    assert "\u202a".encode() in content or "\u2066".encode() in content or "\u200b".encode() in content
    assert looked(hidden_characters.CHECK, a_zip({name: content}), BASIC) == []


@pytest.mark.parametrize("odd", [b"\0", b"\xff", b"\x01\xfe\0"])
def test_a_few_odd_bytes_hide_nothing(odd: bytes) -> None:
    content = odd + b"if (isAdmin) { /* " + "\u202e".encode() + b"} */ grant(); // " + odd
    [finding] = looked(hidden_characters.CHECK, a_zip({"a.js": content}), BASIC)
    assert finding.rule == "hidden.bidirectional"


@pytest.mark.parametrize("place", [256 * 1024 - 1, 256 * 1024 - 4096, 300_000])
def test_a_mark_is_found_wherever_pieces_meet(place: int) -> None:
    [finding] = found_in("a.js", "x" * place + "\u202e" + "y" * 300_000)
    assert f"byte {place})" in finding.message
