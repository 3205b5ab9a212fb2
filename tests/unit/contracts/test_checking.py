"""What is said of values: every fault with its place, in the author's words first, and never a value."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.registry.contracts.checking import MAX_DEPTH, MAX_FAULTS, Checker, Checkers
from app.registry.contracts.fitting import fit
from app.registry.contracts.json_schema import compile_schema
from app.registry.contracts.rules import require_contract
from app.registry.contracts.steps import step_faults
from schemas.model.contracts import Fit, InputState, Output, Written
from schemas.model.packages import ExtendProp, InputDefinition, OutputDefinition, Texts, Validation

SECRET = "hunter2-hunter2"


def checker(*inputs: InputDefinition) -> Checker:
    return Checker(require_contract(Written(inputs=list(inputs))))


def an_input(name: str = "A", type: str = "input", **said: Any) -> InputDefinition:
    return InputDefinition(name=name, type=type, **said)


def faults(of: Checker, values: dict[str, Any], language: Any = "en") -> list[tuple[str, str, str]]:
    return [(each.pointer, each.rule, each.message) for each in of.judge(values, language).errors]


def test_every_fault_is_told_at_once() -> None:
    of = checker(an_input(required=True), an_input("B", "integer"), an_input("C/~"))
    told = [(pointer, rule) for pointer, rule, _ in faults(of, {"B": "x", "C/~": 1, "D": 1})]
    assert sorted(told) == [("/A", "required"), ("/B", "type"), ("/C~1~0", "type"), ("/D", "additionalProperties")]


@pytest.mark.parametrize("values", [{}, {"A": ""}])
def test_a_missing_value_is_told_in_the_words_of_the_author(values: dict[str, Any]) -> None:
    said = Validation(required_message="Give one", required_messages=Texts(zh="请填写"))
    of = checker(an_input(required=True, validation=said))
    assert faults(of, values) == [("/A", "required", "Give one")]
    assert faults(of, values, "zh") == [("/A", "required", "请填写")]


def test_a_value_of_another_form_is_told_in_the_words_of_the_author() -> None:
    of = checker(an_input(validation=Validation(regex="^[a-z]+$", regex_message="small letters")))
    assert faults(of, {"A": "B"}) == faults(of, {"A": "B"}, "zh") == [("/A", "pattern", "small letters")]


def test_where_the_author_says_nothing_both_languages_have_a_sentence() -> None:
    of = checker(an_input(required=True), an_input("B", "integer", validation=Validation(maximum=3)))
    assert faults(of, {"B": 4}) == [
        ("/B", "maximum", "The value must not be greater than 3."),
        ("/A", "required", "A value is required."),
    ]
    assert faults(of, {"B": 4}, "zh") == [("/B", "maximum", "不得大于 3。"), ("/A", "required", "此项必填。")]


def test_a_pattern_matches_anywhere_as_in_a_browser_and_its_end_is_the_end() -> None:
    assert checker(an_input(validation=Validation(regex="b"))).judge({"A": "abc"}).valid
    assert not checker(an_input(validation=Validation(regex="^b$"))).judge({"A": "b\n"}).valid


def test_defaults_are_filled_in() -> None:
    of = checker(an_input("N", "integer", default_value="3"), an_input("T", default_value="x"), an_input("U"))
    assert of.judge({"T": "y"}).values == {"N": 3, "T": "y"}


def test_a_value_may_come_by_another_name_of_its_input_but_not_twice() -> None:
    of = checker(an_input("NEW", aliases=["OLD", "OLDER"]))
    assert of.judge({"OLD": "x"}).values == {"NEW": "x"}
    for twice in ({"OLD": "x", "NEW": "y"}, {"OLD": "x", "OLDER": "y"}):
        [(_, rule, message)] = faults(of, twice)
        assert rule == "alias"
        assert "NEW" in message


# -- secrets -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "validation", [Validation(regex="^[0-9]+$"), Validation(max_length=3), Validation(min_length=99)]
)
@pytest.mark.parametrize("values", [{"S": SECRET}, {"S": [SECRET]}, {"S": SECRET, "ALSO": SECRET}, {"s": SECRET}])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_secret_is_never_repeated(validation: Validation, values: dict[str, Any], language: Any) -> None:
    judged = checker(an_input("S", "password", validation=validation), an_input("ALSO", aliases=["OTHER"])).judge(
        values, language
    )
    assert not judged.valid
    assert "S" not in judged.values
    assert "s" not in judged.values
    assert all(SECRET not in each.message + each.pointer for each in judged.errors)


@given(st.text(min_size=5))
def test_no_message_repeats_a_value(value: str) -> None:
    of = checker(
        an_input(validation=Validation(max_length=4)), an_input("B", "select", extend_prop=ExtendProp(options='["a"]'))
    )
    told = faults(of, {"A": value, "B": value})
    assert {(pointer, rule, message) for pointer, rule, message in told} == {
        ("/A", "maxLength", "At most 4 characters are taken."),
        ("/B", "enum", "Only these values are taken: a."),
    }


# -- conditions ----------------------------------------------------------------------------------------------------------------

WHEN_EXPERT = '{"input": "MODE", "equals": "expert"}'
MODE = an_input("MODE", default_value="simple")


def test_what_is_hidden_is_not_required() -> None:
    of = checker(MODE, an_input(required=True, extend_prop=ExtendProp(visible_conditions=WHEN_EXPERT)))
    assert of.judge({}).valid
    assert of.judge({}).states[1] == InputState(name="A", visible=False, enabled=True)
    for missing in ({"MODE": "expert"}, {"MODE": "expert", "A": ""}):
        assert [(pointer, rule) for pointer, rule, _ in faults(of, missing)] == [("/A", "required")]
    assert of.judge({"MODE": "expert", "A": "x"}).valid


def test_what_cannot_be_edited_is_not_required() -> None:
    of = checker(MODE, an_input(required=True, extend_prop=ExtendProp(disabled_conditions=WHEN_EXPERT)))
    assert of.judge({"MODE": "expert"}).states[1] == InputState(name="A", visible=True, enabled=False)
    assert of.judge({"MODE": "expert"}).valid
    assert not of.judge({}).valid


def test_what_is_hidden_is_checked_where_it_is_given() -> None:
    of = checker(MODE, an_input("N", "integer", extend_prop=ExtendProp(visible_conditions=WHEN_EXPERT)))
    assert not of.judge({"N": "x"}).valid


# -- bounds --------------------------------------------------------------------------------------------------------------------


def test_values_have_bounds() -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    of = checker(an_input())
    for values in ({"A": deep}, {"A": float("nan")}, {"A": 10**400}, {"A": [0] * 30_000}):
        assert [(pointer, rule) for pointer, rule, _ in faults(of, values)] == [("", "bounds")]


def test_faults_are_told_up_to_a_bound() -> None:
    assert len(faults(checker(), {str(number): 1 for number in range(1000)})) == MAX_FAULTS


def test_a_checker_is_made_once_and_forgotten_when_many_others_were_used() -> None:
    made: list[str] = []
    definition = require_contract(Written())
    kept = Checkers(most=2)
    for key in ("a", "a", "b", "a", "c", "a", "b"):
        kept.of(key, lambda key=key: made.append(key) or definition)  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]


# -- steps ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "rules"),
    [
        ({"T": "x", "N": 3}, []),
        ({"T": "x", "N": "3"}, []),
        ({"T": "x", "N": "three"}, ["type"]),
        ({"T": "${params.x}", "N": "${params.n}"}, []),
        ({"N": 1}, ["required"]),
        ({"T": "x", "X": "${later}"}, ["additionalProperties"]),
        ({"T": "x", "MODE": "expert"}, ["required"]),
        ({"T": "x", "MODE": "${mode}"}, []),
    ],
)
def test_a_step_gives_what_its_plugin_asks_for(variables: dict[str, Any], rules: list[str]) -> None:
    of = checker(
        an_input("T", required=True),
        an_input("N", "integer"),
        MODE,
        an_input("E", required=True, extend_prop=ExtendProp(visible_conditions=WHEN_EXPERT)),
    )
    assert [each.rule for each in step_faults(of, variables)] == rules


# -- wires ---------------------------------------------------------------------------------------------------------------------

NUMBERS = st.none() | st.integers(-3, 3) | st.sampled_from([-0.5, 1.5])
SCHEMAS = st.fixed_dictionaries({"type": st.sampled_from(["string", "number", "integer", "boolean", "array"])}).flatmap(
    lambda schema: st.fixed_dictionaries({"minimum": NUMBERS, "maximum": NUMBERS}).map(
        lambda bounds: (
            schema | {name: bound for name, bound in bounds.items() if bound is not None}
            if schema["type"] in ("number", "integer")
            and not (None not in bounds.values() and bounds["minimum"] > bounds["maximum"])
            else schema
        )
    )
)
SAMPLES = [*range(-4, 5), *(number / 4 for number in range(-16, 17)), "", "a", True, False, [], ["a"]]


@given(SCHEMAS, SCHEMAS)
@example(given_={"type": "integer", "maximum": -0.5}, taken={"type": "number", "maximum": -1})
def test_a_wire_that_always_or_never_fits_does_so_for_every_value(
    given_: dict[str, Any], taken: dict[str, Any]
) -> None:
    taking = require_contract(Written(input_schema={"properties": {"A": taken}}))
    fitting = fit(Output(name="o", schema=given_), taking, taking.inputs[0])
    gives, takes = (compile_schema(each) for each in (given_, taken))
    answers = {takes.is_valid(each) for each in SAMPLES if gives.is_valid(each)}
    assert fitting.fit is not Fit.UNKNOWN
    if fitting.fit is Fit.ALWAYS:
        assert answers <= {True}
    elif fitting.fit is Fit.NEVER:
        assert answers <= {False}
    assert (fitting.reason == "") == (fitting.fit is Fit.ALWAYS)


def wired(output: OutputDefinition, taken: InputDefinition) -> Fit:
    definition = require_contract(Written(inputs=[taken], outputs=[output]))
    return fit(definition.outputs[0], definition, definition.inputs[0]).fit


@pytest.mark.parametrize(
    ("type_", "taken", "verdict"),
    [
        ("string", an_input(), Fit.ALWAYS),
        ("string", an_input(validation=Validation(regex="a")), Fit.SOMETIMES),
        ("string", an_input(type="password"), Fit.NEVER),
        ("integer", an_input(type="number"), Fit.ALWAYS),
        ("number", an_input(type="integer"), Fit.SOMETIMES),
        ("number", an_input(), Fit.NEVER),
        ("output", an_input(), Fit.UNKNOWN),
    ],
)
def test_a_wire_fits(type_: str, taken: InputDefinition, verdict: Fit) -> None:
    assert wired(OutputDefinition(name="o", type=type_), taken) is verdict
