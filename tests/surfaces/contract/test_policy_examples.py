"""The examples of the contract's rules and policies: every request replayed; what an answer shows comes out where it was put in.

Ids are the server's, so ours stand in the place of the examples'. The plug-ins of the examples are made first, with the metrics
that the rules ask for.
"""

import json
import re
from typing import Any

import httpx
import msgspec
import pytest

from schemas.wire import policies_v2 as wire
from schemas.wire.policy_shapes import SwitchRequest
from tests.accounts import Account
from tests.builders import Body
from tests.gating import a_rule, done, made_project_set, made_rule, made_set, metrics
from tests.person import Meet, Person
from tests.surfaces.contract.facts import extras, operations, violations
from tests.unit.wire.test_examples_decode import places_missing

OPERATIONS = operations("rules_policies")
ACCOUNT = "ce8df55870164338a72d7e828a966a2a"
PROJECTS = ("d80a8a6530324b7bac972ccb8a9f28ec", "d80a8a6530324b7bac972cbb8a9f28ec")
SECOND = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"

REQUESTS: dict[str, Any] = {
    "create_rule": wire.RuleRequest,
    "update_rule": wire.RuleRequest,
    "create_strategy": wire.CreateRuleSetRequest,
    "update_strategy": wire.UpdateRuleSetRequest,
    "switch_strategy": SwitchRequest,
    "create_tenant_open_source_rule_set": wire.CreateOpenSourceRequest,
    "update_tenant_open_source_rule_set": wire.UpdateOpenSourceRequest,
    "switch_tenant_open_source_rule_set": SwitchRequest,
}
RESPONSES: dict[str, Any] = {
    "show_rule": wire.RuleDetail,
    "list_rule": wire.RulePage,
    "create_rule": wire.RuleDone,
    "update_rule": wire.RuleDone,
    "delete_rule": wire.Deleted,
    "create_strategy": wire.RuleSetDone,
    "update_strategy": wire.RuleSetDone,
    "show_strategy": wire.RuleSetDetail,
    "list_strategy": wire.RuleSetPage,
    "delete_strategy": wire.Deleted,
    "switch_strategy": wire.RuleSetDone,
    "list_project_strategy": wire.RuleSetPage,
    "show_project_strategy": wire.RuleSetDetail,
    "create_tenant_open_source_rule_set": wire.RuleSetDone,
    "update_tenant_open_source_rule_set": wire.RuleSetDone,
    "show_tenant_open_source_rule_set": wire.OpenSourceDetail,
    "list_tenant_open_source_rule_sets": wire.OpenSourcePage,
    "delete_tenant_open_source_rule_set": wire.Deleted,
    "switch_tenant_open_source_rule_set": wire.RuleSetDone,
    "show_project_open_source_rule_set": wire.OpenSourceDetail,
    "list_project_open_source_rule_sets": wire.OpenSourcePage,
}
OF_THE_SERVER = {
    "id",
    "version",
    "creator",
    "create_time",
    "updater",
    "update_time",
    "operator",
    "operate_time",
    "parent",
}
"""Fields whose values the examples cannot foretell."""
NO_PARENT = re.compile(r"\$\.rule_instances\[\d+\]\.parent: missing")
"""The reference's table has it, its example has not: a rule that is not inherited has none."""


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An administrator of the test's own account."""
    return meet(account.user("admin"))


@pytest.mark.parametrize("id", REQUESTS)
def test_every_field_of_a_request_has_its_place(id: str) -> None:
    spec, example = OPERATIONS[id].body, OPERATIONS[id].example_request
    assert spec is not None
    assert example is not None
    assert places_missing(spec, msgspec.inspect.type_info(REQUESTS[id])) == []
    msgspec.convert(example["body"], REQUESTS[id])


@pytest.mark.parametrize("id", RESPONSES)
def test_every_field_of_an_answer_has_its_place(id: str) -> None:
    assert places_missing(OPERATIONS[id].response, msgspec.inspect.type_info(RESPONSES[id])) == []


def test_every_operation_has_its_structs() -> None:
    assert {each.id for each in OPERATIONS.values() if each.body is not None} == set(REQUESTS)
    assert set(OPERATIONS) == set(RESPONSES)


# -- the replay ----------------------------------------------------------------------------------------------------------


def replayed(id: str, ada: Person, theirs: dict[str, str] | None = None) -> httpx.Response:
    """The answer to the operation's example, with our ids in the place of theirs. The method of the URI table wins."""
    text = json.dumps(OPERATIONS[id].example_request)
    ours = {ACCOUNT: ada.account_id} | dict.fromkeys(PROJECTS, ada.member.account.project.id)
    for example, own in (ours | (theirs or {})).items():
        text = text.replace(example, own)
    request = json.loads(text)
    return ada.http.request(OPERATIONS[id].method, request["target"], json=request.get("body"))


