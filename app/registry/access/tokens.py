"""Tokens: random text that its holder keeps; we keep its SHA-256.

A publisher token is long-lived and ends up in the settings of build servers, so it is made to be found where it leaked:
`pp_pub_`, 40 random characters of `0-9A-Za-z`, and 6 such characters that hold the CRC-32 of all that stands before them
(base 62, the highest digit first). For scanners:

    \\bpp_pub_[0-9A-Za-z]{46}\\b
"""

import hashlib
import re
import secrets
import zlib

# Recognisable in logs and leaked files; base64url after it.
PREFIX = "ppt_"
PUBLISHER_PREFIX = "pp_pub_"

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PUBLISHER_TOKEN = re.compile(r"(pp_pub_[0-9A-Za-z]{40})([0-9A-Za-z]{6})")


def new_token() -> str:
    """256 random bits as text."""
    return PREFIX + secrets.token_urlsafe(32)


def new_publisher_token() -> str:
    """238 random bits as text, with a checksum."""
    body = PUBLISHER_PREFIX + "".join(secrets.choice(_BASE62) for _ in range(40))
    return body + _checksum(body)


def is_publisher_token(text: str) -> bool:
    """Whether it has the form of a publisher token and a right checksum (it may still be nobody's)."""
    match = _PUBLISHER_TOKEN.fullmatch(text)
    return match is not None and match[2] == _checksum(match[1])


def publisher_token_hint(token: str) -> str:
    """What may be shown of a publisher token, so that its holder knows it again: its beginning and its last 4 characters."""
    return f"{PUBLISHER_PREFIX}...{token[-4:]}"


def digest(token: str) -> bytes:
    """What is stored of a token. The token has 256 random bits, so a plain hash cannot be reversed by trying."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def new_access_key() -> tuple[str, str]:
    """A public access key (20 characters) and its secret (40 characters)."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "PP" + "".join(secrets.choice(alphabet) for _ in range(18)), secrets.token_urlsafe(30)


def _checksum(body: str) -> str:
    rest, digits = zlib.crc32(body.encode("ascii")), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = _BASE62[digit] + digits
    return digits
