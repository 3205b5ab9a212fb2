"""Reads the manifest of a package.

YAML is read from PyYAML's parser events by a small builder of our own instead of PyYAML's constructor: that way depth
and amount are bounded before anything is built, and an unquoted 1.10 or 2024-01-01 stays the text that was written.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any

import jsonschema
import msgspec
import semver
import yaml
from jsonschema.protocols import Validator
from referencing import Registry

from app.registry.contracts import rules as contracts
from app.registry.packages import strict_json
from app.registry.packages.archive import Archive
from app.registry.packages.strict_json import quoted
from schemas.errors import ManifestRefused
from schemas.model.contracts import Written
from schemas.model.packages import Manifest

NAMES = ("plugin.yaml", "plugin.json")
MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_NODES = 20_000
"""Values and keys in a YAML manifest: as many as are read within a second."""

_INTEGER = re.compile(r"[-+]?[0-9]{1,15}")  # more digits are text: no field has use for them
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
_PLAIN = {"": None, "~": None, "null": None, "true": True, "false": False}

_KINDS = {"string": "text", "array": "a list", "object": "a mapping", "null": "null", "boolean": "true or false"}
_KINDS |= {"integer": "a whole number"}


class _Problem(Exception):
    """What is wrong with the manifest, said to its author."""


def read_manifest(archive: Archive) -> Manifest:
    """The manifest at the root of the archive: exactly one of `plugin.yaml` and `plugin.json`.

    Raises `ManifestRefused`, naming the place by line or by JSON pointer, and `PackageRefused` where the entry that
    holds the manifest is itself damaged or larger than `MAX_BYTES`.
    """
    present = [name for name in NAMES if name in archive]
    if len(present) != 1:
        problem = "it lies beside another one; keep one of them" if present else _missing(archive)
        raise ManifestRefused(manifest=" or ".join(present or NAMES), problem=problem)
    [name] = present
    content = archive.read(name, MAX_BYTES)
    try:
        text = content.decode("utf-8-sig")
        document = _from_json(text) if name.endswith(".json") else _from_yaml(text)
        _check_text(document, "")
        _check_schema(document)
        manifest = msgspec.convert(document, Manifest)
        _check_meaning(manifest, archive)
    except UnicodeDecodeError as error:
        raise ManifestRefused(manifest=name, problem=f"byte {error.start} is not UTF-8") from error
    except (_Problem, msgspec.ValidationError) as error:
        raise ManifestRefused(manifest=name, problem=str(error)) from error
    return manifest


def _missing(archive: Archive) -> str:
    for entry in archive.entries:
        if entry.name.endswith(tuple("/" + name for name in NAMES)):
            return f"there is only {entry.name}, none at the root; pack what is in the directory, not the directory"
    return "there is none at the root of the package"


# --- JSON ---------------------------------------------------------------------------------------------------------


def _from_json(text: str) -> object:
    try:
        return strict_json.load(text, max_depth=MAX_DEPTH, whole_number=_json_integer)
    except strict_json.JsonRefused as error:
        raise _Problem(str(error)) from error


def _json_integer(digits: str) -> int:
    if not _INTEGER.fullmatch(digits):
        raise _Problem(f"the number {digits[:20]}… has too many digits")
    return int(digits)


# --- YAML ---------------------------------------------------------------------------------------------------------


def _from_yaml(text: str) -> object:
    try:
        events = _bounded(yaml.parse(text, Loader=yaml.SafeLoader))
        next(events)  # stream start
        if isinstance(next(events), yaml.StreamEndEvent):
            raise _Problem("it is empty")
        document = _yaml_value(next(events), events, 1)
        next(events)  # document end
        if not isinstance(next(events), yaml.StreamEndEvent):
            raise _Problem("it has more than one document")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise _Problem(f"{place}{error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        raise _Problem(f"character {error.position}: {error.reason}") from error
    except (ValueError, OverflowError) as error:  # PyYAML's own, at escapes like \UFFFFFFFF
        raise _Problem("an escape in it names no character") from error
    return document


def _bounded(events: Iterable[yaml.Event]) -> Iterator[yaml.Event]:
    for number, event in enumerate(events):
        if number > MAX_NODES:
            raise _Problem(f"it has more than {MAX_NODES} values")
        yield event


def _yaml_value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> object:
    """The value that begins with `event`, taking from `events` what belongs to it."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        raise _Problem(f"{_line(event)}anchors and aliases are not taken; repeat what they stand for")
    if getattr(event, "tag", None) is not None:
        raise _Problem(f"{_line(event)}tags are not taken; leave it out")
    if isinstance(event, yaml.ScalarEvent):
        return _yaml_plain(event.value) if event.style is None else event.value
    if depth > MAX_DEPTH:
        raise _Problem(f"{_line(event)}it nests deeper than {MAX_DEPTH} levels")
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[object] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(_yaml_value(event, events, depth + 1))
        return items
    mapping: dict[str, object] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        _yaml_value(event, events, depth + 1)  # refuses what no value may be
        if not isinstance(event, yaml.ScalarEvent):
            raise _Problem(f"{_line(event)}a key must be text")
        if event.value in mapping:
            raise _Problem(f"{_line(event)}the key {quoted(event.value)} stands twice in one mapping")
        mapping[event.value] = _yaml_value(next(events), events, depth + 1)
    return mapping


