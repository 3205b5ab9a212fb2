"""What a question to the marketplace means."""

import pytest

from app.registry.marketplace import rules
from schemas.errors import InvalidField
from schemas.model.access import Caller, Role
from schemas.model.marketplace import Criterion, Filter, FilterType, SortBy
from storage.postgres.marketplace import Facet, How, Meaning, Ordering, Sought, Term

CALLER = Caller(
    user_id="u", user_name="u", tenant_id="a" * 32, tenant_name="t", official=False, roles=frozenset({Role.VIEWER}),
    credential="token", request_id="r",
)  # fmt: skip


def sought(
    *criteria: tuple[FilterType, str], sort_by: SortBy | None = None, descending: bool | None = None
) -> Sought | None:
    asked = Filter(
        criteria=[Criterion(filter_type=type_, value=value) for type_, value in criteria],
        page_number=3,
        page_size=20,
        sort_by=sort_by,
        descending=descending,
    )
    return rules.sought(CALLER, asked, "filters[0]")


def meaning(said: str, *words: str, how: How, position: int = 1) -> list[Meaning]:
    return [
        Meaning(alternative=1, position=position, said=said, word=word, word_id=number, uses=5, how=how)
        for number, word in enumerate(words, start=1)
    ]


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("", "", 0), ("a", "", 1), ("python", "python", 0), ("pyhton", "python", 1), ("pythn", "python", 1),
     ("pyython", "python", 1),
     ("kitten", "sitting", 3), ("ab", "ba", 1), ("代码", "代号", 1)],
)  # fmt: skip
def test_words_differ_by_what_is_added_left_out_changed_or_swapped(one: str, other: str, steps: int) -> None:
    assert rules.edits(one, other) == rules.edits(other, one) == steps


def test_of_alike_words_those_that_differ_least_are_meant() -> None:
    alike = meaning("pyhton", "python", "pylon", "pythons", how=How.ALIKE)
    assert rules.terms(alike) == [Term(alternative=1, position=1, word_id=1, penalty=1)]


@pytest.mark.parametrize(("said", "word"), [("jvaa", "lava"), ("cat", "dog"), ("kubernets", "rubocops")])
def test_a_word_that_differs_much_is_not_meant(said: str, word: str) -> None:
    assert rules.terms(meaning(said, word, how=How.ALIKE)) == [Term(alternative=1, position=1, word_id=0, penalty=0)]


def test_a_word_itself_counts_more_than_its_forms_and_what_begins_with_it() -> None:
    meant = meaning("format", "format", how=How.SAME)
    meant += [
        Meaning(alternative=1, position=1, said="format", word="formats", word_id=2, uses=5, how=How.STEM),
        Meaning(alternative=1, position=1, said="format", word="formatter", word_id=3, uses=5, how=How.PREFIX),
    ]
    assert [(each.word_id, each.penalty) for each in rules.terms(meant)] == [(1, 0), (2, 1), (3, 2)]


def test_pages_and_orders_follow_from_the_question() -> None:
    plain, by_name, by_words = (
        sought(),
        sought(sort_by=SortBy.NAME),
        sought((FilterType.KEYWORD, "x"), descending=False),
    )
    assert plain is not None
    assert by_name is not None
    assert by_words is not None
    assert (plain.ordering, plain.descending, plain.skip, plain.take) == (Ordering.CHANGE, True, 40, 20)
    assert (by_name.ordering, by_name.descending) == (Ordering.NAME, False)
    assert (by_words.ordering, by_words.descending) == (Ordering.RANK, True)


def test_published_ones_are_everybodys_and_others_the_own_tenants() -> None:
    init, normal = (FilterType.INCLUDE_STATUS, "INIT"), (FilterType.INCLUDE_STATUS, "NORMAL")
    for criteria, scopes in (((), ["*"]), ((init,), ["a" * 32]), ((init, normal), ["*", "a" * 32])):
        found = sought(*criteria)
        assert found
        assert found.scopes == scopes
    assert sought((FilterType.EXCLUDE_STATUS, "NORMAL")) is None
    assert sought((FilterType.INCLUDE_STATUS, "GRAYED")) is None


def test_flags_that_nothing_can_have_find_nothing() -> None:
    assert sought((FilterType.INCLUDE_FLAGS, "1")) is None
    assert sought((FilterType.INCLUDE_FLAGS, "4"), (FilterType.EXCLUDE_FLAGS, "4")) is None
    found = sought((FilterType.INCLUDE_FLAGS, "12"), (FilterType.EXCLUDE_FLAGS, "2"))
    assert found
    assert found.groups == [[Facet(kind="flags", value="12"), Facet(kind="flags", value="28")]]


def test_a_request_searches_for_ten_texts_at_most_over_all_filters() -> None:
    def filters(*counts: int) -> list[Filter]:
        criteria = [
            Criterion(filter_type=FilterType.KEYWORD, value="python"),
            Criterion(filter_type=FilterType.DISPLAY_NAME, value="py"),
        ]
        return [Filter(criteria=(criteria * count)[:count], page_number=1, page_size=1) for count in counts]

    rules.check_texts(filters(10))
    rules.check_texts(filters(*[1] * 10))
    with pytest.raises(InvalidField) as refused:
        rules.check_texts(filters(9, 2))
    assert refused.value.field == "filters[1].criteria[1].value"
