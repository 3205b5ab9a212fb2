"""A licence is named, so that whoever uses the release knows on what terms."""

import re
from collections.abc import Sequence

from app.registry.checks.base import PACKAGES, Check, Material, at_the_end, told
from app.registry.packages.archive import WHOLE
from schemas.model.checks import Area, Finding, Mode
from schemas.model.extensions import AssetKind

_FILE = re.compile(r"(?:licen[cs]e|copying)(?:[._-][a-z0-9._-]{1,60})?")
_SEE = re.compile(r"see licen[cs]e in\s+(?:\./)?(\S{1,200})", re.IGNORECASE)
_NOT_NAMED = ("unlicensed", "none")


def find(material: Material) -> Sequence[Finding]:
    """Whether none is named: neither by the manifest nor by a file at the root; or one that is not there."""
    definition = material.read.definition
    said = "" if definition is None else definition.licence.strip()
    files = material.files(material.root)
    elsewhere = _SEE.fullmatch(said)
    if elsewhere is not None and elsewhere[1].lower() not in files:
        message = f"the manifest refers to {elsewhere[1]}, which the package does not have"
        return [told(WHOLE, "licence.file-missing", message, "pack that file, or name the licence")]
    if said.lower() in _NOT_NAMED:
        return [told(WHOLE, "licence.none", f"the manifest says {said}", "name the licence under which it may be used")]
    has_asset = any(each.kind is AssetKind.LICENSE for each in material.read.assets)
    if said or has_asset or any(_FILE.fullmatch(name) for name in files):
        return []
    remedy = f"add {material.root}LICENSE, or name the licence in the manifest where it has a field for it"
    return [told(WHOLE, "licence.missing", "it names no licence", remedy)]


CHECK = Check(name="licence", area=Area.BASIC_INFORMATION, kinds=PACKAGES, mode=Mode.ADVISE, begin=at_the_end(find))
