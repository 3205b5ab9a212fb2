"""`/v2/{domain_id}/rules*`, `.../rule-sets*`, `.../open-source/rule-sets*` (CodeArts Pipeline API Reference 2023-11-30, 4.4-4.8).

Moments are ISO 8601 in UTC without a zone (`create_time`, `update_time`) or epoch milliseconds (`operate_time`).
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

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
from schemas.wire.text import BusinessType, Code, Id, IdOrEmpty, Label, LongText, Name, PluginName, VersionNumber

Switch = Literal["", "true", "false", "True", "False"]
"""A boolean in a query, which the contract's examples may leave empty and the SDK begins with a capital."""

# --- rules (4.4) -----------------------------------------------------------------------------------------------------


class RuleProperty(Wire, kw_only=True, omit_defaults=True):
    """What one metric must be."""

    key: MetricKey
    type: Code
    name: Label
    operator: Annotated[Comparison | None, Meta(description="Needed, though the contract lets it be absent.")] = None
    value: ThresholdText
    value_type: ValueTypeName
    is_valid: Annotated[bool | None, Meta(description="Whether it is asked for; absent: it is.")] = None


class RuleContent(Wire, kw_only=True):
    """Conditions that are shown together."""

    group_name: Name
    can_modify_when_inherit: Annotated[
        bool | None, Meta(description="Whether sets that inherit the rule may change thresholds; absent: they may not.")
    ] = None
    properties: Annotated[list[RuleProperty], Meta(min_length=1, max_length=50)]


class RuleRequest(Wire, kw_only=True):
    """CreateRuleReq, UpdateRuleReq: the name of the plug-in, or its `plugin_id`, is needed for a new rule.

    In a change, a plug-in that is not spoken of stays, and so does the version where the plug-in does.
    """

    type: BusinessType
    name: Name
    layout_content: Annotated[
        LongText | None, Meta(description="Opaque. Absent in a change, as the official SDK has it: it stays.")
    ] = None
    plugin_id: Id | None = None
    plugin_name: PluginName | None = None
    plugin_version: Annotated[
        VersionNumber | None, Meta(description="The version whose metrics are meant; absent or empty: every version.")
    ] = None
    content: Annotated[list[RuleContent], Meta(min_length=1, max_length=50)]


class RuleDone(Wire, kw_only=True):
    """The answer to a change of a rule."""

    status: Literal[True] = True
    rule_id: str


class Deleted(Wire, kw_only=True):
    """The answer to a deletion."""

    status: Literal[True] = True


class RuleDetail(Wire, kw_only=True):
    """A rule. `creator` and `updater` are ids of users."""

    id: str
    type: BusinessType
    name: str
    version: str
    layout_content: str
    plugin_id: str
    plugin_name: str
    plugin_version: str
    creator: str
    create_time: str
    updater: str
    update_time: str
    is_valid: Annotated[Literal[True], Meta(description="Rules are disabled in sets only.")] = True
    content: list[RuleContent]


class RuleRow(Wire, kw_only=True):
    """A rule in a list. `operator` is the name of who changed it last."""

    id: str
    type: BusinessType
    name: str
    version: str
    operator: str
    operate_time: int


class RulePage(Wire, kw_only=True):
    """Rules, latest change first."""

    data: list[RuleRow]
    total: int


# --- rule sets (4.5, 4.6) --------------------------------------------------------------------------------------------


class CreateRuleSetRequest(Wire, kw_only=True):
    """CreateRuleSetReq."""

    name: Name
    rules: Instances


class UpdateRuleSetRequest(Wire, kw_only=True):
    """UpdateRuleSetReq: what is absent stays. Where rules are there, they are all that the set holds."""

    name: Name | None = None
    rules: Instances | None = None


class RuleSetDone(Wire, kw_only=True):
    """The answer to a change of a set."""

    status: Literal[True] = True
    rule_set_id: str


class RuleSetRow(Wire, kw_only=True):
    """A set in a list. `type` is that of its own rules where all are of one type, else empty."""

    id: str
    name: str
    type: str
    level: LevelName
    is_valid: bool
    version: str
    operator: str
    operate_time: int
    is_public: Literal[False] = False
    is_legacy: Literal[False] = False


class RuleSetPage(Wire, kw_only=True):
    """Sets, latest change first."""

    data: list[RuleSetRow]
    total: int


class RuleInstanceProperty(Wire, kw_only=True):
    """A condition as the set applies it."""

    key: str
    type: str
    name: str
    operator: Comparison
    value: str
    value_type: ValueTypeName
    is_valid: Annotated[Literal[False] | UnsetType, Meta(description="There where it is disabled in the rule.")] = UNSET


class RuleInstanceContent(Wire, kw_only=True):
    """Conditions that are shown together. `editable`: the set may put other thresholds in the place of these."""

    group_name: str
    type: str
    can_modify_when_inherit: bool
    editable: bool
    properties: list[RuleInstanceProperty]


class RuleInstance(Wire, kw_only=True):
    """A rule as a set applies it. `parent` is the set that it is inherited from, absent where it is the set's own."""

    id: str
    type: BusinessType
    name: str
    version: str
    is_valid: bool
    editable: bool
    plugin_id: str
    plugin_name: str
    plugin_version: str
    content: list[RuleInstanceContent]
    parent: RuleSetRow | UnsetType = UNSET


class RuleSetDetail(Wire, kw_only=True):
    """A set with everything that it applies: what it inherits first, then its own."""

    id: str
    name: str
    type: str
    level: LevelName
    version: str
    is_valid: bool
    is_public: Literal[False] = False
    is_legacy: Literal[False] = False
    creator: str
    create_time: str
    updater: str
    update_time: str
    rule_instances: list[RuleInstance]


# --- open-source policies (4.7, 4.8) -----------------------------------------------------------------------------------


class CreateOpenSourceRequest(Wire, kw_only=True):
    """A new open-source policy."""

    name: Name
    content: OpenSourceRuleContent


class UpdateOpenSourceRequest(Wire, kw_only=True):
    """An open-source policy's new name, content and, where it is there, parent (empty: none)."""

    name: Name
    parent_id: IdOrEmpty | None = None
    content: OpenSourceRuleContent


class OpenSourceRow(Wire, kw_only=True):
    """SimpleOpenSourceRuleSetVO. `is_legacy` is null, as the reference shows it."""

    id: str
    name: str
    level: LevelName
    is_valid: bool
    version: str
    operator: str
    is_public: Literal[False] = False
    is_legacy: None = None
    operate_time: int


class OpenSourcePage(Wire, kw_only=True):
    """Open-source policies, latest change first."""

    data: list[OpenSourceRow]
    total: int


class OpenSourceDetail(Wire, kw_only=True):
    """An open-source policy. `parent_id` is empty where it is taken from none."""

    id: str
    name: str
    level: LevelName
    parent_id: str
    version: str
    is_valid: bool
    is_public: Literal[False] = False
    creator: str
    create_time: str
    updater: str
    update_time: str
    content: OpenSourceRuleContent
