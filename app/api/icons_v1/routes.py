"""`/v1/{domain_id}/common/*` (CodeArts Pipeline API Reference 2023-11-30, 4.9.9, 4.9.10), and the path they answer.

That path, `/api/v1/{domain_id}/common/get-plugin-icon`, appears in the contract's examples only.
"""

from typing import Annotated, Any

from litestar import Controller, MediaType, Request, Response, get, post
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter

from app.api.icons_v1 import translate
from app.api.operations import operation
from app.api.parameters import bounded
from app.api.streaming import form_file
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.icons import IconKind
from schemas.wire.text import Code, Label

NameQuery = Annotated[Label, bounded(Label, query="plugin_name", description="The plug-in, which need not exist yet.")]
EnglishNameQuery = Annotated[
    Label, bounded(Label, query="publisher_en_name", description="The publisher, which need not exist yet.")
]
IconType = Annotated[
    Code | None, bounded(Code, query="icon_type", description="`plugin` or `publish`, as in the path.")
]
ObjectKey = Annotated[
    str, QueryParameter(name="object_key", min_length=1, max_length=512, description="As in the path.")
]
IfNoneMatch = Annotated[
    str, HeaderParameter(name="If-None-Match", max_length=4096, description="ETags of what the client has.")
]


class IconUploadController(Controller):
    """Pictures come in as the form part `upload_file`: PNG, JPEG, WEBP or GIF, up to 1 MiB."""

    path = "/v1/{domain_id:str}/common"
    tags = ("Icons",)
    media_type = MediaType.TEXT
    request_max_body_size = None  # the intake bounds what it takes

    @post("/upload-plugin-icon", **operation("upload_plugin_icon"))
    async def upload_plugin_icon(
        self, request: Request[Any, Any, Any], caller: Caller, registry: Registry, plugin_name: NameQuery = ""
    ) -> str:
        """Upload the icon of a plug-in. The answer is its path, which the plug-in's `icon_url` may be.

        A plug-in of that name that the caller may change shows it at once.
        """
        async with form_file(request, "upload_file") as file:
            icon = await registry.icons.upload(caller, IconKind.PLUGIN, plugin_name, file.name, file.body)
        return icon.path

    @post("/upload-publisher-icon", **operation("upload_publisher_icon"))
    async def upload_publisher_icon(
        self,
        request: Request[Any, Any, Any],
        caller: Caller,
        registry: Registry,
        publisher_en_name: EnglishNameQuery = "",
    ) -> str:
        """Upload the icon of a publisher. The answer is its path, which the publisher's `logo_url` may be.

        A publisher of that English name shows it at once.
        """
        async with form_file(request, "upload_file") as file:
            icon = await registry.icons.upload(caller, IconKind.PUBLISHER, publisher_en_name, file.name, file.body)
        return icon.path


@get(
    "/api/v1/{domain_id:str}/common/get-plugin-icon",
    **operation("show_icon", any_domain=True),
    tags=["Icons"],
    responses={
        200: ResponseSpec(
            data_container=bytes, description="The picture.", generate_examples=False, media_type="image/*"
        ),
        304: ResponseSpec(None, generate_examples=False, description="The client has it already."),
    },
)
async def show_icon(
    domain_id: str,
    object_key: ObjectKey,
    caller: Caller,
    registry: Registry,
    icon_type: IconType = None,
    if_none_match: IfNoneMatch = "",
) -> Response[bytes]:
    """Show an icon of the own tenant, or of what everybody sees; `domain_id` may be `*`."""
    icon = await registry.icons.find(caller, domain_id, object_key, icon_type)
    headers = translate.to_headers(icon)
    if translate.has_it(if_none_match, icon):
        return Response(b"", status_code=304, headers=headers)
    return Response(await registry.icons.read(icon), media_type=icon.media_type, headers=headers)
