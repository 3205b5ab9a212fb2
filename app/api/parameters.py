"""Parameters of queries with the bounds of the text they are."""

from typing import Annotated, Any

from litestar.params import HeaderParameter, QueryParameter
from msgspec import Meta


def bounded(kind: Any, *, query: str, description: str | None = None) -> Any:
    """What stands beside `kind`, an annotated text of `schemas.wire.text`, so that its bounds hold for a parameter too.

    Litestar asks the parameter alone for them and passes over those that the type has. `description` is about this
    parameter; without one the type's own is shown.
    """
    meta = next(each for each in kind.__metadata__ if isinstance(each, Meta))
    return QueryParameter(
        name=query,
        pattern=meta.pattern,
        min_length=meta.min_length,
        max_length=meta.max_length,
        description=description or meta.description,
    )


IfVersion = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=100,
        description="The `version` that was read. Is there another one by now, nothing is changed and 412 says so.",
    ),
]
