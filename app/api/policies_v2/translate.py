"""The contract's words for rules and sets, and ours."""

from datetime import UTC, datetime

from msgspec import UNSET

from app.api.policy_words import from_open_source, to_members, to_open_source
from schemas.errors import MissingField
from schemas.model.policies import (
    AppliedGroup,
    AppliedRule,
    Condition,
    ConditionGroup,
    OpenSourceContent,
    Operator,
    Rule,
    RuleSet,
    RuleSetDetail,
    RuleSetQuery,
    RuleSetSpec,
    RuleSpec,
    RuleSummary,
    SetKind,
    ValueType,
)
from schemas.paging import Page
from schemas.wire import policies_v2 as wire

# --- rules -----------------------------------------------------------------------------------------------------------


def to_rule_spec(request: wire.RuleRequest) -> RuleSpec:
    """A rule that is asked for. Raises `MissingField` for a condition without an operator."""
    return RuleSpec(
        kind=request.type,
        name=request.name,
        layout_content=request.layout_content,
        plugin_id=request.plugin_id,
        plugin_name=request.plugin_name,
        plugin_version=request.plugin_version,
        content=[
            ConditionGroup(
                group_name=group.group_name,
                can_modify_when_inherit=bool(group.can_modify_when_inherit),
                properties=[
                    _condition(f"content[{group_place}].properties[{place}]", each)
                    for place, each in enumerate(group.properties)
                ],
            )
            for group_place, group in enumerate(request.content)
        ],
    )


def _condition(field: str, told: wire.RuleProperty) -> Condition:
    if told.operator is None:
        raise MissingField(f"{field}.operator")
    return Condition(
        key=told.key,
        type=told.type,
        name=told.name,
        operator=Operator(told.operator),
        value=told.value,
        value_type=ValueType(told.value_type),
        is_valid=told.is_valid is not False,
    )


def to_rule_detail(rule: Rule) -> wire.RuleDetail:
    """A rule with everything in it."""
    return wire.RuleDetail(
        id=rule.id,
        type=rule.kind,
        name=rule.name,
        version=rule.version,
        layout_content=rule.layout_content,
        plugin_id=rule.plugin_id,
        plugin_name=rule.plugin_name,
        plugin_version=rule.plugin_version,
        creator=rule.creator_id,
        create_time=_local(rule.created_at),
        updater=rule.updated_by_id,
        update_time=_local(rule.updated_at),
        content=[
            wire.RuleContent(
                group_name=group.group_name,
                can_modify_when_inherit=group.can_modify_when_inherit,
                properties=[_property(each) for each in group.properties],
            )
            for group in rule.content
        ],
    )


def _property(condition: Condition) -> wire.RuleProperty:
    """What is asked for is not said to be so, as the reference shows it."""
    return wire.RuleProperty(
        key=condition.key,
        type=condition.type,
        name=condition.name,
        operator=condition.operator.value,
        value=condition.value,
        value_type=condition.value_type.value,
        is_valid=None if condition.is_valid else False,
    )


def to_rule_page(page: Page[RuleSummary]) -> wire.RulePage:
    """One part of a list of rules."""
    rows = [
        wire.RuleRow(
            id=each.id,
            type=each.kind,
            name=each.name,
            version=each.version,
            operator=each.updated_by_name,
            operate_time=_milliseconds(each.updated_at),
        )
        for each in page.items
    ]
    return wire.RulePage(data=rows, total=page.total)


# --- sets --------------------------------------------------------------------------------------------------------------


def to_new_set(request: wire.CreateRuleSetRequest) -> RuleSetSpec:
    """A set of the whole tenant, which inherits from none."""
    return RuleSetSpec(name=request.name, members=to_members(request.rules))


def to_changed_set(request: wire.UpdateRuleSetRequest) -> RuleSetSpec:
    """What shall be otherwise."""
    return RuleSetSpec(name=request.name, members=to_members(request.rules))


def to_query(
    kind: SetKind,
    *,
    of_tenant: bool,
    project_id: str | None,
    name: str,
    is_valid: wire.Switch = "",
    rule_kind: str = "",
    creator_name: str = "",
) -> RuleSetQuery:
    """What is empty filters nothing."""
    return RuleSetQuery(
        kind=kind,
        of_tenant=of_tenant,
        project_id=project_id or None,
        text=name or None,
        is_valid=None if is_valid == "" else to_switch(is_valid, False),
        rule_kind=rule_kind or None,
        creator_name=creator_name or None,
    )


def to_switch(said: wire.Switch, default: bool) -> bool:
    """A boolean of a query; the default where it is empty."""
    return default if said == "" else said.lower() == "true"


