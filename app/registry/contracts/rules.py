"""What a contract must be to be taken, at draft save and at release. Pure decisions."""

import json
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from app.registry.contracts import conditions
from app.registry.contracts.checking import Checker, beyond_bounds
from app.registry.contracts.conditions import ConditionRefused
from app.registry.contracts.definitions import (
    DIALECT,
    EXTENSION,
    NUMBERS,
    Problem,
    define,
    escaped,
    pointer_of,
)
from app.registry.contracts.json_schema import PatternRefused, Validator, compile_schema, meta_validator, pattern
from app.registry.contracts.work import WorkExceeded, bounded
from app.registry.plugins import versions
from schemas.errors import ContractRefused, ContractUnusable, InvalidField
from schemas.model.contracts import Definition, Input, InputType, Written
from schemas.model.plugins import Version, VersionContent, VersionSpec

MAX_BYTES = 256 * 1024
"""Bytes of a contract as JSON."""
MAX_DEPTH = 32
"""How deep a schema may be nested."""
MAX_REFS = 100
"""References in a schema."""
MAX_ENUM = 1000
"""Values of one `enum`."""
MAX_PATTERN = 1000
"""Characters of a pattern."""
MAX_PROBLEMS = 20
"""Problems told of one contract."""
_WORK = 400_000  # units that the check of a contract may take, see `work.py`

# Where schemas stand in a schema; those "in place" are about the same value.
_IN_PLACE_ONE = frozenset(("not", "if", "then", "else"))
_IN_PLACE_LISTS = frozenset(("allOf", "anyOf", "oneOf"))
_ONE = _IN_PLACE_ONE | {"additionalProperties", "contains", "contentSchema", "items", "propertyNames"}
_ONE |= {"unevaluatedItems", "unevaluatedProperties"}
_LISTS = _IN_PLACE_LISTS | {"prefixItems"}
_MAPS = frozenset(("$defs", "dependentSchemas", "patternProperties", "properties"))


def written_by(content: VersionContent) -> Written:
    """What a version's content says of inputs, outputs and metrics."""
    return Written(
        inputs=[] if content.input_schema is not None else content.inputs or [],
        input_schema=content.input_schema,
        outputs=content.outputs or [],
        metrics=content.metrics or [],
    )


def written_in(version: Version) -> Written:
    """What a version says of inputs, outputs and metrics."""
    return Written(
        inputs=[] if version.input_schema is not None else version.inputs,
        input_schema=version.input_schema,
        outputs=version.outputs,
        metrics=version.metrics,
    )


def require_sane(spec: VersionSpec) -> VersionSpec:
    """The version with both forms of its inputs where it has a schema. Raises `ContractRefused`."""
    if spec.content.input_schema is not None and spec.content.inputs:
        problem = "Inputs are written as a list or as JSON Schema, not as both"
        raise ContractRefused("input_schema", pointer="/input_schema", problem=problem)
    definition = require_contract(written_by(spec.content))
    if spec.content.input_schema is None:
        return spec
    return msgspec.structs.replace(spec, content=msgspec.structs.replace(spec.content, inputs=definition.input_list))


def require_contract(written: Written) -> Definition:
    """What the author's words mean. Raises `ContractRefused`, which names the places."""
    definition, problems = examine(written)
    if problems or definition is None:
        first, *others = problems
        told = "; ".join([first.problem, *(f"{each.pointer}: {each.problem}" for each in others)])
        raise ContractRefused(_field(first.pointer), pointer=first.pointer or "/", problem=told)
    return definition


def require_usable(written: Written) -> Definition:
    """What was written of a version that is there. Raises `ContractUnusable`: it may be from before contracts were checked."""
    definition, problems = examine(written)
    if definition is None:
        first = problems[0]
        raise ContractUnusable("version", pointer=first.pointer or "/", problem=first.problem)
    return definition


def _field(pointer: str) -> str:
    """The field of a request that holds the place."""
    top = pointer.split("/")[1] if pointer else ""
    return {"inputs": "input_info", "outputs": "output_info"}.get(top, top or "input_info")


