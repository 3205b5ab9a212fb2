"""`/plugport/v1/plugins/{plugin_name}/versions/{version}/*`, `/plugport/v1/packages/{sha256}`: packages on their way out."""

from typing import Any

from litestar import Controller, Response, get, head
from litestar.openapi import ResponseSpec

from app.api.downloads_v1 import translate
from app.api.operations import operation
from app.api.sending import WANTED, WANTED_OF_HEAD, sent, told
from app.registry import Registry
from app.registry.downloads.rules import MEDIA_TYPE
from schemas.model.access import Caller
from schemas.model.downloads import Wanted
from schemas.wire import downloads_v1 as wire

_BYTES = ResponseSpec(bytes, generate_examples=False, description="The package.", media_type=MEDIA_TYPE)
_NOTHING = ResponseSpec(None, generate_examples=False, description="No content.")
_ANSWERS = {200: _BYTES, 206: _BYTES, 304: _NOTHING, 307: _NOTHING}
_HEAD_ANSWERS = {200: _NOTHING, 304: _NOTHING}


class DownloadsController(Controller):
    """Packages of released versions, byte for byte as they were uploaded."""

    path = "/plugport/v1"
    tags = ("Downloads",)

    @get(
        "/plugins/{plugin_name:str}/versions/{version:str}/package",
        **operation("download_package"),
        dependencies=WANTED,
        responses=_ANSWERS,
    )
    async def download_package(
        self, plugin_name: str, version: str, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[Any]:
        """Download the package of a released version, or a range of it.

        Each piece is checked before it is sent; a transfer in which damage is found breaks off.
        """
        download = await registry.downloads.find(caller, plugin_name, version)
        return await sent(registry.downloads, caller, download, wanted)

    @head(
        "/plugins/{plugin_name:str}/versions/{version:str}/package",
        **operation("check_package", allowed_as="download_package"),
        dependencies=WANTED_OF_HEAD,
        responses=_HEAD_ANSWERS,
    )
    async def check_package(
        self, plugin_name: str, version: str, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[None]:
        """Show the size and the digest of the package of a released version."""
        return told(await registry.downloads.find(caller, plugin_name, version), wanted)

    @get(
        "/packages/{sha256:str}",
        **operation("download_package_by_digest"),
        dependencies=WANTED,
        responses=_ANSWERS,
    )
    async def download_package_by_digest(
        self, sha256: str, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[Any]:
        """Download a package by its SHA-256, if a released version that the caller may see has it.

        Each piece is checked before it is sent; a transfer in which damage is found breaks off.
        """
        download = await registry.downloads.find_by_digest(caller, sha256)
        return await sent(registry.downloads, caller, download, wanted)

    @head(
        "/packages/{sha256:str}",
        **operation("check_package_by_digest", allowed_as="download_package_by_digest"),
        dependencies=WANTED_OF_HEAD,
        responses=_HEAD_ANSWERS,
    )
    async def check_package_by_digest(
        self, sha256: str, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[None]:
        """Show the size of the package of that SHA-256."""
        return told(await registry.downloads.find_by_digest(caller, sha256), wanted)

    @get("/plugins/{plugin_name:str}/versions/{version:str}/downloads", **operation("read_download_counts"))
    async def read_download_counts(
        self, plugin_name: str, version: str, caller: Caller, registry: Registry
    ) -> wire.DownloadCounts:
        """Show how often the package of a version was downloaded, to whoever may change the plug-in.

        Whole downloads are counted, on the day (UTC) on which they ended.
        """
        return translate.to_counts(await registry.downloads.counts(caller, plugin_name, version))
