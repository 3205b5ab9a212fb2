"""What a publisher may say of itself, and when it may be rejected or deleted."""

import re
import unicodedata
from urllib.parse import urlsplit

import msgspec

from schemas.errors import InvalidField, MissingField
from schemas.model.publishers import Publisher, PublisherFacts, PublisherStatus

MAX_REASON_LENGTH = 1000
MOST_NAMES_TOLD = 10

# The path that an icon upload answers (app/registry/icons/rules.py).
_ICON_PATH = re.compile(
    r"/api/v1/(?:\*|[0-9a-f]{32})/common/get-plugin-icon\?object_key=[A-Za-z0-9._-]+&icon_type=(?:plugin|publish)"
)
_RUNNABLE = re.compile(r"\s*(?:javascript|vbscript|data)\s*:", re.IGNORECASE)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def checked_facts(facts: PublisherFacts) -> PublisherFacts:
    """The same facts. Raises `MissingField` or `InvalidField` for the first that cannot be taken."""
    _check_name("name", facts.name)
    _check_name("en_name", facts.en_name)
    if not facts.support_url.strip():
        raise MissingField("support_url")
    if _RUNNABLE.match(facts.support_url):
        raise InvalidField("support_url", problem="A mail address, a web address or a text is taken, nothing that runs")
    _check_address("website", facts.website)
    _check_address("source_url", facts.source_url)
    if not _ICON_PATH.fullmatch(facts.logo_url):
        _check_address("logo_url", facts.logo_url)
    return facts


def checked_reason(reason: str) -> str:
    """Why a publisher, or a version of an extension, is rejected: 1 to 1000 characters, at least one of them visible."""
    if not reason.strip() or len(reason) > MAX_REASON_LENGTH or "\x00" in reason:
        raise InvalidField("reason", problem=f"A reason of 1 to {MAX_REASON_LENGTH} characters is required")
    return reason


def changes(publisher: Publisher, status: PublisherStatus, reason: str) -> bool:
    """Whether a decision would change anything."""
    return (publisher.status, publisher.reason) != (status, reason)


def seen_by(publisher: Publisher, tenant_id: str) -> Publisher:
    """The publisher as the tenant may see it: who works for another tenant is that tenant's own business."""
    if publisher.tenant_id == tenant_id:
        return publisher
    return msgspec.structs.replace(publisher, user_id="", updated_by_id="", updated_by_name="", reason="")


def told(names: list[str | None]) -> str:
    """The first names, and whether there are more, or some that the caller may not know of (None)."""
    known = [name for name in names if name is not None][:MOST_NAMES_TOLD]
    if not known:
        return "private ones of others"
    return ", ".join(known) + (" and others" if len(names) > len(known) else "")


def _check_name(field: str, name: str) -> None:
    if not name:
        raise MissingField(field)
    if name != name.strip():
        raise InvalidField(field, problem="A name has no blanks around it")
    if any(unicodedata.category(character) in _INVISIBLE for character in name):
        raise InvalidField(field, problem="A name has visible characters only")


def _check_address(field: str, address: str) -> None:
    problem = "Empty, or an address that begins with http:// or https://"
    try:
        parts = urlsplit(address)
        usable = not address or (parts.scheme in {"http", "https"} and bool(parts.hostname))
    except ValueError as error:
        raise InvalidField(field, problem=problem) from error
    if not usable or any(character.isspace() for character in address):
        raise InvalidField(field, problem=problem)
