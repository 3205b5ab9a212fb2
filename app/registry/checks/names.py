"""The name is not taken for another's: what reads like the name of something that everybody sees is told to the reviewer."""

import unicodedata
from collections.abc import Sequence

from app.registry.checks.base import EVERYTHING, Check, Material, at_the_end, told
from app.registry.checks.reading import MANIFEST
from schemas.model.checks import Area, Finding, Mode, Severity

_SHORTEST, _LONGEST = 5, 40
"""Characters of a key: shorter ones have many neighbours by chance, longer ones nobody mistakes by one letter."""
_LETTERS = "abcdefghjklmnopqrstuvwxyz234679"  # what look_alike_key of the database leaves of names
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC")
"""Those whose letters look like one another's. Chinese beside Latin is no deceit."""


def near(key: str) -> list[str]:
    """The keys that are one letter from that one: left out, put in, exchanged, or two of them swapped."""
    if not _SHORTEST <= len(key) <= _LONGEST:
        return []
    halves = [(key[:at], key[at:]) for at in range(len(key) + 1)]
    found = {a + b[1:] for a, b in halves if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1}
    found |= {a + letter + b[1:] for a, b in halves if b for letter in _LETTERS}
    found |= {a + letter + b for a, b in halves for letter in _LETTERS}
    return sorted(found - {key})


def find(material: Material) -> Sequence[Finding]:
    """Names of others that are alike, or one letter from a popular one; and words that mix scripts to look like another."""
    definition = material.definition
    rename = "take another name, or expect to be asked for the reason"
    found: list[Finding] = []
    for each in material.neighbours:
        if each.is_alike:
            message = f"{definition.name} reads like {each.name} of {each.owner}"
            found.append(told(MANIFEST, "names.look-alike", message, rename))
        elif each.is_popular:
            message = f"{definition.name} is one letter from {each.name} of {each.owner}, which many use"
            found.append(told(MANIFEST, "names.one-letter", message, rename, severity=Severity.WARNING))
    for what, text in (("name", definition.name), ("display name", definition.display_name)):
        word = next((each for each in text.split() if len(_scripts(each)) > 1), None)
        if word is not None:
            scripts = " and ".join(sorted(each.capitalize() for each in _scripts(word)))
            message = f"the word {word} of its {what} mixes letters of {scripts}"
            found.append(told(MANIFEST, "names.mixed-scripts", message, "write each word in one script"))
    return found


def _scripts(word: str) -> set[str]:
    names = (unicodedata.name(letter, "") for letter in word if letter.isalpha())
    return {script for name in names for script in _SCRIPTS if name.startswith(script)}


CHECK = Check(
    name="names",
    area=Area.BASIC_INFORMATION,
    kinds=EVERYTHING,
    mode=Mode.ADVISE,
    begin=at_the_end(find),
    in_context=True,
)
