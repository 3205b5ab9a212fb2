"""`offset` and `limit` in a query. The contract sends them as texts; only whole numbers in bounds are taken."""

from typing import Annotated

from litestar.params import QueryParameter

MOST_PER_PAGE = 1000

Offset = Annotated[int, QueryParameter(ge=0, le=1_000_000_000, description="How many entries to skip.")]
Limit = Annotated[
    int, QueryParameter(ge=1, le=MOST_PER_PAGE, description=f"How many entries to answer, 1 to {MOST_PER_PAGE}.")
]

CAPPED = "X-Plugport-Total-Capped"
"""Response header `true`: at least `total` entries match; a text search counts no further."""

CUT = "X-Plugport-Cut"
"""Response header `true`: a category has more plug-ins than were answered."""
