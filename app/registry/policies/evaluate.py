"""What rules say of reported metrics, and what a set applies of those it inherits. Pure; knows neither rows nor clock.

Numbers are decimal and are compared as they are written, to the last digit; nothing is rounded, added or divided.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec.structs import replace

from schemas.model.policies import (
    AppliedCondition,
    AppliedGroup,
    AppliedRule,
    AppliedSet,
    Condition,
    ConditionGroup,
    Decision,
    HeldRule,
    HeldSet,
    Operator,
    Outcome,
    Reason,
    Report,
    SetVerdict,
    Threshold,
    ValueType,
    Verdict,
)

Told = dict[str, list[tuple[int, Report]]]
"""The reports of a run by their plug-ins, each with its place."""

LONGEST_NUMBER = 64
"""Characters of a number."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

# --- values ----------------------------------------------------------------------------------------------------------


def number(text: str) -> Decimal | None:
    """The number that a text writes (`0.5`, `-3`, `1e-05`; up to 64 characters), or None where it writes none.

    Neither NaN nor infinity nor a percentage is one.
    """
    text = text.strip()
    return Decimal(text) if len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text) else None


def choices(condition: Condition) -> list[str]:
    """What the threshold names: one value or, of `in` and `not in`, the values between the commas."""
    if condition.operator in (Operator.IN, Operator.NOT_IN):
        return [each.strip() for each in condition.value.split(",")]
    return [condition.value]


def holds(condition: Condition, reported: str) -> bool | None:
    """Whether a reported value keeps the condition; None where the two cannot be compared.

    Texts are compared as they are; of a list the blanks around its entries do not count.
    """
    if condition.value_type is ValueType.NUMBER:
        value = number(reported)
        wanted = [number(each) for each in choices(condition)]
        known = [each for each in wanted if each is not None]
        if value is None or len(known) < len(wanted):
            return None
        return _compare_numbers(condition.operator, value, known)
    match condition.operator:
        case Operator.EQUAL | Operator.IN:
            return reported in choices(condition)
        case Operator.UNEQUAL | Operator.NOT_IN:
            return reported not in choices(condition)
    return None  # texts have no order


def _compare_numbers(operator: Operator, value: Decimal, wanted: list[Decimal]) -> bool:
    match operator:
        case Operator.GREATER:
            return value > wanted[0]
        case Operator.LESS:
            return value < wanted[0]
        case Operator.AT_LEAST:
            return value >= wanted[0]
        case Operator.AT_MOST:
            return value <= wanted[0]
        case Operator.EQUAL | Operator.IN:
            return value in wanted
    return value not in wanted


# --- inheritance -----------------------------------------------------------------------------------------------------


def applied(held: HeldSet, parent: HeldSet | None) -> AppliedSet:
    """Everything that a set applies: the rules of its parent, with its own thresholds where a group lets it; then its own.

    A rule that both name applies once: as the parent has it, unless the parent has it disabled and the set has not. So a
    set never asks for less rules than its parent; a parent that is switched off asks for none (see `judge`).
    """
    own = {each.rule.id: each for each in held.rules}
    inherited = [
        each
        for each in (parent.rules if parent else [])
        if each.is_valid or each.rule.id not in own or not own[each.rule.id].is_valid
    ]
    there = {each.rule.id for each in inherited}
    thresholds = {(each.rule_id, each.group_name, each.key, each.operator): each for each in held.rule_set.thresholds}
    used: set[tuple[str, str, str, Operator]] = set()
    rules = [_inherited(each, parent, thresholds, used) for each in inherited if parent]
    rules += [
        AppliedRule(rule=each.rule, is_valid=each.is_valid, parent=None, groups=_groups(each.rule.content))
        for each in held.rules
        if each.rule.id not in there
    ]
    return AppliedSet(
        rule_set=held.rule_set,
        parent=parent.rule_set if parent else None,
        rules=rules,
        idle=[each for place, each in thresholds.items() if place not in used],
    )


def _inherited(
    inherited: HeldRule,
    parent: HeldSet,
    thresholds: dict[tuple[str, str, str, Operator], Threshold],
    used: set[tuple[str, str, str, Operator]],
) -> AppliedRule:
    groups = []
    for group in inherited.rule.content:
        conditions = []
        for condition in group.properties:
            place = (inherited.rule.id, group.group_name, condition.key, condition.operator)
            changed = replace(condition, value=thresholds[place].value) if place in thresholds else None
            if changed is not None and group.can_modify_when_inherit and is_well_formed(changed):
                used.add(place)
                conditions.append(AppliedCondition(condition=changed, inherited_value=condition.value))
            else:
                conditions.append(AppliedCondition(condition=condition))
        groups.append(_group(group, conditions))
    return AppliedRule(rule=inherited.rule, is_valid=inherited.is_valid, parent=parent.rule_set, groups=groups)


