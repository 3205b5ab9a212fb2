"""Rules and sets over a real database: changes at once, their record, bounds, and what one moment is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from app.registry import Registry
from app.registry.policies import rules
from schemas.errors import (
    InvalidField,
    NameTaken,
    PolicyChanged,
    RegistryError,
    RuleInUse,
    RuleUnknown,
    ServiceBusy,
    TooManyPolicies,
)
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.packages import MetricGroup, MetricProperty
from schemas.model.plugins import PluginFacts, VersionContent, VersionSpec
from schemas.model.policies import (
    Decision,
    Member,
    OpenSourceContent,
    Operator,
    Report,
    Rule,
    RuleQuery,
    RuleSetQuery,
    RuleSetSpec,
    RuleSpec,
    Threshold,
)
from schemas.paging import Paging
from storage.postgres.embedded import Urls
from tests.accounts import Account
from tests.contract.postgres.furnished import a_rule_spec

TEN = Paging(offset=0, limit=10)


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


@pytest.fixture
def admin(account: Account) -> Caller:
    """An administrator of the test's own account."""
    return account.user("admin").caller


@pytest.fixture
async def spec(registry: Registry, admin: Caller) -> RuleSpec:
    """A rule that can be made, over a plug-in `measured` that reports a ratio."""
    metrics = [MetricGroup(group_name="Quality", properties=[MetricProperty(key="ratio", value="0")])]
    content = VersionContent(metrics=metrics)
    wanted = VersionSpec(plugin_name="measured", version="1.0.0", facts=PluginFacts(), content=content)
    await registry.plugins.create_version(admin, wanted)
    return a_rule_spec("measured", "ratio")


@pytest.fixture
async def rule(registry: Registry, admin: Caller, spec: RuleSpec) -> Rule:
    """A rule."""
    return await registry.policies.create_rule(admin, spec)


async def outcomes(*changes: Any) -> list[object]:
    """What became of changes that are made at once; of a refused one, its kind."""
    done = await asyncio.gather(*changes, return_exceptions=True)
    return [type(each) if isinstance(each, RegistryError) else each for each in done]


# -- changes at once -----------------------------------------------------------------------------------------------------


async def test_of_changes_for_one_version_one_is_made_and_the_others_are_told(
    registry: Registry, admin: Caller, rule: Rule, spec: RuleSpec
) -> None:
    changes = [replace(spec, name=f"name {number}") for number in range(8)]
    done = await outcomes(*(registry.policies.update_rule(admin, rule.id, each, rule.version) for each in changes))
    (made,) = [each for each in done if isinstance(each, Rule)]
    assert [each for each in done if each is not made] == [PolicyChanged] * 7
    assert await registry.policies.show_rule(admin, rule.id) == made


async def test_changes_of_different_parts_of_a_set_at_once_are_all_kept(
    registry: Registry, admin: Caller, rule: Rule
) -> None:
    made = await registry.rule_sets.create(admin, "metrics", None, RuleSetSpec(name="one", members=[]))
    await asyncio.gather(
        registry.rule_sets.update(admin, "tenant", "metrics", made.id, RuleSetSpec(name="two")),
        registry.rule_sets.update(admin, "tenant", "metrics", made.id, RuleSetSpec(members=[Member(rule_id=rule.id)])),
        registry.rule_sets.switch(admin, "tenant", "metrics", made.id, False),
    )
    detail = await registry.rule_sets.show(admin, "metrics", made.id, of_tenant=True, project_id=None)
    after = detail.held
    assert (after.rule_set.name, after.rule_set.is_valid) == ("two", False)
    assert [each.rule.id for each in after.rules] == [rule.id]


