"""Takes jobs out of the queue and runs them, as many at once as it is told."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import NoReturn

import structlog

from app.jobs import HANDLERS, Handler
from app.registry import Registry
from schemas.errors import RegistryError
from schemas.model.jobs import Job
from storage.postgres import jobs
from storage.postgres.database import Database, Transaction, UniqueTaken

log = structlog.get_logger()

_ASK_SECONDS = 1.0  # how often the queue is asked when nobody says that there is something in it
_AFTER_FAILURE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 15 * 60.0
_LONGEST_ERROR = 500


def pause_after(attempts: int) -> float:
    """Seconds from a failure to the next attempt: doubled each time, and never the same for two jobs that fail together."""
    longest = min(2.0 ** min(attempts, 30), _LONGEST_PAUSE_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads load, guards nothing


def told(error: BaseException) -> str:
    """What is kept of an error. Our own sentences hold no secrets; of others only the log tells more than the name."""
    return str(error)[:_LONGEST_ERROR] if isinstance(error, RegistryError) else type(error).__name__


def _count_nothing(_kind: str, _outcome: str) -> None:
    """For workers that nobody watches by counters."""


class Worker:
    """Runs jobs of the kinds in `handlers` with the registry, at most `at_once` at a time.

    `url` is the database's, for one connection of the worker's own by which it learns at once of new jobs. `count` is told
    the kind and the outcome of each run: done, retried, failed, returned (the worker was stopped) or lost (another took the
    job, since the lease ran out). `pause` answers the seconds after so many attempts.
    """

    def __init__(
        self,
        registry: Registry,
        database: Database,
        url: str,
        handlers: Mapping[str, Handler] = HANDLERS,
        *,
        at_once: int,
        count: Callable[[str, str], None] = _count_nothing,
        pause: Callable[[int], float] = pause_after,
    ) -> None:
        self._registry = registry
        self._database = database
        self._url = url
        self._handlers = handlers
        self._at_once = at_once
        self._count = count
        self._pause = pause
        self._leases = {kind: handler.lease_seconds for kind, handler in handlers.items()}
        self._recurring = {
            kind: each.every_seconds for kind, each in handlers.items() if each.every_seconds is not None
        }
        self._planned = False
        self._woken = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> NoReturn:
        """Runs jobs until it is cancelled; what it is at then is returned to the queue."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen())
            while True:
                self._woken.clear()
                try:
                    await self._start_due(tasks)
                except Exception as error:  # the queue is asked again, whatever is wrong with it now
                    unexpected = None if isinstance(error, RegistryError) else error
                    log.warning("the queue of jobs does not answer", reason=told(error), exc_info=unexpected)
                    await asyncio.sleep(_AFTER_FAILURE_SECONDS)
                with suppress(TimeoutError):
                    async with asyncio.timeout(random.uniform(_ASK_SECONDS / 2, _ASK_SECONDS)):  # noqa: S311 - as above
                        await self._woken.wait()

    async def run_due(self) -> int:
        """Runs what is due, and what that makes due, and answers how many runs these were."""
        started = 0
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._woken.clear()
                started += await self._start_due(tasks)
                if not self._running:
                    return started
                await self._woken.wait()

    async def _listen(self) -> None:
        while True:
            try:
                await jobs.listen(self._url, self._woken.set)
            except RegistryError as error:
                log.info("new jobs are found by asking alone", reason=told(error))
            await asyncio.sleep(_AFTER_FAILURE_SECONDS)

    async def _start_due(self, tasks: asyncio.TaskGroup) -> int:
        """Starts as many jobs as are due and as there is room for; answers how many."""
        room = self._at_once - len(self._running)
        if room == 0:
            return 0
        async with self._database.transaction(platform=True) as tx:
            if not self._planned:
                for kind, seconds in self._recurring.items():
                    await jobs.plan(tx, kind, seconds)
            await jobs.enqueue_planned(tx, self._recurring)
            claimed = await jobs.claim(tx, self._leases, room)
        self._planned = True
        for job in claimed:
            task = tasks.create_task(self._run(job, self._handlers[job.kind]))
            self._running.add(task)
            task.add_done_callback(self._ended)
        return len(claimed)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._running.discard(task)
        self._woken.set()

    async def _run(self, job: Job, handler: Handler) -> None:
        """One run of a job, and what becomes of it."""
        started = time.perf_counter()
        if job.attempts > handler.attempts:  # its last run ended without a word, or could not be given up
            outcome = await self._give_up(job, handler, job.error)
        else:
            outcome = await self._attempt(job, handler)
        self._count(job.kind, outcome)
        tell = log.debug if outcome == "done" and handler.every_seconds is not None else log.info
        tell(
            "job", kind=job.kind, job=job.id, tenant=job.tenant_id, outcome=outcome, attempt=job.attempts,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )  # fmt: skip

    async def _attempt(self, job: Job, handler: Handler) -> str:
        work = asyncio.ensure_future(handler.run(self._registry, job))
        lease = asyncio.create_task(self._keep_lease(job, handler))
        stopped = False
        try:
            await asyncio.wait({work, lease}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            stopped = True  # the task ends below, once the job is where another worker finds it
        lost = lease.done()
        work.cancel()
        lease.cancel()
        await asyncio.wait({work, lease})
        if lost:
            return "lost"
        if work.cancelled() and stopped:
            return await self._end("returned", job, lambda tx: _return(tx, job))
        error = asyncio.CancelledError() if work.cancelled() else work.exception()
        if error is None:
            return await self._end("done", job, lambda tx: jobs.finish(tx, job))
        unexpected = None if isinstance(error, RegistryError) else error
        log.warning("job failed", kind=job.kind, job=job.id, reason=told(error), exc_info=unexpected)
        if job.attempts < handler.attempts:
            return await self._put_off(job, told(error))
        return await self._give_up(job, handler, told(error))

    async def _keep_lease(self, job: Job, handler: Handler) -> None:
        """Prolongs the lease in time, and returns when it is lost."""
        while True:
            await asyncio.sleep(handler.lease_seconds / 3)
            try:
                async with self._database.transaction(platform=True) as tx:
                    if not await jobs.renew(tx, job, handler.lease_seconds):
                        return
            except RegistryError as error:
                log.warning("lease of a job not prolonged", kind=job.kind, job=job.id, reason=told(error))

    async def _put_off(self, job: Job, reason: str) -> str:
        pause = self._pause(job.attempts)
        return await self._end(
            "retried",
            job,
            lambda tx: jobs.put_back(tx, job, attempts=job.attempts, pause_seconds=pause, error=reason),
        )

    async def _give_up(self, job: Job, handler: Handler, reason: str) -> str:
        if handler.give_up is not None:
            try:
                await handler.give_up(self._registry, job, reason)
            except Exception as error:  # it comes here again: its attempts are used up
                log.warning("job cannot be given up", kind=job.kind, job=job.id, reason=told(error), exc_info=error)
                return await self._put_off(job, reason)
        return await self._end("failed", job, lambda tx: jobs.fail(tx, job, reason))

    async def _end(self, outcome: str, job: Job, end: Callable[[Transaction], Awaitable[bool]]) -> str:
        """The outcome, written down; `lost` where somebody else has the job by now, or will when the lease is over."""
        while True:
            try:
                async with self._database.transaction(platform=True) as tx:
                    return outcome if await end(tx) else "lost"
            except UniqueTaken:
                continue  # one of the same key came at this very moment; the next transaction sees it
            except RegistryError as error:
                log.warning("end of a job not written down", kind=job.kind, job=job.id, reason=told(error))
                return "lost"


async def _return(tx: Transaction, job: Job) -> bool:
    """Lets the job wait as it did before this run, which does not count."""
    return await jobs.put_back(tx, job, attempts=job.attempts - 1, pause_seconds=0, error=job.error)
