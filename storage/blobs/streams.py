"""What both stores do with a stream of bytes: cut it, measure it, and decide what a second writing of a key means."""

import asyncio
import errno
import hashlib
import heapq
import itertools
import threading
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from functools import partial
from typing import TypeVar

from schemas.errors import BodyTooLarge, ServiceBusy, StorageFull, StorageUnavailable
from storage.blobs.base import BlobStore, Digest, Stored
from storage.executors import Executor

R = TypeVar("R")

Bundle = list[bytes]
"""Pieces as they came, uncopied, that belong one after the other."""

STREAMS_AT_ONCE = 2
"""How many are hashed and written at a time. More would not be faster, and whoever wants something else would wait for the
processors."""

_BUNDLE_BYTES = 512 * 1024
_BUNDLE_PIECES = 1024  # what Linux writes in one call
_TAKEN_AT_ONCE = 3  # in one turn, while nobody else wants one: its threads need not wait for the event loop then
_ROOM_CHECKED_EVERY_SECONDS = 0.05

# A file that grows past what the process or the file system allows finds no room either.
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Turns:
    """Who may hash and write: so many streams at a time. Of those that wait, the one that began first.

    A turn ends with the bundles that were handed over in it; while others wait, no more are added. So one stream after the
    other is done early, instead of all of them late. Whoever has just had a turn does not wait for the next one yet, so not
    even two long streams keep the others out.
    """

    def __init__(self, at_once: int) -> None:
        self._free = at_once
        self._began = itertools.count()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    def begin(self) -> int:
        """The place of a stream that begins now."""
        return next(self._began)

    @property
    def are_wanted(self) -> bool:
        """Whether anybody waits for one."""
        return bool(self._waiting)

    async def take(self, place: int) -> None:
        """Waits for a turn of the stream with this place; `give_back` ends it."""
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (place, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it had come at this very moment
                self.give_back()
            raise

    def give_back(self) -> None:
        """Ends a turn: it is the next one's."""
        while self._waiting:
            _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


async def fed(
    body: AsyncIterator[bytes],
    limit: int,
    take: Callable[[Bundle], None],
    threads: Executor,
    turns: Turns,
    digests: Sequence[Digest] = (),
) -> None:
    """Gives everything that `body` gives to `take` and to each of `digests`, in order, each in a thread of its own.

    Up to three bundles are under way while the next one is collected; only one where others want a turn. So four are in
    memory at the most. Those of many streams wait for their turn, never for what a slow client has not sent yet. Raises
    `BodyTooLarge` with the first piece that goes past `limit` bytes. When anything is raised, the last calls of `take`
    may still be running.
    """
    stream = _Stream([take, *(partial(_digest, each) for each in digests)], threads, turns)
    try:
        async with aclosing(_bundles(body, limit)) as bundles:
            async for bundle in bundles:
                await stream.take(bundle)
        await stream.taken()
    except BaseException:
        stream.forget()
        raise


class _Stream:
    """What several takers do with the bundles of one body. It holds a turn while they have any."""

    def __init__(self, takers: Sequence[Callable[[Bundle], None]], threads: Executor, turns: Turns) -> None:
        self._takers = [_Taker(each, threads) for each in takers]
        self._turns = turns
        self._place = turns.begin()
        self._under_way = 0
        self._taking: deque[asyncio.Future[None]] = deque()

    async def take(self, bundle: Bundle) -> None:
        """Hands the bundle over as soon as it may be. Raises what a taker raised over an earlier one."""
        while self._taking and (len(self._taking) == _TAKEN_AT_ONCE or self._turns.are_wanted):
            await self._taking.popleft()
        if not self._under_way:
            await self._turns.take(self._place)
        self._under_way += 1
        taking = _Taking(bundle, len(self._takers), self._end)
        self._taking.append(taking.done)
        for taker in self._takers:
            taker.add(taking)

    async def taken(self) -> None:
        """Returns when everything is taken. Raises what a taker raised."""
        while self._taking:
            await self._taking.popleft()

    def forget(self) -> None:
        """Nobody waits any more: looks at how each ends, which else were logged as an error that nobody looked at."""
        for taking in self._taking:
            taking.add_done_callback(_look)

    def _end(self) -> None:
        self._under_way -= 1
        if not self._under_way:
            self._turns.give_back()


class _Taking:
    """A bundle on its way through its takers.

    The last thread to end wakes the event loop, once: at half a MiB each step of it can be felt.
    """

    def __init__(self, bundle: Bundle, takers: int, then: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.bundle = bundle
        self.done: asyncio.Future[None] = self._loop.create_future()
        self._then = then
        self._left = itertools.count(takers - 1, -1)  # its steps cannot be divided, whichever threads take them
        self._error: BaseException | None = None

    def end(self, error: BaseException | None) -> None:
        """One of the takers has taken it, or could not."""
        self._error = self._error or error
        if next(self._left) == 0 and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._settle)

    def _settle(self) -> None:
        self._then()
        if self.done.done():  # its waiter was cancelled
            return
        if self._error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(self._error)


class _Taker:
    """Takes the bundles of one stream, in order, in a thread that goes on as long as there are any; none after an error."""

    def __init__(self, take: Callable[[Bundle], None], threads: Executor) -> None:
        self._take = take
        self._threads = threads
        self._waiting: deque[_Taking] = deque()
        self._lock = threading.Lock()
        self._is_running = False
        self._error: BaseException | None = None

    def add(self, taking: _Taking) -> None:
        """Takes the bundle after all those before it."""
        with self._lock:
            self._waiting.append(taking)
            begins, self._is_running = not self._is_running, True
        if begins:
            try:
                self._threads.submit(self._run)
            except Exception as error:  # noqa: BLE001 - as below
                self._error = error
                self._run()

    def _run(self) -> None:
        while (taking := self._next()) is not None:
            if self._error is None:
                try:
                    self._take(taking.bundle)
                except BaseException as error:  # noqa: BLE001 - it is raised to whoever waits for the bundle
                    self._error = error
            taking.end(self._error)

    def _next(self) -> _Taking | None:
        with self._lock:
            self._is_running = bool(self._waiting)
            return self._waiting.popleft() if self._waiting else None


def _digest(digest: Digest, bundle: Bundle) -> None:
    digest.update(b"".join(bundle))  # at one go: each update gives the interpreter away and has to wait for it again


def _look(ended: asyncio.Future[None]) -> None:
    if not ended.cancelled():
        ended.exception()


async def _bundles(body: AsyncIterator[bytes], limit: int) -> AsyncGenerator[Bundle, None]:
    bundle: Bundle = []
    size = total = 0
    async for piece in body:
        size += len(piece)
        if total + size > limit:
            raise BodyTooLarge(limit=limit)
        if piece:
            bundle.append(piece)
        if size >= _BUNDLE_BYTES or len(bundle) == _BUNDLE_PIECES:
            yield bundle
            total, size, bundle = total + size, 0, []
    if bundle:
        yield bundle


async def regrouped(body: AsyncIterator[bytes], size: int) -> AsyncGenerator[bytes, None]:
    """The same bytes in pieces of exactly `size`, but for a shorter last one. Never gives an empty piece."""
    waiting = bytearray()
    async for piece in body:
        if not waiting and len(piece) == size:
            yield piece  # uncopied
            continue
        waiting += piece
        while len(waiting) >= size:
            with memoryview(waiting) as view:
                full = bytes(view[:size])
            del waiting[:size]
            yield full
    if waiting:
        yield bytes(waiting)


async def measured(key: str, pieces: AsyncGenerator[bytes, None], threads: Executor) -> Stored:
    """The size and SHA-256 of what `pieces` gives."""
    size, digest = 0, hashlib.sha256()
    async with aclosing(pieces):
        async for piece in pieces:
            size += len(piece)
            await threads.run(digest.update, piece)
    return Stored(key=key, size=size, sha256=digest.hexdigest())


async def kept(store: BlobStore, sent: Stored) -> Stored:
    """Settles a second writing of a key: equal bytes are success, other bytes are refused with `FileExistsError`."""
    try:
        there = await store.digest(sent.key)
    except KeyError:
        raise unavailable(f"{sent.key} was deleted while it was written again") from None
    if there != sent:
        raise FileExistsError(
            f"{sent.key} holds {there.size} bytes with SHA-256 {there.sha256}; "
            f"{sent.size} bytes with SHA-256 {sent.sha256} were to be written"
        )
    return there


async def undone(undo: Callable[[], None], threads: Executor, error: BaseException) -> None:
    """Runs `undo` to its end whatever happens to the caller meanwhile. What stays undone is noted on `error`."""
    try:
        await asyncio.shield(_in_its_turn(undo, threads))
    except (StorageUnavailable, StorageFull) as leftover:
        error.add_note(f"What had been written could not be removed: {leftover.facts['reason']}")


async def _in_its_turn(call: Callable[[], R], threads: Executor) -> R:
    while True:
        try:
            return await threads.run(call)
        except ServiceBusy:  # what was begun has to be ended: wait for room instead of giving up
            await asyncio.sleep(_ROOM_CHECKED_EVERY_SECONDS)


@contextmanager
def medium() -> Iterator[None]:
    """Turns the errors of the operating system into those that a store promises."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise full(str(error)) from error
        raise unavailable(str(error)) from error


def unavailable(reason: str) -> StorageUnavailable:
    """The error for a medium that fails, with the reason for the operator (the client is not told it)."""
    error = StorageUnavailable(reason=reason)
    error.add_note(reason)
    return error


def full(reason: str) -> StorageFull:
    """The error for a medium without room, with the reason for the operator (the client is not told it)."""
    error = StorageFull(reason=reason)
    error.add_note(reason)
    return error