def to_set_page(page: Page[RuleSet]) -> wire.RuleSetPage:
    """One part of a list of sets."""
    return wire.RuleSetPage(data=[_set_row(each) for each in page.items], total=page.total)


def _set_row(rule_set: RuleSet) -> wire.RuleSetRow:
    return wire.RuleSetRow(
        id=rule_set.id,
        name=rule_set.name,
        type=_type(rule_set),
        level=rule_set.level,
        is_valid=rule_set.is_valid,
        version=rule_set.version,
        operator=rule_set.updated_by_name,
        operate_time=_milliseconds(rule_set.updated_at),
    )


def _type(rule_set: RuleSet) -> str:
    return rule_set.rule_kinds[0] if len(rule_set.rule_kinds) == 1 else ""


def to_set_detail(detail: RuleSetDetail) -> wire.RuleSetDetail:
    """A set with everything that it applies."""
    rule_set = detail.applied.rule_set
    return wire.RuleSetDetail(
        id=rule_set.id,
        name=rule_set.name,
        type=_type(rule_set),
        level=rule_set.level,
        version=rule_set.version,
        is_valid=rule_set.is_valid,
        creator=rule_set.creator_id,
        create_time=_local(rule_set.created_at),
        updater=rule_set.updated_by_id,
        update_time=_local(rule_set.updated_at),
        rule_instances=[_instance(each) for each in detail.applied.rules],
    )


def _instance(applied: AppliedRule) -> wire.RuleInstance:
    """A set may leave out and disable its own rules; of inherited ones it may change what their groups let it."""
    rule, inherited = applied.rule, applied.parent is not None
    return wire.RuleInstance(
        id=rule.id,
        type=rule.kind,
        name=rule.name,
        version=rule.version,
        is_valid=applied.is_valid,
        editable=not inherited or any(each.can_modify_when_inherit for each in applied.groups),
        plugin_id=rule.plugin_id,
        plugin_name=rule.plugin_name,
        plugin_version=rule.plugin_version,
        content=[_instance_content(each, rule, inherited) for each in applied.groups],
        parent=UNSET if applied.parent is None else _set_row(applied.parent),
    )


def _instance_content(group: AppliedGroup, rule: Rule, inherited: bool) -> wire.RuleInstanceContent:
    return wire.RuleInstanceContent(
        group_name=group.group_name,
        type=rule.kind,
        can_modify_when_inherit=group.can_modify_when_inherit,
        editable=inherited and group.can_modify_when_inherit,
        properties=[
            wire.RuleInstanceProperty(
                key=each.condition.key,
                type=each.condition.type,
                name=each.condition.name,
                operator=each.condition.operator.value,
                value=each.condition.value,
                value_type=each.condition.value_type.value,
                is_valid=UNSET if each.condition.is_valid else False,
            )
            for each in group.conditions
        ],
    )


# --- open-source policies ----------------------------------------------------------------------------------------------


def to_new_policy(request: wire.CreateOpenSourceRequest) -> RuleSetSpec:
    """A policy of the whole tenant."""
    return RuleSetSpec(name=request.name, content=to_open_source(request.content))


def to_changed_policy(request: wire.UpdateOpenSourceRequest) -> RuleSetSpec:
    """Its new content. A parent that is not spoken of stays."""
    return RuleSetSpec(name=request.name, parent_id=request.parent_id, content=to_open_source(request.content))


def to_policy_page(page: Page[RuleSet]) -> wire.OpenSourcePage:
    """One part of a list of policies."""
    rows = [
        wire.OpenSourceRow(
            id=each.id,
            name=each.name,
            level=each.level,
            is_valid=each.is_valid,
            version=each.version,
            operator=each.updated_by_name,
            operate_time=_milliseconds(each.updated_at),
        )
        for each in page.items
    ]
    return wire.OpenSourcePage(data=rows, total=page.total)


def to_policy_detail(detail: RuleSetDetail) -> wire.OpenSourceDetail:
    """A policy with everything in it."""
    policy = detail.held.rule_set
    return wire.OpenSourceDetail(
        id=policy.id,
        name=policy.name,
        level=policy.level,
        parent_id=policy.parent_id or "",
        version=policy.version,
        is_valid=policy.is_valid,
        creator=policy.creator_id,
        create_time=_local(policy.created_at),
        updater=policy.updated_by_id,
        update_time=_local(policy.updated_at),
        content=from_open_source(policy.content or OpenSourceContent()),
    )


def _local(moment: datetime) -> str:
    """To the second, in UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
