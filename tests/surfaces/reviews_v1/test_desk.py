"""The desk over HTTP: what waits, who may decide, and each of its refusals with its code."""

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name
from tests.desk import RELEASES, REVIEWS, RULES, decide, do, good, release_of, seen, waiting
from tests.person import Meet, Person
from tests.publishing import Named, an_accepted_publisher

NONE = "0" * 32
UNKNOWN, CLAIMED, OWN, DECIDED, TWICE, NO_RULE = (f"PLUGPORT.0024000{number}" for number in range(1, 7))
INVALID, NOT_ALLOWED = "PLUGPORT.00010002", "PLUGPORT.00020003"


@pytest.fixture
def publisher(ada: Person, judge: Person) -> Named:
    """An accepted publisher of Ada's, whose releases wait by a rule."""
    made = an_accepted_publisher(ada, judge)
    good(judge.http.put(RULES, json={"publisher_id": made.id, "policy": "always"}))
    return made


@pytest.fixture
def plugin(ada: Person, publisher: Named) -> str:
    """A plug-in of which a release waits."""
    name = a_name()
    ada.upload(name)
    ada.do("publish_plugin", body={"plugin_name": name, "version": "1.0.0", "publisher_unique_id": publisher.id})
    return name


@pytest.fixture
def otto(new_account: NewAccount, meet: Meet) -> Person:
    """Another operator."""
    return meet(new_account().user("operator"))


def test_what_waits_is_shown_with_findings_and_differences_and_is_decided_once(
    judge: Person, otto: Person, publisher: Named, plugin: str
) -> None:
    review = waiting(judge, publisher.id, kind="release", business_type="Test")
    assert (review["release"]["name"], review["needed"], review["accepted"], review["outcome"]) == (plugin, 1, 0, None)
    shown = good(judge.http.get(f"{REVIEWS}/{review['review_id']}"))
    assert shown["previous_version"] is None
    assert {each["name"] for each in shown["checks"]} >= {"archive", "secrets", "difference"}
    assert {each["field"] for each in shown["differences"]} >= {"name", "version", "execution"}

    decided = good(decide(judge, review, "accept"))
    assert (decided["outcome"], decided["release"]["state"]) == ("accept", "released")
    assert seen(decide(otto, review, "reject", "policy")) == (409, DECIDED)
    metrics = good(judge.http.get(f"{REVIEWS}/metrics"))
    assert metrics["decided"] >= 1
    assert metrics["median_seconds"] is not None


def test_a_claim_keeps_others_away_until_it_is_let_go(
    judge: Person, otto: Person, publisher: Named, plugin: str
) -> None:
    review = waiting(judge, publisher.id)
    path = f"{REVIEWS}/{review['review_id']}"
    assert good(judge.http.post(f"{path}/claim"))["held_by"] == judge.member.name
    assert seen(otto.http.post(f"{path}/claim")) == (409, CLAIMED)
    assert seen(decide(otto, review, "accept")) == (409, CLAIMED)
    assert waiting(judge, publisher.id, mine=True)["review_id"] == review["review_id"]
    assert good(judge.http.delete(f"{path}/claim"))["held_by"] is None
    assert good(decide(otto, review, "accept"))["release"]["name"] == plugin


def test_nobody_decides_about_their_own(meet: Meet, new_account: NewAccount, judge: Person, otto: Person) -> None:
    both = meet(new_account().user("author", "operator"))
    publisher, name = an_accepted_publisher(both, judge), a_name()
    good(judge.http.put(RULES, json={"publisher_id": publisher.id, "policy": "always"}))
    both.upload(name)
    both.do("publish_plugin", body={"plugin_name": name, "version": "", "publisher_unique_id": publisher.id})
    review = waiting(both, publisher.id)
    assert seen(decide(both, review, "accept")) == (403, OWN)
    assert seen(both.http.post(f"{REVIEWS}/{review['review_id']}/claim")) == (403, OWN)
    good(decide(otto, review, "accept"))


