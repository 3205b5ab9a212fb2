"""Sending a delivery: to public addresses only, following no redirect, and reading no more than the status of the answer."""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from app.registry.webhooks.rules import is_public
from storage.executors import Executor

_CONNECT_SECONDS = 5.0
_SEND_SECONDS = 10.0


class NotSent(Exception):
    """Nobody answered. The text says why, and holds nothing that was sent."""


class Sender:
    """Sends bodies by HTTP POST. With `any_address` also into private networks.

    Names are looked up in threads of `lookups`: a name server that is silent must not keep others from their threads.
    """

    def __init__(self, lookups: Executor, *, any_address: bool) -> None:
        self._backend = _Careful(lookups, any_address=any_address)
        self._certificates = ssl.create_default_context()

    async def send(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """The status that was answered. Raises `NotSent` where none was, within some fifteen seconds."""
        waits = {"connect": _CONNECT_SECONDS, "read": _SEND_SECONDS, "write": _SEND_SECONDS, "pool": _CONNECT_SECONDS}
        try:
            async with (
                asyncio.timeout(_CONNECT_SECONDS + _SEND_SECONDS),
                # One connection for one delivery: none is kept to a host whose address was looked at long ago.
                httpcore.AsyncConnectionPool(
                    ssl_context=self._certificates, network_backend=self._backend, max_connections=1
                ) as line,
                line.stream(
                    "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": waits}
                ) as answer,
            ):
                status: int = answer.status
                return status
        except (httpcore.TimeoutException, TimeoutError) as error:
            raise NotSent("no answer in time") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError) as error:
            raise NotSent(str(error)[:200] or type(error).__name__) from error


class _Careful(httpcore.AsyncNetworkBackend):
    """Looks a name up, and connects to the very address that it has looked at: a second look-up may say another."""

    def __init__(self, lookups: Executor, *, any_address: bool) -> None:
        self._lookups = lookups
        self._any_address = any_address
        self._below = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the name is the library's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await self._lookups.run(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise httpcore.ConnectError("the name of the host is not known") from error
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self._any_address and not all(is_public(each) for each in addresses):
            raise httpcore.ConnectError("the host is in a private network, where nothing is sent")
        return await self._below.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
