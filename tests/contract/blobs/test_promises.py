"""Every sentence of `storage/blobs/base.py`, over every store."""

import asyncio
import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Iterable

import httpx
import pytest

from schemas.errors import BodyTooLarge
from storage.blobs.base import BlobStore, Stored
from tests.contract.blobs.conftest import Medium

MIB = 1024 * 1024
PIECE = b"0123456789abcdef" * 4096  # 64 KiB
LARGE = PIECE * 144 + b"the end"  # 9 MiB and a bit: two parts in S3, several pieces everywhere
ODD_KEYS = [
    "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "../a", "a/./b", "a b", "a\\b", "a\0b", "a\n", "ä", "a%2Fb", "~a",
    "a?b", "a#b", "x" * 201, "x/" * 256 + "xx",
]  # fmt: skip


async def body(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def failing(pieces: Iterable[bytes], error: Exception) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    raise error


async def put(store: BlobStore, key: str, data: bytes) -> Stored:
    return await store.put(key, body(data), limit=len(data))


async def get(store: BlobStore, key: str, offset: int = 0, length: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.read(key, offset, length)])


async def listed(store: BlobStore, prefix: str = "") -> list[str]:
    return [key async for key in store.keys(prefix)]


def stored(key: str, data: bytes) -> Stored:
    return Stored(key=key, size=len(data), sha256=hashlib.sha256(data).hexdigest())


# --- writing and reading ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"x", b"some bytes", bytes(range(256)) * 5000], ids=len)
async def test_what_was_put_is_read_back(store: BlobStore, data: bytes) -> None:
    assert await put(store, "t/1/b/one", data) == stored("t/1/b/one", data)
    assert await get(store, "t/1/b/one") == data
    assert await store.stat("t/1/b/one") == len(data)
    assert await store.digest("t/1/b/one") == stored("t/1/b/one", data)


