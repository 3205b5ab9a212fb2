"""A man in the middle: a small HTTP server that forwards to a real S3 store, and lies, cuts or waits where a test says so."""

import http.client
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self


class Asked(NamedTuple):
    """A request as it came in. `target` is path and query."""

    method: str
    target: str
    body: bytes

    @property
    def is_a_whole_blob(self) -> bool:
        """Whether this sends a blob in one request."""
        return self.method == "PUT" and bool(self.body) and not self.is_a_part

    @property
    def is_a_part(self) -> bool:
        """Whether this sends one part of a multipart upload."""
        return self.method == "PUT" and "partNumber=" in self.target

    @property
    def is_the_end_of_parts(self) -> bool:
        """Whether this asks to join the parts."""
        return self.method == "POST" and "uploadId=" in self.target


class Answer(NamedTuple):
    """What goes back. A `Content-Length` among the headers is sent as it is, also where it is not true."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


Forward = Callable[[bytes], Answer]
"""Sends the request on, with this body, and gives the true answer."""
Rule = Callable[[Asked, Forward], Answer | None]


def refusal(status: int, code: str) -> Answer:
    """An error as S3 spells it."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>told so by a test</Message></Error>".encode()
    return Answer(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))], body)


class Between:
    """Listens on a free port of 127.0.0.1 while it is open. `rule` decides each answer; None cuts the line instead."""

    def __init__(self, endpoint: str) -> None:
        self._upstream = endpoint
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.asked: list[Asked] = []
        self.tell_the_truth()

    @property
    def endpoint(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def tell_the_truth(self) -> None:
        """Forwards everything from now on."""
        self.rule: Rule = lambda asked, forward: forward(asked.body)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def parse_request(self) -> bool:
                if not super().parse_request():
                    return False
                setattr(self, f"do_{self.command}", self._answer)
                return True

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, body)
                between.asked.append(asked)
                answer = between.rule(asked, self._forward)
                self.close_connection = True
                if answer is None:
                    return
                head = [f"HTTP/1.1 {answer.status} told", *(f"{name}: {value}" for name, value in answer.headers)]
                self.wfile.write("\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1"))
                if self.command != "HEAD":
                    self.wfile.write(answer.body)

            def _forward(self, body: bytes) -> Answer:
                upstream = http.client.HTTPConnection(between._upstream, timeout=20)
                try:
                    upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():  # Host too: it is part of what was signed
                        upstream.putheader(name, value)
                    upstream.endheaders(body)
                    answer = upstream.getresponse()
                    data = answer.read()
                finally:
                    upstream.close()
                dropped = {"connection", "transfer-encoding"}
                headers = [each for each in answer.getheaders() if each[0].lower() not in dropped]
                if answer.getheader("Content-Length") is None:
                    headers.append(("Content-Length", str(len(data))))
                return Answer(answer.status, headers, data)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        return Handler
