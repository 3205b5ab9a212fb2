"""`plugport serve`: the database, the first administrator, and the HTTP server, in this order and back."""

import asyncio
import fcntl
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from pathlib import Path
from types import FrameType
from typing import Any, TextIO

import click
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.net import SocketSpec  # type: ignore[attr-defined]

from app.cli.database import database_running, make_data_directory, migrate_database
from app.cli.reporting import CommandFailed, answer, as_json_option, reported
from app.registry.access.service import console
from app.settings import SettingRefused, Settings, read_settings
from app.telemetry import COUNTERS_DIRECTORY, configure_logging, logging_config
from app.wiring import wired, write_once

_FIRST_START = 0x6669727374  # "first": the servers of one database make the first tenant one after the other
TENANT, PROJECT, ADMINISTRATOR = "plugport", "default", "admin"

_HEADER_MILLISECONDS = 15_000  # for a request's headers; a connection may stay idle as long
_BUFFER_BYTES = 512 * 1024  # of a connection: bodies come in pieces of that size, and larger ones cost less
_REQUESTS_AT_ONCE = 512  # of one worker; more wait in the queue of the socket
_STOP_SECONDS = 20  # for running requests to end
_UNTIL_IT_SERVES_SECONDS = 0.2  # after the application has started


@click.command()
@click.option("--host", help="Address to listen on (PLUGPORT_HOST).")
@click.option("--port", type=int, help="Port to listen on (PLUGPORT_PORT).")
@click.option("--workers", type=int, help="Server processes (PLUGPORT_WORKERS).")
@as_json_option
@reported
def serve(host: str | None, port: int | None, workers: int | None, as_json: bool) -> None:
    """Serve until Ctrl-C. Without PLUGPORT_DATABASE_URL a PostgreSQL in the data directory is started and stopped too."""
    given = {"PLUGPORT_HOST": host, "PLUGPORT_PORT": port, "PLUGPORT_WORKERS": workers}
    settings = read_settings(os.environ | {name: str(value) for name, value in given.items() if value is not None})
    configure_logging(settings.log_format, settings.log_level)
    signal.signal(signal.SIGTERM, _interrupt)
    make_data_directory(settings)
    with _take_port(settings), database_running(settings) as running:
        password_file = asyncio.run(prepare(running))
        _announce(running, password_file, as_json)
        with _counters_directory(running) as counters:
            _set_environment(running, counters)
            os.register_at_fork(after_in_child=_forget_signal_handlers)
            _server(running).serve(target_loader=_load)


async def prepare(settings: Settings) -> Path:
    """Migrates a database that runs, and makes what a first start makes: a tenant, a project, and an administrator.

    Answers the file that holds the password, if the administrator was made here.
    """
    await migrate_database(settings)
    password_file = settings.data_dir / "admin-password"
    async with wired(settings) as wiring, wiring.database.alone(_FIRST_START):
        access, operator = wiring.registry.access, console()
        if not await access.tenant_exists(operator, TENANT):
            await access.create_tenant(operator, TENANT)
        if not await access.project_exists(operator, TENANT, PROJECT):
            await access.create_project(operator, TENANT, PROJECT)
        if not await access.user_exists(operator, TENANT, ADMINISTRATOR):
            # Written first: a password that nobody knows would lock the administrator out for good.
            write_once(password_file, secrets.token_urlsafe(18))
            password = password_file.read_text(encoding="ascii")
            await access.create_user(operator, TENANT, ADMINISTRATOR, ["admin", "operator"], password)
    return password_file


def _announce(settings: Settings, password_file: Path, as_json: bool) -> None:
    """Says where the service is, as whom to log in, and where that password lies, if it was made here."""
    facts = {"url": settings.base_url, "user": ADMINISTRATOR, "tenant": TENANT, "password_file": None}
    sentences = [f"Plugport serves {settings.base_url}", f"Administrator: {ADMINISTRATOR} of the account {TENANT}"]
    if password_file.exists():
        facts["password_file"] = str(password_file)
        sentences.append(f"Password: in {password_file}")
    answer(as_json, facts, "\n".join(sentences))


class _Server(Granian):  # type: ignore[misc,valid-type]
    """All workers accept from one socket, by whose options the system drops a connection of which the client takes nothing.

    The server itself would keep it, and its place among the requests at once, for as long as the client likes.
    """

    longest_silence_seconds: int

    def _init_shared_socket(self) -> None:
        self._shd = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._sfd = self._shd.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)
        if sys.platform == "linux":
            milliseconds = self.longest_silence_seconds * 1000
            self._sso.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def _server(settings: Settings) -> Any:
    server = _Server(
        "app.asgi:create_app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        workers=settings.workers,
        factory=True,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEADER_MILLISECONDS, max_buffer_size=_BUFFER_BYTES),
        websockets=False,
        backpressure=_REQUESTS_AT_ONCE,
        respawn_failed_workers=True,  # gives up when one fails again within seconds
        workers_kill_timeout=_STOP_SECONDS,
        log_level=LogLevels.warning,
        log_dictconfig=logging_config(settings.log_format, settings.log_level),
    )
    server.longest_silence_seconds = settings.body_timeout_seconds
    return server


def _set_environment(settings: Settings, counters: str) -> None:
    """What the workers start from: every setting as it was resolved, but not the way in as the database's owner."""
    os.environ.update(settings.environment())
    os.environ["PLUGPORT_DATABASE_OWNER_URL"] = ""
    os.environ[COUNTERS_DIRECTORY] = counters


@contextmanager
def _counters_directory(settings: Settings) -> Iterator[str]:
    """Where the workers of this server count together."""
    parent = settings.data_dir / "run"
    parent.mkdir(mode=0o700, exist_ok=True)
    directory = tempfile.mkdtemp(prefix="counters-", dir=parent)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)  # a worker that is still ending may write there; nobody reads it


def _load(_target: str) -> Any:
    """Runs in each worker: the application, which ends with the process that started it, however that ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from app.asgi import create_app

    try:
        return _mortal_at_first(create_app())
    except SettingRefused as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _mortal_at_first(app: Any) -> Any:
    """The application, whose worker a signal ends at once until it serves: the server waits for itself, and is killed after
    twenty seconds, where one comes while the application starts."""

    async def mortal(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        listening = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        _forget_signal_handlers()

        def listen() -> None:
            for each, handler in listening.items():
                signal.signal(each, handler)

        async def told(message: Any) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                asyncio.get_running_loop().call_later(_UNTIL_IT_SERVES_SECONDS, listen)

        await app(scope, receive, told)

    return mortal


def _forget_signal_handlers() -> None:
    """A worker that does not yet listen to signals itself would have its parent's handlers, to no effect: it could be
    stopped only by force."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _take_port(settings: Settings) -> TextIO:
    """A lock on the port, for as long as the file is open.

    The server's own sockets share their port with whoever else asks to share it, so two servers would go unnoticed. The lock
    tells of one on this data directory that only begins, a probe of everybody who listens already.
    """
    lock = (settings.data_dir / f"port-{settings.port}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        lock.close()
        reason = (
            "another server on this data directory has the port"
            if isinstance(error, BlockingIOError)
            else error.strerror
        )
        raise CommandFailed(f"Cannot listen on {settings.host}:{settings.port}: {reason}.") from error
    return lock


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
