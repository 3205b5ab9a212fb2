"""Every rule of archives refuses what breaks it, naming entry, rule and remedy."""

import io
import random
import stat
import struct
import tracemalloc
from collections.abc import Callable

import pytest

from app.registry.packages.archive import Limits, open_archive
from schemas.errors import PackageRefused
from tests.unit.packages.zip_builder import (
    DEFLATED,
    STORED,
    UTF8,
    WIDE,
    Counted,
    File,
    deflate,
    directory,
    extra,
    opened,
    pack,
    verified,
)

MIB = 1024 * 1024
WHOLE = "the archive"


def refusal(check: Callable[[], object]) -> PackageRefused:
    with pytest.raises(PackageRefused) as caught:
        check()
    assert str(caught.value).isprintable()
    first = caught.value.findings[0]
    assert caught.value.facts == {"entry": first.entry, "rule": first.message, "remedy": first.remedy}
    for finding in caught.value.findings:
        assert finding.entry
        assert finding.message
        assert finding.remedy
    return caught.value


def refused_at_once(archive: bytes, entry: str, rule: str, limits: Limits | None = None) -> None:
    error = refusal(lambda: opened(archive, limits or Limits()))
    assert error.facts["entry"] == entry
    assert rule in str(error.facts["rule"])


def refused_when_read(archive: bytes, entry: str, rule: str) -> None:
    found = opened(archive)
    for check in (found.verify, lambda: found.read(entry, 10 * MIB)):
        error = refusal(check)
        assert error.facts["entry"] == entry
        assert rule in str(error.facts["rule"])


# --- the archive as a whole ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all", b"\x1f\x8b" + b"\0" * 100, b"PK\x03\x04" * 30])
def test_what_is_no_zip_archive_is_refused(content: bytes) -> None:
    refused_at_once(content, WHOLE, "no end record")


def test_a_cut_archive_is_refused_wherever_it_is_cut() -> None:
    archive = pack(File("a"), File("b"))
    for length in range(len(archive)):
        refusal(lambda length=length: opened(archive[:length]))  # type: ignore[misc]


def test_a_stream_that_ends_early_is_refused() -> None:
    archive = pack(File("a"))
    error = refusal(lambda: open_archive(io.BytesIO(archive), len(archive) + 1))
    assert "ends before" in str(error.facts["rule"])


@pytest.mark.parametrize("shifted", [True, False])
def test_bytes_before_the_archive_are_refused(shifted: bool) -> None:
    rule = "lie before its first entry" if shifted else "does not end where"
    refused_at_once(pack(File("a"), before=b"#!/bin/sh\n", shifted=shifted), WHOLE, rule)
    refused_at_once(pack(before=b"#!/bin/sh\n", shifted=shifted), WHOLE, rule)


def test_bytes_after_the_archive_are_refused() -> None:
    refused_at_once(pack(File("a"), after=b"\0"), WHOLE, "another length than what follows")
    refused_at_once(pack(File("a")) + pack(File("b")), WHOLE, "does not end where")


def test_bytes_between_entries_and_directory_are_refused() -> None:
    refused_when_read(pack(File("a"), between=b"hidden"), "a", "belong to nothing")


def test_bytes_between_two_entries_are_refused() -> None:
    refused_when_read(pack(File("a", after=b"hidden"), File("b")), "a", "belong to nothing")


def test_bytes_between_directory_and_end_record_are_refused() -> None:
    archive = pack(File("a"))
    end = archive.index(b"PK\x05\x06")
    refused_at_once(archive[:end] + b"hidden" + archive[end:], WHOLE, "does not end where")


def test_a_comment_that_is_not_text_is_refused() -> None:
    refused_at_once(pack(File("a"), comment=b"\0"), WHOLE, "not plain text")
    refused_at_once(pack(File("a"), comment=b"PK\x03\x04"), WHOLE, "not plain text")


