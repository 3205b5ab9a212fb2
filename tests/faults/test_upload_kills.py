"""kill -9 of the server, of PostgreSQL and of the S3 store at named points of an upload and of publishing, over and over.

A client goes on through it all as a careful one does: it asks what is there, and sends what is missing. Nothing that was
acknowledged may be lost, nothing half-made be seen; in the end each file is there once, and the books agree with the store.
KILLS says how many deaths of the server, and a third as many of each store; `make test-faults` wants two hundred.
"""

import base64
import hashlib
import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders import a_name, a_package, a_vsix
from tests.faults.mortal import OF_EXTENSIONS, POINTS
from tests.program import Server, free_port, run_json
from tests.seaweed import SeaweedFS

KILLS = int(os.environ.get("KILLS", "6"))
CHUNK = 64 * 1024
_PATIENCE_SECONDS = 120

# Every seventh in turn: a short run sees the whole life of an upload, too.
_IN_ORDER = [(point, moment) for point in POINTS for moment in ("before", "after")]
MOMENTS = [_IN_ORDER[7 * turn % len(_IN_ORDER)] for turn in range(len(_IN_ORDER))]


class World:
    """A server that can be told where somebody dies, and what brings the dead back."""

    def __init__(self, directory: Path, store: str, **settings: str) -> None:
        self.order = directory / "order"
        self.server = Server(
            directory / "data", port=free_port(), program="tests.faults.mortal",
            MORTAL_FILE=str(self.order), MORTAL_STORE=store, **settings,
        )  # fmt: skip
        self.headers: dict[str, str] = {}
        self.account = ""
        self.publisher = ""

    def furnish(self) -> None:
        """Logs in and makes a publisher."""
        user = {"name": "admin", "domain": {"name": "plugport"}}
        user["password"] = (self.server.data_dir / "admin-password").read_text()
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"domain": {"name": "plugport"}},
        }
        issued = httpx.post(f"{self.server.url}/v3/auth/tokens", json={"auth": auth}, timeout=30)
        self.headers = {"X-Auth-Token": issued.headers["X-Subject-Token"]}
        self.account = issued.json()["token"]["user"]["domain"]["id"]
        told = {"name": "Mortals", "en_name": "mortals", "support_url": "x@y.example"}
        self.send("POST", f"/v1/{self.account}/publisher/create", json=told)
        path = f"/v1/{self.account}/publisher/query-all?name=mortals&offset=0&limit=1"
        self.publisher = self.send("GET", path).json()["data"][0]["publisher_unique_id"]
        assert self.send("POST", f"/plugport/v1/publishers/{self.publisher}/accept").status_code == 200

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = self.headers | request.pop("headers", {})
        return httpx.request(method, f"{self.server.url}{path}", headers=headers, timeout=60, **request)

    @property
    def killed(self) -> bool:
        """Whether the order was carried out."""
        return self.order.with_suffix(".done").exists()


