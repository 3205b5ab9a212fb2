"""It is no larger than it has to be: everybody who installs it waits for that."""

from collections.abc import Sequence

from app.registry.checks.base import PACKAGES, Check, Material, at_the_end, told
from app.registry.packages.archive import WHOLE
from schemas.model.checks import Area, Finding, Mode, Severity

MOST_PACKED = 200 << 20
MOST_UNPACKED = 1 << 30
MOST_FILES = 10_000
LARGE_FILE = 50 << 20
_MOST_NAMED = 10


def find(material: Material) -> Sequence[Finding]:
    """What is larger than releases usually are; how large anything may be at all is settled elsewhere."""
    entries = () if material.archive is None else material.archive.entries
    files = [each for each in entries if not each.is_directory]
    packed = 0 if material.subject.package is None else material.subject.package.size
    found: list[Finding] = []
    for rule, what, amount, most in (
        ("size.packed", "bytes", packed, MOST_PACKED),
        ("size.unpacked", "bytes unpacked", sum(each.size for each in files), MOST_UNPACKED),
        ("size.files", "files", len(files), MOST_FILES),
    ):
        if amount > most:
            message = f"it has {amount} {what}, where {most} are usual at most"
            found.append(told(WHOLE, rule, message, "leave out what is not needed where it runs"))
    large = sorted((each for each in files if each.size > LARGE_FILE), key=lambda each: -each.size)
    for each in large[:_MOST_NAMED]:
        remedy = "leave it out, or fetch it where it runs"
        found.append(told(each, "size.file", f"it has {each.size} bytes", remedy, severity=Severity.WARNING))
    return found


CHECK = Check(name="size", area=Area.FILE, kinds=PACKAGES, mode=Mode.ADVISE, begin=at_the_end(find))
