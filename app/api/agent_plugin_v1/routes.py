"""`/v1/{domain_id}/agent-plugin/*` (CodeArts Pipeline API Reference 2023-11-30, 4.9.1-4.9.8, 4.9.11, 4.9.17-4.9.23)."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post

from app.api.agent_plugin_v1 import translate
from app.api.operations import operation
from app.api.paging import CAPPED, Limit, Offset
from app.api.parameters import bounded
from app.api.plugin_words import to_facts
from app.registry import Registry
from app.settings import Settings
from schemas.model.access import Caller
from schemas.paging import Paging
from schemas.wire import agent_plugin_v1 as wire
from schemas.wire.plugin_shapes import PluginInfoRequest
from schemas.wire.text import PluginName, VersionNumber

PluginNameQuery = Annotated[PluginName, bounded(PluginName, query="plugin_name", description="The plug-in.")]
VersionQuery = Annotated[VersionNumber, bounded(VersionNumber, query="version")]
PartsBody = wire.PluginParts


class AgentPluginController(Controller):
    """Drafts, versions and facts of plug-ins. Changes answer the bare JSON value `true`."""

    path = "/v1/{domain_id:str}/agent-plugin"
    tags = ("Plug-ins",)

    @post("/create", **operation("create_plugin_version"))
    async def create(self, data: wire.VersionRequest, caller: Caller, registry: Registry) -> bool:
        """Create a released version; the plug-in is made when it is missing."""
        await registry.plugins.create_version(caller, translate.to_spec(data))
        return True

    @post("/create-draft", **operation("create_plugin_draft"))
    async def create_draft(self, data: wire.VersionRequest, caller: Caller, registry: Registry) -> bool:
        """Create a draft; the plug-in is made when it is missing."""
        await registry.plugins.create_draft(caller, translate.to_spec(data))
        return True

    @post("/edit-draft", **operation("update_plugin_draft"))
    async def edit_draft(self, data: wire.VersionRequest, caller: Caller, registry: Registry) -> bool:
        """Change a draft. What the request is silent of stays."""
        await registry.plugins.edit_draft(caller, translate.to_spec(data))
        return True

    @post("/publish-draft", **operation("publish_plugin_draft"))
    async def publish_draft(self, data: wire.DraftRequest, caller: Caller, registry: Registry) -> bool:
        """Release a draft. A released version never changes."""
        await registry.plugins.publish_draft(caller, data.plugin_name, data.version)
        return True

    @delete("/delete-draft", **operation("delete_plugin_draft"))
    async def delete_draft(
        self, plugin_name: PluginNameQuery, version: VersionQuery, caller: Caller, registry: Registry
    ) -> bool:
        """Discard a draft."""
        await registry.plugins.delete_draft(caller, plugin_name, version)
        return True

    @post("/update-info", **operation("update_plugin_base_info"))
    async def update_info(self, data: PluginInfoRequest, caller: Caller, registry: Registry) -> bool:
        """Change what a plug-in is called and looks like."""
        await registry.plugins.update_facts(caller, data.plugin_name, to_facts(data))
        return True

    @post("/publish-plugin", **operation("publish_plugin"))
    async def publish(self, data: wire.PublishRequest, caller: Caller, registry: Registry) -> bool:
        """Release a plug-in to everybody under an accepted publisher."""
        await registry.plugins.publish(caller, data.plugin_name, data.version or "", data.publisher_unique_id)
        return True

    @post("/publish-plugin-bind", **operation("publish_plugin_bind"))
    async def bind(self, data: wire.PublishRequest, caller: Caller, registry: Registry) -> bool:
        """Bind a plug-in to a publisher of the tenant."""
        await registry.plugins.bind(caller, data.plugin_name, data.version or "", data.publisher_unique_id)
        return True

    @post("/query-all", **operation("list_plugins"))
    async def query_all(
        self,
        caller: Caller,
        registry: Registry,
        data: wire.PluginQuery | None = None,
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> Response[wire.PluginPage]:
        """List plug-ins, each with its current version, latest change first.

        `regex_name` is a text to look for in names, not a pattern. A text search counts to 10,000; more is said by the header
        X-Plugport-Total-Capped.
        """
        paging = Paging(offset=offset, limit=limit)
        found = await registry.catalogue.find(caller, translate.to_query(data or wire.PluginQuery()), paging)
        headers = {CAPPED: "true"} if found.capped else None
        return Response(translate.to_page(caller, found, paging), headers=headers)

    @get("/query", **operation("list_p_lugin_version"))
    async def query(
        self,
        plugin_name: PluginNameQuery,
        caller: Caller,
        registry: Registry,
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> wire.PluginPage:
        """List the versions of a plug-in, newest first."""
        paging = Paging(offset=offset, limit=limit)
        found = await registry.catalogue.versions(caller, plugin_name, paging)
        return translate.to_version_page(caller, found, paging)

    @get("/all-version", **operation("list_plugin_version_number"))
    async def all_version(
        self,
        plugin_name: PluginNameQuery,
        caller: Caller,
        registry: Registry,
        settings: Settings,
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> list[str] | wire.VersionNumberPage:
        """List the version numbers of a plug-in, newest first.

        The answer is a bare array, or with the setting PLUGPORT_ALL_VERSION_FORM=object the form that the SDK models.
        """
        paging = Paging(offset=offset, limit=limit)
        found = await registry.catalogue.versions(caller, plugin_name, paging)
        return translate.to_version_numbers(found, paging, settings.all_version_form)

    @get("/detail", **operation("show_plugin_version"))
    async def detail(
        self, plugin_name: PluginNameQuery, caller: Caller, registry: Registry, version: VersionQuery = ""
    ) -> wire.VersionDetail:
        """Show a version, or the current one."""
        return translate.to_version_detail(
            caller, await registry.catalogue.detail(caller, plugin_name, version or None)
        )

    @post("/plugin-metrics", **operation("show_plugin_metrics"))
    async def metrics(self, data: PartsBody, caller: Caller, registry: Registry) -> list[wire.PluginOutputs]:
        """Show the metrics of versions: one entry for each that is asked for."""
        found = await registry.catalogue.ask(caller, [translate.to_asked(each) for each in data])
        return [translate.to_metrics(part, version) for part, version in zip(data, found, strict=True)]

    @post("/plugin-input", **operation("show_plugin_inputs"))
    async def inputs(self, data: PartsBody, caller: Caller, registry: Registry) -> list[wire.PluginInputs]:
        """Show the inputs of versions: one entry for each that is asked for."""
        found = await registry.catalogue.ask(caller, [translate.to_asked(each) for each in data])
        return [translate.to_inputs(part, version) for part, version in zip(data, found, strict=True)]

    @post("/plugin-output", **operation("show_plugin_outputs"))
    async def outputs(self, data: PartsBody, caller: Caller, registry: Registry) -> list[wire.PluginOutputs]:
        """Show the outputs of versions: one entry for each that is asked for."""
        found = await registry.catalogue.ask(caller, [translate.to_asked(each) for each in data])
        return [translate.to_outputs(part, version) for part, version in zip(data, found, strict=True)]
