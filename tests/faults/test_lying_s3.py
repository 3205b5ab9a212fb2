"""An S3 store that cuts, delays, lies and damages: what was acknowledged is there, and damage is found, told and mended.

A man in the middle stands between the server and a real store. Clients do what the status of their upload tells them.
"""

import hashlib
import itertools
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from storage.postgres.embedded import Urls
from tests.accounts import NewAccount
from tests.apart import on_its_own
from tests.builders import a_name, a_package, a_vsix
from tests.chunks import CHUNK, FormSending, OwnSending, Sending
from tests.contract.blobs.between import Answer, Asked, Between, Forward, refusal
from tests.person import Person, people
from tests.program import Server, run, run_json
from tests.seaweed import BUCKET, SeaweedFS

LARGE = 5 * 1024 * 1024 + 1024  # chunks from 5 MiB on are parts of an S3 multipart upload
SILENCE_SECONDS = 10.5  # the server gives an attempt up after 10
_PATIENCE_SECONDS = 60

UNAVAILABLE, MISSING, WRONG_DIGEST, QUARANTINED = (
    f"PLUGPORT.{number}" for number in ("00070001", "00080005", "00080006", "00050005")
)
Judge = Callable[[Asked], bool]
Lie = Callable[[Asked, Forward], Answer | None]


# -- the liar --------------------------------------------------------------------------------------------------------------


class Lying:
    """A rule for `Between`: lies to those requests that `judge` picks, `times` of them, and is honest to all others."""

    def __init__(self, lie: Lie, judge: Judge, *, times: int = 1) -> None:
        self._lie = lie
        self._judge = judge
        self._left = times
        self._lock = threading.Lock()

    def __call__(self, asked: Asked, forward: Forward) -> Answer | None:
        with self._lock:
            lies = self._left > 0 and self._judge(asked)
            self._left -= lies
        return self._lie(asked, forward) if lies else forward(asked.body)

    @property
    def told(self) -> bool:
        """Whether every lie was told."""
        return self._left == 0


ALWAYS = 10**9


def is_part(asked: Asked) -> bool:
    """Whether this brings a chunk."""
    return asked.method == "PUT" and bool(asked.body) and (asked.is_a_part or "/u/" in asked.target)


def is_join(asked: Asked) -> bool:
    """Whether this makes the file."""
    return asked.is_the_end_of_parts or (asked.is_a_whole_blob and "/f/" in asked.target)


def is_copy(asked: Asked) -> bool:
    """Whether this makes a part out of a joined file."""
    return asked.is_a_part and not asked.body


def is_reading_of_file(asked: Asked) -> bool:
    """Whether this reads bytes of a joined file."""
    return asked.method == "GET" and "/f/" in asked.target and "uploadId=" not in asked.target


def flipped(content: bytes, at: int = -500) -> bytes:
    """The same but for one bit."""
    changed = bytearray(content)
    changed[at if len(content) > 1000 else 0] ^= 1
    return bytes(changed)


def cut_after(asked: Asked, forward: Forward) -> None:
    """The store does it, and nobody hears of it."""
    forward(asked.body)


def nothing_kept(asked: Asked, forward: Forward) -> Answer:
    """As if all were well, and nothing is there."""
    tag = hashlib.md5(asked.body).hexdigest()
    body = f"<CompleteMultipartUploadResult><ETag>{tag}</ETag></CompleteMultipartUploadResult>".encode()
    return Answer(200, [("ETag", f'"{tag}"'), ("Content-Length", str(len(body)))], body)


def flipped_on_the_way_out(asked: Asked, forward: Forward) -> Answer:
    """One bit of what is read is wrong."""
    answer = forward(asked.body)
    return answer._replace(body=flipped(answer.body)) if answer.status in (200, 206) and answer.body else answer


def first_bit_flipped_on_the_way_out(asked: Asked, forward: Forward) -> Answer:
    """The first bit of what is read is wrong."""
    answer = forward(asked.body)
    return answer._replace(body=flipped(answer.body, 0))


LIES: dict[str, Lie] = {
    "cut before it": lambda asked, forward: None,
    "cut after it": cut_after,
    "a success that names an error": lambda asked, forward: refusal(200, "InternalError"),
    "done, and a success that names an error": lambda asked, forward: (
        forward(asked.body) and refusal(200, "InternalError")
    ),
    "a success after which nothing is there": nothing_kept,
    "a flipped bit on the way in": lambda asked, forward: forward(flipped(asked.body) if asked.body else b""),
}


