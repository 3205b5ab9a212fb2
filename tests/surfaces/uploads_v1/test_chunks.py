"""`PUT /plugport/v1/uploads/{upload_id}/chunks/{number}`: raw bodies and what their headers promise."""

import base64
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chunks import CHUNK, OWN_PATH, OwnSending, a_file
from tests.person import Person

MIB = 1024 * 1024


@pytest.fixture
def sending(ada: Person, publisher: str) -> OwnSending:
    """An upload that was announced."""
    begun = OwnSending(ada, publisher, a_file())
    assert begun.begin().status_code == 201
    return begun


def b64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def md5(data: bytes) -> str:
    return b64(hashlib.md5(data).digest())


def sha256(data: bytes) -> str:
    return f"sha-256=:{b64(hashlib.sha256(data).digest())}:"


def put(sending: OwnSending, number: int = 1, data: Any = None, headers: Any = None) -> httpx.Response:
    """The answer to a chunk with these headers and no others."""
    content = sending.pieces[number - 1] if data is None else data
    return sending.author.http.put(f"{OWN_PATH}/{sending.id}/chunks/{number}", content=content, headers=headers)


def test_a_chunk_is_answered_with_what_came_and_how_many_there_are(sending: OwnSending) -> None:
    data = sending.pieces[1]

    answer = put(sending, 2, headers={"Content-MD5": md5(data), "Content-Digest": sha256(data)})

    assert (answer.status_code, answer.json()) == (
        200,
        {
            "number": 2, "size": CHUNK, "received": 1, "total": 3,
            "md5": hashlib.md5(data).hexdigest(), "sha256": hashlib.sha256(data).hexdigest(),
        },
    )  # fmt: skip


@pytest.mark.parametrize(
    "kind", [None, "application/octet-stream", "application/x-www-form-urlencoded", "application/json", "nonsense"]
)
def test_a_chunk_is_its_body_whatever_content_type_it_says(sending: OwnSending, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}

    assert put(sending, headers=headers).json()["size"] == CHUNK


def test_a_form_is_no_chunk(sending: OwnSending) -> None:
    answer = sending.author.http.put(f"{OWN_PATH}/{sending.id}/chunks/1", files={"file": ("a", sending.pieces[0])})

    assert (answer.status_code, answer.json()["error_code"]) == (400, "PLUGPORT.00010001")
    assert "form" in answer.json()["error_msg"]


def test_a_chunk_may_come_without_its_length(sending: OwnSending) -> None:
    def pieces() -> Iterator[bytes]:
        yield sending.pieces[0][:10]
        yield sending.pieces[0][10:]

    answer = put(sending, data=pieces())

    assert "content-length" not in answer.request.headers
    assert (answer.status_code, answer.json()["size"]) == (200, CHUNK)
    assert put(sending, 2, data=iter([bytes(CHUNK + 1)])).status_code == 400
    assert put(sending, 2, data=iter([bytes(CHUNK - 1)])).status_code == 400
    assert sending.show()["received"] == [[1, 1]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-MD5", md5(b"other")),
        ("Content-Digest", sha256(b"other")),
        ("Content-Digest", f"md5=:{md5(b'')}:, {sha256(b'other')}"),
    ],
)
def test_bytes_other_than_promised_change_nothing(sending: OwnSending, name: str, value: str) -> None:
    answer = put(sending, headers={name: value})

    assert (answer.status_code, answer.json()["error_code"]) == (400, "PLUGPORT.00080004")
    assert sending.show()["received"] == []
    assert put(sending).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Content-MD5", value) for value in ("", "x", hashlib.md5(b"").hexdigest(), b64(b"short"), "a" * 24, "é")),
        *(
            ("Content-Digest", value)
            for value in (
                "", "x", "sha-256", "sha-256=", "sha-256=abc", "sha-256=::", "sha-256=:x:", f"sha-256=:{b64(b'short')}:",
                f"sha-256={sha256(b'')[9:-1]}", "SHA-256=:" + b64(bytes(32)) + ":", "sha-256=:" + "A" * 44 + ":",
                sha256(b"") + ",", sha256(b"") + " x", "a" * 5000,
            )
        ),
    ],
)  # fmt: skip
def test_a_promise_that_cannot_be_read_is_refused_by_its_name(sending: OwnSending, name: str, value: str) -> None:
    answer = put(sending, headers={name: value.encode()})

    assert (answer.status_code, answer.json()["error_code"]) == (400, "PLUGPORT.00010002")
    assert answer.json()["error_msg"].startswith(f"{name}: ")
    assert sending.show()["received"] == []


