"""Proofs: whatever becomes of the stored bytes, only those that were proven are ever given out."""

import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.errors import BytesDamaged
from storage.blobs import proof as proofs
from storage.blobs.base import BlobStore
from storage.blobs.proof import PIECE_BYTES, Proof, prove, read_proven
from storage.executors import Executor
from tests.contract.blobs.conftest import LocalMedium, Medium
from tests.contract.blobs.test_promises import LARGE, MIB, put

NUMBERS = count()
EDGES = [(0, None), (0, 1), (0, MIB), (MIB - 1, 2), (MIB, MIB), (2 * MIB - 1, 1), (5, 3 * MIB), (8 * MIB, None),
         (len(LARGE) - 1, 1), (len(LARGE) - 1, 100)]  # fmt: skip


@pytest.fixture
def threads() -> Iterator[Executor]:
    executor = Executor("proof", threads=2, queue=10)
    yield executor
    executor.close()


async def given_out(reading: AsyncIterator[bytes]) -> tuple[bytes, type[Exception] | None]:
    """What came before the end, and what the end was."""
    out = b""
    try:
        async for piece in reading:
            out += piece
    except (BytesDamaged, KeyError) as error:
        return out, type(error)
    return out, None


async def test_a_proof_is_what_was_read_back_piece_by_piece(store: BlobStore, threads: Executor) -> None:
    await put(store, "k", LARGE)
    pieces = [LARGE[at : at + PIECE_BYTES] for at in range(0, len(LARGE), PIECE_BYTES)]
    assert await prove(store, "k", threads) == Proof(
        size=len(LARGE),
        sha256=hashlib.sha256(LARGE).hexdigest(),
        pieces=b"".join(hashlib.sha256(piece).digest() for piece in pieces),
    )


@pytest.mark.parametrize(("offset", "length"), EDGES)
async def test_a_range_gives_exactly_its_bytes(
    store: BlobStore, threads: Executor, offset: int, length: int | None
) -> None:
    await put(store, "k", LARGE)
    proof = await prove(store, "k", threads)
    end = len(LARGE) if length is None else offset + length
    assert await given_out(read_proven(store, "k", proof, threads, offset, length)) == (LARGE[offset:end], None)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(0, 40),
    offset=st.integers(0, 45),
    length=st.none() | st.integers(0, 45),
    flipped=st.none() | st.integers(0, 39),
)
async def test_any_range_of_any_blob_is_whole_or_named_damaged(
    local: LocalMedium, threads: Executor, size: int, offset: int, length: int | None, flipped: int | None
) -> None:
    key, data = f"k/{next(NUMBERS)}", os.urandom(size)
    await put(local.store, key, data)
    wanted = data[offset:] if length is None else data[offset : offset + length]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proofs, "PIECE_BYTES", 7)
        proof = await prove(local.store, key, threads)
        if flipped is not None and flipped < size:
            local.overwrite(key, data[:flipped] + bytes([data[flipped] ^ 1]) + data[flipped + 1 :])
        out, end = await given_out(read_proven(local.store, key, proof, threads, offset, length))
    touched = range(offset // 7 * 7, -(-(offset + len(wanted)) // 7) * 7) if wanted else range(0)
    if flipped is not None and flipped < size and flipped in touched:
        assert end is BytesDamaged
        assert out == data[offset : max(offset, flipped // 7 * 7)]  # the pieces before the damaged one
    else:
        assert (out, end) == (wanted, None)


@pytest.mark.parametrize(
    ("damage", "good"),
    [
        (lambda data: data[: 3 * MIB] + bytes([data[3 * MIB] ^ 1]) + data[3 * MIB + 1 :], 3 * MIB),
        (lambda data: data[: 5 * MIB], 5 * MIB),
        (lambda data: data[: 5 * MIB + 1], 5 * MIB),
        (lambda data: data[:-1], 9 * MIB),
        (lambda data: b"", 0),
    ],
    ids=["flipped", "cut between pieces", "cut within a piece", "one byte short", "emptied"],
)
async def test_damaged_bytes_are_never_given_out(medium: Medium, threads: Executor, damage, good: int) -> None:
    await put(medium.store, "k", LARGE)
    proof = await prove(medium.store, "k", threads)
    medium.overwrite("k", damage(LARGE))
    assert await given_out(read_proven(medium.store, "k", proof, threads)) == (LARGE[:good], BytesDamaged)
    assert await prove(medium.store, "k", threads) != proof


async def test_a_lost_blob_is_missing_also_where_nothing_of_it_is_wanted(store: BlobStore, threads: Executor) -> None:
    for data in (b"bytes", b""):
        await put(store, "k", data)
        proof = await prove(store, "k", threads)
        assert await given_out(read_proven(store, "k", proof, threads, 5)) == (b"", None)
        await store.delete("k")
        for offset in (0, 5):
            assert await given_out(read_proven(store, "k", proof, threads, offset)) == (b"", KeyError)
    with pytest.raises(KeyError):
        await prove(store, "k", threads)


async def test_only_the_pieces_of_a_range_are_read(store: BlobStore, threads: Executor) -> None:
    await put(store, "k", LARGE)
    proof = await prove(store, "k", threads)
    asked: list[tuple[int, int | None]] = []

    class Watched:
        def read(self, key: str, offset: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
            asked.append((offset, length))
            return store.read(key, offset, length)

    out, _ = await given_out(read_proven(Watched(), "k", proof, threads, 2 * MIB + 5, MIB))
    assert out == LARGE[2 * MIB + 5 :][:MIB]
    assert asked == [(2 * MIB, 2 * MIB)]
