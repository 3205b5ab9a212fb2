"""What is different from the release before: facts for whoever looks at it, and for policies that ask. It stops nothing."""

import hashlib
from collections.abc import Iterable, Sequence

import msgspec

from app.registry.checks import reading
from app.registry.checks.base import EVERYTHING, Check, Material, at_the_end, told
from app.registry.checks.reading import MANIFEST
from app.registry.packages.archive import WHOLE, Archive, Entry
from schemas.model.checks import Area, Definition, Finding, Mode, Severity

_MOST_FILES = 60
_MOST_NAMED = 20
_NOTHING = "nothing, if it is meant so"


def find(material: Material) -> Sequence[Finding]:
    """Files, inputs, entry points, permissions and dependencies that came, went or changed. Nothing of a first release."""
    earlier = material.earlier
    if earlier is None:
        return [_said(WHOLE, "changed.first-release", "nothing of it was released before")]
    before = earlier.definition
    if material.earlier_archive is not None:
        before = reading.of_archive(material.subject.kind, material.earlier_archive).definition
    elif before is not None:
        before = reading.completed(before)
    found: list[Finding] = []
    if before is not None:
        found += _definitions(before, material.definition)
    if material.archive is not None and material.earlier_archive is not None:
        found += _files(material, material.earlier_archive, material.archive)
    return found or [_said(WHOLE, "changed.nothing", f"it is as {earlier.version} was")]


def _definitions(before: Definition, now: Definition) -> list[Finding]:
    found: list[Finding] = []
    for rule, what in (
        ("changed.inputs", "inputs"),
        ("changed.outputs", "outputs"),
        ("changed.metrics", "metrics"),
        ("changed.entry-points", "entry_points"),
        ("changed.permissions", "permissions"),
        ("changed.dependencies", "dependencies"),
    ):
        message = _moved(_told(getattr(before, what)), _told(getattr(now, what)))
        if message:
            found.append(_said(MANIFEST, rule, f"{what.replace('_', ' ')}: {message}"))
    return found


def _told(things: Iterable[object]) -> dict[str, object]:
    """Each of them by what it is called."""
    told: dict[str, object] = {}
    for each in things:
        if isinstance(each, msgspec.Struct):
            name = next(getattr(each, field) for field in ("name", "group_name") if hasattr(each, field))
            told[name] = msgspec.to_builtins(each)
        else:
            told[str(each)] = None
    return told


def _moved(before: dict[str, object], now: dict[str, object]) -> str:
    """What came, went and changed, in words; empty where nothing did."""
    moves = (
        ("added", [name for name in now if name not in before]),
        ("removed", [name for name in before if name not in now]),
        ("changed", [name for name in now if name in before and before[name] != now[name]]),
    )
    return "; ".join(f"{verb} {_some(names)}" for verb, names in moves if names)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(name[:200] for name in names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"


def _files(material: Material, before: Archive, now: Archive) -> list[Finding]:
    old, new = _digests(before, material), _digests(now, material)
    moves = (
        ("changed.file-added", "it is new", [name for name in new if name not in old]),
        ("changed.file-removed", "it is gone", [name for name in old if name not in new]),
        ("changed.file-changed", "it is another one", [name for name in new if name in old and old[name] != new[name]]),
    )
    counts = [len(names) for _, _, names in moves]
    if not any(counts):
        return []
    found = [_said(WHOLE, "changed.files", "{} files came, {} went, {} changed".format(*counts))]
    single = [(rule, message, name) for rule, message, names in moves for name in sorted(names)]
    return found + [_said(name, rule, message) for rule, message, name in single[:_MOST_FILES]]


def _digests(archive: Archive, material: Material) -> dict[str, bytes]:
    """Each file's own. Anybody can make another file of the same size and CRC-32, so these would not do."""
    found = {each.name: hashlib.blake2b(digest_size=20) for each in archive.entries if not each.is_directory}

    def see(entry: Entry, piece: bytes) -> None:
        if not entry.is_directory:
            found[entry.name].update(piece)

    archive.verify(material.go_on, see)
    return {name: each.digest() for name, each in found.items()}


def _said(entry: str, rule: str, message: str) -> Finding:
    return told(entry, rule, message, _NOTHING, severity=Severity.INFO)


CHECK = Check(
    name="difference",
    area=Area.BASIC_INFORMATION,
    kinds=EVERYTHING,
    mode=Mode.ADVISE,
    begin=at_the_end(find),
    in_context=True,
)
