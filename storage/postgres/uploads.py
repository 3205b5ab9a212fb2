"""Rows about uploads and their chunks."""

from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.base import Entity
from schemas.model.checks import Finding
from schemas.model.uploads import Chunk, Purpose, Upload, UploadSpec, UploadState
from schemas.paging import Page, Paging
from storage.blobs.base import Assembly, Part
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("uploads")

_FINDINGS = msgspec.json.Decoder(list[Finding])


class OpenUploads(Entity, frozen=True):
    """How many uploads of a tenant are open, and how many bytes they announce."""

    uploads: int
    bytes: int


class StoredChunk(Entity, frozen=True):
    """How many chunks are there with this one, and which other one was begun for the first time."""

    received: int
    ahead: int | None


class Attempt(Entity, frozen=True):
    """The how-manieth attempt to send a chunk this is, and how many bytes those before might have brought, to all chunks of
    the file."""

    number: int
    begun_bytes: int


class UsedKey(Entity, frozen=True):
    """What an idempotency key was used for."""

    request: str
    upload_id: str


async def find(tx: Transaction, tenant_id: str, upload_id: str, *, hours: int) -> Upload | None:
    """The upload, which expires `hours` after the last chunk came."""
    row = await tx.maybe(QUERIES.find_upload, tenant_id=tenant_id, upload_id=upload_id, hours=hours)
    return _upload(row) if row else None


async def list_page(
    tx: Transaction, tenant_id: str, user_id: str | None, publisher_id: str | None, paging: Paging, *, hours: int
) -> Page[Upload]:
    """The tenant's uploads (of that user, of that publisher), newest first."""
    total = await tx.value(QUERIES.count_uploads, tenant_id=tenant_id, user_id=user_id, publisher_id=publisher_id)
    rows = await tx.many(
        QUERIES.list_uploads,
        tenant_id=tenant_id,
        user_id=user_id,
        publisher_id=publisher_id,
        offset=paging.offset,
        limit=paging.limit,
        hours=hours,
    )
    return Page(items=[_upload(row) for row in rows], total=total)


async def sum_open(tx: Transaction, tenant_id: str) -> OpenUploads:
    """What the tenant has open."""
    return OpenUploads(**await tx.one(QUERIES.sum_open_uploads, tenant_id=tenant_id))


async def count_checking(tx: Transaction, tenant_id: str) -> int:
    """How many uploads of the tenant wait for the end of their inspection."""
    return int(await tx.value(QUERIES.count_checking, tenant_id=tenant_id))


async def insert(tx: Transaction, upload: Upload) -> None:
    """A new upload; its times are the database's."""
    spec = upload.spec
    await tx.run(
        QUERIES.insert_upload,
        id=upload.id,
        tenant_id=upload.tenant_id,
        user_id=upload.user_id,
        user_name=upload.user_name,
        credential=upload.credential,
        purpose=spec.purpose,
        publisher_id=spec.publisher_id,
        plugin_name=spec.plugin_name,
        business_type=spec.business_type,
        file_name=spec.file_name,
        size=spec.size,
        sha256=spec.sha256,
        override=spec.override,
        chunk_bytes=spec.chunk_bytes,
        total_chunks=spec.total_chunks,
        state=upload.state,
        assembly_key=upload.assembly_key,
        assembly_handle=upload.assembly_handle,
        found_sha256=upload.found_sha256,
    )


async def promise_digest(tx: Transaction, upload: Upload, sha256: str) -> None:
    """Keeps the digest of the whole file, where none was told before."""
    await tx.run(QUERIES.promise_digest, tenant_id=upload.tenant_id, upload_id=upload.id, digest=sha256)


async def move(
    tx: Transaction,
    upload: Upload,
    to: UploadState,
    *,
    reason: str = "",
    findings: Sequence[Finding] = (),
    found_sha256: str | None = None,
) -> bool:
    """Moves the upload on from the state and epoch that `upload` tells; answers whether it was still there."""
    moved = await tx.value(
        QUERIES.move_upload,
        tenant_id=upload.tenant_id,
        upload_id=upload.id,
        from_state=upload.state,
        to_state=to,
        epoch=upload.epoch,
        reason=reason,
        findings=msgspec.json.encode(findings).decode(),
        digest=found_sha256,
    )
    return moved is not None


async def claim_joining(tx: Transaction, upload: Upload, *, seconds: int) -> int | None:
    """Makes the caller the one who joins, for that long; answers the epoch, or None where somebody else is at it."""
    claimed: int | None = await tx.value(
        QUERIES.claim_joining, tenant_id=upload.tenant_id, upload_id=upload.id, seconds=seconds
    )
    return claimed


