"""What may be uploaded, in which pieces, by whom, and what comes next."""

import secrets
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.uploads import rules
from schemas.errors import BodyTooLarge, ChunkRefused, ChunksMissing, FileSizeWrong, InvalidField, MissingField
from schemas.model.access import Caller, Role
from schemas.model.uploads import MOVES, Chunk, FormChunk, NewUpload, Purpose, Upload, UploadPolicy, UploadState
from storage.blobs.base import MOST_SLOTS

MIB = 1024 * 1024
POLICY = UploadPolicy(max_file_bytes=4096 * MIB, most_open_uploads=10, most_staged_bytes=MIB, expires_after_hours=24)


def a_new(**changes: Any) -> NewUpload:
    told = {
        "file_name": "thing.vsix",
        "size": 10 * MIB,
        "sha256": "a" * 64,
        "purpose": Purpose.EXTENSION,
        "publisher_id": "p" * 32,
    }
    return NewUpload(**(told | changes))


def a_form(**changes: Any) -> FormChunk:
    told = {
        "chunk_index": 1,
        "total_chunk_num": 3,
        "chunk_md5": "0" * 32,
        "parent_file_name": "thing.vsix",
        "parent_file_size": 1000,
        "publisher_id": "p" * 32,
    }
    return FormChunk(**(told | changes))


def an_upload(**changes: Any) -> Upload:
    told = {
        "id": "u" * 32,
        "tenant_id": "t" * 32,
        "user_id": "owner",
        "user_name": "owner",
        "credential": "token",
        "spec": rules.spec_of(a_new(), POLICY),
        "state": UploadState.RECEIVING,
        "reason": "",
        "findings": [],
        "epoch": 0,
        "round": 1,
        "assembly_key": "key",
        "assembly_handle": "handle",
        "found_sha256": None,
        "received": [],
        "received_bytes": 0,
    }
    now = datetime(2026, 1, 2, tzinfo=UTC)
    return Upload(**({"created_at": now, "updated_at": now, "expires_at": now} | told | changes))


def a_caller(**changes: Any) -> Caller:
    told = {
        "user_id": "owner",
        "user_name": "owner",
        "tenant_id": "t" * 32,
        "tenant_name": "tenant",
        "official": False,
        "roles": frozenset({Role.AUTHOR}),
        "credential": "token",
        "request_id": secrets.token_hex(4),
    }
    return Caller(**(told | changes))


# -- chunks of a file ----------------------------------------------------------------------------------------------------

sizes = st.integers(1, POLICY.max_file_bytes)
wishes = st.none() | st.integers(1, 2**40)


@given(sizes, wishes)
def test_the_chunks_make_up_the_file_and_are_neither_too_many_nor_too_large(size: int, wish: int | None) -> None:
    spec = rules.spec_of(a_new(size=size, chunk_bytes=wish), POLICY)
    chunks = [rules.size_of_chunk(spec, number) or 0 for number in range(1, spec.total_chunks + 1)]
    assert sum(chunks) == size
    assert len(chunks) <= rules.MOST_CHUNKS
    assert min(chunks) > 0
    assert set(chunks[:-1]) <= {spec.chunk_bytes}
    assert rules.LEAST_CHUNK_BYTES <= (spec.chunk_bytes or 0) <= rules.MOST_CHUNK_BYTES


@given(sizes, st.integers(rules.LEAST_CHUNK_BYTES, rules.MOST_CHUNK_BYTES))
def test_a_wish_is_granted_where_a_thousand_such_chunks_do(size: int, wish: int) -> None:
    spec = rules.spec_of(a_new(size=size, chunk_bytes=wish), POLICY)
    assert (spec.chunk_bytes == wish) is (wish * rules.MOST_CHUNKS >= size)


@given(sizes, wishes, st.data())
def test_a_chunk_of_another_size_or_number_is_refused(size: int, wish: int | None, data: st.DataObject) -> None:
    spec = rules.spec_of(a_new(size=size, chunk_bytes=wish), POLICY)
    number = data.draw(st.integers(1, spec.total_chunks))
    right = rules.size_of_chunk(spec, number)
    assert right is not None
    rules.check_number(spec, number)
    rules.check_size(spec, number, right)
    with pytest.raises(ChunkRefused):
        rules.check_size(spec, number, data.draw(st.integers(0, 2 * size).filter(lambda other: other != right)))
    with pytest.raises(ChunkRefused):
        rules.check_number(spec, data.draw(st.integers(max_value=0) | st.integers(spec.total_chunks + 1)))


