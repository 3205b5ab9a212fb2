"""The digests of chunks and of whole files on their way in."""

import hashlib
from dataclasses import dataclass

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


@given(st.lists(st.tuples(st.integers(1, 4), st.binary(max_size=3), st.booleans()), max_size=24))
def test_what_is_known_of_a_file_is_true_whatever_came_in_whichever_order(
    attempts: list[tuple[int, bytes, bool]],
) -> None:
    """Attempts overlap: one that is `late` asks what came before it at once, and is stored only after all others."""
    known, upload = FileDigests(), An()
    stored: dict[int, tuple[int, bytes]] = {}
    late = []
    for slot, (number, content, is_late) in enumerate(attempts, 1):
        before = known.before(upload, number)
        if before is not None:
            before.sha256.update(content)
        attempt = (number, slot, content, before)
        if is_late:
            late.append(attempt)
        else:
            _store(known, stored, *attempt)
    for each in late:
        _store(known, stored, *each)

    chunks = [a_chunk(stored[number][0]) for number in sorted(stored)]
    found = known.of(upload, chunks)
    assert found in (None, hashlib.sha256(b"".join(stored[number][1] for number in sorted(stored))).hexdigest())


def _store(
    known: FileDigests, stored: dict[int, tuple[int, bytes]], number: int, slot: int, content: bytes, before: object
) -> None:
    stored[number] = (slot, content)
    if before is not None:
        known.after(An(), before, slot)


@given(st.lists(st.binary(max_size=5), min_size=1, max_size=6))
def test_the_digest_of_chunks_that_came_in_order_is_known_without_reading_them(contents: list[bytes]) -> None:
    known, upload = FileDigests(), An()
    for number, content in enumerate(contents, 1):
        before = known.before(upload, number)
        before.sha256.update(content)
        known.after(upload, before, 10 * number)
    chunks = [a_chunk(10 * number) for number in range(1, len(contents) + 1)]
    assert known.of(upload, chunks) == hashlib.sha256(b"".join(contents)).hexdigest()
    assert known.of(An(round=2), chunks) is None
    assert known.before(An(round=2), len(contents) + 1) is None
    known.forget(upload)
    assert known.of(upload, chunks) is None


def test_a_chunk_that_failed_leaves_what_was_known_as_it_was() -> None:
    known, upload = FileDigests(), An()
    first = known.before(upload, 1)
    first.sha256.update(b"one")
    known.after(upload, first, 1)

    known.before(upload, 2).sha256.update(b"wrong")  # never stored

    second = known.before(upload, 2)
    second.sha256.update(b"two")
    known.after(upload, second, 3)
    assert known.of(upload, [a_chunk(1), a_chunk(3)]) == hashlib.sha256(b"onetwo").hexdigest()


def test_the_digests_of_1024_files_are_remembered() -> None:
    known = FileDigests()
    for number in range(1025):
        upload = An(id=str(number))
        known.after(upload, known.before(upload, 1), 1)
    assert known.of(An(id="0"), [a_chunk(1)]) is None
    assert known.of(An(id="1"), [a_chunk(1)]) is not None
