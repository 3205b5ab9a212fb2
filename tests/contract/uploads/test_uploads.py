"""What uploads promise where several act at once, where somebody dies, and where the storage fails."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.registry.access.service import console
from app.settings import Settings, read_settings
from app.wiring import wired
from schemas.errors import (
    ChunkDigestWrong,
    ChunkRefused,
    ChunksMissing,
    FileDigestWrong,
    FileExists,
    IdempotencyKeyReused,
    InvalidField,
    QuotaExceeded,
    RegistryError,
    ServiceBusy,
    StorageUnavailable,
    UploadMovedOn,
    UploadUnknown,
)
from schemas.model.access import Tenant
from schemas.model.memberships import PublisherRole
from schemas.model.uploads import MOVES, Chunk, FormChunk, FormReceipt, Purpose, Upload
from schemas.paging import Paging
from storage.blobs import keys
from storage.blobs.base import Assembly
from storage.postgres import packages, uploads
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from storage.postgres.uploads import StoredChunk
from tests.builders import a_name, a_package, a_vsix
from tests.contract.uploads.world import CHUNK, World, a_caller, body, sha256
from tests.program import BY_CHECKS
from tests.seaweed import SeaweedFS

MIB = 1024 * 1024


def a_file(chunks: int = 3, seed: int | None = None) -> bytes:
    """An extension of the world's publisher, of as many chunks."""
    return a_vsix(files={"extension/data.bin": random.Random(seed).randbytes(CHUNK * (chunks - 1) + 1000)})


def piece(content: bytes, number: int, size: int = CHUNK) -> bytes:
    return content[size * (number - 1) :][:size]


async def form(world: World, content: bytes, number: int, size: int = 40_000, **changes: Any) -> FormReceipt:
    """Sends one chunk of `size` bytes by the contract's form."""
    data = changes.pop("data", piece(content, number, size))
    told = {
        "chunk_index": number,
        "total_chunk_num": -(-len(content) // size),
        "chunk_md5": hashlib.md5(data).hexdigest(),
        "parent_file_name": "formed.vsix",
        "parent_file_size": len(content),
        "publisher_id": world.publisher_id,
    }
    return await world.uploads.add_form_chunk(world.caller, FormChunk(**(told | changes)), body(data))


async def outcomes(*calls: Any) -> list[Any]:
    """What becomes of all of them, begun at once."""
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_the_moves_of_an_upload_are_the_same_in_the_database(world: World) -> None:
    rows = await world.owner.fetch("SELECT from_state, to_state FROM upload_moves")
    assert {(row["from_state"], row["to_state"]) for row in rows} == {
        (before, after) for before, moves in MOVES.items() for after in moves
    }


# -- joining once --------------------------------------------------------------------------------------------------------


async def test_several_who_complete_at_once_in_several_processes_make_one_file(world: World) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content)

    answers = await outcomes(
        *(service.complete(world.caller, begun.id) for service in (world.uploads, world.another(), world.another()))
    )

    assert [answer.state for answer in answers] == ["checking"] * 3
    assert await world.audited(begun, "upload.joined") == 1
    assert await world.keys() == set((await world.kept()).values())
    assert await world.read((await world.kept())[sha256(content)]) == content
    assert (await world.settled(begun)).state == "accepted"


async def test_a_chunk_that_comes_while_the_file_is_joined_is_in_it_or_refused(world: World) -> None:
    content = a_file()
    other = bytes(CHUNK)
    for _ in range(5):
        begun = await world.begin(content, sha256=sha256(other + content[CHUNK:]))
        await world.send(begun, content)
        sent, joined = await outcomes(
            world.uploads.add_chunk(world.caller, begun.id, 1, body(other), length=None),
            world.another().complete(world.caller, begun.id),
        )
        taken = not isinstance(sent, RegistryError)
        assert taken or isinstance(sent, UploadMovedOn | ServiceBusy)
        if isinstance(joined, Upload):  # the promised file, which only the new chunk makes
            assert taken
        else:
            assert isinstance(joined, FileDigestWrong)
            assert (await world.chunks(await world.uploads.show(world.caller, begun.id)))[1] == (
                other if taken else content[:CHUNK]
            )


