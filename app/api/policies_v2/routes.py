"""`/v2/{domain_id}/rules*`, `.../rule-sets*`, `.../open-source/rule-sets*` (CodeArts Pipeline API Reference 2023-11-30,
4.4-4.8)."""

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.params import QueryParameter

from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.parameters import IfVersion, bounded
from app.api.policies_v2 import translate
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.policies import RuleQuery
from schemas.paging import Paging
from schemas.wire import policies_v2 as wire
from schemas.wire.policy_shapes import SwitchRequest
from schemas.wire.text import BusinessTypeFilter, IdOrEmpty, Label, SearchText

NameQuery = Annotated[SearchText, bounded(SearchText, query="name", description="A part of the name, in any case.")]
TypeQuery = Annotated[BusinessTypeFilter, QueryParameter(name="type", description="Of this type; empty: of any.")]
SetTypeQuery = Annotated[
    BusinessTypeFilter, QueryParameter(name="type", description="Those that hold a rule of this type; empty: all.")
]
ValidQuery = Annotated[
    wire.Switch, QueryParameter(name="is_valid", description="Enabled ones or disabled ones; empty: both.")
]
TenantQuery = Annotated[
    wire.Switch,
    QueryParameter(
        name="include_tenant_rule_set",
        description="Whether those of the whole account are listed. Empty: yes in lists of the account, no in a project's.",
    ),
]
CreatorQuery = Annotated[
    Label, bounded(Label, query="creator_name", description="The name of the user who made it; empty: of any.")
]
RuleProjectQuery = Annotated[
    IdOrEmpty,
    bounded(IdOrEmpty, query="cloud_project_id", description="Those that this project's own sets apply; empty: all."),
]
OwnProjectQuery = Annotated[
    IdOrEmpty,
    bounded(IdOrEmpty, query="cloud_project_id", description="A project of the caller's; it narrows nothing."),
]
SetProjectQuery = Annotated[
    IdOrEmpty, bounded(IdOrEmpty, query="cloud_project_id", description="A project whose own sets are found, too.")
]


