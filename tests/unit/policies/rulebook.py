"""What tests of rules and sets are made of. One line bends one of them."""

from datetime import UTC, datetime
from typing import Any

from schemas.ids import new_id
from schemas.model.policies import (
    Condition,
    ConditionGroup,
    HeldRule,
    HeldSet,
    Operator,
    Report,
    Rule,
    RuleSet,
    Threshold,
    ValueType,
)

AT = datetime(2026, 11, 29, tzinfo=UTC)
CHANGED: dict[str, Any] = {"updated_at": AT, "updated_by_id": "u", "updated_by_name": "ada"}


def a_condition(operator: str = ">=", value: str = "0.5", key: str = "ratio", **changes: Any) -> Condition:
    """A condition on a number; one on a text with `value_type=ValueType.TEXT`."""
    facts = {"type": "judge", "name": key, "value_type": ValueType.NUMBER} | changes
    return Condition(key=key, operator=Operator(operator), value=value, **facts)


def a_group(*conditions: Condition, name: str = "Quality", may_change: bool = False) -> ConditionGroup:
    """Conditions that are shown together."""
    return ConditionGroup(group_name=name, can_modify_when_inherit=may_change, properties=list(conditions))


def a_rule(*content: ConditionGroup, plugin: str = "tests", version: str = "", name: str = "a rule") -> Rule:
    """A rule over a plug-in; without content, that the ratio is half at least."""
    return Rule(
        id=new_id(), tenant_id="t", kind="Test", name=name, version=new_id(), layout_content="", plugin_id=plugin,
        plugin_name=plugin, plugin_version=version, content=list(content) or [a_group(a_condition())], creator_id="u",
        created_at=AT, **CHANGED,
    )  # fmt: skip


def a_set(
    *rules: Rule | HeldRule,
    parent: HeldSet | None = None,
    is_valid: bool = True,
    thresholds: tuple[Threshold, ...] = (),
    name: str = "a set",
) -> HeldSet:
    """A set of these rules, of a project where it has a parent."""
    rule_set = RuleSet(
        id=new_id(), tenant_id="t", kind="metrics", project_id="p" if parent else None,
        parent_id=parent.rule_set.id if parent else None, name=name, version=new_id(), is_valid=is_valid,
        thresholds=list(thresholds), content=None, creator_id="u", creator_name="ada", created_at=AT, **CHANGED,
    )  # fmt: skip
    return HeldSet(rule_set=rule_set, rules=[each if isinstance(each, HeldRule) else enabled(each) for each in rules])


def enabled(rule: Rule) -> HeldRule:
    """The rule in a set that asks for it."""
    return HeldRule(rule=rule, is_valid=True)


def disabled(rule: Rule) -> HeldRule:
    """The rule in a set that does not ask for it."""
    return HeldRule(rule=rule, is_valid=False)


def a_threshold(
    rule: Rule, value: str, *, operator: str = ">=", key: str = "ratio", group: str = "Quality"
) -> Threshold:
    """Another value for a condition of the rule."""
    return Threshold(rule_id=rule.id, group_name=group, key=key, operator=Operator(operator), value=value)


def a_report(plugin: str = "tests", version: str = "1.0.0", **metrics: str) -> Report:
    """What a plug-in reported."""
    return Report(plugin_name=plugin, version=version, metrics=metrics)
