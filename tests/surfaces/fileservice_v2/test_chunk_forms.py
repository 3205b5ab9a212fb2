"""`POST /v2/fileservice/file/upload`: what the form may say, and what it is answered."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.accounts import NewAccount
from tests.builders import a_name
from tests.chunks import CHUNK, FORM_PATH, OWN_PATH, FormSending, World, a_file, digest, over_a_directory
from tests.person import Person, people
from tests.program import Server

Send = Callable[..., FormSending]


@pytest.fixture
def world(server: Server, new_account: NewAccount) -> World:
    """The server of the run."""
    return over_a_directory(server, new_account)


@pytest.fixture(scope="module")
def ada(new_account: NewAccount) -> Iterator[Person]:
    """An author; every test sends files of its own."""
    with people() as meet:
        yield meet(new_account().user("author"))


@pytest.fixture(scope="module")
def publisher(ada: Person) -> str:
    """A publisher of the author's."""
    return ada.publisher("makers")


@pytest.fixture
def send(ada: Person, publisher: str) -> Send:
    """Sends a file of the author's."""

    def begin(content: bytes | None = None, **more: Any) -> FormSending:
        return FormSending(ada, publisher, content or a_file(), **more)

    return begin


def part(name: str, content: bytes, file_name: str = "") -> bytes:
    """A part of a form whose border is `line`."""
    head = f'--line\r\nContent-Disposition: form-data; name="{name}"' + f'; filename="{file_name}"' * bool(file_name)
    return head.encode() + b"\r\n\r\n" + content + b"\r\n"


def raw(sending: FormSending, *parts: bytes) -> httpx.Response:
    """The answer to a form put together by hand."""
    headers = {"Content-Type": "multipart/form-data; boundary=line"}
    return sending.author.http.post(FORM_PATH, content=b"".join(parts) + b"--line--\r\n", headers=headers)


def test_the_answer_is_the_contracts_envelope_with_the_task(send: Send) -> None:
    sending = send(a_file(2))

    first = sending.chunk(1).json()

    assert first == {
        "status": "success",
        "result": {"task_id": sending.id, "chunk_index": 1, "merged": False, "file_name": sending.name, "url": ""},
    }
    merged = sending.chunk(2, merge="true").json()["result"]
    assert merged == {
        "task_id": sending.id,
        "chunk_index": 2,
        "merged": True,
        "file_name": sending.name,
        "url": f"/plugport/v1/uploads/{sending.id}",
    }
    assert sending.author.http.get(merged["url"]).json()["upload_id"] == sending.id
    assert sending.settled()["state"] == "accepted"


WRONG: list[tuple[str, str]] = [
    *(
        ("chunk_index", value)
        for value in ("0", "101", "4", "-1", "1.0", "1e0", "+1", " 1", "1_0", "１", "x", "9" * 30)
    ),
    *(("total_chunk_num", value) for value in ("0", "101", "x", "true")),
    *(("parent_file_size", value) for value in ("0", "-5", "1.5", "many", "9" * 18)),
    *(("chunk_md5", value) for value in ("0" * 31, "0" * 33, "g" * 32, "0" * 32 + "\n")),
    *(("parent_file_sha256", value) for value in ("0" * 63, "z" * 64)),
    *(("merge", value) for value in ("yes", "1", "0", "True ", "null")),
    *(("override", value) for value in ("no", "1", "truefalse")),
    *(("parent_file_name", value) for value in (".", "..", "a/b", "a\\b", "a\nb", "a\x00b", "a\x7f", "x" * 256)),
    *(("task_id", value) for value in ("a\x00", "x" * 65)),
    *(("publisher_id", value) for value in ("\n", "x" * 65)),
]


@pytest.mark.parametrize(("field", "value"), WRONG, ids=lambda each: repr(each[:20]))
def test_a_part_of_the_wrong_form_is_named_and_nothing_is_kept(
    send: Send, world: World, ada: Person, field: str, value: str
) -> None:
    before = world.kept(ada), ada.http.get(OWN_PATH).json()["total"]

    answer = send().chunk(1, **{field: value})

    assert answer.status_code == 400, answer.text
    assert answer.json()["error_msg"].startswith(f"{field}: ")
    assert (world.kept(ada), ada.http.get(OWN_PATH).json()["total"]) == before


@pytest.mark.parametrize("empty", [None, ""])
@pytest.mark.parametrize(
    "field",
    ["chunk_index", "total_chunk_num", "chunk_md5", "parent_file_name", "parent_file_size", "merge", "override"],
)
def test_a_part_that_is_needed_is_named_with_its_place(send: Send, field: str, empty: str | None) -> None:
    answer = send().chunk(1, **{field: empty})

    assert answer.status_code == 400
    assert answer.json()["error_msg"].startswith(f"{field}: ")
    assert "before the part file" in answer.json()["error_msg"]


def test_parts_after_the_file_are_refused_and_not_passed_over(send: Send, world: World, ada: Person) -> None:
    sending = send(a_file(1))
    told = {name: part(name, text.encode()) for name, text in sending.texts(1, "0" * 32).items()}
    file, before = part("file", sending.content, "chunk"), world.kept(ada)

    for late in ("chunk_index", "parent_file_sha256"):
        answer = raw(sending, *(each for name, each in told.items() if name != late), file, told[late])
        assert (answer.status_code, answer.json()["error_msg"].split(":")[0]) == (400, late)
        assert "before the part file" in answer.json()["error_msg"]

    assert world.kept(ada) <= before


