"""The inbox over HTTP: a publisher is told of the decision, reads it, and cannot read anybody else's."""

import time
from typing import Any

import pytest

from tests.builders import a_name
from tests.person import Person

INBOX = "/plugport/v1/inbox"
UNKNOWN = "PLUGPORT.00160001"


def inbox(person: Person, **asked: Any) -> dict[str, Any]:
    answer = person.http.get(INBOX, params=asked)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def told(person: Person) -> dict[str, Any]:
    """The page, as soon as something is in it: a job puts it there."""
    for _ in range(200):
        page = inbox(person)
        if page["notifications"]:
            return page
        time.sleep(0.05)
    raise AssertionError("nobody was told")


def test_a_publisher_is_told_of_the_decision_and_reads_it(ada: Person, judge: Person) -> None:
    name = a_name("publisher")
    publisher_id = ada.publisher(name)
    judge.reject(publisher_id, "The name is misleading.")
    page = told(ada)
    [row] = page["notifications"]
    assert (page["unread"], row["event"], row["object_id"]) == (1, "publisher.rejected", publisher_id)
    assert row["text"] == f"The publisher {name} was rejected: The name is misleading."
    path = f"{INBOX}/{row['notification_id']}/read"
    assert ada.http.post(path).json() is True
    assert ada.http.post(f"{path}-older").json() is True
    assert inbox(ada)["unread"] == 0
    assert inbox(ada, state="unread")["notifications"] == []
    assert inbox(ada)["notifications"][0]["read_at"] is not None
    refused = judge.http.post(path)
    assert (refused.status_code, refused.json()["error_code"]) == (404, UNKNOWN)


@pytest.mark.parametrize("asked", [{"limit": 0}, {"before": 0}, {"before": "x"}, {"state": "maybe"}, {"before": 2**63}])
def test_what_cannot_be_asked_for_is_named(ada: Person, asked: dict[str, Any]) -> None:
    answer = ada.http.get(INBOX, params=asked)
    assert answer.status_code == 400, answer.text
    assert next(iter(asked)) in answer.json()["error_msg"]


@pytest.mark.parametrize("id", ["0", "-1", "x", str(2**63)])
def test_what_is_no_number_of_a_notification_is_refused(ada: Person, id: str) -> None:
    assert ada.http.post(f"{INBOX}/{id}/read").status_code in (400, 404)
