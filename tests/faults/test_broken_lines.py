"""Lines on which chunks come broken, slowly, twice at once, or while something else is done: by either door, as raw bytes.

Nothing half-stored is ever acknowledged, none of it is a failure of ours, and the upload goes on.
"""

import hashlib
import http.client
import os
import socket
import struct
import time
from collections.abc import Callable, Iterator
from typing import Self

import httpx
import pytest

from storage.postgres.embedded import Urls
from tests.apart import on_its_own
from tests.builders import a_vsix
from tests.chunks import DOORS, OWN_PATH, Sending, World, over_a_directory
from tests.person import Person, people
from tests.program import run_json
from tests.surfaces.hostile.wire import Answer

MOVED_ON, REFUSED, WRONG_DIGEST, MISSING = (f"PLUGPORT.0008000{number}" for number in (2, 3, 4, 5))
PATIENCE_SECONDS = 20
# Half of a chunk is more than the server collects before it writes: so it is seen that one comes in.
CHUNK = 3 * 1024 * 1024


class Line:
    """A connection to the server, for requests as bytes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def say(self, *pieces: bytes, pause: float = 0) -> None:
        """Sends these bytes, one after the other."""
        for piece in pieces:
            self._socket.sendall(piece)
            time.sleep(pause)

    def say_no_more(self) -> None:
        """Ends what we send; we still listen."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Goes away without a word, as a process does that is killed with unread bytes."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def hear(self, least: int = 1) -> bytes:
        """What comes next, at least so many bytes of it."""
        heard = b""
        while len(heard) < least and (piece := self._socket.recv(65_536)):
            heard += piece
        return heard

    def answers(self, number: int) -> list[Answer]:
        """The answers to so many requests."""
        reader = self._socket.makefile("rb")
        found = []
        for _ in range(number):
            answer = http.client.HTTPResponse(_Read(reader))
            answer.begin()
            found.append(Answer(answer.status, httpx.Headers(answer.getheaders()), answer.read()))
        return found

    def answer(self) -> httpx.Response:
        """The answer to one request."""
        return self.answers(1)[0].as_response()


class _Read:
    """Lets several answers be read from one reader: each would make one of its own, and keep what it has read ahead."""

    def __init__(self, reader: socket.SocketIO) -> None:
        self._reader = reader

    def makefile(self, _mode: str) -> "_Read":
        return self

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def close(self) -> None:
        """Others go on reading."""