async def test_what_a_change_does_not_speak_of_is_kept_as_others_change_it_at_once(
    registry: Registry, admin: Caller, rule: Rule, spec: RuleSpec
) -> None:
    """One changes the layout and says nothing of the version, the other the other way round; whoever comes late comes again."""
    bare = replace(spec, plugin_name=None)
    for number in range(10):
        version = "1.0.0" if number % 2 == 0 else ""

        async def until_done(wanted: RuleSpec) -> None:
            while await outcomes(registry.policies.update_rule(admin, rule.id, wanted)) == [ServiceBusy]:
                continue

        await asyncio.gather(
            until_done(replace(bare, layout_content=str(number))), until_done(replace(bare, plugin_version=version))
        )
        after = await registry.policies.show_rule(admin, rule.id)
        assert (after.layout_content, after.plugin_version) == (str(number), version)


async def test_of_equal_names_at_once_one_is_given(registry: Registry, admin: Caller, spec: RuleSpec) -> None:
    done = await outcomes(*(registry.policies.create_rule(admin, spec) for _ in range(6)))
    assert sorted(each is NameTaken for each in done) == [False] + [True] * 5


async def test_a_rule_is_deleted_or_taken_into_a_set_never_both(
    registry: Registry, admin: Caller, spec: RuleSpec
) -> None:
    for number in range(6):
        rule = await registry.policies.create_rule(admin, replace(spec, name=f"name {number}"))
        held = RuleSetSpec(name=f"set {number}", members=[Member(rule_id=rule.id)])
        deleted, made = await outcomes(
            registry.policies.delete_rule(admin, rule.id), registry.rule_sets.create(admin, "metrics", None, held)
        )
        assert (deleted, made is RuleUnknown) in ((None, True), (RuleInUse, False))


# -- the record ----------------------------------------------------------------------------------------------------------


async def test_every_change_is_recorded_once_and_what_changes_nothing_is_not(
    registry: Registry, account: Account, admin: Caller, spec: RuleSpec, owner: Any
) -> None:
    async def recorded() -> list[tuple[str, str]]:
        """What the audit was told of these objects since it was asked last."""
        rows = await owner.fetch(
            "SELECT number, action, object_id, detail FROM audit_entries WHERE tenant_id = $1 AND number > $2 ORDER BY number",
            account.id, told[-1],
        )  # fmt: skip
        told.extend(row["number"] for row in rows)
        assert all(len(row["detail"]) > 2 for row in rows)
        return [(row["action"], row["object_id"]) for row in rows]

    told = [0]
    await recorded()
    rule = await registry.policies.create_rule(admin, spec)
    for _ in range(2):
        await registry.policies.update_rule(admin, rule.id, replace(spec, name="other"))
    assert await recorded() == [("rule.created", rule.id), ("rule.updated", rule.id)]
    kinds = {"metrics": "rule_set", "open-source": "open_source_policy"}
    for level, project_id in (("tenant", None), ("project", account.project.id)):
        for kind, word in kinds.items():
            content = OpenSourceContent() if kind == "open-source" else None
            wanted = RuleSetSpec(name="one", content=content)
            made = await registry.rule_sets.create(admin, kind, project_id, wanted)  # type: ignore[arg-type]
            place: Any = (admin, level, kind, made.id)
            for _ in range(2):
                await registry.rule_sets.update(*place, RuleSetSpec(name="two"))
                await registry.rule_sets.switch(*place, False)
            await registry.rule_sets.delete(*place)
            changes = [f"{word}.{each}" for each in ("created", "updated", "switched", "deleted")]
            assert await recorded() == [(each, made.id) for each in changes]
    await registry.policies.delete_rule(admin, rule.id)
    assert await recorded() == [("rule.deleted", rule.id)]


async def test_the_record_tells_what_was_asked_before_and_after(
    registry: Registry, account: Account, admin: Caller, rule: Rule, spec: RuleSpec, owner: Any
) -> None:
    (group,) = spec.content
    lower = replace(group, properties=[replace(group.properties[0], value="0.1")])
    await registry.policies.update_rule(admin, rule.id, replace(spec, content=[lower]))
    detail = await owner.fetchrow(
        "SELECT detail->'conditions_before'->>0 AS before, detail->'conditions'->>0 AS after FROM audit_entries"
        " WHERE tenant_id = $1 AND action = 'rule.updated'",
        account.id,
    )
    assert tuple(detail) == ("Quality: ratio >= 0.5", "Quality: ratio >= 0.1")


