"""What one account can cost everybody, and what it cannot: jobs, rows, threads and attempts are bounded."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from schemas.errors import ChunksMissing, NoDirectUploads, QuotaExceeded
from tests.builders import a_vsix
from tests.contract.uploads.world import CHUNK, World, body


@pytest.fixture
def content() -> bytes:
    """An extension of two chunks."""
    return a_vsix(files={"extension/data.bin": secrets.token_bytes(CHUNK)})


async def test_an_account_cannot_fill_the_queue_of_inspections_with_bytes_that_are_there(
    world: World, content: bytes
) -> None:
    await world.accepted(content)
    service = world.another(most_open_uploads=3)
    waiting = [(await service.create(world.caller, world.new(content))).upload for _ in range(3)]

    for announced in (content, b"others"):
        with pytest.raises(QuotaExceeded):
            await service.create(world.caller, world.new(announced))

    assert (await world.settled(waiting[0])).state == "accepted"
    assert (await service.create(world.caller, world.new(content))).already_stored


async def test_keys_of_completions_that_fail_are_not_remembered_without_end(world: World, content: bytes) -> None:
    upload = await world.begin(content)
    for number in range(105):
        with pytest.raises(ChunksMissing):
            await world.uploads.complete(world.caller, upload.id, f"key-{number}")
    count = "SELECT count(*) FROM idempotency_keys WHERE upload_id = $1"
    assert await world.owner.fetchval(count, upload.id) == 100
    await world.send(upload, content)
    for _ in range(2):
        assert (await world.uploads.complete(world.caller, upload.id, "key-104")).state == "checking"


async def test_asking_in_vain_for_urls_costs_no_attempt_at_a_chunk(world: World) -> None:
    new = world.new(b"", size=1000 * CHUNK)  # so that each chunk may be begun ten times
    upload = (await world.another(max_file_bytes=new.size).create(world.caller, new)).upload
    for _ in range(11):
        with pytest.raises(NoDirectUploads):
            await world.uploads.part_urls(world.caller, upload.id, [1])
    await world.uploads.add_chunk(world.caller, upload.id, 1, body(bytes(CHUNK)), length=CHUNK)


async def test_a_chunk_that_comes_again_in_crumbs_does_not_keep_the_threads_busy(
    world: World, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = await world.begin(content)
    chunk, md5 = world.uploads.add_chunk, hashlib.md5(content[:CHUNK]).hexdigest()
    await chunk(world.caller, upload.id, 1, body(content[:CHUNK]), length=None, md5=md5)
    calls: list[Any] = []
    submit = world.hashing.submit
    monkeypatch.setattr(world.hashing, "submit", lambda *arguments: (calls.append(1), submit(*arguments))[1])

    await chunk(world.caller, upload.id, 1, crumbs(content[:CHUNK]), length=None, md5=md5)

    assert 1 <= len(calls) <= 4


async def crumbs(content: bytes) -> AsyncIterator[bytes]:
    for place in range(len(content)):
        yield content[place : place + 1]
