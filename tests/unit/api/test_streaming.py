"""Files of forms, read while they come in, and bodies that stand still."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, Response, post

from app.api.problems import EXCEPTION_HANDLERS
from app.api.streaming import BodyDeadline, form_file
from schemas.errors import BodyInterrupted

BOUNDARY = b"--frontier"


def part(headers: bytes, content: bytes) -> bytes:
    return BOUNDARY + b"\r\n" + headers + b"\r\n\r\n" + content + b"\r\n"


def file(content: bytes, name: bytes = b"upload_file", file_name: bytes = b"a.zip") -> bytes:
    return part(b'Content-Disposition: form-data; name="%b"; filename="%b"' % (name, file_name), content)


def text(content: bytes, name: bytes = b"plugin_name") -> bytes:
    return part(b'Content-Disposition: form-data; name="%b"' % name, content)


END = BOUNDARY + b"--\r\n"


@post("/upload", status_code=200, request_max_body_size=None)
async def upload(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Answers the file's name, type and content."""
    async with form_file(request, "upload_file") as found:
        content = b"".join([piece async for piece in found.body])
    return Response(f"{found.name}|{found.content_type}|".encode() + content, media_type="application/octet-stream")


@post("/with-texts", status_code=200, request_max_body_size=None)
async def with_texts(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Answers the texts `a` and `b`, and the length of the file."""
    async with form_file(request, "upload_file", {"a", "b"}) as found:
        return {"texts": found.texts, "length": sum([len(piece) async for piece in found.body])}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        [upload, with_texts], exception_handlers=EXCEPTION_HANDLERS, logging_config=None, openapi_config=None
    )
    inner = app.asgi_handler

    async def with_id(scope: Any, receive: Any, send: Any) -> None:
        scope["state"] = {"request_id": "r"}
        await inner(scope, receive, send)

    app.asgi_handler = with_id
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://tests") as opened:
        yield opened


async def send(
    client: httpx.AsyncClient, body: bytes, size: int = 1 << 16, kind: str | None = None, path: str = "/upload"
) -> Any:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), size):
            yield body[start : start + size]

    kind = kind or "multipart/form-data; boundary=frontier"
    return await client.post(path, content=pieces(), headers={"Content-Type": kind})


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1 << 16])
async def test_the_file_is_found_however_the_bytes_are_cut(client: httpx.AsyncClient, size: int) -> None:
    content = b"PK\r\n--frontie\r\n--front\x00\xff" * 20
    body = text(b"a name") + file(content) + text(b"after", b"other") + END

    answer = await send(client, body, size)

    assert answer.content == b"a.zip|application/octet-stream|" + content


async def test_the_type_is_what_the_sender_says(client: httpx.AsyncClient) -> None:
    headers = b'Content-Disposition: form-data; name="upload_file"; filename="i.png"\r\nContent-Type: image/png'
    assert (await send(client, part(headers, b"x") + END)).content == b"i.png|image/png|x"


async def test_an_empty_file_is_a_file(client: httpx.AsyncClient) -> None:
    assert (await send(client, file(b"") + END)).content == b"a.zip|application/octet-stream|"


@pytest.mark.parametrize(
    "body",
    [text(b"a") + END, text(b"a", b"upload_file") + END, file(b"x", b"another") + END, END],
    ids=["texts only", "a text of that name", "another file", "nothing"],
)
async def test_a_form_without_the_file_says_which_is_missing(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await send(client, body)

    assert answer.status_code == 400
    assert answer.json()["error_msg"] == "upload_file: A value is required."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        file(b"x" * 100)[:-50],
        file(b"x"),
        file(b"x") + BOUNDARY + b"\r\nContent-Dis",
        file(b"x") + file(b"y") + END,
        text(b"x" * 65_537) + file(b"x") + END,
        text(b"x" * 60_000) * 6 + file(b"x") + END,
        text(b"x") * 33 + file(b"x") + END,
        file(b"x") + text(b"x") * 33 + END,
        b"preamble " * 40_000 + file(b"x") + END,
        part(b"X: " + b"x" * 5000, b"") + file(b"x") + END,
        part(b"X: y\r\n" * 9 + b'Content-Disposition: form-data; name="a"', b"") + file(b"x") + END,
        part(b"Content-Type: text/plain", b"x") + file(b"x") + END,
        part(b"no header", b"x") + file(b"x") + END,
        part(b'Content-Disposition: form-data; name="\xff\xfe"', b"x") + END,
    ],
    ids=lambda body: f"{body[:30]!r} {len(body)}",
)
@pytest.mark.parametrize("size", [13, 1 << 16])
async def test_a_form_that_is_broken_or_too_much_is_refused(client: httpx.AsyncClient, body: bytes, size: int) -> None:
    answer = await send(client, body, size if len(body) < 10_000 else 1 << 12)

    assert answer.status_code == 400, answer.content
    assert answer.json()["error_code"] == "PLUGPORT.00010001"


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "text/plain",
        "multipart/mixed; boundary=frontier",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=other",
        "nonsense",
    ],
)
async def test_what_is_no_form_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    answer = await send(client, file(b"x") + END, kind=kind)

    assert answer.status_code == 400
    assert answer.json()["error_code"] == "PLUGPORT.00010001"


@pytest.mark.parametrize("size", [1, 7, 1 << 16])
async def test_texts_before_the_file_come_along(client: httpx.AsyncClient, size: int) -> None:
    said = "zwei\r\n--frontie 二".encode()
    body = (
        text(b"", b"a") + text(b"passed over", b"c") * 2 + text(said, b"b") + file(b"x" * 100) + text(b"!", b"c") + END
    )

    answer = await send(client, body, size, path="/with-texts")

    assert answer.json() == {"texts": {"a": "", "b": said.decode()}, "length": 100}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (text(b"1", b"a") + text(b"1", b"a") + file(b"x") + END, "a: The form has two parts of this name."),
        (text(b"\xff", b"b") + file(b"x") + END, "b: The text is not UTF-8."),
        (
            text(b"1", b"a") + file(b"x") + text(b"2", b"b") + END,
            "b: Every text part must come before the part upload_file.",
        ),
        (text(b"1", b"a") + END, "upload_file: A value is required."),
    ],
    ids=["twice", "not UTF-8", "after the file", "no file"],
)
async def test_a_text_that_would_be_lost_is_refused(client: httpx.AsyncClient, body: bytes, told: str) -> None:
    answer = await send(client, body, path="/with-texts")

    assert (answer.status_code, answer.json()["error_msg"]) == (400, told)


async def test_a_text_in_the_clothes_of_a_file_is_no_text(client: httpx.AsyncClient) -> None:
    answer = await send(client, file(b"1", b"a") + file(b"x") + END, path="/with-texts")

    assert answer.json()["texts"] == {}


class TestADeadline:
    """`BodyDeadline`, with senders that stop."""

    @staticmethod
    async def run(messages: list[dict[str, Any]], *, reads: int, seconds: float) -> list[Any]:
        seen: list[Any] = []
        left = list(messages)

        async def receive() -> Any:
            if left:
                return left.pop(0)
            return await asyncio.Event().wait()

        async def app(_scope: Any, receive: Any, _send: Any) -> None:
            for _ in range(reads):
                seen.append(await receive())

        await BodyDeadline(app, seconds)({"type": "http"}, receive, None)  # type: ignore[arg-type,typeddict-item]
        return seen

    async def test_gives_up_a_body_that_stands_still(self) -> None:
        with pytest.raises(BodyInterrupted):
            await self.run([{"type": "http.request", "body": b"a", "more_body": True}], reads=2, seconds=0.01)

    async def test_gives_up_a_body_whose_sender_is_gone(self) -> None:
        with pytest.raises(BodyInterrupted):
            await self.run(
                [{"type": "http.request", "body": b"a", "more_body": True}, {"type": "http.disconnect"}],
                reads=2,
                seconds=60,
            )

    async def test_lets_whoever_has_the_whole_body_wait_for_the_end(self) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await self.run([{"type": "http.request", "body": b"a"}], reads=2, seconds=0.01)

    @pytest.mark.parametrize("taken", [0, 3])
    async def test_gives_up_an_answer_that_nobody_takes(self, taken: int) -> None:
        sent: list[Any] = []
        cancelled = False

        async def receive() -> Any:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            if len(sent) == taken:
                await asyncio.Event().wait()
            sent.append(message)

        async def app(_scope: Any, receive: Any, send: Any) -> None:
            nonlocal cancelled
            await receive()
            try:
                for number in range(5):
                    await asyncio.sleep(0.02)  # however long the application itself takes
                    await send(number)
            except asyncio.CancelledError:
                cancelled = True
                raise

        async with asyncio.timeout(30):
            await BodyDeadline(app, 0.01)({"type": "http"}, receive, send)  # type: ignore[arg-type,typeddict-item]

        assert sent == list(range(taken))
        assert cancelled

    async def test_leaves_the_applications_own_timeouts_to_it(self) -> None:
        async def app(_scope: Any, _receive: Any, _send: Any) -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            await BodyDeadline(app, 60)({"type": "http"}, None, None)  # type: ignore[arg-type,typeddict-item]
