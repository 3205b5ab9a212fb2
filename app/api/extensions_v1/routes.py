"""`/plugport/v1/extensions/{publisher}/{name}/{version}/{target_platform}/{asset}`, `.../{name}/installs` and
`/plugport/v1/extension-tasks/{task_id}/icon`."""

from typing import Annotated, Any

from litestar import Controller, Response, get, head
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter

from app.api.extensions_v1 import translate
from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.sending import WANTED, WANTED_OF_HEAD, sent, told
from app.registry import Registry
from app.registry.downloads.rules import decide
from app.registry.installs.rules import MEDIA_TYPE, PACKAGE
from schemas.model.access import Caller
from schemas.model.downloads import Wanted
from schemas.model.installs import ServedAsset
from schemas.paging import Paging
from schemas.wire import extensions_v1 as wire

_BYTES = ResponseSpec(bytes, generate_examples=False, description="The package or file.", media_type=MEDIA_TYPE)
_NOTHING = ResponseSpec(None, generate_examples=False, description="No content.")
_ADDRESS = "/{publisher:str}/{name:str}/{version:str}/{target_platform:str}/{asset:str}"


TaskId = Annotated[str, PathParameter(max_length=64, description="The task, as answered to the upload.")]


class ExtensionsController(Controller):
    """Packages of extensions, byte for byte as they were uploaded, and files of them."""

    path = "/plugport/v1/extensions"
    tags = ("Downloads",)

    @get(
        _ADDRESS,
        **operation("download_extension"),
        dependencies=WANTED,
        responses={200: _BYTES, 206: _BYTES, 304: _NOTHING, 307: _NOTHING},
    )
    async def download_extension(
        self,
        publisher: str,
        name: str,
        version: str,
        target_platform: str,
        asset: str,
        caller: Caller,
        registry: Registry,
        wanted: Wanted,
    ) -> Response[Any]:
        """Download the package of an extension, a range of it, or a file of it.

        What is published goes out to everybody who is logged in, what waits for review to its own account. Each piece of a
        package is checked before it is sent; a transfer in which damage is found breaks off. A whole download is an install: one
        for each user, version and hour. Texts (`readme`, `changelog`, `license`, `manifest`, `vsixmanifest`) are `text/plain`,
        the `icon` is a picture; both are sent whole.
        """
        if asset == PACKAGE:
            download = await registry.installs.find(caller, publisher, name, version, target_platform)
            return await sent(registry.installs, caller, download, wanted)
        file = await registry.installs.asset(caller, publisher, name, version, target_platform, asset)
        return _whole(file, wanted, file.content)

    @head(
        _ADDRESS,
        **operation("check_extension", allowed_as="download_extension"),
        dependencies=WANTED_OF_HEAD,
        responses={200: _NOTHING, 304: _NOTHING},
    )
    async def check_extension(
        self,
        publisher: str,
        name: str,
        version: str,
        target_platform: str,
        asset: str,
        caller: Caller,
        registry: Registry,
        wanted: Wanted,
    ) -> Response[None]:
        """Show the size and the digest of the package of an extension, or of a file of it."""
        if asset == PACKAGE:
            return told(await registry.installs.find(caller, publisher, name, version, target_platform), wanted)
        return _whole(
            await registry.installs.asset(caller, publisher, name, version, target_platform, asset), wanted, None
        )

    @get("/{publisher:str}/{name:str}/installs", **operation("read_install_counts"))
    async def read_install_counts(
        self, publisher: str, name: str, caller: Caller, registry: Registry, offset: Offset = 0, limit: Limit = 100
    ) -> wire.InstallCounts:
        """Show how often an extension of the own account was installed: in all, and by version and day, latest first.

        Whole downloads of packages are counted, on the day (UTC) on which they ended; a user's second one of a version within an
        hour is none.
        """
        paging = Paging(offset=offset, limit=limit)
        return translate.to_counts(await registry.installs.counts(caller, publisher, name, paging), paging)


class ExtensionTasksController(Controller):
    """Files of packages that are about to be published, or were."""

    path = "/plugport/v1/extension-tasks"
    tags = ("Downloads",)

    @get(
        "/{task_id:str}/icon",
        **operation("show_task_icon", publisher_token=True),
        dependencies=WANTED_OF_HEAD,
        responses={200: _BYTES, 304: _NOTHING},
    )
    async def show_task_icon(
        self, task_id: TaskId, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[Any]:
        """Show the icon of an uploaded package, to whoever may see what its checks say.

        It is sent whole, as the picture that it is. Until the package is published nobody keeps it.
        """
        icon = await registry.extensions.icon(caller, task_id)
        return _whole(icon, wanted, icon.content)


def _whole(file: ServedAsset, wanted: Wanted, content: bytes | None) -> Response[Any]:
    """A file of a package, which is small and has no ranges; `content` is what GET sends of it."""
    whole = Wanted(if_match=wanted.if_match, if_none_match=wanted.if_none_match)
    answer = decide(whole, sha256=file.sha256, size=len(file.content))
    headers = translate.to_headers(file, answer)
    return Response(None if answer.status == 304 else content, status_code=answer.status, headers=headers)
