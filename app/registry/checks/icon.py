"""The icon is a picture that decodes, large enough and square; never a document that could run scripts."""

import re
from collections.abc import Sequence

from app.registry.checks.base import Check, Material, at_the_end, told
from app.registry.extensions import vsix
from app.registry.icons import rules as icons
from schemas.errors import PackageRefused
from schemas.model.checks import Area, Finding, Mode, Severity, SubjectKind
from schemas.model.extensions import AssetKind

LEAST_SIDE = 128
_DOCUMENTS = (".svg", ".svgz", ".html", ".htm")
_MARKUP = re.compile(rb"<(?:!doctype|\?xml|!--|html|svg|script|body)", re.IGNORECASE)
_REMEDY = f"give a PNG or JPEG picture of {LEAST_SIDE} by {LEAST_SIDE} pixels or more"


def find(material: Material) -> Sequence[Finding]:
    """What is wrong with the icon. A package may have none."""
    found = [each for each in material.read.findings if each.rule == vsix.ICON_RULE]
    found += _document(material)
    for asset in material.read.assets:
        if asset.kind is AssetKind.ICON:
            width, height = icons.measure(asset.content)
            shape = f"it has {width} by {height} pixels"
            if width != height:
                found.append(told("the icon", "icon.not-square", shape, _REMEDY, severity=Severity.WARNING))
            if min(width, height) < LEAST_SIDE:
                found.append(told("the icon", "icon.small", shape, _REMEDY, severity=Severity.WARNING))
    return found


def _document(material: Material) -> list[Finding]:
    """An icon of SVG or HTML, which browsers would run as a page of their server."""
    archive = material.archive
    name = None if archive is None else vsix.icon_entry(archive)
    if archive is None or name is None:
        return []
    try:
        begin = archive.read(name, icons.MAX_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    except PackageRefused:
        return []  # too large to be an icon, which is told already
    if not (name.lower().endswith(_DOCUMENTS) or _MARKUP.match(begin)):
        return []
    return [told(name, "icon.document", "it is the icon, and a document that can run scripts", _REMEDY)]


CHECK = Check(
    name="icon",
    area=Area.BASIC_INFORMATION,
    kinds=frozenset({SubjectKind.EXTENSION}),
    mode=Mode.BLOCK,
    begin=at_the_end(find),
)
