"""A load of HTTP requests over connections that are kept, by a client lean enough to leave the server its processor."""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self


class Refused(Exception):
    """The server answered something other than 200; the text holds the beginning of its answer."""


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent."""

    wire: bytes

    @classmethod
    def of(cls, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Self:
        """`path` with its query, as it goes over the wire."""
        said = {"Host": "bench", "Content-Length": str(len(body)), "Content-Type": "application/json", **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in said.items())
        return cls(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)


@dataclass(frozen=True)
class Measure:
    """What a load came to: answers per second over all connections, and how long answers took, in milliseconds."""

    rate: float
    p50: float
    p99: float


def measure(port: int, requests: Sequence[Request], *, clients: int, seconds: float) -> Measure:
    """Sends the requests round and round over `clients` connections at once. Raises `Refused`."""
    asyncio.run(_run(port, requests, clients=clients, seconds=min(0.3, seconds), least=8))  # plans and caches get warm
    begun = time.perf_counter()
    took = sorted(asyncio.run(_run(port, requests, clients=clients, seconds=seconds, least=5)))
    rate = len(took) / (time.perf_counter() - begun)
    return Measure(rate, 1000 * took[len(took) // 2], 1000 * took[min(len(took) - 1, len(took) * 99 // 100)])


def answer(port: int, request: Request) -> bytes:
    """The body that one request is answered with. Raises `Refused`."""
    return asyncio.run(_once(port, request))


async def _once(port: int, request: Request) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _exchange(reader, writer, request)
    finally:
        writer.close()


async def _run(port: int, requests: Sequence[Request], *, clients: int, seconds: float, least: int) -> list[float]:
    until = time.perf_counter() + seconds
    turns = itertools.cycle(requests)
    loads = await asyncio.gather(*(_client(port, turns, until, least) for _ in range(clients)))
    return [each for load in loads for each in load]


async def _client(port: int, turns: "itertools.cycle[Request]", until: float, least: int) -> list[float]:
    """How long each answer took: until the time is over, but at least `least` of them."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    took: list[float] = []
    try:
        while len(took) < least or time.perf_counter() < until:
            begun = time.perf_counter()
            await _exchange(reader, writer, next(turns))
            took.append(time.perf_counter() - begun)
    finally:
        writer.close()
    return took


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request) -> bytes:
    writer.write(request.wire)
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
    body = await reader.readexactly(int(length))
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
        raise Refused(f"{request.wire[:300]!r} was answered {head[:20]!r} {body[:300]!r}")
    return body
