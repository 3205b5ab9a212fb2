"""Sets of projects, what they inherit, and verdicts about runs, over HTTP."""

from typing import Any

import pytest

from tests.accounts import Account, NewAccount
from tests.builders import Body, a_name
from tests.gating import (
    GATES,
    a_plugin_with_metrics,
    a_property,
    a_report,
    a_rule,
    asked,
    done,
    judged,
    made_project_set,
    made_rule,
    made_set,
    refused,
    told,
)
from tests.person import Meet, Person

MALFORMED, TAKEN, NOT_ALLOWED, NOT_YOURS = "00010002", "00020005", "00020003", "00020004"
NO_RULE, NO_SET, IN_USE, CONTRADICTION, CHANGED = "00200001", "00200002", "00200004", "00200006", "00200007"


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An administrator of the test's own account, which has a plug-in `tests` 1.0.0 with the metrics ratio and critical."""
    ada = meet(account.user("admin"))
    a_plugin_with_metrics(ada)
    return ada


@pytest.fixture
def bob(ada: Person, meet: Meet) -> Person:
    """An author of the same account."""
    return meet(ada.member.account.user("author"))


def a_threshold(rule_id: str, value: str, **changes: str) -> Body:
    return {"rule_id": rule_id, "group_name": "Quality", "key": "ratio", "operator": ">=", "value": value} | changes


def changed(person: Person, set_id: str, *, version: str | None = None, **body: Any) -> Any:
    headers = {"If-Match": version} if version else None
    return person.http.put(f"{GATES}/rule-sets/{set_id}", json=body, headers=headers)


def shown(person: Person, set_id: str) -> Any:
    return told(person.http.get(f"{GATES}/rule-sets/{set_id}"))


# -- sets of the account ---------------------------------------------------------------------------------------------------


def test_a_set_shows_its_rules_as_they_are_now(ada: Person) -> None:
    rule_id = made_rule(ada, name="one")
    set_id = made_set(ada, rule_id)
    before = done(ada, "show_strategy", rule_set_id=set_id)
    done(ada, "update_rule", rule_id=rule_id, body=a_rule("tests", a_property(value="0.9"), name="one"))
    after = done(ada, "show_strategy", rule_set_id=set_id)
    values = [each["rule_instances"][0]["content"][0]["properties"][0]["value"] for each in (before, after)]
    assert values == ["0.5", "0.9"]
    assert before["rule_instances"][0]["version"] != after["rule_instances"][0]["version"]
    assert before["version"] == after["version"]  # the set is the same


def test_a_change_of_a_set_leaves_what_it_does_not_speak_of(ada: Person) -> None:
    first, second = made_rule(ada), made_rule(ada)
    set_id = made_set(ada, first, name="one")
    done(ada, "update_strategy", rule_set_id=set_id, body={"name": "two"})
    done(ada, "update_strategy", rule_set_id=set_id, body={"rules": [{"id": second}]})
    detail = done(ada, "show_strategy", rule_set_id=set_id)
    assert (detail["name"], [(each["id"], each["is_valid"]) for each in detail["rule_instances"]]) == (
        "two",
        [(second, True)],
    )


@pytest.mark.parametrize("operation", ["update_strategy", "switch_strategy", "delete_strategy"])
def test_a_change_of_a_set_for_a_version_that_is_gone_is_refused(ada: Person, operation: str) -> None:
    set_id = made_set(ada)
    read = done(ada, "show_strategy", rule_set_id=set_id)["version"]
    body = {"update_strategy": {"name": a_name()}, "switch_strategy": {"is_valid": False}, "delete_strategy": None}[
        operation
    ]
    done(ada, "update_strategy", rule_set_id=set_id, body={"name": a_name()})
    now = done(ada, "show_strategy", rule_set_id=set_id)["version"]
    refused(asked(ada, operation, rule_set_id=set_id, body=body, headers={"If-Match": read}), 412, CHANGED, now)
    assert done(ada, "show_strategy", rule_set_id=set_id)["version"] == now
    done(ada, operation, rule_set_id=set_id, body=body, headers={"If-Match": now})


