"""`/plugport/v1/my-publishers*` and `/plugport/v1/publisher-invitations*`: members, invitations, and what is refused."""

from typing import Any

import pytest

from tests.builders import a_name
from tests.person import Meet, Person

OURS, INVITATIONS, DESK = "/plugport/v1/my-publishers", "/plugport/v1/publisher-invitations", "/plugport/v1/publishers"


def join(owner: Person, guest: Person, publisher: str, role: str) -> None:
    """Makes a colleague a member."""
    invitation = owner.call("POST", f"{OURS}/{publisher}/invitations", 201, user=guest.member.user.id, role=role)
    guest.call("POST", f"{INVITATIONS}/{invitation['invitation_id']}/accept")


def test_every_refusal_has_its_code_and_names_the_field(ada: Person, judge: Person, meet: Meet) -> None:
    account, publisher = ada.member.account, ada.publisher(a_name("house"))
    guest, own = meet(account.user("author")), f"{OURS}/{publisher}"
    me = ada.member.user.id

    def refused(person: Person, status: int, code: str, field: str, method: str, path: str, **body: Any) -> None:
        told = person.call(method, path, status, **body)
        assert told["error_code"] == f"PLUGPORT.0022{code:0>4}"
        assert told["error_msg"].startswith(f"{field}: ")

    refused(guest, 403, "1", "publisher_id", "GET", own)
    refused(judge, 409, "2", "publisher_id", "POST", f"{DESK}/{publisher}/suspend", reason="x")
    refused(ada, 409, "3", "user_id", "DELETE", f"{own}/members/{me}")
    refused(ada, 409, "3", "user_id", "PUT", f"{own}/members/{me}", role="member")
    refused(ada, 404, "4", "user_id", "DELETE", f"{own}/members/nobody")
    refused(ada, 409, "5", "user", "POST", f"{own}/invitations", user=me, role="owner")
    refused(ada, 409, "5", "user", "POST", f"{own}/transfer", user=me)
    refused(ada, 404, "6", "invitation_id", "DELETE", f"{own}/invitations/none")
    refused(guest, 404, "6", "invitation_id", "POST", f"{INVITATIONS}/{'0' * 32}/accept")
    waiting = ada.call("POST", f"{own}/invitations", 201, user=guest.member.name)["invitation_id"]
    refused(ada, 409, "8", "user", "POST", f"{own}/transfer", user=guest.member.user.id)
    refused(ada, 404, "6", "invitation_id", "POST", f"{INVITATIONS}/{waiting}/decline")
    for _ in range(2):
        assert ada.call("DELETE", f"{own}/invitations/{waiting}") is True
    refused(guest, 409, "7", "invitation_id", "POST", f"{INVITATIONS}/{waiting}/accept")
    judge.accept(publisher)
    proof = {"ground": "dns", "domain": "house.example", "answer": "v=spf1"}
    refused(judge, 409, "11", "answer", "POST", f"{DESK}/{publisher}/verify", **proof)


def test_members_come_go_and_change(ada: Person, meet: Meet) -> None:
    account, publisher = ada.member.account, ada.publisher(a_name("house"))
    guest, admin = meet(account.user("author")), meet(account.user("admin"))
    join(ada, guest, publisher, "member")
    (mine,) = guest.call("GET", OURS)["publishers"]
    assert (mine["publisher_id"], mine["role"]) == (publisher, "member")
    guests = f"{OURS}/{publisher}/members/{guest.member.user.id}"
    assert ada.call("PUT", guests, role="owner")["role"] == "owner"
    assert guest.call("DELETE", guests) is True
    assert guest.call("GET", OURS)["total"] == 0
    (listed,) = admin.call("GET", OURS)["publishers"]
    assert (listed["publisher_id"], listed["role"]) == (publisher, None)
    (mine,) = ada.http.get("/v1/marketplace/publishers/mine").json()["result"]
    assert (mine["role"], mine["member_count"]) == ("Owner", 1)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "invitations", {}), ("POST", "invitations", {"user": "x", "role": "king"}),
        ("POST", "invitations", {"user": ""}), ("POST", "invitations", {"user": "a\x00"}),
        ("POST", "transfer", {"user": 1}), ("PUT", "members/x", {"role": None}), ("POST", "reapply", {"name": ""}),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_by_name(ada: Person, method: str, path: str, body: dict[str, Any]) -> None:
    answer = ada.http.request(method, f"{OURS}/{'0' * 32}/{path}", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"] in ("PLUGPORT.00010002", "PLUGPORT.00010003")
