"""JSON that may be hostile: bounded in depth, without a key that stands twice, and without what is no JSON number."""

import json
import re
from collections.abc import Callable

_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)  # a string, or a bracket outside of one


class JsonRefused(Exception):
    """What is wrong with the text, said to its author."""


def load(text: str, *, max_depth: int, whole_number: Callable[[str], object]) -> object:
    """The value that the text says; `whole_number` makes one of its digits. Raises `JsonRefused`."""
    depth = 0
    for token in _BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(token[0], 0)
        if depth > max_depth:
            raise JsonRefused(f"it nests deeper than {max_depth} levels")
    try:
        return json.loads(text, object_pairs_hook=_mapping, parse_constant=_no_number, parse_int=whole_number)
    except json.JSONDecodeError as error:
        raise JsonRefused(f"line {error.lineno}, column {error.colno}: {error.msg}") from error


def quoted(value: object) -> str:
    """A value as JSON, short and printable enough for a message."""
    text = json.dumps(value, ensure_ascii=False).encode(errors="backslashreplace").decode()
    short = text if len(text) <= 60 else text[:60] + "…"
    return short if short.isprintable() else ascii(short)[1:-1]


def _mapping(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise JsonRefused(f"the key {quoted(key)} stands twice in one mapping")
        found[key] = value
    return found


def _no_number(constant: str) -> object:
    raise JsonRefused(f"{constant} is no JSON number")
