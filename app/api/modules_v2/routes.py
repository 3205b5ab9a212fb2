"""`/v2/extensions/modules` (only in the SDK 3.1.219)."""

from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from app.api.modules_v2 import translate
from app.api.operations import operation
from app.api.parameters import bounded
from app.registry import Registry
from schemas.model.access import Caller
from schemas.wire import modules_v2 as wire
from schemas.wire.text import SearchText

PageNumber = Annotated[
    int, QueryParameter(name="offset", ge=0, le=100_000, description="The number of a page, from 0.")
]
PageSize = Annotated[int, QueryParameter(name="limit", ge=1, le=100, description="How many modules make a page.")]
Locations = Annotated[
    list[SearchText], QueryParameter(name="locations", min_items=1, max_items=20, description="Extension points.")
]
NameQuery = Annotated[SearchText, bounded(SearchText, query="name", description="A text that the name has in it.")]


@get("/v2/extensions/modules", **operation("list_modules_detail"), tags=["Pipelines"])
async def list_modules(
    locations: Locations,
    caller: Caller,
    registry: Registry,
    name: NameQuery = "",
    page_number: PageNumber = 0,
    page_size: PageSize = 10,
) -> wire.ModulesAnswer:
    """List plug-ins with a released version as modules of the asked extension points: `pipeline` and `service` have some."""
    found = await registry.pipelines.modules(caller, name or None, translate.to_paging(page_number, page_size))
    return translate.to_answer(caller, locations, found)
