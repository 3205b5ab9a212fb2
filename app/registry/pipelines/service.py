"""Use-cases of pipeline front ends: which plug-ins may be added where.

Usable is what has a released version. A template is for the whole tenant, so it is offered no private plug-ins.
"""

from collections.abc import Sequence

from app.registry.plugins.catalogue import read_versions, search
from app.registry.plugins.shelves import View
from schemas.model.access import Caller
from schemas.model.pipelines import Category, UsablePlugin, UsableQuery
from schemas.model.plugins import BUSINESS_TYPES, Attribution, PluginSummary, Version
from schemas.paging import Page, Paging
from storage.postgres import plugins
from storage.postgres.database import Database, Transaction
from storage.postgres.plugins import AskedRow, Search

# The answer of stage-plugins is not paged. It holds the latest of each category, no more.
MOST_IN_STAGE = 200


class Pipelines:
    """Finds plug-ins to use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def basic(self, caller: Caller, attribution: Attribution | None, paging: Paging) -> Page[PluginSummary]:
        """Usable basic plug-ins of one class, or all, latest change first."""
        shelves = View(caller, attribution).usable("single")
        async with self._database.transaction(caller.tenant_id) as tx:
            total = sum((await plugins.count_places(tx, shelves)).values())
            items = []
            if paging.offset < total:
                items = await plugins.list_shelves(tx, caller.tenant_id, shelves, skip=paging.offset, take=paging.limit)
        return Page(items=items, total=total)

    async def by_category(self, caller: Caller, query: UsableQuery, paging: Paging) -> Page[UsablePlugin]:
        """Usable plug-ins, category by category, within each the latest change first."""
        view = _view(caller, query)
        wanted = [each for each in BUSINESS_TYPES if query.business_type in (None, each)]
        async with self._database.transaction(caller.tenant_id) as tx:
            if query.text is not None:
                shelves = [shelf for each in wanted for shelf in view.usable(each)]
                text = Search(shelves=shelves, text=query.text, category_order=list(wanted))
                found = await search(tx, caller, text, paging)
                return Page(items=await _with_steps(tx, caller, found.items), total=found.total, capped=found.capped)
            items, total = await _walk(tx, caller, view, wanted, paging)
            return Page(items=await _with_steps(tx, caller, items), total=total)

    async def stages(self, caller: Caller, query: UsableQuery) -> tuple[list[Category], bool]:
        """Usable plug-ins of every category, or of the wanted one; and whether a category has more than were answered."""
        view = _view(caller, query)
        categories, cut = [], False
        async with self._database.transaction(caller.tenant_id) as tx:
            for business_type in BUSINESS_TYPES:
                if query.business_type not in (None, business_type):
                    continue
                shelves = view.usable(business_type)
                items = await plugins.list_shelves(tx, caller.tenant_id, shelves, skip=0, take=MOST_IN_STAGE + 1)
                cut = cut or len(items) > MOST_IN_STAGE
                usable = await _with_steps(tx, caller, items[:MOST_IN_STAGE])
                categories.append(Category(business_type=business_type, plugins=usable))
        return categories, cut

    async def modules(self, caller: Caller, text: str | None, paging: Paging) -> Page[Version]:
        """Usable plug-ins with everything their current version declares."""
        found = await self.by_category(caller, UsableQuery(text=text), paging)
        asked = [
            AskedRow(
                name=each.summary.plugin.name,
                precedence=None,
                current=True,
                attribution=str(each.summary.plugin.attribution),
            )
            for each in found.items
        ]
        async with self._database.transaction(caller.tenant_id) as tx:
            versions = await read_versions(tx, caller, asked)
        return Page(items=[versions[place] for place in sorted(versions)], total=found.total, capped=found.capped)


async def _walk(
    tx: Transaction, caller: Caller, view: View, business_types: Sequence[str], paging: Paging
) -> tuple[list[PluginSummary], int]:
    shelves = {each: view.usable(each) for each in business_types}
    places = await plugins.count_places(tx, [shelf for each in shelves.values() for shelf in each])
    items: list[PluginSummary] = []
    skip = paging.offset
    total = 0
    for each in business_types:
        count = sum(places.get(shelf, 0) for shelf in shelves[each])
        total += count
        if skip < count and len(items) < paging.limit:
            items += await plugins.list_shelves(
                tx, caller.tenant_id, shelves[each], skip=skip, take=paging.limit - len(items)
            )
        skip = max(0, skip - count)
    return items, total


async def _with_steps(tx: Transaction, caller: Caller, items: list[PluginSummary]) -> list[UsablePlugin]:
    composite = [each.version_id for each in items if each.version_id and each.plugin.composition == "multi"]
    steps = await plugins.find_steps(tx, caller, composite) if composite else {}
    return [UsablePlugin(summary=each, steps=steps.get(each.version_id or "", [])) for each in items]


def _view(caller: Caller, query: UsableQuery) -> View:
    view = View(caller)
    if query.use_condition == "template":
        view.scopes = [scope for scope in view.scopes if not scope.endswith("|private")]
    return view
