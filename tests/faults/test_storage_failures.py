"""When the store fails, the client is told so, nothing is kept, and the next try succeeds."""

import os
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from app.settings import read_settings
from app.wiring import wired
from schemas.errors import StorageUnavailable
from storage.postgres.embedded import Urls
from tests.accounts import Account
from tests.builders import a_name, a_package, an_upload
from tests.contract.postgres.furnished import pieces
from tests.faults.proxy import Proxy
from tests.program import BY_CHECKS, Server, free_port
from tests.seaweed import SeaweedFS


@pytest.fixture(scope="module")
def own_store(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose store may be spoiled; the database is everybody's."""
    with Server(
        tmp_path_factory.mktemp("store") / "data",
        port=free_port(),
        PLUGPORT_DATABASE_URL=cluster.app,
        PLUGPORT_JOBS="off",  # its store is not that of the database's other servers
        PLUGPORT_DATABASE_OWNER_URL=cluster.owner,
    ) as running:
        yield running


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


@pytest.fixture
def client(own_store: Server, account: Account) -> Iterator[httpx.Client]:
    """An author's client."""
    headers = {"X-Auth-Token": account.user("author").token()}
    with httpx.Client(base_url=f"{own_store.url}/v3/{account.id}/extension", headers=headers, timeout=40) as made:
        yield made


def upload(client: httpx.Client, name: str, package: bytes) -> tuple[int, str]:
    """The status, and the code of a refusal."""
    answer = client.post("/upload", params={"plugin_name": name}, files=an_upload(package))
    return answer.status_code, "" if answer.status_code == 200 else answer.json()["error_code"]


async def kept(owner: Any, tenant_id: str) -> tuple[int, int, int]:
    """How many plug-ins, blobs and blobs on their way in the tenant has."""
    row = await owner.fetchrow(
        """SELECT (SELECT count(*) FROM plugins WHERE tenant_id = $1) AS plugins,
                  (SELECT count(*) FROM blobs WHERE tenant_id = $1) AS blobs,
                  (SELECT count(*) FROM incoming_blobs WHERE tenant_id = $1) AS incoming""",
        tenant_id,
    )
    return row["plugins"], row["blobs"], row["incoming"]


def files(server: Server, account: Account) -> list[Path]:
    """What the store keeps of the tenant, unfinished files included."""
    return [path for path in (server.data_dir / "blobs" / "t" / account.id).rglob("*") if path.is_file()]


async def test_a_directory_that_cannot_be_written_is_told_and_nothing_is_kept(
    own_store: Server, client: httpx.Client, account: Account, owner: Any
) -> None:
    name, blobs, aside = a_name(), own_store.data_dir / "blobs", own_store.data_dir / "aside"
    blobs.rename(aside)
    blobs.write_text("in the way")
    assert upload(client, name, a_package(name)) == (503, "PLUGPORT.00070001")
    ready = httpx.get(f"{own_store.url}/readyz", timeout=20)  # noqa: ASYNC210 - the server is another process
    assert (ready.status_code, ready.text) == (503, "database: ok\nstorage: down\n")
    blobs.unlink()
    aside.rename(blobs)
    plugins, stored, _ = await kept(owner, account.id)
    assert (plugins, stored, files(own_store, account)) == (0, 0, [])
    assert upload(client, name, a_package(name)) == (200, "")


async def test_a_full_store_is_told_and_nothing_is_kept(
    own_store: Server, client: httpx.Client, account: Account, owner: Any
) -> None:
    """A bound on the size of files stands for a disk with no room left."""
    name = a_name()
    package = a_package(name, script=os.urandom(3_000_000))
    with bounded_files(own_store, 2_000_000):
        assert upload(client, name, package) == (507, "PLUGPORT.00070002")
        assert (await kept(owner, account.id), files(own_store, account)) == ((0, 0, 0), [])
    assert upload(client, name, package) == (200, "")
    assert await kept(owner, account.id) == (1, 1, 0)


class bounded_files:  # noqa: N801 - used like a function
    """A block in which no process of the server can write a file beyond so many bytes."""

    def __init__(self, server: Server, limit: int) -> None:
        main = server.process.pid
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        self._processes = [main, *map(int, children)]
        self._limit = limit

    def __enter__(self) -> None:
        self._set(self._limit)

    def __exit__(self, *_: object) -> None:
        self._set(resource.RLIM_INFINITY)

    def _set(self, limit: int) -> None:
        for process in self._processes:
            resource.prlimit(process, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


async def test_a_bucket_that_cannot_be_reached_is_told_and_after_it_is_back_nothing_is_left_over(
    cluster: Urls, account: Account, owner: Any, tmp_path: Path
) -> None:
    caller = account.user("author").caller
    first, second = a_name(), a_name()
    with SeaweedFS(tmp_path / "weed") as weed, Proxy(f"http://{weed.endpoint}") as line:
        settings = read_settings(
            {
                "PLUGPORT_DATABASE_URL": cluster.app,
                **BY_CHECKS,
                "PLUGPORT_DATA_DIR": str(tmp_path),
                "PLUGPORT_STORAGE_URL": weed.url_with(endpoint=f"127.0.0.1:{line.port}"),
            }
        )
        async with wired(settings) as wiring:
            upload = wiring.registry.packages.upload
            await upload(caller, first, None, pieces(a_package(first)))
            line.refuse()
            with pytest.raises(StorageUnavailable):
                await upload(caller, second, None, pieces(a_package(second)))
            plugins, stored, _ = await kept(owner, account.id)
            assert (plugins, stored) == (1, 1)
            line.restore()
            await upload(caller, second, None, pieces(a_package(second)))
            await owner.execute(
                "UPDATE incoming_blobs SET begun_at = now() - interval '2 days' WHERE tenant_id = $1", account.id
            )
            await wiring.registry.packages.sweep()
            assert await kept(owner, account.id) == (2, 2, 0)
            keys = await owner.fetch("SELECT key FROM blobs WHERE tenant_id = $1", account.id)
            assert sorted([key async for key in wiring.blobs.keys("")]) == sorted(row["key"] for row in keys)
