"""Logging in over HTTP."""

import httpx

from tests.accounts import Account


def login(member_name: str, account_name: str, password: str, **scope: object) -> dict[str, object]:
    user = {"name": member_name, "password": password, "domain": {"name": account_name}}
    auth: dict[str, object] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    return {"auth": auth | ({"scope": scope} if scope else {})}


def test_the_right_password_gets_a_token(http: httpx.Client, account: Account) -> None:
    ada = account.user("author")

    answer = http.post("/v3/auth/tokens", json=login(ada.name, account.name, ada.password))

    assert answer.status_code == 201
    assert answer.headers["x-subject-token"].startswith("ppt_")
