"""Packages of basic plug-ins, and the manifest at the root of each.

The fields of a manifest are spelled as `extension/detail` answers them; their limits stand in
`schemas/documents/plugin-manifest.schema.json`.
"""

from typing import Any, Literal

import msgspec

from schemas.base import Entity

Category = Literal["Build", "Gate", "Deploy", "Test", "Normal"]
ExecutionType = Literal["Shell", "Nodejs", "Java", "Python"]


Better = Literal["higher", "lower"]
"""Which values of an output or a metric are the better ones."""


class Texts(Entity, frozen=True, omit_defaults=True):
    """One text in the languages of the pages; empty where the author says nothing in that language."""

    zh: str = ""
    en: str = ""


class Deprecation(Entity, frozen=True, omit_defaults=True):
    """An input that will go: what takes its place, and with which version of the plug-in it goes. Empty: not said."""

    replacement: str = ""
    removal_version: str = ""


class Validation(Entity, frozen=True):
    """What is checked of a value. Lengths count characters; None checks nothing.

    `regex` is a pattern of RE2 that may match anywhere in the text, as in a browser. What begins with `minimum` is beyond
    the seeds' form.
    """

    required_message: str | None = None
    regex: str | None = None
    regex_message: str | None = None
    max_length: int | None = None
    min_length: int | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None
    required_messages: Texts | None = None
    regex_messages: Texts | None = None


class ExtendProp(Entity, frozen=True):
    """How the control of an input behaves: texts, as the contract has it.

    `options` is the JSON text of a list of texts, or of objects with `value`, `label` and `labels`; the conditions are JSON
    texts of `app/registry/contracts/conditions.py`. The others are opaque.
    """

    api_options: str | None = None
    api_type: str | None = None
    options: str | None = None
    disabled_conditions: str | None = None
    visible_conditions: str | None = None
    show_placeholder: str | None = None


class InputDefinition(Entity, frozen=True):
    """A value that a pipeline gives to the plug-in. `type` names the control it is edited with (`InputType`).

    What stands behind `front_data_prop` is beyond the seeds' form: texts in two languages, the group in which and the place
    at which the input is shown, what became of it, other names under which it is taken, and the JSON Schema of an object.
    """

    name: str
    type: str
    label: str = ""
    description: str = ""
    default_value: str = ""
    required: bool = False
    validation: Validation | None = None
    layout_content: str | None = None
    extend_prop: ExtendProp | None = None
    front_data_prop: str | None = None
    labels: Texts | None = None
    helps: Texts | None = None
    group: str | None = None
    order: int | None = None
    deprecated: Deprecation | None = None
    aliases: list[str] | None = None
    value_schema: dict[str, Any] | None = None


class OutputDefinition(Entity, frozen=True):
    """A value that the plug-in gives to later steps. The type `output` says nothing of it.

    What stands behind `prop` is beyond the seeds' form.
    """

    name: str
    type: str = "output"
    description: str = ""
    prop: dict[str, str] = msgspec.field(default_factory=dict)
    unit: str | None = None
    better: Better | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None


class MetricProperty(Entity, frozen=True):
    """A value that the plug-in reports under `key`; `value` is what it starts from, as text.

    What stands behind `desc` is beyond the seeds' form; without a type it is what it starts from, a number or a text.
    """

    key: str
    value: str = ""
    desc: str = ""
    type: str | None = None
    unit: str | None = None
    better: Better | None = None
    minimum: int | float | None = None
    maximum: int | float | None = None


class MetricGroup(Entity, frozen=True):
    """Metrics that are shown together."""

    group_name: str
    properties: list[MetricProperty]


class Execution(Entity, frozen=True):
    """What runs: the file `target` of the package, by the interpreter `type`."""

    type: ExecutionType
    target: str


class DataSourceBinding(Entity, frozen=True):
    """A control that is filled from a service connection."""

    target: str
    endpoint_id: str = msgspec.field(name="endpointId")
    data_source_name: str


class Manifest(Entity, frozen=True):
    """What a package says of itself: `plugin.yaml` or `plugin.json` at its root."""

    manifest_version: Literal["3"]
    type: Literal["Task"]
    name: str
    friendly_name: str
    category: Category
    version: str
    execution: Execution
    version_description: str = ""
    description: str = ""
    inputs: list[InputDefinition] = msgspec.field(default_factory=list)
    input_schema: dict[str, Any] | None = None
    outputs: list[OutputDefinition] = msgspec.field(default_factory=list)
    metrics: list[MetricGroup] = msgspec.field(default_factory=list)
    data_source_bindings: list[DataSourceBinding] = msgspec.field(default_factory=list)