# -- who sends -------------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """The server, the liar and the store itself."""

    server: Server
    new_account: NewAccount
    between: Between
    weed: SeaweedFS
    author: Person
    publisher: str

    def send(self, way: str, chunks: int = 3, **more: Any) -> Sending:
        """A file of that many chunks, the last one short."""
        size = LARGE if way == "large chunks" else CHUNK
        content = a_vsix(files={"extension/data.bin": os.urandom(size * (chunks - 1) + 1000)})
        door = FormSending if way == "a form" else OwnSending
        return door(self.author, self.publisher, content, chunk=size, **more)

    def fetch(self, sending: Sending) -> bytes:
        """The bytes of the file as the store has them under the key that the upload's blob has: past the code under test."""
        client = self.weed.client()
        listed = client.list_objects(BUCKET, prefix=f"t/{self.author.account_id}/f/{sending.id}", recursive=True)
        [found] = [each.object_name for each in listed]
        return bytes(client.get_object(BUCKET, found).data)

    def verify(self) -> dict[str, int]:
        """What `plugport audit verify` finds once what nobody needs is cleared away."""
        honest = self.server.environment | {"PLUGPORT_STORAGE_URL": self.weed.url}
        run_json("gc", env=honest)
        found = json.loads(run("audit", "verify", "--json", env=honest).stdout)
        counts = {name: found[name] for name in ("lost", "damaged", "orphaned")}
        return counts | {"broken chains": len(found["broken_chains"])}