async def test_a_chunk_replaced_just_before_the_file_is_joined_is_the_new_one(world: World) -> None:
    """The digest on the way is of the chunks that are joined, and of no others."""
    content, other = a_file(), a_file()
    begun = await world.begin(content)
    await world.send(begun, content, 1, 2)
    late = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield piece(content, 3)[:10]
        await late.wait()
        yield piece(content, 3)[10:]

    third = asyncio.create_task(world.uploads.add_chunk(world.caller, begun.id, 3, slowly(), length=None))
    await asyncio.sleep(0)
    await world.send(begun, other, 1)
    await world.send(begun, content, 2)
    late.set()
    await third

    with pytest.raises(FileDigestWrong):
        await world.uploads.complete(world.caller, begun.id)
    await world.send(begun, content, 1)
    assert (await world.settled(await world.uploads.complete(world.caller, begun.id))).state == "accepted"


async def test_who_joins_waits_for_a_chunk_that_is_just_being_noted_and_joins_that_one(world: World) -> None:
    content, other = a_file(), bytes(CHUNK)
    begun = await world.begin(content, sha256=sha256(content[:-1000] + other[:1000]))
    await world.send(begun, content, 2, 1)
    last = content[2 * CHUNK :]
    await world.send(begun, content, 3)
    assembly = Assembly(key=begun.assembly_key, handle=begun.assembly_handle)
    part = await world.wiring.blobs.put_part(assembly, 10_000, body(last[:-1000] + other[:1000]), limit=CHUNK)
    chunk = Chunk(number=3, slot=part.slot, size=part.size, tag=part.tag)

    async with world.wiring.database.transaction(begun.tenant_id) as tx:
        assert await uploads.store_chunk(tx, begun, chunk) == StoredChunk(received=3, ahead=None)
        joining = asyncio.create_task(world.uploads.complete(world.caller, begun.id))
        while not await world.owner.fetchval(  # noqa: ASYNC110 - PostgreSQL tells nobody that somebody waits
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            await asyncio.sleep(0.01)

    assert (await joining).found_sha256 == begun.spec.sha256


@pytest.mark.parametrize("by", ["complete", "expire"])
async def test_a_joiner_who_died_is_taken_over(world: World, by: str) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content)
    await world.claim(begun)

    if by == "complete":
        await world.uploads.complete(world.caller, begun.id)
    else:
        await world.uploads.expire()

    assert await world.audited(begun, "upload.joined") == 1
    assert (await world.settled(begun)).state == "accepted"


async def test_who_joins_alone_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.registry.uploads.joining._WAIT_SECONDS", 0)
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content)
    await world.claim(begun, seconds=60)

    with pytest.raises(ServiceBusy):
        await world.uploads.complete(world.caller, begun.id)
    with pytest.raises(UploadMovedOn):
        await world.uploads.abort(world.caller, begun.id)
    with pytest.raises(UploadMovedOn):
        await world.uploads.add_chunk(world.caller, begun.id, 1, body(bytes(CHUNK)), length=None)


@pytest.mark.parametrize("at", ["join", "digest", "discard"])
async def test_a_stalled_joiner_changes_and_removes_nothing_after_another_took_over(world: World, at: str) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content)
    stalled, over = asyncio.Event(), asyncio.Event()

    async def stall() -> None:
        stalled.set()
        await over.wait()

    world.store.before[at] = stall
    slow = asyncio.create_task(world.another().complete(world.caller, begun.id))
    await stalled.wait()
    if at != "discard":  # then it has committed already
        await world.owner.execute("UPDATE uploads SET claimed_until = now() - interval '1 s' WHERE id = $1", begun.id)
    quick = await world.another().complete(world.caller, begun.id)
    over.set()

    assert (quick.state, (await slow).state) == ("checking", "checking")
    assert await world.audited(begun, "upload.joined") == 1
    assert await world.read((await world.kept())[sha256(content)]) == content
    assert (await world.settled(begun)).state == "accepted"
    await world.collect()
    assert await world.keys() == set((await world.kept()).values())


