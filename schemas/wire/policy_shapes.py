"""What the surfaces of quality gates spell alike: conditions' words, a set's rules, the content of open-source policies."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.base import Wire
from schemas.wire.text import Code, Description, Id, Label, VersionNumber

Comparison = Literal["=", ">", "<", ">=", "<=", "!=", "in", "not in"]
ValueTypeName = Literal["float", "string"]
LevelName = Literal["tenant", "project"]
ThresholdText = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$",
        max_length=1024,
        description="A number or a text; of `in` and `not in` several with commas between them.",
    ),
]
MetricKey = Annotated[
    str, Meta(pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$", min_length=1, max_length=200, description="The key of a metric.")
]


class RequestRuleInstance(Wire, kw_only=True):
    """A rule that a set shall hold."""

    id: Id
    is_valid: Annotated[bool | None, Meta(description="Whether it is asked for; absent: it is.")] = None


Instances = Annotated[list[RequestRuleInstance], Meta(max_length=100)]


class SwitchRequest(Wire, kw_only=True):
    """UpdateRuleSetStatusReq."""

    is_valid: bool


Values = Annotated[list[Label], Meta(max_length=200)]
Predicate = Annotated[Code, Meta(description="How it is compared: `eq`, `contain` and what the scanner knows.")]


class VersionSetRule(Wire, kw_only=True):
    """A component that is spoken of."""

    enable: bool = False
    ecosystem: Code = ""
    package_name: Label = ""
    package_version: VersionNumber = ""
    description: Description = ""
    predicate: Predicate = ""


class VersionSetProperty(Wire, kw_only=True):
    """Which components are spoken of."""

    enable: bool = False
    rules: Annotated[list[VersionSetRule], Meta(max_length=200)] = []


class ValueCheck(Wire, kw_only=True):
    """Severities (`Critical`, `High`, `Medium`, `Low`) or vulnerabilities (`CVE-2021-44228`). Empty texts are passed over."""

    enable: bool = False
    values: Values = []


class SecurityRule(Wire, kw_only=True):
    """Vulnerabilities by how bad they are, and by name."""

    severity: ValueCheck = field(default_factory=ValueCheck)
    cve: ValueCheck = field(default_factory=ValueCheck)


class SecurityProperty(Wire, kw_only=True):
    """Which vulnerabilities are spoken of."""

    enable: bool = False
    rules: SecurityRule = field(default_factory=SecurityRule)


class LicenseRule(Wire, kw_only=True):
    """Licences that are compared in one way."""

    values: Values = []
    predicate: Predicate = ""


class LicenseProperty(Wire, kw_only=True):
    """Which licences are spoken of."""

    enable: bool = False
    rules: Annotated[list[LicenseRule], Meta(max_length=20)] = []


class OpenSourceRuleContent(Wire, kw_only=True):
    """What an open-source policy says. What is absent is disabled and empty."""

    version_set: VersionSetProperty = field(default_factory=VersionSetProperty)
    security: SecurityProperty = field(default_factory=SecurityProperty)
    license: LicenseProperty = field(default_factory=LicenseProperty)
