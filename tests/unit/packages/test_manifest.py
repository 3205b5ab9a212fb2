"""What a manifest may say, and how a wrong one is refused."""

import json
from typing import Any

import msgspec
import pytest

from app.registry.packages.manifest import read_manifest
from schemas.errors import ManifestRefused, PackageRefused
from schemas.model.packages import (
    DataSourceBinding,
    Execution,
    ExtendProp,
    InputDefinition,
    Manifest,
    MetricGroup,
    MetricProperty,
    OutputDefinition,
    Validation,
)
from tests.unit.packages.zip_builder import File, opened, pack, package

SMALLEST = """\
manifest_version: "3"
type: Task
name: basic-cts
friendly_name: Basic CTS
category: Test
version: 2.3.5
execution: {type: Shell, target: scripts/test.sh}
"""

FULL = """\
manifest_version: "3"
type: Task
name: basic-CTS                # any case
friendly_name: Basic plug-in - CTS2
category: Test
version: 2.3.5-rc.1+build.7
version_description: Reads the report
description: |
  Runs the compliance tests
inputs:
  - {name: SHELL_PLUGIN, type: input, label: Command, description: What to run, default_value: "", required: true,
     validation: {regex: "^[a-z ]+$", regex_message: small letters, required_message: needed, min_length: 1, max_length: 80},
     extend_prop: {options: null, visible_conditions: null, disabled_conditions: ~, api_type: null, api_options: }}
  - name: second
    type: shell
    layout_content: "{}"
    front_data_prop: null
outputs:
  - {name: problem, type: output, description: Number of problems, prop: {unit: pieces}}
metrics:
  - {group_name: Quality, properties: [{key: cts.pass_ratio, value: "0", desc: Share of passed cases}]}
data_source_bindings:
  - {target: SHELL_PLUGIN, endpointId: 2df0e830, data_source_name: reports}
execution: {type: Shell, target: scripts/test.sh}
"""


def read(text: str | bytes, name: str = "plugin.yaml") -> Manifest:
    return read_manifest(package(text.encode() if isinstance(text, str) else text, name))


def read_json(**changes: Any) -> Manifest:
    """The smallest manifest as JSON, with fields changed; None takes a field out."""
    document: dict[str, Any] = {
        "manifest_version": "3",
        "type": "Task",
        "name": "basic-cts",
        "friendly_name": "Basic CTS",
        "category": "Test",
        "version": "2.3.5",
        "execution": {"type": "Shell", "target": "scripts/test.sh"},
    }
    document = {name: value for name, value in (document | changes).items() if value is not None}
    return read(json.dumps(document), "plugin.json")


def refused(problem: str, text: str | bytes, name: str = "plugin.yaml") -> None:
    with pytest.raises(ManifestRefused) as caught:
        read(text, name)
    assert caught.value.facts["manifest"] == name
    assert problem in str(caught.value.facts["problem"])
    assert len(str(caught.value)) < 600
    str(caught.value).encode()


def refused_json(problem: str, **changes: Any) -> None:
    with pytest.raises(ManifestRefused) as caught:
        read_json(**changes)
    assert problem in str(caught.value.facts["problem"])


# --- what is taken ------------------------------------------------------------------------------------------------


def test_a_full_manifest_keeps_every_field() -> None:
    assert read(FULL) == Manifest(
        manifest_version="3",
        type="Task",
        name="basic-CTS",
        friendly_name="Basic plug-in - CTS2",
        category="Test",
        version="2.3.5-rc.1+build.7",
        version_description="Reads the report",
        description="Runs the compliance tests\n",
        inputs=[
            InputDefinition(
                name="SHELL_PLUGIN",
                type="input",
                label="Command",
                description="What to run",
                default_value="",
                required=True,
                validation=Validation(
                    regex="^[a-z ]+$",
                    regex_message="small letters",
                    required_message="needed",
                    min_length=1,
                    max_length=80,
                ),
                extend_prop=ExtendProp(),
            ),
            InputDefinition(name="second", type="shell", layout_content="{}"),
        ],
        outputs=[
            OutputDefinition(name="problem", type="output", description="Number of problems", prop={"unit": "pieces"})
        ],
        metrics=[
            MetricGroup(
                group_name="Quality",
                properties=[MetricProperty(key="cts.pass_ratio", value="0", desc="Share of passed cases")],
            )
        ],
        data_source_bindings=[
            DataSourceBinding(target="SHELL_PLUGIN", endpoint_id="2df0e830", data_source_name="reports")
        ],
        execution=Execution(type="Shell", target="scripts/test.sh"),
    )


