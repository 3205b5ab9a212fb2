"""`/plugport/v1/plugins/{plugin_name}/versions/{version}/*`, `/plugport/v1/contracts/*`: what versions take and give."""

from typing import Annotated, Any

from litestar import Controller, Response, delete, get, post, put
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from app.api.contracts_v1 import translate
from app.api.operations import operation
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.contracts import AskedValues
from schemas.wire import contracts_v1 as wire

IfNoneMatch = Annotated[
    str, HeaderParameter(name="If-None-Match", max_length=4096, description="ETags of what the client has.")
]
Before = Annotated[
    str | None,
    QueryParameter(
        name="from",
        min_length=1,
        max_length=128,
        description="The version to compare with; without it the greatest released number below, pre-releases apart.",
    ),
]
_SAME = ResponseSpec(None, generate_examples=False, description="The client has it already.")
_SCRIPT = ResponseSpec(bytes, generate_examples=False, description="The script.", media_type="text/javascript")
_PAGE = ResponseSpec(
    bytes, generate_examples=False, description="The page, its script or its style.", media_type="text/html"
)
_META_SCHEMA = ResponseSpec(
    dict[str, Any], generate_examples=False, description="The schema.", media_type="application/schema+json"
)


class ContractsController(Controller):
    """Inputs, outputs and metrics as contracts that values are judged by."""

    path = "/plugport/v1"
    tags = ("Contracts",)

    @get("/plugins/{plugin_name:str}/versions/{version:str}/contract", **operation("show_contract"))
    async def show(self, plugin_name: str, version: str, caller: Caller, registry: Registry) -> wire.VersionContract:
        """Show what a version takes and gives: as it was written, in the other form, and as it is meant."""
        return translate.to_version_contract(await registry.contracts.show(caller, plugin_name, version))

    @get(
        "/plugins/{plugin_name:str}/versions/{version:str}/contract/difference", **operation("show_contract_difference")
    )
    async def difference(
        self, plugin_name: str, version: str, caller: Caller, registry: Registry, before: Before = None
    ) -> wire.VersionDifference:
        """Show what a version, or a draft, changes for those who use an earlier one, and whether its number says so.

        A break comes with values that show it. A release whose number promises less than it changes is refused.
        """
        return translate.to_difference(await registry.changes.show(caller, plugin_name, version, before))

    @put(
        "/plugins/{plugin_name:str}/versions/{version:str}/contract/allowance",
        **operation("allow_broken_promise", status=204),
    )
    async def allow(
        self, plugin_name: str, version: str, data: wire.AllowanceRequest, caller: Caller, registry: Registry
    ) -> None:
        """Let a number promise less than its version changes. The version need not be there yet; the reason is recorded."""
        await registry.changes.allow(caller, plugin_name, version, data.reason)

    @delete(
        "/plugins/{plugin_name:str}/versions/{version:str}/contract/allowance",
        **operation("withdraw_broken_promise", status=204),
    )
    async def withdraw(self, plugin_name: str, version: str, caller: Caller, registry: Registry) -> None:
        """Take that back. What was released meanwhile stays."""
        await registry.changes.withdraw(caller, plugin_name, version)

    @post("/plugins/{plugin_name:str}/versions/{version:str}/values", **operation("judge_values"))
    async def judge(
        self, plugin_name: str, version: str, data: wire.ValuesRequest, caller: Caller, registry: Registry
    ) -> wire.Judged:
        """Judge values for a version: every fault, defaults filled in, and what is shown and enabled. Nothing is kept."""
        asked = AskedValues(plugin_name=plugin_name, version=version, values=data.values)
        return translate.to_judged(await registry.contracts.judge(caller, asked, data.language))

    @post("/contracts/values", **operation("judge_value_batch"))
    async def judge_each(self, data: wire.BatchRequest, caller: Caller, registry: Registry) -> wire.BatchJudged:
        """Judge values for several versions at once. The check of all of them together is bounded."""
        judged = await registry.contracts.judge_each(
            caller, [translate.to_asked(each) for each in data.items], data.language
        )
        return wire.BatchJudged(items=[None if each is None else translate.to_judged(each) for each in judged])

    @post("/contracts/trial", **operation("try_contract"))
    async def examine(self, data: wire.ContractRequest, registry: Registry) -> wire.ContractTried:
        """Try a contract before it is saved with a version: what it means, or every problem with its place."""
        definition, problems = registry.contracts.examine(translate.to_written(data))
        return wire.ContractTried(
            contract=None if definition is None else translate.to_contract(definition),
            problems=[translate.to_lost(each) for each in problems],
        )

    @post("/contracts/fit", **operation("fit_contracts"))
    async def fit(self, data: wire.FitRequest, caller: Caller, registry: Registry) -> wire.FitTold:
        """Tell whether an output of one version fits an input of another."""
        fitting = await registry.contracts.fit(caller, translate.to_part(data.output), translate.to_part(data.input))
        return wire.FitTold(fit=fitting.fit.value, reason=fitting.reason)

    @get(
        "/contracts/pages/{name:str}",
        **operation("show_contract_page", public=True),
        responses={200: _PAGE, 304: _SAME},
    )
    async def page(self, name: str, if_none_match: IfNoneMatch = "") -> Response[bytes]:
        """Show the page `difference`, on which people compare versions, or what belongs to it. It is for everybody."""
        return translate.page(name, if_none_match)

    @get(
        "/contracts/conditions.js",
        **operation("show_conditions_script", public=True),
        responses={200: _SCRIPT, 304: _SAME},
    )
    async def script(self, if_none_match: IfNoneMatch = "") -> Response[bytes]:
        """Show the script that evaluates conditions in a browser, as the server does. It is for everybody."""
        return translate.published("conditions.js", "text/javascript; charset=utf-8", if_none_match)

    @get(
        "/contracts/meta-schema",
        **operation("show_contract_meta_schema", public=True),
        responses={200: _META_SCHEMA, 304: _SAME},
    )
    async def meta_schema(self, if_none_match: IfNoneMatch = "") -> Response[bytes]:
        """Show the JSON Schema that every contract keeps. It is for everybody."""
        return translate.published("plugin-contract.schema.json", "application/schema+json", if_none_match)
