"""`/plugport/v1/audit/*`: reading the record of changes, exporting it, and keeping a checkpoint of it."""

from collections.abc import AsyncIterator
from typing import Annotated

from litestar import Controller, get
from litestar.openapi import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from app.api.audit_v1 import translate
from app.api.operations import operation
from app.api.paging import Limit
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.audit import AuditEntry
from schemas.wire import audit_v1 as wire

_WORD = r"^[^\x00-\x1f\x7f]+(?!\n)$"
_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})?(?!\n)$"
_LATEST = 2**53 - 1  # the largest number that every JSON reader keeps
_LINES = "application/jsonl"


def _filter(name: str, description: str) -> QueryParameter:
    return QueryParameter(name=name, pattern=_WORD, min_length=1, max_length=64, description=description)


def _moment(name: str, description: str) -> QueryParameter:
    return QueryParameter(name=name, pattern=_MOMENT, max_length=32, description=description)


TenantQuery = Annotated[str | None, _filter("tenant_id", "The account whose record it is; operators may name any.")]
ActionQuery = Annotated[str | None, _filter("action", "Only what was done in these words: `plugin.published`.")]
KindQuery = Annotated[str | None, _filter("object_kind", "Only what was done to objects of this kind: `plugin`.")]
ObjectQuery = Annotated[str | None, _filter("object_id", "Only what was done to this object.")]
ActorQuery = Annotated[str | None, _filter("actor_id", "Only what this user did.")]
SinceQuery = Annotated[str | None, _moment("since", "From this moment on: ISO 8601, UTC where no zone is said.")]
UntilQuery = Annotated[str | None, _moment("until", "Before this moment.")]
BeforeQuery = Annotated[
    int,
    QueryParameter(name="before", ge=1, le=_LATEST, description="Entries before this number; `next_before` of a page."),
]


class AuditController(Controller):
    """The record of changes of an account, for its administrators; of every account, for operators."""

    path = "/plugport/v1/audit"
    tags = ("Audit",)

    @get("/entries", **operation("list_audit_entries"))
    async def list_entries(
        self,
        caller: Caller,
        registry: Registry,
        tenant_id: TenantQuery = None,
        action: ActionQuery = None,
        object_kind: KindQuery = None,
        object_id: ObjectQuery = None,
        actor_id: ActorQuery = None,
        since: SinceQuery = None,
        until: UntilQuery = None,
        before: BeforeQuery = _LATEST,
        limit: Limit = 50,
    ) -> wire.EntryPage:
        """List who changed what, latest first."""
        query = translate.to_query(action, object_kind, object_id, actor_id, since, until)
        return translate.to_page(await registry.audit.list_page(caller, tenant_id, query, before, limit), limit)

    @get(
        "/export",
        **operation("export_audit_entries"),
        responses={
            200: ResponseSpec(bytes, generate_examples=False, description="A line of JSON each.", media_type=_LINES)
        },
    )
    async def export(
        self,
        caller: Caller,
        registry: Registry,
        tenant_id: TenantQuery = None,
        action: ActionQuery = None,
        object_kind: KindQuery = None,
        object_id: ObjectQuery = None,
        actor_id: ActorQuery = None,
        since: SinceQuery = None,
        until: UntilQuery = None,
    ) -> Stream:
        """Export all entries that match, oldest first, as JSON lines: an entry each, as `list_audit_entries` shows it."""
        query = translate.to_query(action, object_kind, object_id, actor_id, since, until)
        return Stream(_lines(await registry.audit.export(caller, tenant_id, query)), media_type=_LINES)

    @get("/checkpoint", **operation("show_audit_checkpoint"))
    async def show_checkpoint(
        self, caller: Caller, registry: Registry, tenant_id: TenantQuery = None
    ) -> wire.Checkpoint:
        """Show where the record ends now. Kept elsewhere, it shows later whether entries were cut off or written anew."""
        return translate.to_checkpoint(await registry.audit.show_end(caller, tenant_id))


async def _lines(batches: AsyncIterator[list[AuditEntry]]) -> AsyncIterator[bytes]:
    async for batch in batches:
        yield translate.to_lines(batch)
