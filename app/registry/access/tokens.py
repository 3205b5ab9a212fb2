"""Tokens: random text that its holder keeps; we keep its SHA-256."""

import hashlib
import secrets

# Recognisable in logs and leaked files; base64url after it.
PREFIX = "ppt_"


def new_token() -> str:
    """256 random bits as text."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """What is stored of a token. The token has 256 random bits, so a plain hash cannot be reversed by trying."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


def new_access_key() -> tuple[str, str]:
    """A public access key (20 characters) and its secret (40 characters)."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "PP" + "".join(secrets.choice(alphabet) for _ in range(18)), secrets.token_urlsafe(30)
