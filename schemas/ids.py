"""Identifiers. Every object of ours is named by 32 lower-case hexadecimal characters (contract, conventions: Ids)."""

import re
import uuid

_HEX32 = re.compile(r"[0-9a-f]{32}")


def new_id() -> str:
    """A fresh random identifier: 32 lower-case hexadecimal characters."""
    return uuid.uuid4().hex


def is_id(text: str) -> bool:
    """Whether `text` has the form of an identifier of ours (it may still name nothing)."""
    return _HEX32.fullmatch(text) is not None
