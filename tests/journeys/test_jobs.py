"""Work that nobody waits for is done once, by whoever is there to do it, and what cannot be done is shown to operators."""

import asyncio
import json
import os
import random
import signal
import string
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from click.testing import CliRunner

from app.__main__ import main
from app.asgi import create_app
from app.jobs import HANDLERS, Handler, worker
from app.jobs.worker import Worker
from app.registry import Registry
from app.registry.access.service import console
from app.settings import Settings, read_settings
from app.wiring import Wiring, wired
from schemas.errors import ServiceBusy
from schemas.model.jobs import Job, JobState
from schemas.paging import Paging
from storage.postgres import jobs
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.accounts import Account
from tests.program import BY_CHECKS, REPOSITORY, Server, environment, run_json

NewDatabase = Callable[[], Awaitable[Urls]]


def a_kind() -> str:
    """A kind of job that only one test knows."""
    return "test_" + "".join(random.choices(string.ascii_lowercase, k=20))


async def until(condition: Callable[[], Awaitable[Any] | Any]) -> None:
    """Returns when it holds."""
    async with asyncio.timeout(30):
        while True:
            holds = condition()
            if await holds if isinstance(holds, Awaitable) else holds:
                return
            await asyncio.sleep(0.02)


class Queue:
    """Jobs of one kind, and workers for it that do what the test says."""

    def __init__(self, wiring: Wiring, settings: Settings) -> None:
        self.kind = a_kind()
        self.wiring = wiring
        self.url = settings.database_url

    async def enqueue(self, *, tenant_id: str | None = None, **payload: str) -> None:
        async with self.wiring.database.transaction(tenant_id or "", platform=tenant_id is None) as tx:
            await jobs.enqueue(tx, self.kind, payload, tenant_id=tenant_id)

    async def listed(self) -> list[Job]:
        page = await self.wiring.registry.jobs.list_page(console(), None, Paging(offset=0, limit=10_000))
        return [each for each in page.items if each.kind == self.kind]

    def worker(self, run: Callable[[Registry, Job], Awaitable[None]], *, at_once: int = 4, **handler: Any) -> Worker:
        """One that tries again without a pause."""
        handlers = {self.kind: Handler(run=run, **handler)}
        return Worker(
            self.wiring.registry, self.wiring.database, self.url, handlers, at_once=at_once, pause=lambda _: 0.0
        )


@pytest.fixture
def queue(wiring: Wiring, settings: Settings) -> Queue:
    return Queue(wiring, settings)


@asynccontextmanager
async def running(*workers: Worker) -> AsyncIterator[None]:
    """The workers run for the length of the block, and are then stopped."""
    tasks = [asyncio.create_task(each.run()) for each in workers]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


# -- what workers do -----------------------------------------------------------------------------------------------------


async def test_two_workers_on_one_queue_run_each_job_once(queue: Queue) -> None:
    ran: list[str] = []

    async def note(_: Registry, job: Job) -> None:
        await asyncio.sleep(0)
        ran.append(job.payload["number"])

    for number in range(20):
        await queue.enqueue(number=str(number))
    counts = await asyncio.gather(queue.worker(note).run_due(), queue.worker(note).run_due())

    assert sorted(ran, key=int) == [str(number) for number in range(20)]
    assert sum(counts) == 20
    assert await queue.listed() == []


async def test_no_more_jobs_run_at_once_than_allowed(queue: Queue) -> None:
    at_once, most = 0, 0

    async def note(_: Registry, __: Job) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.01)
        at_once -= 1

    for _ in range(9):
        await queue.enqueue()
    await queue.worker(note, at_once=3).run_due()
    assert most == 3


async def test_a_job_that_fails_is_tried_again_until_it_is_done(queue: Queue) -> None:
    attempts: list[int] = []

    async def fail_twice(_: Registry, job: Job) -> None:
        attempts.append(job.attempts)
        if job.attempts < 3:
            raise ServiceBusy

    await queue.enqueue()
    assert await queue.worker(fail_twice, attempts=3).run_due() == 3
    assert attempts == [1, 2, 3]
    assert await queue.listed() == []


@pytest.mark.parametrize(
    ("error", "told"), [(ServiceBusy(), str(ServiceBusy())), (RuntimeError("geheim"), "RuntimeError")]
)
async def test_a_job_that_always_fails_is_given_up_once_and_shown_with_its_error_but_no_secret(
    queue: Queue, account: Account, error: Exception, told: str
) -> None:
    given_up: list[tuple[str, str | None]] = []

    async def fail(_: Registry, __: Job) -> None:
        raise error

    async def give_up(_: Registry, job: Job, reason: str) -> None:
        given_up.append((reason, job.tenant_id))

    await queue.enqueue(tenant_id=account.id)
    assert await queue.worker(fail, attempts=2, give_up=give_up).run_due() == 2

    assert given_up == [(told, account.id)]
    (job,) = await queue.listed()
    assert (job.state, job.attempts, job.error) == (JobState.FAILED, 2, told)