@pytest.mark.parametrize("promise", ["right", "wrong"])
async def test_a_stalled_joiner_takes_nothing_from_under_another_who_is_still_at_it(
    world: World, monkeypatch: pytest.MonkeyPatch, promise: str
) -> None:
    content = a_file()
    begun = await world.begin(content, sha256=sha256(content) if promise == "right" else "0" * 64)
    await world.send(begun, content, 3, 1, 2)

    async def another_takes_over() -> None:
        await world.owner.execute(
            "UPDATE uploads SET epoch = epoch + 1, claimed_until = now() + interval '1 h' WHERE id = $1", begun.id
        )

    monkeypatch.setattr("app.registry.uploads.joining._WAIT_SECONDS", 0)
    world.store.before["digest"] = another_takes_over
    with pytest.raises(ServiceBusy):
        await world.uploads.complete(world.caller, begun.id)

    assert world.store.calls["take_apart"] == world.store.calls["discard"] == 0
    assert await world.chunks(begun) == {number: piece(content, number) for number in (1, 2, 3)}
    assert begun.assembly_key in await world.keys()


@pytest.mark.parametrize("call", ["join", "digest", "discard"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_storage_that_fails_while_the_file_is_joined_only_costs_another_try(
    world: World, call: str, when: str
) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content, 3, 2, 1)
    world.store.fail[call] = when

    [first] = await outcomes(world.uploads.complete(world.caller, begun.id))

    assert isinstance(first, Upload if call == "discard" else StorageUnavailable)
    assert (await world.uploads.complete(world.caller, begun.id)).state == "checking"
    assert await world.audited(begun, "upload.joined") == 1
    assert (await world.settled(begun)).state == "accepted"
    await world.collect()
    assert await world.keys() == set((await world.kept()).values())


# -- going on ------------------------------------------------------------------------------------------------------------


async def test_a_chunk_that_the_storage_lost_is_named_and_can_be_sent_again(world: World) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content)
    async with world.wiring.database.transaction(begun.tenant_id) as tx:
        rows = await uploads.list_chunks(tx, begun)
    await world.wiring.blobs.delete(keys.part(begun.assembly_handle, rows[1].slot, rows[1].tag))

    with pytest.raises(ChunksMissing) as missing:
        await world.uploads.complete(world.caller, begun.id)

    assert missing.value.facts["missing"] == "2"
    shown = await world.uploads.show(world.caller, begun.id)
    assert (shown.state, shown.received, shown.reason) == ("receiving", [1, 3], "the storage lost chunks")
    await world.send(shown, content, 2)
    assert (await world.settled(await world.uploads.complete(world.caller, begun.id))).state == "accepted"


async def test_with_all_chunks_lost_the_upload_begins_anew(world: World) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content)
    await world.wiring.blobs.discard(Assembly(key=begun.assembly_key, handle=begun.assembly_handle))

    with pytest.raises(ChunksMissing):
        await world.another().complete(world.caller, begun.id)

    shown = await world.uploads.show(world.caller, begun.id)
    assert (shown.state, shown.received) == ("receiving", [])
    await world.send(shown, content)
    assert (await world.settled(await world.uploads.complete(world.caller, begun.id))).state == "accepted"


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1)], ids=["known on the way", "read back"])
async def test_after_a_wrong_digest_of_the_whole_the_wrong_chunk_alone_is_sent_again(
    world: World, order: tuple[int, ...]
) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content[:CHUNK] + bytes(CHUNK) + content[2 * CHUNK :], *order)

    for again in (world.uploads, world.another()):
        with pytest.raises(FileDigestWrong) as wrong:
            await again.complete(world.caller, begun.id)
        assert wrong.value.facts["promised"] == sha256(content)

    shown = await world.uploads.show(world.caller, begun.id)
    assert (shown.state, shown.received) == ("receiving", [1, 2, 3])
    await world.send(shown, content, 2)
    assert (await world.settled(await world.uploads.complete(world.caller, begun.id))).state == "accepted"
    await world.collect()
    assert await world.keys() == set((await world.kept()).values())


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """A real S3 store."""
    with SeaweedFS(tmp_path_factory.mktemp("weed")) as running:
        yield running


@pytest.fixture
async def bucket(weed: SeaweedFS, new_database: Callable[[], Awaitable[Urls]], tmp_path: Path) -> AsyncIterator[World]:
    """Uploads over a bucket."""
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    settings = read_settings(
        {
            "PLUGPORT_DATABASE_URL": urls.app,
            **BY_CHECKS,
            "PLUGPORT_DATA_DIR": str(tmp_path),
            "PLUGPORT_STORAGE_URL": weed.url,
        }
    )
    async with wired(settings) as wiring:
        opened = await World.open(wiring, urls)
        try:
            yield opened
        finally:
            await opened.close()


