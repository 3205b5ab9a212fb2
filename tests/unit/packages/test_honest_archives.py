"""Whatever the common writers write is taken, with its contents."""

import io
import random
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from app.registry.packages.archive import Limits, open_archive
from app.registry.packages.manifest import read_manifest
from tests.unit.packages.zip_builder import (
    DEFLATED,
    STORED,
    WIDE,
    Counted,
    File,
    directory,
    extra,
    opened,
    pack,
    stored_zeros,
    verified,
)

WRITTEN_BY_TOOLS = sorted(path for path in (Path(__file__).parent / "fixtures").iterdir() if path.suffix != ".md")
MIB = 1024 * 1024


@pytest.mark.parametrize("path", WRITTEN_BY_TOOLS, ids=lambda path: path.name)
def test_archives_of_common_tools_pass(path: Path) -> None:
    archive = verified(path.read_bytes())
    if path.suffix == ".vsix":
        root = "extension/"
        assert {"extension.vsixmanifest", "extension/package.json"} < {entry.name for entry in archive.entries}
    else:
        root = ""
        assert read_manifest(archive).name == "basic-cts"
    assert archive.read(root + "scripts/test.sh", 100) == b"#!/bin/sh\necho problem=0\n"
    assert archive.read(root + "doc/läs-mig.txt", 100) == "Prüfung\n".encode()
    assert archive.read(root + "doc/empty", 0) == b""


class _Pipe(io.RawIOBase):
    """Takes bytes and cannot seek, as a pipe."""

    def __init__(self) -> None:
        self.taken = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.taken += bytes(data)
        return len(bytes(data))


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("streamed", [False, True])
def test_archives_of_python_pass(method: int, wide: bool, streamed: bool) -> None:
    target = _Pipe() if streamed else io.BytesIO()
    with zipfile.ZipFile(target, "w", compression=method) as written:
        written.writestr("empty/", b"")
        written.comment = b"made by Python"
        with written.open("a/ü.txt", "w", force_zip64=wide) as entry:
            entry.write(b"content" * 1000)
    archive = verified(bytes(target.taken) if isinstance(target, _Pipe) else target.getvalue())
    assert [entry.name for entry in archive.entries] == ["empty/", "a/ü.txt"]
    assert archive.read("a/ü.txt", 7000) == b"content" * 1000


@pytest.mark.parametrize("form", ["bare", "signed", "wide", "wide bare"])
@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_every_form_of_data_descriptor_passes(form: str, method: int) -> None:
    assert verified(pack(File("a", descriptor=form, method=method), File("b"))).read("a", 100) == b"echo hello\n"


def test_zip64_end_records_and_fields_pass() -> None:
    data = b"x" * 100
    wide = File(
        "wide",
        data,
        method=STORED,
        local={"packed": WIDE, "size": WIDE, "extra": extra(1, struct.pack("<2Q", 100, 100))},
        central={"packed": WIDE, "size": WIDE, "offset": WIDE, "extra": extra(1, struct.pack("<3Q", 100, 100, 0))},
    )
    assert verified(pack(wide, File("b"), zip64=True)).read("wide", 100) == data
    assert "b" in verified(pack(File("b"), zip64=True, end={"count": 1, "here": 1}))


def test_entries_may_stand_in_another_order_than_the_directory_tells() -> None:
    archive = pack(File("a", b"1", method=STORED), File("b", b"2", method=STORED))
    begin = archive.index(b"PK\x01\x02")
    first, second = archive[begin : begin + 47], archive[begin + 47 : begin + 94]
    assert [entry.name for entry in verified(archive[:begin] + second + first + archive[begin + 94 :]).entries] == [
        "b",
        "a",
    ]


def test_an_archive_inside_the_archive_passes() -> None:
    inner = pack(File("inner.txt"))
    assert verified(pack(File("inner.zip", inner, method=STORED))).read("inner.zip", 1000) == inner


def test_an_empty_archive_passes() -> None:
    assert verified(pack()).entries == ()


def test_empty_files_and_directories_pass_however_they_are_packed() -> None:
    files = [
        directory("d/"),
        File("e/", b"", method=DEFLATED, attributes=0),
        File("f/", b"", method=DEFLATED, packed=b"", attributes=0),
        File("g", b"", method=DEFLATED, packed=b""),
    ]
    archive = verified(pack(*files))
    assert [entry.is_directory for entry in archive.entries] == [True, True, True, False]


