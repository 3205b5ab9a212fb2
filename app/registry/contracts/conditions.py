"""The language in which an author says when an input is shown and when it can be edited. Pure.

A condition is JSON: one test of one input, or a junction of conditions.

    {"input": "MODE", "equals": "expert"}          equals, not_equals, less, at_most, greater, at_least, in, not_in,
                                                   contains, empty
    {"all": [..]}   {"any": [..]}   {"not": {..}}

An input without a value is null. `schemas/published/conditions.js` means the same in a browser, to the last case: texts are
ordered by code point, numbers are those that a browser reads (IEEE 754, 64 bits), a boolean is no number, and what has no
order is neither less nor greater.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from app.registry.contracts.work import spend

MAX_DEPTH = 16
"""How deep conditions may stand in each other."""
MAX_TESTS = 200
"""Tests and junctions in one condition."""
MAX_CHOICES = 1000
"""Values of `in` and `not_in`."""

Condition = Mapping[str, Any]

_JUNCTIONS = ("all", "any")


class ConditionRefused(Exception):
    """What is no condition, and where: `pointer` is a JSON Pointer from the condition."""

    def __init__(self, pointer: str, problem: str) -> None:
        super().__init__(problem)
        self.pointer = pointer
        self.problem = problem


# --- what is a condition -----------------------------------------------------------------------------------------------


def require_condition(condition: object) -> None:
    """Raises `ConditionRefused` unless it is one that can be evaluated."""
    open_conditions: list[tuple[str, object, int]] = [("", condition, 1)]
    tests = 0
    while open_conditions:
        pointer, each, depth = open_conditions.pop()
        tests += 1
        if depth > MAX_DEPTH or tests > MAX_TESTS:
            raise ConditionRefused(pointer, f"More than {MAX_DEPTH} levels or {MAX_TESTS} tests are not taken")
        if not isinstance(each, Mapping):
            raise ConditionRefused(pointer, "A condition is an object")
        open_conditions += [(f"{pointer}{step}", part, depth + 1) for step, part in _parts(pointer, each)]


def _parts(pointer: str, condition: Condition) -> Iterator[tuple[str, object]]:
    names = set(condition)
    if "input" in names:
        _require_test(pointer, condition, names - {"input"})
    elif names == {"not"}:
        yield "/not", condition["not"]
    elif len(names) == 1 and (junction := names.pop()) in _JUNCTIONS:
        parts = condition[junction]
        if not isinstance(parts, list):
            raise ConditionRefused(f"{pointer}/{junction}", "A list of conditions is needed")
        yield from ((f"/{junction}/{place}", each) for place, each in enumerate(parts))
    else:
        raise ConditionRefused(pointer, "A condition is either a test of an `input`, or one of `all`, `any` and `not`")


def _require_test(pointer: str, condition: Condition, tests: set[str]) -> None:
    if not isinstance(condition["input"], str):
        raise ConditionRefused(f"{pointer}/input", "The name of an input is needed")
    if len(tests) != 1 or (test := tests.pop()) not in _TESTS:
        raise ConditionRefused(pointer, f"Exactly one test is needed: {', '.join(_TESTS)}")
    operand = condition[test]
    problem = None
    if test == "empty" and not isinstance(operand, bool):
        problem = "true or false is needed"
    elif test in ("in", "not_in") and (not isinstance(operand, list) or len(operand) > MAX_CHOICES):
        problem = f"A list of at most {MAX_CHOICES} values is needed"
    elif test in _ORDERS and not (isinstance(operand, str) or _is_number(operand)):
        problem = "Only numbers and texts have an order"
    if problem is not None:
        raise ConditionRefused(f"{pointer}/{test}", problem)


def asked_by(condition: Condition) -> Iterator[tuple[str, str]]:
    """The inputs that a condition asks, each with its test, in no order."""
    open_conditions = [condition]
    while open_conditions:
        each = open_conditions.pop()
        if "input" in each:
            yield each["input"], next(name for name in each if name != "input")
        elif "not" in each:
            open_conditions.append(each["not"])
        else:
            open_conditions += each.get("all", each.get("any", []))


# --- what it means -----------------------------------------------------------------------------------------------------


def holds(condition: Condition, values: Mapping[str, object]) -> bool:
    """Whether these values keep the condition, which must be one. Raises `WorkExceeded` where work is bounded."""
    spend(1)
    if "all" in condition:
        return all(holds(each, values) for each in condition["all"])
    if "any" in condition:
        return any(holds(each, values) for each in condition["any"])
    if "not" in condition:
        return not holds(condition["not"], values)
    name = next(name for name in condition if name != "input")
    return _TESTS[name](values.get(condition["input"]), condition[name])


def equal(left: object, right: object) -> bool:
    """Whether two JSON values are the same value: numbers by what they are, objects whatever the order of their members."""
    spend(1)
    if _is_number(left) and _is_number(right):
        return _double(left) == _double(right)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(equal(left[name], right[name]) for name in left)
    return type(left) is type(right) and left == right


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _double(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # a whole number beyond what a browser can read, which makes infinity of it
        return math.inf if value > 0 else -math.inf


def _order(left: object, right: object) -> int | None:
    """-1, 0 or 1; None where the two have no order."""
    one: Any
    other: Any
    if _is_number(left) and _is_number(right):
        one, other = _double(left), _double(right)
    elif isinstance(left, str) and isinstance(right, str):
        one, other = left, right
    else:
        return None
    return int(one > other) - int(one < other)


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | Mapping) and not value)


def _contains(value: object, part: object) -> bool:
    if isinstance(value, str):
        spend(len(value) // 1000)
        return isinstance(part, str) and part in value
    if isinstance(value, list):
        return any(equal(each, part) for each in value)
    return isinstance(value, Mapping) and isinstance(part, str) and part in value


_ORDERS = ("less", "at_most", "greater", "at_least")
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": equal,
    "not_equals": lambda value, wanted: not equal(value, wanted),
    "less": lambda value, bound: _order(value, bound) == -1,
    "at_most": lambda value, bound: _order(value, bound) in (-1, 0),
    "greater": lambda value, bound: _order(value, bound) == 1,
    "at_least": lambda value, bound: _order(value, bound) in (0, 1),
    "in": lambda value, choices: any(equal(value, each) for each in choices),
    "not_in": lambda value, choices: not any(equal(value, each) for each in choices),
    "contains": _contains,
    "empty": lambda value, wanted: _is_empty(value) == wanted,
}
