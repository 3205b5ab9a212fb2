"""Rules and rule sets, through the official SDK: the 13 operations that it has."""

import pytest
from huaweicloudsdkcodeartspipeline.v2 import (
    CreateRuleReq,
    CreateRuleRequest,
    CreateRuleSetReq,
    CreateStrategyRequest,
    DeleteRuleRequest,
    DeleteStrategyRequest,
    ListProjectStrategyRequest,
    ListRuleRequest,
    ListStrategyRequest,
    RequestRuleInstance,
    RuleContent,
    RuleProperty,
    ShowProjectStrategyRequest,
    ShowRuleRequest,
    ShowStrategyRequest,
    SwitchStrategyRequest,
    UpdateRuleInstance,
    UpdateRuleReq,
    UpdateRuleRequest,
    UpdateRuleSetReq,
    UpdateRuleSetStatusReq,
    UpdateStrategyRequest,
)
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException

from tests.accounts import Account
from tests.builders import a_package, an_upload
from tests.gating import GATES, metrics
from tests.surfaces.sdk.conftest import Hand, NewHand


@pytest.fixture
def admin(hand: NewHand, account: Account) -> Hand:
    """An administrator of the test's own account, which has a plug-in `tests` that reports a ratio."""
    admin = hand(account.user("admin"))
    package = a_package("tests", "1.0.0", metrics=metrics(ratio="0"))
    with admin.member.client() as client:
        answer = client.post(
            f"/v3/{account.id}/extension/upload", params={"plugin_name": "tests"}, files=an_upload(package)
        )
    assert answer.status_code == 200, answer.text
    return admin


def content(value: str) -> list[RuleContent]:
    judge = RuleProperty(key="ratio", type="judge", name="Ratio", operator=">=", value=value, value_type="float")
    return [RuleContent(group_name="Quality", can_modify_when_inherit=True, properties=[judge])]


def created_rule(admin: Hand, name: str = "Half pass") -> str:
    body = CreateRuleReq(
        type="Test", name=name, layout_content="x", plugin_name="tests", plugin_version="1.0.0", content=content("0.5")
    )
    done = admin.sdk.create_rule(CreateRuleRequest(domain_id=admin.account, body=body))
    assert done.status is True
    return str(done.rule_id)


def created_set(admin: Hand, *rule_ids: str, name: str = "Release") -> str:
    rules = [RequestRuleInstance(id=each, is_valid=True) for each in rule_ids]
    body = CreateRuleSetReq(name=name, rules=rules)
    done = admin.sdk.create_strategy(CreateStrategyRequest(domain_id=admin.account, body=body))
    assert done.status is True
    return str(done.rule_set_id)


def test_a_rule_is_created_shown_listed_changed_and_deleted(admin: Hand) -> None:
    rule_id = created_rule(admin)
    shown = admin.sdk.show_rule(ShowRuleRequest(domain_id=admin.account, rule_id=rule_id))
    assert (shown.id, shown.type, shown.name, shown.is_valid) == (rule_id, "Test", "Half pass", True)
    assert (shown.plugin_name, shown.plugin_version, shown.creator) == ("tests", "1.0.0", admin.member.user.id)
    assert shown.content == content("0.5")

    body = UpdateRuleReq(type="Gate", name="Most pass", plugin_name="tests", content=content("0.9"))
    done = admin.sdk.update_rule(UpdateRuleRequest(domain_id=admin.account, rule_id=rule_id, body=body))
    assert (done.status, done.rule_id) == (True, rule_id)

    found = admin.sdk.list_rule(
        ListRuleRequest(domain_id=admin.account, offset=0, limit=10, type="Gate", name="MOST", cloud_project_id="")
    )
    (row,) = found.data
    assert (found.total, row.id, row.type, row.name, row.operator) == (
        1,
        rule_id,
        "Gate",
        "Most pass",
        admin.member.name,
    )
    changed = admin.sdk.show_rule(ShowRuleRequest(domain_id=admin.account, rule_id=rule_id))
    assert (changed.content, changed.plugin_version) == (content("0.9"), "1.0.0")
    with admin.member.client() as client:  # the SDK knows no layout, neither here nor in a change
        assert client.get(f"/v2/{admin.account}/rules/{rule_id}/detail").json()["layout_content"] == "x"
    assert changed.version == row.version != shown.version

    assert admin.sdk.delete_rule(DeleteRuleRequest(domain_id=admin.account, rule_id=rule_id)).status is True
    assert admin.sdk.list_rule(ListRuleRequest(domain_id=admin.account, offset=0, limit=10)).total == 0


