"""Request bodies that are not held in memory: bounded in time for every route, and read piece by piece from forms."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Collection
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from schemas.errors import BodyInterrupted, InvalidField, MalformedBody, MissingField

# Beside the file: how many parts, and how many bytes in all of them, headers and borders.
_MAX_PARTS = 32
_MAX_OTHER_BYTES = 256 * 1024
_MAX_TEXT_BYTES = 64 * 1024
# How much of a body that nobody wants is read before it is answered.
_MAX_UNREAD_BYTES = 16 * 1024**2
# A body that never stands still may still trickle: it has this many times the longest silence, and more as bytes come in.
_SILENCES = 4
_LEAST_BYTES_PER_SECOND = 1024


class BodyDeadline:
    """An ASGI application that gives up a request whose body stands still or trickles, with `BodyInterrupted`.

    `seconds` is the longest silence. In all a body has four times as long, and a second more for each KiB: else anybody
    could hold as many requests as a worker takes for ever, with a byte now and then.

    An answer that comes before the body's end waits for what is still sent, up to 16 MiB and `seconds`: the connection is
    closed with bytes unread otherwise, and then the network may lose the answer.

    An answer is given up, too, when its receiver takes none of it for `seconds`: the application is cancelled, and the
    connection closed in the middle.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        complete = scope["type"] != ScopeType.HTTP
        clock = asyncio.get_running_loop().time
        until = clock() + _SILENCES * self._seconds

        async def timely() -> Any:
            nonlocal complete, until
            if complete:
                return await receive()
            try:
                async with asyncio.timeout_at(min(clock() + self._seconds, until)):
                    message: Any = await receive()
            except TimeoutError as error:
                complete = True
                raise BodyInterrupted from error
            if message["type"] == "http.disconnect":
                complete = True
                raise BodyInterrupted
            complete = message["type"] == "http.request" and not message.get("more_body", False)
            until += len(message.get("body", b"")) / _LEAST_BYTES_PER_SECOND
            return message

        async def after_the_body(message: Message) -> None:
            nonlocal complete
            unread = _MAX_UNREAD_BYTES
            with suppress(BodyInterrupted, TimeoutError):  # the answer stands anyhow
                async with asyncio.timeout(self._seconds):
                    while not complete and unread > 0:
                        unread -= len((await timely()).get("body", b""))
            complete = True  # or as good as that
            patience.reschedule(clock() + self._seconds)
            await send(message)
            patience.reschedule(None)

        try:
            async with asyncio.timeout(None) as patience:
                await self._app(scope, timely, after_the_body)
        except TimeoutError:
            if not patience.expired():
                raise


@dataclass(frozen=True, slots=True)
class FormFile:
    """The file of a form: what its sender calls it and says it is, and its bytes, which can be read once.

    Whoever reads `body` to its end knows that the whole form was well-formed. Its length is the reader's to limit.
    `texts` are the text parts that were asked for and stood before the file, by name.
    """

    name: str
    content_type: str
    body: AsyncIterator[bytes]
    texts: dict[str, str]


@asynccontextmanager
async def form_file(
    request: Request[Any, Any, Any], field: str, texts: Collection[str] = ()
) -> AsyncIterator[FormFile]:
    """The file part `field` of a multipart form, while it comes in, with the text parts named in `texts`.

    Other parts are passed over. The route sets `request_max_body_size=None`. Raises `MissingField` where the form has no
    such file, `InvalidField` where a text of `texts` comes twice or is not UTF-8, and `MalformedBody` where the body is no
    form, is cut off, or has more beside the file than a form needs. `body` raises them too, also for a text of `texts`
    that comes after the file (by then it has been decided what to do with the file), and `BodyInterrupted` when the
    bytes stop coming.
    """
    found: dict[str, bytes] = {}
    text: str | None = None  # the one that is being read
    async with aclosing(_events(request)) as events:
        async for event in events:
            if not isinstance(event, MultipartSegment):
                if event is not None and text is not None:
                    found[text] += event
                continue
            text = None
            if event.name == field and event.filename is not None:
                content_type = event.content_type or "application/octet-stream"
                told = {name: _decoded(name, content) for name, content in found.items()}
                yield FormFile(event.filename, content_type, _file(events, field, texts), told)
                return
            if event.name in texts and event.filename is None:
                text = event.name
                if text in found:
                    raise InvalidField(text, problem="The form has two parts of this name")
                found[text] = b""
    raise MissingField(field)


async def _file(events: AsyncGenerator[Any, None], field: str, texts: Collection[str]) -> AsyncIterator[bytes]:
    within = True
    async for event in events:
        if within and isinstance(event, bytes | bytearray):
            yield bytes(event)
        elif event is None:
            within = False
        elif isinstance(event, MultipartSegment) and event.name == field:
            raise MalformedBody(problem=f"the form has two parts {field}")
        elif isinstance(event, MultipartSegment) and event.name in texts:
            raise InvalidField(event.name, problem=f"Every text part must come before the part {field}")


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise InvalidField(name, problem="The text is not UTF-8") from error


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
