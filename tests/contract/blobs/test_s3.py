"""What only S3 can get wrong: lost and lying answers, refused credentials, silence. The store is real; the line lies."""

import asyncio
import hashlib
import socket
import threading
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.errors import BytesDamaged, StorageFull, StorageUnavailable
from storage.blobs import keys, s3_parts
from storage.blobs.base import Assembly, BlobStore, Feed, Part
from storage.blobs.connect import open_store
from storage.blobs.proof import prove, read_proven
from storage.executors import Executor
from tests.contract.blobs.between import Answer, Asked, Between, Forward, Rule, refusal
from tests.contract.blobs.conftest import S3Medium, patient
from tests.contract.blobs.test_local import files_no_larger_than
from tests.contract.blobs.test_promises import LARGE, MIB, PIECE, body, get, listed, put, stored
from tests.seaweed import BUCKET, SECRET_KEY, SeaweedFS


def once(picks: Callable[[Asked], bool], lie: Rule) -> Rule:
    """Lies about the first request that `picks` picks, and about no other."""
    left = threading.Semaphore(1)

    def rule(asked: Asked, forward: Forward) -> Answer | None:
        return lie(asked, forward) if picks(asked) and left.acquire(blocking=False) else forward(asked.body)

    return rule


def always(picks: Callable[[Asked], bool], lie: Rule) -> Rule:
    return lambda asked, forward: lie(asked, forward) if picks(asked) else forward(asked.body)


def answers(answer: Answer | None) -> Rule:
    return lambda asked, forward: answer


def lose_the_answer(asked: Asked, forward: Forward) -> None:
    forward(asked.body)


def spoil_the_body(asked: Asked, forward: Forward) -> Answer:
    return forward(bytes([asked.body[0] ^ 1]) + asked.body[1:])


