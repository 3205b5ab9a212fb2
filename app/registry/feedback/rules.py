"""What may be said of an extension, how often, who may delete it, and how replies hang together.

Ratings are taken from everybody who sees the extension, users of its own tenant among them: the contract knows no exception.
"""

import unicodedata
from collections.abc import Sequence

import msgspec

from schemas.base import Entity
from schemas.errors import InvalidField, MissingField, NotYourText, RepliesTooDeep, ReportDecided, TooManyReplies
from schemas.model.access import Caller, Role
from schemas.model.feedback import Remark, Reply, Report, ReportState
from schemas.paging import Paging

MOST_STARS = 5
LONGEST_COMMENT = 2000
LONGEST_EVALUATION = 4000
LONGEST_REPLY = 1000
LONGEST_REASON = 1000
LONGEST_NOTE = 1000
DEEPEST_REPLY = 5
MOST_REPLIES = 200
MOST_PER_PAGE = 100
"""Less than elsewhere: each evaluation brings all its replies along."""

_MOST_ID = 2**63 - 1
# Letters and symbols without ink: the fillers of Hangul, and the Braille pattern without dots.
_BLANKS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# What Unicode calls Bidi_Control: a text that holds one need not read as it is stored.
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Pace(Entity, frozen=True):
    """How many of something a user may send within a time."""

    what: str
    limit: int
    minutes: int


TEXTS = Pace(what="evaluations and replies", limit=10, minutes=10)
REPORTS = Pace(what="reports", limit=20, minutes=60)


def can_exist(id: int) -> bool:
    """Whether the number can be that of an evaluation, a reply or a report."""
    return 1 <= id <= _MOST_ID


def checked_stars(stars: int) -> int:
    """1 to 5."""
    if not 1 <= stars <= MOST_STARS:
        raise InvalidField("stars", problem=f"1 to {MOST_STARS} stars are given")
    return stars


def checked_text(field: str, text: str, longest: int) -> str:
    """The text with line feeds for line ends of every kind: 1 to `longest` characters, one of them visible; of control
    characters only tabs and line feeds, and nothing that turns the direction of writing."""
    if not text:
        raise MissingField(field)
    if not any(_is_visible(each) for each in text):
        raise InvalidField(field, problem="A text has visible characters")
    return checked_note(field, text, longest)


def checked_note(field: str, text: str, longest: int) -> str:
    """The same for a text that may be empty."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")  # forms of browsers send both at the end of each line
    if len(text) > longest:
        raise InvalidField(field, problem=f"At most {longest} characters are taken")
    if any(_is_forbidden(each) for each in text):
        raise InvalidField(
            field,
            problem="A plain text has no control characters but tab and line feed, and none that turn its direction",
        )
    return text


def _is_visible(character: str) -> bool:
    """Whether it is seen where nothing is beside it: marks need a letter, and some letters and symbols are blank."""
    return unicodedata.category(character)[0] not in "CMZ" and character not in _BLANKS


def _is_forbidden(character: str) -> bool:
    if character in "\t\n":
        return False
    return unicodedata.category(character) in {"Cc", "Cs"} or character in _BIDI_CONTROLS


def checked_paging(paging: Paging) -> Paging:
    """At most 100 entries at once."""
    if not 1 <= paging.limit <= MOST_PER_PAGE:
        raise InvalidField("limit", problem=f"1 to {MOST_PER_PAGE} entries are answered at once")
    return paging


def check_may_delete(caller: Caller, remark: Remark) -> None:
    """Raises `NotYourText` unless the caller wrote it, administers the account of who did, or is an operator."""
    is_author = caller.user_id == remark.author.user_id
    administers = Role.ADMIN in caller.roles and caller.tenant_id == remark.author.tenant_id
    if not (is_author or administers or Role.OPERATOR in caller.roles):
        raise NotYourText


def check_takes_reply(answered: Remark, replies: int) -> None:
    """Raises `RepliesTooDeep`, or `TooManyReplies` where the evaluation has so many `replies` already."""
    if answered.depth >= DEEPEST_REPLY:
        raise RepliesTooDeep("reply_id", depth=answered.depth)
    if replies >= MOST_REPLIES:
        raise TooManyReplies(limit=MOST_REPLIES)


def is_decided(report: Report, decision: ReportState) -> bool:
    """Whether exactly this was decided before. Raises `ReportDecided` where it was the opposite."""
    if report.state not in {ReportState.OPEN, decision}:
        raise ReportDecided("report_id", state=report.state.value)
    return report.state is decision


def threads(replies: Sequence[Reply]) -> dict[int, list[Reply]]:
    """Replies, which come side by side and oldest first, by evaluation and within each other, oldest first."""
    by_evaluation: dict[int, list[Reply]] = {}
    answers: dict[int, list[Reply]] = {}
    for reply in reversed(replies):  # an answer is younger than what it answers, so it is done before
        own = answers.pop(reply.id, [])
        if reply.answers is None:
            place = by_evaluation.setdefault(reply.evaluation_id, [])
        else:
            place = answers.setdefault(reply.answers, [])
        place.append(msgspec.structs.replace(reply, replies=own[::-1]))
    return {evaluation_id: found[::-1] for evaluation_id, found in by_evaluation.items()}
