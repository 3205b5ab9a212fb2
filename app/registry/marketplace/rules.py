"""What a question to the marketplace means. Pure decisions."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from schemas.errors import InvalidField
from schemas.model.access import Caller
from schemas.model.marketplace import Criterion, Filter, FilterType, Flag, SortBy
from storage.postgres.marketplace import EVERYBODY, Facet, How, Meaning, Ordering, Sought, Term

IDE_NAME = "CodeArts IDE Online"
IDE_CODE = 3
ENGINE = "vscode"
"""What a package wants to run in, if it is for that IDE."""

MOST_IDS = 100
LONGEST_TEXT = 256
"""Characters of a keyword."""
FRAGMENT = 3
"""Characters of each fragment of a display name that the database keeps a set of."""
MOST_TEXTS = 10
"""In one request: each keyword, and each part of a name, is a search of its own."""

_TEXTS = {FilterType.KEYWORD, FilterType.DISPLAY_NAME, FilterType.PUBLISHER_DISPLAY_NAME}
_ORDERINGS = {SortBy.CHANGED: Ordering.CHANGE, SortBy.NAME: Ordering.NAME, SortBy.PUBLISHER: Ordering.PUBLISHER}
_KINDS = {
    FilterType.TAG: "tag",
    FilterType.CATEGORY: "category",
    FilterType.PUBLISHER_ID: "publisher",
    FilterType.PUBLISHER_NAME: "publisher-name",
    FilterType.PUBLISHER_DISPLAY_NAME: "publisher-display-name",
}
_DIGITS = {
    Ordering.NAME: ("order-name", 60),
    Ordering.PUBLISHER: ("order-publisher", 120),
    Ordering.RANK: ("order-popularity", 5),
}
_STATUSES = {"INIT", "NORMAL", "OFFLINE", "ABANDONED", "GRAYED"}
_EVERYTHING = Facet(kind="all", value="")
_NOTHING = Facet(kind="none", value="")
_ALL_FLAGS = [bits for bits in range(sum(Flag) + 1) if bits & ~sum(Flag) == 0]
_PENALTIES = {How.SAME: 0, How.STEM: 1, How.PREFIX: 2}
_MOST_ALIKE = 5


def check_texts(filters: Sequence[Filter]) -> None:
    """Raises `InvalidField` where a request wants more to be searched for than one may."""
    texts = 0
    for place, each in enumerate(filters):
        for number, criterion in enumerate(each.criteria):
            texts += criterion.filter_type in _TEXTS
            if texts > MOST_TEXTS:
                raise InvalidField(
                    f"filters[{place}].criteria[{number}].value",
                    problem=f"A request has at most {MOST_TEXTS} keywords and parts of names, of all filters together",
                )


def sought(caller: Caller, asked: Filter, at: str) -> Sought | None:
    """What the filter looks for; None where nothing can be that. `at` is the filter's place in the request (`filters[0]`).

    Raises `InvalidField` for values that are none of their type's.
    """
    fields: dict[FilterType, list[str]] = {}
    for number, each in enumerate(asked.criteria):
        fields.setdefault(each.filter_type, []).extend(_values(each, f"{at}.criteria[{number}].value"))
    texts = _said(fields.get(FilterType.KEYWORD))
    scopes = _scopes(caller, fields)
    flags = _flags(fields)
    if not scopes or not flags:
        return None
    groups = [
        [Facet(kind=kind, value=value) for value in fields[type_]] for type_, kind in _KINDS.items() if type_ in fields
    ]
    groups += [[_target(value) for value in fields[FilterType.TARGET]]] if FilterType.TARGET in fields else []
    groups += [[_ide(value) for value in fields[FilterType.IDE_NAME]]] if FilterType.IDE_NAME in fields else []
    groups += [[Facet(kind="flags", value=str(bits)) for bits in flags]] if len(flags) < len(_ALL_FLAGS) else []
    named = (
        _in_both(fields.get(FilterType.EXTENSION_ID), fields.get(FilterType.EXTENSION_IDS)),
        fields.get(FilterType.IDENTIFIER),
        fields.get(FilterType.DISPLAY_NAME),
    )
    if texts is None and named == (None, None, None):
        groups = groups or [[_EVERYTHING]]
    ordering = _ORDERINGS[asked.sort_by] if asked.sort_by else Ordering.RANK if texts else Ordering.CHANGE
    descending = asked.descending if asked.descending is not None else ordering is Ordering.CHANGE
    return Sought(
        scopes=scopes,
        groups=groups,
        ids=named[0],
        identifiers=named[1],
        display_names=named[2],
        texts=texts,
        ordering=ordering,
        descending=descending or ordering is Ordering.RANK,
        skip=(asked.page_number - 1) * asked.page_size,
        take=asked.page_size,
    )


def terms(meanings: Sequence[Meaning]) -> list[Term]:
    """What to look for. A word that is there means itself, its other forms and (if the database says so) what begins with it; one
    that is not there means those that differ least, if that is little. One without a meaning is kept, as a word nobody has."""
    found = []
    places: dict[tuple[int, int], list[Meaning]] = {}
    for each in meanings:
        places.setdefault((each.alternative, each.position), []).append(each)
    for (alternative, position), meant in places.items():
        penalties = {each.word_id: _PENALTIES[each.how] for each in meant if each.how in _PENALTIES}
        penalties = penalties or _likest(meant)
        found += [
            Term(alternative=alternative, position=position, word_id=word_id or 0, penalty=penalty)
            for word_id, penalty in (penalties or {0: 0}).items()
        ]
    return found


def parts_of_names(asked: Sought) -> tuple[list[Facet], list[str]]:
    """The wanted parts of display names: the short ones as facets, and the others."""
    parts = asked.display_names or []
    short = [Facet(kind="fragment", value=each) for each in parts if len(each) <= FRAGMENT]
    return short, [each for each in parts if len(each) > FRAGMENT]


def by_position(found: Sequence[Term]) -> dict[tuple[int, int], list[Term]]:
    """The terms of each position of each text: alternatives."""
    positions: dict[tuple[int, int], list[Term]] = {}
    for each in found:
        positions.setdefault((each.alternative, each.position), []).append(each)
    return positions


def digits(ordering: Ordering) -> list[Facet]:
    """The sets that are the binary digits of what an order goes by, the lowest first."""
    kind, width = _DIGITS.get(ordering, ("", 0))
    return [Facet(kind=kind, value=str(digit)) for digit in range(width)]


def edits(one: str, other: str) -> int:
    """How many characters must be added, left out, changed or swapped with their neighbour to make one word the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, left in enumerate(one, start=1):
        now = [row]
        for column, right in enumerate(other, start=1):
            cost = min(last[column] + 1, now[column - 1] + 1, last[column - 1] + (left != right))
            if row > 1 and column > 1 and left == other[column - 2] and one[row - 2] == right:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        before, last = last, now
    return last[-1]


