"""Bounded threads for blocking work, so that nothing blocks the event loop and nothing queues without end.

`asyncio.to_thread` shares six threads on two cores: a few slow S3 calls would freeze password hashing too. So each
kind of blocking work has an `Executor` of its own, with a bounded queue that answers "busy" when it is full.
"""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from schemas.errors import ServiceBusy

P = ParamSpec("P")
R = TypeVar("R")


class Executor:
    """Runs blocking calls in at most `threads` threads; at most `queue` further calls wait for one."""

    def __init__(self, name: str, *, threads: int, queue: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)
        self._room = threads + queue
        self._taken = 0

    async def run(self, call: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """The result of `call(*args, **kwargs)`, computed in a thread.

        Raises `ServiceBusy` at once when every thread and every place in the queue is taken.
        """
        if self._taken >= self._room:
            raise ServiceBusy
        self._taken += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, functools.partial(call, *args, **kwargs))
        # The place is freed when the thread is done, even if the caller has gone away by then.
        future.add_done_callback(self._free)
        return await asyncio.shield(future)

    def _free(self, future: "asyncio.Future[R]") -> None:
        self._taken -= 1
        if not future.cancelled():
            future.exception()  # seen here, so that an abandoned call's failure is not reported as never retrieved

    def close(self) -> None:
        """Lets running calls end and takes no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
