"""What operators decide about publishers, and what follows from it."""

import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from app.registry import Registry
from app.registry.access.service import console
from app.wiring import Wiring
from schemas.errors import PublisherUnknown
from schemas.model.publishers import PublisherFacts, PublisherStatus
from storage.postgres.queries import parse
from tests.accounts import Account, Member, NewAccount

_ENTRIES = parse(
    "test",
    "-- name: entries\n"
    "SELECT action, actor_name FROM audit_entries WHERE tenant_id = :tenant_id AND object_id = :object_id ORDER BY number",
).entries


@pytest.fixture
def desk(operator: Member) -> Iterator[httpx.Client]:
    """A client of an operator."""
    with operator.client() as client:
        client.base_url = client.base_url.join("/plugport/v1/publishers")
        yield client


def _created(member: Member, en_name: str) -> str:
    """The id of a new publisher."""
    path = f"/v1/{member.account.id}/publisher"
    with member.client() as client:
        made = client.post(f"{path}/create", json={"name": "A name", "en_name": en_name, "support_url": "5555"})
        assert made.status_code == 200, made.text
        rows = client.get(f"{path}/query-all", params={"name": en_name}).json()["data"]
    return str(next(row["publisher_unique_id"] for row in rows if row["en_name"] == en_name))


def _name() -> str:
    return f"Name_{secrets.token_hex(8)}"


def _queue(desk: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while page := desk.get("", params={"limit": 1000, "offset": len(rows), **query}).json()["publishers"]:
        rows += page
    return rows


def test_the_queue_holds_what_waits_longest_first(desk: httpx.Client, account: Account) -> None:
    author = account.user("author")
    names = [_name(), _name()]
    ids = [_created(author, name) for name in names]
    rows = [row for row in _queue(desk) if row["tenant_id"] == account.id]
    assert [row["publisher_id"] for row in rows] == ids
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", rows[0].pop("updated_at"))
    assert rows[0] == {
        "publisher_id": ids[0], "tenant_id": account.id, "user_id": author.user.id, "en_name": names[0],
        "name": "A name", "description": "", "logo_url": "", "website": "", "support_url": "5555", "source_url": "",
        "status": "processing", "reason": "", "updated_by_id": author.user.id, "updated_by_name": author.name,
        "publisher_review": False, "system_review": False,
    }  # fmt: skip


def test_a_decision_takes_a_publisher_out_of_the_queue(desk: httpx.Client, account: Account, operator: Member) -> None:
    id = _created(account.user("author"), _name())
    accepted = desk.post(f"/{id}/accept")
    assert accepted.status_code == 200
    assert accepted.json()["status"] == "accept"
    assert accepted.json()["updated_by_id"] == operator.user.id
    assert id not in [row["publisher_id"] for row in _queue(desk)]
    assert id in [row["publisher_id"] for row in _queue(desk, status="accept")]


def test_the_queue_has_pages(desk: httpx.Client, account: Account) -> None:
    for _ in range(3):
        _created(account.user("author"), _name())
    page = desk.get("", params={"limit": 2, "offset": 1}).json()
    assert (page["offset"], page["limit"], len(page["publishers"])) == (1, 2, 2)
    assert page["total"] >= 3


@pytest.mark.parametrize("query", [{"status": "x"}, {"limit": "0"}, {"offset": "-1"}, {"status": ""}])
def test_the_queue_refuses_what_it_does_not_know(desk: httpx.Client, query: dict[str, str]) -> None:
    answer = desk.get("", params=query)
    assert answer.status_code == 400
    assert next(iter(query)) in answer.json()["error_msg"]


def test_accepting_twice_changes_nothing(desk: httpx.Client, account: Account) -> None:
    id = _created(account.user("author"), _name())
    assert desk.post(f"/{id}/accept").json() == desk.post(f"/{id}/accept").json()


def test_a_rejection_says_why_and_can_be_taken_back(desk: httpx.Client, account: Account) -> None:
    id = _created(account.user("author"), _name())
    rejected = desk.post(f"/{id}/reject", json={"reason": "Who are you?"}).json()
    assert (rejected["status"], rejected["reason"]) == ("reject", "Who are you?")
    assert desk.post(f"/{id}/reject", json={"reason": "Who are you?"}).json() == rejected
    accepted = desk.post(f"/{id}/accept").json()
    assert (accepted["status"], accepted["reason"]) == ("accept", "")
    assert desk.post(f"/{id}/reject", json={"reason": "A mistake"}).json()["status"] == "reject"


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 1001}, {"reason": "\x00"}, {"reason": 1}]
)
def test_a_rejection_without_a_reason_is_refused(desk: httpx.Client, account: Account, body: dict[str, Any]) -> None:
    answer = desk.post(f"/{_created(account.user('author'), _name())}/reject", json=body)
    assert answer.status_code == 400
    assert "reason" in answer.json()["error_msg"]


@pytest.mark.parametrize("id", ["0" * 32, "x", "%20"])
def test_an_unknown_publisher_is_missing(desk: httpx.Client, id: str) -> None:
    assert desk.post(f"/{id}/accept").json()["error_code"] == "PLUGPORT.00030001"
    assert desk.post(f"/{id}/reject", json={"reason": "no"}).status_code == 404


