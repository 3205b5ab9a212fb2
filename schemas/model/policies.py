"""Quality gates: rules over the metrics of plug-ins, the sets in which they apply, and what they say of a run."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from schemas.base import Entity
from schemas.model.packages import Category


class Operator(StrEnum):
    """How a reported value is compared with a threshold."""

    EQUAL = "="
    GREATER = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="
    UNEQUAL = "!="
    IN = "in"
    NOT_IN = "not in"


class ValueType(StrEnum):
    """What a threshold is: a number, or a text. `float` is the contract's word; numbers are decimal and exact here."""

    NUMBER = "float"
    TEXT = "string"


class Condition(Entity, frozen=True):
    """What one metric must be. `value` is a text also where it is a number; of `in` and `not in` a list with commas.

    `type` is the contract's (`judge` in its examples) and means nothing here. Without `is_valid` it is not asked for.
    """

    key: str
    type: str
    name: str
    operator: Operator
    value: str
    value_type: ValueType
    is_valid: bool = True


class ConditionGroup(Entity, frozen=True):
    """Conditions that are shown together. With `can_modify_when_inherit` a project's set may change their thresholds."""

    group_name: str
    properties: list[Condition]
    can_modify_when_inherit: bool = False


class RuleSpec(Entity, frozen=True):
    """A rule as it is asked for. What is None is not spoken of."""

    kind: Category
    name: str
    content: list[ConditionGroup]
    layout_content: str | None = None
    plugin_id: str | None = None
    plugin_name: str | None = None
    plugin_version: str | None = None


class RuleSummary(Entity, frozen=True):
    """A rule as lists show it. `version` is another one after each change."""

    id: str
    kind: Category
    name: str
    version: str
    updated_at: datetime
    updated_by_name: str


class Rule(Entity, frozen=True):
    """What a plug-in has to report, for a tenant. An empty `plugin_version` means every version of the plug-in."""

    id: str
    tenant_id: str
    kind: Category
    name: str
    version: str
    layout_content: str
    plugin_id: str
    plugin_name: str
    plugin_version: str
    content: list[ConditionGroup]
    creator_id: str
    created_at: datetime
    updated_at: datetime
    updated_by_id: str
    updated_by_name: str


class RuleQuery(Entity, frozen=True):
    """Which rules a list is about: of a kind, with a text in the name, applied in a project. None filters nothing."""

    kind: str | None = None
    text: str | None = None
    project_id: str | None = None


# --- what open-source components may be ------------------------------------------------------------------------------


class ComponentRule(Entity, frozen=True):
    """A component that is spoken of: a package of an ecosystem, in versions that the predicate compares."""

    enable: bool = False
    ecosystem: str = ""
    package_name: str = ""
    package_version: str = ""
    description: str = ""
    predicate: str = ""


class ComponentCheck(Entity, frozen=True):
    """Which components are spoken of."""

    enable: bool = False
    rules: list[ComponentRule] = []


class ValueCheck(Entity, frozen=True):
    """Severities, or names of vulnerabilities."""

    enable: bool = False
    values: list[str] = []


class VulnerabilityRules(Entity, frozen=True):
    """Vulnerabilities by how bad they are, and by name."""

    severity: ValueCheck = ValueCheck()
    cve: ValueCheck = ValueCheck()


class VulnerabilityCheck(Entity, frozen=True):
    """Which vulnerabilities are spoken of."""

    enable: bool = False
    rules: VulnerabilityRules = VulnerabilityRules()


class LicenseRule(Entity, frozen=True):
    """Licences, compared by the predicate."""

    values: list[str] = []
    predicate: str = ""


class LicenseCheck(Entity, frozen=True):
    """Which licences are spoken of."""

    enable: bool = False
    rules: list[LicenseRule] = []


class OpenSourceContent(Entity, frozen=True):
    """What an open-source policy says. It is kept and answered; scanners apply it."""

    version_set: ComponentCheck = ComponentCheck()
    security: VulnerabilityCheck = VulnerabilityCheck()
    license: LicenseCheck = LicenseCheck()


# --- sets ------------------------------------------------------------------------------------------------------------

SetKind = Literal["metrics", "open-source"]
Level = Literal["tenant", "project"]


class Member(Entity, frozen=True):
    """A rule in a set. Without `is_valid` it is in the set, and is not asked for."""

    rule_id: str
    is_valid: bool = True


class Threshold(Entity, frozen=True):
    """Another threshold for a condition that a set inherits: the condition by its rule, group, key and operator."""

    rule_id: str
    group_name: str
    key: str
    operator: Operator
    value: str


