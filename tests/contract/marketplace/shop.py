"""A marketplace of a test's own: a database in which the extensions are those that the test puts there.

    shop = Shop.opened(...)
    shop.stock([Item(name="python", display_name="Python"), ...])
    shop.names(shop.query(a_filter((FilterType.KEYWORD, "pyhton"))))

What is published has passed every check: all versions of a tenant are of one package, which was uploaded and inspected.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
from anyio.from_thread import BlockingPortal, start_blocking_portal

from app.registry.access.service import console
from app.registry.plugins import versions
from app.settings import read_settings
from app.wiring import Wiring, wired
from schemas.ids import new_id
from schemas.model.access import Caller, Tenant
from schemas.model.extensions import PackageFacts
from schemas.model.marketplace import Criterion, Detail, Filter, FilterType, Found, SortBy
from schemas.model.publishers import Publisher, PublisherFacts
from schemas.model.uploads import Upload, UploadState
from storage.postgres import demo
from storage.postgres.database import Database
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.builders import a_vsix
from tests.contract.uploads.world import a_caller
from tests.program import BY_CHECKS
from tests.publishing import inspected

NOTHING_MORE = Detail(0)
TARGET = "Microsoft.VisualStudio.Code"


@dataclass(frozen=True)
class Item:
    """An extension to be found. `seller` is the number of its publisher; later ones changed later."""

    name: str
    display_name: str = ""
    seller: int = 0
    description: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    targets: tuple[str, ...] = (TARGET,)
    engines: tuple[str, ...] = ("vscode",)
    preview: bool = False
    published: bool = True
    installs: int = 0
    stars: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)
    localised: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Seller:
    """A publisher with its tenant, and the package that all its versions are of."""

    tenant: Tenant
    publisher: Publisher
    caller: Caller
    package: Upload
    is_accepted: bool


def a_filter(
    *criteria: tuple[FilterType, str],
    page: int = 1,
    size: int = 100,
    sort_by: SortBy | None = None,
    descending: bool | None = None,
) -> Filter:
    """A question."""
    return Filter(
        criteria=[Criterion(filter_type=type_, value=value) for type_, value in criteria],
        page_number=page,
        page_size=size,
        sort_by=sort_by,
        descending=descending,
    )


@dataclass
class Shop:
    """The marketplace and its sellers: two of ordinary tenants, the official one, and one whom nobody accepted."""

    portal: BlockingPortal
    wiring: Wiring
    owner: Database
    sql: Any
    sellers: list[Seller] = field(default_factory=list)
    ids: dict[str, Item] = field(default_factory=dict)
    """What is in stock, by id; latest change last."""

    def stock(self, items: Sequence[Item]) -> list[str]:
        """Takes everything out and puts these in; answers their ids."""
        ids = [new_id() for _ in items]
        self.ids = dict(zip(ids, items, strict=True))
        self.portal.call(self._stock)
        return ids

    def query(self, *filters: Filter, caller: Caller | None = None, wanted: Detail = NOTHING_MORE) -> list[Found]:
        """What the first seller (or `caller`) is answered."""
        by = caller or self.sellers[0].caller
        return self.portal.call(self.wiring.registry.marketplace.query, by, filters, wanted)

    def found(self, asked: Filter, *, caller: Caller | None = None) -> list[str]:
        """The names on the page."""
        return [each.extension.name for each in self.query(asked, caller=caller)[0].listings]

    def run(self, statement: str, *values: object) -> Any:
        """Runs SQL as the owner."""
        return self.portal.call(self.sql.fetch, statement, *values)

    async def _stock(self) -> None:
        await self.sql.execute(
            "TRUNCATE extensions, extension_versions, extension_stats, extension_places, extension_facets,"
            " extension_words, extension_sets, releases CASCADE"
        )
        now = datetime.now(UTC)
        extensions, numbers, stats, shown = [], [], [], []
        for id, item in self.ids.items():
            seller = self.sellers[item.seller]
            facts = PackageFacts(
                publisher=seller.publisher.en_name,
                name=item.name,
                version="1.0.0",
                display_name=item.display_name,
                description=item.description,
                localised={tag: {"display_name": text} for tag, text in item.localised.items()},
            )
            common = {"tenant_id": seller.tenant.id, "created_at": now, "updated_at": now}
            extensions.append(
                demo.ExtensionRow(
                    id=id,
                    publisher_id=seller.publisher.id,
                    publisher_name=seller.publisher.en_name,
                    name=item.name,
                    official=seller.tenant.official,
                    display_name=item.display_name,
                    description=item.description,
                    categories=list(item.categories),
                    tags=list(item.tags),
                    targets=list(item.targets),
                    engines=list(item.engines),
                    preview=item.preview,
                    published_at=now if item.published else None,
                    creator_id="u",
                    creator_name="u",
                    **common,
                )
            )
            version = demo.ExtensionVersionRow(
                id=new_id(),
                extension_id=id,
                version="1.0.0",
                precedence=versions.precedence(versions.parse("version", "1.0.0")),
                target_platform="universal",
                state="published" if item.published else "in-review",
                package_sha256=seller.package.found_sha256 or "",
                package_size=seller.package.spec.size,
                facts=msgspec.json.encode(facts).decode(),
                upload_id=seller.package.id,
                uploader_id="u",
                uploader_name="u",
                published_at=now if item.published else None,
                offer="listed" if item.published else "none",
                **common,
            )
            numbers.append(version)
            stats.append(
                demo.StatsRow(
                    extension_id=id, tenant_id=seller.tenant.id, installs=item.installs, stars=list(item.stars)
                )
            )
            if item.published:
                shown.append(demo.ShownRow(extension_id=id, version_id=version.id))
        async with self.owner.transaction(platform=True) as tx:
            await demo.copy_extensions(tx, extensions, numbers, stats, shown)


@contextmanager
def shop_in(cluster: Urls, name: str, directory: Path) -> Iterator[Shop]:
    """A marketplace in a database of that name, which is dropped afterwards."""
    urls = Urls(*(f"{url.rpartition('/')[0]}/{name}" for url in cluster))
    with start_blocking_portal() as portal:
        portal.call(_execute, cluster.owner, f"CREATE DATABASE {name}")
        portal.call(lambda: migrate(urls.owner, app_login="plugport"))
        settings = read_settings({"PLUGPORT_DATABASE_URL": urls.app, **BY_CHECKS, "PLUGPORT_DATA_DIR": str(directory)})
        sql = portal.call(lambda: asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"}))
        owner = portal.call(lambda: Database.open(urls.owner, size=2, role=None))
        with portal.wrap_async_context_manager(wired(settings)) as wiring:
            shop = Shop(portal, wiring, owner, sql)
            for number, (official, is_accepted) in enumerate(
                ((False, True), (False, True), (True, True), (False, False))
            ):
                shop.sellers.append(portal.call(_seller, wiring, number, official, is_accepted))
            yield shop
        portal.call(owner.close)
        portal.call(sql.close)
        portal.call(_execute, cluster.owner, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _seller(wiring: Wiring, number: int, official: bool, is_accepted: bool) -> Seller:
    registry, name = wiring.registry, f"seller-{number}"
    tenant = await registry.access.create_tenant(console(), name, official=official)
    caller = await a_caller(wiring, tenant)
    facts = PublisherFacts(en_name=name, name=f"卖家 No. {number}", support_url="x@y.example")
    publisher = await registry.publishers.create(caller, facts)
    upload = await registry.extensions.upload(caller, _pieces(a_vsix(name)), "linter.vsix")
    await inspected(registry, upload)
    package = await registry.uploads.show(caller, upload.id)
    assert package.state is UploadState.ACCEPTED, package.reason
    if is_accepted:
        await registry.publishers.accept(console(), publisher.id)
    return Seller(tenant, publisher, caller, package, is_accepted)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
