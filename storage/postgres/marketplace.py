"""What is found in the marketplace: pages of extensions, what words may mean, and how many there are of each kind.

Everything here is asked of tables that only the database's owner sees, by functions that ask for the caller's scopes first
(migrations/0014_marketplace.sql).
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


class FoundIds(Entity, frozen=True):
    """A page of ids, and how many there are in all; not `is_exact`: at least so many."""

    ids: list[str]
    total: int
    is_exact: bool = True


async def list_by_facets(tx: Transaction, sought: Sought) -> FoundIds:
    """A page of what has a facet of each group. Names and texts are not asked."""
    rows = await tx.many(QUERIES.list_extensions, **_filters(sought), **_page(sought))
    return FoundIds(ids=_ids(rows), total=rows[0]["total"])


async def pick(tx: Transaction, sought: Sought, terms: Sequence[Term], *, every_word: bool, most: int) -> FoundIds:
    """A page of what is named, and has the words where there are texts: one of each position of a text, or (not `every_word`) of
    as many as possible. At most `most` are looked at."""
    rows = await tx.many(
        QUERIES.pick_extensions,
        **_filters(sought),
        **_page(sought),
        ids=sought.ids,
        identifiers=sought.identifiers,
        display_names=sought.display_names,
        texts=sought.texts,
        alternatives=[each.alternative for each in terms],
        positions=[each.position for each in terms],
        word_ids=[each.word_id for each in terms],
        penalties=[each.penalty for each in terms],
        every_word=every_word,
        most=most,
    )
    return FoundIds(ids=_ids(rows), total=rows[0]["total"], is_exact=rows[0]["is_exact"])


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


async def list_listings(tx: Transaction, ids: Sequence[str]) -> dict[str, Listing]:
    """The extensions of those ids that the transaction may see, by id, each with the version that it shows."""
    rows = await tx.many(QUERIES.list_listings, ids=list(ids))
    return {row["id"]: _listing(row) for row in rows}


async def list_versions(tx: Transaction, tenant_id: str, ids: Sequence[str], *, most: int) -> list[ExtensionVersion]:
    """The versions of these extensions that are published, or wait and are the tenant's own: of each extension the newest
    first, at most `most`."""
    rows = await tx.many(QUERIES.list_versions, tenant_id=tenant_id, ids=list(ids), most=most)
    return [version_of(row) for row in rows]


# -- rows and Structs --------------------------------------------------------------------------------------------------------


def _filters(sought: Sought) -> dict[str, object]:
    numbered = [(number, each) for number, group in enumerate(sought.groups) for each in group]
    return {
        "scopes": sought.scopes,
        "groups": [number for number, _ in numbered],
        "kinds": [each.kind for _, each in numbered],
        "facet_values": [each.value for _, each in numbered],
    }


def _page(sought: Sought) -> dict[str, object]:
    return {
        "ordering": sought.ordering,
        "descending": sought.descending,
        "skip": sought.skip,
        "take": sought.take,
    }


def _ids(rows: list[Any]) -> list[str]:
    return [row["extension_id"] for row in rows if row["extension_id"] is not None]


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
