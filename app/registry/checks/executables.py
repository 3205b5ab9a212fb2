"""What in a package is a program of its own: told by kind, so that reviewers know where to look. It stops nothing."""

import struct
from collections.abc import Sequence

from app.registry.checks.base import PACKAGES, Check, Look, told
from app.registry.packages.archive import Entry
from schemas.model.checks import Area, Finding, Mode, Severity

_NEEDED = 64
_MOST_TOLD = 90
_MACH_O = {
    b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe",
}  # fmt: skip
_FAT = b"\xca\xfe\xba\xbe"  # of Mach-O for several processors, and of Java's classes
_MOST_PROCESSORS = 30  # a class file has its version there, which is 45 or more
_ELF = {1: "a relocatable object", 2: "a program", 3: "a program or shared library", 4: "a core dump"}


class _Executables(Look):
    def __init__(self) -> None:
        self._entry: Entry | None = None
        self._begin = b""
        self._found: list[Finding] = []
        self._more = 0

    def see(self, entry: Entry, piece: bytes) -> None:
        if entry is not self._entry:
            self._judge()
            self._entry, self._begin = entry, b""
        if len(self._begin) < _NEEDED:
            self._begin += piece[: _NEEDED - len(self._begin)]

    def end(self) -> Sequence[Finding]:
        self._judge()
        if self._more:
            message = f"{self._more} more files are programs"
            self._found.append(told("the archive", "executable.more", message, _REVIEW, severity=Severity.WARNING))
        return self._found

    def _judge(self) -> None:
        kind = None if self._entry is None else kind_of(self._begin)
        if self._entry is None or kind is None:
            return
        if len(self._found) == _MOST_TOLD:
            self._more += 1
            return
        rule, message, severity = kind
        self._found.append(told(self._entry, rule, message, _REVIEW, severity=severity))


_REVIEW = "nothing, if it is meant to be there; say in the README what it is for"


def kind_of(begin: bytes) -> tuple[str, str, Severity] | None:
    """Rule, description and weight of a program by its first 64 bytes; None for what is none."""
    if begin.startswith(b"\x7fELF"):
        order = ">" if begin[5:6] == b"\x02" else "<"
        kind = struct.unpack_from(f"{order}H", begin, 16)[0] if len(begin) >= 18 else 0
        return "executable.elf", f"it is an ELF file: {_ELF.get(kind, 'of an unknown kind')}", Severity.WARNING
    if begin.startswith(b"MZ") and len(begin) >= _NEEDED:
        return "executable.pe", "it is a program or library of Windows (PE)", Severity.WARNING
    if begin[:4] in _MACH_O:
        return "executable.mach-o", "it is a program or library of macOS (Mach-O)", Severity.WARNING
    if begin.startswith(_FAT) and len(begin) >= 8:
        count = struct.unpack_from(">I", begin, 4)[0]
        if 0 < count < _MOST_PROCESSORS:
            return "executable.mach-o", f"it is a program of macOS for {count} processors (Mach-O)", Severity.WARNING
        return "executable.java", "it is a class of Java", Severity.INFO
    if begin.startswith(b"\0asm"):
        return "executable.wasm", "it is a module of WebAssembly", Severity.INFO
    if begin.startswith(b"#!"):
        words = begin[2:].splitlines()[0].decode("ascii", "replace").split()
        return "executable.script", f"it is a script for {' '.join(words) or 'no interpreter'}", Severity.INFO
    return None


CHECK = Check(
    name="executables",
    area=Area.SECURITY,
    kinds=PACKAGES,
    mode=Mode.ADVISE,
    begin=lambda _: _Executables(),
    looks_inside=True,
)
