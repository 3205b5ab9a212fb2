"""Publisher tokens: how they are made, listed and ended, what they open, and when they stop."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest

from app.registry import Registry
from app.registry.access.tokens import new_publisher_token
from app.wiring import Wiring
from schemas.errors import NotAuthenticated, OperationNotAllowed
from schemas.model.access import IssuedAccessKey
from schemas.paging import Paging
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member, NewAccount
from tests.person import Meet, Person
from tests.program import Server
from tests.signing import signed
from tests.surfaces.hostile.described import DOCUMENT, OPERATIONS

TOKENS = "/plugport/v1/publisher-tokens"
TAKES_ONE = "/plugport/v1/uploads/limits"
TAKES_NONE = "/v3/auth/domains"
HEADER = "x-publisher-token"

NOT_AUTHENTICATED, NOT_ALLOWED, NOT_OWNER, USELESS, UNKNOWN_TOKEN = (
    f"PLUGPORT.0002000{number}" for number in (1, 3, 8, 9, 7)
)
UNKNOWN_PUBLISHER, INVALID, MALFORMED = "PLUGPORT.00030001", "PLUGPORT.00010002", "PLUGPORT.00010001"


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An author."""
    return meet(account.user("author"))


@pytest.fixture
def publisher(ada: Person) -> str:
    """The id of a publisher of hers, which nobody has decided about."""
    return ada.publisher(f"Ada_{secrets.token_hex(8)}")


@pytest.fixture
def made(ada: Person, publisher: str) -> dict[str, Any]:
    """A token of hers for it, as it was answered."""
    return make(ada, publisher)


@pytest.fixture
def token(made: dict[str, Any]) -> str:
    """Its text."""
    return str(made["token"])


def make(person: Person, publisher: str, **changes: Any) -> dict[str, Any]:
    answer = ask_for(person, publisher, **changes)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


def ask_for(person: Person, publisher: str, **changes: Any) -> httpx.Response:
    return person.http.post(TOKENS, json={"publisher_id": publisher, "name": "build server"} | changes)


def listed(person: Person, **query: Any) -> list[str]:
    """The ids of the tokens that the person sees."""
    answer = person.http.get(TOKENS, params={"limit": 1000, **query})
    assert answer.status_code == 200, answer.text
    return [row["token_id"] for row in answer.json()["tokens"]]


def seen(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error_code", "")


def opened(http: httpx.Client, token: str, path: str = TAKES_ONE, **headers: str) -> tuple[int, str]:
    return seen(http.get(path, headers={HEADER: token, **headers}))


OPEN, SHUT, NOT_FOR_IT = (200, ""), (401, NOT_AUTHENTICATED), (403, NOT_ALLOWED)


# -- making ----------------------------------------------------------------------------------------------------------------


def test_the_text_of_a_token_is_in_the_answer_that_makes_it_and_nowhere_else(ada: Person, publisher: str) -> None:
    answer = ask_for(ada, publisher)
    made = answer.json()
    text = made.pop("token")
    assert answer.headers["cache-control"] == "no-store"
    assert made == {
        "token_id": made["token_id"], "publisher_id": publisher, "name": "build server", "hint": f"pp_pub_...{text[-4:]}",
        "user_id": ada.member.user.id, "user_name": ada.member.name, "created_at": made["created_at"],
        "expires_at": made["expires_at"],
    }  # fmt: skip
    page = ada.http.get(TOKENS)
    assert page.json() == {
        "offset": 0, "limit": 10, "total": 1, "tokens": [made | {"revoked_at": None, "last_used_at": None}],
    }  # fmt: skip
    assert text not in page.text
    assert text[7:-6] not in page.text


@pytest.mark.parametrize(("asked", "days"), [({}, 90), ({"expires_in_days": 1}, 1), ({"expires_in_days": 365}, 365)])
def test_a_token_lives_as_long_as_asked_and_ninety_days_by_itself(
    ada: Person, publisher: str, asked: dict[str, int], days: int
) -> None:
    made = make(ada, publisher, **asked)
    life = datetime.fromisoformat(made["expires_at"]) - datetime.fromisoformat(made["created_at"])
    assert life == timedelta(days=days)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("expires_in_days", value) for value in (0, -1, 366, 10**30, "90", 1.5, None)),
        *(("name", value) for value in ("", " ", "a\nb", "\u202ename", "a" * 65, 1, None)),
        *(("publisher_id", value) for value in ("", "a\x00", "a" * 65, 1, None)),
    ],
)
def test_what_cannot_be_taken_is_named(ada: Person, publisher: str, field: str, value: Any) -> None:
    answer = ask_for(ada, publisher, **{field: value})
    assert answer.status_code == 400
    assert field in answer.json()["error_msg"]


