"""Files that come in parts: every sentence of `storage/blobs/base.py` about them, over every store.

In S3 the parts of an assembly are those of a multipart upload, or blobs of their own where they may be small.
"""

import asyncio
import hashlib
import random
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from itertools import accumulate

import httpx
import pytest

from schemas.errors import BodyTooLarge, StorageUnavailable
from storage.blobs import keys
from storage.blobs.base import Assembly, BlobStore, Feed, Part, Place
from tests.contract.blobs.conftest import Medium
from tests.contract.blobs.test_promises import LARGE, MIB, PIECE, Lost, body, failing, get, listed, put

KEY = keys.assembled("1", "upload", 1)
AGAIN = keys.assembled("1", "upload", 2)
CHUNKS = {3: PIECE * 80, 20: PIECE[::-1] * 81, 21: b"the last one"}  # by slot; all but the last as large as S3 demands
WHOLE = b"".join(CHUNKS.values())
SLOTS = list(CHUNKS)

Begin = Callable[..., Awaitable[Assembly]]

pytestmark = pytest.mark.parametrize(
    ("medium", "begin"), [("local", 0), ("s3", 0), ("s3", 5 * MIB)], indirect=True, ids=["local", "s3", "s3 multipart"]
)


@pytest.fixture
async def begin(request: pytest.FixtureRequest, store: BlobStore) -> AsyncIterator[Begin]:
    """Begins assemblies; discards at the end what was begun, and what was handed in."""
    begun: list[Assembly] = []

    async def begin(key: str = KEY, *, made: Assembly | None = None) -> Assembly:
        begun.append(made or await store.assemble(key, least_part=request.param))
        return begun[-1]

    yield begin
    for each in begun:
        await store.discard(each)


@pytest.fixture
async def assembly(begin: Begin) -> Assembly:
    return await begin()


async def put_part(store: BlobStore, assembly: Assembly, slot: int, data: bytes) -> Part:
    return await store.put_part(assembly, slot, body(data), limit=len(data))


async def put_all(store: BlobStore, assembly: Assembly) -> list[Part]:
    return list(await asyncio.gather(*(put_part(store, assembly, slot, data) for slot, data in CHUNKS.items())))


# --- parts come in ---------------------------------------------------------------------------------------------------


async def test_parts_come_in_any_order_and_at_once_and_are_joined_by_their_slots(
    store: BlobStore, assembly: Assembly
) -> None:
    slots = random.sample(SLOTS, len(SLOTS))
    sent = await asyncio.gather(*(put_part(store, assembly, slot, CHUNKS[slot]) for slot in slots))
    parts = sorted(sent, key=lambda part: part.slot)
    assert [(part.slot, part.size) for part in parts] == [(slot, len(CHUNKS[slot])) for slot in SLOTS]
    assert await store.parts(assembly) == parts
    assert await store.stat(KEY) is None
    assert await store.join(assembly, parts) == len(WHOLE)
    assert await get(store, KEY) == WHOLE


async def test_a_part_is_fed_to_every_digest_while_it_comes_in_and_then_checked(
    store: BlobStore, assembly: Assembly
) -> None:
    digests = [hashlib.md5(), hashlib.sha256()]
    seen: list[tuple[int, str]] = []
    await store.put_part(
        assembly, 1, body(LARGE[:7], b"", LARGE[7:]), limit=len(LARGE), digests=digests,
        check=lambda size: seen.append((size, digests[1].hexdigest())),
    )  # fmt: skip
    assert seen == [(len(LARGE), hashlib.sha256(LARGE).hexdigest())]
    assert digests[0].digest() == hashlib.md5(LARGE).digest()


async def test_a_part_can_be_had_once_more_by_who_follows_it_or_is_said_to_be_gone(
    store: BlobStore, assembly: Assembly
) -> None:
    digest, never = hashlib.sha256(), asyncio.Event()
    fed: list[bool] = []

    async def follow(feed: Feed) -> None:
        fed.append(await feed(digest))
        await never.wait()  # it is cancelled when the part is stored

    part = await store.put_part(assembly, 1, body(*[LARGE] * 3), limit=10**9, follow=follow)
    assert part.size == 3 * len(LARGE)
    assert fed in ([], [False], [True])
    assert fed != [True] or digest.digest() == hashlib.sha256(LARGE * 3).digest()