def _likest(meant: Iterable[Meaning]) -> dict[int | None, int]:
    """The words that differ least, and how much. Of short words less is forgiven."""
    near: dict[int | None, int] = {}
    for each in meant:
        if each.how is How.ALIKE and each.word is not None:
            distance = edits(each.said, each.word)
            if distance <= (1 if len(each.said) < 6 else 2):
                near[each.word_id] = distance
    least = min(near.values(), default=0)
    return dict([(word_id, distance) for word_id, distance in near.items() if distance == least][:_MOST_ALIKE])


# -- values ------------------------------------------------------------------------------------------------------------------


def _values(each: Criterion, field: str) -> list[str]:
    """What the criterion compares with; nothing for a keyword without text, which asks nothing."""
    reader = _READERS.get(each.filter_type)
    if reader is not None:
        return reader(each.value, field)
    if not each.value.strip():
        raise InvalidField(field, problem="It is empty")
    return [each.value]


def _keyword(value: str, field: str) -> list[str]:
    if len(value) > LONGEST_TEXT:
        raise InvalidField(field, problem=f"A keyword has at most {LONGEST_TEXT} characters")
    return [value.strip()] if value.strip() else []


def _bits(value: str, field: str) -> list[str]:
    if not (value.isascii() and value.isdigit() and len(value) <= 18):
        raise InvalidField(field, problem="A sum of flags is written as a whole number")
    return [value]


def _status(value: str, field: str) -> list[str]:
    if value.upper() not in _STATUSES:
        raise InvalidField(field, problem=f"One of {', '.join(sorted(_STATUSES))} is required")
    return [value.upper()]


def _id_list(value: str, field: str) -> list[str]:
    """One id, several with commas, or a JSON list of them."""
    texts: list[str] = value.split(",")
    if value.lstrip().startswith("["):
        try:
            texts = msgspec.json.decode(value, type=list[str])
        except msgspec.MsgspecError as error:
            raise InvalidField(field, problem="It begins like a JSON list of texts and is none") from error
    ids = list(dict.fromkeys(each.strip() for each in texts if each.strip()))
    if not 0 < len(ids) <= MOST_IDS or any("\0" in each for each in ids):
        raise InvalidField(field, problem=f"1 to {MOST_IDS} ids are taken, and these are {len(ids)}")
    return ids


_READERS: dict[FilterType, Callable[[str, str], list[str]]] = {
    FilterType.KEYWORD: _keyword,
    FilterType.INCLUDE_FLAGS: _bits,
    FilterType.EXCLUDE_FLAGS: _bits,
    FilterType.INCLUDE_STATUS: _status,
    FilterType.EXCLUDE_STATUS: _status,
    FilterType.EXTENSION_IDS: _id_list,
}


def _said(values: list[str] | None) -> list[str] | None:
    return values or None


def _scopes(caller: Caller, fields: dict[FilterType, list[str]]) -> list[str]:
    """Published extensions are everybody's and NORMAL, all others are INIT and their tenant's own. There are no others."""
    wanted = set(fields.get(FilterType.INCLUDE_STATUS, ["NORMAL"])) - set(fields.get(FilterType.EXCLUDE_STATUS, []))
    return [scope for status, scope in (("NORMAL", EVERYBODY), ("INIT", caller.tenant_id)) if status in wanted]


def _flags(fields: dict[FilterType, list[str]]) -> list[int]:
    """The sums of flags that are wanted: with all bits of one that is included, and no bit of any that is excluded."""
    included = [int(each) for each in fields.get(FilterType.INCLUDE_FLAGS, ["0"])]
    excluded = [int(each) for each in fields.get(FilterType.EXCLUDE_FLAGS, [])]
    return [
        bits
        for bits in _ALL_FLAGS
        if any(bits & each == each for each in included) and not any(bits & each for each in excluded)
    ]


def _in_both(some: list[str] | None, others: list[str] | None) -> list[str] | None:
    if some is None or others is None:
        return some if others is None else others
    return [each for each in some if each in others]


def _target(value: str) -> Facet:
    return _ide(value) if _is_ide(value) else Facet(kind="target", value=value)


def _ide(value: str) -> Facet:
    return Facet(kind="engine", value=ENGINE) if _is_ide(value) else _NOTHING


def _is_ide(value: str) -> bool:
    return value.casefold() == IDE_NAME.casefold()
