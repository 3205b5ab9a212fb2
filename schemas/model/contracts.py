"""What a version of a plug-in takes and gives, so typed that values can be checked against it."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from schemas.base import Entity
from schemas.model.packages import Better, Deprecation, InputDefinition, MetricGroup, OutputDefinition, Texts

Language = Literal["zh", "en"]
WrittenForm = Literal["list", "json-schema"]


class InputType(StrEnum):
    """What an input takes. The words are those of the controls in lists of inputs; `input` and `shell` are the contract's.

    A file is a text that names it, a key-value list an object of texts, a multiple choice a list in which nothing stands
    twice. The value of a secret is never answered and never has a default.
    """

    TEXT = "input"
    MULTI_LINE = "textarea"
    SHELL = "shell"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "switch"
    CHOICE = "select"
    CHOICES = "multiselect"
    SECRET = "password"  # noqa: S105  the word for a control
    FILE = "file"
    KEY_VALUES = "key_values"
    OBJECT = "object"


class Option(Entity, frozen=True):
    """One of the values that a choice offers."""

    value: str
    labels: Texts = Texts()


class Rules(Entity, frozen=True):
    """What the author asks of a value beyond its type. Lengths count characters; None asks nothing.

    A pattern may match anywhere in the text, as in a browser, and is RE2's. Messages are the author's own.
    """

    pattern: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    required_message: Texts = Texts()
    pattern_message: Texts = Texts()


class Input(Entity, frozen=True):
    """A value that a plug-in takes.

    `options` is None where the type offers no choice, or where an API of the author's fills it (`api_type`). `schema` is
    the JSON Schema of the value, with everything above in it but conditions and `required`.
    """

    name: str
    type: InputType
    schema: dict[str, Any]
    default: Any = UNSET
    required: bool = False
    rules: Rules = Rules()
    options: list[Option] | None = None
    visible_when: dict[str, Any] | None = None
    disabled_when: dict[str, Any] | None = None
    labels: Texts = Texts()
    helps: Texts = Texts()
    group: str = ""
    order: int | None = None
    deprecated: Deprecation | None = None
    aliases: list[str] = msgspec.field(default_factory=list)
    position: str = ""
    """The JSON Pointer of what the author wrote of it, from the contract: `/inputs/3`, `/input_schema/properties/X`."""


class Output(Entity, frozen=True):
    """A value that a plug-in gives. An empty `schema` says nothing of it."""

    name: str
    schema: dict[str, Any]
    description: str = ""
    unit: str = ""
    better: Better | None = None


class Metric(Entity, frozen=True):
    """A value that a plug-in reports under `key`, which is unique among its metrics."""

    key: str
    group_name: str
    schema: dict[str, Any]
    description: str = ""
    unit: str = ""
    better: Better | None = None


class Written(Entity, frozen=True):
    """What an author wrote of a version: the inputs as a list or, where `input_schema` is given, as JSON Schema."""

    inputs: list[InputDefinition] = msgspec.field(default_factory=list)
    input_schema: dict[str, Any] | None = None
    outputs: list[OutputDefinition] = msgspec.field(default_factory=list)
    metrics: list[MetricGroup] = msgspec.field(default_factory=list)

    @property
    def form(self) -> WrittenForm:
        """In which of the two forms the inputs were written."""
        return "list" if self.input_schema is None else "json-schema"


class Definition(Entity, frozen=True):
    """The one normal form of what an author wrote.

    `schema` is one closed JSON Schema (2020-12) of an object of all values, by the names of their inputs. An input that
    conditions hide is required only while it is shown, so `schema` requires no such input: `Input.required` tells.
    `input_list` and `input_schema` are the two written forms: the one as written, the other derived from it; what the
    derived one cannot say stands in `not_derived`, as JSON Pointers with what is lost.
    """

    form: WrittenForm
    inputs: list[Input]
    outputs: list[Output]
    metrics: list[Metric]
    schema: dict[str, Any]
    input_list: list[InputDefinition]
    input_schema: dict[str, Any]
    not_derived: list["NotDerived"] = msgspec.field(default_factory=list)


class NotDerived(Entity, frozen=True):
    """Something that the author wrote and the derived form cannot say."""

    pointer: str
    problem: str


class ValueFault(Entity, frozen=True):
    """What is wrong with a value: where, by which rule (a keyword of JSON Schema or a word of ours), and said to a person."""

    pointer: str
    rule: str
    message: str


class InputState(Entity, frozen=True):
    """Whether an input is shown and can be edited, as its conditions say of the values."""

    name: str
    visible: bool
    enabled: bool


class Judgement(Entity, frozen=True):
    """What was found of some values.

    `values` has them under the names of their inputs (an alias is none), with defaults filled in and without secrets.
    """

    errors: list[ValueFault]
    values: dict[str, Any]
    states: list[InputState]

    @property
    def valid(self) -> bool:
        """Whether a plug-in may be run with the values."""
        return not self.errors


class Fit(StrEnum):
    """Whether what an output gives is always taken by an input, never, or depends on the value."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"
    UNKNOWN = "unknown"


class Effect(StrEnum):
    """What a change does to those who use the version before, from least to most.

    Where neither a proof nor an example was found the effect is unknown, which counts as breaking.
    """

    COMPATIBLE = "compatible"
    ADDITIVE = "additive"
    UNKNOWN = "unknown"
    BREAKING = "breaking"

    @property
    def breaks(self) -> bool:
        """Whether it has to be taken for a break."""
        return self in (Effect.UNKNOWN, Effect.BREAKING)


class Difference(Entity, frozen=True):
    """One thing that is different in a later version.

    `example` shows a break: of inputs, all values that the version before takes and the later one refuses; of an output or a
    metric, a value that the later one may give and the one before could not. Unset where there is none to show.
    """

    effect: Effect
    rule: str
    pointer: str
    reason: str
    example: Any = UNSET


class Comparison(Entity, frozen=True):
    """What a version means to those who use the one before it: the effect of its greatest difference."""

    effect: Effect
    differences: list[Difference]


class Fitting(Entity, frozen=True):
    """Whether an output fits an input, and why; no reason where it always does."""

    fit: Fit
    reason: str


class VersionContract(Entity, frozen=True):
    """What a version of a plug-in takes and gives."""

    plugin_name: str
    version: str
    definition: Definition


class AskedValues(Entity, frozen=True):
    """Values for a version; without a number for the current one."""

    plugin_name: str
    version: str | None
    values: dict[str, Any]


class AskedPart(Entity, frozen=True):
    """An input or an output of a version; without a number of the current one."""

    plugin_name: str
    version: str | None
    name: str


class Override(Entity, frozen=True):
    """An administrator's word that a version's number may promise less than the version changes."""

    version: str
    reason: str
    given_by_name: str
    given_at: datetime


class VersionDifference(Entity, frozen=True):
    """What a version changes for those who use an earlier one, and whether its number says so.

    `before` is None where nothing was released below it: then nothing was promised. `least` is the least number that would
    promise enough.
    """

    plugin_name: str
    version: str
    before: str | None
    comparison: Comparison
    least: str | None
    kept: bool
    override: Override | None
