"""Addresses: what no path and no query may hold, refused before anything reads them."""

from typing import Any
from urllib.parse import unquote_to_bytes

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from schemas.errors import InvalidField


async def check_address(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard on every route: paths and queries are text in UTF-8 without NUL, which PostgreSQL does not take.

    Raises `InvalidField`.
    """
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