async def test_what_cannot_be_given_up_now_is_given_up_later_and_not_run_again(queue: Queue) -> None:
    ran, given_up = 0, 0

    async def fail(_: Registry, __: Job) -> None:
        nonlocal ran
        ran += 1
        raise ServiceBusy

    async def give_up(_: Registry, __: Job, reason: str) -> None:
        nonlocal given_up
        given_up += 1
        assert reason == str(ServiceBusy())
        if given_up == 1:
            raise ServiceBusy

    await queue.enqueue()
    await queue.worker(fail, attempts=1, give_up=give_up).run_due()
    assert (ran, given_up) == (1, 2)
    assert [job.state for job in await queue.listed()] == [JobState.FAILED]


async def test_a_job_that_kills_every_process_is_given_up_without_another_run(queue: Queue, wiring: Wiring) -> None:
    async def never(_: Registry, __: Job) -> None:
        raise AssertionError

    await queue.enqueue()
    for _ in range(2):
        async with wiring.database.transaction(platform=True) as tx:
            assert await jobs.claim(tx, {queue.kind: 0.0}, 1)  # and no word of it any more
    await queue.worker(never, attempts=2).run_due()

    (job,) = await queue.listed()
    assert (job.state, job.error) == (JobState.FAILED, "The process that ran it ended before it.")


async def test_a_run_that_is_longer_than_its_lease_keeps_the_job(queue: Queue) -> None:
    runs, go_on = 0, asyncio.Event()

    async def take_long(_: Registry, __: Job) -> None:
        nonlocal runs
        runs += 1
        await go_on.wait()

    await queue.enqueue()
    async with running(*(queue.worker(take_long, lease_seconds=0.6) for _ in range(2))):
        await until(lambda: runs == 1)
        before = (await queue.listed())[0].due_at
        for _ in range(3):  # leases that would be over by now
            await until(lambda before=before: _prolonged(queue, before))
            before = (await queue.listed())[0].due_at
        go_on.set()
        await until(lambda: _is_empty(queue))
    assert runs == 1


async def _prolonged(queue: Queue, before: Any) -> bool:
    return all(job.due_at > before for job in await queue.listed())


async def _is_empty(queue: Queue) -> bool:
    return await queue.listed() == []


async def test_a_run_that_lost_its_lease_is_stopped_and_ends_nothing(queue: Queue, cluster: Urls) -> None:
    began, stopped = asyncio.Event(), asyncio.Event()

    async def take_long(_: Registry, __: Job) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    await queue.enqueue()
    async with running(queue.worker(take_long, lease_seconds=0.3)):
        await began.wait()
        owner = await asyncpg.connect(cluster.owner)
        await owner.execute(
            "UPDATE plugport.jobs SET epoch = epoch + 1, due_at = now() + interval '1 hour' WHERE kind = $1", queue.kind
        )
        await owner.close()
        async with asyncio.timeout(30):
            await stopped.wait()
    (job,) = await queue.listed()
    assert (job.state, job.epoch) == (JobState.RUNNING, 2)


async def test_a_worker_that_is_stopped_returns_what_it_is_at_and_the_run_does_not_count(queue: Queue) -> None:
    began = asyncio.Event()

    async def take_long(_: Registry, __: Job) -> None:
        began.set()
        await asyncio.Event().wait()

    async def do(_: Registry, job: Job) -> None:
        assert job.attempts == 1

    await queue.enqueue()
    async with running(queue.worker(take_long)):
        await began.wait()
    (job,) = await queue.listed()
    assert (job.state, job.attempts) == (JobState.WAITING, 0)
    assert await queue.worker(do).run_due() == 1
    assert await queue.listed() == []


async def test_what_recurs_is_run_once_by_two_workers(wiring: Wiring, settings: Settings) -> None:
    kind, ran = a_kind(), 0

    async def note(_: Registry, __: Job) -> None:
        nonlocal ran
        ran += 1

    def one() -> Worker:
        handlers = {kind: Handler(run=note, every_seconds=3600)}
        return Worker(wiring.registry, wiring.database, settings.database_url, handlers, at_once=1)

    await asyncio.gather(*(one().run_due() for _ in range(3)))
    assert ran == 1


