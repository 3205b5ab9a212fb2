"""A line to PostgreSQL or to a store that can be cut, held and made to lose what is on it."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

_PIECE_BYTES = 64 * 1024

Judge = Callable[[bytes], bool]
"""Whether a piece of what the client sends is the one at which the line breaks."""


class Proxy:
    """A TCP proxy on 127.0.0.1 in front of the service that `url` names, in a thread and an event loop of its own.

    Its methods may be called from any thread and return at once.
    """

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._lines: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._refusing = False
        self._break_before: Judge | None = None
        self._break_after: Judge | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def url(self, url: str) -> str:
        """The same URL by way of the proxy."""
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.port}"))

    # -- what can happen to a line ---------------------------------------------------------------------------------------------

    def refuse(self) -> None:
        """Ends every connection and every new one: nobody is there."""
        self._loop.call_soon_threadsafe(self._refuse)

    def hold(self) -> None:
        """Keeps every connection and lets nothing through: nobody answers."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def restore(self) -> None:
        """Everything flows again, what was held included."""
        self._refusing, self._break_before, self._break_after = False, None, None
        self._loop.call_soon_threadsafe(self._flowing.set)

    def break_before(self, judge: Judge) -> None:
        """Ends the connection instead of passing on the piece that `judge` picks: the database never sees it."""
        self._break_before = judge

    def break_after(self, judge: Judge) -> None:
        """Passes on the piece that `judge` picks and ends the connection when the answer comes: the client never sees it."""
        self._break_after = judge

    # -- in the loop -----------------------------------------------------------------------------------------------------------

    async def _listen(self) -> asyncio.Server:
        self._flowing.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _end(self) -> None:
        self._server.close()
        self._flowing.set()
        self._refuse()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _refuse(self) -> None:
        self._refusing = True
        for line in self._lines:
            line.transport.abort()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        if self._refusing:
            to_client.transport.abort()
            return
        server, to_server = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        self._lines |= {to_client, to_server}
        doomed = asyncio.Event()
        try:
            with contextlib.suppress(ConnectionError):
                await asyncio.gather(
                    self._pass_on_questions(client, to_server, to_client, doomed),
                    self._pass_on_answers(server, to_client, to_server, doomed),
                )
        finally:
            self._lines -= {to_client, to_server}
            to_client.transport.abort()
            to_server.transport.abort()

    async def _pass_on_questions(
        self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, to_client: asyncio.StreamWriter,
        doomed: asyncio.Event,
    ) -> None:  # fmt: skip
        while piece := await client.read(_PIECE_BYTES):
            await self._flowing.wait()
            if self._break_before is not None and self._break_before(piece):
                to_server.transport.abort()
                to_client.transport.abort()
                return
            if self._break_after is not None and self._break_after(piece):
                doomed.set()
            to_server.write(piece)
            await to_server.drain()
        to_server.transport.abort()

    async def _pass_on_answers(
        self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter, to_server: asyncio.StreamWriter,
        doomed: asyncio.Event,
    ) -> None:  # fmt: skip
        while piece := await server.read(_PIECE_BYTES):
            await self._flowing.wait()
            if doomed.is_set():
                break
            to_client.write(piece)
            await to_client.drain()
        to_client.transport.abort()
        to_server.transport.abort()


class Nth:
    """Picks the piece that holds the `number`th (from 1) occurrence of `text`, and only that; counts them all."""

    def __init__(self, text: bytes, number: int) -> None:
        self._text = text
        self._number = number
        self.seen = 0

    def __call__(self, piece: bytes) -> bool:
        if self._text not in piece:
            return False
        self.seen += 1
        return self.seen == self._number
