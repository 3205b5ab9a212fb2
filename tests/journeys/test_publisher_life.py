"""A publisher's life over HTTP and by commands: applied for, sent back, mended, accepted, shared, handed over, suspended."""

import time
from typing import Any

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name
from tests.person import Meet, Person
from tests.program import Server, run_json

OURS, INVITATIONS, DESK = "/plugport/v1/my-publishers", "/plugport/v1/publisher-invitations", "/plugport/v1/publishers"


def say(person: Person, method: str, path: str, status: int = 200, **body: Any) -> Any:
    """What is answered, with that status."""
    answer = person.http.request(method, path, json=body or None)
    assert answer.status_code == status, answer.text
    return answer.json()


def told(person: Person, event: str) -> str:
    """The text of the notification, as soon as it is there: a job puts it there."""
    for _ in range(200):
        rows = say(person, "GET", "/plugport/v1/inbox")["notifications"]
        for row in rows:
            if row["event"] == event:
                return str(row["text"])
        time.sleep(0.05)
    raise AssertionError(f"nobody was told of {event}")


def join(owner: Person, guest: Person, publisher: str, role: str) -> None:
    """Makes a colleague a member."""
    invitation = say(
        owner, "POST", f"{OURS}/{publisher}/invitations", 201, user=guest.member.user.id, role=role
    )  # fmt: skip
    say(guest, "POST", f"{INVITATIONS}/{invitation['invitation_id']}/accept")


def test_a_publisher_from_its_application_to_its_reinstatement(author: Person, judge: Person, meet: Meet) -> None:
    account, en_name = author.member.account, a_name("house")
    colleague, heir = meet(account.user("author")), meet(account.user("author"))
    publisher = author.publisher(en_name)

    # It is sent back, mended, and accepted.
    judge.reject(publisher, "The website does not answer.")
    assert told(author, "publisher.rejected").endswith("The website does not answer.")
    again = say(author, "POST", f"{OURS}/{publisher}/reapply", website="https://house.example/")
    assert (again["status"], again["reason"], again["website"]) == ("processing", "", "https://house.example/")
    assert told(judge, "publisher.reapplied")
    judge.accept(publisher)

    # A colleague cannot publish under it, is invited, and can.
    plugin = a_name()
    colleague.upload(plugin)
    named = {"plugin_name": plugin, "version": "", "publisher_unique_id": publisher}
    refusal = colleague.refused(403, "publish_plugin", body=named)
    assert refusal["error_code"] == "PLUGPORT.00220001"
    assert refusal["error_msg"].startswith("publisher_unique_id: ")
    invited = say(author, "POST", f"{OURS}/{publisher}/invitations", 201, user=colleague.member.name, role="maintainer")
    assert told(colleague, "publisher.invited") == f"You are invited to be maintainer of the publisher {en_name}."
    assert [each["invitation_id"] for each in say(colleague, "GET", INVITATIONS)["invitations"]] == [
        invited["invitation_id"]
    ]
    say(colleague, "POST", f"{INVITATIONS}/{invited['invitation_id']}/accept")
    assert told(author, "publisher.invitation_accepted").startswith(colleague.member.name)
    colleague.do("publish_plugin", body=named)

    # Its domain proves whom it stands for.
    statement = say(colleague, "GET", f"{OURS}/{publisher}")["statement"]
    mark = {"ground": "well-known", "domain": "house.example", "answer": f"{statement}\n"}
    assert say(judge, "POST", f"{DESK}/{publisher}/verify", **mark)["verification"]["domain"] == "house.example"
    assert told(colleague, "publisher.verified")

    # It changes hands.
    offer = say(author, "POST", f"{OURS}/{publisher}/transfer", 201, user=heir.member.user.id)
    assert offer["is_transfer"] is True
    say(heir, "POST", f"{INVITATIONS}/{offer['invitation_id']}/accept")
    assert told(author, "publisher.handed_over") == f"{heir.member.name} owns the publisher {en_name} now."
    roles = {each["user_name"]: each["role"] for each in say(heir, "GET", f"{OURS}/{publisher}")["members"]}
    assert roles == {heir.member.name: "owner", author.member.name: "maintainer", colleague.member.name: "maintainer"}
    assert author.do("list_publisher")["data"][0]["user_id"] == heir.member.user.id
    refusal = say(author, "POST", f"{OURS}/{publisher}/transfer", 403, user=author.member.user.id)
    assert refusal["error_code"] == "PLUGPORT.00220001"

    # It is suspended, and nothing is published under it until it is reinstated.
    assert say(judge, "POST", f"{DESK}/{publisher}/suspend", reason="Stolen.")["status"] == "suspended"
    assert told(heir, "publisher.suspended").endswith("Stolen.")
    assert author.do("list_publisher")["data"][0]["auth_status"] == "reject"
    assert author.do("list_available_publisher") == []
    assert colleague.refused(409, "publish_plugin", body=named)["error_code"] == "PLUGPORT.00030003"
    refusal = heir.refused(409, "delete_publisher", publisher_unique_id=publisher)
    assert refusal["error_code"] == "PLUGPORT.00220002"
    say(judge, "POST", f"{DESK}/{publisher}/reinstate")
    assert told(heir, "publisher.reinstated")
    colleague.do("publish_plugin", body=named)