SOUND = {"lost": 0, "damaged": 0, "orphaned": 0, "broken chains": 0}
WAYS = ["small chunks", "large chunks", "a form"]
every_way = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def world(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server whose store may lie. In the end, whatever it was told, its books are sound."""
    with (
        SeaweedFS(tmp_path_factory.mktemp("weed")) as weed,
        Between(weed.endpoint) as between,
        on_its_own(cluster, tmp_path_factory.mktemp("lied-to"), weed.url_with(endpoint=between.endpoint)) as made,
        people() as meet,
    ):
        server, new_account = made
        author = meet(new_account().user("author"))
        author.http.timeout = httpx.Timeout(_PATIENCE_SECONDS)
        world = World(server, new_account, between, weed, author, author.publisher("makers"))
        yield world
        between.tell_the_truth()
        assert world.verify() == SOUND
        assert "unexpected" not in server.log.read_text(errors="replace")


@pytest.fixture(autouse=True)
def _honest(world: World) -> Iterator[None]:
    yield
    world.between.tell_the_truth()


def get_through(sending: Sending) -> dict[str, Any]:
    """Does what the status of the upload says until the file is accepted."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while (shown := sending.settled())["state"] != "accepted":
        assert time.monotonic() < until, shown
        assert shown["state"] in ("receiving", "joining", "checking", "failed"), shown
        if shown["state"] == "checking":
            continue  # the inspection is tried again by itself
        for first, last in shown["missing"]:
            for number in range(first, last + 1):
                tolerated(sending.chunk(number))
        tolerated(sending.complete())
    return shown


def tolerated(answer: httpx.Response) -> httpx.Response:
    """A success, or a refusal after which the client may go on."""
    assert answer.status_code in (200, 400, 409, 503), answer.text
    return answer


def acknowledged(sending: Sending, number: int) -> None:
    """Sends the chunk until it is taken, as a client does that is told to come again."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while tolerated(sending.chunk(number)).status_code != 200:
        assert time.monotonic() < until


def code(answer: httpx.Response, status: int) -> str:
    """The code of a refusal."""
    assert answer.status_code == status, answer.text
    return str(answer.json()["error_code"])


# -- where it lies --------------------------------------------------------------------------------------------------------


def test_files_that_the_store_damaged_are_mended_by_sending_them_again(world: World) -> None:
    sendings = [world.send(way) for way in WAYS]
    for sending in sendings:
        sending.send()
        world.between.rule = Lying(lambda asked, forward: damaged(world, asked, forward), is_join)
        shown = sending.finish()
        assert (shown["state"], bool(shown["reason"])) == ("failed", True)
    assert world.verify() == SOUND | {"damaged": len(sendings)}

    for sending in sendings:
        assert sending.finish()["state"] == "failed"  # as often as one looks
        again = type(sending)(
            sending.author, sending.publisher_id, sending.content, name=sending.name, chunk=len(sending.pieces[0])
        )
        again.send()
        assert again.finish()["state"] == "accepted"
        assert world.fetch(again) == sending.content
    assert world.verify() == SOUND


def damaged(world: World, asked: Asked, forward: Forward) -> Answer:
    """The file is made, and then one bit of it changes where it lies."""
    answer = forward(asked.body)
    client = world.weed.client()
    client._put_object(BUCKET, key_of(asked), flipped(client.get_object(BUCKET, key_of(asked)).data), {})
    return answer


def key_of(asked: Asked) -> str:
    """What the request is about."""
    return asked.target.partition("?")[0].removeprefix(f"/{BUCKET}/")


# -- on the way in ---------------------------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("lie", LIES)
def test_what_was_acknowledged_over_a_store_that_lied_is_there(world: World, way: str, lie: str) -> None:
    sending = world.send(way, chunks=2)
    to_part = world.between.rule = Lying(LIES[lie], is_part)
    for number in (1, 2):
        acknowledged(sending, number)
    assert to_part.told
    to_join = world.between.rule = Lying(LIES[lie], is_join)

    while (answer := tolerated(sending.complete())).status_code == 503:
        assert answer.headers["Retry-After"]

    assert to_join.told
    assert answer.status_code == 200, f"something acknowledged is missing: {answer.text}"
    assert sending.settled()["state"] == "accepted"
    assert world.fetch(sending) == sending.content


@every_way
def test_nothing_is_acknowledged_by_a_store_that_keeps_nothing(world: World, way: str) -> None:
    sending = world.send(way, chunks=2)
    if way != "a form":
        sending.send(2)
    world.between.rule = Lying(nothing_kept, is_part, times=ALWAYS)

    assert code(sending.chunk(1), 503) == UNAVAILABLE

    world.between.tell_the_truth()
    if way != "a form":  # whose task is not known before its first chunk is taken
        assert sending.show()["received"] == [[2, 2]]
    sending.send(1, 2)
    assert sending.finish()["state"] == "accepted"


def test_a_silent_store_is_waited_for_and_asked_again(world: World) -> None:
    sendings = {is_part: world.send("large chunks", 2), is_join: world.send("large chunks", 2)}
    for sending in sendings.values():
        sending.send(2)

    def late(asked: Asked, forward: Forward) -> Answer | None:
        time.sleep(SILENCE_SECONDS)
        return forward(asked.body)

    rules = [
        Lying(late, lambda asked, judge=judge, id=sending.id: judge(asked) and id in asked.target)
        for judge, sending in sendings.items()
    ]
    world.between.rule = lambda asked, forward: (
        rules[1](asked, forward) if sendings[is_join].id in asked.target else rules[0](asked, forward)
    )

    def whole(sending: Sending) -> dict[str, Any]:
        sending.send(1)
        return sending.finish()

    with ThreadPoolExecutor(2) as threads:
        assert [shown["state"] for shown in threads.map(whole, sendings.values())] == ["accepted"] * 2
    assert all(rule.told for rule in rules)
    for sending in sendings.values():
        assert world.fetch(sending) == sending.content


@every_way
def test_a_chunk_that_the_store_loses_is_named_and_sent_again(world: World, way: str) -> None:
    sending = world.send(way)
    sending.send(1, 3, 2)
    client = world.weed.client()
    prefix = f"t/{world.author.account_id}/"
    if way == "large chunks":  # nobody can remove a single part from S3
        world.between.rule = without_second_part
    else:
        found = client.list_objects(BUCKET, prefix=f"{prefix}u/{sending.id}", recursive=True)
        client.remove_object(BUCKET, sorted(each.object_name for each in found)[1])

    answer = sending.complete()

    assert code(answer, 409) == MISSING
    assert sending.show()["missing"] == [[2, 2]]
    world.between.tell_the_truth()
    sending.send(2)
    assert sending.finish()["state"] == "accepted"
    assert world.fetch(sending) == sending.content


def without_second_part(asked: Asked, forward: Forward) -> Answer:
    """What a store says that has lost the second of three parts."""
    answer = forward(asked.body)
    parts = re.findall(rb"<Part>.*?</Part>", answer.body, re.DOTALL)
    if asked.method != "GET" or len(parts) != 3:
        return answer
    body = answer.body.replace(parts[1], b"")
    headers = [each for each in answer.headers if each[0].lower() != "content-length"]
    return Answer(answer.status, [*headers, ("Content-Length", str(len(body)))], body)


@pytest.mark.parametrize(
    "lie", ["cut after it", "a success that names an error", "a success after which nothing is there"]
)
def test_a_wrong_file_is_taken_apart_over_a_store_that_lies(world: World, lie: str) -> None:
    sending = world.send("large chunks", 2)
    sending.send(2)  # not in order: the whole digest is only known from the joined file
    assert sending.chunk(1, flipped(sending.pieces[0])).status_code == 200
    to_copy = world.between.rule = Lying(LIES[lie], is_copy)

    while (answer := tolerated(sending.complete())).status_code == 503:
        assert answer.headers["Retry-After"]

    assert to_copy.told
    assert code(answer, 400) == WRONG_DIGEST
    sending.send(1)
    get_through(sending)
    assert world.fetch(sending) == sending.content


# -- on the way out --------------------------------------------------------------------------------------------------------


@every_way
@pytest.mark.parametrize("in_order", [True, False], ids=["in order", "out of order"])
def test_a_file_that_is_read_damaged_is_not_accepted_until_it_is_read_whole(
    world: World, way: str, in_order: bool
) -> None:
    sending = world.send(way)
    sending.send(*((1, 2, 3) if in_order else (1, 3, 2)))
    world.between.rule = Lying(flipped_on_the_way_out, is_reading_of_file, times=ALWAYS)

    answer = sending.complete()

    if in_order:  # so that the joined file is not read before the inspection
        assert answer.status_code == 200, answer.text
        shown = sending.settled()
        assert (shown["state"], bool(shown["reason"])) == ("failed", True)
    else:
        assert code(answer, 400) == WRONG_DIGEST
    world.between.tell_the_truth()
    get_through(sending)
    assert world.fetch(sending) == sending.content


def release(world: World, name: str, package: bytes) -> Sending:
    """A basic plug-in's package, accepted."""
    sending = OwnSending(world.author, world.publisher, package, name=f"{name}.zip", chunk=1024 * 1024)
    assert sending.begin(purpose="basic-plugin", plugin_name=name, publisher_id=None).status_code == 201
    shown = sending.show()
    if shown["state"] == "receiving":
        sending.send()
        assert sending.complete().status_code == 200
    assert sending.settled()["state"] == "accepted"
    return sending


def download(world: World, name: str) -> tuple[int, bytes]:
    """The status, and what came of the package before the transfer ended or broke off."""
    got = b""
    with world.author.http.stream("GET", f"/plugport/v1/plugins/{name}/versions/1.0.0/package") as answer:
        try:
            for piece in answer.iter_bytes():
                got += piece
        except httpx.RemoteProtocolError:
            return 0, got
    return answer.status_code, got


@pytest.mark.parametrize(("reading", "status"), [(0, 503), (2, 0)], ids=["its first piece", "its last piece"])
def test_no_damaged_byte_is_served_and_sending_the_package_again_mends_it(
    world: World, reading: int, status: int
) -> None:
    name = a_name()
    package = a_package(name, script=os.urandom(4 * 1024 * 1024 + 5000))
    release(world, name, package)
    turns = itertools.count()
    world.between.rule = Lying(
        first_bit_flipped_on_the_way_out, lambda asked: is_reading_of_file(asked) and next(turns) == reading
    )

    found, got = download(world, name)

    assert found == status
    assert status == 503 or (package.startswith(got) and len(got) < len(package))
    world.between.tell_the_truth()
    refused, told = download(world, name)
    assert (refused, json.loads(told)["error_code"]) == (409, QUARANTINED)
    release(world, name, package)
    assert download(world, name) == (200, package)


def test_a_line_that_is_cut_in_a_download_costs_nothing(world: World) -> None:
    name = a_name()
    package = a_package(name, script=os.urandom(4 * 1024 * 1024))
    release(world, name, package)
    torn = world.between.rule = Lying(
        lambda asked, forward: torn_in_half(forward(asked.body)), is_reading_of_file, times=2
    )

    assert download(world, name) == (200, package)
    assert torn.told


def torn_in_half(answer: Answer) -> Answer:
    """All that was announced, and half of it."""
    return answer._replace(body=answer.body[: len(answer.body) // 2])