def test_an_archive_in_the_comment_is_refused() -> None:
    refused_at_once(pack(File("a"), comment=pack(File("b"))), WHOLE, "does not end where")
    refused_at_once(pack(File("a"), comment=b"PK\x05\x06"), WHOLE, "holds a signature")
    refused_at_once(pack(File("a"), comment=b"PK\x05\x06" + b"\0" * 20), WHOLE, "")


@pytest.mark.parametrize("end", [{"disk": 1}, {"start": 1}, {"here": 0}, {"disk": 0xFFFF}])
def test_a_divided_archive_is_refused(end: dict[str, object]) -> None:
    refused_at_once(pack(File("a"), end=end), WHOLE, "one part of several")


def test_an_entry_on_another_disk_is_refused() -> None:
    refused_at_once(pack(File("a", central={"disk": 1})), "a", "divided archive")


@pytest.mark.parametrize("end", [{"count": 2, "here": 2}, {"count": 0, "here": 0}, {"length": 3}, {"begin": 1}])
def test_an_end_record_that_lies_is_refused(end: dict[str, object]) -> None:
    refusal(lambda: opened(pack(File("a"), end=end)))


@pytest.mark.parametrize(
    ("end64", "end", "rule"),
    [
        ({"at": 0}, {}, "not where its locator says"),
        ({"signature": b"PK\x06\x05"}, {}, "malformed"),
        ({"rest": 45}, {}, "malformed"),
        ({"count": 2, "here": 2}, {"count": 1}, "disagree"),
        ({"begin": 0}, {"begin": 41}, "disagree"),
        ({"disk": 1}, {"disk": 1}, "one part of several"),
        ({"count": 2**63, "here": 2**63}, {}, "at most"),
        ({"length": 2**63}, {}, "at most"),
        ({"begin": 2**63}, {}, "does not end where"),
    ],
)
def test_a_zip64_end_record_that_lies_is_refused(end64: dict[str, object], end: dict[str, object], rule: str) -> None:
    refused_at_once(pack(File("a"), zip64=True, end=end, end64=end64), WHOLE, rule)


def test_a_zip64_locator_hidden_in_an_ordinary_archive_is_refused() -> None:
    hidden = struct.pack("<4sLQL", b"PK\x06\x07", 0, 0, 1)
    archive = pack(File("a", central={"extra": extra(0x4141, hidden)}))
    refused_at_once(archive, WHOLE, "not where its locator says")


# --- the directory against the entries ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "rule"),
    [
        ({"signature": b"PK\x03\x05"}, "no local header"),
        ({"raw": b"b"}, "different name"),
        ({"method": DEFLATED}, "different method"),
        ({"flags": 1}, "different flags"),
        ({"flags": UTF8}, "different flags"),
        ({"flags": 8}, "different flags"),
        ({"crc": 1}, "different sizes or CRC-32"),
        ({"packed": 3}, "different sizes or CRC-32"),
        ({"size": 3}, "different sizes or CRC-32"),
        ({"size": WIDE}, "zip64 field"),
        ({"extra": extra(0x7075, b"\1\0\0\0\0b")}, "two names"),
    ],
)
def test_a_local_header_that_disagrees_is_refused(local: dict[str, object], rule: str) -> None:
    refused_when_read(pack(File("a", method=STORED, local=local), File("z")), "a", rule)


@pytest.mark.parametrize("length_at", [26, 28])
def test_a_local_header_that_moves_the_data_is_refused(length_at: int) -> None:
    archive = bytearray(pack(File("a", method=STORED), File("z")))
    archive[length_at] += 1  # the length of the name, or of the extra fields
    refused_when_read(bytes(archive), "a", "runs into the next part")
    archive[length_at + 1] = 0xFF
    refused_when_read(bytes(archive), "a", "runs into the next part")


