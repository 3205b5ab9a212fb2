"""Whose turn it is where many streams are hashed and written."""

import asyncio
from contextlib import suppress

import pytest

from storage.blobs.streams import Turns

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
