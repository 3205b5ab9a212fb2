"""Rows of jobs: what is to be done, who does it and until when, and what comes again and again.

Workers see every tenant's jobs, in transactions of the platform. A job is taken with a lease, by the database's clock;
whoever's lease ended and whose job was taken by another can no longer end or prolong it.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from typing import Any

import asyncpg
import msgspec

from schemas.errors import ServiceBusy
from schemas.ids import new_id
from schemas.model.jobs import Job, JobState
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction, UniqueTaken
from storage.postgres.queries import load

QUERIES = load("jobs")

_CHANNEL = "plugport_jobs"


async def enqueue(
    tx: Transaction,
    kind: str,
    payload: dict[str, str],
    *,
    tenant_id: str | None,
    unique: str | None = None,
    delay_seconds: int = 0,
) -> None:
    """A job that comes to be with the caller's transaction, and is due `delay_seconds` later.

    `tenant_id` is the transaction's own tenant, or None in a transaction of the platform. Of the same kind, tenant and
    `unique` only one waits: another is not made, and the one that waits is due no later than this one would be. One that
    runs already does not count, so what the transaction changes is always seen by a run. No secret belongs in `payload`.
    """
    await tx.run(
        QUERIES.enqueue_job,
        id=new_id(),
        kind=kind,
        tenant_id=tenant_id,
        payload=msgspec.json.encode(payload).decode(),
        unique_key=unique,
        delay=delay_seconds,
        channel=_CHANNEL,
    )


# -- what workers do -----------------------------------------------------------------------------------------------------


async def claim(tx: Transaction, leases: Mapping[str, float], most: int) -> list[Job]:
    """Takes at most `most` jobs that are due, of the kinds in `leases`, each for so many seconds as stand there."""
    rows = await tx.many(QUERIES.claim_jobs, kinds=list(leases), leases=list(leases.values()), most=most)
    return [_job(row) for row in rows]


async def renew(tx: Transaction, job: Job, lease_seconds: float) -> bool:
    """Prolongs the lease; answers whether the job is still held."""
    return await tx.value(QUERIES.renew_lease, id=job.id, epoch=job.epoch, lease=lease_seconds) is not None


async def finish(tx: Transaction, job: Job) -> bool:
    """Ends a job that was done, and forgets that one of its key failed before; answers whether it was still held."""
    await tx.run(QUERIES.delete_twin, id=job.id, epoch=job.epoch, state=JobState.FAILED)
    return await tx.value(QUERIES.finish_job, id=job.id, epoch=job.epoch) is not None


async def put_back(tx: Transaction, job: Job, *, attempts: int, pause_seconds: float, error: str) -> bool:
    """Lets a job wait again, instead of one of its key that waits by now; answers whether it was still held.

    Raises `UniqueTaken` when one of its key is enqueued at this very moment: a new transaction sees that one.
    """
    return await _leave(tx, job, JobState.WAITING, attempts=attempts, pause=pause_seconds, error=error)


async def fail(tx: Transaction, job: Job, error: str) -> bool:
    """Gives a job up, instead of one of its key that failed before; answers whether it was still held.

    Raises `UniqueTaken` when one of its key fails at this very moment.
    """
    return await _leave(tx, job, JobState.FAILED, attempts=job.attempts, pause=0, error=error)


async def _leave(tx: Transaction, job: Job, state: JobState, *, attempts: int, pause: float, error: str) -> bool:
    await tx.run(QUERIES.delete_twin, id=job.id, epoch=job.epoch, state=state)
    values = {"state": state, "attempts": attempts, "pause": pause, "error": error}
    try:
        return await tx.value(QUERIES.leave_job, id=job.id, epoch=job.epoch, **values) is not None
    except asyncpg.UniqueViolationError as violation:
        raise UniqueTaken(violation.constraint_name or "") from violation


async def plan(tx: Transaction, kind: str, every_seconds: int) -> None:
    """Says that jobs of the kind come again every so many seconds; the first time at once."""
    await tx.run(QUERIES.plan_job, kind=kind, every_seconds=every_seconds)


async def enqueue_planned(tx: Transaction, kinds: Collection[str]) -> None:
    """Enqueues a job of each of the kinds whose turn it is; of all workers that ask, one does."""
    for row in await tx.many(QUERIES.take_planned, kinds=list(kinds)):
        await enqueue(tx, row["kind"], {}, tenant_id=None, unique=row["kind"])


async def listen(url: str, wake: Callable[[], None]) -> None:
    """Calls `wake` now and whenever somebody enqueued, on a connection of its own, until that breaks.

    Raises `ServiceBusy` where there is none to be had.
    """
    broken = asyncio.Event()
    try:
        connection = await asyncpg.connect(url, timeout=10, server_settings={"application_name": "plugport jobs"})
        try:
            connection.add_termination_listener(lambda _: broken.set())
            await connection.add_listener(_CHANNEL, lambda *_: wake())
            wake()  # for what was enqueued before
            await broken.wait()
        finally:
            connection.terminate()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise ServiceBusy from error


# -- what operators see ------------------------------------------------------------------------------------------------


async def find(tx: Transaction, job_id: str) -> Job | None:
    """The job, as far as the transaction may see."""
    row = await tx.maybe(QUERIES.find_job, id=job_id)
    return _job(row) if row else None


async def list_page(tx: Transaction, state: JobState | None, paging: Paging) -> Page[Job]:
    """Jobs of that state, or of all, as far as the transaction may see; latest change first."""
    rows = await tx.many(QUERIES.list_jobs, state=state, offset=paging.offset, limit=paging.limit)
    return Page(items=[_job(row) for row in rows], total=await tx.value(QUERIES.count_jobs, state=state))


async def retry(tx: Transaction, job: Job) -> Job | None:
    """The failed job, which waits from now on as if it were new, instead of one of its key that waits by now.

    None where it has failed no longer. Raises `UniqueTaken` when one of its key is enqueued at this very moment.
    """
    await tx.run(QUERIES.delete_twin, id=job.id, epoch=job.epoch, state=JobState.WAITING)
    try:
        row = await tx.maybe(QUERIES.retry_job, id=job.id, epoch=job.epoch)
    except asyncpg.UniqueViolationError as violation:
        raise UniqueTaken(violation.constraint_name or "") from violation
    return _job(row) if row else None


def _job(row: Any) -> Job:
    return Job(**{**row, "payload": msgspec.json.decode(row["payload"]), "state": JobState(row["state"])})
