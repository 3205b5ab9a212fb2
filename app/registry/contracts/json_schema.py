"""JSON Schema (2020-12) whose schemas and values may be hostile: jsonschema's validator, with keywords of our own.

Patterns run on RE2, in time linear in the text. Nothing is ever fetched. Each keyword counts its work (`work.spend`), so that
`work.bounded` bounds a validation whatever the schema is. No message repeats a value: errors carry the keyword, its value in
the schema and the place, from which `checking.py` makes sentences.
"""

# ruff: noqa: ARG001  every keyword takes the same four arguments

import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

import jsonschema
import re2
from jsonschema import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from app.registry.contracts.work import spend

KEYWORD_COST = 8
"""Units of work that a keyword takes by itself."""
_REFERENCE_COST = 45
_COMPILE_COST = 200

Validator = Any
Errors = Iterator[ValidationError]
_Keyword = Callable[[Validator, Any, Any, Any], Errors | None]


class PatternRefused(Exception):
    """A pattern that RE2 does not run."""


class Pattern:
    """A pattern of RE2, which may match anywhere in a text."""

    __slots__ = ("_cost", "_regexp")

    def __init__(self, pattern: str) -> None:
        options = re2.Options()
        options.log_errors = False
        options.never_capture = True
        options.max_mem = 1 << 20
        try:
            compiled = re2.compile(pattern.encode(), options)
        except UnicodeEncodeError as error:
            raise PatternRefused("a lone surrogate") from error
        except re2.error as error:
            reason = error.args[0] if error.args else b""
            raise PatternRefused(reason.decode(errors="replace")) from error
        self._regexp = compiled
        self._cost = compiled.programsize

    def found_in(self, text: str) -> bool:
        """Whether the pattern matches somewhere."""
        data = _encoded(text)
        spend(1 + self._cost * len(data) // 1000)  # as long as it takes where RE2 finds no room for its fast automaton
        return self._regexp.search(data) is not None


@lru_cache(maxsize=4096)
def pattern(text: str) -> Pattern:
    """The compiled pattern. Raises `PatternRefused`."""
    spend(_COMPILE_COST)
    return Pattern(text)


def _encoded(text: str) -> bytes:
    return text.encode(errors="replace")  # a lone surrogate, which no text that comes over the wire has, matches as "?"


# --- equality ----------------------------------------------------------------------------------------------------------


def canonical(value: Any) -> Any:
    """A hashable thing that is equal for equal JSON values only: 1 is 1.0 and not true."""
    spend(1)
    if isinstance(value, bool) or value is None:
        return (type(value), value)
    if isinstance(value, list):
        return (list, tuple(canonical(each) for each in value))
    if isinstance(value, dict):
        return (dict, frozenset((name, canonical(each)) for name, each in value.items()))
    return value


# --- keywords ----------------------------------------------------------------------------------------------------------


def _wrong(**facts: Any) -> ValidationError:
    return ValidationError("", **facts)


def _simple(kind: str, holds: Callable[[Any, Any], bool]) -> _Keyword:
    """A keyword that says something of values of one type."""

    def keyword(validator: Validator, rule: Any, value: Any, schema: Any) -> Errors | None:
        spend(KEYWORD_COST)
        if validator.is_type(value, kind) and not holds(value, rule):
            return iter((_wrong(),))
        return None

    return keyword


def _multiple(value: Any, step: Any) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return value % step == 0
    quotient = value / step if abs(value) < 1e300 else math.inf
    if math.isinf(quotient):
        return (Fraction(value) / Fraction(step)).denominator == 1
    return quotient == int(quotient)


def _unique(values: list[Any], wanted: bool) -> bool:
    return not wanted or len({canonical(each) for each in values}) == len(values)


def _type(validator: Validator, types: Any, value: Any, schema: Any) -> Errors | None:
    spend(KEYWORD_COST)
    if isinstance(types, str):
        types = (types,)
    return None if any(validator.is_type(value, each) for each in types) else iter((_wrong(),))


def _const(validator: Validator, wanted: Any, value: Any, schema: Any) -> Errors | None:
    spend(KEYWORD_COST)
    return None if canonical(value) == canonical(wanted) else iter((_wrong(),))


def _enum(validator: Validator, choices: Any, value: Any, schema: Any) -> Errors | None:
    spend(KEYWORD_COST)
    wanted = canonical(value)
    return None if any(canonical(each) == wanted for each in choices) else iter((_wrong(),))


def _pattern(validator: Validator, text: str, value: Any, schema: Any) -> Errors | None:
    spend(KEYWORD_COST)
    return iter((_wrong(),)) if isinstance(value, str) and not pattern(text).found_in(value) else None


def _pattern_properties(validator: Validator, patterns: Any, value: Any, schema: Any) -> Errors:
    if validator.is_type(value, "object"):
        for text, subschema in patterns.items():
            compiled = pattern(text)
            for name, each in value.items():
                spend(KEYWORD_COST)
                if compiled.found_in(name):
                    yield from validator.descend(each, subschema, path=name, schema_path=text)


def _properties(validator: Validator, properties: Any, value: Any, schema: Any) -> Errors:
    if validator.is_type(value, "object"):
        for name, subschema in properties.items():
            spend(1)
            if name in value:
                spend(KEYWORD_COST)
                yield from validator.descend(value[name], subschema, path=name, schema_path=name)


def _additional(validator: Validator, subschema: Any, value: Any, schema: Any) -> Errors:
    if not validator.is_type(value, "object"):
        return
    known = schema.get("properties", {})
    compiled = [pattern(each) for each in schema.get("patternProperties", {})]
    for name, each in value.items():
        spend(1)
        if name in known or any(one.found_in(name) for one in compiled):
            continue
        if subschema is False:
            yield _wrong(path=(name,))
        else:
            spend(KEYWORD_COST)
            yield from validator.descend(each, subschema, path=name)


def _required(validator: Validator, names: Any, value: Any, schema: Any) -> Errors | None:
    spend(KEYWORD_COST + len(names) // 8)
    if not validator.is_type(value, "object"):
        return None
    return (_wrong(path=(name,)) for name in names if name not in value)


def _dependent_required(validator: Validator, dependents: Any, value: Any, schema: Any) -> Errors | None:
    spend(KEYWORD_COST)
    if not validator.is_type(value, "object"):
        return None
    spend(sum(1 + len(names) for names in dependents.values()))
    missing = {name: None for each, names in dependents.items() if each in value for name in names if name not in value}
    return (_wrong(path=(name,)) for name in missing)


def _property_names(validator: Validator, subschema: Any, value: Any, schema: Any) -> Errors:
    if validator.is_type(value, "object"):
        for name in value:
            spend(KEYWORD_COST)
            if next(validator.descend(name, subschema), None) is not None:
                yield _wrong(path=(name,))


def _items(validator: Validator, subschema: Any, value: Any, schema: Any) -> Errors:
    if validator.is_type(value, "array"):
        first = len(schema.get("prefixItems", ()))
        for place in range(first, len(value)):
            spend(KEYWORD_COST)
            yield from validator.descend(value[place], subschema, path=place)


def _contains(validator: Validator, subschema: Any, value: Any, schema: Any) -> Errors | None:
    spend(KEYWORD_COST)
    if not validator.is_type(value, "array"):
        return None
    matches = 0
    for each in value:
        spend(KEYWORD_COST)
        matches += next(validator.descend(each, subschema), None) is None
    if matches > schema.get("maxContains", len(value)):
        return iter((_wrong(validator="maxContains", validator_value=schema["maxContains"]),))
    if matches < schema.get("minContains", 1):
        return iter((_wrong(),))
    return None


def _valid(validator: Validator, value: Any, subschema: Any) -> bool:
    spend(KEYWORD_COST)
    return next(validator.descend(value, subschema), None) is None


def _all_of(validator: Validator, subschemas: Any, value: Any, schema: Any) -> Errors:
    for place, each in enumerate(subschemas):
        spend(KEYWORD_COST)
        yield from validator.descend(value, each, schema_path=place)


def _any_of(validator: Validator, subschemas: Any, value: Any, schema: Any) -> Errors | None:
    return None if any(_valid(validator, value, each) for each in subschemas) else iter((_wrong(),))


def _one_of(validator: Validator, subschemas: Any, value: Any, schema: Any) -> Errors | None:
    return None if sum(_valid(validator, value, each) for each in subschemas) == 1 else iter((_wrong(),))


def _not(validator: Validator, subschema: Any, value: Any, schema: Any) -> Errors | None:
    return iter((_wrong(),)) if _valid(validator, value, subschema) else None


def _if(validator: Validator, subschema: Any, value: Any, schema: Any) -> Errors:
    branch = "then" if _valid(validator, value, subschema) else "else"
    if branch in schema:
        yield from validator.descend(value, schema[branch], schema_path=branch)


def _dependent_schemas(validator: Validator, dependents: Any, value: Any, schema: Any) -> Errors:
    if validator.is_type(value, "object"):
        for name, each in dependents.items():
            spend(KEYWORD_COST)
            if name in value:
                yield from validator.descend(value, each, schema_path=name)


def _unevaluated_properties(validator: Validator, subschema: Any, value: Any, schema: Any) -> Errors:
    if validator.is_type(value, "object"):
        known = _evaluated(validator, value, schema, _own_properties, besides="unevaluatedProperties")
        for name, each in value.items():
            if name not in known and not _valid(validator, each, subschema):
                yield _wrong(path=(name,))


def _unevaluated_items(validator: Validator, subschema: Any, value: Any, schema: Any) -> Errors:
    if validator.is_type(value, "array"):
        known = _evaluated(validator, value, schema, _own_items, besides="unevaluatedItems")
        for place, each in enumerate(value):
            if place not in known and not _valid(validator, each, subschema):
                yield _wrong(path=(place,))


_Own = Callable[[Validator, Any, Any, str], set[Any]]


def _evaluated(validator: Validator, value: Any, schema: Any, own: _Own, besides: str = "") -> set[Any]:
    """The members (or places) of a value that a schema, which the value keeps, has something to say of."""
    spend(KEYWORD_COST)
    if not isinstance(schema, Mapping):
        return set()
    found = own(validator, value, schema, besides)
    for keyword in ("$ref", "$dynamicRef"):
        if keyword in schema:
            resolved = validator._resolver.lookup(schema[keyword])
            target = validator.evolve(schema=resolved.contents, _resolver=resolved.resolver)
            found |= _evaluated(target, value, resolved.contents, own)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for each in schema.get(keyword, ()):
            found |= _if_kept(validator, value, each, own)
    if "if" in schema:
        if _valid(validator, value, schema["if"]):
            found |= _within(validator, value, schema["if"], own)
            found |= _if_kept(validator, value, schema.get("then", True), own)
        else:
            found |= _if_kept(validator, value, schema.get("else", True), own)
    if isinstance(value, Mapping):
        for name, each in schema.get("dependentSchemas", {}).items():
            if name in value:
                found |= _if_kept(validator, value, each, own)
    return found


def _if_kept(validator: Validator, value: Any, schema: Any, own: _Own) -> set[Any]:
    return _within(validator, value, schema, own) if _valid(validator, value, schema) else set()


def _within(validator: Validator, value: Any, schema: Any, own: _Own) -> set[Any]:
    """As `_evaluated`, of a schema that stands in the validator's: it may have an address of its own."""
    if not isinstance(schema, Mapping):
        return set()
    resolver = validator._resolver.in_subresource(DRAFT202012.create_resource(schema))
    return _evaluated(validator.evolve(schema=schema, _resolver=resolver), value, schema, own)


def _own_properties(validator: Validator, value: Any, schema: Any, besides: str) -> set[Any]:
    if not isinstance(value, Mapping):
        return set()
    spend(len(value))
    if "additionalProperties" in schema or ("unevaluatedProperties" in schema and besides != "unevaluatedProperties"):
        return set(value)
    compiled = [pattern(each) for each in schema.get("patternProperties", {})]
    return {
        name for name in value if name in schema.get("properties", {}) or any(one.found_in(name) for one in compiled)
    }


def _own_items(validator: Validator, value: Any, schema: Any, besides: str) -> set[Any]:
    if not isinstance(value, list):
        return set()
    spend(len(value))
    if "items" in schema or ("unevaluatedItems" in schema and besides != "unevaluatedItems"):
        return set(range(len(value)))
    found = set(range(min(len(value), len(schema.get("prefixItems", ())))))
    if "contains" in schema:
        found |= {place for place, each in enumerate(value) if _valid(validator, each, schema["contains"])}
    return found


def _counted(keyword: _Keyword, cost: int = KEYWORD_COST) -> _Keyword:
    def counting(validator: Validator, rule: Any, value: Any, schema: Any) -> Errors | None:
        spend(cost)
        return keyword(validator, rule, value, schema)

    return counting


_STOCK = jsonschema.Draft202012Validator.VALIDATORS
_KEYWORDS: dict[str, _Keyword] = {
    "$ref": _counted(_STOCK["$ref"], _REFERENCE_COST),
    "$dynamicRef": _counted(_STOCK["$dynamicRef"], _REFERENCE_COST),
    "prefixItems": _counted(_STOCK["prefixItems"]),
    "type": _type,
    "const": _const,
    "enum": _enum,
    "pattern": _pattern,
    "minLength": _simple("string", lambda value, limit: len(value) >= limit),
    "maxLength": _simple("string", lambda value, limit: len(value) <= limit),
    "minimum": _simple("number", lambda value, limit: value >= limit),
    "maximum": _simple("number", lambda value, limit: value <= limit),
    "exclusiveMinimum": _simple("number", lambda value, limit: value > limit),
    "exclusiveMaximum": _simple("number", lambda value, limit: value < limit),
    "multipleOf": _simple("number", _multiple),
    "minItems": _simple("array", lambda value, limit: len(value) >= limit),
    "maxItems": _simple("array", lambda value, limit: len(value) <= limit),
    "uniqueItems": _simple("array", _unique),
    "minProperties": _simple("object", lambda value, limit: len(value) >= limit),
    "maxProperties": _simple("object", lambda value, limit: len(value) <= limit),
    "properties": _counted(_properties),
    "patternProperties": _counted(_pattern_properties),
    "additionalProperties": _counted(_additional),
    "propertyNames": _counted(_property_names),
    "required": _required,
    "dependentRequired": _dependent_required,
    "dependentSchemas": _counted(_dependent_schemas),
    "items": _counted(_items),
    "contains": _contains,
    "allOf": _counted(_all_of),
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _counted(_if),
    "unevaluatedProperties": _counted(_unevaluated_properties),
    "unevaluatedItems": _counted(_unevaluated_items),
}
_Checked: Any = jsonschema.validators.create(
    meta_schema=jsonschema.Draft202012Validator.META_SCHEMA,
    validators=_KEYWORDS,  # type: ignore[arg-type]
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER,
)


def _evolve(self: Any, schema: Any, _resolver: Any = None) -> Any:
    """jsonschema's own would choose the class by `$schema`, and a schema that names another draft would get rid of ours."""
    return _Checked(schema, registry=self._registry, _resolver=_resolver or self._resolver)


def _descend(
    self: Any, instance: Any, schema: Any, path: Any = None, schema_path: Any = None, resolver: Any = None
) -> Errors:
    """As jsonschema's own, but without a validator for each subschema: another one is needed only at another address."""
    if schema is True:
        return
    if schema is False:
        error = _wrong(instance=instance, schema=schema)
        if path is not None:
            error.path.appendleft(path)
        yield error
        return
    if resolver is None:
        resolver = (
            self._resolver.in_subresource(DRAFT202012.create_resource(schema)) if "$id" in schema else self._resolver
        )
    validator = self if resolver is self._resolver else self.evolve(schema, resolver)
    for name, rule in schema.items():
        keyword = _KEYWORDS.get(name)
        if keyword is None:
            continue
        for error in keyword(validator, rule, instance, schema) or ():
            error._set(  # type: ignore[attr-defined]
                validator=name,
                validator_value=rule,
                instance=instance,
                schema=schema,
                type_checker=self.TYPE_CHECKER,
            )
            if path is not None:
                error.path.appendleft(path)
            yield error


_Checked.evolve = _evolve
_Checked.descend = _descend


def compile_schema(schema: Any) -> Validator:
    """A validator of jsonschema (`iter_errors`) that fetches nothing and counts its work."""
    return _Checked(schema, registry=Registry())


@lru_cache(maxsize=1)
def meta_validator() -> Validator:
    """Judges schemas by the meta-schema of 2020-12."""
    return compile_schema(jsonschema.Draft202012Validator.META_SCHEMA)
