"""Contracts of versions over HTTP: written, refused, shown, and values judged by them."""

import json
from typing import Any

import httpx
import pytest

from tests.accounts import Account
from tests.builders import Body, a_name, a_package, a_version
from tests.person import Meet, Person

REFUSED, STEP_REFUSED, NO_PART = "PLUGPORT.00250001", "PLUGPORT.00250002", "PLUGPORT.00250004"
NO_PLUGIN, NO_VERSION = "PLUGPORT.00040001", "PLUGPORT.00040003"
OURS = "/plugport/v1"
SECRET = "hunter2-hunter2"

LISTED: Body = {
    "input_info": [
        {"name": "MODE", "type": "select", "default_value": "simple", "required": True,
         "extend_prop": {"options": '["simple","expert"]'}},
        {"name": "MINUTES", "type": "integer", "labels": {"zh": "时限", "en": "Time limit"}, "required": "true",
         "validation": json.dumps({"minimum": 1, "required_message": "How long?"}),
         "extend_prop": {"visible_conditions": '{"input":"MODE","equals":"expert"}'}},
        {"name": "TOKEN", "type": "password", "aliases": ["KEY"]},
    ],
    "output_info": [{"name": "problem", "type": "integer", "better": "lower", "minimum": 0}],
    "metrics": [{"group_name": "Quality", "properties": [
        {"key": "ratio", "value": "0", "better": "higher", "unit": "1", "minimum": 0, "maximum": 1}]}],
}  # fmt: skip
SCHEMA: Body = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 5, "title": "名称"},
        "age": {"type": "integer", "minimum": 0},
    },
    "dependentRequired": {"age": ["name"]},
    "additionalProperties": False,
}


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An author of the test's own account."""
    return meet(account.user("author"))


