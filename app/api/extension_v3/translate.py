"""A version as a package's manifest describes it: `extension/detail` of the contract."""

import msgspec

from app.api.plugin_words import to_extend_prop, to_validation
from schemas.errors import InvalidField
from schemas.model.plugins import Version
from schemas.wire import extension_v3 as wire


def to_detail(version: Version) -> wire.ExtensionDetail:
    """What the manifest says, and the SHA-256 of the package. A version without a package is told in the same words."""
    plugin, manifest = version.plugin, version.manifest or {}
    return wire.ExtensionDetail(
        type="Task",
        name=plugin.name,
        friendly_name=manifest.get("friendly_name", plugin.display_name),
        category=manifest.get("category", plugin.business_type),
        description=manifest.get("description", plugin.description),
        version=version.version,
        version_description=version.version_description,
        inputs=[
            wire.ExtensionInput(
                name=each.name,
                type=each.type,
                label=each.label,
                description=each.description,
                default_value=each.default_value,
                required=each.required,
                extend_prop=to_extend_prop(each.extend_prop),
                validation=to_validation(each.validation),
            )
            for each in version.inputs
        ],
        outputs=[
            wire.ExtensionOutput(name=each.name, type=each.type, description=each.description, prop=each.prop)
            for each in version.outputs
        ],
        execution=wire.ExtensionExecution(
            type=version.execution.get("type", ""),
            target=version.execution.get("target", ""),
            sha256=version.package_sha256 or "",
        ),
        data_source_bindings=msgspec.convert(manifest.get("data_source_bindings", []), list[wire.DataSourceBinding]),
    )


def to_deleted(which: str, version: str) -> str | None:
    """The version to delete; None: all of them. Raises `InvalidField`."""
    if which == "all" or not (which or version):
        return None
    if not version:
        raise InvalidField("version", problem=f"With the type {which} the version to delete must be named")
    return version