def test_names_of_sets_are_given_once_on_each_level_and_kind(ada: Person) -> None:
    made_set(ada, name="Release")
    body = {"name": "release", "rules": []}
    refused(asked(ada, "create_strategy", body=body), 409, TAKEN, "name")
    refused(asked(ada, "update_strategy", rule_set_id=made_set(ada), body=body), 409, TAKEN, "name")
    own = made_project_set(ada, name="Release")
    made_project_set(ada, name="Release", kind="open-source", content={})
    done(ada, "create_tenant_open_source_rule_set", body={"name": "Release", "content": {}})
    refused(changed(ada, made_project_set(ada), name="RELEASE"), 409, TAKEN, "name")
    assert changed(ada, own, name="RELEASE").status_code == 200


@pytest.mark.parametrize("rules", [[{"id": "0" * 32}], [{"id": "no id"}]])
def test_a_set_holds_rules_that_there_are(ada: Person, rules: list[Body]) -> None:
    body = {"name": "one", "rules": rules}
    refused(asked(ada, "create_strategy", body=body), 404, NO_RULE, "rules[0].id")
    refused(asked(ada, "update_strategy", rule_set_id=made_set(ada), body=body), 404, NO_RULE, "rules[0].id")
    rule_id = made_rule(ada)
    twice = {"name": "one", "rules": [{"id": rule_id}, {"id": rule_id}]}
    refused(asked(ada, "create_strategy", body=twice), 400, MALFORMED, "rules[1].id")


def test_sets_are_listed_by_text_state_and_the_type_of_their_rules(ada: Person) -> None:
    rule_id = made_rule(ada, name="one", type="Gate")
    gate = made_set(ada, rule_id, name="a gate")
    mixed = made_set(ada, made_rule(ada, type="Gate"), made_rule(ada), name="both")
    done(ada, "switch_strategy", rule_set_id=mixed, body={"is_valid": False})
    own = made_project_set(ada, name="own gate")

    def found(**query: Any) -> list[tuple[str, str]]:
        page = done(ada, "list_strategy", **query)
        assert page["total"] == len(page["data"])
        return [(each["id"], each["type"]) for each in page["data"]]

    assert found() == [(mixed, ""), (gate, "Gate")]
    assert found(name="GATE") == [(gate, "Gate")]
    assert found(is_valid="true") == [(gate, "Gate")]
    assert found(is_valid="False") == [(mixed, "")]
    assert found(type="Test") == [(mixed, "")]
    assert found(type="Gate", is_valid="") == [(mixed, ""), (gate, "Gate")]
    project = ada.member.account.project.id
    assert found(cloud_project_id=project) == [(own, ""), (mixed, ""), (gate, "Gate")]
    assert found(cloud_project_id=project, include_tenant_rule_set="false") == [(own, "")]
    refused(asked(ada, "list_strategy", is_valid="maybe"), 400, MALFORMED, "is_valid")
    done(ada, "update_rule", rule_id=rule_id, body=a_rule("tests", name="one", type="Build"))
    assert found(type="Build") == [(gate, "Build")]
    assert found(type="Gate") == [(mixed, "")]
    page = done(ada, "list_strategy", offset=1, limit=1)
    assert ([each["id"] for each in page["data"]], page["total"]) == ([gate], 2)


# -- sets of projects ------------------------------------------------------------------------------------------------------


def test_a_projects_set_is_made_shown_changed_switched_and_deleted(ada: Person, bob: Person) -> None:
    inherited, own = made_rule(ada, name="theirs", may_change=True), made_rule(ada, name="ours")
    parent = made_set(ada, inherited)
    set_id = made_project_set(
        bob, name="Ours", parent_id=parent, rules=[{"id": own}], thresholds=[a_threshold(inherited, "0.7")]
    )
    first = shown(bob, set_id)
    assert (first["name"], first["kind"], first["parent_id"], first["is_valid"]) == ("Ours", "metrics", parent, True)
    assert first["rules"] == [{"id": own, "name": "ours", "is_valid": True}]
    assert first["thresholds"] == [a_threshold(inherited, "0.7") | {"applies": True}]

    detail = done(bob, "show_project_strategy", rule_set_id=set_id)
    assert [each["id"] for each in detail["rule_instances"]] == [inherited, own]
    theirs, ours = detail["rule_instances"]
    assert (theirs["parent"]["id"], theirs["editable"], theirs["content"][0]["editable"]) == (parent, True, True)
    assert theirs["content"][0]["properties"][0]["value"] == "0.7"
    assert ("parent" in ours, ours["editable"], ours["content"][0]["editable"]) == (False, True, False)

    assert changed(bob, set_id, rules=[], version=first["version"]).status_code == 200
    refused(changed(bob, set_id, name="x", version=first["version"]), 412, CHANGED)
    second = shown(bob, set_id)
    assert (second["rules"], second["thresholds"], second["name"]) == ([], first["thresholds"], "Ours")
    off = told(bob.http.put(f"{GATES}/rule-sets/{set_id}/switch", json={"is_valid": False}))
    assert (off["is_valid"], shown(bob, set_id)["version"]) == (False, off["version"])
    refused(asked(ada, "delete_strategy", rule_set_id=parent), 409, IN_USE, "Ours")
    assert bob.http.delete(f"{GATES}/rule-sets/{set_id}").status_code == 204
    refused(bob.http.get(f"{GATES}/rule-sets/{set_id}"), 404, NO_SET, "rule_set_id")
    done(ada, "delete_strategy", rule_set_id=parent)


