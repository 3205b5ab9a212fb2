"""Packages of basic plug-ins, and the manifest at the root of each.

The fields of a manifest are spelled as `extension/detail` answers them; their limits stand in
`schemas/documents/plugin-manifest.schema.json`.
"""

from typing import Literal

import msgspec

from schemas.base import Entity

Category = Literal["Build", "Gate", "Deploy", "Test", "Normal"]
ExecutionType = Literal["Shell", "Nodejs", "Java", "Python"]


class Validation(Entity, frozen=True):
    """What a pipeline's editor checks before it accepts an input. Lengths count characters; None checks nothing.

    The registry keeps `regex` as text and never runs it.
    """

    required_message: str | None = None
    regex: str | None = None
    regex_message: str | None = None
    max_length: int | None = None
    min_length: int | None = None


class ExtendProp(Entity, frozen=True):
    """How the control of an input behaves; every value is opaque text for the pipeline's editor."""

    api_options: str | None = None
    api_type: str | None = None
    options: str | None = None
    disabled_conditions: str | None = None
    visible_conditions: str | None = None
    show_placeholder: str | None = None


class InputDefinition(Entity, frozen=True):
    """A value that a pipeline gives to the plug-in. `type` names the control it is edited with."""

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


class OutputDefinition(Entity, frozen=True):
    """A value that the plug-in gives to later steps."""

    name: str
    type: str = "output"
    description: str = ""
    prop: dict[str, str] = msgspec.field(default_factory=dict)


class MetricProperty(Entity, frozen=True):
    """A number that the plug-in reports under `key`; `value` is what it starts from, as text."""

    key: str
    value: str = ""
    desc: str = ""


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
    outputs: list[OutputDefinition] = msgspec.field(default_factory=list)
    metrics: list[MetricGroup] = msgspec.field(default_factory=list)
    data_source_bindings: list[DataSourceBinding] = msgspec.field(default_factory=list)