async def test_multipart_uploads_of_a_wrong_file_go_on_with_the_wrong_chunk_alone(bucket: World) -> None:
    """The parts are used up by joining them, and are made anew out of the file."""
    size, content = 5 * MIB, random.Random(1).randbytes(10 * MIB + 1000)
    begun = await bucket.begin(content, chunk_bytes=size)
    for number, data in ((3, piece(content, 3, size)), (1, bytes(size)), (2, piece(content, 2, size))):
        await bucket.uploads.add_chunk(bucket.caller, begun.id, number, body(data), length=None)

    with pytest.raises(FileDigestWrong):
        await bucket.uploads.complete(bucket.caller, begun.id)

    shown = await bucket.uploads.show(bucket.caller, begun.id)
    assert (shown.state, shown.received) == ("receiving", [1, 2, 3])
    await bucket.uploads.add_chunk(bucket.caller, begun.id, 1, body(content[:size]), length=None)
    joined = await bucket.uploads.complete(bucket.caller, begun.id)
    assert (joined.state, joined.found_sha256) == ("checking", sha256(content))
    assert await bucket.keys() == set((await bucket.kept()).values())
    assert sha256(await bucket.read(joined.assembly_key)) == sha256(content)


# -- the same again ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("promised", ["MD5", "SHA-256"])
async def test_the_same_chunk_again_is_a_success_after_the_file_is_joined_and_another_is_not(
    world: World, promised: str
) -> None:
    content = a_file()
    begun = await world.begin(content)

    async def send(data: bytes) -> None:
        known = {"MD5": {"md5": hashlib.md5(data).hexdigest()}, "SHA-256": {"sha256": sha256(data)}}
        await world.uploads.add_chunk(world.caller, begun.id, 1, body(data), length=None, **known[promised])

    await send(content[:CHUNK])
    await world.send(begun, content, 2, 3)
    await world.uploads.complete(world.caller, begun.id)

    await send(content[:CHUNK])
    with pytest.raises(UploadMovedOn):
        await send(bytes(CHUNK))
    with pytest.raises(ChunkDigestWrong):
        await world.uploads.add_chunk(
            world.caller, begun.id, 1, body(bytes(CHUNK)), length=None, md5=hashlib.md5(b"").hexdigest()
        )
    assert (await world.settled(begun)).state == "accepted"


async def test_the_same_chunk_again_is_not_stored_twice(world: World) -> None:
    content = a_file()
    begun = await world.begin(content)
    there: list[set[str]] = []
    for _ in range(3):
        await world.uploads.add_chunk(
            world.caller, begun.id, 1, body(content[:CHUNK]), length=None, sha256=sha256(content[:CHUNK])
        )
        there.append(await world.keys())
    assert there[0] == there[1] == there[2] != set()


@pytest.mark.parametrize("end", ["abort", "expire"])
async def test_nothing_is_acknowledged_of_an_upload_that_was_given_up(world: World, end: str) -> None:
    content = a_file()
    task = (await form(world, content, 1)).task_id
    begun = await world.uploads.show(world.caller, task)
    if end == "abort":
        await world.uploads.abort(world.caller, task)
    else:
        await world.grow_old(begun)
        await world.uploads.expire()

    for number in (1, 2):
        with pytest.raises(UploadMovedOn):
            await form(world, content, number, task_id=task)
    assert await world.keys() == set()


async def test_an_announcement_under_a_key_is_made_once_however_often_and_where_it_is_asked_for(world: World) -> None:
    new = world.new(a_file())

    answers = await outcomes(*(each.create(world.caller, new, "key") for each in (world.uploads, world.another()) * 2))

    assert len({answer.upload.id for answer in answers}) == 1
    assert (await world.uploads.list_own(world.caller, Paging(offset=0, limit=10))).total == 1
    with pytest.raises(IdempotencyKeyReused):
        await world.uploads.create(world.caller, msgspec.structs.replace(new, file_name="other"), "key")
    with pytest.raises(IdempotencyKeyReused):
        await world.uploads.complete(world.caller, answers[0].upload.id, "key")