def test_an_extra_field_that_covers_the_data_is_refused() -> None:
    archive = pack(File("a", b"12345678", method=STORED, local={"extra": b"\0\0\0\0"}))
    begin = archive.index(b"\0\0\0\x0012345678")
    refusal(lambda: verified(archive[: begin - 2] + b"\0\0" + archive[begin:]))


@pytest.mark.parametrize(("descriptor", "rule"), [("lying", "different sizes"), ("missing", "no data descriptor")])
def test_a_data_descriptor_that_disagrees_is_refused(descriptor: str, rule: str) -> None:
    refused_when_read(pack(File("a", descriptor=descriptor)), "a", rule)


def test_a_data_descriptor_with_another_signature_is_refused() -> None:
    archive = pack(File("a", descriptor="signed")).replace(b"PK\x07\x08", b"PK\x07\x09")
    refused_when_read(archive, "a", "another signature")


def test_bytes_after_a_data_descriptor_are_refused() -> None:
    refused_when_read(pack(File("a", descriptor="signed", after=b"x")), "a", "no data descriptor")


def test_amounts_left_to_a_descriptor_that_is_not_announced_are_refused() -> None:
    refused_when_read(pack(File("a", local={"crc": 0, "packed": 0, "size": 0})), "a", "different sizes")


def test_overlapping_entries_are_refused() -> None:
    refused_at_once(pack(File("a"), File("b", central={"offset": 0})), "b", "overlaps")
    refused_at_once(pack(File("a"), File("b", central={"offset": 10})), "a", "overlaps")
    quoted = pack(File("inner", b"x", method=STORED))[: 30 + 6]
    inside = pack(File("outer", quoted, method=STORED), File("inner", b"x", method=STORED, central={"offset": 35}))
    refused_at_once(inside, "outer", "overlaps")


def test_an_entry_outside_of_the_archive_is_refused() -> None:
    refused_at_once(pack(File("a", central={"offset": 10_000})), "a", "overlaps")
    refused_at_once(pack(File("a", method=STORED, central={"packed": 10_000, "size": 10_000})), "a", "overlaps")


def test_a_directory_with_hidden_or_broken_entries_is_refused() -> None:
    refused_at_once(pack(File("a", central={"signature": b"PK\x01\x03"})), "entry number 1", "where it should be")
    refused_at_once(pack(File("a"), File("b"), end={"count": 1, "here": 1}), WHOLE, "goes on after the 1 entries")
    refused_at_once(pack(File("a"), end={"count": 2, "here": 2}), "entry number 2", "where it should be")
    archive = bytearray(pack(File("a")))
    struct.pack_into("<H", archive, archive.index(b"PK\x01\x02") + 28, 0xFFFF)
    refused_at_once(bytes(archive), "entry number 1", "over the end of the directory")


@pytest.mark.parametrize(
    ("field", "rule"),
    [
        (b"\x01\x00\xff\xff", "over its end"),
        (extra(1, b"12345678") * 2, "the same extra field twice"),
        (extra(2, b"") * 33, "more than 32 extra fields"),
    ],
)
def test_broken_extra_fields_are_refused(field: bytes, rule: str) -> None:
    refused_at_once(pack(File("a", central={"extra": field})), "entry number 1", rule)
    refused_when_read(pack(File("a", local={"extra": field})), "a", rule)


def test_zip64_amounts_without_their_field_are_refused() -> None:
    refused_at_once(pack(File("a", central={"size": WIDE})), "a", "zip64 field")
    refused_at_once(pack(File("a", central={"size": WIDE, "extra": extra(1, b"1234")})), "a", "zip64 field")


# --- kinds --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [1 << 0, 1 << 0 | 1 << 6, 1 << 13])
def test_an_encrypted_entry_is_refused(flags: int) -> None:
    refused_at_once(pack(File("a", flags=flags)), "a", "encrypted")


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 99])
def test_an_unknown_method_is_refused(method: int) -> None:
    refused_at_once(pack(File("a", method=method)), "a", f"method {method}")


