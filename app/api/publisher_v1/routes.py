"""`/v1/{domain_id}/publisher/*` (CodeArts Pipeline API Reference 2023-11-30, 4.9.3, 4.9.12, 4.9.13, 4.9.24, 4.9.25)."""

from typing import Annotated

from litestar import Controller, delete, get, post

from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.parameters import bounded
from app.api.publisher_v1 import translate
from app.registry import Registry
from schemas.model.access import Caller
from schemas.paging import Paging
from schemas.wire import publisher_v1 as wire
from schemas.wire.text import Id, SearchText

NameQuery = Annotated[
    SearchText, bounded(SearchText, query="name", description="A part of the name or the English name.")
]
PublisherIdQuery = Annotated[Id, bounded(Id, query="publisher_unique_id", description="The publisher.")]


class PublisherController(Controller):
    """Who publishes. Changes answer the bare JSON value `true`."""

    path = "/v1/{domain_id:str}/publisher"
    tags = ("Publishers",)

    @post("/create", **operation("create_publisher"))
    async def create(self, data: wire.PublisherRequest, caller: Caller, registry: Registry) -> bool:
        """Create a publisher, which an operator then accepts or rejects."""
        await registry.publishers.create(caller, translate.to_facts(data))
        return True

    @get("/query-all", **operation("list_publisher"))
    async def query_all(
        self, caller: Caller, registry: Registry, name: NameQuery = "", offset: Offset = 0, limit: Limit = 10
    ) -> wire.PublisherPage:
        """List the tenant's publishers, latest change first."""
        paging = Paging(offset=offset, limit=limit)
        return translate.to_page(await registry.publishers.list_page(caller, name, paging), paging)

    @get("/optional-publisher", **operation("list_available_publisher"))
    async def optional_publisher(self, caller: Caller, registry: Registry) -> list[wire.PublisherRow]:
        """List the tenant's accepted publishers, latest change first."""
        return [translate.to_row(each) for each in await registry.publishers.list_accepted(caller)]

    @delete("/delete", **operation("delete_publisher"))
    async def remove(self, publisher_unique_id: PublisherIdQuery, caller: Caller, registry: Registry) -> bool:
        """Delete a publisher to which no plug-in is bound."""
        await registry.publishers.delete(caller, publisher_unique_id)
        return True

    @post("/detail", **operation("show_publisher"))
    async def detail(self, data: wire.PublisherIds, caller: Caller, registry: Registry) -> wire.PublisherDetails:
        """Show publishers by their ids: the tenant's own, and those under which somebody published."""
        return translate.to_details(await registry.publishers.find_many(caller, data))
