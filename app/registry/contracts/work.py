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
    """Allows so much work within the block, which is also taken from what is allowed around it."""
    around = _budget.get()
    inner = _Budget(units)
    before = _budget.set(inner)
    try:
        yield
    finally:
        _budget.reset(before)
        if around is not None:
            around.left -= units - inner.left
    spend(0)


def spend(units: int) -> None:
    """Takes units from what the innermost `bounded` allows; outside of one nothing is counted. Raises `WorkExceeded`."""
    budget = _budget.get()
    if budget is not None:
        budget.left -= units
        if budget.left < 0:
            raise WorkExceeded
