"""Whatever is asked by filters, the answer is what a simple model of the marketplace predicts: page by page, exact in number."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.registry.marketplace.rules import IDE_NAME
from schemas.errors import InvalidField
from schemas.model.marketplace import Detail, Filter, FilterType, Flag, SortBy
from tests.contract.marketplace.shop import TARGET, Item, Shop, a_filter

WORDS = ("java", "Java Tools", "git", "Git_Lens", "格式化", "代码 格式", "a.b", "k%", "x'y\\")
PARTS = ("a", "JAVA", "格", "格式", "t", "b", "_l", "%", "'", "\\", "va to", "tools")
CATEGORIES = ("Linters", "Formatters", "语言")
TAGS = ("Test", "测试", "lint")
TARGETS = (TARGET, "Other.Client")
STATUSES = ("INIT", "NORMAL", "OFFLINE", "normal")


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True, max_size=2).map(tuple)


items = st.builds(
    Item,
    name=st.sampled_from([f"{word}-{number}" for word in ("ext", "EXT", "tool") for number in range(9)]),
    display_name=st.sampled_from(WORDS),
    seller=st.integers(0, 3),
    categories=some(CATEGORIES),
    tags=some(TAGS),
    targets=some(TARGETS),
    engines=some(("vscode", "other")),
    preview=st.booleans(),
    published=st.booleans(),
)
# Nobody has two extensions of one name, whatever its case.
catalogues = st.lists(items, max_size=40, unique_by=lambda item: (item.seller, item.name.lower()))
criteria = st.one_of(
    st.tuples(st.just(FilterType.TAG), st.sampled_from((*TAGS, "TEST", "none"))),
    st.tuples(st.just(FilterType.CATEGORY), st.sampled_from((*CATEGORIES, "linters"))),
    st.tuples(st.just(FilterType.DISPLAY_NAME), st.sampled_from(PARTS)),
    st.tuples(st.just(FilterType.PUBLISHER_ID), st.sampled_from(("seller 0", "seller 1", "nobody"))),
    st.tuples(st.just(FilterType.PUBLISHER_NAME), st.sampled_from(("seller-0", "SELLER-2", "seller"))),
    st.tuples(st.just(FilterType.PUBLISHER_DISPLAY_NAME), st.sampled_from(("卖家", "no. 1", "NO. 3", "zz"))),
    st.tuples(st.just(FilterType.EXTENSION_ID), st.sampled_from(("item 0", "item 3", "nothing"))),
    st.tuples(st.just(FilterType.EXTENSION_IDS), st.sampled_from(("item 0, item 1,item 2", '["item 3", "item 0"]', "none"))),
    st.tuples(st.just(FilterType.IDENTIFIER), st.sampled_from(("seller-0.ext-1", "SELLER-1.tool-2", "no.thing"))),
    st.tuples(st.just(FilterType.TARGET), st.sampled_from((TARGET, "other.client", IDE_NAME, "none"))),
    st.tuples(st.just(FilterType.IDE_NAME), st.sampled_from((IDE_NAME.upper(), "Another IDE"))),
    st.tuples(st.just(FilterType.INCLUDE_FLAGS), st.sampled_from(("0", "4", "8", "12", "20", "2", "1"))),
    st.tuples(st.just(FilterType.EXCLUDE_FLAGS), st.sampled_from(("0", "16", "2", "4096", "24"))),
    st.tuples(st.just(FilterType.INCLUDE_STATUS), st.sampled_from(STATUSES)),
    st.tuples(st.just(FilterType.EXCLUDE_STATUS), st.sampled_from(STATUSES)),
)  # fmt: skip
filters = st.builds(
    lambda criteria, sort_by, descending, size: a_filter(*criteria, sort_by=sort_by, descending=descending, size=size),
    st.lists(criteria, max_size=4),
    st.sampled_from((None, *SortBy)),
    st.sampled_from((None, True, False)),
    st.sampled_from((1, 3, 7, 100)),
)


@given(catalogue=catalogues, asked=st.lists(filters, min_size=8, max_size=16))
@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_every_page_is_what_the_model_predicts(shop: Shop, catalogue: list[Item], asked: list[Filter]) -> None:
    ids = shop.stock(catalogue)
    for each in asked:
        filled = Filter(
            criteria=[type(c)(filter_type=c.filter_type, value=_filled(shop, ids, c.value)) for c in each.criteria],
            page_number=1, page_size=each.page_size, sort_by=each.sort_by, descending=each.descending,
        )  # fmt: skip
        expected = predicted(shop, filled)
        seen: list[str] = []
        for number in range(1, len(expected) // each.page_size + 2):
            page = shop.query(a_filter(*[(c.filter_type, c.value) for c in filled.criteria], page=number,
                                       size=each.page_size, sort_by=each.sort_by, descending=each.descending))[0]  # fmt: skip
            assert (page.total, page.is_exact) == (len(expected), True)
            seen += [listing.extension.id for listing in page.listings]
        assert seen == expected


def _filled(shop: Shop, ids: list[str], value: str) -> str:
    for number in range(4):
        value = value.replace(f"seller {number}", shop.sellers[number].publisher.id)
        value = value.replace(f"item {number}", ids[number] if number < len(ids) else "missing")
    return value


def predicted(shop: Shop, asked: Filter) -> list[str]:
    """The ids of all that the filter finds for the first seller, in order."""
    wanted: dict[FilterType, list[str]] = {}
    for each in asked.criteria:
        wanted.setdefault(each.filter_type, []).append(each.value)
    wanted.setdefault(FilterType.INCLUDE_STATUS, ["NORMAL"])
    found = []
    for change, (id, item) in enumerate(shop.ids.items()):
        is_seen = item.published or item.seller == 0
        if is_seen and all(CONDITIONS[type_](shop, id, item, values) for type_, values in wanted.items()):
            name, publisher = item.name.lower(), shop.sellers[item.seller].publisher.en_name
            keys = {SortBy.NAME: (name, change), SortBy.PUBLISHER: (publisher, name, change)}
            found.append((keys.get(asked.sort_by or SortBy.CHANGED, (change,)), id))
    by_change = asked.sort_by in (None, SortBy.CHANGED)
    return [id for _, id in sorted(found, reverse=by_change if asked.descending is None else asked.descending)]


def flags_of(shop: Shop, item: Item) -> int:
    seller = shop.sellers[item.seller]
    return int(
        Flag.OFFICIAL * seller.tenant.official | Flag.VERIFIED * seller.is_accepted
        | Flag.PUBLIC * item.published | Flag.PREVIEW * item.preview
    )  # fmt: skip


def has_any(values: list[str], own: tuple[str, ...]) -> bool:
    return any(value.lower() in [each.lower() for each in own] for value in values)


def is_for_ide(item: Item, values: list[str]) -> bool:
    return "vscode" in item.engines and IDE_NAME.lower() in [value.lower() for value in values]


CONDITIONS: dict[FilterType, Callable[[Shop, str, Item, list[str]], bool]] = {
    FilterType.TAG: lambda _s, _i, item, values: has_any(values, item.tags),
    FilterType.CATEGORY: lambda _s, _i, item, values: has_any(values, item.categories),
    FilterType.DISPLAY_NAME: lambda _s, _i, item, values: any(v.lower() in item.display_name.lower() for v in values),
    FilterType.PUBLISHER_ID: lambda shop, _i, item, values: shop.sellers[item.seller].publisher.id in values,
    FilterType.PUBLISHER_NAME: lambda _s, _i, item, values: has_any(values, (f"seller-{item.seller}",)),
    FilterType.PUBLISHER_DISPLAY_NAME: lambda _s, _i, item, values: any(
        v.lower() in f"卖家 no. {item.seller}" for v in values
    ),
    FilterType.EXTENSION_ID: lambda _s, id, _item, values: id in values,
    FilterType.EXTENSION_IDS: lambda _s, id, _item, values: any(id in v for v in values),
    FilterType.IDENTIFIER: lambda _s, _i, item, values: has_any(values, (f"seller-{item.seller}.{item.name}",)),
    FilterType.TARGET: lambda _s, _i, item, values: has_any(values, item.targets) or is_for_ide(item, values),
    FilterType.IDE_NAME: lambda _s, _i, item, values: is_for_ide(item, values),
    FilterType.INCLUDE_FLAGS: lambda shop, _i, item, values: any(
        flags_of(shop, item) & int(v) == int(v) for v in values
    ),
    FilterType.EXCLUDE_FLAGS: lambda shop, _i, item, values: not any(flags_of(shop, item) & int(v) for v in values),
    FilterType.INCLUDE_STATUS: lambda _s, _i, item, values: has_any(values, ("NORMAL" if item.published else "INIT",)),
    FilterType.EXCLUDE_STATUS: lambda _s, _i, item, values: (
        not has_any(values, ("NORMAL" if item.published else "INIT",))
    ),
}


# -- many --------------------------------------------------------------------------------------------------------------------


def test_every_page_of_many_is_found_from_both_ends_in_every_order(shop: Shop) -> None:
    """More than are sorted (1,000), over several blocks of places."""
    shop.stock([Item(name=f"ext-{number * 7919 % 2600}", seller=number % 3, tags=("odd",) if number % 2 else ())
                for number in range(2600)])  # fmt: skip
    for criteria in ((), ((FilterType.TAG, "odd"),)):
        for sort_by in SortBy:
            for descending in (True, False):
                expected = predicted(shop, a_filter(*criteria, sort_by=sort_by, descending=descending))
                for page in (1, 2, len(expected) // 200, len(expected) // 100, len(expected) // 100 + 1):
                    found = shop.query(a_filter(*criteria, sort_by=sort_by, descending=descending, page=page))[0]
                    assert found.total == len(expected)
                    assert [each.extension.id for each in found.listings] == expected[(page - 1) * 100 : page * 100]


# -- what is refused and what is passed over -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        (FilterType.DISPLAY_NAME, ""),
        (FilterType.PUBLISHER_DISPLAY_NAME, " "),
        (FilterType.TAG, ""),
        (FilterType.INCLUDE_FLAGS, "four"),
        (FilterType.EXCLUDE_FLAGS, "-2"),
        (FilterType.INCLUDE_STATUS, "LOST"),
        (FilterType.EXTENSION_IDS, ", ,"),
        (FilterType.EXTENSION_IDS, "[1]"),
        (FilterType.EXTENSION_IDS, ",".join(map(str, range(101)))),
        (FilterType.KEYWORD, "x" * 257),
    ],
)
def test_a_value_that_is_none_of_its_type_is_refused_by_its_place(shop: Shop, type_: FilterType, value: str) -> None:
    with pytest.raises(InvalidField) as refused:
        shop.query(a_filter(), a_filter((FilterType.TAG, "x"), (type_, value)))
    assert "filters[1].criteria[1].value" in str(refused.value)


def test_an_empty_keyword_asks_nothing(shop: Shop) -> None:
    shop.stock([Item(name="one"), Item(name="two")])
    assert shop.found(a_filter((FilterType.KEYWORD, " "))) == ["two", "one"]


def test_several_filters_have_several_answers(shop: Shop) -> None:
    shop.stock([Item(name="one", tags=("a",)), Item(name="two")])
    found = shop.query(a_filter((FilterType.TAG, "a")), a_filter(), a_filter((FilterType.TAG, "b")))
    assert [[each.extension.name for each in answer.listings] for answer in found] == [["one"], ["two", "one"], []]


def test_nobody_finds_what_another_tenant_has_not_published(shop: Shop) -> None:
    shop.stock([Item(name="secret", display_name="Clandestine", tags=("hush",), published=False), Item(name="open")])
    everything = (FilterType.INCLUDE_STATUS, "INIT")
    stranger = shop.sellers[1].caller
    for asked in (
        (FilterType.KEYWORD, "secret"),
        (FilterType.KEYWORD, "clandestin"),
        (FilterType.KEYWORD, "sekret"),
        (FilterType.TAG, "hush"),
        (FilterType.DISPLAY_NAME, "Cland"),
        (FilterType.EXTENSION_ID, next(iter(shop.ids))),
    ):
        assert shop.found(a_filter(asked, everything), caller=stranger) == []
        assert shop.found(a_filter(asked)) == []
        assert shop.found(a_filter(asked, everything)) == ["secret"]


# -- what a change changes -----------------------------------------------------------------------------------------------------


def test_what_is_changed_is_found_as_it_is_now_and_the_books_are_right(shop: Shop) -> None:
    first, _ = shop.stock([Item(name="first", display_name="Alpha", tags=("old",)), Item(name="second", tags=("old",))])
    shop.run(
        "UPDATE extensions SET display_name = 'Beta', tags = '{new}', change = nextval('extension_changes') WHERE id = $1",
        first,
    )
    assert shop.found(a_filter()) == ["first", "second"]
    assert shop.found(a_filter((FilterType.TAG, "old"))) == ["second"]
    assert shop.found(a_filter((FilterType.TAG, "new"))) == ["first"]
    assert shop.found(a_filter((FilterType.KEYWORD, "alpha"))) == []
    assert shop.found(a_filter((FilterType.KEYWORD, "beta"))) == ["first"]
    assert shop.found(a_filter((FilterType.DISPLAY_NAME, "BET"))) == ["first"]
    assert disorder(shop) == []


def test_what_was_read_before_a_change_is_not_used_after_it(shop: Shop) -> None:
    """Sets are kept between queries; the changes here come by another connection, as those of other servers do."""
    (id,) = shop.stock([Item(name="one", tags=("a",))])
    change = "UPDATE extensions SET tags = ARRAY[$2::text] WHERE id = $1"

    def tagged(tag: str) -> list[str]:
        return shop.found(a_filter((FilterType.TAG, tag)))

    for tag, other in (("b", "a"), ("a", "b"), ("b", "a")):
        shop.run(change, id, tag)
        assert (tagged(tag), tagged(other)) == (["one"], [])
    shop.run("BEGIN")
    shop.run(change, id, "a")
    assert (tagged("b"), tagged("a")) == (["one"], [])
    shop.run("ROLLBACK")
    shop.run(change, id, "c")
    assert (tagged("c"), tagged("b"), tagged("a")) == (["one"], [], [])


def test_names_are_in_order_however_they_are_spelled(shop: Shop) -> None:
    """What names begin with is told by numbers, which must never contradict the names."""
    endings = ("", "-", "_", ".", "0", "9", "a", "z", "é", "語", "~", "!", "A")
    names = sorted(
        {f"{first}{second}{third}" for first in "xX-_é" for second in endings for third in endings}, key=str.lower
    )
    names = list({name.lower(): name for name in names}.values())
    shop.stock([Item(name=name, seller=number % 3) for number, name in enumerate(names)])
    for descending in (False, True):
        asked = [a_filter(sort_by=SortBy.NAME, descending=descending, page=page, size=50) for page in range(1, 12)]
        found = [name for each in asked for name in shop.found(each)]
        assert found == sorted(names, key=str.lower, reverse=descending)
        asked = [a_filter(sort_by=SortBy.PUBLISHER, descending=descending, page=page, size=50) for page in range(1, 12)]
        found = [name for each in asked for name in shop.found(each)]
        by_publisher = sorted(enumerate(names), key=lambda each: (each[0] % 3, each[1].lower()), reverse=descending)
        assert found == [name for _, name in by_publisher]


def test_an_extension_that_is_published_is_found_by_everybody(shop: Shop) -> None:
    (id,) = shop.stock([Item(name="late", published=False)])
    shop.run(
        "UPDATE extension_versions SET state = 'published', published_at = now(), offer = 'listed' WHERE extension_id = $1",
        id,
    )
    shop.run(
        "UPDATE extensions SET published_at = now(), latest_version_id ="
        " (SELECT v.id FROM extension_versions v WHERE v.extension_id = $1) WHERE id = $1",
        id,
    )
    assert shop.found(a_filter((FilterType.KEYWORD, "late")), caller=shop.sellers[1].caller) == ["late"]
    assert shop.found(a_filter((FilterType.INCLUDE_STATUS, "INIT"))) == []
    assert disorder(shop) == []


def test_a_publisher_that_is_accepted_later_verifies_its_extensions(shop: Shop) -> None:
    shop.stock([Item(name="theirs", seller=3)])
    verified = a_filter((FilterType.INCLUDE_FLAGS, str(int(Flag.VERIFIED))))
    publisher = shop.sellers[3].publisher.id
    assert shop.found(verified) == []
    shop.run("UPDATE publishers SET status = 'accept' WHERE id = $1", publisher)
    assert shop.found(verified) == ["theirs"]
    shop.run("UPDATE publishers SET status = 'suspended' WHERE id = $1", publisher)
    assert shop.found(verified) == []
    assert disorder(shop) == []


def disorder(shop: Shop) -> list[str]:
    """Where the numbers that are kept differ from what they count."""
    checks = {
        "the uses of a word": "SELECT word FROM extension_words w WHERE uses <> ("
        "  SELECT coalesce(sum(bit_count(bits)), 0) FROM extension_sets s WHERE s.id BETWEEN w.id * 8 + 1 AND w.id * 8 + 7)",
        "the total of a facet": "SELECT kind, value FROM extension_facets f"
        " WHERE total <> (SELECT coalesce(sum(bit_count(bits)), 0) FROM extension_sets s WHERE s.id = f.id * 8)",
        "an empty block": "SELECT * FROM extension_sets WHERE bit_count(bits) = 0",
        "a place that is not in a set of its own": "SELECT * FROM extension_places p, unnest(p.sets) AS set_id WHERE NOT EXISTS"
        " (SELECT FROM extension_sets s WHERE s.id = set_id AND s.block = p.change >> 14"
        "  AND get_bit(s.bits, 16383 - (p.change & 16383)::integer) = 1)",
        "the popularity of a place": "SELECT p.extension_id FROM extension_places p JOIN extension_stats USING (extension_id)"
        " WHERE popularity_of(installs, stars) <> (SELECT coalesce(sum(1 << f.value::integer), 0)"
        "  FROM extension_facets f WHERE f.kind = 'order-popularity' AND f.id::bigint * 8 = ANY (p.sets))",
        "an extension without a place": "SELECT id FROM extensions e WHERE NOT EXISTS (SELECT FROM extension_places p"
        " WHERE p.extension_id = e.id AND p.change = e.change AND (p.scope = '*') = e.is_public)",
    }
    return [f"{what}: {dict(row)}" for what, statement in checks.items() for row in shop.run(statement)]


# -- counted by kind -----------------------------------------------------------------------------------------------------------


def test_categories_are_counted_among_what_everybody_sees(shop: Shop) -> None:
    shop.stock(
        [
            Item(name="one", categories=("Linters", "Themes")),
            Item(name="two", categories=("linters",), engines=("other",), tags=("Loud",)),
            Item(name="three", categories=("Themes", "Linters"), published=False),
        ]
    )
    found = shop.query(a_filter(), wanted=Detail.VOCABULARY)[0]
    assert [(each.name.lower(), each.count) for each in found.categories] == [("linters", 2), ("themes", 1)]
    assert [(each.name, each.count) for each in found.tags] == [("Loud", 1)]
    assert shop.query(a_filter())[0].categories == []
