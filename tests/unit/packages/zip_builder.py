"""Writes ZIP archives field by field, so that a test can bend exactly one of them."""

import io
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.registry.packages.archive import DEFAULT_LIMITS, Archive, Limits, open_archive

WIDE = 0xFFFFFFFF
STORED, DEFLATED = 0, 8
DESCRIPTOR, UTF8 = 1 << 3, 1 << 11
FILE_MODE, DIRECTORY_MODE = 0o100644 << 16, 0o40755 << 16 | 0x10


@dataclass
class File:
    """An entry, honest by default. `local` and `central` replace fields of one of its two headers."""

    name: str | bytes
    data: bytes = b"echo hello\n"
    method: int = DEFLATED
    flags: int = 0
    system: int = 3
    attributes: int = FILE_MODE
    packed: bytes | None = None
    descriptor: str = ""
    after: bytes = b""
    local: dict[str, object] = field(default_factory=dict)
    central: dict[str, object] = field(default_factory=dict)


def directory(name: str, **fields: object) -> File:
    return File(name, data=b"", method=STORED, attributes=DIRECTORY_MODE, **fields)


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


def extra(identifier: int, content: bytes) -> bytes:
    return struct.pack("<2H", identifier, len(content)) + content


def pack(
    *files: File,
    before: bytes = b"",
    between: bytes = b"",
    comment: bytes = b"",
    after: bytes = b"",
    zip64: bool = False,
    end: dict[str, object] | None = None,
    end64: dict[str, object] | None = None,
    shifted: bool = True,
) -> bytes:
    """The archive: `before` it, `between` entries and directory, and `after` it lie bytes that belong to nothing.

    `end` and `end64` replace fields of the end records; unless `shifted`, offsets do not count what is `before`.
    """
    body, central = bytearray(before), bytearray()
    base = 0 if shifted else len(before)
    for file in files:
        offset = len(body) - base
        body += _local(file)
        central += _central(file, offset)
    body += between
    begin = len(body) - base
    body += central
    told = {"disk": 0, "start": 0, "here": len(files), "count": len(files), "length": len(central), "begin": begin}
    if zip64:
        at = len(body)
        wide = told | {"rest": 44, "at": at, "signature": b"PK\x06\x06"} | (end64 or {})
        body += struct.pack(
            "<4sQ2H2L4Q",
            *(wide["signature"], wide["rest"], 45, 45, wide["disk"], wide["start"]),
            *(wide["here"], wide["count"], wide["length"], wide["begin"]),
        )
        body += struct.pack("<4sLQL", b"PK\x06\x07", 0, wide["at"], 1)
        told |= {"here": 0xFFFF, "count": 0xFFFF, "length": WIDE, "begin": WIDE}
    told |= {"comment_length": len(comment)} | (end or {})
    body += struct.pack(
        "<4s4H2LH", b"PK\x05\x06", *(told[key] for key in told if key != "comment_length"), told["comment_length"]
    )
    return bytes(body + comment + after)


def opened(archive: bytes, limits: Limits = DEFAULT_LIMITS) -> Archive:
    return open_archive(io.BytesIO(archive), len(archive), limits)


def verified(archive: bytes, limits: Limits = DEFAULT_LIMITS) -> Archive:
    found = opened(archive, limits)
    found.verify()
    return found


def stored_zeros(size: int, crc: int) -> tuple["Counted", int]:
    """An archive of one stored file of `size` zeros, and its length. It takes no room, whatever its size."""
    amounts: dict[str, object] = {"size": size, "packed": size, "crc": crc}
    header = len(pack(File("zeros.bin", b"", method=STORED))) - len(pack()) - 46 - len("zeros.bin")
    file = File("zeros.bin", b"", method=STORED, local=amounts, central=amounts)
    archive = pack(file, end={"begin": header + size})
    return Counted(archive[:header], size, archive[header:]), len(archive) + size


class Counted(io.RawIOBase):
    """A stream over `head`, `zeros` zeros and `tail` that counts how often and how much it is read."""

    def __init__(self, head: bytes, zeros: int = 0, tail: bytes = b"") -> None:
        self._head, self._tail_begin, self._tail = head, len(head) + zeros, tail
        self._at = 0
        self.reads = self.bytes_read = 0

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        assert whence == 0
        self._at = offset
        return offset

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        if self._at < len(self._head):
            piece = self._head[self._at : self._at + size]
        elif self._at < self._tail_begin:
            piece = bytes(min(size, self._tail_begin - self._at))
        else:
            piece = self._tail[self._at - self._tail_begin :][:size]
        self._at += len(piece)
        self.reads += 1
        self.bytes_read += len(piece)
        return piece


def package(manifest: bytes | None, name: str = "plugin.yaml", others: Iterable[str] = ("scripts/test.sh",)) -> Archive:
    files = [File(other) for other in others]
    return opened(pack(*files, *([] if manifest is None else [File(name, manifest)])))


def _facts(file: File) -> dict[str, object]:
    raw = file.name if isinstance(file.name, bytes) else file.name.encode()
    packed = file.packed
    if packed is None:
        packed = deflate(file.data) if file.method == DEFLATED else file.data
    flags = file.flags | (DESCRIPTOR if file.descriptor else 0)
    if isinstance(file.name, str) and not raw.isascii():
        flags |= UTF8
    return {
        "signature": None, "raw": raw, "flags": flags, "method": file.method, "crc": zlib.crc32(file.data),
        "packed": len(packed), "size": len(file.data), "extra": b"", "bytes": packed,
    }  # fmt: skip


def _local(file: File) -> bytes:
    true = _facts(file)
    told = true | ({"crc": 0, "packed": 0, "size": 0} if file.descriptor else {}) | file.local
    header = struct.pack(
        "<4s5H3L2H",
        *(told["signature"] or b"PK\x03\x04", 20, told["flags"], told["method"], 0, 0x5821),
        *(told["crc"], told["packed"], told["size"], len(told["raw"]), len(told["extra"])),
    )
    amounts = (true["crc"], true["packed"], true["size"])
    tails = {
        "": b"",
        "bare": struct.pack("<3L", *amounts),
        "signed": struct.pack("<4s3L", b"PK\x07\x08", *amounts),
        "wide": struct.pack("<4sL2Q", b"PK\x07\x08", *amounts),
        "wide bare": struct.pack("<L2Q", *amounts),
        "lying": struct.pack("<4s3L", b"PK\x07\x08", true["crc"] ^ 1, *amounts[1:]),
        "missing": b"",
    }
    return header + told["raw"] + told["extra"] + true["bytes"] + tails[file.descriptor] + file.after


def _central(file: File, offset: int) -> bytes:
    told = _facts(file) | {"offset": offset, "disk": 0} | file.central
    header = struct.pack(
        "<4s6H3L5H2L",
        *(told["signature"] or b"PK\x01\x02", file.system << 8 | 20, 20, told["flags"], told["method"], 0, 0x5821),
        *(told["crc"], told["packed"], told["size"], len(told["raw"]), len(told["extra"]), 0, told["disk"]),
        *(0, file.attributes, told["offset"]),
    )
    return header + told["raw"] + told["extra"]
