"""What is found in the marketplace: sets of places, what words may mean, and how many there are of each kind.

Each extension has a place: its number in the order of changes. A set of places is a whole number, of which bit n says whether
place n belongs to it. Sets lie in tables that only the database's owner sees, and are asked of functions that ask for the
caller's scopes first (migrations/0018_marketplace_sets.sql).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from schemas.base import Entity
from schemas.model.extensions import ExtensionVersion
from schemas.model.marketplace import FacetCount, Flag, Listing, Ratings
from schemas.model.publishers import Publisher, PublisherStatus
from storage.postgres.database import Transaction
from storage.postgres.extensions import extension_of, version_of
from storage.postgres.queries import load

QUERIES = load("marketplace")

_BLOCK_BYTES = 16_384 // 8

EVERYBODY = "*"
"""The scope of what everybody sees. Every other scope is a tenant's id: of its own extensions that are not published yet."""


class Ordering(StrEnum):
    """In which order a page is."""

    CHANGE = "change"
    NAME = "name"
    PUBLISHER = "publisher"
    RANK = "rank"
    """Best first; only of what has words."""


class Facet(Entity, frozen=True):
    """Something that extensions can be filtered by: a kind (see `facets_of` in the migration) and a value, in any case."""

    kind: str
    value: str


class Sought(Entity, frozen=True):
    """What is looked for: in these scopes what has a facet of each group, and is named by one of each list that is not None.

    A name is a part of a display name. `texts` are what a user typed; each is an alternative.
    """

    scopes: list[str]
    groups: list[list[Facet]]
    ids: list[str] | None
    identifiers: list[str] | None
    display_names: list[str] | None
    texts: list[str] | None
    ordering: Ordering
    descending: bool
    skip: int
    take: int


class How(StrEnum):
    """Why a word of the vocabulary may be meant by a word that was said."""

    SAME = "same"
    STEM = "stem"
    PREFIX = "prefix"
    ALIKE = "alike"
    UNKNOWN = "unknown"
    """It may not; there is no such word (and no `word`)."""


class Meaning(Entity, frozen=True):
    """What the word at a position (from 1) of a text (from 1) may mean; `uses` is how many extensions have that word."""

    alternative: int
    position: int
    said: str
    word: str | None
    word_id: int | None
    uses: int
    how: How


class Term(Entity, frozen=True):
    """A word to look for at a position of a text. `penalty` is how many classes worse than another it counts."""

    alternative: int
    position: int
    word_id: int
    penalty: int


class Named(Entity, frozen=True):
    """The sets of what has one of some ids, identifiers, or parts in its display name. Of a part that very many have, only some
    are in it, and `is_capped` is true."""

    by_id: int
    by_identifier: int
    by_part: int
    is_capped: bool


class Called(Entity, frozen=True):
    """The sets of what is called exactly like a text."""

    by_identifier: int
    by_name: int


async def find_generation(tx: Transaction) -> int:
    """A number that changes whenever a set does. What a snapshot finds under it is what every other one finds under it."""
    generation: int = await tx.value(QUERIES.find_generation)
    return generation


async def list_sets(
    tx: Transaction, scopes: Sequence[str], wanted: Sequence[Sequence[Facet | Term]]
) -> list[dict[int, int]]:
    """For each of the wanted the set of places that have one of its alternatives, by level: 0 for facets, for words the class of
    the field that has them less the penalty. A place may be on several levels; levels without places are missing."""
    facets = [(number, each) for number, some in enumerate(wanted) for each in some if isinstance(each, Facet)]
    words = [(number, each) for number, some in enumerate(wanted) for each in some if isinstance(each, Term)]
    rows = await tx.many(
        QUERIES.list_sets,
        scopes=list(scopes),
        numbers=[number for number, _ in facets],
        kinds=[each.kind for _, each in facets],
        facet_values=[each.value for _, each in facets],
        word_numbers=[number for number, _ in words],
        word_ids=[each.word_id for _, each in words],
        lacks=[each.penalty for _, each in words],
    )
    blocks: list[dict[int, dict[int, bytes]]] = [{} for _ in wanted]
    for number, level, block, bits in rows:
        blocks[number].setdefault(level, {})[block] = bits.bytes
    return [{level: _joined(some) for level, some in levels.items()} for levels in blocks]


async def named_places(tx: Transaction, sought: Sought, parts: Sequence[str], *, most: int) -> Named:
    """What has one of the wanted ids or identifiers, and what has one of the parts, of more than three characters, in its display
    name; of a part, at most `most`."""
    row = await tx.one(
        QUERIES.named_places,
        scopes=sought.scopes,
        ids=sought.ids,
        identifiers=sought.identifiers,
        parts=list(parts),
        most=most,
    )
    return Named(
        by_id=_set_of(row["by_id"]),
        by_identifier=_set_of(row["by_identifier"]),
        by_part=_set_of(row["by_part"]),
        is_capped=row["is_capped"],
    )


