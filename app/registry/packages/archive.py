"""Looks into ZIP archives that may be hostile, within fixed bounds of time and memory.

Python's `zipfile` is made for archives one trusts: it takes overlapping, duplicated, hidden and contradictory entries.
So this module reads the format itself, in two steps:

* `open_archive` reads the end record and the central directory, and refuses what can be refused from them alone:
  names, kinds, declared sizes, and places that overlap or lie outside of the archive.
* `Archive.read` and `Archive.verify` also hold each entry's local header and contents against the directory. After
  `verify` every byte of the file is known to belong to exactly one part of the archive, so every reader of it, from
  the front or from the back, sees the same entries with the same contents.

What `open_archive` refuses costs about a second at most, however large the file is. `verify` takes time for bytes that somebody
really sent and for little else: of a small file 256 MiB are inflated at most, of a large one 25 times its size, and the
worst that deflate itself can ask for (a new table for every few bytes) is 0.15 s for each MiB. Memory stays below 32 MiB.
Nothing is ever written to disk. Layouts are those of PKWARE's APPNOTE.TXT 6.3.
"""

import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO, NoReturn

from schemas.base import Entity
from schemas.errors import PackageRefused
from schemas.model.checks import Finding

MIB = 1024 * 1024
STORED, DEFLATED = 0, 8

_END = struct.Struct("<4s4H2LH")  # end of central directory record (4.3.16)
_END64 = struct.Struct("<4sQ2H2L4Q")  # its zip64 form (4.3.14)
_LOCATOR64 = struct.Struct("<4sLQL")  # says where that is (4.3.15)
_CENTRAL = struct.Struct("<4s6H3L5H2L")  # a file header of the central directory (4.3.12)
_LOCAL = struct.Struct("<4s5H3L2H")  # the header before each entry's data (4.3.7)
_LONGEST_COMMENT = 0xFFFF
_WIDE = 0xFFFFFFFF  # "the value is in the zip64 field"

