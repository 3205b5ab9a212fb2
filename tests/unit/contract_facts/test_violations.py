"""The judge of `tests/surfaces/contract/facts.py` sees what breaks the contract, and nothing else."""

import copy
from typing import Any

import pytest

from tests.surfaces.contract.facts import Spec, extras, operations, violations


def a_field(name: str, kind: str, **more: Any) -> Spec:
    return {"name": name, "type": kind, "in": "seed", **more}


def an_object(*fields: Spec) -> Spec:
    return {"type": "object", "fields": list(fields)}


def example_body(operation: str) -> Any:
    example = operations()[operation].example_response
    assert example is not None
    return copy.deepcopy(example["body"])


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("string", "", 1),
        ("string", "x", ["x"]),
        ("integer", 0, False),
        ("integer", 2**40, "1"),
        ("integer", 1, 1.0),
        ("number", 1.5, True),
        ("number", 1, "1.5"),
        ("boolean", False, 0),
        ("boolean", True, "true"),
        ("object", {}, []),
        ("map", {}, "x"),
        ("array", [], {}),
    ],
)
def test_types_are_strict(kind: str, good: object, bad: object) -> None:
    assert violations(good, {"type": kind}) == []
    assert len(violations(bad, {"type": kind})) == 1


def test_null_is_a_violation_unless_the_contract_allows_it() -> None:
    assert violations(None, {"type": "string"}) == ["$: null, expected string"]
    assert violations(None, {"type": "string", "nullable": True}) == []
    assert violations(None, {"type": "any"}) == []


def test_null_is_allowed_where_the_example_shows_it() -> None:
    body = example_body("list_stage_plugins")
    assert body["full_stage_plugins_item_list"][0]["plugins_list"][0]["all_steps"] is None
    assert violations(body, operations()["list_stage_plugins"].response) == []


def test_a_field_of_the_reference_must_be_there() -> None:
    assert violations({}, an_object(a_field("name", "string"))) == ["$.name: missing"]


@pytest.mark.parametrize("origin", ["sdk", "example", "assumed"])
def test_a_field_known_from_elsewhere_may_be_missing_but_not_wrong(origin: str) -> None:
    spec = an_object({"name": "creator", "type": "string", "in": origin})
    assert violations({}, spec) == []
    assert violations({"creator": 3}, spec) == ["$.creator: int 3, expected string"]


def test_a_value_outside_the_enumeration_is_a_violation() -> None:
    spec = an_object(a_field("kind", "string", enum=["draft", "formal"]))
    assert violations({"kind": "formal"}, spec) == []
    assert violations({"kind": "Formal"}, spec) == ["$.kind: 'Formal' is not one of ['draft', 'formal']"]


def test_a_write_answers_true_and_nothing_else() -> None:
    spec = operations()["create_publisher"].response
    assert violations(True, spec) == []
    assert violations(False, spec) == ["$: False, expected True"]
    assert len(violations("true", spec)) == 1
    assert len(violations({}, spec)) == 1


def test_the_path_of_a_violation_leads_to_it() -> None:
    body = example_body("list_publisher")
    body["data"][1]["is_delete"] = "0"
    del body["data"][2]["en_name"]
    assert violations(body, operations()["list_publisher"].response) == [
        "$.data[1].is_delete: str '0', expected integer",
        "$.data[2].en_name: missing",
    ]


def test_the_values_of_a_map_are_judged() -> None:
    body = example_body("show_publisher")
    one = next(iter(body["publisher_detail_map"]))
    body["publisher_detail_map"][one]["auth_status"] = "perhaps"
    (found,) = violations(body, operations()["show_publisher"].response)
    assert found.startswith(f"$.publisher_detail_map.{one}.auth_status: 'perhaps' is not one of")


def test_unknown_fields_are_extras_and_no_violations() -> None:
    body = example_body("list_plugins")
    body["next"] = 3
    body["data"][0]["stars"] = 5
    spec = operations()["list_plugins"].response
    assert violations(body, spec) == []
    assert extras(body, spec) == ["$.next", "$.data[0].stars"]


def test_a_free_form_object_has_no_extras() -> None:
    assert extras({"anything": {"goes": 1}}, {"type": "object"}) == []
    assert extras({"anything": 1}, {"type": "map", "values": {"type": "integer"}}) == []


def test_the_facts_hold_every_operation() -> None:
    assert len(operations()) == 31
    assert list(operations("iam_token")) == ["create_token", "list_projects", "list_auth_projects", "list_auth_domains"]
    assert operations("iam_token")["create_token"].status == 201


@pytest.mark.parametrize("operation", [*operations().values(), *operations("iam_token").values()], ids=lambda it: it.id)
def test_every_example_of_the_reference_keeps_the_contract(operation: Any) -> None:
    if operation.example_response is None:
        assert operation.id in {"list_modules_detail", "list_auth_projects", "list_auth_domains"}
        return
    body = operation.example_response["body"]
    spec = operation.response_other or operation.response
    assert violations(body, spec) == []
    assert extras(body, spec) == []
