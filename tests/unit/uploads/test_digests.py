"""The digests of chunks and of whole files on their way in."""

import asyncio
import hashlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.uploads.digests import ChunkDigests, FileDigests
from schemas.errors import ChunkDigestWrong
from schemas.model.uploads import Chunk

CONTENT = b"a chunk"
MD5, SHA256 = hashlib.md5(CONTENT).hexdigest(), hashlib.sha256(CONTENT).hexdigest()


@dataclass(frozen=True)
class An:
    """As much of an upload as is asked for."""

    id: str = "upload"
    round: int = 1


UPLOAD = An()


def a_chunk(slot: int, **known: str) -> Chunk:
    return Chunk(number=1, slot=slot, size=len(CONTENT), tag="tag", **known)


def fed(md5: str | None, sha256: str | None, content: bytes = CONTENT) -> ChunkDigests:
    digests = ChunkDigests(md5, sha256)
    for each in digests.fed:
        each.update(content)
    return digests


# -- one chunk -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("md5", "sha256"), [(MD5, None), (None, SHA256), (MD5, SHA256), (MD5.upper(), SHA256.upper()), (None, None)]
)
def test_a_chunk_with_the_promised_digests_is_taken_and_no_others_are_computed(
    md5: str | None, sha256: str | None
) -> None:
    digests = fed(md5, sha256)
    digests.check()
    assert (digests.md5, digests.sha256) == (MD5 if md5 else None, SHA256 if sha256 else None)


@pytest.mark.parametrize(("md5", "sha256"), [("0" * 32, None), (None, "0" * 64), (MD5, "0" * 64), ("0" * 32, SHA256)])
def test_a_chunk_with_another_digest_is_refused_and_told_both(md5: str | None, sha256: str | None) -> None:
    with pytest.raises(ChunkDigestWrong) as refused:
        fed(md5, sha256).check()
    assert refused.value.facts["promised"] in (md5, sha256)
    assert refused.value.facts["found"] in (MD5, SHA256)


def test_a_chunk_is_recognised_by_what_is_known_on_both_sides_and_by_nothing_less() -> None:
    promised = ChunkDigests(MD5, SHA256)
    assert promised.promise(a_chunk(1, md5=MD5))
    assert promised.promise(a_chunk(1, sha256=SHA256))
    assert not promised.promise(a_chunk(1, md5=MD5, sha256="0" * 64))
    assert not promised.promise(a_chunk(1))
    assert not ChunkDigests(None, None).promise(a_chunk(1, sha256=SHA256))
    assert not ChunkDigests(MD5, None).promise(a_chunk(1, sha256=SHA256))


# -- the whole file ------------------------------------------------------------------------------------------------------


class Sent:
    """A chunk on its way: fed while it came in where that was possible, else when what came before it is known."""

    def __init__(self, known: FileDigests, number: int, slot: int, content: bytes, upload: An) -> None:
        self.number, self.slot, self.content = number, slot, content
        self._open = ExitStack()
        self.whole = self._open.enter_context(known.coming(upload, number, slot))
        for each in self.whole.fed:
            each.update(content)
        self.whole.settle()
        self._following = asyncio.create_task(self.whole.follow(self._feed))

    async def _feed(self, digest: Any) -> bool:
        digest.update(self.content)
        return True

    async def store(self) -> None:
        for _ in range(3):  # as it takes a while
            await asyncio.sleep(0)
        self._following.cancel()
        self._open.close()


def lost(sent: Sent) -> None:
    """It broke off."""
    with suppress(ConnectionError), sent._open:
        raise ConnectionError
    sent._following.cancel()


async def of_chunks(known: FileDigests, *contents: bytes, upload: An = UPLOAD) -> list[Chunk]:
    """Sends them in order, one after the other."""
    for number, content in enumerate(contents, 1):
        await Sent(known, number, 10 * number, content, upload).store()
    return [a_chunk(10 * number) for number in range(1, len(contents) + 1)]


@given(
    st.lists(
        st.tuples(st.integers(1, 4), st.binary(max_size=3), st.sampled_from(["at once", "late", "lost"])), max_size=24
    )
)
def test_what_is_known_of_a_file_is_true_whatever_came_in_whichever_order(
    attempts: list[tuple[int, bytes, str]],
) -> None:
    """Attempts overlap: one that is late begins in its turn, and is stored only after all others."""

    async def send() -> None:
        known = FileDigests()
        stored: dict[int, Sent] = {}
        late: list[Sent] = []
        for slot, (number, content, end) in enumerate(attempts, 1):
            sent = Sent(known, number, slot, content, UPLOAD)
            if end == "late":
                late.append(sent)
            elif end == "lost":
                lost(sent)
            else:
                await sent.store()
                stored[number] = sent
        for sent in late:
            await sent.store()
            stored[sent.number] = sent
        chunks = [stored[number] for number in sorted(stored)]
        found = known.of(UPLOAD, [a_chunk(each.slot) for each in chunks])
        assert found in (None, hashlib.sha256(b"".join(each.content for each in chunks)).hexdigest())

    asyncio.run(send())


@pytest.mark.anyio
@pytest.mark.parametrize("contents", [[b"one"], [b"one", b"two", b"three"]])
async def test_the_digest_of_chunks_that_came_in_order_is_known_without_reading_them(contents: list[bytes]) -> None:
    known = FileDigests()
    chunks = await of_chunks(known, *contents)
    assert known.of(UPLOAD, chunks) == hashlib.sha256(b"".join(contents)).hexdigest()
    assert known.of(An(round=2), chunks) is None
    known.forget(UPLOAD)
    assert known.of(UPLOAD, chunks) is None


@pytest.mark.anyio
@pytest.mark.parametrize("begun", list(permutations([1, 2, 3])))
@pytest.mark.parametrize("stored", list(permutations([1, 2, 3])))
async def test_the_digest_of_chunks_that_came_together_is_known_whichever_began_or_was_stored_first(
    begun: tuple[int, ...], stored: tuple[int, ...]
) -> None:
    known, contents = FileDigests(), {1: b"one", 2: b"two", 3: b"three"}
    coming = {number: Sent(known, number, number, contents[number], UPLOAD) for number in begun}
    for number in stored:
        await coming[number].store()
    chunks = [a_chunk(number) for number in (1, 2, 3)]
    assert known.of(UPLOAD, chunks) == hashlib.sha256(b"onetwothree").hexdigest()


@pytest.mark.anyio
async def test_a_chunk_that_failed_leaves_what_was_known_as_it_was() -> None:
    known = FileDigests()
    await of_chunks(known, b"one")
    lost(Sent(known, 2, 11, b"wrong", UPLOAD))
    await Sent(known, 2, 12, b"two", UPLOAD).store()
    assert known.of(UPLOAD, [a_chunk(10), a_chunk(12)]) == hashlib.sha256(b"onetwo").hexdigest()


@pytest.mark.anyio
async def test_the_digests_of_1024_files_are_remembered() -> None:
    known = FileDigests()
    for number in range(1025):
        await of_chunks(known, b"", upload=An(id=str(number)))
    assert known.of(An(id="0"), [a_chunk(10)]) is None
    assert known.of(An(id="1"), [a_chunk(10)]) is not None