async def prolong_joining(tx: Transaction, upload: Upload, *, seconds: int) -> bool:
    """Prolongs the claim; answers whether it was still held."""
    held = await tx.value(
        QUERIES.prolong_joining,
        tenant_id=upload.tenant_id,
        upload_id=upload.id,
        epoch=upload.epoch,
        seconds=seconds,
    )
    return held is not None


async def release_joining(tx: Transaction, upload: Upload) -> None:
    """Gives the claim back, so that the next one need not wait for its end."""
    await tx.run(QUERIES.release_joining, tenant_id=upload.tenant_id, upload_id=upload.id, epoch=upload.epoch)


async def drop_chunks(tx: Transaction, upload: Upload, numbers: list[int]) -> None:
    """Says that those chunks are not there any more."""
    await tx.run(QUERIES.drop_chunks, tenant_id=upload.tenant_id, upload_id=upload.id, numbers=numbers)


async def reassemble(
    tx: Transaction, upload: Upload, assembly: Assembly, chunks: Sequence[Chunk], *, reason: str
) -> bool:
    """Back to receiving, with `chunks` in another assembly; answers whether the claim was still held."""
    moved = await tx.value(
        QUERIES.reassemble_upload,
        tenant_id=upload.tenant_id,
        upload_id=upload.id,
        epoch=upload.epoch,
        reason=reason,
        assembly_key=assembly.key,
        assembly_handle=assembly.handle,
    )
    if moved is None:
        return False
    for chunk in chunks:
        await tx.run(
            QUERIES.replace_slot,
            tenant_id=upload.tenant_id,
            upload_id=upload.id,
            number=chunk.number,
            slot=chunk.slot,
            tag=chunk.tag,
        )
    return True


async def begin_chunk(tx: Transaction, upload: Upload, number: int, most: int) -> Attempt | None:
    """Counts an attempt to send the chunk, of `most` bytes; None where no chunks are taken any more."""
    row = await tx.maybe(
        QUERIES.begin_chunk,
        tenant_id=upload.tenant_id,
        upload_id=upload.id,
        round=upload.round,
        number=number,
        bytes=most,
    )
    return Attempt(number=row["attempts"], begun_bytes=row["begun_bytes"]) if row else None


async def store_chunk(
    tx: Transaction, upload: Upload, chunk: Chunk, *, direct: bool = False, ahead_bytes: int | None = None
) -> StoredChunk | None:
    """Says that the chunk is there, in place of an earlier one of that number; None where no chunks are taken any more.

    What came `direct` to the store counts only where it was awaited and is the newest. With `ahead_bytes` the chunk after all
    that were begun is begun, which may have so many bytes.
    """
    row = await tx.maybe(
        QUERIES.store_chunk,
        tenant_id=upload.tenant_id,
        upload_id=upload.id,
        round=upload.round,
        number=chunk.number,
        slot=chunk.slot,
        size=chunk.size,
        tag=chunk.tag,
        md5=chunk.md5,
        sha256=chunk.sha256,
        direct=direct,
        ahead_bytes=ahead_bytes,
    )
    return StoredChunk(received=row["received"], ahead=row["ahead"]) if row else None


async def offer_slot(tx: Transaction, upload: Upload, number: int, slot: int) -> None:
    """Says that the chunk's bytes may come to that slot directly."""
    await tx.run(QUERIES.offer_slot, tenant_id=upload.tenant_id, upload_id=upload.id, number=number, slot=slot)


async def list_offered(tx: Transaction, upload: Upload) -> dict[int, int]:
    """The slots to which bytes may have come directly, by the chunk's number."""
    rows = await tx.many(QUERIES.list_offered, tenant_id=upload.tenant_id, upload_id=upload.id)
    return {row["number"]: row["direct_slot"] for row in rows}


async def list_chunks(tx: Transaction, upload: Upload) -> list[Chunk]:
    """The chunks that are there, by number."""
    rows = await tx.many(QUERIES.list_chunks, tenant_id=upload.tenant_id, upload_id=upload.id)
    return [Chunk(**row) for row in rows]


async def find_chunk(tx: Transaction, upload: Upload, number: int) -> Chunk | None:
    """The chunk of that number, if it is there."""
    row = await tx.maybe(QUERIES.find_chunk, tenant_id=upload.tenant_id, upload_id=upload.id, number=number)
    return Chunk(**row) if row else None


