"""`/v2/extensions/modules`: plug-ins as extension modules.

Source: the SDK 3.1.219 alone (ListModulesDetailResponse and below); no section of the reference describes it. Its
envelope is `{status, result, error}` and its error `{code, message}`.
"""

from typing import Any

import msgspec

from schemas.base import Wire


class ModuleError(Wire, kw_only=True):
    """ErrorInfo."""

    code: str
    message: str


class ModuleStep(Wire, kw_only=True):
    """ExtensionExecutionStep."""

    dsl_method: str = msgspec.field(name="dslMethod")
    display_name: str = msgspec.field(name="displayName")
    execution_mode: str = msgspec.field(name="executionMode", default="serial")
    parameters: dict[str, str] = {}


class ModuleExecution(Wire, kw_only=True):
    """ExtensionExecution."""

    steps: list[ModuleStep] = []


class ModuleParameterValidation(Wire, kw_only=True):
    """ExtensionParameterValidation."""

    is_required: bool = msgspec.field(name="isRequired", default=False)
    pattern: str = ""
    pattern_description: str = msgspec.field(name="patternDescription", default="")


class ModuleRadioOption(Wire, kw_only=True):
    """ExtensionRadioOption."""

    display_name: str = msgspec.field(name="displayName")
    value: str


class ModuleDisplaySettings(Wire, kw_only=True):
    """ExtensionParameterDisplaySettings: the form control of a parameter."""

    control_type: str = msgspec.field(name="DevCloud.ControlType", default="SingleLineText")
    default: str = msgspec.field(name="DevCloud.ControlType.Default", default="")
    select: list[str] = msgspec.field(name="DevCloud.ControlType.Select", default_factory=list)
    radio: list[ModuleRadioOption] = msgspec.field(name="DevCloud.ControlType.Radio", default_factory=list)


class ModuleParameter(Wire, kw_only=True):
    """ExtensionParameter."""

    name: str
    label: str
    validation: ModuleParameterValidation
    default_value: str = msgspec.field(name="defaultValue", default="")
    help_markdown: str = msgspec.field(name="helpMarkdown", default="")
    display_settings: ModuleDisplaySettings = msgspec.field(
        name="displaySettings", default_factory=ModuleDisplaySettings
    )


class ModuleProperties(Wire, kw_only=True):
    """ExtensionModuleProperties."""

    build_manifest_version: str = msgspec.field(name="build_manifestVersion", default="")
    name: str = ""
    description: str = ""
    uuid: str = ""
    operation_system: str = msgspec.field(name="operationSystem", default="")
    image_source: str = msgspec.field(name="imageSource", default="")
    image: str = ""
    icon: str = ""
    environment_variables: dict[str, dict[str, str]] = msgspec.field(name="environmentVariables", default_factory=dict)
    execution: ModuleExecution = msgspec.field(default_factory=ModuleExecution)
    parameters: list[ModuleParameter] = []
    tags: list[str] = []


class ExtensionModule(Wire, kw_only=True):
    """ExtensionModule. `id` is a number; `module_id` and `properties.uuid` name the plug-in by our identifier."""

    id: int
    module_id: str
    name: str
    description: str
    location: str
    publisher: str
    version: str
    type: str
    properties: ModuleProperties
    base_url: str = ""
    url_relative: str = ""
    tags: list[str] = []
    properties_list: list[dict[str, Any]] = []
    manifest_version: str = ""
    categories: list[str] = []
    target: str = ""
    product_line: str = ""


class ExtensionModuleList(Wire, kw_only=True):
    """ExtensionModuleList: the modules at one extension point."""

    data: list[ExtensionModule]
    total: int


class ModulesAnswer(Wire, kw_only=True):
    """ListModulesDetailResponse: modules by extension point, or an error and a null result."""

    status: str
    result: dict[str, ExtensionModuleList] | None = None
    error: ModuleError | None = None
