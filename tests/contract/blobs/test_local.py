"""What only local files can get wrong: full disks, crashes, names that are directories."""

import asyncio
import errno
import hashlib
import itertools
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from schemas.errors import ServiceBusy, StorageFull, StorageUnavailable
from storage.blobs import keys
from storage.blobs.base import Assembly, Part, Place
from storage.blobs.local import LocalBlobs
from storage.executors import Executor
from tests.contract.blobs.conftest import LocalMedium
from tests.contract.blobs.test_promises import LARGE, MIB, body, get, listed, put, stored
from tests.contract.blobs.test_turns import until

WRITER = """
import asyncio, hashlib, itertools, sys
from pathlib import Path
from storage.blobs.local import LocalBlobs

async def pieces(data):
    yield data[:1000]
    yield data[1000:]

async def one(store, writer):
    for number in itertools.count():
        data = f"{writer} {number} ".encode() * 40_000
        incoming, final = f"t/{writer}/in/{number}", f"t/{writer}/b/{hashlib.sha256(data).hexdigest()}"
        await store.put(incoming, pieces(data), limit=len(data))
        await store.promote(incoming, final)
        print(final, flush=True)

async def main():
    store = LocalBlobs(Path(sys.argv[1]))
    await asyncio.gather(*(one(store, writer) for writer in range(4)))

asyncio.run(main())
"""


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """A medium without room, as far as one can be had without rights: no file of this process may grow past `size`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_said_to_be_full_and_keeps_nothing_of_the_blob(local: LocalMedium) -> None:
    await put(local.store, "before", b"x")
    with files_no_larger_than(3 * MIB), pytest.raises(StorageFull) as refused:
        await put(local.store, "t/1/in/x", LARGE)
    assert "File too large" in str(refused.value.facts["reason"])
    assert local.leftovers() == ["before"]
    assert await put(local.store, "t/1/in/x", LARGE) == stored("t/1/in/x", LARGE)


@pytest.mark.parametrize("round_", range(3))
async def test_kill_9_loses_no_acknowledged_blob_and_shows_no_half_one(local: LocalMedium, round_: int) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(local.root), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    acknowledged = [await writer.stdout.readline() for _ in range(20 + round_)]
    writer.kill()
    acknowledged += [line async for line in writer.stdout if line.endswith(b"\n")]
    assert await writer.wait() == -signal.SIGKILL

    found = await listed(local.store)
    assert {line.decode().strip() for line in acknowledged} <= set(found)
    for key in found:
        data = await get(local.store, key)
        _, name, kind, last = key.split("/")
        assert data == data[: len(data) // 40_000] * 40_000 != b""
        assert data.startswith(f"{name} ".encode())
        assert last == hashlib.sha256(data).hexdigest() if kind == "b" else last.isdigit()
    await local.store.tidy(hours=0, keep=())  # what the dead writer had in hand
    assert sorted(local.leftovers()) == sorted(found)


JOINER = """
import asyncio, itertools, sys
from pathlib import Path
from storage.blobs import keys
from storage.blobs.local import LocalBlobs

async def pieces(data):
    yield data

async def one(store, joiner):
    for number in itertools.count():
        assembly = await store.assemble(keys.assembled(str(joiner), str(number), 1), least_part=0)
        parts = []
        for slot in (1, 2, 3):
            data = f"{joiner} {number} {slot} ".encode() * 40_000
            parts.append(await store.put_part(assembly, slot, pieces(data), limit=len(data)))
            print("part", f"{assembly.handle}{slot:05}.{parts[-1].tag}", flush=True)
        await store.join(assembly, parts)
        print("file", assembly.key, flush=True)

async def main():
    store = LocalBlobs(Path(sys.argv[1]))
    await asyncio.gather(*(one(store, joiner) for joiner in range(4)))

