"""Bodies that stand still: given up after the time the operator allows, while others are served."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.accounts import Account
from tests.program import Server
from tests.surfaces.hostile.described import refusal
from tests.surfaces.hostile.wire import exchange, request

FORM = "multipart/form-data; boundary=line"
INTERRUPTED = "PLUGPORT.00010009"


@pytest.fixture(scope="module")
def stalled(victim: Account, token: str) -> dict[str, bytes]:
    """Requests that announce more than they send."""
    form = b'--line\r\nContent-Disposition: form-data; name="upload_file"; filename="a.zip"\r\n\r\nPK'
    upload = f"/v3/{victim.id}/extension/upload?plugin_name=slow"
    chunked = request("POST", upload, token=token, Content_Type=FORM, Transfer_Encoding="chunked")
    return {
        "no byte of a login": request("POST", "/v3/auth/tokens", Content_Length="100"),
        "half a login": request("POST", "/v3/auth/tokens", Content_Length="100") + b'{"auth":',
        "half a body": request("POST", f"/v1/{victim.id}/agent-plugin/create", token=token, Content_Length="9") + b"{",
        "no byte of a form": request("POST", upload, token=token, Content_Type=FORM, Content_Length="5000"),
        "half a form": request("POST", upload, token=token, Content_Type=FORM, Content_Length="5000") + form,
        "half a chunk": chunked + b"%x\r\n" % (len(form) + 100) + form,
        "a chunk and no end": chunked + b"%x\r\n" % len(form) + form + b"\r\n",
    }


def test_a_body_that_stands_still_is_given_up(impatient: Server, stalled: dict[str, bytes]) -> None:
    with ThreadPoolExecutor(len(stalled)) as pool:
        answers = pool.map(lambda sent: exchange(impatient.port, sent, patience=20), stalled.values())
        for which, answer in zip(stalled, answers, strict=True):
            assert refusal(answer.as_response(), 400)["error_code"] == INTERRUPTED, which


def test_a_body_that_nobody_wants_is_not_waited_for_longer(impatient: Server, victim: Account) -> None:
    for sent in (
        request("POST", f"/v3/{victim.id}/extension/upload", Content_Type=FORM, Content_Length="5000") + b"--line",
        request("POST", "/nowhere", Content_Length="5000") + b"x",
        request("POST", "/v3/auth/tokens", Content_Length=str(10**12)) + b"x",
    ):
        answer = exchange(impatient.port, sent, patience=20)
        refusal(answer.as_response(), 401, 404, 413)


def test_a_body_that_trickles_is_taken(impatient: Server) -> None:
    body = b'{"auth": {}}'
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=20) as connection:
        connection.sendall(request("POST", "/v3/auth/tokens", Content_Length=str(len(body))))
        for position in range(len(body)):  # slower altogether than the pause that is allowed
            connection.sendall(body[position : position + 1])
            time.sleep(0.12)
        answer = connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"PLUGPORT.00010003" in answer  # it was read: identity is missing


def test_many_that_stand_still_hold_up_nobody(impatient: Server, stalled: dict[str, bytes]) -> None:
    with ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(exchange, impatient.port, stalled["half a form"], patience=20) for _ in range(40)]
        for _ in range(10):
            assert httpx.get(f"{impatient.url}/v3", timeout=20).status_code == 200
        for each in waiting:
            assert refusal(each.result().as_response(), 400)["error_code"] == INTERRUPTED