def test_a_set_that_inherits_from_another_one_keeps_no_thresholds_but_those_it_is_told(ada: Person) -> None:
    first, second = made_rule(ada, may_change=True), made_rule(ada, may_change=True)
    parents = [made_set(ada, first), made_set(ada, second)]
    set_id = made_project_set(ada, parent_id=parents[0], thresholds=[a_threshold(first, "0.7")])
    assert changed(ada, set_id, parent_id=parents[1]).status_code == 200
    assert shown(ada, set_id)["thresholds"] == []
    assert changed(ada, set_id, thresholds=[a_threshold(second, "0.7")]).status_code == 200
    assert changed(ada, set_id, parent_id="").status_code == 200
    assert (shown(ada, set_id)["parent_id"], shown(ada, set_id)["thresholds"]) == ("", [])


def test_a_threshold_is_told_to_be_idle_once_its_group_no_longer_lets_it(ada: Person) -> None:
    rule_id = made_rule(ada, name="one", may_change=True)
    set_id = made_project_set(ada, parent_id=made_set(ada, rule_id), thresholds=[a_threshold(rule_id, "0.1")])
    done(ada, "update_rule", rule_id=rule_id, body=a_rule("tests", name="one", may_change=False))
    assert [each["applies"] for each in shown(ada, set_id)["thresholds"]] == [False]
    assert judged(ada, a_report(ratio="0.3"), rule_set_ids=[set_id])["outcome"] == "fail"


@pytest.mark.parametrize(
    ("threshold", "code", "field"),
    [
        ({"key": "critical"}, MALFORMED, "thresholds[0]"),
        ({"rule_id": "0" * 32}, MALFORMED, "thresholds[0].rule_id"),
        ({"value": "half"}, MALFORMED, "thresholds[0].value"),
        ({"value": "2"}, CONTRADICTION, "thresholds[0].value"),
        ({"operator": "~"}, MALFORMED, "thresholds[0].operator"),
    ],
)
def test_a_threshold_that_fits_nothing_is_refused_by_its_field(
    ada: Person, threshold: Body, code: str, field: str
) -> None:
    rule_id = made_rule(ada, "tests", a_property(), a_property(operator="<=", value="1"), may_change=True)
    body = {
        "project_id": ada.member.account.project.id,
        "name": "one",
        "parent_id": made_set(ada, rule_id),
        "thresholds": [a_threshold(rule_id, "0.6") | threshold],
    }
    refused(ada.http.post(f"{GATES}/rule-sets", json=body), 400, code, field)


def test_what_a_set_may_not_hold_is_refused_by_its_field(ada: Person) -> None:
    project = ada.member.account.project.id
    own = made_project_set(ada)
    policy = done(ada, "create_tenant_open_source_rule_set", body={"name": "one", "content": {}})["rule_set_id"]
    rule_id = made_rule(ada)
    for wrong, field in (
        ({"parent_id": own}, "parent_id"),
        ({"parent_id": policy}, "parent_id"),
        ({"parent_id": "0" * 32}, "parent_id"),
        ({"content": {}}, "content"),
        ({"kind": "open-source", "content": {}, "rules": [{"id": rule_id}]}, "rules"),
        ({"kind": "open-source", "content": {}, "thresholds": [a_threshold(rule_id, "1")]}, "thresholds"),
        ({"kind": "other"}, "kind"),
    ):
        body = {"project_id": project, "name": "two"} | wrong
        refused(ada.http.post(f"{GATES}/rule-sets", json=body), 400, MALFORMED, field)
    refused(
        ada.http.post(f"{GATES}/rule-sets", json={"project_id": project, "name": "two", "kind": "open-source"}),
        400, "00010003", "content",
    )  # fmt: skip


