"""What only local files can get wrong: full disks, crashes, names that are directories."""

import asyncio
import hashlib
import os
import resource
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.errors import ServiceBusy, StorageFull, StorageUnavailable
from storage.blobs.local import LocalBlobs
from storage.executors import Executor
from tests.contract.blobs.conftest import LocalMedium
from tests.contract.blobs.test_promises import LARGE, MIB, body, get, listed, put, stored

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
    for path in local.root.rglob("~incoming-*"):  # what the dead writer had in hand, recognisable by its name
        path.unlink()


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
    store._threads = Executor("bounded", threads=1, queue=0)
    begun, go_on = asyncio.Event(), threading.Event()

    async def stalled():
        yield LARGE
        begun.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(store.put("k", stalled(), limit=10**9))
    await begun.wait()
    blocking = asyncio.create_task(store._threads.run(go_on.wait))
    await asyncio.sleep(0)
    putting.cancel()
    await asyncio.sleep(0)
    assert not putting.done()
    go_on.set()
    await blocking
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert LocalMedium(tmp_path / "blobs").leftovers() == []
    await store.close()


async def test_many_pieces_arrive_in_order(local: LocalMedium) -> None:
    pieces = [bytes([number % 251]) * (number * 37 % 5000) for number in range(2000)]
    data = b"".join(pieces)
    assert await local.store.put("k", body(*pieces), limit=len(data)) == stored("k", data)
