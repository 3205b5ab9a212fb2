"""What is sent to whom asks for some bytes under some conditions (RFC 9110, 13 and 14). Pure decisions."""

import re
from typing import Literal

from schemas.base import Entity
from schemas.errors import PreconditionFailed, RangeUnsatisfiable
from schemas.model.downloads import Package, Release, Span, Wanted

MEDIA_TYPE = "application/zip"

_TAG = re.compile(r'(?P<weak>W/)?"(?P<opaque>[\x21\x23-\x7e\x80-\xff]*)"')
_BETWEEN_TAGS = " \t,"
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.IGNORECASE)
_ODD = re.compile(r"[^A-Za-z0-9._+-]")


class Answer(Entity, frozen=True):
    """What is answered: 200 with the whole, 206 with the span, or 304 because the client has it already."""

    status: Literal[200, 206, 304]
    span: Span


def decide(wanted: Wanted, *, sha256: str, size: int) -> Answer:
    """What to answer about bytes whose entity tag is their SHA-256. `size` is at least 1.

    Raises `PreconditionFailed` where If-Match names other bytes, and `RangeUnsatisfiable` for a range past the end.
    """
    whole = Span(offset=0, length=size)
    if wanted.if_match is not None and not _names(wanted.if_match, sha256, weakly=False):
        raise PreconditionFailed("If-Match", sha256=sha256)
    if wanted.if_none_match is not None and _names(wanted.if_none_match, sha256, weakly=True):
        return Answer(status=304, span=whole)
    if wanted.range is None or (wanted.if_range is not None and wanted.if_range.strip() != etag(sha256)):
        return Answer(status=200, span=whole)  # also for a date in If-Range: we tell none, so it is not ours
    span = _span(wanted.range, size)
    return Answer(status=206, span=span) if span else Answer(status=200, span=whole)


def etag(sha256: str) -> str:
    """The strong entity tag of bytes."""
    return f'"{sha256}"'


def file_name(text: str) -> str:
    """What a file is called that had better be called `text`; nothing in it needs quoting."""
    return _ODD.sub("_", text)


def package_of(release: Release) -> Package:
    """What goes out of a release."""
    return Package(
        tenant_id=release.tenant_id,
        version_id=release.version_id,
        sha256=release.sha256,
        file_name=file_name(f"{release.plugin_name}-{release.version}.zip"),
        media_type=MEDIA_TYPE,
    )


def is_sha256(text: str) -> bool:
    """Whether `text` is a digest as we write it."""
    return re.fullmatch(r"[0-9a-f]{64}", text) is not None


def _names(header: str, sha256: str, *, weakly: bool) -> bool:
    """Whether a list of entity tags, or `*`, names the bytes. A list that breaks its grammar names nothing."""
    if header.strip() == "*":
        return True
    if _TAG.sub("", header).strip(_BETWEEN_TAGS):
        return False
    return any(tag["opaque"] == sha256 and (weakly or not tag["weak"]) for tag in _TAG.finditer(header))


def _span(header: str, size: int) -> Span | None:
    """The one range that is asked for, cut at the end; None for several ranges, other units and what is none."""
    asked = _RANGE.fullmatch(header.strip())
    if asked is None or not (asked["first"] or asked["last"]):
        return None
    if not asked["first"]:
        first, last = max(size - int(asked["last"]), 0), size - 1
    else:
        first, last = int(asked["first"]), min(int(asked["last"] or size - 1), size - 1)
        if asked["last"] and int(asked["last"]) < first:
            return None
    if first >= size:
        raise RangeUnsatisfiable("Range", size=size)
    return Span(offset=first, length=last - first + 1)
