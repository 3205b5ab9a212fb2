"""What rules say of reported metrics, and what a set applies of those it inherits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.registry.policies import evaluate
from schemas.model.policies import (
    Decision,
    HeldRule,
    HeldSet,
    Operator,
    Outcome,
    Report,
    SetVerdict,
    ValueType,
    Verdict,
)
from tests.unit.policies.rulebook import (
    a_condition,
    a_group,
    a_report,
    a_rule,
    a_set,
    a_threshold,
    disabled,
    enabled,
)

TEXT = ValueType.TEXT
PASS, FAIL, MISSING, UNKNOWN, SKIPPED = Outcome


def judged(
    *held: HeldSet, reports: tuple[Report, ...] = (), parents: tuple[HeldSet, ...] = (), named: bool = False
) -> Verdict:
    """What the sets say of a run."""
    known = {each.rule_set.id: each for each in (*parents, *held)}
    sets = [evaluate.applied(each, known.get(each.rule_set.parent_id or "")) for each in held]
    return evaluate.judge(sets, reports, named=named)


def outcomes(verdict: SetVerdict) -> list[Outcome]:
    return [each.outcome for each in verdict.reasons]


# -- one condition -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "value", "keep", "break_"),
    [
        ("=", "0.1", ["0.1", "0.10", "+.1", "1e-1", " 0.1\n"], ["0.1000000000000000055511151231257827", "0", "-0.1"]),
        ("!=", "0.1", ["0.1000000000000000055511151231257827", "0"], ["0.10"]),
        (">", "0.3", ["0.30000000000000004", "1e9"], ["0.3", "0.2999999999999999999999999"]),
        (">=", "0.3", ["0.3", "0.300", "0.31"], ["0.2999999999999999999999999"]),
        ("<", "100", ["99.999999999999999999999", "-1"], ["100", "1e2", "100.0"]),
        ("<=", "100", ["100.0", "1e2"], ["100.00000000000000000001"]),
        ("in", "1, 2.50 ,3", ["1.0", "2.5", "3"], ["4", "1.1"]),
        ("not in", "1,2.5", ["3"], ["2.50", "1"]),
    ],
)
def test_numbers_are_compared_to_the_last_digit(operator: str, value: str, keep: list[str], break_: list[str]) -> None:
    condition = a_condition(operator, value)
    assert [evaluate.holds(condition, each) for each in keep] == [True] * len(keep)
    assert [evaluate.holds(condition, each) for each in break_] == [False] * len(break_)


@pytest.mark.parametrize(
    ("operator", "value", "keep", "break_"),
    [
        ("=", "A", ["A"], ["a", "A ", "", "B"]),
        ("!=", "A", ["a", ""], ["A"]),
        ("in", "A, B", ["A", "B"], ["C", "A, B", ""]),
        ("not in", "A,B", ["C", ""], ["A", "B"]),
        ("=", "1,2", ["1,2"], ["1"]),
        ("=", "0.1", ["0.1"], ["0.10"]),
    ],
)
def test_texts_are_compared_as_they_are(operator: str, value: str, keep: list[str], break_: list[str]) -> None:
    condition = a_condition(operator, value, value_type=TEXT)
    assert [evaluate.holds(condition, each) for each in keep] == [True] * len(keep)
    assert [evaluate.holds(condition, each) for each in break_] == [False] * len(break_)


@pytest.mark.parametrize(
    "text",
    ["", " ", "NaN", "nan", "inf", "-Infinity", "sNaN1", "95%", "1,5", "1_000", "0x10", "१", "1e", "e5", ".", "1e9999", "--1",
     "1 2", "9" * 65, "True"],
)  # fmt: skip
def test_what_is_no_number_compares_with_none(text: str) -> None:
    assert evaluate.number(text) is None
    assert [evaluate.holds(a_condition(each, "1"), text) for each in Operator] == [None] * len(Operator)


decimals = st.decimals(allow_nan=False, allow_infinity=False, min_value=-1000, max_value=1000, places=6)


@given(decimals, decimals)
def test_operators_agree_with_decimal_arithmetic(threshold: Decimal, reported: Decimal) -> None:
    kept = {each: evaluate.holds(a_condition(each, f"{threshold:f}"), f"{reported:f}") for each in Operator}
    assert kept == {
        "=": reported == threshold, ">": reported > threshold, "<": reported < threshold, ">=": reported >= threshold,
        "<=": reported <= threshold, "!=": reported != threshold, "in": reported == threshold,
        "not in": reported != threshold,
    }  # fmt: skip


@given(decimals, st.integers(0, 20), st.sampled_from([*Operator]), decimals)
def test_how_a_number_is_written_makes_no_difference(
    reported: Decimal, zeros: int, operator: Operator, threshold: Decimal
) -> None:
    condition = a_condition(operator, f"{threshold:f}")
    assert evaluate.holds(condition, f"{reported:f}{'0' * zeros}") is evaluate.holds(condition, f"{reported:e}")


# -- one set -------------------------------------------------------------------------------------------------------------


def test_a_set_passes_when_all_that_it_asks_for_passes() -> None:
    rule = a_rule(a_group(a_condition(), a_condition("=", "0", "critical")))
    verdict = judged(a_set(rule), reports=(a_report(ratio="0.9", critical="0"),))
    assert verdict.outcome is verdict.sets[0].outcome is Decision.PASS
    assert outcomes(verdict.sets[0]) == [PASS, PASS]


@pytest.mark.parametrize(
    ("metrics", "outcome"),
    [
        ({"ratio": "0.4"}, FAIL),
        ({}, MISSING),
        ({"other": "1"}, MISSING),
        ({"ratio": ""}, UNKNOWN),
        ({"ratio": "NaN"}, UNKNOWN),
    ],
)
def test_what_fails_is_missing_or_cannot_be_compared_does_not_pass(metrics: dict[str, str], outcome: Outcome) -> None:
    verdict = judged(a_set(a_rule(), a_rule(a_group(a_condition("=", "0", "critical")))),
                     reports=(a_report(critical="0", **metrics),))  # fmt: skip
    assert outcomes(verdict.sets[0]) == [outcome, PASS]
    assert verdict.sets[0].outcome is verdict.outcome is Decision.FAIL


def test_a_plugin_of_which_nothing_is_reported_does_not_pass() -> None:
    for reports in ((), (a_report("another", ratio="1"),)):
        verdict = judged(a_set(a_rule()), reports=reports)
        (reason,) = verdict.sets[0].reasons
        assert (reason.outcome, reason.reported, reason.report) == (MISSING, None, None)
        assert verdict.outcome is Decision.FAIL


def test_every_reason_tells_what_was_compared() -> None:
    rule = a_rule(a_group(a_condition(), name="Tests"), version="1.0.0", name="Half pass")
    (reason,) = judged(a_set(rule), reports=(a_report("another"), a_report(ratio="0.50"))).sets[0].reasons
    assert (reason.rule_name, reason.rule_version, reason.group_name) == ("Half pass", rule.version, "Tests")
    assert (reason.condition.key, reason.condition.operator, reason.condition.value) == ("ratio", ">=", "0.5")
    assert (reason.reported, reason.report, reason.outcome, reason.problem) == ("0.50", 1, PASS, "")


def test_a_plugin_that_ran_twice_must_keep_the_rule_twice() -> None:
    verdict = judged(a_set(a_rule()), reports=(a_report(ratio="1"), a_report(ratio="0")))
    assert [(each.report, each.outcome) for each in verdict.sets[0].reasons] == [(0, PASS), (1, FAIL)]
    assert verdict.outcome is Decision.FAIL


@pytest.mark.parametrize(("told", "outcome"), [("1.0.0", PASS), ("1.0.1", UNKNOWN), ("", UNKNOWN)])
def test_a_rule_for_a_version_knows_nothing_of_others(told: str, outcome: Outcome) -> None:
    verdict = judged(a_set(a_rule(version="1.0.0")), reports=(a_report(version=told, ratio="1"),))
    assert outcomes(verdict.sets[0]) == [outcome]
    assert verdict.sets[0].reasons[0].reported == "1"


def test_a_rule_without_a_version_is_for_every_version() -> None:
    assert judged(a_set(a_rule()), reports=(a_report(version="", ratio="1"),)).outcome is Decision.PASS


def test_what_is_disabled_is_skipped_and_said_so() -> None:
    condition = a_condition("=", "0", "critical", is_valid=False)
    held = a_set(a_rule(a_group(condition, a_condition())), disabled(a_rule()))
    verdict = judged(held, reports=(a_report(ratio="1"),))
    assert outcomes(verdict.sets[0]) == [SKIPPED, PASS, SKIPPED]
    assert [each.problem for each in verdict.sets[0].reasons] == [
        "The condition is disabled in the rule", "", "The rule is disabled in the rule set",
    ]  # fmt: skip
    assert verdict.outcome is Decision.PASS


@pytest.mark.parametrize("held", [a_set(), a_set(a_rule(), is_valid=False), a_set(disabled(a_rule()))])
def test_a_set_that_asks_for_nothing_is_skipped_and_does_not_pass(held: HeldSet) -> None:
    verdict = judged(held, reports=(a_report(ratio="1"),))
    assert verdict.outcome is verdict.sets[0].outcome is Decision.SKIPPED
    assert verdict.sets[0].problem
    assert judged().outcome is Decision.SKIPPED


def test_a_skipped_set_changes_nothing_about_the_others() -> None:
    off, passing, failing = (
        a_set(a_rule(), is_valid=False),
        a_set(a_rule()),
        a_set(a_rule(a_group(a_condition("<", "0")))),
    )
    report = a_report(ratio="1")
    assert judged(off, passing, reports=(report,)).outcome is Decision.PASS
    assert judged(off, passing, failing, reports=(report,)).outcome is Decision.FAIL


# -- inheritance ---------------------------------------------------------------------------------------------------------


def test_a_set_applies_what_it_inherits_first_and_then_its_own() -> None:
    theirs, ours = a_rule(), a_rule()
    parent = a_set(theirs)
    child = a_set(ours, parent=parent)
    applied = evaluate.applied(child, parent)
    assert [(each.rule.id, each.parent and each.parent.id) for each in applied.rules] == [
        (theirs.id, parent.rule_set.id), (ours.id, None),
    ]  # fmt: skip


def test_a_threshold_of_the_heir_holds_where_the_group_lets_it() -> None:
    rule = a_rule(a_group(a_condition(), may_change=True), a_group(a_condition("<=", "9"), name="Fixed"))
    parent = a_set(rule)
    thresholds = (a_threshold(rule, "0.8"), a_threshold(rule, "99", operator="<=", group="Fixed"))
    child = a_set(parent=parent, thresholds=thresholds)

    (verdict,) = judged(child, parents=(parent,), reports=(a_report(ratio="0.7"),)).sets

    first, second = verdict.reasons
    assert (first.outcome, first.condition.value, first.inherited_value) == (FAIL, "0.8", "0.5")
    assert (second.outcome, second.condition.value, second.inherited_value) == (PASS, "9", None)
    assert {first.inherited_from, second.inherited_from} == {parent.rule_set.id}
    assert evaluate.applied(child, parent).idle == [thresholds[1]]


def test_a_threshold_that_no_longer_fits_its_condition_is_idle() -> None:
    rule = a_rule(a_group(a_condition("=", "A", value_type=TEXT), a_condition("=", "1", "n"), may_change=True))
    parent = a_set(rule)
    thresholds = (
        a_threshold(rule, "x", operator="=", key="n"),
        a_threshold(rule, "1", operator="=", key="gone"),
        a_threshold(rule, "B", operator="!="),
    )
    applied = evaluate.applied(a_set(parent=parent, thresholds=thresholds), parent)
    assert applied.idle == list(thresholds)
    assert [each.condition.value for each in applied.rules[0].groups[0].conditions] == ["A", "1"]


def test_a_rule_that_both_name_applies_once_and_is_not_disabled_by_the_heir() -> None:
    rule = a_rule(a_group(a_condition(), may_change=True))
    for theirs, ours, applies, inherited in [
        (enabled, disabled, True, True),
        (enabled, enabled, True, True),
        (disabled, enabled, True, False),
        (disabled, disabled, False, True),
    ]:
        parent = a_set(theirs(rule))
        (applied,) = evaluate.applied(a_set(ours(rule), parent=parent), parent).rules
        assert (applied.is_valid, applied.parent is not None) == (applies, inherited)


def test_what_is_inherited_from_a_set_that_is_switched_off_is_skipped() -> None:
    parent = a_set(a_rule(), is_valid=False, name="Off")
    child = a_set(a_rule(a_group(a_condition("=", "0", "critical"))), parent=parent)
    (verdict,) = judged(child, parents=(parent,), reports=(a_report(critical="0"),)).sets
    assert outcomes(verdict) == [SKIPPED, PASS]
    assert "Off" in verdict.reasons[0].problem
    assert verdict.outcome is Decision.PASS


def test_a_parent_is_applied_by_its_heir_and_by_itself_where_the_heir_is_switched_off() -> None:
    rule = a_rule(a_group(a_condition(), may_change=True))
    parent = a_set(rule)
    report = a_report(ratio="0.4")
    relaxed = a_set(parent=parent, thresholds=(a_threshold(rule, "0.3"),), name="Relaxed")

    of_parent, of_child = judged(parent, relaxed, reports=(report,)).sets
    assert (of_parent.outcome, of_child.outcome) == (Decision.SKIPPED, Decision.PASS)
    assert "Relaxed" in of_parent.problem

    off = replace(relaxed, rule_set=replace(relaxed.rule_set, is_valid=False))
    of_parent, of_child = judged(parent, off, reports=(report,)).sets
    assert (of_parent.outcome, of_child.outcome) == (Decision.FAIL, Decision.SKIPPED)


def test_a_parent_that_is_named_is_applied_by_itself_too() -> None:
    parent = a_set(a_rule())
    child = a_set(parent=parent)
    verdict = judged(parent, child, reports=(a_report(ratio="0.4"),), named=True)
    assert [each.outcome for each in verdict.sets] == [Decision.FAIL, Decision.FAIL]


# -- whatever the sets ---------------------------------------------------------------------------------------------------

KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.sampled_from(["0", "0.5", "1", "1.50", "x", ""])


@st.composite
def rules_of(draw: st.DrawFn) -> HeldRule:
    conditions = draw(
        st.lists(
            st.builds(
                a_condition, st.sampled_from([*Operator]), st.sampled_from(["0", "0.5", "1"]), KEYS, is_valid=st.booleans()
            ),
            min_size=1, max_size=4, unique_by=lambda each: (each.key, each.operator),
        )
    )  # fmt: skip
    rule = a_rule(a_group(*conditions, may_change=draw(st.booleans())), plugin=draw(st.sampled_from(["p", "q"])))
    return draw(st.sampled_from([enabled, disabled]))(rule)


@st.composite
def families(draw: st.DrawFn) -> tuple[HeldSet, HeldSet]:
    """A set and one that inherits from it, with thresholds for anything."""
    parent = a_set(*draw(st.lists(rules_of(), max_size=3)), is_valid=draw(st.booleans()))
    thresholds = [
        a_threshold(held.rule, draw(VALUES), operator=condition.operator, key=condition.key)
        for held in parent.rules
        for condition in held.rule.content[0].properties
        if draw(st.booleans())
    ]
    own = [
        *draw(st.lists(rules_of(), max_size=2)),
        *draw(st.lists(st.sampled_from(parent.rules or [None]), max_size=1)),
    ]
    child = a_set(
        *(each for each in own if each), parent=parent, thresholds=tuple(thresholds), is_valid=draw(st.booleans())
    )
    return parent, child


reports = st.lists(
    st.builds(
        Report,
        plugin_name=st.sampled_from(["p", "q", "r"]),
        version=st.sampled_from(["", "1.0.0"]),
        metrics=st.dictionaries(KEYS, VALUES),
    ),
    max_size=4,
)


@given(families(), reports)
def test_a_run_passes_only_when_something_was_asked_and_every_reason_is_a_pass(
    family: tuple[HeldSet, HeldSet], told: list[Report]
) -> None:
    parent, child = family
    verdict = judged(parent, child, reports=tuple(told))
    for each in verdict.sets:
        asked = [outcome for outcome in outcomes(each) if outcome is not SKIPPED]
        expected = Decision.FAIL if any(outcome is not PASS for outcome in asked) else Decision.PASS
        assert each.outcome is (expected if asked else Decision.SKIPPED)
        assert bool(each.problem) is (each.outcome is Decision.SKIPPED)
        assert all(bool(reason.problem) is (reason.outcome not in (PASS, FAIL)) for reason in each.reasons)
    decided = {each.outcome for each in verdict.sets} - {Decision.SKIPPED}
    assert verdict.outcome is (
        Decision.SKIPPED if not decided else Decision.FAIL if Decision.FAIL in decided else Decision.PASS
    )


@given(families(), reports)
def test_a_reason_is_what_its_comparison_says(family: tuple[HeldSet, HeldSet], told: list[Report]) -> None:
    parent, child = family
    for verdict in judged(parent, child, reports=tuple(told)).sets:
        for reason in verdict.reasons:
            if reason.outcome in (PASS, FAIL, UNKNOWN) and reason.report is not None:
                assert reason.reported == told[reason.report].metrics[reason.condition.key]
                kept = evaluate.holds(reason.condition, reason.reported or "")
                assert reason.outcome is {True: PASS, False: FAIL, None: UNKNOWN}[kept]
            elif reason.outcome is MISSING:
                of_plugin = [each for each in told if each.plugin_name == reason.plugin_name]
                assert any(reason.condition.key not in each.metrics for each in of_plugin) or not of_plugin


@given(families())
def test_an_heir_asks_for_everything_that_its_parent_asks_for(family: tuple[HeldSet, HeldSet]) -> None:
    parent, child = family
    alone = {each.rule.id for each in evaluate.applied(parent, None).rules if each.is_valid}
    inherited = evaluate.applied(child, parent)
    assert alone <= {each.rule.id for each in inherited.rules if each.is_valid}
    assert len({each.rule.id for each in inherited.rules}) == len(inherited.rules)


@given(families())
def test_only_thresholds_change_and_only_where_the_group_lets_them(family: tuple[HeldSet, HeldSet]) -> None:
    parent, child = family
    for applied in evaluate.applied(child, parent).rules:
        for group, original in zip(applied.groups, applied.rule.content, strict=True):
            assert group.group_name == original.group_name
            for each, condition in zip(group.conditions, original.properties, strict=True):
                assert replace(each.condition, value=condition.value) == condition
                if each.inherited_value is not None:
                    assert (applied.parent is not None, original.can_modify_when_inherit) == (True, True)
                    assert (each.inherited_value, evaluate.is_well_formed(each.condition)) == (condition.value, True)
                else:
                    assert each.condition == condition


@given(families(), reports)
def test_the_order_of_reports_and_sets_decides_nothing(family: tuple[HeldSet, HeldSet], told: list[Report]) -> None:
    parent, child = family
    forwards = judged(parent, child, reports=tuple(told))
    backwards = judged(child, parent, reports=tuple(reversed(told)))
    assert forwards.outcome is backwards.outcome
    assert [each.outcome for each in forwards.sets] == [each.outcome for each in reversed(backwards.sets)]
