"""The published schema of manifests: valid, bounded everywhere, described everywhere, and in step with the Structs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import schemas
from schemas.model import packages

SCHEMA: dict[str, Any] = json.loads(
    (Path(schemas.__file__).parent / "documents" / "plugin-manifest.schema.json").read_text()
)


def _subschemas(schema: dict[str, Any], pointer: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    yield pointer, schema
    for holder in ("properties", "$defs"):
        for name, inner in schema.get(holder, {}).items():
            yield from _subschemas(inner, f"{pointer}/{holder}/{name}")
    for holder in ("items", "additionalProperties"):
        if isinstance(schema.get(holder), dict):
            yield from _subschemas(schema[holder], f"{pointer}/{holder}")


ALL = dict(_subschemas(SCHEMA))
each_subschema = pytest.mark.parametrize("pointer", ALL)


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@each_subschema
def test_everything_is_described(pointer: str) -> None:
    subschema = ALL[pointer]
    if not ("$ref" in subschema and pointer.endswith("/items")):
        assert subschema["title"]
        assert subschema["description"]


@each_subschema
def test_everything_is_bounded(pointer: str) -> None:
    subschema = ALL[pointer]
    kind = subschema.get("type", [])
    if "string" in kind:
        assert "maxLength" in subschema or subschema["pattern"].startswith("^[")
    if "array" in kind:
        assert "maxItems" in subschema
    if "integer" in kind:
        assert {"minimum", "maximum"} <= subschema.keys()
    if "object" in kind:
        assert subschema["additionalProperties"] is False or "maxProperties" in subschema


@each_subschema
def test_patterns_match_the_whole_text_and_repeat_one_class_only(pointer: str) -> None:
    pattern = ALL[pointer].get("pattern", "^[a]{1,1}$")
    assert pattern.startswith("^[")
    assert pattern.endswith("}$")
    assert not set(pattern) & set("()*|?")


@each_subschema
def test_references_stay_inside(pointer: str) -> None:
    assert ALL[pointer].get("$ref", "#/$defs/").startswith("#/$defs/")


@pytest.mark.parametrize(
    ("pointer", "struct"),
    [
        ("#", packages.Manifest),
        ("#/properties/execution", packages.Execution),
        ("#/$defs/input", packages.InputDefinition),
        ("#/$defs/input/properties/validation", packages.Validation),
        ("#/$defs/input/properties/extend_prop", packages.ExtendProp),
        ("#/$defs/output", packages.OutputDefinition),
        ("#/$defs/metric_group", packages.MetricGroup),
        ("#/$defs/metric_group/properties/properties/items", packages.MetricProperty),
        ("#/$defs/data_source_binding", packages.DataSourceBinding),
    ],
)
def test_the_structs_have_the_same_fields(pointer: str, struct: type[msgspec.Struct]) -> None:
    fields = msgspec.structs.fields(struct)
    assert set(ALL[pointer]["properties"]) == {field.encode_name for field in fields}
    assert set(ALL[pointer].get("required", [])) == {field.encode_name for field in fields if field.required}
