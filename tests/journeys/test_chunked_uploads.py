"""Files that come in chunks: by the contract's form and by our own door, over a directory and over a bucket.

One suite for both doors and both stores. What only one door has stands in `tests/surfaces/fileservice_v2` and
`tests/surfaces/uploads_v1`.
"""

import random
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from storage.postgres.embedded import Urls
from tests.accounts import NewAccount
from tests.builders import a_name
from tests.chunks import CHUNK, DOORS, OWN_PATH, OwnSending, Sending, World, a_file, over_a_bucket, over_a_directory
from tests.person import Meet, Person, people
from tests.program import Server
from tests.seaweed import SeaweedFS

UNKNOWN, MOVED_ON, REFUSED, WRONG_DIGEST, MISSING, WRONG_FILE_DIGEST, WRONG_FILE_SIZE, FILE_EXISTS = (
    f"PLUGPORT.0008000{number}" for number in range(1, 9)
)
NO_DIRECT = "PLUGPORT.00080011"
Send = Callable[..., Sending]


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory, cluster: Urls) -> Iterator[World]:
    """A server over a real S3 store."""
    with (
        SeaweedFS(tmp_path_factory.mktemp("weed")) as weed,
        over_a_bucket(weed, cluster, tmp_path_factory.mktemp("chunks-on-s3")) as world,
    ):
        yield world


@pytest.fixture(scope="module", params=["directory", "bucket"])
def world(request: pytest.FixtureRequest, server: Server, new_account: NewAccount) -> World:
    """A server over either store."""
    if request.param == "bucket":
        found: World = request.getfixturevalue("bucket")
        return found
    return over_a_directory(server, new_account)


@pytest.fixture(scope="module")
def author(world: World) -> Iterator[Person]:
    """An author; every test sends files of its own."""
    with people() as meet:
        yield meet(world.new_account().user("author"))


@pytest.fixture(scope="module")
def stranger(world: World) -> Iterator[Person]:
    """An administrator of another account."""
    with people() as meet:
        yield meet(world.new_account().user("admin"))


@pytest.fixture(scope="module")
def publisher(author: Person) -> str:
    """A publisher of the author's."""
    return author.publisher("makers")


@pytest.fixture(params=DOORS)
def send(request: pytest.FixtureRequest, author: Person, publisher: str) -> Send:
    """Sends a file of the author's by either door."""

    def begin(content: bytes | None = None, by: Person | None = None, **more: Any) -> Sending:
        return DOORS[request.param](by or author, more.pop("publisher_id", publisher), content or a_file(), **more)

    return begin


def refusal(answer: httpx.Response, status: int, code: str) -> str:
    """What a refusal says."""
    assert (answer.status_code, answer.json()["error_code"]) == (status, code), answer.text
    return str(answer.json()["error_msg"])


# -- the way in ----------------------------------------------------------------------------------------------------------


def test_chunks_come_in_any_order_and_in_parallel(send: Send, world: World, author: Person) -> None:
    sending = send(a_file(8))
    order = list(range(1, 9))
    random.Random(8).shuffle(order)
    sending.send(order[0])

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(sending.chunk, order[1:]))

    assert [answer.status_code for answer in answers] == [200] * 7
    assert sending.show()["missing"] == []
    shown = sending.finish()
    assert (shown["state"], shown["findings"], shown["next_step"] != "") == ("accepted", [], True)
    assert world.count(author, sending.content) == 1


def test_a_file_may_come_in_one_chunk(send: Send, world: World, author: Person) -> None:
    sending = send(a_file(1))

    sending.send()

    assert sending.finish()["state"] == "accepted"
    assert world.count(author, sending.content) == 1


def test_the_same_chunk_again_changes_nothing(send: Send) -> None:
    sending = send()
    sending.send(1, 2)
    before = sending.show()

    sending.send(2, 1)

    after = sending.show()
    assert (after["received"], after["received_bytes"]) == (before["received"], before["received_bytes"])
    assert after["received"] == [[1, 2]]


def test_other_bytes_replace_a_chunk_until_the_file_is_joined(send: Send, world: World, author: Person) -> None:
    sending = send()
    other = bytes(CHUNK)
    assert sending.chunk(1, other).status_code == 200
    sending.send()
    sending.finish()

    assert world.count(author, other) == 0
    assert world.count(author, sending.content) == 1
    refusal(sending.chunk(1, other), 409, MOVED_ON)
    assert sending.chunk(1).status_code == 200  # the same again is a success
    assert sending.complete().status_code == 200
    assert sending.show()["state"] == "accepted"


def test_racing_completions_join_once(send: Send, world: World, author: Person) -> None:
    sending = send()
    sending.send()

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: sending.complete(), range(4)))

    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}
    assert sending.settled()["state"] == "accepted"
    assert world.count(author, sending.content) == 1


