"""The marketplace: what people and IDEs find."""

from enum import IntEnum, IntFlag

import msgspec

from schemas.base import Entity
from schemas.model.extensions import Extension, ExtensionVersion
from schemas.model.publishers import Publisher


class Flag(IntFlag):
    """What is said of an extension by one bit. The contract gives the bits and no meaning; these are ours."""

    OFFICIAL = 2
    """Made by the platform's owner."""
    VERIFIED = 4
    """Its publisher was accepted by the operators."""
    PUBLIC = 8
    """Everybody can install it."""
    PREVIEW = 16
    """Its author calls it a preview."""


class Detail(IntFlag):
    """What a query wants beside the plain facts: its `flags`. As in the gallery protocol of VS Code."""

    FILES = 2
    """The files of each version."""
    VOCABULARY = 4
    """All categories and tags that are known, beside those of the extension."""
    OWNERS = 8
    """Who publishes and who owns it."""
    PROPERTIES = 16
    """The properties of each version."""


class FilterType(IntEnum):
    """What a criterion compares (the contract's codes)."""

    TAG = 1
    DISPLAY_NAME = 2
    PUBLISHER_ID = 3
    EXTENSION_ID = 4
    CATEGORY = 5
    IDENTIFIER = 7
    TARGET = 8
    KEYWORD = 10
    EXCLUDE_FLAGS = 12
    INCLUDE_FLAGS = 13
    PUBLISHER_NAME = 18
    PUBLISHER_DISPLAY_NAME = 19
    EXCLUDE_STATUS = 102
    INCLUDE_STATUS = 103
    IDE_NAME = 107
    EXTENSION_IDS = 108


class SortBy(IntEnum):
    """The order of a result (the contract's codes). None at all: best first with a keyword, else latest change first."""

    CHANGED = 1
    NAME = 2
    PUBLISHER = 3


class Criterion(Entity, frozen=True):
    """One condition."""

    filter_type: FilterType
    value: str


class Filter(Entity, frozen=True):
    """A question, answered by one page. Criteria of one type are alternatives, of different types conditions."""

    criteria: list[Criterion]
    page_number: int
    page_size: int
    sort_by: SortBy | None = None
    descending: bool | None = None
    """None: latest first by change, A to Z by name."""


class Ratings(Entity, frozen=True):
    """What users think: how many gave one to five stars."""

    histogram: tuple[int, int, int, int, int] = (0, 0, 0, 0, 0)

    @property
    def count(self) -> int:
        """How many rated."""
        return sum(self.histogram)

    @property
    def average(self) -> float:
        """The mean, 0 where nobody rated."""
        stars = sum(number * count for number, count in enumerate(self.histogram, start=1))
        return stars / self.count if self.count else 0.0


class Listing(Entity, frozen=True):
    """An extension as the marketplace shows it, with its versions, newest first (a search has the newest one only)."""

    extension: Extension
    publisher: Publisher
    versions: list[ExtensionVersion]
    installs: int
    ratings: Ratings
    flags: int


class FacetCount(Entity, frozen=True):
    """How many extensions everybody sees have this category or tag."""

    name: str
    count: int


class Found(Entity, frozen=True):
    """A page of what was found, and how many there are in all. `is_exact` False: there are at least so many."""

    listings: list[Listing]
    total: int
    is_exact: bool
    categories: list[FacetCount] = msgspec.field(default_factory=list)
    """With `Detail.VOCABULARY`: the categories that extensions have, most used first."""
    tags: list[FacetCount] = msgspec.field(default_factory=list)
    """The same for tags, at most a hundred."""
