"""Authors' words and ours: `runtime_attributes` and other spellings on the way in, PluginBasicVO and others on the way out."""

from datetime import datetime
from typing import Any, Literal

import msgspec

from app.api.plugin_words import (
    BUSINESS_TYPE_LABELS,
    icon_url,
    said,
    to_extend_prop,
    to_facts,
    to_inputs_written,
    to_metrics_written,
    to_outputs_written,
    to_validation,
    version_attribution,
    workspace_of,
)
from schemas.errors import InvalidField
from schemas.model.access import Caller
from schemas.model.packages import InputDefinition, OutputDefinition
from schemas.model.plugins import (
    AskedVersion,
    Attribution,
    Plugin,
    PluginFacts,
    PluginQuery,
    PluginSummary,
    Version,
    VersionContent,
    VersionSpec,
    VersionState,
)
from schemas.paging import Page, Paging
from schemas.wire import agent_plugin_v1 as wire

METRICS_KEY = "SYSTEM_METRICS_UNIQUE_KEY"

# --- in -----------------------------------------------------------------------------------------------------------


def to_spec(request: wire.VersionRequest) -> VersionSpec:
    """What an author asks a version to be. Raises `InvalidField`."""
    if not request.version:
        raise InvalidField("version", problem="A version number is required")
    execution = _execution(request.execution_info)
    content = VersionContent(
        version_description=request.version_description,
        inputs=to_inputs_written(request.input_info),
        input_schema=request.input_schema,
        outputs=to_outputs_written(request.output_info),
        metrics=to_metrics_written(request.metrics),
        execution=execution,
        manifest_version=request.manifest_version,
    )
    # Clients send these empty when they mean nothing by them; update-info is the place to empty them.
    meant = msgspec.structs.replace(
        request, **{name: getattr(request, name) or None for name in ("icon_url", "maintainers", "region")}
    )
    facts = to_facts(meant, within=request.execution_info)
    return VersionSpec(plugin_name=request.plugin_name, version=request.version, facts=facts, content=content)


def to_query(request: wire.PluginQuery) -> PluginQuery:
    """What a list is about; an empty filter filters nothing."""
    types: list[str] = [each for each in request.business_type or [] if each]
    return PluginQuery(
        name=request.plugin_name or None,
        text=request.regex_name or None,
        maintainer=request.maintainer or None,
        business_types=types or None,
        attribution=_attribution(request),
    )


def to_asked(part: wire.PluginPart) -> AskedVersion:
    """Which version a part is asked of."""
    return AskedVersion(plugin_name=part.plugin_name, version=part.version or None, attribution=_attribution(part))


def _attribution(request: wire.PluginQuery | wire.PluginPart) -> Attribution | None:
    spelled = said(request.plugin_attribution, request.plugin_attribute, request.plugin_attributes)
    return Attribution(spelled) if spelled else None


def _execution(info: wire.ExecutionInfo | None) -> dict[str, Any] | None:
    if info is None or info.inner_execution_info is None:
        return None
    try:
        msgspec.convert(info.inner_execution_info, wire.InnerExecutionInfo)
    except msgspec.ValidationError as error:
        raise InvalidField("execution_info.inner_execution_info", problem=str(error)) from error
    return info.inner_execution_info


# --- out ----------------------------------------------------------------------------------------------------------


def to_page(caller: Caller, page: Page[PluginSummary], paging: Paging) -> wire.PluginPage:
    """A page of plug-ins, each with its current version."""
    rows = [_row(caller, each, each.plugin.id) for each in page.items]
    return wire.PluginPage(offset=paging.offset, limit=paging.limit, total=page.total, data=rows)


def to_version_page(caller: Caller, page: Page[PluginSummary], paging: Paging) -> wire.PluginPage:
    """A page of versions of one plug-in."""
    rows = [_row(caller, each, each.version_id or each.plugin.id) for each in page.items]
    return wire.PluginPage(offset=paging.offset, limit=paging.limit, total=page.total, data=rows)


def to_version_numbers(
    page: Page[PluginSummary], paging: Paging, form: Literal["array", "object"]
) -> list[str] | wire.VersionNumberPage:
    """Version numbers in the form that the setting asks for."""
    numbers = [each.version for each in page.items]
    if form == "array":
        return numbers
    return wire.VersionNumberPage(offset=paging.offset, limit=paging.limit, total=page.total, data=numbers)


def _row(caller: Caller, summary: PluginSummary, unique_id: str) -> wire.PluginRow:
    plugin = summary.plugin
    own = plugin.tenant_id == caller.tenant_id
    return wire.PluginRow(
        plugin_name=plugin.name,
        display_name=plugin.display_name,
        version=summary.version,
        version_description=summary.version_description,
        description=plugin.description,
        version_attribution=version_attribution(summary.state),
        unique_id=unique_id,
        op_user=summary.updated_by_name if own else "",
        op_time=epoch_ms(summary.updated_at),
        plugin_composition_type=plugin.composition.value,
        plugin_attribution=plugin.attribution.value,
        workspace_id=workspace_of(plugin),
        business_type=plugin.business_type,
        business_type_display_name=BUSINESS_TYPE_LABELS[plugin.business_type],
        maintainers=_maintainers(plugin) if own else "",
        icon_url=icon_url(caller, plugin),
        refer_count=plugin.refer_count,
        usage_count=None,
        runtime_attribution=plugin.runtime_attribution,
        active=1,
        version_state=summary.state.value if summary.state else "",
        publisher_unique_id=plugin.publisher_id or "",
        creator=plugin.creator_id if own else "",
        create_time=epoch_ms(plugin.created_at),
        manifest_version=summary.manifest_version,
    )


