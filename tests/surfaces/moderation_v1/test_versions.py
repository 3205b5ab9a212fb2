"""The queue of versions in review over HTTP: operators list, approve and reject, and what they are told."""

from typing import Any

import httpx
import pytest

from tests.builders import a_name, a_vsix
from tests.person import Person
from tests.publishing import Named, a_waiting_publisher, published

VERSIONS = "/plugport/v1/moderation/extension-versions"
NOT_ALLOWED, NOT_ACCEPTED = "PLUGPORT.00020003", "PLUGPORT.00030003"


@pytest.fixture
def publisher(ada: Person) -> Named:
    """A publisher of Ada's about whom nobody has decided, so that its releases wait."""
    return a_waiting_publisher(ada)


@pytest.fixture
def waiting(ada: Person, publisher: Named) -> dict[str, Any]:
    """What was answered to the wish to publish a version under it."""
    return published(ada, a_vsix(publisher.name, a_name("linter")))


def queue(judge: Person) -> dict[str, dict[str, Any]]:
    """Every version that waits, by its id."""
    rows: list[dict[str, Any]] = []
    while page := judge.http.get(VERSIONS, params={"limit": 1000, "offset": len(rows)}).json()["extension_versions"]:
        rows += page
    return {row["version_id"]: row for row in rows}


def approve(judge: Person, version_id: str) -> httpx.Response:
    return judge.http.post(f"{VERSIONS}/{version_id}/approve")


def reject(judge: Person, version_id: str, reason: Any = "It does nothing.") -> httpx.Response:
    return judge.http.post(f"{VERSIONS}/{version_id}/reject", json={"reason": reason})


def seen(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("error_code", "")


def test_the_queue_tells_which_version_waits_and_why(
    ada: Person, judge: Person, publisher: Named, waiting: dict[str, Any]
) -> None:
    row = queue(judge)[waiting["version_id"]]
    assert (row["state"], row["version"], row["target_platform"]) == ("in-review", "1.0.0", "universal")
    assert (row["extension_id"], row["tenant_id"]) == (waiting["extension_id"], ada.account_id)
    assert (row["publisher_id"], row["uploader_id"]) == (publisher.id, ada.member.user.id)
    assert row["identifier"].startswith(f"{publisher.name}.")
    assert row["reason"]
    assert row["published_at"] is None


def test_a_version_is_approved_once_its_publisher_is_accepted(
    judge: Person, publisher: Named, waiting: dict[str, Any]
) -> None:
    version_id = waiting["version_id"]
    assert seen(approve(judge, version_id)) == (409, NOT_ACCEPTED)
    judge.accept(publisher.id)
    approved = approve(judge, version_id)
    assert approved.status_code == 200, approved.text
    assert (approved.json()["state"], approved.json()["published_at"] is not None) == ("published", True)
    assert approve(judge, version_id).json() == approved.json()
    assert version_id not in queue(judge)
    assert reject(judge, version_id).status_code == 409


def test_a_rejected_version_is_told_why_and_its_number_is_free(ada: Person, judge: Person, publisher: Named) -> None:
    name = a_name("linter")
    first = published(ada, a_vsix(publisher.name, name))
    rejected = reject(judge, first["version_id"])
    assert rejected.status_code == 200, rejected.text
    assert (rejected.json()["state"], rejected.json()["reason"]) == ("rejected", "It does nothing.")
    assert first["version_id"] not in queue(judge)
    second = published(ada, a_vsix(publisher.name, name, manifest={"description": "Now it does something."}))
    assert second["version_id"] != first["version_id"]
    assert second["version_id"] in queue(judge)


def test_who_is_no_operator_neither_sees_nor_decides(ada: Person, waiting: dict[str, Any]) -> None:
    answers = [ada.http.get(VERSIONS), approve(ada, waiting["version_id"]), reject(ada, waiting["version_id"])]
    assert [seen(each) for each in answers] == [(403, NOT_ALLOWED)] * 3


@pytest.mark.parametrize("id", ["none", "0" * 32, "a%00"])
def test_a_version_that_is_not_there_is_not_found(judge: Person, id: str) -> None:
    for answer in (approve(judge, id), reject(judge, id)):
        assert answer.status_code == (400 if "%" in id else 404), answer.text


@pytest.mark.parametrize("reason", ["", " ", "a\x00b", "x" * 1001, 1, None])
def test_a_reason_that_cannot_be_taken_is_named_and_decides_nothing(
    judge: Person, waiting: dict[str, Any], reason: Any
) -> None:
    answer = reject(judge, waiting["version_id"], reason)
    assert answer.status_code == 400, answer.text
    assert "reason" in answer.json()["error_msg"]
    assert waiting["version_id"] in queue(judge)