def test_the_kinds_that_recur_and_how_often() -> None:
    minutes = {kind: each.every_seconds / 60 for kind, each in HANDLERS.items() if each.every_seconds is not None}
    assert minutes == {
        "expire_uploads": 1, "sweep_credentials": 5, "sweep_incoming": 60, "sweep_installs": 60,
        "sweep_notifications": 60, "sweep_webhooks": 60, "collect_garbage": 60, "scrub_blobs": 24 * 60,
    }  # fmt: skip


async def test_what_recurs_is_done_by_the_registry_and_leaves_nothing(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    """On a database and a store that are in order; the first worker there is does all of it at once."""
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    settings = read_settings({"PLUGPORT_DATABASE_URL": urls.app, **BY_CHECKS, "PLUGPORT_DATA_DIR": str(tmp_path)})
    recurring = [kind for kind, each in HANDLERS.items() if each.every_seconds is not None]
    async with wired(settings) as wiring:
        assert await Worker(wiring.registry, wiring.database, urls.app, at_once=2).run_due() == len(recurring)
        assert (await wiring.registry.jobs.list_page(console(), None, Paging(offset=0, limit=10))).items == []


# -- how soon --------------------------------------------------------------------------------------------------------------


async def nothing(_: Registry, __: Job) -> None:
    """A job that is done at once."""


async def test_a_new_job_is_told_to_workers_and_not_found_by_asking(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, cluster: Urls
) -> None:
    """The workers here ask once an hour."""
    monkeypatch.setattr(worker, "_ASK_SECONDS", 3600.0)
    monkeypatch.setattr(worker, "_AFTER_FAILURE_SECONDS", 0.05)
    async with running(queue.worker(nothing)):
        for _ in range(3):
            await queue.enqueue()
            await until(lambda: _is_empty(queue))
        owner = await asyncpg.connect(cluster.owner)  # the line breaks; another is opened, and nothing is forgotten
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'plugport jobs'"
        )
        await owner.close()
        await queue.enqueue()
        await until(lambda: _is_empty(queue))


async def test_without_word_from_the_database_jobs_are_found_by_asking(queue: Queue) -> None:
    queue.url = "postgresql://nobody@127.0.0.1:1/nothing"
    async with running(queue.worker(nothing)):
        await queue.enqueue()
        await until(lambda: _is_empty(queue))


async def test_pauses_grow_with_each_attempt_up_to_a_limit() -> None:
    for attempts, longest in [(1, 2), (2, 4), (5, 32), (50, 900), (10_000, 900)]:
        assert all(longest / 2 <= worker.pause_after(attempts) <= longest for _ in range(20))


# -- the server ------------------------------------------------------------------------------------------------------------


async def test_the_server_does_jobs_and_counts_them(server: Server, wiring: Wiring) -> None:
    line = 'plugport_jobs_total{kind="sweep_credentials",outcome="done"}'

    async with wiring.database.transaction(platform=True) as tx:
        await jobs.enqueue(tx, "sweep_credentials", {}, tenant_id=None)

    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:

        async def counted() -> bool:
            return line in (await client.get("/metrics")).text

        await until(counted)


@pytest.mark.parametrize(("setting", "workers"), [("serve", 1), ("off", 0)])
async def test_a_server_that_is_told_so_does_no_jobs(settings: Settings, setting: str, workers: int) -> None:
    app = create_app(msgspec.structs.replace(settings, jobs=setting))
    async with app.lifespan():
        names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    assert names.count("Worker.run") == workers
    assert "Worker.run" not in [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]


# -- commands --------------------------------------------------------------------------------------------------------------


class Installation:
    """A database of its own, and the program's environment for it."""

    def __init__(self, urls: Urls, owner: Any, data_dir: Path) -> None:
        self.urls = urls
        self.owner = owner
        self.environment = environment(data_dir, PLUGPORT_DATABASE_URL=urls.app, PLUGPORT_DATABASE_OWNER_URL=urls.owner)

    async def enqueue(self, kind: str) -> None:
        await self.owner.execute(
            "INSERT INTO jobs (id, kind, due_at) VALUES (replace(gen_random_uuid()::text, '-', ''), $1, now())", kind
        )

    async def job(self, kind: str) -> Any:
        return await self.owner.fetchrow("SELECT state, attempts FROM jobs WHERE kind = $1", kind)

    async def say(self, *arguments: str) -> Any:
        """The result of the command, which runs in this process."""
        return await asyncio.to_thread(CliRunner(env=self.environment).invoke, main, arguments)

    async def run(self, *arguments: str) -> Any:
        """What the command answers with `--json`."""
        done = await self.say(*arguments, "--json")
        assert done.exit_code == 0, done.stdout
        return json.loads(done.stdout)


