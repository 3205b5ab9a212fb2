"""`python -m tests.bench.uploads`: how fast files come in, beside what others do with the same bytes in the same run.

Local storage is compared with Debian's docker-registry where that is installed, an S3 store with the plain minio SDK. Then
many uploads at once: the slowest chunk, the memory of the server, and what they do to other requests. Nothing is judged.
"""

import argparse
import hashlib
import http.client
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from tests.bench.load import Request, measure
from tests.program import Server, free_port
from tests.seaweed import BUCKET, SeaweedFS

MB = 1_000_000
_PART = 5 * MB
_S3_PART = 8 * 1024**2
_WATCH_EVERY_SECONDS = 0.05


@dataclass
class File:
    """Bytes that were never sent before, in chunks, and the digests that both sides check."""

    size: int
    part: int = _PART
    chunks: list[bytes] = field(init=False)
    md5s: list[str] = field(init=False)
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        base, digest = os.urandom(self.part), hashlib.sha256()
        self.chunks = []
        for at in range(0, self.size, self.part):
            self.chunks.append(os.urandom(16) + base[16 : min(self.part, self.size - at)])
            digest.update(self.chunks[-1])
        self.md5s = [hashlib.md5(chunk).hexdigest() for chunk in self.chunks]
        self.sha256 = digest.hexdigest()


class Client:
    """Sends requests over one connection that is kept."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = headers or {}

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[bytes, Any]:
        """Body and headers of the answer, which must be a good one."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self._line.request(method, path, body, self._headers | told)
        answer = self._line.getresponse()
        read = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:300]!r}")
        return read, answer.headers


@dataclass
class Plugport:
    """A server, and somebody who sends files to it."""

    server: Server
    headers: dict[str, str]
    publisher: str

    @classmethod
    def of(cls, server: Server) -> "Plugport":
        client = Client(server.port, {"Content-Type": "application/json"})
        password = (server.data_dir / "admin-password").read_text()
        user = {"name": "admin", "password": password, "domain": {"name": "plugport"}}
        identity = {"methods": ["password"], "password": {"user": user}}
        asked = {"auth": {"identity": identity, "scope": {"domain": {"name": "plugport"}}}}
        body, headers = client.send("POST", "/v3/auth/tokens", json.dumps(asked).encode())
        account = json.loads(body)["token"]["user"]["domain"]["id"]
        token = {"X-Auth-Token": headers["X-Subject-Token"]}
        made = {"name": "Bench", "en_name": "bench", "support_url": "bench@example.com"}
        client = Client(server.port, token | {"Content-Type": "application/json"})
        client.send("POST", f"/v1/{account}/publisher/create", json.dumps(made).encode())
        found, _ = client.send("GET", f"/v1/{account}/publisher/query-all?name=bench&offset=0&limit=1")
        return cls(server, token, json.loads(found)["data"][0]["publisher_unique_id"])

    def client(self) -> Client:
        return Client(self.server.port, self.headers)

    def by_own_door(self, file: File, connections: int = 1, slowest: list[float] | None = None) -> str:
        """Sends the file in raw bodies; answers the upload's id once it is joined."""
        client = self.client()
        asked = {"file_name": f"{file.sha256}.zip", "size": file.size, "sha256": file.sha256, "purpose": "extension",
                 "publisher_id": self.publisher, "chunk_size": file.part}  # fmt: skip
        made, _ = client.send(
            "POST", "/plugport/v1/uploads", json.dumps(asked).encode(), Content_Type="application/json"
        )
        upload = json.loads(made)
        path = f"/plugport/v1/uploads/{upload['upload_id']}"

        waiting: SimpleQueue[tuple[int, bytes]] = SimpleQueue()
        for numbered in enumerate(file.chunks, start=1):
            waiting.put(numbered)

        def send(sender: Client) -> None:
            while not waiting.empty():
                try:
                    number, chunk = waiting.get_nowait()
                except Empty:  # another sender was faster
                    return
                begun = time.perf_counter()
                sender.send("PUT", f"{path}/chunks/{number}", chunk)
                if slowest is not None:
                    slowest.append(time.perf_counter() - begun)

        if connections == 1:
            send(client)
        else:
            with ThreadPoolExecutor(connections) as senders:
                list(senders.map(send, [self.client() for _ in range(connections)]))
        client.send("POST", f"{path}/complete")
        return str(upload["upload_id"])

    def by_form(self, file: File) -> str:
        """Sends the file as the contract's form has it; answers the upload's id once it is joined."""
        client, task = self.client(), ""
        for number, chunk in enumerate(file.chunks, start=1):
            fields = {
                "publisher_id": self.publisher, "chunk_index": number, "total_chunk_num": len(file.chunks),
                "chunk_md5": file.md5s[number - 1], "parent_file_name": f"{file.sha256}.zip",
                "parent_file_size": file.size, "parent_file_sha256": file.sha256, "override": "false",
                "merge": "true" if number == len(file.chunks) else "false", "task_id": task,
            }  # fmt: skip
            parts = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
            head = '--x\r\nContent-Disposition: form-data; name="file"; filename="c"\r\n\r\n'
            body = b"".join(["".join(parts).encode(), head.encode(), chunk, b"\r\n--x--\r\n"])
            answer, _ = client.send(
                "POST", "/v2/fileservice/file/upload", body, Content_Type="multipart/form-data; boundary=x"
            )
            task = json.loads(answer)["result"]["task_id"]
        return task

    def settle(self, upload: str) -> None:
        """Returns when nothing is left to do for the upload: the next measurement shall not pay for it."""
        client = self.client()
        while json.loads(client.send("GET", f"/plugport/v1/uploads/{upload}")[0])["state"] == "checking":
            time.sleep(0.1)


