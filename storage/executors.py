"""Bounded threads for blocking work, so that nothing blocks the event loop and nothing queues without end.

`asyncio.to_thread` shares six threads on two cores: a few slow S3 calls would freeze password hashing too. So each
kind of blocking work has an `Executor` of its own, with a bounded queue that answers "busy" when it is full.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent import futures
from typing import ParamSpec, TypeVar

from schemas.errors import ServiceBusy

P = ParamSpec("P")
R = TypeVar("R")


class Executor(futures.Executor):
    """Runs blocking calls in at most `threads` threads; at most `queue` further calls wait for one.

    It is an executor as `concurrent.futures` has them, because aiofiles takes such a one.
    """

    def __init__(self, name: str, *, threads: int, queue: int) -> None:
        self._pool = futures.ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._room = threading.BoundedSemaphore(threads + queue)

    async def run(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `call(*args, **kwargs)`, computed in a thread.

        Raises `ServiceBusy` at once when every thread and every place in the queue is taken. Cancelling does not end the call.
        """
        return await asyncio.shield(asyncio.wrap_future(self.submit(call, *args, **kwargs)))

    def submit(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> futures.Future[R]:
        """As `concurrent.futures.Executor.submit`, within the same bounds as `run`."""
        if not self._room.acquire(blocking=False):
            raise ServiceBusy
        try:
            future = self._pool.submit(call, *args, **kwargs)
        except BaseException:
            self._room.release()
            raise
        # The place is free when the thread is done, even if the caller has gone away by then.
        future.add_done_callback(lambda _: self._room.release())
        return future

    def close(self) -> None:
        """Lets running calls end and takes no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
