"""Paths, methods and queries that nobody should send."""

from typing import Any

import httpx
import pytest

from tests.accounts import Account
from tests.program import Server
from tests.surfaces.hostile.described import (
    DOCUMENT,
    OPERATIONS,
    WITH_QUERY,
    Described,
    filled,
    fits,
    refusal,
    resolved,
    sample,
    survived,
)
from tests.surfaces.hostile.wire import exchange, request

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "get", "A" * 100]
NO_NUMBER = ["a", "", "-1", "1.5", "0x10", "9" * 30, "-" + "9" * 30, "NaN", "true", "null", "[1]", "1,2"]
STRANGE = [
    "a" * 2000,
    "a\nb",
    "a\r\nX-Evil: 1",
    "\x7f",
    "'; DROP TABLE plugins; --",
    "%",
    "_",
    "\\",
    "${7*7}",
    "💣",
    "‮",
]


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_a_method_that_a_path_does_not_take_is_told_those_that_it_takes(
    server: Server, victim: Account, token: str, path: str
) -> None:
    taken = {each.upper() for each in DOCUMENT["paths"][path]}
    target = filled(path, victim.id)
    for method in METHODS:
        if method in taken:
            continue
        answer = exchange(server.port, request(method, target, token=token))
        if method == "CONNECT":  # HTTP has another target for it, which the server refuses by itself
            assert 400 <= answer.status < 500
            continue
        assert answer.status == 405, f"{method} {answer}"
        assert taken <= set(answer.headers["allow"].split(", "))
        if method != "HEAD":
            assert refusal(answer.as_response())["error_code"] == "PLUGPORT.00010005"


NOWHERE = [
    "/..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v3/../admin", "/v3//auth/tokens/x", "/.git/config", "/%", "/%zz",
    "/V3", "/v1/{id}/Agent-Plugin/detail", "/v1/{id}/agent-plugin/..%2f..%2fetc", "/v1/{id}/agent-plugin%2fdetail/x",
    "/v1/{id}/agent-plugin/detail%20", "/v1/{id}%2f/agent-plugin/detail", "/v1//agent-plugin/detail",
    "/v1/{id}/agent-plugin/detail/x", "/v1/{{id}}/agent-plugin/detail", "/%u0041", "/v3;a=b", "/v3%3f", "/v3%00",
    "/%c0%ae%c0%ae/", "/schema/..%2f..%2fapp", "/schema/assets/x/..%2fpage.js", "/schema/openapi.json/x",
    "/v1/" + "a" * 20_000 + "/agent-plugin/detail", "/" + "a/" * 10_000, "/plugport/v1/publishers/..%2f/accept",
    "/plugport/v1/publishers/a/b/accept", "http://elsewhere/v3/nope", "*",
]  # fmt: skip


