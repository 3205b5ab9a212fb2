"""The wire contract as data, and a judge that holds an answer against it.

The JSON files beside this module are facts of the contract: per operation its method, path, parameters, body and
answer with names, types, enumerations and nullability, and the reference's examples. `in` says where a field is
known from (`seed`: the reference, `sdk`: the official SDK). Generated placeholder names (`additionalProp1`) were
turned into maps, and an enumeration on a list stands at its items.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

Spec = dict[str, Any]
"""A type: `type`, and where it applies `fields`, `items`, `values`, `enum`, `const`, `nullable`."""

_FOLDER = Path(__file__).parent

_IS_OF_TYPE: dict[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "map": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "any": lambda value: True,
}


@dataclass(frozen=True)
class Operation:
    """One operation of the contract. `response` is the type of the good answer, which comes with `status`.

    `response_other` is the second form where the reference contradicts itself (all-version). `example_request` holds
    `method`, `target` and perhaps `body`; `example_response` holds `status` and `body`.
    """

    id: str
    method: str
    path: str
    status: int
    response: Spec
    response_other: Spec | None
    section: str | None
    content_type: str | None
    path_params: list[Spec]
    query_params: list[Spec]
    form_params: list[Spec]
    body: Spec | None
    example_request: dict[str, Any] | None
    example_response: dict[str, Any] | None
    in_sdk: bool


@cache
def operations(surface: str = "pipeline_plugins") -> dict[str, Operation]:
    """The operations of `pipeline_plugins` (31), `ide_marketplace` (18), `rules_policies` (21) or `iam_token` (4), by id."""
    raw = json.loads((_FOLDER / f"{surface}.json").read_text(encoding="utf-8"))
    return {each["id"]: _operation(each) for each in raw["operations"]}


def _operation(raw: dict[str, Any]) -> Operation:
    if example := raw.get("example_response"):
        for spec in (raw["response"], raw.get("response_other")):
            if spec is not None:
                _allow_shown_nulls(spec, example["body"])
    return Operation(
        id=raw["id"],
        method=raw["method"],
        path=raw["path"],
        status=raw["status"],
        response=raw["response"],
        response_other=raw.get("response_other"),
        section=raw.get("section"),
        content_type=raw.get("content_type"),
        path_params=raw.get("path_params", []),
        query_params=raw.get("query_params", []),
        form_params=raw.get("form_params", []),
        body=raw.get("body"),
        example_request=raw.get("example_request"),
        example_response=example,
        in_sdk=raw.get("in_sdk", True),
    )


def _allow_shown_nulls(spec: Spec, example: object) -> None:
    """Mark as nullable what the example shows as null."""
    if example is None:
        spec["nullable"] = True
    elif isinstance(example, dict):
        for field in spec.get("fields", []):
            if field["name"] in example:
                _allow_shown_nulls(field, example[field["name"]])
        if "values" in spec:
            for each in example.values():
                _allow_shown_nulls(spec["values"], each)
    elif isinstance(example, list) and "items" in spec:
        for each in example:
            _allow_shown_nulls(spec["items"], each)


def violations(value: object, spec: Spec, path: str = "$") -> list[str]:
    """Where a JSON value breaks its type, one sentence each; empty when it keeps it.

    Types are strict (true is no integer, 1.0 neither). Null is allowed only where the contract says nullable or its
    example shows null. Every field the reference names must be there; one known from the SDK or an example alone
    may be missing. Fields the contract does not know are no violation: see `extras`.
    """
    if value is None:
        return [] if spec.get("nullable") or spec["type"] == "any" else [f"{path}: null, expected {spec['type']}"]
    if not _IS_OF_TYPE[spec["type"]](value):
        return [f"{path}: {type(value).__name__} {value!r:.60}, expected {spec['type']}"]
    if "const" in spec and value != spec["const"]:
        return [f"{path}: {value!r}, expected {spec['const']!r}"]
    if "enum" in spec and value not in spec["enum"]:
        return [f"{path}: {value!r:.60} is not one of {spec['enum']}"]
    return _children(value, spec, path, violations) + _missing(value, spec, path)


def extras(value: object, spec: Spec, path: str = "$") -> list[str]:
    """Paths of the fields that the contract does not know, wherever it says which fields there are."""
    found = []
    if isinstance(value, dict) and "fields" in spec:
        known = {field["name"] for field in spec["fields"]}
        found = [f"{path}.{name}" for name in value if name not in known]
    return found + _children(value, spec, path, extras)


def _children(value: object, spec: Spec, path: str, judge: Callable[[object, Spec, str], list[str]]) -> list[str]:
    found: list[str] = []
    if isinstance(value, dict):
        for field in spec.get("fields", []):
            if field["name"] in value:
                found += judge(value[field["name"]], field, f"{path}.{field['name']}")
        if "values" in spec:
            for name, each in value.items():
                found += judge(each, spec["values"], f"{path}.{name}")
    elif isinstance(value, list) and "items" in spec:
        for index, each in enumerate(value):
            found += judge(each, spec["items"], f"{path}[{index}]")
    return found


def _missing(value: object, spec: Spec, path: str) -> list[str]:
    if not isinstance(value, dict):
        return []
    return [
        f"{path}.{field['name']}: missing"
        for field in spec.get("fields", [])
        if field["name"] not in value and field.get("in", "seed").startswith("seed")
    ]
