"""The record of changes over HTTP: who may read whose, by what it is filtered, and what is exported."""

import json
from typing import Any

import httpx
import pytest

from tests.accounts import Account, NewAccount
from tests.person import Meet, Person

ENTRIES, EXPORT, CHECKPOINT = (f"/plugport/v1/audit/{each}" for each in ("entries", "export", "checkpoint"))
NOT_ALLOWED, NO_ACCOUNT, INVALID = "PLUGPORT.00020003", "PLUGPORT.00150001", "PLUGPORT.00010002"


@pytest.fixture
def admin(account: Account, meet: Meet) -> Person:
    """An administrator of an account in which something has happened: two uploads, one after the other."""
    person = meet(account.user("admin"))
    person.upload("scan")
    person.upload("scan", "1.1.0")
    return person


def entries(person: Person, **asked: Any) -> list[dict[str, Any]]:
    answer = person.http.get(ENTRIES, params=asked)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_an_entry_tells_who_did_what_to_what_by_which_request(admin: Person) -> None:
    answer = admin.http.get(ENTRIES, params={"action": "version.released", "limit": 1})
    [entry] = answer.json()["entries"]
    assert (entry["actor_id"], entry["credential"], entry["object_kind"]) == (admin.member.user.id, "token", "plugin")
    assert entry["detail"]["version"] == "1.1.0"
    assert {row["table"] for row in entry["changes"]} >= {"plugin_versions"}
    assert len(entry["request_id"]) > 8
    assert len(entry["hash"]) == len(entry["previous_hash"]) == 64


def test_a_page_says_where_the_next_one_begins(admin: Person) -> None:
    everything = [entry["number"] for entry in entries(admin, limit=1000)]
    assert everything == sorted(everything, reverse=True)
    walked, before = [], None
    while True:
        page = admin.http.get(ENTRIES, params={"limit": 2} | ({"before": before} if before else {})).json()
        walked += [entry["number"] for entry in page["entries"]]
        before = page["next_before"]
        if before is None:
            break
    assert walked == everything


def test_each_filter_narrows_and_all_hold_together(admin: Person) -> None:
    everything = entries(admin, limit=1000)
    latest = everything[0]
    for field in ("action", "object_kind", "object_id", "actor_id"):
        expected = [each["number"] for each in everything if each[field] == latest[field]]
        assert [each["number"] for each in entries(admin, limit=1000, **{field: latest[field]})] == expected
    assert entries(admin, action=latest["action"], object_id="nothing") == []
    moment = everything[1]["recorded_at"]
    assert [each["number"] for each in entries(admin, since=moment)] == [each["number"] for each in everything[:2]]
    assert [each["number"] for each in entries(admin, until=moment)] == [each["number"] for each in everything[2:]]


def test_the_export_has_every_entry_as_a_line_oldest_first(admin: Person) -> None:
    answer = admin.http.get(EXPORT)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/jsonl")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == list(reversed(entries(admin, limit=1000)))
    hashes = [line["hash"] for line in lines]
    assert [line["previous_hash"] for line in lines] == ["", *hashes[:-1]]
    one = admin.http.get(EXPORT, params={"action": "version.released"}).text.splitlines()
    assert len(one) == 2


def test_the_checkpoint_is_the_last_entry(admin: Person) -> None:
    last = entries(admin, limit=1)[0]
    told = admin.http.get(CHECKPOINT).json()
    assert told == {"tenant_id": admin.account_id, "number": last["number"], "hash": last["hash"]}


@pytest.mark.parametrize("path", [ENTRIES, EXPORT, CHECKPOINT])
def test_administrators_read_their_own_and_operators_everybodys(
    admin: Person, judge: Person, new_account: NewAccount, meet: Meet, path: str
) -> None:
    stranger = meet(new_account().user("admin"))
    other = {"tenant_id": admin.account_id}
    assert judge.http.get(path, params=other).text == admin.http.get(path, params=other).text
    assert refused(stranger.http.get(path, params=other)) == (403, NOT_ALLOWED)
    assert refused(judge.http.get(path, params={"tenant_id": "0" * 32})) == (404, NO_ACCOUNT)
    assert refused(judge.http.get(path, params={"tenant_id": "nobody"})) == (404, NO_ACCOUNT)


@pytest.mark.parametrize("role", ["viewer", "author", "reviewer"])
def test_who_administers_nothing_reads_nothing(account: Account, meet: Meet, role: str) -> None:
    person = meet(account.user(role))
    answers = [person.http.get(path) for path in (ENTRIES, EXPORT, CHECKPOINT)]
    assert [refused(answer) for answer in answers] == [(403, NOT_ALLOWED)] * 3


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0}, {"limit": 1001}, {"limit": "x"}, {"before": 0}, {"before": -1}, {"before": 2**63},
        {"action": ""}, {"action": "a\x1fb"}, {"object_id": "x" * 65}, {"actor_id": "\n"},
        {"since": "yesterday"}, {"since": "2026-02-30T00:00:00Z"}, {"until": "17"}, {"until": ""},
        {"since": "0001-01-01T00:00:00+23:59"}, {"until": "9999-12-31T23:59:59-23:59"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_named(admin: Person, asked: dict[str, Any]) -> None:
    answer = admin.http.get(ENTRIES, params=asked)
    assert refused(answer) == (400, INVALID), answer.text
    assert next(iter(asked)) in answer.json()["error_msg"]
