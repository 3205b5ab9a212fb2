"""Rows as upkeep sees them: what is needed no more, what is doomed, what was not read for long.

Functions whose names begin with `list_` or `find_` look over all tenants, as the platform does; those that change
something do so within one tenant, which the caller has locked.
"""

from collections.abc import Sequence
from datetime import datetime

from schemas.base import Entity
from schemas.model.upkeep import StoredKey
from storage.blobs.base import Assembly
from storage.blobs.proof import Proof
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("upkeep")


class ListedIcon(Entity, frozen=True):
    """An icon, and whether it is old enough to go and nobody shows it."""

    object_key: str
    tenant_id: str
    useless: bool


class ListedBlob(Entity, frozen=True):
    """A blob, and whether it is old enough to go and nothing needs it."""

    tenant_id: str
    sha256: str
    size: int
    key: str
    useless: bool


class UnreadBlob(Entity, frozen=True):
    """A blob that is to be read again. `pieces` is its proof, as far as it has one."""

    tenant_id: str
    sha256: str
    size: int
    key: str
    pieces: bytes | None
    quarantined: bool


class EndedUpload(Entity, frozen=True):
    """An upload that is over and whose parts may still be there; files were joined for it in `round` rounds at most."""

    id: str
    tenant_id: str
    assembly: Assembly
    round: int


class OldUpload(Entity, frozen=True):
    """An upload that has been over for long."""

    id: str
    tenant_id: str


# -- icons and blobs -------------------------------------------------------------------------------------------------------


async def list_icons(tx: Transaction, after: str, hours: int, most: int) -> list[ListedIcon]:
    """The next icons after that object key; those younger than `hours` are of use whoever shows them."""
    return [ListedIcon(**row) for row in await tx.many(QUERIES.list_icons, after=after, hours=hours, most=most)]


async def delete_icons(tx: Transaction, tenant_id: str, object_keys: list[str]) -> list[tuple[str, str]]:
    """Removes those of the icons that nobody shows; answers key and SHA-256 of each."""
    rows = await tx.many(QUERIES.delete_icons, tenant_id=tenant_id, object_keys=object_keys)
    return [(row["object_key"], row["sha256"]) for row in rows]


async def list_blobs(tx: Transaction, after: str, hours: int, most: int) -> list[ListedBlob]:
    """The next blobs after that key; those younger than `hours` are of use whatever needs them."""
    return [ListedBlob(**row) for row in await tx.many(QUERIES.list_blobs, after=after, hours=hours, most=most)]


async def doom_blobs(tx: Transaction, tenant_id: str, digests: list[str], hours: int) -> list[str]:
    """Removes the rows of those that are old enough and that nothing needs; answers their keys, which are doomed now."""
    rows = await tx.many(QUERIES.doom_blobs, tenant_id=tenant_id, digests=digests, hours=hours)
    return [row["key"] for row in rows]


# -- keys ------------------------------------------------------------------------------------------------------------------


async def list_doomed(tx: Transaction, after: str, most: int) -> list[str]:
    """The next doomed keys."""
    return [row["key"] for row in await tx.many(QUERIES.list_doomed, after=after, most=most)]


async def forget_doomed(tx: Transaction, tenant_id: str, key: str) -> None:
    """Says that the bytes of a doomed key are gone, or needed again."""
    await tx.run(QUERIES.forget_doomed, tenant_id=tenant_id, key=key)


async def list_unnamed_keys(tx: Transaction, stored: Sequence[StoredKey]) -> dict[str, bool]:
    """Those of the keys that no row says to be kept or on their way in; of each, whether it is doomed.

    The keys of a tenant that the database does not know are not among them: they are another installation's.
    """
    rows = await tx.many(
        QUERIES.list_unnamed_keys,
        keys=[each.text for each in stored],
        tenant_ids=[each.tenant_id for each in stored],
        digests=[each.digest for each in stored],
        upload_ids=[each.upload_id for each in stored],
    )
    return {row["key"]: row["doomed"] for row in rows}


# -- uploads ---------------------------------------------------------------------------------------------------------------


async def list_uploads_to_clear(tx: Transaction, after: str, most: int) -> list[EndedUpload]:
    """The next uploads by id that are over and whose parts may still be there."""
    rows = await tx.many(QUERIES.list_uploads_to_clear, after=after, most=most)
    return [
        EndedUpload(
            id=row["id"],
            tenant_id=row["tenant_id"],
            assembly=Assembly(key=row["assembly_key"], handle=row["assembly_handle"]),
            round=row["round"],
        )
        for row in rows
    ]


async def note_cleared(tx: Transaction, upload: EndedUpload) -> bool:
    """Says that the parts of an upload are gone; answers whether that was new."""
    return await tx.value(QUERIES.note_cleared, tenant_id=upload.tenant_id, id=upload.id) is not None


async def list_old_uploads(tx: Transaction, days: int, most: int) -> list[OldUpload]:
    """Uploads that were over and cleared for more than `days`, and whose file nobody needs; oldest first."""
    return [OldUpload(**row) for row in await tx.many(QUERIES.list_old_uploads, days=days, most=most)]


async def delete_uploads(tx: Transaction, tenant_id: str, ids: list[str]) -> list[str]:
    """Removes those of the uploads that are still over, and answers their ids."""
    return [row["id"] for row in await tx.many(QUERIES.delete_uploads, tenant_id=tenant_id, ids=ids)]


async def list_assemblies(tx: Transaction) -> set[str]:
    """The handles of everything that is still put together."""
    return {row["assembly_handle"] for row in await tx.many(QUERIES.list_assemblies)}


# -- reading again ---------------------------------------------------------------------------------------------------------


async def read_clock(tx: Transaction) -> datetime:
    """The time by the database's clock."""
    now: datetime = await tx.value(QUERIES.read_clock)
    return now


async def find_longest_unread(tx: Transaction, before: datetime) -> UnreadBlob | None:
    """The blob whose last reading is the longest ago, of those last read before that moment."""
    row = await tx.maybe(QUERIES.find_longest_unread, before=before)
    return UnreadBlob(**row) if row else None


async def note_read(tx: Transaction, blob: UnreadBlob) -> bool:
    """Says that the blob was read now. False where it has gone meanwhile, or lies elsewhere: then the reading says nothing."""
    noted = await tx.value(QUERIES.note_read, tenant_id=blob.tenant_id, digest=blob.sha256, key=blob.key)
    return noted is not None


async def note_whole(tx: Transaction, blob: UnreadBlob, proof: Proof) -> None:
    """Says that the blob is what `proof` says: it has this proof from now on, and is in no quarantine."""
    await tx.run(QUERIES.note_whole, tenant_id=blob.tenant_id, digest=blob.sha256, pieces=proof.pieces)
