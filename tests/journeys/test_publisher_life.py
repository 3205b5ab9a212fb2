"""A publisher's life over HTTP and by commands: applied for, sent back, mended, accepted, shared, handed over, suspended."""

import time

from tests.accounts import NewAccount
from tests.builders import a_name
from tests.person import Meet, Person
from tests.program import Server, run_json

OURS, INVITATIONS, DESK = "/plugport/v1/my-publishers", "/plugport/v1/publisher-invitations", "/plugport/v1/publishers"


def told(person: Person, event: str) -> str:
    """The text of the notification, as soon as it is there: a job puts it there."""
    for _ in range(200):
        rows = person.call("GET", "/plugport/v1/inbox")["notifications"]
        for row in rows:
            if row["event"] == event:
                return str(row["text"])
        time.sleep(0.05)
    raise AssertionError(f"nobody was told of {event}")


def test_a_publisher_from_its_application_to_its_reinstatement(author: Person, judge: Person, meet: Meet) -> None:
    account, en_name = author.member.account, a_name("house")
    colleague, heir = meet(account.user("author")), meet(account.user("author"))
    publisher = author.publisher(en_name)

    # It is sent back, mended, and accepted.
    judge.reject(publisher, "The website does not answer.")
    assert told(author, "publisher.rejected").endswith("The website does not answer.")
    again = author.call("POST", f"{OURS}/{publisher}/reapply", website="https://house.example/")
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
    invited = author.call("POST", f"{OURS}/{publisher}/invitations", 201, user=colleague.member.name, role="maintainer")
    assert told(colleague, "publisher.invited") == f"You are invited to be maintainer of the publisher {en_name}."
    assert [each["invitation_id"] for each in colleague.call("GET", INVITATIONS)["invitations"]] == [
        invited["invitation_id"]
    ]
    colleague.call("POST", f"{INVITATIONS}/{invited['invitation_id']}/accept")
    assert told(author, "publisher.invitation_accepted").startswith(colleague.member.name)
    colleague.do("publish_plugin", body=named)

    # Its domain proves whom it stands for.
    statement = colleague.call("GET", f"{OURS}/{publisher}")["statement"]
    mark = {"ground": "well-known", "domain": "house.example", "answer": f"{statement}\n"}
    assert judge.call("POST", f"{DESK}/{publisher}/verify", **mark)["verification"]["domain"] == "house.example"
    assert told(colleague, "publisher.verified")

    # It changes hands.
    offer = author.call("POST", f"{OURS}/{publisher}/transfer", 201, user=heir.member.user.id)
    assert offer["is_transfer"] is True
    heir.call("POST", f"{INVITATIONS}/{offer['invitation_id']}/accept")
    assert told(author, "publisher.handed_over") == f"{heir.member.name} owns the publisher {en_name} now."
    roles = {each["user_name"]: each["role"] for each in heir.call("GET", f"{OURS}/{publisher}")["members"]}
    assert roles == {heir.member.name: "owner", author.member.name: "maintainer", colleague.member.name: "maintainer"}
    assert author.do("list_publisher")["data"][0]["user_id"] == heir.member.user.id
    refusal = author.call("POST", f"{OURS}/{publisher}/transfer", 403, user=author.member.user.id)
    assert refusal["error_code"] == "PLUGPORT.00220001"

    # It is suspended, and nothing is published under it until it is reinstated.
    assert judge.call("POST", f"{DESK}/{publisher}/suspend", reason="Stolen.")["status"] == "suspended"
    assert told(heir, "publisher.suspended").endswith("Stolen.")
    assert author.do("list_publisher")["data"][0]["auth_status"] == "reject"
    assert author.do("list_available_publisher") == []
    assert colleague.refused(409, "publish_plugin", body=named)["error_code"] == "PLUGPORT.00030003"
    refusal = heir.refused(409, "delete_publisher", publisher_unique_id=publisher)
    assert refusal["error_code"] == "PLUGPORT.00220002"
    judge.call("POST", f"{DESK}/{publisher}/reinstate")
    assert told(heir, "publisher.reinstated")
    colleague.do("publish_plugin", body=named)


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
    shown = judge.call("GET", f"{DESK}/{first}")
    assert [each["user_id"] for each in shown["members"]] == [author.member.user.id]
    assert shown["look_alikes"] == [
        {"publisher_id": second, "name": name.replace("l", "1"), "status": "processing", "likeness": "looks-the-same"}
    ]


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
