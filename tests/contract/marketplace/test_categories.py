"""Categories, counted."""

from schemas.model.marketplace import FacetCount
from schemas.paging import Page, Paging
from tests.contract.marketplace.shop import Item, Shop


def counted(shop: Shop, offset: int = 0, ide: int | None = None) -> tuple[list[tuple[str, int]], int]:
    """Names and counts on the page of two from `offset` on, and how many there are."""
    page: Page[FacetCount] = shop.portal.call(
        lambda: shop.wiring.registry.marketplace.categories(
            shop.sellers[1].caller, Paging(offset=offset, limit=2), ide=ide
        )
    )
    return [(each.name, each.count) for each in page.items], page.total


def test_categories_of_what_everybody_sees_are_counted_most_used_first(shop: Shop) -> None:
    shop.stock(
        [
            Item(name="one", categories=("Linters", "Themes")),
            Item(name="two", categories=("linters", "Other"), engines=("elsewhere",)),
            Item(name="three", categories=("Linters",)),
            Item(name="secret", categories=("Themes", "Hidden"), published=False),
        ]
    )
    assert counted(shop) == ([("Linters", 3), ("Other", 1)], 3)
    assert counted(shop, offset=2) == ([("Themes", 1)], 3)
    assert counted(shop, offset=4) == ([], 3)
    assert counted(shop, ide=3) == ([("Linters", 2), ("Themes", 1)], 2)
    assert counted(shop, ide=3, offset=6) == ([], 2)
    assert counted(shop, ide=4) == ([], 0)
