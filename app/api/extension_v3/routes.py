"""`/v3/{domain_id}/extension/*` (CodeArts Pipeline API Reference 2023-11-30, 4.9.26-4.9.30)."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.params import QueryParameter

from app.api.extension_v3 import translate
from app.api.operations import operation
from app.api.parameters import bounded
from app.api.plugin_words import to_facts
from app.api.streaming import form_file
from app.registry import Registry
from schemas.model.access import Caller
from schemas.wire import extension_v3 as wire
from schemas.wire.plugin_shapes import PluginInfoRequest
from schemas.wire.text import BusinessTypeFilter, Code, PluginName, VersionNumber

PluginNameQuery = Annotated[PluginName, bounded(PluginName, query="plugin_name", description="The plug-in.")]
VersionQuery = Annotated[VersionNumber, bounded(VersionNumber, query="version")]


class ExtensionController(Controller):
    """Basic plug-ins. Changes answer the bare JSON value `true`."""

    path = "/v3/{domain_id:str}/extension"
    tags = ("Basic plug-ins",)

    @post("/info/add", **operation("create_basic_plugin"))
    async def add(self, data: PluginInfoRequest, caller: Caller, registry: Registry) -> bool:
        """Announce a basic plug-in, which has no version yet."""
        await registry.plugins.add_basic(caller, data.plugin_name, to_facts(data))
        return True

    @post("/info/update", **operation("update_basic_plugin"))
    async def update(self, data: PluginInfoRequest, caller: Caller, registry: Registry) -> bool:
        """Change what a basic plug-in is called and looks like."""
        await registry.plugins.update_facts(caller, data.plugin_name, to_facts(data))
        return True

    @delete("/info/delete", **operation("delete_basic_plugin"))
    async def remove(
        self,
        plugin_name: PluginNameQuery,
        caller: Caller,
        registry: Registry,
        which: Annotated[Code, bounded(Code, query="type", description="`all`: every version.")] = "",
        version: VersionQuery = "",
    ) -> bool:
        """Delete a plug-in with all versions (`type=all`, or neither type nor version), or one version."""
        await registry.plugins.delete(caller, plugin_name, translate.to_deleted(which, version))
        return True

    @post(
        "/upload",
        **operation("upload_basic_plugin"),
        request_max_body_size=None,  # the reader bounds what it takes
    )
    async def upload(
        self,
        request: Request[Any, Any, Any],
        plugin_name: PluginNameQuery,
        caller: Caller,
        registry: Registry,
        business_type: Annotated[
            BusinessTypeFilter, QueryParameter(description="Empty: the manifest's category.")
        ] = "",
    ) -> bool:
        """Upload a package (form part `upload_file`), which becomes a released version.

        The same bytes again are a success. Other bytes under a released number are refused.
        """
        async with form_file(request, "upload_file") as file:
            await registry.packages.upload(caller, plugin_name, business_type or None, file.body)
        return True

    @get("/detail", **operation("show_basic_plugin"))
    async def detail(
        self, plugin_name: PluginNameQuery, caller: Caller, registry: Registry, version: VersionQuery = ""
    ) -> wire.ExtensionDetail:
        """Show a version as its manifest describes it, or the current one."""
        return translate.to_detail(await registry.catalogue.detail(caller, plugin_name, version or None))
