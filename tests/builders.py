"""What tests send: packages, pictures and request bodies. Valid by default; one line bends one of them.

Equal arguments make equal bytes, packages included.
"""

import io
import json
import secrets
import zipfile
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import yaml
from PIL import Image

Body = dict[str, Any]

SHELL_INPUT: Body = {
    "name": "SHELL_PLUGIN",
    "type": "input",
    "label": "Command",
    "description": "What to run",
    "default_value": "true",
    "required": True,
    "validation": {
        "regex": "^[a-z ]+$",
        "regex_message": "small letters",
        "required_message": "needed",
        "min_length": 1,
        "max_length": 80,
    },
    "extend_prop": {
        "options": None,
        "visible_conditions": None,
        "disabled_conditions": None,
        "api_type": None,
        "api_options": None,
    },
}
ASKED_BY: dict[str, Body] = {"official_shell_plugin": {"OFFICIAL_SHELL_SCRIPT_INPUT": "env"}}
"""What steps give to the plug-ins that ask for something."""
PROBLEM_OUTPUT: Body = {"name": "problem", "type": "output", "description": "Number of problems"}
QUALITY_METRICS: Body = {
    "group_name": "Quality",
    "properties": [{"key": "cts.pass_ratio", "value": "0", "desc": "Share of passed cases"}],
}


def a_name(kind: str = "plugin") -> str:
    """A name that nobody has; those of official and published plug-ins are taken for everybody."""
    return f"{kind}-{secrets.token_hex(5)}"


def a_manifest(name: str, version: str = "1.0.0", **changes: Any) -> Body:
    """The manifest of a basic plug-in that declares one of everything. None takes a field out."""
    manifest: Body = {
        "manifest_version": "3",
        "type": "Task",
        "name": name,
        "friendly_name": f"Friendly {name}",
        "category": "Test",
        "version": version,
        "version_description": "Reads the report",
        "description": "Runs the compliance tests",
        "inputs": [SHELL_INPUT],
        "outputs": [PROBLEM_OUTPUT],
        "metrics": [QUALITY_METRICS],
        "execution": {"type": "Shell", "target": "scripts/test.sh"},
    }
    return {key: value for key, value in (manifest | changes).items() if value is not None}


def a_package(name: str, version: str = "1.0.0", *, script: bytes = b"echo hello\n", **changes: Any) -> bytes:
    """A package with its manifest in YAML; `changes` bend the manifest."""
    manifest = yaml.safe_dump(a_manifest(name, version, **changes), sort_keys=False)
    return a_zip({"plugin.yaml": manifest.encode(), "scripts/test.sh": script})


def a_json_package(name: str, version: str = "1.0.0", **changes: Any) -> bytes:
    """A package with its manifest in JSON."""
    manifest = json.dumps(a_manifest(name, version, **changes))
    return a_zip({"plugin.json": manifest.encode(), "scripts/test.sh": b"echo hello\n"})


