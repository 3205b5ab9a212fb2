"""Rules over HTTP: what is refused and by which field, who may, and what is kept of a change."""

from typing import Any

import pytest

from tests.accounts import Account, NewAccount
from tests.builders import a_name
from tests.gating import (
    a_plugin_with_metrics,
    a_property,
    a_rule,
    asked,
    done,
    made_project_set,
    made_rule,
    made_set,
    refused,
)
from tests.person import Meet, Person

MALFORMED, MISSING_FIELD, TAKEN, NOT_ALLOWED, NOT_YOURS = "00010002", "00010003", "00020005", "00020003", "00020004"
NO_PLUGIN, NO_VERSION = "00040001", "00040003"
NO_RULE, HELD, NO_METRIC, CONTRADICTION, CHANGED = "00200001", "00200003", "00200005", "00200006", "00200007"
SECOND = "content[0].properties[1]"


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An administrator of the test's own account, which has a plug-in `tests` 1.0.0 with the metrics ratio and critical."""
    ada = meet(account.user("admin"))
    a_plugin_with_metrics(ada)
    return ada


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (a_rule("tests", a_property(), a_property("rati")), 400, NO_METRIC, f"{SECOND}.key"),
        (a_rule("tests", a_property(value="half")), 400, MALFORMED, "content[0].properties[0].value"),
        (a_rule("tests", a_property(operator="=", value_type="string")), 400, MALFORMED, "content[0].properties[0].value_type"),
        (a_rule("tests", a_property(value_type="string")), 400, MALFORMED, "content[0].properties[0].operator"),
        (a_rule("tests", a_property(operator=None)), 400, MISSING_FIELD, "content[0].properties[0].operator"),
        (a_rule("tests", a_property(operator="~")), 400, MALFORMED, "content[0].properties[0].operator"),
        (a_rule("tests", a_property(value=0.5)), 400, MALFORMED, "content[0].properties[0].value"),
        (a_rule("tests", a_property(), a_property(operator="<", value="0.5")), 400, CONTRADICTION, f"{SECOND}.operator"),
        (a_rule("tests", content=[]), 400, MALFORMED, "content"),
        (a_rule("tests", type="Other"), 400, MALFORMED, "type"),
        (a_rule("none"), 404, NO_PLUGIN, "plugin_name"),
        (a_rule("tests", plugin_version="2.0.0"), 404, NO_VERSION, "plugin_version"),
        (a_rule("tests", plugin_version="two"), 400, MALFORMED, "plugin_version"),
        ({name: value for name, value in a_rule("").items() if name != "plugin_name"}, 400, MISSING_FIELD, "plugin_name"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_by_its_field(
    ada: Person, body: Any, status: int, code: str, field: str
) -> None:
    sentence = refused(asked(ada, "create_rule", body=body), status, code)
    assert sentence.startswith(f"{field}: ")
    rule_id = made_rule(ada)
    if field != "plugin_name" or status == 404:  # a rule that there is has a plug-in
        refused(asked(ada, "update_rule", rule_id=rule_id, body=body), status, code, field)
    assert done(ada, "list_rule")["total"] == 1


def test_the_metrics_are_those_of_the_version_that_the_rule_names(ada: Person) -> None:
    a_plugin_with_metrics(ada, version="2.0.0", share="0")
    for version, known, unknown in (("1.0.0", "ratio", "share"), ("2.0.0", "share", "ratio"), ("", "share", "ratio")):
        made_rule(ada, "tests", a_property(known), plugin_version=version)
        body = a_rule("tests", a_property(unknown), plugin_version=version)
        refused(asked(ada, "create_rule", body=body), 400, NO_METRIC, unknown, version or "2.0.0")


def test_a_rule_keeps_what_a_change_does_not_speak_of(ada: Person) -> None:
    a_plugin_with_metrics(ada, "others", "2.0.0")
    rule_id = made_rule(ada, plugin_version="1.0.0", layout_content="a layout")

    def after(**said: str) -> tuple[str, str, str]:
        body = {
            name: value for name, value in a_rule("").items() if name not in ("plugin_name", "layout_content")
        } | said
        done(ada, "update_rule", rule_id=rule_id, body=body)
        told = done(ada, "show_rule", rule_id=rule_id)
        return told["plugin_name"], told["plugin_version"], told["layout_content"]

    assert after() == ("tests", "1.0.0", "a layout")
    assert after(plugin_name="tests") == after(plugin_id="tests") == ("tests", "1.0.0", "a layout")
    assert after(plugin_version="") == ("tests", "", "a layout")
    assert after(plugin_version="1.0.0", layout_content="") == ("tests", "1.0.0", "")
    assert after(plugin_name="others") == ("others", "", "")


def test_a_name_is_given_once_in_an_account_whatever_its_case(ada: Person, new_account: NewAccount, meet: Meet) -> None:
    rule_id = made_rule(ada, name="Half pass")
    refused(asked(ada, "create_rule", body=a_rule("tests", name="half PASS")), 409, TAKEN, "name", "half PASS")
    another = made_rule(ada)
    body = a_rule("tests", name="HALF pass")
    refused(asked(ada, "update_rule", rule_id=another, body=body), 409, TAKEN, "name")
    done(ada, "update_rule", rule_id=rule_id, body=body)  # its own
    eve = meet(new_account().user("admin"))
    a_plugin_with_metrics(eve)
    made_rule(eve, name="Half pass")


def test_a_rule_that_sets_hold_is_not_deleted_and_the_sets_are_named(ada: Person) -> None:
    rule_id = made_rule(ada)
    sets = [made_set(ada, rule_id, name="One"), made_set(ada, rule_id, name="Two")]
    refused(asked(ada, "delete_rule", rule_id=rule_id), 409, HELD, "rule_id", "One", "Two")
    for each in sets:
        done(ada, "delete_strategy", rule_set_id=each)
    done(ada, "delete_rule", rule_id=rule_id)
    refused(asked(ada, "delete_rule", rule_id=rule_id), 404, NO_RULE, "rule_id")


def test_a_change_for_a_version_that_is_gone_is_refused(ada: Person) -> None:
    rule_id = made_rule(ada, name="one")
    read = done(ada, "show_rule", rule_id=rule_id)["version"]
    first = a_rule("tests", a_property(value="0.6"), name="one")
    done(ada, "update_rule", rule_id=rule_id, body=first, headers={"If-Match": f'"{read}"'})
    now = done(ada, "show_rule", rule_id=rule_id)["version"]
    assert now != read

    second = a_rule("tests", a_property(value="0.7"), name="one")
    for operation, body in (("update_rule", second), ("delete_rule", None)):
        answer = asked(ada, operation, rule_id=rule_id, body=body, headers={"If-Match": read})
        refused(answer, 412, CHANGED, "If-Match", now)
    assert done(ada, "show_rule", rule_id=rule_id)["content"][0]["properties"][0]["value"] == "0.6"
    done(ada, "update_rule", rule_id=rule_id, body=second, headers={"If-Match": now})


def test_what_changes_nothing_makes_no_new_version(ada: Person) -> None:
    body = a_rule("tests", name="one")
    rule_id = done(ada, "create_rule", body=body)["rule_id"]
    before = done(ada, "show_rule", rule_id=rule_id)
    done(ada, "update_rule", rule_id=rule_id, body=body)
    assert done(ada, "show_rule", rule_id=rule_id) == before


def test_rules_are_listed_by_type_text_and_project(ada: Person) -> None:
    first = made_rule(ada, name="100% pass", type="Gate")
    second, inherited = made_rule(ada, name="half pass"), made_rule(ada, name="other")
    parent = made_set(ada, inherited)
    made_project_set(ada, rules=[{"id": second}], parent_id=parent)

    def found(**query: Any) -> list[str]:
        page = done(ada, "list_rule", **query)
        assert page["total"] == len(page["data"])
        return [each["id"] for each in page["data"]]

    assert found() == found(name="", type="", cloud_project_id="") == [inherited, second, first]
    assert found(name="PASS") == [second, first]
    assert found(name="%") == [first]
    assert found(type="Gate") == [first]
    assert found(cloud_project_id=ada.member.account.project.id) == [inherited, second]
    page = done(ada, "list_rule", offset=1, limit=1)
    assert ([each["id"] for each in page["data"]], page["total"]) == ([second], 3)


def test_another_accounts_rules_are_not_there(ada: Person, new_account: NewAccount, meet: Meet) -> None:
    rule_id, eve = made_rule(ada), meet(new_account().user("admin"))
    a_plugin_with_metrics(eve)
    for operation, body in (("show_rule", None), ("update_rule", a_rule("tests")), ("delete_rule", None)):
        refused(asked(eve, operation, rule_id=rule_id, body=body), 404, NO_RULE, "rule_id")
        refused(asked(eve, operation, rule_id=rule_id, body=body, domain_id=ada.account_id), 403, NOT_YOURS)
    assert done(eve, "list_rule")["total"] == 0
    body = {"name": a_name("set"), "rules": [{"id": rule_id}]}
    refused(asked(eve, "create_strategy", body=body), 404, NO_RULE, "rules[0].id")
    theirs = {"cloud_project_id": ada.member.account.project.id}
    refused(asked(eve, "list_rule", **theirs), 403, NOT_YOURS, "cloud_project_id")
    own = made_rule(eve)
    refused(asked(eve, "show_rule", rule_id=own, **theirs), 403, NOT_YOURS, "cloud_project_id")


@pytest.mark.parametrize("role", ["viewer", "reviewer", "author"])
def test_rules_are_for_administrators_to_change_and_for_everybody_to_see(ada: Person, meet: Meet, role: str) -> None:
    rule_id, bob = made_rule(ada), meet(ada.member.account.user(role))
    for operation, body in (("create_rule", a_rule("tests")), ("update_rule", a_rule("tests")), ("delete_rule", None)):
        given = {} if operation == "create_rule" else {"rule_id": rule_id}
        refused(asked(bob, operation, body=body, **given), 403, NOT_ALLOWED, operation)
    assert done(bob, "show_rule", rule_id=rule_id)["id"] == rule_id
    assert done(bob, "list_rule")["total"] == 1
