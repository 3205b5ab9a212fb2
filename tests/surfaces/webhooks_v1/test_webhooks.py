"""Webhooks over HTTP: who may make them, what they look like, and what cannot be one."""

from typing import Any

import httpx
import pytest

from tests.accounts import Account
from tests.person import Meet, Person

WEBHOOKS = "/plugport/v1/webhooks"
NOT_ALLOWED, NO_WEBHOOK = "PLUGPORT.00020003", "PLUGPORT.00170001"
A_WEBHOOK = {"url": "https://ci.example.com/hook", "events": ["publisher.*"], "description": "the chat"}


@pytest.fixture
def admin(account: Account, meet: Meet) -> Person:
    """An administrator of the test's own account."""
    return meet(account.user("admin"))


def made(admin: Person, **changes: Any) -> dict[str, Any]:
    answer = admin.http.post(WEBHOOKS, json=A_WEBHOOK | changes)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told: dict[str, Any] = answer.json()
    return told


def seen(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error_code", "")


def test_a_webhook_is_made_listed_changed_and_deleted(admin: Person) -> None:
    issued = made(admin)
    row = issued["webhook"]
    path = f"{WEBHOOKS}/{row['webhook_id']}"
    listed = admin.http.get(WEBHOOKS).json()
    assert listed["webhooks"] == [row]
    assert {"publisher.accepted", "webhook.trial"} <= set(listed["events"])
    assert issued["secret"] not in admin.http.get(WEBHOOKS).text
    changed = admin.http.put(path, json=A_WEBHOOK | {"active": False}).json()
    assert (changed["active"], changed["url"], changed["created_at"]) == (False, row["url"], row["created_at"])
    assert admin.http.post(f"{path}/secret").json()["secret"] != issued["secret"]
    assert admin.http.delete(path).json() is True
    assert seen(admin.http.delete(path)) == (404, NO_WEBHOOK)


def test_a_trial_stands_in_the_log_and_can_be_sent_again(admin: Person) -> None:
    """The host is one that nobody knows, so nothing is sent."""
    path = f"{WEBHOOKS}/{made(admin, url='https://nobody.invalid/')['webhook']['webhook_id']}"
    trial = admin.http.post(f"{path}/trial").json()
    assert (trial["event"], trial["state"]) == ("webhook.trial", "waiting")
    page = admin.http.get(f"{path}/deliveries").json()
    assert (page["total"], page["deliveries"][0]["delivery_id"]) == (1, trial["delivery_id"])
    assert page["deliveries"][0]["body"] == trial["body"]
    again = admin.http.post(f"{path}/deliveries/{trial['delivery_id']}/replay")
    assert (again.status_code, again.json()["state"]) == (200, "waiting")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "http://ci.example.com/"}, "url"), ({"url": "https://127.0.0.1/"}, "url"), ({"url": ""}, "url"),
        ({"url": "https://" + "x" * 1024}, "url"), ({"url": 1}, "url"), ({"events": []}, "events"),
        ({"events": ["plugin.exploded"]}, "events[0]"), ({"events": ["*"] * 101}, "events"), ({"events": [""]}, "events"),
        ({"events": None}, "events"), ({"description": "a\nb"}, "description"), ({"active": 1}, "active"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_webhook_is_named(admin: Person, changes: dict[str, Any], field: str) -> None:
    answer = admin.http.post(WEBHOOKS, json=A_WEBHOOK | changes)
    assert answer.status_code == 400, answer.text
    assert field in answer.json()["error_msg"]
    assert admin.http.get(WEBHOOKS).json()["webhooks"] == []


@pytest.mark.parametrize("role", ["viewer", "author", "reviewer"])
def test_only_administrators_have_to_do_with_webhooks(account: Account, meet: Meet, admin: Person, role: str) -> None:
    path, person = f"{WEBHOOKS}/{made(admin)['webhook']['webhook_id']}", meet(account.user(role))
    answers = [
        person.http.get(WEBHOOKS),
        person.http.post(WEBHOOKS, json=A_WEBHOOK),
        person.http.put(path, json=A_WEBHOOK),
        person.http.post(f"{path}/secret"),
        person.http.post(f"{path}/trial"),
        person.http.get(f"{path}/deliveries"),
        person.http.post(f"{path}/deliveries/{'0' * 32}/replay"),
        person.http.delete(path),
    ]
    assert [seen(each) for each in answers] == [(403, NOT_ALLOWED)] * len(answers)


def test_only_operators_are_told_of_every_account(admin: Person) -> None:
    assert seen(admin.http.post(WEBHOOKS, json=A_WEBHOOK | {"everywhere": True})) == (403, NOT_ALLOWED)
