"""ClamAV finds nothing in it: each file is given to a clamd by its socket, as its protocol has it (INSTREAM, in one session).

Where clamd does not answer, is too slow, takes no more bytes of a file or says something else than yes or no, the check is not
done, which is no pass. Files go one by one, because clamd passes over what is too large or too many inside of an archive.
"""

import re
import socket
import struct
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from app.registry.checks.base import PACKAGES, Check, Look, Undone, told
from app.registry.packages.archive import Entry
from schemas.base import Entity
from schemas.model.checks import Area, Finding, Mode

_CHUNK = 64 * 1024
_LONGEST_REPLY = 4096
_MOST_FOUND = 50
_REPLY = re.compile(rb"\d{1,10}: stream: (?:(?P<clean>OK)|(?P<name>[^\x00]{1,300}) FOUND)")


class Clamd(Entity, frozen=True):
    """Where clamd listens: the path of a socket, or host and port. How long one answer may take, and all of them, in seconds."""

    path: str = ""
    host: str = ""
    port: int = 0
    answer_seconds: float = 15.0


def read_address(text: str) -> Clamd | None:
    """What `PLUGPORT_CLAMD` means: `unix:/run/clamd.sock`, `host:port`, or nothing. Raises `ValueError`."""
    if not text:
        return None
    if text.startswith("unix:/"):
        return Clamd(path=text.removeprefix("unix:"))
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.port is None or parts.netloc != text or "@" in text:
        raise ValueError("is unix:/path/of/the/socket or host:port")
    return Clamd(host=parts.hostname, port=parts.port)


class _Session(Look):
    """Gives one package to clamd. Every wait has an end."""

    def __init__(self, clamd: Clamd) -> None:
        self._clamd = clamd
        self._line: socket.socket | None = None
        self._entry: Entry | None = None
        self._count = 0
        self._found: list[Finding] = []

    def see(self, entry: Entry, piece: bytes) -> None:
        if entry.is_directory:
            return
        if entry is not self._entry:
            self._close_entry()
            self._entry = entry
            self._count += 1
            self._send(b"zINSTREAM\0")
        for at in range(0, len(piece), _CHUNK):
            chunk = piece[at : at + _CHUNK]
            self._send(struct.pack(">I", len(chunk)) + chunk)

    def end(self) -> Sequence[Finding]:
        self._close_entry()
        if self._count == 0:
            self._ping()
        self.close()
        return self._found

    def close(self) -> None:
        """Hangs up."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _close_entry(self) -> None:
        """Ends the file and reads what clamd says of it."""
        if self._entry is None:
            return
        self._send(struct.pack(">I", 0))
        reply = self._receive()
        said = _REPLY.fullmatch(reply)
        if said is None or int(reply.partition(b":")[0]) != self._count:
            raise Undone(f"clamd said neither yes nor no: {reply[:200]!a}")
        if said["name"] is not None and len(self._found) < _MOST_FOUND:
            name = said["name"].decode("utf-8", "replace")
            message = f"ClamAV takes it for {name}"
            self._found.append(told(self._entry, "clamav.found", message, "leave it out and pack again"))
        self._entry = None

    def _ping(self) -> None:
        self._count += 1
        self._send(b"zPING\0")
        reply = self._receive()
        if reply != b"%d: PONG" % self._count:
            raise Undone(f"clamd does not answer as one: {reply[:200]!a}")

    def _connected(self) -> socket.socket:
        if self._line is None:
            clamd = self._clamd
            try:
                if clamd.path:
                    self._line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                    self._line.settimeout(clamd.answer_seconds)
                    self._line.connect(clamd.path)
                else:
                    self._line = socket.create_connection((clamd.host, clamd.port), clamd.answer_seconds)
                    # Each file ends in a few bytes, which would wait 40 ms for those before to be acknowledged.
                    self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._line.sendall(b"zIDSESSION\0")
            except OSError as error:
                raise self._undone(error) from error
        return self._line

    def _send(self, data: bytes) -> None:
        line = self._connected()
        try:
            line.sendall(data)
        except OSError as error:
            raise self._undone(error) from error

    def _receive(self) -> bytes:
        """The next reply. The line has an end of time for each read, and the reply one for all of them."""
        line, until, reply = self._connected(), time.monotonic() + self._clamd.answer_seconds, b""
        while not reply.endswith(b"\0"):
            if len(reply) > _LONGEST_REPLY or time.monotonic() > until:
                raise self._undone(TimeoutError())
            try:
                piece = line.recv(_LONGEST_REPLY)
            except OSError as error:
                raise self._undone(error) from error
            if not piece:
                raise self._undone(ConnectionError())
            reply += piece
        return reply.removesuffix(b"\0")

    def _undone(self, error: OSError) -> Undone:
        """clamd says why it hangs up, where it does: `INSTREAM size limit exceeded`."""
        line, self._line = self._line, None
        word = b""
        if line is not None and not isinstance(error, TimeoutError):
            try:
                line.settimeout(0.5)
                word = line.recv(_LONGEST_REPLY)
            except OSError:
                word = b""
        if line is not None:
            line.close()
        if isinstance(error, TimeoutError):
            return Undone(f"clamd did not answer within {self._clamd.answer_seconds:.0f} seconds")
        if b"size limit exceeded" in word:
            return Undone("clamd takes no file as large as this one (StreamMaxLength)")
        return Undone(f"clamd does not answer ({type(error).__name__})")


def check(clamd: Clamd) -> Check:
    """The check by that clamd."""
    return Check(
        name="clamav",
        area=Area.SECURITY,
        kinds=PACKAGES,
        mode=Mode.BLOCK,
        begin=lambda _: _Session(clamd),
        looks_inside=True,
    )
