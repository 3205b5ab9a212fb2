"""`agent-plugin/*` through the official SDK."""

import json

from huaweicloudsdkcodeartspipeline.v2 import (
    AgentPluginInfoQueryDTO,
    CreatePluginDraftRequest,
    CreatePluginVersionRequest,
    DeletePluginDraftRequest,
    ListPluginsRequest,
    ListPluginVersionNumberRequest,
    ListPLuginVersionRequest,
    PluginBasicDTO,
    PluginDTO,
    PluginDTOExecutionInfo,
    PluginDTOInputInfo,
    PluginPartQueryDTO,
    PublishPluginDraftRequest,
    ShowPluginVersionRequest,
    UpdatePluginBaseInfoRequest,
    UpdatePluginDraftRequest,
)

from tests.builders import a_name
from tests.surfaces.sdk.conftest import Hand, done


def _version(name: str, version: str, **more: object) -> PluginDTO:
    return PluginDTO(plugin_name=name, display_name=name, version=version, business_type="Build", **more)


def _create(author: Hand, name: str, *versions: str) -> None:
    for version in versions:
        body = _version(name, version)
        done(author.sdk.create_plugin_version(CreatePluginVersionRequest(domain_id=author.account, body=body)))


def test_a_draft_is_created_changed_shown_and_released(author: Hand) -> None:
    name = a_name()
    steps = {"execution_type": "COMPOSITE", "steps": [{"task": "shell", "name": "Shell", "variables": {"A": "b"}}]}
    asked = PluginDTOInputInfo(name="TARGET", type="input", default_value="all", validation='{"max_length": 9}')
    draft = _version(
        name, "0.1.0", input_info=[asked], execution_info=PluginDTOExecutionInfo(inner_execution_info=steps)
    )
    done(author.sdk.create_plugin_draft(CreatePluginDraftRequest(domain_id=author.account, body=draft)))
    changed = _version(name, "0.1.0", version_description="changed", runtime_attribution="agentless")
    done(author.sdk.update_plugin_draft(UpdatePluginDraftRequest(domain_id=author.account, body=changed)))

    ask = ShowPluginVersionRequest(domain_id=author.account, plugin_name=name, version="0.1.0")
    shown = author.sdk.show_plugin_version(ask)
    assert (shown.plugin_name, shown.version, shown.version_attribution) == (name, "0.1.0", "draft")
    assert (shown.version_description, shown.runtime_attribution) == ("changed", "agentless")
    assert (shown.plugin_composition_type, shown.plugin_attribution) == ("multi", "custom")
    (given,) = shown.input_info
    assert (given.name, given.default_value, given.validation.max_length) == ("TARGET", "all", 9)
    assert shown.op_user == author.member.name
    assert shown.op_time.isdigit()
    execution = json.loads(shown.raw_content)["plugin_execution"]  # the SDK's model of it knows no steps
    assert [step["task"] for step in execution["steps"]] == ["shell"]

    named = PluginPartQueryDTO(plugin_name=name, version="0.1.0", plugin_attribution="custom")
    done(author.sdk.publish_plugin_draft(PublishPluginDraftRequest(domain_id=author.account, body=named)))
    assert author.sdk.show_plugin_version(ask).version_attribution == "formal"


def test_a_draft_is_discarded(author: Hand) -> None:
    name = a_name()
    body = _version(name, "0.1.0")
    done(author.sdk.create_plugin_draft(CreatePluginDraftRequest(domain_id=author.account, body=body)))

    discarded = DeletePluginDraftRequest(domain_id=author.account, plugin_name=name, version="0.1.0")
    done(author.sdk.delete_plugin_draft(discarded))

    asked = ListPLuginVersionRequest(domain_id=author.account, plugin_name=name)
    assert author.sdk.list_p_lugin_version(asked).total == 0


def test_plugins_are_listed_page_by_page(author: Hand) -> None:
    names = [a_name() for _ in range(3)]
    for name in names:
        _create(author, name, "1.0.0")

    def page(offset: str) -> list[str]:
        query = AgentPluginInfoQueryDTO(business_type=["Build"], plugin_attribution="custom")
        found = author.sdk.list_plugins(
            ListPluginsRequest(domain_id=author.account, offset=offset, limit="2", body=query)
        )
        assert (found.offset, found.limit, found.total) == (int(offset), 2, 3)
        return [each.plugin_name for each in found.data]

    assert page("0") + page("2") == names[::-1]


def test_a_plugin_in_a_list_has_its_facts_typed(author: Hand) -> None:
    name = a_name()
    _create(author, name, "1.0.0")

    query = AgentPluginInfoQueryDTO(regex_name=name.upper())
    (row,) = author.sdk.list_plugins(ListPluginsRequest(domain_id=author.account, body=query)).data

    assert (row.plugin_name, row.version, row.version_attribution) == (name, "1.0.0", "formal")
    assert (row.workspace_id, row.business_type, row.business_type_display_name) == (author.account, "Build", "Build")
    assert (row.refer_count, row.active, row.usage_count) == (0, 1, None)
    assert (row.op_user, row.creator) == (author.member.name, author.member.user.id)
    assert row.op_time.isdigit()


def test_versions_are_listed_newest_first(author: Hand) -> None:
    name = a_name()
    _create(author, name, "1.9.0", "1.10.0", "2.0.0-rc.1")

    asked = ListPLuginVersionRequest(domain_id=author.account, plugin_name=name, offset="1", limit="1")
    found = author.sdk.list_p_lugin_version(asked)
    assert (found.total, found.offset, found.limit, [each.version for each in found.data]) == (3, 1, 1, ["1.10.0"])

    numbers = author.sdk.list_plugin_version_number(
        ListPluginVersionNumberRequest(domain_id=author.account, plugin_name=name, offset="0", limit="999")
    )
    assert json.loads(numbers.raw_content) == ["2.0.0-rc.1", "1.10.0", "1.9.0"]
    assert (numbers.total, numbers.data) == (None, None)  # the bare array, which the SDK does not model


def test_the_facts_of_a_plugin_are_changed(author: Hand) -> None:
    name = a_name()
    _create(author, name, "1.0.0")

    body = PluginBasicDTO(plugin_name=name, display_name="Later", description="Said later", business_type="Gate")
    done(author.sdk.update_plugin_base_info(UpdatePluginBaseInfoRequest(domain_id=author.account, body=body)))

    query = AgentPluginInfoQueryDTO(plugin_name=name)
    (row,) = author.sdk.list_plugins(ListPluginsRequest(domain_id=author.account, body=query)).data
    assert (row.display_name, row.description, row.business_type) == ("Later", "Said later", "Gate")
    assert row.business_type_display_name == "CodeCheck"