def test_the_owner_of_a_publisher_and_administrators_make_tokens_for_it(
    ada: Person, account: Account, meet: Meet, publisher: str
) -> None:
    assert seen(ask_for(meet(account.user("author")), publisher)) == (403, NOT_OWNER)
    for role in ("viewer", "reviewer"):
        assert seen(ask_for(meet(account.user(role)), publisher)) == NOT_FOR_IT
    admin = meet(account.user("admin"))
    assert make(admin, publisher)["user_id"] == admin.member.user.id


def test_another_tenants_publisher_is_answered_like_one_that_is_not_there(
    publisher: str, new_account: NewAccount, meet: Meet
) -> None:
    stranger = meet(new_account().user("admin", "operator"))
    answers = [ask_for(stranger, each) for each in (publisher, "0" * 32, "no id")]
    answers += [stranger.http.get(TOKENS, params={"publisher_id": each}) for each in (publisher, "0" * 32)]
    assert {seen(answer) for answer in answers} == {(404, UNKNOWN_PUBLISHER)}
    assert len({answer.content for answer in answers}) == 1


def test_a_deleted_or_rejected_publisher_gets_no_new_tokens(ada: Person, judge: Person, publisher: str) -> None:
    judge.reject(publisher, "no")
    assert seen(ask_for(ada, publisher)) == (409, USELESS)
    ada.do("delete_publisher", publisher_unique_id=publisher)
    assert seen(ask_for(ada, publisher)) == (404, UNKNOWN_PUBLISHER)


# -- listing and ending ------------------------------------------------------------------------------------------------------


def test_everybody_sees_the_own_tokens_those_for_the_own_publishers_and_administrators_all(
    ada: Person, account: Account, meet: Meet, publisher: str
) -> None:
    admin, other, viewer = meet(account.user("admin")), meet(account.user("author")), meet(account.user("viewer"))
    others_publisher = other.publisher(f"Other_{secrets.token_hex(8)}")
    own, by_admin, others = (
        make(person, id)["token_id"] for person, id in [(ada, publisher), (admin, publisher), (other, others_publisher)]
    )
    assert listed(ada) == [by_admin, own]
    assert listed(other) == [others]
    assert listed(viewer) == []
    assert listed(admin) == [others, by_admin, own]
    assert listed(admin, publisher_id=publisher) == [by_admin, own]
    assert listed(ada, publisher_id=others_publisher) == []
    page = admin.http.get(TOKENS, params={"offset": 1, "limit": 1}).json()
    assert (page["total"], [row["token_id"] for row in page["tokens"]]) == (3, [by_admin])


def test_who_sees_a_token_may_end_it_and_nobody_else(
    ada: Person, account: Account, new_account: NewAccount, meet: Meet, http: httpx.Client, publisher: str
) -> None:
    admin, other = meet(account.user("admin")), meet(account.user("author"))
    stranger = meet(new_account().user("admin", "operator"))
    first, second = make(ada, publisher), make(admin, publisher)
    for person in (other, stranger):
        assert seen(person.http.delete(f"{TOKENS}/{first['token_id']}")) == (404, UNKNOWN_TOKEN)
    for id in ("0" * 32, "x", first["token"]):
        assert seen(ada.http.delete(f"{TOKENS}/{id}")) == (404, UNKNOWN_TOKEN)
    assert opened(http, first["token"]) == OPEN
    assert ada.http.delete(f"{TOKENS}/{second['token_id']}").status_code == 200
    assert admin.http.delete(f"{TOKENS}/{first['token_id']}").status_code == 200
    assert [opened(http, each["token"]) for each in (first, second)] == [SHUT, SHUT]


