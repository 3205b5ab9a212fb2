"""What was made to cost much is refused or bounded, and nothing is ever fetched."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from referencing.exceptions import Unresolvable

from app.registry.contracts.checking import MAX_WORK, Checker
from app.registry.contracts.json_schema import compile_schema, meta_validator
from app.registry.contracts.rules import examine
from app.registry.contracts.work import WorkExceeded, bounded
from schemas.model.contracts import Judgement, Written
from tests.unit.contracts.hostile import COSTLY, PATTERNS, REFUSED, REFUSED_PATTERNS, remote, taking

AFFORDABLE = {
    *("many that differ", "many that are alike", "unknown members", "doubling below unevaluated"),
    *("a large enum of large values", "multiples of a fraction", "names of members", "if for each"),
}
"""Costly elsewhere; here it is judged to the end."""


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    """A listener whom nobody may ever call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener
        with pytest.raises(BlockingIOError):
            listener.accept()


def problems(schema: dict[str, Any]) -> list[tuple[str, str]]:
    return [tuple(each) for each in examine(Written(input_schema=schema))[1]]


def judged(schema: dict[str, Any], values: dict[str, Any]) -> Judgement:
    definition, problems = examine(Written(input_schema=schema))
    assert definition is not None, problems
    return Checker(definition).judge(values)


@pytest.mark.parametrize("case", REFUSED)
def test_a_schema_that_is_not_safe_to_run_is_refused_at_its_place(case: str) -> None:
    found = problems(REFUSED[case])
    assert found
    assert all(pointer == "" or pointer.startswith("/input_schema") for pointer, _ in found)


@pytest.mark.parametrize("case", REFUSED_PATTERNS)
@pytest.mark.parametrize("keyword", ["pattern", "patternProperties"])
def test_a_pattern_that_cannot_run_in_linear_time_is_refused(case: str, keyword: str) -> None:
    text = REFUSED_PATTERNS[case]
    schema = taking("a", {keyword: text if keyword == "pattern" else {text: {}}})
    [(pointer, problem), *_] = problems(schema)
    assert pointer.startswith(f"/input_schema/properties/a/{keyword}")
    assert "RE2" in problem or "1000" in problem


@pytest.mark.parametrize("case", PATTERNS)
def test_a_pattern_that_would_take_hours_elsewhere_is_bounded(case: str) -> None:
    pattern, text = PATTERNS[case]
    found = judged(taking("a", {"type": "string", "pattern": pattern}), {"a": text})
    assert {each.rule for each in found.errors} <= {"pattern", "work"}
    assert found.errors or case == "a wide class"


@pytest.mark.parametrize("case", COSTLY)
def test_values_that_would_cost_much_are_bounded(case: str) -> None:
    schema, values = COSTLY[case]
    found = judged(schema, values)
    ends = {each.rule for each in found.errors} & {"work", "bounds"}
    assert bool(ends) is (case not in AFFORDABLE), found.errors[:3]


@pytest.mark.parametrize("case", remote("http://127.0.0.1:1"))
def test_what_would_be_fetched_is_refused_and_never_fetched(case: str, canary: socket.socket) -> None:
    address = f"http://127.0.0.1:{canary.getsockname()[1]}"
    assert problems(remote(address)[case])


@pytest.mark.parametrize("case", remote("http://127.0.0.1:1"))
def test_even_a_schema_that_got_through_would_fetch_nothing(case: str, canary: socket.socket) -> None:
    schema = remote(f"http://127.0.0.1:{canary.getsockname()[1]}")[case]
    with bounded(MAX_WORK), contextlib.suppress(Unresolvable):
        list(compile_schema(schema).iter_errors({"a": "x" * 30}))


def test_the_work_of_the_meta_schema_is_counted() -> None:
    schema = {"properties": {f"p{number}": {"type": "string", "maxLength": number} for number in range(2000)}}
    with pytest.raises(WorkExceeded), bounded(MAX_WORK):
        list(meta_validator().iter_errors(schema))
