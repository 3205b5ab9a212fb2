"""What both stores do with a stream of bytes: cut it, measure it, and decide what a second writing of a key means."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import TypeVar

from schemas.errors import BodyTooLarge, ServiceBusy, StorageFull, StorageUnavailable
from storage.blobs.base import BlobStore, Stored
from storage.executors import Executor

R = TypeVar("R")

_ROOM_CHECKED_EVERY_SECONDS = 0.05


async def regrouped(body: AsyncIterator[bytes], size: int, limit: int) -> AsyncGenerator[bytes, None]:
    """The same bytes in pieces of exactly `size`, but for a shorter last one. Never gives an empty piece.

    Raises `BodyTooLarge` with the first piece of `body` that goes past `limit` bytes.
    """
    waiting = bytearray()
    total = 0
    async for piece in body:
        total += len(piece)
        if total > limit:
            raise BodyTooLarge(limit=limit)
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