# -- bounds ----------------------------------------------------------------------------------------------------------------


async def fill(owner: Any, account: Account, rule: Rule, *, rules_: int, sets: int) -> None:
    """Gives the account so many rules like this one, and sets that hold the first of them."""
    await owner.execute(
        """INSERT INTO policy_rules (id, tenant_id, kind, name, version, layout_content, plugin_id, plugin_name, plugin_version,
                                     content, conditions, creator_id, updated_by_id, updated_by_name)
           SELECT md5('rule' || n || id), tenant_id, kind, 'rule ' || n, version, '', plugin_id, plugin_name, plugin_version,
                  content, conditions, creator_id, updated_by_id, updated_by_name
             FROM policy_rules, generate_series(1, $2) AS n WHERE id = $1""",
        rule.id, rules_,
    )  # fmt: skip
    await owner.execute(
        """INSERT INTO rule_sets (id, tenant_id, kind, name, version, thresholds, creator_id, creator_name, updated_by_id,
                                  updated_by_name, rule_kinds)
           SELECT md5('set' || n || $1::text), $1::text, 'metrics', 'set ' || n, $2, '[]', '', '', '', '', '{Test}'
             FROM generate_series(1, $3) AS n""",
        account.id, new_id(), sets,
    )  # fmt: skip
    await owner.execute(
        """INSERT INTO rule_set_rules (tenant_id, rule_set_id, rule_id, place, is_valid)
           SELECT tenant_id, id, $2, 1, true FROM rule_sets WHERE tenant_id = $1""",
        account.id, rule.id,
    )  # fmt: skip


async def test_an_account_has_so_many_rules_and_sets_and_no_more(
    registry: Registry, account: Account, admin: Caller, rule: Rule, spec: RuleSpec, owner: Any
) -> None:
    await fill(owner, account, rule, rules_=rules.MOST_RULES - 2, sets=rules.MOST_SETS - 1)
    await registry.policies.create_rule(admin, replace(spec, name="the last"))
    with pytest.raises(TooManyPolicies, match=str(rules.MOST_RULES)):
        await registry.policies.create_rule(admin, replace(spec, name="one more"))
    await registry.rule_sets.create(admin, "metrics", None, RuleSetSpec(name="the last"))
    with pytest.raises(TooManyPolicies, match=str(rules.MOST_SETS)):
        await registry.rule_sets.create(admin, "metrics", None, RuleSetSpec(name="one more"))
    await registry.rule_sets.create(admin, "metrics", account.project.id, RuleSetSpec(name="of a project"))
    await registry.rule_sets.create(
        admin, "open-source", None, RuleSetSpec(name="a policy", content=OpenSourceContent())
    )

    listed = await registry.policies.list_rules(admin, RuleQuery(text="rule 49"), TEN)
    assert (listed.total, len(listed.items)) == (110, 10)
    query = RuleSetQuery(kind="metrics", of_tenant=True, project_id=None, rule_kind="Test")
    sets = await registry.rule_sets.list_page(admin, query, Paging(offset=990, limit=10))
    assert (sets.total, len(sets.items)) == (999, 9)


async def test_more_than_a_hundred_sets_are_judged_by_name_only(
    registry: Registry, account: Account, admin: Caller, rule: Rule, owner: Any
) -> None:
    await fill(owner, account, rule, rules_=0, sets=rules.MOST_SETS_JUDGED)
    report = Report(plugin_name="measured", version="1.0.0", metrics={"ratio": "1"})
    verdict = await registry.rule_sets.judge(admin, None, None, [report])
    assert (len(verdict.sets), verdict.outcome) == (rules.MOST_SETS_JUDGED, Decision.PASS)

    await registry.rule_sets.create(admin, "metrics", None, RuleSetSpec(name="zz", members=[Member(rule_id=rule.id)]))
    with pytest.raises(InvalidField) as refused:
        await registry.rule_sets.judge(admin, None, None, [report])
    assert refused.value.field == "rule_set_ids"
    await owner.execute("UPDATE rule_sets SET is_valid = false WHERE tenant_id = $1 AND name = 'zz'", account.id)
    assert len((await registry.rule_sets.judge(admin, None, None, [report])).sets) == rules.MOST_SETS_JUDGED


