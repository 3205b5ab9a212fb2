"""What one caller can make the service do: bounded in time, in bytes and in writes to the disk, whoever asks."""

import asyncio
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.api.health import Readiness
from app.wiring import Wiring
from storage.postgres.plugins import MOST_VERSION_CHARACTERS
from tests.accounts import Account
from tests.builders import a_name, a_plugin, a_version
from tests.person import Meet, Person
from tests.program import Server
from tests.surfaces.hostile.wire import request

INVALID = "PLUGPORT.00010002"


def answer_to_a_trickle(port: int, head: bytes) -> bytes:
    """The answer to a request whose body comes for ever, a byte every tenth of a second."""
    answer = b""
    with socket.create_connection(("127.0.0.1", port), timeout=0.1) as connection:
        connection.sendall(head)
        until = time.monotonic() + 30
        while not answer and time.monotonic() < until:
            try:
                connection.sendall(b" ")
                answer = connection.recv(65_536)
            except TimeoutError:
                continue
    return answer


def test_a_body_that_trickles_for_ever_is_given_up(impatient: Server) -> None:
    wanted = request("POST", "/v3/auth/tokens", Content_Length="100000")
    signed = request(
        "POST", "/v1/x/agent-plugin/create", Content_Length="100000",
        Authorization=f"SDK-HMAC-SHA256 Access=a, SignedHeaders=host, Signature={'0' * 64}",
    )  # fmt: skip
    unwanted = request("POST", "/nowhere", Content_Length="100000")
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda head: answer_to_a_trickle(impatient.port, head), (wanted, signed, unwanted)))
    assert [each[:13] for each in answers] == [b"HTTP/1.1 400 ", b"HTTP/1.1 400 ", b"HTTP/1.1 404 "]


def test_versions_that_are_too_large_together_are_not_told(ada: Person) -> None:
    name = a_name()
    value = "x" * 60_000
    inputs = [{"name": f"i{number}", "default_value": value} for number in range(4)]
    ada.do("create_plugin_version", body=a_version(name, input_info=inputs))
    fit = MOST_VERSION_CHARACTERS // (4 * 61_000)
    part = {"plugin_name": name, "version": "1.0.0"}

    assert len(ada.do("show_plugin_inputs", body=[part] * fit)) == fit
    for operation in ("show_plugin_inputs", "show_plugin_outputs", "show_plugin_metrics"):
        told = ada.refused(400, operation, body=[part] * 1000)
        assert told["error_code"] == INVALID
        assert "ask for fewer at once" in told["error_msg"]


def test_many_small_versions_are_told_in_the_order_asked(ada: Person) -> None:
    name = a_name()
    ada.do("create_plugin_version", body=a_version(name, input_info=[{"name": "only"}]))
    asked = [{"plugin_name": name if place % 7 else "nobody-has-it", "version": "1.0.0"} for place in range(100)]
    found = ada.do("show_plugin_inputs", body=asked)
    assert [bool(each["data"]) for each in found] == [bool(place % 7) for place in range(100)]


async def test_however_many_ask_whether_it_is_ready_it_is_found_out_once(wiring: Wiring) -> None:
    readiness = Readiness()
    answers = await asyncio.gather(*(readiness.ask(wiring) for _ in range(200)))
    assert set(answers) == {(True, True)}
    assert len({id(each) for each in answers}) == 1


@pytest.mark.parametrize("end", ["/Normal", "/use/single", "/", "/use/Normal"])
def test_no_maintainer_is_named_after_a_shelf(account: Account, meet: Meet, ada: Person, end: str) -> None:
    bob = meet(account.user("author"))
    named = json.dumps([bob.member.user.id + end, bob.member.user.id])
    told = ada.refused(400, "create_basic_plugin", body=a_plugin(a_name(), is_private=1, maintainers=named))
    assert told["error_code"] == INVALID
    assert told["error_msg"].startswith("maintainers: ")


def test_a_filter_by_maintainer_reaches_no_other_shelf(ada: Person) -> None:
    name, me = a_name(), ada.member.user.id
    ada.upload(name)
    for maintainer in (f"{me}/Test", f"{me}/", "/", "*|official", f"../{me}", f"by/{me}", f"{me}|private"):
        for more in ({}, {"regex_name": name}, {"plugin_name": name}):
            found = ada.do("list_plugins", body={"maintainer": maintainer, **more})
            assert (found["total"], found["data"]) == (0, []), maintainer
    assert ada.do("list_plugins", body={"maintainer": me})["total"] == 1