asyncio.run(main())
"""


async def test_kill_9_loses_no_acknowledged_part_nor_file_and_shows_no_half_one(local: LocalMedium) -> None:
    joiner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", JOINER, str(local.root), stdout=asyncio.subprocess.PIPE
    )
    assert joiner.stdout is not None
    acknowledged = [await joiner.stdout.readline() for _ in range(60)]
    joiner.kill()
    acknowledged += [line async for line in joiner.stdout if line.endswith(b"\n")]
    assert await joiner.wait() == -signal.SIGKILL

    found = await listed(local.store)
    assert {line.decode().split()[1] for line in acknowledged} <= set(found)
    assert any(line.startswith(b"file") for line in acknowledged)
    for key in found:
        _, tenant, kind, name, *part = key.split("/")
        number, _, _ = name.partition("-")
        slots = [1, 2, 3] if kind == "f" else [int(part[0].partition(".")[0])]
        assert await get(local.store, key) == b"".join(f"{tenant} {number} {slot} ".encode() * 40_000 for slot in slots)
    await local.store.tidy(hours=0, keep=())
    assert sorted(local.leftovers()) == sorted(found)


async def test_what_killed_processes_left_is_tidied_by_its_age(local: LocalMedium) -> None:
    for name in ["t/1/b/a", "t/1/b/~incoming-old", "t/1/u/x-1/~incoming-old", "~check-old", "t/1/in/~incoming-young"]:
        path = local.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
        if "young" not in name:
            os.utime(path, (time.time() - 7200, time.time() - 7200))
    assert await local.store.tidy(hours=3, keep=()) == 0
    assert await local.store.tidy(hours=1, keep=()) == 3
    assert sorted(local.leftovers()) == ["t/1/b/a", "t/1/in/~incoming-young"]
    assert await local.store.tidy(hours=0, keep=()) == 1


async def parts_of(local: LocalMedium, *chunks: bytes) -> tuple[Assembly, list[Part]]:
    assembly = await local.store.assemble(keys.assembled("1", "upload", 1), least_part=0)
    return assembly, [
        await local.store.put_part(assembly, slot, body(data), limit=len(data))
        for slot, data in enumerate(chunks, start=1)
    ]


@pytest.mark.parametrize("after", [0, 1], ids=["never", "after a while"])
async def test_files_are_joined_where_the_system_cannot_copy_between_them(
    local: LocalMedium, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    copy, calls = os.copy_file_range, itertools.count()

    def short_of_breath(source: int, target: int, size: int) -> int:
        if next(calls) >= after:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return copy(source, target, min(size, 1000))

    monkeypatch.setattr(os, "copy_file_range", short_of_breath)
    assembly, parts = await parts_of(local, LARGE, b"", b"the last")
    assert await local.store.join(assembly, parts) == len(LARGE) + 8
    assert await get(local.store, assembly.key) == LARGE + b"the last"


async def test_parts_that_lie_in_their_places_are_joined_without_a_copy(local: LocalMedium) -> None:
    assembly = await local.store.assemble(keys.assembled("1", "upload", 1), least_part=0)
    parts = [await local.store.put_part(assembly, 1, body(LARGE), limit=len(LARGE), place=Place(offset=0, room=len(LARGE))),
             await local.store.put_part(assembly, 7, body(b"rest"), limit=4, place=Place(offset=len(LARGE), room=4))]  # fmt: skip
    whole = (local.root / keys.whole(assembly.handle)).stat().st_ino
    await local.store.join(assembly, parts)
    assert (local.root / assembly.key).stat().st_ino == whole


@pytest.mark.parametrize("lost", ["said", "whole"])
async def test_a_part_that_is_lost_from_its_place_is_missing(local: LocalMedium, lost: str) -> None:
    assembly = await local.store.assemble(keys.assembled("1", "upload", 1), least_part=0)
    part = await local.store.put_part(assembly, 1, body(b"alone"), limit=5, place=Place(offset=0, room=5))
    key = keys.part(assembly.handle, 1, part.tag) if lost == "said" else keys.whole(assembly.handle)
    await local.store.delete(key)
    with pytest.raises(KeyError):
        await local.store.join(assembly, [part])
    assert await local.store.stat(assembly.key) is None


async def test_a_full_disk_is_said_to_be_full_by_parts_and_joins_which_use_nothing_up(local: LocalMedium) -> None:
    assembly, parts = await parts_of(local, LARGE[: 2 * MIB], LARGE[: 2 * MIB])
    before = local.leftovers()
    with files_no_larger_than(3 * MIB):
        with pytest.raises(StorageFull):
            await local.store.put_part(assembly, 3, body(LARGE), limit=len(LARGE))
        with pytest.raises(StorageFull):
            await local.store.join(assembly, parts)
    assert local.leftovers() == before
    assert await local.store.join(assembly, parts) == 4 * MIB


async def test_a_part_that_was_cut_short_on_the_disk_is_missing(local: LocalMedium) -> None:
    assembly, parts = await parts_of(local, b"first", b"second")
    local.overwrite(keys.part(assembly.handle, 2, parts[1].tag), b"seco")
    with pytest.raises(KeyError):
        await local.store.join(assembly, parts)
    assert await local.store.stat(assembly.key) is None
    with pytest.raises(KeyError):
        await local.store.take_apart(assembly, parts, keys.assembled("1", "upload", 2))


async def test_a_part_that_still_comes_in_when_its_assembly_is_discarded_is_not_kept(local: LocalMedium) -> None:
    assembly, _ = await parts_of(local, b"first")

    async def discarding():
        yield LARGE
        await until(lambda: list(local.root.rglob("~incoming-*")) != [])  # a thread writes it
        await local.store.discard(assembly)
        yield b"the rest"

    with pytest.raises(StorageUnavailable):
        await local.store.put_part(assembly, 2, discarding(), limit=10**9)
    assert local.leftovers() == []


async def test_a_handle_that_leads_out_of_the_directory_is_refused(local: LocalMedium) -> None:
    wrong = Assembly(key=keys.assembled("1", "upload", 1), handle="t/../../elsewhere/")
    for attempt in [local.store.parts(wrong), local.store.discard(wrong)]:
        with pytest.raises(ValueError, match="is not a blob key"):
            await attempt


async def test_temporary_files_are_never_listed_nor_reached(local: LocalMedium) -> None:
    await put(local.store, "t/1/b/a", b"x")
    leftover = local.root / "t/1/b/~incoming-0123"
    leftover.write_bytes(b"half")
    assert await listed(local.store) == ["t/1/b/a"]
    assert await listed(local.store, "t/1/b/") == ["t/1/b/a"]
    leftover.unlink()


async def test_a_key_that_is_the_directory_of_others_or_below_a_blob_is_refused(local: LocalMedium) -> None:
    await put(local.store, "t/1/b", b"x")
    await put(local.store, "t/2/b/c", b"x")
    await put(local.store, "source", b"x")
    for key in ["t", "t/1", "t/2/b", "t/1/b/c", "t/1/b/c/d"]:
        with pytest.raises(ValueError, match="director"):
            await put(local.store, key, b"y")
        with pytest.raises(ValueError, match="director"):
            await local.store.promote("source", key)
    assert sorted(local.leftovers()) == ["source", "t/1/b", "t/2/b/c"]


async def test_a_blob_deleted_while_it_is_read_is_read_to_its_end(local: LocalMedium) -> None:
    await put(local.store, "k", LARGE)
    reading = local.store.read("k")
    begun = await anext(reading)
    await local.store.delete("k")
    assert begun + b"".join([piece async for piece in reading]) == LARGE


async def test_nobody_else_may_read_the_files(local: LocalMedium) -> None:
    await put(local.store, "t/1/b/a", b"x")
    assert {oct(path.stat().st_mode & 0o777) for path in [local.root, *local.root.rglob("*")]} == {"0o700", "0o600"}


async def test_a_directory_that_cannot_be_made_is_unavailable_and_the_operator_is_told_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = LocalBlobs(tmp_path / "file" / "blobs")
    for attempt in [store.check(), put(store, "k", b"x")]:
        with pytest.raises(StorageUnavailable) as refused:
            await attempt
        assert str(tmp_path / "file") in str(refused.value.facts["reason"])
        assert refused.value.__notes__ == [refused.value.facts["reason"]]
    assert await listed(store) == []
    await store.close()


async def test_checking_makes_the_directory(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path / "a" / "b")
    await store.check()
    assert os.listdir(tmp_path / "a" / "b") == []
    await store.close()


async def test_reading_waits_in_the_same_bounded_queue_as_all_else() -> None:
    threads = Executor("bounded", threads=1, queue=1)
    go_on = threading.Event()
    running, waiting = asyncio.create_task(threads.run(go_on.wait)), asyncio.create_task(threads.run(str, 1))
    await asyncio.sleep(0)
    with pytest.raises(ServiceBusy):
        threads.submit(str, 2)
    go_on.set()
    assert (await running, await waiting) == (True, "1")
    assert await asyncio.wrap_future(threads.submit(str, 3)) == "3"
    threads.close()


async def test_what_was_begun_is_undone_even_when_every_thread_is_taken(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path / "blobs")
    store._threads.close()
    store._threads = Executor("bounded", threads=2, queue=0)  # one to write, one to hash
    begun, go_on = asyncio.Event(), threading.Event()

    async def stalled():
        yield LARGE
        begun.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(store.put("k", stalled(), limit=10**9))
    await begun.wait()
    blocking: list[asyncio.Future[bool]] = []
    while len(blocking) < 2:  # what was sent is still being written, and nobody says when it is
        with suppress(ServiceBusy):
            blocking.append(asyncio.wrap_future(store._threads.submit(go_on.wait)))
        await asyncio.sleep(0.001)
    putting.cancel()
    await asyncio.sleep(0)
    assert not putting.done()
    go_on.set()
    await asyncio.gather(*blocking)
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert LocalMedium(tmp_path / "blobs").leftovers() == []
    await store.close()


async def test_many_pieces_arrive_in_order(local: LocalMedium) -> None:
    pieces = [bytes([number % 251]) * (number * 37 % 5000) for number in range(2000)]
    data = b"".join(pieces)
    assert await local.store.put("k", body(*pieces), limit=len(data)) == stored("k", data)
