"""A clamd of the tests' own: it speaks the protocol as far as Plugport asks it, and misbehaves where it is told to.

with SmallClamd(tmp_path / "socket") as clamd: ...

It finds the EICAR test file's text, and nothing else. That the real one speaks the same is shown where it is installed.
"""

import socket
import struct
import threading
from pathlib import Path
from types import TracebackType

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class SmallClamd:
    """Listens at a Unix socket, or (without `path`) at a port of 127.0.0.1.

    `manner` is "honest", or how it misbehaves: "silent" (never answers), "gone" (hangs up), "garbage", "limited" (takes 1,000
    bytes of a file), "endless" (answers without an end), "other" (answers for another file).
    """

    def __init__(self, path: Path | None, manner: str = "honest") -> None:
        self.manner = manner
        self.files: list[bytes] = []
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0)) if path is None else socket.socket(socket.AF_UNIX)
        if path is not None:
            self._listening.bind(str(path))
            self._listening.listen()
        self.port = self._listening.getsockname()[1] if path is None else 0
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> "SmallClamd":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line, line.makefile("rb") as said:
                try:
                    self._session(line, said)
                except OSError:
                    continue

    def _session(self, line: socket.socket, said: object) -> None:
        read = said.read  # type: ignore[attr-defined]
        count = 0
        while word := _word(read):
            if word == b"zIDSESSION":
                continue
            count += 1
            if word == b"zPING":
                line.sendall(b"%d: PONG\0" % count)
                continue
            assert word == b"zINSTREAM", word
            content = b""
            while size := struct.unpack(">I", read(4))[0]:
                content += read(size)
                if self.manner == "limited" and len(content) > 1000:
                    line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            self.files.append(content)
            if not self._answer(line, count, b"Eicar FOUND" if EICAR in content else b"OK"):
                return

    def _answer(self, line: socket.socket, count: int, verdict: bytes) -> bool:
        """Whether the session goes on."""
        if self.manner == "silent":
            self._over.wait(30)
        if self.manner in ("silent", "gone"):
            return False
        reply = {
            "honest": b"%d: stream: %s\0" % (count, verdict),
            "limited": b"%d: stream: %s\0" % (count, verdict),
            "garbage": b"HTTP/1.1 200 OK\r\n\r\nstream: OK\0",
            "other": b"%d: stream: OK\0" % (count + 1),
            "endless": b"x" * 100_000,
        }[self.manner]
        line.sendall(reply)
        return True


def _word(read: object) -> bytes:
    """The next command; empty at the end of the session."""
    word = b""
    while (byte := read(1)) not in (b"", b"\0"):  # type: ignore[operator]
        word += byte
    return word