@pytest.mark.parametrize("target", NOWHERE, ids=lambda target: target[:40])
def test_a_path_that_leads_nowhere_is_refused(server: Server, victim: Account, token: str, target: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        refusal(
            exchange(server.port, request(method, target.replace("{id}", victim.id), token=token)).as_response(),
            400, 403, 404, 405,
        )  # fmt: skip


def test_slashes_too_many_are_one(server: Server) -> None:
    for target in ("//v3", "/v3//", "///v3/"):
        assert exchange(server.port, request("GET", target)).status == 200


def test_a_head_beyond_all_measure_is_refused_and_the_server_lives(server: Server, http: httpx.Client) -> None:
    many = {f"X{number}": "a" for number in range(5000)}
    for target, headers in [("/" + "a" * 200_000, {}), ("/v3", {"X": "a" * 200_000}), ("/v3", many)]:
        answer = exchange(server.port, request("GET", target, **headers))
        assert answer.status in (0, 400, 414, 431)
    assert http.get("/healthz").status_code == 200


HEADERS = [
    "X-Auth-Token", "Authorization", "X-Domain-Id", "X-Project-Id", "X-Subject-Token", "X-Sdk-Date", "Cookie", "If-None-Match",
    "Content-Type", "Accept", "Accept-Encoding", "Range", "Expect", "X-Forwarded-For",
]  # fmt: skip
VALUES = [
    "a" * 30_000, "", ",", "\xff\xfe", '"', "bytes=0-", "SDK-HMAC-SHA256", "SDK-HMAC-SHA256 Access=a",
    "SDK-HMAC-SHA256 Access=" + "a" * 5000 + ", SignedHeaders=" + ";" * 5000 + ", Signature=" + "0" * 64,
]  # fmt: skip


@pytest.mark.parametrize("name", HEADERS)
def test_long_and_odd_headers_are_no_fault_of_ours(server: Server, token: str, name: str) -> None:
    for value in VALUES:
        sent = request("GET", "/v3/auth/tokens", token=token, **{name.replace("-", "_"): value})
        answer = exchange(server.port, sent)
        assert 200 <= answer.status < 500, f"{name}: {value[:40]}: {answer}"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
@pytest.mark.parametrize("query", ["a=%00", "%00=a", "a=%ff", "%ff", "a=%ed%a0%80", "a=%c0%80"])
def test_a_query_is_utf_8_without_nul(
    server: Server, victim: Account, token: str, operation: Described, query: str
) -> None:
    answer = exchange(server.port, request(operation.method, f"{operation.url(victim.id)}?{query}", token=token))

    assert answer.status == 400
    if operation.method != "HEAD":
        assert refusal(answer.as_response())["error_msg"].startswith("query: ")


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda each: each.id)
def test_a_parameter_of_the_wrong_kind_is_named(client: httpx.Client, victim: Account, operation: Described) -> None:
    for parameter in operation.queries:
        name, schema = parameter["name"], resolved(parameter["schema"])
        whole_number = schema.get("type") == "integer"
        for text in NO_NUMBER if whole_number else STRANGE:
            value: Any = [text] if schema.get("type") == "array" else text
            if fits(parameter["schema"], value):
                continue
            answer = ask(client, victim, operation, {**operation.sample_query(), name: text})
            told = refusal(answer, 400)
            assert told["error_msg"].startswith(name), f"{name}={text!r:.40}: {told}"


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda each: each.id)
def test_numbers_stay_in_their_bounds(client: httpx.Client, victim: Account, operation: Described) -> None:
    for parameter in operation.queries:
        schema = resolved(parameter["schema"])
        for value in (schema[bound] + step for bound, step in (("minimum", -1), ("maximum", 1)) if bound in schema):
            answer = ask(client, victim, operation, {**operation.sample_query(), parameter["name"]: value})
            assert refusal(answer, 400)["error_msg"].startswith(parameter["name"])
        for value in (schema[bound] for bound in ("minimum", "maximum") if bound in schema):
            answer = ask(client, victim, operation, {**operation.sample_query(), parameter["name"]: value})
            survived(answer)
            assert answer.status_code != 400


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda each: each.id)
def test_a_parameter_that_is_needed_is_named(client: httpx.Client, victim: Account, operation: Described) -> None:
    for parameter in operation.queries:
        query = {name: value for name, value in operation.sample_query().items() if name != parameter["name"]}
        answer = ask(client, victim, operation, query)
        if parameter.get("required"):
            assert refusal(answer, 400)["error_msg"].startswith(f"{parameter['name']}: ")
        survived(answer)


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda each: each.id)
def test_parameters_that_stand_twice_or_are_unknown_are_no_fault_of_ours(
    client: httpx.Client, victim: Account, operation: Described
) -> None:
    good = operation.sample_query()
    for parameter in operation.queries:
        value = good.get(parameter["name"], sample(parameter["schema"]))
        survived(ask(client, victim, operation, {**good, parameter["name"]: [value] * 50}))
        survived(ask(client, victim, operation, {**good, f"{parameter['name']}[]": "a", "no_such": "a" * 3000}))


def ask(client: httpx.Client, victim: Account, operation: Described, query: dict[str, Any]) -> httpx.Response:
    files = {"upload_file": ("a.zip", b"no zip")} if operation.form else None
    url = operation.url(victim.id, victim.project.id)
    return client.request(operation.method, url, params=query, files=files, json=operation.example)