@pytest.fixture
async def installation(new_database: NewDatabase, tmp_path: Path) -> AsyncIterator[Installation]:
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
    yield Installation(urls, owner, tmp_path)
    await owner.close()


@pytest.mark.parametrize(("how", "status", "left"), [
    (signal.SIGKILL, -signal.SIGKILL, ("running", 1)), (signal.SIGTERM, 0, ("waiting", 0)), (signal.SIGINT, 0, ("waiting", 0)),
])  # fmt: skip
async def test_a_job_of_a_process_that_ends_in_the_middle_is_done_by_another(
    installation: Installation, tmp_path: Path, how: signal.Signals, status: int, left: tuple[str, int]
) -> None:
    """The job is kept from going on by a lock on what it wants to change."""
    owner, lock = installation.owner, installation.owner.transaction()
    await installation.enqueue("sweep_credentials")
    await owner.execute("INSERT INTO job_schedule VALUES ('sweep_credentials', 300, now() + interval '1 hour')")
    await lock.start()
    await owner.execute("LOCK TABLE tokens IN ACCESS EXCLUSIVE MODE")
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", "work",
            cwd=REPOSITORY, env=installation.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        await until(lambda: _is_waiting_for_a_lock(owner))
        process.send_signal(how)
        async with asyncio.timeout(60):
            assert await process.wait() == status, (tmp_path / "log").read_text()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await lock.rollback()
    assert tuple(await installation.job("sweep_credentials")) == left

    await owner.execute("UPDATE jobs SET due_at = now()")  # the lease is over
    ran = await asyncio.to_thread(run_json, "work", "--until-empty", env=installation.environment)
    assert ran["ran"] >= 1

    assert await installation.job("sweep_credentials") is None


async def _is_waiting_for_a_lock(owner: Any) -> bool:
    return bool(
        await owner.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'tokens'::regclass)")
    )


async def test_operators_see_failed_jobs_and_let_them_run_again(installation: Installation) -> None:
    for kind in ("sweep_incoming", "sweep_credentials"):
        await installation.enqueue(kind)
    await installation.owner.execute(
        "UPDATE jobs SET state = 'failed', attempts = 5, error = 'The storage is full.' WHERE kind = 'sweep_incoming'"
    )

    everything = await installation.run("jobs", "list")
    failed = await installation.run("jobs", "list", "--failed")
    for_people = await installation.say("jobs", "list", "--failed")

    assert (everything["total"], failed["total"]) == (2, 1)
    (job,) = failed["jobs"]
    assert (job["kind"], job["state"], job["error"]) == ("sweep_incoming", "failed", "The storage is full.")
    assert job["id"] in for_people.stdout
    assert for_people.stdout.endswith("The storage is full.\n1 of 1 jobs.\n")

    retried = await installation.run("jobs", "retry", job["id"])
    assert (retried["state"], retried["attempts"]) == ("waiting", 0)
    for wrong, code in [(job["id"], "PLUGPORT.00090002"), ("0" * 32, "PLUGPORT.00090001")]:
        refused = await installation.say("jobs", "retry", wrong, "--json")
        assert (refused.exit_code, json.loads(refused.stdout)["error_code"]) == (1, code)
    assert tuple(await installation.job("sweep_incoming")) == ("waiting", 0)


async def test_letting_a_tenants_job_run_again_is_written_in_its_audit(
    queue: Queue, registry: Registry, account: Account, cluster: Urls
) -> None:
    async def fail(_: Registry, __: Job) -> None:
        raise ServiceBusy

    await queue.enqueue(tenant_id=account.id)
    await queue.worker(fail, attempts=1).run_due()
    (job,) = await queue.listed()

    await registry.jobs.retry(console(), job.id)

    owner = await asyncpg.connect(cluster.owner)
    query = "SELECT actor_name, object_id FROM plugport.audit_entries WHERE tenant_id = $1 AND action = 'job.retried'"
    assert [tuple(row) for row in await owner.fetch(query, account.id)] == [("console", job.id)]
    await owner.close()


def test_a_command_that_works_apart_ends_when_there_is_nothing_left(tmp_path: Path) -> None:
    """With a database of its own, which it starts and stops."""
    env = environment(tmp_path / "data")
    assert run_json("work", "--until-empty", "--at-once", "3", env=env)["ran"] >= 2  # what recurs, the first time
    assert run_json("work", "--until-empty", env=env) == {"ran": 0}