async def test_a_key_that_two_requests_use_at_once_serves_one_of_them(world: World) -> None:
    begun = [await world.begin(a_file()) for _ in range(2)]

    answers = await outcomes(*(world.uploads.complete(world.caller, each.id, "one key") for each in begun))

    assert {type(answer) for answer in answers} == {ChunksMissing, IdempotencyKeyReused}


async def test_a_key_is_the_users_own(world: World) -> None:
    new = world.new(a_file())
    tenant = Tenant(id=world.caller.tenant_id, name=world.caller.tenant_name, official=False)
    colleague = await a_caller(world.wiring, tenant)
    memberships = world.wiring.registry.memberships
    invited = await memberships.invite(world.caller, world.publisher_id, colleague.user_id, PublisherRole.MAINTAINER)
    await memberships.accept(colleague, invited.id)
    one = await world.uploads.create(world.caller, new, "key")
    other = await world.uploads.create(colleague, new, "key")
    assert one.upload.id != other.upload.id


# -- the contract's form -------------------------------------------------------------------------------------------------


async def test_two_who_send_a_form_without_a_task_have_one_each(world: World) -> None:
    content = a_file()
    one, other = await outcomes(form(world, content, 1), form(world, content, 1))
    assert one.task_id != other.task_id


@pytest.mark.parametrize("problem", ["digest", "cut", "number", "merge", "storage"])
async def test_of_a_task_that_nobody_was_told_of_nothing_is_left(world: World, problem: str) -> None:
    content = a_file()
    wrong: dict[str, Any] = {
        "digest": {"chunk_md5": "0" * 32},
        "cut": {},
        "number": {"chunk_index": 99},
        "merge": {"merge": True},
        "storage": {},
    }
    if problem == "storage":
        world.store.fail["put_part"] = "after"
    chunk = FormChunk(
        **{
            "chunk_index": 1,
            "total_chunk_num": 2,
            "chunk_md5": hashlib.md5(content[:CHUNK]).hexdigest(),
            "parent_file_name": "thing.vsix",
            "parent_file_size": len(content),
            "publisher_id": world.publisher_id,
        }
        | wrong[problem]
    )

    [refused] = await outcomes(
        world.uploads.add_form_chunk(world.caller, chunk, body(content[:CHUNK], cut=problem == "cut"))
    )

    assert isinstance(refused, Exception)
    assert await world.keys() == set()
    assert (await world.uploads.limits(world.caller)).open_uploads == 0


async def test_a_merged_form_answers_the_same_again(world: World) -> None:
    content = a_file(1)
    first = await form(world, content, 1, merge=True, size=len(content))
    again = await form(world, content, 1, merge=True, size=len(content), task_id=first.task_id)
    assert (first.merged, again) == (True, first)
    assert (await world.settled(await world.uploads.show(world.caller, first.task_id))).state == "accepted"


async def test_the_digest_of_the_whole_file_may_come_late_and_never_changes(world: World) -> None:
    content = a_file()
    task = (await form(world, content, 1)).task_id
    await form(world, content, 2, task_id=task, parent_file_sha256=sha256(content).upper())
    with pytest.raises(InvalidField):
        await form(world, content, 3, task_id=task, parent_file_sha256="0" * 64)
    assert (await world.uploads.show(world.caller, task)).spec.sha256 == sha256(content)


async def test_a_chunk_that_is_refused_promises_nothing_of_the_file(world: World) -> None:
    content = a_file()
    task = (await form(world, content, 1)).task_id
    with pytest.raises(ChunkDigestWrong):
        await form(world, content, 2, task_id=task, parent_file_sha256="0" * 64, chunk_md5="0" * 32)
    assert (await world.uploads.show(world.caller, task)).spec.sha256 is None


# -- names ---------------------------------------------------------------------------------------------------------------


