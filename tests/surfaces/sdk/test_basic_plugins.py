"""`extension/*` and what pipelines read of a basic plug-in, through the official SDK."""

import hashlib
import json
from typing import Any

from huaweicloudsdkcodeartspipeline.v2 import (
    AgentPluginInfoQueryDTO,
    CreateBasicPluginRequest,
    DeleteBasicPluginRequest,
    ListModulesDetailRequest,
    ListPluginsRequest,
    PluginBasicDTO,
    PluginPartQueryDTO,
    ShowBasicPluginRequest,
    ShowPluginInputsRequest,
    ShowPluginMetricsRequest,
    ShowPluginOutputsRequest,
    UpdateBasicPluginRequest,
    UploadBasicPluginRequest,
    UploadBasicPluginRequestBody,
)

from tests.accounts import Account
from tests.builders import QUALITY_METRICS, SHELL_INPUT, a_name, a_package
from tests.program import Server
from tests.surfaces.sdk.clients import watched
from tests.surfaces.sdk.conftest import Form, Hand, done


def _rows(author: Hand, name: str) -> list[Any]:
    query = AgentPluginInfoQueryDTO(plugin_name=name)
    return list(author.sdk.list_plugins(ListPluginsRequest(domain_id=author.account, body=query)).data)


def _upload(author: Hand, name: str, package: bytes, form: Form) -> None:
    body = UploadBasicPluginRequestBody(upload_file=form(package, "package.zip"))
    asked = UploadBasicPluginRequest(domain_id=author.account, plugin_name=name, business_type="Test", body=body)
    done(author.sdk.upload_basic_plugin(asked))


def test_a_basic_plugin_is_announced_changed_and_deleted(author: Hand) -> None:
    name = a_name()
    body = PluginBasicDTO(plugin_name=name, display_name=name, business_type="Normal", plugin_composition_type="single")
    done(author.sdk.create_basic_plugin(CreateBasicPluginRequest(domain_id=author.account, body=body)))
    (row,) = _rows(author, name)
    assert (row.version, row.version_attribution, row.plugin_composition_type) == ("", "init", "single")

    body.display_name, body.description, body.is_private = "Renamed", "Said", 1
    done(author.sdk.update_basic_plugin(UpdateBasicPluginRequest(domain_id=author.account, body=body)))
    (row,) = _rows(author, name)
    assert (row.display_name, row.description) == ("Renamed", "Said")

    deleted = DeleteBasicPluginRequest(domain_id=author.account, plugin_name=name, type="all")
    done(author.sdk.delete_basic_plugin(deleted))
    assert _rows(author, name) == []


def test_an_uploaded_package_is_shown_as_its_manifest_says(author: Hand, form: Form) -> None:
    name, package = a_name(), b""
    package = a_package(name, "2.3.5")
    _upload(author, name, package, form)

    shown = author.sdk.show_basic_plugin(
        ShowBasicPluginRequest(domain_id=author.account, plugin_name=name, version="2.3.5")
    )

    assert (shown.type, shown.name, shown.category, shown.version) == ("Task", name, "Test", "2.3.5")
    assert (shown.friendly_name, shown.description) == (f"Friendly {name}", "Runs the compliance tests")
    assert shown.version_description == "Reads the report"
    (given,) = shown.inputs
    assert (given.name, given.type, given.required, given.default_value) == ("SHELL_PLUGIN", "input", True, "true")
    assert given.validation.to_dict() == SHELL_INPUT["validation"]
    assert given.extend_prop.api_type is None
    (output,) = shown.outputs
    assert (output.name, output.type, output.description) == ("problem", "output", "Number of problems")
    assert (shown.execution.type, shown.execution.target) == ("Shell", "scripts/test.sh")
    assert shown.execution.sha256 == hashlib.sha256(package).hexdigest()
    assert shown.data_source_bindings == []


def test_a_version_of_a_basic_plugin_is_deleted(author: Hand, form: Form) -> None:
    name = a_name()
    _upload(author, name, a_package(name, "1.0.0"), form)
    _upload(author, name, a_package(name, "1.1.0"), form)

    deleted = DeleteBasicPluginRequest(domain_id=author.account, plugin_name=name, type="version", version="1.1.0")
    done(author.sdk.delete_basic_plugin(deleted))

    (row,) = _rows(author, name)
    assert row.version == "1.0.0"


def test_inputs_outputs_and_metrics_are_read_in_the_order_asked(author: Hand, form: Form) -> None:
    name, missing = a_name(), a_name("missing")
    _upload(author, name, a_package(name), form)
    asked = [
        PluginPartQueryDTO(plugin_name=missing, display_name="Missing"),
        PluginPartQueryDTO(plugin_name=name, display_name="As asked", version="1.0.0", plugin_attribution="custom"),
    ]

    inputs = author.sdk.show_plugin_inputs(ShowPluginInputsRequest(domain_id=author.account, body=asked)).body
    outputs = author.sdk.show_plugin_outputs(ShowPluginOutputsRequest(domain_id=author.account, body=asked)).body
    metrics = author.sdk.show_plugin_metrics(ShowPluginMetricsRequest(domain_id=author.account, body=asked)).body

    for answer in (inputs, outputs, metrics):
        assert [(each.plugin_name, each.display_name) for each in answer] == [(missing, "Missing"), (name, "As asked")]
        assert answer[0].data == []
    (given,) = inputs[1].data
    assert (given.name, given.label, given.required, given.workspace_id) == (
        "SHELL_PLUGIN", "Command", "true", author.account,
    )  # fmt: skip
    assert given.validation.max_length == 80
    (output,) = outputs[1].data
    assert (output.output_key, output.version) == ("problem", "1.0.0")
    (metric,) = metrics[1].data
    assert metric.output_key == "SYSTEM_METRICS_UNIQUE_KEY"
    assert json.loads(metric.output_value) == [QUALITY_METRICS]


def test_plugins_are_modules_of_extension_points(author: Hand, form: Form) -> None:
    name = a_name()
    _upload(author, name, a_package(name), form)

    found = author.sdk.list_modules_detail(
        ListModulesDetailRequest(name=name, locations=["pipeline", "nowhere"], offset=0, limit=10)
    )

    assert (found.status, found.error) == ("success", None)
    assert (found.result["nowhere"].total, found.result["nowhere"].data) == (0, [])
    assert found.result["pipeline"].total == 1
    (module,) = found.result["pipeline"].data
    assert (module.name, module.version, module.location, module.type) == (name, "1.0.0", "pipeline", "single")
    assert isinstance(module.id, int)
    assert module.properties.name == f"Friendly {name}"
    (parameter,) = module.properties.parameters
    assert (parameter.name, parameter.label, parameter.validation.is_required) == ("SHELL_PLUGIN", "Command", True)


def test_an_upload_is_signed_without_its_bytes(server: Server, account: Account, form: Form) -> None:
    seen: list[Any] = []
    member = account.user("author")
    author, name = Hand(watched(server.url, member, seen), member), a_name()

    _upload(author, name, a_package(name), form)

    (sent,) = seen
    assert sent.header_params["X-Sdk-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    assert sent.header_params["Authorization"].startswith("SDK-HMAC-SHA256 ")
    (row,) = _rows(author, name)
    assert row.version == "1.0.0"