def _line(event: yaml.Event) -> str:
    return f"line {event.start_mark.line + 1}: " if event.start_mark else ""


def _yaml_plain(text: str) -> object:
    """The meaning of an unquoted value: null, true, false or a whole number; anything else is text."""
    if text in _PLAIN:
        return _PLAIN[text]
    return int(text) if _INTEGER.fullmatch(text) else text


# --- rules --------------------------------------------------------------------------------------------------------


def _check_text(value: object, pointer: str) -> None:
    """No text that the database cannot hold."""
    if isinstance(value, str):
        if _NOT_STORABLE.search(value):
            raise _Problem(f"{_at(pointer)} NUL and lone surrogates are not taken")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            _check_text(item, f"{pointer}/{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(key, pointer)
            _check_text(item, f"{pointer}/{key}")


@cache
def _validator() -> jsonschema.Draft202012Validator:
    schema = json.loads(resources.files("schemas").joinpath("documents/plugin-manifest.schema.json").read_bytes())
    # Python's `$` also matches before a final line feed, and every pattern of ours is about the whole text.
    extended: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
        jsonschema.Draft202012Validator, {"pattern": _whole_pattern}
    )
    validator: jsonschema.Draft202012Validator = extended(schema, registry=Registry())  # which is empty: never fetches
    return validator


def _whole_pattern(_: Validator, pattern: str, value: object, __: object) -> Iterator[jsonschema.ValidationError]:
    if isinstance(value, str) and not re.fullmatch(pattern, value):
        yield jsonschema.ValidationError("")


def _check_schema(document: Any) -> None:
    error = next(_validator().iter_errors(document), None)
    if error is not None:
        pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in error.absolute_path)
        raise _Problem(f"{_at(pointer)} {_broken_rule(error)}")


def _broken_rule(error: jsonschema.ValidationError) -> str:
    """The rule that is broken. Repeats no more than a little of the manifest, which may be large."""
    rule: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "type":
            wanted = " or ".join(_KINDS[kind] for kind in ([rule] if isinstance(rule, str) else rule))
            return f"{wanted} is needed, not {_kind(value)}{_quote_it(value, rule)}"
        case "required":
            return f"{next(name for name in rule if name not in value)} is missing"
        case "additionalProperties":
            return f"there is no field {quoted(next(name for name in value if name not in schema['properties']))}"
        case "const":
            return f"only the text {quoted(rule)} is taken{_quote_it(value, 'string')}"
        case "enum":
            return f"only {', '.join(rule)} are taken, not {quoted(value)}"
        case "pattern":
            return f"{quoted(value)} does not match {rule}"
        case "maxLength" | "minLength":
            return f"it has {len(value)} characters, and the limit is {rule}"
        case "maxItems" | "minItems" | "maxProperties":
            return f"it has {len(value)} members, and the limit is {rule}"
        case _:  # minimum, maximum
            return f"{quoted(value)} is out of bounds, the limit is {rule}"


def _kind(value: object) -> str:
    if isinstance(value, float):
        return "a number with a fraction"
    kinds = {str: "string", list: "array", dict: "object", type(None): "null", bool: "boolean", int: "integer"}
    return _KINDS[kinds[type(value)]]


def _quote_it(value: object, wanted: object) -> str:
    if wanted == "string" and isinstance(value, int | float):
        return f'; put it in quotes: "{json.dumps(value)}"'
    return ""


def _at(pointer: str) -> str:
    return f"{pointer[:200]}:" if pointer else "at its top level"


def _check_meaning(manifest: Manifest, archive: Archive) -> None:
    """What a schema cannot say."""
    if not semver.Version.is_valid(manifest.version):
        raise _Problem(f"/version: {manifest.version} is no SemVer 2 version number such as 1.4.0 or 2.0.0-rc.1")
    target = manifest.execution.target
    if target not in archive or target.endswith("/"):
        raise _Problem(f"/execution/target: {quoted(target)} is not a file of the package, by its path from the root")
    _check_unique("inputs", "name", [each.name for each in manifest.inputs])
    _check_unique("outputs", "name", [each.name for each in manifest.outputs])
    _check_unique("metrics", "key", [each.key for group in manifest.metrics for each in group.properties])
    if manifest.input_schema is not None and manifest.inputs:
        raise _Problem("/input_schema: inputs are written as a list or as JSON Schema, not as both")
    written = Written(
        inputs=manifest.inputs,
        input_schema=manifest.input_schema,
        outputs=manifest.outputs,
        metrics=manifest.metrics,
    )
    _, problems = contracts.examine(written)
    if problems:
        raise _Problem(f"{problems[0].pointer or '/'}: {problems[0].problem}")


def _check_unique(where: str, what: str, values: list[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise _Problem(f"/{where}: the {what} {value} stands twice")
        seen.add(value)