def judged(id: str, answer: httpx.Response) -> Any:
    """The answer's body, which keeps the contract."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    spec = OPERATIONS[id].response
    assert [each for each in violations(body, spec) if not NO_PARENT.fullmatch(each)] == []
    assert extras(body, spec) == []
    return body


def shown(id: str) -> Any:
    """The answer that the contract shows."""
    example = OPERATIONS[id].example_response
    assert example is not None
    return example["body"]


def unlike(ours: Any, theirs: Any, path: str = "$") -> list[str]:
    """Where ours lacks what theirs shows, the server's own values apart. What is more in ours is the judge's business."""
    if isinstance(theirs, dict):
        return [
            found
            for name, value in theirs.items()
            if name not in OF_THE_SERVER or not isinstance(ours, dict) or name not in ours
            for found in unlike(ours.get(name) if isinstance(ours, dict) else None, value, f"{path}.{name}")
        ]
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return [f"{path}: {ours!r:.80}"]
        return [found for place, each in enumerate(theirs) for found in unlike(ours[place], each, f"{path}[{place}]")]
    return [] if ours == theirs else [f"{path}: {ours!r:.80}, not {theirs!r:.80}"]


def the_plugins(ada: Person) -> None:
    """What the examples' rules are about."""
    build = {"build.PassRatio": "0", "build.TotalCases": "0", "build.CoverageRatio": "0"}
    ada.upload("official_devcloud_cloudBuild", "0.0.15", metrics=metrics(**build))
    for version in ("0.0.1", "0.0.6", "0.0.12"):
        ada.upload("official_devcloud_apiTest", version, metrics=metrics(apitest="0", pass_ratio="0"))


def a_rule_of(instance: Body) -> Body:
    """The request that makes the rule that an answer shows."""
    asked = ("type", "name", "plugin_id", "plugin_name", "plugin_version", "content")
    return {name: instance[name] for name in asked} | {"layout_content": "layout_content"}


def test_a_rule_is_made_as_the_example_asks_and_shown_as_the_example_shows(ada: Person) -> None:
    the_plugins(ada)
    judged("create_rule", replayed("create_rule", ada))
    rule_id = done(ada, "create_rule", body=a_rule_of(shown("show_rule")))["rule_id"]

    told = judged("show_rule", replayed("show_rule", ada, {"865b4c2d616b46ab890fff056a6f7e05": rule_id}))

    assert unlike(told, shown("show_rule")) == []
    assert (told["id"], told["creator"], told["updater"]) == (rule_id, ada.member.user.id, ada.member.user.id)
    assert re.fullmatch(SECOND, told["create_time"])
    assert re.fullmatch(SECOND, told["update_time"])


def test_a_rule_is_changed_and_deleted_as_the_examples_ask(ada: Person) -> None:
    the_plugins(ada)
    rule_id = made_rule(ada, name="before", plugin="official_devcloud_cloudBuild", **_of_build())
    changed = judged("update_rule", replayed("update_rule", ada, {"425eba0def04596a74cf7967d7fc04d": rule_id}))
    assert changed == {"status": True, "rule_id": rule_id}
    told = done(ada, "show_rule", rule_id=rule_id)
    example = OPERATIONS["update_rule"].example_request
    assert example is not None
    assert unlike(told, example["body"]) == []

    deleted = judged("delete_rule", replayed("delete_rule", ada, {"2965ed53fe804115816b781ab20fef3c": rule_id}))
    assert deleted == shown("delete_rule")


def test_rules_are_listed_as_the_example_shows(ada: Person) -> None:
    the_plugins(ada)
    rows = shown("list_rule")["data"]
    for number in range(20):  # the example asks for the third page
        made_rule(ada, plugin="official_devcloud_cloudBuild", name=f"later {number}", **_of_build())
    empty = judged("list_rule", replayed("list_rule", ada))
    assert empty == {"data": [], "total": 20}
    for each in reversed(rows):
        made_rule(ada, plugin="official_devcloud_cloudBuild", name=each["name"], **_of_build() | {"type": each["type"]})

    told = judged("list_rule", replayed("list_rule", ada))
    first = done(ada, "list_rule", offset=0, limit=10)

    assert (told["total"], [each["name"] for each in told["data"]]) == (
        30,
        [f"later {number}" for number in range(9, -1, -1)],
    )
    assert unlike(first["data"], rows) == []
    assert {each["operator"] for each in first["data"]} == {ada.member.name}


def _of_build() -> Body:
    example = OPERATIONS["create_rule"].example_request
    assert example is not None
    return {name: each for name, each in example["body"].items() if name not in ("name", "plugin_name")}