def test_json_says_the_same_as_yaml() -> None:
    document = msgspec.json.encode(read(FULL))
    assert read(document, "plugin.json") == read(FULL)


def test_the_smallest_manifest_has_no_inputs_outputs_or_metrics() -> None:
    smallest = read(SMALLEST)
    assert (smallest.inputs, smallest.outputs, smallest.metrics, smallest.description) == ([], [], [], "")
    assert smallest == read_json()


def test_a_byte_order_mark_and_windows_line_ends_pass() -> None:
    assert read(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode()) == read(SMALLEST)
    assert read("---\n" + SMALLEST + "...\n") == read(SMALLEST)


def test_chinese_texts_pass() -> None:
    assert read_json(friendly_name="基础插件 v1.0", description="说明").friendly_name == "基础插件 v1.0"


@pytest.mark.parametrize("version", ["0.0.0", "1.4.0", "10.20.30-alpha.1", "1.0.0+20240101", "999.0.0--x"])
def test_every_semver_number_is_taken(version: str) -> None:
    assert read(SMALLEST.replace("2.3.5", version)).version == version


def test_unquoted_yaml_keeps_the_text_that_was_written() -> None:
    inputs = (
        "inputs: [{name: a, type: input, default_value: 1.10}, {name: c, type: input, default_value: 2024-01-01}]\n"
    )
    words = "outputs: [{name: no, description: yes}, {name: 0x10, description: 1e3}]\n"
    manifest = read(SMALLEST + inputs + words)
    assert [each.default_value for each in manifest.inputs] == ["1.10", "2024-01-01"]
    assert [(each.name, each.description) for each in manifest.outputs] == [("no", "yes"), ("0x10", "1e3")]


# --- where it lies ------------------------------------------------------------------------------------------------


def test_a_package_without_a_manifest_is_refused() -> None:
    with pytest.raises(ManifestRefused, match=r"plugin.yaml or plugin.json .* none at the root"):
        read_manifest(package(None))


def test_a_manifest_in_a_directory_is_pointed_out() -> None:
    with pytest.raises(ManifestRefused, match=r"there is only basic-cts/plugin.yaml"):
        read_manifest(opened(pack(File("basic-cts/plugin.yaml"))))


def test_two_manifests_are_refused() -> None:
    with pytest.raises(ManifestRefused, match="beside another one"):
        read_manifest(opened(pack(File("plugin.yaml"), File("plugin.json"))))


def test_a_manifest_that_is_too_large_is_refused() -> None:
    with pytest.raises(PackageRefused, match=r"plugin.yaml: it has \d+ bytes where at most 262144"):
        read(SMALLEST + "#" * 256 * 1024)


# --- YAML ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("# nothing\n", "empty"),
        ("a: 1\n---\nb: 2\n", "more than one document"),
        ("a: &x 1\nb: *x\n", "line 1: anchors"),
        ("a: 1\nb: *x\n", "line 2: anchors"),
        ("a: &x [1]\n", "anchors"),
        ("&x a: 1\n", "anchors"),
        ("a: !!python/object/apply:os.system [id]\n", "tags"),
        ("a: !!str 1\n", "tags"),
        ("a: ! 1\n", "tags"),
        ("!!map {a: 1}\n", "tags"),
        ("a: 1\nb: 2\na: 3\n", 'line 3: the key "a" stands twice'),
        ("a: {b: 1, 'b': 2}\n", 'the key "b" stands twice'),
        ("? [a]\n: 1\n", "a key must be text"),
        ("a: [1\n", "line 2"),
        ("a: b: c\n", "line 1"),
        ("\ta: 1\n", "line 1"),
        ("a: \0\n", "character 3"),
        ('a: "\\0"\n', "/a: NUL"),
        ('a: ["\\ud800"]\n', "/a/0: NUL and lone surrogates"),
        ('a: "\\Uffffffff"\n', "names no character"),
        ("%YAML 2.0\n---\na: 1\n", "line 1"),
        ("[" * 5000, "deeper than 16"),
        ("{a: " * 5000, "deeper than 16"),
        ("- " * 5000, "deeper than 16"),
        ("? " * 5000, "deeper than 16"),
        ("[" + "a," * 30_000 + "]", "more than 20000 values"),
    ],
)
def test_yaml_beyond_plain_mappings_lists_and_text_is_refused(text: str, problem: str) -> None:
    refused(problem, text)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    refused("byte 5 is not UTF-8", b"name:\xff")
    refused("is not UTF-8", SMALLEST.encode("utf-16"))
    refused("is not UTF-8", b'{"a": "\xed\xa0\x80"}', "plugin.json")