@pytest.mark.parametrize("name", ["Content-MD5", "Content-Digest"])
def test_a_promise_that_is_made_twice_is_refused(sending: OwnSending, name: str) -> None:
    good = {"Content-MD5": md5, "Content-Digest": sha256}[name](sending.pieces[0])

    answer = put(sending, headers=[(name, good), (name, good)])

    assert (answer.status_code, answer.json()["error_msg"]) == (400, f"{name}: The header comes twice.")


@pytest.mark.parametrize(
    "value",
    ["sha-512=:AAAA:", "unixsum=:AA==:, crc32c=:AAAAAA==:", "sha-512=:AAAA:;x=1", "md5=:AAAA:"],
)
def test_algorithms_that_are_not_known_are_passed_over(sending: OwnSending, value: str) -> None:
    answer = put(sending, headers={"Content-Digest": value})
    assert answer.status_code == 200

    assert put(sending, 2, headers={"Content-Digest": f"{value},\t{sha256(sending.pieces[1])};p"}).status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", "1001", "x", "1.5", "9" * 5000])
def test_a_number_that_no_chunk_can_have_is_refused(sending: OwnSending, number: str) -> None:
    answer = sending.author.http.put(f"{OWN_PATH}/{sending.id}/chunks/{number}", content=b"x")

    assert answer.status_code in (400, 404)
    assert sending.show()["received"] == []


# -- curl ----------------------------------------------------------------------------------------------------------------

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")


def curl(sending: OwnSending, *arguments: str) -> tuple[str, str]:
    """The status and the body that curl tells of."""
    token = sending.author.http.headers["X-Auth-Token"]
    done = subprocess.run(
        ["curl", "-s", "-w", "\n%{http_code}", "-H", f"X-Auth-Token: {token}", *arguments],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    body, _, status = done.stdout.rpartition("\n")
    return status, body


@needs_curl
def test_curl_sends_a_file_in_chunks(sending: OwnSending, tmp_path: Path) -> None:
    url = f"{sending.author.http.base_url}{OWN_PATH}/{sending.id}"
    for number, data in enumerate(sending.pieces, start=1):
        (tmp_path / "chunk").write_bytes(data)
        status, body = curl(sending, "-T", str(tmp_path / "chunk"), f"{url}/chunks/{number}")
        assert status == "200", body

    status, body = curl(sending, "-X", "POST", f"{url}/complete")

    assert status == "200", body
    assert sending.settled()["state"] == "accepted"


@needs_curl
@pytest.mark.parametrize("kind", ["refused for its header", "refused for its bytes", "of no upload", "far too long"])
def test_a_refusal_reaches_a_sender_that_asks_first_whether_to_go_on(
    ada: Person, publisher: str, tmp_path: Path, kind: str
) -> None:
    """curl sends `Expect: 100-continue` with larger bodies, and goes on after a second without an answer."""
    content = bytes(4 * MIB)
    sending = OwnSending(ada, publisher, content, chunk=2 * MIB)
    assert sending.begin().status_code == 201
    file = tmp_path / "chunk"
    file.write_bytes(bytes(8 * MIB) if kind == "far too long" else sending.pieces[0])
    promises = {"refused for its header": "x", "refused for its bytes": md5(b"other")}
    headers = ["-H", f"Content-MD5: {promises[kind]}"] if kind in promises else []
    id = "0" * 32 if kind == "of no upload" else sending.id

    status, body = curl(sending, *headers, "-T", str(file), f"{ada.http.base_url}{OWN_PATH}/{id}/chunks/1")

    assert status == ("404" if kind == "of no upload" else "400"), body
    assert '"error_code"' in body
    assert sending.show()["received"] == []