def test_authors_change_sets_of_projects_and_none_of_the_account(ada: Person, bob: Person, meet: Meet) -> None:
    of_account, own = made_set(ada), made_project_set(bob)
    refused(asked(bob, "create_strategy", body={"name": "one", "rules": []}), 403, NOT_ALLOWED)
    for operation, body in (
        ("update_strategy", {"name": "x"}),
        ("switch_strategy", {"is_valid": False}),
        ("delete_strategy", None),
    ):
        refused(asked(bob, operation, rule_set_id=of_account, body=body), 403, NOT_ALLOWED)
        refused(asked(ada, operation, rule_set_id=own, body=body), 404, NO_SET, "rule_set_id")
    for answer in (
        changed(bob, of_account, name="x"),
        bob.http.put(f"{GATES}/rule-sets/{of_account}/switch", json={"is_valid": False}),
        bob.http.delete(f"{GATES}/rule-sets/{of_account}"),
        bob.http.get(f"{GATES}/rule-sets/{of_account}"),
    ):
        refused(answer, 404, NO_SET, "rule_set_id")
    viewer = meet(ada.member.account.user("viewer"))
    refused(changed(viewer, own, name="x"), 403, NOT_ALLOWED)
    assert shown(viewer, own)["rule_set_id"] == own


def test_another_accounts_projects_and_sets_are_not_there(ada: Person, new_account: NewAccount, meet: Meet) -> None:
    eve = meet(new_account().user("admin"))
    own, of_account = made_project_set(ada), made_set(ada)
    project = ada.member.account.project.id
    refused(
        eve.http.post(f"{GATES}/rule-sets", json={"project_id": project, "name": "x"}), 403, NOT_YOURS, "project_id"
    )
    refused(
        eve.http.post(f"{GATES}/verdict", json={"project_id": project, "reports": []}), 403, NOT_YOURS, "project_id"
    )
    for set_id in (own, of_account):
        refused(asked(eve, "show_strategy", rule_set_id=set_id), 404, NO_SET)
        refused(asked(eve, "show_project_strategy", rule_set_id=set_id), 404, NO_SET)
        refused(
            asked(eve, "show_project_strategy", rule_set_id=set_id, project_id=project), 403, NOT_YOURS, "project_id"
        )
        refused(changed(eve, set_id, name="x"), 404, NO_SET)
        refused(
            eve.http.post(f"{GATES}/verdict", json={"rule_set_ids": [set_id], "reports": []}),
            404,
            NO_SET,
            "rule_set_ids[0]",
        )
        body = {"project_id": eve.member.account.project.id, "name": "x", "parent_id": set_id}
        refused(eve.http.post(f"{GATES}/rule-sets", json=body), 400, MALFORMED, "parent_id")
    refused(asked(eve, "list_project_strategy", project_id=project), 403, NOT_YOURS, "project_id")
    refused(asked(eve, "list_strategy", cloud_project_id=project), 403, NOT_YOURS)


# -- open-source policies ----------------------------------------------------------------------------------------------------


def test_an_open_source_policy_names_its_parent_which_is_then_kept(ada: Person) -> None:
    def policy(name: str) -> str:
        return str(done(ada, "create_tenant_open_source_rule_set", body={"name": name, "content": {}})["rule_set_id"])

    def with_parent(set_id: str, parent_id: str | None) -> Any:
        body = {"name": set_id, "content": {}} | ({} if parent_id is None else {"parent_id": parent_id})
        return asked(ada, "update_tenant_open_source_rule_set", rule_set_id=set_id, body=body)

    top, middle, bottom = policy("Top"), policy("Middle"), policy("Bottom")
    told(with_parent(middle, top))
    told(with_parent(middle, None))
    assert done(ada, "show_tenant_open_source_rule_set", rule_set_id=middle)["parent_id"] == top
    refused(with_parent(bottom, middle), 400, MALFORMED, "parent_id")
    refused(with_parent(top, bottom), 409, IN_USE, "parent_id")
    refused(with_parent(top, top), 400, MALFORMED, "parent_id")
    refused(asked(ada, "delete_tenant_open_source_rule_set", rule_set_id=top), 409, IN_USE, middle)
    told(with_parent(middle, ""))
    done(ada, "delete_tenant_open_source_rule_set", rule_set_id=top)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"security": {"rules": {"severity": {"values": ["Awful"]}}}}, "content.security.rules.severity.values[0]"),
        ({"security": {"rules": {"cve": {"values": ["17"]}}}}, "content.security.rules.cve.values[0]"),
        ({"license": {"rules": [{"values": [1]}]}}, "content.license.rules[0].values[0]"),
        ({"version_set": {"rules": [{}] * 201}}, "content.version_set.rules"),
        (None, "content"),
    ],
)
def test_an_open_source_policy_that_cannot_be_is_refused_by_its_field(ada: Person, content: Any, field: str) -> None:
    body = {"name": "one", "content": content}
    sentence = refused(asked(ada, "create_tenant_open_source_rule_set", body=body), 400, MALFORMED)
    assert sentence.startswith(f"{field}: ")