def test_every_refusal_has_its_code_and_names_the_field(author: Person, judge: Person, meet: Meet) -> None:
    account, publisher = author.member.account, author.publisher(a_name("house"))
    guest, own = meet(account.user("author")), f"{OURS}/{publisher}"
    me = author.member.user.id

    def refused(person: Person, status: int, code: str, field: str, method: str, path: str, **body: Any) -> None:
        told = say(person, method, path, status, **body)
        assert told["error_code"] == f"PLUGPORT.0022{code:0>4}"
        assert told["error_msg"].startswith(f"{field}: ")

    refused(guest, 403, "1", "publisher_id", "GET", own)
    refused(judge, 409, "2", "publisher_id", "POST", f"{DESK}/{publisher}/suspend", reason="x")
    refused(author, 409, "3", "user_id", "DELETE", f"{own}/members/{me}")
    refused(author, 409, "3", "user_id", "PUT", f"{own}/members/{me}", role="member")
    refused(author, 404, "4", "user_id", "DELETE", f"{own}/members/nobody")
    refused(author, 409, "5", "user", "POST", f"{own}/invitations", user=me, role="owner")
    refused(author, 409, "5", "user", "POST", f"{own}/transfer", user=me)
    refused(author, 404, "6", "invitation_id", "DELETE", f"{own}/invitations/none")
    refused(guest, 404, "6", "invitation_id", "POST", f"{INVITATIONS}/{'0' * 32}/accept")
    waiting = say(author, "POST", f"{own}/invitations", 201, user=guest.member.name)["invitation_id"]
    refused(author, 409, "8", "user", "POST", f"{own}/transfer", user=guest.member.user.id)
    refused(author, 404, "6", "invitation_id", "POST", f"{INVITATIONS}/{waiting}/decline")
    for _ in range(2):
        assert say(author, "DELETE", f"{own}/invitations/{waiting}") is True
    refused(guest, 409, "7", "invitation_id", "POST", f"{INVITATIONS}/{waiting}/accept")
    judge.accept(publisher)
    proof = {"ground": "dns", "domain": "house.example", "answer": "v=spf1"}
    refused(judge, 409, "11", "answer", "POST", f"{DESK}/{publisher}/verify", **proof)


def test_a_name_that_looks_like_anothers_is_refused(
    author: Person, judge: Person, meet: Meet, new_account: NewAccount
) -> None:
    name, stranger = a_name("mill"), meet(new_account().user("author"))
    judge.accept(author.publisher(name))
    body = {"en_name": name.replace("ill", "i1l"), "name": "Mill", "support_url": "x@y.example"}
    refusal = stranger.refused(409, "create_publisher", body=body)
    assert refusal["error_code"] == "PLUGPORT.00220010"
    assert name in refusal["error_msg"]
    refusal = stranger.refused(409, "create_publisher", body=body | {"en_name": name.upper().replace("-", " ")})
    assert refusal["error_code"] == "PLUGPORT.00030002"


def test_the_reviewer_is_shown_members_and_look_alikes(
    author: Person, judge: Person, meet: Meet, new_account: NewAccount
) -> None:
    name = a_name("mill")
    first, second = author.publisher(name), meet(new_account().user("author")).publisher(name.replace("l", "1"))
    shown = say(judge, "GET", f"{DESK}/{first}")
    assert [each["user_id"] for each in shown["members"]] == [author.member.user.id]
    assert shown["look_alikes"] == [
        {"publisher_id": second, "name": name.replace("l", "1"), "status": "processing", "likeness": "looks-the-same"}
    ]


def test_members_come_go_and_change(author: Person, meet: Meet) -> None:
    account, publisher = author.member.account, author.publisher(a_name("house"))
    guest, admin = meet(account.user("author")), meet(account.user("admin"))
    join(author, guest, publisher, "member")
    (mine,) = say(guest, "GET", OURS)["publishers"]
    assert (mine["publisher_id"], mine["role"]) == (publisher, "member")
    guests = f"{OURS}/{publisher}/members/{guest.member.user.id}"
    assert say(author, "PUT", guests, role="owner")["role"] == "owner"
    assert told(guest, "publisher.member_changed").startswith("You are owner")
    assert say(guest, "DELETE", guests) is True
    assert say(guest, "GET", OURS)["total"] == 0
    (listed,) = say(admin, "GET", OURS)["publishers"]
    assert (listed["publisher_id"], listed["role"]) == (publisher, None)
    (mine,) = author.http.get("/v1/marketplace/publishers/mine").json()["result"]
    assert (mine["role"], mine["member_count"]) == ("Owner", 1)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "invitations", {}), ("POST", "invitations", {"user": "x", "role": "king"}),
        ("POST", "invitations", {"user": ""}), ("POST", "invitations", {"user": "a\x00"}),
        ("POST", "transfer", {"user": 1}), ("PUT", "members/x", {"role": None}), ("POST", "reapply", {"name": ""}),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_is_refused_by_name(author: Person, method: str, path: str, body: dict[str, Any]) -> None:
    answer = author.http.request(method, f"{OURS}/{'0' * 32}/{path}", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"] in ("PLUGPORT.00010002", "PLUGPORT.00010003")


def test_commands_suspend_reinstate_and_verify_while_the_server_runs(
    author: Person, judge: Person, server: Server
) -> None:
    publisher, env = author.publisher(a_name("house")), server.environment
    run_json("publisher", "accept", publisher, env=env)
    assert run_json("publisher", "suspend", publisher, "--reason", "Stolen.", env=env)["status"] == "suspended"
    assert run_json("publisher", "reinstate", publisher, env=env)["status"] == "accept"
    statement = run_json("publisher", "show", publisher, env=env)["statement"]
    verified = run_json(
        "publisher", "verify", publisher, "--ground", "dns", "--domain", "house.example", "--answer", "-",
        env=env, stdin=f"{statement}\n",
    )  # fmt: skip
    assert verified["verification"]["ground"] == "dns"
    by_hand = run_json("publisher", "verify", publisher, "--ground", "by-hand", "--note", "met", env=env)
    assert by_hand["verification"]["note"] == "met"
    assert run_json("publisher", "unverify", publisher, "--reason", "sold", env=env)["verification"] is None
