"""The queue in the database: who may take a job, and who may end it."""

import asyncio
import random
import string
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from schemas.ids import new_id
from schemas.model.jobs import Job, JobState
from schemas.paging import Paging
from storage.postgres import jobs
from storage.postgres.database import Database, Transaction
from storage.postgres.embedded import Urls
from tests.accounts import Account, NewAccount

LONG, OVER = 60.0, 0.0  # seconds of a lease that lasts, and of one that is over as soon as it begins


@pytest.fixture
async def database(cluster: Urls) -> AsyncIterator[Database]:
    """The database as workers have it."""
    opened = await Database.open(cluster.app, size=10)
    yield opened
    await opened.close()


@pytest.fixture
def kind() -> str:
    """A kind of job that only this test knows."""
    return "test_" + "".join(random.choices(string.ascii_lowercase, k=20))


async def enqueue(database: Database, kind: str, **further: Any) -> None:
    async with database.transaction(platform=True) as tx:
        await jobs.enqueue(tx, kind, {}, **{"tenant_id": None, **further})


async def claim(database: Database, kind: str, *, lease: float = LONG, most: int = 100) -> list[Job]:
    async with database.transaction(platform=True) as tx:
        return await jobs.claim(tx, {kind: lease}, most)


async def listed(database: Database, kind: str) -> list[Job]:
    """The jobs of the kind, by state."""
    async with database.transaction(platform=True) as tx:
        page = await jobs.list_page(tx, None, Paging(offset=0, limit=10_000))
    return sorted((each for each in page.items if each.kind == kind), key=lambda each: each.state)


async def put_back(tx: Transaction, job: Job) -> bool:
    return await jobs.put_back(tx, job, attempts=job.attempts, pause_seconds=0, error="again")


async def fail(tx: Transaction, job: Job) -> bool:
    return await jobs.fail(tx, job, "no more")


async def renew(tx: Transaction, job: Job) -> bool:
    return await jobs.renew(tx, job, LONG)


async def do(database: Database, end: Callable[[Transaction, Job], Awaitable[bool]], job: Job) -> bool:
    async with database.transaction(platform=True) as tx:
        return await end(tx, job)


# -- taking and ending -----------------------------------------------------------------------------------------------------


async def test_a_job_is_taken_with_its_payload_and_is_gone_when_it_is_done(
    database: Database, kind: str, account: Account
) -> None:
    async with database.transaction(account.id) as tx:
        await jobs.enqueue(tx, kind, {"upload_id": "é"}, tenant_id=account.id)

    (job,) = await claim(database, kind)

    assert (job.kind, job.tenant_id, job.payload) == (kind, account.id, {"upload_id": "é"})
    assert (job.state, job.attempts) == (JobState.RUNNING, 1)
    assert await do(database, jobs.finish, job)
    assert await listed(database, kind) == []