def told(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def contract(person: Person, name: str, version: str = "1.0.0") -> Any:
    return told(person.http.get(f"{OURS}/plugins/{name}/versions/{version}/contract"))


def judged(person: Person, name: str, values: Any, *, version: str = "1.0.0", language: str = "en") -> Any:
    body = {"values": values, "language": language}
    return told(person.http.post(f"{OURS}/plugins/{name}/versions/{version}/values", json=body))


def drafted(person: Person, name: str, version: str = "1.0.0", **content: Any) -> str:
    person.do("create_plugin_draft", body=a_version(name, version, **content))
    return name


# -- how a version shows what it takes and gives -----------------------------------------------------------------------------


def test_a_list_is_shown_as_written_and_as_json_schema(ada: Person) -> None:
    found = contract(ada, drafted(ada, a_name(), **LISTED))
    assert found["form"] == "list"
    assert [each["name"] for each in found["input_list"]] == ["MODE", "MINUTES", "TOKEN"]
    assert found["input_list"][1]["validation"]["required_message"] == "How long?"
    assert found["input_schema"]["properties"]["MINUTES"]["minimum"] == 1
    assert found["input_schema"]["required"] == ["MODE"]  # conditions decide about MINUTES
    mode, minutes, token = found["inputs"]
    assert (mode["default"], mode["required"]) == ("simple", True)
    assert [each["value"] for each in mode["options"]] == ["simple", "expert"]
    assert (minutes["labels"], minutes["required"]) == ({"zh": "时限", "en": "Time limit"}, True)
    assert minutes["visible_when"] == {"input": "MODE", "equals": "expert"}
    assert (token["type"], token["aliases"]) == ("password", ["KEY"])
    assert "default" not in token
    assert found["outputs"] == [
        {
            "name": "problem",
            "schema": {"type": "integer", "minimum": 0},
            "description": "",
            "unit": "",
            "better": "lower",
        }
    ]
    assert (found["metrics"][0]["name"], found["metrics"][0]["schema"]["maximum"]) == ("ratio", 1)
    assert found["not_derived"] == []


def test_json_schema_is_shown_as_written_and_as_a_list(ada: Person) -> None:
    name = drafted(ada, a_name(), input_schema=SCHEMA)
    answer = ada.http.get(f"{OURS}/plugins/{name}/versions/1.0.0/contract")
    found = told(answer)
    assert found["form"] == "json-schema"
    assert json.dumps(found["input_schema"]) == json.dumps(SCHEMA)  # in the order of its author
    assert [(each["name"], each["type"], each["required"]) for each in found["input_list"]] == [
        ("name", "input", True),
        ("age", "integer", False),
    ]
    assert [each["pointer"] for each in found["not_derived"]] == ["/input_schema/dependentRequired"]
    [part] = ada.do("show_plugin_inputs", body=[{"plugin_name": name, "version": "1.0.0"}])
    assert [(each["name"], each["label"], each["validation"]["max_length"]) for each in part["data"]] == [
        ("name", "名称", 5),
        ("age", "", None),
    ]


def test_a_draft_may_be_written_in_the_other_form(ada: Person) -> None:
    name = drafted(ada, a_name(), **LISTED)
    ada.do("update_plugin_draft", body=a_version(name, input_schema=SCHEMA, input_info=None))
    assert contract(ada, name)["form"] == "json-schema"
    ada.do("update_plugin_draft", body=a_version(name, input_info=LISTED["input_info"]))
    assert contract(ada, name)["form"] == "list"
    ada.do("update_plugin_draft", body={"plugin_name": name, "version": "1.0.0"})  # says nothing of inputs
    ada.do("publish_plugin_draft", body={"plugin_name": name, "version": "1.0.0"})
    found = contract(ada, name)
    assert (found["form"], len(found["inputs"]), len(found["metrics"])) == ("list", 3, 1)


def test_a_package_may_bring_either_form(ada: Person) -> None:
    listed, schema = a_name(), a_name()
    ada.do("upload_basic_plugin", plugin_name=listed, file=a_package(listed))
    changes = {"inputs": None, "input_schema": {"type": "object", "properties": {"A": {"type": "integer"}}}}
    ada.do("upload_basic_plugin", plugin_name=schema, file=a_package(schema, **changes))
    assert contract(ada, listed)["inputs"][0]["name"] == "SHELL_PLUGIN"
    assert (contract(ada, schema)["form"], contract(ada, schema)["inputs"][0]["type"]) == ("json-schema", "integer")


def test_metrics_are_answered_as_the_contract_shows_them(ada: Person) -> None:
    name = drafted(ada, a_name(), **LISTED)
    [part] = ada.do("show_plugin_metrics", body=[{"plugin_name": name, "version": "1.0.0"}])
    assert [each["output_key"] for each in part["data"]] == ["SYSTEM_METRICS_UNIQUE_KEY"]
    value = '[{"group_name":"Quality","properties":[{"key":"ratio","value":"0","desc":""}]}]'
    assert part["data"][0]["output_value"] == value


def test_who_may_not_see_a_version_is_told_that_there_is_none(ada: Person, meet: Meet, new_account: Any) -> None:
    name = drafted(ada, a_name(), **LISTED)
    stranger = meet(new_account().user("author"))
    for path in (f"plugins/{name}/versions/1.0.0/contract", "plugins/none/versions/1.0.0/contract"):
        assert told(stranger.http.get(f"{OURS}/{path}"), 404)["error_code"] == NO_PLUGIN
    assert told(ada.http.get(f"{OURS}/plugins/{name}/versions/9.0.0/contract"), 404)["error_code"] == NO_VERSION
    batch = {"items": [{"plugin_name": name, "version": "1.0.0", "values": {}}]}
    assert told(stranger.http.post(f"{OURS}/contracts/values", json=batch)) == {"items": [None]}


# -- what is refused where versions are saved ----------------------------------------------------------------------------------

WRONG: dict[str, tuple[Body, str]] = {
    "a type that nobody knows": ({"input_info": [{"name": "a", "type": "wheel"}]}, "/inputs/0/type"),
    "a secret with a default": (
        {"input_info": [{"name": "a"}, {"name": "b", "type": "password", "default_value": SECRET}]},
        "/inputs/1/default_value",
    ),
    "a pattern that cannot run": (
        {"input_info": [{"name": "a", "validation": {"regex": r"(a)\1"}}]},
        "/inputs/0/validation/regex",
    ),
    "a schema that would be fetched": (
        {"input_schema": {"properties": {"a": {"$ref": "http://127.0.0.1:9/x"}}}, "input_info": None},
        "/input_schema/properties/a/$ref",
    ),
    "open values": (
        {"input_schema": {"properties": {}, "additionalProperties": {}}, "input_info": None},
        "/input_schema/additionalProperties",
    ),
    "both forms": ({"input_info": [{"name": "a"}], "input_schema": {"properties": {}}}, "/input_schema"),
    "an output twice": ({"output_info": [{"name": "a"}, {"name": "a"}]}, "/outputs"),
    "a direction of texts": (
        {"metrics": [{"group_name": "g", "properties": [{"key": "k", "type": "string", "better": "higher"}]}]},
        "/metrics/0/properties/0/better",
    ),
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("operation", ["create_plugin_draft", "create_plugin_version", "update_plugin_draft"])
def test_what_is_wrong_is_refused_with_its_pointer_and_nothing_is_kept(ada: Person, operation: str, case: str) -> None:
    content, pointer = WRONG[case]
    name = a_name()
    if operation == "update_plugin_draft":
        drafted(ada, name)
    refusal = ada.refused(400, operation, body=a_version(name, **content))
    assert refusal["error_code"] == REFUSED
    assert f"{pointer}: " in refusal["error_msg"]
    assert SECRET not in refusal["error_msg"]
    if operation == "update_plugin_draft":
        assert contract(ada, name)["inputs"] == []
    else:
        assert ada.row(name) is None


def test_every_problem_is_told_when_a_contract_is_tried(ada: Person) -> None:
    body = {
        "input_info": [
            {"name": "a", "type": "wheel"},
            {"name": "a"},
            {"name": "n", "type": "number", "default_value": "x"},
        ]
    }
    found = told(ada.http.post(f"{OURS}/contracts/trial", json=body))
    assert found["contract"] is None
    assert {each["pointer"] for each in found["problems"]} == {
        "/inputs/0/type",
        "/inputs/1/name",
        "/inputs/2/default_value",
    }
    body = {"input_info": [{"name": "a"}], "input_schema": {}}
    assert told(ada.http.post(f"{OURS}/contracts/trial", json=body), 400)["error_code"] == REFUSED


def test_a_contract_that_is_tried_is_shown_and_not_kept(ada: Person) -> None:
    found = told(ada.http.post(f"{OURS}/contracts/trial", json={"input_schema": SCHEMA}))
    assert found["problems"] == []
    assert found["contract"]["input_schema"] == SCHEMA
    assert found["contract"]["schema"]["additionalProperties"] is False


# -- steps -------------------------------------------------------------------------------------------------------------------


def composite(name: str, used: str, variables: Any, version: str = "1.0.0") -> Body:
    steps = [{"task": used, "name": "Run", "variables": variables}]
    return a_version(
        name, version, execution_info={"inner_execution_info": {"execution_type": "COMPOSITE", "steps": steps}}
    )


STEP_FAULTS = {
    "an unknown input": ({"NOPE": 1}, "/NOPE"),
    "a value of another type": ({"MINUTES": "soon"}, "/MINUTES"),
    "a value that is hidden until asked for": ({"MODE": "expert"}, "/MINUTES: How long?"),
    "a value that is no option": ({"MODE": "other"}, "/MODE"),
}


@pytest.mark.parametrize("case", STEP_FAULTS)
@pytest.mark.parametrize("operation", ["create_plugin_draft", "create_plugin_version", "update_plugin_draft"])
def test_a_step_that_breaks_the_contract_of_its_plugin_is_refused(ada: Person, operation: str, case: str) -> None:
    used, name = drafted(ada, a_name(), **LISTED), a_name()
    variables, said = STEP_FAULTS[case]
    if operation == "update_plugin_draft":
        ada.do("create_plugin_draft", body=composite(name, used, {}))
    refusal = ada.refused(400, operation, body=composite(name, used, variables))
    assert refusal["error_code"] == STEP_REFUSED
    assert f"{used} 1.0.0. {said}" in refusal["error_msg"]
    assert "steps[0].variables" in refusal["error_msg"]


def test_a_step_that_keeps_it_is_taken(ada: Person) -> None:
    used = drafted(ada, a_name(), **LISTED)
    for variables in ({}, {"MODE": "expert", "MINUTES": "5"}, {"MODE": "${mode}"}, {"KEY": "${token}"}):
        ada.do("create_plugin_draft", body=composite(a_name(), used, variables))
    ada.do("create_plugin_draft", body=composite(a_name(), "nobody-has-it", {"ANY": 1}))


def test_a_draft_is_checked_again_when_it_is_released(ada: Person) -> None:
    used, name = drafted(ada, a_name(), **LISTED), a_name()
    ada.do("create_plugin_draft", body=composite(name, used, {"MODE": "simple"}))
    ada.do("update_plugin_draft", body=a_version(used, input_info=[]))
    refusal = ada.refused(400, "publish_plugin_draft", body={"plugin_name": name, "version": "1.0.0"})
    assert refusal["error_code"] == STEP_REFUSED


# -- values ------------------------------------------------------------------------------------------------------------------


def test_values_are_judged_with_every_fault_and_what_is_shown(ada: Person) -> None:
    name = drafted(ada, a_name(), **LISTED)
    found = judged(ada, name, {"MODE": "expert", "KEY": SECRET, "X": 1})
    assert found == {
        "valid": False,
        "errors": [
            {"pointer": "/X", "rule": "additionalProperties", "message": "There is no such input."},
            {"pointer": "/MINUTES", "rule": "required", "message": "How long?"},
        ],
        "values": {"MODE": "expert"},
        "states": [
            {"name": "MODE", "visible": True, "enabled": True},
            {"name": "MINUTES", "visible": True, "enabled": True},
            {"name": "TOKEN", "visible": True, "enabled": True},
        ],
    }
    found = judged(ada, name, {"TOKEN": SECRET}, language="zh")
    assert (found["valid"], found["values"]) == (True, {"MODE": "simple"})
    assert found["states"][1] == {"name": "MINUTES", "visible": False, "enabled": True}
    assert judged(ada, name, {"MINUTES": 0}, language="zh")["errors"][0]["message"] == "不得小于 1。"


def test_a_batch_is_judged_item_by_item(ada: Person) -> None:
    name = drafted(ada, a_name(), **LISTED)
    items = [
        {"plugin_name": name, "values": {}},
        {"plugin_name": "nobody-has-it", "values": {}},
        {"plugin_name": name, "version": "1.0.0", "values": {"MODE": "x"}},
    ]
    found = told(ada.http.post(f"{OURS}/contracts/values", json={"items": items}))["items"]
    assert [each and each["valid"] for each in found] == [True, None, False]


@pytest.mark.parametrize(
    "body",
    [{}, {"values": []}, {"values": {}, "language": "fr"}, {"values": {str(number): 1 for number in range(1001)}}],
)
def test_what_are_no_values_is_refused(ada: Person, body: Any) -> None:
    name = drafted(ada, a_name())
    told(ada.http.post(f"{OURS}/plugins/{name}/versions/1.0.0/values", json=body), 400)


# -- wires -------------------------------------------------------------------------------------------------------------------


def test_a_wire_tells_whether_it_fits(ada: Person) -> None:
    name = drafted(ada, a_name(), **LISTED)

    def fit(output: str, input: str, status: int = 200) -> Any:  # noqa: A002  as it is spelled
        ends = {"output": {"plugin_name": name, "name": output}, "input": {"plugin_name": name, "name": input}}
        return told(ada.http.post(f"{OURS}/contracts/fit", json=ends), status)

    assert fit("problem", "MINUTES")["fit"] == "sometimes"
    assert fit("problem", "MODE")["fit"] == "never"
    assert fit("problem", "KEY")["fit"] == "never"
    for output, taken, field in (("nope", "MODE", "output.name"), ("problem", "nope", "input.name")):
        refusal = fit(output, taken, 404)
        assert refusal["error_code"] == NO_PART
        assert refusal["error_msg"].startswith(f"{field}: ")


# -- files for everybody -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "holds"),
    [("conditions.js", "text/javascript", "plugportConditions"), ("meta-schema", "application/schema+json", '"$defs"')],
)
def test_a_published_file_is_for_everybody_and_is_asked_for_anew(
    http: httpx.Client, path: str, kind: str, holds: str
) -> None:
    answer = http.get(f"{OURS}/contracts/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert holds in answer.text
    again = http.get(f"{OURS}/contracts/{path}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    other = http.get(f"{OURS}/contracts/{path}", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200
