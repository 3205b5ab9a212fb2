"""Use-cases of IDEs and people who look for extensions."""

from collections.abc import Sequence

import msgspec

from app.registry.marketplace import rules
from schemas.model.access import Caller
from schemas.model.extensions import ExtensionVersion
from schemas.model.marketplace import Detail, FacetCount, Filter, Found, Listing
from schemas.paging import Page, Paging
from storage.postgres import marketplace
from storage.postgres.database import Database, Transaction
from storage.postgres.marketplace import FoundIds, Sought

MOST_PICKED = 10_000
"""Of what has a word or a part of a name, so many are looked at; where there are more, a total says that it is not exact."""

_MOST_OF_EACH_WORD = 1_000  # of what has some of the words only (see `ranked_places` in the migration)
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
        async with self._database.transaction(caller.tenant_id) as tx:
            found = [await _find(tx, each) if each else FoundIds(ids=[], total=0) for each in asked]
            listings = await marketplace.list_listings(tx, sorted({id for each in found for id in each.ids}))
            categories, tags = await _vocabulary(tx) if Detail.VOCABULARY in wanted else ([], [])
        return [
            Found(
                listings=[listings[id] for id in each.ids if id in listings],
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
        async with self._database.transaction(caller.tenant_id) as tx:
            listings = await marketplace.list_listings(tx, ids)
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


async def _find(tx: Transaction, sought: Sought) -> FoundIds:
    if sought.texts is not None:
        return await _search(tx, sought, sought.texts)
    if (sought.ids, sought.identifiers, sought.display_names) == (None, None, None):
        return await marketplace.list_by_facets(tx, sought)
    return await marketplace.pick(tx, sought, [], every_word=True, most=MOST_PICKED)


async def _search(tx: Transaction, sought: Sought, texts: Sequence[str]) -> FoundIds:
    """What has every word of a text; where nothing has, what has the most of them."""
    meanings = await marketplace.understand(tx, sought.scopes, texts)
    terms = rules.terms(meanings)
    found = await marketplace.pick(tx, sought, terms, every_word=True, most=MOST_PICKED)
    if found.total or len({(each.alternative, each.position) for each in terms}) < 2:
        return found
    some = await marketplace.pick(tx, sought, terms, every_word=False, most=MOST_PICKED)
    uses = {each.word_id: each.uses for each in meanings}
    is_exact = all(uses.get(each.word_id, 0) <= _MOST_OF_EACH_WORD for each in terms)
    return msgspec.structs.replace(some, is_exact=some.is_exact and is_exact)


async def _vocabulary(tx: Transaction) -> tuple[list[FacetCount], list[FacetCount]]:
    categories, _ = await marketplace.count_facets(tx, _CATEGORY, skip=0, take=_MOST_CATEGORIES)
    tags, _ = await marketplace.count_facets(tx, _TAG, skip=0, take=_MOST_TAGS)
    return categories, tags