async def test_a_part_in_many_small_pieces_arrives_in_order(store: BlobStore, assembly: Assembly) -> None:
    pieces = [bytes([number % 251]) * (number * 37 % 600) for number in range(3000)]
    part = await store.put_part(assembly, 1, body(*pieces), limit=10**9)
    assert await store.join(assembly, [part]) == sum(map(len, pieces))
    assert await get(store, KEY) == b"".join(pieces)


@pytest.mark.parametrize("chunks", [{1: b""}, {1: PIECE * 80, 10_000: b""}], ids=["alone", "last"])
async def test_the_last_part_may_be_empty(store: BlobStore, assembly: Assembly, chunks: dict[int, bytes]) -> None:
    parts = [await put_part(store, assembly, slot, data) for slot, data in chunks.items()]
    assert await store.parts(assembly) == parts
    assert await store.join(assembly, parts) == sum(map(len, chunks.values()))
    assert await get(store, KEY) == b"".join(chunks.values())


def refuses(size: int) -> None:
    raise Lost(size)


@pytest.mark.parametrize(
    ("give", "limit", "check", "error"),
    [
        (lambda: body(b"a little"), 100, refuses, Lost),
        (lambda: body(LARGE), 10**9, refuses, Lost),
        (lambda: body(b"a little", b"too much"), 15, None, BodyTooLarge),
        (lambda: failing([LARGE], ConnectionResetError()), 10**9, None, ConnectionResetError),
    ],
    ids=["refused", "large and refused", "too large", "broken off"],
)
async def test_a_part_that_fails_leaves_nothing_and_may_be_sent_again(
    medium: Medium,
    assembly: Assembly,
    give: Callable[[], AsyncIterator[bytes]],
    limit: int,
    check: Callable[[int], None] | None,
    error: type[Exception],
) -> None:
    before = medium.leftovers()
    with pytest.raises(error):
        await medium.store.put_part(assembly, 5, give(), limit=limit, check=check)
    assert await medium.store.parts(assembly) == []
    assert medium.leftovers() == before
    part = await put_part(medium.store, assembly, 5, b"good")
    assert await medium.store.parts(assembly) == [part]


async def test_a_cancelled_part_leaves_nothing(medium: Medium, assembly: Assembly) -> None:
    before, waiting = medium.leftovers(), asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield LARGE
        waiting.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(medium.store.put_part(assembly, 1, stalled(), limit=10**9))
    await waiting.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert await medium.store.parts(assembly) == []
    assert medium.leftovers() == before


@pytest.mark.parametrize("slot", [0, -1, 10_001])
async def test_an_odd_slot_is_refused(store: BlobStore, assembly: Assembly, slot: int) -> None:
    with pytest.raises(ValueError, match="slot"):
        await put_part(store, assembly, slot, b"x")
    with pytest.raises(ValueError, match="slot"):
        await store.presign_part(assembly, slot, size=1, seconds=60)
    assert await store.parts(assembly) == []