def test_a_patch_is_refused() -> None:
    refused_at_once(pack(File("a", flags=1 << 5)), "a", "method")


@pytest.mark.parametrize("system", [0, 3, 19])
@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK])
def test_links_and_special_files_are_refused(kind: int, system: int) -> None:
    link = File("link", b"/etc/passwd", attributes=(kind | 0o777) << 16, system=system)
    refused_at_once(pack(link), "link", "only files and directories are taken")


def test_a_directory_with_contents_is_refused() -> None:
    refused_at_once(pack(File("d/", b"x", attributes=0)), "d/", "a file and a directory at once")
    refused_when_read(pack(File("d/", b"x", attributes=0, central={"size": 0})), "d/", "")


@pytest.mark.parametrize("attributes", [0o40755 << 16, 0x10])
def test_a_directory_that_is_named_as_a_file_is_refused(attributes: int) -> None:
    refused_at_once(pack(File("d", b"", attributes=attributes)), "d", "a file and a directory at once")


def test_a_file_that_is_named_as_a_directory_is_refused() -> None:
    refused_at_once(pack(File("d/", b"")), "d/", "a file and a directory at once")


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("../a", "leads out"),
        ("a/../../b", "leads out"),
        ("..", "leads out"),
        ("/etc/passwd", "absolute"),
        ("//host/share", "absolute"),
        ("C:/a", "colon"),
        ("a:stream", "colon"),
        ("a\\b", "backslash"),
        ("..\\a", "backslash"),
        ("a//b", "empty part"),
        ("./a", "single dot"),
        ("", "empty part"),
        ("a.", "dot or a space"),
        ("a /b", "dot or a space"),
        ("a" * 256, "longer than"),
        ("/".join(["a" * 100] * 6), "longer than"),
    ],
)
def test_unsafe_names_are_refused(name: str, rule: str) -> None:
    shown = name[:512] + "…" if len(name) > 512 else name or "the entry without a name"
    refused_at_once(pack(File(name)), shown, rule)


@pytest.mark.parametrize("name", ["a\0.txt", "a\nb", "\x1b[2J", "a\x7f", "gpj\u202etxt.exe", "a\u2028b", "\u200fa"])
def test_names_with_characters_that_cannot_be_seen_are_refused(name: str) -> None:
    refused_at_once(pack(File(name)), ascii(name)[1:-1], "cannot be seen")


def test_names_that_pile_marks_on_a_letter_are_refused() -> None:
    refused_at_once(pack(File("a" + "\u0301" * 31)), "a" + "\u0301" * 31, "piles more than 30 marks")


def test_names_in_no_common_encoding_are_refused() -> None:
    refused_at_once(pack(File(b"\xff\xfe")), "entry number 1", "not UTF-8")
    refused_at_once(pack(File("ü".encode(), system=0)), "entry number 1", "not marked as UTF-8")


def test_an_entry_with_two_names_is_refused() -> None:
    twice = {"extra": extra(0x7075, b"\1\0\0\0\0plugin.yaml")}
    refused_at_once(pack(File("readme", central=twice)), "entry number 1", "two names")


@pytest.mark.parametrize(
    ("one", "other"),
    [("a", "a"), ("README", "readme"), ("\u00e9", "e\u0301"), ("straße", "STRASSE"), ("A\u030a", "å"), ("d/X", "D/x")],
)
def test_names_that_fall_together_are_refused(one: str, other: str) -> None:
    rule = "it is there twice" if one == other else "some systems take it for"
    error = refusal(lambda: opened(pack(File(one), File("between"), File(other))))
    assert error.facts["entry"] in (one, other)
    assert rule in str(error.facts["rule"])


def test_a_file_that_is_also_a_directory_is_refused() -> None:
    refused_at_once(pack(File("a"), File("a-b"), File("a/b")), "a", "a directory for a/b")
    refused_at_once(pack(File("A"), File("a/b/c")), "A", "a directory for a/b/c")
    refusal(lambda: opened(pack(File("a"), directory("a/"))))


