"""Clients that ask for much and take nothing: given up after the time the operator allows, while others are served."""

import hashlib
import http.client
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.accounts import Account
from tests.builders import a_name, a_package, an_upload
from tests.program import Server
from tests.surfaces.hostile.wire import request

MIB = 1024 * 1024
_PATIENCE_SECONDS = 30


@pytest.fixture(scope="module")
def package(impatient: Server, victim: Account, token: str) -> str:
    """Where a package lies that is longer than what fits into buffers on its way."""
    name = a_name()
    content = a_package(name, script=hashlib.shake_256(b"noise").digest(16 * MIB))
    with httpx.Client(base_url=impatient.url, headers={"X-Auth-Token": token}, timeout=30) as client:
        answer = client.post(
            f"/v3/{victim.id}/extension/upload", params={"plugin_name": name}, files=an_upload(content)
        )
        assert answer.status_code == 200, answer.text
        path = f"/plugport/v1/plugins/{name}/versions/1.0.0/package"
        assert client.get(path).content == content
    return path


def ended(server: Server, since: int) -> int:
    """How many downloads the server says have ended."""
    return server.log.read_bytes()[since:].count(b"/versions/{version}/package")


def connections(port: int) -> int:
    """How many connections to that port of 127.0.0.1 there are, as their server's side has them."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def test_a_download_that_nobody_takes_is_given_up(impatient: Server, package: str, token: str) -> None:
    since = len(impatient.log.read_bytes())
    with ExitStack() as lines:
        readers = []
        for _ in range(20):
            line = lines.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(_PATIENCE_SECONDS)
            line.connect(("127.0.0.1", impatient.port))
            line.sendall(request("GET", package, token=token))
            readers.append(line)
        until = time.monotonic() + _PATIENCE_SECONDS
        while (ended(impatient, since) < len(readers) or connections(impatient.port)) and time.monotonic() < until:
            time.sleep(0.05)

        assert ended(impatient, since) == len(readers)
        assert connections(impatient.port) == 0
        answer = http.client.HTTPResponse(readers[0])
        answer.begin()
        assert answer.status == 200
        with pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
            answer.read()  # whoever wakes up late does not take the beginning for the whole