class RuleSetSpec(Entity, frozen=True):
    """A set as it is asked for. What is None is not spoken of; `parent_id` empty: it inherits from none."""

    name: str | None = None
    parent_id: str | None = None
    members: list[Member] | None = None
    thresholds: list[Threshold] | None = None
    content: OpenSourceContent | None = None


class RuleSet(Entity, frozen=True):
    """A set of a tenant, for all its projects or for one (`project_id`). `version` is another one after each change.

    `content` is that of an open-source policy. A set without `is_valid` is switched off.
    """

    id: str
    tenant_id: str
    kind: SetKind
    project_id: str | None
    parent_id: str | None
    name: str
    version: str
    is_valid: bool
    thresholds: list[Threshold]
    content: OpenSourceContent | None
    creator_id: str
    creator_name: str
    created_at: datetime
    updated_at: datetime
    updated_by_id: str
    updated_by_name: str
    rule_kinds: list[str] = []
    """The kinds of its own rules."""

    @property
    def level(self) -> Level:
        """Whether it is for the whole tenant or for one project."""
        return "tenant" if self.project_id is None else "project"


class HeldRule(Entity, frozen=True):
    """A rule in a set, with the set's word on whether it is asked for."""

    rule: Rule
    is_valid: bool


class HeldSet(Entity, frozen=True):
    """A set with its own rules, in their order."""

    rule_set: RuleSet
    rules: list[HeldRule]


class RuleSetQuery(Entity, frozen=True):
    """Which sets a list is about: the tenant's, a project's, or both; None and empty filter nothing.

    `rule_kind`: those that hold a rule of that kind. `text` is looked for in names, whatever its case.
    """

    kind: SetKind
    of_tenant: bool
    project_id: str | None
    text: str | None = None
    is_valid: bool | None = None
    rule_kind: str | None = None
    creator_name: str | None = None


class AppliedCondition(Entity, frozen=True):
    """A condition as a set applies it. `inherited_value`: the threshold that the set put another one in the place of."""

    condition: Condition
    inherited_value: str | None = None


class AppliedGroup(Entity, frozen=True):
    """A group of conditions as a set applies it."""

    group_name: str
    can_modify_when_inherit: bool
    conditions: list[AppliedCondition]


class AppliedRule(Entity, frozen=True):
    """A rule as a set applies it: its own, or (`parent`) one that it inherits."""

    rule: Rule
    is_valid: bool
    parent: RuleSet | None
    groups: list[AppliedGroup]


class AppliedSet(Entity, frozen=True):
    """A set with everything that it applies: what it inherits first. `idle`: its thresholds that apply to nothing (now)."""

    rule_set: RuleSet
    parent: RuleSet | None
    rules: list[AppliedRule]
    idle: list[Threshold]


class RuleSetDetail(Entity, frozen=True):
    """A set with its own rules and, beside them, everything that it applies."""

    held: HeldSet
    applied: AppliedSet


# --- verdicts --------------------------------------------------------------------------------------------------------


class Report(Entity, frozen=True):
    """What one plug-in reported in a run: its metrics by their keys, as texts."""

    plugin_name: str
    version: str
    metrics: dict[str, str]


class Outcome(StrEnum):
    """What became of a condition. Only PASS passes."""

    PASS = "pass"  # noqa: S105 (no password)
    FAIL = "fail"
    MISSING = "missing"
    """Nothing was reported."""
    UNKNOWN = "unknown"
    """What was reported cannot be compared."""
    SKIPPED = "skipped"
    """It was not asked for."""


class Decision(StrEnum):
    """What became of a set or a run. SKIPPED: it asked for nothing."""

    PASS = "pass"  # noqa: S105 (no password)
    FAIL = "fail"
    SKIPPED = "skipped"


class Reason(Entity, frozen=True):
    """What became of one condition, by one report (`report`: its place in the run's) or without any."""

    rule_id: str
    rule_name: str
    rule_version: str
    plugin_name: str
    plugin_version: str
    group_name: str
    condition: Condition
    outcome: Outcome
    problem: str = ""
    inherited_from: str | None = None
    inherited_value: str | None = None
    report: int | None = None
    reported: str | None = None


class SetVerdict(Entity, frozen=True):
    """What became of one set, and why. It passes when something was asked for and all of that passed."""

    rule_set: RuleSet
    outcome: Decision
    problem: str
    reasons: list[Reason]


class Verdict(Entity, frozen=True):
    """What became of a run: it passes when a set passed and none failed; it is skipped when nothing was asked for."""

    outcome: Decision
    sets: list[SetVerdict]
