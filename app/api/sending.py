"""Packages on their way out over HTTP: conditions, ranges and digests (RFC 9110, RFC 9530), whatever the surface."""

import base64
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Protocol

from litestar import Response
from litestar.background_tasks import BackgroundTask
from litestar.di import Provide
from litestar.params import HeaderParameter
from litestar.response import Stream

from app.registry.downloads import rules
from app.registry.downloads.rules import Answer
from schemas.model.access import Caller
from schemas.model.downloads import Download, Span, Wanted

_LONGEST = 4096
_SENT_AT_ONCE = 128 * 1024  # the server below holds some of these for each slow client

UNSHOWN = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
"""Whatever the bytes are, no browser takes them for something else, or runs anything in them."""

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


WANTED = {"wanted": Provide(provide_wanted)}
WANTED_OF_HEAD = {"wanted": Provide(provide_wanted_of_head)}


class Sender(Protocol):
    """The use-cases of a noun that sends packages."""

    async def open(self, caller: Caller, download: Download, span: Span) -> AsyncGenerator[bytes, None]:
        """The bytes of the span."""
        ...

    async def address(self, download: Download) -> str | None:
        """Where the store itself gives the package."""
        ...

    async def count(self, caller: Caller, download: Download) -> None:
        """Notes a whole download."""
        ...


async def sent(sender: Sender, caller: Caller, download: Download, wanted: Wanted) -> Response[Any]:
    """The package, the range of it that is wanted, or where to get it. A whole one is counted when the last byte has gone."""
    answer = _decided(download, wanted)
    if answer.status == 304:
        return Response(None, status_code=304, headers=_headers(download, answer))
    whole = answer.span == Span(offset=0, length=download.size)
    address = await sender.address(download)
    if address is not None:
        # What the store then sends is not seen by us: a whole download counts when its address is given out. The address
        # soon opens nothing, so nobody keeps it.
        counting = BackgroundTask(sender.count, caller, download) if whole else None
        headers = {**digests(download.package.sha256), "Location": address, "Cache-Control": "no-store"}
        return Response(b"", status_code=307, headers=headers, media_type="text/plain", background=counting)
    headers = _headers(download, answer)
    if whole:
        headers["Content-Digest"] = _digest(download.package.sha256)
    going = _Going(await sender.open(caller, download, answer.span))

    async def count() -> None:
        if whole and going.gone:
            await sender.count(caller, download)

    return Stream(
        going,
        status_code=answer.status,
        headers=headers,
        media_type=download.package.media_type,
        background=BackgroundTask(count),
    )


def told(download: Download, wanted: Wanted) -> Response[None]:
    """What HEAD answers about a package."""
    answer = _decided(download, wanted)
    return Response(None, status_code=answer.status, headers=_headers(download, answer))


def digests(sha256: str) -> dict[str, str]:
    """By what the bytes are known, whatever part of them is sent."""
    return {"ETag": rules.etag(sha256), "Repr-Digest": _digest(sha256)}


def keeping(*, is_final: bool) -> dict[str, str]:
    """How long a client may keep what it got: for good, or until it has asked again. Never for others."""
    return {"Cache-Control": "private, max-age=31536000, immutable" if is_final else "private, no-cache"}


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


def _decided(download: Download, wanted: Wanted) -> Answer:
    return rules.decide(wanted, sha256=download.package.sha256, size=download.size)


def _headers(download: Download, answer: Answer) -> dict[str, str]:
    """What is said of the bytes beside the bytes."""
    package = download.package
    headers = {
        **digests(package.sha256),
        **keeping(is_final=package.is_final),
        **UNSHOWN,
        "Accept-Ranges": "bytes",
    }
    if answer.status == 304:
        return headers
    headers |= {
        "Content-Type": package.media_type,
        "Content-Length": str(answer.span.length),
        "Content-Disposition": f'attachment; filename="{package.file_name}"',
    }
    if answer.status == 206:
        first, last = answer.span.offset, answer.span.offset + answer.span.length - 1
        headers["Content-Range"] = f"bytes {first}-{last}/{download.size}"
    return headers


def _digest(sha256: str) -> str:
    """As RFC 9530 writes it."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"