async def test_ending_a_token_again_changes_nothing_and_leaves_no_entry(
    ada: Person, account: Account, cluster: Urls, made: dict[str, Any]
) -> None:
    ended = [ada.http.delete(f"{TOKENS}/{made['token_id']}") for _ in range(2)]
    assert [answer.status_code for answer in ended] == [200, 200]
    assert ended[0].json() == ended[1].json()
    assert ended[0].json()["revoked_at"] is not None
    connection = await asyncpg.connect(cluster.owner)
    entries = await connection.fetch(
        "SELECT action, actor_id, to_jsonb(e)::text AS entry FROM plugport.audit_entries e "
        "WHERE tenant_id = $1 AND object_id = $2 ORDER BY number", account.id, made["token_id"],
    )  # fmt: skip
    await connection.close()
    assert [(row["action"], row["actor_id"]) for row in entries] == [
        ("publisher_token.created", ada.member.user.id),
        ("publisher_token.revoked", ada.member.user.id),
    ]
    for row in entries:
        assert made["publisher_id"] in row["entry"]
        assert made["token"][7:] not in row["entry"]


# -- what a token opens ------------------------------------------------------------------------------------------------------


async def test_its_caller_is_its_holder_acting_for_one_publisher(
    registry: Registry, ada: Person, publisher: str, token: str
) -> None:
    caller = await registry.publisher_tokens.caller_of(token, "request")
    wanted = msgspec.structs.replace(
        ada.member.caller, credential="publisher-token", publisher_id=publisher, request_id="request"
    )
    assert caller == wanted


def test_it_opens_what_takes_it_whatever_the_headers_case(http: httpx.Client, token: str) -> None:
    for name in (HEADER, "X-Publisher-Token", "X-PUBLISHER-TOKEN"):
        assert seen(http.get(TAKES_ONE, headers={name: token})) == OPEN


def test_it_opens_nothing_that_does_not_take_it(
    http: httpx.Client, account: Account, meet: Meet, operator: Member
) -> None:
    """Whatever its holder may do otherwise. Above all it makes, lists and ends no tokens."""
    admin = meet(account.user("admin", "operator"))
    token = make(admin, admin.publisher(f"All_{secrets.token_hex(8)}"))["token"]
    security = {
        operation["operationId"]: operation.get("security", DOCUMENT["security"])
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
    }
    closed = [each for each in OPERATIONS if security[each.id] and {"publisher-token": []} not in security[each.id]]
    assert {"create_publisher_token", "list_publisher_tokens", "revoke_publisher_token"} <= {each.id for each in closed}
    for each in closed:
        answer = http.request(each.method, each.url(account.id), headers={HEADER: token}, json=each.example)
        assert answer.status_code == 403, each.id
        assert each.method == "HEAD" or answer.json()["error_code"] == NOT_ALLOWED, each.id


async def test_the_use_cases_themselves_refuse_to_let_a_token_make_another(
    registry: Registry, publisher: str, made: dict[str, Any]
) -> None:
    caller = await registry.publisher_tokens.caller_of(made["token"], "request")
    with pytest.raises(OperationNotAllowed):
        await registry.publisher_tokens.create(caller, publisher, "another", 365)
    with pytest.raises(OperationNotAllowed):
        await registry.publisher_tokens.list_page(caller, None, Paging(offset=0, limit=10))
    with pytest.raises(OperationNotAllowed):
        await registry.publisher_tokens.revoke(caller, made["token_id"])


async def test_it_has_the_rights_that_its_holder_has_at_the_moment(
    http: httpx.Client, ada: Person, cluster: Urls, token: str
) -> None:
    def announced() -> httpx.Response:
        body = {"file_name": "a.zip", "size": 1, "purpose": "extension"}
        return http.post("/plugport/v1/uploads", json=body, headers={HEADER: token})

    assert announced().status_code != 403
    connection = await asyncpg.connect(cluster.owner)
    await connection.execute("UPDATE plugport.users SET roles = '{viewer}' WHERE id = $1", ada.member.user.id)
    await connection.close()
    assert seen(announced()) == NOT_FOR_IT


# -- bad ones, and others beside it --------------------------------------------------------------------------------------------


def mistyped(token: str) -> str:
    return token[:20] + ("a" if token[20] != "a" else "b") + token[21:]


BAD: list[Callable[[str], str]] = [
    mistyped,
    lambda _: new_publisher_token(),
    lambda _: "ppt_" + "A" * 43,
    lambda token: token + "a",
    lambda token: token[:-1],
    lambda token: token.upper(),
    lambda _: "' OR 1=1 --",
    lambda _: "a" * 20_000,
]


