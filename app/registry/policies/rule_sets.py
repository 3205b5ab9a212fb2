"""Use-cases about sets: in which projects which rules apply, what a project inherits, and what all of it says of a run.

Open-source policies are sets of another kind: they hold no rules but a content that scanners apply.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from app.registry.access import permissions
from app.registry.policies import evaluate, rules
from app.registry.policies.service import check_project
from schemas.errors import (
    InvalidField,
    MissingField,
    NameTaken,
    RuleSetInUse,
    RuleSetUnknown,
    RuleUnknown,
    TooManyPolicies,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.policies import (
    AppliedSet,
    HeldRule,
    HeldSet,
    Level,
    Member,
    Report,
    RuleSet,
    RuleSetDetail,
    RuleSetQuery,
    RuleSetSpec,
    SetKind,
    Verdict,
)
from schemas.paging import Page, Paging
from storage.postgres import audit, policies
from storage.postgres.database import Database, Transaction, UniqueTaken


class RuleSets:
    """The sets of every tenant: those for all its projects, and each project's own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- changes -----------------------------------------------------------------------------------------------------

    async def create(self, caller: Caller, kind: SetKind, project_id: str | None, spec: RuleSetSpec) -> RuleSet:
        """A new set, enabled; for all projects of the tenant (None), or for one.

        Its name is unique on its level, whatever its case. Only a project's set may inherit from the start. Raises
        `NameTaken`, `RuleUnknown`, `TooManyPolicies`, `NotYourTenant`, and `InvalidField` for what does not fit.
        """
        _require(caller, project_id)
        if not spec.name:
            raise MissingField("name")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            if project_id is not None:
                await check_project(tx, caller, "project_id", project_id)
            if await policies.count_rule_sets(tx, caller.tenant_id, kind, project_id) >= rules.MOST_SETS:
                raise TooManyPolicies(limit=rules.MOST_SETS, what="rule sets of this level")
            draft = _new(caller, kind, project_id, spec.name)
            wanted, members = await _changed(tx, caller, HeldSet(rule_set=draft, rules=[]), spec)
            try:
                await policies.insert_rule_set(tx, wanted)
            except UniqueTaken as error:
                raise NameTaken("name", name=wanted.name) from error
            await policies.fill(tx, wanted, members)
            await _record(tx, caller, wanted, "created", _told(wanted, members))
            return await _read(tx, caller, wanted.id)

    async def update(
        self,
        caller: Caller,
        level: Level,
        kind: SetKind | None,
        set_id: str,
        spec: RuleSetSpec,
        version: str | None = None,
    ) -> RuleSet:
        """Changes what is spoken of; where that is the rules, these are all that the set holds itself.

        A set that inherits from another one than before keeps no thresholds but those it is told. `version` is the one that was
        changed: raises `PolicyChanged` where there is another one by now, else as `create` does, `RuleSetUnknown`, or
        `RuleSetInUse` where a set with heirs should inherit. What changes nothing makes no new version.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            before = await _locked(tx, caller, level, kind, set_id, version)
            held = (await policies.hold(tx, caller.tenant_id, [before]))[before.id]
            wanted, members = await _changed(tx, caller, held, spec)
            members_before = _members(held.rules)
            if (wanted, members) == (before, members_before):
                return before
            await _save(tx, caller, wanted)
            await policies.fill(tx, wanted, members)
            detail = _told(wanted, members) | {"before": _told(before, members_before)}
            return await _recorded(tx, caller, wanted, "updated", detail)

    async def switch(
        self, caller: Caller, level: Level, kind: SetKind | None, set_id: str, on: bool, version: str | None = None
    ) -> RuleSet:
        """Enables or disables a set. Doing it again changes nothing. Raises `RuleSetUnknown`, `PolicyChanged`."""
        async with self._database.transaction(caller.tenant_id) as tx:
            before = await _locked(tx, caller, level, kind, set_id, version)
            if before.is_valid is on:
                return before
            wanted = replace(before, is_valid=on)
            await _save(tx, caller, wanted)
            return await _recorded(tx, caller, wanted, "switched", {"name": before.name, "is_valid": on})

    async def delete(
        self, caller: Caller, level: Level, kind: SetKind | None, set_id: str, version: str | None = None
    ) -> None:
        """Deletes a set; its rules stay. Raises `RuleSetUnknown`, `PolicyChanged`, or `RuleSetInUse`, which names heirs."""
        async with self._database.transaction(caller.tenant_id) as tx:
            before = await _locked(tx, caller, level, kind, set_id, version)
            await _require_no_heirs(tx, "rule_set_id", before)
            await policies.delete_rule_set(tx, before)
            await _record(tx, caller, before, "deleted", {"name": before.name, "version": before.version})

    # -- looking -----------------------------------------------------------------------------------------------------

    async def show(
        self, caller: Caller, kind: SetKind | None, set_id: str, *, of_tenant: bool, project_id: str | None
    ) -> RuleSetDetail:
        """A set of the tenant (if `of_tenant`) or of that project, with everything that it applies.

        Raises `RuleSetUnknown`, `NotYourTenant`.
        """
        async with self._database.transaction(caller.tenant_id, snapshot=True) as tx:
            if project_id is not None:
                await check_project(tx, caller, "project_id", project_id)
            found = await _find(tx, caller, kind, set_id)
            if not (of_tenant if found.project_id is None else found.project_id == project_id):
                raise RuleSetUnknown("rule_set_id")
            return await _detail(tx, caller, found)

    async def show_own(self, caller: Caller, set_id: str) -> RuleSetDetail:
        """A set of any project that the caller may use, with everything that it applies. Raises `RuleSetUnknown`."""
        async with self._database.transaction(caller.tenant_id, snapshot=True) as tx:
            return await _detail(tx, caller, await _find_of_project(tx, caller, set_id))

    async def list_page(self, caller: Caller, query: RuleSetQuery, paging: Paging) -> Page[RuleSet]:
        """The sets of the tenant, of a project, or both; latest change first. Raises `NotYourTenant`."""
        async with self._database.transaction(caller.tenant_id) as tx:
            if query.project_id is not None:
                await check_project(tx, caller, "project_id", query.project_id)
            return await policies.list_rule_sets(tx, caller.tenant_id, query, paging)

    async def judge(
        self, caller: Caller, project_id: str | None, set_ids: Sequence[str] | None, reports: Sequence[Report]
    ) -> Verdict:
        """What sets say of what a run reports, all as they are at one moment. Nothing is kept of it.

        Those that are named; or (None) all sets of the tenant and of the project. More than 100 enabled ones, or more than
        5,000 comparisons, are refused; disabled ones are told as far as there is room. Raises `RuleSetUnknown`,
        `NotYourTenant`, `InvalidField`.
        """
        permissions.require(caller, "judge_run")
        most = rules.MOST_SETS_JUDGED
        async with self._database.transaction(caller.tenant_id, snapshot=True) as tx:
            if project_id is not None:
                await check_project(tx, caller, "project_id", project_id)
            ids = list(dict.fromkeys(set_ids or []))
            if set_ids is None:
                ids = await policies.list_sets_in_force(tx, caller.tenant_id, project_id, most + 1)
            found = await policies.find_rule_sets(tx, caller.tenant_id, [each for each in ids if is_id(each)])
            for place, each in enumerate(ids):
                usable = (
                    each in found and found[each].kind == "metrics" and found[each].project_id in (None, project_id)
                )
                if not usable:
                    raise RuleSetUnknown(f"rule_set_ids[{place}]")
            if len(ids) > most and found[ids[most]].is_valid:
                problem = f"More than {most} rule sets are in force; name those that are meant"
                raise InvalidField("rule_set_ids", problem=problem)
            sets = [found[each] for each in ids[:most]]
            read = [each.id for each in sets] + [each.parent_id for each in sets if each.parent_id is not None]
            rules.check_effort(reports, await policies.count_conditions(tx, caller.tenant_id, read))
            applied = await _applied(tx, caller, sets)
        return evaluate.judge(applied, reports, named=set_ids is not None)


# -- what a change comes to --------------------------------------------------------------------------------------------


def _require(caller: Caller, project_id: str | None) -> None:
    """Sets for all projects have rights of their own, those of projects others."""
    permissions.require(caller, "update_strategy" if project_id is None else "update_project_rule_set")


def _new(caller: Caller, kind: SetKind, project_id: str | None, name: str) -> RuleSet:
    now = datetime.now(UTC)
    return RuleSet(
        id=new_id(),
        tenant_id=caller.tenant_id,
        kind=kind,
        project_id=project_id,
        parent_id=None,
        name=name,
        version=new_id(),
        is_valid=True,
        thresholds=[],
        content=None,
        creator_id=caller.user_id,
        creator_name=caller.user_name,
        created_at=now,
        updated_at=now,
        updated_by_id=caller.user_id,
        updated_by_name=caller.user_name,
    )


async def _changed(tx: Transaction, caller: Caller, held: HeldSet, spec: RuleSetSpec) -> tuple[RuleSet, list[Member]]:
    """The set as it is wanted, with the version that it has, and its own rules. Raises what `create` and `update` do."""
    before = held.rule_set
    members = _members(held.rules) if spec.members is None else rules.checked_members(spec.members)
    content = before.content if spec.content is None else rules.checked_open_source(spec.content)
    if before.kind == "open-source" and content is None:
        raise MissingField("content")
    if before.kind == "open-source" and (members or spec.thresholds):
        raise InvalidField("rules" if members else "thresholds", problem="An open-source policy holds no rules")
    if before.kind == "metrics" and content is not None:
        raise InvalidField("content", problem="Only an open-source policy has a content")
    await _check_rules(tx, caller, spec.members or [])
    parent_id = before.parent_id if spec.parent_id is None else spec.parent_id or None
    thresholds = before.thresholds if parent_id == before.parent_id else []
    inherited: list[HeldRule] = []
    if parent_id is not None and (parent_id != before.parent_id or spec.thresholds is not None):
        parent = rules.check_parent(await _maybe(tx, caller, before.kind, parent_id), before)
        await _require_no_heirs(tx, "parent_id", before)
        inherited = (await policies.hold(tx, caller.tenant_id, [parent]))[parent.id].rules
    if spec.thresholds is not None:
        rules.check_thresholds(spec.thresholds, inherited)
        thresholds = spec.thresholds
    return replace(
        before, name=spec.name or before.name, parent_id=parent_id, thresholds=thresholds, content=content
    ), members


async def _check_rules(tx: Transaction, caller: Caller, members: Sequence[Member]) -> None:
    ids = [each.rule_id for each in members if is_id(each.rule_id)]
    found = await policies.find_rules(tx, caller.tenant_id, ids)
    for place, each in enumerate(members):
        if each.rule_id not in found:
            raise RuleUnknown(f"rules[{place}].id")


def _members(held: Sequence[HeldRule]) -> list[Member]:
    return [Member(rule_id=each.rule.id, is_valid=each.is_valid) for each in held]


def _told(rule_set: RuleSet, members: Sequence[Member]) -> dict[str, object]:
    """The set as the audit keeps it."""
    return {
        "name": rule_set.name,
        "version": rule_set.version,
        "parent_id": rule_set.parent_id,
        "rules": [each.rule_id if each.is_valid else f"{each.rule_id} (disabled)" for each in members],
        "thresholds": [f"{each.rule_id} {each.group_name}: {each.key} {each.operator} {each.value}"
                       for each in rule_set.thresholds],
    }  # fmt: skip


async def _save(tx: Transaction, caller: Caller, wanted: RuleSet) -> None:
    try:
        await policies.save_rule_set(tx, caller, wanted, new_id())
    except UniqueTaken as error:
        raise NameTaken("name", name=wanted.name) from error


async def _recorded(tx: Transaction, caller: Caller, wanted: RuleSet, what: str, detail: dict[str, object]) -> RuleSet:
    """The set after the change, which the audit tells of."""
    after = await _read(tx, caller, wanted.id)
    await _record(tx, caller, after, what, detail | {"version": after.version, "version_before": wanted.version})
    return after


async def _record(tx: Transaction, caller: Caller, rule_set: RuleSet, what: str, detail: dict[str, object]) -> None:
    kind = "rule_set" if rule_set.kind == "metrics" else "open_source_policy"
    detail = detail | {"project_id": rule_set.project_id}
    await audit.record(tx, caller.tenant_id, caller, Change(
        action=f"{kind}.{what}", object_kind=kind, object_id=rule_set.id, detail=detail))  # fmt: skip


async def _require_no_heirs(tx: Transaction, field: str, rule_set: RuleSet) -> None:
    heirs = await policies.list_heirs(tx, rule_set, rules.MOST_SETS_TOLD + 1)
    if heirs:
        raise RuleSetInUse(field, sets=rules.told(heirs))


# -- finding -------------------------------------------------------------------------------------------------------------


async def _maybe(tx: Transaction, caller: Caller, kind: SetKind | None, set_id: str) -> RuleSet | None:
    found = await policies.find_rule_sets(tx, caller.tenant_id, [set_id]) if is_id(set_id) else {}
    rule_set = found.get(set_id)
    return rule_set if rule_set is not None and kind in (None, rule_set.kind) else None


async def _find(tx: Transaction, caller: Caller, kind: SetKind | None, set_id: str) -> RuleSet:
    rule_set = await _maybe(tx, caller, kind, set_id)
    if rule_set is None:
        raise RuleSetUnknown("rule_set_id")
    return rule_set


async def _find_of_project(tx: Transaction, caller: Caller, set_id: str) -> RuleSet:
    rule_set = await _find(tx, caller, None, set_id)
    if rule_set.project_id is None or caller.project_id not in (None, rule_set.project_id):
        raise RuleSetUnknown("rule_set_id")
    return rule_set


async def _locked(
    tx: Transaction, caller: Caller, level: Level, kind: SetKind | None, set_id: str, version: str | None
) -> RuleSet:
    """The set of that level, which the caller may change, once other changes of the tenant are done."""
    permissions.require(caller, "update_strategy" if level == "tenant" else "update_project_rule_set")
    await audit.lock_tenant(tx, caller.tenant_id)
    rule_set = await (_find(tx, caller, kind, set_id) if level == "tenant" else _find_of_project(tx, caller, set_id))
    if rule_set.level != level:
        raise RuleSetUnknown("rule_set_id")
    rules.check_version(version, rule_set.version)
    return rule_set


async def _read(tx: Transaction, caller: Caller, set_id: str) -> RuleSet:
    return (await policies.find_rule_sets(tx, caller.tenant_id, [set_id]))[set_id]


async def _detail(tx: Transaction, caller: Caller, rule_set: RuleSet) -> RuleSetDetail:
    held = await policies.hold(tx, caller.tenant_id, [rule_set])
    (applied,) = await _applied(tx, caller, [rule_set])
    return RuleSetDetail(held=held[rule_set.id], applied=applied)


async def _applied(tx: Transaction, caller: Caller, sets: Sequence[RuleSet]) -> list[AppliedSet]:
    """Each of the sets with everything that it applies."""
    parent_ids = {each.parent_id for each in sets if each.parent_id is not None} - {each.id for each in sets}
    parents = await policies.find_rule_sets(tx, caller.tenant_id, list(parent_ids)) if parent_ids else {}
    held = await policies.hold(tx, caller.tenant_id, [*sets, *parents.values()])
    return [evaluate.applied(held[each.id], held[each.parent_id] if each.parent_id else None) for each in sets]