_ZIP64, _UNICODE_PATH = 0x0001, 0x7075  # extra fields
_MOST_EXTRA_FIELDS = 32  # honest writers need six at most; parsing thousands for each entry would take minutes
_DESCRIPTOR_FOLLOWS, _PATCHED, _UTF8 = 1 << 3, 1 << 5, 1 << 11  # general purpose flags
_ENCRYPTED = 1 << 0 | 1 << 6 | 1 << 13
_TELLING_FLAGS = _ENCRYPTED | _PATCHED | _DESCRIPTOR_FOLLOWS | _UTF8
_UNIX, _DARWIN = 3, 19  # systems whose file names are UTF-8
_DOS_DIRECTORY = 0x10
_SPECIAL = {  # kinds of file; others than these and the plain ones have no meaning, and old Maven wrote some
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

_WINDOW = 1 * MIB  # read from the stream at a time
_FED = 64 * 1024  # compressed bytes given to zlib at a time: it copies what it has not used
_PIECE = 256 * 1024  # contents held at a time

# Control characters, line separators, and the marks that make a name read in another order than it is written.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

WHOLE = "the archive"
_REPACK = "pack it again with an ordinary ZIP tool"
_RESEND = "send it again whole, or " + _REPACK
_RENAME = "rename it and pack again"
_MOST_MARKS = 30  # on one letter: what Unicode itself holds to be enough for every language (stream-safe text, UAX #15)
_MOST_SHOWN = 512  # characters of a name in a message


class Limits(Entity, frozen=True):
    """How much an archive may ask of whoever opens it."""

    max_entries: int = 20_000
    """Entries, directories included."""
    max_directory_bytes: int = 4 * MIB
    """Size of the central directory, which is held in memory."""
    max_name_bytes: int = 512
    """Length of a name in UTF-8; each part between slashes may have 255, as on common file systems."""
    max_total_bytes: int = 4096 * MIB
    """Size of all entries together, inflated; so of one entry, too."""
    max_ratio: int = 200
    """Inflated size over compressed size, of an entry and of all together..."""
    ratio_floor: int = 1 * MIB
    """...where the inflated size is larger than this; small files of one repeated byte are honest."""
    small_total_bytes: int = 256 * MIB
    """Size of all entries together, inflated, up to which `max_ratio` alone holds. That much inflates in half a second..."""
    max_large_ratio: int = 25
    """...and what is larger may grow no more than this, so that a second of inflating costs its sender some 25 MB.
    Text and code shrink to a fifth, large logs to a tenth."""
    max_findings: int = 20
    """Problems that are told at once."""


DEFAULT_LIMITS = Limits()


class Entry(Entity, frozen=True):
    """One file or directory as the central directory tells it. Sizes in bytes; a directory's name ends with a slash."""

    name: str
    size: int
    compressed_size: int
    crc: int
    method: int
    is_directory: bool
    flags: int
    offset: int
    raw_name: bytes


class Archive:
    """An archive whose directory keeps the rules. It reads from the stream that it was opened with; not thread-safe."""

    def __init__(self, window: "_Window", entries: tuple[Entry, ...], ends: dict[str, int]) -> None:
        self.entries = entries
        self._by_name = {entry.name: entry for entry in entries}
        self._window = window
        self._ends = ends

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def read(self, name: str, limit: int) -> bytes:
        """The contents of the entry `name`, whose header, size and CRC are checked.

        Raises `KeyError` where there is no such entry, and `PackageRefused` where it is damaged or larger than `limit`.
        """
        entry = self._by_name[name]
        if entry.size > limit:
            _refuse(entry, f"it has {entry.size} bytes where at most {limit} are taken", "make it smaller")
        return b"".join(self._contents(entry))

    def verify(
        self, progress: Callable[[int], None] | None = None, see: Callable[[Entry, bytes], None] | None = None
    ) -> None:
        """Reads the whole archive once, from front to back, and checks every entry's header, contents, size and CRC.

        No more than the declared sizes is ever inflated, and those are within the limits. `progress` is called every few
        milliseconds with the count of inflated bytes that were gone through since, which may be none; what it raises ends
        the work and is raised. `see` is given the contents, entry by entry in pieces of at most 256 KiB, of which nobody knows
        before the end whether they are right. Raises `PackageRefused` at the first damage.
        """
        for entry in sorted(self.entries, key=lambda each: each.offset):
            for piece in self._contents(entry):
                if see is not None:
                    see(entry, piece)
                if progress is not None:
                    progress(len(piece))

    def _contents(self, entry: Entry) -> Iterator[bytes]:
        """The contents in bounded pieces, some of them empty. Only when the last has been taken are they known to be right."""
        begin = self._data_begin(entry)
        pieces = self._inflated(entry, begin) if entry.method == DEFLATED else self._stored(entry, begin)
        size = crc = 0
        for piece in pieces:
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            if size > entry.size:
                _refuse(entry, f"it holds more than the {entry.size} bytes that it declares", _REPACK)
            yield piece
        if size != entry.size:
            _refuse(entry, f"it holds {size} bytes and declares {entry.size}", _REPACK)
        if crc != entry.crc:
            _refuse(entry, "its contents do not have the CRC-32 that it declares", _RESEND)

    def _data_begin(self, entry: Entry) -> int:
        """Where the entry's data begin, after checking that everything around them agrees with the directory."""
        header = _LOCAL.unpack(self._window.at(entry.offset, _LOCAL.size))
        signature, _, flags, method, _, _, crc, packed, size, name_length, extra_length = header
        if signature != b"PK\x03\x04":
            _refuse(entry, "there is no local header where the directory says", _REPACK)
        begin: int = entry.offset + _LOCAL.size + name_length + extra_length
        if begin + entry.compressed_size > self._ends[entry.name]:
            _refuse(entry, "it runs into the next part of the archive", _REPACK)
        raw_name = self._window.at(entry.offset + _LOCAL.size, name_length)
        extra = _extra_fields(self._window.at(entry.offset + _LOCAL.size + name_length, extra_length), entry)
        size, packed = _widened(extra, (size, packed), entry)

        deferred = entry.flags & _DESCRIPTOR_FOLLOWS  # the writer may have left amounts to the descriptor
        amounts = ((crc, entry.crc), (packed, entry.compressed_size), (size, entry.size))
        for what, agrees in (
            ("name", raw_name == entry.raw_name and _name(raw_name, flags, extra, entry) == entry.name),
            ("flags", flags & _TELLING_FLAGS == entry.flags & _TELLING_FLAGS),
            ("method", method == entry.method),
            ("sizes or CRC-32", all(here == there or (deferred and not here) for here, there in amounts)),
        ):
            if not agrees:
                _refuse(entry, f"its local header and the directory tell different {what}", _REPACK)
        self._check_descriptor(entry, begin + entry.compressed_size)
        return begin

    def _check_descriptor(self, entry: Entry, data_end: int) -> None:
        """Between the data and the next part lies a data descriptor where one is announced, and nothing else."""
        length = self._ends[entry.name] - data_end
        if not entry.flags & _DESCRIPTOR_FOLLOWS:
            if length:
                _refuse(entry, f"{length} bytes after its data belong to nothing", _REPACK)
            return
        # With or without a signature, sizes of four or eight bytes: each form has a length of its own.
        form = {12: "<3L", 16: "<4x3L", 20: "<L2Q", 24: "<4xL2Q"}.get(length)
        if form is None:
            _refuse(entry, f"{length} bytes after its data are no data descriptor", _REPACK)
        descriptor = self._window.at(data_end, length)
        if length in (16, 24) and descriptor[:4] != b"PK\x07\x08":
            _refuse(entry, "its data descriptor has another signature", _REPACK)
        if struct.unpack(form, descriptor) != (entry.crc, entry.compressed_size, entry.size):
            _refuse(entry, "its data descriptor and the directory tell different sizes or CRC-32", _REPACK)

    def _stored(self, entry: Entry, begin: int) -> Iterator[bytes]:
        end = begin + entry.compressed_size
        while begin < end:
            piece = self._window.some(begin, min(_PIECE, end - begin))
            begin += len(piece)
            yield piece

    def _inflated(self, entry: Entry, begin: int) -> Iterator[bytes]:
        """At most one byte more than the declared size."""
        end = begin + entry.compressed_size
        if begin == end and not entry.size:
            return  # some writers call an empty file or directory deflated and write nothing
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        room = entry.size + 1
        fed = b""
        while room and not inflate.eof:
            if not fed and begin < end:
                fed = self._window.some(begin, min(_FED, end - begin))
                begin += len(fed)
            exhausted = not fed
            try:
                piece = inflate.decompress(fed, min(_PIECE, room))
            except zlib.error:
                _refuse(entry, "its data are not what deflate writes", _RESEND)
            fed = inflate.unconsumed_tail
            room -= len(piece)
            if exhausted and not piece and not inflate.eof:
                _refuse(entry, "its data end in the middle", _REPACK)
            yield piece
        if inflate.unused_data or fed or begin < end:
            _refuse(entry, "bytes follow the end of its compressed data", _REPACK)


def open_archive(stream: BinaryIO, size: int, limits: Limits = DEFAULT_LIMITS) -> Archive:
    """Opens the ZIP archive of `size` bytes that the seekable, blocking `stream` reads.

    Reads the end and the directory only, in three pieces at most. Raises `PackageRefused` with everything that is wrong
    with single entries, or with the first thing that is wrong with the archive itself; whatever the stream itself raises
    passes through.
    """
    window = _Window(stream, size)
    begin, length, count = _find_directory(window, limits)
    found = _Findings(limits.max_findings)
    entries = _read_directory(window.at(begin, length), count, found)
    _check_names(entries, limits, found)
    _check_growth(entries, limits, found)
    found.settle()
    _check_total(entries, limits)
    return Archive(window, tuple(entries), _ends(entries, begin))


class _Window:
    """A stream read in large pieces, of which one is held: entries are small and storage may be far away."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self.size = size
        self._held = b""
        self._begin = 0

    def at(self, offset: int, length: int) -> bytes:
        """Exactly the `length` bytes from `offset`."""
        if not self._begin <= offset <= offset + length <= self._begin + len(self._held):
            self._fill(offset, length)
        return self._held[offset - self._begin : offset - self._begin + length]

    def some(self, offset: int, most: int) -> bytes:
        """Between one and `most` bytes from `offset`: those that are at hand."""
        if not self._begin <= offset < self._begin + len(self._held):
            self._fill(offset, 1)
        return self._held[offset - self._begin : offset - self._begin + most]

    def _fill(self, offset: int, least: int) -> None:
        if offset + least > self.size:
            _refuse(WHOLE, "it ends in the middle of one of its parts", _RESEND)
        wanted = min(max(least, _WINDOW), self.size - offset)
        self._held = b""  # freed before as much again is read
        self._stream.seek(offset)
        pieces: list[bytes] = []
        while wanted and (piece := self._stream.read(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        if wanted:
            _refuse(WHOLE, f"it ends before the {self.size} bytes that it should have", "send it again whole")
        self._held, self._begin = b"".join(pieces), offset


class _Findings:
    """What is wrong with single entries, so that an author hears of all of it at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: list[Finding] = []

    def add(self, finding: Finding) -> None:
        """Raises `PackageRefused` when there are enough."""
        self._found.append(finding)
        if len(self._found) == self._limit:
            self.settle()

    def settle(self) -> None:
        """Raises `PackageRefused` when there are any."""
        if self._found:
            raise PackageRefused(self._found)


def _refuse(what: Entry | str, rule: str, remedy: str) -> NoReturn:
    raise PackageRefused([finding(what, rule, remedy)])


def finding(what: Entry | str, rule: str, remedy: str) -> Finding:
    """What is wrong with an entry, or with what is named."""
    return Finding(entry=shown(what.name) if isinstance(what, Entry) else what, message=rule, remedy=remedy)


def shown(name: str) -> str:
    """A name, which may break every rule, fit for a message: bounded, and without anything unseen."""
    if not name:
        return "the entry without a name"
    short = name if len(name) <= _MOST_SHOWN else name[:_MOST_SHOWN] + "…"
    return short if short.isprintable() else ascii(short)[1:-1]


# --- the end record -----------------------------------------------------------------------------------------------


def _find_directory(window: _Window, limits: Limits) -> tuple[int, int, int]:
    """Where the central directory begins, its length in bytes, and how many entries it is said to have."""
    tail_length = min(window.size, _END64.size + _LOCATOR64.size + _END.size + _LONGEST_COMMENT)
    tail_begin = window.size - tail_length
    tail = window.at(tail_begin, tail_length)
    found = tail.rfind(b"PK\x05\x06")
    if found < 0:
        _refuse(WHOLE, "it has no end record, so it is no ZIP archive or not a whole one", "send a whole ZIP archive")
    # As the last signature in the file this is what every reader finds, or the comment holds one of its own.
    if len(tail) - found < _END.size:
        _refuse(WHOLE, "its end record is cut off, or its comment holds a signature", _REPACK)
    disks = [0, 0]
    _, disks[0], disks[1], here, count, length, begin, comment_length = _END.unpack_from(tail, found)
    if found + _END.size + comment_length != len(tail):
        _refuse(WHOLE, "its comment has another length than what follows the end record", "remove what was appended")
    if _BINARY.search(tail, found + _END.size):
        _refuse(WHOLE, "its comment is not plain text", "pack it again without a comment")
    end = tail_begin + found

    located = found - _LOCATOR64.size
    if located >= 0 and tail.startswith(b"PK\x06\x07", located):
        narrow = (*disks, here, count, length, begin)
        markers = (0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, _WIDE, _WIDE)  # "the value is in the zip64 record"
        end -= _LOCATOR64.size + _END64.size
        if located < _END64.size or _LOCATOR64.unpack_from(tail, located)[1:] not in ((0, end, 1), (0, end, 0)):
            _refuse(WHOLE, "its zip64 end record is not where its locator says", _REPACK)
        signature, rest, _, _, *wide = _END64.unpack_from(tail, located - _END64.size)
        if signature != b"PK\x06\x06" or rest != _END64.size - 12:
            _refuse(WHOLE, "its zip64 end record is malformed", _REPACK)
        if any(value not in told for value, *told in zip(narrow, markers, wide, strict=True)):
            _refuse(WHOLE, "its end record and its zip64 end record disagree", _REPACK)
        disks[0], disks[1], here, count, length, begin = wide

    if any(disks) or here != count:
        _refuse(WHOLE, "it is one part of several", "pack it as a single file")
    if count > limits.max_entries:
        _refuse(WHOLE, f"it has {count} entries where at most {limits.max_entries} are taken", "pack fewer files")
    if length > limits.max_directory_bytes:
        rule = f"its directory has {length} bytes where at most {limits.max_directory_bytes} are taken"
        _refuse(WHOLE, rule, "pack fewer files or use shorter names")
    if begin + length != end:
        rule = "its directory does not end where the end record begins, so bytes were put before it or into it"
        _refuse(WHOLE, rule, "remove what was put there, or " + _REPACK)
    return begin, length, count


# --- the central directory ----------------------------------------------------------------------------------------


def _read_directory(directory: bytes, count: int, found: _Findings) -> list[Entry]:
    """The entries, without those that are a finding by themselves."""
    entries: list[Entry] = []
    at = 0
    for number in range(1, count + 1):
        where = f"entry number {number}"
        if at + _CENTRAL.size > len(directory) or not directory.startswith(b"PK\x01\x02", at):
            _refuse(where, "the directory does not have it where it should be", _REPACK)
        fields = _CENTRAL.unpack_from(directory, at)
        name_at = at + _CENTRAL.size
        extra_at = name_at + fields[10]
        comment_at = extra_at + fields[11]
        at = comment_at + fields[12]
        if at > len(directory):
            _refuse(where, "it runs over the end of the directory", _REPACK)
        try:
            entries.append(_entry(fields, directory[name_at:extra_at], directory[extra_at:comment_at], where))
        except PackageRefused as refused:
            found.add(refused.findings[0])
    if at != len(directory):
        _refuse(WHOLE, f"its directory goes on after the {count} entries that it counts", _REPACK)
    return entries


def _entry(fields: tuple[int, ...], raw_name: bytes, raw_extra: bytes, where: str) -> Entry:
    _, made_by, _, flags, method, _, _, crc, packed, size, _, _, _, disk, _, attributes, offset = fields
    extra = _extra_fields(raw_extra, where)
    system = made_by >> 8
    name = _name(raw_name, flags, extra, where, unix=system in (_UNIX, _DARWIN))
    where = shown(name)
    size, packed, offset = _widened(extra, (size, packed, offset), where)
    if disk:
        _refuse(where, "it lies in another part of a divided archive", "pack it as a single file")
    if flags & _ENCRYPTED:
        _refuse(where, "it is encrypted", "pack it without a password")
    if flags & _PATCHED or method not in (STORED, DEFLATED):
        _refuse(where, f"it is packed with method {method}", "pack it with deflate, or store it")
    if method == STORED and packed != size:
        _refuse(where, f"it is stored, and declares {size} bytes as {packed}", _REPACK)

    is_directory = name.endswith("/")
    kind = stat.S_IFMT(attributes >> 16)  # looked at whatever the system: so do common extractors
    if kind in _SPECIAL:
        rule = f"it is {_SPECIAL[kind]}; only files and directories are taken"
        _refuse(where, rule, "replace it by a file, or leave it out")
    said_directory = kind == stat.S_IFDIR or bool(attributes & _DOS_DIRECTORY)
    if (is_directory and (size or kind == stat.S_IFREG)) or (said_directory and not is_directory):
        _refuse(where, "it is a file and a directory at once", _REPACK)
    return Entry(
        name=name,
        size=size,
        compressed_size=packed,
        crc=crc,
        method=method,
        is_directory=is_directory,
        flags=flags,
        offset=offset,
        raw_name=raw_name,
    )


def _extra_fields(extra: bytes, where: Entry | str) -> dict[int, bytes]:
    """Those extra fields that can change what an entry means. Fewer than four bytes at the end are padding."""
    found: dict[int, bytes] = {}
    at = count = 0
    while at + 4 <= len(extra):
        if (count := count + 1) > _MOST_EXTRA_FIELDS:
            _refuse(where, f"it has more than {_MOST_EXTRA_FIELDS} extra fields", _REPACK)
        identifier, length = struct.unpack_from("<2H", extra, at)
        at += 4 + length
        if at > len(extra):
            _refuse(where, "one of its extra fields runs over its end", _REPACK)
        if identifier in (_ZIP64, _UNICODE_PATH):
            if identifier in found:
                _refuse(where, "it has the same extra field twice", _REPACK)
            found[identifier] = extra[at - length : at]
    return found


def _widened(extra: dict[int, bytes], narrow: Sequence[int], where: Entry | str) -> list[int]:
    """The values with those that did not fit into 32 bits taken, in order, from the zip64 field."""
    field = extra.get(_ZIP64, b"")
    wide: list[int] = []
    at = 0
    for value in narrow:
        if value != _WIDE:
            wide.append(value)
            continue
        if at + 8 > len(field):
            _refuse(where, "its sizes do not fit, and the zip64 field for them is missing", _REPACK)
        wide.append(int.from_bytes(field[at : at + 8], "little"))
        at += 8
    return wide


# --- names --------------------------------------------------------------------------------------------------------


def _name(raw: bytes, flags: int, extra: dict[int, bytes], where: Entry | str, *, unix: bool = True) -> str:
    """The name, where all readers agree on it.

    Without the UTF-8 flag the format means code page 437. Info-ZIP and macOS write UTF-8 all the same, and say that
    they are Unix; anything else beyond ASCII is read differently by different programs.
    """
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        _refuse(where, "its name is not UTF-8", "pack it again with names in UTF-8")
    if not (raw.isascii() or flags & _UTF8 or unix):
        _refuse(where, "its name is not ASCII and not marked as UTF-8", "pack it again with names in UTF-8")
    other = extra.get(_UNICODE_PATH)
    if other is not None and other[5:] != raw:  # after a version byte and the CRC-32 of the name it replaces
        _refuse(where, "it has two names that differ", "pack it again with names in UTF-8")
    return name


def _check_names(entries: list[Entry], limits: Limits, found: _Findings) -> None:
    """Every name is safe on every system, and no two fall together on one that folds case or composes letters."""
    # NUL, which no name contains, sorts before all else: whatever lies below "a" comes directly after "a" itself.
    keys: list[tuple[str, Entry]] = []
    for entry in entries:
        if broken := _broken_name_rule(entry, limits):
            found.add(finding(entry, broken, _RENAME))
        else:
            keys.append((_folded(entry.name).rstrip("/").replace("/", "\0"), entry))
    keys.sort(key=lambda each: each[0])
    for (key, entry), (next_key, other) in pairwise(keys):
        if key == next_key:
            same = "it is there twice" if other.name == entry.name else f"some systems take it for {shown(other.name)}"
            found.add(finding(entry, same, "keep one of them"))
        elif not entry.is_directory and next_key.startswith(key + "\0"):
            found.add(finding(entry, f"it is a file, and a directory for {shown(other.name)}", _RENAME))


def _broken_name_rule(entry: Entry, limits: Limits) -> str | None:
    name = entry.name
    parts = name.removesuffix("/").split("/")
    if _UNSEEN.search(name):
        return "its name holds control characters or marks that cannot be seen"
    if "\\" in name:
        return "its name holds a backslash, which is a separator on some systems"
    if ":" in name:
        return "its name holds a colon, which names a drive or a stream on some systems"
    if name.startswith("/"):
        return "its name is absolute"
    if ".." in parts:
        return "its name leads out of the archive"
    if "" in parts or "." in parts:
        return "its name has an empty part or one that is a single dot"
    if any(part[-1] in ". " for part in parts):
        return "a part of its name ends with a dot or a space, which some systems drop"
    if not name.isascii() and _highest_pile(name) > _MOST_MARKS:
        return f"its name piles more than {_MOST_MARKS} marks on one letter"
    length = len(entry.raw_name)
    if length > limits.max_name_bytes or (length > 255 and any(len(part.encode()) > 255 for part in parts)):
        return f"its name is longer than {limits.max_name_bytes} bytes, or a part of it longer than 255"
    return None


def _highest_pile(name: str) -> int:
    """How many accents and other marks stand on one letter at most. Sorting them takes the square of that."""
    highest = height = 0
    for letter in name:
        if unicodedata.combining(letter):
            height += 1
            highest = max(highest, height)
        else:
            height = 0
    return highest


def _folded(name: str) -> str:
    """Equal for names that differ only in case or in how letters are composed."""
    if name.isascii():
        return name.lower()
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())


