"""`/plugport/v1/moderation/*`: versions of extensions that wait for review, and reports about what users say."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import PathParameter, QueryParameter

from app.api.moderation_v1 import translate
from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.registry import Registry
from schemas.model.access import Caller
from schemas.paging import Paging
from schemas.wire import moderation_v1 as wire

StateQuery = Annotated[wire.ReportStateQuery, QueryParameter(name="state", description="What was decided; or all.")]
ReportId = Annotated[int, PathParameter(ge=1, description="The number of a report.")]


class ReviewController(Controller):
    """Versions of extensions. For the role `operator` only."""

    path = "/plugport/v1/moderation/extension-versions"
    tags = ("Operators",)

    @get("/", **operation("list_extension_versions_in_review"))
    async def list_in_review(
        self, caller: Caller, registry: Registry, offset: Offset = 0, limit: Limit = 10
    ) -> wire.VersionCasePage:
        """List the versions of every tenant's extensions that wait for review, the one that waits longest first."""
        paging = Paging(offset=offset, limit=limit)
        return translate.to_version_page(await registry.extensions.list_in_review(caller, paging), paging)

    @post("/{version_id:str}/approve", **operation("approve_extension_version"))
    async def approve(self, version_id: str, caller: Caller, registry: Registry) -> wire.VersionCase:
        """Publish a version that waits. Doing it again changes nothing."""
        return translate.to_version_case(await registry.extensions.approve(caller, version_id))

    @post("/{version_id:str}/reject", **operation("reject_extension_version"))
    async def reject(
        self, version_id: str, data: wire.RejectVersionRequest, caller: Caller, registry: Registry
    ) -> wire.VersionCase:
        """Refuse to publish a version that waits, for a reason. Its number can be used again."""
        return translate.to_version_case(await registry.extensions.reject(caller, version_id, data.reason))


class ReportsController(Controller):
    """Reports about evaluations and replies. For the role `operator` only."""

    path = "/plugport/v1/moderation/reports"
    tags = ("Operators",)

    @get("/", **operation("list_reports"))
    async def list_reports(
        self,
        caller: Caller,
        registry: Registry,
        wanted: StateQuery = "open",
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> wire.ReportCasePage:
        """List every tenant's reports, the one that waits longest first."""
        paging = Paging(offset=offset, limit=limit)
        found = await registry.feedback.list_reports(caller, translate.to_report_state(wanted), paging)
        return translate.to_report_page(found, paging)

    @post("/{report_id:int}/uphold", **operation("uphold_report"))
    async def uphold(
        self, report_id: ReportId, data: wire.DecisionRequest, caller: Caller, registry: Registry
    ) -> wire.ReportCase:
        """Agree that the text should not stand there: it is removed, an evaluation with all replies to it. Doing it again changes
        nothing."""
        return translate.to_report_case(await registry.feedback.decide(caller, report_id, True, data.note))

    @post("/{report_id:int}/dismiss", **operation("dismiss_report"))
    async def dismiss(
        self, report_id: ReportId, data: wire.DecisionRequest, caller: Caller, registry: Registry
    ) -> wire.ReportCase:
        """Let the text stand. Doing it again changes nothing."""
        return translate.to_report_case(await registry.feedback.decide(caller, report_id, False, data.note))
