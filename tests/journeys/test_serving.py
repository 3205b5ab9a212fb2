"""The program's life: it starts, survives, and leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import httpx
import pytest

from storage.postgres.embedded import Urls
from tests.program import Server, environment, free_port, run, run_json


def log_in_as_administrator(server: Server) -> int:
    password = (server.data_dir / "admin-password").read_text()
    user = {"name": "admin", "password": password, "domain": {"name": "plugport"}}
    scope = {"project": {"name": "default"}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    return httpx.post(f"{server.url}/v3/auth/tokens", json=body, timeout=30).status_code


def database_runs(data_dir: Path) -> bool:
    return (data_dir / "postgres" / "data" / "postmaster.pid").exists()


def workers(server: Server) -> list[int]:
    """The server's processes besides the database's and the one that was started."""
    found = subprocess.run(
        ["ps", "-o", "pid=,comm=", "--ppid", str(server.process.pid)], capture_output=True, text=True, check=True
    )
    return [int(line.split()[0]) for line in found.stdout.splitlines() if "postgres" not in line]


def wait_until_gone(pids: list[int]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        states = subprocess.run(
            ["ps", "-o", "state=", "-p", ",".join(map(str, pids))], capture_output=True, text=True, check=False
        ).stdout.split()
        if all(state == "Z" for state in states):
            return
        time.sleep(0.05)
    raise AssertionError(f"still there: {pids}")


def test_a_first_start_makes_an_administrator_and_a_second_finds_everything(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", port=free_port())
    with server:
        said = server.log.read_text()
        assert server.url in said
        assert "admin" in said
        assert str(server.data_dir / "admin-password") in said
        assert (server.data_dir / "admin-password").read_text() not in said
        assert log_in_as_administrator(server) == 201
    assert not database_runs(server.data_dir)

    with server:
        assert log_in_as_administrator(server) == 201


@pytest.mark.parametrize("count", [1, 2])
def test_ctrl_c_in_the_terminal_stops_everything_well(tmp_path: Path, count: int) -> None:
    """The terminal sends the signal to every process of the group."""
    server = Server(tmp_path / "data", port=free_port(), PLUGPORT_WORKERS=str(count))
    with server:
        process = server.process
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) == 0
    assert "refused to gracefully stop" not in server.log.read_text()  # nor does one that only starts have to be killed
    assert not database_runs(server.data_dir)


def test_after_kill_9_the_next_start_serves_on_the_same_port(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", port=free_port())
    server.start()
    orphans = workers(server)
    server.stop(signal.SIGKILL)
    wait_until_gone(orphans)

    with server:
        assert log_in_as_administrator(server) == 201
    assert not database_runs(server.data_dir)


def test_a_port_that_is_taken_is_one_sentence(server: Server, tmp_path: Path) -> None:
    done = run("serve", "--port", str(server.port), env=environment(tmp_path / "data"))

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"Cannot listen on 127.0.0.1:{server.port}: Address already in use.\n"
    assert not database_runs(tmp_path / "data")


def test_a_wrong_option_is_one_sentence(tmp_path: Path) -> None:
    done = run("serve", "--workers", "0", env=environment(tmp_path / "data"))

    assert done.returncode == 2
    assert done.stderr == "PLUGPORT_WORKERS takes a whole number from 1 to 64.\n"


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with Server(tmp_path / "data", port=free_port()) as server:
        (worker,) = workers(server)
        os.kill(worker, signal.SIGKILL)
        wait_until_gone([worker])
        server.wait_until_ready()


def test_counters_add_up_over_all_workers(tmp_path: Path) -> None:
    with Server(tmp_path / "data", port=free_port(), PLUGPORT_WORKERS="2") as server:
        for _ in range(20):
            httpx.get(f"{server.url}/v3", timeout=30)
        counters = httpx.get(f"{server.url}/metrics", timeout=30).text

    assert 'plugport_requests_total{method="GET",route="/v3",status="2xx"} 20.0' in counters.splitlines()


async def test_a_login_that_owns_nothing_serves_what_the_owner_migrated(
    new_database: Callable[[], Awaitable[Urls]], tmp_path: Path
) -> None:
    urls = await new_database()
    login, password = f"login_{os.urandom(4).hex()}", os.urandom(8).hex()
    owner = await asyncpg.connect(urls.owner)
    await owner.execute(f"CREATE ROLE {login} LOGIN NOSUPERUSER PASSWORD '{password}'")
    address = urls.app.rpartition("@")[2]
    url = f"postgresql://{login}:{password}@{address}"
    both = environment(tmp_path, PLUGPORT_DATABASE_URL=url, PLUGPORT_DATABASE_OWNER_URL=urls.owner)

    try:
        refused = await asyncio.to_thread(run, "migrate", env=environment(tmp_path, PLUGPORT_DATABASE_URL=url))
        applied = await asyncio.to_thread(run_json, "migrate", env=both)
        server = Server(tmp_path, port=free_port(), PLUGPORT_DATABASE_URL=url)
        await asyncio.to_thread(server.start)
        assert await asyncio.to_thread(log_in_as_administrator, server) == 201
        assert await asyncio.to_thread(server.stop) == 0
    finally:
        await owner.execute(f"REVOKE plugport_app FROM {login}")
        await owner.execute(f"DROP ROLE {login}")
        await owner.close()

    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert len(applied["applied"]) > 0
    assert not database_runs(tmp_path)


def test_servers_that_first_start_at_once_agree_on_one_administrator(tmp_path: Path) -> None:
    servers = [Server(tmp_path, port=free_port()) for _ in range(2)]
    with ThreadPoolExecutor() as starting:
        list(starting.map(Server.start, servers))
    assert [log_in_as_administrator(server) for server in servers] == [201, 201]
    assert [server.stop() for server in servers] == [0, 0]
    assert not database_runs(tmp_path)


def test_a_server_keeps_its_port_from_others_on_its_data_directory_from_the_first_moment(server: Server) -> None:
    other = run("serve", "--port", str(server.port), env=server.environment)

    assert other.returncode == 1
    assert other.stderr == (
        f"Cannot listen on 127.0.0.1:{server.port}: another server on this data directory has the port.\n"
    )
