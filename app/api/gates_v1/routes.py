"""`/plugport/v1/gates/*`: the sets of projects, and verdicts about runs."""

from litestar import Controller, delete, get, post, put

from app.api.gates_v1 import translate
from app.api.operations import operation
from app.api.parameters import IfVersion
from app.registry import Registry
from schemas.model.access import Caller
from schemas.wire import gates_v1 as wire
from schemas.wire.policy_shapes import SwitchRequest


class GatesController(Controller):
    """What the contract leaves open: it reads the sets of projects only, and judges nothing."""

    path = "/plugport/v1/gates"
    tags = ("Quality gates",)

    @post("/rule-sets", **operation("create_project_rule_set", status=201))
    async def create(
        self, data: wire.ProjectRuleSetRequest, caller: Caller, registry: Registry
    ) -> wire.ProjectRuleSetDone:
        """Make a set of a project: with rules of its own, inheriting from a set of the account, or both."""
        spec = translate.to_spec(data)
        return translate.to_done(await registry.rule_sets.create(caller, data.kind, data.project_id, spec))

    @get("/rule-sets/{rule_set_id:str}", **operation("show_project_rule_set"))
    async def show(self, rule_set_id: str, caller: Caller, registry: Registry) -> wire.ProjectRuleSet:
        """Show a set of a project as it was made, to be changed. The contract's `gray/detail` shows what it applies."""
        return translate.to_project_set(await registry.rule_sets.show_own(caller, rule_set_id))

    @put("/rule-sets/{rule_set_id:str}", **operation("update_project_rule_set"))
    async def update(
        self,
        rule_set_id: str,
        data: wire.ProjectRuleSetChange,
        caller: Caller,
        registry: Registry,
        if_match: IfVersion = None,
    ) -> wire.ProjectRuleSetDone:
        """Change a set of a project; what is absent stays."""
        spec = translate.to_spec(data)
        return translate.to_done(await registry.rule_sets.update(caller, "project", None, rule_set_id, spec, if_match))

    @delete("/rule-sets/{rule_set_id:str}", **operation("delete_project_rule_set", status=204))
    async def delete(self, rule_set_id: str, caller: Caller, registry: Registry, if_match: IfVersion = None) -> None:
        """Delete a set of a project. A set of the account from which it inherited applies by itself from then on."""
        await registry.rule_sets.delete(caller, "project", None, rule_set_id, if_match)

    @put("/rule-sets/{rule_set_id:str}/switch", **operation("switch_project_rule_set"))
    async def switch(
        self, rule_set_id: str, data: SwitchRequest, caller: Caller, registry: Registry, if_match: IfVersion = None
    ) -> wire.ProjectRuleSetDone:
        """Enable or disable a set of a project."""
        return translate.to_done(
            await registry.rule_sets.switch(caller, "project", None, rule_set_id, data.is_valid, if_match)
        )

    @post("/verdict", **operation("judge_run"))
    async def judge(self, data: wire.VerdictRequest, caller: Caller, registry: Registry) -> wire.VerdictTold:
        """Judge what the plug-ins of a run reported, set by set, with every reason. Nothing is kept of it.

        What was not reported does not pass. A set of the account that an enabled set of the project inherits from is applied
        by that one. Numbers are compared as they are written, to the last digit.
        """
        reports = translate.to_reports(data.reports)
        return translate.to_verdict(await registry.rule_sets.judge(caller, data.project_id, data.rule_set_ids, reports))
