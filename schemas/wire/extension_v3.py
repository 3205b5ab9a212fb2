"""`/v3/{domain_id}/extension/*`: basic plug-ins, which have an uploaded package.

Source: CodeArts Pipeline API Reference 2023-11-30, 4.9.26-4.9.30. `info/add` and `info/update` take
`schemas.wire.plugin_shapes.PluginInfoRequest`; `upload` takes a form, not a body of fields. Writes answer `true`.
"""

from typing import Literal

import msgspec

from schemas.base import Wire
from schemas.wire.plugin_shapes import InputExtendProp, InputValidation


class ExtensionInput(Wire, kw_only=True):
    """NewExtensionInputs. `required` is a boolean here and a text in plugin-input."""

    name: str
    type: str
    label: str
    description: str
    default_value: str
    required: bool
    extend_prop: InputExtendProp
    validation: InputValidation


class ExtensionOutput(Wire, kw_only=True):
    """NewExtensionOutputs. `prop` is known from the SDK only."""

    name: str
    type: str
    description: str
    prop: dict[str, str] = {}


class ExtensionExecution(Wire, kw_only=True):
    """NewExtensionExecution: `type` is the interpreter, `target` the entry file (the example swaps them, the SDK not).

    `sha256` is that of the package bytes, 64 lower-case hexadecimal characters; empty while there is no package.
    """

    target: str
    type: str
    sha256: str


class DataSourceBinding(Wire, kw_only=True):
    """NewExtensionDataSourceBindings (SDK only)."""

    target: str
    endpoint_id: str = msgspec.field(name="endpointId")
    data_source_name: str


class ExtensionDetail(Wire, kw_only=True):
    """ShowBasicPluginResponse (4.9.30 detail)."""

    type: Literal["Task"]
    name: str
    friendly_name: str
    category: str
    description: str
    version: str
    version_description: str
    inputs: list[ExtensionInput]
    outputs: list[ExtensionOutput]
    execution: ExtensionExecution
    data_source_bindings: list[DataSourceBinding] = []