# --- contents -----------------------------------------------------------------------------------------------------


def test_contents_with_another_crc_are_refused() -> None:
    wrong = {"crc": 1}
    for method in (STORED, DEFLATED):
        refused_when_read(pack(File("a", method=method, central=wrong, local=wrong)), "a", "CRC-32")


@pytest.mark.parametrize("declared", [0, 10, 12, 1000])
def test_a_declared_size_that_lies_is_refused(declared: int) -> None:
    lie = {"size": declared}
    refused_when_read(pack(File("a", b"x" * 11, central=lie, local=lie)), "a", "")


def test_a_stored_entry_with_two_sizes_is_refused() -> None:
    refused_at_once(pack(File("a", method=STORED, central={"size": 1})), "a", "stored")


def test_a_bomb_that_declares_little_inflates_no_more_than_that() -> None:
    lie = {"size": 1000}
    archive = pack(File("bomb", bytes(64 * MIB), central=lie, local=lie))
    tracemalloc.start()
    refused_when_read(archive, "bomb", "more than the 1000 bytes")
    assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    tracemalloc.stop()


@pytest.mark.parametrize("packed", [b"\xff" * 20, deflate(b"x" * 11)[:-1], b"", b"\x00\x00\x00\xff\xff" * 3])
def test_data_that_deflate_does_not_write_are_refused(packed: bytes) -> None:
    refused_when_read(pack(File("a", b"x" * 11, packed=packed)), "a", "")


def test_bytes_after_the_end_of_compressed_data_are_refused() -> None:
    hidden = deflate(b"x" * 11) + b"hidden" * 50_000
    refused_when_read(pack(File("a", b"x" * 11, packed=hidden)), "a", "bytes follow the end")


# --- amounts ------------------------------------------------------------------------------------------------------


def test_too_many_entries_are_refused() -> None:
    archive = pack(File("a"), File("b"), File("c"))
    refused_at_once(archive, WHOLE, "3 entries where at most 2", Limits(max_entries=2))


def test_a_directory_that_is_too_large_is_refused_unread() -> None:
    refused_at_once(pack(File("a")), WHOLE, "47 bytes where at most 46", Limits(max_directory_bytes=46))


def test_an_entry_that_is_too_large_is_refused() -> None:
    refused_at_once(pack(File("a", b"x" * 11), File("b")), "a", "11 bytes where at most 10", Limits(max_total_bytes=10))
    wide = struct.pack("<2Q", 2**40, 2**40)
    told = {"size": WIDE, "packed": WIDE, "extra": extra(1, wide)}
    refused_at_once(pack(File("a", central=told, method=STORED)), "a", f"{2**40} bytes where at most")


def test_too_large_a_total_is_refused() -> None:
    archive = pack(File("a", b"x" * 10), File("b", b"x" * 6))
    refused_at_once(archive, WHOLE, "16 bytes together where at most 15", Limits(max_total_bytes=15))


def test_an_entry_that_grows_too_much_is_refused() -> None:
    refused_at_once(pack(File("zeros", bytes(2 * MIB))), "zeros", "grows more than 200 times")


def test_many_small_entries_that_grow_too_much_together_are_refused() -> None:
    zeros = [File(f"zeros/{number}", bytes(MIB)) for number in range(3)]
    refused_at_once(pack(*zeros), WHOLE, f"to {3 * MIB} bytes when inflated where at most {MIB} are taken")


@pytest.mark.parametrize("bound", ["small_total_bytes", "max_total_bytes"])
def test_files_that_grow_less_are_refused_where_they_are_too_large_together(bound: str) -> None:
    limits = Limits(ratio_floor=1000, max_ratio=1000, max_large_ratio=10, **{bound: 49_999})
    refused_at_once(pack(File("a", bytes(25_000)), File("b", bytes(25_000))), WHOLE, "50000 bytes", limits)