@pytest.mark.parametrize("spoil", BAD)
def test_a_bad_one_is_refused_alone_and_beside_good_credentials(
    http: httpx.Client, ada: Person, token: str, spoil: Callable[[str], str]
) -> None:
    bad, key = spoil(token), ada.member.access_key()
    for path in (TAKES_ONE, TAKES_NONE):
        assert opened(http, bad, path) == SHUT
        assert opened(http, bad, path, **{"X-Auth-Token": ada.member.token()}) == SHUT
        assert seen(http.send(signed(http, key, "GET", path, **{HEADER: bad}))) == SHUT


async def test_a_mistyped_one_is_refused_without_a_question_to_the_database(wiring: Wiring, token: str) -> None:
    await wiring.database.close()
    with pytest.raises(NotAuthenticated):
        await wiring.registry.publisher_tokens.caller_of(mistyped(token), "request")


def test_two_of_them_are_refused_even_when_both_are_good(http: httpx.Client, token: str) -> None:
    answer = http.get(TAKES_ONE, headers=[(HEADER, token), ("X-Publisher-Token", token)])
    assert seen(answer) == SHUT


def test_it_is_no_token_of_another_kind(http: httpx.Client, ada: Person, token: str) -> None:
    assert seen(http.get(TAKES_ONE, headers={"X-Auth-Token": token})) == SHUT
    assert seen(http.get(TAKES_ONE, headers={"Authorization": f"Bearer {token}"})) == SHUT
    assert opened(http, ada.member.token()) == SHUT
    answer = ada.http.get("/v3/auth/tokens", headers={"X-Subject-Token": token})
    assert answer.status_code == 404


def test_a_good_one_outweighs_a_bad_signature(http: httpx.Client, token: str) -> None:
    """As it comes from an SDK client that is given a publisher token and no real keys."""
    unused = IssuedAccessKey(access_key="unused", secret_key="unused")
    assert seen(http.send(signed(http, unused, "GET", TAKES_ONE, **{HEADER: token}))) == OPEN


def test_beside_other_good_credentials_of_its_tenant_it_decides(http: httpx.Client, ada: Person, token: str) -> None:
    key, auth = ada.member.access_key(), ada.member.token()
    assert seen(http.send(signed(http, key, "GET", TAKES_ONE, **{HEADER: token}))) == OPEN
    assert seen(http.send(signed(http, key, "GET", TAKES_NONE, **{HEADER: token}))) == NOT_FOR_IT
    assert opened(http, token, TAKES_ONE, **{"X-Auth-Token": auth}) == OPEN
    assert opened(http, token, TAKES_NONE, **{"X-Auth-Token": auth}) == NOT_FOR_IT


def test_credentials_of_two_tenants_are_refused(http: httpx.Client, token: str, new_account: NewAccount) -> None:
    stranger = new_account().user("admin")
    assert opened(http, token, **{"X-Auth-Token": stranger.token()}) == SHUT
    assert seen(http.send(signed(http, stranger.access_key(), "GET", TAKES_ONE, **{HEADER: token}))) == SHUT


def test_it_does_not_outweigh_a_bad_token_or_another_scheme(http: httpx.Client, token: str) -> None:
    assert opened(http, token, **{"X-Auth-Token": "ppt_wrong"}) == SHUT
    assert opened(http, token, Authorization="Basic YWRtaW46YWRtaW4=") == SHUT


def test_the_account_that_a_request_names_must_be_its_own(
    http: httpx.Client, account: Account, token: str, new_account: NewAccount
) -> None:
    assert opened(http, token, **{"X-Domain-Id": account.id}) == OPEN
    assert opened(http, token, **{"X-Domain-Id": new_account().id}) == (403, "PLUGPORT.00020004")


# -- how it ends -------------------------------------------------------------------------------------------------------------


def test_it_ends_with_its_holder_at_once(http: httpx.Client, ada: Person, token: str) -> None:
    assert opened(http, token) == OPEN
    ada.member.disable()
    assert opened(http, token) == SHUT


def test_it_ends_with_its_publisher_at_once(http: httpx.Client, ada: Person, publisher: str, token: str) -> None:
    assert opened(http, token) == OPEN
    ada.do("delete_publisher", publisher_unique_id=publisher)
    assert opened(http, token) == SHUT
    assert len(listed(ada)) == 1


