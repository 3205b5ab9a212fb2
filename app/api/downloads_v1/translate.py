"""How a package is answered: its headers, and how often it was fetched."""

import base64

from app.registry.downloads import rules
from app.registry.downloads.rules import Answer
from schemas.model.downloads import Download, DownloadCounts
from schemas.wire import downloads_v1 as wire

MEDIA_TYPE = "application/zip"


def to_headers(download: Download, answer: Answer) -> dict[str, str]:
    """What is said of the bytes beside the bytes. Whatever they are, no browser shows or runs them."""
    headers = {
        **_of_bytes(download),
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if answer.status == 304:
        return headers
    headers |= {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(answer.span.length),
        "Content-Disposition": f'attachment; filename="{_file_name(download)}"',
    }
    if answer.status == 206:
        first, last = answer.span.offset, answer.span.offset + answer.span.length - 1
        headers["Content-Range"] = f"bytes {first}-{last}/{download.size}"
    return headers


def to_content_digest(download: Download) -> dict[str, str]:
    """Beside an answer that holds the whole."""
    return {"Content-Digest": _digest(download)}


def to_address(download: Download, address: str) -> dict[str, str]:
    """Beside an answer that sends the client to the store. The address soon opens nothing, so nobody keeps it."""
    return {**_of_bytes(download), "Location": address, "Cache-Control": "no-store"}


def to_counts(counts: DownloadCounts) -> wire.DownloadCounts:
    """How often a version was downloaded."""
    days = [wire.DownloadDay(day=each.day.isoformat(), downloads=each.downloads) for each in counts.days]
    return wire.DownloadCounts(total=counts.total, days=days)


def _of_bytes(download: Download) -> dict[str, str]:
    return {"ETag": rules.etag(download.release.sha256), "Repr-Digest": _digest(download)}


def _digest(download: Download) -> str:
    """As RFC 9530 writes it."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(download.release.sha256)).decode()}:"


def _file_name(download: Download) -> str:
    return rules.file_name(download.release.plugin_name, download.release.version)