class Author:
    """Sends one file until it is accepted, whoever dies meanwhile. `mend` brings the dead back."""

    def __init__(self, world: World, mend: Callable[[], None], *, as_extension: bool) -> None:
        self._world = world
        self._mend = mend
        self._until = time.monotonic() + _PATIENCE_SECONDS
        self.name = a_name()
        noise = os.urandom(2 * CHUNK + 100)
        self.content = (
            a_vsix("mortals", self.name, files={"extension/noise": noise})
            if as_extension
            else a_package(self.name, script=noise)
        )
        self.as_extension = as_extension
        self.chunks = [self.content[at : at + CHUNK] for at in range(0, len(self.content), CHUNK)]
        self.task = ""
        self._acknowledged: set[int] = set()
        purpose = (
            {"purpose": "extension", "publisher_id": world.publisher}
            if as_extension
            else {"purpose": "basic-plugin", "plugin_name": self.name}
        )
        self._announcement = purpose | {
            "file_name": f"{self.name}.zip", "size": len(self.content), "chunk_size": CHUNK,
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }  # fmt: skip

    def ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        """The answer of somebody who is alive."""
        while True:
            with suppress(httpx.TransportError):  # the answer is lost; what came of the request is asked next
                answer = self._world.send(method, path, **request)
                if answer.status_code < 500:
                    return answer
            assert time.monotonic() < self._until, f"{method} {path} is not answered any more"
            self._mend()

    def publish(self) -> None:
        """From the announcement to the acceptance, by our own door."""
        key = {"Idempotency-Key": self.name}
        made = self.ask("POST", "/plugport/v1/uploads", json=self._announcement, headers=key)
        assert made.status_code == 201, made.text
        self.task = made.json()["upload_id"]
        path = f"/plugport/v1/uploads/{self.task}"
        while (shown := self._looked_at(path))["state"] != "accepted":
            assert shown["state"] in ("receiving", "joining", "checking"), shown
            if shown["state"] == "checking":
                self._wait_a_little()
                continue
            for first, last in shown["missing"]:
                for number in range(first, last + 1):
                    self._send_chunk(path, number)
            answer = self.ask("POST", f"{path}/complete", headers={"Idempotency-Key": f"{self.name}-end"})
            assert answer.status_code == 200, answer.text

    def _wait_a_little(self) -> None:
        assert time.monotonic() < self._until, f"{self.name} is not inspected any more"
        time.sleep(0.05)
        if self._world.killed:  # of which an answer need not tell
            self._mend()

    def _looked_at(self, path: str) -> dict[str, Any]:
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        shown: dict[str, Any] = answer.json()
        if self.as_extension:
            self._task(shown["upload_id"])
        if shown["state"] == "receiving":
            there = {number for first, last in shown["received"] for number in range(first, last + 1)}
            assert self._acknowledged <= there, "a chunk that was acknowledged is gone"
        return shown

    def _send_chunk(self, path: str, number: int) -> None:
        chunk = self.chunks[number - 1]
        md5 = base64.b64encode(hashlib.md5(chunk).digest()).decode()
        answer = self.ask("PUT", f"{path}/chunks/{number}", content=chunk, headers={"Content-MD5": md5})
        if answer.status_code == 200:
            self._acknowledged.add(number)
        else:
            assert answer.status_code == 409, answer.text  # joined by the one whose answer was lost

    def publish_by_form(self) -> None:
        """The same by the contract's form, whose first answer gives the task."""
        task, number = "", 1
        while number <= len(self.chunks):
            answer = self.ask("POST", "/v2/fileservice/file/upload", data=self._fields(number, task),
                              files={"file": ("chunk", self.chunks[number - 1])})  # fmt: skip
            assert answer.status_code == 200, answer.text
            self.task = task = answer.json()["result"]["task_id"]
            number += 1
        while (shown := self._looked_at(f"/plugport/v1/uploads/{task}"))["state"] != "accepted":
            assert shown["state"] == "checking", shown
            self._wait_a_little()

    def _fields(self, number: int, task: str) -> dict[str, str]:
        return {
            "publisher_id": self._world.publisher, "chunk_index": str(number), "total_chunk_num": str(len(self.chunks)),
            "chunk_md5": hashlib.md5(self.chunks[number - 1]).hexdigest(), "parent_file_name": f"{self.name}.vsix",
            "parent_file_size": str(len(self.content)), "parent_file_sha256": hashlib.sha256(self.content).hexdigest(),
            "override": "false", "merge": "true" if number == len(self.chunks) else "false", "task_id": task,
        }  # fmt: skip

    def _task(self, task: str) -> dict[str, str]:
        """Where the task of an extension stands: it never says less."""
        answer = self.ask("GET", f"/v1/marketplace/extension/{task}/status")
        assert answer.status_code == 200, answer.text
        told: dict[str, str] = answer.json()["result"]["task"]
        assert all(told[each] for each in ("state", "owner", "reason", "next_step")), told
        return told

    def release(self) -> None:
        """Makes a version of an extension's package, which a plug-in's becomes by itself."""
        assert self._task(self.task)["state"] == "accepted"
        answer = self.ask("POST", f"/v1/marketplace/extension/{self.task}/archiving", json={"type": 1})
        assert (answer.status_code, answer.json()["result"]["state"]) == (200, "PUBLISHED"), answer.text
        assert self._task(self.task)["state"] == "published"

    def check_release(self) -> None:
        """The version is there, once, with the very bytes."""
        path = f"/plugport/v1/plugins/{self.name}/versions/1.0.0/package"
        if self.as_extension:
            path = f"/plugport/v1/extensions/mortals/{self.name}/1.0.0/universal/package"
            asked = {
                "criteria": [{"filter_type": 7, "value": f"mortals.{self.name}"}],
                "page_number": 1,
                "page_size": 9,
            }
            found = self.ask("POST", "/v1/marketplace/extension/extensionquery", json={"filters": [asked], "flags": 0})
            (shown,) = found.json()["results"][0]["extensions"]
            listed = self.ask("POST", "/v1/marketplace/extension/public/detail", json={"ids": shown["extension_id"]})
            (whole,) = listed.json()["results"][0]["extensions"]
            assert [(each["version"], each["status"]) for each in whole["versions"]] == [("1.0.0", "PUBLISHED")]
        got = self.ask("GET", path)
        assert (got.status_code, got.content) == (200, self.content)


