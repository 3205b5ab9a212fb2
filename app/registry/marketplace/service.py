"""Use-cases of IDEs and people who look for extensions."""

from collections.abc import Sequence

import msgspec

from app.registry.marketplace import rules
from app.registry.marketplace.finding import Finding, FoundPlaces
from schemas.model.access import Caller
from schemas.model.extensions import ExtensionVersion
from schemas.model.marketplace import Detail, FacetCount, Filter, Found, Listing
from schemas.paging import Page, Paging
from storage.postgres import marketplace
from storage.postgres.database import Database, Transaction

_MOST_VERSIONS = 1_000
_MOST_CATEGORIES = 200
_MOST_TAGS = 100
_CATEGORY, _TAG = "category", "tag"


class Marketplace:
    """Finds extensions that a caller may see."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._finding = Finding()

    async def query(self, caller: Caller, filters: Sequence[Filter], wanted: Detail) -> list[Found]:
        """A page for each filter, of extensions with the version that they show. Raises `InvalidField`."""
        rules.check_texts(filters)
        asked = [rules.sought(caller, each, f"filters[{place}]") for place, each in enumerate(filters)]
        async with self._database.transaction(caller.tenant_id, snapshot=True) as tx:
            found = [await self._finding.find(tx, each) if each else FoundPlaces(places=[], total=0) for each in asked]
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


async def _vocabulary(tx: Transaction) -> tuple[list[FacetCount], list[FacetCount]]:
    categories, _ = await marketplace.count_facets(tx, _CATEGORY, skip=0, take=_MOST_CATEGORIES)
    tags, _ = await marketplace.count_facets(tx, _TAG, skip=0, take=_MOST_TAGS)
    return categories, tags