# -- what is wrong changes nothing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "data", "md5", "codes"),
    [
        (2, None, "0" * 32, {WRONG_DIGEST}),
        (2, b"", None, {REFUSED}),
        (2, bytes(4 * CHUNK), None, {REFUSED, "PLUGPORT.00010006"}),
        (4, b"x", None, {REFUSED, "PLUGPORT.00010002"}),
        (0, b"x", None, {REFUSED, "PLUGPORT.00010002"}),
        (10**20, b"x", None, {REFUSED, "PLUGPORT.00010002"}),
    ],
    ids=["MD5", "empty", "too long", "one too many", "number 0", "a huge number"],
)
def test_a_wrong_chunk_changes_nothing_and_the_upload_goes_on(
    send: Send, number: int, data: bytes | None, md5: str | None, codes: set[str]
) -> None:
    sending = send()
    sending.send(1)
    before = sending.show()

    answer = sending.chunk(number, data, md5=md5)

    assert answer.status_code in (400, 413), answer.text
    assert answer.json()["error_code"] in codes
    assert sending.show()["received"] == before["received"] == [[1, 1]]
    sending.send()
    assert sending.finish()["state"] == "accepted"


def test_a_line_that_is_cut_in_a_chunk_changes_nothing(send: Send, world: World, author: Person) -> None:
    sending = send()
    sending.send(1)
    request = sending.request(2, sending.pieces[1], "0" * 32)
    head = b"".join(b"%b: %b\r\n" % each for each in request.headers.raw)
    begin = b"%b %b HTTP/1.1\r\n%b\r\n" % (request.method.encode(), request.url.raw_path, head)

    with socket.create_connection(("127.0.0.1", world.server.port)) as line:
        line.sendall(begin + request.read()[: CHUNK // 2])

    assert sending.show()["received"] == [[1, 1]]
    sending.send(2, 3)
    assert sending.finish()["state"] == "accepted"


def test_a_file_with_another_digest_is_not_joined_and_its_wrong_chunk_can_be_sent_again(send: Send) -> None:
    sending = send()
    sending.send()
    sending.chunk(2, bytes(CHUNK))

    told = refusal(sending.complete(), 400, WRONG_FILE_DIGEST)

    assert sending.show()["sha256"] in told
    shown = sending.show()
    assert (shown["state"], shown["missing"]) == ("receiving", [])
    sending.send(2)
    assert sending.finish()["state"] == "accepted"


def test_missing_chunks_are_named_and_the_upload_goes_on(send: Send) -> None:
    sending = send(a_file(7))
    sending.send(1, 4, 6)

    assert "2-3, 5, 7" in refusal(sending.complete(), 409, MISSING)

    assert sending.show()["missing"] == [[2, 3], [5, 5], [7, 7]]
    sending.send(2, 3, 5, 7)
    assert sending.finish()["state"] == "accepted"


def test_a_file_larger_than_allowed_is_refused_before_a_byte_is_stored(
    send: Send, world: World, author: Person
) -> None:
    before = world.kept(author)

    refusal(send().chunk(1, size=2**50), 413, "PLUGPORT.00010006")

    assert world.kept(author) <= before


# -- names, publishers and accounts --------------------------------------------------------------------------------------


def test_a_name_that_exists_is_refused_before_a_byte_is_stored_unless_it_is_to_be_replaced(
    send: Send, world: World, author: Person
) -> None:
    first = send()
    first.send()
    first.finish()
    before = world.kept(author)

    again = send(a_file(seed=2), name=first.name)
    assert first.name in refusal(again.chunk(1), 409, FILE_EXISTS)
    assert world.kept(author) <= before

    again.override = True
    again.send()
    assert again.finish()["state"] == "accepted"
    assert world.count(author, again.content) == 1


def test_two_that_begin_are_two_uploads(send: Send) -> None:
    one, other = send(), send()
    one.send(1)
    other.send(1)

    assert one.id != other.id
    assert one.show()["received"] == other.show()["received"] == [[1, 1]]


@pytest.mark.parametrize("which", ["nobody's", "another account's", "no id at all"])
def test_a_publisher_that_the_account_has_not_is_unknown(
    send: Send, world: World, author: Person, stranger: Person, which: str
) -> None:
    ids = {"nobody's": "0" * 32, "no id at all": "x", "another account's": stranger.publisher(a_name("theirs"))}
    before = world.kept(author)

    refusal(send(publisher_id=ids[which]).chunk(1), 404, "PLUGPORT.00030001")

    assert world.kept(author) <= before


def test_a_publisher_is_needed(send: Send) -> None:
    answer = send().chunk(1, publisher_id=None)

    assert "publisher_id" in refusal(answer, 400, "PLUGPORT.00010003")


def test_another_accounts_upload_is_as_unknown_as_one_that_is_not_there(send: Send, stranger: Person) -> None:
    theirs = send()
    theirs.send(1)
    own_publisher = stranger.publisher(a_name("publisher"))

    def asked(id: str) -> list[tuple[int, str]]:
        sending = send(theirs.content, stranger, publisher_id=own_publisher, id=id, name=theirs.name)
        answers = [sending.chunk(1), sending.complete(), stranger.http.get(f"{OWN_PATH}/{id}")]
        answers.append(stranger.http.delete(f"{OWN_PATH}/{id}"))
        return [(answer.status_code, answer.json()["error_code"]) for answer in answers]

    assert asked(theirs.id) == asked("0" * 32) == asked("x") == [(404, UNKNOWN)] * 4
    assert theirs.id not in [each["upload_id"] for each in stranger.http.get(OWN_PATH).json()["uploads"]]
    assert theirs.show()["received"] == [[1, 1]]


def test_who_may_only_look_uploads_nothing(send: Send, meet: Meet, author: Person) -> None:
    sending = send(by=meet(author.member.account.user("viewer")))

    refusal(sending.chunk(1), 403, "PLUGPORT.00020003")


# -- going on ------------------------------------------------------------------------------------------------------------


def test_another_client_goes_on_from_what_the_status_says(send: Send, meet: Meet, author: Person) -> None:
    begun = send(a_file(6))
    begun.send(2, 5)

    with author.member.client() as http:
        told = http.get(f"{OWN_PATH}/{begun.id}").json()
        resumed = send(begun.content, Person(author.member, http), id=told["upload_id"], name=told["file_name"])
        assert (told["state"], told["reason"], told["owner"]) == ("receiving", "", author.member.name)
        assert "missing" in told["next_step"]
        resumed.send(*(number for first, last in told["missing"] for number in range(first, last + 1)))
        assert resumed.finish()["state"] == "accepted"


def test_what_was_given_up_takes_no_more(send: Send, world: World, author: Person) -> None:
    sending, before = send(), world.kept(author)
    sending.send(1, 2)

    given_up = author.http.delete(f"{OWN_PATH}/{sending.id}")

    assert (given_up.status_code, given_up.json()["state"]) == (200, "aborted")
    refusal(sending.chunk(3), 409, MOVED_ON)
    refusal(sending.complete(), 409, MOVED_ON)
    assert author.http.delete(f"{OWN_PATH}/{sending.id}").json()["state"] == "aborted"
    assert world.kept(author) <= before


def test_a_file_that_is_no_archive_is_refused_with_findings(send: Send) -> None:
    sending = send(b"no archive " * 10_000)
    sending.send()

    shown = sending.finish()

    assert shown["state"] == "refused"
    assert shown["reason"]
    assert all(each["entry"] and each["rule"] and each["remedy"] for each in shown["findings"])
    assert shown["findings"]


# -- straight to the bucket ----------------------------------------------------------------------------------------------


@pytest.fixture
def direct(bucket: World, meet: Meet) -> OwnSending:
    """A file of two chunks, announced where the store can take them itself."""
    member = bucket.new_account().user("author")
    sending = OwnSending(meet(member), meet(member).publisher("makers"), a_file(81), chunk=5 * 1024**2)
    assert sending.begin().json()["total_chunks"] == 2
    return sending


def urls(sending: OwnSending, *numbers: int) -> httpx.Response:
    """The answer to the question where these chunks may be sent."""
    return sending.author.http.post(f"{OWN_PATH}/{sending.id}/chunk-urls", json={"numbers": numbers})


def test_chunks_may_go_straight_to_the_bucket_and_are_verified_at_the_end(direct: OwnSending, bucket: World) -> None:
    told = urls(direct, 2, 1).json()["urls"]
    assert [(each["number"], each["method"]) for each in told] == [(2, "PUT"), (1, "PUT")]
    assert [each["size"] for each in told] == [len(direct.pieces[1]), len(direct.pieces[0])]
    assert httpx.put(told[0]["url"], content=direct.pieces[1]).status_code == 200
    assert direct.show()["received"] == [[2, 2]]
    damaged = b"!" + direct.pieces[0][1:]
    assert httpx.put(told[1]["url"], content=damaged).status_code == 200

    refusal(direct.complete(), 400, WRONG_FILE_DIGEST)

    assert direct.show()["state"] == "receiving"
    (again,) = urls(direct, 1).json()["urls"]
    assert httpx.put(again["url"], content=direct.pieces[0]).status_code == 200
    assert direct.finish()["state"] == "accepted"
    assert bucket.count(direct.author, direct.content) == 1


def test_direct_chunks_and_sent_ones_make_one_file(direct: OwnSending, bucket: World) -> None:
    (told,) = urls(direct, 1).json()["urls"]
    assert httpx.put(told["url"], content=direct.pieces[0]).status_code == 200
    direct.send(2)

    assert direct.finish()["state"] == "accepted"
    assert bucket.count(direct.author, direct.content) == 1


def test_a_url_is_good_for_its_chunk_alone(direct: OwnSending) -> None:
    (told,) = urls(direct, 1).json()["urls"]

    assert httpx.put(told["url"].replace("partNumber=", "partNumber=1"), content=b"x").status_code == 403
    assert httpx.get(told["url"]).status_code == 403
    assert httpx.delete(told["url"]).status_code == 403


def test_chunks_too_small_for_the_bucket_do_not_go_there_directly(bucket: World, meet: Meet) -> None:
    author = meet(bucket.new_account().user("author"))
    sending = OwnSending(author, author.publisher("makers"), a_file())
    sending.begin()

    refusal(urls(sending, 1), 409, NO_DIRECT)
    refusal(urls(sending, 4), 400, REFUSED)
