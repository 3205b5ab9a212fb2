"""Which addresses and events a webhook may have, how what is sent is signed, and where nothing is ever sent. Pure decisions.

Signatures are those of Standard Webhooks 1.0 (https://www.standardwebhooks.com), so that its libraries verify them.
"""

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from schemas.errors import InvalidField
from schemas.model.notifications import ANNOUNCEMENTS
from schemas.model.webhooks import WebhookFacts

MOST_WEBHOOKS = 20
"""Of one tenant."""

TRIAL = "webhook.trial"
"""The event that is sent on demand, to see whether a webhook works."""

EVENTS = (*sorted(ANNOUNCEMENTS), TRIAL)

_SECRET_PREFIX = "whsec_"  # noqa: S105
_SECRET_BYTES = 32
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_WILDCARD = re.compile(r"[a-z_]+\.\*")


def checked(facts: WebhookFacts, *, any_address: bool) -> WebhookFacts:
    """The same facts with each event once. Raises `InvalidField` for an address or an event that cannot be.

    Without `any_address` only https is taken, and no literal address of a private network; what a name stands for is looked
    at when something is sent.
    """
    _check_url(facts.url, any_address=any_address)
    families = {each.partition(".")[0] for each in EVENTS}
    for place, event in enumerate(facts.events):
        is_family = _WILDCARD.fullmatch(event) is not None and event[:-2] in families
        if event != "*" and event not in EVENTS and not is_family:
            raise InvalidField(
                f"events[{place}]", problem=f"There is no event {event!r}: there are {', '.join(EVENTS)}"
            )
    return WebhookFacts(
        url=facts.url,
        events=list(dict.fromkeys(facts.events)),
        description=facts.description,
        active=facts.active,
        everywhere=facts.everywhere,
    )


def _check_url(url: str, *, any_address: bool) -> None:
    schemes = {"https", "http"} if any_address else {"https"}
    problem = f"An address begins with {' or '.join(f'{each}://' for each in sorted(schemes))} and names a host"
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
        usable = parts.scheme in schemes and bool(host) and port != 0 and not parts.fragment
        usable = usable and parts.username is None and parts.password is None
        host.encode("idna")
    except (ValueError, UnicodeError) as error:
        raise InvalidField("url", problem=problem) from error
    if not usable or not url.isascii() or any(character.isspace() or not character.isprintable() for character in url):
        raise InvalidField("url", problem=f"{problem}, without user, password, fragment and blanks, in ASCII")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return
    if not any_address and not is_public(str(literal)):
        raise InvalidField("url", problem="Nothing is sent to addresses of private networks")


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also where it wraps another one."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if wrapped is None and found in _NAT64:
            wrapped = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
        if found.is_site_local:
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified


def wants(events: Iterable[str], event: str) -> bool:
    """Whether who asked for `events` is told of this one."""
    return any(each in ("*", event) or each == f"{event.partition('.')[0]}.*" for each in events)


def new_secret() -> str:
    """A secret that signs deliveries."""
    return _SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def signature(secret: str, delivery_id: str, timestamp: int, body: str) -> str:
    """What stands in `webhook-signature`: HMAC-SHA256 over id, moment (seconds since 1970) and body."""
    key = base64.b64decode(secret.removeprefix(_SECRET_PREFIX))
    signed = hmac.new(key, f"{delivery_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