async def test_of_two_files_of_one_name_that_are_merged_at_once_one_is_refused_for_good(world: World) -> None:
    contents = [a_file(), a_file()]
    begun = [await world.begin(content, file_name="same.vsix") for content in contents]
    for upload, content in zip(begun, contents, strict=True):
        await world.send(upload, content)

    answers = await outcomes(*(world.uploads.complete(world.caller, each.id) for each in begun))

    assert sorted(type(answer).__name__ for answer in answers) == ["FileExists", "Upload"]
    [loser] = [each for each, answer in zip(begun, answers, strict=True) if isinstance(answer, FileExists)]
    with pytest.raises(FileExists):
        await world.uploads.complete(world.caller, loser.id)
    assert (await world.uploads.show(world.caller, loser.id)).state == "refused"
    assert len(await world.keys()) == 1


async def current(world: World, name: str) -> list[str]:
    """The uploads whose files the publisher has under that name."""
    rows = await world.owner.fetch(
        "SELECT id FROM uploads WHERE publisher_id = $1 AND file_name = $2 AND state = 'accepted' AND needs_file",
        world.publisher_id, name,
    )  # fmt: skip
    return [row["id"] for row in rows]


async def test_a_file_is_replaced_when_the_new_one_is_accepted_and_not_before(world: World) -> None:
    old = await world.accepted(a_file(), file_name="same.vsix")
    bad = await world.settled(await world.joined(b"no archive", file_name="same.vsix", override=True))
    assert bad.state == "refused"
    assert bad.findings
    assert await current(world, "same.vsix") == [old.id]

    new = await world.accepted(a_file(), file_name="same.vsix", override=True)
    assert await current(world, "same.vsix") == [new.id]


async def test_of_files_of_one_name_the_one_joined_last_stays_whichever_was_inspected_last(world: World) -> None:
    first = await world.joined(a_file(), file_name="same.vsix")
    last = await world.joined(a_file(), file_name="same.vsix", override=True)
    for upload in (last, first):
        assert (await world.settled(upload)).state == "accepted"
    assert await current(world, "same.vsix") == [last.id]


# -- bytes that are there already ----------------------------------------------------------------------------------------


async def test_bytes_that_are_there_need_not_be_sent_and_only_within_the_account(world: World, quiet: Urls) -> None:
    content = a_file()
    await world.accepted(content)

    again = await world.uploads.create(world.caller, world.new(content))
    assert (again.already_stored, again.upload.state) == (True, "checking")
    assert (await world.settled(again.upload)).state == "accepted"
    await world.collect()
    assert len(await world.keys()) == 1

    stranger = await World.open(world.wiring, quiet)
    other = await stranger.uploads.create(stranger.caller, stranger.new(content))
    assert (other.already_stored, other.upload.state) == (False, "receiving")
    await stranger.close()


async def test_the_same_bytes_sent_twice_are_kept_once(world: World) -> None:
    content = a_file()
    begun = [await world.begin(content) for _ in range(2)]
    for each in begun:
        await world.send(each, content)
    await outcomes(*(world.uploads.complete(world.caller, each.id) for each in begun))
    for each in begun:
        assert (await world.settled(each)).state == "accepted"
    assert await world.keys() == set((await world.kept()).values())
    assert len(await world.keys()) == 1


async def test_damaged_bytes_fail_and_the_same_bytes_sent_again_mend_them(
    world: World, quiet_settings: Settings
) -> None:
    content = a_file()
    joined = await world.joined(content)
    path = quiet_settings.data_dir / "blobs" / joined.assembly_key
    path.chmod(0o600)
    path.write_bytes(bytes(len(content)))

    failed = await world.settled(joined)
    assert failed.state == "failed"
    assert "again" in failed.reason
    async with world.wiring.database.transaction(joined.tenant_id) as tx:
        blob = await packages.find_blob(tx, joined.tenant_id, sha256(content))
    assert blob is not None
    assert blob.quarantine

    again = await world.accepted(content, file_name=joined.spec.file_name)
    assert await world.audited(again, "blob.healed") == 1
    assert (await world.uploads.complete(world.caller, joined.id)).state == "checking"
    assert (await world.settled(joined)).state == "accepted"
    assert await current(world, joined.spec.file_name) == [again.id]  # it was joined later
    await world.wiring.registry.packages.sweep()
    await world.collect()
    assert await world.read((await world.kept())[sha256(content)]) == content


