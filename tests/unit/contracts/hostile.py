"""Schemas and values that were made to cost much, or to be fetched from somewhere: each with values to judge by it."""

from typing import Any

Schema = dict[str, Any]
Case = tuple[Schema, dict[str, Any]]


def taking(name: str, schema: Any, **root: Any) -> Schema:
    """A contract with one input."""
    return {"type": "object", "properties": {name: schema}, **root}


def doubling(levels: int, keyword: str) -> Schema:
    """A chain of schemas each of which asks the next one twice."""
    chain = {f"d{level}": {keyword: [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(levels)}
    return chain | {f"d{levels}": {"type": "integer"}}


def nested(levels: int, value: Any, wrap: Any) -> Any:
    for _ in range(levels):
        value = wrap(value)
    return value


PATTERNS = {
    "nested plus": ("^(a+)+$", "a" * 50_000 + "!"),
    "nested star": ("^(a*)*$", "a" * 50_000 + "!"),
    "alternatives that are alike": ("^(a|a)*$", "a" * 50_000 + "!"),
    "alternatives that overlap": ("^(a|aa)+$", "a" * 50_000 + "!"),
    "words": (r"^(\w+\s?)*$", "a" * 50_000 + "!"),
    "mail address": (r"^([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*@[a-z0-9]+[.](([a-z]{2,3})|([a-z]{2,3}[.][a-z]{2,3}))$",
                     "a" * 50_000 + "!"),
    "quadratic": (r"\s+$", " " * 50_000 + "x"),
    "three stars": (".*.*.*=.*", "x" * 50_000),
    "a counted class": ("[[:alpha:]]{1000}!", "a" * 100_000),
    "a counted dot": ("(.{100}){9}!", "a" * 100_000),
    "a wide class": (r"\p{L}{20}\p{N}", "é" * 100_000),
    "ten counted": ("(a{0,100}b?){9}!", "ab" * 50_000),
}  # fmt: skip
REFUSED_PATTERNS = {
    "a back reference": r"(a)\1",
    "a look ahead": "(?=a)b",
    "a look behind": "(?<=a)b",
    "a possessive quantifier": "a++",
    "too many repetitions": "(a{1000}){1000}",
    "too large a program": r"\p{L}{900}",
    "a broken one": "(",
    "a long one": "a" * 1001,
}


def remote(address: str) -> dict[str, Schema]:
    """Schemas that would have something fetched from that address."""
    return {
        "a reference": taking("a", {"$ref": f"{address}/schema.json"}),
        "a reference with a fragment": taking("a", {"$ref": f"{address}/schema.json#/$defs/x"}),
        "a dynamic reference": taking("a", {"$dynamicRef": f"{address}/schema.json#x"}),
        "a relative reference": {"$id": f"{address}/", **taking("a", {"$ref": "schema.json"})},
        "an absolute path": {"$id": f"{address}/", **taking("a", {"$ref": "/schema.json"})},
        "no scheme": taking("a", {"$ref": address.removeprefix("http:")}),
        "a base below": taking("a", {"$id": f"{address}/", "$ref": "schema.json"}),
        "another dialect": {"$schema": f"{address}/dialect", **taking("a", {})},
        "another dialect below": taking("a", {"$schema": f"{address}/dialect", "type": "string"}),
        "an old dialect below": taking(
            "a", {"$schema": "http://json-schema.org/draft-07/schema#", "pattern": "^(a+)+$"}
        ),
        "a vocabulary": {"$vocabulary": {f"{address}/vocabulary": True}, **taking("a", {})},
        "a file": taking("a", {"$ref": "file:///etc/passwd"}),
        "a data address": taking("a", {"$ref": "data:application/json,{}"}),
        "below a keyword": taking("a", {"items": {"not": {"$ref": f"{address}/schema.json"}}}),
        "in a definition": {"$defs": {"x": {"$ref": f"{address}/schema.json"}}, **taking("a", {})},
        "the meta-schema": taking("a", {"$ref": "https://json-schema.org/draft/2020-12/schema"}),
    }


REFUSED: dict[str, Schema] = {
    "a reference to itself": {"$defs": {"a": {"$ref": "#/$defs/a"}}, **taking("a", {"$ref": "#/$defs/a"})},
    "references in a ring": {
        "$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}},
        **taking("a", {"$ref": "#/$defs/a"}),
    },
    "the root in place": taking("a", {}, allOf=[{"$ref": "#"}]),
    "a ring by an anchor": {"$defs": {"a": {"$anchor": "x", "anyOf": [{"$ref": "#x"}]}}, **taking("a", {"$ref": "#x"})},
    "a dynamic ring": {
        "$defs": {"a": {"$dynamicAnchor": "x", "if": {"$dynamicRef": "#x"}}},
        **taking("a", {"$dynamicRef": "#x"}),
    },
    "a reference to nothing": taking("a", {"$ref": "#/$defs/a"}),
    "a reference into a value": taking("a", {"$ref": "#/properties/a/enum/0", "enum": [{"type": "string"}]}),
    "nesting": taking("a", nested(40, {}, lambda schema: {"not": schema})),
    "much nesting": taking("a", nested(900, {}, lambda schema: {"items": schema})),
    "a large enum": taking("a", {"enum": list(range(1001))}),
    "many references": {
        "$defs": {"a": {}},
        **taking("a", {"anyOf": [{"$ref": "#/$defs/a"}] * 101}),
    },
    "many values": taking("a", {"enum": [[0] * 900 for _ in range(25)]}),
    "many bytes": taking("a", {"description": "a" * 300_000}),
    "a long number": taking("a", {"maximum": 10**400}),
    "many inputs": {"properties": {f"i{number}": {} for number in range(201)}},
    "open values": {**taking("a", {}), "additionalProperties": True},
    "open objects": taking("a", {"type": "object"}),
    "patterns for inputs": {"patternProperties": {"^a": {}}},
    "the whole by reference": {"$ref": "#/$defs/a", "$defs": {"a": {}}},
    "no schema": taking("a", {"type": "text"}),
    "a nested secret": taking("a", {"items": {"type": "string", "writeOnly": True}}),
}

COSTLY: dict[str, Case] = {
    **{
        f"doubling by {keyword}": ({"$defs": doubling(25, keyword), **taking("a", {"$ref": "#/$defs/d0"})}, {"a": 1})
        for keyword in ("allOf", "oneOf")
    },
    "doubling by anyOf of what is wrong": (
        {"$defs": doubling(25, "anyOf"), **taking("a", {"$ref": "#/$defs/d0"})},
        {"a": "x"},
    ),
    "doubling below unevaluated": (
        {"$defs": doubling(20, "allOf"), **taking("a", {"$ref": "#/$defs/d0", "unevaluatedProperties": False})},
        {"a": {"x": 1}},
    ),
    "a tree": (
        {
            "$defs": {"tree": {"anyOf": [{"type": "integer"}, {"items": {"$ref": "#/$defs/tree"}, "type": "array"}]}},
            **taking("a", {"$ref": "#/$defs/tree"}),
        },
        {"a": nested(3, 1, lambda value: [value] * 25)},
    ),
    "many that differ": (taking("a", {"type": "array", "uniqueItems": True}), {"a": [{"n": n} for n in range(9000)]}),
    "many that are alike": (taking("a", {"type": "array", "uniqueItems": True}), {"a": [[0] * 9] * 1500}),
    "a large enum of large values": (
        taking("a", {"enum": [[0] * 90 + [number] for number in range(100)]}),
        {"a": [0] * 91},
    ),
    "an enum for each": (
        taking("a", {"items": {"enum": [f"v{number}" for number in range(1000)]}, "type": "array"}),
        {"a": ["v"] * 15_000},
    ),
    "contains for each": (
        taking("a", {"allOf": [{"contains": {"const": number}} for number in range(200)], "type": "array"}),
        {"a": [0] * 15_000},
    ),
    "members for each pattern": (
        taking("a", {"patternProperties": {f"^a{number}": {} for number in range(250)}}),
        {"a": {f"a{number}": number for number in range(9000)}},
    ),
    "a pattern for each": (
        taking("a", {"items": {"pattern": "^(a|aa)+$"}, "type": "array"}),
        {"a": ["a" * 40] * 15_000},
    ),
    "multiples of a fraction": (
        taking("a", {"items": {"multipleOf": 1e-300}, "type": "array"}),
        {"a": [1.7e308] * 9000},
    ),
    "deep values": (taking("a", {}), {"a": nested(1000, 1, lambda value: [value])}),
    "many values": (taking("a", {}), {"a": [0] * 30_000}),
    "a long number": (taking("a", {"type": "integer"}), {"a": 10**4000}),
    "unknown members": (taking("a", {}), {f"x{number}": 1 for number in range(9000)}),
    "names of members": (
        taking("a", {"propertyNames": {"pattern": "^(a+)+$", "maxLength": 10}, "type": "object", "additionalProperties": True}),
        {"a": {f"{'a' * 50}{number}": 1 for number in range(9000)}},
    ),
    "if for each": (
        taking("a", {"items": {"if": {"type": "integer"}, "then": {"minimum": 1}, "else": {"maxLength": 1}}, "type": "array"}),
        {"a": [0, "xx"] * 9000},
    ),
    "conditions": (
        {
            "properties": {"a": {"type": "array"}} | {
                f"i{number}": {"x-plugport": {"visible_when": {"all": [{"input": "a", "contains": [0] * 9}] * 40}}}
                for number in range(20)
            }
        },
        {"a": [[0] * 8 + [1]] * 1500},
    ),
}  # fmt: skip
