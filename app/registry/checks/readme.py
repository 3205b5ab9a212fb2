"""There is a README, so that whoever finds the release learns what it does."""

from collections.abc import Sequence

from app.registry.checks.base import PACKAGES, Check, Material, at_the_end, told
from app.registry.packages.archive import WHOLE
from schemas.model.checks import Area, Finding, Mode
from schemas.model.extensions import AssetKind

_NAMES = ("readme.md", "readme.txt", "readme", "readme.markdown", "readme.rst")


def find(material: Material) -> Sequence[Finding]:
    """Whether one is missing or empty. Extensions may name theirs otherwise in their VSIX manifest."""
    named = next((each for each in material.read.assets if each.kind is AssetKind.README), None)
    files = material.files(material.root)
    usual = next((files[name] for name in _NAMES if name in files), None)
    if named is None and usual is None:
        remedy = f"add {material.root}README.md, which says what it does and how it is used"
        return [told(WHOLE, "readme.missing", "it has no README", remedy)]
    is_empty = not named.content.strip() if named is not None else usual is not None and usual.size == 0
    if is_empty:
        entry = usual if usual is not None else "the README"
        return [told(entry, "readme.empty", "it is empty", "say in it what the release does and how it is used")]
    return []


CHECK = Check(name="readme", area=Area.BASIC_INFORMATION, kinds=PACKAGES, mode=Mode.ADVISE, begin=at_the_end(find))
