"""Which act takes a release from which state to which, and who may do it. Pure decisions."""

from datetime import UTC, date, datetime
from enum import StrEnum

import msgspec

from schemas.errors import InvalidField, ReleaseMoveRefused
from schemas.model.access import Caller, Role
from schemas.model.releases import Act, Deprecation, Release, ReleaseState

S = ReleaseState

MOVES: dict[Act, dict[ReleaseState, frozenset[ReleaseState]]] = {
    Act.SUBMIT: {each: frozenset({S.CHECKING}) for each in (S.DRAFT, S.CHANGES_REQUESTED, S.WITHDRAWN)},
    Act.PASS: {S.CHECKING: frozenset({S.RELEASED})},
    Act.FILE: {S.CHECKING: frozenset({S.IN_REVIEW})},
    Act.FAIL: {S.CHECKING: frozenset({S.CHANGES_REQUESTED})},
    Act.ACCEPT: {S.IN_REVIEW: frozenset({S.RELEASED})},
    Act.REJECT: {S.IN_REVIEW: frozenset({S.REJECTED})},
    Act.REQUEST_CHANGES: {S.IN_REVIEW: frozenset({S.CHANGES_REQUESTED})},
    Act.WITHDRAW: {each: frozenset({S.WITHDRAWN}) for each in (S.CHECKING, S.IN_REVIEW, S.CHANGES_REQUESTED)},
    Act.DEPRECATE: {each: frozenset({S.DEPRECATED}) for each in (S.RELEASED, S.DEPRECATED)},
    Act.UNDEPRECATE: {S.DEPRECATED: frozenset({S.RELEASED})},
    Act.YANK: {each: frozenset({S.YANKED}) for each in (S.RELEASED, S.DEPRECATED)},
    Act.UNYANK: {S.YANKED: frozenset({S.RELEASED, S.DEPRECATED})},
    Act.QUARANTINE: {each: frozenset({S.QUARANTINED}) for each in (S.RELEASED, S.DEPRECATED, S.YANKED)},
    Act.RESTORE: {S.QUARANTINED: frozenset({S.RELEASED, S.DEPRECATED, S.YANKED})},
}
"""By act and state before. `release_moves` of the database has the same."""


class Part(StrEnum):
    """What somebody, or something, is to a release."""

    CHECKS = "checks"
    """The registry itself, by what the checks came to."""
    AUTHOR = "author"
    """Authors of its own tenant who may change what it is of."""
    DESK = "desk"
    """Operators, and reviewers of an official tenant."""
    OPERATOR = "operator"


PARTS: dict[Act, frozenset[Part]] = {
    Act.SUBMIT: frozenset({Part.AUTHOR}),
    Act.PASS: frozenset({Part.CHECKS}),
    Act.FILE: frozenset({Part.CHECKS}),
    Act.FAIL: frozenset({Part.CHECKS}),
    Act.ACCEPT: frozenset({Part.DESK}),
    Act.REJECT: frozenset({Part.DESK}),
    Act.REQUEST_CHANGES: frozenset({Part.DESK}),
    Act.WITHDRAW: frozenset({Part.AUTHOR}),
    Act.DEPRECATE: frozenset({Part.AUTHOR}),
    Act.UNDEPRECATE: frozenset({Part.AUTHOR}),
    Act.YANK: frozenset({Part.AUTHOR}),
    Act.UNYANK: frozenset({Part.AUTHOR}),
    Act.QUARANTINE: frozenset({Part.OPERATOR}),
    Act.RESTORE: frozenset({Part.OPERATOR}),
}
"""Who may do it."""

SHOWN = (S.RELEASED, S.DEPRECATED, S.YANKED, S.QUARANTINED)
"""It is, or was, everybody's."""
UNDECIDED = (S.CHECKING, S.IN_REVIEW, S.CHANGES_REQUESTED)
MAX_TEXT_LENGTH = 1000


def parts_of(caller: Caller, release: Release) -> frozenset[Part]:
    """What the caller is to a release, as far as roles say; who may change what it is of is asked besides."""
    parts: set[Part] = set()
    if caller.tenant_id == release.tenant_id and caller.roles & {Role.AUTHOR, Role.ADMIN, Role.OPERATOR}:
        parts.add(Part.AUTHOR)
    if is_of_desk(caller):
        parts.add(Part.DESK)
    if Role.OPERATOR in caller.roles:
        parts.add(Part.OPERATOR)
    return frozenset(parts)


def is_of_desk(caller: Caller) -> bool:
    """Whether the caller decides for the platform: an operator, or a reviewer of an official tenant."""
    return Role.OPERATOR in caller.roles or (Role.REVIEWER in caller.roles and caller.official)


def is_own(caller: Caller, release: Release) -> bool:
    """Whether it is of the caller's own making; then somebody else decides about it."""
    return caller.user_id in (release.author_id, release.submitter_id)


def is_legal(act: Act, before: ReleaseState, after: ReleaseState) -> bool:
    """Whether the act takes a release from one state to the other."""
    return after in MOVES[act].get(before, frozenset())


def after(release: Release, act: Act) -> ReleaseState:
    """What a release becomes by an act. Raises `ReleaseMoveRefused`."""
    choices = MOVES[act].get(release.state)
    if not choices:
        wanted = ", ".join(sorted(MOVES[act]))
        raise ReleaseMoveRefused("release_id", act=act, version=release.version, state=release.state, wanted=wanted)
    if act is Act.RESTORE and release.restores_to is not None:
        return release.restores_to
    if act is Act.UNYANK:
        return S.DEPRECATED if release.deprecation is not None else S.RELEASED
    return next(iter(choices))


def moved(release: Release, act: Act, *, message: str = "", reasons: list[str] | None = None) -> Release:
    """The release after an act. Raises `ReleaseMoveRefused`."""
    return msgspec.structs.replace(
        release,
        state=after(release, act),
        message=message,
        reasons=release.reasons if reasons is None else reasons,
        restores_to=release.state if act is Act.QUARANTINE else None,
        **({"deprecation": None, "replacement": "", "removal_date": None} if act is Act.UNDEPRECATE else {}),
    )


def checked_deprecation(told: Deprecation, today: date | None = None) -> Deprecation:
    """The same. Raises `InvalidField` where it cannot be taken: the message needs a word, and the day must be to come."""
    checked_text("message", told.message)
    if told.removal_date is not None and told.removal_date <= (today or datetime.now(UTC).date()):
        raise InvalidField("removal_date", problem="The day on which it will be gone is to come")
    return told


def checked_text(field: str, text: str) -> str:
    """Why something is done: 1 to 1000 characters, at least one of them visible. Raises `InvalidField`."""
    if not text.strip() or len(text) > MAX_TEXT_LENGTH or "\x00" in text:
        raise InvalidField(field, problem=f"A text of 1 to {MAX_TEXT_LENGTH} characters is required")
    return text