def examine(written: Written) -> tuple[Definition | None, list[Problem]]:
    """What the author's words mean, and what stands against them. With a problem, the meaning is of no use."""
    document = _document(written)
    problems = _bounds(document)
    if problems:
        return None, problems

    def report(pointer: str, problem: str) -> None:
        problems.append(Problem(pointer, problem))

    try:
        with bounded(_WORK):
            _check_by(meta_contract(), document, "", report)
            if written.input_schema is not None:
                _check_schema("/input_schema", written.input_schema, report)
                _check_root(written.input_schema, report)
            for place, each in enumerate(written.inputs):
                if each.value_schema is not None:
                    at = f"/inputs/{place}/value_schema"
                    _check_schema(at, each.value_schema, report, alone=True)
            if problems:
                return None, problems[:MAX_PROBLEMS]
            definition = define(written, report)
            _check_names(definition, report)
            for read in definition.inputs:
                _check_input(read, definition, report)
            for metric_or_output, at in _declared(written, definition):
                low, high = (metric_or_output.get(each) for each in ("minimum", "maximum"))
                if low is not None and high is not None and low > high:
                    report(at, "minimum is above maximum")
            if not problems:
                _check_defaults(definition, report)
    except WorkExceeded:
        report("", "It takes too long to check this")
    except RecursionError:
        report("", "It is nested too deeply")
    return definition if not problems else None, problems[:MAX_PROBLEMS]


def _document(written: Written) -> dict[str, Any]:
    """The contract as the published meta-schema describes it."""
    document: dict[str, Any] = {
        name: _said(msgspec.to_builtins(getattr(written, name))) for name in ("outputs", "metrics")
    }
    if written.input_schema is None:
        return {"inputs": [_said(msgspec.to_builtins(each), below=1) for each in written.inputs], **document}
    return {"input_schema": written.input_schema, **document}


def _said(value: Any, below: int = 9) -> Any:
    """A value without what is null in it, some levels deep: an author may have a null of his own in a schema."""
    if isinstance(value, dict):
        return {
            name: each if below == 0 else _said(each, below - 1) for name, each in value.items() if each is not None
        }
    return [_said(each, below) for each in value] if isinstance(value, list) else value


def _bounds(document: dict[str, Any]) -> list[Problem]:
    problem = beyond_bounds(document)
    try:
        size = len(json.dumps(document, ensure_ascii=False).encode(errors="surrogatepass"))
    except (RecursionError, ValueError):
        size = 0 if problem else MAX_BYTES + 1
    if problem is None and size > MAX_BYTES:
        problem = f"A contract has at most {MAX_BYTES} bytes"
    return [] if problem is None else [Problem("", problem.rstrip("."))]


@cache
def meta_contract() -> Validator:
    """Judges contracts by our published meta-schema."""
    return compile_schema(json.loads(meta_schema_text()))


@cache
def meta_schema_text() -> bytes:
    """Our meta-schema, as it is published."""
    return resources.files("schemas").joinpath("published/plugin-contract.schema.json").read_bytes()


def _check_by(validator: Validator, value: Any, at: str, report: Any) -> None:
    for count, error in enumerate(validator.iter_errors(value)):
        if count == MAX_PROBLEMS:
            return
        limit = error.validator_value
        text = str(limit) if isinstance(limit, str | int | float) else json.dumps(limit) if limit is not None else ""
        rule = f"{error.validator} {text[:100]}" if len(text) <= 200 else str(error.validator)
        report(at + pointer_of(error.absolute_path), f"The rule is not kept: {rule}")


# --- schemas -----------------------------------------------------------------------------------------------------------