def halve_the_answer(asked: Asked, forward: Forward) -> Answer:
    answer = forward(asked.body)
    return answer._replace(body=answer.body[: len(answer.body) // 2])


SUCCESS = Answer(200, [("Content-Length", "0"), ("ETag", '"d41d8cd98f00b204e9800998ecf8427e"')], b"")
PASSING = [
    refusal(503, "SlowDown"), refusal(500, "InternalError"), refusal(400, "RequestTimeout"), refusal(429, "TooManyRequests"),
    Answer(502, [("Content-Type", "text/html"), ("Content-Length", "3")], b"no\n"), None,
]  # fmt: skip
SENDING = [("one request", b"small", Asked.is_a_whole_blob.fget), ("parts", LARGE, Asked.is_a_part.fget)]
ENDING = [SENDING[0], ("parts", LARGE, Asked.is_the_end_of_parts.fget)]


def the_cases(cases: list) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("data", "picks"), [case[1:] for case in cases], ids=[case[0] for case in cases])


# --- trouble that passes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", PASSING, ids=lambda each: str(each.status) if each else "cut line")
async def test_trouble_that_passes_is_not_noticed(s3: S3Medium, between: Between, trouble: Answer | None) -> None:
    lied_about: set[str] = set() if trouble is None or trouble.status != 400 else {"HEAD"}  # which has no error body
    between.rule = lambda asked, forward: (
        forward(asked.body) if asked.method in lied_about else lied_about.add(asked.method) or trouble
    )
    await put(s3.store, "large", LARGE)
    await s3.store.delete("large")
    lied_about.discard("PUT")
    await put(s3.store, "k", b"bytes")
    assert await get(s3.store, "k") == b"bytes"
    lied_about.discard("PUT")
    await s3.store.promote("k", "l")
    assert lied_about == {"HEAD", "GET", "PUT", "POST", "DELETE"}
    assert await get(s3.store, "l") == b"bytes"


@the_cases(ENDING)
async def test_a_lost_answer_to_a_finished_put_is_settled_by_looking(
    s3: S3Medium, between: Between, data: bytes, picks: Callable[[Asked], bool]
) -> None:
    between.rule = once(picks, lose_the_answer)
    assert await put(s3.store, "k", data) == stored("k", data)
    assert s3.leftovers() == ["k"]


async def test_an_upload_forgotten_by_the_store_because_it_is_complete_is_settled_by_looking(
    s3: S3Medium, between: Between
) -> None:
    def complete_and_forget(asked: Asked, forward: Forward) -> Answer:
        forward(asked.body)
        return refusal(404, "NoSuchUpload")

    between.rule = once(Asked.is_the_end_of_parts.fget, complete_and_forget)
    assert await put(s3.store, "k", LARGE) == stored("k", LARGE)


async def test_a_lost_answer_to_a_promotion_is_settled_by_looking(s3: S3Medium, between: Between) -> None:
    await put(s3.store, "source", b"x")
    between.rule = once(lambda asked: asked.method == "PUT", lose_the_answer)
    await s3.store.promote("source", "target")
    assert s3.leftovers() == ["target"]


@the_cases(SENDING)
async def test_bytes_spoilt_on_the_line_are_sent_again(
    s3: S3Medium, between: Between, data: bytes, picks: Callable[[Asked], bool]
) -> None:
    between.rule = once(picks, spoil_the_body)
    assert await put(s3.store, "k", data) == await s3.store.digest("k") == stored("k", data)


async def test_a_download_that_breaks_off_goes_on_where_it_was(s3: S3Medium, between: Between) -> None:
    await put(s3.store, "k", LARGE)
    between.rule = once(lambda asked: asked.method == "GET", halve_the_answer)
    assert await get(s3.store, "k") == LARGE


# --- trouble that stays ----------------------------------------------------------------------------------------------


@the_cases(SENDING)
@pytest.mark.parametrize("lie", [spoil_the_body, answers(refusal(403, "AccessDenied"))], ids=["spoilt", "forbidden"])
async def test_a_put_that_fails_leaves_neither_blob_nor_parts(
    s3: S3Medium, between: Between, data: bytes, picks: Callable[[Asked], bool], lie: Rule
) -> None:
    between.rule = always(picks, lie)
    with pytest.raises(StorageUnavailable):
        await put(s3.store, "k", data)
    assert s3.leftovers() == []


@the_cases(SENDING)
@pytest.mark.parametrize("full", [refusal(507, "XMinioStorageFull"), refusal(403, "QuotaExceeded")], ids=str)
async def test_a_store_without_room_is_said_to_be_full(
    s3: S3Medium, between: Between, data: bytes, picks: Callable[[Asked], bool], full: Answer
) -> None:
    between.rule = always(picks, answers(full))
    with pytest.raises(StorageFull):
        await put(s3.store, "k", data)
    assert s3.leftovers() == []


async def test_success_with_an_error_inside_is_not_believed(s3: S3Medium, between: Between) -> None:
    lie = refusal(500, "InternalError")._replace(status=200)
    between.rule = always(Asked.is_the_end_of_parts.fget, answers(lie))
    with pytest.raises(StorageUnavailable):
        await put(s3.store, "k", LARGE)
    assert await s3.store.stat("k") is None
    assert s3.leftovers() == []


async def test_success_with_nothing_done_is_not_believed(s3: S3Medium, between: Between) -> None:
    between.rule = always(Asked.is_a_whole_blob.fget, answers(SUCCESS))
    with pytest.raises(StorageUnavailable):
        await put(s3.store, "k", b"bytes")
    assert s3.leftovers() == []


async def test_success_with_half_the_bytes_is_not_believed_and_they_are_removed(s3: S3Medium, between: Between) -> None:
    def keep_half(asked: Asked, forward: Forward) -> Answer:
        s3.overwrite("k", asked.body[: len(asked.body) // 2])
        return SUCCESS

    between.rule = always(Asked.is_a_whole_blob.fget, keep_half)
    with pytest.raises(StorageUnavailable):
        await put(s3.store, "k", b"bytes")
    assert s3.leftovers() == []


async def test_a_promotion_that_lies_keeps_the_source(s3: S3Medium, between: Between) -> None:
    await put(s3.store, "source", b"x")
    between.rule = always(lambda asked: asked.method == "PUT", answers(SUCCESS))
    with pytest.raises(StorageUnavailable):
        await s3.store.promote("source", "target")
    assert s3.leftovers() == ["source"]


@pytest.mark.parametrize("size", [1000, 5 * MIB])
async def test_a_download_that_always_breaks_off_is_an_error_and_never_a_shorter_blob(
    s3: S3Medium, between: Between, size: int
) -> None:
    await put(s3.store, "k", LARGE[:size])
    between.rule = always(lambda asked: asked.method == "GET", halve_the_answer)
    with pytest.raises(StorageUnavailable):
        await get(s3.store, "k")
    with pytest.raises(StorageUnavailable):
        await asyncio.to_thread(lambda: s3.store.open("k").read())


async def test_a_store_that_ignores_ranges_is_not_believed(s3: S3Medium, between: Between) -> None:
    await put(s3.store, "k", LARGE)
    between.rule = always(lambda asked: asked.method == "GET", lambda asked, forward: forward(b"")._replace(status=200))
    with pytest.raises(StorageUnavailable) as refused:
        await get(s3.store, "k", 5, 5)
    assert "range" in str(refused.value.facts["reason"])


@pytest.mark.parametrize("replaced", [None, LARGE[:-1]], ids=["deleted", "shortened"])
async def test_a_blob_that_changes_while_it_is_read_is_an_error(s3: S3Medium, replaced: bytes | None) -> None:
    await put(s3.store, "k", LARGE)
    reading = s3.store.read("k")
    await anext(reading)
    if replaced is None:
        s3.client.remove_object(BUCKET, "k")
    else:
        s3.overwrite("k", replaced)
    with pytest.raises(StorageUnavailable):
        [piece async for piece in reading]


async def test_a_put_cancelled_while_a_part_is_on_its_way_leaves_no_parts(s3: S3Medium, between: Between) -> None:
    on_its_way, go_on = threading.Event(), threading.Event()

    def hold(asked: Asked, forward: Forward) -> Answer:
        on_its_way.set()
        go_on.wait(20)
        return forward(asked.body)

    between.rule = once(Asked.is_a_part.fget, hold)
    putting = asyncio.create_task(put(s3.store, "k", LARGE))
    await asyncio.to_thread(on_its_way.wait, 20)
    putting.cancel()
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert s3.leftovers() == []


async def test_parts_that_cannot_be_removed_are_noted_on_the_error(s3: S3Medium, between: Between) -> None:
    between.rule = always(
        lambda asked: asked.is_a_part or asked.method == "DELETE", answers(refusal(403, "AccessDenied"))
    )
    with pytest.raises(StorageUnavailable) as refused:
        await put(s3.store, "k", LARGE)
    assert any("could not be removed" in note for note in refused.value.__notes__)
    for upload in s3.client._list_multipart_uploads(BUCKET).uploads:
        s3.client._abort_multipart_upload(BUCKET, upload.object_name, upload.upload_id)


# --- files that come in parts ----------------------------------------------------------------------------------------

KEY = keys.assembled("1", "upload", 1)
AGAIN = keys.assembled("1", "upload", 2)
CHUNKS = [PIECE * 80, b"the last one"]
WHOLE = b"".join(CHUNKS)
LARGE_PARTS = 5 * MIB
BOTH_KINDS = pytest.mark.parametrize("least_part", [0, LARGE_PARTS], ids=["blobs", "multipart"])
INSIDE_SUCCESS = refusal(500, "InternalError")._replace(status=200)


async def put_part(store: BlobStore, assembly: Assembly, slot: int, data: bytes) -> Part:
    return await store.put_part(assembly, slot, body(data), limit=len(data))


async def put_all(store: BlobStore, assembly: Assembly) -> list[Part]:
    return [await put_part(store, assembly, slot, data) for slot, data in enumerate(CHUNKS, start=1)]


def sends_bytes(asked: Asked) -> bool:
    return asked.method == "PUT" and bool(asked.body)


@pytest.mark.parametrize(
    "lie",
    [*map(answers, [PASSING[0], PASSING[1], None]), lose_the_answer, spoil_the_body],
    ids=["slow down", "internal error", "cut", "lost answer", "spoilt"],
)
@BOTH_KINDS
async def test_trouble_that_passes_is_not_noticed_by_parts(
    s3: S3Medium, between: Between, least_part: int, lie: Rule
) -> None:
    assembly = await s3.store.assemble(KEY, least_part=least_part)
    between.rule = once(sends_bytes, lie)
    parts = await put_all(s3.store, assembly)
    assert await s3.store.parts(assembly) == parts
    assert await s3.store.join(assembly, parts) == len(WHOLE)
    assert await get(s3.store, KEY) == WHOLE
    await s3.store.discard(assembly)


@pytest.mark.parametrize("lie", [spoil_the_body, answers(refusal(403, "AccessDenied")), answers(None)])
@BOTH_KINDS
async def test_a_part_that_cannot_be_sent_leaves_nothing(
    s3: S3Medium, between: Between, least_part: int, lie: Rule
) -> None:
    assembly = await s3.store.assemble(KEY, least_part=least_part)
    between.rule = always(sends_bytes, lie)
    with pytest.raises(StorageUnavailable):
        await put_part(s3.store, assembly, 1, LARGE)
    assert await s3.store.parts(assembly) == []
    await s3.store.discard(assembly)
    assert s3.leftovers() == []


async def test_a_part_for_which_the_disk_has_no_room_on_its_way_is_said_so(s3: S3Medium) -> None:
    assembly = await s3.store.assemble(KEY, least_part=0)
    with files_no_larger_than(3 * MIB), pytest.raises(StorageFull):
        await put_part(s3.store, assembly, 1, LARGE)
    assert s3.leftovers() == []
    await put_part(s3.store, assembly, 1, LARGE)


@BOTH_KINDS
async def test_a_part_can_be_had_once_more_while_it_is_sent(s3: S3Medium, between: Between, least_part: int) -> None:
    digest, had, never = hashlib.sha256(), threading.Event(), asyncio.Event()
    fed: list[bool] = []

    async def follow(feed: Feed) -> None:
        fed.append(await feed(digest))
        had.set()
        await never.wait()  # it is cancelled when the part is stored

    def hold(asked: Asked, forward: Forward) -> Answer:
        had.wait(20)
        return forward(asked.body)

    between.rule = once(sends_bytes, hold)
    assembly = await s3.store.assemble(KEY, least_part=least_part)
    await s3.store.put_part(assembly, 1, body(*[LARGE] * 3), limit=10**9, follow=follow)
    await s3.store.discard(assembly)
    assert fed == [True]
    assert digest.digest() == hashlib.sha256(LARGE * 3).digest()


@BOTH_KINDS
async def test_a_part_cancelled_while_it_is_sent_is_waited_for(s3: S3Medium, between: Between, least_part: int) -> None:
    assembly = await s3.store.assemble(KEY, least_part=least_part)
    on_its_way, go_on = threading.Event(), threading.Event()

    def hold(asked: Asked, forward: Forward) -> Answer:
        on_its_way.set()
        go_on.wait(20)
        return forward(asked.body)

    between.rule = once(sends_bytes, hold)
    putting = asyncio.create_task(put_part(s3.store, assembly, 1, LARGE))
    await asyncio.to_thread(on_its_way.wait, 20)
    putting.cancel()
    await asyncio.sleep(0)
    assert not putting.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await putting
    again = await put_part(s3.store, assembly, 1, b"sent again")
    assert again in await s3.store.parts(assembly)
    assert await s3.store.join(assembly, [again]) == len(b"sent again")
    await s3.store.discard(assembly)
    assert s3.leftovers() == [KEY]


def complete_and_say(answer: Answer | None) -> Rule:
    def rule(asked: Asked, forward: Forward) -> Answer | None:
        forward(asked.body)
        return answer

    return rule


@pytest.mark.parametrize(
    "lie",
    [
        answers(INSIDE_SUCCESS), answers(refusal(503, "SlowDown")), answers(None), complete_and_say(INSIDE_SUCCESS),
        complete_and_say(refusal(404, "NoSuchUpload")), complete_and_say(None),
    ],
    ids=["error inside", "slow down", "cut", "done with an error inside", "done and forgotten", "done and cut"],
)  # fmt: skip
async def test_a_join_whose_answer_is_wrong_once_is_settled(s3: S3Medium, between: Between, lie: Rule) -> None:
    assembly = await s3.store.assemble(KEY, least_part=LARGE_PARTS)
    parts = await put_all(s3.store, assembly)
    between.rule = once(Asked.is_the_end_of_parts.fget, lie)
    assert await s3.store.join(assembly, parts) == len(WHOLE)
    assert await get(s3.store, KEY) == WHOLE
    await s3.store.discard(assembly)
    assert s3.leftovers() == [KEY]


@pytest.mark.parametrize(
    "lie", [INSIDE_SUCCESS, SUCCESS, refusal(500, "InternalError")], ids=["error", "nothing", "500"]
)
async def test_a_join_that_is_not_done_is_not_believed_and_uses_nothing_up(
    s3: S3Medium, between: Between, lie: Answer
) -> None:
    assembly = await s3.store.assemble(KEY, least_part=LARGE_PARTS)
    parts = await put_all(s3.store, assembly)
    between.rule = always(Asked.is_the_end_of_parts.fget, answers(lie))
    with pytest.raises(StorageUnavailable):
        await s3.store.join(assembly, parts)
    assert await s3.store.stat(KEY) is None
    between.tell_the_truth()
    assert await s3.store.join(assembly, parts) == len(WHOLE)
    assert await get(s3.store, KEY) == WHOLE


async def test_a_join_beaten_by_other_bytes_leaves_them(s3: S3Medium, between: Between) -> None:
    assembly = await s3.store.assemble(KEY, least_part=LARGE_PARTS)
    parts = await put_all(s3.store, assembly)

    def beat(asked: Asked, forward: Forward) -> Answer:
        s3.overwrite(KEY, b"somebody else's")
        return forward(asked.body)

    between.rule = once(Asked.is_the_end_of_parts.fget, beat)
    with pytest.raises(FileExistsError):
        await s3.store.join(assembly, parts)
    assert await get(s3.store, KEY) == b"somebody else's"
    await s3.store.discard(assembly)


async def test_a_part_that_the_store_has_lost_is_missing(s3: S3Medium) -> None:
    assembly = await s3.store.assemble(KEY, least_part=0)
    first, last = await put_all(s3.store, assembly)
    s3.client.remove_object(BUCKET, keys.part(assembly.handle, first.slot, first.tag))
    assert await s3.store.parts(assembly) == [last]
    with pytest.raises(KeyError):
        await s3.store.join(assembly, [first, last])
    assert await s3.store.stat(KEY) is None


async def test_a_part_that_breaks_off_while_it_is_joined_is_read_on_and_never_shortened(
    s3: S3Medium, between: Between
) -> None:
    assembly = await s3.store.assemble(KEY, least_part=0)
    parts = await put_all(s3.store, assembly)
    between.rule = always(lambda asked: asked.method == "GET" and "/u/" in asked.target, halve_the_answer)
    with pytest.raises(StorageUnavailable):
        await s3.store.join(assembly, parts)
    assert await s3.store.stat(KEY) is None
    between.rule = once(lambda asked: asked.method == "GET" and "/u/" in asked.target, halve_the_answer)
    assert await s3.store.join(assembly, parts) == len(WHOLE)
    assert await get(s3.store, KEY) == WHOLE


async def test_a_first_part_too_small_for_s3_is_refused_before_anything_is_used_up(s3: S3Medium) -> None:
    assembly = await s3.store.assemble(KEY, least_part=LARGE_PARTS)
    parts = [await put_part(s3.store, assembly, slot, b"small") for slot in (1, 2)]
    with pytest.raises(ValueError, match="only the last part"):
        await s3.store.join(assembly, parts)
    assert await s3.store.parts(assembly) == parts
    await s3.store.discard(assembly)


@pytest.mark.parametrize("lie", [INSIDE_SUCCESS, refusal(500, "InternalError")], ids=["error inside", "500"])
async def test_a_file_that_cannot_be_taken_apart_stays_and_no_parts_are_left(
    s3: S3Medium, between: Between, lie: Answer
) -> None:
    assembly = await s3.store.assemble(KEY, least_part=LARGE_PARTS)
    parts = await put_all(s3.store, assembly)
    await s3.store.join(assembly, parts)
    between.rule = always(Asked.is_a_part.fget, answers(lie))
    with pytest.raises(StorageUnavailable):
        await s3.store.take_apart(assembly, parts, AGAIN)
    assert s3.leftovers() == [KEY]
    between.rule = once(Asked.is_a_part.fget, answers(lie))
    again, same = await s3.store.take_apart(assembly, parts, AGAIN)
    assert await s3.store.join(again, same) == len(WHOLE)
    assert await get(s3.store, AGAIN) == WHOLE


async def test_bytes_flipped_on_the_line_are_never_given_out(s3: S3Medium, between: Between) -> None:
    def spoil_the_answer(asked: Asked, forward: Forward) -> Answer:
        answer = forward(asked.body)
        return answer._replace(body=bytes([answer.body[0] ^ 1]) + answer.body[1:])

    threads = Executor("proof", threads=1, queue=5)
    await put(s3.store, "k", LARGE)
    proof = await prove(s3.store, "k", threads)
    between.rule = always(lambda asked: asked.method == "GET", spoil_the_answer)
    with pytest.raises(BytesDamaged):
        await anext(read_proven(s3.store, "k", proof, threads))
    assert await prove(s3.store, "k", threads) != proof
    threads.close()


async def test_more_parts_and_uploads_than_one_answer_holds_are_all_found(
    s3: S3Medium, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(s3_parts, "_PARTS_AT_ONCE", 2)
    monkeypatch.setattr(s3_parts, "_UPLOADS_AT_ONCE", 2)
    assemblies = [await s3.store.assemble(keys.assembled("1", f"u{n}", 1), least_part=LARGE_PARTS) for n in range(5)]
    parts = [await put_part(s3.store, assemblies[2], slot, b"x") for slot in range(1, 6)]
    assert await s3.store.parts(assemblies[2]) == parts
    assert await s3.store.tidy(hours=1, keep=()) == 0
    assert await s3.store.tidy(hours=0, keep={assemblies[2].handle}) == 4
    assert await s3.store.parts(assemblies[2]) == parts
    assert await s3.store.tidy(hours=0, keep=()) == 1
    assert await s3.store.parts(assemblies[2]) == []


async def test_unfinished_uploads_that_are_none_of_ours_are_not_tidied(s3: S3Medium) -> None:
    foreign = s3.client._create_multipart_upload(BUCKET, "backups/x", {})
    assert await s3.store.tidy(hours=0, keep=()) == 0
    s3.client._abort_multipart_upload(BUCKET, "backups/x", foreign)


# --- what was found in the bucket ------------------------------------------------------------------------------------


async def test_foreign_objects_in_the_bucket_are_not_named(s3: S3Medium) -> None:
    await put(s3.store, "ours", b"x")
    for foreign in ["not ours", "~check", "ümlaut"]:
        s3.overwrite(foreign, b"x")
    assert await listed(s3.store) == ["ours"]
    for foreign in ["not ours", "~check", "ümlaut"]:
        s3.client.remove_object(BUCKET, foreign)


async def test_a_missing_bucket_is_made_by_the_check(weed: SeaweedFS) -> None:
    store = open_store(weed.url_with(bucket="made-by-the-check"))
    await asyncio.gather(store.check(), store.check())
    await put(store, "k", b"x")
    assert weed.client().stat_object("made-by-the-check", "k").size == 1
    await store.delete("k")
    await store.close()
    weed.client().remove_bucket("made-by-the-check")


async def test_a_missing_bucket_that_may_not_be_made_is_named(weed: SeaweedFS, between: Between) -> None:
    store = open_store(weed.url_with(endpoint=between.endpoint, bucket="not-permitted"))
    between.rule = always(lambda asked: asked.method == "PUT", answers(refusal(403, "AccessDenied")))
    with pytest.raises(StorageUnavailable) as refused:
        await store.check()
    assert "the bucket not-permitted does not exist" in str(refused.value.facts["reason"])
    await store.close()


# --- no store, wrong credentials, crash ------------------------------------------------------------------------------


SMALL = Assembly(key=KEY, handle=keys.parts_of(KEY))


def everything(store: BlobStore) -> list:
    """Each operation, begun."""

    return [
        store.check(), put(store, "k", b"x"), put(store, "k", LARGE), get(store, "k"), store.stat("k"), store.digest("k"),
        store.delete("k"), store.promote("k", "l"), listed(store), asyncio.to_thread(store.open, "k"),
        store.assemble(KEY, least_part=LARGE_PARTS), store.put_part(SMALL, 1, body(b"x"), limit=1), store.parts(SMALL),
        store.join(SMALL, [Part(slot=1, size=1, tag="0" * 32)]), store.discard(SMALL), store.tidy(hours=1, keep=()),
    ]  # fmt: skip


async def test_a_store_that_is_not_there_is_unavailable_in_bounded_time(weed: SeaweedFS) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and nobody listens
        store = open_store(weed.url_with(endpoint=f"127.0.0.1:{nobody.getsockname()[1]}"))
        async with asyncio.timeout(60):
            results = await asyncio.gather(*everything(store), return_exceptions=True)
    assert {type(result) for result in results} == {StorageUnavailable}
    await store.close()


async def test_wrong_credentials_are_unavailable_and_no_secret_is_told(weed: SeaweedFS) -> None:
    wrong = "a-wrong/secret"
    store = open_store(weed.url_with(secret=wrong))
    results = await asyncio.gather(*everything(store), return_exceptions=True)
    assert {type(result) for result in results} == {StorageUnavailable}
    for result in results:
        assert "refuses the credentials" in str(result.facts["reason"])
        told = "".join(traceback.format_exception(result)) + repr(result.facts) + repr(store)
        assert wrong not in told
        assert SECRET_KEY not in told
    await store.close()


async def test_stored_blobs_survive_a_kill_of_the_store_and_a_quick_restart_is_waited_for(tmp_path: Path) -> None:
    with SeaweedFS(tmp_path / "weed") as weed:
        store = patient(weed.endpoint, 20)
        blobs = {f"t/1/b/{number}": f"{number}".encode() * 1000 for number in range(40)} | {"t/1/b/large": LARGE}
        await asyncio.gather(*(put(store, key, data) for key, data in blobs.items()))
        weed.kill()
        reading = asyncio.create_task(get(store, "t/1/b/1"))
        await asyncio.to_thread(weed.start)
        assert await reading == blobs["t/1/b/1"]
        assert set(await listed(store)) == blobs.keys()
        for key, data in blobs.items():
            assert await store.digest(key) == stored(key, data)
        await store.close()
