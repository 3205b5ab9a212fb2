"""Inputs, outputs and metrics are declared sanely: each name once, and bounds that a value can keep.

What a contract must be beyond that, `contracts/rules.py` says where a version is saved.
"""

from collections.abc import Iterable, Iterator, Sequence

from app.registry.checks.base import EVERYTHING, Check, Material, at_the_end, told
from app.registry.checks.reading import MANIFEST
from schemas.model.checks import Area, Definition, Finding, Mode

MOST_DECLARED = 1000
_CORRECT = "correct it and send it again"


def find(material: Material) -> Sequence[Finding]:
    """What the definition declares and cannot mean."""
    return [told(MANIFEST, rule, message, _CORRECT) for rule, message in _wrong(material.definition)]


def _wrong(definition: Definition) -> Iterator[tuple[str, str]]:
    declared = {
        "inputs": [each.name for each in definition.inputs],
        "outputs": [each.name for each in definition.outputs],
        "metrics": [each.key for group in definition.metrics for each in group.properties],
    }
    for where, names in declared.items():
        if len(names) > MOST_DECLARED:
            yield "schemas.too-many", f"{where} has {len(names)} members, where at most {MOST_DECLARED} are taken"
        for name in _repeated(names):
            yield "schemas.name-twice", f"{where}: {name} stands in it twice"
        if "" in names:
            yield "schemas.nameless", f"{where}: one of them has no name"
    for each in definition.inputs:
        rule = each.validation
        if rule is None:
            continue
        least, most = rule.min_length or 0, rule.max_length
        if least < 0 or (most is not None and most < least):
            yield "schemas.lengths", f"inputs: no value of {each.name} can be {least} to {most} characters long"


def _repeated(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for name in names:
        if name in seen:
            twice[name] = None
        seen.add(name)
    return [*twice]


CHECK = Check(name="schemas", area=Area.BASIC_INFORMATION, kinds=EVERYTHING, mode=Mode.BLOCK, begin=at_the_end(find))
