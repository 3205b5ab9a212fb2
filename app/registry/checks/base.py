"""What a check is, and what it may look at.

A check is made once and looks at many subjects. For each it makes a `Look`, which is given the contents of the package piece by
piece, together with those of the other checks, and says at the end what it found. A look keeps little of what it is given: a
package may be larger than the memory. It runs nothing of what it looks at, and its patterns do not backtrack.
"""

from collections.abc import Callable, Sequence

import msgspec

from app.registry.checks import reading
from app.registry.packages.archive import Archive, Entry
from schemas.model.checks import (
    Area,
    Definition,
    EarlierRelease,
    Finding,
    Mode,
    Neighbour,
    Severity,
    Subject,
    SubjectKind,
)

PACKAGES = frozenset({SubjectKind.EXTENSION, SubjectKind.BASIC_PLUGIN})
EVERYTHING = frozenset(SubjectKind)
DEFINITION = "the definition"
"""What stands for the entry where there is no archive."""


class Undone(Exception):
    """A look cannot be ended, and says why in words."""


class Material:
    """What the looks at one subject share. Blocking, in one thread at a time.

    `archive` is that of the package. What else there is, is known to checks that ask for it (`Check.in_context`): `neighbours`,
    and `earlier`, the release before, with the archive of its package where it has one that can be read.
    """

    def __init__(
        self,
        subject: Subject,
        archive: Archive | None,
        go_on: Callable[[int], None] = lambda _: None,
        neighbours: Sequence[Neighbour] = (),
        earlier: EarlierRelease | None = None,
        earlier_archive: Archive | None = None,
        read: reading.Reading | None = None,
    ) -> None:
        """`read` is what was read of it before. A look that works for long at its end calls `go_on` now and then, with any
        number, which ends it when its time is up."""
        self.subject = subject
        self.archive = archive
        self.go_on = go_on
        self.neighbours = neighbours
        self.earlier = earlier
        self.earlier_archive = earlier_archive
        self.read_so_far = read

    @property
    def read(self) -> reading.Reading:
        """What the package says of itself."""
        if self.read_so_far is None and self.archive is not None:
            self.read_so_far = reading.of_archive(self.subject.kind, self.archive)
        elif self.read_so_far is None:
            definition = self.subject.definition
            self.read_so_far = reading.Reading(definition=None if definition is None else reading.completed(definition))
        return self.read_so_far

    @property
    def definition(self) -> Definition:
        """What is released, as it says itself. Raises `Undone` where it does not say enough."""
        if self.read.definition is None:
            raise Undone("the manifest does not say what the package is")
        return self.read.definition

    def files(self, directory: str = "") -> dict[str, Entry]:
        """The files right in that directory (`extension/`), by their names in lower case without it."""
        entries = () if self.archive is None else self.archive.entries
        inside = ((each.name.lower(), each) for each in entries if not each.is_directory)
        return {
            name.removeprefix(directory): each
            for name, each in inside
            if name.startswith(directory) and "/" not in name.removeprefix(directory)
        }

    @property
    def root(self) -> str:
        """The directory in which a package has its README and licence."""
        return "extension/" if self.subject.kind is SubjectKind.EXTENSION else ""


class Look:
    """One check's look at one subject."""

    def see(self, entry: Entry, piece: bytes) -> None:
        """The next bytes of a file: pieces of at most 256 KiB, entry by entry, some of them empty."""

    def end(self) -> Sequence[Finding]:
        """What was found. Raises `Undone` where that cannot be said."""
        return ()


class _AtTheEnd(Look):
    def __init__(self, material: Material, find: Callable[[Material], Sequence[Finding]]) -> None:
        self._material = material
        self._find = find

    def end(self) -> Sequence[Finding]:
        return self._find(self._material)


def at_the_end(find: Callable[[Material], Sequence[Finding]]) -> Callable[[Material], Look]:
    """The looks of a check that needs no contents but what the material reads."""
    return lambda material: _AtTheEnd(material, find)


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A check: its name, its area, to which kinds it applies, and what holds of it unless the operator says otherwise.

    `looks_inside`: its looks are given the contents, and without a package the definition as text. `in_context`: they need to
    know what else there is. `is_firm`: without its pass nothing can go on, so it cannot be turned off.
    """

    name: str
    area: Area
    kinds: frozenset[SubjectKind]
    mode: Mode
    begin: Callable[[Material], Look]
    looks_inside: bool = False
    in_context: bool = False
    is_firm: bool = False


def told(
    entry: Entry | str,
    rule: str,
    message: str,
    remedy: str,
    *,
    severity: Severity = Severity.ERROR,
    line: int | None = None,
) -> Finding:
    """A finding."""
    name = entry.name if isinstance(entry, Entry) else entry
    return Finding(entry=name, rule=rule, message=message, remedy=remedy, severity=severity, line=line)
