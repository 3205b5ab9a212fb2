"""`/v1/{domain_id}/agent-plugin/*`: the author's side of plug-ins.

Source: CodeArts Pipeline API Reference 2023-11-30, 4.9.1-4.9.8, 4.9.11 and 4.9.17-4.9.23, and the SDK 3.1.219, whose
model names stand in the docstrings. Writes answer the bare JSON value `true`.
"""

from typing import Annotated, Any, Literal

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.plugin_shapes import (
    InputDeprecation,
    InputExtendProp,
    InputValidation,
    LanguageTexts,
    PluginInfoRequest,
    WrittenValidation,
)
from schemas.wire.text import (
    BusinessTypeFilter,
    Code,
    CompositionType,
    Description,
    Flag,
    Id,
    Label,
    LongText,
    Name,
    PluginAttribution,
    PluginAttributionFilter,
    PluginName,
    RuntimeAttribution,
    SearchText,
    VersionAttribution,
    VersionAttributionFilter,
    VersionNumber,
)

FREE_FORM_DEPTH = 32
"""How deep a run definition may be nested."""

# --- what comes in ------------------------------------------------------------------------------------------------


class ExecutionStep(Wire):
    """One step of a composite plug-in: run the plug-in `task` with `variables`."""

    name: Label | None = None
    task: PluginName | None = None
    variables: dict[Name, Any] | None = None
    identifier: Label | None = None


class InnerExecutionInfo(Wire):
    """The part of a run definition that has a meaning here; convert `ExecutionInfo.inner_execution_info` to it."""

    execution_type: Literal["CONTAINER", "ZIP", "SHELL", "COMPOSITE"] | None = None
    steps: Annotated[list[ExecutionStep], Meta(max_length=100)] | None = None


class ExecutionInfo(Wire):
    """How a version runs. `inner_execution_info` is free-form by the contract and kept whole, whatever it holds.

    It may be nested `FREE_FORM_DEPTH` deep and no text in it may hold a NUL. `runtime_attribution` is printed here in
    4.9.2 and 4.9.4 but belongs to the request itself; it is taken at both places.
    """

    inner_execution_info: dict[str, Any] | None = None
    runtime_attribution: Code | None = None
    runtime_attributes: Code | None = None
    runtime_attribute: Code | None = None

    def __post_init__(self) -> None:
        _refuse_unstorable(self.inner_execution_info, FREE_FORM_DEPTH)


def _refuse_unstorable(value: object, depth: int) -> None:
    """Raise ValueError (a 400 at the field) when free-form JSON could not be kept as it is."""
    if isinstance(value, str):
        if "\x00" in value:
            raise ValueError("A text may not hold the character NUL")
    elif isinstance(value, dict | list):
        if depth == 0:
            raise ValueError(f"More than {FREE_FORM_DEPTH} levels of nesting are not taken")
        parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        for each in parts:
            _refuse_unstorable(each, depth - 1)


class InputInfo(Wire, kw_only=True):
    """PluginDTOInputInfo: an input that a version asks for.

    `validation` is a JSON text in the contract; the object that `plugin-input` answers is taken as well, and so are the
    further fields of that answer. What stands behind `front_data_prop` is ours: see the contract of a version.
    """

    name: Name
    default_value: LongText | None = None
    type: Code | None = None
    validation: LongText | WrittenValidation | None = None
    layout_content: LongText | None = None
    extend_prop: InputExtendProp | None = None
    label: Label | None = None
    description: Description | None = None
    required: bool | Literal["true", "false", ""] | None = None
    front_data_prop: LongText | None = None
    labels: LanguageTexts | None = None
    helps: LanguageTexts | None = None
    group: Label | None = None
    order: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    deprecated: InputDeprecation | None = None
    aliases: Annotated[list[Name], Meta(max_length=20)] | None = None
    value_schema: dict[str, Any] | None = None


class OutputInfo(Wire, kw_only=True):
    """PluginDTOOutputInfo (SDK only): an output that a version declares. Unit, direction and bounds are ours."""

    name: Name
    version: VersionNumber | None = None
    description: Description | None = None
    source: Label | None = None
    type: Code | None = None
    unit: Code | None = None
    better: Literal["higher", "lower"] | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None