def test_a_part_that_comes_twice_is_refused(send: Send) -> None:
    sending = send(a_file(1))
    told = [part(name, text.encode()) for name, text in sending.texts(1, "0" * 32).items()]

    answer = raw(sending, *told, part("merge", b"true"), part("file", sending.content, "chunk"))

    assert (answer.status_code, answer.json()["error_msg"]) == (400, "merge: The form has two parts of this name.")


def test_a_form_needs_its_file(send: Send) -> None:
    sending = send(a_file(1))
    told = [part(name, text.encode()) for name, text in sending.texts(1, "0" * 32).items()]

    assert raw(sending, *told).json()["error_msg"] == "file: A value is required."
    answer = raw(sending, *told, part("file", sending.content))
    assert answer.json()["error_msg"] == "file: A value is required."


def test_spellings_that_mean_the_same_are_taken(send: Send) -> None:
    sending = send(a_file(1))

    answer = sending.chunk(
        1, merge="TRUE", override="False", chunk_index="001", task_id="", not_known="x",
        chunk_md5=hashlib.md5(sending.content).hexdigest().upper(),
        parent_file_sha256=digest(sending.content).upper(),
    )  # fmt: skip

    assert answer.status_code == 200, answer.text
    assert sending.settled()["state"] == "accepted"
    assert sending.show()["sha256"] == digest(sending.content)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("parent_file_name", "other.vsix"),
        ("parent_file_size", 17),
        ("parent_file_sha256", "0" * 64),
        ("total_chunk_num", 9),
        ("override", "true"),
        ("publisher_id", "0" * 32),
    ],
)
def test_a_chunk_that_speaks_of_another_file_than_its_task_is_refused(send: Send, field: str, value: object) -> None:
    sending = send()
    sending.send(1)

    answer = sending.chunk(2, **{field: value})

    assert answer.status_code == 400, answer.text
    assert answer.json()["error_msg"].startswith(f"{field}: ")
    sending.send()
    assert sending.finish()["state"] == "accepted"


def test_chunks_that_are_not_as_long_as_the_file_together_are_not_joined(send: Send) -> None:
    sending = send()
    sending.send()
    assert sending.chunk(2, bytes(CHUNK - 1)).status_code == 200

    answer = sending.complete()

    assert (answer.status_code, answer.json()["error_code"]) == (400, "PLUGPORT.00080007")
    assert str(len(sending.content)) in answer.json()["error_msg"]
    sending.send(2)
    assert sending.finish()["state"] == "accepted"


def test_the_same_chunk_again_after_the_merge_is_a_success_and_other_bytes_are_not(send: Send) -> None:
    sending = send()
    sending.send()
    shown = sending.finish()

    for merge in ("false", "true"):
        assert sending.chunk(2, merge=merge).json()["result"]["merged"] is True
        other = sending.chunk(2, bytes(CHUNK), merge=merge)
        assert (other.status_code, other.json()["error_code"]) == (409, "PLUGPORT.00080002")
        lying = sending.chunk(2, bytes(CHUNK), md5=hashlib.md5(sending.pieces[1]).hexdigest(), merge=merge)
        assert (lying.status_code, lying.json()["error_code"]) == (400, "PLUGPORT.00080004")
    assert sending.show() == shown


def test_the_digest_of_the_whole_file_is_optional(send: Send) -> None:
    sending = send()
    for number in (3, 2, 1):
        assert sending.chunk(number, parent_file_sha256=None).status_code == 200
    assert sending.show()["sha256"] is None

    assert sending.chunk(2, parent_file_sha256=None, merge="true").json()["result"]["merged"] is True

    assert sending.settled()["state"] == "accepted"


def test_the_task_of_the_first_chunk_goes_when_that_chunk_is_refused(send: Send, ada: Person) -> None:
    sending = send()

    assert sending.chunk(1, md5="0" * 32).status_code == 400

    (newest,) = ada.http.get(OWN_PATH, params={"limit": 1}).json()["uploads"]
    assert (newest["file_name"], newest["state"]) == (sending.name, "aborted")


def test_a_publisher_token_uploads_for_its_publisher_and_sees_no_other(
    ada: Person, publisher: str, server: Server
) -> None:
    other = ada.publisher(a_name("publisher"))
    made = ada.http.post("/plugport/v1/publisher-tokens", json={"publisher_id": publisher, "name": "ci"})
    assert made.status_code in (200, 201), made.text
    theirs = FormSending(ada, other, a_file())
    theirs.send(1)

    with httpx.Client(base_url=server.url, headers={"x-publisher-token": made.json()["token"]}, timeout=30) as http:
        by_token = Person(ada.member, http)
        sending = FormSending(by_token, publisher, a_file())
        for number in (1, 2, 3):
            assert sending.chunk(number, publisher_id=None).status_code == 200
        assert sending.finish()["state"] == "accepted"
        assert http.get(f"{OWN_PATH}/{theirs.id}").status_code == 404
        assert FormSending(by_token, other, a_file()).chunk(1).status_code == 404
        listed = http.get(OWN_PATH, params={"limit": 1000}).json()["uploads"]
        assert sending.id in [each["upload_id"] for each in listed]
        assert {each["publisher_id"] for each in listed} == {publisher}
