"""Logging in over HTTP, and the life of a token."""

from typing import Any

import httpx
import pytest

from tests.accounts import Account, Member, NewAccount
from tests.surfaces.contract.facts import operations, violations

WRONG = "PLUGPORT.00020002"


def body(user: dict[str, Any], password: str, scope: object = None) -> dict[str, Any]:
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": {**user, "password": password}}}}
    return {"auth": auth if scope is None else auth | {"scope": scope}}


def by_name(member: Member) -> dict[str, Any]:
    return {"name": member.name, "domain": {"name": member.account.name}}


def log_in(http: httpx.Client, member: Member, scope: object = None) -> httpx.Response:
    return http.post("/v3/auth/tokens", json=body(by_name(member), member.password, scope))


def about(http: httpx.Client, method: str, subject: str, token: str | None = None) -> httpx.Response:
    return http.request(
        method, "/v3/auth/tokens", headers={"X-Auth-Token": token or subject, "X-Subject-Token": subject}
    )


def test_the_right_password_gets_a_token(http: httpx.Client, account: Account) -> None:
    answer = log_in(http, account.user("author"), {"project": {"name": "default"}})

    assert answer.status_code == 201
    assert answer.headers["x-subject-token"].startswith("ppt_")
    assert violations(answer.json(), operations("iam_token")["create_token"].response) == []


def test_a_token_says_whose_it_is_and_for_which_project(http: httpx.Client, account: Account) -> None:
    ada = account.user("author", "viewer")

    token = log_in(http, ada, {"project": {"name": "default"}}).json()["token"]

    assert token["user"]["id"] == ada.user.id
    assert token["user"]["domain"] == {"id": account.id, "name": account.name}
    assert token["project"] == {
        "id": account.project.id, "name": "default", "domain": {"id": account.id, "name": account.name}
    }  # fmt: skip
    assert [role["name"] for role in token["roles"]] == ["author", "viewer"]
    assert "domain" not in token


@pytest.mark.parametrize("scope", [None, "unscoped", "domain"])
def test_without_a_project_a_token_is_for_the_account(http: httpx.Client, account: Account, scope: str | None) -> None:
    wanted = {"domain": {"name": account.name}} if scope == "domain" else scope

    token = log_in(http, account.user(), wanted).json()["token"]

    assert token["domain"] == {"id": account.id, "name": account.name}
    assert "project" not in token


def test_users_accounts_and_projects_go_by_id_as_well(http: httpx.Client, account: Account) -> None:
    ada = account.user()
    for user in ({"id": ada.user.id}, {"name": ada.name, "domain": {"id": account.id}}):
        for scope in ({"project": {"id": account.project.id}}, {"domain": {"id": account.id}}):
            assert http.post("/v3/auth/tokens", json=body(user, ada.password, scope)).status_code == 201


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(http: httpx.Client, account: Account) -> None:
    ada = account.user()
    unknown = {"name": "nobody", "domain": {"name": account.name}}
    elsewhere = {"name": ada.name, "domain": {"name": "no such account"}}

    answers = [
        http.post("/v3/auth/tokens", json=body(by_name(ada), "another password")),
        http.post("/v3/auth/tokens", json=body(unknown, ada.password)),
        http.post("/v3/auth/tokens", json=body(elsewhere, ada.password)),
    ]

    assert {401} == {answer.status_code for answer in answers}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["error_code"] == WRONG


def test_a_refusal_reads_like_keystones_too(http: httpx.Client, account: Account) -> None:
    refusal = http.post("/v3/auth/tokens", json=body(by_name(account.user()), "another password")).json()

    assert refusal["error"] == {"code": 401, "message": refusal["error_msg"], "title": "Unauthorized"}