class RulesController(Controller):
    """What plug-ins have to report."""

    path = "/v2/{domain_id:str}/rules"
    tags = ("Quality gates",)

    @get("/{rule_id:str}/detail", **operation("show_rule"))
    async def show(
        self, rule_id: str, caller: Caller, registry: Registry, project_id: OwnProjectQuery = ""
    ) -> wire.RuleDetail:
        """Show a rule."""
        return translate.to_rule_detail(await registry.policies.show_rule(caller, rule_id, project_id or None))

    @get("/query", **operation("list_rule"))
    async def list_rules(
        self,
        caller: Caller,
        registry: Registry,
        project_id: RuleProjectQuery = "",
        kind: TypeQuery = "",
        name: NameQuery = "",
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> wire.RulePage:
        """List rules, latest change first."""
        query = RuleQuery(kind=kind or None, text=name or None, project_id=project_id or None)
        found = await registry.policies.list_rules(caller, query, Paging(offset=offset, limit=limit))
        return translate.to_rule_page(found)

    @post("/create", **operation("create_rule"))
    async def create(self, data: wire.RuleRequest, caller: Caller, registry: Registry) -> wire.RuleDone:
        """Make a rule over metrics that a version of a plug-in declares."""
        rule = await registry.policies.create_rule(caller, translate.to_rule_spec(data))
        return wire.RuleDone(rule_id=rule.id)

    @put("/{rule_id:str}/update", **operation("update_rule"))
    async def update(
        self, rule_id: str, data: wire.RuleRequest, caller: Caller, registry: Registry, if_match: IfVersion = None
    ) -> wire.RuleDone:
        """Change a rule, for every set that holds it. A plug-in that is not spoken of stays."""
        rule = await registry.policies.update_rule(caller, rule_id, translate.to_rule_spec(data), if_match)
        return wire.RuleDone(rule_id=rule.id)

    @delete("/{rule_id:str}/delete", **operation("delete_rule"))
    async def delete(
        self, rule_id: str, caller: Caller, registry: Registry, if_match: IfVersion = None
    ) -> wire.Deleted:
        """Delete a rule that no set holds."""
        await registry.policies.delete_rule(caller, rule_id, if_match)
        return wire.Deleted()


class RuleSetsController(Controller):
    """Which rules apply: in all projects of the account, or in one."""

    path = "/v2"
    tags = ("Quality gates",)

    @post("/{domain_id:str}/tenant/rule-sets/create", **operation("create_strategy"))
    async def create(self, data: wire.CreateRuleSetRequest, caller: Caller, registry: Registry) -> wire.RuleSetDone:
        """Make a set of rules for all projects of the account."""
        made = await registry.rule_sets.create(caller, "metrics", None, translate.to_new_set(data))
        return wire.RuleSetDone(rule_set_id=made.id)

    @put("/{domain_id:str}/tenant/rule-sets/{rule_set_id:str}/update", **operation("update_strategy"))
    async def update(
        self,
        rule_set_id: str,
        data: wire.UpdateRuleSetRequest,
        caller: Caller,
        registry: Registry,
        if_match: IfVersion = None,
    ) -> wire.RuleSetDone:
        """Change the name or the rules of a set of the account."""
        spec = translate.to_changed_set(data)
        changed = await registry.rule_sets.update(caller, "tenant", "metrics", rule_set_id, spec, if_match)
        return wire.RuleSetDone(rule_set_id=changed.id)

    @get("/{domain_id:str}/tenant/rule-sets/{rule_set_id:str}/detail", **operation("show_strategy"))
    async def show(
        self, rule_set_id: str, caller: Caller, registry: Registry, project_id: SetProjectQuery = ""
    ) -> wire.RuleSetDetail:
        """Show a set of the account with its rules as they are now."""
        found = await registry.rule_sets.show(
            caller, "metrics", rule_set_id, of_tenant=True, project_id=project_id or None
        )
        return translate.to_set_detail(found)

    @get("/{domain_id:str}/tenant/rule-sets/query", **operation("list_strategy"))
    async def list_sets(
        self,
        caller: Caller,
        registry: Registry,
        include_tenant_rule_set: TenantQuery = "",
        name: NameQuery = "",
        is_valid: ValidQuery = "",
        kind: SetTypeQuery = "",
        project_id: SetProjectQuery = "",
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> wire.RuleSetPage:
        """List sets of the account and, where one is named, of a project; latest change first."""
        of_tenant = translate.to_switch(include_tenant_rule_set, True)
        query = translate.to_query(
            "metrics", of_tenant=of_tenant, project_id=project_id, name=name, is_valid=is_valid, rule_kind=kind
        )
        return translate.to_set_page(
            await registry.rule_sets.list_page(caller, query, Paging(offset=offset, limit=limit))
        )

    @delete("/{domain_id:str}/tenant/rule-sets/{rule_set_id:str}/delete", **operation("delete_strategy"))
    async def delete(
        self, rule_set_id: str, caller: Caller, registry: Registry, if_match: IfVersion = None
    ) -> wire.Deleted:
        """Delete a set of the account from which none inherits. Its rules stay."""
        await registry.rule_sets.delete(caller, "tenant", "metrics", rule_set_id, if_match)
        return wire.Deleted()

    @put("/{domain_id:str}/tenant/rule-sets/{rule_set_id:str}/switch", **operation("switch_strategy"))
    async def switch(
        self, rule_set_id: str, data: SwitchRequest, caller: Caller, registry: Registry, if_match: IfVersion = None
    ) -> wire.RuleSetDone:
        """Enable or disable a set of the account, and with it what projects inherit from it."""
        changed = await registry.rule_sets.switch(caller, "tenant", "metrics", rule_set_id, data.is_valid, if_match)
        return wire.RuleSetDone(rule_set_id=changed.id)

    @get("/{project_id:str}/rule-sets/query", **operation("list_project_strategy"))
    async def list_of_project(
        self,
        project_id: str,
        caller: Caller,
        registry: Registry,
        include_tenant_rule_set: TenantQuery = "",
        name: NameQuery = "",
        is_valid: ValidQuery = "",
        kind: SetTypeQuery = "",
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> wire.RuleSetPage:
        """List sets of a project and, if wanted, of the account; latest change first."""
        of_tenant = translate.to_switch(include_tenant_rule_set, False)
        query = translate.to_query(
            "metrics", of_tenant=of_tenant, project_id=project_id, name=name, is_valid=is_valid, rule_kind=kind
        )
        return translate.to_set_page(
            await registry.rule_sets.list_page(caller, query, Paging(offset=offset, limit=limit))
        )

    @get("/{project_id:str}/rule-sets/{rule_set_id:str}/gray/detail", **operation("show_project_strategy"))
    async def show_of_project(
        self, project_id: str, rule_set_id: str, caller: Caller, registry: Registry
    ) -> wire.RuleSetDetail:
        """Show a set of a project, or of the account, with everything that it applies: what it inherits first."""
        found = await registry.rule_sets.show(caller, "metrics", rule_set_id, of_tenant=True, project_id=project_id)
        return translate.to_set_detail(found)


class OpenSourceController(Controller):
    """Which open-source components may be used. Policies are kept here; scanners apply them."""

    path = "/v2"
    tags = ("Quality gates",)

    @post("/{domain_id:str}/tenant/open-source/rule-sets/create", **operation("create_tenant_open_source_rule_set"))
    async def create(self, data: wire.CreateOpenSourceRequest, caller: Caller, registry: Registry) -> wire.RuleSetDone:
        """Make an open-source policy for all projects of the account."""
        made = await registry.rule_sets.create(caller, "open-source", None, translate.to_new_policy(data))
        return wire.RuleSetDone(rule_set_id=made.id)

    @put(
        "/{domain_id:str}/tenant/open-source/rule-sets/{rule_set_id:str}/update",
        **operation("update_tenant_open_source_rule_set"),
    )
    async def update(
        self,
        rule_set_id: str,
        data: wire.UpdateOpenSourceRequest,
        caller: Caller,
        registry: Registry,
        if_match: IfVersion = None,
    ) -> wire.RuleSetDone:
        """Change an open-source policy of the account. A parent that is not spoken of stays."""
        spec = translate.to_changed_policy(data)
        changed = await registry.rule_sets.update(caller, "tenant", "open-source", rule_set_id, spec, if_match)
        return wire.RuleSetDone(rule_set_id=changed.id)

    @get(
        "/{domain_id:str}/tenant/open-source/rule-sets/{rule_set_id:str}/detail",
        **operation("show_tenant_open_source_rule_set"),
    )
    async def show(self, rule_set_id: str, caller: Caller, registry: Registry) -> wire.OpenSourceDetail:
        """Show an open-source policy of the account."""
        found = await registry.rule_sets.show(caller, "open-source", rule_set_id, of_tenant=True, project_id=None)
        return translate.to_policy_detail(found)

    @get("/{domain_id:str}/tenant/open-source/rule-sets/query", **operation("list_tenant_open_source_rule_sets"))
    async def list_policies(
        self,
        caller: Caller,
        registry: Registry,
        name: NameQuery = "",
        creator_name: CreatorQuery = "",
        offset: Offset = 0,
        limit: Limit = 15,
    ) -> wire.OpenSourcePage:
        """List open-source policies of the account, latest change first."""
        query = translate.to_query("open-source", of_tenant=True, project_id=None, name=name, creator_name=creator_name)
        found = await registry.rule_sets.list_page(caller, query, Paging(offset=offset, limit=limit))
        return translate.to_policy_page(found)

    @delete(
        "/{domain_id:str}/tenant/open-source/rule-sets/{rule_set_id:str}/delete",
        **operation("delete_tenant_open_source_rule_set"),
    )
    async def delete(
        self, rule_set_id: str, caller: Caller, registry: Registry, if_match: IfVersion = None
    ) -> wire.Deleted:
        """Delete an open-source policy of the account from which none is taken."""
        await registry.rule_sets.delete(caller, "tenant", "open-source", rule_set_id, if_match)
        return wire.Deleted()

    @put(
        "/{domain_id:str}/tenant/open-source/rule-sets/{rule_set_id:str}/switch",
        **operation("switch_tenant_open_source_rule_set"),
    )
    async def switch(
        self, rule_set_id: str, data: SwitchRequest, caller: Caller, registry: Registry, if_match: IfVersion = None
    ) -> wire.RuleSetDone:
        """Enable or disable an open-source policy of the account."""
        changed = await registry.rule_sets.switch(caller, "tenant", "open-source", rule_set_id, data.is_valid, if_match)
        return wire.RuleSetDone(rule_set_id=changed.id)

    @get(
        "/{project_id:str}/open-source/rule-sets/{rule_set_id:str}/detail",
        **operation("show_project_open_source_rule_set"),
    )
    async def show_of_project(
        self, project_id: str, rule_set_id: str, caller: Caller, registry: Registry
    ) -> wire.OpenSourceDetail:
        """Show an open-source policy of a project, or of the account."""
        found = await registry.rule_sets.show(caller, "open-source", rule_set_id, of_tenant=True, project_id=project_id)
        return translate.to_policy_detail(found)

    @get("/{project_id:str}/open-source/rule-sets/query", **operation("list_project_open_source_rule_sets"))
    async def list_of_project(
        self,
        project_id: str,
        caller: Caller,
        registry: Registry,
        include_tenant_rule_set: TenantQuery = "",
        name: NameQuery = "",
        creator_name: CreatorQuery = "",
        offset: Offset = 0,
        limit: Limit = 15,
    ) -> wire.OpenSourcePage:
        """List open-source policies of a project and, if wanted, of the account; latest change first."""
        of_tenant = translate.to_switch(include_tenant_rule_set, False)
        query = translate.to_query(
            "open-source", of_tenant=of_tenant, project_id=project_id, name=name, creator_name=creator_name
        )
        found = await registry.rule_sets.list_page(caller, query, Paging(offset=offset, limit=limit))
        return translate.to_policy_page(found)
