"""Whose turn it is where many streams are hashed and written."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress

import pytest

from schemas.errors import ServiceBusy
from storage.blobs.streams import Turns, fed
from storage.executors import Executor

pytestmark = pytest.mark.anyio


async def settled() -> None:
    """Lets everybody go on who can."""
    for _ in range(5):
        await asyncio.sleep(0)


class Streams:
    """Streams that note when they have a turn."""

    def __init__(self, turns: Turns, count: int) -> None:
        self.turns = turns
        self.places = [turns.begin() for _ in range(count)]
        self.had: list[int] = []

    def wants(self, number: int) -> "asyncio.Task[None]":
        return asyncio.create_task(self._take(number))

    async def _take(self, number: int) -> None:
        await self.turns.take(self.places[number])
        self.had.append(number)


async def test_as_many_have_a_turn_as_may_at_once() -> None:
    streams = Streams(Turns(2), 3)
    waiting = [streams.wants(number) for number in range(3)]
    await settled()
    assert streams.had == [0, 1]
    streams.turns.give_back()
    await asyncio.gather(*waiting)
    assert streams.had == [0, 1, 2]


async def test_of_those_that_wait_the_one_that_began_first_is_next() -> None:
    streams = Streams(Turns(1), 4)
    waiting = [streams.wants(3)]
    await settled()
    waiting += [streams.wants(number) for number in (2, 0, 1)]
    for _ in range(3):
        await settled()
        streams.turns.give_back()
    await asyncio.gather(*waiting)
    assert streams.had == [3, 0, 1, 2]


async def test_who_has_just_had_a_turn_keeps_nobody_out() -> None:
    streams = Streams(Turns(1), 2)
    for number in (0, 1):
        streams.wants(number)
        await settled()
    streams.turns.give_back()
    again = streams.wants(0)
    await settled()
    assert streams.had == [0, 1]
    streams.turns.give_back()
    await again


@pytest.mark.parametrize("given_back_first", [True, False])
async def test_who_goes_away_leaves_the_turn_to_the_next(given_back_first: bool) -> None:
    streams = Streams(Turns(1), 3)
    _, leaving, next_one = [streams.wants(number) for number in range(3)]
    await settled()
    if given_back_first:
        streams.turns.give_back()  # it is on its way to the one that leaves
    leaving.cancel()
    with suppress(asyncio.CancelledError):
        await leaving
    if not given_back_first:
        streams.turns.give_back()
    await asyncio.wait_for(next_one, 1)
    assert streams.had == [0, 2]
    streams.turns.give_back()
    await asyncio.wait_for(streams.wants(1), 1)


BUNDLE = 512 * 1024


class Feeding:
    """A body of bundles that is fed to a taker, which notes them, each as soon as it may."""

    def __init__(self, name: str, taken: list[str], count: int, *, fails_at: int | None = None) -> None:
        self.asked = 0
        self._allowed = threading.Semaphore(0)
        self._name, self._taken, self._count, self._fails_at = name, taken, count, fails_at

    async def fed(self, turns: Turns, threads: Executor) -> None:
        await fed(self._body(), self._count * BUNDLE, self._take, threads, turns)

    def may_take(self, count: int) -> None:
        self._allowed.release(count)

    async def _body(self) -> AsyncIterator[bytes]:
        for number in range(self._count):
            self.asked += 1
            yield bytes([number]) * BUNDLE

    def _take(self, bundle: list[bytes]) -> None:
        assert self._allowed.acquire(timeout=30)
        number = bundle[0][0]
        self._taken.append(f"{self._name}{number}")
        if number == self._fails_at:
            raise OSError("no room")


@pytest.fixture
def threads() -> Iterator[Executor]:
    executor = Executor("takers", threads=4, queue=8)
    yield executor
    executor.close()


async def until(said: Callable[[], bool]) -> None:
    """Returns when that is so; raises `TimeoutError` after half a minute."""
    for _ in range(6000):
        if said():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


async def test_a_stream_alone_has_three_bundles_under_way_and_collects_a_fourth(threads: Executor) -> None:
    taken: list[str] = []
    alone = Feeding("a", taken, 9)
    feeding = asyncio.create_task(alone.fed(Turns(2), threads))
    await until(lambda: alone.asked == 4)
    await asyncio.sleep(0.05)
    assert alone.asked == 4, "nothing more is held in memory"
    alone.may_take(9)
    await feeding
    assert taken == [f"a{number}" for number in range(9)]


async def test_a_stream_adds_nothing_to_its_turn_while_another_one_waits(threads: Executor) -> None:
    taken: list[str] = []
    first, second, turns = Feeding("a", taken, 6), Feeding("b", taken, 2), Turns(1)
    feeding = [asyncio.create_task(first.fed(turns, threads))]
    await until(lambda: first.asked == 4)
    feeding.append(asyncio.create_task(second.fed(turns, threads)))
    await until(lambda: second.asked == 1)
    second.may_take(2)
    first.may_take(1)
    await until(lambda: taken == ["a0"])
    await asyncio.sleep(0.05)
    assert first.asked == 4, "what is under way is as much as it was when the other one came"
    first.may_take(5)
    await asyncio.gather(*feeding)
    assert taken[:4] == ["a0", "a1", "a2", "b0"]
    assert sorted(taken[4:]) == ["a3", "a4", "a5", "b1"]


async def test_after_an_error_nothing_more_is_taken_and_the_turn_is_given_back(threads: Executor) -> None:
    taken: list[str] = []
    failing, next_one, turns = Feeding("a", taken, 9, fails_at=1), Feeding("b", taken, 1), Turns(1)
    feeding = asyncio.create_task(failing.fed(turns, threads))
    await until(lambda: failing.asked == 4)
    failing.may_take(9)
    next_one.may_take(1)
    with pytest.raises(OSError, match="no room"):
        await feeding
    await next_one.fed(turns, threads)
    assert taken == ["a0", "a1", "b0"]


async def test_a_stream_for_which_no_thread_is_left_is_told_so(threads: Executor) -> None:
    taken: list[str] = []
    several, refused = [Feeding(str(number), taken, 1) for number in range(12)], Feeding("late", taken, 1)
    feeding = [asyncio.create_task(each.fed(Turns(1), threads)) for each in several]
    await until(lambda: all(each.asked for each in several))
    await settled()  # 4 have a thread, 8 wait for one
    turns = Turns(1)
    with pytest.raises(ServiceBusy):
        await refused.fed(turns, threads)
    for each in several:
        each.may_take(1)
    await asyncio.gather(*feeding)
    refused.may_take(1)
    await refused.fed(turns, threads)
    assert taken[-1] == "late0"
