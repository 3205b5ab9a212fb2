"""Whoever is not let in is let in nowhere; and nothing of what lets people in is ever written down."""

import re
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from app.registry.access.tokens import digest, new_publisher_token
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member, NewAccount
from tests.program import Server
from tests.signing import signed
from tests.surfaces.hostile.described import DOCUMENT, OPERATIONS, Described, refusal

PUBLIC = {
    operation["operationId"]
    for item in DOCUMENT["paths"].values()
    for operation in item.values()
    if operation.get("security") == []
}
CLOSED = [each for each in OPERATIONS if each.id not in PUBLIC]
OWN = [each for each in CLOSED if "{domain_id}" in each.path and each.id != "show_icon"]
GARBAGE: list[dict[str, str]] = [
    {},
    {"X-Auth-Token": ""},
    {"X-Auth-Token": "ppt_"},
    {"X-Auth-Token": "ppt_" + "A" * 43},
    {"X-Auth-Token": "a" * 20_000},
    {"X-Auth-Token": "' OR 1=1 --"},
    {"Authorization": "Basic YWRtaW46YWRtaW4="},
    {"Authorization": "Bearer ppt_" + "A" * 43},
    {"Authorization": "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c"},
    {"Authorization": "SDK-HMAC-SHA256"},
    {"Authorization": "SDK-HMAC-SHA256 Access=, SignedHeaders=, Signature="},
    {"Authorization": "SDK-HMAC-SHA256 Access=PP, SignedHeaders=host;x-sdk-date, Signature=" + "0" * 64},
    {"X-Publisher-Token": "ppt_" + "A" * 43},
    {"X-Publisher-Token": new_publisher_token()},
    {"X-Auth-Token": new_publisher_token()},
    {"Cookie": "X-Auth-Token=ppt_" + "A" * 43},
]


def ask(http: httpx.Client, operation: Described, domain_id: str, **headers: str) -> httpx.Response:
    query, body = operation.sample_query(), operation.example
    return http.request(operation.method, operation.url(domain_id), params=query, json=body, headers=headers)


def require_refused(answer: httpx.Response, status: int) -> None:
    if answer.request.method == "HEAD":
        assert answer.status_code == status
    else:
        refusal(answer, status)


@pytest.mark.parametrize("operation", CLOSED, ids=lambda each: each.id)
def test_without_good_credentials_nothing_answers(http: httpx.Client, victim: Account, operation: Described) -> None:
    for headers in GARBAGE:
        require_refused(ask(http, operation, victim.id, **headers), 401)


@pytest.mark.parametrize("operation", OWN, ids=lambda each: each.id)
def test_the_path_of_another_account_is_closed(
    client: httpx.Client, new_account: NewAccount, operation: Described
) -> None:
    for domain_id in (new_account().id, "0" * 32, "*", "null", "A" * 32):
        told = refusal(ask(client, operation, domain_id), 403)
        assert told["error_msg"].startswith("domain_id: ")


async def test_an_expired_token_opens_nothing(http: httpx.Client, account: Account, cluster: Urls) -> None:
    token = account.user("admin").token()
    assert ask(http, CLOSED[0], account.id, **{"X-Auth-Token": token}).status_code != 401

    connection = await asyncpg.connect(cluster.owner)
    past = datetime.now(UTC) - timedelta(seconds=1)
    done = await connection.execute("UPDATE plugport.tokens SET expires_at = $1 WHERE digest = $2", past, digest(token))
    await connection.close()

    assert done == "UPDATE 1"
    for operation in CLOSED:
        require_refused(ask(http, operation, account.id, **{"X-Auth-Token": token}), 401)


def test_a_disabled_user_is_out_at_once_and_everywhere(http: httpx.Client, account: Account) -> None:
    bob = account.user("admin", "operator")
    token, key = bob.token(), bob.access_key()
    assert http.get("/v3/projects", headers={"X-Auth-Token": token}).status_code == 200

    bob.disable()

    for operation in CLOSED:
        require_refused(ask(http, operation, account.id, **{"X-Auth-Token": token}), 401)
    refusal(http.send(signed(http, key, "GET", "/v3/projects")), 401)
    refusal(log_in(http, bob, bob.password), 401)


@pytest.mark.parametrize("minutes", [-20, -16, 16, 20, 60 * 24 * 365])
def test_a_clock_outside_the_window_is_refused(http: httpx.Client, account: Account, minutes: int) -> None:
    at = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y%m%dT%H%M%SZ")
    refusal(http.send(signed(http, account.user().access_key(), "GET", "/v3/projects", **{"X-Sdk-Date": at})), 401)


def test_whatever_is_changed_in_a_signed_request_spoils_it(http: httpx.Client, account: Account) -> None:
    key, path = account.user().access_key(), f"/v1/{account.id}/agent-plugin/query"
    good = signed(http, key, "GET", path, query=[("plugin_name", "a"), ("limit", 5)])
    changed = [
        http.build_request("GET", str(good.url).replace("limit=5", "limit=6"), headers=good.headers),
        http.build_request("GET", str(good.url) + "&offset=1", headers=good.headers),
        http.build_request("GET", str(good.url).replace("/query", "/detail"), headers=good.headers),
        http.build_request("GET", good.url, headers=dict(good.headers) | {"x-sdk-date": "20200101T000000Z"}),
        http.build_request("GET", good.url, headers=dict(good.headers) | {"host": "elsewhere"}),
    ]
    for request in changed:
        refusal(http.send(request), 401)
    assert http.send(good).status_code == 404  # there is no such plug-in


def test_no_secret_is_ever_logged(server: Server, http: httpx.Client, account: Account) -> None:
    member = account.user("author")
    token, key = member.token(), member.access_key()
    wrong = "a wrong password of tests"
    header = {"X-Auth-Token": token}
    used = signed(http, key, "GET", "/v3/projects")
    answers = [
        log_in(http, member, member.password),
        log_in(http, member, wrong),
        http.get("/v3/projects", headers=header),
        http.get("/v3/auth/tokens", headers=header | {"X-Subject-Token": token}),
        http.get("/v3/projects", params={"name": f"geheim{member.user.id}"}, headers=header),
        http.get(f"/v1/{token}/agent-plugin/detail", headers=header),
        http.post("/v3/auth/tokens", content=f'{{"auth": "{wrong}'.encode()),
        http.request("BREW", f"/{wrong}"),
        http.send(used),
        http.send(http.build_request("GET", f"{used.url}?changed=1", headers=used.headers)),
    ]
    issued = answers[0].headers["x-subject-token"]
    signature = re.search(r"Signature=(\w+)", used.headers["authorization"])
    assert signature is not None

    log = server.logged(*(answer.headers["x-request-id"] for answer in answers))
    for secret in (
        member.password,
        wrong,
        token,
        issued,
        key.secret_key,
        signature[1],
        f"geheim{member.user.id}",
        "ppt_",
    ):
        assert secret not in log


def log_in(http: httpx.Client, member: Member, password: str) -> httpx.Response:
    user = {"name": member.name, "password": password, "domain": {"name": member.account.name}}
    return http.post(
        "/v3/auth/tokens", json={"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}}
    )