def _subschemas(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Pointers, from the schema, to the schemas that stand in it."""
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield f"/{keyword}", value
        elif keyword in _LISTS and isinstance(value, list):
            yield from ((f"/{keyword}/{place}", each) for place, each in enumerate(value))
        elif keyword in _MAPS and isinstance(value, dict):
            yield from ((f"/{keyword}/{escaped(name)}", each) for name, each in value.items())


def _check_schema(at: str, root: dict[str, Any], report: Any, *, alone: bool = False) -> None:
    """A schema of an author: by the meta-schema of 2020-12, and by what makes it safe to run."""
    _check_by(meta_validator(), {name: value for name, value in root.items() if name != "$id"}, at, report)
    found: dict[str, Any] = {}
    refs = 0
    open_schemas: list[tuple[str, Any, int]] = [("", root, 1)]
    while open_schemas:
        where, schema, depth = open_schemas.pop()
        found[where] = schema
        if not isinstance(schema, dict):
            continue
        if depth > MAX_DEPTH:
            report(at + where, f"A schema is nested at most {MAX_DEPTH} deep")
            return
        refs += sum(keyword in schema for keyword in ("$ref", "$dynamicRef"))
        _check_keywords(at, where, schema, report, alone=alone)
        open_schemas += [(where + step, each, depth + 1) for step, each in _subschemas(schema)]
    if refs > MAX_REFS:
        report(at, f"A schema refers at most {MAX_REFS} times")
    elif refs:
        _check_refs(at, found, report)


def _check_keywords(at: str, where: str, schema: dict[str, Any], report: Any, *, alone: bool) -> None:
    here = at + where
    if "$schema" in schema and (where or schema["$schema"] != DIALECT):
        report(f"{here}/$schema", f"Only {DIALECT} is taken, and only at the top")
    if "$id" in schema and where:
        report(f"{here}/$id", "Only the whole schema has an address")
    for keyword in ("$vocabulary", "$recursiveRef", "$recursiveAnchor", "definitions", "dependencies"):
        if keyword in schema:
            report(f"{here}/{keyword}", "This is not taken")
    for keyword in ("$ref", "$dynamicRef"):
        ref = schema.get(keyword)
        if isinstance(ref, str) and (alone or not ref.startswith("#")):
            problem = "Nothing is fetched: refer to a part of the same schema" if not alone else "Refer to nothing here"
            report(f"{here}/{keyword}", problem)
    if isinstance(schema.get("enum"), list) and len(schema["enum"]) > MAX_ENUM:
        report(f"{here}/enum", f"At most {MAX_ENUM} values are taken")
    if isinstance(schema.get("pattern"), str):
        _check_pattern(f"{here}/pattern", schema["pattern"], report)
    if isinstance(schema.get("patternProperties"), dict):
        for text in schema["patternProperties"]:
            _check_pattern(f"{here}/patternProperties/{escaped(text)}", text, report)
    says_members = schema.keys() & {"additionalProperties", "unevaluatedProperties", "$ref", "$dynamicRef"}
    if where and schema.get("type") == "object" and not says_members:
        problem = "Say which other members the object takes: additionalProperties or unevaluatedProperties"
        report(here, problem)
    if schema.get("writeOnly") is True and where.count("/") != 2:
        report(f"{here}/writeOnly", "A secret is an input of its own")


def _check_pattern(at: str, text: str, report: Any) -> None:
    if len(text) > MAX_PATTERN:
        report(at, f"A pattern has at most {MAX_PATTERN} characters")
        return
    try:
        pattern(text)
    except PatternRefused as error:
        report(at, f"RE2 does not run this pattern: {error}")


def _check_refs(at: str, found: dict[str, Any], report: Any) -> None:
    """Every reference leads to a schema of this one, and none leads back to itself before the value gets smaller."""
    anchors = {
        schema[keyword]: where
        for where, schema in found.items()
        if isinstance(schema, dict)
        for keyword in ("$anchor", "$dynamicAnchor")
        if isinstance(schema.get(keyword), str)
    }
    onward: dict[str, list[str]] = {}
    for where, schema in found.items():
        if not isinstance(schema, dict):
            continue
        steps = [f"{where}{step}" for step, _ in _subschemas(schema) if _in_place(step)]
        for keyword in ("$ref", "$dynamicRef"):
            ref = schema.get(keyword)
            if not isinstance(ref, str) or not ref.startswith("#"):
                continue
            target = ref[1:] if ref in ("#",) or ref.startswith("#/") else anchors.get(ref[1:])
            if target is None or target not in found:
                report(f"{at}{where}/{keyword}", "There is no such schema")
            else:
                steps.append(target)
        onward[where] = steps
    loop = _loop(onward)
    if loop is not None:
        report(f"{at}{loop}", "The schema refers to itself without end")


def _in_place(step: str) -> bool:
    keyword = step.split("/")[1]
    return keyword in _IN_PLACE_ONE or keyword in _IN_PLACE_LISTS or keyword == "dependentSchemas"


def _loop(onward: dict[str, list[str]]) -> str | None:
    """A place from which one comes back to it."""
    done: set[str] = set()
    for start in onward:
        path: dict[str, Iterator[str]] = {start: iter(onward[start])} if start not in done else {}
        while path:
            here = next(reversed(path))
            step = next(path[here], None)
            if step is None:
                done.add(here)
                del path[here]
            elif step in path:
                return step
            elif step not in done and step in onward:
                path[step] = iter(onward[step])
    return None


def _check_root(root: dict[str, Any], report: Any) -> None:
    if root.get("type", "object") != "object":
        report("/input_schema/type", "The values of inputs are an object")
    if root.get("additionalProperties", False) is not False:
        report("/input_schema/additionalProperties", "Inputs that nobody declared are not taken: false")
    for keyword in ("$ref", "$dynamicRef", "patternProperties", "propertyNames"):
        if keyword in root:
            report(f"/input_schema/{keyword}", "Inputs are declared one by one, in properties")
    properties, required = root.get("properties", {}), root.get("required", [])
    if isinstance(properties, dict) and isinstance(required, list):
        for place, name in enumerate(required):
            if name not in properties:
                report(f"/input_schema/required/{place}", "There is no such input")


# --- meaning -----------------------------------------------------------------------------------------------------------


def _check_names(definition: Definition, report: Any) -> None:
    taken: dict[str, str] = {}
    names = [(f"{each.position}/name", each.name) for each in definition.inputs]
    names += [
        (f"{_extra(each)}/aliases/{place}", alias)
        for each in definition.inputs
        for place, alias in enumerate(each.aliases)
    ]
    for at, name in names:
        if name in taken:
            report(at, "Another input has the name, or is also known by it")
        taken[name] = at
    for what, key in (("outputs", "name"), ("metrics", "key")):
        seen: set[str] = set()
        for each in getattr(definition, what):
            if getattr(each, key) in seen:
                report(f"/{what}", f"The {key} {getattr(each, key)} stands twice")
            seen.add(getattr(each, key))


def _extra(read: Input) -> str:
    """Where an input says what JSON Schema has no word for."""
    return read.position if read.position.startswith("/inputs") else f"{read.position}/{EXTENSION}"


def _check_input(read: Input, definition: Definition, report: Any) -> None:
    at = read.position
    in_list = at.startswith("/inputs")
    if in_list and read.rules.pattern is not None:
        _check_pattern(f"{at}/validation/regex", read.rules.pattern, report)
    if not in_list and read.rules.pattern is not None and read.type in NUMBERS:
        _check_pattern(f"{_extra(read)}/regex", read.rules.pattern, report)
    for low, high in (("min_length", "max_length"), ("minimum", "maximum")):
        least, most = getattr(read.rules, low), getattr(read.rules, high)
        if in_list and least is not None and most is not None and least > most:
            report(f"{at}/validation/{low}", f"{low} is above {high}")
    by_name = {each.name: each for each in definition.inputs}
    for name, condition in (("visible", read.visible_when), ("disabled", read.disabled_when)):
        if condition is None:
            continue
        where = f"{at}/extend_prop/{name}_conditions" if in_list else f"{_extra(read)}/{name}_when"
        try:
            conditions.require_condition(condition)
        except ConditionRefused as error:
            report(where if in_list else where + error.pointer, f"{error.pointer or '/'}: {error.problem}")
            continue
        for asked, test in conditions.asked_by(condition):
            if asked not in by_name:
                report(where, f"There is no input {asked[:100]}")
            elif asked == read.name:
                report(where, "A condition does not ask about its own input")
            elif by_name[asked].type is InputType.SECRET and test != "empty":
                report(where, "Of a secret a condition may only ask whether it is empty")
    gone = read.deprecated
    if gone is not None and gone.replacement and (gone.replacement not in by_name or gone.replacement == read.name):
        report(f"{_extra(read)}/deprecated/replacement", "There is no such other input")
    if gone is not None and gone.removal_version:
        try:
            versions.parse("removal_version", gone.removal_version)
        except InvalidField:
            report(f"{_extra(read)}/deprecated/removal_version", "A SemVer 2 version number is needed")


def _declared(written: Written, definition: Definition) -> Iterator[tuple[dict[str, Any], str]]:
    for place, output in enumerate(definition.outputs):
        yield output.schema, f"/outputs/{place}"
    metrics = iter(definition.metrics)
    for place, group in enumerate(written.metrics):
        for number, _ in enumerate(group.properties):
            yield next(metrics).schema, f"/metrics/{place}/properties/{number}"


def _check_defaults(definition: Definition, report: Any) -> None:
    """Each default is a value that its own input takes."""
    values = {each.name: each.default for each in definition.inputs if each.default is not msgspec.UNSET}
    if not values:
        return
    loose = {**definition.schema, "required": []}
    judged = Checker(msgspec.structs.replace(definition, schema=loose)).judge(values)
    by_name = {f"/{escaped(each.name)}": each for each in definition.inputs}
    for fault in judged.errors:
        if fault.rule == "required":
            continue
        top = "/".join(fault.pointer.split("/")[:2])
        if top in by_name and by_name[top].name in values:
            place = "default_value" if definition.form == "list" else "default" + fault.pointer[len(top) :]
            report(f"{by_name[top].position}/{place}", fault.message)
        elif fault.rule in ("work", "bounds"):
            report("/input_schema" if definition.form == "json-schema" else "/inputs", fault.message)
