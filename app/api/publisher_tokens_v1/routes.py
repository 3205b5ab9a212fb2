"""`/plugport/v1/publisher-tokens*`: making, listing and ending publisher tokens. None of it takes such a token itself."""

from typing import Annotated

from litestar import Controller, Response, delete, get, post

from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.parameters import bounded
from app.api.publisher_tokens_v1 import translate
from app.registry import Registry
from schemas.model.access import Caller
from schemas.paging import Paging
from schemas.wire import publisher_tokens_v1 as wire
from schemas.wire.text import IdOrEmpty

PublisherIdQuery = Annotated[
    IdOrEmpty, bounded(IdOrEmpty, query="publisher_id", description="Only those for this publisher; empty: for all.")
]


class PublisherTokensController(Controller):
    """The caller's own tokens and those for publishers of theirs; all of the tenant, for administrators."""

    path = "/plugport/v1/publisher-tokens"
    tags = ("Publishers",)

    @post("/", **operation("create_publisher_token", status=201))
    async def create(
        self, data: wire.PublisherTokenRequest, caller: Caller, registry: Registry
    ) -> Response[wire.IssuedPublisherToken]:
        """Make a token for a publisher of the caller. The answer alone shows it; it has the rights of the caller's roles on the
        operations that take `x-publisher-token`, and ends with the caller and with the publisher."""
        made = await registry.publisher_tokens.create(caller, data.publisher_id, data.name, data.expires_in_days)
        return Response(translate.to_issued(made), headers={"Cache-Control": "no-store"})

    @get("/", **operation("list_publisher_tokens"))
    async def list_tokens(
        self,
        caller: Caller,
        registry: Registry,
        publisher_id: PublisherIdQuery = "",
        offset: Offset = 0,
        limit: Limit = 10,
    ) -> wire.PublisherTokenPage:
        """List tokens, latest first: the caller's own and those for publishers of theirs, all of the tenant for administrators.
        Ended ones are listed for thirty days more."""
        paging = Paging(offset=offset, limit=limit)
        found = await registry.publisher_tokens.list_page(caller, publisher_id or None, paging)
        return translate.to_page(found, paging)

    @delete("/{token_id:str}", **operation("revoke_publisher_token"))
    async def revoke(self, token_id: str, caller: Caller, registry: Registry) -> wire.PublisherTokenRow:
        """End a token at once and for good. Doing it again changes nothing."""
        return translate.to_row(await registry.publisher_tokens.revoke(caller, token_id))
