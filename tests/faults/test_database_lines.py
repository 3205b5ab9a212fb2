"""When the line to PostgreSQL breaks, clients are told to come again, nothing is half-made, and service resumes by itself."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.settings import read_settings
from app.wiring import Wiring, wired
from schemas.errors import ServiceBusy
from storage.postgres.embedded import Urls
from tests.accounts import Account
from tests.builders import a_name, a_package, a_version
from tests.contract.postgres.furnished import pieces
from tests.faults.proxy import Nth, Proxy
from tests.program import BY_CHECKS, Server, free_port

BUSY = "PLUGPORT.00010007"


@pytest.fixture(scope="module")
def proxy(cluster: Urls) -> Iterator[Proxy]:
    """The line from the application to the database."""
    with Proxy(cluster.app) as line:
        yield line


@pytest.fixture(autouse=True)
def _line_flows(proxy: Proxy) -> Iterator[None]:
    proxy.restore()
    yield
    proxy.restore()


@pytest.fixture(scope="module")
def far_server(proxy: Proxy, cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server at the other end of the line."""
    with Server(
        tmp_path_factory.mktemp("far") / "data",
        port=free_port(),
        PLUGPORT_DATABASE_URL=proxy.url(cluster.app),
        PLUGPORT_JOBS="off",  # its store is not that of the database's other servers
        PLUGPORT_DATABASE_OWNER_URL=cluster.owner,
        PLUGPORT_DATABASE_POOL="4",
    ) as running:
        yield running


@pytest.fixture
def client(far_server: Server, account: Account) -> Iterator[httpx.Client]:
    """An author's client."""
    headers = {"X-Auth-Token": account.user("author").token()}
    with httpx.Client(base_url=f"{far_server.url}/v1/{account.id}/agent-plugin", headers=headers, timeout=40) as made:
        yield made


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything, by another line."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


@pytest.mark.parametrize("breaks", ["break_before", "break_after"])
def test_what_a_broken_line_interrupts_is_busy_and_never_half_made(
    proxy: Proxy, client: httpx.Client, account: Account, cluster: Urls, breaks: str
) -> None:
    pieces_seen = itertools.count(1)
    getattr(proxy, breaks)(lambda _: next(pieces_seen) % 41 == 0)
    names = [a_name() for _ in range(40)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda name: client.post("/create-draft", json=a_version(name)), names))
    assert {answer.status_code for answer in answers} == {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert answer.json()["error_code"] == BUSY
            assert int(answer.headers["Retry-After"]) > 0

    proxy.restore()
    drafts = set(asyncio.run(drafted(cluster.owner, account.id)))
    assert {name for name, answer in zip(names, answers, strict=True) if answer.status_code == 200} <= drafts
    for name in names:
        assert client.post("/create-draft", json=a_version(name)).status_code == (409 if name in drafts else 200)
    assert sorted(asyncio.run(drafted(cluster.owner, account.id))) == sorted(names)


async def drafted(url: str, tenant_id: str) -> list[str]:
    """The names of the plug-ins that have a draft, once for each entry in the audit that tells so."""
    owner = await asyncpg.connect(url, server_settings={"search_path": "plugport,public"})
    rows = await owner.fetch(
        """SELECT p.name, count(DISTINCT v.id) AS drafts, count(DISTINCT e.number) AS entries
             FROM plugins p
             LEFT JOIN plugin_versions v ON v.plugin_id = p.id
             LEFT JOIN audit_entries e ON e.tenant_id = p.tenant_id AND e.object_id = p.id
            WHERE p.tenant_id = $1 GROUP BY p.name""",
        tenant_id,
    )
    await owner.close()
    assert all((row["drafts"], row["entries"]) == (1, 1) for row in rows), rows
    return [row["name"] for row in rows]


def test_without_a_database_every_request_is_told_to_come_again_until_it_is_back(
    proxy: Proxy, client: httpx.Client, far_server: Server
) -> None:
    proxy.refuse()
    answer = client.post("/query-all", json={})
    assert (answer.status_code, answer.json()["error_code"]) == (503, BUSY)
    assert httpx.get(f"{far_server.url}/healthz", timeout=10).status_code == 200
    ready = httpx.get(f"{far_server.url}/readyz", timeout=20)
    assert (ready.status_code, ready.text) == (503, "database: down\nstorage: ok\n")
    proxy.restore()
    assert client.post("/query-all", json={}).status_code == 200
    assert httpx.get(f"{far_server.url}/readyz", timeout=20).status_code == 200


def test_requests_wait_for_a_database_that_is_silent_for_a_moment(
    proxy: Proxy, client: httpx.Client, far_server: Server
) -> None:
    proxy.hold()
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(client.post, "/create-draft", json=a_version(a_name())) for _ in range(2)]
        assert httpx.get(f"{far_server.url}/healthz", timeout=10).status_code == 200
        assert httpx.get(f"{far_server.url}/readyz", timeout=30).status_code == 503
        proxy.restore()
        assert [each.result().status_code for each in waiting] == [200, 200]


# -- a release ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def far(proxy: Proxy, cluster: Urls, tmp_path: Path) -> AsyncIterator[Wiring]:
    """The registry in this process, at the other end of the line, with a store of its own."""
    settings = read_settings(
        {
            "PLUGPORT_DATABASE_URL": proxy.url(cluster.app),
            **BY_CHECKS,
            "PLUGPORT_DATA_DIR": str(tmp_path),
        }
    )
    async with wired(settings) as wiring:
        yield wiring


@pytest.mark.parametrize("breaks", ["break_before", "break_after"])
async def test_an_upload_whose_line_breaks_at_any_commit_is_released_once_when_it_is_sent_again(
    proxy: Proxy, far: Wiring, account: Account, owner: Any, breaks: str
) -> None:
    """Before the commit reaches the database, and after it took hold but its reply is lost."""
    caller = account.user("author").caller
    for number in itertools.count(1):
        name = a_name()
        commit = Nth(b"COMMIT\x00", number)
        getattr(proxy, breaks)(commit)
        try:
            await far.registry.packages.upload(caller, name, None, pieces(a_package(name)))
            interrupted = False
        except ServiceBusy:
            interrupted = True
        proxy.restore()
        if commit.seen < number:
            assert number > 3  # whether it may come, that it comes, that it is there
            assert not interrupted
            break
        await far.registry.packages.upload(caller, name, None, pieces(a_package(name)))
        assert await released(owner, account.id, name) == (1, 1)
    # What an interrupted one could not remove by itself is removed by the sweep, and everything kept is named.
    await owner.execute(
        "UPDATE incoming_blobs SET begun_at = now() - interval '2 days' WHERE tenant_id = $1", account.id
    )
    await far.registry.packages.sweep()
    kept = await owner.fetch("SELECT key FROM blobs WHERE tenant_id = $1", account.id)
    assert sorted([key async for key in far.blobs.keys("")]) == sorted(row["key"] for row in kept)


async def released(owner: Any, tenant_id: str, name: str) -> tuple[int, int]:
    """How many releases the plug-in has, and how many entries of the audit tell of one."""
    row = await owner.fetchrow(
        """SELECT (SELECT count(*) FROM plugin_versions v WHERE v.plugin_id = p.id AND v.state = 'formal') AS releases,
                  (SELECT count(*) FROM audit_entries e WHERE e.object_id = p.id AND action = 'version.released') AS entries
             FROM plugins p WHERE tenant_id = $1 AND name = $2""",
        tenant_id,
        name,
    )
    return row["releases"], row["entries"]
