"""`/plugport/v1/releases*`: releases as authors see them, and what takes them off the lists again."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import QueryParameter

from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.releases_v1 import translate
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.checks import SubjectKind
from schemas.model.releases import ReleaseQuery, ReleaseState
from schemas.paging import Paging
from schemas.wire import releases_v1 as wire

StateQuery = Annotated[ReleaseState | None, QueryParameter(name="state", description="Where they stand.")]
KindQuery = Annotated[SubjectKind | None, QueryParameter(description="Of what they are.")]
NameQuery = Annotated[
    str | None,
    QueryParameter(max_length=300, description="The whole name of the plug-in or `publisher.name`, in any case."),
]


class ReleasesController(Controller):
    """The releases of the caller's account."""

    path = "/plugport/v1/releases"
    tags = ("Releases",)

    @get("/", **operation("list_releases"))
    async def list_releases(
        self,
        caller: Caller,
        registry: Registry,
        wanted: StateQuery = None,
        kind: KindQuery = None,
        name: NameQuery = None,
        offset: Offset = 0,
        limit: Limit = 20,
    ) -> wire.ReleasePage:
        """List the releases of the account, latest change first."""
        query, paging = ReleaseQuery(state=wanted, kind=kind, name=name), Paging(offset=offset, limit=limit)
        return translate.to_page(await registry.releases.list_page(caller, query, paging), paging)

    @get("/{release_id:str}", **operation("show_release"))
    async def show(self, release_id: str, caller: Caller, registry: Registry) -> wire.ReleaseDetail:
        """Show where a release stands, what its checks found, and what was decided. The desk sees every account's."""
        return translate.to_detail(await registry.releases.show(caller, release_id))

    @post("/{release_id:str}/submit", **operation("submit_release"))
    async def submit(self, release_id: str, caller: Caller, registry: Registry) -> wire.ReleaseRow:
        """Ask that a version of a plug-in becomes everybody's: one that was not submitted yet, or was sent back or withdrawn."""
        return translate.to_row(await registry.releases.submit(caller, release_id))

    @post("/{release_id:str}/withdraw", **operation("withdraw_release"))
    async def withdraw(self, release_id: str, caller: Caller, registry: Registry) -> wire.ReleaseRow:
        """Take back what was submitted and is not decided."""
        return translate.to_row(await registry.releases.withdraw(caller, release_id))

    @post("/{release_id:str}/deprecate", **operation("deprecate_release"))
    async def deprecate(
        self, release_id: str, data: wire.DeprecateRequest, caller: Caller, registry: Registry
    ) -> wire.ReleaseRow:
        """Advise against beginning with a release, which is served as before. Doing it again says it anew."""
        return translate.to_row(await registry.releases.deprecate(caller, release_id, translate.to_deprecation(data)))

    @post("/{release_id:str}/undeprecate", **operation("undeprecate_release"))
    async def undeprecate(self, release_id: str, caller: Caller, registry: Registry) -> wire.ReleaseRow:
        """Take the advice back."""
        return translate.to_row(await registry.releases.undeprecate(caller, release_id))

    @post("/{release_id:str}/yank", **operation("yank_release"))
    async def yank(
        self, release_id: str, data: wire.YankRequest, caller: Caller, registry: Registry
    ) -> wire.ReleaseRow:
        """Take a release off every list. Whoever names its version is served as before."""
        return translate.to_row(await registry.releases.yank(caller, release_id, data.reason))

    @post("/{release_id:str}/unyank", **operation("unyank_release"))
    async def unyank(self, release_id: str, caller: Caller, registry: Registry) -> wire.ReleaseRow:
        """Put a release back on the lists, as it was."""
        return translate.to_row(await registry.releases.unyank(caller, release_id))

    @post("/{release_id:str}/appeal", **operation("appeal_release"))
    async def appeal(
        self, release_id: str, data: wire.AppealRequest, caller: Caller, registry: Registry
    ) -> wire.ReleaseRow:
        """Ask that a release in quarantine be given back, which operators decide at the desk."""
        return translate.to_row(await registry.releases.appeal(caller, release_id, data.text))

    @post("/{release_id:str}/quarantine", **operation("quarantine_release"))
    async def quarantine(
        self, release_id: str, data: wire.QuarantineRequest, caller: Caller, registry: Registry
    ) -> wire.ReleaseRow:
        """Take a release away from everybody, once a second operator does the same. For the role `operator` only."""
        return translate.to_row(await registry.reviews.quarantine(caller, release_id, [*data.reasons], data.text))
