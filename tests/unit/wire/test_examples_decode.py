"""Every example of the contract fits our Structs, every field of it has its place there, and what we send keeps it."""

from typing import Any, Literal

import msgspec
import pytest

from schemas.wire import agent_plugin_v1, extension_v3, identity_v3, modules_v2, publisher_v1, relation_v1
from schemas.wire.plugin_shapes import PluginInfoRequest
from tests.surfaces.contract.facts import Operation, Spec, extras, operations, violations

REQUESTS: dict[str, Any] = {
    "create_plugin_version": agent_plugin_v1.VersionRequest,
    "create_plugin_draft": agent_plugin_v1.VersionRequest,
    "update_plugin_draft": agent_plugin_v1.VersionRequest,
    "publish_plugin_draft": agent_plugin_v1.DraftRequest,
    "update_plugin_base_info": PluginInfoRequest,
    "publish_plugin": agent_plugin_v1.PublishRequest,
    "publish_plugin_bind": agent_plugin_v1.PublishRequest,
    "list_plugins": agent_plugin_v1.PluginQuery,
    "show_plugin_metrics": agent_plugin_v1.PluginParts,
    "show_plugin_inputs": agent_plugin_v1.PluginParts,
    "show_plugin_outputs": agent_plugin_v1.PluginParts,
    "create_publisher": publisher_v1.PublisherRequest,
    "show_publisher": publisher_v1.PublisherIds,
    "list_stage_plugins": relation_v1.StagePluginsQuery,
    "list_base_plugins_new_post": relation_v1.CategoryPluginsQuery,
    "create_basic_plugin": PluginInfoRequest,
    "update_basic_plugin": PluginInfoRequest,
    "create_token": identity_v3.TokenRequest,
}
RESPONSES: dict[str, Any] = {
    "list_publisher": publisher_v1.PublisherPage,
    "list_available_publisher": list[publisher_v1.PublisherRow],
    "show_publisher": publisher_v1.PublisherDetails,
    "list_stage_plugins": relation_v1.StagePlugins,
    "list_base_plugins": relation_v1.BasePluginPage,
    "list_base_plugins_new_post": relation_v1.PluginCategoryPage,
    "list_plugins": agent_plugin_v1.PluginPage,
    "list_p_lugin_version": agent_plugin_v1.PluginPage,
    "show_plugin_metrics": list[agent_plugin_v1.PluginOutputs],
    "show_plugin_inputs": list[agent_plugin_v1.PluginInputs],
    "show_plugin_outputs": list[agent_plugin_v1.PluginOutputs],
    "show_plugin_version": agent_plugin_v1.VersionDetail,
    "list_plugin_version_number": agent_plugin_v1.VersionNumberPage,
    "show_basic_plugin": extension_v3.ExtensionDetail,
    "list_modules_detail": modules_v2.ModulesAnswer,
    "create_token": identity_v3.TokenAnswer,
    "list_projects": identity_v3.ProjectList,
    "list_auth_projects": identity_v3.ProjectList,
    "list_auth_domains": identity_v3.DomainList,
}
FREE_FORM: dict[str, Any] = {
    "inner_execution_info": agent_plugin_v1.InnerExecutionInfo,
    "plugin_execution": agent_plugin_v1.PluginExecution,
}
"""What is known of the objects that travel whole."""

BARE: dict[str, Any] = {"boolean": Literal[True], "string": str, "array": list[str]}
EXAMPLE_BREAKS_OFF = "create_token"

ALL = [*operations().values(), *operations("iam_token").values()]


def places_missing(spec: Spec, type_: msgspec.inspect.Type, path: str = "$") -> list[str]:
    """Where the contract names a field that our type has no place for."""
    if isinstance(type_, msgspec.inspect.Metadata):
        return places_missing(spec, type_.type, path)
    if isinstance(type_, msgspec.inspect.UnionType):
        # whichever choice has parts must have the places; a plain text or null has none
        parted = msgspec.inspect.StructType | msgspec.inspect.ListType | msgspec.inspect.DictType
        inner = [each for each in type_.types if isinstance(each, parted)]
        return [found for each in inner for found in places_missing(spec, each, path)]
    if "fields" in spec:
        free_form = FREE_FORM.get(path.rpartition(".")[2])
        struct = msgspec.inspect.type_info(free_form) if free_form else type_
        if not isinstance(struct, msgspec.inspect.StructType):
            return [f"{path}: no Struct"]
        places = {field.encode_name: field.type for field in struct.fields}
        found = []
        for field in spec["fields"]:
            where = f"{path}.{field['name']}"
            if field["name"] in places:
                found += places_missing(field, places[field["name"]], where)
            else:
                found.append(where)
        return found
    if "items" in spec and isinstance(type_, msgspec.inspect.ListType):
        return places_missing(spec["items"], type_.item_type, f"{path}[]")
    if "values" in spec and isinstance(type_, msgspec.inspect.DictType):
        return places_missing(spec["values"], type_.value_type, f"{path}{{}}")
    return []


def by_id(operation: Operation) -> str:
    return operation.id


@pytest.mark.parametrize("operation", [each for each in ALL if each.body is not None], ids=by_id)
def test_every_example_request_fits_its_struct(operation: Operation) -> None:
    assert operation.example_request is not None
    body = operation.example_request.get("body", {})
    msgspec.json.decode(msgspec.json.encode(body), type=REQUESTS[operation.id], strict=True)


@pytest.mark.parametrize("operation", [each for each in ALL if each.body is not None], ids=by_id)
def test_every_field_of_a_request_has_its_place(operation: Operation) -> None:
    assert operation.body is not None
    assert places_missing(operation.body, msgspec.inspect.type_info(REQUESTS[operation.id])) == []


@pytest.mark.parametrize("operation", [each for each in ALL if each.id in RESPONSES], ids=by_id)
def test_every_field_of_an_answer_has_its_place(operation: Operation) -> None:
    assert places_missing(operation.response, msgspec.inspect.type_info(RESPONSES[operation.id])) == []


def test_every_operation_without_an_answer_struct_answers_a_bare_value() -> None:
    assert {each.response["type"] for each in ALL if each.id not in RESPONSES} == {"boolean", "string"}


@pytest.mark.parametrize(
    "operation", [each for each in ALL if each.example_response and each.id != EXAMPLE_BREAKS_OFF], ids=by_id
)
def test_an_example_answer_fits_its_struct_and_what_we_send_keeps_the_contract(operation: Operation) -> None:
    assert operation.example_response is not None
    spec = operation.response_other or operation.response
    struct = RESPONSES[operation.id] if spec["type"] == "object" else RESPONSES.get(operation.id, BARE[spec["type"]])
    if operation.response_other is not None:
        struct = BARE[spec["type"]]
    shown = operation.example_response["body"]
    sent = msgspec.json.decode(msgspec.json.encode(msgspec.json.decode(msgspec.json.encode(shown), type=struct)))
    assert violations(sent, spec) == []
    assert extras(sent, spec) == []
