"""What a version changes, over HTTP; and that no number promises less than its version changes, however it comes."""

from typing import Any

import httpx
import pytest

from tests.accounts import Account
from tests.builders import Body, a_name, a_package, a_version
from tests.person import Meet, Person

BROKEN, NOT_ALLOWED, NOTHING_BEFORE, NOT_YOURS = (
    "PLUGPORT.00250050",
    "PLUGPORT.00250051",
    "PLUGPORT.00250052",
    "PLUGPORT.00040001",
)
OURS = "/plugport/v1"
TEXT: Body = {"name": "TEXT", "type": "input"}
SHORT: Body = {**TEXT, "validation": {"max_length": 5}}


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An author of the test's own account."""
    return meet(account.user("author"))


@pytest.fixture
def admin(account: Account, meet: Meet) -> Person:
    """An administrator of the same account."""
    return meet(account.user("admin"))


def told(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def address(name: str, version: str, what: str) -> str:
    return f"{OURS}/plugins/{name}/versions/{version}/contract/{what}"


def difference(person: Person, name: str, version: str, **query: str) -> Any:
    return told(person.http.get(address(name, version, "difference"), params=query))


def written(name: str, version: str, *inputs: Body) -> Body:
    return a_version(name, version, input_info=list(inputs))


def released(person: Person, *versions: tuple[str, Body]) -> str:
    """A plug-in with these versions, each with one input."""
    name = a_name()
    for version, each in versions:
        person.do("create_plugin_version", body=written(name, version, each))
    return name


def test_a_break_is_shown_with_values_that_were_taken_and_are_no_longer(ada: Person) -> None:
    name = released(ada, ("1.2.0", TEXT))
    ada.do("create_plugin_draft", body=written(name, "1.3.0", SHORT))

    found = difference(ada, name, "1.3.0")

    assert (found["before"], found["effect"], found["least_version"]) == ("1.2.0", "breaking", "2.0.0")
    assert (found["promise_kept"], found["allowance"]) == (False, None)
    (only,) = found["differences"]
    assert (only["rule"], only["pointer"]) == ("input.narrowed", "/inputs/TEXT")
    for version, valid in (("1.2.0", True), ("1.3.0", False)):
        values = {"values": only["example"]}
        judged = told(ada.http.post(f"{OURS}/plugins/{name}/versions/{version}/values", json=values))
        assert judged["valid"] is valid


def test_a_first_version_changes_nothing_for_anybody(ada: Person) -> None:
    found = difference(ada, released(ada, ("1.0.0", TEXT)), "1.0.0")
    assert (found["before"], found["effect"], found["least_version"]) == (None, "compatible", None)
    assert found["promise_kept"] is True


def test_any_two_versions_are_compared_when_asked_for(ada: Person) -> None:
    name = released(ada, ("1.0.0", SHORT), ("1.1.0", TEXT), ("2.0.0", SHORT))
    assert difference(ada, name, "2.0.0")["effect"] == "breaking"
    assert difference(ada, name, "2.0.0", **{"from": "1.0.0"})["effect"] == "compatible"

    missing = told(ada.http.get(address(name, "2.0.0", "difference"), params={"from": "0.9.0"}), 404)
    assert missing["error_code"] == NOTHING_BEFORE


def test_a_break_under_a_minor_number_is_refused_by_every_door(ada: Person) -> None:
    name = released(ada, ("1.0.0", TEXT))
    direct = ada.refused(409, "create_plugin_version", body=written(name, "1.1.0", SHORT))
    assert direct["error_code"] == BROKEN
    assert "2.0.0" in direct["error_msg"]
    assert "/inputs/TEXT" in direct["error_msg"]

    ada.do("create_plugin_draft", body=written(name, "1.1.0", SHORT))
    asked = {"plugin_name": name, "version": "1.1.0"}
    assert ada.refused(409, "publish_plugin_draft", body=asked)["error_code"] == BROKEN

    packaged = a_name()
    ada.do("upload_basic_plugin", plugin_name=packaged, file=a_package(packaged, inputs=[TEXT]))
    broken = a_package(packaged, "1.1.0", inputs=[SHORT])
    assert ada.refused(409, "upload_basic_plugin", plugin_name=packaged, file=broken)["error_code"] == BROKEN
    assert ada.numbers(packaged) == ["1.0.0"]


def test_numbers_that_promise_enough_are_taken(ada: Person) -> None:
    name = released(ada, ("0.1.0", TEXT), ("0.2.0", SHORT), ("1.0.0", TEXT), ("2.0.0", SHORT), ("2.1.0-rc.1", TEXT))
    extra = {"name": "MORE", "type": "input"}
    ada.do("create_plugin_version", body=written(name, "2.1.0", SHORT, extra))
    refused = ada.refused(
        409, "create_plugin_version", body=written(name, "2.1.1", SHORT, extra, {**extra, "name": "M"})
    )
    assert "2.2.0" in refused["error_msg"]


def test_pre_releases_are_no_measure(ada: Person) -> None:
    name = released(ada, ("1.0.0", TEXT), ("1.1.0-rc.1", SHORT))
    ada.do("create_plugin_version", body=written(name, "1.1.0", TEXT))
    assert difference(ada, name, "1.1.0")["before"] == "1.0.0"


def test_an_older_line_is_measured_by_itself(ada: Person) -> None:
    name = released(ada, ("1.0.0", TEXT), ("2.0.0", SHORT))
    ada.do("create_plugin_version", body=written(name, "1.0.1", TEXT))
    assert ada.refused(409, "create_plugin_version", body=written(name, "1.0.2", SHORT))["error_code"] == BROKEN


def test_a_deleted_version_promised_nothing(ada: Person) -> None:
    name = released(ada, ("1.0.0", SHORT), ("1.1.0", TEXT))
    ada.do("delete_basic_plugin", plugin_name=name, version="1.1.0")
    ada.do("create_plugin_version", body=written(name, "1.2.0", SHORT))


def test_an_administrator_lets_a_number_promise_less_and_that_is_recorded(ada: Person, admin: Person) -> None:
    name, why = released(ada, ("1.0.0", TEXT)), "Nobody uses it; agreed with all teams"
    told(ada.http.put(address(name, "1.1.0", "allowance"), json={"reason": why}), 403)

    told(admin.http.put(address(name, "1.1.0", "allowance"), json={"reason": why}), 204)
    ada.do("create_plugin_version", body=written(name, "1.1.0", SHORT))

    allowance = difference(ada, name, "1.1.0")["allowance"]
    assert (allowance["reason"], allowance["given_by"]) == (why, admin.member.user.name)
    entries = told(admin.http.get(f"{OURS}/audit/entries", params={"action": "contract.allowed"}))["entries"]
    assert [each["detail"] for each in entries] == [{"name": name, "version": "1.1.0", "reason": why}]


def test_an_allowance_is_for_one_number_and_can_be_withdrawn(ada: Person, admin: Person) -> None:
    name = released(ada, ("1.0.0", TEXT))
    told(admin.http.put(address(name, "1.1.0", "allowance"), json={"reason": "a"}), 204)
    assert ada.refused(409, "create_plugin_version", body=written(name, "1.2.0", SHORT))["error_code"] == BROKEN

    told(admin.http.delete(address(name, "1.1.0", "allowance")), 204)
    assert ada.refused(409, "create_plugin_version", body=written(name, "1.1.0", SHORT))["error_code"] == BROKEN
    gone = told(admin.http.delete(address(name, "1.1.0", "allowance")), 404)
    assert gone["error_code"] == NOT_ALLOWED


def test_nobody_allows_anything_in_anothers_plugin(ada: Person, meet: Meet, judge: Person) -> None:
    name = released(ada, ("1.0.0", TEXT))
    refused = told(judge.http.put(address(name, "1.1.0", "allowance"), json={"reason": "a"}), 404)
    assert refused["error_code"] == NOT_YOURS


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_an_allowance_needs_a_reason(admin: Person, reason: str) -> None:
    name = released(admin, ("1.0.0", TEXT))
    refused = told(admin.http.put(address(name, "1.1.0", "allowance"), json={"reason": reason}), 400)
    assert "reason" in refused["error_msg"]