@contextmanager
def _docker_registry(directory: Path) -> Iterator[int | None]:
    """Debian's docker-registry over a directory; None where it is not installed."""
    program, port = shutil.which("docker-registry"), free_port()
    if program is None:
        yield None
        return
    configuration = directory / "registry.json"
    configuration.write_text(json.dumps({
        "version": 0.1, "log": {"level": "error", "accesslog": {"disabled": True}},
        "storage": {"filesystem": {"rootdirectory": str(directory / "registry")}}, "http": {"addr": f"127.0.0.1:{port}"},
    }))  # fmt: skip
    process = subprocess.Popen(
        [program, "serve", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(lambda: Client(port).send("GET", "/v2/"))
        yield port
    finally:
        process.kill()
        process.wait()


def _by_registry(port: int, file: File) -> None:
    client = Client(port)
    _, headers = client.send("POST", f"/v2/{file.sha256[:20]}/blobs/uploads/")
    sent = 0
    for chunk in file.chunks:
        span = f"{sent}-{sent + len(chunk) - 1}"
        path = headers["Location"].partition(f":{port}")[2]
        _, headers = client.send("PATCH", path, chunk, Content_Type="application/octet-stream", Content_Range=span)
        sent += len(chunk)
    client.send("PUT", f"{headers['Location'].partition(f':{port}')[2]}&digest=sha256:{file.sha256}")


def _wait_for(call: Callable[[], object]) -> None:
    for _ in range(200):
        try:
            call()
            return
        except (OSError, RuntimeError):
            time.sleep(0.05)
    raise RuntimeError("a program did not start")


def _rates(
    size: int,
    rounds: int,
    ways: dict[str, Callable[[File], str | None]],
    part: int,
    then: Callable[[str], None],
    stores: Sequence[Path] = (),
) -> None:
    """Prints MB/s of each way, round by round in turn, and its median as a share of the first one's.

    What lies in `stores` is removed before each: the pages that held it are taken for what comes next. A virtual machine
    gets memory that it has not touched before from its host, at a tenth of the speed at which it writes; with files that
    only grow in number, that is what would be measured.
    """
    took: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):  # the first warms up
        for name, send in ways.items():
            file = File(size, part)
            begun = time.perf_counter()
            upload = send(file)
            seconds = time.perf_counter() - begun
            if upload is not None:
                then(upload)
            os.sync()  # what one way left to the system to write shall not slow down the next one
            for left in (each for store in stores for each in store.rglob("*") if each.is_file()):
                left.unlink()
            if turn:
                took[name].append(size / MB / seconds)
    first = statistics.median(next(iter(took.values())))
    for name, rates in took.items():
        middle = statistics.median(rates)
        told = " ".join(f"{rate:.0f}" for rate in rates)
        print(f"  {name:<44}{middle:>8.0f} MB/s{middle / first:>8.2f}   ({told})")


class Memory:
    """The most memory that the server's processes had together, beyond what they had when it began; in MiB."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._before = self._peak = self._now()
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def growth(self) -> float:
        return (self._peak - self._before) / 1024

    def _watch(self) -> None:
        while not self._over.wait(_WATCH_EVERY_SECONDS):
            self._peak = max(self._peak, self._now())

    def _now(self) -> int:
        pids, total = [self._server.process.pid], 0
        for pid in pids:
            try:
                pids += [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
                status, name = Path(f"/proc/{pid}/status").read_text(), Path(f"/proc/{pid}/comm").read_text()
            except OSError:
                continue
            if "postgres" not in name and "VmRSS" in status:
                total += int(status.partition("VmRSS:")[2].split()[0])
        return total


def _many(plugport: Plugport, count: int, size: int) -> None:
    """Many uploads at once, and what they do to others."""
    request = [Request.of("GET", "/plugport/v1/uploads/limits", plugport.headers)]
    idle = measure(plugport.server.port, request, clients=1, seconds=3)
    files = [File(size) for _ in range(count)]
    slowest: list[float] = []
    uploads: list[str] = []
    with (
        Memory(plugport.server) as memory,
        ProcessPoolExecutor(1, get_context("spawn")) as beside,  # who sends must not slow down who measures
        ThreadPoolExecutor(count) as senders,
    ):
        beside.submit(os.getpid).result()  # it has started
        sent = [senders.submit(plugport.by_own_door, file, 1, slowest) for file in files]
        busy = beside.submit(measure, plugport.server.port, request, clients=1, seconds=3).result()
        uploads = [each.result() for each in sent]
    for each in uploads:
        plugport.settle(each)
    print(f"  {count} uploads of {size // MB} MB: {len(slowest)} chunks, the slowest {max(slowest):.2f} s; memory grew by "
          f"{memory.growth:.0f} MiB")  # fmt: skip
    print(
        f"  other requests: p99 {idle.p99:.1f} ms idle, {busy.p99:.1f} ms meanwhile ({busy.p99 / idle.p99:.1f} times)"
    )


def _sizes(plugport: Plugport, sizes: list[int]) -> None:
    for size in sizes:
        with Memory(plugport.server) as memory:
            plugport.settle(plugport.by_own_door(File(size)))
        print(f"  {size // MB:>5} MB: memory grew by {memory.growth:.0f} MiB")


def _put_by_minio(weed: SeaweedFS, file: File) -> None:
    body = io.BytesIO(b"".join(file.chunks))
    weed.client().put_object(BUCKET, f"bench/{file.sha256}", body, file.size, part_size=_S3_PART)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.uploads", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--only", choices=["local", "s3", "many", "memory"])
    wanted = parser.parse_args()
    size = wanted.megabytes * MB
    with tempfile.TemporaryDirectory(prefix="plugport-bench-") as made:
        directory = Path(made)
        quota = {"PLUGPORT_MAX_OPEN_UPLOADS": "1000", "PLUGPORT_MAX_STAGED_BYTES": str(10**12)}
        if wanted.only != "s3":
            with Server(directory / "data", port=free_port(), **quota) as server:
                plugport = Plugport.of(server)
                if wanted.only in (None, "local"):
                    _local(plugport, directory, size, wanted.rounds)
                if wanted.only in (None, "many"):
                    print("\nMany at once, local storage")
                    _many(plugport, 50, 20 * MB)
                if wanted.only in (None, "memory"):
                    print("\nMemory by size of the file, local storage")
                    _sizes(plugport, [200 * MB, 2000 * MB])
        if wanted.only in (None, "s3"):
            with (
                SeaweedFS(directory / "weed") as weed,
                Server(directory / "s3", port=free_port(), PLUGPORT_STORAGE_URL=weed.url, **quota) as server,
            ):
                _s3(Plugport.of(server), weed, size, wanted.rounds)


def _local(plugport: Plugport, directory: Path, size: int, rounds: int) -> None:
    print(f"\nOne client, {size // MB} MB in chunks of 5 MB, local storage: share of the first line's rate")
    with _docker_registry(directory) as port:
        ways: dict[str, Callable[[File], str | None]] = {}
        if port is None:
            print("  (docker-registry is not installed: nothing to compare with)", file=sys.stderr)
        else:
            ways["docker-registry"] = lambda file: _by_registry(port, file)
        ways["our own door"] = plugport.by_own_door
        ways["the contract's form"] = plugport.by_form
        stores = [directory / "registry", plugport.server.data_dir / "blobs"]
        _rates(size, rounds, ways, _PART, plugport.settle, stores)


def _s3(plugport: Plugport, weed: SeaweedFS, size: int, rounds: int) -> None:
    print(f"\n{size // MB} MB in chunks of 8 MiB to SeaweedFS, three connections: share of the first line's rate")
    _rates(
        size,
        rounds,
        {
            "the minio SDK alone": lambda file: _put_by_minio(weed, file),
            "our own door": lambda file: plugport.by_own_door(file, 3),
        },
        _S3_PART,
        plugport.settle,
    )
    print("\nMany at once, SeaweedFS")
    _many(plugport, 50, 20 * MB)


if __name__ == "__main__":
    main()
