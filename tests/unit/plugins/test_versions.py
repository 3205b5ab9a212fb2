"""Version numbers are those of SemVer 2.0.0, and their keys compare as its section 11 says."""

import itertools

import pytest
import semver
from hypothesis import example, given
from hypothesis import strategies as st

from app.registry.plugins.versions import MAX_LENGTH, parse, precedence
from schemas.errors import InvalidField

NUMBERS = st.one_of(st.integers(0, 12), st.integers(0, 10**15))
LETTERS = "abcABCxyz-0123456789"
WORDS = st.text(LETTERS, min_size=1, max_size=5).filter(lambda word: not word.isdigit())
IDENTIFIERS = st.one_of(NUMBERS.map(str), WORDS)
PRE_RELEASES = st.lists(IDENTIFIERS, max_size=3).map(".".join)
BUILDS = st.lists(st.text(LETTERS, min_size=1, max_size=4), max_size=2).map(".".join)


@st.composite
def versions(draw: st.DrawFn) -> str:
    """Any version number there may be."""
    core = ".".join(str(draw(NUMBERS)) for _ in range(3))
    pre_release, build = draw(PRE_RELEASES), draw(BUILDS)
    return core + (f"-{pre_release}" if pre_release else "") + (f"+{build}" if build else "")


def key(version: str) -> bytes:
    return precedence(parse("version", version))


# The examples of the specification, section 11, and the edges between its rules.
SECTION_11 = [
    *("1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"),
    *("1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1"),
]
EDGES = [
    *("0.0.0-0", "0.0.0-0.0", "0.0.0-1", "0.0.0-9", "0.0.0-10", "0.0.0--", "0.0.0-A", "0.0.0-a", "0.0.0-a.0"),
    *("0.0.0-a-", "0.0.0-a-b", "0.0.0-aa", "0.0.0", "0.0.1", "0.0.9", "0.0.10", "0.1.0", "9.0.0", "10.0.0"),
]


@pytest.mark.parametrize("ascending", [SECTION_11, EDGES], ids=["section 11", "edges"])
def test_the_order_is_that_of_the_specification(ascending: list[str]) -> None:
    for lower, higher in itertools.combinations(ascending, 2):
        assert key(lower) < key(higher), (lower, higher)


@given(versions(), versions())
@example("1.0.0-a", "1.0.0-a.0")
@example("1.0.0-a.b", "1.0.0-ab")
@example("1.0.0-1.a", "1.0.0-1a")
@example("1.0.0-9", "1.0.0-10")
def test_keys_compare_as_versions_do(one: str, other: str) -> None:
    expected = semver.Version.parse(one).compare(other)
    assert (key(one) > key(other)) - (key(one) < key(other)) == expected


@given(versions(), BUILDS.filter(bool))
def test_build_metadata_makes_no_other_number(version: str, build: str) -> None:
    plain = version.partition("+")[0]
    assert key(plain) == key(f"{plain}+{build}")


@given(st.lists(versions(), min_size=2, max_size=6))
def test_sorting_by_key_is_sorting_by_version(numbers: list[str]) -> None:
    by_key = sorted(numbers, key=key)
    assert [semver.Version.parse(each).compare(later) <= 0 for each, later in itertools.pairwise(by_key)] == [True] * (
        len(numbers) - 1
    )


@given(versions())
def test_a_version_number_is_kept_as_it_was_written(version: str) -> None:
    assert str(parse("version", version)) == version


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "a.b.c", "-1.0.0", "1.-2.0", "latest"),
        *("01.2.3", "1.02.3", "1.2.03", "1.2.3-01", "1.2.3-a.00"),
        *("1.2.3-", "1.2.3+", "1.2.3-a..b", "1.2.3-.a", "1.2.3+a..b", "1.2.3-a+b+c", "1.2.3-ä", "1.2.3-a_b"),
        *("1.2.3 ", " 1.2.3", "1.2.3\n", "1.2.3\0", "1. 2.3", "１.2.3", "1.٢.3", "1.2.3-١"),
        "1.2." + "3" * MAX_LENGTH,
        "1.2.3-" + "a" * MAX_LENGTH,
        "1" * 100_000,
    ],
)
def test_what_is_no_version_number_is_refused_and_named(text: str) -> None:
    with pytest.raises(InvalidField) as refused:
        parse("version", text)
    assert refused.value.field == "version"
    assert len(str(refused.value)) < 1000


def test_a_version_number_has_up_to_128_characters() -> None:
    longest = "1.2." + "3" * (MAX_LENGTH - 4)
    assert str(parse("version", longest)) == longest
    with pytest.raises(InvalidField):
        parse("version", longest + "3")
