"""Proofs: what a blob was when it was read back, so that any piece of it can be checked before it is given out."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing

from schemas.base import Entity
from schemas.errors import BytesDamaged
from storage.blobs.base import BlobStore, Stored, require_range
from storage.blobs.streams import regrouped
from storage.executors import Executor

PIECE_BYTES = 1024 * 1024
"""How much of a blob is checked at once. Part of what is stored: it never changes."""

_DIGEST_BYTES = 32


class Proof(Entity, frozen=True):
    """Size and SHA-256 (64 lower-case hex digits) of a blob, and the SHA-256 of each piece of `PIECE_BYTES`, one after
    the other (32 bytes each)."""

    size: int
    sha256: str
    pieces: bytes


async def prove(store: BlobStore, key: str, threads: Executor) -> Proof:
    """Reads the whole blob back from the medium. KeyError when missing."""
    size, whole, pieces = 0, hashlib.sha256(), bytearray()

    def take(piece: bytes) -> bytes:
        whole.update(piece)
        return hashlib.sha256(piece).digest()

    async with aclosing(store.read(key)) as body, aclosing(regrouped(body, PIECE_BYTES)) as regular:
        async for piece in regular:
            size += len(piece)
            pieces += await threads.run(take, piece)
    return Proof(size=size, sha256=whole.hexdigest(), pieces=bytes(pieces))


async def prove_stored(store: BlobStore, stored: Stored, threads: Executor) -> Proof | None:
    """Reads back what lies under the key of `stored`. None where that is lost, or not what `stored` says."""
    try:
        proof = await prove(store, stored.key, threads)
    except KeyError:
        return None
    return proof if (proof.size, proof.sha256) == (stored.size, stored.sha256) else None


async def read_proven(
    store: BlobStore, key: str, proof: Proof, threads: Executor, offset: int = 0, length: int | None = None
) -> AsyncGenerator[bytes, None]:
    """The bytes from `offset`, at most `length` of them; each piece is checked before any of its bytes are given.

    Raises `BytesDamaged` where the blob is not what `proof` says, and otherwise as `BlobStore.read` does.
    """
    require_range(offset, length)
    end = proof.size if length is None else min(proof.size, offset + length)
    if offset >= end:
        if await store.stat(key) is None:
            raise KeyError(key)
        return
    number = offset // PIECE_BYTES
    at = number * PIECE_BYTES
    whole_pieces = min(proof.size, -(-end // PIECE_BYTES) * PIECE_BYTES) - at
    async with aclosing(store.read(key, at, whole_pieces)) as body, aclosing(regrouped(body, PIECE_BYTES)) as regular:
        async for piece in regular:
            promised = proof.pieces[number * _DIGEST_BYTES :][:_DIGEST_BYTES]
            if (await threads.run(hashlib.sha256, piece)).digest() != promised:
                raise BytesDamaged
            yield piece[max(offset - at, 0) : end - at]
            number, at = number + 1, at + len(piece)
    if at < end:
        raise BytesDamaged
