"""Addresses and headers: what no path and no query may hold, and how long all of it may be; refused before anything reads it."""

from typing import Any
from urllib.parse import unquote_to_bytes

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from schemas.errors import InvalidField

_MOST_BYTES = 128 * 1024  # of path, query and headers; the server below takes eight times as much


async def check_address(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard on every route: paths and queries are text in UTF-8 without NUL, which PostgreSQL does not take, and not longer
    than anybody needs, together with the headers.

    Raises `InvalidField`.
    """
    told = connection.scope["headers"]
    size = len(connection.scope["raw_path"]) + len(connection.scope["query_string"])
    if size + sum(len(name) + len(value) for name, value in told) > _MOST_BYTES:
        raise InvalidField("headers", problem=f"Path, query and headers have more than {_MOST_BYTES} bytes together")
    _check("path", connection.scope["raw_path"])
    _check("query", connection.scope["query_string"])


def _check(field: str, encoded: bytes) -> None:
    text = unquote_to_bytes(encoded)
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise InvalidField(field, problem="The text is not UTF-8") from error
    if b"\x00" in text:
        raise InvalidField(field, problem="The text holds a NUL")
