"""Pages of results, addressed by how many entries to skip and how many to answer."""

from typing import Generic, TypeVar

from schemas.base import Entity

T = TypeVar("T")


class Paging(Entity, frozen=True):
    """Which part of a list is asked for: `offset` entries skipped, at most `limit` answered."""

    offset: int
    limit: int


class Page(Entity, Generic[T], frozen=True):
    """One part of a list, and how long the whole list is.

    `total` is exact, except when `capped`: then at least `total` entries match and counting stopped there.
    """

    items: list[T]
    total: int
    capped: bool = False
