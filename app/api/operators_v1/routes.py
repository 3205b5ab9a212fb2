"""`/plugport/v1/publishers*`: what is decided about publishers, by the platform's operators and by those whose they are."""

from typing import Annotated

from litestar import Controller, get, post, put
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

    @get("/{publisher_id:str}", **operation("show_publisher_case"))
    async def show(self, publisher_id: str, caller: Caller, registry: Registry) -> wire.PublisherFile:
        """Show all that is kept of a publisher, and whose names are like its own."""
        return translate.to_file(await registry.publishers.show_case(caller, publisher_id))

    @post("/{publisher_id:str}/suspend", **operation("suspend_publisher"))
    async def suspend(
        self, publisher_id: str, data: wire.SuspendRequest, caller: Caller, registry: Registry
    ) -> wire.PublisherCase:
        """Let nothing more be published under an accepted publisher, for a reason. What is published stays."""
        return translate.to_case(await registry.publishers.suspend(caller, publisher_id, data.reason))

    @post("/{publisher_id:str}/reinstate", **operation("reinstate_publisher"))
    async def reinstate(self, publisher_id: str, caller: Caller, registry: Registry) -> wire.PublisherCase:
        """End a suspension. Doing it again changes nothing."""
        return translate.to_case(await registry.publishers.reinstate(caller, publisher_id))

    @post("/{publisher_id:str}/verify", **operation("verify_publisher"))
    async def verify(
        self, publisher_id: str, data: wire.VerifyRequest, caller: Caller, registry: Registry
    ) -> wire.PublisherFile:
        """Set the verified mark of an accepted publisher, or set it anew on another ground."""
        return translate.to_file(await registry.publishers.verify(caller, publisher_id, translate.to_proof(data)))

    @post("/{publisher_id:str}/unverify", **operation("unverify_publisher"))
    async def unverify(
        self, publisher_id: str, data: wire.SuspendRequest, caller: Caller, registry: Registry
    ) -> wire.PublisherFile:
        """Take the verified mark away, for a reason. Where there is none nothing changes."""
        return translate.to_file(await registry.publishers.unverify(caller, publisher_id, data.reason))

    @put("/{publisher_id:str}/system-review", **operation("set_system_review"))
    async def set_system_review(
        self, publisher_id: str, data: wire.SystemReviewRequest, caller: Caller, registry: Registry
    ) -> wire.PublisherCase:
        """Settle whether the look that the platform asks for at a publisher's releases is skipped."""
        return translate.to_case(await registry.publishers.skip_review(caller, publisher_id, data.skipped))


class PublisherReviewController(Controller):
    """For those whose publisher it is."""

    path = "/plugport/v1/publishers"
    tags = ("Publishers",)

    @put("/{publisher_id:str}/publisher-review", **operation("set_publisher_review"))
    async def set_publisher_review(
        self, publisher_id: str, data: wire.PublisherReviewRequest, caller: Caller, registry: Registry
    ) -> wire.PublisherCase:
        """Settle whether a publisher's releases wait until somebody has looked at them, whatever the platform asks for."""
        return translate.to_case(await registry.publishers.ask_for_review(caller, publisher_id, data.wanted))
