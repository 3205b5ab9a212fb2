"""What a publisher may say of itself, and when it may be rejected or deleted."""

import re
import unicodedata
from urllib.parse import urlsplit

import msgspec

from app.registry.publishers import names
from schemas.errors import DomainNotProven, InvalidField, MissingField
from schemas.model.publishers import (
    ChangedFacts,
    Ground,
    Likeness,
    LookAlike,
    Proof,
    Publisher,
    PublisherFacts,
    PublisherStatus,
)

MAX_REASON_LENGTH = 1000
MOST_NAMES_TOLD = 10
MOST_LOOK_ALIKES = 20
MAX_ANSWER_LENGTH = 65_536

# The path that an icon upload answers (app/registry/icons/rules.py).
_ICON_PATH = re.compile(
    r"/api/v1/(?:\*|[0-9a-f]{32})/common/get-plugin-icon\?object_key=[A-Za-z0-9._-]+&icon_type=(?:plugin|publish)"
)
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_RUNNABLE = re.compile(r"\s*(?:javascript|vbscript|data)\s*:", re.IGNORECASE)
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def checked_facts(facts: PublisherFacts) -> PublisherFacts:
    """The same facts. Raises `MissingField` or `InvalidField` for the first that cannot be taken."""
    _check_name("name", facts.name)
    _check_name("en_name", facts.en_name)
    if not names.key(facts.en_name):
        raise InvalidField("en_name", problem="An English name has a letter or a digit")
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
    """Why a publisher is rejected or suspended, or a version of an extension rejected.

    It has 1 to 1000 characters, at least one of them visible.
    """
    if not reason.strip() or len(reason) > MAX_REASON_LENGTH or "\x00" in reason:
        raise InvalidField("reason", problem=f"A reason of 1 to {MAX_REASON_LENGTH} characters is required")
    return reason


def changes(publisher: Publisher, status: PublisherStatus, reason: str) -> bool:
    """Whether a decision would change anything."""
    return (publisher.status, publisher.reason) != (status, reason)


def with_facts(publisher: Publisher, changed: ChangedFacts) -> Publisher:
    """The publisher as it tells of itself now. Raises as `checked_facts` does."""
    told = {name: getattr(changed, name) for name in changed.__struct_fields__}
    now = msgspec.structs.replace(publisher, **{name: value for name, value in told.items() if value is not None})
    checked_facts(PublisherFacts(**{name: getattr(now, name) for name in PublisherFacts.__struct_fields__}))
    return now


def statement(publisher: Publisher) -> str:
    """The line by which a domain says that the publisher is its own."""
    return f"plugport-publisher={publisher.id}"


def checked_proof(publisher: Publisher, proof: Proof) -> Proof:
    """The proof, if it proves something. Raises `MissingField`, `InvalidField`, `DomainNotProven`."""
    if len(proof.note) > MAX_REASON_LENGTH or "\x00" in proof.note:
        raise InvalidField("note", problem=f"Up to {MAX_REASON_LENGTH} characters")
    if proof.ground is Ground.BY_HAND:
        if not proof.note.strip():
            raise MissingField("note")
        if proof.domain or proof.answer:
            raise InvalidField("domain", problem="By hand nothing of a domain is proven; tell of it in the note")
        return proof
    domain = proof.domain.lower().removesuffix(".")
    if not _DOMAIN.fullmatch(domain):
        raise InvalidField("domain", problem="The name of a domain, in ASCII")
    if len(proof.answer) > MAX_ANSWER_LENGTH:
        raise InvalidField("answer", problem=f"Up to {MAX_ANSWER_LENGTH} characters")
    lines = [each.strip().strip('"') for each in proof.answer.splitlines()]
    if statement(publisher) not in lines:
        raise DomainNotProven("answer", domain=domain, statement=statement(publisher))
    return msgspec.structs.replace(proof, domain=domain)


def look_alikes(
    publisher: Publisher, others: list[tuple[str, str, str, PublisherStatus]], popular: list[tuple[str, str]]
) -> list[LookAlike]:
    """Those of the others whose names are the publisher's, or look like it; and popular ones that are a letter from it.

    `others` have an id, an English name, a name and a status each, `popular` an id and an English name.
    """
    mine = [names.face(publisher.en_name), names.face(publisher.name)]
    found: dict[str, LookAlike] = {}
    for id, en_name, name, status in others:
        theirs = [names.face(en_name), names.face(name)]
        if any(one.key == other.key for one in mine for other in theirs if one.key):
            likeness = Likeness.SAME
        elif any(one.skeleton == other.skeleton for one in mine for other in theirs if one.skeleton):
            likeness = Likeness.LOOKS_THE_SAME
        else:
            continue
        found[id] = LookAlike(publisher_id=id, name=en_name, status=status, likeness=likeness)
    for id, en_name in popular:
        theirs_popular = names.face(en_name)
        near = any(
            names.is_near(one.key, theirs_popular.key) or names.is_near(one.skeleton, theirs_popular.skeleton)
            for one in mine
        )
        if near and id not in found:
            found[id] = LookAlike(
                publisher_id=id, name=en_name, status=PublisherStatus.ACCEPTED, likeness=Likeness.ONE_LETTER
            )
    return [*found.values()][:MOST_LOOK_ALIKES]


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