# --- JSON ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1, column 1"),
        ("{", "line 1, column 2"),
        ("{}{}", "Extra data"),
        ('{"a": 1, "a": 2}', 'the key "a" stands twice'),
        ('{"a": {"\\ud800": 1, "\\ud800": 2}}', "stands twice"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": -Infinity}', "-Infinity is no JSON number"),
        ('{"a": ' + "9" * 5000 + "}", "too many digits"),
        ('{"a": "\\u0000"}', "/a: NUL"),
        ('{"a": "\\ud800"}', "lone surrogates"),
        ('{"\\udfff": 1}', "lone surrogates"),
        ("[" * 5000, "deeper than 16"),
        ('{"a":' * 5000, "deeper than 16"),
        ("{'a': 1}", "line 1"),
        ("[]", "a mapping is needed, not a list"),
        ("null", "a mapping is needed, not null"),
        ('"text"', "a mapping is needed, not text"),
    ],
)
def test_json_that_is_not_one_plain_object_is_refused(text: str, problem: str) -> None:
    refused(problem, text, "plugin.json")


def test_brackets_in_json_text_are_no_depth() -> None:
    assert read_json(description="[{" * 900 + '\\"').description.startswith("[{")


# --- fields -------------------------------------------------------------------------------------------------------

TWO_OF_A_KIND = [{"name": "a", "type": "input"}, {"name": "a", "type": "shell"}]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"name": None}, "at its top level name is missing"),
        ({"execution": None}, "execution is missing"),
        ({"naem": "x"}, 'there is no field "naem"'),
        ({"name": ""}, "/name:"),
        ({"name": "a b"}, "/name:"),
        ({"name": "a\n"}, "/name:"),
        ({"name": "a" * 51}, "/name:"),
        ({"name": 5}, "/name: text is needed, not a whole number"),
        ({"friendly_name": "<b>"}, "/friendly_name:"),
        ({"friendly_name": "a" * 51}, "/friendly_name:"),
        ({"category": "test"}, "/category: only Build, Gate, Deploy, Test, Normal"),
        ({"category": ["Test"]}, "/category:"),
        ({"manifest_version": 3}, '/manifest_version: only the text "3" is taken; put it in quotes: "3"'),
        ({"type": "Step"}, '/type: only the text "Task"'),
        ({"version": 2}, '/version: text is needed, not a whole number; put it in quotes: "2"'),
        ({"version": 1.5}, '/version: text is needed, not a number with a fraction; put it in quotes: "1.5"'),
        ({"version": "1.10"}, "/version:"),
        ({"version": "01.2.3"}, "/version: 01.2.3 is no SemVer 2"),
        ({"version": "v1.2.3"}, "/version: v1.2.3 is no SemVer 2"),
        ({"version": "1.2.\u0663"}, "/version:"),
        ({"version": "1.2.3\n"}, "/version:"),
        ({"version": "1.2.3-" + "a" * 128}, "/version:"),
        ({"description": "x" * 2001}, "/description: it has 2001 characters, and the limit is 2000"),
        ({"description": ["x"]}, "/description: text is needed, not a list"),
        ({"inputs": {}}, "/inputs: a list is needed, not a mapping"),
        ({"inputs": [{"name": f"i{n}", "type": "x"} for n in range(201)]}, "/inputs: it has 201 members"),
        ({"inputs": [{"name": "a"}]}, "/inputs/0: type is missing"),
        ({"inputs": [{"name": "a b", "type": "x"}]}, "/inputs/0/name:"),
        ({"inputs": [{"name": "a", "type": "x", "required": "true"}]}, "/inputs/0/required: true or false is needed"),
        ({"inputs": [{"name": "a", "type": "x", "default_value": 5}]}, 'put it in quotes: "5"'),
        ({"inputs": [{"name": "a", "type": "x", "default_value": True}]}, 'put it in quotes: "true"'),
        ({"inputs": [{"name": "a", "type": "x", "sha": ""}]}, '/inputs/0: there is no field "sha"'),
        ({"inputs": [{"name": "a", "type": "x", "validation": {"max_length": -1}}]}, "/inputs/0/validation/max_length"),
        ({"inputs": [{"name": "a", "type": "x", "validation": {"max_length": 10**14}}]}, "out of bounds"),
        ({"inputs": [{"name": "a", "type": "x", "validation": {"max_length": 1.5}}]}, "a whole number or null"),
        (
            {"inputs": [{"name": "a", "type": "input", "validation": {"min_length": 2, "max_length": 1}}]},
            "is above max",
        ),
        ({"inputs": [{"name": "a", "type": "x"}]}, "/inputs/0/type: There is no type x"),
        (
            {"inputs": [{"name": "a", "type": "input", "validation": {"regex": "(?=a)"}}]},
            "/inputs/0/validation/regex: RE2",
        ),
        ({"inputs": [{"name": "a", "type": "password", "default_value": "b"}]}, "/inputs/0/default_value: A secret"),
        ({"inputs": [{"name": "a", "type": "input"}], "input_schema": {"type": "object"}}, "/input_schema: inputs are"),
        (
            {"input_schema": {"properties": {"a": {"$ref": "http://x/y"}}}},
            "/input_schema/properties/a/$ref: Nothing is",
        ),
        ({"inputs": [{"name": "a", "type": "x", "extend_prop": {"options": ["a"]}}]}, "text or null is needed"),
        ({"inputs": TWO_OF_A_KIND}, "/inputs: the name a stands twice"),
        ({"outputs": TWO_OF_A_KIND}, "/outputs: the name a stands twice"),
        ({"outputs": [{"name": "a", "prop": {"b": 1}}]}, "/outputs/0/prop/b: text is needed"),
        ({"outputs": [{"name": "a", "prop": {"b c": "1"}}]}, "does not match"),
        ({"outputs": [{"name": "a", "prop": {f"k{n}": "" for n in range(51)}}]}, "51 members"),
        ({"metrics": [{"group_name": "g", "properties": []}]}, "/metrics/0/properties: it has 0 members"),
        ({"metrics": [{"group_name": "", "properties": [{"key": "a"}]}]}, "/metrics/0/group_name: it has 0 characters"),
        (
            {"metrics": [{"group_name": name, "properties": [{"key": "a"}]} for name in "gh"]},
            "/metrics: the key a stands twice",
        ),
        ({"execution": {"type": "Ruby", "target": "scripts/test.sh"}}, "/execution/type: only Shell, Nodejs"),
        ({"execution": {"type": "Shell"}}, "/execution: target is missing"),
        ({"execution": {"type": "Shell", "target": "scripts/none.sh"}}, "/execution/target:"),
        ({"execution": {"type": "Shell", "target": "./scripts/test.sh"}}, "/execution/target:"),
        ({"execution": {"type": "Shell", "target": "../../etc/passwd"}}, "/execution/target:"),
        ({"execution": {"type": "Shell", "target": "/bin/sh"}}, "/execution/target:"),
        ({"data_source_bindings": [{"target": "a"}]}, "/data_source_bindings/0: endpointId is missing"),
    ],
)
def test_wrong_fields_are_refused_by_name(changes: dict[str, Any], problem: str) -> None:
    refused_json(problem, **changes)


def test_the_target_is_a_file_and_not_a_directory() -> None:
    archive = opened(
        pack(
            File("scripts/", b"", attributes=0),
            File("plugin.yaml", SMALLEST.replace("scripts/test.sh", "scripts/").encode()),
        )
    )
    with pytest.raises(ManifestRefused, match=r"/execution/target: \"scripts/\" is not a file"):
        read_manifest(archive)


def test_a_pattern_of_an_input_is_run_in_linear_time() -> None:
    slow = {"name": "a", "type": "input", "default_value": "a" * 100 + "!", "validation": {"regex": "^(a+)+$"}}
    refused_json("/inputs/0/default_value", inputs=[slow])  # after hours, were it tried back and forth
    slow["default_value"] = "a" * 100
    assert read_json(inputs=[slow]).inputs[0].validation == Validation(regex="^(a+)+$")


def test_a_whole_number_is_written_without_a_fraction() -> None:
    refused_json(
        "inputs[0].validation.max_length", inputs=[{"name": "a", "type": "x", "validation": {"max_length": 5.0}}]
    )