def test_what_a_sensitive_publisher_releases_two_people_accept(
    ada: Person, judge: Person, otto: Person, publisher: Named, plugin: str
) -> None:
    path = f"/plugport/v1/publishers/{publisher.id}/sensitive"
    assert good(judge.http.put(path, json={"sensitive": True}))["sensitive"] is True
    review = waiting(judge, publisher.id)
    assert good(decide(judge, review, "accept"))["accepted"] == 1
    assert seen(decide(judge, review, "accept")) == (409, TWICE)
    assert good(decide(otto, review, "accept"))["outcome"] == "accept"
    assert release_of(ada, plugin)["state"] == "released"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"verdict": "reject", "reasons": []}, "reasons"),
        ({"verdict": "reject", "reasons": ["other"]}, "text"),
    ],
)
def test_a_decision_against_something_says_why(
    judge: Person, publisher: Named, plugin: str, body: dict[str, object], field: str
) -> None:
    review = waiting(judge, publisher.id)
    answer = judge.http.post(f"{REVIEWS}/{review['review_id']}/decide", json=body)
    assert seen(answer) == (400, INVALID)
    assert answer.json()["error_msg"].startswith(f"{field}: ")
    assert plugin


@pytest.mark.parametrize("id", ["x", NONE])
def test_a_review_that_there_is_not_is_unknown(judge: Person, id: str) -> None:
    assert seen(judge.http.get(f"{REVIEWS}/{id}")) == (404, UNKNOWN)
    assert seen(judge.http.post(f"{REVIEWS}/{id}/claim")) == (404, UNKNOWN)
    assert seen(decide(judge, {"review_id": id}, "accept")) == (404, UNKNOWN)


def test_a_reviewer_of_an_account_that_is_not_the_platforms_sees_nothing(
    new_account: NewAccount, meet: Meet, judge: Person, publisher: Named, plugin: str
) -> None:
    rita, review = meet(new_account().user("reviewer")), waiting(judge, publisher.id)
    assert good(rita.http.get(REVIEWS))["total"] == 0
    assert good(rita.http.get(f"{REVIEWS}/metrics"))["waiting"] == 0
    assert seen(decide(rita, review, "accept")) == (404, UNKNOWN)
    assert seen(rita.http.get(f"{RELEASES}/{review['release']['release_id']}")) == (404, "PLUGPORT.00230001")
    assert plugin


def test_rules_are_listed_changed_and_deleted(judge: Person, publisher: Named) -> None:
    rules = good(judge.http.get(RULES))["rules"]
    (mine,) = [each for each in rules if each["publisher_id"] == publisher.id]
    changed = good(judge.http.put(RULES, json={"publisher_id": publisher.id, "policy": "checks"}))
    assert (changed["rule_id"], changed["policy"]) == (mine["rule_id"], "checks")
    assert good(judge.http.delete(f"{RULES}/{mine['rule_id']}")) is True
    assert seen(judge.http.delete(f"{RULES}/{mine['rule_id']}")) == (404, NO_RULE)
    assert seen(judge.http.put(RULES, json={"policy": "checks"})) == (400, INVALID)


def test_quarantine_takes_two_and_an_appeal_gives_back(
    ada: Person, judge: Person, otto: Person, publisher: Named, plugin: str
) -> None:
    good(decide(judge, waiting(judge, publisher.id), "accept"))
    release = release_of(ada, plugin)
    proposed = good(do(judge, release, "quarantine", reasons=["malicious"]))
    assert proposed["state"] == "released"
    assert seen(do(judge, release, "quarantine", reasons=["malicious"])) == (409, TWICE)
    assert good(do(otto, release, "quarantine", reasons=["malicious"]))["state"] == "quarantined"
    assert seen(do(otto, release, "quarantine", reasons=["malicious"])) == (409, "PLUGPORT.00230002")
    package = f"/plugport/v1/plugins/{plugin}/versions/1.0.0/package"
    assert seen(ada.http.get(package)) == (403, "PLUGPORT.00230003")

    good(do(ada, release, "appeal", text="It is a test."))
    assert seen(do(ada, release, "appeal", text="It is a test.")) == (409, "PLUGPORT.00230004")
    appeal = waiting(judge, publisher.id, kind="appeal")
    assert good(decide(judge, appeal, "accept", "resolved"))["release"]["state"] == "released"
    assert ada.http.get(package).status_code == 200
