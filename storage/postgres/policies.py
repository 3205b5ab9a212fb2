"""Rows of rules, of the sets that hold them, and of open-source policies."""

from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.model.access import Caller
from schemas.model.policies import (
    ConditionGroup,
    HeldRule,
    HeldSet,
    Member,
    OpenSourceContent,
    Rule,
    RuleQuery,
    RuleSet,
    RuleSetQuery,
    RuleSpec,
    RuleSummary,
    SetKind,
    Threshold,
)
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("policies")

_conditions = msgspec.json.Decoder(list[ConditionGroup])
_thresholds = msgspec.json.Decoder(list[Threshold])
_open_source = msgspec.json.Decoder(OpenSourceContent)

# --- rules -----------------------------------------------------------------------------------------------------------


async def insert_rule(tx: Transaction, caller: Caller, id: str, version: str, spec: RuleSpec) -> None:
    """A new rule of the caller's tenant. Raises `UniqueTaken` where there is one of that name."""
    await tx.run(QUERIES.insert_rule, id=id, version=version, **_values_of_rule(caller, spec))


async def save_rule(tx: Transaction, caller: Caller, before: Rule, version: str, spec: RuleSpec) -> None:
    """Makes this of a rule of the caller's tenant. Raises `UniqueTaken` where there is another one of that name."""
    await tx.run(QUERIES.save_rule, id=before.id, version=version, **_values_of_rule(caller, spec))
    if spec.kind != before.kind:
        await tx.run(QUERIES.settle_kinds_of_holders, tenant_id=before.tenant_id, rule_id=before.id)


async def delete_rule(tx: Transaction, rule: Rule) -> None:
    """Removes a rule that no set holds."""
    await tx.run(QUERIES.delete_rule, tenant_id=rule.tenant_id, id=rule.id)


async def find_rules(tx: Transaction, tenant_id: str, ids: Sequence[str]) -> dict[str, Rule]:
    """The tenant's rules among these, by their ids."""
    rows = await tx.many(QUERIES.find_rules, tenant_id=tenant_id, ids=list(ids))
    return {row["id"]: _rule(row) for row in rows}


async def count_rules(tx: Transaction, tenant_id: str) -> int:
    """How many rules the tenant has."""
    return int(await tx.value(QUERIES.count_rules, tenant_id=tenant_id))


async def list_rules(tx: Transaction, tenant_id: str, query: RuleQuery, paging: Paging) -> Page[RuleSummary]:
    """The tenant's rules that the query is about, latest change first."""
    asked = {"tenant_id": tenant_id, "kind": query.kind, "text": query.text, "project_id": query.project_id}
    rows = await tx.many(QUERIES.list_rules, **asked, offset=paging.offset, limit=paging.limit)
    total = await tx.value(QUERIES.count_listed_rules, **asked)
    return Page(items=[RuleSummary(**row) for row in rows], total=total)


async def list_names_of_holders(tx: Transaction, rule: Rule, limit: int) -> list[str]:
    """The names of the first `limit` sets that hold the rule."""
    rows = await tx.many(QUERIES.list_names_of_holders, tenant_id=rule.tenant_id, rule_id=rule.id, limit=limit)
    return [row["name"] for row in rows]


# --- sets ------------------------------------------------------------------------------------------------------------


async def insert_rule_set(tx: Transaction, rule_set: RuleSet) -> None:
    """A new set; its moments are the database's. Raises `UniqueTaken` where its level has one of that kind and name."""
    await tx.run(
        QUERIES.insert_rule_set,
        **_values_of_set(rule_set),
        version=rule_set.version,
        kind=rule_set.kind,
        project_id=rule_set.project_id,
        updated_by_id=rule_set.updated_by_id,
        updated_by_name=rule_set.updated_by_name,
    )


async def save_rule_set(tx: Transaction, caller: Caller, rule_set: RuleSet, version: str) -> None:
    """Writes what may change of a set, as its new version. Raises `UniqueTaken` as `insert_rule_set` does."""
    await tx.run(
        QUERIES.save_rule_set,
        **_values_of_set(rule_set),
        version=version,
        is_valid=rule_set.is_valid,
        updated_by_id=caller.user_id,
        updated_by_name=caller.user_name,
    )


async def fill(tx: Transaction, rule_set: RuleSet, members: Sequence[Member]) -> None:
    """Makes these the rules of a set, in their order."""
    await tx.run(QUERIES.empty_rule_set, tenant_id=rule_set.tenant_id, rule_set_id=rule_set.id)
    await tx.run(
        QUERIES.fill_rule_set,
        tenant_id=rule_set.tenant_id,
        rule_set_id=rule_set.id,
        rule_ids=[each.rule_id for each in members],
        valid=[each.is_valid for each in members],
    )
    await tx.run(QUERIES.settle_kinds, tenant_id=rule_set.tenant_id, id=rule_set.id)


async def delete_rule_set(tx: Transaction, rule_set: RuleSet) -> None:
    """Removes a set from which none inherits; its rules stay."""
    await tx.run(QUERIES.delete_rule_set, tenant_id=rule_set.tenant_id, id=rule_set.id)


