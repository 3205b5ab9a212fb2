"""Plug-ins told as extension modules, as the SDK 3.1.219 models them."""

from app.api.plugin_words import icon_url
from schemas.model.access import Caller
from schemas.model.packages import InputDefinition
from schemas.model.plugins import Version
from schemas.paging import Page, Paging
from schemas.wire import modules_v2 as wire

# Where a plug-in can be added, as relation/plugins says in `location`.
LOCATIONS = ("pipeline", "service")


def to_paging(page_number: int, limit: int) -> Paging:
    """Offset is the number of a page here, counted from 0."""
    return Paging(offset=page_number * limit, limit=limit)


def to_answer(caller: Caller, locations: list[str], found: Page[Version]) -> wire.ModulesAnswer:
    """The same plug-ins at each extension point where plug-ins can be added; none at others."""
    result = {}
    for location in locations:
        known = location in LOCATIONS
        data = [_module(caller, each, location) for each in found.items] if known else []
        result[location] = wire.ExtensionModuleList(data=data, total=found.total if known else 0)
    return wire.ModulesAnswer(status="success", result=result)


def _module(caller: Caller, version: Version, location: str) -> wire.ExtensionModule:
    plugin = version.plugin
    return wire.ExtensionModule(
        id=int(plugin.id[:13], 16),  # a number is asked for: the first 52 bits of the id, exact in every JSON reader
        module_id=plugin.id,
        name=plugin.name,
        description=plugin.description,
        location=location,
        publisher=plugin.publisher_id or "",
        version=version.version,
        type=plugin.composition.value,
        properties=wire.ModuleProperties(
            build_manifest_version=version.manifest_version,
            name=plugin.display_name,
            description=plugin.description,
            uuid=plugin.id,
            icon=icon_url(caller, plugin),
            execution=wire.ModuleExecution(steps=_steps(version)),
            parameters=[_parameter(each) for each in version.inputs],
            tags=[plugin.business_type],
        ),
        tags=[plugin.business_type],
        manifest_version=version.manifest_version,
        categories=[plugin.business_type],
        target=str(version.execution.get("target", "")),
    )


def _steps(version: Version) -> list[wire.ModuleStep]:
    return [
        wire.ModuleStep(dsl_method=step.get("task") or "", display_name=step.get("name") or "")
        for step in version.execution.get("steps") or []
    ]


def _parameter(each: InputDefinition) -> wire.ModuleParameter:
    rules = each.validation
    return wire.ModuleParameter(
        name=each.name,
        label=each.label,
        validation=wire.ModuleParameterValidation(
            is_required=each.required,
            pattern=(rules.regex if rules else None) or "",
            pattern_description=(rules.regex_message if rules else None) or "",
        ),
        default_value=each.default_value,
        help_markdown=each.description,
        display_settings=wire.ModuleDisplaySettings(default=each.default_value),
    )
