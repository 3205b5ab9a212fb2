"""What rules, sets and open-source policies may hold."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.registry.policies import evaluate, rules
from schemas.errors import ContradictingConditions, InvalidField, MetricUnknown, MissingField, PolicyChanged
from schemas.model.packages import MetricGroup, MetricProperty
from schemas.model.policies import (
    Condition,
    ConditionGroup,
    LicenseCheck,
    LicenseRule,
    Member,
    OpenSourceContent,
    Operator,
    RuleSet,
    Threshold,
    ValueCheck,
    ValueType,
    VulnerabilityCheck,
    VulnerabilityRules,
)
from tests.unit.policies.rulebook import a_condition, a_group, a_report, a_rule, a_set, a_threshold, enabled

TEXT = ValueType.TEXT
SECOND = "content[0].properties[1]"

# -- conditions ----------------------------------------------------------------------------------------------------------


def refused(field: str, *content: ConditionGroup) -> None:
    with pytest.raises((InvalidField, MissingField, ContradictingConditions)) as raised:
        rules.checked_content(list(content))
    assert raised.value.field == field


@pytest.mark.parametrize(
    "conditions",
    [
        [a_condition(each, "0.5") for each in (">=", "!=", "<=")],
        [a_condition("in", "1,2,3"), a_condition("not in", "2"), a_condition(">", "2.9")],
        [a_condition("=", "A", value_type=TEXT), a_condition("!=", "B", value_type=TEXT)],
        [a_condition("=", "", value_type=TEXT)],
        [a_condition("<", "1"), a_condition(">", "5", "other")],
        [a_condition("<", "1"), a_condition(">", "5", is_valid=False)],
    ],
)
def test_conditions_that_a_value_can_keep_are_taken(conditions: list[Condition]) -> None:
    if conditions[0].operator == ">=":  # a half that is not a half; the others leave room
        conditions = [*conditions[:1], conditions[1]]
    assert rules.checked_content([a_group(*conditions)])


@pytest.mark.parametrize(
    "pair",
    [
        [("<", "1"), (">", "5")],
        [("<", "1"), (">=", "1")],
        [("<=", "1.0"), (">", "1")],
        [("=", "1"), ("!=", "1.00")],
        [("=", "1"), ("=", "2")],
        [("in", "1,2"), ("not in", "2,1,3")],
        [("in", "1,2"), (">", "2")],
        [("=", "0.30000000000000001"), ("<=", "0.3")],
    ],
)
def test_conditions_that_no_value_keeps_are_refused_wherever_they_stand(pair: list[tuple[str, str]]) -> None:
    first, second = (a_condition(operator, value) for operator, value in pair)
    if first.operator is not second.operator:
        refused(f"{SECOND}.operator", a_group(first, second))
        refused(f"{SECOND}.operator", a_group(second, first))
    refused("content[1].properties[0].operator", a_group(first), a_group(second, name="Another"))


def test_three_conditions_may_contradict_each_other_where_no_two_do() -> None:
    half = [a_condition(">=", "0.5"), a_condition("<=", "0.50"), a_condition("not in", "0.5,1")]
    assert not any(rules.contradict([each for each in half if each is not left]) for left in half)
    refused("content[0].properties[2].operator", a_group(*half))


@pytest.mark.parametrize("operator", [">", "<", ">=", "<="])
def test_texts_have_no_order(operator: str) -> None:
    refused("content[0].properties[0].operator", a_group(a_condition(operator, "A", value_type=TEXT)))


@pytest.mark.parametrize(
    ("operator", "value"),
    [("=", ""), ("=", "x"), ("in", ""), ("in", "1,,2"), ("not in", "1,x"), ("=", "1,2"), (">", "NaN")],
)
def test_a_threshold_of_a_number_is_a_number(operator: str, value: str) -> None:
    refused("content[0].properties[0].value", a_group(a_condition(operator, value)))


def test_a_list_of_texts_has_no_empty_entry_and_an_end() -> None:
    refused("content[0].properties[0].value", a_group(a_condition("in", "A,,B", value_type=TEXT)))
    most = ",".join("x" for _ in range(rules.MOST_CHOICES))
    assert rules.checked_content([a_group(a_condition("in", most, value_type=TEXT))])
    refused("content[0].properties[0].value", a_group(a_condition("in", f"{most},x", value_type=TEXT)))


def test_a_condition_can_be_named_by_group_key_and_operator() -> None:
    refused("content[1].group_name", a_group(a_condition()), a_group(a_condition("<")))
    refused(f"{SECOND}.operator", a_group(a_condition(), a_condition(value="0.6")))


def test_a_metric_is_not_both_a_number_and_a_text() -> None:
    refused(f"{SECOND}.value_type", a_group(a_condition("=", "1"), a_condition("!=", "A", value_type=TEXT)))


def test_a_rule_has_one_condition_at_least_and_an_end() -> None:
    refused("content")
    refused("content[0].properties", a_group())
    many = [a_condition(key=str(number)) for number in range(rules.MOST_CONDITIONS + 1)]
    assert rules.checked_content([a_group(*many[:-1])])
    refused("content", a_group(*many[:25]), a_group(*many[25:], name="Another"))


few = st.sampled_from(["0", "0.5", "1", "1.0", "1.5"])
conditions = st.lists(
    st.one_of(
        st.builds(a_condition, st.sampled_from(["=", ">", "<", ">=", "<=", "!="]), few),
        st.builds(
            a_condition, st.sampled_from(["in", "not in"]), st.lists(few, min_size=1, max_size=3).map(",".join)
        ),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@given(conditions)
def test_conditions_contradict_exactly_when_no_value_keeps_them_all(asked: list[Condition]) -> None:
    """What they say changes at the thresholds only: so one value at each, between each two, and beyond both ends tells all."""
    tried = [Decimal(each) / 4 for each in range(-4, 11)]
    kept = any(all(evaluate.holds(each, str(value)) for each in asked) for value in tried)
    assert rules.contradict(asked) is not kept


# -- metrics that are declared ---------------------------------------------------------------------------------------------

DECLARED = [
    MetricGroup(
        group_name="Quality",
        properties=[
            MetricProperty(key="ratio", value="0"),
            MetricProperty(key="grade", value="F"),
            MetricProperty(key="open"),
            MetricProperty(key="count", type="integer"),
            MetricProperty(key="code", value="0", type="string"),
        ],
    )
]


@pytest.mark.parametrize(
    "condition",
    [
        a_condition(),
        a_condition("=", "A", "grade", value_type=TEXT),
        a_condition("=", "A", "open", value_type=TEXT),
        a_condition("=", "1", "open"),
        a_condition("=", "1", "count"),
        a_condition("=", "1", "code", value_type=TEXT),
    ],
)
def test_a_rule_asks_what_the_version_declares(condition: Condition) -> None:
    rules.check_metrics([a_group(condition)], "tests", "1.0.0", DECLARED)


def test_an_unknown_metric_is_refused_and_named() -> None:
    with pytest.raises(MetricUnknown, match=r"^content\[0\]\.properties\[1\]\.key: .*tests.*rati.*1\.0\.0") as raised:
        rules.check_metrics([a_group(a_condition(), a_condition(key="rati"))], "tests", "1.0.0", DECLARED)
    assert raised.value.field == f"{SECOND}.key"


@pytest.mark.parametrize(
    "condition",
    [
        a_condition("=", "0.5", value_type=TEXT),
        a_condition("=", "1", "grade"),
        a_condition(key="grade"),
        a_condition("=", "1", "count", value_type=TEXT),
        a_condition("=", "1", "code"),
    ],
)
def test_a_threshold_is_of_the_type_that_the_metric_has_or_starts_as(condition: Condition) -> None:
    with pytest.raises(InvalidField) as raised:
        rules.check_metrics([a_group(condition)], "tests", "1.0.0", DECLARED)
    assert raised.value.field == "content[0].properties[0].value_type"


# -- sets ------------------------------------------------------------------------------------------------------------------


def test_a_set_names_a_rule_once_and_holds_a_hundred_at_most() -> None:
    members = [Member(rule_id=str(number)) for number in range(rules.MOST_MEMBERS)]
    assert rules.checked_members(members) == members
    for wrong, field in ((members[:3] + members[2:3], "rules[3].id"), ([*members, Member(rule_id="x")], "rules")):
        with pytest.raises(InvalidField) as raised:
            rules.checked_members(wrong)
        assert raised.value.field == field


OPEN = a_rule(
    a_group(a_condition(), a_condition("<=", "0.9"), may_change=True), a_group(a_condition("!=", "0.7"), name="Fixed")
)


def test_thresholds_of_inherited_conditions_may_change_where_the_group_lets_them() -> None:
    rules.check_thresholds([a_threshold(OPEN, "0.2"), a_threshold(OPEN, "0.7", operator="<=")], [enabled(OPEN)])


@pytest.mark.parametrize(
    ("field", "thresholds"),
    [
        ("thresholds[0].rule_id", [a_threshold(a_rule(), "1")]),
        ("thresholds[0]", [a_threshold(OPEN, "1", key="other")]),
        ("thresholds[0]", [a_threshold(OPEN, "1", operator=">")]),
        ("thresholds[0]", [a_threshold(OPEN, "1", group="Other")]),
        ("thresholds[0]", [a_threshold(OPEN, "0.6", operator="!=", group="Fixed")]),
        ("thresholds[0].value", [a_threshold(OPEN, "half")]),
        ("thresholds[1]", [a_threshold(OPEN, "0.2"), a_threshold(OPEN, "0.3")]),
        ("thresholds[0].value", [a_threshold(OPEN, "0.95")]),
        ("thresholds[0].value", [a_threshold(OPEN, "0.7"), a_threshold(OPEN, "0.7", operator="<=")]),
        ("thresholds", [a_threshold(OPEN, "0.2")] * (rules.MOST_THRESHOLDS + 1)),
    ],
)
def test_other_thresholds_are_refused_by_their_place(field: str, thresholds: list[Threshold]) -> None:
    with pytest.raises((InvalidField, ContradictingConditions)) as raised:
        rules.check_thresholds(thresholds, [enabled(OPEN)])
    assert raised.value.field == field


def test_a_parent_is_a_set_of_the_whole_account_that_inherits_from_none() -> None:
    top = a_set().rule_set
    heir = a_set(parent=a_set()).rule_set
    middle = replace(heir, project_id=None)
    assert rules.check_parent(top, heir) is top
    wrong: list[tuple[RuleSet | None, RuleSet]] = [(None, heir), (heir, top), (middle, top), (top, top)]
    for parent, child in wrong:
        with pytest.raises(InvalidField) as raised:
            rules.check_parent(parent, child)
        assert raised.value.field == "parent_id"


def test_a_change_for_another_version_is_refused_and_the_new_one_told() -> None:
    for wanted in (None, "*", "abc", '"abc"', ' "abc" '):
        rules.check_version(wanted, "abc")
    for wanted in ("", "ab", 'W/"abc"', '"abc", "abd"'):
        with pytest.raises(PolicyChanged, match="abc"):
            rules.check_version(wanted, "abc")


@pytest.mark.parametrize(
    ("names", "told"),
    [(["A"], "A"), (["A", "B"], "A, B"), ([*"ABCDEFGHIJ"], "A, B, C, D, E, F, G, H, I, J"),
     ([*"ABCDEFGHIJK"], "A, B, C, D, E, F, G, H, I, J and others")],
)  # fmt: skip
def test_the_first_ten_names_are_told(names: list[str], told: str) -> None:
    assert rules.told(names) == told


def test_a_verdict_compares_five_thousand_times_at_most() -> None:
    twice = [a_report(), a_report(), a_report("another")]
    rules.check_effort(twice, rules.MOST_JUDGED // 2)
    rules.check_effort([], rules.MOST_JUDGED)
    for reports, conditions_ in ((twice, rules.MOST_JUDGED // 2 + 1), ([], rules.MOST_JUDGED + 1)):
        with pytest.raises(InvalidField) as raised:
            rules.check_effort(reports, conditions_)
        assert raised.value.field == "rule_set_ids"


def test_the_audit_is_told_each_condition_in_a_line() -> None:
    content = [a_group(a_condition(), a_condition("in", "1,2", "n", is_valid=False))]
    assert rules.told_conditions(content) == ["Quality: ratio >= 0.5", "Quality: n in 1,2 (disabled)"]


# -- open-source policies ----------------------------------------------------------------------------------------------------


def a_policy(
    severity: tuple[str, ...] = (), cve: tuple[str, ...] = (), licences: tuple[str, ...] = ()
) -> OpenSourceContent:
    vulnerabilities = VulnerabilityRules(severity=ValueCheck(values=[*severity]), cve=ValueCheck(values=[*cve]))
    return OpenSourceContent(
        security=VulnerabilityCheck(rules=vulnerabilities),
        license=LicenseCheck(rules=[LicenseRule(values=[*licences], predicate="contain")]),
    )


def test_empty_values_of_a_policy_are_passed_over() -> None:
    told = a_policy(("", "Low"), ("", "CVE-2021-44228"), ("MIT", ""))
    assert rules.checked_open_source(told) == a_policy(("Low",), ("CVE-2021-44228",), ("MIT",))


@pytest.mark.parametrize(
    ("field", "policy"),
    [
        ("content.security.rules.severity.values[1]", a_policy(severity=("Low", "Awful"))),
        ("content.security.rules.cve.values[0]", a_policy(cve=("CVE-21-1",))),
        ("content.security.rules.cve.values[0]", a_policy(cve=("cve-2021-44228",))),
        ("content.license.rules[0].values", a_policy(licences=("MIT",) * (rules.MOST_VALUES + 1))),
    ],
)
def test_what_names_no_severity_or_vulnerability_is_refused(field: str, policy: OpenSourceContent) -> None:
    with pytest.raises(InvalidField) as raised:
        rules.checked_open_source(policy)
    assert raised.value.field == field


def test_every_operator_is_tried_here() -> None:
    assert {*Operator} == {"=", ">", "<", ">=", "<=", "!=", "in", "not in"}
