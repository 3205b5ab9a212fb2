"""kill -9 of the server or of its database: nothing half-made is ever seen, and the next start goes on."""

import asyncio
import contextlib
import hashlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from app.settings import read_settings
from app.wiring import wired
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member
from tests.builders import a_name, a_package, a_plugin, an_upload
from tests.program import BY_CHECKS, Server, free_port, run_json


@pytest.fixture(scope="module")
def mortal(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that may be killed; its store is its own, the database is not."""
    server = Server(
        tmp_path_factory.mktemp("mortal") / "data",
        port=free_port(),
        PLUGPORT_DATABASE_URL=cluster.app,
        PLUGPORT_JOBS="off",  # its store is not that of the database's other servers
        PLUGPORT_DATABASE_OWNER_URL=cluster.owner,
    )
    with server as running:
        yield running


def kill(server: Server) -> None:
    """SIGKILL for every process of the server at once, as a power cut for it would be."""
    process = server.process
    os.killpg(process.pid, signal.SIGKILL)
    server.stop(signal.SIGKILL)


def sent(server: Server, member: Member, name: str, package: bytes, *, part: float) -> socket.socket:
    """A connection on which that part of an upload was sent."""
    request = httpx.Request(
        "POST",
        f"{server.url}/v3/{member.account.id}/extension/upload",
        params={"plugin_name": name},
        headers={"X-Auth-Token": member.token()},
        files=an_upload(package),
    )
    body = request.read()
    lines = [f"POST {request.url.raw_path.decode()} HTTP/1.1"]
    lines += [f"{key}: {value}" for key, value in request.headers.items()]
    line = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    line.sendall("\r\n".join([*lines, "", ""]).encode() + body[: int(len(body) * part)])
    return line


def test_a_server_killed_during_uploads_shows_whole_releases_or_none(
    mortal: Server, account: Account, cluster: Urls
) -> None:
    """Killed with half of a body, and at several moments after the last byte of others."""
    author = account.user("author")
    packages = {name: a_package(name, script=os.urandom(300_000)) for name in (a_name() for _ in range(12))}
    answered: set[str] = set()
    for turn, names in enumerate(zip(*[iter(packages)] * 4, strict=True)):
        lines = {
            name: sent(mortal, author, name, packages[name], part=0.5 if place == 0 else 1.0)
            for place, name in enumerate(names)
        }
        time.sleep(0.03 * turn)
        kill(mortal)
        for name, line in lines.items():
            with contextlib.suppress(OSError), line:
                if b" 200 " in line.recv(100):
                    answered.add(name)
        mortal.start()

    headers = {"X-Auth-Token": author.token()}
    with httpx.Client(base_url=f"{mortal.url}/v3/{account.id}/extension", headers=headers, timeout=30) as client:
        for name, package in packages.items():
            detail = client.get("/detail", params={"plugin_name": name})
            if detail.status_code == 200:
                assert detail.json()["execution"]["sha256"] == hashlib.sha256(package).hexdigest()
            else:
                assert (detail.status_code, name in answered) == (404, False)
            again = client.post("/upload", params={"plugin_name": name}, files=an_upload(package))
            assert (again.status_code, again.json()) == (200, True)
    asyncio.run(check_store(mortal, account, cluster, len(packages)))


async def check_store(server: Server, account: Account, cluster: Urls, releases: int) -> None:
    """Every release has its bytes, and once the sweep has been there the store holds nothing else."""
    owner = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    stored = await owner.fetch(
        """SELECT b.key, b.size, v.package_sha256 FROM plugin_versions v
             LEFT JOIN blobs b ON b.tenant_id = v.tenant_id AND b.sha256 = v.package_sha256 WHERE v.tenant_id = $1""",
        account.id,
    )
    await owner.execute(
        "UPDATE incoming_blobs SET begun_at = now() - interval '2 days' WHERE tenant_id = $1", account.id
    )
    await owner.close()
    settings = read_settings(
        {
            "PLUGPORT_DATABASE_URL": cluster.app,
            **BY_CHECKS,
            "PLUGPORT_DATA_DIR": str(server.data_dir),
        }
    )
    async with wired(settings) as wiring:
        for row in stored:
            found = await wiring.blobs.digest(row["key"])
            assert (found.size, found.sha256) == (row["size"], row["package_sha256"])
        await wiring.registry.packages.sweep()
        keys = [key async for key in wiring.blobs.keys(f"t/{account.id}")]
    assert sorted(keys) == sorted(row["key"] for row in stored)
    assert len(keys) == releases


def test_a_killed_database_is_back_with_the_next_command_and_the_server_goes_on(tmp_path: Path) -> None:
    """The embedded one: meanwhile every request is told to come again."""
    with Server(tmp_path / "data", port=free_port()) as server:
        url, client = log_in(server)
        assert client.post(url, json=a_plugin("before")).status_code == 200
        postmaster = int((server.data_dir / "postgres/data/postmaster.pid").read_text().splitlines()[0])
        os.kill(postmaster, signal.SIGKILL)
        until = time.monotonic() + 30
        meanwhile = a_name()
        while (refused := client.post(url, json=a_plugin(meanwhile))).status_code == 200:
            assert time.monotonic() < until  # the processes of a killed postmaster serve for another moment
            meanwhile = a_name()
        assert (refused.status_code, refused.json()["error_code"]) == (503, "PLUGPORT.00010007")
        assert httpx.get(f"{server.url}/healthz", timeout=10).status_code == 200
        run_json("tenant", "create", "another", env=server.environment)
        server.wait_until_ready()
        assert client.post(url, json=a_plugin("before")).status_code == 409
        assert client.post(url, json=a_plugin(meanwhile)).status_code == 200
        client.close()


def log_in(server: Server) -> tuple[str, httpx.Client]:
    """Where basic plug-ins are made, and the client of the administrator that a first start makes."""
    password = (server.data_dir / "admin-password").read_text()
    user = {"name": "admin", "password": password, "domain": {"name": "plugport"}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
    issued = httpx.post(f"{server.url}/v3/auth/tokens", json={"auth": auth}, timeout=30)
    domain_id = issued.json()["token"]["user"]["domain"]["id"]
    headers = {"X-Auth-Token": issued.headers["X-Subject-Token"]}
    return f"/v3/{domain_id}/extension/info/add", httpx.Client(base_url=server.url, headers=headers, timeout=40)
