"""Finds a page of places: which sets are asked for, and what is reckoned with them."""

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_

from app.registry.marketplace import places, rules
from schemas.base import Entity
from storage.postgres import marketplace
from storage.postgres.database import Transaction
from storage.postgres.marketplace import EVERYBODY, Facet, Ordering, Sought, Term

MOST_PICKED = 10_000
"""Of what has a part of more than a fragment in its name, so many are looked at; where there are more, a total says that it is
not exact."""

_MOST_KEPT = 512  # sets; a hundred thousand extensions make one of 13 kB
_SORTED_AT_ONCE = 64  # names that are looked up and compared
_BY_NAME_OF_OTHERS = "publisher-display-name"  # a facet that changes with the publishers


class FoundPlaces(Entity, frozen=True):
    """A page of places, and how many there are in all; not `is_exact`: at least so many."""

    places: list[int]
    total: int
    is_exact: bool = True


class Finding:
    """Finds, and keeps the sets of facets that it read last: those of everybody's extensions, never a tenant's own.

    The database counts the changes of its sets, and a set is used again only by a snapshot that sees the same count.
    """

    def __init__(self) -> None:
        self._generation = 0
        self._kept: dict[Facet, places.Places] = {}

    async def find(self, tx: Transaction, sought: Sought) -> FoundPlaces:
        """A page of what has a facet of each group and is named as is wanted; and has every word of a text or, where nothing
        has, the most of them. The transaction is a snapshot."""
        meanings = await marketplace.understand(tx, sought.scopes, sought.texts) if sought.texts else []
        words = rules.by_position(rules.terms(meanings))
        digits = [[digit] for digit in rules.digits(sought.ordering)]
        fragments, parts = rules.parts_of_names(sought)
        groups = [*sought.groups, fragments, *digits]
        facets, levels = await self._sets(tx, sought.scopes, groups, list(words.values()))
        conditions, numbers = facets[: len(sought.groups)], facets[len(sought.groups) + 1 :]
        named_in_part = facets[len(sought.groups)]

        is_exact = True
        if sought.ids is not None or sought.identifiers is not None or parts:
            named = await marketplace.named_places(tx, sought, parts, most=MOST_PICKED)
            is_exact = not named.is_capped
            conditions += [named.by_id] if sought.ids is not None else []
            conditions += [named.by_identifier] if sought.identifiers is not None else []
            named_in_part |= named.by_part
        conditions += [named_in_part] if sought.display_names is not None else []
        if sought.texts is not None:
            called = await marketplace.called_places(tx, sought.scopes, sought.texts)
            texts: dict[int, list[places.Levels]] = {}
            for (text, _), each in zip(words, levels, strict=True):
                texts.setdefault(text, []).append(each)
            having, scores = places.having_every_word(texts.values())
            having |= called.by_name | called.by_identifier
            if len(levels) > 1 and not reduce(and_, conditions, having):
                having, scores = places.having_most_words(levels)
            conditions.append(having)
            if sought.ordering is Ordering.RANK:
                numbers += [*scores, called.by_name, called.by_identifier]
        found = reduce(and_, conditions)
        return FoundPlaces(places=await _page(tx, sought, found, numbers), total=found.bit_count(), is_exact=is_exact)

    async def _sets(
        self, tx: Transaction, scopes: Sequence[str], groups: Sequence[Sequence[Facet]], words: Sequence[Sequence[Term]]
    ) -> tuple[list[places.Places], list[places.Levels]]:
        """The set of each group, and the levels of each position."""
        known: dict[Facet, places.Places] = {}
        if scopes == [EVERYBODY]:
            generation = await marketplace.find_generation(tx)
            if generation != self._generation or len(self._kept) > _MOST_KEPT:
                self._generation, self._kept = generation, {}
            known = self._kept  # and still of this generation when others have begun the next one
        missing = [each for each in dict.fromkeys(each for group in groups for each in group) if each not in known]
        asked: list[Sequence[Facet | Term]] = [*([each] for each in missing), *words]
        found = await marketplace.list_sets(tx, scopes, asked) if asked else []
        read = {facet: levels.get(0, 0) for facet, levels in zip(missing, found, strict=False)}
        known.update({facet: each for facet, each in read.items() if each and facet.kind != _BY_NAME_OF_OTHERS})
        return (
            [reduce(or_, (known.get(each) or read.get(each, 0) for each in group), 0) for group in groups],
            list(found[len(missing) :]),
        )


async def _page(tx: Transaction, sought: Sought, found: places.Places, numbers: places.Numbers) -> list[int]:
    """The places of the page in its order, which `numbers` tell: by rank all of it, by name what names begin with."""
    skip, take = sought.skip, sought.take
    if sought.ordering is Ordering.RANK:
        return places.best(found, numbers, skip, take)
    if sought.ordering is Ordering.CHANGE:
        return (places.latest if sought.descending else places.earliest)(found, skip, take)
    parts = list(places.parts(found, numbers, skip, take, descending=sought.descending, small=_SORTED_AT_ONCE))
    if not parts:
        return []
    near = places.listed(reduce(or_, (part for part, _ in parts)))
    passed = parts[0][1]
    take = min(take, len(near) - passed)
    if not sought.descending:
        return await marketplace.sort_places(tx, sought, near, skip=passed, take=take)
    return (await marketplace.sort_places(tx, sought, near, skip=len(near) - passed - take, take=take))[::-1]
