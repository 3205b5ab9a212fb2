"""What may be done to which plug-in, decided without a database."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.plugins import rules
from schemas.errors import InvalidField, NotMaintainer, PrivateCannotBePublished, WrongComposition
from schemas.model.access import Caller, Role
from schemas.model.plugins import Attribution, Composition, Plugin, PluginFacts

OWN, OTHER = "a" * 32, "b" * 32
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def a_caller(user: str = "u1", tenant: str = OWN, *, roles: tuple[Role, ...] = (Role.AUTHOR,), **facts: Any) -> Caller:
    """An author, valid by default."""
    defaults: dict[str, Any] = {"official": False, "credential": "token", "request_id": "r"}
    return Caller(
        user_id=user, user_name=user, tenant_id=tenant, tenant_name=tenant, roles=frozenset(roles), **defaults | facts
    )


def a_plugin(**facts: Any) -> Plugin:
    """A plug-in of the tenant OWN that `maker` made, valid by default."""
    defaults: dict[str, Any] = {
        "id": "c" * 32, "tenant_id": OWN, "name": "scan", "display_name": "Scan", "description": "", "icon_url": "",
        "business_type": "Test", "runtime_attribution": "agent", "is_private": False, "region": "", "maintainers": [],
        "composition": Composition.SINGLE, "attribution": Attribution.CUSTOM, "publisher_id": None,
        "public_name": False, "creator_id": "maker", "created_at": NOW, "updated_at": NOW, "updated_by_name": "maker",
        "deleted_at": None, "refer_count": 0, "has_release": False, "shared": False,
        "publishing": False, "served": False,
    }  # fmt: skip
    return Plugin(**defaults | facts)


# -- who sees and changes what -------------------------------------------------------------------------------------------


def test_everybody_of_a_tenant_sees_its_plugins() -> None:
    assert rules.may_see(a_caller(roles=(Role.VIEWER,)), a_plugin())


def test_other_tenants_see_what_is_shared_and_nothing_else() -> None:
    assert not rules.may_see(a_caller(tenant=OTHER), a_plugin())
    assert rules.may_see(a_caller(tenant=OTHER), a_plugin(shared=True))
    assert rules.may_see(a_caller(tenant=OTHER), a_plugin(served=True))


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        (a_caller("maker"), True),
        (a_caller("keeper"), True),
        (a_caller("somebody"), False),
        (a_caller("somebody", roles=(Role.VIEWER, Role.REVIEWER)), False),
        (a_caller("somebody", roles=(Role.ADMIN,)), True),
        (a_caller("somebody", roles=(Role.OPERATOR,)), True),
        (a_caller("keeper", tenant=OTHER), False),
        (a_caller("somebody", tenant=OTHER, roles=(Role.ADMIN,)), False),
    ],
)
def test_a_private_plugin_is_seen_by_maker_maintainers_and_administrators(caller: Caller, sees: bool) -> None:
    assert rules.may_see(caller, a_plugin(is_private=True, maintainers=["keeper"])) is sees


def test_a_plugin_without_maintainers_is_everybodys_to_change() -> None:
    rules.require_change(a_caller("somebody"), a_plugin())


@pytest.mark.parametrize(
    ("caller", "may"),
    [
        (a_caller("maker"), True),
        (a_caller("keeper"), True),
        (a_caller("somebody"), False),
        (a_caller("somebody", roles=(Role.ADMIN,)), True),
    ],
)
def test_a_plugin_with_maintainers_is_changed_by_them_its_maker_and_administrators(caller: Caller, may: bool) -> None:
    plugin = a_plugin(maintainers=["keeper"])
    if may:
        rules.require_change(caller, plugin)
    else:
        with pytest.raises(NotMaintainer, match="scan"):
            rules.require_change(caller, plugin)


# -- what follows from what an author says ---------------------------------------------------------------------------------


def test_a_new_plugin_has_defaults_where_nothing_is_said() -> None:
    plugin = rules.new_plugin(a_caller("u1"), "scan", PluginFacts())
    assert (plugin.display_name, plugin.business_type, plugin.runtime_attribution) == ("scan", "Normal", "agent")
    assert (plugin.tenant_id, plugin.creator_id, plugin.attribution) == (OWN, "u1", Attribution.CUSTOM)
    assert (plugin.composition, plugin.is_private, plugin.public_name) == (Composition.SINGLE, False, False)


def test_a_plugin_of_an_official_tenant_is_official_and_its_name_public() -> None:
    plugin = rules.new_plugin(a_caller(official=True), "scan", PluginFacts())
    assert (plugin.attribution, plugin.public_name) == (Attribution.OFFICIAL, True)


def test_a_revived_plugin_keeps_its_id_and_its_maker_and_nothing_else() -> None:
    buried = a_plugin(description="old", maintainers=["keeper"], deleted_at=NOW, icon_url="/old")
    plugin = rules.new_plugin(a_caller("u2"), "scan", PluginFacts(display_name="New"), revived=buried)
    assert (plugin.id, plugin.creator_id) == (buried.id, "maker")
    assert (plugin.display_name, plugin.description, plugin.maintainers) == ("New", "", [])
    assert (plugin.icon_url, plugin.deleted_at) == ("", None)


def test_what_the_facts_are_silent_of_stays() -> None:
    plugin = a_plugin(description="kept", maintainers=["keeper"])
    assert rules.with_facts(plugin, PluginFacts()) == plugin
    assert rules.with_facts(plugin, PluginFacts(display_name="New")) == msgspec.structs.replace(
        plugin, display_name="New"
    )


def test_empty_facts_are_said_and_not_silent() -> None:
    plugin = a_plugin(description="old", maintainers=["keeper"], icon_url="/icon", is_private=True)
    changed = rules.with_facts(plugin, PluginFacts(description="", maintainers=[], icon_url="", is_private=False))
    assert (changed.description, changed.maintainers, changed.icon_url, changed.is_private) == ("", [], "", False)


def test_a_published_plugin_cannot_become_private() -> None:
    published = a_plugin(attribution=Attribution.PUBLISHED)
    with pytest.raises(PrivateCannotBePublished):
        rules.with_facts(published, PluginFacts(is_private=True))
    assert rules.with_facts(a_plugin(), PluginFacts(is_private=True)).is_private


def test_a_release_speaks_of_its_content_and_never_of_who_sees_and_maintains_it() -> None:
    facts = PluginFacts(
        display_name="New", description="new", business_type="Gate", runtime_attribution="agentless", icon_url="/icon",
        is_private=True, region="here", maintainers=["keeper"], composition=Composition.MULTI,
    )  # fmt: skip
    assert rules.told_by_release(facts) == PluginFacts(
        display_name="New", description="new", business_type="Gate", runtime_attribution="agentless",
        composition=Composition.MULTI,
    )  # fmt: skip


@pytest.mark.parametrize("address", ["https://a.example/x.png", "HTTP://a.example", "/api/v1/x", "/"])
def test_an_address_is_of_the_web_or_a_path_of_ours(address: str) -> None:
    assert rules.checked_address("icon_url", address) == address


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:image/png;base64,AA", "//evil.example/x", "icon.png", "ftp://a", "https://", "/a b",
     " https://a.example", "https://a.example\n", "\\\\evil"],
)  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(InvalidField) as refused:
        rules.checked_address("icon_url", address)
    assert refused.value.field == "icon_url"


# -- the contract's spellings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ids"),
    [("", []), ("  ", []), ("[]", []), ('["a"]', ["a"]), ('["b", "a", "b"]', ["b", "a"]), ('["用户"]', ["用户"])],
)
def test_maintainers_are_a_json_array_in_a_text(text: str, ids: list[str]) -> None:
    assert rules.maintainers(text) == ids


@given(st.lists(st.text("abcdef0123456789-", min_size=1, max_size=64), max_size=rules.MAX_MAINTAINERS))
def test_maintainers_are_read_as_they_were_written(ids: list[str]) -> None:
    assert rules.maintainers(json.dumps(ids)) == list(dict.fromkeys(ids))


@pytest.mark.parametrize(
    "text",
    [
        *("a", "a,b", "[", "{}", "null", "1", '"a"', "[1]", "[null]", '[["a"]]', '[""]', '["a\\u0000b"]', '["a\\n"]'),
        json.dumps(["x" * 65]),
        json.dumps([str(number) for number in range(rules.MAX_MAINTAINERS + 1)]),
        "[" * 5000,
    ],
)
def test_other_maintainers_are_refused(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        rules.maintainers(text)
    assert refused.value.field == "maintainers"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("agent", "agent"), ("AGENT", "agent"), ("agentless", "agentless"), ("agentLess", "agentless"), ("", None)],
)
def test_the_runtime_is_taken_in_any_case(text: str, meaning: str | None) -> None:
    assert rules.runtime_attribution(text) == meaning


@pytest.mark.parametrize("text", ["agents", " agent", "both", "agent\n", "ａgent"])
def test_another_runtime_is_refused(text: str) -> None:
    with pytest.raises(InvalidField):
        rules.runtime_attribution(text)


# -- run definitions -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("execution", "composition"),
    [
        (None, None),
        ({}, None),
        ({"steps": []}, None),
        ({"execution_type": "COMPOSITE"}, Composition.MULTI),
        ({"execution_type": "SHELL"}, Composition.SINGLE),
    ],
)
def test_a_run_definition_says_what_a_plugin_is_made_of(
    execution: dict[str, Any] | None, composition: Composition | None
) -> None:
    assert rules.composition_of(execution) is composition


def test_a_plugin_made_of_something_else_is_refused() -> None:
    rules.require_composition(a_plugin(), Composition.SINGLE)
    with pytest.raises(WrongComposition, match=r"single.*multi"):
        rules.require_composition(a_plugin(), Composition.MULTI)


def test_the_steps_of_a_run_definition_are_named_once_each_in_their_order() -> None:
    steps = [{"task": "b"}, {"task": "a"}, {"task": "b"}, {"task": ""}, {"name": "no task"}, {"task": None}]
    assert rules.steps_of("scan", {"steps": steps}) == ["b", "a"]


@pytest.mark.parametrize("execution", [None, {}, {"steps": None}, {"steps": []}])
def test_a_run_definition_may_have_no_steps(execution: dict[str, Any] | None) -> None:
    assert rules.steps_of("scan", execution) == []


def test_a_plugin_cannot_run_itself() -> None:
    with pytest.raises(InvalidField) as refused:
        rules.steps_of("scan", {"steps": [{"task": "a"}, {"task": "scan"}]})
    assert refused.value.field == "execution_info.inner_execution_info.steps"
