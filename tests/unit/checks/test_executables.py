"""Programs in a package are told by their kinds, by what they are and not by their names."""

import struct

import pytest

from app.registry.checks import executables
from schemas.model.checks import Severity
from tests.builders import a_vsix, a_zip
from tests.unit.checks.looking import BASIC, looked

REST = bytes(100)
PROGRAMS = {
    "elf": (b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<H", 2) + REST, "executable.elf", "a program"),
    "elf of big-endian machines": (
        b"\x7fELF\x02\x02\x01" + bytes(9) + struct.pack(">H", 3) + REST, "executable.elf", "shared library",
    ),
    "pe": (b"MZ\x90\0" + REST, "executable.pe", "Windows"),
    "mach-o": (b"\xcf\xfa\xed\xfe" + REST, "executable.mach-o", "macOS"),
    "fat mach-o": (b"\xca\xfe\xba\xbe" + struct.pack(">I", 2) + REST, "executable.mach-o", "2 processors"),
    "class": (b"\xca\xfe\xba\xbe" + struct.pack(">HH", 0, 52) + REST, "executable.java", "Java"),
    "wasm": (b"\0asm\x01\0\0\0", "executable.wasm", "WebAssembly"),
    "script": (b"#!/usr/bin/env python3\nprint()\n", "executable.script", "/usr/bin/env python3"),
    "script without an interpreter": (b"#!\n", "executable.script", "no interpreter"),
}  # fmt: skip


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_program_is_told_by_its_kind(kind: str) -> None:
    content, rule, words = PROGRAMS[kind]
    [finding] = looked(executables.CHECK, a_zip({"media/picture.png": content}), BASIC)
    assert (finding.entry, finding.rule) == ("media/picture.png", rule)
    assert words in finding.message


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_program_stops_nothing(kind: str) -> None:
    [finding] = looked(executables.CHECK, a_zip({"bin/tool": PROGRAMS[kind][0]}), BASIC)
    assert finding.severity is not Severity.ERROR


@pytest.mark.parametrize(
    "content", [b"", b"M", b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"#", b"echo hello\n", bytes(200)]
)
def test_what_is_cut_off_or_none_breaks_nothing(content: bytes) -> None:
    found = looked(executables.CHECK, a_zip({"a": content}), BASIC)
    assert [each.rule for each in found] == (["executable.elf"] if content == b"\x7fELF" else [])


def test_an_ordinary_extension_has_none() -> None:
    assert looked(executables.CHECK, a_vsix()) == []


def test_of_very_many_programs_the_rest_is_counted() -> None:
    found = looked(executables.CHECK, a_zip({f"bin/{number}": b"#!/bin/sh\n" for number in range(100)}), BASIC)
    assert (len(found), found[-1].rule) == (91, "executable.more")
    assert "10 more" in found[-1].message
