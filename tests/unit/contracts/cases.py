"""Generated cases of the language of conditions.

Both operands of a test mostly come from the same small pool, in which neighbours differ in what implementations get wrong:
numbers whose texts have another order, texts whose UTF-16 units have another order than their code points, values that are
alike in one language only.
"""

import random
from typing import Any

from app.registry.contracts.conditions import require_condition

NUMBERS: list[Any] = [
    *(0, -0.0, 1, 1.0, 2, 9, 10, 11, 100, -1, -2, -10, 0.1, 0.2, 0.30000000000000004, 0.3, 1e21, 1e-7, 1.5, 2.5),
    *(2**53, 2**53 + 1, 2**53 + 2, 2**64, -(2**63), 10**30, 10**400, -(10**400), 5e-324, 1.7976931348623157e308),
]
TEXTS = [
    *("", " ", "a", "b", "ab", "ba", "abc", "A", "B", "0", "1", "10", "2", "9", "true", "null", "é", "e\u0301"),
    *("中", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "😀", "😀b", "a😀", "😁"),
    *("\ud83d", "\ude00", "\ud83da", "\ud800", "\udfff", "\udc00a", "__proto__", "constructor", "length"),
]
HALVES = ["\ud83d", "\ude00", "\ude01", "\ud83da", "a\ud83d", "\ude00b"]
WHOLES = ["😀", "a😀", "😁", "b😁a"]
SCALARS: list[Any] = [None, True, False, 0, 1, "", "1", "true", *NUMBERS[:12], *TEXTS[:12]]
SHAPES: list[Any] = [{"__proto__": {}}, {"a": {}}, {"constructor": {}}, {}, {"a": []}, {"a": None}, [], [{}]]
INPUTS = ["A", "B", "C", "__proto__", "constructor", "0", "é"]
ORDERS = ("less", "at_most", "greater", "at_least")


def a_list(chance: random.Random, pool: list[Any]) -> list[Any]:
    return [chance.choice(pool) for _ in range(chance.randrange(4))]


def an_object(chance: random.Random) -> dict[str, Any]:
    names = ["a", "b", "__proto__", "constructor", "toString", "\ud83d", "😀"]
    return {chance.choice(names): a_value(chance, 2) for _ in range(chance.randrange(3))}


def a_value(chance: random.Random, depth: int = 0) -> Any:
    match chance.randrange(10 if depth < 3 else 8):
        case 0 | 1 | 2:
            return chance.choice(NUMBERS)
        case 3 | 4 | 5:
            return chance.choice(TEXTS)
        case 6 | 7:
            return chance.choice(SCALARS)
        case 8:
            return a_list(chance, chance.choice([NUMBERS, TEXTS, SCALARS, [[], {}, [0], {"a": 1}, {"a": True}]]))
    return an_object(chance)


def reordered(chance: random.Random, value: Any) -> Any:
    """The same value, or nearly."""
    if isinstance(value, dict):
        items = list(value.items())
        chance.shuffle(items)
        return dict(items)
    if isinstance(value, list) and value and chance.random() < 0.3:
        return value[::-1]
    if isinstance(value, int) and not isinstance(value, bool) and chance.random() < 0.3 and abs(value) < 2**53:
        return float(value)
    return value


def a_test(chance: random.Random, values: dict[str, Any]) -> dict[str, Any]:
    name = chance.choice(INPUTS)
    test = chance.choice((*ORDERS, *ORDERS, "equals", "not_equals", "in", "not_in", "contains", "empty"))
    pool = chance.choice([NUMBERS, TEXTS])
    operand: Any
    if test in ORDERS:
        operand = chance.choice(pool)
        if chance.random() < 0.9:
            values[name] = chance.choice(pool)
    elif test in ("equals", "not_equals"):
        operand = a_value(chance)
        if chance.random() < 0.1:
            operand, values[name] = chance.choice(SHAPES), chance.choice(SHAPES)
        elif chance.random() < 0.6:
            values[name] = reordered(chance, operand)
        elif chance.random() < 0.9:
            values[name] = a_value(chance)
    elif test in ("in", "not_in"):
        operand = [a_value(chance) for _ in range(chance.randrange(4))]
        values[name] = (
            reordered(chance, chance.choice(operand)) if operand and chance.random() < 0.5 else a_value(chance)
        )
    elif test == "contains":
        kind = chance.randrange(3)
        operand = chance.choice(TEXTS) if kind != 1 else a_value(chance)
        values[name] = (
            chance.choice(TEXTS) + chance.choice(TEXTS),
            [a_value(chance), reordered(chance, operand)][: chance.randrange(3)],
            an_object(chance),
        )[kind]
        if kind == 0:
            if chance.random() < 0.2:
                operand, values[name] = chance.choice(HALVES), chance.choice(WHOLES) + chance.choice(TEXTS)
            values[name] = joined(values[name])
    else:
        operand = chance.random() < 0.5
        values[name] = chance.choice([None, "", [], {}, 0, False, " ", [None], {"a": None}, *TEXTS[:4]])
        if chance.random() < 0.2:
            del values[name]
    return {"input": name, test: operand}


def joined(text: str) -> str:
    """Two halves of a pair that came together are one character, as JSON reads them."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def a_condition(chance: random.Random, values: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    match chance.randrange(6) if depth < 4 else 0:
        case 0 | 1 | 2:
            return a_test(chance, values)
        case 3:
            return {"not": a_condition(chance, values, depth + 1)}
    parts = [a_condition(chance, values, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(("all", "any")): parts}


def cases(count: int, seed: int) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Conditions with values; two of three are single tests, which nothing hides."""
    chance = random.Random(seed)
    found = []
    while len(found) < count:
        values: dict[str, Any] = {}
        condition = a_test(chance, values) if len(found) % 3 else a_condition(chance, values)
        require_condition(condition)
        found.append((condition, values))
    return found