def to_version_detail(caller: Caller, version: Version) -> wire.VersionDetail:
    """One version with what it runs and asks for."""
    plugin = version.plugin
    # What a draft says becomes true when it is released; a release is called what its plug-in is called now.
    facts = version.facts if version.state is VersionState.DRAFT else PluginFacts()
    known = wire.PluginExecution(
        plugin_name=plugin.name,
        version=version.version,
        basic_instance_id=version.id,
        workspace_id=workspace_of(plugin),
        file_path=version.package_sha256 or "",
    )
    return wire.VersionDetail(
        plugin_name=plugin.name,
        display_name=facts.display_name or plugin.display_name,
        op_user=version.updated_by_name if plugin.tenant_id == caller.tenant_id else "",
        op_time=epoch_ms(version.updated_at),
        version=version.version,
        unique_id=version.id,
        version_description=version.version_description,
        version_attribution=version_attribution(version.state),
        plugin_composition_type=plugin.composition.value,
        plugin_attribution=plugin.attribution.value,
        input_info=[
            wire.VersionInput(
                unique_id=version.id,
                name=each.name,
                default_value=each.default_value,
                plugin_name=plugin.name,
                version=version.version,
                type=each.type,
                workspace_id=workspace_of(plugin),
                validation=to_validation(each.validation),
                layout_content=each.layout_content or "",
            )
            for each in version.inputs
        ],
        plugin_execution={"logic_id": "", **msgspec.to_builtins(known), **version.execution},
        runtime_attribution=facts.runtime_attribution or plugin.runtime_attribution,
    )


def to_inputs(part: wire.PluginPart, version: Version | None) -> wire.PluginInputs:
    """The inputs of the version that was asked for; none where there is no such version."""
    inputs = version.inputs if version else []
    return wire.PluginInputs(
        plugin_name=part.plugin_name,
        display_name=part.display_name or "",
        data=[_asked_input(version, each) for each in inputs if version],
    )


def _asked_input(version: Version, each: InputDefinition) -> wire.AskedInput:
    return wire.AskedInput(
        unique_id=version.id,
        name=each.name,
        default_value=each.default_value,
        plugin_name=version.plugin.name,
        version=version.version,
        type=each.type,
        workspace_id=workspace_of(version.plugin),
        validation=to_validation(each.validation),
        layout_content=each.layout_content,
        extend_prop=to_extend_prop(each.extend_prop),
        front_data_prop=each.front_data_prop,
        label=each.label,
        description=each.description,
        required="true" if each.required else "false",
    )


def to_outputs(part: wire.PluginPart, version: Version | None) -> wire.PluginOutputs:
    """The outputs of the version that was asked for. A value is the JSON text of what the author says of the output."""
    entries = [(each.name, _output_text(each)) for each in version.outputs] if version else []
    return _outputs(part, version, entries)


def _output_text(output: OutputDefinition) -> str:
    told = {name: getattr(output, name) for name in ("name", "type", "description", "prop")}
    ours = {
        name: value for name in ("unit", "better", "minimum", "maximum") if (value := getattr(output, name)) is not None
    }
    return msgspec.json.encode(told | ours).decode()


def to_metrics(part: wire.PluginPart, version: Version | None) -> wire.PluginOutputs:
    """The metrics of the version that was asked for, as one JSON text under the key of the reference's example."""
    groups = [
        wire.MetricGroup(
            group_name=group.group_name,
            properties=[wire.Metric(key=each.key, value=each.value, desc=each.desc) for each in group.properties],
        )
        for group in (version.metrics if version else [])
    ]
    return _outputs(part, version, [(METRICS_KEY, msgspec.json.encode(groups).decode())] if groups else [])


def _outputs(part: wire.PluginPart, version: Version | None, entries: list[tuple[str, str]]) -> wire.PluginOutputs:
    data = [
        wire.AskedOutput(
            unique_id=version.id,
            plugin_name=version.plugin.name,
            version=version.version,
            workspace_id=workspace_of(version.plugin),
            output_key=key,
            output_value=value,
        )
        for key, value in entries
        if version
    ]
    return wire.PluginOutputs(plugin_name=part.plugin_name, display_name=part.display_name or "", data=data)


def epoch_ms(moment: datetime) -> str:
    """Milliseconds since 1970 as a text."""
    return str(int(moment.timestamp() * 1000))


def _maintainers(plugin: Plugin) -> str:
    return msgspec.json.encode(plugin.maintainers).decode() if plugin.maintainers else ""