def test_an_accepted_name_belongs_to_one_tenant_for_good(
    desk: httpx.Client, account: Account, new_account: NewAccount
) -> None:
    name, owner, other = _name(), account.user("author"), new_account().user("author")
    mine, theirs = _created(owner, name), _created(other, name.upper())
    assert desk.post(f"/{mine}/accept").status_code == 200
    refused = desk.post(f"/{theirs}/accept")
    assert (refused.status_code, refused.json()["error_code"]) == (409, "PLUGPORT.00030002")
    with owner.client() as client:
        client.delete(f"/v1/{account.id}/publisher/delete", params={"publisher_unique_id": mine})
    assert desk.post(f"/{theirs}/accept").status_code == 409
    assert desk.post(f"/{_created(owner, name.lower())}/accept").status_code == 200


def test_of_two_tenants_racing_for_a_name_one_gets_it(
    desk: httpx.Client, account: Account, new_account: NewAccount
) -> None:
    name = _name()
    ids = [_created(each.user("author"), name) for each in (account, new_account(), new_account(), new_account())]
    with ThreadPoolExecutor(len(ids)) as racers:
        statuses = [answer.status_code for answer in racers.map(lambda id: desk.post(f"/{id}/accept"), ids)]
    assert sorted(statuses) == [200, 409, 409, 409]


def test_a_publisher_that_has_published_cannot_be_rejected(desk: httpx.Client, account: Account) -> None:
    author, plugin = account.user("author"), f"p{secrets.token_hex(8)}"
    id = _created(author, _name())
    desk.post(f"/{id}/accept")
    with author.client() as client:
        path, version = f"/v1/{account.id}/agent-plugin", {"plugin_name": plugin, "version": "1.0.0"}
        made = client.post(f"{path}/create", json={**version, "display_name": plugin, "business_type": "Build"})
        assert made.status_code == 200, made.text
        client.post(f"{path}/publish-plugin-bind", json={**version, "publisher_unique_id": id})
        assert desk.post(f"/{id}/reject", json={"reason": "A mistake"}).status_code == 200
        desk.post(f"/{id}/accept")
        published = client.post(f"{path}/publish-plugin", json={**version, "publisher_unique_id": id})
        assert published.status_code == 200, published.text
    refused = desk.post(f"/{id}/reject", json={"reason": "Too late"})
    assert (refused.status_code, refused.json()["error_code"]) == (409, "PLUGPORT.00030005")
    assert plugin in refused.json()["error_msg"]


@pytest.mark.parametrize("role", ["admin", "author", "reviewer", "viewer"])
def test_nobody_but_operators_decides(account: Account, role: str) -> None:
    id = _created(account.user("author"), _name())
    with account.user(role).client() as client:
        path = "/plugport/v1/publishers"
        assert client.get(path).status_code == 403
        assert client.post(f"{path}/{id}/accept").status_code == 403
        assert client.post(f"{path}/{id}/reject", json={"reason": "no"}).status_code == 403


async def test_each_change_leaves_one_entry_in_its_tenants_chain(
    registry: Registry, new_account: NewAccount, wiring: Wiring
) -> None:
    author = new_account().user("author").caller
    facts = PublisherFacts(en_name=_name(), name="A name", support_url="5555")
    publisher = await registry.publishers.create(author, facts)
    await registry.publishers.accept(console(), publisher.id)
    await registry.publishers.accept(console(), publisher.id)
    await registry.publishers.reject(console(), publisher.id, "no")
    await registry.publishers.delete(author, publisher.id)
    with pytest.raises(PublisherUnknown):
        await registry.publishers.accept(console(), publisher.id)
    async with wiring.database.transaction(author.tenant_id) as tx:
        entries = await tx.many(_ENTRIES, tenant_id=author.tenant_id, object_id=publisher.id)
    assert [(row["action"], row["actor_name"]) for row in entries] == [
        ("publisher.created", author.user_name),
        ("publisher.accepted", "console"),
        ("publisher.rejected", "console"),
        ("publisher.deleted", author.user_name),
    ]


async def test_the_commands_use_the_same_decisions(registry: Registry, new_account: NewAccount) -> None:
    author = new_account().user("author").caller
    facts = PublisherFacts(en_name=_name(), name="A name", support_url="5555")
    publisher = await registry.publishers.create(author, facts)
    assert (await registry.publishers.accept(console(), publisher.id)).status is PublisherStatus.ACCEPTED


def test_those_whose_publisher_it_is_settle_whether_its_releases_wait_for_a_look(account: Account) -> None:
    owner, colleague, admin = account.user("author"), account.user("author"), account.user("admin")
    path = f"/plugport/v1/publishers/{_created(owner, _name())}/publisher-review"
    for member, status in ((owner, 200), (colleague, 403), (admin, 200)):
        with member.client() as client:
            answer = client.put(path, json={"wanted": member is owner})
        assert answer.status_code == status, answer.text
        if status == 200:
            assert answer.json()["publisher_review"] is (member is owner)


def test_an_operator_settles_whether_the_platforms_look_is_skipped(desk: httpx.Client, account: Account) -> None:
    id = _created(account.user("author"), _name())
    for skipped in (True, True, False):
        assert desk.put(f"/{id}/system-review", json={"skipped": skipped}).json()["system_review"] is skipped
    assert desk.put("/none/system-review", json={"skipped": True}).status_code == 404
    assert desk.put(f"/{id}/system-review", json={"skipped": 1}).status_code == 400