def test_a_chunk_of_a_form_has_any_size_between_one_byte_and_the_file() -> None:
    spec = rules.spec_of_form(a_form(), POLICY)
    assert rules.size_of_chunk(spec, 2) is None
    for size in (1, 1000):
        rules.check_size(spec, 2, size)
    for size in (0, 1001):
        with pytest.raises(ChunkRefused):
            rules.check_size(spec, 2, size)


@pytest.mark.parametrize("total", [1, 2, 3, 7, 99, 100, 333, 999, 1000])
def test_slots_are_distinct_and_those_of_a_later_chunk_are_later(total: int) -> None:
    spec = rules.spec_of_form(a_form(total_chunk_num=total, parent_file_size=MIB), POLICY)
    each_has = MOST_SLOTS // total
    slots = [
        rules.slot_of(spec, number, attempt) for number in range(1, total + 1) for attempt in range(1, each_has + 1)
    ]
    assert slots == sorted(set(slots))
    assert (min(slots), max(slots) <= MOST_SLOTS) == (1, True)
    with pytest.raises(ChunkRefused):
        rules.slot_of(spec, 1, each_has + 1)


def test_ten_times_the_file_may_come_in_its_chunks_and_no_more() -> None:
    spec = rules.spec_of(a_new(size=100 * MIB), POLICY)
    rules.check_begun(spec, 1000 * MIB)
    with pytest.raises(ChunkRefused):
        rules.check_begun(spec, 1100 * MIB)


# -- what is there and what is missing -----------------------------------------------------------------------------------


@given(st.sets(st.integers(1, 60)), st.integers(1, 60))
def test_the_missing_chunks_are_told_as_ranges_that_hold_exactly_them(received: set[int], total: int) -> None:
    spec = rules.spec_of_form(a_form(total_chunk_num=total), POLICY)
    gaps = rules.missing(spec, received)
    told = [number for first, last in gaps for number in range(first, last + 1)]
    assert told == [number for number in range(1, total + 1) if number not in received]
    assert all(last + 1 < first for (_, last), (first, _) in pairwise(gaps))


def chunks_of(*sizes: int) -> list[Chunk]:
    return [Chunk(number=number, slot=number, size=size, tag="") for number, size in enumerate(sizes, 1) if size]


def test_a_file_is_complete_with_all_its_chunks_and_bytes() -> None:
    spec = rules.spec_of_form(a_form(), POLICY)
    rules.check_complete(spec, chunks_of(300, 300, 400))
    with pytest.raises(FileSizeWrong) as wrong:
        rules.check_complete(spec, chunks_of(300, 300, 401))
    assert wrong.value.facts == {"found": 1001, "promised": 1000}
    with pytest.raises(ChunksMissing) as missing:
        rules.check_complete(spec, chunks_of(0, 1000, 0))
    assert missing.value.facts == {"total": 3, "missing": "1, 3"}


def test_of_many_gaps_the_first_twenty_are_named() -> None:
    spec = rules.spec_of_form(a_form(total_chunk_num=100), POLICY)
    with pytest.raises(ChunksMissing) as missing:
        rules.check_complete(spec, chunks_of(*(number % 2 for number in range(100))))
    assert str(missing.value.facts["missing"]).split(", ")[0::19] == ["1", "39 and more"]


# -- what may be announced -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "x" * 255, "名字.vsix", "with space.zip", "..."])
def test_a_file_name_is_one_line(name: str) -> None:
    assert rules.spec_of(a_new(file_name=name), POLICY).file_name == name
    assert rules.spec_of_form(a_form(parent_file_name=name), POLICY).file_name == name


@pytest.mark.parametrize(
    "name", ["", "x" * 256, ".", "..", "a/b", "a\\b", "a\nb", "a\x00b", "a\x7fb", "a\x9fb", "a\u202eb", "a\ud800b"]
)
def test_a_name_that_deceives_or_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InvalidField) as own:
        rules.spec_of(a_new(file_name=name), POLICY)
    with pytest.raises(InvalidField) as form:
        rules.spec_of_form(a_form(parent_file_name=name), POLICY)
    assert (own.value.field, form.value.field) == ("file_name", "parent_file_name")


