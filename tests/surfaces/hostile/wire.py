"""Requests as bytes, for what no well-behaved client would send."""

import http.client
import socket
from dataclasses import dataclass

import httpx


@dataclass(frozen=True)
class Answer:
    """What came back before the connection was closed; `status` 0 where nothing did."""

    status: int
    headers: httpx.Headers
    body: bytes

    def as_response(self) -> httpx.Response:
        """The same for judges of ordinary answers."""
        return httpx.Response(self.status, headers=self.headers, content=self.body)


def exchange(port: int, request: bytes, *, hang_up: bool = False, patience: float = 30) -> Answer:
    """Sends the bytes on a connection of their own, perhaps says that no more will come, and reads the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        try:
            connection.sendall(request)
            if hang_up:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has heard enough; the answer may be there all the same
        answer = http.client.HTTPResponse(connection, method=request.split(b" ", 1)[0].decode("latin-1"))
        try:
            answer.begin()
            body = answer.read()
        except (http.client.HTTPException, ConnectionResetError):
            return Answer(0, httpx.Headers(), b"")
    return Answer(answer.status, httpx.Headers(answer.getheaders()), body)


def request(method: str, target: str, *, token: str = "", body: bytes = b"", **headers: str) -> bytes:
    """A request for `exchange`: the target as it stands, a Host, and the connection closed afterwards."""
    lines = [f"{method} {target} HTTP/1.1", "Host: 127.0.0.1", "Connection: close"]
    if token:
        lines.append(f"X-Auth-Token: {token}")
    if body:
        lines.append(f"Content-Length: {len(body)}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