def test_open_source_policies_are_listed_by_text_and_maker(ada: Person, meet: Meet) -> None:
    eve = meet(ada.member.account.user("admin"))
    ids = [
        done(each, "create_tenant_open_source_rule_set", body={"name": name, "content": {}})["rule_set_id"]
        for each, name in ((ada, "Licences"), (eve, "No licence"))
    ]

    def found(**query: Any) -> list[str]:
        page = done(ada, "list_tenant_open_source_rule_sets", **query)
        assert page["total"] == len(page["data"])
        return [each["id"] for each in page["data"]]

    assert found() == [*reversed(ids)]
    assert found(name="LICENCES") == found(creator_name=ada.member.name) == ids[:1]
    assert found(creator_name=eve.member.name, name="lic") == ids[1:]
    assert found(creator_name="nobody") == []


def test_policies_are_no_rule_sets_and_the_other_way_round(ada: Person) -> None:
    of_metrics = made_set(ada)
    policy = done(ada, "create_tenant_open_source_rule_set", body={"name": "one", "content": {}})["rule_set_id"]
    refused(asked(ada, "show_strategy", rule_set_id=policy), 404, NO_SET)
    refused(asked(ada, "delete_strategy", rule_set_id=policy), 404, NO_SET)
    refused(asked(ada, "show_tenant_open_source_rule_set", rule_set_id=of_metrics), 404, NO_SET)
    refused(asked(ada, "show_project_open_source_rule_set", rule_set_id=of_metrics), 404, NO_SET)
    refused(ada.http.post(f"{GATES}/verdict", json={"rule_set_ids": [policy], "reports": []}), 404, NO_SET)
    assert judged(ada)["rule_sets"] == [
        {
            "rule_set_id": of_metrics, "name": done(ada, "show_strategy", rule_set_id=of_metrics)["name"], "level": "tenant",
            "version": done(ada, "show_strategy", rule_set_id=of_metrics)["version"], "outcome": "skipped",
            "problem": "The rule set asks for nothing", "reasons": [],
        }
    ]  # fmt: skip


# -- verdicts --------------------------------------------------------------------------------------------------------------


def test_a_run_is_judged_by_every_set_in_force_with_every_reason(ada: Person, meet: Meet) -> None:
    ratio = made_rule(ada, "tests", a_property(value="0.3"), name="Ratio", may_change=True)
    critical = made_rule(ada, "tests", a_property("critical", "=", "0"), name="Critical", plugin_version="1.0.0")
    account = made_set(ada, ratio, name="Account")
    other = made_set(ada, critical, name="Other")
    off = made_set(ada, critical, name="Off")
    done(ada, "switch_strategy", rule_set_id=off, body={"is_valid": False})
    own = made_project_set(ada, name="Own", parent_id=account, thresholds=[a_threshold(ratio, "0.30000000000000001")])

    viewer = meet(ada.member.account.user("viewer"))
    verdict = judged(viewer, a_report(ratio="0.3"), a_report("unrelated", ratio="1"))

    assert verdict["outcome"] == "fail"
    sets = {each["name"]: each for each in verdict["rule_sets"]}
    assert {name: each["outcome"] for name, each in sets.items()} == {
        "Account": "skipped", "Other": "fail", "Off": "skipped", "Own": "fail",
    }  # fmt: skip
    assert sets["Off"]["problem"] == "The rule set is switched off"
    assert "Own" in sets["Account"]["problem"]
    (missing,), (failed,) = sets["Other"]["reasons"], sets["Own"]["reasons"]
    assert (missing["outcome"], missing["reported"], missing["report"]) == ("missing", None, 0)
    assert missing["plugin_version"] == "1.0.0"
    assert failed == {
        "outcome": "fail", "problem": "", "rule_id": ratio, "rule_name": "Ratio",
        "rule_version": done(ada, "show_rule", rule_id=ratio)["version"], "plugin_name": "tests", "plugin_version": "",
        "group_name": "Quality", "metric": "ratio", "operator": ">=", "threshold": "0.30000000000000001",
        "value_type": "float", "reported": "0.3", "report": 0, "inherited_from": account, "inherited_threshold": "0.3",
    }  # fmt: skip
    assert (sets["Own"]["rule_set_id"], sets["Own"]["level"]) == (own, "project")
    assert sets["Other"]["rule_set_id"] == other


