"""Words about plug-ins that several surfaces of the contract spell the same way."""

import msgspec

from app.registry.plugins import rules
from schemas.model.access import Caller
from schemas.model.packages import ExtendProp, Validation
from schemas.model.plugins import Attribution, Composition, Plugin, PluginFacts, VersionState
from schemas.wire.agent_plugin_v1 import ExecutionInfo, VersionRequest
from schemas.wire.plugin_shapes import InputExtendProp, InputValidation, PluginInfoRequest
from schemas.wire.text import VersionAttribution

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
