"""What every test may ask for: a database, the registry in this process, a running server, and accounts to act for.

One PostgreSQL cluster and one data directory serve the whole run; the server is the real program in a process of its own.
Tests keep apart by accounts: each makes its own and sees nothing of the others'.

- `new_account(official=False)`: makes an account (`tests.accounts.Account`); `account.user("author")` makes a user in it,
  who has `.token()`, `.access_key()` and `.client()`, an `httpx.Client` that sends the token.
- `account`: one such account. `operator`: a user who operates the whole platform.
- `server`: the running program (`.url`, `.data_dir`, `.environment` for commands beside it). `http`: an `httpx.Client` for it
  without credentials.
- `meet(member)`: a user who works over HTTP (`tests.person.Person`); `judge` is the operator as such a person.
- `wiring`, `registry`: the use-cases in this process, over the same database; for async tests.
- `vsce_package(sample, *arguments)`: the package that the real vsce makes of a sample of `tests/vsce`.
- `new_database`: makes an empty database and answers its owner's and its application's URL.
"""

import gc
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path

import argon2
import asyncpg
import httpx
import hypothesis
import pytest
from anyio.from_thread import start_blocking_portal

from app.cli.serve import prepare
from app.jobs import HANDLERS
from app.registry import Registry
from app.registry.access import passwords
from app.settings import Settings, read_settings
from app.wiring import Wiring, wired
from storage.postgres.embedded import EmbeddedPostgres, Urls
from tests.accounts import Account, Member, NewAccount, account_maker
from tests.apart import a_database
from tests.person import Meet, Person, people
from tests.program import Server, free_port
from tests.vsce import VscePackage, pack

# The same examples in each run, and no deadline for any: a test that fails now and then tells nobody what he broke.
hypothesis.settings.register_profile("steady", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("long", deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_collection_finish() -> None:
    """Ten thousand tests stay to the end: the collector would look through them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> None:
    for name in [name for name in os.environ if name.startswith("PLUGPORT_")]:
        del os.environ[name]


@pytest.fixture(scope="session", autouse=True)
def _passwords_cost_little() -> Iterator[None]:
    """Of the users that tests make in this process: each costs 70 ms otherwise, and there are thousands. What a hash has cost
    stands in it, so the program checks them as it checks its own, which cost what they should."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c_reaches_programs() -> None:
    """A run in the background of a shell ignores Ctrl-C, and so would every program that a test starts and interrupts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of this run."""
    return tmp_path_factory.mktemp("plugport")


@pytest.fixture(scope="session")
def cluster(data_dir: Path) -> Iterator[Urls]:
    """A PostgreSQL cluster whose database `plugport` is migrated and has its administrator; its URLs as owner and as
    application."""
    with EmbeddedPostgres(data_dir / "postgres").running() as urls, start_blocking_portal() as portal:
        # As a first start would: whichever of many servers starts first, the administrator's password lies here.
        names = {"PLUGPORT_DATABASE_URL": urls.app, "PLUGPORT_DATABASE_OWNER_URL": urls.owner}
        portal.call(prepare, read_settings(names | {"PLUGPORT_DATA_DIR": str(data_dir)}))
        portal.call(_put_off_recurring_jobs, urls.owner)
        yield urls


async def _put_off_recurring_jobs(owner_url: str) -> None:
    """Servers over several stores share this database, and one that scrubs would miss the bytes of the others."""
    owner = await asyncpg.connect(owner_url, server_settings={"search_path": "plugport,public"})
    for kind, handler in HANDLERS.items():
        if handler.every_seconds is not None:
            await owner.execute(
                "INSERT INTO job_schedule (kind, every_seconds, next_at) VALUES ($1, $2, now() + interval '1 day')",
                kind, handler.every_seconds,
            )  # fmt: skip
    await owner.close()


@pytest.fixture(scope="session")
def settings(cluster: Urls, data_dir: Path) -> Settings:
    """The settings of the registry in this process, which shares everything with the server's."""
    told = {"PLUGPORT_DATABASE_URL": cluster.app, "PLUGPORT_DATA_DIR": str(data_dir)}
    return read_settings(
        told | {"PLUGPORT_REVIEW_POLICY": "checks"}
    )  # what waits for a person is asked for where it is meant


@pytest.fixture
async def wiring(settings: Settings) -> AsyncIterator[Wiring]:
    """The registry in this process with what it stands on."""
    async with wired(settings) as opened:
        yield opened


@pytest.fixture
def registry(wiring: Wiring) -> Registry:
    """The use-cases in this process."""
    return wiring.registry


@pytest.fixture(scope="session")
def server(cluster: Urls, data_dir: Path) -> Iterator[Server]:
    """The program, serving; it must end well."""
    with Server(data_dir, port=free_port()) as running:
        yield running


@pytest.fixture(scope="session")
def http(server: Server) -> Iterator[httpx.Client]:
    """A client of the server without credentials."""
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def new_account(settings: Settings, request: pytest.FixtureRequest) -> Iterator[NewAccount]:
    """Makes accounts."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(wired(settings)) as opened:
        yield account_maker(opened.registry, portal, lambda: str(request.getfixturevalue("server").url))


@pytest.fixture
def account(new_account: NewAccount) -> Account:
    """An account of its own for each test, with a project `default`."""
    return new_account()


@pytest.fixture(scope="session")
def operator(new_account: NewAccount) -> Member:
    """A user who operates the platform."""
    return new_account().user("operator")


@pytest.fixture
def meet() -> Iterator[Meet]:
    """Lets a user work over HTTP until the test ends."""
    with people() as meet:
        yield meet


@pytest.fixture
def judge(operator: Member, meet: Meet) -> Person:
    """An operator of the platform, who decides about publishers."""
    return meet(operator)


@pytest.fixture(scope="session")
def vsce_package(tmp_path_factory: pytest.TempPathFactory) -> VscePackage:
    """Packs samples with the real vsce, each once."""
    return cache(lambda sample, *arguments: pack(sample, tmp_path_factory.mktemp("vsce"), *arguments))


@pytest.fixture
async def new_database(cluster: Urls) -> AsyncIterator[Callable[[], Awaitable[Urls]]]:
    """Makes empty databases, which are dropped afterwards."""
    async with AsyncExitStack() as made:
        yield lambda: made.enter_async_context(a_database(cluster))