@pytest.mark.parametrize("size", [8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB])
async def test_no_byte_is_lost_where_pieces_and_parts_meet(store: BlobStore, size: int) -> None:
    data = (PIECE * (size // len(PIECE) + 1))[:size]
    sent = await store.put("k", body(data[:1], data[1 : size // 3], b"", data[size // 3 :]), limit=size)
    assert sent == stored("k", data)
    assert await store.digest("k") == sent


async def test_an_empty_body_and_an_empty_piece_are_an_empty_blob(store: BlobStore) -> None:
    assert await store.put("none", body(), limit=0) == stored("none", b"")
    assert await store.put("empty", body(b"", b""), limit=0) == stored("empty", b"")
    assert await store.stat("none") == 0
    assert await get(store, "none") == b""
    assert await get(store, "none", 3, 5) == b""
    with store.open("none") as file:
        assert file.read() == b""


async def test_a_range_gives_exactly_its_bytes(store: BlobStore) -> None:
    data = PIECE * 70  # more than two pieces of any store
    await put(store, "k", data)
    for offset, length in [(0, 1), (1, 2), (5, None), (MIB - 1, 2), (2 * MIB, 1), (100, 3 * MIB), (len(data) - 1, 1)]:
        end = len(data) if length is None else offset + length
        assert await get(store, "k", offset, length) == data[offset:end]


async def test_reading_at_or_past_the_end_gives_nothing_and_across_it_what_is_there(store: BlobStore) -> None:
    await put(store, "k", b"0123456789")
    assert await get(store, "k", 10) == b""
    assert await get(store, "k", 11, 5) == b""
    assert await get(store, "k", 10**15) == b""
    assert await get(store, "k", 8, 100) == b"89"
    assert await get(store, "k", 3, 0) == b""


async def test_a_negative_range_is_refused(store: BlobStore) -> None:
    await put(store, "k", b"0123456789")
    for offset, length in [(-1, None), (0, -1)]:
        with pytest.raises(ValueError, match="negative"):
            await get(store, "k", offset, length)


async def test_pieces_are_bounded(store: BlobStore) -> None:
    await put(store, "k", LARGE)
    assert max([len(piece) async for piece in store.read("k")]) <= 2 * MIB


async def test_a_missing_key_is_named_by_every_reading(store: BlobStore) -> None:
    await put(store, "here/1", b"x")
    for missing in ["nothing", "here/2", "here", "here/1/below"]:
        assert await store.stat(missing) is None
        for reading in [
            get(store, missing),
            get(store, missing, 5, 5),
            get(store, missing, 0, 0),
            store.digest(missing),
        ]:
            with pytest.raises(KeyError, match=missing):
                await reading
        with pytest.raises(KeyError, match=missing):
            await asyncio.to_thread(store.open, missing)


@pytest.mark.parametrize("key", ODD_KEYS, ids=ascii)
async def test_an_odd_key_is_refused_everywhere(store: BlobStore, key: str) -> None:
    await put(store, "good", b"x")
    attempts = [
        lambda: put(store, key, b"x"), lambda: get(store, key), lambda: store.stat(key), lambda: store.digest(key),
        lambda: store.delete(key), lambda: store.promote(key, "other"), lambda: store.promote("good", key),
        lambda: asyncio.to_thread(store.open, key),
    ]  # fmt: skip
    for attempt in attempts:
        with pytest.raises(ValueError, match="is not a blob key"):
            await attempt()
    assert await listed(store) == ["good"]


async def test_every_key_of_the_alphabet_and_of_the_greatest_length_is_taken(store: BlobStore) -> None:
    keys = ["t/ABC-xyz_0.9/...x/b.", "x" * 200, "/".join(["y" * 100] * 5)]
    for key in keys:
        await put(store, key, key.encode())
    assert sorted(await listed(store)) == sorted(keys)
    assert [await get(store, key) for key in keys] == [key.encode() for key in keys]


async def test_the_blocking_reader_seeks(store: BlobStore) -> None:
    await put(store, "k", LARGE)

    def look() -> None:
        with store.open("k") as file:
            assert file.seekable()
            assert file.read(5) == LARGE[:5]
            assert file.seek(-3, io.SEEK_END) == len(LARGE) - 3
            assert file.read() == LARGE[-3:]
            assert file.read(1) == b""
            file.seek(3 * MIB)
            assert file.seek(7, io.SEEK_CUR) == 3 * MIB + 7
            assert file.read(2 * MIB) == LARGE[3 * MIB + 7 :][: 2 * MIB]
            file.seek(len(LARGE) + 10)
            assert file.read(5) == b""
            file.seek(0)
            assert file.read() == LARGE

    await asyncio.to_thread(look)


async def test_an_archive_opens_on_the_blocking_reader(store: BlobStore) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("plugin.yaml", "name: basic")
        archive.writestr("scripts/big", PIECE * 40)
    await put(store, "k", packed.getvalue())

    def look() -> None:
        with store.open("k") as file, zipfile.ZipFile(file) as archive:
            assert archive.read("plugin.yaml") == b"name: basic"
            assert archive.testzip() is None

    await asyncio.to_thread(look)


# --- a key is written once -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"equal", LARGE], ids=len)
async def test_equal_bytes_twice_are_success(store: BlobStore, data: bytes) -> None:
    assert await put(store, "k", data) == await put(store, "k", data) == stored("k", data)
    assert await get(store, "k") == data


@pytest.mark.parametrize("first", [b"first", LARGE], ids=len)
@pytest.mark.parametrize("second", [b"other", b"", LARGE[::-1]], ids=len)
async def test_other_bytes_are_refused_and_the_first_stay(store: BlobStore, first: bytes, second: bytes) -> None:
    await put(store, "k", first)
    with pytest.raises(FileExistsError, match=hashlib.sha256(first).hexdigest()):
        await put(store, "k", second)
    assert await get(store, "k") == first


@pytest.mark.parametrize("data", [b"raced for", LARGE], ids=len)
async def test_racing_writers_of_equal_bytes_all_succeed(store: BlobStore, data: bytes) -> None:
    results = await asyncio.gather(*(put(store, "t/1/b/raced", data) for _ in range(4)))
    assert results == [stored("t/1/b/raced", data)] * 4
    assert await listed(store) == ["t/1/b/raced"]
    assert await store.digest("t/1/b/raced") == stored("t/1/b/raced", data)


async def test_of_racing_writers_of_other_bytes_one_succeeds(store: BlobStore) -> None:
    bodies = [bytes([number]) * 1000 for number in range(3)]
    results = await asyncio.gather(*(put(store, "k", data) for data in bodies), return_exceptions=True)
    won = [result for result in results if isinstance(result, Stored)]
    assert [type(result) for result in results].count(FileExistsError) == 2
    assert won == [await store.digest("k")]


# --- a failed put leaves nothing -------------------------------------------------------------------------------------


class Lost(Exception):
    """The client went away."""


@pytest.mark.parametrize("sent", [b"", b"a little", LARGE], ids=len)
@pytest.mark.parametrize("error", [Lost(), ConnectionResetError(), KeyError("x")], ids=repr)
async def test_a_body_that_fails_leaves_nothing_and_its_error_comes_through(
    medium: Medium, sent: bytes, error: Exception
) -> None:
    with pytest.raises(type(error)):
        await medium.store.put("t/1/in/x", failing([sent], error), limit=10**9)
    assert await medium.store.stat("t/1/in/x") is None
    assert medium.leftovers() == []


@pytest.mark.parametrize("sent", [b"", b"a little", LARGE], ids=len)
async def test_a_cancelled_put_leaves_nothing(medium: Medium, sent: bytes) -> None:
    waiting = asyncio.Event()

    async def stalled() -> AsyncIterator[bytes]:
        yield sent
        waiting.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(medium.store.put("t/1/in/x", stalled(), limit=10**9))
    await waiting.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert await medium.store.stat("t/1/in/x") is None
    assert medium.leftovers() == []


async def test_a_put_cancelled_at_any_moment_leaves_all_or_nothing(medium: Medium) -> None:
    data = LARGE
    for steps in range(0, 120, 10):
        key = f"t/1/in/{steps}"
        putting = asyncio.create_task(medium.store.put(key, body(data[:MIB], data[MIB:]), limit=len(data)))
        for _ in range(steps):
            await asyncio.sleep(0.001)
        putting.cancel()
        await asyncio.gather(putting, return_exceptions=True)
        if await medium.store.stat(key) is not None:
            assert await medium.store.digest(key) == stored(key, data)
        else:
            assert medium.leftovers() == []
        await medium.store.delete(key)


@pytest.mark.parametrize("limit", [0, 9, 8 * MIB, len(LARGE) - 1])
async def test_a_body_past_the_limit_is_refused_at_once_and_leaves_nothing(medium: Medium, limit: int) -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while True:
            given += len(PIECE)
            yield PIECE

    with pytest.raises(BodyTooLarge, match=str(limit)):
        await medium.store.put("k", endless(), limit=limit)
    assert given == (limit // len(PIECE) + 1) * len(PIECE)
    assert await medium.store.stat("k") is None
    assert medium.leftovers() == []


async def test_a_body_of_exactly_the_limit_is_taken(store: BlobStore) -> None:
    assert await store.put("k", body(b"12345", b"67890"), limit=10) == stored("k", b"1234567890")


async def test_a_failed_put_does_not_hurt_what_is_there(store: BlobStore) -> None:
    await put(store, "k", b"there")
    with pytest.raises(Lost):
        await store.put("k", failing([LARGE], Lost()), limit=10**9)
    assert await get(store, "k") == b"there"


async def test_memory_stays_bounded_however_large_the_blob_is(store: BlobStore) -> None:
    async def large() -> AsyncIterator[bytes]:
        for _ in range(64 * MIB // len(PIECE)):
            yield PIECE

    tracemalloc.start()
    try:
        sent = await store.put("k", large(), limit=64 * MIB)
        assert await store.digest("k") == sent
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent.size == 64 * MIB
    assert peak < 32 * MIB


# --- readers and writers side by side --------------------------------------------------------------------------------


async def test_readers_never_see_half_a_blob(store: BlobStore) -> None:
    blobs = {f"t/1/b/{number}": bytes([number]) * (3 * MIB + number) for number in range(8)}
    writing = asyncio.gather(*(put(store, key, data) for key, data in blobs.items()))
    seen: set[str] = set()
    while not writing.done():
        for key in await listed(store, "t/1/b/"):
            assert await store.digest(key) == stored(key, blobs[key])
            seen.add(key)
        for key, data in blobs.items():
            assert await store.stat(key) in (None, len(data))
    await writing
    assert set(await listed(store, "t/1/b/")) == blobs.keys() >= seen


async def test_many_read_the_same_blob_at_once(store: BlobStore) -> None:
    await put(store, "k", LARGE)
    assert await asyncio.gather(*(store.digest("k") for _ in range(6))) == [stored("k", LARGE)] * 6


async def test_a_reader_may_stop_early(store: BlobStore) -> None:
    await put(store, "k", LARGE)
    async for piece in store.read("k"):
        assert LARGE.startswith(piece)
        break
    assert await store.digest("k") == stored("k", LARGE)


# --- deleting --------------------------------------------------------------------------------------------------------


async def test_deleting_takes_one_key_and_leaves_its_siblings(store: BlobStore) -> None:
    for key in ["t/1/b/aa", "t/1/b/aaa", "t/1/b/a", "t/1/b.x", "t/10/b/aa"]:
        await put(store, key, key.encode())
    await store.delete("t/1/b/aa")
    assert set(await listed(store)) == {"t/1/b/aaa", "t/1/b/a", "t/1/b.x", "t/10/b/aa"}
    assert await get(store, "t/1/b/aaa") == b"t/1/b/aaa"


async def test_deleting_what_is_not_there_is_success_and_a_directory_is_not_there(store: BlobStore) -> None:
    await put(store, "t/1/b/a", b"x")
    for key in ["nothing", "t/1/b/b", "t/1", "t/1/b/a/below"]:
        await store.delete(key)
    assert await listed(store) == ["t/1/b/a"]


async def test_a_deleted_key_may_be_written_again(store: BlobStore) -> None:
    await put(store, "k", b"one")
    await store.delete("k")
    assert await store.stat("k") is None
    assert await put(store, "k", b"two") == stored("k", b"two")


# --- promoting -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"a few", LARGE], ids=len)
async def test_promoting_moves_the_bytes(store: BlobStore, data: bytes) -> None:
    await put(store, "t/1/in/x", data)
    await store.promote("t/1/in/x", "t/1/b/y")
    assert await store.digest("t/1/b/y") == stored("t/1/b/y", data)
    assert await listed(store) == ["t/1/b/y"]


async def test_promoting_onto_an_existing_blob_keeps_that_and_removes_the_source(store: BlobStore) -> None:
    await put(store, "source", b"from the source")
    await put(store, "target", b"there before")
    await store.promote("source", "target")
    assert await get(store, "target") == b"there before"
    assert await store.stat("source") is None


async def test_promoting_again_is_success(store: BlobStore) -> None:
    await put(store, "source", b"x")
    await store.promote("source", "target")
    await store.promote("source", "target")
    assert await get(store, "target") == b"x"


async def test_promoting_what_is_missing_names_it_and_makes_nothing(store: BlobStore) -> None:
    with pytest.raises(KeyError, match="t/1/in/x"):
        await store.promote("t/1/in/x", "t/1/b/y")
    assert await listed(store) == []


async def test_promoting_to_itself_changes_nothing(store: BlobStore) -> None:
    await put(store, "k", b"x")
    await store.promote("k", "k")
    assert await get(store, "k") == b"x"
    with pytest.raises(KeyError):
        await store.promote("missing", "missing")


async def test_racing_promotions_of_one_source_all_succeed(store: BlobStore) -> None:
    await put(store, "t/1/in/x", LARGE)
    await asyncio.gather(*(store.promote("t/1/in/x", "t/1/b/y") for _ in range(6)))
    assert await listed(store) == ["t/1/b/y"]
    assert await store.digest("t/1/b/y") == stored("t/1/b/y", LARGE)


async def test_racing_promotions_of_equal_bytes_all_succeed(store: BlobStore) -> None:
    sources = [f"t/1/in/{number}" for number in range(3)]
    for source in sources:
        await put(store, source, b"equal bytes")
    await asyncio.gather(*(store.promote(source, "t/1/b/y") for source in sources))
    assert await listed(store) == ["t/1/b/y"]
    assert await get(store, "t/1/b/y") == b"equal bytes"


# --- trusting nothing ------------------------------------------------------------------------------------------------


async def test_the_digest_sees_tampering(medium: Medium) -> None:
    sent = await put(medium.store, "k", LARGE)
    flipped = bytearray(LARGE)
    flipped[8 * MIB + 5] ^= 1
    medium.overwrite("k", bytes(flipped))
    found = await medium.store.digest("k")
    assert found.size == sent.size
    assert found.sha256 == hashlib.sha256(flipped).hexdigest() != sent.sha256


async def test_the_digest_sees_truncation(medium: Medium) -> None:
    await put(medium.store, "k", LARGE)
    medium.overwrite("k", LARGE[:-1])
    assert await medium.store.digest("k") == stored("k", LARGE[:-1])


async def test_putting_over_damaged_bytes_is_not_called_success(medium: Medium) -> None:
    await put(medium.store, "k", b"good bytes")
    medium.overwrite("k", b"bad! bytes")
    with pytest.raises(FileExistsError):
        await put(medium.store, "k", b"good bytes")


# --- straight from the store ------------------------------------------------------------------------------------------


async def test_a_presigned_url_reads_the_blob_as_an_attachment(store: BlobStore) -> None:
    await put(store, "t/1/b/x", LARGE)
    url = await store.presign_read("t/1/b/x", seconds=60, file_name='plug-in "1".zip\r\nä')
    if url is None:
        return
    async with httpx.AsyncClient() as client:
        answer = await client.get(url)
        assert (await client.get(url.replace("/b/x", "/b/y"))).status_code == 403
    assert answer.content == LARGE
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"plug-in _1_.zip___\"; filename*=UTF-8''plug-in%20%221%22.zip%0D%0A%C3%A4"
    )


# --- listing ---------------------------------------------------------------------------------------------------------


async def test_keys_are_those_that_start_with_the_prefix_and_it_may_end_anywhere(store: BlobStore) -> None:
    keys = {"t/1/b/aa", "t/1/b/ab", "t/1/in/aa", "t/10/b/aa", "t/2/b/a", "u"}
    for key in keys:
        await put(store, key, b"")
    for prefix in [
        "",
        "t",
        "t/",
        "t/1",
        "t/1/",
        "t/1/b",
        "t/1/b/",
        "t/1/b/a",
        "t/1/b/aa",
        "t/1/b/aa/",
        "x",
        "x/y/",
        "u",
    ]:
        names = await listed(store, prefix)
        assert sorted(names) == sorted(key for key in keys if key.startswith(prefix))


@pytest.mark.parametrize("prefix", ["/", "/t", "../", "t/../", "..", "a//", "ä", "~", "a b"])
async def test_an_odd_prefix_is_refused(store: BlobStore, prefix: str) -> None:
    if prefix == "..":  # a key may start with two dots, but nothing lies outside
        assert await listed(store, prefix) == []
        return
    with pytest.raises(ValueError, match="no blob key starts with"):
        await listed(store, prefix)


async def test_more_keys_than_one_answer_holds_are_all_listed_once(store: BlobStore) -> None:
    keys = [f"t/1/b/{number:04}" for number in range(1003)]
    for start in range(0, len(keys), 100):
        await asyncio.gather(*(put(store, key, b"") for key in keys[start : start + 100]))
    assert sorted(await listed(store, "t/1/")) == keys
    for start in range(0, len(keys), 100):
        await asyncio.gather(*(store.delete(key) for key in keys[start : start + 100]))


async def test_a_blob_on_its_way_is_not_listed(store: BlobStore) -> None:
    async def watched() -> AsyncIterator[bytes]:
        yield LARGE
        assert await listed(store) == []
        assert await store.stat("t/1/in/x") is None
        yield LARGE

    await store.put("t/1/in/x", watched(), limit=10**9)
    assert await listed(store) == ["t/1/in/x"]


# --- checking --------------------------------------------------------------------------------------------------------


async def test_a_healthy_store_checks_well_and_keeps_nothing_of_it(medium: Medium) -> None:
    await asyncio.gather(*(medium.store.check() for _ in range(4)))
    assert await listed(medium.store) == []
    assert medium.leftovers() == []
