"""Whether every value that one schema takes is also taken by another, and values that show where not.

Two sides that meet in the middle. `is_contained` proves, and never says yes without a proof. `examples` proposes values that the
old schema takes, around all places where the new one could refuse; whoever asks tries them. What is neither proven nor shown is
not known: patterns that differ, conditions that differ.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from itertools import islice, pairwise
from typing import Any

from app.registry.contracts.work import WorkExceeded, bounded, spend
from schemas.base import Entity

Schema = bool | Mapping[str, Any]
Accepts = Callable[[Schema, Any], bool]
"""Whether the schema takes the value: the same engine that judges values in earnest."""

TYPES = ("null", "boolean", "number", "string", "array", "object")
ANNOTATIONS = {
    "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "format", "contentEncoding",
    "contentMediaType", "contentSchema", "$comment", "$schema", "$id", "$anchor", "$defs", "definitions",
}  # fmt: skip
"""Words that say something of a value and refuse none."""
_DEPTH = 12
MAX_WORK = 400_000
"""Units of work of one proof, or of one search; see `work.py`."""
_MOST_MEMBERS = 1000
_MOST_PROPOSED = (400, 60, 24, 8)
"""By how deep they are within the value."""
_LONGEST_EXAMPLE = 5000
_SAMPLES = (
    "a",
    "A",
    "0",
    "a1",
    "a-b",
    "a_b",
    "a.b",
    "1.0.0",
    "https://a.b",
    "a@b.co",
    "2020-01-01",
    " ",
    "",
    "%",
    "é",
    "中",
)


class Part(Entity, frozen=True):
    """What a schema takes of one type: everything that keeps all of these bounds."""

    type: str
    enum: tuple[Any, ...] | None = None
    low: Fraction | None = None
    high: Fraction | None = None
    low_open: bool = False
    high_open: bool = False
    step: Fraction | None = None
    least: int = 0
    most: int | None = None
    patterns: frozenset[str] = frozenset()
    items: Any = True
    unique: bool = False
    properties: dict[str, Any] = {}
    required: frozenset[str] = frozenset()
    others: Any = True
    rest: frozenset[str] = frozenset()
    """Bounds of which no more is known than how they are written."""

    def of(self, name: str) -> Schema:
        """The schema of the property of that name."""
        return self.properties.get(name, self.others)  # type: ignore[no-any-return]


def is_contained(old: Schema, new: Schema, accepts: Accepts) -> bool:
    """Whether it is proven that the new schema takes every value that the old one takes."""
    try:
        with bounded(MAX_WORK):
            return _is_contained(old, new, accepts)
    except WorkExceeded:
        return False


def examples(old: Schema, new: Schema, accepts: Accepts) -> list[Any]:
    """Values that the old schema takes, around the places where the new one could refuse; at most some hundreds."""
    found: list[Any] = []
    try:
        with bounded(MAX_WORK):
            found.extend(_examples(old, new, accepts))
    except WorkExceeded:
        return found  # what was found so far is right, and nobody was promised more
    return found


def example(schema: Schema, accepts: Accepts) -> tuple[Any] | None:
    """One value that the schema takes, if one was found."""
    try:
        with bounded(MAX_WORK):
            return next(((value,) for value in _examples(schema, True, accepts)), None)
    except WorkExceeded:
        return None


# -- reading -----------------------------------------------------------------------------------------------------------


def parts(schema: Schema, depth: int = 0) -> list[Part]:
    """The schema, type by type; one type comes more than once where there are alternatives."""
    if isinstance(schema, bool):
        return [Part(type=each) for each in TYPES] if schema else []
    if depth > _DEPTH:
        return [Part(type=each, rest=frozenset({_written("deep", schema)})) for each in TYPES]
    found = list(_own_parts(schema))
    for branch in schema.get("allOf", ()):
        found = [both for one in found for other in parts(branch, depth + 1) if (both := _both(one, other)) is not None]
    if "anyOf" in schema:
        branches = [each for branch in schema["anyOf"] for each in parts(branch, depth + 1)]
        found = [both for one in found for other in branches if (both := _both(one, other)) is not None]
    return found[:_MOST_MEMBERS]


def _own_parts(schema: Mapping[str, Any]) -> Iterator[Part]:
    said = schema.get("type", TYPES)
    types = {said} if isinstance(said, str) else set(said)
    enum: Sequence[Any] | None = [schema["const"]] if "const" in schema else schema.get("enum")
    if "const" in schema and "enum" in schema:
        enum = [each for each in schema["enum"] if _same(each, schema["const"])]
    for each in TYPES:
        whole = each == "number" and "integer" in types and "number" not in types
        if each not in types and not whole:
            continue
        members = None if enum is None else tuple(value for value in enum if type_of(value) == each)
        yield Part(type=each, enum=members, rest=_rest(schema, each), **_bounds(schema, each, whole=whole))


def _bounds(schema: Mapping[str, Any], of: str, *, whole: bool) -> dict[str, Any]:
    if of == "number":
        low, low_open = _tighter(schema.get("minimum"), schema.get("exclusiveMinimum"), 1)
        high, high_open = _tighter(schema.get("maximum"), schema.get("exclusiveMaximum"), -1)
        steps = [Fraction(1)] if whole else []
        if "multipleOf" in schema:
            steps.append(_exact(schema["multipleOf"]))
        return {
            "low": low, "high": high, "low_open": low_open, "high_open": high_open, "step": _common(*steps),
        }  # fmt: skip
    if of == "string":
        patterns = frozenset({schema["pattern"]}) if "pattern" in schema else frozenset[str]()
        return {"least": _count(schema, "minLength") or 0, "most": _count(schema, "maxLength"), "patterns": patterns}
    if of == "array":
        return {
            "least": _count(schema, "minItems") or 0, "most": _count(schema, "maxItems"),
            "items": True if "prefixItems" in schema else schema.get("items", True),
            "unique": schema.get("uniqueItems", False),
        }  # fmt: skip
    if of == "object":
        return {
            "least": _count(schema, "minProperties") or 0, "most": _count(schema, "maxProperties"),
            "properties": dict(schema.get("properties", {})), "required": frozenset(schema.get("required", ())),
            "others": True if "patternProperties" in schema else schema.get("additionalProperties", True),
        }  # fmt: skip
    return {}


_UNDERSTOOD = {
    "number": {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"},
    "string": {"minLength", "maxLength", "pattern"},
    "array": {"minItems", "maxItems", "items", "uniqueItems"},
    "object": {"minProperties", "maxProperties", "properties", "required", "additionalProperties"},
}
_EVERY_TYPE = {"type", "enum", "const", "allOf", "anyOf"}
_NOT_UNDERSTOOD = {
    "array": {"prefixItems", "contains", "minContains", "maxContains", "unevaluatedItems"},
    "object": {
        "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties", "dependencies",
    },
}  # fmt: skip


def _rest(schema: Mapping[str, Any], of: str) -> frozenset[str]:
    """What is written there that is not understood, of those words that mean something for the type.

    Words of one kind mean something together (`items` beside `prefixItems`), so these are kept with their neighbours.
    """
    typed = {word for words in (*_UNDERSTOOD.values(), *_NOT_UNDERSTOOD.values()) for word in words}
    general = {word for word in schema if word not in typed and word not in _EVERY_TYPE and word not in ANNOTATIONS}
    kept = {_written(word, schema[word], schema) for word in general - {"if", "then", "else"}}
    if "if" in schema:
        kept.add(_written("if", [schema.get(word) for word in ("if", "then", "else")], schema))
    if odd := {word for word in schema if word in _NOT_UNDERSTOOD.get(of, ())}:
        words = odd | {word for word in schema if word in _UNDERSTOOD[of]}
        kept.add(_written(of, {word: schema[word] for word in words}))
    return frozenset(kept)


def _written(word: str, value: Any, around: Mapping[str, Any] | None = None) -> str:
    known = around.get("$defs") if around is not None and word.startswith("$") else None
    return json.dumps([word, value, known], sort_keys=True)


def resolved(schema: Schema, root: Schema | None = None, within: tuple[str, ...] = ()) -> Schema:
    """The schema with what its local references name in their places; those that lead back to themselves stay."""
    root = schema if root is None else root
    if isinstance(schema, bool):
        return schema
    told: dict[str, Any] = {}
    for word, value in schema.items():
        if word in ("$defs", "definitions", "enum", "const", "default", "examples"):
            told[word] = value
        elif word in ("properties", "patternProperties", "dependentSchemas"):
            told[word] = {name: resolved(each, root, within) for name, each in value.items()}
        elif isinstance(value, list) and word in ("allOf", "anyOf", "oneOf", "prefixItems"):
            told[word] = [resolved(each, root, within) for each in value]
        elif isinstance(value, Mapping):
            told[word] = resolved(value, root, within)
        else:
            told[word] = value
    reference = told.get("$ref")
    if isinstance(reference, str) and reference not in within and len(within) < _DEPTH:
        target = _at(root, reference)
        if target is not None:
            del told["$ref"]
            there = resolved(target, root, (*within, reference))
            return {**told, "allOf": [*told.get("allOf", ()), there]} if told else there
    if "$ref" in told and isinstance(root, Mapping):
        # It stays a reference, so it brings what it refers to, under an address of its own.
        told["$defs"] = root.get("$defs", {})
        told["$id"] = "urn:sha256:" + sha256(_canonical(told["$defs"]).encode()).hexdigest()
    return told


def _at(root: Schema, reference: str) -> Schema | None:
    if not reference.startswith("#/"):
        return None
    here: Any = root
    for step in reference[2:].split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(here, Mapping) or step not in here:
            return None
        here = here[step]
    return here if isinstance(here, bool | Mapping) else None


def _both(one: Part, other: Part) -> Part | None:
    """What keeps the bounds of both; None where they are of different types."""
    if one.type != other.type:
        return None
    enum = one.enum if other.enum is None else other.enum
    if one.enum is not None and other.enum is not None:
        enum = tuple(each for each in one.enum if any(_same(each, value) for value in other.enum))
    low, low_open = max(
        [(one.low, one.low_open), (other.low, other.low_open)], key=lambda it: (it[0] is not None, it[0] or 0, it[1])
    )
    high, high_open = min(
        [(one.high, one.high_open), (other.high, other.high_open)],
        key=lambda it: (it[0] is None, it[0] or 0, not it[1]),
    )
    names = {**one.properties, **other.properties}
    return Part(
        type=one.type, enum=enum, low=low, high=high, low_open=low_open, high_open=high_open,
        step=_common(*(each for each in (one.step, other.step) if each is not None)),
        least=max(one.least, other.least), most=_least(one.most, other.most), patterns=one.patterns | other.patterns,
        items=_merged(one.items, other.items), unique=one.unique or other.unique,
        properties={name: _merged(one.of(name), other.of(name)) for name in names},
        required=one.required | other.required, others=_merged(one.others, other.others), rest=one.rest | other.rest,
    )  # fmt: skip


def _merged(one: Schema, other: Schema) -> Schema:
    if one is True or one == {}:
        return other
    if other is True or other == {} or one == other:
        return one
    return False if one is False or other is False else {"allOf": [one, other]}


# -- proving -----------------------------------------------------------------------------------------------------------


def _is_contained(old: Schema, new: Schema, accepts: Accepts, depth: int = 0) -> bool:
    spend(20)
    if new is True or old is False or _canonical(old) == _canonical(new):
        return True
    if depth > _DEPTH:
        return False
    wanted = parts(new)
    for part in parts(old):
        if is_empty(part) or any(_holds(each, part, accepts, depth) for each in wanted):
            continue
        finite = members(part)
        if finite is None or not all(accepts(new, each) for each in finite if accepts(old, each)):
            return False
    return True


def _holds(new: Part, old: Part, accepts: Accepts, depth: int) -> bool:
    if new.type != old.type or new.enum is not None or not new.rest <= old.rest:
        return False
    if new.type == "number":
        return _bounded(new, old) and (new.step is None or (old.step is not None and old.step % new.step == 0))
    if new.type == "string":
        return _counted(new, old.least, old.most) and new.patterns <= old.patterns
    if new.type == "array":
        most = _longest(old)
        alike = not new.unique or old.unique or (most is not None and most <= 1)
        return (
            _counted(new, old.least, most)
            and alike
            and (most == 0 or _is_contained(old.items, new.items, accepts, depth + 1))
        )
    if new.type == "object":
        most = _broadest(old)
        if not new.required <= old.required or not _counted(new, max(old.least, len(old.required)), most):
            return False
        if most is not None and most <= len(old.required):  # there is room for nothing else
            pairs = [(old.of(each), new.of(each)) for each in old.required]
        else:
            pairs = [(old.of(each), new.of(each)) for each in {**new.properties, **old.properties}]
            pairs.append((old.others, new.others))
        return all(_is_contained(one, other, accepts, depth + 1) for one, other in pairs)
    return True


def _most(part: Part) -> int | None:
    """How many characters, elements or properties there can be."""
    return {"array": _longest, "object": _broadest}.get(part.type, lambda each: each.most)(part)


def _longest(part: Part) -> int | None:
    """How many elements there can be: different ones no more than there are."""
    if is_never(part.items):
        return 0
    finite = [members(each) for each in parts(part.items)] if part.unique else [None]
    if any(each is None for each in finite):
        return part.most
    return _least(part.most, len({_canonical(value) for each in finite for value in each or ()}))


def _broadest(part: Part) -> int | None:
    """How many properties there can be: named ones no more than are named."""
    if not is_never(part.others):
        return part.most
    return _least(part.most, sum(not is_never(each) for each in part.properties.values()))


def _bounded(new: Part, old: Part) -> bool:
    (low, low_open), (high, high_open) = _reached(old)
    is_above = new.low is None or (
        low is not None and (low > new.low or (low == new.low and (low_open or not new.low_open)))
    )
    is_below = new.high is None or (
        high is not None and (high < new.high or (high == new.high and (high_open or not new.high_open)))
    )
    return is_above and is_below


def _reached(part: Part) -> tuple[tuple[Fraction | None, bool], tuple[Fraction | None, bool]]:
    """The bounds of its numbers, least and greatest, each with whether it is open. Multiples of a step reach none between."""
    low, high = (part.low, part.low_open), (part.high, part.high_open)
    if part.step is not None and part.low is not None:
        first = math.ceil(part.low / part.step) * part.step
        low = (first + part.step if part.low_open and first == part.low else first), False
    if part.step is not None and part.high is not None:
        last = math.floor(part.high / part.step) * part.step
        high = (last - part.step if part.high_open and last == part.high else last), False
    return low, high


def _counted(new: Part, least: int, most: int | None) -> bool:
    return new.least <= least and (new.most is None or (most is not None and most <= new.most))


def members(part: Part) -> list[Any] | None:
    """All values that may keep the bounds, where they are not many; None otherwise."""
    if part.enum is not None:
        return list(part.enum)
    if part.type in ("null", "boolean"):
        return [None] if part.type == "null" else [False, True]
    if part.type == "number":
        return _numbers(part)
    if is_empty(part):
        return []
    return [{"string": "", "array": [], "object": {}}[part.type]] if _most(part) == 0 else None


def _numbers(part: Part) -> list[Any] | None:
    if part.low is None or part.high is None:
        return None
    if part.low == part.high and part.step is None:
        return [] if part.low_open or part.high_open else [_number(part.low)]
    if part.step is None:
        return [] if part.low > part.high else None
    first, last = math.ceil(part.low / part.step), math.floor(part.high / part.step)
    if last - first >= _MOST_MEMBERS:
        return None
    multiples = (count * part.step for count in range(first, last + 1))
    return [_number(each) for each in multiples if _within(part, each)]


def _within(part: Part, number: Fraction) -> bool:
    low = part.low is None or number > part.low or (number == part.low and not part.low_open)
    return low and (part.high is None or number < part.high or (number == part.high and not part.high_open))


def is_empty(part: Part) -> bool:
    """Whether it is plain that nothing keeps the bounds."""
    if part.enum is not None:
        return not part.enum
    if part.type == "number":
        return _numbers(part) == []
    if part.type == "object" and any(is_never(part.of(each)) for each in part.required):
        return True
    most = _most(part)
    return most is not None and max(part.least, len(part.required)) > most


def is_never(schema: Schema) -> bool:
    """Whether it is plain that the schema takes nothing."""
    return not schema if isinstance(schema, bool) else all(is_empty(each) for each in parts(schema))


# -- proposing ---------------------------------------------------------------------------------------------------------


def _examples(old: Schema, new: Schema, accepts: Accepts, depth: int = 0) -> Iterator[Any]:
    if depth > _DEPTH:
        return
    wanted = parts(new)
    seen: set[str] = set()
    for part in parts(old):
        beside = [each for each in wanted if each.type == part.type]
        for value in islice(_proposed(part, beside, accepts, depth), _MOST_PROPOSED[min(depth, 3)]):
            spend(20)
            told = _canonical(value)
            if told not in seen and accepts(old, value):
                seen.add(told)
                yield value


def _proposed(old: Part, new: Sequence[Part], accepts: Accepts, depth: int) -> Iterator[Any]:
    finite = members(old)
    if finite is not None:
        yield from finite
    elif old.type == "number":
        yield from _proposed_numbers(old, new)
    elif old.type == "string":
        yield from _proposed_texts(old, new)
    elif old.type == "array":
        yield from _proposed_arrays(old, new, accepts, depth)
    elif old.type == "object":
        yield from _proposed_objects(old, new, accepts, depth)


def _proposed_numbers(old: Part, new: Sequence[Part]) -> Iterator[Any]:
    marks = {Fraction(0)}
    steps = [each.step for each in (old, *new) if each.step is not None]
    for each in (old, *new):
        marks |= {mark for mark in (each.low, each.high) if mark is not None}
        marks |= {_exact(value) for value in each.enum or () if isinstance(value, int | float)}
    ends = sorted(marks)
    near = [*ends, ends[0] - 1, ends[-1] + 1, *((one + other) / 2 for one, other in pairwise(ends))]
    near += [mark + side * part for mark in ends for side in (1, -1) for part in (Fraction(1), Fraction(1, 2), *steps)]
    if old.low is not None and old.high is not None:
        near += [old.low + (old.high - old.low) * Fraction(part, 7) for part in range(1, 7)]
    near += [near[0] + each / 3 for each in steps]
    for mark in near:
        if old.step is None:
            if _within(old, mark):
                yield _number(mark)
            continue
        for count in range(math.floor(mark / old.step) - 1, math.floor(mark / old.step) + 3):
            if _within(old, count * old.step):
                yield _number(count * old.step)


def _proposed_texts(old: Part, new: Sequence[Part]) -> Iterator[str]:
    lengths = {old.least, old.least + 1}
    lengths |= {edge for each in (old, *new) for edge in _edges(each)}
    for length in sorted(lengths):
        if old.least <= length <= _LONGEST_EXAMPLE and (old.most is None or length <= old.most):
            for letter in ("a", "0", "A", "-", "\u4e2d"):
                yield letter * length
    yield from _SAMPLES
    for each in new:
        yield from (f"{value}{extra}" for value in (each.enum or ())[:20] for extra in ("", "a"))


def _edges(part: Part) -> Iterator[int]:
    for edge in (part.least, part.most):
        if edge is not None:
            yield from (edge - 1, edge, edge + 1)


def _proposed_arrays(old: Part, new: Sequence[Part], accepts: Accepts, depth: int) -> Iterator[list[Any]]:
    longest = min(_LONGEST_EXAMPLE if old.most is None else old.most, 300)
    edges = sorted({edge for each in (old, *new) for edge in (*_edges(each), 1, 2) if old.least <= edge <= longest})
    wanted = max(edges, default=0) if old.unique else 2
    usual = list(islice(_examples(old.items, True, accepts, depth + 1), wanted))
    if len(usual) < wanted and old.unique:
        usual += islice(_more(old, usual, accepts), wanted - len(usual))
    if not usual:
        yield []
        return
    for length in edges:
        yield usual[:length] if old.unique else [usual[0]] * length
        if not old.unique and len(usual) > 1:
            yield [usual[0]] * (length - 1) + [usual[1]]
    start = max(old.least, 1)
    for each in new or [Part(type="array")]:
        for value in islice(_examples(old.items, each.items, accepts, depth + 1), 40):
            yield [value, *[other for other in usual if not _same(other, value)][: start - 1]]
            if not old.unique:
                yield [value] * max(start, 2)


def _more(old: Part, usual: Sequence[Any], accepts: Accepts) -> Iterator[Any]:
    """More values for the elements of an array that wants different ones."""
    for each in (*range(300), *("a" * length for length in range(1, 60))):
        if accepts(old.items, each) and not any(_same(each, value) for value in usual):
            yield each


def _proposed_objects(old: Part, new: Sequence[Part], accepts: Accepts, depth: int) -> Iterator[dict[str, Any]]:
    named = [*old.properties, *(each for part in new for each in part.properties)]
    named += [each for part in (old, *new) for each in part.required]
    spare = [name for count in range(80) if (name := f"other-{count}") not in named]
    names = [*dict.fromkeys(named), *spare]
    single = list(islice(names, len(names) - len(spare) + 1))

    def filled(names: Sequence[str], count: int, given: dict[str, Any]) -> dict[str, Any]:
        """`given` and properties of these names, until there are so many."""
        found = dict(given)
        for name in names:
            if len(found) >= count:
                break
            if name not in found:
                for value in islice(_examples(old.of(name), True, accepts, depth + 1), 1):
                    found[name] = value
        return found

    required = filled(sorted(old.required), len(old.required), {})
    if len(required) < len(old.required):
        return
    least = filled(names, old.least, required)
    yield least
    yield filled(spare, old.least, required)
    for part in (old, *new):
        if part.most is not None and part.most < 60:
            yield filled(names, part.most, least)
            yield filled(names, part.most + 1, least)
    for name in single:
        for part in new or [Part(type="object")]:
            for value in islice(
                _examples(old.of(name), part.of(name), accepts, depth + 1), _MOST_PROPOSED[min(depth + 1, 3)]
            ):
                yield filled([*spare, *names], old.least, required | {name: value})
    yield filled(single, len(single), least)
    for first in range(1, 5):  # others of their kind, for arrays in which nothing stands twice
        yield filled(spare[first:], max(old.least, 1), required)


# -- values ------------------------------------------------------------------------------------------------------------


def type_of(value: Any) -> str:
    """The JSON type of a value; there is one for all numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _same(one: Any, other: Any) -> bool:
    """Whether they are one JSON value: 1 and 1.0 are, 1 and true are not."""
    return type_of(one) == type_of(other) and _canonical(one) == _canonical(other)


def _canonical(value: Any) -> str:
    return json.dumps(_leveled(value), sort_keys=True)


def _leveled(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list | tuple):
        return [_leveled(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _leveled(each) for name, each in value.items()}
    return value


def _exact(number: float) -> Fraction:
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def _common(*steps: Fraction) -> Fraction | None:
    """The smallest number that is a multiple of each of them."""
    found: Fraction | None = None
    for each in steps:
        if found is None:
            found = each
        else:
            found = Fraction(math.lcm(found.numerator, each.numerator), math.gcd(found.denominator, each.denominator))
    return found


def _tighter(closed: float | None, opened: float | None, sign: int) -> tuple[Fraction | None, bool]:
    if closed is None and opened is None:
        return None, False
    if closed is None or (opened is not None and (_exact(opened) - _exact(closed)) * sign >= 0):
        return _exact(opened), True  # type: ignore[arg-type]
    return _exact(closed), False


def _count(schema: Mapping[str, Any], word: str) -> int | None:
    value = schema.get(word)
    return None if value is None else int(value)


def _least(*numbers: int | None) -> int | None:
    return min((each for each in numbers if each is not None), default=None)