def test_outside_a_project_the_sets_of_the_account_judge(ada: Person) -> None:
    account = made_set(ada, made_rule(ada))
    own = made_project_set(ada, parent_id=account)
    verdict = judged(ada, a_report(ratio="1"), project=False)
    assert [(each["rule_set_id"], each["outcome"]) for each in verdict["rule_sets"]] == [(account, "pass")]
    body = {"rule_set_ids": [own], "reports": []}
    refused(ada.http.post(f"{GATES}/verdict", json=body), 404, NO_SET, "rule_set_ids[0]")


def test_named_sets_judge_and_no_others(ada: Person) -> None:
    first, second = made_set(ada, made_rule(ada)), made_set(ada, made_rule(ada))
    verdict = judged(ada, a_report(ratio="1"), rule_set_ids=[second, second])
    assert [each["rule_set_id"] for each in verdict["rule_sets"]] == [second]
    verdict = judged(ada, a_report(ratio="1"), rule_set_ids=[second, first])
    assert [each["rule_set_id"] for each in verdict["rule_sets"]] == [second, first]


@pytest.mark.parametrize(
    ("report", "field"),
    [
        ({"plugin_name": "tests", "metrics": {"ratio": 0.1}}, "metrics"),
        ({"plugin_name": "tests", "metrics": {"ratio": None}}, "metrics"),
        ({"plugin_name": "tests", "metrics": {"": "1"}}, "metrics"),
        ({"plugin_name": "tests", "metrics": {"x" * 201: "1"}}, "metrics"),
        ({"plugin_name": "tests", "metrics": {"ratio": "1" * 1025}}, "metrics"),
        ({"plugin_name": "", "metrics": {}}, "plugin_name"),
        ({"plugin_name": "tests"}, "metrics"),
    ],
)
def test_a_report_that_cannot_be_is_refused_by_its_field(ada: Person, report: Body, field: str) -> None:
    answer = ada.http.post(f"{GATES}/verdict", json={"reports": [report]})
    assert answer.status_code == 400
    assert f"reports[0].{field}" in answer.json()["error_msg"]


def test_a_verdict_has_an_end(ada: Person) -> None:
    set_id = made_set(ada, *(made_rule(ada) for _ in range(26)))
    body = {"rule_set_ids": [set_id], "reports": [a_report(ratio="0.5")] * 193}
    refused(ada.http.post(f"{GATES}/verdict", json=body), 400, MALFORMED, "rule_set_ids")
    body["reports"] = [a_report(ratio="0.5")] * 192
    verdict = told(ada.http.post(f"{GATES}/verdict", json=body))
    assert (verdict["outcome"], len(verdict["rule_sets"][0]["reasons"])) == ("pass", 26 * 192)
    assert (
        ada.http.post(f"{GATES}/verdict", json=body | {"reports": body["reports"] + [a_report()] * 9}).status_code
        == 400
    )


def test_a_token_for_a_project_reaches_that_project_only(ada: Person, meet: Meet) -> None:
    account = ada.member.account
    own = made_project_set(ada)
    token = ada.member.token(project=account.project.name)
    ada.http.headers["X-Auth-Token"] = token
    assert shown(ada, own)["rule_set_id"] == own
    assert judged(ada)["outcome"] == "skipped"
    refused(
        ada.http.post(f"{GATES}/verdict", json={"project_id": "0" * 32, "reports": []}), 403, NOT_YOURS, "project_id"
    )
