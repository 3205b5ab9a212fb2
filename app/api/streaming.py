"""Request bodies that are not held in memory: bounded in time for every route, and read piece by piece from forms."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from schemas.errors import BodyInterrupted, MalformedBody, MissingField

# Beside the file: how many parts, and how many bytes in all of them, headers and borders.
_MAX_PARTS = 32
_MAX_OTHER_BYTES = 256 * 1024
_MAX_TEXT_BYTES = 64 * 1024


class BodyDeadline:
    """An ASGI application that gives up a request whose body stands still, with `BodyInterrupted`."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        complete = scope["type"] != ScopeType.HTTP

        async def timely() -> Any:
            nonlocal complete
            if complete:
                return await receive()
            try:
                async with asyncio.timeout(self._seconds):
                    message = await receive()
            except TimeoutError as error:
                raise BodyInterrupted from error
            if message["type"] == "http.disconnect":
                raise BodyInterrupted
            complete = message["type"] == "http.request" and not message.get("more_body", False)
            return message

        await self._app(scope, timely, send)


@dataclass(frozen=True, slots=True)
class FormFile:
    """The file of a form: what its sender calls it and says it is, and its bytes, which can be read once.

    Whoever reads `body` to its end knows that the whole form was well-formed. Its length is the reader's to limit.
    """

    name: str
    content_type: str
    body: AsyncIterator[bytes]


@asynccontextmanager
async def form_file(request: Request[Any, Any, Any], field: str) -> AsyncIterator[FormFile]:
    """The file part `field` of a multipart form, while it comes in. Text parts before and after it are passed over.

    The route sets `request_max_body_size=None`. Raises `MissingField` where the form has no such file, and
    `MalformedBody` where the body is no form, is cut off, or has more beside the file than a form needs; `body` raises
    them too, and `BodyInterrupted` when the bytes stop coming.
    """
    async with aclosing(_events(request)) as events:
        async for event in events:
            if isinstance(event, MultipartSegment) and event.name == field and event.filename is not None:
                content_type = event.content_type or "application/octet-stream"
                yield FormFile(event.filename, content_type, _file(events, field))
                return
    raise MissingField(field)


async def _file(events: AsyncGenerator[Any, None], field: str) -> AsyncIterator[bytes]:
    within = True
    async for event in events:
        if within and isinstance(event, bytes | bytearray):
            yield bytes(event)
        elif event is None:
            within = False
        elif isinstance(event, MultipartSegment) and event.name == field:
            raise MalformedBody(problem=f"the form has two parts {field}")


async def _events(request: Request[Any, Any, Any]) -> AsyncGenerator[Any, None]:
    """The parser's events: a segment, its bytes, None at its end; and so on to the end of the form."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != "multipart/form-data":
        raise MalformedBody(problem="it is no multipart/form-data")
    other = 0  # bytes that are not of a file
    segment: MultipartSegment | None = None
    try:
        parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=_MAX_PARTS)
        async for piece in request.stream():
            if not piece:
                continue
            other += len(piece)
            for event in parser.parse(piece):
                if isinstance(event, MultipartSegment):
                    segment = event
                elif event is not None and segment is not None and segment.filename is not None:
                    other -= len(event)
                elif event is not None and segment is not None and segment.bytes_received > _MAX_TEXT_BYTES:
                    raise MalformedBody(problem=f"the part {segment.name} is longer than {_MAX_TEXT_BYTES} bytes")
                yield event
            if other > _MAX_OTHER_BYTES:
                raise MalformedBody(problem="there is too much in it beside the file")
        parser.close()
    except MultipartError as error:
        raise MalformedBody(problem=f"the form cannot be read: {error}") from error