def test_an_entry_larger_than_its_reader_takes_is_refused() -> None:
    error = refusal(lambda: opened(pack(File("a", b"x" * 11))).read("a", 10))
    assert (error.facts["entry"], error.facts["rule"]) == ("a", "it has 11 bytes where at most 10 are taken")


def test_a_directory_at_its_limits_needs_little_memory() -> None:
    whole = Limits()
    limits = Limits(max_entries=whole.max_entries // 10, max_directory_bytes=whole.max_directory_bytes // 10)
    part = "/a" + "\u0301" * 30
    length = limits.max_directory_bytes // limits.max_entries - 46
    files = [File(f"{number:06}{part * (length // 62)}", b"", method=STORED) for number in range(limits.max_entries)]
    archive = pack(*files)
    tracemalloc.start()
    opened(archive, limits)
    assert tracemalloc.get_traced_memory()[1] < 64 * MIB // 10
    tracemalloc.stop()


@pytest.mark.parametrize("length", [100, 40_000])
def test_headers_of_any_length_make_the_file_be_read_no_more_than_once_and_a_bit(length: int) -> None:
    padding = {"extra": extra(2, bytes(length)), "raw": b""}
    files = [
        File(f"{number:0{min(length, 200)}}", b"x" * 10_000, method=STORED, local={"extra": padding["extra"]})
        for number in range(4_000_000 // length // 10)
    ]
    stream = Counted(archive := pack(*files))
    open_archive(stream, len(archive)).verify()
    assert stream.bytes_read < 1.2 * len(archive) + MIB


# --- findings and progress ----------------------------------------------------------------------------------------


def test_everything_that_is_wrong_with_entries_is_told_at_once() -> None:
    archive = pack(
        File("fine"),
        File("link", attributes=(stat.S_IFLNK | 0o777) << 16),
        File("../out"),
        File("locked", flags=1),
        File("Fine"),
        File("zeros", bytes(2 * MIB)),
        File(b"\xff"),
        File("\x1b[2J"),
        File("\x1b[2j"),
    )
    found = {finding.entry: finding.message for finding in refusal(lambda: opened(archive)).findings}
    assert set(found) == {"link", "locked", "entry number 7", "../out", "\\x1b[2J", "\\x1b[2j", "fine", "zeros"}
    assert found["fine"] == "some systems take it for Fine"


def test_no_more_than_twenty_findings_are_told() -> None:
    for broken in ({"flags": 1}, {"attributes": stat.S_IFLNK << 16}, {"name": "/{}"}, {"central": {"size": 2 * MIB}}):
        files = [File(**{"name": "{}", **broken}) for _ in range(25)]
        for number, file in enumerate(files):
            file.name = str(file.name).format(number)
        assert len(refusal(lambda files=files: opened(pack(*files))).findings) == 20  # type: ignore[misc]


def test_a_broken_directory_is_the_only_finding() -> None:
    archive = pack(File("/absolute"), File("b", central={"signature": b"PK\x01\x03"}))
    assert [finding.entry for finding in refusal(lambda: opened(archive)).findings] == ["entry number 2"]


class _Over(Exception):
    pass


@pytest.mark.parametrize(
    "file",
    [
        File("stored", bytes(10 * MIB), method=STORED),
        File("deflated", random.Random(1).randbytes(3 * MIB)),
        File("nothing", b"", packed=b"\x00\x00\x00\xff\xff" * 400_000 + b"\x03\x00"),
    ],
    ids=lambda file: file.name,
)
def test_inspection_can_be_ended_at_any_piece(file: File) -> None:
    archive = pack(file)
    calls: list[int] = []
    opened(archive).verify(calls.append)
    assert sum(calls) == len(file.data)
    assert max(calls) <= MIB
    assert len(calls) >= 10

    left = 5

    def stop(_: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise _Over

    with pytest.raises(_Over):
        opened(archive).verify(stop)