# --- amounts and places -------------------------------------------------------------------------------------------


def _check_growth(entries: list[Entry], limits: Limits, found: _Findings) -> None:
    """No entry alone is too large or grows too much."""
    for entry in entries:
        if entry.size > limits.max_total_bytes:
            rule = f"it declares {entry.size} bytes where at most {limits.max_total_bytes} are taken"
            found.add(finding(entry, rule, "split it or leave it out"))
        elif entry.size > max(limits.ratio_floor, limits.max_ratio * entry.compressed_size):
            rule = f"it grows more than {limits.max_ratio} times when inflated"
            found.add(finding(entry, rule, "store it uncompressed"))


def _check_total(entries: list[Entry], limits: Limits) -> None:
    """All entries together are not too large and do not grow too much."""
    total = sum(entry.size for entry in entries)
    if total > limits.max_total_bytes:
        rule = f"its entries declare {total} bytes together where at most {limits.max_total_bytes} are taken"
        _refuse(WHOLE, rule, "pack less")
    packed = sum(entry.compressed_size for entry in entries)
    small = min(limits.max_ratio * packed, limits.small_total_bytes)
    taken = max(limits.ratio_floor, small, limits.max_large_ratio * packed)
    if total > taken:
        rule = f"its entries grow from {packed} to {total} bytes when inflated where at most {taken} are taken"
        _refuse(WHOLE, rule, "pack less, or store files uncompressed")


def _ends(entries: list[Entry], directory_begin: int) -> dict[str, int]:
    """Where the part after each entry begins: the next entry, or the directory. Entries can only lie between."""
    ends: dict[str, int] = {}
    next_begin = directory_begin
    for entry in sorted(entries, key=lambda each: each.offset, reverse=True):
        if entry.offset + _LOCAL.size + len(entry.raw_name) + entry.compressed_size > next_begin:
            _refuse(entry, "it overlaps another part of the archive", _REPACK)
        ends[entry.name] = next_begin
        next_begin = entry.offset
    if next_begin:
        _refuse(WHOLE, f"{next_begin} bytes lie before its first entry", "remove what was put there")
    return ends