async def find_rule_sets(tx: Transaction, tenant_id: str, ids: Sequence[str]) -> dict[str, RuleSet]:
    """The tenant's sets among these, by their ids."""
    rows = await tx.many(QUERIES.find_rule_sets, tenant_id=tenant_id, ids=list(ids))
    return {row["id"]: _rule_set(row) for row in rows}


async def count_rule_sets(tx: Transaction, tenant_id: str, kind: SetKind, project_id: str | None) -> int:
    """How many sets of a kind there are: of the tenant for all projects (None), or of one project."""
    return int(await tx.value(QUERIES.count_rule_sets, tenant_id=tenant_id, kind=kind, project_id=project_id))


async def list_rule_sets(tx: Transaction, tenant_id: str, query: RuleSetQuery, paging: Paging) -> Page[RuleSet]:
    """The tenant's sets that the query is about, latest change first, without content and thresholds."""
    asked = {
        "tenant_id": tenant_id,
        "kind": query.kind,
        "of_tenant": query.of_tenant,
        "project_id": query.project_id,
        "text": query.text,
        "is_valid": query.is_valid,
        "creator_name": query.creator_name,
        "rule_kind": query.rule_kind,
    }
    rows = await tx.many(QUERIES.list_rule_sets, **asked, offset=paging.offset, limit=paging.limit)
    total = await tx.value(QUERIES.count_listed_rule_sets, **asked)
    return Page(items=[_rule_set(row) for row in rows], total=total)


async def list_heirs(tx: Transaction, rule_set: RuleSet, limit: int) -> list[str]:
    """The names of the first `limit` sets that inherit from it."""
    rows = await tx.many(QUERIES.list_heirs, tenant_id=rule_set.tenant_id, parent_id=rule_set.id, limit=limit)
    return [row["name"] for row in rows]


async def hold(tx: Transaction, tenant_id: str, sets: Sequence[RuleSet]) -> dict[str, HeldSet]:
    """The sets with their own rules, by their ids; the rules without their layout."""
    rows = await tx.many(QUERIES.list_rules_of_sets, tenant_id=tenant_id, rule_set_ids=[each.id for each in sets])
    known: dict[str, Rule] = {}
    rules: dict[str, list[HeldRule]] = {each.id: [] for each in sets}
    for row in rows:
        if row["id"] not in known:
            known[row["id"]] = _rule(row)
        rules[row["rule_set_id"]].append(HeldRule(rule=known[row["id"]], is_valid=row["is_valid"]))
    return {each.id: HeldSet(rule_set=each, rules=rules[each.id]) for each in sets}


async def count_conditions(tx: Transaction, tenant_id: str, set_ids: Sequence[str]) -> int:
    """How many conditions the sets' own rules have together; a set that stands here twice counts twice."""
    return int(await tx.value(QUERIES.count_conditions, tenant_id=tenant_id, rule_set_ids=list(set_ids)))


async def list_sets_in_force(tx: Transaction, tenant_id: str, project_id: str | None, limit: int) -> list[str]:
    """The ids of the first `limit` sets over metrics of the tenant and of a project: enabled ones first, then by level."""
    rows = await tx.many(QUERIES.list_sets_in_force, tenant_id=tenant_id, project_id=project_id, limit=limit)
    return [row["id"] for row in rows]


# --- values and rows -------------------------------------------------------------------------------------------------


def _values_of_rule(caller: Caller, spec: RuleSpec) -> dict[str, object]:
    return {
        "tenant_id": caller.tenant_id,
        "kind": spec.kind,
        "name": spec.name,
        "layout_content": spec.layout_content,
        "plugin_id": spec.plugin_id,
        "plugin_name": spec.plugin_name,
        "plugin_version": spec.plugin_version,
        "content": msgspec.json.encode(spec.content).decode(),
        "conditions": sum(len(each.properties) for each in spec.content),
        "updated_by_id": caller.user_id,
        "updated_by_name": caller.user_name,
    }


def _rule(row: Any) -> Rule:
    fields = {name: row[name] for name in Rule.__struct_fields__}
    return Rule(**fields | {"content": _conditions.decode(row["content"])})


def _values_of_set(rule_set: RuleSet) -> dict[str, object]:
    return {
        "id": rule_set.id,
        "tenant_id": rule_set.tenant_id,
        "parent_id": rule_set.parent_id,
        "name": rule_set.name,
        "thresholds": msgspec.json.encode(rule_set.thresholds).decode(),
        "content": None if rule_set.content is None else msgspec.json.encode(rule_set.content).decode(),
    }


def _rule_set(row: Any) -> RuleSet:
    fields = {name: row[name] for name in RuleSet.__struct_fields__}
    return RuleSet(
        **fields
        | {
            "thresholds": _thresholds.decode(row["thresholds"]),
            "content": None if row["content"] is None else _open_source.decode(row["content"]),
        }
    )
