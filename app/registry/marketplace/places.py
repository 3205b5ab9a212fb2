"""Reckoning with sets of places. Pure decisions.

A set is a whole number, of which bit n says whether place n belongs to it; the higher a place, the later its extension changed.
Numbers that each place has (`Numbers`) are kept as sets, too: one for each binary digit, the lowest first. So adding up the
scores of a hundred thousand extensions is a handful of ANDs and XORs, and the best of them are found without sorting.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import zip_longest
from operator import and_, or_

Places = int
Numbers = list[int]
Levels = Mapping[int, Places]
"""Which places have one of some words, by how good the field is that has it."""

_SOME = re.compile(rb"\0*+([^\0])")  # a run of zeros is passed over at once, and not octet by octet
_BITS = [[bit for bit in range(7, -1, -1) if octet >> bit & 1] for octet in range(256)]
_LIFT = 2  # a word may lack two classes; with this every level that there is becomes a number above 0
_WORD = 1024  # more than the fields of a hundred words can add up to


def latest(found: Places, skip: int, take: int) -> list[int]:
    """The places of a page, the highest first."""
    if skip:
        found &= (1 << _low_bits_beside(found, skip)) - 1
    shift = _low_bits_beside(found, take)
    return listed(found >> shift, above=shift)


def earliest(found: Places, skip: int, take: int) -> list[int]:
    """The places of a page, the lowest first."""
    total = found.bit_count()
    take = max(0, min(take, total - skip))
    return latest(found, total - skip - take, take)[::-1]


def listed(found: Places, *, above: int = 0) -> list[int]:
    """All places, each moved up by `above`, the highest first."""
    octets = found.to_bytes((found.bit_length() + 7) // 8, "big")
    last = above + 8 * len(octets) - 8
    some = _SOME.finditer(octets.rstrip(b"\0"))  # zeros after the last would be looked through from each of them
    return [last - 8 * each.start(1) + bit for each in some for bit in _BITS[each[1][0]]]


def best(found: Places, numbers: Numbers, skip: int, take: int) -> list[int]:
    """The places of a page by their numbers, the largest first; of equal ones the latest."""
    page: list[int] = []
    for part, passed in parts(found, numbers, skip, take):
        page += latest(part, passed, take - len(page))
    return page


def parts(
    found: Places, numbers: Numbers, skip: int, take: int, *, descending: bool = True, small: int = 1
) -> Iterator[tuple[Places, int]]:
    """The parts that a page lies in, in the order of their places' numbers; each with how many places of it come before the page.
    The places of a part have one number, or are at most `small`."""
    before, waiting = 0, [(found, found.bit_count(), len(numbers))]
    while waiting and before < skip + take:
        part, count, digits = waiting.pop()
        if not count or before + count <= skip:
            before += count
            continue
        while digits and count > small:
            digits -= 1
            high = part & numbers[digits]
            if not high or high == part:
                continue
            high_count = high.bit_count()
            halves = [(part ^ high, count - high_count, digits), (high, high_count, digits)]
            waiting += halves if descending else halves[::-1]
            break
        else:
            yield part, max(0, skip - before)
            before += count


def having_every_word(texts: Iterable[Sequence[Levels]]) -> tuple[Places, Numbers]:
    """What has a word of each position of a text, and its score: the sum of the levels in its best text."""
    found: Places = 0
    scores: Numbers = []
    for positions in texts:
        has = reduce(and_, (_union(each) for each in positions))
        score = reduce(added, (_numbers(each) for each in positions))
        scores = larger(scores, [each & has for each in score])
        found |= has
    return found, scores


def having_most_words(positions: Sequence[Levels]) -> tuple[Places, Numbers]:
    """What has a word of some position. More words are better than better words."""
    found = reduce(or_, (_union(each) for each in positions))
    return found, reduce(added, (_numbers(each, and_for_each=_WORD) for each in positions))


def added(one: Numbers, other: Numbers) -> Numbers:
    """The sums."""
    total: Numbers = []
    carry: Places = 0
    for left, right in zip_longest(one, other, fillvalue=0):
        total.append(left ^ right ^ carry)
        carry = (left & right) | (carry & (left ^ right))
    return [*total, carry] if carry else total


def larger(one: Numbers, other: Numbers) -> Numbers:
    """For each place the larger of its two numbers."""
    pairs = list(zip_longest(one, other, fillvalue=0))
    more: Places = 0  # where `one` is the larger, as far as is known
    less: Places = 0
    for left, right in reversed(pairs):
        differs = (left ^ right) & ~(more | less)
        more |= differs & left
        less |= differs & right
    return [(left & ~less) | (right & less) for left, right in pairs]


def _numbers(levels: Levels, *, and_for_each: int = 0) -> Numbers:
    """For each place its highest level, lifted above 0."""
    numbers: Numbers = []
    taken: Places = 0
    for level in sorted(levels, reverse=True):
        places, number = levels[level] & ~taken, level + _LIFT + and_for_each
        taken |= places
        numbers += [0] * (number.bit_length() - len(numbers))
        for digit in range(number.bit_length()):
            if number >> digit & 1:
                numbers[digit] |= places
    return numbers


def _union(levels: Levels) -> Places:
    return reduce(or_, levels.values(), 0)


def _low_bits_beside(found: Places, count: int) -> int:
    """How many of the low bits are to be left out so that the `count` highest places remain, or all where there are fewer."""
    # The highest place to be left out is the `left`-th from above among the `width` bits of `found`, which begin at `below`.
    below, width, left = 0, found.bit_length(), count + 1
    while width > 1:
        half = width // 2
        high = found >> half
        high_count = high.bit_count()
        if high_count >= left:
            found, below, width = high, below + half, width - half
        else:
            found, width, left = found & ((1 << half) - 1), half, left - high_count
    return below + 1 if found and left == 1 else 0