async def test_a_job_of_a_transaction_that_is_rolled_back_never_was(database: Database, kind: str) -> None:
    async def change() -> None:
        async with database.transaction(platform=True) as tx:
            await jobs.enqueue(tx, kind, {}, tenant_id=None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change()
    assert await listed(database, kind) == []


async def test_of_workers_that_ask_at_once_each_job_is_taken_by_one(database: Database, kind: str) -> None:
    for _ in range(30):
        await enqueue(database, kind)
    taken = [
        job.id for batch in await asyncio.gather(*(claim(database, kind, most=7) for _ in range(8))) for job in batch
    ]
    taken += [job.id for job in await claim(database, kind)]  # what was locked by somebody who had enough
    assert len(taken) == len(set(taken)) == 30


async def test_only_kinds_that_the_worker_knows_are_taken(database: Database, kind: str) -> None:
    await enqueue(database, kind)
    assert await claim(database, "unknown") == []
    assert len(await claim(database, kind)) == 1


async def test_a_delayed_job_is_not_taken_before_its_time(database: Database, kind: str) -> None:
    await enqueue(database, kind, delay_seconds=3600)
    assert await claim(database, kind) == []


async def test_the_job_that_waits_longest_is_taken_first(database: Database, kind: str) -> None:
    for number in range(3):
        await enqueue(database, kind, unique=str(number))
    order = [(await claim(database, kind, most=1))[0].enqueued_at for _ in range(3)]
    assert order == sorted(order)


async def test_a_leased_job_is_not_taken_by_another(database: Database, kind: str) -> None:
    await enqueue(database, kind)
    await claim(database, kind)
    assert await claim(database, kind) == []


@pytest.mark.parametrize("end", [jobs.finish, put_back, fail, renew])
async def test_a_job_whose_lease_ran_out_is_anothers_and_the_first_can_no_longer_touch_it(
    database: Database, kind: str, end: Callable[[Transaction, Job], Awaitable[bool]]
) -> None:
    await enqueue(database, kind)
    (first,) = await claim(database, kind, lease=OVER)
    (second,) = await claim(database, kind)

    assert (second.id, second.attempts, second.error) == (first.id, 2, "The process that ran it ended before it.")
    assert not await do(database, end, first)
    assert await listed(database, kind) == [second]
    assert await do(database, end, second)


async def test_a_lease_that_is_prolonged_in_time_keeps_the_job(database: Database, kind: str) -> None:
    await enqueue(database, kind)
    (job,) = await claim(database, kind, lease=OVER)
    assert await do(database, renew, job)
    assert await claim(database, kind) == []


@pytest.mark.parametrize("end", [jobs.finish, put_back, fail])
async def test_a_job_is_ended_once(
    database: Database, kind: str, end: Callable[[Transaction, Job], Awaitable[bool]]
) -> None:
    await enqueue(database, kind)
    (job,) = await claim(database, kind)
    assert await do(database, end, job)
    assert not await do(database, jobs.finish, job)


async def test_a_failed_job_stays_and_is_not_taken_until_somebody_wants_it_again(database: Database, kind: str) -> None:
    await enqueue(database, kind)
    (job,) = await claim(database, kind)
    await do(database, fail, job)

    (failed,) = await listed(database, kind)
    assert (failed.state, failed.error, failed.attempts) == (JobState.FAILED, "no more", 1)
    assert await claim(database, kind) == []
    async with database.transaction(platform=True) as tx:
        retried = await jobs.retry(tx, failed)
        assert await jobs.retry(tx, failed) is None
    assert retried is not None
    assert (retried.state, retried.attempts) == (JobState.WAITING, 0)
    assert len(await claim(database, kind)) == 1


# -- one of a key ----------------------------------------------------------------------------------------------------------


async def test_of_a_key_one_waits_for_each_tenant_and_kind(
    database: Database, kind: str, account: Account, new_account: NewAccount
) -> None:
    other = new_account()
    for tenant_id in (None, account.id, other.id):
        for _ in range(2):
            await enqueue(database, kind, tenant_id=tenant_id, unique="key")
    await enqueue(database, kind + "_other", unique="key")
    taken = await claim(database, kind)
    assert {job.tenant_id for job in taken} == {None, account.id, other.id}
    assert len(taken) == 3


async def test_jobs_without_a_key_are_never_one(database: Database, kind: str) -> None:
    await enqueue(database, kind)
    await enqueue(database, kind)
    assert len(await claim(database, kind)) == 2


async def test_beside_a_running_job_another_of_its_key_may_wait(database: Database, kind: str) -> None:
    await enqueue(database, kind, unique="key")
    await claim(database, kind)
    await enqueue(database, kind, unique="key")
    assert len(await claim(database, kind)) == 1


async def test_who_wants_a_waiting_job_sooner_gets_it_sooner(database: Database, kind: str) -> None:
    await enqueue(database, kind, unique="key", delay_seconds=3600)
    await enqueue(database, kind, unique="key", delay_seconds=7200)
    assert await claim(database, kind) == []
    await enqueue(database, kind, unique="key")
    assert len(await claim(database, kind)) == 1


async def test_a_waiting_job_is_not_run_before_who_wants_it_again_has_committed(database: Database, kind: str) -> None:
    """Otherwise the only run would not see what that transaction changes."""
    await enqueue(database, kind, unique="key")
    async with database.transaction(platform=True) as tx:
        await jobs.enqueue(tx, kind, {}, tenant_id=None, unique="key")
        assert await claim(database, kind) == []
    assert len(await claim(database, kind)) == 1


@pytest.mark.parametrize(("end", "state"), [(put_back, JobState.WAITING), (fail, JobState.FAILED)])
async def test_a_job_that_did_not_end_well_takes_the_place_of_one_of_its_key(
    database: Database, kind: str, end: Callable[[Transaction, Job], Awaitable[bool]], state: JobState
) -> None:
    """So its attempts are counted on, and one that fails again and again leaves one line for operators."""
    await enqueue(database, kind, unique="key")
    (first,) = await claim(database, kind)
    await enqueue(database, kind, unique="key")
    if state is JobState.FAILED:
        (second,) = await claim(database, kind)
        assert await do(database, end, second)

    assert await do(database, end, first)

    (left,) = await listed(database, kind)
    assert (left.id, left.state, left.attempts) == (first.id, state, 1)


async def test_a_success_forgets_that_one_of_its_key_failed(database: Database, kind: str) -> None:
    for key in ("key", "other"):
        await enqueue(database, kind, unique=key)
    for job in await claim(database, kind):
        await do(database, fail, job)
    await enqueue(database, kind, unique="key")
    (job,) = await claim(database, kind)

    await do(database, jobs.finish, job)

    assert [each.state for each in await listed(database, kind)] == [JobState.FAILED]


# -- the schedule ------------------------------------------------------------------------------------------------------------


async def plan(database: Database, kind: str, every_seconds: int) -> None:
    async with database.transaction(platform=True) as tx:
        await jobs.plan(tx, kind, every_seconds)


async def enqueue_planned(database: Database, kind: str) -> None:
    async with database.transaction(platform=True) as tx:
        await jobs.enqueue_planned(tx, [kind])


async def test_of_all_workers_that_ask_one_enqueues_what_recurs(database: Database, kind: str) -> None:
    await asyncio.gather(*(plan(database, kind, 3600) for _ in range(4)))
    await asyncio.gather(*(enqueue_planned(database, kind) for _ in range(8)))
    (job,) = await claim(database, kind)
    assert (job.tenant_id, job.payload) == (None, {})
    await enqueue_planned(database, kind)
    assert await claim(database, kind) == []


async def test_what_recurs_comes_again_when_its_time_is_over(database: Database, kind: str, cluster: Urls) -> None:
    await plan(database, kind, 3600)
    await enqueue_planned(database, kind)
    await claim(database, kind)
    owner = await asyncpg.connect(cluster.owner)
    await owner.execute("UPDATE plugport.job_schedule SET next_at = now() WHERE kind = $1", kind)
    await owner.close()
    await enqueue_planned(database, kind)
    assert len(await claim(database, kind)) == 1


async def test_a_shorter_interval_holds_at_once_and_a_restart_changes_nothing(
    database: Database, kind: str, cluster: Urls
) -> None:
    owner = await asyncpg.connect(cluster.owner)
    query = "SELECT next_at FROM plugport.job_schedule WHERE kind = $1"
    await plan(database, kind, 3600)
    await enqueue_planned(database, kind)
    before = await owner.fetchval(query, kind)
    await plan(database, kind, 3600)
    assert await owner.fetchval(query, kind) == before
    await plan(database, kind, 60)
    assert await owner.fetchval(query, kind) < before
    await owner.close()


# -- whose jobs --------------------------------------------------------------------------------------------------------------


async def test_a_tenant_enqueues_for_itself_alone_and_sees_no_others_jobs(
    database: Database, kind: str, account: Account, new_account: NewAccount
) -> None:
    await enqueue(database, kind, tenant_id=account.id)
    await enqueue(database, kind)
    stranger = new_account()
    for tenant_id in (account.id, None):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(stranger.id) as tx:
                await jobs.enqueue(tx, kind, {}, tenant_id=tenant_id)
    async with database.transaction(stranger.id) as tx:
        assert await jobs.claim(tx, {kind: LONG}, 10) == []
        assert (await jobs.list_page(tx, None, Paging(offset=0, limit=10))).total == 0
    assert len(await claim(database, kind)) == 2


async def test_there_is_no_job_of_another_id(database: Database) -> None:
    async with database.transaction(platform=True) as tx:
        assert await jobs.find(tx, new_id()) is None