async def test_the_same_bytes_mend_a_file_whose_loss_nobody_had_noticed(world: World) -> None:
    content = a_file()
    one, other = await world.begin(content), await world.begin(content)
    await world.send(one, content)
    await world.settled(await world.uploads.complete(world.caller, one.id))
    await world.wiring.blobs.delete((await world.kept())[sha256(content)])

    await world.send(other, content)
    await world.uploads.complete(world.caller, other.id)

    assert (await world.settled(other)).state == "accepted"
    assert await world.read((await world.kept())[sha256(content)]) == content


# -- quotas --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", [{"most_open_uploads": 2}, {"most_staged_bytes": 250_000}])
async def test_what_may_be_open_is_not_exceeded_by_many_at_once(world: World, policy: dict[str, int]) -> None:
    services = [world.another(**policy) for _ in range(3)] * 2

    answers = await outcomes(
        *(service.create(world.caller, world.new(b"", size=100_000, sha256="1" * 64)) for service in services)
    )

    begun = [answer.upload for answer in answers if not isinstance(answer, Exception)]
    assert (len(begun), sum(isinstance(answer, QuotaExceeded) for answer in answers)) == (2, 4)
    await world.uploads.abort(world.caller, begun[0].id)
    await services[0].create(world.caller, world.new(b"", size=100_000, sha256="1" * 64))


