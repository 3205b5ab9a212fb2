"""Looks into a stored archive in the threads that are there for it."""

import threading
from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from app.registry.packages.archive import Archive, open_archive
from schemas.errors import ServiceBusy
from storage.blobs.base import BlobStore, Stored
from storage.executors import Executor

T = TypeVar("T")
GoOn = Callable[[int], None]
"""Is called every few milliseconds of the work, and ends it by raising where nobody waits for its result any longer."""


async def look_into(blobs: BlobStore, inspection: Executor, stored: Stored, look: Callable[[Archive, GoOn], T]) -> T:
    """What `look` says of the archive, which it goes through itself. A large one takes long: whoever no longer waits ends it.

    Raises `PackageRefused`, and whatever `look` raises.
    """
    over = threading.Event()

    def go_on(_: int) -> None:
        if over.is_set():
            raise ServiceBusy

    def call() -> T:
        with closing(blobs.open(stored.key)) as stream:
            return look(open_archive(stream, stored.size), go_on)

    try:
        return await inspection.run(call)
    finally:
        over.set()