def _groups(content: Sequence[ConditionGroup]) -> list[AppliedGroup]:
    return [_group(each, [AppliedCondition(condition=condition) for condition in each.properties]) for each in content]


def _group(group: ConditionGroup, conditions: list[AppliedCondition]) -> AppliedGroup:
    return AppliedGroup(
        group_name=group.group_name, can_modify_when_inherit=group.can_modify_when_inherit, conditions=conditions
    )


def is_well_formed(condition: Condition) -> bool:
    """Whether the threshold is of its type: a number where it should be, and no empty entry in a list."""
    values = choices(condition)
    if condition.value_type is ValueType.NUMBER:
        return all(number(each) is not None for each in values)
    return condition.operator in (Operator.EQUAL, Operator.UNEQUAL) or all(values)


# --- verdicts --------------------------------------------------------------------------------------------------------


def judge(sets: Sequence[AppliedSet], reports: Sequence[Report], *, named: bool) -> Verdict:
    """What the sets say of a run.

    Unless they were `named` by whoever asks, a set is not applied by itself where an enabled one of these inherits from
    it: the heir applies it, with its own thresholds.
    """
    heirs: dict[str, str] = {}
    if not named:
        for each in sets:
            if each.rule_set.is_valid and each.parent is not None:
                heirs.setdefault(each.parent.id, each.rule_set.name)
    told: Told = {}
    for place, report in enumerate(reports):
        told.setdefault(report.plugin_name, []).append((place, report))
    verdicts = [_judge_set(each, told, heirs.get(each.rule_set.id)) for each in sets]
    return Verdict(outcome=_together(each.outcome for each in verdicts), sets=verdicts)


def _judge_set(applied_set: AppliedSet, told: Told, heir: str | None) -> SetVerdict:
    reasons: list[Reason] = []
    if not applied_set.rule_set.is_valid:
        problem = "The rule set is switched off"
    elif heir is not None:
        problem = f"It is applied by {heir}, which inherits from it"
    else:
        reasons = [reason for rule in applied_set.rules for reason in _judge_rule(rule, told)]
        asked = any(each.outcome is not Outcome.SKIPPED for each in reasons)
        problem = "" if asked else "The rule set asks for nothing"
    outcome = _together(each.outcome for each in reasons)
    return SetVerdict(rule_set=applied_set.rule_set, outcome=outcome, problem=problem, reasons=reasons)


def _together(outcomes: Iterable[str]) -> Decision:
    """PASS where something passed and all else was skipped; SKIPPED where all was."""
    asked = set(outcomes) - {Outcome.SKIPPED}
    if not asked:
        return Decision.SKIPPED
    return Decision.PASS if asked == {Outcome.PASS} else Decision.FAIL


def _judge_rule(applied_rule: AppliedRule, told: Told) -> Iterator[Reason]:
    rule = applied_rule.rule
    of_plugin = told.get(rule.plugin_name, [])
    for group in applied_rule.groups:
        for each in group.conditions:
            unjudged = Reason(
                rule_id=rule.id,
                rule_name=rule.name,
                rule_version=rule.version,
                plugin_name=rule.plugin_name,
                plugin_version=rule.plugin_version,
                group_name=group.group_name,
                condition=each.condition,
                outcome=Outcome.MISSING,
                problem="The run reports nothing of this plug-in",
                inherited_from=applied_rule.parent.id if applied_rule.parent else None,
                inherited_value=each.inherited_value,
            )
            if skipped := _why_skipped(applied_rule, each.condition):
                yield replace(unjudged, outcome=Outcome.SKIPPED, problem=skipped)
            elif not of_plugin:
                yield unjudged
            else:
                for place, report in of_plugin:
                    yield _judge_report(replace(unjudged, report=place), report)


def _why_skipped(applied_rule: AppliedRule, condition: Condition) -> str:
    if applied_rule.parent is not None and not applied_rule.parent.is_valid:
        return f"The rule set {applied_rule.parent.name}, from which it is inherited, is switched off"
    if not applied_rule.is_valid:
        return "The rule is disabled in the rule set"
    return "" if condition.is_valid else "The condition is disabled in the rule"


def _judge_report(unjudged: Reason, report: Report) -> Reason:
    if unjudged.plugin_version not in ("", report.version):
        told = f"by version {report.version}" if report.version else "without a version"
        problem = f"It is reported {told}, and the rule is for version {unjudged.plugin_version}"
        return replace(
            unjudged, outcome=Outcome.UNKNOWN, problem=problem, reported=report.metrics.get(unjudged.condition.key)
        )
    reported = report.metrics.get(unjudged.condition.key)
    if reported is None:
        return replace(unjudged, problem="The plug-in did not report this metric")
    kept = holds(unjudged.condition, reported)
    if kept is None:
        problem = "What is reported is no number"
        return replace(unjudged, outcome=Outcome.UNKNOWN, problem=problem, reported=reported)
    return replace(unjudged, outcome=Outcome.PASS if kept else Outcome.FAIL, problem="", reported=reported)
