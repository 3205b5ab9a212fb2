"""`/plugport/v1/publishers*`: what the platform's operators decide about the publishers of all tenants."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import QueryParameter

from app.api.operations import operation
from app.api.operators_v1 import translate
from app.api.paging import Limit, Offset
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.publishers import PublisherStatus
from schemas.paging import Paging
from schemas.wire import operators_v1 as wire

StatusQuery = Annotated[PublisherStatus, QueryParameter(name="status", description="What has been decided about them.")]


class OperatorsController(Controller):
    """For the role `operator` only."""

    path = "/plugport/v1/publishers"
    tags = ("Operators",)

    @get("/", **operation("list_publishers_to_decide"))
    async def list_publishers(
        self,
        caller: Caller,
        registry: Registry,
        status: StatusQuery = PublisherStatus.PROCESSING,
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> wire.PublisherCasePage:
        """List every tenant's publishers of one status, the one that waits longest first."""
        paging = Paging(offset=offset, limit=limit)
        return translate.to_page(await registry.publishers.list_to_decide(caller, status, paging), paging)

    @post("/{publisher_id:str}/accept", **operation("accept_publisher"))
    async def accept(self, publisher_id: str, caller: Caller, registry: Registry) -> wire.PublisherCase:
        """Let the tenant publish under a publisher. Doing it again changes nothing."""
        return translate.to_case(await registry.publishers.accept(caller, publisher_id))

    @post("/{publisher_id:str}/reject", **operation("reject_publisher"))
    async def reject(
        self, publisher_id: str, data: wire.RejectRequest, caller: Caller, registry: Registry
    ) -> wire.PublisherCase:
        """Keep the tenant from publishing under a publisher, for a reason."""
        return translate.to_case(await registry.publishers.reject(caller, publisher_id, data.reason))