class MetricInfo(Wire, kw_only=True):
    """A value that a version reports under `key`; without a type it is what it starts from. Of our own."""

    key: Name
    value: Label = ""
    desc: Description = ""
    type: Literal["number", "integer", "string", "boolean"] | None = None
    unit: Code | None = None
    better: Literal["higher", "lower"] | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None


class MetricGroupInfo(Wire, kw_only=True):
    """Metrics that are shown together. Of our own."""

    group_name: Name
    properties: Annotated[list[MetricInfo], Meta(max_length=1000)]


class VersionRequest(PluginInfoRequest, kw_only=True):
    """PluginDTO (4.9.1 create, 4.9.2 create-draft, 4.9.4 edit-draft): a version and the plug-in around it.

    The plug-in is found or made by `plugin_name`, the version by `version`; both are needed, the rest is not. Ours are
    `input_schema`, the inputs as JSON Schema instead of `input_info`, and `metrics`.
    """

    version: VersionNumber
    version_description: Description | None = None
    execution_info: ExecutionInfo | None = None
    input_info: Annotated[list[InputInfo], Meta(max_length=200)] | None = None
    manifest_version: Code | None = None
    output_info: Annotated[list[OutputInfo], Meta(max_length=200)] | None = None
    input_schema: dict[str, Any] | None = None
    metrics: Annotated[list[MetricGroupInfo], Meta(max_length=100)] | None = None


class PluginPart(Wire, kw_only=True):
    """PluginPartQueryDTO of 4.9.18-4.9.20: a version whose metrics, inputs or outputs are asked.

    Without a version (or with an empty one) the current one is meant.
    """

    plugin_name: PluginName
    version: VersionNumber | None = None
    display_name: Label | None = None
    plugin_attribution: PluginAttributionFilter | None = None
    plugin_attribute: PluginAttributionFilter | None = None
    plugin_attributes: PluginAttributionFilter | None = None
    version_attribution: VersionAttributionFilter | None = None
    version_attribute: VersionAttributionFilter | None = None
    version_attributes: VersionAttributionFilter | None = None


class DraftRequest(PluginPart, kw_only=True):
    """PluginPartQueryDTO of 4.9.5 (publish-draft): the draft of that name and number."""

    version: VersionNumber


PluginParts = Annotated[list[PluginPart], Meta(max_length=1000)]
"""The bare array of 4.9.18-4.9.20; the answer has one entry for each asked."""


class PublishRequest(Wire, kw_only=True):
    """PublishPluginDTO (4.9.7 publish-plugin, 4.9.8 publish-plugin-bind); the version of a basic plug-in is empty."""

    plugin_name: PluginName
    publisher_unique_id: Id
    version: VersionNumber | None = None


class PluginQuery(Wire):
    """AgentPluginInfoQueryDTO (4.9.17 query-all): filters; an empty or absent one filters nothing."""

    plugin_name: SearchText | None = None
    regex_name: SearchText | None = None
    maintainer: SearchText | None = None
    business_type: Annotated[list[BusinessTypeFilter], Meta(max_length=20)] | None = None
    plugin_attribution: PluginAttributionFilter | None = None
    plugin_attribute: PluginAttributionFilter | None = None
    plugin_attributes: PluginAttributionFilter | None = None


# --- what goes out ------------------------------------------------------------------------------------------------


class PluginRow(Wire, kw_only=True):
    """PluginBasicVO (4.9.17 query-all: a plug-in with its current version; 4.9.21 query: each version of a plug-in).

    `op_time` and `create_time` are epoch milliseconds as a text. A basic plug-in without a version has an empty
    `version` and the attribution `init`. The fields from `db_record_name` on are known from the SDK only.
    """

    plugin_name: str
    display_name: str
    version: str
    version_description: str | None
    description: str
    version_attribution: VersionAttribution
    unique_id: str
    op_user: str
    op_time: str
    plugin_composition_type: CompositionType
    plugin_attribution: PluginAttribution
    workspace_id: str
    business_type: str
    business_type_display_name: str
    maintainers: str
    icon_url: str
    refer_count: int | None
    usage_count: int | None
    runtime_attribution: RuntimeAttribution
    active: Flag
    db_record_name: str = ""
    version_state: str = ""
    publisher_unique_id: str = ""
    creator: str = ""
    create_time: str = ""
    manifest_version: str = ""


