"""`/plugport/v1/plugins/{plugin_name}/versions/{version}/*`, `/plugport/v1/packages/{sha256}`: packages on their way out."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any

from litestar import Controller, Response, get, head
from litestar.background_tasks import BackgroundTask
from litestar.di import Provide
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter
from litestar.response import Stream

from app.api.downloads_v1 import translate
from app.api.operations import operation
from app.registry import Registry
from app.registry.downloads import rules
from app.registry.downloads.rules import Answer
from schemas.model.access import Caller
from schemas.model.downloads import Download, Span, Wanted
from schemas.wire import downloads_v1 as wire

_LONGEST = 4096
_SENT_AT_ONCE = 128 * 1024  # the server below holds some of these for each slow client
_BYTES = ResponseSpec(bytes, generate_examples=False, description="The package.", media_type=translate.MEDIA_TYPE)
_NOTHING = ResponseSpec(None, generate_examples=False, description="No content.")
_ANSWERS = {200: _BYTES, 206: _BYTES, 304: _NOTHING, 307: _NOTHING}
_HEAD_ANSWERS = {200: _NOTHING, 304: _NOTHING}

IfMatch = Annotated[
    str | None,
    HeaderParameter(name="If-Match", max_length=_LONGEST, description="ETags one of which must be this one."),
]
IfNoneMatch = Annotated[
    str | None, HeaderParameter(name="If-None-Match", max_length=_LONGEST, description="ETags of what the client has.")
]
Range = Annotated[
    str | None,
    HeaderParameter(name="Range", max_length=_LONGEST, description="One range of bytes. Several: the whole is sent."),
]
IfRange = Annotated[
    str | None,
    HeaderParameter(name="If-Range", max_length=_LONGEST, description="The ETag for which the range holds."),
]


async def provide_wanted(
    if_match: IfMatch = None, if_none_match: IfNoneMatch = None, range_: Range = None, if_range: IfRange = None
) -> Wanted:
    """The dependency `wanted`: what the request's headers say of the bytes."""
    return Wanted(if_match=if_match, if_none_match=if_none_match, range=range_, if_range=if_range)


async def provide_wanted_of_head(if_match: IfMatch = None, if_none_match: IfNoneMatch = None) -> Wanted:
    """The same for HEAD, for which RFC 9110 defines no ranges."""
    return Wanted(if_match=if_match, if_none_match=if_none_match)


_GET = {"wanted": Provide(provide_wanted)}
_HEAD = {"wanted": Provide(provide_wanted_of_head)}


class DownloadsController(Controller):
    """Packages of released versions, byte for byte as they were uploaded."""

    path = "/plugport/v1"
    tags = ("Downloads",)

    @get(
        "/plugins/{plugin_name:str}/versions/{version:str}/package",
        **operation("download_package"),
        dependencies=_GET,
        responses=_ANSWERS,
    )
    async def download_package(
        self, plugin_name: str, version: str, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[Any]:
        """Download the package of a released version, or a range of it.

        Each piece is checked before it is sent; a transfer in which damage is found breaks off.
        """
        return await _sent(registry, caller, await registry.downloads.find(caller, plugin_name, version), wanted)

    @head(
        "/plugins/{plugin_name:str}/versions/{version:str}/package",
        **operation("check_package", allowed_as="download_package"),
        dependencies=_HEAD,
        responses=_HEAD_ANSWERS,
    )
    async def check_package(
        self, plugin_name: str, version: str, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[None]:
        """Show the size and the digest of the package of a released version."""
        return _told(await registry.downloads.find(caller, plugin_name, version), wanted)

    @get(
        "/packages/{sha256:str}",
        **operation("download_package_by_digest"),
        dependencies=_GET,
        responses=_ANSWERS,
    )
    async def download_package_by_digest(
        self, sha256: str, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[Any]:
        """Download a package by its SHA-256, if a released version that the caller may see has it.

        Each piece is checked before it is sent; a transfer in which damage is found breaks off.
        """
        return await _sent(registry, caller, await registry.downloads.find_by_digest(caller, sha256), wanted)

    @head(
        "/packages/{sha256:str}",
        **operation("check_package_by_digest", allowed_as="download_package_by_digest"),
        dependencies=_HEAD,
        responses=_HEAD_ANSWERS,
    )
    async def check_package_by_digest(
        self, sha256: str, caller: Caller, registry: Registry, wanted: Wanted
    ) -> Response[None]:
        """Show the size of the package of that SHA-256."""
        return _told(await registry.downloads.find_by_digest(caller, sha256), wanted)

    @get("/plugins/{plugin_name:str}/versions/{version:str}/downloads", **operation("read_download_counts"))
    async def read_download_counts(
        self, plugin_name: str, version: str, caller: Caller, registry: Registry
    ) -> wire.DownloadCounts:
        """Show how often the package of a version was downloaded, to whoever may change the plug-in.

        Whole downloads are counted, on the day (UTC) on which they ended.
        """
        return translate.to_counts(await registry.downloads.counts(caller, plugin_name, version))


class _Going:
    """Pieces as they go out, and whether all of them did."""

    def __init__(self, pieces: AsyncGenerator[bytes, None]) -> None:
        self._pieces = pieces
        self.gone = False

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                for start in range(0, len(piece), _SENT_AT_ONCE):
                    yield piece[start : start + _SENT_AT_ONCE]
        self.gone = True


async def _sent(registry: Registry, caller: Caller, download: Download, wanted: Wanted) -> Response[Any]:
    answer = _decided(download, wanted)
    if answer.status == 304:
        return Response(None, status_code=304, headers=translate.to_headers(download, answer))
    whole = answer.span == Span(offset=0, length=download.size)
    address = await registry.downloads.address(download)
    if address is not None:
        # What the store then sends is not seen by us: a whole download counts when its address is given out.
        counting = BackgroundTask(registry.downloads.count, caller, download) if whole else None
        headers = translate.to_address(download, address)
        return Response(b"", status_code=307, headers=headers, media_type="text/plain", background=counting)
    headers = translate.to_headers(download, answer)
    if whole:
        headers |= translate.to_content_digest(download)
    going = _Going(await registry.downloads.open(caller, download, answer.span))

    async def count() -> None:
        if whole and going.gone:
            await registry.downloads.count(caller, download)

    return Stream(
        going,
        status_code=answer.status,
        headers=headers,
        media_type=translate.MEDIA_TYPE,
        background=BackgroundTask(count),
    )


def _told(download: Download, wanted: Wanted) -> Response[None]:
    answer = _decided(download, wanted)
    return Response(None, status_code=answer.status, headers=translate.to_headers(download, answer))


def _decided(download: Download, wanted: Wanted) -> Answer:
    return rules.decide(wanted, sha256=download.release.sha256, size=download.size)