def a_zip(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in files.items():
            writer.writestr(zipfile.ZipInfo(name, date_time=(2024, 1, 2, 3, 4, 6)), content)
    return archive.getvalue()


def a_picture(colour: str = "red", encoding: str = "PNG", pixels: int = 4) -> bytes:
    """A picture of so many by so many pixels."""
    picture = io.BytesIO()
    Image.new("RGB", (pixels, pixels), colour).save(picture, encoding)
    return picture.getvalue()


def an_upload(content: bytes, name: str = "package.zip") -> dict[str, tuple[str, bytes]]:
    """The form of an upload, for httpx."""
    return {"upload_file": (name, content)}


def a_plugin(name: str, **changes: Any) -> Body:
    """The facts of a basic plug-in: `extension/info/add`, `extension/info/update`, `agent-plugin/update-info`."""
    return {"plugin_name": name, "display_name": name, "business_type": "Normal", "description": ""} | changes


def a_version(name: str, version: str = "1.0.0", *, steps: tuple[str, ...] | None = None, **changes: Any) -> Body:
    """A version or draft; composite when it has `steps`, the names of the plug-ins that it runs."""
    body = a_plugin(name) | {"version": version, "version_description": "", "input_info": []}
    if steps is not None:
        told = [{"task": step, "name": f"Run {step}", "variables": ASKED_BY.get(step, {})} for step in steps]
        body["execution_info"] = {"inner_execution_info": {"execution_type": "COMPOSITE", "steps": told}}
    return body | changes


def a_publisher(en_name: str, **changes: Any) -> Body:
    """A new publisher."""
    return {"name": f"The {en_name}", "en_name": en_name, "support_url": "help@example.com"} | changes


def an_extension(publisher: str, name: str, version: str = "1.0.0", /, **changes: Any) -> Body:
    """The `package.json` of an extension. None takes a field out."""
    manifest: Body = {
        "publisher": publisher,
        "name": name,
        "version": version,
        "displayName": f"Friendly {name}",
        "description": "Marks what is wrong with a text",
        "engines": {"vscode": "^1.75.0"},
        "categories": ["Linters"],
        "keywords": ["lint"],
        "icon": "images/icon.png",
        "license": "Apache-2.0",
        "main": "./main.js",
        "repository": {"type": "git", "url": "https://example.com/makers/linter.git"},
    }
    return {key: value for key, value in (manifest | changes).items() if value is not None}


def a_vsix(
    publisher: str = "makers",
    name: str = "linter",
    version: str = "1.0.0",
    *,
    manifest: Mapping[str, Any] | None = None,
    files: Mapping[str, bytes | None] | None = None,
    target_platform: str | None = None,
    vsixmanifest: Mapping[str, str] | None = None,
) -> bytes:
    """The package of an extension, laid out as vsce does it.

    `manifest` bends `package.json`, and the VSIX manifest with it; `vsixmanifest` bends that alone: each text in it is
    replaced by another one. `files` are put in by their path in the archive, None takes one out.
    """
    facts = an_extension(publisher, name, version, **(manifest or {}))
    told = _vsix_manifest(facts, target_platform)
    for text, instead in (vsixmanifest or {}).items():
        assert text in told, f"the VSIX manifest has no {text}"
        told = told.replace(text, instead)
    content: dict[str, bytes | None] = {
        "extension.vsixmanifest": told.encode(),
        "[Content_Types].xml": _CONTENT_TYPES.encode(),
        "extension/package.json": json.dumps(facts, ensure_ascii=False, indent=2).encode(),
        "extension/main.js": b"exports.activate = () => {};\n",
        "extension/readme.md": f"# {name}\n\nMarks what is wrong.\n".encode(),
        "extension/changelog.md": f"# {version}\n\nFirst.\n".encode(),
        "extension/LICENSE.txt": b"Apache License 2.0\n",
        "extension/images/icon.png": a_picture(),
    }
    content |= files or {}
    return a_zip({path: data for path, data in content.items() if data is not None})


def _vsix_manifest(facts: Body, target_platform: str | None) -> str:
    """What vsce makes of a `package.json` whose fields have their ordinary types."""

    def attribute(value: object) -> str:
        return quoteattr(str(value))

    platform = f" TargetPlatform={attribute(target_platform)}" if target_platform else ""
    properties = {
        "Code.Engine": facts.get("engines", {}).get("vscode", ""),
        "Code.ExtensionDependencies": ",".join(facts.get("extensionDependencies", [])),
        "Code.ExtensionPack": ",".join(facts.get("extensionPack", [])),
        "Code.ExtensionKind": ",".join(facts.get("extensionKind", ["workspace"])),
        "Code.LocalizedLanguages": "",
    }
    assets = {
        "Code.Manifest": "extension/package.json",
        "Services.Content.Details": "extension/readme.md",
        "Services.Content.Changelog": "extension/changelog.md",
        "Services.Content.License": "extension/LICENSE.txt",
    }
    if facts.get("icon"):
        assets["Services.Icons.Default"] = f"extension/{facts['icon']}"
    property_lines = "".join(
        f'<Property Id="Microsoft.VisualStudio.{key}" Value={attribute(value)} />' for key, value in properties.items()
    )
    asset_lines = "".join(
        f'<Asset Type="Microsoft.VisualStudio.{key}" Path={attribute(path)} Addressable="true" />'
        for key, path in assets.items()
    )
    return f"""<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
<Metadata>
<Identity Language="en-US" Id={attribute(facts.get("name", ""))} Version={attribute(facts.get("version", ""))}\
 Publisher={attribute(facts.get("publisher", ""))}{platform} />
<DisplayName>{escape(str(facts.get("displayName", "")))}</DisplayName>
<Description xml:space="preserve">{escape(str(facts.get("description", "")))}</Description>
<Tags>{escape(",".join(facts.get("keywords", [])))}</Tags>
<Categories>{escape(",".join(facts.get("categories", [])))}</Categories>
<GalleryFlags>{"Public Preview" if facts.get("preview") else "Public"}</GalleryFlags>
<Properties>{property_lines}</Properties>
</Metadata>
<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code" /></Installation>
<Dependencies />
<Assets>{asset_lines}</Assets>
</PackageManifest>
"""


_CONTENT_TYPES = """<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension=".json" ContentType="application/json" /><Default Extension=".vsixmanifest" ContentType="text/xml" />\
<Default Extension=".js" ContentType="application/javascript" /><Default Extension=".md" ContentType="text/markdown" />\
<Default Extension=".txt" ContentType="text/plain" /><Default Extension=".png" ContentType="image/png" /></Types>
"""
