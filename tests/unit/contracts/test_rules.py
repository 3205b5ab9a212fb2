"""What authors may write of inputs, outputs and metrics, in both forms."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry.contracts.checking import Checker
from app.registry.contracts.definitions import EXTENSION, escaped
from app.registry.contracts.rules import examine, require_contract, require_sane
from schemas.errors import ContractRefused
from schemas.model.contracts import Definition, InputType, Written
from schemas.model.packages import (
    Deprecation,
    ExtendProp,
    InputDefinition,
    MetricGroup,
    MetricProperty,
    OutputDefinition,
    Texts,
    Validation,
)
from schemas.model.plugins import PluginFacts, VersionContent, VersionSpec


def an_input(name: str = "A", type: str = "input", **said: Any) -> InputDefinition:
    return InputDefinition(name=name, type=type, **said)


def defined(*inputs: InputDefinition, **written: Any) -> Definition:
    return require_contract(Written(inputs=list(inputs), **written))


def schema_of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def refused(written: Written) -> list[tuple[str, str]]:
    definition, problems = examine(written)
    assert definition is None
    assert problems
    return [(each.pointer, each.problem) for each in problems]


# -- both forms ------------------------------------------------------------------------------------------------------------

OPTIONS = ExtendProp(options='["a", "b"]')
VALUES: dict[InputType, tuple[dict[str, Any], Any, Any]] = {
    InputType.TEXT: ({"default_value": "x"}, "text", 1),
    InputType.MULTI_LINE: ({}, "two\nlines", True),
    InputType.SHELL: ({"required": True}, "ls -l", ""),
    InputType.NUMBER: ({"default_value": "1.5", "validation": Validation(minimum=0)}, 2, -1),
    InputType.INTEGER: ({"default_value": "3"}, 4.0, 4.5),
    InputType.BOOLEAN: ({"default_value": "false"}, True, "true"),
    InputType.CHOICE: ({"default_value": "a", "extend_prop": OPTIONS}, "b", "c"),
    InputType.CHOICES: ({"default_value": '["a"]', "extend_prop": OPTIONS}, ["a", "b"], ["a", "a"]),
    InputType.SECRET: ({"required": True}, "hunter2", 1),
    InputType.FILE: ({}, "report.xml", None),
    InputType.KEY_VALUES: ({"default_value": '{"a": "b"}'}, {"k": "v"}, {"k": 1}),
    InputType.OBJECT: ({"value_schema": {"type": "object", "required": ["x"], "additionalProperties": False,
                                         "properties": {"x": {"type": "integer"}}}}, {"x": 1}, {"x": 1, "y": 2}),
}  # fmt: skip


@pytest.mark.parametrize("type_", InputType)
def test_every_type_takes_its_values_and_no_others_in_both_forms(type_: InputType) -> None:
    said, good, bad = VALUES[type_]
    listed = defined(an_input(type=type_.value, **said))
    schema = require_contract(Written(input_schema=listed.input_schema))
    assert schema.inputs[0].type is listed.inputs[0].type is type_
    for definition in (listed, schema):
        assert Checker(definition).judge({"A": good}).valid
        assert Checker(definition).judge({"A": bad}).errors[0].pointer.startswith("/A")


TEXTS = st.builds(Texts, zh=st.sampled_from(["", "标签"]), en=st.sampled_from(["", "label"]))
SHORT = st.sampled_from(["", "a", "a b", "<é>", '"']) | st.text("ab{}[]\\/~", max_size=5)
OPTIONAL = st.none() | SHORT


def _condition(name: str) -> st.SearchStrategy[str | None]:
    tests = [{"input": name, "equals": "x"}, {"not": {"input": name, "empty": True}}, {"all": []}]
    return st.sampled_from([None, "", *(json.dumps(each) for each in tests), json.dumps(tests[0], indent=1)])


@st.composite
def an_input_list(draw: st.DrawFn) -> list[InputDefinition]:
    count = draw(st.integers(1, 5))
    found = []
    for place in range(count):
        type_ = draw(st.sampled_from(InputType))
        text = type_ in (InputType.TEXT, InputType.MULTI_LINE, InputType.SHELL, InputType.FILE, InputType.SECRET)
        number = type_ in (InputType.NUMBER, InputType.INTEGER)
        validation = draw(st.none() | st.builds(
            Validation,
            required_message=OPTIONAL, regex_message=OPTIONAL,
            regex=st.sampled_from([None, "^[a-z]*$", "[0-9]"]) if text else st.none(),
            min_length=st.none() | st.integers(0, 3) if text else st.none(),
            max_length=st.none() | st.integers(3, 9) if text else st.none(),
            minimum=st.none() | st.integers(-3, 0) | st.just(-1.5) if number else st.none(),
            maximum=st.none() | st.integers(9, 12) if number else st.none(),
            required_messages=st.none() | TEXTS, regex_messages=st.none() | TEXTS,
        ))  # fmt: skip
        options = None
        if type_ in (InputType.CHOICE, InputType.CHOICES):
            options = draw(
                st.sampled_from(
                    ['["a","b"]', '[ "a" ]', '[{"value":"a","label":"A"}]', '[{"value": "b", "labels": {"zh": "乙"}}]']
                )
            )
        extend = draw(st.none() | st.builds(
            ExtendProp,
            options=st.just(options), api_type=OPTIONAL, api_options=OPTIONAL, show_placeholder=OPTIONAL,
            visible_conditions=_condition("OTHER"), disabled_conditions=_condition("OTHER"),
        ))  # fmt: skip
        if options and extend is None:
            extend = ExtendProp(options=options)
        default = "" if text or options else draw(st.sampled_from(["", *{
            InputType.NUMBER: ["1.50", "2", "1e0"], InputType.INTEGER: ["3", "3.0"], InputType.BOOLEAN: ["true"],
            InputType.KEY_VALUES: ['{"a":"b"}'], InputType.OBJECT: ["{}"],
        }.get(type_, [])]))  # fmt: skip
        found.append(InputDefinition(
            name=f"I/{place}~", type=draw(st.sampled_from([type_.value, type_.value.upper()])), label=draw(SHORT),
            description=draw(SHORT), default_value=default, required=draw(st.booleans()), validation=validation,
            layout_content=draw(OPTIONAL), extend_prop=extend, front_data_prop=draw(OPTIONAL),
            labels=draw(st.none() | TEXTS), helps=draw(st.none() | TEXTS), group=draw(OPTIONAL),
            order=draw(st.none() | st.integers(0, 9)),
            deprecated=draw(st.sampled_from([None, Deprecation(), Deprecation(replacement="OTHER", removal_version="2.0.0")])),
            aliases=draw(st.sampled_from([None, [], [f"alias{place}"]])),
        ))  # fmt: skip
    return [*found, InputDefinition(name="OTHER", type="input")]


@settings(deadline=None)
@given(an_input_list())
def test_nothing_of_a_list_is_lost_in_the_derived_schema(inputs: list[InputDefinition]) -> None:
    listed = defined(*inputs)
    schema = require_contract(Written(input_schema=json.loads(json.dumps(listed.input_schema))))
    assert schema.input_list == inputs
    if not any(each.rules.pattern for each in listed.inputs if each.type in (InputType.NUMBER, InputType.INTEGER)):
        assert listed.not_derived == []
    assert schema.not_derived == []


@settings(deadline=None)
@given(an_input_list(), st.dictionaries(
    st.sampled_from(["I/0~", "I/1~", "I/2~", "OTHER", "alias0", "unknown"]),
    st.sampled_from(["", "a", "x", "abcdefghijkl", 1, 2.5, True, None, ["a"], {"a": "b"}, {}]),
))  # fmt: skip
def test_both_forms_judge_alike(inputs: list[InputDefinition], values: dict[str, Any]) -> None:
    listed = Checker(defined(*inputs)).judge(values)
    schema = Checker(require_contract(Written(input_schema=defined(*inputs).input_schema))).judge(values)
    # An empty text is none in a form, and in JSON Schema it is a text: where conditions decide, the forms differ in that.
    empty = {f"/{escaped(each.name)}" for each in inputs if values.get(each.name) == ""}
    kept = [[(each.pointer, each.rule) for each in one.errors if each.pointer not in empty] for one in (listed, schema)]
    assert kept[0] == kept[1]
    assert listed.states == schema.states
    assert listed.values == schema.values


def test_what_the_list_cannot_say_is_named() -> None:
    schema = schema_of(a={"type": "string", "format": "uri"}, b={"oneOf": [{"type": "integer"}, {"type": "boolean"}]})
    found = require_contract(Written(input_schema={**schema, "minProperties": 1}))
    assert [each.pointer for each in found.not_derived] == [
        "/input_schema/properties/a/format",
        "/input_schema/minProperties",
    ]
    assert found.input_list[1].value_schema == schema["properties"]["b"]
    assert found.input_schema == {**schema, "minProperties": 1}
    assert not Checker(found).judge({}).valid


def test_what_json_schema_cannot_say_is_named() -> None:
    found = defined(an_input(type="number", validation=Validation(regex="^[0-9]$", regex_message="one digit")))
    assert [each.pointer for each in found.not_derived] == ["/inputs/0/validation/regex"]
    assert [each.message for each in Checker(found).judge({"A": 10}).errors] == ["one digit"]
    assert Checker(found).judge({"A": 9.0}).valid


def test_the_values_are_a_closed_object() -> None:
    for written in (Written(inputs=[an_input()]), Written(input_schema={"properties": {"A": {}}})):
        schema = require_contract(written).schema
        assert (schema["type"], schema["additionalProperties"]) == ("object", False)


def test_labels_and_helps_come_in_both_languages() -> None:
    [read] = defined(an_input(label="Time", labels=Texts(zh="时间"), description="How long")).inputs
    assert (read.labels, read.helps) == (Texts(zh="时间", en="Time"), Texts(zh="How long", en="How long"))


# -- what is refused, and where --------------------------------------------------------------------------------------------

ASKS_B = ExtendProp(visible_conditions='{"input": "B", "equals": 1}')


@pytest.mark.parametrize(
    ("inputs", "pointer"),
    [
        ([an_input(type="wheel")], "/inputs/0/type"),
        ([an_input(""), an_input("B")], "/inputs/0/name"),
        ([an_input(), an_input()], "/inputs/1/name"),
        ([an_input("B"), an_input(aliases=["B"])], "/inputs/1/aliases/0"),
        ([an_input(type="password", default_value="x")], "/inputs/0/default_value"),
        ([an_input(type="number", default_value="x")], "/inputs/0/default_value"),
        ([an_input(type="integer", default_value="1.5")], "/inputs/0/default_value"),
        ([an_input(type="number", default_value="NaN")], "/inputs/0/default_value"),
        ([an_input(default_value="B", validation=Validation(regex="^a"))], "/inputs/0/default_value"),
        ([an_input(type="select", default_value="c", extend_prop=OPTIONS)], "/inputs/0/default_value"),
        ([an_input(validation=Validation(regex="(?=a)"))], "/inputs/0/validation/regex"),
        ([an_input(type="number", validation=Validation(regex="("))], "/inputs/0/validation/regex"),
        ([an_input(type="switch", validation=Validation(regex="a"))], "/inputs/0/validation/regex"),
        ([an_input(validation=Validation(min_length=2, max_length=1))], "/inputs/0/validation/min_length"),
        ([an_input(validation=Validation(minimum=1))], "/inputs/0/validation/minimum"),
        ([an_input(type="number", validation=Validation(max_length=1))], "/inputs/0/validation/max_length"),
        ([an_input(type="select")], "/inputs/0/extend_prop/options"),
        ([an_input(type="select", extend_prop=ExtendProp(options="a,b"))], "/inputs/0/extend_prop/options"),
        ([an_input(type="select", extend_prop=ExtendProp(options='["a","a"]'))], "/inputs/0/extend_prop/options"),
        ([an_input(type="select", extend_prop=ExtendProp(options='[{"value":1}]'))], "/inputs/0/extend_prop/options"),
        ([an_input(extend_prop=ExtendProp(visible_conditions="A == 1"))], "/inputs/0/extend_prop/visible_conditions"),
        ([an_input(extend_prop=ExtendProp(disabled_conditions="{}"))], "/inputs/0/extend_prop/disabled_conditions"),
        ([an_input(extend_prop=ASKS_B)], "/inputs/0/extend_prop/visible_conditions"),
        ([an_input("B", extend_prop=ASKS_B)], "/inputs/0/extend_prop/visible_conditions"),
        ([an_input(extend_prop=ASKS_B), an_input("B", "password")], "/inputs/0/extend_prop/visible_conditions"),
        ([an_input(deprecated=Deprecation(replacement="B"))], "/inputs/0/deprecated/replacement"),
        ([an_input(deprecated=Deprecation(removal_version="soon"))], "/inputs/0/deprecated/removal_version"),
        ([an_input(value_schema={})], "/inputs/0/value_schema"),
        ([an_input(type="object", value_schema={"type": "objekt"})], "/inputs/0/value_schema/type"),
        ([an_input(type="object", value_schema={"$ref": "#"})], "/inputs/0/value_schema/$ref"),
        ([an_input(type="object", value_schema={"default": 1})], "/inputs/0/value_schema/default"),
    ],
)
def test_a_list_is_refused_at_the_place_that_is_wrong(inputs: list[InputDefinition], pointer: str) -> None:
    assert pointer in [each for each, _ in refused(Written(inputs=inputs))]


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [
        ({"type": "array"}, "/input_schema/type"),
        ({"required": ["a"]}, "/input_schema/required/0"),
        (schema_of(a=False), "/input_schema/properties/a"),
        (schema_of(a={"type": "string", "default": 1}), "/input_schema/properties/a/default"),
        (schema_of(a={"type": "object", "additionalProperties": False, "default": {"x": 1}}),
         "/input_schema/properties/a/default/x"),
        (schema_of(a={"type": "string", "writeOnly": True, "default": "x"}), "/input_schema/properties/a/default"),
        (schema_of(a={"format": "password", "type": "string", "enum": ["x"]}), "/input_schema/properties/a/enum"),
        (schema_of(a={"minimum": "1"}), "/input_schema/properties/a/minimum"),
        (schema_of(a={EXTENSION: {"colour": "red"}}), f"/input_schema/properties/a/{EXTENSION}"),
        (schema_of(a={"type": "string", EXTENSION: {"type": "number"}}), f"/input_schema/properties/a/{EXTENSION}/type"),
        (schema_of(a={"type": "string", "writeOnly": True, EXTENSION: {"type": "input"}}),
         f"/input_schema/properties/a/{EXTENSION}/type"),
        (schema_of(a={EXTENSION: {"visible_when": {"any": [{"input": "b", "less": []}]}}}, b={}),
         f"/input_schema/properties/a/{EXTENSION}/visible_when/any/0/less"),
        (schema_of(**{"a/b": {"pattern": "("}}), "/input_schema/properties/a~1b/pattern"),
    ],
)  # fmt: skip
def test_a_schema_is_refused_at_the_place_that_is_wrong(schema: dict[str, Any], pointer: str) -> None:
    assert pointer in [each for each, _ in refused(Written(input_schema=schema))]


@pytest.mark.parametrize(
    ("written", "pointer"),
    [
        (Written(outputs=[OutputDefinition(name="a")] * 2), "/outputs"),
        (Written(outputs=[OutputDefinition(name="a", type="string", minimum=1)]), "/outputs/0/minimum"),
        (Written(outputs=[OutputDefinition(name="a", type="number", minimum=2, maximum=1)]), "/outputs/0"),
        (Written(metrics=[MetricGroup(group_name="g", properties=[MetricProperty(key="k")] * 2)]), "/metrics"),
        (Written(metrics=[MetricGroup(group_name="g", properties=[MetricProperty(key="k", type="map")])]),
         "/metrics/0/properties/0/type"),
        (Written(metrics=[MetricGroup(group_name="g", properties=[MetricProperty(key="k", value="A", better="higher")])]),
         "/metrics/0/properties/0/better"),
    ],
)  # fmt: skip
def test_outputs_and_metrics_are_refused_at_the_place_that_is_wrong(written: Written, pointer: str) -> None:
    assert pointer in [each for each, _ in refused(written)]


def test_outputs_and_metrics_are_typed_with_unit_direction_and_range() -> None:
    output = OutputDefinition(name="size", type="integer", unit="MB", better="lower", minimum=0)
    metric = MetricProperty(key="ratio", value="0", unit="1", better="higher", minimum=0, maximum=1)
    found = defined(outputs=[output], metrics=[MetricGroup(group_name="Quality", properties=[metric])])
    assert (found.outputs[0].schema, found.outputs[0].unit, found.outputs[0].better) == (
        {"type": "integer", "minimum": 0},
        "MB",
        "lower",
    )
    assert found.metrics[0].schema == {"type": "number", "minimum": 0, "maximum": 1}
    assert (found.metrics[0].group_name, found.metrics[0].better) == ("Quality", "higher")


@pytest.mark.parametrize(("value", "type_"), [("", None), ("0.5", "number"), ("A", "string"), ("inf", "string")])
def test_a_metric_without_a_type_is_what_it_starts_from(value: str, type_: str | None) -> None:
    group = MetricGroup(group_name="g", properties=[MetricProperty(key="k", value=value)])
    assert defined(metrics=[group]).metrics[0].schema == ({} if type_ is None else {"type": type_})


def test_a_version_has_one_form_and_its_list_is_derived() -> None:
    content = VersionContent(input_schema=schema_of(a={"type": "integer", "title": "Number"}))
    spec = VersionSpec(plugin_name="p", version="1.0.0", facts=PluginFacts(), content=content)
    [derived] = require_sane(spec).content.inputs or []
    assert (derived.name, derived.type, derived.label) == ("a", "integer", "Number")
    twice = VersionContent(input_schema=schema_of(), inputs=[an_input()])
    with pytest.raises(ContractRefused) as raised:
        require_sane(VersionSpec(plugin_name="p", version="1.0.0", facts=PluginFacts(), content=twice))
    assert raised.value.field == "input_schema"
