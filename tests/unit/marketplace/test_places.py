"""Reckoning with sets of places is the same as reckoning with each place."""

from hypothesis import given
from hypothesis import strategies as st

from app.registry.marketplace import places

few = st.frozensets(st.integers(0, 300), max_size=60)
levels = st.dictionaries(st.integers(-1, 6), few, max_size=4)
texts = st.lists(st.lists(levels, min_size=1, max_size=3), max_size=3)
pages = st.tuples(st.integers(0, 70), st.integers(1, 40))
values = st.dictionaries(st.integers(0, 300), st.integers(0, 40), max_size=60)


def as_set(members: frozenset[int]) -> places.Places:
    return sum(1 << each for each in members)


def as_numbers(of: dict[int, int]) -> places.Numbers:
    return [as_set(frozenset(place for place, number in of.items() if number >> digit & 1)) for digit in range(6)]


def members(found: places.Places) -> set[int]:
    return {place for place in range(found.bit_length()) if found >> place & 1}


def number_at(place: int, numbers: places.Numbers) -> int:
    return sum((each >> place & 1) << digit for digit, each in enumerate(numbers))


def best_level(place: int, some: dict[int, frozenset[int]]) -> int | None:
    return max((level for level, found in some.items() if place in found), default=None)


@given(few, pages)
def test_a_page_of_a_set_is_a_part_of_it_in_order(found: frozenset[int], page: tuple[int, int]) -> None:
    skip, take = page
    assert places.latest(as_set(found), skip, take) == sorted(found, reverse=True)[skip : skip + take]
    assert places.earliest(as_set(found), skip, take) == sorted(found)[skip : skip + take]


@given(few, values, pages)
def test_the_best_come_first_and_of_equals_the_latest(
    found: frozenset[int], of: dict[int, int], page: tuple[int, int]
) -> None:
    skip, take = page
    expected = sorted(found, key=lambda place: (of.get(place, 0), place), reverse=True)
    assert places.best(as_set(found), as_numbers(of), skip, take) == expected[skip : skip + take]


@given(few, values, pages, st.booleans(), st.integers(1, 20))
def test_a_page_lies_in_the_parts_that_are_found_for_it(
    found: frozenset[int], of: dict[int, int], page: tuple[int, int], descending: bool, small: int
) -> None:
    skip, take = page

    def ordered(some: set[int]) -> list[int]:
        return sorted(some, key=lambda place: (of.get(place, 0), place), reverse=descending)

    parts = list(places.parts(as_set(found), as_numbers(of), skip, take, descending=descending, small=small))
    joined = [place for part, _ in parts for place in ordered(members(part))]
    passed = parts[0][1] if parts else 0
    assert joined[passed : passed + take] == ordered(set(found))[skip : skip + take]
    assert all(
        len(members(part)) <= small or len({of.get(each, 0) for each in members(part)}) == 1 for part, _ in parts
    )


@given(values, values)
def test_numbers_are_added_and_compared_place_by_place(one: dict[int, int], other: dict[int, int]) -> None:
    total = places.added(as_numbers(one), as_numbers(other))
    most = places.larger(as_numbers(one), as_numbers(other))
    for place in {*one, *other, 301}:
        left, right = one.get(place, 0), other.get(place, 0)
        assert (number_at(place, total), number_at(place, most)) == (left + right, max(left, right))


@given(texts)
def test_what_has_every_word_of_a_text_is_scored_by_its_best_text(said: list[list[dict[int, frozenset[int]]]]) -> None:
    found, scores = places.having_every_word([[_as_levels(each) for each in text] for text in said])
    expected: dict[int, int] = {}
    for place in range(301):
        for text in said:
            best = [best_level(place, each) for each in text]
            if None not in best:
                expected[place] = max(expected.get(place, 0), sum(level + 2 for level in best if level is not None))
    assert members(found) == set(expected)
    assert {place: number_at(place, scores) for place in expected} == expected


@given(st.lists(levels, min_size=1, max_size=4))
def test_more_words_are_better_than_better_words(said: list[dict[int, frozenset[int]]]) -> None:
    found, scores = places.having_most_words([_as_levels(each) for each in said])
    ranks = {}
    for place in range(301):
        best = [level for level in (best_level(place, each) for each in said) if level is not None]
        if best:
            ranks[place] = (len(best), sum(level + 2 for level in best))
    assert members(found) == set(ranks)
    by_score = sorted(ranks, key=lambda place: (number_at(place, scores), place))
    assert by_score == sorted(ranks, key=lambda place: (ranks[place], place))


def _as_levels(some: dict[int, frozenset[int]]) -> places.Levels:
    return {level: as_set(found) for level, found in some.items() if found}
