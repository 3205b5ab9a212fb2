"""What rules, sets and open-source policies may hold, and how many there may be. Pure decisions."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from msgspec.structs import replace

from app.registry.policies import evaluate
from schemas.errors import ContradictingConditions, InvalidField, MetricUnknown, MissingField, PolicyChanged
from schemas.model.packages import MetricGroup
from schemas.model.policies import (
    Condition,
    ConditionGroup,
    HeldRule,
    Member,
    OpenSourceContent,
    Operator,
    Report,
    Rule,
    RuleSet,
    Threshold,
    ValueType,
)

MOST_RULES = 5_000
"""Rules of a tenant."""
MOST_SETS = 1_000
"""Sets of one kind: of a tenant for all its projects, and as many for each project."""
MOST_CONDITIONS = 50
"""Conditions of a rule."""
MOST_MEMBERS = 100
"""Rules of a set."""
MOST_THRESHOLDS = 200
"""Thresholds that a set puts in the place of inherited ones."""
MOST_CHOICES = 100
"""Entries of a list that `in` and `not in` compare with."""
MOST_JUDGED = 5_000
"""Comparisons of one verdict."""
MOST_SETS_JUDGED = 100
MOST_SETS_TOLD = 10
MOST_VALUES = 200
"""Entries of each list of an open-source policy."""

_BOUNDING = {Operator.GREATER, Operator.AT_LEAST, Operator.LESS, Operator.AT_MOST}
_CHOOSING = {Operator.EQUAL, Operator.IN}
_EXCLUDING = {Operator.UNEQUAL, Operator.NOT_IN}
_SEVERITIES = ("Critical", "High", "Medium", "Low")
_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,19}")


# --- rules -----------------------------------------------------------------------------------------------------------


def checked_content(content: list[ConditionGroup]) -> list[ConditionGroup]:
    """The same conditions. Raises `InvalidField`, `MissingField` or `ContradictingConditions` for the first at fault.

    Groups have different names, and a group asks a metric once with each operator, so that thresholds of heirs find their
    condition. Texts have no order. Conditions on one metric, in whatever groups, can be kept by some value.
    """
    if not content:
        raise MissingField("content")
    if sum(len(each.properties) for each in content) > MOST_CONDITIONS:
        raise InvalidField("content", problem=f"A rule has {MOST_CONDITIONS} conditions at most")
    seen: set[tuple[str, ...]] = set()
    for group_place, group in enumerate(content):
        if (group.group_name,) in seen:
            raise InvalidField(f"content[{group_place}].group_name", problem="Another group has this name")
        seen.add((group.group_name,))
        if not group.properties:
            raise MissingField(f"content[{group_place}].properties")
        for place, condition in enumerate(group.properties):
            field = f"content[{group_place}].properties[{place}]"
            check_condition(field, condition)
            if (group.group_name, condition.key, condition.operator) in seen:
                problem = f"The group asks {condition.key} with {condition.operator} twice"
                raise InvalidField(f"{field}.operator", problem=problem)
            seen.add((group.group_name, condition.key, condition.operator))
    _check_agreement(content)
    return content


def check_condition(field: str, condition: Condition) -> None:
    """Raises `InvalidField` where the threshold is not of its type, or the operator not for it."""
    if condition.value_type is ValueType.TEXT and condition.operator in _BOUNDING:
        raise InvalidField(f"{field}.operator", problem=f"Texts have no order; {condition.operator} is for numbers")
    if len(evaluate.choices(condition)) > MOST_CHOICES:
        raise InvalidField(f"{field}.value", problem=f"A list has {MOST_CHOICES} entries at most")
    if not evaluate.is_well_formed(condition):
        kind = "a number such as 0.95" if condition.value_type is ValueType.NUMBER else "text"
        many = condition.operator in (Operator.IN, Operator.NOT_IN)
        expected = f"{kind}, or several with commas between them" if many else kind
        raise InvalidField(f"{field}.value", problem=f"The threshold is {expected}")


def _check_agreement(content: Sequence[ConditionGroup]) -> None:
    asked: dict[str, list[Condition]] = {}
    for group_place, group in enumerate(content):
        for place, condition in enumerate(group.properties):
            if not condition.is_valid:
                continue
            others = asked.setdefault(condition.key, [])
            field = f"content[{group_place}].properties[{place}]"
            if others and others[0].value_type is not condition.value_type:
                raise InvalidField(f"{field}.value_type", problem=f"{condition.key} is asked as another type, too")
            others.append(condition)
            if contradict(others):
                raise ContradictingConditions(f"{field}.operator", key=condition.key)


def contradict(conditions: Sequence[Condition]) -> bool:
    """Whether no value keeps all of these well-formed conditions of one type."""
    choosing = [each for each in conditions if each.operator in _CHOOSING]
    if choosing:
        named = evaluate.choices(choosing[0])
        return not any(all(evaluate.holds(each, value) for each in conditions) for value in named)
    lower = [(bound, each.operator is Operator.GREATER) for each, bound in _bounds(conditions, ">")]
    upper = [(bound, each.operator is Operator.LESS) for each, bound in _bounds(conditions, "<")]
    if not lower or not upper:
        return False
    lowest, after = max(lower)
    highest, before = min(upper, key=lambda each: (each[0], not each[1]))
    if lowest != highest:
        return lowest > highest
    only = next(each.value for each, bound in _bounds(conditions, ">") if bound == lowest)
    return after or before or not all(evaluate.holds(each, only) for each in conditions)


def _bounds(conditions: Sequence[Condition], sign: str) -> Iterator[tuple[Condition, Decimal]]:
    for each in conditions:
        if each.operator.startswith(sign) and (bound := evaluate.number(each.value)) is not None:
            yield each, bound


def check_metrics(
    content: Sequence[ConditionGroup], plugin: str, version: str, declared: Sequence[MetricGroup]
) -> None:
    """Raises `MetricUnknown` for a key that the version does not declare, and `InvalidField` for a threshold of another type.

    A metric is a number or a text as its type says. Without one, a metric that starts from a number is one, one that starts
    from another text is a text, and one without a start is whatever it is compared as.
    """
    metrics = {each.key: each for group in declared for each in group.properties}
    for group_place, group in enumerate(content):
        for place, condition in enumerate(group.properties):
            field = f"content[{group_place}].properties[{place}]"
            if condition.key not in metrics:
                raise MetricUnknown(f"{field}.key", name=plugin, version=version, key=condition.key)
            metric = metrics[condition.key]
            start = metric.value.strip()
            if metric.type is None and not start:
                continue
            if metric.type is None:
                declared_as = ValueType.TEXT if evaluate.number(start) is None else ValueType.NUMBER
                why = f"it starts from {start!r:.60}"
            else:
                declared_as = ValueType.NUMBER if metric.type in ("number", "integer") else ValueType.TEXT
                why = f"its type is {metric.type}"
            if condition.value_type is not declared_as:
                problem = f"{plugin} {version} declares {condition.key} as a {declared_as}: {why}"
                raise InvalidField(f"{field}.value_type", problem=problem)


def told_conditions(content: Sequence[ConditionGroup]) -> list[str]:
    """The conditions as the audit keeps them, a line each."""
    return [
        f"{group.group_name}: {each.key} {each.operator} {each.value}{'' if each.is_valid else ' (disabled)'}"
        for group in content
        for each in group.properties
    ]


# --- sets ------------------------------------------------------------------------------------------------------------


def checked_members(members: list[Member]) -> list[Member]:
    """The same rules of a set: at most 100, each once. Raises `InvalidField`."""
    if len(members) > MOST_MEMBERS:
        raise InvalidField("rules", problem=f"A rule set holds {MOST_MEMBERS} rules at most")
    seen: set[str] = set()
    for place, each in enumerate(members):
        if each.rule_id in seen:
            raise InvalidField(f"rules[{place}].id", problem="The rule stands in the list twice")
        seen.add(each.rule_id)
    return members


def check_thresholds(thresholds: Sequence[Threshold], inherited: Sequence[HeldRule]) -> None:
    """Raises `InvalidField` for a threshold of a condition that is not inherited, that may not be changed, or that it does
    not fit; and `ContradictingConditions` where an inherited rule could not be kept with them."""
    if len(thresholds) > MOST_THRESHOLDS:
        raise InvalidField("thresholds", problem=f"A rule set changes {MOST_THRESHOLDS} thresholds at most")
    rules = {each.rule.id: each.rule for each in inherited}
    seen: set[tuple[str, str, str, Operator]] = set()
    for place, each in enumerate(thresholds):
        field = f"thresholds[{place}]"
        if (each.rule_id, each.group_name, each.key, each.operator) in seen:
            raise InvalidField(field, problem="The threshold of this condition is changed twice")
        seen.add((each.rule_id, each.group_name, each.key, each.operator))
        group, condition = _meant(field, each, rules)
        if not group.can_modify_when_inherit:
            problem = f"Thresholds of the group {group.group_name} may not be changed where they are inherited"
            raise InvalidField(field, problem=problem)
        check_condition(field, replace(condition, value=each.value))
    for place, each in enumerate(thresholds):
        if contradict([one for one in _changed(rules[each.rule_id], thresholds) if one.key == each.key]):
            raise ContradictingConditions(f"thresholds[{place}].value", key=each.key)


def _meant(field: str, threshold: Threshold, rules: dict[str, Rule]) -> tuple[ConditionGroup, Condition]:
    if threshold.rule_id not in rules:
        raise InvalidField(f"{field}.rule_id", problem="The rule set does not inherit this rule")
    for group in rules[threshold.rule_id].content:
        for condition in group.properties:
            asked = (group.group_name, condition.key, condition.operator)
            if asked == (threshold.group_name, threshold.key, threshold.operator):
                return group, condition
    raise InvalidField(field, problem="The rule has no such condition; it is named by group, key and operator")


def _changed(rule: Rule, thresholds: Sequence[Threshold]) -> Iterator[Condition]:
    values = {(each.group_name, each.key, each.operator): each.value for each in thresholds if each.rule_id == rule.id}
    for group in rule.content:
        for each in group.properties:
            if each.is_valid:
                yield replace(each, value=values.get((group.group_name, each.key, each.operator), each.value))


def check_parent(parent: RuleSet | None, child: RuleSet | None) -> RuleSet:
    """The set from which another one shall inherit: a tenant's, which inherits from none. `child` None: a new one.

    Raises `InvalidField`.
    """
    if parent is None or parent.project_id is not None:
        raise InvalidField("parent_id", problem="It is no such rule set of the whole account")
    if parent.parent_id is not None:
        raise InvalidField("parent_id", problem="A rule set that inherits itself has no heirs")
    if child is not None and child.id == parent.id:
        raise InvalidField("parent_id", problem="A rule set does not inherit from itself")
    return parent


def check_version(wanted: str | None, version: str) -> None:
    """Raises `PolicyChanged` where a change is for another version than the one that there is. None and `*`: for any."""
    if wanted is not None and wanted.strip() != "*" and wanted.strip().strip('"') != version:
        raise PolicyChanged("If-Match", version=version)


def told(names: Sequence[str]) -> str:
    """The first names, and whether there are more."""
    return ", ".join(names[:MOST_SETS_TOLD]) + (" and others" if len(names) > MOST_SETS_TOLD else "")


# --- open-source policies --------------------------------------------------------------------------------------------


def checked_open_source(content: OpenSourceContent) -> OpenSourceContent:
    """The same policy without empty values, which the contract's front end sends. Raises `InvalidField`."""
    security = content.security.rules
    severity = replace(
        security.severity, values=_values("content.security.rules.severity.values", security.severity.values)
    )
    cve = replace(security.cve, values=_values("content.security.rules.cve.values", security.cve.values))
    for place, each in enumerate(severity.values):
        if each not in _SEVERITIES:
            problem = f"A severity is one of {', '.join(_SEVERITIES)}"
            raise InvalidField(f"content.security.rules.severity.values[{place}]", problem=problem)
    for place, each in enumerate(cve.values):
        if _CVE.fullmatch(each) is None:
            problem = "A vulnerability is named as in CVE-2021-44228"
            raise InvalidField(f"content.security.rules.cve.values[{place}]", problem=problem)
    licences = [
        replace(each, values=_values(f"content.license.rules[{place}].values", each.values))
        for place, each in enumerate(content.license.rules)
    ]
    return replace(
        content,
        security=replace(content.security, rules=replace(security, severity=severity, cve=cve)),
        license=replace(content.license, rules=licences),
    )


def _values(field: str, values: list[str]) -> list[str]:
    if len(values) > MOST_VALUES:
        raise InvalidField(field, problem=f"{MOST_VALUES} values at most")
    return [each for each in values if each]


# --- verdicts --------------------------------------------------------------------------------------------------------


def check_effort(reports: Sequence[Report], conditions: int) -> None:
    """Raises `InvalidField` where the comparisons of a verdict would be too many: of `conditions` conditions in all, each
    compared with what each report of its plug-in says."""
    times = max(Counter(each.plugin_name for each in reports).values(), default=1)
    if conditions * times > MOST_JUDGED:
        problem = f"The verdict would take more than {MOST_JUDGED} comparisons; ask for fewer rule sets at once"
        raise InvalidField("rule_set_ids", problem=problem)