async def test_chunks_of_a_form_cannot_bring_many_times_the_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times are for bad lines; of those that come at once a few more than that may slip in."""
    monkeypatch.setattr("app.registry.uploads.rules._BEGUN_FLOOR", 0)
    content = bytes(40_000)
    task = (await form(world, content, 1, data=content, total_chunk_num=50)).task_id
    sent = [form(world, content, n, data=content, total_chunk_num=50, task_id=task) for n in range(2, 51)]
    answers = await outcomes(*sent)
    refused = [answer for answer in answers if isinstance(answer, ChunkRefused)]
    assert all("too many" in str(each) for each in refused)
    there = [key for key in await world.keys() if not key.endswith("/whole")]
    assert 10 <= len(there) == 50 - len(refused) <= 25


# -- time ----------------------------------------------------------------------------------------------------------------


async def test_an_upload_expires_a_time_after_its_last_chunk(world: World) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.grow_old(begun)
    await world.send(begun, content, 1)
    await world.uploads.expire()
    assert (await world.uploads.show(world.caller, begun.id)).state == "receiving"

    await world.grow_old(begun)
    assert (await world.uploads.show(world.caller, begun.id)).expires_at < (await world.begin(content)).created_at
    await world.uploads.expire()
    shown = await world.uploads.show(world.caller, begun.id)
    assert (shown.state, "24 hours" in shown.reason) == ("expired", True)
    assert await world.keys() == set()


async def test_a_chunk_that_comes_at_the_last_moment_keeps_the_upload(world: World) -> None:
    """Either the chunk is refused or the upload goes on: never is one acknowledged and given up at once."""
    content = a_file()
    for _ in range(5):
        begun = await world.begin(content)
        await world.grow_old(begun)
        sent, _ = await outcomes(world.send(begun, content, 1), world.another().expire())
        state = (await world.uploads.show(world.caller, begun.id)).state
        assert (state, isinstance(sent, Exception)) in (("receiving", False), ("expired", True))


# -- the inspection ------------------------------------------------------------------------------------------------------


async def test_the_package_of_a_basic_plugin_is_released_by_the_commit_that_accepts_it(world: World) -> None:
    name = a_name()
    basic = {"purpose": Purpose.BASIC_PLUGIN, "plugin_name": name, "publisher_id": None}
    content = a_package(name, script=random.Random(2).randbytes(100_000))
    joined = await world.joined(content, **basic)

    await outcomes(*(world.uploads.inspect(joined.tenant_id, joined.id) for _ in range(3)))

    assert (await world.uploads.show(world.caller, joined.id)).state == "accepted"
    assert await world.audited(joined, "upload.accepted") == 1
    download = await world.wiring.registry.downloads.find(world.caller, name, "1.0.0")
    assert download.key == (await world.kept())[sha256(content)]
    other = await world.settled(await world.joined(a_package(name, script=b"other"), **basic))
    assert (other.state, sha256(content) in other.reason) == ("refused", True)


@pytest.mark.parametrize("purpose", Purpose)
async def test_the_file_of_a_user_who_was_disabled_meanwhile_is_refused(world: World, purpose: Purpose) -> None:
    name = a_name()
    basic = {"purpose": purpose, "plugin_name": name, "publisher_id": None} if purpose is Purpose.BASIC_PLUGIN else {}
    joined = await world.joined(a_package(name), **basic)
    await world.wiring.registry.access.disable_user(console(), world.caller.tenant_id, world.caller.user_id)

    refused = await world.settled(joined)

    assert (refused.state, world.caller.user_name in refused.reason) == ("refused", True)


async def test_the_file_of_a_publisher_that_was_deleted_meanwhile_is_refused(world: World) -> None:
    joined = await world.joined(a_file())
    await world.wiring.registry.publishers.delete(world.caller, world.publisher_id)

    refused = await world.settled(joined)

    assert (refused.state, "publisher" in refused.reason) == ("refused", True)


async def test_an_inspection_that_could_not_be_done_is_failed_and_done_again_by_complete(world: World) -> None:
    joined = await world.joined(a_file())
    await world.uploads.give_up_inspection(joined.tenant_id, joined.id, "the storage does not answer")
    failed = await world.uploads.show(world.caller, joined.id)
    assert (failed.state, "does not answer" in failed.reason) == ("failed", True)

    assert (await world.uploads.complete(world.caller, joined.id)).state == "checking"

    assert (await world.settled(joined)).state == "accepted"
    await world.uploads.give_up_inspection(joined.tenant_id, joined.id, "too late")
    assert (await world.uploads.show(world.caller, joined.id)).state == "accepted"
    assert await world.audited(joined, "upload.checked_again") == 1


# -- other accounts ------------------------------------------------------------------------------------------------------


async def test_another_accounts_upload_is_unknown_to_every_use_case(world: World, quiet: Urls) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content, 1)
    stranger = await World.open(world.wiring, quiet)
    caller, service = stranger.caller, stranger.uploads
    try:
        for id in (begun.id, "0" * 32, "x"):
            for call in (
                service.show(caller, id),
                service.add_chunk(caller, id, 1, body(bytes(CHUNK)), length=None),
                service.complete(caller, id, "key"),
                service.abort(caller, id),
                service.part_urls(caller, id, [1]),
                form(stranger, content, 1, task_id=id),
            ):
                with pytest.raises(UploadUnknown):
                    await call
        assert (await service.list_own(caller, Paging(offset=0, limit=10))).total == 0
        assert (await service.limits(caller)).open_uploads == 0
    finally:
        await stranger.close()
    assert await world.chunks(begun) == {1: content[:CHUNK]}


# -- chunks begun ahead --------------------------------------------------------------------------------------------------


async def test_a_chunk_begun_ahead_is_for_those_alone_who_may_see_the_upload(world: World, quiet: Urls) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content, 1)
    stranger = await World.open(world.wiring, quiet)
    with pytest.raises(UploadUnknown):
        await world.uploads.add_chunk(stranger.caller, begun.id, 2, body(content[CHUNK : 2 * CHUNK]), length=CHUNK)
    await stranger.close()
    await world.send(begun, content, 2, 3)
    assert (await world.uploads.complete(world.caller, begun.id)).state == "checking"


async def test_a_chunk_begun_ahead_that_breaks_off_may_be_sent_again_with_other_bytes_before_it_ends(
    world: World,
) -> None:
    content, other = a_file(), bytes(3 * CHUNK)
    begun = await world.begin(content)
    await world.send(begun, content, 1)
    goes_on = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield other[:1000]
        await goes_on.wait()
        yield other[1000:CHUNK]

    late = asyncio.create_task(world.uploads.add_chunk(world.caller, begun.id, 2, slow(), length=CHUNK))
    await asyncio.sleep(0)
    await world.send(begun, content, 2, 3)
    await world.uploads.complete(world.caller, begun.id)
    goes_on.set()
    with pytest.raises(UploadMovedOn):
        await late
    assert (await world.settled(begun)).state == "accepted"


async def test_a_chunk_begun_ahead_is_refused_when_another_process_gave_the_upload_up(world: World) -> None:
    content = a_file()
    begun = await world.begin(content)
    await world.send(begun, content, 1)
    await world.another().abort(world.caller, begun.id)
    with pytest.raises(UploadMovedOn):
        await world.send(begun, content, 2)
