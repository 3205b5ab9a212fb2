"""Searching by words: who asks a question of `ranking.json` gets the expected extensions first."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from schemas.model.marketplace import FilterType, SortBy
from tests.contract.marketplace.shop import Item, Shop, a_filter

JUDGED: dict[str, Any] = msgspec.json.decode(Path(__file__).with_name("ranking.json").read_bytes())
KEYWORD = FilterType.KEYWORD


@pytest.fixture(scope="module")
def stocked(shop: Shop) -> Shop:
    """The marketplace with everything in `ranking.json`."""
    shop.stock([msgspec.convert(each, Item) for each in JUDGED["stock"]])
    return shop


@pytest.mark.parametrize(
    "question", JUDGED["questions"], ids=lambda question: f"{question['asked']}: {question['why']}"
)
def test_the_expected_extensions_come_first(stocked: Shop, question: dict[str, Any]) -> None:
    found = stocked.found(a_filter((KEYWORD, question["asked"])))
    assert found[: max(1, len(question["first"]))] == question["first"]


def test_every_page_of_a_search_is_the_next_part_of_it(stocked: Shop) -> None:
    whole = stocked.query(a_filter((KEYWORD, "git"), (KEYWORD, "docker"), (KEYWORD, "todo")))[0]
    pages = [
        name
        for page in range(1, whole.total // 2 + 2)
        for name in stocked.found(a_filter((KEYWORD, "git"), (KEYWORD, "docker"), (KEYWORD, "todo"), page=page, size=2))
    ]
    assert pages == [each.extension.name for each in whole.listings]
    assert whole.total == 7
    assert whole.is_exact


def test_words_and_filters_are_conditions(stocked: Shop) -> None:
    assert stocked.found(a_filter((KEYWORD, "git"), (FilterType.TAG, "log"))) == ["githistory"]
    assert stocked.found(a_filter((KEYWORD, "git"), (FilterType.IDENTIFIER, "seller-0.GitLens"))) == ["gitlens"]
    assert stocked.found(a_filter((KEYWORD, "git"), (FilterType.DISPLAY_NAME, "graph"))) == ["git-graph"]
    assert stocked.found(a_filter((KEYWORD, "git"), (FilterType.PUBLISHER_NAME, "seller-9"))) == []


def test_what_words_find_can_be_sorted_otherwise(stocked: Shop) -> None:
    asked = (KEYWORD, "todo")
    assert stocked.found(a_filter(asked, sort_by=SortBy.NAME, descending=True)) == ["todo-tree", "todo-highlight"]
    assert stocked.found(a_filter(asked, sort_by=SortBy.NAME)) == ["todo-highlight", "todo-tree"]
    assert stocked.found(a_filter(asked, sort_by=SortBy.CHANGED)) == ["todo-highlight", "todo-tree"]
    assert stocked.found(a_filter(asked, sort_by=SortBy.PUBLISHER)) == ["todo-highlight", "todo-tree"]


@pytest.mark.parametrize(
    "text", ["'", "\\", "a & b | !c", ":*", "%", "()", "🙂", "\u202e", "ＰＹＴＨＯＮ", "x" * 256, "- - -"]
)
def test_no_character_of_a_search_means_anything_but_itself(stocked: Shop, text: str) -> None:
    assert len(stocked.found(a_filter((KEYWORD, text)))) <= len(JUDGED["stock"])


def test_installs_lift_an_extension_among_its_equals_only(shop: Shop) -> None:
    shop.stock(
        [
            Item(name="lint-a", display_name="Lint", tags=("x",)),
            Item(name="lint-b", display_name="Lint", tags=("x",), installs=100),
            Item(name="other", description="lint", installs=10**9),
        ]
    )
    assert shop.found(a_filter((KEYWORD, "lint"))) == ["lint-b", "lint-a", "other"]
    shop.run(
        "UPDATE extension_stats SET installs = 500 WHERE extension_id = (SELECT id FROM extensions WHERE name = 'lint-a')"
    )
    assert shop.found(a_filter((KEYWORD, "lint"))) == ["lint-a", "lint-b", "other"]
    shop.run("UPDATE extension_stats SET stars = '{90,5,0,0,0}' WHERE installs = 500")
    assert shop.found(a_filter((KEYWORD, "lint"))) == ["lint-b", "lint-a", "other"]