def test_it_rests_while_its_publisher_is_rejected(
    http: httpx.Client, judge: Person, publisher: str, token: str
) -> None:
    judge.accept(publisher)
    assert opened(http, token) == OPEN
    judge.reject(publisher, "a mistake")
    assert opened(http, token) == SHUT
    judge.accept(publisher)
    assert opened(http, token) == OPEN


async def turn_clock(cluster: Urls, made: dict[str, Any], **shifts: str) -> None:
    """Moves moments of the token."""
    connection = await asyncpg.connect(cluster.owner)
    try:
        for column, shift in shifts.items():
            done = await connection.execute(
                f"UPDATE plugport.publisher_tokens SET {column} = {column} + $2::text::interval WHERE id = $1",
                made["token_id"], shift,
            )  # fmt: skip
            assert done == "UPDATE 1"
    finally:
        await connection.close()


async def test_it_ends_when_its_time_is_up_by_the_databases_clock(
    http: httpx.Client, cluster: Urls, made: dict[str, Any]
) -> None:
    await turn_clock(cluster, made, expires_at="-90 days 1 hour")
    assert opened(http, made["token"]) == OPEN
    await turn_clock(cluster, made, expires_at="-1 hour")
    assert opened(http, made["token"]) == SHUT


async def test_its_use_is_noted_once_a_minute(
    http: httpx.Client, ada: Person, cluster: Urls, made: dict[str, Any]
) -> None:
    def noted() -> str | None:
        row: dict[str, str | None] = ada.http.get(TOKENS).json()["tokens"][0]
        return row["last_used_at"]

    assert noted() is None
    assert opened(http, made["token"]) == OPEN
    first = noted()
    assert first is not None
    await turn_clock(cluster, made, last_used_at="-1 second")  # so that a second note would differ
    fresh = noted()
    assert opened(http, made["token"]) == OPEN
    assert noted() == fresh
    await turn_clock(cluster, made, last_used_at="-1 day")
    assert opened(http, made["token"]) == OPEN
    latest = noted()
    assert latest is not None
    assert latest >= first


async def test_a_bad_use_is_not_noted(http: httpx.Client, ada: Person, made: dict[str, Any]) -> None:
    ada.http.delete(f"{TOKENS}/{made['token_id']}")
    assert opened(http, made["token"]) == SHUT
    assert ada.http.get(TOKENS).json()["tokens"][0]["last_used_at"] is None


async def test_who_holds_its_row_locked_keeps_nobody_out(
    http: httpx.Client, cluster: Urls, made: dict[str, Any]
) -> None:
    connection = await asyncpg.connect(cluster.owner)
    try:
        async with connection.transaction():
            await connection.execute("SELECT FROM plugport.publisher_tokens WHERE id = $1 FOR UPDATE", made["token_id"])
            assert opened(http, made["token"]) == OPEN
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("shift", "ended", "kept"),
    [
        ({"expires_at": "-119 days"}, False, True),
        ({"expires_at": "-121 days"}, False, False),
        ({"revoked_at": "-29 days"}, True, True),
        ({"revoked_at": "-31 days"}, True, False),
    ],
)
async def test_an_ended_one_is_listed_for_thirty_days(
    registry: Registry, ada: Person, cluster: Urls, made: dict[str, Any], shift: dict[str, str], ended: bool, kept: bool
) -> None:
    if ended:
        ada.http.delete(f"{TOKENS}/{made['token_id']}")
    await turn_clock(cluster, made, **shift)
    await registry.access.sweep()
    assert (made["token_id"] in listed(ada)) is kept


def test_its_text_is_never_logged(server: Server, http: httpx.Client, ada: Person, made: dict[str, Any]) -> None:
    token = made["token"]
    answers = [
        http.get(TAKES_ONE, headers={HEADER: token}),
        http.get(TAKES_NONE, headers={HEADER: token}),
        http.get(TAKES_ONE, headers={HEADER: mistyped(token)}),
        http.get(TAKES_ONE, headers={"X-Auth-Token": token}),
        http.get(f"/v1/{token}/publisher/query-all", headers={HEADER: token}),
        ada.http.get(TOKENS, params={"publisher_id": token}),
        ada.http.delete(f"{TOKENS}/{token}"),
        ada.http.delete(f"{TOKENS}/{made['token_id']}"),
    ]
    log = server.logged(*(answer.headers["x-request-id"] for answer in answers))
    assert token[7:-6] not in log
    assert "pp_pub_" not in log
