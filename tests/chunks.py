"""Files on their way in, by either door, and the worlds (a server over a store) in which they are sent.

sending = DOORS["own"](author, publisher_id, content)
sending.chunk(1)             # the answer to one chunk, whatever it is
sending.complete()           # the answer to the wish to join them
"""

import base64
import hashlib
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from storage.postgres.embedded import Urls
from tests.accounts import NewAccount
from tests.apart import on_its_own
from tests.builders import a_name, a_vsix
from tests.person import Person
from tests.program import Server
from tests.seaweed import BUCKET, SeaweedFS

CHUNK = 64 * 1024  # the smallest of our own door
OWN_PATH = "/plugport/v1/uploads"
FORM_PATH = "/v2/fileservice/file/upload"
_PATIENCE_SECONDS = 30


def a_file(chunks: int = 3, seed: int | None = None) -> bytes:
    """An extension of the publisher `makers`, of as many chunks, the last one short; of equal seeds equal bytes."""
    noise = random.Random(seed).randbytes(CHUNK * (chunks - 1) + 1000)
    return a_vsix(files={"extension/data.bin": noise})


def digest(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


class Sending(ABC):
    """A file that one person sends. `id` is known from the first chunk on, or given: then somebody else began."""

    def __init__(
        self,
        author: Person,
        publisher_id: str,
        content: bytes,
        *,
        id: str = "",
        name: str = "",
        override: bool = False,
        chunk: int = CHUNK,
    ) -> None:
        self.author = author
        self.publisher_id = publisher_id
        self.content = content
        self.name = name or f"{a_name()}.vsix"
        self.override = override
        self.pieces = [content[at : at + chunk] for at in range(0, len(content), chunk)]
        self.id = id
        self._last = (1, self.pieces[0])

    @abstractmethod
    def request(self, number: int, data: bytes, md5: str, **changes: Any) -> httpx.Request:
        """The request that brings `data` as chunk `number`; `changes` bend what it says beside."""

    @abstractmethod
    def complete(self) -> httpx.Response:
        """The answer to the wish to join the chunks."""

    def chunk(
        self, number: int, data: bytes | None = None, *, md5: str | None = None, **changes: Any
    ) -> httpx.Response:
        """The answer to a chunk: the file's own piece of that number, or `data`; with its MD5 or another one."""
        data = self.pieces[number - 1] if data is None else data
        md5 = md5 or hashlib.md5(data).hexdigest()
        answer = self.author.http.send(self.request(number, data, md5, **changes))
        if answer.status_code == 200:
            self._last = (number, data)
        return answer

    def send(self, *numbers: int) -> None:
        """Sends these chunks, or all, which must be taken."""
        for number in numbers or range(1, len(self.pieces) + 1):
            answer = self.chunk(number)
            assert answer.status_code == 200, answer.text

    def finish(self) -> dict[str, Any]:
        """Joins the chunks, which must do; answers what the inspection makes of the file."""
        answer = self.complete()
        assert answer.status_code == 200, answer.text
        return self.settled()

    def show(self) -> dict[str, Any]:
        """What the registry says of it now."""
        answer = self.author.http.get(f"{OWN_PATH}/{self.id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def settled(self) -> dict[str, Any]:
        """The same, as soon as nothing more happens by itself."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while (shown := self.show())["state"] in ("joining", "checking") and time.monotonic() < until:
            time.sleep(0.05)
        return shown


class OwnSending(Sending):
    """By `/plugport/v1/uploads`: announced first, then raw bodies."""

    def begin(self, **changes: Any) -> httpx.Response:
        """The answer to the announcement; `changes` bend it."""
        body = {
            "file_name": self.name,
            "size": len(self.content),
            "sha256": digest(self.content),
            "purpose": "extension",
            "publisher_id": self.publisher_id,
            "override": self.override,
            "chunk_size": len(self.pieces[0]),
        } | changes
        answer = self.author.http.post(
            OWN_PATH, json={name: value for name, value in body.items() if value is not None}
        )
        if answer.status_code == 201:
            self.id = answer.json()["upload_id"]
        return answer

    def request(self, number: int, data: bytes, md5: str, **changes: Any) -> httpx.Request:
        headers = {"Content-MD5": base64.b64encode(bytes.fromhex(md5)).decode()}
        path = f"{OWN_PATH}/{self.id}/chunks/{number}"
        return self.author.http.build_request("PUT", path, content=data, headers=headers)

    def chunk(
        self, number: int, data: bytes | None = None, *, md5: str | None = None, **changes: Any
    ) -> httpx.Response:
        if not self.id:
            answer = self.begin(**changes)
            if answer.status_code != 201:
                return answer
        return super().chunk(number, data, md5=md5)

    def complete(self) -> httpx.Response:
        return self.author.http.post(f"{OWN_PATH}/{self.id}/complete")


class FormSending(Sending):
    """By `/v2/fileservice/file/upload`: a form for each chunk; the first one without a task begins one."""

    def texts(self, number: int, md5: str, **changes: Any) -> dict[str, str]:
        """The text parts."""
        told: dict[str, Any] = {
            "publisher_id": self.publisher_id,
            "chunk_index": number,
            "merge": "false",
            "total_chunk_num": len(self.pieces),
            "parent_file_size": len(self.content),
            "parent_file_name": self.name,
            "override": str(self.override).lower(),
            "chunk_md5": md5,
            "parent_file_sha256": digest(self.content),
            "task_id": self.id or None,
        }
        return {name: str(value) for name, value in (told | changes).items() if value is not None}

    def request(self, number: int, data: bytes, md5: str, **changes: Any) -> httpx.Request:
        if "size" in changes:
            changes["parent_file_size"] = changes.pop("size")
        return self.author.http.build_request(
            "POST", FORM_PATH, data=self.texts(number, md5, **changes), files={"file": ("chunk", data)}
        )

    def chunk(
        self, number: int, data: bytes | None = None, *, md5: str | None = None, **changes: Any
    ) -> httpx.Response:
        answer = super().chunk(number, data, md5=md5, **changes)
        if answer.status_code == 200:
            self.id = answer.json()["result"]["task_id"]
        return answer

    def complete(self) -> httpx.Response:
        """The chunk that was sent last comes once more: the form has no other way to say it."""
        return self.chunk(*self._last, merge="true")


DOORS: dict[str, type[Sending]] = {"own": OwnSending, "form": FormSending}


@dataclass(frozen=True)
class World:
    """A server with accounts, and its store past the code under test."""

    server: Server
    new_account: NewAccount
    _list: Callable[[str], dict[str, int]]
    _read: Callable[[str], bytes]

    def kept(self, by: Person) -> set[str]:
        """Where bytes of the person's account are stored."""
        return set(self._list(f"t/{by.account_id}/"))

    def count(self, by: Person, content: bytes) -> int:
        """How often these bytes are stored for the person's account."""
        found = self._list(f"t/{by.account_id}/")
        return sum(self._read(key) == content for key, size in found.items() if size == len(content))


def over_a_directory(server: Server, new_account: NewAccount) -> World:
    """The server of the run."""
    root = server.data_dir / "blobs"

    def listed(prefix: str) -> dict[str, int]:
        files = {path: path.stat().st_size for path in (root / prefix).rglob("*") if path.is_file()}
        return {str(path.relative_to(root)): size for path, size in files.items()}

    return World(server, new_account, listed, lambda key: (root / key).read_bytes())


@contextmanager
def over_a_bucket(weed: SeaweedFS, cluster: Urls, directory: Path) -> Iterator[World]:
    """A server of its own over that store."""
    with on_its_own(cluster, directory, weed.url) as (server, new_account):
        client = weed.client()

        def listed(prefix: str) -> dict[str, int]:
            found = client.list_objects(BUCKET, prefix=prefix, recursive=True)
            return {str(each.object_name): int(each.size or 0) for each in found}

        yield World(server, new_account, listed, lambda key: client.get_object(BUCKET, key).data)