def spoken(request: httpx.Request, **changes: str | None) -> tuple[bytes, bytes]:
    """The request as bytes, head and body; `changes` bend its headers, None takes one out."""
    body = request.read()
    headers = httpx.Headers(request.headers)
    for name, value in changes.items():
        headers.pop(name.replace("_", "-"), None)
        if value is not None:
            headers[name.replace("_", "-")] = value
    lines = [f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode(), body


def chunk(sending: Sending, number: int, data: bytes | None = None) -> httpx.Request:
    """The request that brings a chunk of the file, or `data` as one."""
    data = sending.pieces[number - 1] if data is None else data
    return sending.request(number, data, hashlib.md5(data).hexdigest())


def halves(request: httpx.Request) -> tuple[bytes, bytes]:
    """The request up to the middle of its body, and the rest."""
    head, body = spoken(request)
    middle = len(body) - CHUNK // 2
    return head + body[:middle], body[middle:]


def code(answer: httpx.Response, status: int) -> str:
    """The code of a refusal."""
    assert answer.status_code == status, answer.text
    return str(answer.json()["error_code"])


@pytest.fixture(scope="module")
def world(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A server of its own. In the end nothing was a failure of ours, and nothing lies about."""
    directory = tmp_path_factory.mktemp("broken-lines")
    with on_its_own(cluster, directory, (directory / "blobs").as_uri()) as (server, new_account):
        yield over_a_directory(server, new_account)
        assert "unexpected" not in server.log.read_text(errors="replace")
        run_json("gc", env=server.environment)
        run_json("audit", "verify", env=server.environment)
        assert not list(directory.glob("blobs/**/~*"))


@pytest.fixture(scope="module")
def author(world: World) -> Iterator[Person]:
    """Who sends everything."""
    with people() as meet:
        yield meet(world.new_account().user("author"))


@pytest.fixture(scope="module")
def publisher(author: Person) -> str:
    """A publisher of the author's."""
    return author.publisher("makers")


@pytest.fixture(params=DOORS)
def sending(request: pytest.FixtureRequest, author: Person, publisher: str) -> Sending:
    """A file of three chunks, whose first one is there."""
    content = a_vsix(files={"extension/data.bin": os.urandom(2 * CHUNK + 1000)})
    made = DOORS[request.param](author, publisher, content, chunk=CHUNK)
    made.send(1)
    return made


@pytest.fixture
def line(world: World) -> Iterator[Line]:
    """A connection."""
    with Line(world.server.port) as made:
        yield made


def begin(world: World, sending: Sending, line: Line, first: bytes) -> None:
    """Sends the first half of a chunk, and returns when the server has begun to write it."""
    before = written(world, sending)
    line.say(first)
    until = time.monotonic() + PATIENCE_SECONDS
    while written(world, sending) <= before:
        assert time.monotonic() < until, "nothing of the chunk came in"
        time.sleep(0.01)


def written(world: World, sending: Sending) -> int:
    """What the chunks of the upload take of the disk, in blocks."""
    return sum(file.stat().st_blocks for file in world.server.data_dir.glob(f"blobs/t/*/u/{sending.id}-*/*"))


def waits(sending: Sending, *numbers: int) -> None:
    """The upload has these chunks, and goes on from there to the very end."""
    shown = sending.show()
    there = [number for first, last in shown["received"] for number in range(first, last + 1)]
    assert (shown["state"], there) == ("receiving", list(numbers))
    sending.send(*(number for number in range(1, len(sending.pieces) + 1) if number not in numbers))
    assert sending.finish()["state"] == "accepted"


# -- broken off ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leave", [Line.__exit__, Line.reset, Line.say_no_more], ids=["closed", "reset", "half closed"])
def test_half_a_chunk_and_no_more_is_no_chunk(
    world: World, line: Line, sending: Sending, leave: Callable[[Line], None]
) -> None:
    begin(world, sending, line, halves(chunk(sending, 2))[0])

    leave(line)

    waits(sending, 1)


def test_a_body_shorter_than_announced_is_refused(line: Line, sending: Sending) -> None:
    head, body = spoken(chunk(sending, 2), Content_Length=str(10 * CHUNK))
    line.say(head + body)
    line.say_no_more()

    assert 400 <= line.answer().status_code < 500

    waits(sending, 1)


def test_a_body_longer_than_announced_is_no_chunk_and_its_rest_no_request(line: Line, sending: Sending) -> None:
    head, body = spoken(chunk(sending, 2), Content_Length=str(CHUNK // 2))
    line.say(head + body)

    assert line.answer().status_code == 400

    waits(sending, 1)


# -- in other ways ---------------------------------------------------------------------------------------------------------


def test_a_chunk_that_trickles_is_taken(line: Line, sending: Sending) -> None:
    head, body = spoken(chunk(sending, 2))
    step = len(body) // 40

    line.say(head, *(body[at : at + step] for at in range(0, len(body), step)), pause=0.01)

    assert line.answer().status_code == 200
    waits(sending, 1, 2)


def test_a_chunk_in_pieces_of_no_announced_length_is_taken(line: Line, sending: Sending) -> None:
    head, body = spoken(chunk(sending, 2), Content_Length=None, Transfer_Encoding="chunked")
    pieces = [body[at : at + 7000] for at in range(0, len(body), 7000)]

    line.say(head, *(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n")

    assert line.answer().status_code == 200
    waits(sending, 1, 2)


def test_pieces_that_never_end_are_no_chunk(line: Line, sending: Sending) -> None:
    head, body = spoken(chunk(sending, 2), Content_Length=None, Transfer_Encoding="chunked")
    line.say(head, b"%x\r\n%b\r\n" % (len(body), body))
    line.say_no_more()

    assert line.answer().status_code == 400

    waits(sending, 1)


def test_chunks_that_come_one_behind_the_other_without_waiting_are_taken_in_turn(line: Line, sending: Sending) -> None:
    line.say(b"".join(part for number in (2, 3) for part in spoken(chunk(sending, number))))

    assert [answer.status for answer in line.answers(2)] == [200, 200]

    waits(sending, 1, 2, 3)


def test_a_refused_chunk_does_not_spoil_the_one_behind_it(line: Line, sending: Sending) -> None:
    wrong = sending.request(2, sending.pieces[1], "0" * 32)
    line.say(b"".join(part for request in (wrong, chunk(sending, 3)) for part in spoken(request)))

    refused, taken = line.answers(2)

    assert code(refused.as_response(), 400) == WRONG_DIGEST
    assert taken.status == 200
    waits(sending, 1, 3)


def test_who_asks_first_whether_to_send_is_told_to_go_on(line: Line, sending: Sending) -> None:
    head, body = spoken(chunk(sending, 2), Expect="100-continue")
    line.say(head)
    assert line.hear(len(b"HTTP/1.1 100 Continue\r\n\r\n")) == b"HTTP/1.1 100 Continue\r\n\r\n"

    line.say(body)

    assert line.answer().status_code == 200
    waits(sending, 1, 2)


# -- two at once -----------------------------------------------------------------------------------------------------------


def test_a_chunk_that_comes_again_does_not_wait_for_the_one_that_hangs(
    world: World, line: Line, sending: Sending
) -> None:
    first, rest = halves(chunk(sending, 2))
    begin(world, sending, line, first)

    sending.send(2)

    line.say(rest)
    assert line.answer().status_code == 200  # the same bytes
    waits(sending, 1, 2)


def test_the_chunk_that_hung_does_no_harm_when_it_breaks_off_or_ends_wrong(
    world: World, line: Line, sending: Sending
) -> None:
    first, rest = halves(chunk(sending, 2))
    begin(world, sending, line, first)
    with Line(world.server.port) as other:
        begin(world, sending, other, first)
        sending.send(2)
    line.say(bytes(byte ^ 1 for byte in rest[:100]) + rest[100:])

    assert code(line.answer(), 400) == WRONG_DIGEST

    waits(sending, 1, 2)


def test_an_upload_that_is_given_up_while_a_chunk_comes_keeps_nothing_of_it(
    world: World, author: Person, line: Line, sending: Sending
) -> None:
    first, rest = halves(chunk(sending, 2))
    begin(world, sending, line, first)
    assert author.http.delete(f"{OWN_PATH}/{sending.id}").status_code == 200

    line.say(rest)

    assert line.answer().status_code in (409, 503)
    assert code(sending.chunk(2), 409) == MOVED_ON
    run_json("gc", env=world.server.environment)
    assert not [key for key in world.kept(author) if sending.id in key]


def test_an_upload_is_not_complete_while_its_last_chunk_comes(world: World, line: Line, sending: Sending) -> None:
    sending.send(3)
    first, rest = halves(chunk(sending, 2))
    begin(world, sending, line, first)

    assert code(sending.complete(), 409) == MISSING

    line.say(rest)
    assert line.answer().status_code == 200
    waits(sending, 1, 2, 3)


def test_a_chunk_that_is_replaced_while_the_file_is_joined_changes_nothing(
    world: World, author: Person, line: Line, sending: Sending
) -> None:
    sending.send()
    first, rest = halves(chunk(sending, 2, bytes(CHUNK)))
    begin(world, sending, line, first)
    assert sending.finish()["state"] == "accepted"

    line.say(rest)

    assert line.answer().status_code in (409, 503)
    assert sending.show()["state"] == "accepted"
    assert world.count(author, sending.content) == 1
