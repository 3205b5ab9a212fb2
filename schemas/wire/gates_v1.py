"""`/plugport/v1/gates/*`: the sets of projects, which the contract only reads, and verdicts about runs. Of our own."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.policy_shapes import (
    Comparison,
    Instances,
    LevelName,
    MetricKey,
    OpenSourceRuleContent,
    ThresholdText,
    ValueTypeName,
)
from schemas.wire.text import Id, IdOrEmpty, Name, PluginName, VersionNumber

SetKindName = Literal["metrics", "open-source"]
OutcomeName = Literal["pass", "fail", "missing", "unknown", "skipped"]
DecisionName = Literal["pass", "fail", "skipped"]
ParentId = Annotated[
    IdOrEmpty | None, Meta(description="The set of the whole account from which it inherits; empty: from none.")
]

# --- sets of projects --------------------------------------------------------------------------------------------------


class ThresholdChange(Wire, kw_only=True):
    """Another threshold for an inherited condition, which is named by its rule, group, key and operator."""

    rule_id: Id
    group_name: Name
    key: MetricKey
    operator: Comparison
    value: ThresholdText


Thresholds = Annotated[list[ThresholdChange], Meta(max_length=200)]


class ProjectRuleSetRequest(Wire, kw_only=True):
    """A new set of a project. One over metrics holds rules and thresholds, an open-source policy has a content."""

    kind: SetKindName = "metrics"
    project_id: Id
    name: Name
    parent_id: ParentId = None
    rules: Instances | None = None
    thresholds: Thresholds | None = None
    content: OpenSourceRuleContent | None = None


class ProjectRuleSetChange(Wire, kw_only=True):
    """What shall be otherwise; what is absent stays. Lists take the place of those that there are."""

    name: Name | None = None
    parent_id: ParentId = None
    rules: Instances | None = None
    thresholds: Thresholds | None = None
    content: OpenSourceRuleContent | None = None


class ProjectRuleSetDone(Wire, kw_only=True):
    """The answer to a change: which version the set has now, and whether it is enabled."""

    rule_set_id: str
    version: str
    is_valid: bool


class OwnRule(Wire, kw_only=True):
    """A rule that the set holds itself."""

    id: str
    name: str
    is_valid: bool


class OwnThreshold(ThresholdChange, kw_only=True):
    """A threshold of the set. `applies`: there still is such a condition, which may be changed."""

    applies: bool


class ProjectRuleSet(Wire, kw_only=True):
    """A set of a project as it was made. What it applies with all that it inherits, `gray/detail` shows."""

    rule_set_id: str
    kind: SetKindName
    project_id: str
    parent_id: str
    name: str
    version: str
    is_valid: bool
    rules: list[OwnRule]
    thresholds: list[OwnThreshold]
    content: OpenSourceRuleContent | None
    updated_by_id: str
    updated_by_name: str
    updated_at: str


# --- verdicts ------------------------------------------------------------------------------------------------------------

ReportedText = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00]*$",
        max_length=1024,
        description="A number or a text, as the plug-in told it. Numbers are texts, so that nothing rounds them on the way.",
    ),
]


class PluginReport(Wire, kw_only=True):
    """What one plug-in reported in the run."""

    plugin_name: PluginName
    version: VersionNumber = ""
    metrics: Annotated[dict[MetricKey, ReportedText], Meta(max_length=1000)]


class VerdictRequest(Wire, kw_only=True):
    """A run. Without `rule_set_ids` all sets of the account and of the project are asked."""

    project_id: Id | None = None
    rule_set_ids: Annotated[list[Id], Meta(min_length=1, max_length=100)] | None = None
    reports: Annotated[list[PluginReport], Meta(max_length=200)]


class ReasonTold(Wire, kw_only=True):
    """What became of one condition. `report` is the place of the report that was judged, null where there was none.

    `inherited_from`: the set whose rule it is, where the judged one inherits it. `inherited_threshold`: its threshold there,
    where the judged one has another.
    """

    outcome: OutcomeName
    problem: str
    rule_id: str
    rule_name: str
    rule_version: str
    plugin_name: str
    plugin_version: str
    group_name: str
    metric: str
    operator: Comparison
    threshold: str
    value_type: ValueTypeName
    reported: str | None
    report: int | None
    inherited_from: str | None
    inherited_threshold: str | None


class SetVerdictTold(Wire, kw_only=True):
    """What became of one set: `skipped` where it asked for nothing, which `problem` explains."""

    rule_set_id: str
    name: str
    level: LevelName
    version: str
    outcome: DecisionName
    problem: str
    reasons: list[ReasonTold]


class VerdictTold(Wire, kw_only=True):
    """What became of the run: `pass` where a set passed and none failed, `skipped` where no set asked for anything."""

    outcome: DecisionName
    rule_sets: list[SetVerdictTold]
