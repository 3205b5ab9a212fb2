"""Words about plug-ins that several surfaces of the contract spell the same way."""

from typing import Any, TypeVar

import msgspec

from app.registry.plugins import rules
from schemas.errors import InvalidField
from schemas.model.access import Caller
from schemas.model.packages import (
    Deprecation,
    ExtendProp,
    InputDefinition,
    MetricGroup,
    OutputDefinition,
    Texts,
    Validation,
)
from schemas.model.plugins import Attribution, Composition, Plugin, PluginFacts, VersionState
from schemas.wire.agent_plugin_v1 import ExecutionInfo, InputInfo, MetricGroupInfo, OutputInfo, VersionRequest
from schemas.wire.plugin_shapes import InputExtendProp, InputValidation, PluginInfoRequest, WrittenValidation
from schemas.wire.text import VersionAttribution

M = TypeVar("M")

BUSINESS_TYPE_LABELS: dict[str, str] = {
    "Build": "Build",
    "Gate": "CodeCheck",
    "Deploy": "Deploy",
    "Test": "Test",
    "Normal": "General",
}
"""The labels that the reference's examples show."""


def to_facts(request: PluginInfoRequest | VersionRequest, *, within: ExecutionInfo | None = None) -> PluginFacts:
    """What an author says of a plug-in. Raises `InvalidField`."""
    runtime = said(
        *(
            getattr(each, name)
            for each in (request, within)
            if each is not None
            for name in ("runtime_attribution", "runtime_attributes", "runtime_attribute")
        )
    )
    composition = request.plugin_composition_type
    return PluginFacts(
        display_name=request.display_name,
        description=request.description,
        business_type=request.business_type,
        runtime_attribution=rules.runtime_attribution(runtime) if runtime else None,
        icon_url=rules.checked_address("icon_url", request.icon_url) if request.icon_url else request.icon_url,
        is_private=None if request.is_private is None else request.is_private == 1,
        region=request.region,
        maintainers=None if request.maintainers is None else rules.maintainers(request.maintainers),
        composition=None if composition is None else Composition(composition),
    )


def said(*spellings: str | None) -> str | None:
    """The first spelling of a field that says something."""
    return next((each for each in spellings if each), None)


def version_attribution(state: VersionState | None) -> VersionAttribution:
    """`init` is a basic plug-in that has no version yet."""
    return "init" if state is None else state.value


def workspace_of(plugin: Plugin) -> str:
    """The tenant that owns the plug-in; `*` for official ones."""
    return "*" if plugin.attribution is Attribution.OFFICIAL else plugin.tenant_id


def icon_url(caller: Caller, plugin: Plugin) -> str:
    """The icon's address; ours is spelled with `*` for everybody but the owner, whose account nobody else may name."""
    own_path = f"/api/v1/{plugin.tenant_id}/"
    if plugin.tenant_id != caller.tenant_id and plugin.icon_url.startswith(own_path):
        return "/api/v1/*/" + plugin.icon_url.removeprefix(own_path)
    return plugin.icon_url


def to_validation(validation: Validation | None) -> InputValidation:
    """Every rule is answered, null where there is none."""
    return (
        InputValidation() if validation is None else msgspec.convert(validation, InputValidation, from_attributes=True)
    )


def to_extend_prop(prop: ExtendProp | None) -> InputExtendProp:
    """Every setting is answered, null where there is none."""
    if prop is None:
        return InputExtendProp()
    return InputExtendProp(
        api_options=prop.api_options,
        api_type=prop.api_type,
        options=prop.options,
        disabled_conditions=prop.disabled_conditions,
        visible_conditions=prop.visible_conditions,
        show_placeholder=prop.show_placeholder or "",
    )


# --- what a version takes and gives, as its author writes it ---------------------------------------------------------------


def to_inputs_written(said: list[InputInfo] | None) -> list[InputDefinition] | None:
    """Inputs as an author writes them in a list. Raises `InvalidField`."""
    return _each(said, _input)


def to_outputs_written(said: list[OutputInfo] | None) -> list[OutputDefinition] | None:
    """Outputs as an author writes them."""
    return _each(said, _output)


def to_metrics_written(said: list[MetricGroupInfo] | None) -> list[MetricGroup] | None:
    """Metrics as an author writes them."""
    return _each(said, _metric_group)


def _each(items: list[Any] | None, convert: Any) -> list[Any] | None:
    return None if items is None else [convert(each) for each in items]


def _input(said: InputInfo) -> InputDefinition:
    return InputDefinition(
        name=said.name,
        type=said.type or "input",
        default_value=said.default_value or "",
        validation=_validation(said.validation),
        layout_content=said.layout_content,
        extend_prop=_extend_prop(said.extend_prop),
        label=said.label or "",
        description=said.description or "",
        required=said.required in (True, "true"),
        front_data_prop=said.front_data_prop,
        labels=_as_model(said.labels, Texts),
        helps=_as_model(said.helps, Texts),
        group=said.group,
        order=said.order,
        deprecated=_as_model(said.deprecated, Deprecation),
        aliases=said.aliases,
        value_schema=said.value_schema,
    )


def _as_model(said: Any, model: type[M]) -> M | None:
    return None if said is None else msgspec.convert(said, model, from_attributes=True)


def _extend_prop(said: InputExtendProp | None) -> ExtendProp | None:
    prop = _as_model(said, ExtendProp)
    return None if prop is None else msgspec.structs.replace(prop, show_placeholder=prop.show_placeholder or None)


def _validation(said: str | WrittenValidation | None) -> Validation | None:
    if isinstance(said, str):
        if not said.strip():
            return None
        try:
            said = msgspec.json.decode(said, type=WrittenValidation)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidField(
                "input_info.validation", problem=f"It is not the JSON text of an object: {error}"
            ) from error
    return None if said is None else msgspec.convert(said, Validation, from_attributes=True)


def _output(said: OutputInfo) -> OutputDefinition:
    prop = {name: value for name in ("version", "source") if (value := getattr(said, name))}
    return OutputDefinition(
        name=said.name,
        type=said.type or "output",
        description=said.description or "",
        prop=prop,
        unit=said.unit,
        better=said.better,
        minimum=said.minimum,
        maximum=said.maximum,
    )


def _metric_group(said: MetricGroupInfo) -> MetricGroup:
    return msgspec.convert(said, MetricGroup, from_attributes=True)
