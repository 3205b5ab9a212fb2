"""What an instance of an IDE and an extension may be called, and how many answers are kept. Pure decisions."""

import re

from schemas.errors import InvalidField

MOST_PER_USER = 10_000
"""Answers kept of one user."""

_INSTANCE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_MOST_IDENTIFIER = 255


def checked_instance(instance_id: str) -> str:
    """The id of an instance of an IDE: 1 to 64 letters, digits, `.`, `_`, `:` and `-`. Raises `InvalidField`."""
    if _INSTANCE.fullmatch(instance_id) is None:
        raise InvalidField("instance_id", problem="An instance id has 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':' and '-'")
    return instance_id


def checked_identifier(identifier: str) -> str:
    """The identifier of an extension (`publisher.name`, up to 255 characters) in small letters. Raises `InvalidField`."""
    publisher, _, name = identifier.partition(".")
    if not (publisher and name) or len(identifier) > _MOST_IDENTIFIER:
        raise InvalidField("identifier", problem="An extension is named by publisher.name, such as redhat.java")
    return identifier.lower()