BASIC = {"purpose": Purpose.BASIC_PLUGIN, "plugin_name": "thing", "publisher_id": None}


@pytest.mark.parametrize(
    ("changes", "error", "field"),
    [
        ({"size": 0}, InvalidField, "size"),
        ({"size": -1}, InvalidField, "size"),
        ({"size": POLICY.max_file_bytes + 1}, BodyTooLarge, "size"),
        ({"sha256": "A" * 64}, InvalidField, "sha256"),
        ({"sha256": "a" * 63}, InvalidField, "sha256"),
        ({"publisher_id": None}, MissingField, "publisher_id"),
        ({"plugin_name": "thing"}, InvalidField, "plugin_name"),
        (BASIC | {"plugin_name": None}, MissingField, "plugin_name"),
        (BASIC | {"plugin_name": ""}, MissingField, "plugin_name"),
        (BASIC | {"publisher_id": "p" * 32}, InvalidField, "publisher_id"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_the_name_of_its_field(
    changes: dict[str, Any], error: type[Exception], field: str
) -> None:
    with pytest.raises(error) as refused:
        rules.spec_of(a_new(**changes), POLICY)
    assert refused.value.field == field  # type: ignore[attr-defined]


def test_a_publisher_token_brings_extensions_alone() -> None:
    token = a_caller(publisher_id="p" * 32)
    rules.require_own_publisher(token, rules.spec_of(a_new(), POLICY))
    rules.require_own_publisher(a_caller(), rules.spec_of(a_new(**BASIC), POLICY))
    with pytest.raises(InvalidField):
        rules.require_own_publisher(token, rules.spec_of(a_new(**BASIC), POLICY))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("total_chunk_num", 4),
        ("parent_file_name", "other.vsix"),
        ("parent_file_size", 1001),
        ("override", True),
        ("parent_file_sha256", "b" * 64),
        ("publisher_id", "q" * 32),
    ],
)
def test_every_chunk_of_a_form_tells_the_same_of_its_file(field: str, value: object) -> None:
    first = a_form(parent_file_sha256="A" * 64)
    upload = an_upload(spec=rules.spec_of_form(first, POLICY))
    rules.check_form(first, upload)
    rules.check_form(a_form(publisher_id=None), upload)
    with pytest.raises(InvalidField) as refused:
        rules.check_form(a_form(**{"parent_file_sha256": "a" * 64, field: value}), upload)
    assert refused.value.field == field


# -- who, and what next --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "sees"),
    [
        (a_caller(), True),
        (a_caller(user_id="colleague"), False),
        (a_caller(user_id="colleague", roles=frozenset({Role.ADMIN})), True),
        (a_caller(tenant_id="s" * 32), False),
        (a_caller(tenant_id="s" * 32, roles=frozenset({Role.ADMIN, Role.OPERATOR})), False),
        (a_caller(user_id="colleague", publisher_id="p" * 32), True),
        (a_caller(publisher_id="q" * 32), False),
        (a_caller(publisher_id="q" * 32, roles=frozenset({Role.ADMIN})), False),
    ],
)
def test_an_upload_is_seen_by_its_owner_by_administrators_and_by_its_publishers_tokens(
    caller: Caller, sees: bool
) -> None:
    assert rules.may_see(caller, an_upload()) is sees


def test_every_state_has_its_moves_and_a_next_step() -> None:
    assert set(MOVES) == set(UploadState)
    steps = {state: rules.next_step(an_upload(state=state)) for state in UploadState}
    assert all(steps.values())
    assert rules.next_step(an_upload(received=[1, 2])) != rules.next_step(an_upload(received=[1]))


def test_every_state_can_be_reached_and_only_what_is_over_has_no_way_on() -> None:
    begin = {UploadState.RECEIVING, UploadState.CHECKING}
    assert set().union(*MOVES.values()) | begin == set(UploadState)
    over = {UploadState.ACCEPTED, UploadState.REFUSED, UploadState.ABORTED, UploadState.EXPIRED}
    assert {state for state, moves in MOVES.items() if not moves} == over


@pytest.mark.parametrize("field", ["plugin_name", "business_type"])
def test_what_an_extension_says_itself_is_refused_by_its_name(field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        rules.spec_of(a_new(**{field: "Build"}), POLICY)
    assert str(refused.value).startswith(f"{field}: ")
