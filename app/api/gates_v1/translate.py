"""Our words for the sets of projects and for verdicts, as they go over the wire."""

from app.api.moments import to_moment
from app.api.policy_words import from_open_source, to_members, to_open_source
from schemas.model.policies import (
    Operator,
    Reason,
    Report,
    RuleSet,
    RuleSetDetail,
    RuleSetSpec,
    SetVerdict,
    Threshold,
    Verdict,
)
from schemas.wire import gates_v1 as wire


def to_spec(request: wire.ProjectRuleSetRequest | wire.ProjectRuleSetChange) -> RuleSetSpec:
    """A set, or what shall be otherwise of one."""
    return RuleSetSpec(
        name=request.name,
        parent_id=request.parent_id,
        members=to_members(request.rules),
        thresholds=None if request.thresholds is None else [_threshold(each) for each in request.thresholds],
        content=None if request.content is None else to_open_source(request.content),
    )


def _threshold(change: wire.ThresholdChange) -> Threshold:
    return Threshold(
        rule_id=change.rule_id,
        group_name=change.group_name,
        key=change.key,
        operator=Operator(change.operator),
        value=change.value,
    )


def to_done(rule_set: RuleSet) -> wire.ProjectRuleSetDone:
    """A set after a change."""
    return wire.ProjectRuleSetDone(rule_set_id=rule_set.id, version=rule_set.version, is_valid=rule_set.is_valid)


def to_project_set(detail: RuleSetDetail) -> wire.ProjectRuleSet:
    """A set as it was made."""
    rule_set = detail.held.rule_set
    return wire.ProjectRuleSet(
        rule_set_id=rule_set.id,
        kind=rule_set.kind,
        project_id=rule_set.project_id or "",
        parent_id=rule_set.parent_id or "",
        name=rule_set.name,
        version=rule_set.version,
        is_valid=rule_set.is_valid,
        rules=[
            wire.OwnRule(id=each.rule.id, name=each.rule.name, is_valid=each.is_valid) for each in detail.held.rules
        ],
        thresholds=[
            wire.OwnThreshold(
                rule_id=each.rule_id,
                group_name=each.group_name,
                key=each.key,
                operator=each.operator.value,
                value=each.value,
                applies=each not in detail.applied.idle,
            )
            for each in rule_set.thresholds
        ],
        content=None if rule_set.content is None else from_open_source(rule_set.content),
        updated_by_id=rule_set.updated_by_id,
        updated_by_name=rule_set.updated_by_name,
        updated_at=to_moment(rule_set.updated_at),
    )


def to_reports(reports: list[wire.PluginReport]) -> list[Report]:
    """What plug-ins reported."""
    return [Report(plugin_name=each.plugin_name, version=each.version, metrics=each.metrics) for each in reports]


def to_verdict(verdict: Verdict) -> wire.VerdictTold:
    """What became of a run."""
    return wire.VerdictTold(outcome=verdict.outcome.value, rule_sets=[_set(each) for each in verdict.sets])


def _set(verdict: SetVerdict) -> wire.SetVerdictTold:
    return wire.SetVerdictTold(
        rule_set_id=verdict.rule_set.id,
        name=verdict.rule_set.name,
        level=verdict.rule_set.level,
        version=verdict.rule_set.version,
        outcome=verdict.outcome.value,
        problem=verdict.problem,
        reasons=[_reason(each) for each in verdict.reasons],
    )


def _reason(reason: Reason) -> wire.ReasonTold:
    return wire.ReasonTold(
        outcome=reason.outcome.value,
        problem=reason.problem,
        rule_id=reason.rule_id,
        rule_name=reason.rule_name,
        rule_version=reason.rule_version,
        plugin_name=reason.plugin_name,
        plugin_version=reason.plugin_version,
        group_name=reason.group_name,
        metric=reason.condition.key,
        operator=reason.condition.operator.value,
        threshold=reason.condition.value,
        value_type=reason.condition.value_type.value,
        reported=reason.reported,
        report=reason.report,
        inherited_from=reason.inherited_from,
        inherited_threshold=reason.inherited_value,
    )
