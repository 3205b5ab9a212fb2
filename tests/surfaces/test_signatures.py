"""Requests signed with an access key, by the vendor's own signer, against the running server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import msgspec
import pytest

from app.registry import Registry
from schemas.errors import NotAuthenticated
from schemas.model.access import IssuedAccessKey, SignedRequest
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member, NewAccount
from tests.program import Server
from tests.signing import signed

Sent = tuple[str, SignedRequest]

REFUSED = (401, "PLUGPORT.00020001")


@pytest.fixture
def ada(account: Account) -> Member:
    return account.user("author")


@pytest.fixture
def key(ada: Member) -> IssuedAccessKey:
    return ada.access_key()


@pytest.fixture
def connection(server: Server) -> Iterator[httpx.Client]:
    """One network connection of one's own."""
    with httpx.Client(base_url=server.url, limits=httpx.Limits(max_connections=1), timeout=30) as client:
        yield client


def seen(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_a_signed_request_is_its_key_holders(http: httpx.Client, ada: Member, key: IssuedAccessKey) -> None:
    answer = http.send(signed(http, key, "GET", "/v3/auth/domains"))

    assert answer.status_code == 200
    assert answer.json()["domains"][0]["id"] == ada.account.id


def test_queries_are_signed_in_any_script(http: httpx.Client, key: IssuedAccessKey) -> None:
    query = [("name", "工具 /+~"), ("a", "2"), ("a", ""), ("_", 17)]
    assert http.send(signed(http, key, "GET", "/v3/projects", query=query)).status_code == 200


def test_json_bodies_are_signed_and_read(http: httpx.Client, account: Account, key: IssuedAccessKey) -> None:
    body = json.dumps({"offset": 0, "limit": 10, "plugin_name": "工具"}, ensure_ascii=False)
    path = f"/v1/{account.id}/agent-plugin/query-all"

    answer = http.send(signed(http, key, "POST", path, body=body.encode()))

    assert answer.status_code != 401, answer.text


def test_a_changed_body_is_refused(http: httpx.Client, account: Account, key: IssuedAccessKey) -> None:
    request = signed(http, key, "POST", f"/v1/{account.id}/agent-plugin/query-all", body='{"limit": 10}')
    request = http.build_request("POST", request.url, headers=request.headers, content=b'{"limit": 11}')

    assert seen(http.send(request)) == REFUSED


def test_every_fault_of_a_signature_gets_the_same_answer(http: httpx.Client, key: IssuedAccessKey) -> None:
    wrong_secret = IssuedAccessKey(access_key=key.access_key, secret_key=key.secret_key[:-1] + "!")
    unknown_key = IssuedAccessKey(access_key="PPNOSUCHKEY", secret_key=key.secret_key)
    old = (datetime.now(UTC) - timedelta(minutes=16)).strftime("%Y%m%dT%H%M%SZ")

    answers = [
        http.send(signed(http, wrong_secret, "GET", "/v3/projects")),
        http.send(signed(http, unknown_key, "GET", "/v3/projects")),
        http.send(signed(http, key, "GET", "/v3/projects", **{"X-Sdk-Date": old})),
        http.get("/v3/projects", headers={"Authorization": "SDK-HMAC-SHA256 nonsense"}),
        http.get("/v3/projects", headers={"Authorization": "SDK-HMAC-SM3 Access=a, SignedHeaders=host, Signature=b"}),
    ]

    assert {REFUSED} == {seen(answer) for answer in answers}
    assert len({answer.content for answer in answers}) == 1


def test_a_signature_seen_on_one_connection_is_refused_on_another(
    http: httpx.Client, connection: httpx.Client, key: IssuedAccessKey
) -> None:
    request = signed(connection, key, "GET", "/v3/projects")
    assert connection.send(request).status_code == 200

    replayed = http.build_request("GET", request.url, headers=request.headers)

    assert seen(http.send(replayed)) == REFUSED


def test_a_key_dies_with_its_revocation_and_with_its_user(http: httpx.Client, account: Account) -> None:
    ada, bob = account.user(), account.user()
    revoked, orphaned = ada.access_key(), bob.access_key()

    ada.revoke(revoked)
    bob.disable()

    assert seen(http.send(signed(http, revoked, "GET", "/v3/projects"))) == REFUSED
    assert seen(http.send(signed(http, orphaned, "GET", "/v3/projects"))) == REFUSED


class TestTogetherWithAToken:
    """What counts when a request brings both."""

    def test_both_of_one_tenant_are_fine(self, http: httpx.Client, ada: Member, key: IssuedAccessKey) -> None:
        assert http.send(signed(http, key, "GET", "/v3/projects", **{"X-Auth-Token": ada.token()})).status_code == 200

    def test_two_tenants_are_refused(self, http: httpx.Client, key: IssuedAccessKey, new_account: NewAccount) -> None:
        foreign = new_account().user().token()
        assert seen(http.send(signed(http, key, "GET", "/v3/projects", **{"X-Auth-Token": foreign}))) == REFUSED

    def test_a_good_token_outweighs_a_bad_signature(self, http: httpx.Client, ada: Member) -> None:
        """As it comes from an SDK client that is given a token in `preset_headers` and no real keys."""
        unused = IssuedAccessKey(access_key="unused", secret_key="unused")
        request = signed(http, unused, "GET", "/v3/auth/domains")
        request.headers["X-Auth-Token"] = ada.token()

        answer = http.send(request)

        assert answer.json()["domains"][0]["id"] == ada.account.id

    def test_a_bad_token_spoils_a_good_signature(self, http: httpx.Client, key: IssuedAccessKey) -> None:
        assert seen(http.send(signed(http, key, "GET", "/v3/projects", **{"X-Auth-Token": "ppt_wrong"}))) == REFUSED


class TestASecondUse:
    """SDKs date to the second: two equal calls are one text. Only their own connection may send it twice, and soon."""

    @pytest.fixture
    async def sent(self, http: httpx.Client, registry: Registry, key: IssuedAccessKey) -> Sent:
        """A signature that was used once."""
        made = signed(http, key, "GET", "/v3/projects")
        request = SignedRequest(
            method="GET",
            raw_path=b"/v3/projects",
            query_string=b"",
            headers=[(name.lower(), value) for name, value in made.headers.raw],
            body=b"",
            connection="10.0.0.1:4000",
        )
        await registry.access.caller_of_signature(made.headers["Authorization"], request, "first")
        return made.headers["Authorization"], request

    @staticmethod
    async def turn_clock(cluster: Urls, key: IssuedAccessKey, shift: str) -> None:
        """Moves the moment at which the key's signatures were seen."""
        connection = await asyncpg.connect(cluster.owner)
        try:
            await connection.execute(
                "UPDATE plugport.seen_signatures SET seen_at = seen_at + $2::text::interval WHERE access_key = $1",
                key.access_key, shift,
            )  # fmt: skip
        finally:
            await connection.close()

    async def test_is_taken_from_the_same_connection_within_a_second(
        self, registry: Registry, cluster: Urls, key: IssuedAccessKey, sent: Sent
    ) -> None:
        await self.turn_clock(cluster, key, "1 hour")  # so that this test may take its time
        await registry.access.caller_of_signature(*sent, "second")

    async def test_is_refused_after_a_second(
        self, registry: Registry, cluster: Urls, key: IssuedAccessKey, sent: Sent
    ) -> None:
        await self.turn_clock(cluster, key, "-1 second")
        with pytest.raises(NotAuthenticated):
            await registry.access.caller_of_signature(*sent, "second")

    async def test_is_refused_from_another_connection(
        self, registry: Registry, cluster: Urls, key: IssuedAccessKey, sent: Sent
    ) -> None:
        await self.turn_clock(cluster, key, "1 hour")
        authorization, request = sent
        elsewhere = msgspec.structs.replace(request, connection="10.0.0.1:4001")
        with pytest.raises(NotAuthenticated):
            await registry.access.caller_of_signature(authorization, elsewhere, "second")

    async def test_is_remembered_for_as_long_as_it_could_be_used(
        self, registry: Registry, cluster: Urls, key: IssuedAccessKey, sent: Sent
    ) -> None:
        await self.turn_clock(cluster, key, "-30 minutes")
        await registry.access.sweep()
        with pytest.raises(NotAuthenticated):
            await registry.access.caller_of_signature(*sent, "second")

    async def test_is_forgotten_when_its_window_has_closed(
        self, registry: Registry, cluster: Urls, key: IssuedAccessKey, sent: Sent
    ) -> None:
        await self.turn_clock(cluster, key, "-32 minutes")
        await registry.access.sweep()
        connection = await asyncpg.connect(cluster.owner)
        try:
            left = await connection.fetchval(
                "SELECT count(*) FROM plugport.seen_signatures WHERE access_key = $1", key.access_key
            )
        finally:
            await connection.close()
        assert left == 0
