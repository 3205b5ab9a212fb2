"""Requests that no operation takes: what they are answered, raw as they come over the wire."""

import socket
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from tests.accounts import Account, NewAccount
from tests.program import Server

UNKNOWN_PATH, UNKNOWN_METHOD, INVALID, MALFORMED = (f"PLUGPORT.0001000{number}" for number in (4, 5, 2, 1))


@pytest.fixture
def client(account: Account) -> Iterator[httpx.Client]:
    with account.user("author").client() as client:
        yield client


def raw(server: Server, request: bytes, *, hang_up: bool = False) -> tuple[int, bytes]:
    """Sends bytes as they are, perhaps says that no more will come, and reads the answer."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(request)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65_536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


@pytest.mark.parametrize(
    "path", ["/nope", "/v1", "/v1/x/agent-plugin", "/v1/../etc/passwd", "/schema/nope", "/v9/a/b/c"]
)
def test_an_unknown_path_is_not_found(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert (answer.status_code, answer.json()["error_code"]) == (404, UNKNOWN_PATH)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v3/auth/tokens", {"POST", "GET", "HEAD", "DELETE", "OPTIONS"}),
        ("DELETE", "/healthz", {"GET", "OPTIONS"}),
        ("BREW", "/v3", {"GET", "OPTIONS"}),
    ],
)
def test_an_unknown_method_is_told_the_known_ones(
    http: httpx.Client, method: str, path: str, allowed: set[str]
) -> None:
    answer = http.request(method, path)

    assert (answer.status_code, answer.json()["error_code"]) == (405, UNKNOWN_METHOD)
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_each_surface_keeps_its_envelope(http: httpx.Client) -> None:
    plain = http.get("/v1/x/agent-plugin/detail").json()
    keystone = http.get("/v3/projects").json()
    modules = http.get("/v2/extensions/modules").json()

    assert plain.keys() == {"error_code", "error_msg"}
    assert keystone.keys() == {"error_code", "error_msg", "error"}
    assert modules == {
        "status": "error",
        "result": None,
        "error": {"code": plain["error_code"], "message": plain["error_msg"]},
        "error_code": plain["error_code"],
        "error_msg": plain["error_msg"],
    }


@pytest.mark.parametrize("path", ["/v3", "/nope", "/v3/projects", "/healthz"])
def test_every_answer_has_an_id_of_its_own(http: httpx.Client, path: str) -> None:
    sent = {"X-Request-Id": "f" * 32}
    ids = {http.get(path, headers=sent).headers["x-request-id"] for _ in range(2)}

    assert len(ids) == 2
    assert "f" * 32 not in ids


def test_who_is_unknown_is_told_how_to_come_in(http: httpx.Client) -> None:
    answer = http.get("/v3/projects")

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "SDK-HMAC-SHA256"


def test_who_is_unknown_is_refused_before_anything_is_read(http: httpx.Client) -> None:
    answer = http.post("/v1/x/agent-plugin/create", content=b"{")
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "path", ["/v1/{}/agent-plugin/query-all", "/v1/{}/publisher/query-all", "/v3/{}/extension/detail"]
)
def test_another_account_in_the_path_is_refused(client: httpx.Client, new_account: NewAccount, path: str) -> None:
    method = "POST" if "agent-plugin" in path else "GET"
    for domain in (new_account().id, "0" * 32, "*", "x"):
        answer = client.request(method, path.format(domain))
        assert (answer.status_code, answer.json()["error_code"]) == (403, "PLUGPORT.00020004")
        assert answer.json()["error_msg"].startswith("domain_id: ")


@pytest.mark.parametrize(
    ("target", "field"),
    [
        (b"/v3?a=%00", "query"),
        (b"/v3?a=%ff", "query"),
        (b"/v3?%ED%A0%80=1", "query"),
        (b"/v1/%00/agent-plugin/detail", "path"),
        (b"/v1/%ff/agent-plugin/detail", "path"),
    ],
)
def test_an_address_is_text_without_nul(server: Server, target: bytes, field: str) -> None:
    status, body = raw(server, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    assert status == 400
    assert msgspec.json.decode(body)["error_msg"].startswith(f"{field}: ")


ASK = b"GET /v3/projects HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
LOGIN = b"POST /v3/auth/tokens HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
SIGNATURE = b"SDK-HMAC-SHA256 Access=\xff, SignedHeaders=host, Signature=" + b"0" * 64


@pytest.mark.parametrize(
    "request_",
    [
        ASK.replace(b"Host: a", b"Host: a b") + b"\r\n",
        ASK.replace(b"/v3", b"/\xff") + b"\r\n",
        ASK.replace(b"/v3", b"/v3?\xff") + b"\r\n",
        ASK.replace(b"/v3", b"/" + b"a" * 70_000) + b"\r\n",
        ASK + b"X-Auth-Token: \xff\xfe\r\n\r\n",
        ASK + b"Authorization: " + SIGNATURE + b"\r\n\r\n",
        ASK + b"Authorization: \r\nX-Auth-Token: \r\n\r\n",
        LOGIN + b"Content-Length: abc\r\n\r\n",
        LOGIN + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        LOGIN + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}",
        b"NONSENSE\r\n\r\n",
    ],
    ids=lambda request: repr(request[:100]),
)
def test_whatever_comes_the_fault_is_the_senders(server: Server, request_: bytes) -> None:
    status, _ = raw(server, request_)
    assert 400 <= status < 500


@pytest.mark.parametrize(
    "request_",
    [LOGIN + b"Content-Length: 50\r\n\r\n{}", LOGIN + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}"],
    ids=["announced", "chunked"],
)
def test_a_body_that_ends_early_is_told_so(server: Server, request_: bytes) -> None:
    status, body = raw(server, request_, hang_up=True)
    assert (status, msgspec.json.decode(body)["error_code"]) == (400, "PLUGPORT.00010009")


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"\xff", b"{", b"[" * 5000, b'{"auth":' + b'{"a":' * 5000 + b"1" + b"}" * 5001, b"17"],
    ids=lambda body: repr(body[:10]),
)
def test_a_body_that_is_no_object_is_malformed(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/v3/auth/tokens", content=body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, MALFORMED)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_refused(http: httpx.Client, chunked: bool) -> None:
    body = b" " * (2 * 1024**2 + 1)

    answer = http.post("/v3/auth/tokens", content=iter([body]) if chunked else body)

    assert answer.status_code == 413
    assert answer.json()["error_msg"] == "More than 2097152 bytes are not taken here."


def test_a_parameter_of_the_wrong_form_is_named(client: httpx.Client, account: Account) -> None:
    answer = client.get(f"/v1/{account.id}/publisher/query-all", params={"limit": "many"})

    assert (answer.status_code, answer.json()["error_code"]) == (400, INVALID)
    assert answer.json()["error_msg"].startswith("limit: ")


def test_a_parameter_that_is_missing_is_named(client: httpx.Client, account: Account) -> None:
    answer = client.delete(f"/v1/{account.id}/publisher/delete")

    assert answer.status_code == 400
    assert answer.json()["error_msg"] == "publisher_unique_id: A value is required."
