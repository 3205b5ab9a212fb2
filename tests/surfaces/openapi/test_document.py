"""The OpenAPI document: complete, true to itself, and changed only on purpose."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import msgspec
import pytest

from app.api.docs.__main__ import published
from app.api.docs.document import TAGS
from app.api.docs.refusals import REFUSALS
from app.registry.access.permissions import PERMISSIONS
from tests.surfaces.contract.facts import operations as contract_operations

SNAPSHOT = Path(__file__).parents[3] / "schemas/published/openapi.json"
PUBLIC = {"healthz", "readyz", "metrics", "list_versions", "show_version", "create_token"}
PUBLIC |= {"show_conditions_script", "show_contract_meta_schema", "show_contract_page"}
FILES = {
    "image/*",
    "application/zip",
    "application/vsix",
    "application/jsonl",
    "text/html",
    "text/javascript",
    "application/schema+json",
}
HEADS = {
    "check_token",
    "check_package",
    "check_package_by_digest",
    "check_extension",
}  # allowed as what they are the head of; no bodies

DOCUMENT: dict[str, Any] = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation for item in DOCUMENT["paths"].values() for operation in item.values()
}


def test_the_document_changes_only_on_purpose() -> None:
    assert SNAPSHOT.read_text(encoding="utf-8") == published(), (
        "schemas/published/openapi.json is a promise to clients. If the change is meant, run `make openapi` and commit it."
    )


def test_the_server_answers_the_published_document(http: httpx.Client) -> None:
    answer = http.get("/schema/openapi.json")

    assert answer.status_code == 200
    assert {**answer.json(), "servers": []} == {**DOCUMENT, "servers": []}


def test_the_document_is_served_as_yaml_too(http: httpx.Client) -> None:
    answer = http.get("/schema/openapi.yaml")

    assert answer.status_code == 200
    assert msgspec.yaml.decode(answer.content)["paths"] == DOCUMENT["paths"]


def test_every_operation_of_the_contract_is_described_at_its_place() -> None:
    assert len(contract_operations()) == 31
    assert len(contract_operations("ide_marketplace")) == 18
    assert len(contract_operations("rules_policies")) == 21
    for id, wanted in (contract_operations() | contract_operations("rules_policies")).items():
        assert DOCUMENT["paths"][wanted.path][wanted.method.lower()]["operationId"] == id
    for id, wanted in contract_operations("ide_marketplace").items():
        named = "list_my_publishers" if id == "list_publisher" else id  # the contract has two of that name
        assert DOCUMENT["paths"][wanted.path][wanted.method.lower()]["operationId"] == named


def test_every_operation_has_a_row_of_permissions_or_is_public() -> None:
    assert {id for id, operation in OPERATIONS.items() if operation.get("security") == []} == PUBLIC
    assert OPERATIONS.keys() - PUBLIC - HEADS <= PERMISSIONS.keys()


def test_the_table_of_refusals_knows_every_operation_and_no_other() -> None:
    assert REFUSALS.keys() == OPERATIONS.keys()


@pytest.mark.parametrize("id", OPERATIONS)
def test_every_operation_is_told_in_words_and_filed_under_a_known_tag(id: str) -> None:
    operation = OPERATIONS[id]

    assert operation["summary"]
    assert not operation["summary"].endswith(".")
    assert operation["description"].endswith(".")
    assert set(operation["tags"]) <= TAGS.keys()
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]


@pytest.mark.parametrize("id", OPERATIONS)
def test_every_operation_shows_what_is_sent_and_what_is_answered(id: str) -> None:
    operation = OPERATIONS[id]

    sent = operation.get("requestBody", {}).get("content", {})
    if "application/json" in sent and operation["requestBody"]["required"]:
        assert "example" in sent["application/json"]
    if len(sent.get("multipart/form-data", {"schema": {"properties": {}}})["schema"]["properties"]) > 1:
        assert "example" in sent["multipart/form-data"]
    answered = operation["responses"][min(operation["responses"])].get("content", {})
    for media_type, content in answered.items():
        assert media_type in FILES or "example" in content


@pytest.mark.parametrize("id", OPERATIONS)
def test_every_example_is_of_the_type_it_is_an_example_of(id: str) -> None:
    for content in _contents(OPERATIONS[id]):
        shown = [content["example"]] if "example" in content else []
        shown += [each["value"] for each in content.get("examples", {}).values()]
        for example in shown:
            _validator(content["schema"]).validate(example)
    for parameter in OPERATIONS[id].get("parameters", []):
        if "example" in parameter:
            _validator(parameter["schema"]).validate(parameter["example"])


@pytest.mark.parametrize("id", OPERATIONS)
def test_every_refusal_has_an_envelope_with_a_code_and_a_sentence(id: str) -> None:
    for status, response in OPERATIONS[id]["responses"].items():
        if int(status) < 400 or id in {*HEADS, "readyz"}:
            continue
        content = _followed(response)["content"]["application/json"]
        schema = _followed(content["schema"])
        assert {"error_code", "error_msg"} <= set(schema["required"])
        for code, example in content["examples"].items():
            assert example["value"]["error_code"] == code


def test_an_upload_is_described_as_a_form_with_a_file() -> None:
    for id in ("upload_basic_plugin", "upload_plugin_icon", "upload_publisher_icon"):
        body = OPERATIONS[id]["requestBody"]
        form = body["content"]["multipart/form-data"]["schema"]
        assert body["required"]
        assert form["required"] == ["upload_file"]
        assert form["properties"]["upload_file"]["format"] == "binary"


def test_a_chunk_is_described_as_a_form_of_texts_before_the_file_or_as_bare_bytes() -> None:
    form = OPERATIONS["upload_file_publisher"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert list(form["properties"])[-1] == form["required"][-1] == "file"
    assert form["properties"]["chunk_index"]["maximum"] == 100
    assert {"task_id", "publisher_id", "parent_file_sha256"} == form["properties"].keys() - set(form["required"])
    raw = OPERATIONS["add_chunk"]["requestBody"]
    assert raw["required"]
    assert raw["content"]["application/octet-stream"]["schema"]["format"] == "binary"


def test_a_body_that_may_be_absent_is_not_called_required() -> None:
    optional = {id for id, each in OPERATIONS.items() if not each.get("requestBody", {"required": True})["required"]}

    assert optional == {"list_plugins", "list_stage_plugins", "list_base_plugins_new_post"}


def test_answers_tell_their_headers() -> None:
    for id, name in [
        ("create_token", "X-Subject-Token"),
        ("list_plugins", "X-Plugport-Total-Capped"),
        ("list_base_plugins_new_post", "X-Plugport-Total-Capped"),
        ("list_stage_plugins", "X-Plugport-Cut"),
        ("show_icon", "ETag"),
    ]:
        assert name in OPERATIONS[id]["responses"][min(OPERATIONS[id]["responses"])]["headers"]
    for operation in OPERATIONS.values():
        for response in operation["responses"].values():
            assert "X-Request-Id" in _followed(response)["headers"]


def test_each_answer_of_a_download_tells_the_headers_that_it_has() -> None:
    for id in ("download_package", "download_package_by_digest"):
        answers = {
            status: set(each["headers"]) for status, each in OPERATIONS[id]["responses"].items() if status < "400"
        }
        assert {status for status, names in answers.items() if "Content-Range" in names} == {"206"}
        assert {status for status, names in answers.items() if "Location" in names} == {"307"}
        assert {status for status, names in answers.items() if "Content-Length" in names} == {"200", "206"}
        assert all("Repr-Digest" in names for names in answers.values())


def _contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for response in operation["responses"].values():
        yield from _followed(response).get("content", {}).values()


def _followed(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = DOCUMENT
    for step in node["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


def _validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    """With the document's components at hand, so that references to them are found."""
    return jsonschema.Draft202012Validator({**schema, "components": DOCUMENT["components"]})
