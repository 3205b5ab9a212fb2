"""The program `plugport` as a process of its own: the server, and commands beside it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

BY_CHECKS = {"PLUGPORT_REVIEW_POLICY": "checks"}
"""A registry in which nothing waits for a person that is not meant to: what waits is asked for by the tests about it."""
REPOSITORY = Path(__file__).parents[1]
_PATIENCE_SECONDS = 60


class Server:
    """`plugport serve` on 127.0.0.1 over a data directory, for the length of a `with` block. Further settings go by name."""

    def __init__(
        self, data_dir: Path, *, port: int, arguments: tuple[str, ...] = (), program: str = "app", **settings: str
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log = data_dir / f"server-{port}.log"
        self.environment = environment(data_dir, **settings)
        self._arguments = arguments
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            status = self.stop()
            assert status == 0, self.log.read_text(errors="replace")[-4000:]

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        """The process, while there is one."""
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Starts the program and returns when it is ready to answer."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", self._program, "serve", "--port", str(self.port), *self._arguments]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=REPOSITORY, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Returns when the server answers that it is."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        self.process.kill()
        raise RuntimeError("the server did not start: " + self.log.read_text(errors="replace")[-4000:])

    def logged(self, *request_ids: str) -> str:
        """The log, once it has the lines of these requests: each is written when its answer has already left."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            log = self.log.read_text(encoding="utf-8", errors="replace")
            missing = [each for each in request_ids if each not in log]
            if not missing:
                return log
            assert time.monotonic() < until, f"no line of {missing} in: {log[-4000:]}"
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ends the program and answers its exit status."""
        process, self._process = self.process, None
        process.send_signal(how)
        try:
            return process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    """This process's environment with these settings and no others, where releases wait for nobody unless it is said."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("PLUGPORT_")}
    return outside | {"PLUGPORT_DATA_DIR": str(data_dir)} | BY_CHECKS | settings


def run(*arguments: str, env: dict[str, str], stdin: str = "") -> "subprocess.CompletedProcess[str]":
    """`plugport` with these arguments, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=REPOSITORY, env=env, input=stdin, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False,
    )  # fmt: skip


def run_json(*arguments: str, env: dict[str, str], stdin: str = "") -> Any:
    """What a command that succeeds answers with `--json`."""
    done = run(*arguments, "--json", env=env, stdin=stdin)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