class PluginPage(Wire, kw_only=True):
    """ListPluginsResponse, ListPLuginVersionResponse (4.9.17, 4.9.21)."""

    offset: int
    limit: int
    total: int
    data: list[PluginRow]


class VersionNumberPage(Wire, kw_only=True):
    """ListPluginVersionNumberResponse (4.9.23), the object form of all-version; its example shows a bare array."""

    offset: int
    limit: int
    total: int
    data: list[str]


class VersionInput(Wire, kw_only=True):
    """PluginInstanceVOInputInfo (4.9.22): an input in the answer of detail."""

    unique_id: str
    name: str
    default_value: str
    plugin_name: str
    version: str
    type: str
    workspace_id: str
    validation: InputValidation
    layout_content: str


class PluginExecutionStep(Wire, kw_only=True):
    """A step in the answer of detail."""

    name: str
    task: str
    variables: dict[str, Any]


class PluginExecution(Wire, kw_only=True, omit_defaults=True):
    """PluginExecutionVO (4.9.22) as far as it is known; what is empty is left out.

    A basic plug-in has `type` (Shell, Nodejs, Java, Python), `target` (entry file) and `file_path`; a composite one
    has `execution_type` and `steps`. The object is free-form: see `VersionDetail.plugin_execution`.
    """

    type: str = ""
    target: str = ""
    file_path: str = ""
    logic_id: str = ""
    plugin_name: str = ""
    version: str = ""
    basic_instance_id: str = ""
    workspace_id: str = ""
    execution_type: str = ""
    steps: list[PluginExecutionStep] = []


class VersionDetail(Wire, kw_only=True):
    """ShowPluginVersionResponse (4.9.22 detail).

    `plugin_execution` holds the fields of `PluginExecution` and whatever else the author's run definition holds.
    """

    plugin_name: str
    display_name: str
    op_user: str
    op_time: str
    version: str
    unique_id: str
    version_description: str
    version_attribution: VersionAttribution
    plugin_composition_type: CompositionType
    plugin_attribution: PluginAttribution
    input_info: list[VersionInput]
    plugin_execution: dict[str, Any]
    runtime_attribution: RuntimeAttribution


class AskedInput(Wire, kw_only=True):
    """PluginPartQueryVOListAgentPluginInputVOData (4.9.19 plugin-input). `required` is the text "true" or "false"."""

    unique_id: str
    name: str
    default_value: str
    plugin_name: str
    version: str
    type: str
    workspace_id: str
    validation: InputValidation
    layout_content: str | None
    extend_prop: InputExtendProp
    front_data_prop: str | None = None
    label: str = ""
    description: str = ""
    required: Literal["true", "false"] = "false"


class PluginInputs(Wire, kw_only=True):
    """PluginPartQueryVOListAgentPluginInputVO (4.9.19): the inputs of one version that was asked for."""

    plugin_name: str
    display_name: str
    data: list[AskedInput]


class AskedOutput(Wire, kw_only=True):
    """PluginPartQueryVOListAgentPluginOutputVOData (4.9.18, 4.9.20).

    Metrics come under the key SYSTEM_METRICS_UNIQUE_KEY; their `output_value` is the JSON text of a list of
    `MetricGroup`.
    """

    unique_id: str
    plugin_name: str
    version: str
    workspace_id: str
    output_key: str
    output_value: str


class PluginOutputs(Wire, kw_only=True):
    """PluginPartQueryVOListAgentPluginOutputVO (4.9.18, 4.9.20): the outputs or metrics of one version."""

    plugin_name: str
    display_name: str
    data: list[AskedOutput]


class Metric(Wire, kw_only=True):
    """One number that a plug-in reports, inside the text of a metrics answer (4.9.18)."""

    key: str
    value: str
    desc: str


class MetricGroup(Wire, kw_only=True):
    """A named group of metrics, inside the text of a metrics answer (4.9.18)."""

    group_name: str
    properties: list[Metric]
