"""When two names of publishers are the same, look the same, or are one letter apart. Pure decisions.

Two texts come of a name. Its **key** is what names have in common that differ in form (NFKC), case and separators only. Its
**skeleton** is what it looks like: every character that looks like an ASCII one is put as that one (confusables.txt, after
Unicode Technical Standard #39), before case is folded, since a capital I looks like an l and a small one does not.
"""

import re
import unicodedata
from functools import cache
from importlib import resources

from schemas.base import Entity

_SEPARATORS = re.compile(r"[\s\-_.\u00b7\u2010-\u2015]+")
_SHORTEST = 4
"""Characters of keys that one letter may part: shorter ones have many neighbours by chance."""


class Face(Entity, frozen=True):
    """What a name is compared by."""

    key: str
    skeleton: str


def face(name: str) -> Face:
    """Both texts of a name."""
    return Face(key=key(name), skeleton=skeleton(name))


def key(name: str) -> str:
    """What is the same in names that differ in form, case and separators only; empty for one of separators alone."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return _SEPARATORS.sub("-", folded).strip("-")


def skeleton(name: str) -> str:
    """What the name looks like, in small letters."""
    table, seen, before = _confusables(), name, None
    while seen != before:  # what a fold brings may look like something again: a Greek M, m, rn
        before = seen
        plain = unicodedata.normalize("NFKC", seen.translate(table))  # which would take some of the table's apart
        seen = plain.translate(table).casefold()
    return _SEPARATORS.sub("-", seen).strip("-")


def is_near(one: str, other: str) -> bool:
    """Whether one key becomes the other by a letter left out, put in or exchanged, or by two neighbours that swap places."""
    if one == other or min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    at = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    left, right = one[at:], other[at:]
    return (
        left[1:] == right
        or left == right[1:]
        or left[1:] == right[1:]
        or (left[:2] == right[:2][::-1] and left[2:] == right[2:])
    )


@cache
def _confusables() -> dict[int, str]:
    text = resources.files(__package__).joinpath("confusables.txt").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    return {int(code, 16): prototype for code, prototype, _ in rows}
