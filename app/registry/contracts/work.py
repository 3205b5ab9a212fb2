"""Work that is counted, so that what a stranger wrote cannot keep a processor for long.

A unit is about a microsecond on a machine of today. Nothing is interrupted from outside: whatever could take long says
beforehand how much it takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class WorkExceeded(Exception):
    """More work than was allowed."""


class _Budget:
    __slots__ = ("left",)

    def __init__(self, units: int) -> None:
        self.left = units


_budget: ContextVar[_Budget | None] = ContextVar("contract_work", default=None)


@contextmanager
def bounded(units: int) -> Iterator[None]:
    """Allows so much work within the block, and no more than a block around it has left."""
    outer = _budget.get()
    allowed = units if outer is None else max(0, min(units, outer.left))
    budget = _Budget(allowed)
    before = _budget.set(budget)
    try:
        yield
    finally:
        _budget.reset(before)
        if outer is not None:
            outer.left -= allowed - budget.left


def spend(units: int) -> None:
    """Takes units from what the innermost `bounded` allows; outside of one nothing is counted. Raises `WorkExceeded`."""
    budget = _budget.get()
    if budget is not None:
        budget.left -= units
        if budget.left < 0:
            raise WorkExceeded
