"""It says what it is, as its format asks: the manifest of a plug-in's package, the two manifests of an extension's."""

from collections.abc import Sequence

from app.registry.checks.base import PACKAGES, Check, Material, at_the_end
from app.registry.extensions.vsix import ICON_RULE
from schemas.model.checks import Area, Finding, Mode

NAME = "manifest"


def find(material: Material) -> Sequence[Finding]:
    """What is wrong with what it says. The icon has a check of its own."""
    return [each for each in material.read.findings if each.rule != ICON_RULE]


CHECK = Check(
    name=NAME, area=Area.BASIC_INFORMATION, kinds=PACKAGES, mode=Mode.BLOCK, begin=at_the_end(find), is_firm=True
)
