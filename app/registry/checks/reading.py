"""Reads what a release says of itself, out of whatever it comes in."""

import json
from collections.abc import Iterable

import msgspec

from app.registry.extensions import vsix
from app.registry.packages.archive import Archive
from app.registry.packages.manifest import read_manifest
from schemas.base import Entity
from schemas.errors import ManifestRefused, PackageRefused
from schemas.model.checks import Definition, Finding, SubjectKind
from schemas.model.extensions import Asset, PackageFacts
from schemas.model.packages import Manifest

MANIFEST = "the manifest"


class Reading(Entity, frozen=True):
    """What was read. Without a `definition` it could not be said what the package is.

    `facts` and `assets` are those of extensions, `manifest` is that of basic plug-ins. `findings` tell what is wrong with any of
    it; `refusal` is what those who upload a basic plug-in's package are refused with because of its manifest.
    """

    definition: Definition | None = None
    facts: PackageFacts | None = None
    assets: tuple[Asset, ...] = ()
    manifest: Manifest | None = None
    findings: tuple[Finding, ...] = ()
    refusal: ManifestRefused | PackageRefused | None = None


def of_archive(kind: SubjectKind, archive: Archive) -> Reading:
    """What a package of that kind says. Blocking, up to some seconds."""
    if kind is SubjectKind.EXTENSION:
        facts, assets, found = vsix.read(archive)
        definition = _of_extension(facts, vsix.raw_manifest(archive)) if facts is not None else None
        return Reading(definition=definition, facts=facts, assets=tuple(assets), findings=tuple(found))
    try:
        manifest = read_manifest(archive)
    except PackageRefused as refused:
        return Reading(findings=tuple(refused.findings), refusal=refused)
    except ManifestRefused as refused:
        entry, problem = str(refused.facts["manifest"]), str(refused.facts["problem"])
        found = [Finding(entry=entry, message=problem, remedy="correct it and pack again", rule="manifest.refused")]
        return Reading(findings=tuple(found), refusal=refused)
    return Reading(definition=of_manifest(manifest), manifest=manifest)


def of_manifest(manifest: Manifest) -> Definition:
    """What the manifest of a basic plug-in defines."""
    return completed(
        Definition(
            name=manifest.name,
            version=manifest.version,
            display_name=manifest.friendly_name,
            description=manifest.description,
            inputs=manifest.inputs,
            outputs=manifest.outputs,
            metrics=manifest.metrics,
            execution={"type": manifest.execution.type, "target": manifest.execution.target},
        )
    )


def completed(definition: Definition) -> Definition:
    """The definition of a plug-in with what follows from its execution. Of a composite one the entry points are its steps, and it
    depends on what they run."""
    steps = definition.execution.get("steps")
    named = (each.get("task") for each in steps if isinstance(each, dict)) if isinstance(steps, list) else ()
    tasks = [each for each in named if isinstance(each, str) and each]
    target = definition.execution.get("target")
    return msgspec.structs.replace(
        definition,
        entry_points=_sorted(tasks or ([target] if isinstance(target, str) else [])),
        permissions=_sorted(f"{path}: {_text(value)}" for path, value in _leaves(definition.execution)),
        dependencies=_sorted(tasks),
    )


def _of_extension(facts: PackageFacts, manifest: dict[str, object]) -> Definition:
    """What `package.json` defines beside the facts that are shown."""
    npm = manifest.get("dependencies")
    capabilities = manifest.get("capabilities")
    events = manifest.get("activationEvents")
    runs = [("main", manifest.get("main")), ("browser", manifest.get("browser"))]
    return Definition(
        name=facts.name,
        version=facts.version,
        display_name=facts.display_name,
        description=facts.description,
        entry_points=_sorted(f"{where}: {_text(file)}" for where, file in runs if file is not None),
        permissions=_sorted(
            [
                *(f"activationEvents: {_text(each)}" for each in (events if isinstance(events, list) else [])),
                *(f"extensionKind: {each}" for each in facts.extension_kinds),
                *(
                    f"capabilities.{name}: {_text(value)}"
                    for name, value in (capabilities.items() if isinstance(capabilities, dict) else ())
                ),
            ]
        ),
        dependencies=_sorted(
            [
                *facts.extension_dependencies,
                *facts.extension_pack,
                *(f"npm:{name} {_text(value)}" for name, value in (npm.items() if isinstance(npm, dict) else ())),
            ]
        ),
        licence=facts.license,
    )


def _leaves(value: object, path: str = "") -> Iterable[tuple[str, object]]:
    """What stands at the ends of nested mappings and lists, by its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _leaves(each, f"{path}[{number}]")
    else:
        yield path, value


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _sorted(texts: Iterable[str]) -> list[str]:
    return sorted(set(texts))
