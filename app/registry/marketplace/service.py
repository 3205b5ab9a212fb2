"""Use-cases of IDEs and people who look for extensions."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

import msgspec

from app.registry.marketplace import places, rules
from schemas.base import Entity
from schemas.model.access import Caller
from schemas.model.extensions import ExtensionVersion
from schemas.model.marketplace import Detail, FacetCount, Filter, Found, Listing
from schemas.paging import Page, Paging
from storage.postgres import marketplace
from storage.postgres.database import Database, Transaction
from storage.postgres.marketplace import Ordering, Sought

MOST_PICKED = 10_000
"""Of what has a part of a name in its name, so many are looked at; where there are more, a total says that it is not exact."""

_SORTED_AT_ONCE = 200  # names that are looked up and compared
_MOST_VERSIONS = 1_000
_MOST_CATEGORIES = 200
_MOST_TAGS = 100
_CATEGORY, _TAG = "category", "tag"


class Marketplace:
    """Finds extensions that a caller may see."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def query(self, caller: Caller, filters: Sequence[Filter], wanted: Detail) -> list[Found]:
        """A page for each filter, of extensions with the version that they show. Raises `InvalidField`."""
        rules.check_texts(filters)
        asked = [rules.sought(caller, each, f"filters[{place}]") for place, each in enumerate(filters)]
        async with self._database.transaction(caller.tenant_id, snapshot=True) as tx:
            found = [await _find(tx, each) if each else _Page(places=[], total=0) for each in asked]
            listings = await marketplace.list_listings(tx, sorted({place for each in found for place in each.places}))
            categories, tags = await _vocabulary(tx) if Detail.VOCABULARY in wanted else ([], [])
        return [
            Found(
                listings=[listings[place] for place in each.places if place in listings],
                total=each.total,
                is_exact=each.is_exact,
                categories=categories,
                tags=tags,
            )
            for each in found
        ]

    async def detail(self, caller: Caller, ids: Sequence[str]) -> list[Listing]:
        """The extensions of those ids that the caller sees, in that order, with their published versions, newest first; those of
        the own tenant also with what waits for review. One that has neither shows what became of its newest version.

        Of each, the newest 1,000 versions are shown.
        """
        async with self._database.transaction(caller.tenant_id, snapshot=True) as tx:
            shown = await marketplace.list_listings(tx, await marketplace.list_places(tx, ids))
            listings = {each.extension.id: each for each in shown.values()}
            versions: dict[str, list[ExtensionVersion]] = {}
            for each in await marketplace.list_versions(tx, caller.tenant_id, list(listings), most=_MOST_VERSIONS):
                versions.setdefault(each.extension_id, []).append(each)
        return [
            msgspec.structs.replace(listings[id], versions=versions.get(id) or listings[id].versions)
            for id in dict.fromkeys(ids)
            if id in listings
        ]

    async def categories(self, caller: Caller, paging: Paging, *, ide: int | None = None) -> Page[FacetCount]:
        """How many of the extensions that everybody sees have each category, most used first; with `ide` (its code) of those for
        that IDE."""
        if ide not in (None, rules.IDE_CODE):
            return Page(items=[], total=0)
        engine = None if ide is None else rules.ENGINE
        async with self._database.transaction(caller.tenant_id) as tx:
            items, total = await marketplace.count_facets(
                tx, _CATEGORY, engine=engine, skip=paging.offset, take=paging.limit
            )
            if engine is None:
                total = await marketplace.total_facets(tx, _CATEGORY)
            elif total is None and paging.offset > 0:
                total = (await marketplace.count_facets(tx, _CATEGORY, engine=engine, skip=0, take=1))[1]
        return Page(items=items, total=total or 0)


class _Page(Entity, frozen=True):
    """A page of places, and how many there are in all; not `is_exact`: at least so many."""

    places: list[int]
    total: int
    is_exact: bool = True


async def _find(tx: Transaction, sought: Sought) -> _Page:
    """A page of what has a facet of each group and is named as is wanted; and has every word of a text or, where nothing has, the
    most of them."""
    meanings = await marketplace.understand(tx, sought.scopes, sought.texts) if sought.texts else []
    words = rules.by_position(rules.terms(meanings))
    digits = rules.digits(sought.ordering)
    positions = list(words.values())
    sets = iter(
        await marketplace.list_sets(tx, sought.scopes, [*sought.groups, *([each] for each in digits), *positions])
    )
    conditions = [next(sets).get(0, 0) for _ in sought.groups]
    numbers = [next(sets).get(0, 0) for _ in digits]
    levels = dict(zip(words, sets, strict=True))

    is_exact = True
    if (sought.ids, sought.identifiers, sought.display_names) != (None, None, None):
        named = await marketplace.named_places(tx, sought, most=MOST_PICKED)
        is_exact = not named.is_capped
        conditions += [named.by_id] if sought.ids is not None else []
        conditions += [named.by_identifier] if sought.identifiers is not None else []
        conditions += [named.by_display_name] if sought.display_names is not None else []
    if sought.texts is not None:
        called = await marketplace.called_places(tx, sought.scopes, sought.texts)
        texts = [[levels[at] for at in words if at[0] == text] for text in dict.fromkeys(text for text, _ in words)]
        having, scores = places.having_every_word(texts)
        having |= called.by_name | called.by_identifier
        if len(levels) > 1 and not reduce(and_, conditions, having):
            having, scores = places.having_most_words(list(levels.values()))
        conditions.append(having)
        if sought.ordering is Ordering.RANK:
            numbers += [*scores, called.by_name, called.by_identifier]
    found = reduce(and_, conditions)
    return _Page(places=await _page(tx, sought, found, numbers), total=found.bit_count(), is_exact=is_exact)


async def _page(tx: Transaction, sought: Sought, found: places.Places, numbers: places.Numbers) -> list[int]:
    """The places of the page in its order, which `numbers` tell: by rank all of it, by name what names begin with."""
    skip, take = sought.skip, sought.take
    if sought.ordering is Ordering.RANK:
        return places.best(found, numbers, skip, take)
    if sought.ordering is Ordering.CHANGE:
        return (places.latest if sought.descending else places.earliest)(found, skip, take)
    near = list(places.parts(found, numbers, skip, take, descending=sought.descending, small=_SORTED_AT_ONCE))
    if not near:
        return []
    looked_at = reduce(or_, (part for part, _ in near))
    return await marketplace.sort_places(
        tx, sought, places.latest(looked_at, 0, looked_at.bit_count()), skip=near[0][1]
    )


async def _vocabulary(tx: Transaction) -> tuple[list[FacetCount], list[FacetCount]]:
    categories, _ = await marketplace.count_facets(tx, _CATEGORY, skip=0, take=_MOST_CATEGORIES)
    tags, _ = await marketplace.count_facets(tx, _TAG, skip=0, take=_MOST_TAGS)
    return categories, tags
