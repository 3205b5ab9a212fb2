"""`/plugport/v1/plugins/{plugin_name}/versions/{version}/contract` and `/plugport/v1/contracts/*`: what versions of plug-ins
take and give, and values judged by it. The contract of the platform has no such operations; these are ours."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from schemas.base import Wire
from schemas.wire.agent_plugin_v1 import InputInfo, MetricGroupInfo, OutputInfo
from schemas.wire.plugin_shapes import InputDeprecation
from schemas.wire.text import Name, PluginName, VersionNumber

LanguageName = Annotated[Literal["zh", "en"], Meta(description="In which language messages come.")]
EffectName = Literal["compatible", "additive", "unknown", "breaking"]
FitName = Literal["always", "sometimes", "never", "unknown"]
WrittenFormName = Literal["list", "json-schema"]
Values = Annotated[dict[str, Any], Meta(max_length=1000, description="Values by the names or aliases of their inputs.")]
JsonSchema = Annotated[dict[str, Any], Meta(description="A JSON Schema of draft 2020-12.")]
Condition = Annotated[dict[str, Any], Meta(description="A condition, which `conditions.js` evaluates in a browser.")]

# --- contracts ----------------------------------------------------------------------------------------------------------


class TextsTold(Wire, kw_only=True):
    """One text in the languages of the pages; empty where there is none in that language."""

    zh: str
    en: str


class OptionTold(Wire, kw_only=True):
    """One of the values that a choice offers."""

    value: str
    labels: TextsTold


class InputTold(Wire, kw_only=True):
    """An input as it is meant, whichever form it was written in. Without `default` it has none.

    `required`: a value must be given while the input is shown and can be edited. `options` is null where the type offers no
    choice, or where an API of the author's fills it.
    """

    name: str
    type: str
    required: bool
    default: Annotated[Any, Meta(description="The value that is used where none is given.")] | UnsetType = UNSET
    labels: TextsTold
    helps: TextsTold
    group: str
    order: int | None
    options: list[OptionTold] | None
    visible_when: Condition | None
    disabled_when: Condition | None
    deprecated: InputDeprecation | None
    aliases: list[str]


class ValueTold(Wire, kw_only=True):
    """An output by its name, or a metric by its key. An empty `schema` says nothing of the value."""

    name: str
    schema: JsonSchema
    description: str
    unit: str
    better: Literal["higher", "lower"] | None


class LostTold(Wire, kw_only=True):
    """Something that was written and that the derived form cannot say, or what stands against what was written."""

    pointer: Annotated[str, Meta(description="A JSON Pointer, from the contract as it was written.")]
    problem: str


class Contract(Wire, kw_only=True):
    """What a version takes and gives. Of `input_list` and `input_schema` one is as it was written (`form`), the other derived.

    `schema` is the closed schema of the object of all values by which they are judged; what conditions hide is required by
    `inputs` only.
    """

    form: WrittenFormName
    inputs: list[InputTold]
    outputs: list[ValueTold]
    metrics: list[ValueTold]
    schema: JsonSchema
    input_list: Annotated[list[dict[str, Any]], Meta(description="As `input_info` of a version takes it.")]
    input_schema: JsonSchema
    not_derived: list[LostTold]


class VersionContract(Contract, kw_only=True):
    """The contract of a version."""

    plugin_name: str
    version: str


class ContractRequest(Wire, kw_only=True):
    """A contract that is tried. The inputs come as a list or as JSON Schema, as they do with a version."""

    input_info: Annotated[list[InputInfo], Meta(max_length=200)] | None = None
    input_schema: JsonSchema | None = None
    output_info: Annotated[list[OutputInfo], Meta(max_length=200)] | None = None
    metrics: Annotated[list[MetricGroupInfo], Meta(max_length=100)] | None = None


class ContractTried(Wire, kw_only=True):
    """What a contract means; null where there are problems, at most twenty of which are told."""

    contract: Contract | None
    problems: list[LostTold]


# --- values -------------------------------------------------------------------------------------------------------------


class ValuesRequest(Wire, kw_only=True):
    """Values for a version."""

    values: Values
    language: LanguageName = "en"


class FaultTold(Wire, kw_only=True):
    """What is wrong with a value. `message` is the author's own where there is one, and never repeats the value."""

    pointer: Annotated[str, Meta(description="A JSON Pointer, from the values.")]
    rule: Annotated[
        str,
        Meta(
            description="A keyword of JSON Schema, or `alias`, `bounds` (too many values) or `work` (too long a check)."
        ),
    ]
    message: str


class StateTold(Wire, kw_only=True):
    """Whether an input is shown and can be edited."""

    name: str
    visible: bool
    enabled: bool


class Judged(Wire, kw_only=True):
    """What was found of values. `values` has them with defaults filled in, and without secrets."""

    valid: bool
    errors: list[FaultTold]
    values: dict[str, Any]
    states: list[StateTold]


class AskedValues(Wire, kw_only=True):
    """Values for a version; without a number, or with an empty one, for the current version."""

    plugin_name: PluginName
    version: VersionNumber | None = None
    values: Values


class BatchRequest(Wire, kw_only=True):
    """Values for several versions."""

    items: Annotated[list[AskedValues], Meta(min_length=1, max_length=1000)]
    language: LanguageName = "en"


class BatchJudged(Wire, kw_only=True):
    """What was found of each of the values, in the order asked; null for a version that is not there."""

    items: list[Judged | None]


# --- wires --------------------------------------------------------------------------------------------------------------


class AskedPart(Wire, kw_only=True):
    """An output or an input of a version; without a number, or with an empty one, of the current version."""

    plugin_name: PluginName
    version: VersionNumber | None = None
    name: Name


class FitRequest(Wire, kw_only=True):
    """A wire from an output to an input."""

    output: AskedPart
    input: AskedPart


class FitTold(Wire, kw_only=True):
    """Whether the input takes what the output gives: `always`, `sometimes` (it depends on the value), `never`, or `unknown`."""

    fit: FitName
    reason: str


# --- differences --------------------------------------------------------------------------------------------------------


class DifferenceTold(Wire, kw_only=True):
    """One thing that is different. `example` shows a break: values that were taken and are no longer, or a value that could not
    come before."""

    effect: EffectName
    rule: Annotated[str, Meta(description="What changed, such as `input.removed` or `metric.unit`.")]
    pointer: Annotated[str, Meta(description="A JSON Pointer: `/inputs/NAME`, `/outputs/NAME`, `/metrics/KEY`.")]
    reason: str
    example: Annotated[Any, Meta(description="Values that show it, where there are any.")] | UnsetType = UNSET


class AllowanceTold(Wire, kw_only=True):
    """An administrator's word that the number may promise less than the version changes."""

    reason: str
    given_by: str
    given_at: str


class VersionDifference(Wire, kw_only=True):
    """What a version changes for those who use `before`; null where nothing was released below it.

    `unknown` counts as `breaking`. `least_version` is the least number that promises enough.
    """

    plugin_name: str
    version: str
    before: str | None
    effect: EffectName
    differences: list[DifferenceTold]
    least_version: str | None
    promise_kept: bool
    allowance: AllowanceTold | None


class AllowanceRequest(Wire, kw_only=True):
    """Why a number may promise less than its version changes."""

    reason: Annotated[str, Meta(min_length=1, max_length=1000)]