def test_a_set_is_made_changed_and_shown_as_the_examples_do(ada: Person) -> None:
    the_plugins(ada)
    wanted = shown("show_strategy")
    rule_id = done(ada, "create_rule", body=a_rule_of(wanted["rule_instances"][0]))["rule_id"]
    another = made_rule(ada, plugin="official_devcloud_cloudBuild", name="another", **_of_build())
    made = judged("create_strategy", replayed("create_strategy", ada, {"425eba0deaf04596a74cf7967d7fc04d": rule_id}))
    set_id = made["rule_set_id"]
    theirs = {
        "6cb18ee5ca1c48caa335706e0e5ee288": set_id,
        "097f315044244c9193f1e3f1fba7979d": rule_id,
        "80cfcff078074b8aa7951d7b67b3137b": another,
    }
    assert judged("update_strategy", replayed("update_strategy", ada, theirs)) == made
    done(ada, "update_strategy", rule_set_id=set_id, body={"rules": [{"id": rule_id, "is_valid": True}]})

    told = judged("show_strategy", replayed("show_strategy", ada, theirs))

    assert unlike(told, wanted) == []
    (instance,) = told["rule_instances"]
    assert (told["id"], told["level"], told["type"]) == (set_id, "tenant", "Gate")
    assert (instance["id"], instance["version"]) == (rule_id, done(ada, "show_rule", rule_id=rule_id)["version"])
    assert judged("switch_strategy", replayed("switch_strategy", ada, theirs)) == made
    assert done(ada, "show_strategy", rule_set_id=set_id)["is_valid"] is False
    theirs = {"7b69942175014a5ba40830c8f90b210a": set_id}
    assert judged("delete_strategy", replayed("delete_strategy", ada, theirs)) == shown("delete_strategy")


def test_sets_are_listed_as_the_example_shows(ada: Person) -> None:
    rows = shown("list_strategy")["data"]
    for number in range(30):
        made_set(ada, name=f"later {number}")
    for each in reversed(rows):
        made_set(ada, name=each["name"])

    told = judged("list_strategy", replayed("list_strategy", ada))

    assert (told["total"], [each["name"] for each in told["data"]]) == (32, ["later 1", "later 0"])
    assert unlike(done(ada, "list_strategy", offset=0, limit=2)["data"], rows) == []


def test_the_sets_of_a_project_are_listed_and_shown_as_the_examples_do(ada: Person) -> None:
    the_plugins(ada)
    rows, wanted = shown("list_project_strategy"), shown("show_project_strategy")
    for each in reversed(rows["data"]):
        made_project_set(ada, name=each["name"])
    made_set(ada, name="of the account")
    assert unlike(judged("list_project_strategy", replayed("list_project_strategy", ada)), rows) == []

    (instance,) = wanted["rule_instances"]
    rule_id = done(ada, "create_rule", body=a_rule_of(instance))["rule_id"]
    set_id = made_project_set(ada, name=wanted["name"], rules=[{"id": rule_id, "is_valid": instance["is_valid"]}])
    theirs = {"f9228e23118c4fa5a9c86493ea0cffc2": set_id}
    told = judged("show_project_strategy", replayed("show_project_strategy", ada, theirs))
    assert unlike(told, wanted) == []
    assert told["level"] == "project"


@pytest.fixture
def policy_id(ada: Person) -> str:
    """An open-source policy of the account, made as the example asks."""
    return str(
        judged("create_tenant_open_source_rule_set", replayed("create_tenant_open_source_rule_set", ada))["rule_set_id"]
    )


def test_an_open_source_policy_is_changed_switched_and_deleted_as_the_examples_ask(ada: Person, policy_id: str) -> None:
    done_ = {"status": True, "rule_set_id": policy_id}
    for id, theirs in (
        ("update_tenant_open_source_rule_set", "5bd5bee0865242fcaa545371c2081a65"),
        ("switch_tenant_open_source_rule_set", "da4703a10ca543268e6e487540ea9e0f"),
    ):
        assert judged(id, replayed(id, ada, {theirs: policy_id})) == done_
    id, theirs = "delete_tenant_open_source_rule_set", "da4703a10ca543268e6e487540ea9e0f"
    assert judged(id, replayed(id, ada, {theirs: policy_id})) == {"status": True}


def without_empty_values(example: Any) -> Any:
    """As the contract's note says: the one empty text of an unused list of vulnerabilities is passed over."""
    return json.loads(json.dumps(example).replace('[""]', "[]"))