def publish_through_deaths(world: World, victim: Callable[[], str], mend: Callable[[], None], kills: int) -> None:
    """One file for each death, by both doors and for both purposes in turn."""
    for turn, (point, moment) in zip(range(kills), itertools.cycle(MOMENTS), strict=False):
        by_form = turn % 3 == 2 and point != "release"  # a form never brings a basic plug-in
        as_extension = by_form or point in OF_EXTENSIONS or (point != "release" and turn % 2 == 0)
        author = Author(world, mend, as_extension=as_extension)
        world.order.with_suffix(".done").unlink(missing_ok=True)
        world.order.write_text(f"{point}:{moment}:{victim()}")
        if by_form:
            author.publish_by_form()
        else:
            author.publish()
        if as_extension:
            author.release()
        until = time.monotonic() + _PATIENCE_SECONDS
        while not world.killed and time.monotonic() < until:
            time.sleep(0.05)  # what is removed after the answer
        assert world.killed, f"nobody died at {point}, {moment}"
        mend()
        author.check_release()


def check_books(world: World) -> None:
    """Once the collection has been there, rows and bytes agree, and no chain is broken."""
    run_json("gc", env=world.server.environment)
    verdict = run_json("audit", "verify", env=world.server.environment)
    assert {name: verdict[name] for name in ("lost", "orphaned", "damaged", "broken_chains")} == {
        "lost": 0, "orphaned": 0, "damaged": 0, "broken_chains": [],
    }, json.dumps(verdict)  # fmt: skip


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it is not only waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def local(tmp_path: Path) -> Iterator[World]:
    """A server over files."""
    world = World(tmp_path, "local")
    with world.server:
        world.furnish()
        yield world


@pytest.fixture
def weed(tmp_path: Path) -> Iterator[SeaweedFS]:
    """An S3 store."""
    with SeaweedFS(tmp_path / "weed") as running:
        yield running


@pytest.fixture
def remote(tmp_path: Path, weed: SeaweedFS) -> Iterator[World]:
    """A server over that store."""
    world = World(tmp_path, "s3", PLUGPORT_STORAGE_URL=weed.url)
    with world.server:
        world.furnish()
        yield world


def mender(server: Server, is_dead: Callable[[], bool], revive: Callable[[], object]) -> Callable[[], None]:
    """What brings the dead back and returns when the server is ready. Who was killed this moment may look alive for another."""

    def mend() -> None:
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            if is_dead():
                revive()
            with suppress(httpx.TransportError):  # not yet
                if httpx.get(f"{server.url}/readyz", timeout=10).status_code == 200:
                    return
            assert time.monotonic() < until, server.log.read_text(errors="replace")[-4000:]
            time.sleep(0.05)

    return mend


def test_no_upload_suffers_from_deaths_of_the_server(local: World) -> None:
    def is_dead() -> bool:
        return local.server.process.poll() is not None

    publish_through_deaths(local, lambda: "self", mender(local.server, is_dead, local.server.start), KILLS)
    check_books(local)


def test_no_upload_suffers_from_deaths_of_the_database(local: World) -> None:
    pid_file = local.server.data_dir / "postgres/data/postmaster.pid"

    def pid() -> int:
        return int(pid_file.read_text().split()[0])

    def revive() -> None:
        run_json("jobs", "list", env=local.server.environment)  # a command starts it again

    mend = mender(local.server, lambda: not is_running(pid()), revive)
    publish_through_deaths(local, lambda: str(pid()), mend, KILLS // 3)
    check_books(local)


def test_no_upload_suffers_from_deaths_of_the_s3_store(remote: World, weed: SeaweedFS) -> None:
    def revive() -> None:
        weed.kill()  # only to clear up after it
        weed.start()

    mend = mender(remote.server, lambda: not weed.alive, revive)
    publish_through_deaths(remote, lambda: str(weed.pid), mend, KILLS // 3)
    check_books(remote)
