"""What a schema takes is also taken by another exactly where that is proven, and shown by a value where it is not."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry.contracts.containment import Schema, examples, is_contained, parts, resolved
from app.registry.contracts.json_schema import compile_schema


def accepts(schema: Schema, value: Any) -> bool:
    return next(compile_schema(schema).iter_errors(value), None) is None


def shown(old: Schema, new: Schema) -> list[Any]:
    """Values that the old schema takes and the new one refuses."""
    return [each for each in examples(old, new, accepts) if not accepts(new, each)]


NUMBERS = st.sampled_from([-2, -1, 0, 0.5, 1, 2, 2.5, 3, 10])
COUNTS = st.integers(0, 4)
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 2.5, "", "a", "abc", "中"])


def _some(**words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=words)


def _typed(name: str | list[str], **words: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return _some(**words).map(lambda said: {"type": name, **said})


SIMPLE = st.one_of(
    st.booleans(),
    st.lists(SCALARS, min_size=1, max_size=4, unique_by=repr).map(lambda values: {"enum": values}),
    SCALARS.map(lambda value: {"const": value}),
    _typed("boolean"),
    st.sampled_from(["number", "integer"]).flatmap(
        lambda name: _typed(name, minimum=NUMBERS, maximum=NUMBERS, exclusiveMinimum=NUMBERS, exclusiveMaximum=NUMBERS,
                            multipleOf=st.sampled_from([0.5, 1, 2, 3]))),
    _typed("string", minLength=COUNTS, maxLength=COUNTS),
    _typed(["string", "null"], minLength=COUNTS, maxLength=COUNTS),
)  # fmt: skip
NAMES = st.sampled_from(["a", "b", "c"])


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        _typed("array", items=inner, minItems=st.integers(0, 2), maxItems=st.integers(0, 3), uniqueItems=st.booleans()),
        _typed("object", properties=st.dictionaries(NAMES, inner, max_size=2), additionalProperties=inner,
               required=st.lists(NAMES, max_size=2, unique=True), minProperties=st.integers(0, 2),
               maxProperties=st.integers(0, 3)),
    )  # fmt: skip


SCHEMAS = st.recursive(SIMPLE, _nested, max_leaves=3)


# The same schemas each time: that neither a proof nor a value is found is rare, and harms nobody.
@settings(max_examples=600, deadline=None, derandomize=True)
@given(SCHEMAS, SCHEMAS)
def test_there_is_a_value_that_shows_it_exactly_where_containment_is_not_proven(old: Schema, new: Schema) -> None:
    proven, values = is_contained(old, new, accepts), shown(old, new)
    assert not (proven and values), values
    assert proven or values


@settings(max_examples=400, deadline=None)
@given(SCHEMAS, SCHEMAS, SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(NAMES, SCALARS, max_size=3))
def test_no_value_whatever_goes_through_a_proof(old: Schema, new: Schema, value: Any) -> None:
    if accepts(old, value) and not accepts(new, value):
        assert not is_contained(old, new, accepts)


@settings(max_examples=200, deadline=None)
@given(SCHEMAS)
def test_every_schema_is_contained_in_itself(schema: Schema) -> None:
    assert is_contained(schema, schema, accepts)
    assert shown(schema, schema) == []


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, SCHEMAS)
def test_alternatives_contain_each_of_them_and_all_at_once_is_contained_in_each(one: Schema, other: Schema) -> None:
    assert is_contained(one, {"anyOf": [one, other]}, accepts)
    assert is_contained({"allOf": [one, other]}, one, accepts)


CONTAINED: list[tuple[Schema, Schema]] = [
    ({"type": "integer"}, {"type": "number"}),
    ({"type": "integer", "multipleOf": 6}, {"multipleOf": 3}),
    ({"type": "integer", "minimum": 1, "maximum": 3}, {"enum": [1, 2, 3, 4]}),
    ({"enum": ["a", "b"]}, {"type": "string", "pattern": "^[ab]$"}),
    ({"type": "string", "pattern": "^a", "minLength": 2}, {"type": "string", "pattern": "^a"}),
    ({"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True}, {"type": "array", "maxItems": 2}),
    ({"type": "object", "additionalProperties": False}, {"maxProperties": 0}),
    ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": ["string", "null"]}),
    ({"type": "string", "not": {"const": "a"}}, {"not": {"const": "a"}}),
    ({"type": "string", "title": "Old"}, {"type": "string", "title": "New", "default": "x"}),
    ({"type": "number", "minimum": 0, "exclusiveMinimum": 1}, {"exclusiveMinimum": 1}),
    ({"minItems": 3, "maxItems": 2, "type": "array"}, False),
    ({"type": "integer", "maximum": -0.5}, {"type": "number", "maximum": -1}),
    ({"type": "integer", "exclusiveMinimum": 1}, {"type": "number", "minimum": 2}),
    ({"type": "integer", "exclusiveMaximum": 1.5}, {"type": "integer", "exclusiveMaximum": 2}),
    ({"type": "number", "multipleOf": 5, "minimum": 1, "maximum": 19}, {"minimum": 5, "maximum": 15}),
]


@pytest.mark.parametrize(("old", "new"), CONTAINED)
def test_plain_cases_are_proven(old: Schema, new: Schema) -> None:
    assert is_contained(old, new, accepts)
    assert shown(old, new) == []


BROKEN: list[tuple[Schema, Schema]] = [
    ({"type": "number"}, {"type": "integer"}),
    ({"type": "number", "minimum": 0, "maximum": 1}, {"type": "number", "minimum": 0, "exclusiveMaximum": 1}),
    ({"type": "string", "maxLength": 1000}, {"type": "string", "maxLength": 999}),
    ({"type": "string"}, {"type": "string", "pattern": "^[a-z]*$"}),
    ({"type": "object"}, {"type": "object", "additionalProperties": False}),
    ({"type": "object"}, {"type": "object", "required": ["a"]}),
    ({"type": "array", "items": {"type": "string"}}, {"type": "array", "uniqueItems": True}),
    ({"type": "integer", "multipleOf": 2}, {"multipleOf": 4}),
    ({"type": "integer", "maximum": -0.5}, {"type": "number", "exclusiveMaximum": -1}),
    ({"type": "integer", "minimum": 1}, {"type": "number", "minimum": 1.5}),
    ({"enum": ["a", "b", "c"]}, {"enum": ["a", "c"]}),
    ({"type": "string", "not": {"const": "a"}}, {"not": {"const": "b"}, "maxLength": 3}),
]


@pytest.mark.parametrize(("old", "new"), BROKEN)
def test_plain_breaks_are_shown_by_a_value(old: Schema, new: Schema) -> None:
    assert not is_contained(old, new, accepts)
    assert shown(old, new)


UNLIKE: list[tuple[Schema, Schema]] = [
    ({"type": "object", "patternProperties": {"^a": {}}, "additionalProperties": False},
     {"type": "object", "additionalProperties": False}),
    ({"type": "array", "prefixItems": [{}], "items": False}, {"type": "array", "maxItems": 0}),
    ({"allOf": [{"if": {"const": 1}, "then": {"const": 1}}, {"if": {"const": 2}, "then": False}]},
     {"if": {"const": 1}, "then": False}),
    ({"oneOf": [{"type": "string"}, {"type": "string"}]}, {"oneOf": [{"type": "string"}, {"type": "null"}]}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), UNLIKE)
def test_words_that_are_not_understood_prove_nothing(old: Schema, new: Schema) -> None:
    assert not is_contained(old, new, accepts)


def test_references_stand_for_what_they_name() -> None:
    named = {"$defs": {"short": {"type": "string", "maxLength": 3}}, "properties": {"a": {"$ref": "#/$defs/short"}}}
    plain = resolved(named)
    assert isinstance(plain, Mapping)
    assert plain["properties"]["a"] == {"type": "string", "maxLength": 3}
    assert not is_contained(resolved({"properties": {"a": {"type": "string"}}}), plain, accepts)


def test_references_back_to_themselves_are_equal_only_where_their_definitions_are() -> None:
    def tree(leaf: str) -> Schema:
        node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "leaf": {"type": leaf}}}
        return resolved({"$defs": {"node": node}, "$ref": "#/$defs/node"})

    assert is_contained(tree("string"), tree("string"), accepts)
    assert not is_contained(tree("string"), tree("integer"), accepts)


def test_examples_of_a_tree_are_taken_from_the_tree() -> None:
    def tree(most: int) -> Schema:
        node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "leaf": {"type": "string"}},
                "additionalProperties": False, "maxProperties": most}  # fmt: skip
        return resolved({"type": "object", "properties": {"tree": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}})

    assert is_contained(tree(1), tree(1), accepts)
    assert shown(tree(2), tree(1))


def test_alternatives_of_alternatives_stay_bounded() -> None:
    two = {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]}
    assert len(parts({"allOf": [two] * 40})) <= 1000