def test_a_set_is_created_shown_listed_changed_switched_and_deleted(admin: Hand) -> None:
    first, second = created_rule(admin, "first"), created_rule(admin, "second")
    set_id = created_set(admin, first)

    rules = [UpdateRuleInstance(id=second, is_valid=True), UpdateRuleInstance(id=first, is_valid=False)]
    update = UpdateStrategyRequest(
        domain_id=admin.account, rule_set_id=set_id, body=UpdateRuleSetReq(name="Release gate", rules=rules)
    )
    assert admin.sdk.update_strategy(update).rule_set_id == set_id
    shown = admin.sdk.show_strategy(ShowStrategyRequest(domain_id=admin.account, rule_set_id=set_id))
    assert (shown.name, shown.level, shown.is_valid, shown.is_public) == ("Release gate", "tenant", True, False)
    assert [(each.id, each.is_valid) for each in shown.rule_instances] == [(second, True), (first, False)]
    assert shown.rule_instances[0].content[0].properties[0].value == "0.5"

    off = SwitchStrategyRequest(
        domain_id=admin.account, rule_set_id=set_id, body=UpdateRuleSetStatusReq(is_valid=False)
    )
    assert admin.sdk.switch_strategy(off).status is True
    for is_valid, total in ((True, 0), (False, 1), (None, 1)):
        found = admin.sdk.list_strategy(
            ListStrategyRequest(
                domain_id=admin.account,
                offset=0,
                limit=10,
                include_tenant_rule_set=True,
                is_valid=is_valid,
                type="Test",
            )
        )
        assert found.total == total
        assert [each.id for each in found.data or []] == [set_id] * total

    with pytest.raises(ClientRequestException) as held:
        admin.sdk.delete_rule(DeleteRuleRequest(domain_id=admin.account, rule_id=first))
    assert (held.value.status_code, held.value.error_code) == (409, "PLUGPORT.00200003")
    assert "Release gate" in held.value.error_msg
    assert admin.sdk.delete_strategy(DeleteStrategyRequest(domain_id=admin.account, rule_set_id=set_id)).status is True
    assert admin.sdk.delete_rule(DeleteRuleRequest(domain_id=admin.account, rule_id=first)).status is True


def test_a_project_sees_its_own_sets_and_what_they_inherit(admin: Hand) -> None:
    rule_id = created_rule(admin)
    parent = created_set(admin, rule_id)
    project_id = admin.member.account.project.id
    threshold = {"rule_id": rule_id, "group_name": "Quality", "key": "ratio", "operator": ">=", "value": "0.3"}
    body = {"project_id": project_id, "name": "Ours", "parent_id": parent, "thresholds": [threshold]}
    with admin.member.client() as client:
        answer = client.post(f"{GATES}/rule-sets", json=body)
    own = answer.json()["rule_set_id"]

    for also_theirs, ids in ((False, [own]), (True, [own, parent])):
        found = admin.sdk.list_project_strategy(
            ListProjectStrategyRequest(
                project_id=project_id, offset=0, limit=10, include_tenant_rule_set=also_theirs, name=""
            )
        )
        assert [each.id for each in found.data] == ids
    shown = admin.sdk.show_project_strategy(ShowProjectStrategyRequest(project_id=project_id, rule_set_id=own))
    (instance,) = shown.rule_instances
    assert (shown.level, instance.parent.id, instance.parent.level) == ("project", parent, "tenant")
    assert (instance.editable, instance.content[0].properties[0].value) == (True, "0.3")
