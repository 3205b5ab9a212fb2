"""The reports' queue over HTTP: operators list and decide, and what they are told."""

import secrets
from collections.abc import Iterator
from typing import Any

import asyncpg
import httpx
import pytest

from app.registry import Registry
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.feedback import Report
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member, NewAccount

REPORTS = "/plugport/v1/moderation/reports"
NOT_ALLOWED, UNKNOWN, DECIDED = "PLUGPORT.00020003", "PLUGPORT.00120007", "PLUGPORT.00120008"


@pytest.fixture
def desk(operator: Member) -> Iterator[httpx.Client]:
    """A client of an operator."""
    with operator.client() as client:
        yield client


@pytest.fixture
def ada(account: Account) -> Caller:
    """Who wrote the text."""
    return account.user("viewer").caller


@pytest.fixture
def bob(new_account: NewAccount) -> Caller:
    """Who reports it, from another account."""
    return new_account().user("viewer").caller


@pytest.fixture
async def report(registry: Registry, cluster: Urls, ada: Caller, bob: Caller) -> Report:
    """A report of Bob's about a reply of Ada's."""
    owner = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    publisher_id, extension_id, name = new_id(), new_id(), f"reported-{secrets.token_hex(6)}"
    await owner.execute(
        """INSERT INTO publishers (id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url,
                                   source_url, updated_by_id, updated_by_name)
           VALUES ($1, $2, $3, $3, '', '', '', '', 'x@y.example', '', '', '')""",
        publisher_id, ada.tenant_id, name,
    )  # fmt: skip
    await owner.execute(
        """INSERT INTO extensions (id, tenant_id, publisher_id, publisher_name, name, official, display_name, description,
                                   categories, tags, targets, engines, preview, published_at, creator_id, creator_name)
           VALUES ($1, $2, $3, $4, $4, false, $4, '', '{}', '{}', '{}', '{}', false, now(), '', '')""",
        extension_id, ada.tenant_id, publisher_id, name,
    )  # fmt: skip
    await owner.close()
    evaluation = await registry.feedback.evaluate(bob, extension_id, "It crashed.")
    reply = await registry.feedback.reply(ada, evaluation.id, None, "<b>Your</b> fault!")
    return await registry.feedback.report(bob, None, reply.id, "rude")


def queue(desk: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while page := desk.get(REPORTS, params={"limit": 1000, "offset": len(rows), **query}).json()["reports"]:
        rows += page
    return rows


def decide(client: httpx.Client, id: object, decision: str, body: Any = None) -> httpx.Response:
    return client.post(f"{REPORTS}/{id}/{decision}", json={"note": "why"} if body is None else body)


async def test_the_queue_tells_everything_that_a_decision_needs(
    desk: httpx.Client, report: Report, ada: Caller, bob: Caller
) -> None:
    (row,) = [each for each in queue(desk) if each["report_id"] == report.id]

    def told(caller: Caller) -> dict[str, str]:
        return {
            "user_id": caller.user_id,
            "user_name": caller.user_name,
            "tenant_id": caller.tenant_id,
            "tenant_name": caller.tenant_name,
        }

    assert row == {
        "report_id": report.id, "extension_id": report.extension_id, "evaluation_id": report.evaluation_id,
        "reply_id": report.reply_id, "text": "<b>Your</b> fault!", "text_author": told(ada), "reason": "rude",
        "reporter": told(bob), "state": "open", "note": "", "decided_by": "", "created_at": row["created_at"],
        "decided_at": None,
    }  # fmt: skip


@pytest.mark.parametrize(("decision", "state"), [("uphold", "upheld"), ("dismiss", "dismissed")])
async def test_a_decision_moves_the_report_on_and_is_taken_once(
    desk: httpx.Client, report: Report, operator: Member, decision: str, state: str
) -> None:
    first = decide(desk, report.id, decision)
    assert first.status_code == 200, first.text
    row = first.json()
    assert (row["state"], row["note"], row["decided_by"]) == (state, "why", operator.name)
    assert row["decided_at"] is not None
    assert decide(desk, report.id, decision, {}).json() == row
    other = decide(desk, report.id, {"uphold": "dismiss", "dismiss": "uphold"}[decision])
    assert (other.status_code, other.json()["error_code"]) == (409, DECIDED)
    assert row in queue(desk, state=state)
    assert row in queue(desk, state="all")
    assert report.id not in {each["report_id"] for each in queue(desk, state="open")}


async def test_who_is_no_operator_neither_sees_nor_decides(report: Report, account: Account) -> None:
    with account.user("admin", "reviewer", "author").client() as client:
        answers = [client.get(REPORTS), *(decide(client, report.id, each) for each in ("uphold", "dismiss"))]
    assert [(each.status_code, each.json()["error_code"]) for each in answers] == [(403, NOT_ALLOWED)] * 3


@pytest.mark.parametrize("id", [2**63 - 1, 2**63, 10**30])
def test_a_report_that_is_not_there_is_not_found(desk: httpx.Client, id: int) -> None:
    for decision in ("uphold", "dismiss"):
        answer = decide(desk, id, decision)
        assert (answer.status_code, answer.json()["error_code"]) == (404, UNKNOWN)


@pytest.mark.parametrize("note", ["a\x00b", "a\u202eb", "x" * 1001, 1, None])
async def test_a_note_that_cannot_be_taken_is_named_and_decides_nothing(
    desk: httpx.Client, report: Report, note: Any
) -> None:
    answer = decide(desk, report.id, "uphold", {"note": note})
    assert answer.status_code == 400, answer.text
    assert "note" in answer.json()["error_msg"]
    assert report.id in {each["report_id"] for each in queue(desk)}


@pytest.mark.parametrize(
    ("query", "field"), [({"state": "closed"}, "state"), ({"limit": 0}, "limit"), ({"offset": -1}, "offset")]
)
def test_a_parameter_that_cannot_be_taken_is_named(desk: httpx.Client, query: dict[str, Any], field: str) -> None:
    answer = desk.get(REPORTS, params=query)
    assert answer.status_code == 400
    assert answer.json()["error_msg"].startswith(f"{field}: ")


@pytest.mark.parametrize("id", ["none", "0", "-1", "1.5"])
def test_a_number_of_a_report_is_a_whole_one_from_1(desk: httpx.Client, id: str) -> None:
    assert decide(desk, id, "uphold").status_code in (400, 404)
