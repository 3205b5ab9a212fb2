"""`/v1/{domain_id}/relation/*` (CodeArts Pipeline API Reference 2023-11-30, 4.9.14-4.9.16)."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.params import QueryParameter

from app.api.operations import operation
from app.api.paging import CAPPED, CUT, Limit, Offset
from app.api.relation_v1 import translate
from app.registry import Registry
from schemas.model.access import Caller
from schemas.paging import Paging
from schemas.wire import relation_v1 as wire
from schemas.wire.text import PluginAttributionFilter


class RelationController(Controller):
    """What may be added to a pipeline or template. Only plug-ins with a released version are."""

    path = "/v1/{domain_id:str}/relation"
    tags = ("Pipelines",)

    @post("/stage-plugins", **operation("list_stage_plugins"))
    async def stage_plugins(
        self, caller: Caller, registry: Registry, data: wire.StagePluginsQuery | None = None
    ) -> Response[wire.StagePlugins]:
        """List the plug-ins of every category at once: the latest 200 of each. The header X-Plugport-Cut says when a category
        has more; `relation/plugins` pages through all."""
        query = translate.to_stage_query(data or wire.StagePluginsQuery())
        categories, cut = await registry.pipelines.stages(caller, query)
        return Response(translate.to_stages(caller, categories), headers={CUT: "true"} if cut else None)

    @get("/plugin/single", **operation("list_base_plugins"))
    async def single(
        self,
        caller: Caller,
        registry: Registry,
        attribution: Annotated[
            PluginAttributionFilter, QueryParameter(description="Whose plug-ins; empty: everybody's.")
        ] = "",
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> wire.BasePluginPage:
        """List basic plug-ins."""
        paging = Paging(offset=offset, limit=limit)
        found = await registry.pipelines.basic(caller, translate.to_attribution(attribution), paging)
        return translate.to_base_page(caller, found, paging)

    @post("/plugins", **operation("list_base_plugins_new_post"))
    async def plugins(
        self,
        caller: Caller,
        registry: Registry,
        data: wire.CategoryPluginsQuery | None = None,
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> Response[wire.PluginCategoryPage]:
        """List plug-ins by category. Offset, limit and total count plug-ins."""
        paging = Paging(offset=offset, limit=limit)
        query = translate.to_query(data or wire.CategoryPluginsQuery())
        found = await registry.pipelines.by_category(caller, query, paging)
        headers = {CAPPED: "true"} if found.capped else None
        return Response(translate.to_category_page(caller, found, paging), headers=headers)
