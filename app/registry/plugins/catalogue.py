"""Use-cases of everybody who looks for plug-ins: lists, searches, versions and what they declare."""

from app.registry.plugins import rules, versions
from app.registry.plugins.shelves import View
from schemas.errors import InvalidField, PluginUnknown, VersionUnknown
from schemas.model.access import Caller
from schemas.model.plugins import AskedVersion, Plugin, PluginQuery, PluginSummary, Version
from schemas.paging import Page, Paging
from storage.postgres import plugins
from storage.postgres.database import Database, Transaction
from storage.postgres.plugins import MOST_VERSION_CHARACTERS, AskedRow, Search, TooMuchAsked

# A text search counts its matches up to here and stops.
MOST_COUNTED = 10_000


class Catalogue:
    """Finds plug-ins that a caller may see."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, caller: Caller, query: PluginQuery, paging: Paging) -> Page[PluginSummary]:
        """The plug-ins that the caller sees, each with its current version, latest change first."""
        view = View(caller, query.attribution, query.maintainer)
        async with self._database.transaction(caller.tenant_id) as tx:
            if query.name is not None:
                return _page([each for each in await plugins.find_visible(tx, caller.tenant_id, query.name)
                              if _fits(caller, each.plugin, query)], paging)  # fmt: skip
            shelves = view.listed(query.business_types)
            if query.text is not None:
                return await search(tx, caller, Search(shelves=shelves, text=query.text), paging)
            total = sum((await plugins.count_places(tx, shelves)).values())
            items = []
            if paging.offset < total:
                items = await plugins.list_shelves(tx, caller.tenant_id, shelves, skip=paging.offset, take=paging.limit)
            return Page(items=items, total=total)

    async def versions(self, caller: Caller, name: str, paging: Paging) -> Page[PluginSummary]:
        """The versions of a plug-in that the caller sees, newest first. Raises `PluginUnknown`."""
        async with self._database.transaction(caller.tenant_id) as tx:
            plugin = await visible(tx, caller, name)
            items, total = await plugins.list_versions(
                tx, caller.tenant_id, plugin, skip=paging.offset, take=paging.limit
            )
        return Page(items=items, total=total)

    async def detail(self, caller: Caller, name: str, version: str | None) -> Version:
        """One version, or the current one. Raises `PluginUnknown`, `VersionUnknown`."""
        async with self._database.transaction(caller.tenant_id) as tx:
            found = await self._ask(tx, caller, [AskedVersion(plugin_name=name, version=version)])
            if found[0] is None:
                await visible(tx, caller, name, pinned=version is not None)
                raise VersionUnknown("version", name=name, version=version or "that is released or drafted")
        return found[0]

    async def ask(self, caller: Caller, asked: list[AskedVersion]) -> list[Version | None]:
        """The versions asked for, in the order asked; None for one that the caller cannot see or that is not there."""
        async with self._database.transaction(caller.tenant_id) as tx:
            return await self._ask(tx, caller, asked)

    async def _ask(self, tx: Transaction, caller: Caller, asked: list[AskedVersion]) -> list[Version | None]:
        rows = [
            AskedRow(
                name=each.plugin_name,
                precedence=versions.precedence(versions.parse("version", each.version)) if each.version else None,
                current=not each.version,
                attribution=str(each.attribution) if each.attribution else None,
            )
            for each in asked
        ]
        found = await read_versions(tx, caller, rows)
        return [found.get(position) for position in range(len(asked))]


async def read_versions(tx: Transaction, caller: Caller, asked: list[AskedRow]) -> dict[int, Version]:
    """The versions asked for, by their place in `asked`. Raises `InvalidField` where they are too large together."""
    try:
        return await plugins.ask_versions(tx, caller, asked)
    except TooMuchAsked as error:
        problem = f"The versions have more than {MOST_VERSION_CHARACTERS} characters together; ask for fewer at once"
        raise InvalidField(None, problem=problem) from error


async def search(tx: Transaction, caller: Caller, wanted: Search, paging: Paging) -> Page[PluginSummary]:
    """A page of a text search, which counts to `MOST_COUNTED`."""
    items, matches = await plugins.search(
        tx, caller.tenant_id, wanted, skip=min(paging.offset, MOST_COUNTED), take=paging.limit, most=MOST_COUNTED + 1
    )
    return Page(items=items, total=min(matches, MOST_COUNTED), capped=matches > MOST_COUNTED)


async def visible(tx: Transaction, caller: Caller, name: str, *, pinned: bool = False) -> Plugin:
    """The plug-in that a name means to the caller; with `pinned` also one that is on no list any more, but of which versions are
    served to whoever names them. Raises `PluginUnknown`."""
    for found in await plugins.find_visible(tx, caller.tenant_id, name, pinned=pinned):
        if rules.may_see(caller, found.plugin):
            return found.plugin
    raise PluginUnknown("plugin_name", name=name)


async def changeable(tx: Transaction, caller: Caller, name: str) -> Plugin:
    """The tenant's plug-in of that name, which the caller may change."""
    plugin = await plugins.find_own_plugin(tx, caller.tenant_id, name)
    if plugin is None or plugin.deleted_at is not None or not rules.may_see(caller, plugin):
        raise PluginUnknown("plugin_name", name=name)
    rules.require_change(caller, plugin)
    return plugin


def _fits(caller: Caller, plugin: Plugin, query: PluginQuery) -> bool:
    return (
        rules.may_see(caller, plugin)
        and (query.attribution is None or plugin.attribution is query.attribution)
        and (query.business_types is None or plugin.business_type in query.business_types)
        and (query.maintainer is None or query.maintainer in (plugin.creator_id, *plugin.maintainers))
        and (query.text is None or query.text.lower() in f"{plugin.name}\n{plugin.display_name}".lower())
    )


def _page(items: "list[PluginSummary]", paging: Paging) -> Page[PluginSummary]:
    return Page(items=items[paging.offset : paging.offset + paging.limit], total=len(items))