# -- one moment ------------------------------------------------------------------------------------------------------------


async def test_a_run_is_judged_by_what_holds_at_one_moment(
    registry: Registry, admin: Caller, spec: RuleSpec, account: Account
) -> None:
    """However often a set is changed meanwhile: its version and its rules in a verdict belong together."""
    first, second = [
        await registry.policies.create_rule(admin, replace(spec, name=each)) for each in ("first", "second")
    ]
    made = await registry.rule_sets.create(
        admin, "metrics", None, RuleSetSpec(name="one", members=[Member(rule_id=first.id)])
    )
    report = Report(plugin_name="measured", version="1.0.0", metrics={"ratio": "0"})

    held = {made.version: first.id}

    async def swap() -> None:
        for number in range(40):
            rule = second if number % 2 == 0 else first
            wanted = RuleSetSpec(members=[Member(rule_id=rule.id)])
            changed = await registry.rule_sets.update(admin, "tenant", "metrics", made.id, wanted)
            held[changed.version] = rule.id

    async def judge() -> set[tuple[str, str]]:
        (sets,) = zip(
            *[(await registry.rule_sets.judge(admin, None, [made.id], [report])).sets for _ in range(60)], strict=True
        )
        return {(each.rule_set.version, reason.rule_id) for each in sets for reason in each.reasons}

    _, first_seen, second_seen = await asyncio.gather(swap(), judge(), judge())
    assert len(first_seen | second_seen) > 1
    assert first_seen | second_seen <= held.items()


async def test_a_credential_for_a_project_sees_no_other_projects_sets(
    registry: Registry, account: Account, admin: Caller
) -> None:
    made = await registry.rule_sets.create(admin, "metrics", account.project.id, RuleSetSpec(name="one"))
    elsewhere = replace(admin, project_id=new_id())
    place: Any = (elsewhere, "project", None, made.id)
    for refused in (
        registry.rule_sets.show_own(elsewhere, made.id),
        registry.rule_sets.update(*place, RuleSetSpec(name="two")),
        registry.rule_sets.delete(*place),
        registry.rule_sets.create(elsewhere, "metrics", account.project.id, RuleSetSpec(name="two")),
        registry.rule_sets.judge(elsewhere, account.project.id, None, []),
    ):
        with pytest.raises(RegistryError, match=r"no such rule set|account or project"):
            await refused
    here = replace(admin, project_id=account.project.id)
    assert (await registry.rule_sets.show_own(here, made.id)).held.rule_set == made


async def test_thresholds_survive_what_does_not_speak_of_them(
    registry: Registry, account: Account, admin: Caller, spec: RuleSpec
) -> None:
    (group,) = spec.content
    rule = await registry.policies.create_rule(
        admin, replace(spec, content=[replace(group, can_modify_when_inherit=True)])
    )
    parent = await registry.rule_sets.create(
        admin, "metrics", None, RuleSetSpec(name="p", members=[Member(rule_id=rule.id)])
    )
    threshold = Threshold(rule_id=rule.id, group_name="Quality", key="ratio", operator=Operator.AT_LEAST, value="0.9")
    wanted = RuleSetSpec(name="c", parent_id=parent.id, thresholds=[threshold])
    child = await registry.rule_sets.create(admin, "metrics", account.project.id, wanted)
    renamed = await registry.rule_sets.update(admin, "project", None, child.id, RuleSetSpec(name="d"))
    assert (renamed.thresholds, renamed.parent_id) == ([threshold], parent.id)
    again = await registry.rule_sets.update(
        admin, "project", None, child.id, RuleSetSpec(name="d", thresholds=[threshold])
    )
    assert again == renamed
