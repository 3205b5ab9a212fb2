"""What tests send: packages, pictures and request bodies. Valid by default; one line bends one of them.

Equal arguments make equal bytes, packages included.
"""

import io
import json
import secrets
import zipfile
from collections.abc import Mapping
from typing import Any

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


def a_picture(colour: str = "red", encoding: str = "PNG") -> bytes:
    """A small picture."""
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(picture, encoding)
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
        told = [{"task": step, "name": f"Run {step}", "variables": {"SHELL_PLUGIN": "ls"}} for step in steps]
        body["execution_info"] = {"inner_execution_info": {"execution_type": "COMPOSITE", "steps": told}}
    return body | changes


def a_publisher(en_name: str, **changes: Any) -> Body:
    """A new publisher."""
    return {"name": f"The {en_name}", "en_name": en_name, "support_url": "help@example.com"} | changes
