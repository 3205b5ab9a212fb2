"""Uploads as their owners see them, and the promises about a body that its headers make."""

import base64
import re
from collections.abc import Iterable
from typing import Any

from litestar.datastructures import Headers

from app.api.moments import to_moment
from app.registry.uploads import rules
from schemas.errors import InvalidField, MalformedBody
from schemas.model import uploads as model
from schemas.paging import Page, Paging
from schemas.wire import uploads_v1 as wire

_MD5_BYTES, _SHA256_BYTES = 16, 32
# A dictionary of byte sequences (RFC 8941), each perhaps with parameters, which say nothing here.
_MEMBER = re.compile(
    r"[ \t]*(?P<algorithm>[a-z*][a-z0-9_.*-]*)=:(?P<value>[A-Za-z0-9+/=]*):(?:;[ ]*[a-z*][a-z0-9_.*-]*(?:=[^,;]*)?)*[ \t]*"
)


def to_new(body: wire.CreateUploadRequest) -> model.NewUpload:
    """What is announced."""
    return model.NewUpload(
        file_name=body.file_name,
        size=body.size,
        sha256=body.sha256.lower(),
        purpose=model.Purpose(body.purpose),
        plugin_name=body.plugin_name,
        business_type=body.business_type,
        publisher_id=body.publisher_id,
        override=body.override,
        chunk_bytes=body.chunk_size,
    )


def check_headers(headers: Headers) -> None:
    """Raises `MalformedBody` for a form, whose bytes are not the chunk's, and `InvalidField` for a promise made twice."""
    if headers.get("content-type", "").lower().startswith("multipart/"):
        raise MalformedBody(problem="a chunk is sent as it is, not in a form")
    for name in ("Content-MD5", "Content-Digest"):
        if len(headers.getall(name, [])) > 1:
            raise InvalidField(name, problem="The header comes twice")


def to_length(headers: Headers) -> int | None:
    """The body's length as announced; None where it comes in pieces. The server refuses a header that is no number."""
    announced = headers.get("content-length")
    return int(announced) if announced is not None else None


def to_md5(header: str | None) -> str | None:
    """The digest that Content-MD5 (RFC 1864) promises, in hex. Raises `InvalidField`."""
    return _digest("Content-MD5", header, _MD5_BYTES) if header is not None else None


def to_sha256(header: str | None) -> str | None:
    """The SHA-256 that Content-Digest (RFC 9530) promises, in hex; None where it names other algorithms only.

    Raises `InvalidField`. Of two members of one name the last holds, as RFC 8941 says.
    """
    if header is None:
        return None
    members = [_MEMBER.fullmatch(each) for each in header.split(",")]
    found = {each["algorithm"]: each["value"] for each in members if each is not None}
    if None in members:
        raise InvalidField("Content-Digest", problem="Each member must be an algorithm and =:Base64:, as in RFC 9530")
    return _digest("Content-Digest", found["sha-256"], _SHA256_BYTES) if "sha-256" in found else None


def to_document(upload: model.Upload) -> wire.UploadDocument:
    """What is true of an upload now."""
    return wire.UploadDocument(**_facts(upload))


def to_created(receipt: model.Receipt) -> wire.CreatedUpload:
    """The same, with what a client must know before it begins."""
    return wire.CreatedUpload(
        **_facts(receipt.upload), already_stored=receipt.already_stored, limits=to_limits(receipt.limits)
    )


def to_page(found: Page[model.Upload], paging: Paging) -> wire.UploadPage:
    """One part of the uploads that the caller sees."""
    return wire.UploadPage(
        offset=paging.offset, limit=paging.limit, total=found.total, uploads=[to_document(each) for each in found.items]
    )


def to_limits(limits: model.UploadLimits) -> wire.UploadLimits:
    """The same numbers."""
    return wire.UploadLimits(
        max_file_bytes=limits.max_file_bytes,
        least_chunk_bytes=limits.least_chunk_bytes,
        most_chunk_bytes=limits.most_chunk_bytes,
        most_chunks=limits.most_chunks,
        most_open_uploads=limits.most_open_uploads,
        open_uploads=limits.open_uploads,
        most_staged_bytes=limits.most_staged_bytes,
        staged_bytes=limits.staged_bytes,
        expires_after_hours=limits.expires_after_hours,
    )


def to_receipt(receipt: model.ChunkReceipt) -> wire.ChunkReceipt:
    """The same facts."""
    return wire.ChunkReceipt(
        number=receipt.number,
        size=receipt.size,
        md5=receipt.md5,
        sha256=receipt.sha256,
        received=receipt.received,
        total=receipt.total,
    )


def to_urls(urls: Iterable[model.PartUrl]) -> wire.ChunkUrls:
    """Addresses at the storage."""
    return wire.ChunkUrls(
        urls=[
            wire.ChunkUrl(number=each.number, url=each.url, size=each.size, expires_at=to_moment(each.expires_at))
            for each in urls
        ]
    )


def _facts(upload: model.Upload) -> dict[str, Any]:
    spec, path = upload.spec, f"/plugport/v1/uploads/{upload.id}"
    return {
        "upload_id": upload.id,
        "state": upload.state.value,
        "reason": upload.reason,
        "next_step": rules.next_step(upload),
        "owner": upload.user_name,
        "file_name": spec.file_name,
        "size": spec.size,
        "sha256": spec.sha256,
        "purpose": spec.purpose.value,
        "plugin_name": spec.plugin_name,
        "business_type": spec.business_type,
        "publisher_id": spec.publisher_id,
        "override": spec.override,
        "chunk_size": spec.chunk_bytes,
        "total_chunks": spec.total_chunks,
        "received": rules.ranges(upload.received),
        "received_bytes": upload.received_bytes,
        "missing": rules.missing(spec, upload.received),
        "findings": [wire.UploadFinding(entry=e.entry, rule=e.message, remedy=e.remedy) for e in upload.findings],
        "created_at": to_moment(upload.created_at),
        "updated_at": to_moment(upload.updated_at),
        "expires_at": to_moment(upload.expires_at),
        "links": wire.UploadLinks(
            self=path,
            chunk=f"{path}/chunks/{{number}}",
            complete=f"{path}/complete",
            chunk_urls=f"{path}/chunk-urls",
        ),
    }


def _digest(header: str, value: str, size: int) -> str:
    try:
        digest = base64.b64decode(value, validate=True)
    except ValueError:  # also for what is no ASCII
        digest = b""
    if len(digest) != size:
        raise InvalidField(header, problem=f"The Base64 of {size} bytes is required")
    return digest.hex()
