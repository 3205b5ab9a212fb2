"""What a version means to those who use the one before: breaking exactly where values show it."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from app.registry.contracts.checking import Checker
from app.registry.contracts.comparison import compare
from app.registry.contracts.rules import examine
from schemas.model.contracts import Comparison, Definition, Effect, Written

CHOICES = json.dumps([{"value": "a"}, {"value": "b"}, {"value": "c"}])


def defined(**written: Any) -> Definition:
    definition, problems = examine(msgspec.convert(written, Written))
    assert definition is not None, problems
    return definition


def listed(*inputs: dict[str, Any]) -> Definition:
    return defined(inputs=[{"type": "input", **each} for each in inputs])


def rules_of(comparison: Comparison) -> dict[str, Effect]:
    return {each.rule: each.effect for each in comparison.differences}


# -- one change each ---------------------------------------------------------------------------------------------------

TEXT = {"name": "a"}
BREAKS: list[tuple[list[dict[str, Any]], list[dict[str, Any]], str]] = [
    ([TEXT], [], "input.removed"),
    ([TEXT], [TEXT, {"name": "b", "required": True}], "input.required"),
    ([{**TEXT, "type": "integer"}], [{**TEXT, "type": "integer", "required": True}], "input.required"),
    ([TEXT], [{**TEXT, "required": True}], "input.narrowed"),  # an empty text is none
    ([{**TEXT, "required": True, "default_value": "x"}], [{**TEXT, "required": True}], "input.required"),
    ([TEXT], [{**TEXT, "validation": {"max_length": 10}}], "input.narrowed"),
    ([TEXT], [{**TEXT, "validation": {"regex": "^[a-z]+$"}}], "input.narrowed"),
    ([TEXT], [{**TEXT, "type": "number"}], "input.narrowed"),
    ([{**TEXT, "type": "number"}], [{**TEXT, "type": "integer"}], "input.narrowed"),
    ([{**TEXT, "aliases": ["old"]}], [TEXT], "input.alias-removed"),
    (
        [{**TEXT, "type": "select", "extend_prop": {"options": CHOICES}}],
        [{**TEXT, "type": "select", "extend_prop": {"options": json.dumps([{"value": "a"}])}}],
        "input.narrowed",
    ),
    (  # nothing but the default of another input shows what has to be given
        [{"name": "mode"}, {"name": "b", "required": True, "extend_prop": {
            "visible_conditions": json.dumps({"input": "mode", "equals": "x"})}}],
        [{"name": "mode", "default_value": "x"}, {"name": "b", "required": True, "extend_prop": {
            "visible_conditions": json.dumps({"input": "mode", "equals": "x"})}}],
        "inputs.together",
    ),
    (
        [{"name": "mode"}, {"name": "b", "required": True, "extend_prop": {
            "visible_conditions": json.dumps({"input": "mode", "equals": "x"})}}],
        [{"name": "mode"}, {"name": "b", "required": True, "extend_prop": {
            "visible_conditions": json.dumps({"input": "mode", "in": ["x", "y"]})}}],
        "inputs.together",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule"), BREAKS)
def test_a_break_is_told_with_values_that_were_taken_and_are_no_longer(
    old: list[dict[str, Any]], new: list[dict[str, Any]], rule: str
) -> None:
    before, after = listed(*old), listed(*new)
    comparison = compare(before, after)
    assert comparison.effect is Effect.BREAKING
    difference = comparison.differences[0]
    assert difference.rule == rule
    assert Checker(before).judge(difference.example).valid
    assert not Checker(after).judge(difference.example).valid


ADDS: list[tuple[list[dict[str, Any]], list[dict[str, Any]], str]] = [
    ([TEXT], [TEXT, {"name": "b"}], "input.added"),
    ([TEXT], [TEXT, {"name": "b", "required": True, "default_value": "x"}], "input.added"),
    ([{**TEXT, "required": True}], [TEXT], "input.widened"),
    ([{**TEXT, "validation": {"max_length": 10}}], [TEXT], "input.widened"),
    ([{**TEXT, "type": "integer"}], [{**TEXT, "type": "number"}], "input.widened"),
    ([TEXT], [{**TEXT, "default_value": "x"}], "input.default"),
    ([TEXT], [{"name": "new", "aliases": ["a"]}], "input.renamed"),
    ([TEXT], [{**TEXT, "type": "textarea"}], "input.control"),
    ([TEXT], [{**TEXT, "deprecated": {"removal_version": "3.0.0"}}], "input.deprecated"),
    ([TEXT, {"name": "b"}], [TEXT, {"name": "b", "extend_prop": {
        "visible_conditions": json.dumps({"input": "a", "empty": False})}}], "input.conditions"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule"), ADDS)
def test_what_harms_nobody_is_an_addition(old: list[dict[str, Any]], new: list[dict[str, Any]], rule: str) -> None:
    comparison = compare(listed(*old), listed(*new))
    assert comparison.effect is Effect.ADDITIVE
    assert rule in rules_of(comparison)


def test_the_same_contract_in_other_words_is_compatible() -> None:
    before = listed({"name": "a", "required": True, "label": "A", "validation": {"max_length": 10}})
    after = listed({"name": "a", "required": True, "label": "B", "validation": {"max_length": 10}, "group": "g"})
    assert compare(before, after) == Comparison(effect=Effect.COMPATIBLE, differences=[])


def test_patterns_that_differ_and_show_no_example_are_unknown_and_count_as_a_break() -> None:
    before = listed({"name": "a", "validation": {"regex": "^q{7}[0-9]z$"}})
    after = listed({"name": "a", "validation": {"regex": "^q{7}[0-9]zz$"}})
    comparison = compare(before, after)
    assert comparison.effect is Effect.UNKNOWN
    assert comparison.effect.breaks
    assert comparison.differences[0].example is UNSET


def test_a_constraint_of_several_inputs_together_is_found() -> None:
    free: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    bound = {**free, "dependentRequired": {"a": ["b"]}}
    comparison = compare(defined(input_schema=free), defined(input_schema=bound))
    assert rules_of(comparison) == {"inputs.together": Effect.BREAKING}
    assert compare(defined(input_schema=bound), defined(input_schema=bound)).effect is Effect.COMPATIBLE
    assert not compare(defined(input_schema=bound), defined(input_schema=free)).effect.breaks


# -- outputs and metrics -----------------------------------------------------------------------------------------------


def output(**told: Any) -> Definition:
    return defined(outputs=[{"name": "size", "type": "integer", "minimum": 0, **told}])


def metric(**told: Any) -> Definition:
    shown = {"key": "time", "type": "number", "minimum": 0, "unit": "s", "better": "lower", **told}
    return defined(metrics=[{"group_name": "g", "properties": [shown]}])


GIVEN = [
    (output(), defined(), "output.removed", Effect.BREAKING),
    (output(), output(type="number"), "output.widened", Effect.BREAKING),
    (output(), output(type="string", minimum=None), "output.widened", Effect.BREAKING),
    (output(), output(minimum=-1), "output.widened", Effect.BREAKING),
    (output(), output(maximum=10), "output.narrowed", Effect.COMPATIBLE),
    (defined(), output(), "output.added", Effect.ADDITIVE),
    (output(), output(unit="KB"), "output.unit", Effect.ADDITIVE),
    (metric(), defined(), "metric.removed", Effect.BREAKING),
    (metric(), metric(unit="ms"), "metric.unit", Effect.BREAKING),
    (metric(), metric(better="higher"), "metric.better", Effect.BREAKING),
    (metric(maximum=10), metric(), "metric.widened", Effect.BREAKING),
    (defined(), metric(), "metric.added", Effect.ADDITIVE),
]


@pytest.mark.parametrize(("old", "new", "rule", "effect"), GIVEN)
def test_what_a_plugin_gives_may_become_less_and_never_more(
    old: Definition, new: Definition, rule: str, effect: Effect
) -> None:
    comparison = compare(old, new)
    assert (rule, effect) in rules_of(comparison).items()
    assert comparison.effect is effect


# -- whatever changes --------------------------------------------------------------------------------------------------

NAMES = ["a", "b", "c"]
CONSTANTS = st.sampled_from(["", "x", "y", 1, 2, True, False])
CONDITIONS = st.recursive(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["equals", "not_equals"]), CONSTANTS).map(
        lambda told: {"input": told[0], told[1]: told[2]}
    )
    | st.tuples(st.sampled_from(NAMES), st.booleans()).map(lambda told: {"input": told[0], "empty": told[1]}),
    lambda inner: st.fixed_dictionaries({"not": inner}) | st.lists(inner, min_size=1, max_size=2).map(lambda each: {"any": each}),
    max_leaves=2,
)  # fmt: skip
DEFAULTS = {"input": ["", "x", "yy"], "integer": ["", "1", "7"], "switch": ["", "true"], "number": ["", "0.5"]}


@st.composite
def _inputs(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(sorted(DEFAULTS)))
    told: dict[str, Any] = {"name": name, "type": kind, "default_value": draw(st.sampled_from(DEFAULTS[kind]))}
    told["required"] = draw(st.booleans())
    if kind == "input":
        told["validation"] = draw(st.sampled_from([{}, {"max_length": 1}, {"max_length": 3}, {"min_length": 2}]))
    if kind in ("integer", "number"):
        told["validation"] = draw(st.sampled_from([{}, {"minimum": 0}, {"maximum": 5}, {"minimum": 1, "maximum": 2}]))
    if draw(st.integers(0, 2)) == 0:
        told["extend_prop"] = {"visible_conditions": json.dumps(draw(CONDITIONS))}
    return told


@st.composite
def _definitions(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [draw(_inputs(name)) for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))]


@st.composite
def _pairs(draw: st.DrawFn) -> tuple[Definition, Definition]:
    """Two versions, of which the later has some inputs written anew."""
    old = draw(_definitions())
    new = [draw(_inputs(each["name"])) if draw(st.booleans()) else each for each in old]
    new = [each for each in new if draw(st.integers(0, 5))] + [
        draw(_inputs(name)) for name in NAMES if name not in {each["name"] for each in old} and draw(st.integers(0, 2)) == 0
    ]  # fmt: skip
    before, _ = examine(msgspec.convert({"inputs": old}, Written))
    after, _ = examine(msgspec.convert({"inputs": new}, Written))
    assume(before is not None and after is not None)
    assert before is not None
    assert after is not None
    return before, after


VALUES = st.dictionaries(
    st.sampled_from(NAMES), st.sampled_from(["", "x", "y", "yy", "long", 0, 1, 2, 7, -1, 0.5, True, False]), max_size=3
)


# The same contracts each time: that neither a proof nor an example is found is rare, and counts as a break.
@settings(max_examples=300, deadline=None, derandomize=True)
@given(_pairs(), st.lists(VALUES, min_size=20, max_size=20))
def test_values_that_were_taken_and_are_no_longer_exist_exactly_where_it_says_breaking(
    pair: tuple[Definition, Definition], tried: list[dict[str, Any]]
) -> None:
    before, after = pair
    comparison = compare(before, after)
    old, new = Checker(before), Checker(after)
    if comparison.effect is Effect.BREAKING:
        shown = [each.example for each in comparison.differences if each.effect is Effect.BREAKING]
        assert all(old.judge(each).valid and not new.judge(each).valid for each in shown)
    else:
        assert comparison.effect is not Effect.UNKNOWN
        broken = [each for each in tried if old.judge(each).valid and not new.judge(each).valid]
        assert broken == []


@settings(max_examples=100, deadline=None)
@given(_pairs())
def test_a_version_is_compatible_with_itself(pair: tuple[Definition, Definition]) -> None:
    for each in pair:
        assert compare(each, each) == Comparison(effect=Effect.COMPATIBLE, differences=[])
