"""Lets one check look at a package, as the runner does.

found = looked(secrets.CHECK, a_vsix())
"""

import io
from collections.abc import Sequence

from app.registry.checks.base import Check, Material
from app.registry.packages.archive import Archive, open_archive
from schemas.model.checks import (
    Definition,
    EarlierRelease,
    Finding,
    Neighbour,
    PackageLocation,
    Subject,
    SubjectKind,
)

EXTENSION, BASIC, COMPOSITE = SubjectKind.EXTENSION, SubjectKind.BASIC_PLUGIN, SubjectKind.COMPOSITE_PLUGIN


def opened(package: bytes) -> Archive:
    """The archive of a package in memory."""
    return open_archive(io.BytesIO(package), len(package))


def a_subject(kind: SubjectKind, package: bytes | None = None, definition: Definition | None = None) -> Subject:
    """What is checked."""
    place = None if package is None else PackageLocation(key="k", size=len(package), sha256="0" * 64)
    return Subject(kind=kind, tenant_id="a" * 32, subject_id="b" * 32, package=place, definition=definition)


def looked(
    check: Check,
    package: bytes | None,
    kind: SubjectKind = EXTENSION,
    *,
    definition: Definition | None = None,
    neighbours: Sequence[Neighbour] = (),
    earlier: bytes | Definition | None = None,
) -> list[Finding]:
    """What the check finds; `earlier` is the package, or the definition, of the release before."""
    archive = None if package is None else opened(package)
    before = None if earlier is None else EarlierRelease(version="0.9.0")
    if isinstance(earlier, Definition):
        before = EarlierRelease(version="0.9.0", definition=earlier)
    material = Material(
        a_subject(kind, package, definition),
        archive,
        neighbours=neighbours,
        earlier=before,
        earlier_archive=opened(earlier) if isinstance(earlier, bytes) else None,
    )
    look = check.begin(material)
    if archive is not None and check.looks_inside:
        archive.verify(see=look.see)
    return [*look.end()]


def rules(found: Sequence[Finding]) -> list[str]:
    """The rules of findings."""
    return [each.rule for each in found]
