"""What is sent to whom asks for some bytes under some conditions: RFC 9110, 13 and 14."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.downloads import rules
from app.registry.downloads.rules import Answer
from schemas.errors import PreconditionFailed, RangeUnsatisfiable
from schemas.model.downloads import Release, Span, Wanted

SHA = "ab" * 32
TAG, OTHER = f'"{SHA}"', f'"{"cd" * 32}"'
SIZE = 1000
WHOLE = Answer(status=200, span=Span(offset=0, length=SIZE))


def decide(size: int = SIZE, **headers: str) -> Answer:
    return rules.decide(Wanted(**headers), sha256=SHA, size=size)


def test_who_asks_for_nothing_special_gets_the_whole() -> None:
    assert decide() == WHOLE


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-999", 0, 999),
        ("bytes=0-", 0, 999),
        ("bytes=999-", 999, 999),
        ("bytes=999-999", 999, 999),
        ("bytes=500-5000", 500, 999),
        ("bytes=-1", 999, 999),
        ("bytes=-1000", 0, 999),
        ("bytes=-5000", 0, 999),
        ("BYTES=1-2", 1, 2),
        (" bytes=1-2 ", 1, 2),
    ],
)
def test_one_range_is_cut_at_the_end(header: str, first: int, last: int) -> None:
    assert decide(range=header) == Answer(status=206, span=Span(offset=first, length=last - first + 1))


@pytest.mark.parametrize(
    "header",
    [
        *("bytes=0-1,5-6", "bytes=0-1,", "bytes=1000-,0-0"),  # several
        *(
            "bytes=",
            "bytes=-",
            "bytes=5-4",
            "bytes=a-b",
            "bytes=1.5-2",
            "bytes=+1-2",
            "bytes 0-1",
            "0-1",
            "",
            "-",
            "=0-1",
        ),
        *("bytes=\u0661-\u0662", "bytes=0-1\n2", f"bytes=0-{'9' * 19}"),
        *("items=0-1", "none"),
    ],
)
def test_what_is_no_single_range_of_bytes_gets_the_whole(header: str) -> None:
    assert decide(range=header) == WHOLE


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-1000", "bytes=5000-6000", "bytes=-0"])
def test_a_range_that_holds_none_of_the_bytes_is_refused(header: str) -> None:
    with pytest.raises(RangeUnsatisfiable, match="1000 bytes"):
        decide(range=header)


@pytest.mark.parametrize(
    "header", [TAG, f"W/{TAG}", f"{OTHER}, {TAG}", f"{OTHER},{TAG}", f" , {TAG},,", "*", " * ", f'"a,b", W/{TAG}']
)
def test_who_has_the_bytes_gets_none(header: str) -> None:
    assert decide(if_none_match=header).status == 304
    assert decide(if_none_match=header, range="bytes=0-0").status == 304


@pytest.mark.parametrize("header", [OTHER, SHA, f"'{SHA}'", "", f"{TAG} x", f'"{TAG}', f'"{SHA.upper()}"', f"w/{TAG}"])
def test_who_has_other_bytes_gets_these(header: str) -> None:
    assert decide(if_none_match=header) == WHOLE


@pytest.mark.parametrize("header", [TAG, f"{OTHER}, {TAG}", "*"])
def test_a_condition_that_holds_changes_nothing(header: str) -> None:
    assert decide(if_match=header) == WHOLE


@pytest.mark.parametrize("header", [OTHER, f"W/{TAG}", SHA, "", f"{TAG} x"])
def test_a_condition_that_does_not_hold_is_told_before_all_else(header: str) -> None:
    with pytest.raises(PreconditionFailed, match=SHA):
        decide(if_match=header, if_none_match=TAG, range="bytes=5000-")


@pytest.mark.parametrize(
    ("header", "status"),
    [(TAG, 206), (f"W/{TAG}", 200), (OTHER, 200), ("Sun, 22 Nov 2026 00:00:00 GMT", 200), ("", 200)],
)
def test_a_range_holds_only_for_the_bytes_it_was_meant_for(header: str, status: int) -> None:
    assert decide(range="bytes=0-0", if_range=header).status == status


def test_a_range_of_other_bytes_is_not_refused_but_passed_over() -> None:
    assert decide(range="bytes=5000-", if_range=OTHER) == WHOLE


@given(size=st.integers(1, 5000), first=st.none() | st.integers(0, 6000), last=st.none() | st.integers(0, 6000))
def test_a_range_gives_the_bytes_that_it_names(size: int, first: int | None, last: int | None) -> None:
    text = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    content = range(size)
    match (first, last):
        case (None, None):
            wanted = None
        case (None, int(suffix)):
            wanted = content[max(size - suffix, 0) :]
        case (int(start), None):
            wanted = content[start:]
        case (int(start), int(end)):
            wanted = content[start : end + 1] if start <= end else None
    if wanted is not None and not wanted:
        with pytest.raises(RangeUnsatisfiable):
            decide(size, range=text)
        return
    answer = decide(size, range=text)
    assert answer.status == (200 if wanted is None else 206)
    assert content[answer.span.offset :][: answer.span.length] == (content if wanted is None else wanted)


@given(
    headers=st.fixed_dictionaries(
        {},
        optional={
            name: st.text(alphabet=st.characters(max_codepoint=255), max_size=30) for name in Wanted.__struct_fields__
        },
    ),
    size=st.integers(1, 10),
)
def test_whatever_is_sent_the_answer_lies_within_the_bytes(headers: dict[str, str], size: int) -> None:
    try:
        answer = rules.decide(Wanted(**headers), sha256=SHA, size=size)
    except (PreconditionFailed, RangeUnsatisfiable):
        return
    assert 0 <= answer.span.offset < answer.span.offset + answer.span.length <= size


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("1.0.0", "smoke-test-1.0.0.zip"),
        ("1.0.0-rc.1+x.5", "smoke-test-1.0.0-rc.1+x.5.zip"),
        ('1"; \r\né', "smoke-test-1______.zip"),
    ],
)
def test_a_files_name_needs_no_quoting(version: str, name: str) -> None:
    release = Release(tenant_id="t", version_id="v", plugin_name="smoke-test", version=version, sha256=SHA)
    assert rules.package_of(release).file_name == name


@pytest.mark.parametrize(
    ("text", "is_one"), [(SHA, True), (SHA.upper(), False), (SHA[1:], False), (SHA + "\n", False), ("", False)]
)
def test_a_digest_is_64_small_hexadecimal_digits(text: str, is_one: bool) -> None:
    assert rules.is_sha256(text) is is_one