def test_a_scope_that_is_not_the_users_is_refused(http: httpx.Client, new_account: NewAccount) -> None:
    account, other = new_account(), new_account()
    ada = account.user()
    scopes: list[dict[str, Any]] = [
        {"project": {"name": "no such"}},
        {"project": {"id": other.project.id}},
        {"project": {"name": "default", "domain": {"id": other.id}}},
        {"project": {"id": account.project.id, "name": "another"}},
        {"domain": {"name": other.name}},
        {"domain": {"id": account.id, "name": other.name}},
    ]

    answers = [log_in(http, ada, scope) for scope in scopes]

    assert [(each.status_code, each.json()["error_code"]) for each in answers] == [(401, "PLUGPORT.00020006")] * 6


def test_a_token_opens_and_nothing_else_does(http: httpx.Client, account: Account) -> None:
    token = log_in(http, account.user()).headers["x-subject-token"]

    def status(**headers: str) -> int:
        return http.get("/v3/projects", headers=headers).status_code

    assert status(**{"X-Auth-Token": token}) == 200
    assert status() == 401
    assert status(**{"X-Auth-Token": token[:-1]}) == 401
    assert status(**{"X-Auth-Token": token.upper()}) == 401
    assert status(Authorization=f"Bearer {token}") == 401
    assert status(**{"Authorization": "Basic YTpi", "X-Auth-Token": token}) == 401


def test_a_token_can_be_looked_at(http: httpx.Client, account: Account) -> None:
    issued = log_in(http, account.user())
    token = issued.headers["x-subject-token"]

    shown = about(http, "GET", token)

    assert shown.status_code == 200
    assert shown.json() == issued.json()
    assert about(http, "HEAD", token).status_code == 200


def test_a_revoked_token_is_dead_at_once(http: httpx.Client, account: Account) -> None:
    ada = account.user()
    token, other = ada.token(), ada.token()

    assert about(http, "DELETE", token, other).status_code == 204

    assert http.get("/v3/projects", headers={"X-Auth-Token": token}).status_code == 401
    assert about(http, "GET", token, other).status_code == 404
    assert http.get("/v3/projects", headers={"X-Auth-Token": other}).status_code == 200


def test_the_tokens_of_others_are_as_good_as_missing(http: httpx.Client, new_account: NewAccount) -> None:
    account, other = new_account(), new_account()
    token = account.user().token()

    for stranger in (account.user("author"), other.user("admin")):
        for method in ("GET", "DELETE"):
            refused = about(http, method, token, stranger.token())
            unknown = about(http, method, "ppt_no_such_token", stranger.token())
            assert refused.status_code == unknown.status_code == 404
            assert refused.content == unknown.content


def test_an_administrator_ends_the_tokens_of_the_own_tenant(http: httpx.Client, account: Account) -> None:
    token = account.user().token()

    assert about(http, "DELETE", token, account.user("admin").token()).status_code == 204

    assert http.get("/v3/projects", headers={"X-Auth-Token": token}).status_code == 401


def test_asking_about_no_token_names_the_header(http: httpx.Client, account: Account) -> None:
    answer = http.get("/v3/auth/tokens", headers={"X-Auth-Token": account.user().token()})

    assert answer.status_code == 400
    assert answer.json()["error_msg"] == "X-Subject-Token: A value is required."


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({}, "auth: "),
        ({"auth": {}}, "auth.identity: "),
        (body({"name": "a"}, "password"), "auth.identity.password.user: "),
        (body({"name": 1, "domain": {"name": "b"}}, "password"), "auth.identity.password.user.name: "),
        (body({"name": "a", "domain": {}}, "password"), "auth.identity.password.user.domain: "),
        ({"auth": {"identity": {"methods": ["totp"]}}}, "auth.identity.methods[0]: "),
        (body({"id": "a"}, "password", {"project": {"id": "a"}, "domain": {"id": "a"}}), "auth.scope: "),
    ],
)
def test_a_login_of_another_shape_is_refused_by_name(http: httpx.Client, sent: object, named: str) -> None:
    answer = http.post("/v3/auth/tokens", json=sent)

    assert answer.status_code == 400
    assert answer.json()["error_msg"].startswith(named)