async def called_places(tx: Transaction, scopes: Sequence[str], texts: Sequence[str]) -> Called:
    """What is called exactly like one of the texts, in any case."""
    rows = await tx.many(QUERIES.called_places, scopes=list(scopes), texts=list(texts))
    return Called(
        by_identifier=_set_of([row["change"] for row in rows if row["by_identifier"]]),
        by_name=_set_of([row["change"] for row in rows if not row["by_identifier"]]),
    )


async def sort_places(tx: Transaction, sought: Sought, places: Sequence[int], *, skip: int, take: int) -> list[int]:
    """At most `take` of the places after the first `skip`, by publisher or by name, A first, whatever direction is sought."""
    rows = await tx.many(
        QUERIES.sort_places,
        scopes=sought.scopes,
        places=list(places),
        by_publisher=sought.ordering is Ordering.PUBLISHER,
        skip=skip,
        take=take,
    )
    return [row["change"] for row in rows]


async def understand(tx: Transaction, scopes: Sequence[str], texts: Sequence[str]) -> list[Meaning]:
    """What the words of the texts may mean, the first ten of each; those alike come the likest first."""
    rows = await tx.many(QUERIES.understand, scopes=list(scopes), texts=list(texts))
    return [Meaning(**{**row, "how": How(row["how"])}) for row in rows]


async def count_facets(
    tx: Transaction, kind: str, *, engine: str | None = None, skip: int, take: int
) -> tuple[list[FacetCount], int | None]:
    """The facets of a kind that public extensions (for that engine) have, most used first. How many there are in all is said with
    an engine only, and only where there are some."""
    rows = await tx.many(QUERIES.count_facets, kind=kind, within=engine, skip=skip, take=take)
    counts = [FacetCount(name=row["label"], count=row["count"]) for row in rows]
    return counts, rows[0]["total"] if rows else None


async def total_facets(tx: Transaction, kind: str) -> int:
    """How many facets of a kind public extensions have."""
    total: int = await tx.value(QUERIES.total_facets, kind=kind)
    return total


async def list_places(tx: Transaction, ids: Sequence[str]) -> list[int]:
    """Where the extensions of those ids are, as far as the transaction may see them; in no order."""
    return [row["change"] for row in await tx.many(QUERIES.list_places, ids=list(ids))]


async def list_listings(tx: Transaction, places: Sequence[int]) -> dict[int, Listing]:
    """The extensions of those places that the transaction may see, by place, each with the version that it shows."""
    rows = await tx.many(QUERIES.list_listings, places=list(places))
    return {row["change"]: _listing(row) for row in rows}


async def list_versions(tx: Transaction, tenant_id: str, ids: Sequence[str], *, most: int) -> list[ExtensionVersion]:
    """The versions of these extensions that are published, or wait and are the tenant's own: of each extension the newest
    first, at most `most`."""
    rows = await tx.many(QUERIES.list_versions, tenant_id=tenant_id, ids=list(ids), most=most)
    return [version_of(row) for row in rows]


# -- rows and Structs --------------------------------------------------------------------------------------------------------


def _joined(blocks: dict[int, bytes]) -> int:
    """The set of these blocks; each begins with its last place."""
    empty = bytes(_BLOCK_BYTES)
    return int.from_bytes(b"".join(blocks.get(block, empty) for block in range(max(blocks), -1, -1)), "big")


def _set_of(places: Sequence[int]) -> int:
    bits = bytearray(max(places, default=0) // 8 + 1)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(bits, "little")


def _listing(row: Any) -> Listing:
    extension = extension_of(row)
    told = {name: row[f"p_{name}"] for name in Publisher.__struct_fields__}
    publisher = Publisher(**{**told, "status": PublisherStatus(row["p_status"])})
    flags = Flag(0)
    for flag, is_so in (
        (Flag.OFFICIAL, extension.official),
        (Flag.VERIFIED, publisher.status is PublisherStatus.ACCEPTED),
        (Flag.PUBLIC, extension.published_at is not None),
        (Flag.PREVIEW, extension.preview),
    ):
        if is_so:
            flags |= flag
    return Listing(
        extension=extension,
        publisher=publisher,
        versions=[version_of({name: row[f"v_{name}"] for name in ExtensionVersion.__struct_fields__})],
        installs=row["installs"],
        ratings=Ratings(histogram=tuple(row["stars"])),
        flags=int(flags),
    )
