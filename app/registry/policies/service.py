"""Use-cases about rules: what plug-ins of a run have to report. The sets in which they apply are in `rule_sets.py`."""

from msgspec.structs import replace

from app.registry.access import permissions
from app.registry.plugins import versions
from app.registry.plugins.catalogue import Catalogue
from app.registry.policies import rules
from schemas.errors import (
    MissingField,
    NameTaken,
    NotYourTenant,
    RuleInUse,
    RuleUnknown,
    ServiceBusy,
    TooManyPolicies,
    VersionUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.policies import Rule, RuleQuery, RuleSpec, RuleSummary
from schemas.paging import Page, Paging
from storage.postgres import access, audit, policies
from storage.postgres.database import Database, Transaction, UniqueTaken


class Policies:
    """The rules of every tenant."""

    def __init__(self, database: Database, catalogue: Catalogue) -> None:
        self._database = database
        self._catalogue = catalogue

    async def create_rule(self, caller: Caller, spec: RuleSpec) -> Rule:
        """A new rule over what a version of a plug-in reports; without a version, over what its current one does.

        Raises `PluginUnknown`, `VersionUnknown`, `MetricUnknown`, `ContradictingConditions`, `NameTaken`, `TooManyPolicies`.
        """
        permissions.require(caller, "create_rule")
        rules.checked_content(spec.content)
        spec = await self._checked_plugin(caller, spec)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            if await policies.count_rules(tx, caller.tenant_id) >= rules.MOST_RULES:
                raise TooManyPolicies(limit=rules.MOST_RULES, what="rules")
            rule_id = new_id()
            try:
                await policies.insert_rule(tx, caller, rule_id, new_id(), spec)
            except UniqueTaken as error:
                raise NameTaken("name", name=spec.name) from error
            rule = await _found(tx, caller, rule_id)
            detail = {"name": rule.name, "version": rule.version, "conditions": rules.told_conditions(rule.content)}
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="rule.created", object_kind="rule", object_id=rule_id, detail=detail))  # fmt: skip
            return rule

    async def update_rule(self, caller: Caller, rule_id: str, spec: RuleSpec, wanted: str | None = None) -> Rule:
        """Puts another content in the place of a rule's; every set that holds it asks for that from now on.

        What is not spoken of stays. `wanted` is the version that was changed: raises `PolicyChanged` where there is
        another one by now, else as `create_rule` does, or `RuleUnknown`; or `ServiceBusy` where somebody changed just now what is
        not spoken of here. What changes nothing makes no new version.
        """
        permissions.require(caller, "update_rule")
        rules.checked_content(spec.content)
        async with self._database.transaction(caller.tenant_id) as tx:
            completed = _completed(spec, await _found(tx, caller, rule_id))
        checked = await self._checked_plugin(caller, completed)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            before = await _found(tx, caller, rule_id)
            rules.check_version(wanted, before.version)
            if _completed(spec, before) != completed:
                raise ServiceBusy  # what would be kept was changed meanwhile; the next attempt sees it
            if checked == _spec_of(before):
                return before
            try:
                await policies.save_rule(tx, caller, before, new_id(), checked)
            except UniqueTaken as error:
                raise NameTaken("name", name=checked.name) from error
            rule = await _found(tx, caller, rule_id)
            detail = {
                "name": rule.name,
                "version": rule.version,
                "version_before": before.version,
                "conditions": rules.told_conditions(rule.content),
                "conditions_before": rules.told_conditions(before.content),
            }
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="rule.updated", object_kind="rule", object_id=rule_id, detail=detail))  # fmt: skip
            return rule

    async def delete_rule(self, caller: Caller, rule_id: str, wanted: str | None = None) -> None:
        """Deletes a rule that no set holds. Raises `RuleUnknown`, `PolicyChanged`, or `RuleInUse`, which names sets."""
        permissions.require(caller, "delete_rule")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            rule = await _found(tx, caller, rule_id)
            rules.check_version(wanted, rule.version)
            holders = await policies.list_names_of_holders(tx, rule, rules.MOST_SETS_TOLD + 1)
            if holders:
                raise RuleInUse("rule_id", sets=rules.told(holders))
            await policies.delete_rule(tx, rule)
            detail = {"name": rule.name, "version": rule.version, "conditions": rules.told_conditions(rule.content)}
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="rule.deleted", object_kind="rule", object_id=rule_id, detail=detail))  # fmt: skip

    async def show_rule(self, caller: Caller, rule_id: str, project_id: str | None = None) -> Rule:
        """A rule of the tenant. A project, which narrows nothing here, must be one of the caller's.

        Raises `RuleUnknown`, `NotYourTenant`.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            if project_id is not None:
                await check_project(tx, caller, "cloud_project_id", project_id)
            return await _found(tx, caller, rule_id)

    async def list_rules(self, caller: Caller, query: RuleQuery, paging: Paging) -> Page[RuleSummary]:
        """The tenant's rules, or those that a project's sets apply; latest change first. Raises `NotYourTenant`."""
        async with self._database.transaction(caller.tenant_id) as tx:
            if query.project_id is not None:
                await check_project(tx, caller, "cloud_project_id", query.project_id)
            return await policies.list_rules(tx, caller.tenant_id, query, paging)

    async def _checked_plugin(self, caller: Caller, spec: RuleSpec) -> RuleSpec:
        """The same rule, with the plug-in and version that it is about; what it asks of them they declare."""
        name = spec.plugin_name or spec.plugin_id
        if not name:
            raise MissingField("plugin_name")
        if spec.plugin_version:
            versions.parse("plugin_version", spec.plugin_version)
        try:
            found = await self._catalogue.detail(caller, name, spec.plugin_version or None)
        except VersionUnknown as error:
            raise VersionUnknown("plugin_version", **error.facts) from error
        rules.check_metrics(spec.content, name, found.version, found.metrics)
        return replace(
            spec,
            plugin_id=spec.plugin_id or name,
            plugin_name=name,
            plugin_version=found.version if spec.plugin_version else "",
            layout_content=spec.layout_content or "",
        )


async def check_project(tx: Transaction, caller: Caller, field: str, project_id: str) -> None:
    """Raises `NotYourTenant` unless the project is one of the caller's tenant, and the one that the credential is for."""
    if caller.project_id not in (None, project_id) or not is_id(project_id):
        raise NotYourTenant(field)
    if await access.find_project(tx, caller.tenant_id, id=project_id) is None:
        raise NotYourTenant(field)


async def _found(tx: Transaction, caller: Caller, rule_id: str) -> Rule:
    found = await policies.find_rules(tx, caller.tenant_id, [rule_id]) if is_id(rule_id) else {}
    if rule_id not in found:
        raise RuleUnknown("rule_id")
    return found[rule_id]


def _completed(spec: RuleSpec, before: Rule) -> RuleSpec:
    """With what the rule says already, where nothing is said; of another plug-in every version is meant then."""
    if spec.plugin_name is None and spec.plugin_id is None:
        spec = replace(spec, plugin_id=before.plugin_id, plugin_name=before.plugin_name)
    if spec.plugin_version is None and (spec.plugin_name or spec.plugin_id) == before.plugin_name:
        spec = replace(spec, plugin_version=before.plugin_version)
    return spec if spec.layout_content is not None else replace(spec, layout_content=before.layout_content)


def _spec_of(rule: Rule) -> RuleSpec:
    return RuleSpec(**{name: getattr(rule, name) for name in RuleSpec.__struct_fields__})