async def file_exists(tx: Transaction, tenant_id: str, publisher_id: str, file_name: str, *, besides: str) -> bool:
    """Whether another upload than `besides` has brought the publisher a file of that name."""
    found = await tx.maybe(
        QUERIES.find_file, tenant_id=tenant_id, publisher_id=publisher_id, file_name=file_name, besides=besides
    )
    return found is not None


async def name_publisher(tx: Transaction, upload: Upload, publisher_id: str) -> Upload:
    """The upload, whose package says whose it is; nothing changes where that was said before."""
    await tx.run(QUERIES.name_publisher, tenant_id=upload.tenant_id, upload_id=upload.id, publisher_id=publisher_id)
    spec = msgspec.structs.replace(upload.spec, publisher_id=upload.spec.publisher_id or publisher_id)
    return msgspec.structs.replace(upload, spec=spec)


async def supersede_files(tx: Transaction, upload: Upload) -> None:
    """Of the publisher's accepted files of that name, only the one that was joined last is the file from now on."""
    await tx.run(
        QUERIES.supersede_files,
        tenant_id=upload.tenant_id,
        publisher_id=upload.spec.publisher_id,
        file_name=upload.spec.file_name,
    )


async def use_key(tx: Transaction, tenant_id: str, user_id: str, key: str, request: str, upload_id: str) -> None:
    """Ties the key to the upload, unless it is tied already, or a hundred others are tied to that upload."""
    await tx.run(
        QUERIES.use_idempotency_key,
        tenant_id=tenant_id,
        user_id=user_id,
        key=key,
        request=request,
        upload_id=upload_id,
    )


async def find_key(tx: Transaction, tenant_id: str, user_id: str, key: str) -> UsedKey | None:
    """What the user's key was used for, if it was."""
    row = await tx.maybe(QUERIES.find_idempotency_key, tenant_id=tenant_id, user_id=user_id, key=key)
    return UsedKey(**row) if row else None


async def forget_keys(tx: Transaction, *, hours: int) -> None:
    """Forgets keys that were used longer ago than that."""
    await tx.run(QUERIES.forget_idempotency_keys, hours=hours)


async def list_expired(tx: Transaction, *, hours: int, limit: int) -> list[tuple[str, str]]:
    """Tenant and id of uploads to which nothing came for that long, oldest first."""
    rows = await tx.many(QUERIES.list_expired, hours=hours, limit=limit)
    return [(row["tenant_id"], row["id"]) for row in rows]


async def hold_overdue(tx: Transaction, upload: Upload, *, hours: int) -> bool:
    """Whether nothing came for that long; then nothing does until the transaction ends."""
    await tx.run(QUERIES.lock_upload, tenant_id=upload.tenant_id, upload_id=upload.id)
    return bool(await tx.value(QUERIES.is_overdue, tenant_id=upload.tenant_id, upload_id=upload.id, hours=hours))


async def list_left_joining(tx: Transaction, *, limit: int) -> list[tuple[str, str]]:
    """Tenant and id of uploads whose joiner is gone, oldest first."""
    rows = await tx.many(QUERIES.list_left_joining, limit=limit)
    return [(row["tenant_id"], row["id"]) for row in rows]


def parts_of(chunks: Sequence[Chunk]) -> list[Part]:
    """Where the store has the chunks."""
    return [Part(slot=each.slot, size=each.size, tag=each.tag) for each in chunks]


def _upload(row: Any) -> Upload:
    spec = UploadSpec(
        file_name=row["file_name"],
        size=row["size"],
        sha256=row["sha256"],
        purpose=Purpose(row["purpose"]),
        plugin_name=row["plugin_name"],
        business_type=row["business_type"],
        publisher_id=row["publisher_id"],
        override=row["override"],
        chunk_bytes=row["chunk_bytes"],
        total_chunks=row["total_chunks"],
    )
    return Upload(
        id=row["id"],
        tenant_id=row["tenant_id"],
        user_id=row["user_id"],
        user_name=row["user_name"],
        credential=row["credential"],
        spec=spec,
        state=UploadState(row["state"]),
        reason=row["reason"],
        findings=_FINDINGS.decode(row["findings"]),
        epoch=row["epoch"],
        round=row["round"],
        assembly_key=row["assembly_key"],
        assembly_handle=row["assembly_handle"],
        found_sha256=row["found_sha256"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
        received=list(row["received"]),
        received_bytes=row["received_bytes"],
        is_superseded=row["superseded_at"] is not None,
    )