@pytest.mark.parametrize("key", ["a", "t/1/b/x", "t/1/f/", "t/1/f/a/b", "../t/1/f/a", "t/../f/a"])
async def test_only_the_key_of_an_assembled_file_can_be_assembled(begin: Begin, key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        await begin(key)


async def test_a_slot_that_was_used_twice_is_told_apart_by_the_tag(store: BlobStore, assembly: Assembly) -> None:
    first, second = [await put_part(store, assembly, 1, data) for data in (b"one", b"two")]
    assert second in await store.parts(assembly)
    assert first.tag != second.tag
    assert await store.join(assembly, [second]) == 3
    assert await get(store, KEY) == b"two"


async def test_memory_stays_bounded_however_large_parts_and_files_are(store: BlobStore, assembly: Assembly) -> None:
    async def large() -> AsyncIterator[bytes]:
        for _ in range(16 * MIB // len(PIECE)):
            yield PIECE[:7] + PIECE[7:]  # a piece of its own each time

    tracemalloc.start()
    try:
        parts = [await store.put_part(assembly, slot, large(), limit=10**9) for slot in (1, 2)]
        await store.join(assembly, parts)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert await store.stat(KEY) == 32 * MIB
    assert peak < 12 * MIB


# --- joining ---------------------------------------------------------------------------------------------------------


async def test_joining_again_is_success_also_when_the_parts_are_gone(store: BlobStore, assembly: Assembly) -> None:
    parts = await put_all(store, assembly)
    assert await store.join(assembly, parts) == len(WHOLE)
    assert await store.join(assembly, parts) == len(WHOLE)  # as after a crash between the join and the commit
    await store.discard(assembly)
    assert await store.join(assembly, parts) == len(WHOLE)
    assert await get(store, KEY) == WHOLE


async def test_racing_joins_all_succeed_and_make_one_file(medium: Medium, assembly: Assembly) -> None:
    parts = await put_all(medium.store, assembly)
    assert await asyncio.gather(*(medium.store.join(assembly, parts) for _ in range(3))) == [len(WHOLE)] * 3
    await medium.store.discard(assembly)
    assert medium.leftovers() == [KEY]
    assert await get(medium.store, KEY) == WHOLE


async def test_a_join_with_a_missing_part_uses_nothing_up(store: BlobStore, assembly: Assembly) -> None:
    parts = await put_all(store, assembly)
    for wrong in [
        Part(slot=22, size=5, tag="0" * 32),
        Part(slot=21, size=parts[-1].size, tag="0" * 32),
        Part(slot=21, size=parts[-1].size - 1, tag=parts[-1].tag),
    ]:
        with pytest.raises(KeyError):
            await store.join(assembly, [*parts[:2], wrong])
    assert await store.stat(KEY) is None
    assert await store.parts(assembly) == parts
    assert await store.join(assembly, parts) == len(WHOLE)


async def test_parts_that_make_no_file_are_refused(store: BlobStore, assembly: Assembly) -> None:
    first, second, last = await put_all(store, assembly)
    for wrong in [[], [second, first], [first, first, last]]:
        with pytest.raises(ValueError, match="order of their slots"):
            await store.join(assembly, wrong)
    assert await store.parts(assembly) == [first, second, last]


async def test_parts_that_are_not_joined_are_no_part_of_the_file(store: BlobStore, assembly: Assembly) -> None:
    first, _, last = await put_all(store, assembly)
    assert await store.join(assembly, [first, last]) == first.size + last.size
    assert await get(store, KEY) == CHUNKS[3] + CHUNKS[21]


async def test_a_join_never_overwrites(store: BlobStore, assembly: Assembly) -> None:
    parts = await put_all(store, assembly)
    await put(store, KEY, b"something else")
    with pytest.raises(FileExistsError):
        await store.join(assembly, parts)
    assert await get(store, KEY) == b"something else"


async def test_a_join_cancelled_at_any_moment_leaves_all_or_nothing_and_can_be_done_again(
    medium: Medium, begin: Begin
) -> None:
    store = medium.store
    for steps in range(0, 60, 20):
        assembly = await begin(key := keys.assembled("1", "cancelled", steps))
        parts = await put_all(store, assembly)
        joining = asyncio.create_task(store.join(assembly, parts))
        for _ in range(steps):
            await asyncio.sleep(0.001)
        joining.cancel()
        await asyncio.gather(joining, return_exceptions=True)
        assert await store.stat(key) in (None, len(WHOLE))
        assert await store.join(assembly, parts) == len(WHOLE)
        assert hashlib.sha256(await get(store, key)).digest() == hashlib.sha256(WHOLE).digest()
        await store.discard(assembly)
        assert medium.leftovers() == [key]
        await store.delete(key)


# --- discarding and taking apart -------------------------------------------------------------------------------------


async def test_discarding_removes_the_parts_and_may_be_repeated(medium: Medium, assembly: Assembly) -> None:
    parts = await put_all(medium.store, assembly)
    for _ in range(2):
        await medium.store.discard(assembly)
        assert await medium.store.parts(assembly) == []
        assert medium.leftovers() == []
    with pytest.raises(KeyError):
        await medium.store.join(assembly, parts)


async def test_discarding_never_removes_the_joined_file_nor_anybody_elses_parts(
    medium: Medium, begin: Begin, assembly: Assembly
) -> None:
    other = await begin(keys.assembled("1", "upload", 11))  # its name starts with the same letters
    await put_part(medium.store, other, 1, b"x")
    await medium.store.join(assembly, await put_all(medium.store, assembly))
    for _ in range(2):
        await medium.store.discard(assembly)
    assert await get(medium.store, KEY) == WHOLE
    assert [part.slot for part in await medium.store.parts(other)] == [1]


async def test_a_part_sent_to_a_joined_assembly_never_changes_the_file(store: BlobStore, assembly: Assembly) -> None:
    await store.join(assembly, await put_all(store, assembly))
    with suppress(StorageUnavailable):  # where the store knows it any more
        await put_part(store, assembly, 3, b"late")
    assert await get(store, KEY) == WHOLE


async def test_a_file_taken_apart_is_joined_again_with_one_part_sent_anew(
    medium: Medium, begin: Begin, assembly: Assembly
) -> None:
    parts = await put_all(medium.store, assembly)
    await medium.store.join(assembly, parts)
    for _ in range(2):  # as after a crash before the commit
        again, same = await medium.store.take_apart(assembly, parts, AGAIN)
        await begin(made=again)
        assert again.key == AGAIN
        assert [(part.slot, part.size) for part in same] == [(part.slot, part.size) for part in parts]
        assert await medium.store.parts(again) == same
        assert await medium.store.stat(KEY) is None
    anew = await put_part(medium.store, again, 20, LARGE)
    assert await medium.store.join(again, [same[0], anew, same[2]]) == await medium.store.stat(AGAIN)
    assert await get(medium.store, AGAIN) == CHUNKS[3] + LARGE + CHUNKS[21]
    await medium.store.discard(again)
    assert medium.leftovers() == [AGAIN]


@pytest.mark.parametrize("chunks", [{4: b"only one"}, {1: PIECE * 80, 9: b""}], ids=["one", "an empty one"])
async def test_a_file_of_few_bytes_is_taken_apart_too(
    store: BlobStore, begin: Begin, assembly: Assembly, chunks: dict[int, bytes]
) -> None:
    parts = [await put_part(store, assembly, slot, data) for slot, data in chunks.items()]
    await store.join(assembly, parts)
    again, same = await store.take_apart(assembly, parts, AGAIN)
    await begin(made=again)
    await store.join(again, same)
    assert await get(store, AGAIN) == b"".join(chunks.values())


async def test_what_is_not_there_cannot_be_taken_apart(store: BlobStore, assembly: Assembly) -> None:
    parts = await put_all(store, assembly)
    await store.join(assembly, parts)
    await store.discard(assembly)
    await store.delete(KEY)
    with pytest.raises(KeyError):
        await store.take_apart(assembly, parts, AGAIN)
    assert await listed(store) == []


# --- parts that are put to their places ---------------------------------------------------------------------------------


async def put_to_their_places(store: BlobStore, assembly: Assembly, slots: list[int]) -> list[Part]:
    places = dict(zip(SLOTS, accumulate(map(len, CHUNKS.values()), initial=0), strict=False))
    return await asyncio.gather(
        *(
            store.put_part(
                assembly,
                slot,
                body(CHUNKS[slot]),
                limit=len(CHUNKS[slot]),
                place=Place(offset=places[slot], room=len(CHUNKS[slot])),
            )
            for slot in slots
        )
    )


async def test_parts_put_to_their_places_are_joined_and_taken_apart_as_any_others(
    medium: Medium, begin: Begin, assembly: Assembly
) -> None:
    sent = await put_to_their_places(medium.store, assembly, random.sample(SLOTS, len(SLOTS)))
    parts = sorted(sent, key=lambda part: part.slot)
    assert [(part.slot, part.size) for part in parts] == [(slot, len(CHUNKS[slot])) for slot in SLOTS]
    assert await medium.store.parts(assembly) == parts
    for _ in range(2):
        assert await medium.store.join(assembly, parts) == len(WHOLE)
        assert await get(medium.store, KEY) == WHOLE
    again, parts = await medium.store.take_apart(assembly, parts, AGAIN)
    await begin(made=again)
    assert await medium.store.stat(KEY) is None
    assert await medium.store.join(again, parts) == len(WHOLE)
    await medium.store.discard(again)
    assert await get(medium.store, AGAIN) == WHOLE
    assert medium.leftovers() == [AGAIN]


async def test_a_part_sent_again_takes_the_place_of_one_that_was_put_there(
    medium: Medium, begin: Begin, assembly: Assembly
) -> None:
    first, _, last = await put_to_their_places(medium.store, assembly, SLOTS)
    anew = await put_part(medium.store, assembly, 20, LARGE)
    assert await medium.store.join(assembly, [first, anew, last]) == len(CHUNKS[3] + LARGE + CHUNKS[21])
    assert await get(medium.store, KEY) == CHUNKS[3] + LARGE + CHUNKS[21]


async def test_a_part_that_is_too_long_for_its_place_leaves_the_others_alone(
    store: BlobStore, assembly: Assembly
) -> None:
    rest = await put_to_their_places(store, assembly, SLOTS[1:])
    pieces = body(CHUNKS[3], b"", LARGE, b"and more")
    first = await store.put_part(assembly, 3, pieces, limit=10**9, place=Place(offset=0, room=len(CHUNKS[3])))
    assert await store.parts(assembly) == [first, *rest]
    await store.join(assembly, [first, *rest])
    assert await get(store, KEY) == CHUNKS[3] + LARGE + b"and more" + CHUNKS[20] + CHUNKS[21]


async def test_who_still_writes_to_a_place_that_another_part_took_changes_nothing(
    store: BlobStore, assembly: Assembly
) -> None:
    begun, joined = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield LARGE[: len(CHUNKS[3]) // 2]
        begun.set()
        await joined.wait()
        yield LARGE[: len(CHUNKS[3]) // 2]

    late = asyncio.create_task(
        store.put_part(assembly, 2, slow(), limit=10**9, place=Place(offset=0, room=len(CHUNKS[3])))
    )
    await begun.wait()
    rest = await put_to_their_places(store, assembly, SLOTS[1:])
    await store.join(assembly, [await put_part(store, assembly, 3, CHUNKS[3]), *rest])
    joined.set()
    with suppress(StorageUnavailable):  # where the store knows the assembly no more
        await late
    assert await get(store, KEY) == WHOLE


async def test_a_part_that_fails_at_its_place_leaves_nothing_and_may_be_sent_again_elsewhere(
    store: BlobStore, assembly: Assembly
) -> None:
    with pytest.raises(ConnectionResetError):
        await store.put_part(
            assembly,
            1,
            failing([LARGE], ConnectionResetError()),
            limit=10**9,
            place=Place(offset=0, room=len(CHUNKS[3])),
        )
    assert await store.parts(assembly) == []
    rest = await put_to_their_places(store, assembly, SLOTS[1:])
    await store.join(assembly, [await put_part(store, assembly, 3, CHUNKS[3]), *rest])
    assert await get(store, KEY) == WHOLE


# --- straight to the store -------------------------------------------------------------------------------------------


async def test_a_part_that_was_put_at_a_presigned_url_is_a_part(store: BlobStore, assembly: Assembly) -> None:
    url = await store.presign_part(assembly, 3, size=len(CHUNKS[3]), seconds=60)
    if url is None:  # files, and parts that are blobs of their own: everything comes by put_part
        assert "multipart" not in assembly.handle
        return
    async with httpx.AsyncClient() as client:
        for other in (b"", CHUNKS[3][1:], CHUNKS[3] + b"x"):  # it is good for so many bytes and no others
            assert (await client.put(url, content=other)).status_code == 403
        assert (await client.put(url, content=CHUNKS[3])).status_code == 200
        assert (await client.put(url.replace("partNumber=3", "partNumber=4"), content=b"x")).status_code == 403
        assert (await client.get(url)).status_code == 403
    rest = [await put_part(store, assembly, slot, CHUNKS[slot]) for slot in SLOTS[1:]]
    parts = await store.parts(assembly)
    assert [(part.slot, part.size) for part in parts] == [(slot, len(CHUNKS[slot])) for slot in SLOTS]
    assert parts[1:] == rest
    await store.join(assembly, parts)
    assert await get(store, KEY) == WHOLE


# --- tidying ---------------------------------------------------------------------------------------------------------


async def test_tidying_keeps_what_is_young_and_what_is_named_and_every_blob(
    medium: Medium, begin: Begin, assembly: Assembly
) -> None:
    await put(medium.store, "t/1/b/blob", b"x")
    left = await begin(keys.assembled("1", "left-behind", 1))
    parts = [await put_part(medium.store, each, 1, b"y") for each in (assembly, left)]
    assert await medium.store.tidy(hours=1, keep=()) == 0
    removed = await medium.store.tidy(hours=0, keep={assembly.handle})
    assert removed == (1 if "multipart" in left.handle else 0)
    assert await medium.store.parts(assembly) == parts[:1]
    assert await medium.store.parts(left) == ([] if removed else parts[1:])
    assert await get(medium.store, "t/1/b/blob") == b"x"
