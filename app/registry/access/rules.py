"""What names, passwords and roles may be."""

import unicodedata

from app.registry.access.passwords import MAX_PASSWORD_LENGTH
from schemas.errors import InvalidField
from schemas.model.access import Role

MAX_NAME_LENGTH = 64
MIN_PASSWORD_LENGTH = 8
MOST_TOKEN_DAYS = 365


def checked_name(field: str, name: str) -> str:
    """The name of a tenant, project or user: 1 to 64 visible characters, no blanks around it."""
    if not 1 <= len(name) <= MAX_NAME_LENGTH or name != name.strip():
        raise InvalidField(field, problem=f"A name has 1 to {MAX_NAME_LENGTH} characters and no blanks around it")
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in name):
        raise InvalidField(field, problem="A name has visible characters only")
    return name


def checked_password(password: str) -> str:
    """A password of 8 to 256 characters."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise InvalidField(
            "password", problem=f"A password has {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters"
        )
    return password


def checked_roles(roles: list[str]) -> list[Role]:
    """One or more of the roles there are, each once."""
    known = {str(role) for role in Role}
    if not roles or not set(roles) <= known:
        raise InvalidField("role", problem=f"One or more of {', '.join(sorted(known))}")
    return [Role(role) for role in dict.fromkeys(roles)]


def checked_token_days(field: str, days: int) -> int:
    """How long a publisher token lives: 1 to 365 days."""
    if not 1 <= days <= MOST_TOKEN_DAYS:
        raise InvalidField(field, problem=f"A publisher token lives for 1 to {MOST_TOKEN_DAYS} days")
    return days
