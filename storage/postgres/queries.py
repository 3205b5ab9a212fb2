"""Loads the named statements of `sql/<noun>.sql`.

A statement begins with a line `-- name: find_plugin` and runs to the next such line or the end of the file. Comment lines
below the name are its documentation. Parameters are written `:parameter` and become `$1`, `$2` … in the order of their
first use.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_NAME = re.compile(r"^-- name: (?P<name>[a-z_]+)$", re.MULTILINE)
# A colon that is neither half of a cast ("::text") nor inside a quoted text.
_PARAMETER = re.compile(r"'(?:[^']|'')*'|(?<![:\w]):(?P<parameter>[a-z][a-z0-9_]*)\b")


@dataclass(frozen=True, slots=True)
class Query:
    """One statement: its name, its SQL with numbered parameters, and the parameters' names in that order."""

    name: str
    sql: str
    parameters: tuple[str, ...]


class Queries:
    """The statements of one file, each an attribute."""

    def __init__(self, noun: str, queries: dict[str, Query]) -> None:
        self.noun = noun
        self.all = queries

    def __getattr__(self, name: str) -> Query:
        try:
            return self.all[name]
        except KeyError:
            raise AttributeError(f"sql/{self.noun}.sql has no statement {name}") from None


def parse(noun: str, text: str) -> Queries:
    """The statements in `text`, which is the content of `sql/<noun>.sql`."""
    headings = list(_NAME.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    queries: dict[str, Query] = {}
    for heading, end in zip(headings, ends, strict=True):
        name = heading["name"]
        if name in queries:
            raise ValueError(f"sql/{noun}.sql names {name} twice")
        queries[name] = _numbered(name, text[heading.end() : end].strip().rstrip(";"))
    return Queries(noun, queries)


def _numbered(name: str, sql: str) -> Query:
    parameters: list[str] = []

    def number(match: re.Match[str]) -> str:
        parameter = match["parameter"]
        if parameter is None:
            return match[0]
        if parameter not in parameters:
            parameters.append(parameter)
        return f"${parameters.index(parameter) + 1}"

    body = "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
    return Query(name, _PARAMETER.sub(number, body), tuple(parameters))


@cache
def load(noun: str) -> Queries:
    """The statements about `noun`, from the file beside this module."""
    return parse(noun, (Path(__file__).parent / "sql" / f"{noun}.sql").read_text(encoding="utf-8"))
