"""SDK-HMAC-SHA256 request signatures, as the official SDKs 3.1.219 make them.

Pure: what a signature says, and whether it fits a request and a secret. Looking up the secret, and refusing a second use,
are the service's business.
"""

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from schemas.base import Entity
from schemas.model.access import SignedRequest

ALGORITHM = "SDK-HMAC-SHA256"
WINDOW = timedelta(minutes=15)
UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD"

_HEADER = re.compile(
    r"SDK-HMAC-SHA256\s+Access=(?P<access>[!-+\--~]{1,128})\s*,\s*"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]{1,1024})\s*,\s*Signature=(?P<signature>[0-9a-f]{64})\s*"
)
_DATE = re.compile(r"\d{8}T\d{6}Z")
_HASH = re.compile(r"[0-9a-f]{64}")
_EMPTY_HASH = hashlib.sha256(b"").hexdigest()
# Headers that say who asks must be under the signature, or anybody on the way could add them.
_IDENTITY_HEADERS = frozenset({"x-project-id", "x-domain-id", "x-security-token", "x-publisher-token"})


class SignatureRefused(Exception):
    """The signature is not one, or does not fit. Why is for our log alone: the answer is always the same."""


class Signature(Entity, frozen=True):
    """What an Authorization header claims."""

    access_key: str
    signed_headers: list[str]
    signature: str


def parse(authorization: str) -> Signature:
    """Reads an Authorization header. Raises `SignatureRefused`."""
    match = _HEADER.fullmatch(authorization)
    if match is None:
        raise SignatureRefused("syntax")
    return Signature(
        access_key=match["access"], signed_headers=match["headers"].split(";"), signature=match["signature"]
    )


def verify(signature: Signature, request: SignedRequest, secret: str, now: datetime) -> None:
    """Checks the signature over the request. Raises `SignatureRefused`."""
    headers = _headers(request, signature.signed_headers)
    _check_coverage(signature.signed_headers, headers)
    date = headers["x-sdk-date"]
    _check_date(date, now)
    canonical = canonical_request(signature.signed_headers, request, headers)
    to_sign = f"{ALGORITHM}\n{date}\n{hashlib.sha256(canonical).hexdigest()}"
    expected = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, signature.signature):
        raise SignatureRefused("signature")


def canonical_request(signed_headers: list[str], request: SignedRequest, headers: dict[str, str]) -> bytes:
    """The text that is hashed and signed."""
    lines = [
        request.method.upper(),
        _canonical_path(request.raw_path),
        _canonical_query(request.query_string),
        *(f"{name}:{headers[name].strip()}" for name in signed_headers),
        "",
        ";".join(signed_headers),
        _payload_hash(request.body, headers),
    ]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _headers(request: SignedRequest, signed: list[str]) -> dict[str, str]:
    # The SDK signs UTF-8 text and the wire carries those bytes. A header that comes twice could be read in two ways.
    headers: dict[str, str] = {}
    for raw_name, raw_value in request.headers:
        name = raw_name.decode("latin-1").lower()
        if name in headers and (name in signed or name in _IDENTITY_HEADERS or name == "x-sdk-content-sha256"):
            raise SignatureRefused(f"two headers {name}")
        headers[name] = raw_value.decode("utf-8", "surrogateescape")
    return headers


def _check_coverage(signed_headers: list[str], headers: dict[str, str]) -> None:
    signed = set(signed_headers)
    if len(signed) != len(signed_headers) or not signed <= headers.keys():
        raise SignatureRefused("signed headers")
    if not {"host", "x-sdk-date"} <= signed:
        raise SignatureRefused("host and x-sdk-date must be signed")
    if unsigned := (_IDENTITY_HEADERS & headers.keys()) - signed:
        raise SignatureRefused(f"unsigned {sorted(unsigned)}")


def _check_date(date: str, now: datetime) -> None:
    if _DATE.fullmatch(date) is None:
        raise SignatureRefused("date syntax")
    try:
        signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise SignatureRefused("date") from error
    if abs(now - signed_at) > WINDOW:
        raise SignatureRefused("outside the time window")


def _escape(text: bytes) -> str:
    return quote(text, safe="-_.~")


def _canonical_path(raw_path: bytes) -> str:
    # Decoded before it is split: an encoded slash separates too.
    path = "/".join(_escape(segment) for segment in unquote_to_bytes(raw_path).split(b"/"))
    return path if path.endswith("/") else path + "/"


def _canonical_query(query_string: bytes) -> str:
    pairs = parse_qsl(
        query_string.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="surrogateescape"
    )
    encoded = (
        (name.encode("utf-8", "surrogateescape"), value.encode("utf-8", "surrogateescape")) for name, value in pairs
    )
    return "&".join(f"{_escape(name)}={_escape(value)}" for name, value in sorted(encoded))


def _payload_hash(body: bytes | None, headers: dict[str, str]) -> str:
    claimed = headers.get("x-sdk-content-sha256")
    if body == b"":
        return _EMPTY_HASH
    if claimed == UNSIGNED_PAYLOAD:
        if headers.get("content-type", "").lower().startswith(("application/json", "application/bson")):
            raise SignatureRefused("unsigned JSON")
        return claimed
    if body is None:
        raise SignatureRefused("a streamed body must be sent as UNSIGNED-PAYLOAD")
    actual = hashlib.sha256(body).hexdigest()
    if claimed is not None and (_HASH.fullmatch(claimed) is None or claimed != actual):
        raise SignatureRefused("content hash")
    return actual