def test_a_plain_comment_passes() -> None:
    assert "a" in verified(pack(File("a"), comment="Grüße\r\n".encode() * 1000))


@pytest.mark.parametrize(
    "name",
    [
        "a b/c-d_e.txt",
        "node_modules/@scope/.bin/x",
        "..a/b..c",
        "日本語/ファイル",
        "a" * 255,
        "/".join(["a" * 100] * 5),
        "a" + "\u0301" * 30,
    ],
)
def test_ordinary_names_pass(name: str) -> None:
    assert verified(pack(File(name))).read(name, 100) == b"echo hello\n"


def test_names_that_are_only_alike_pass() -> None:
    names = ["a", "a-b", "ab", "a.b", "d/a", "d-/a", "strase", "straße", "e", "é"]
    archive = verified(pack(*map(File, names)))
    assert [entry.name for entry in archive.entries] == names


def test_flags_that_tell_only_how_hard_was_packed_pass() -> None:
    assert "a" in verified(pack(File("a", flags=0b110)))


def test_a_name_in_utf8_from_unix_needs_no_flag() -> None:
    assert "ü" in verified(pack(File("ü".encode())))


def test_a_second_name_that_says_the_same_passes() -> None:
    same = {"extra": extra(0x7075, b"\x01\0\0\0\0" + "ü".encode())}
    assert "ü" in verified(pack(File("ü", central=same, local=same)))


def test_padding_of_extra_fields_passes() -> None:
    assert "a" in verified(pack(File("a", local={"extra": b"\0\0\0"})))


@pytest.mark.parametrize("mode", [0, 0o100755, 0o102755, 0o177777])
def test_files_of_any_permission_pass(mode: int) -> None:
    assert "a" in verified(pack(File("a", attributes=mode << 16)))


def test_a_small_file_may_shrink_a_thousand_times() -> None:
    verified(pack(File("zeros", bytes(1 * MIB))))


def test_a_large_file_may_shrink_as_text_does() -> None:
    chance = random.Random(1)
    line = b"".join(chance.randbytes(30).hex().encode() + b" repeated many times over " * 20 for _ in range(4000))
    verified(pack(File("log.txt", line)))


def test_limits_are_reached_before_they_are_passed() -> None:
    limits = Limits(max_entries=2, max_total_bytes=15, max_directory_bytes=2 * 47, max_name_bytes=1)
    verified(pack(File("a", b"x" * 10), File("b", b"x" * 5)), limits)


def test_all_files_together_may_grow_within_either_bound() -> None:
    growing = pack(File("zeros", bytes(50_000)))  # 75 bytes
    verified(growing, Limits(ratio_floor=1000, max_ratio=1000, max_large_ratio=10, small_total_bytes=50_000))
    verified(growing, Limits(ratio_floor=1000, max_ratio=1000, max_large_ratio=1000, small_total_bytes=1000))


def test_large_files_are_opened_by_their_directory_alone() -> None:
    stream, length = stored_zeros(1536 * MIB, crc=0)
    [entry] = open_archive(stream, length).entries
    assert entry.size == entry.compressed_size == 1536 * MIB
    assert stream.bytes_read < MIB


def test_a_large_file_takes_no_more_memory_than_a_small_one() -> None:
    stream, length = stored_zeros(100 * MIB, crc=zlib.crc32(bytes(100 * MIB)))
    checked: list[int] = []
    tracemalloc.start()
    open_archive(stream, length).verify(checked.append)
    assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    tracemalloc.stop()
    assert sum(checked) == 100 * MIB
    assert max(checked) <= MIB


def test_an_archive_of_many_files_is_read_in_few_large_pieces() -> None:
    data = pack(*(File(f"d/{number}", b"x" * 500, method=STORED) for number in range(5000)))
    stream = Counted(data)
    archive = open_archive(stream, len(data))
    assert stream.reads <= 2
    archive.verify()
    assert stream.reads <= 2 + len(data) // MIB + 2


def test_a_directory_can_be_asked_for_by_its_name_with_a_slash() -> None:
    archive = opened(pack(directory("d/")))
    assert "d/" in archive
    assert "d" not in archive
    assert archive.read("d/", 0) == b""


def test_reading_what_is_not_there_is_a_key_error() -> None:
    archive = opened(pack(File("a")))
    with pytest.raises(KeyError):
        archive.read("b", 10)
