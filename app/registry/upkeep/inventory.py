"""What lies in the store, held against what the rows say."""

from collections.abc import AsyncIterator

from app.registry.upkeep import rules
from schemas.model.upkeep import StoredKey
from storage.blobs import keys
from storage.blobs.base import BlobStore
from storage.postgres import upkeep
from storage.postgres.database import Database

_KEYS_AT_ONCE = 500


async def unnamed_keys(database: Database, blobs: BlobStore) -> AsyncIterator[tuple[StoredKey, bool]]:
    """Every stored key of ours that no row named when it was asked for, and whether it is doomed.

    Meanwhile a row may have come: whoever acts on it asks again, with the tenant locked.
    """
    async for batch in _stored(blobs):
        async with database.transaction(platform=True) as tx:
            unnamed = await upkeep.list_unnamed_keys(tx, batch)
        for key in batch:
            if key.text in unnamed:
                yield key, unnamed[key.text]


async def _stored(blobs: BlobStore) -> AsyncIterator[list[StoredKey]]:
    batch = []
    async for text in blobs.keys(keys.OURS):
        key = rules.stored_key(text)
        if key is not None:
            batch.append(key)
        if len(batch) == _KEYS_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
