"""Checks of releases: what they look at, what each came to, and what it found."""

from enum import StrEnum
from typing import Any

import msgspec

from schemas.base import Entity
from schemas.model.packages import InputDefinition, MetricGroup, OutputDefinition


class Outcome(StrEnum):
    """What a check came to. Unknown is no pass: it could not be done, or not yet."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    UNKNOWN = "unknown"


class Severity(StrEnum):
    """How much a finding weighs. One error makes its check fail; the others are told, and leave it a pass."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Area(StrEnum):
    """What a check is about, in the contract's words. Each check belongs to one."""

    SECURITY = "security"
    """Nothing in it harms or betrays: hostile texts, secrets that were packed by mistake."""
    FILE = "file"
    """It is a whole and honest archive."""
    BASIC_INFORMATION = "basicInformation"
    """It says truly what it is and whose."""


class Mode(StrEnum):
    """What the operator has settled about a check."""

    OFF = "off"
    """It is not done."""
    ADVISE = "advise"
    """It is done and told, and stops nothing."""
    BLOCK = "block"
    """Without its pass nothing is released; where it could not be done, neither."""
    HOLD = "hold"
    """As `block`, but a release of which it could not be done waits for a person instead of being refused."""


class SubjectKind(StrEnum):
    """What is checked."""

    EXTENSION = "extension"
    """The package of an IDE extension. Known by the id of its upload."""
    BASIC_PLUGIN = "basic-plugin"
    """A version of a basic plug-in, which comes as a package. Known by the id of the version."""
    COMPOSITE_PLUGIN = "composite-plugin"
    """A version of a composite plug-in, which has no package. Known by the id of the version."""


class Finding(Entity, frozen=True):
    """What a check found, told to authors and reviewers: where, against which rule, and what to do.

    `entry` is a name out of the archive, made fit to be shown, or "the archive" where the fault is not in one entry; `line`
    counts from 1 where it has lines. `rule` is stable and for machines (`secret.aws-key`), `message` says it in words. Whoever
    runs the check fills in `check`, and `rule` where it is empty.
    """

    entry: str
    message: str
    remedy: str
    rule: str = ""
    severity: Severity = Severity.ERROR
    line: int | None = None
    check: str = ""


class CheckResult(Entity, frozen=True):
    """What one check came to. `blocking` says whether a release needed its pass then; `rule_set` which rules it had."""

    name: str
    area: Area
    outcome: Outcome
    blocking: bool
    rule_set: int
    findings: list[Finding] = msgspec.field(default_factory=list)


class AreaResult(Entity, frozen=True):
    """What the checks of an area come to together, as far as they can stop a release; why, where they did not pass."""

    name: Area
    outcome: Outcome
    findings: list[Finding] = msgspec.field(default_factory=list)


class Definition(Entity, frozen=True):
    """What a release says of itself. Sets of texts are sorted, so that two of them can be compared.

    `entry_points` are the files and steps that run; `permissions` is what decides when and how they run
    (`activationEvents: onStartupFinished`, `type: Shell`); `dependencies` names what it runs besides. Of plug-ins these three
    follow from `execution`, and need not be given.
    """

    name: str
    version: str
    display_name: str = ""
    description: str = ""
    inputs: list[InputDefinition] = msgspec.field(default_factory=list)
    outputs: list[OutputDefinition] = msgspec.field(default_factory=list)
    metrics: list[MetricGroup] = msgspec.field(default_factory=list)
    execution: dict[str, Any] = msgspec.field(default_factory=dict)
    entry_points: list[str] = msgspec.field(default_factory=list)
    permissions: list[str] = msgspec.field(default_factory=list)
    dependencies: list[str] = msgspec.field(default_factory=list)
    licence: str = ""


class PackageLocation(Entity, frozen=True):
    """Where the bytes of a package lie: the store's key, their count, their SHA-256 in hex."""

    key: str
    size: int
    sha256: str


class Neighbour(Entity, frozen=True):
    """Something of another account that everybody sees, under a name that is close to the one that is looked at.

    `is_alike`: the two read alike; otherwise they are one letter apart. `is_popular`: many use it.
    """

    name: str
    owner: str
    is_alike: bool
    is_popular: bool


class EarlierRelease(Entity, frozen=True):
    """The release that a new one is held against. Of a package the definition is read out of it, whatever stands here."""

    version: str
    definition: Definition | None = None
    package: PackageLocation | None = None


class Subject(Entity, frozen=True):
    """What is checked: a package, or the definition of a plug-in without one.

    `subject_id` is the upload's id for extensions and the version's id for plug-ins. A package says itself what it is, so
    `definition` may be missing then; without a package it may not. Where `previous` is None, the newest release of the same thing
    with a lower number is looked for.
    """

    kind: SubjectKind
    tenant_id: str
    subject_id: str
    definition: Definition | None = None
    package: PackageLocation | None = None
    previous: EarlierRelease | None = None


class CheckedRelease(Entity, frozen=True):
    """A release and what its checks come to: the newest run, of that rule set; 0 where there is none. For operators."""

    kind: SubjectKind
    tenant_id: str
    subject_id: str
    name: str
    version: str
    rule_set: int
    failed: list[str]
    """The checks that block and did not pass."""


class Rerun(Entity, frozen=True):
    """What came of the wish to check old releases again: how many wait for it now, and which would not be released any more
    by what is known."""

    enqueued: int
    failing: list[CheckedRelease]