def test_an_open_source_policy_is_shown_as_the_example_shows(ada: Person, policy_id: str) -> None:
    wanted = shown("show_tenant_open_source_rule_set")
    body = {"name": wanted["name"], "content": wanted["content"]}
    done(ada, "update_tenant_open_source_rule_set", rule_set_id=policy_id, body=body)
    done(ada, "switch_tenant_open_source_rule_set", rule_set_id=policy_id, body={"is_valid": False})
    theirs = {"5bd5bee0865242fcaa545371c2081a65": policy_id}
    told = judged("show_tenant_open_source_rule_set", replayed("show_tenant_open_source_rule_set", ada, theirs))
    assert unlike(told, without_empty_values(wanted)) == []
    assert told["parent_id"] == ""


def test_open_source_policies_are_listed_as_the_example_shows(ada: Person) -> None:
    rows = shown("list_tenant_open_source_rule_sets")["data"]
    for each in [*({"name": f"later {number}"} for number in range(20)), *reversed(rows)]:
        done(ada, "create_tenant_open_source_rule_set", body={"name": each["name"], "content": {}})

    told = judged("list_tenant_open_source_rule_sets", replayed("list_tenant_open_source_rule_sets", ada))

    assert (told["total"], len(told["data"])) == (20 + len(rows), len(rows))
    assert unlike(done(ada, "list_tenant_open_source_rule_sets", limit=len(rows))["data"], rows) == []


def test_the_open_source_policies_of_a_project_are_listed_and_shown_as_the_examples_do(
    ada: Person, policy_id: str
) -> None:
    wanted = shown("show_project_open_source_rule_set")
    own = made_project_set(ada, kind="open-source", name=wanted["name"], content=wanted["content"])
    theirs = {"60eab9fd2b144f619a3563b2e0036a61": own}
    told = judged("show_project_open_source_rule_set", replayed("show_project_open_source_rule_set", ada, theirs))
    assert unlike(told, without_empty_values(wanted)) == []
    listed = judged("list_project_open_source_rule_sets", replayed("list_project_open_source_rule_sets", ada))
    assert unlike(listed, shown("list_project_open_source_rule_sets")) == []
    with_theirs = done(ada, "list_project_open_source_rule_sets", include_tenant_rule_set="true")
    assert [each["id"] for each in with_theirs["data"]] == [own, policy_id]


# -- discrepancies -------------------------------------------------------------------------------------------------------


def test_fields_and_parameters_that_nobody_knows_are_passed_over(ada: Person) -> None:
    the_plugins(ada)
    body = a_rule("official_devcloud_apiTest") | {"not_known": {"at": ["all"]}}
    body["content"][0]["properties"][0] |= {"key": "apitest", "not_known": 1}
    rule_id = done(ada, "create_rule", body=body)["rule_id"]
    assert done(ada, "show_rule", rule_id=rule_id, _="1699357492733")["id"] == rule_id


def test_plugin_id_may_hold_the_name_of_the_plugin(ada: Person) -> None:
    the_plugins(ada)
    body = a_rule("official_devcloud_apiTest", plugin_id="official_devcloud_apiTest")
    body["content"][0]["properties"][0]["key"] = "apitest"
    del body["plugin_name"]
    told = done(ada, "show_rule", rule_id=done(ada, "create_rule", body=body)["rule_id"])
    assert told["plugin_name"] == told["plugin_id"] == "official_devcloud_apiTest"


@pytest.mark.parametrize("kind", ["Build", "Gate", "Deploy", "Test", "Normal"])
def test_a_rule_may_be_of_every_type_also_where_it_is_changed(ada: Person, kind: str) -> None:
    the_plugins(ada)
    rule_id = made_rule(ada, plugin="official_devcloud_cloudBuild", name="one", **_of_build() | {"type": kind})
    body = a_rule("official_devcloud_cloudBuild", name="one", **_of_build() | {"type": kind, "layout_content": "other"})
    done(ada, "update_rule", rule_id=rule_id, body=body)
    told = done(ada, "show_rule", rule_id=rule_id)
    assert (told["type"], told["layout_content"]) == (kind, "other")


@pytest.mark.parametrize(
    ("operation", "counts"),
    [("list_strategy", {"": 2, "true": 2, "false": 0}), ("list_project_strategy", {"": 1, "True": 3, "False": 1})],
)
def test_whether_the_accounts_sets_are_listed_has_a_default(
    ada: Person, operation: str, counts: dict[str, int]
) -> None:
    made_set(ada)
    made_set(ada)
    made_project_set(ada)
    assert done(ada, operation)["total"] == counts[""]
    assert {said: done(ada, operation, include_tenant_rule_set=said)["total"] for said in counts} == counts


def test_the_facts_are_of_21_operations_of_which_the_sdk_has_13() -> None:
    assert len(OPERATIONS) == 21
    assert len([each for each in OPERATIONS.values() if each.in_sdk]) == 13
