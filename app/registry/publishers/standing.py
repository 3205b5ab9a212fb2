"""Which acts a publisher's standing allows, and where they lead: two tables. The database guards the same moves."""

from schemas.errors import PublisherMoveRefused
from schemas.model.publishers import Act, Publisher, PublisherStatus

_PROCESSING, _ACCEPTED = PublisherStatus.PROCESSING, PublisherStatus.ACCEPTED
_REJECTED, _SUSPENDED = PublisherStatus.REJECTED, PublisherStatus.SUSPENDED

MOVES: dict[tuple[PublisherStatus, Act], PublisherStatus] = {
    (_PROCESSING, Act.ACCEPT): _ACCEPTED,
    (_REJECTED, Act.ACCEPT): _ACCEPTED,
    (_PROCESSING, Act.REJECT): _REJECTED,
    (_ACCEPTED, Act.REJECT): _REJECTED,  # while nothing of it is published
    (_REJECTED, Act.REAPPLY): _PROCESSING,
    (_ACCEPTED, Act.SUSPEND): _SUSPENDED,
    (_SUSPENDED, Act.REINSTATE): _ACCEPTED,
    # Doing it again changes nothing, or the reason only:
    (_ACCEPTED, Act.ACCEPT): _ACCEPTED,
    (_REJECTED, Act.REJECT): _REJECTED,
    (_PROCESSING, Act.REAPPLY): _PROCESSING,
    (_SUSPENDED, Act.SUSPEND): _SUSPENDED,
    (_ACCEPTED, Act.REINSTATE): _ACCEPTED,
}
"""Which decision leads where. What is not here is refused."""

_ALWAYS = frozenset(PublisherStatus)

ALLOWED: dict[Act, frozenset[PublisherStatus]] = {
    Act.LOOK: _ALWAYS,
    Act.BRING: frozenset({_PROCESSING, _ACCEPTED}),
    Act.SET_REVIEW: _ALWAYS,
    Act.SKIP_REVIEW: _ALWAYS,
    Act.VERIFY: frozenset({_ACCEPTED}),
    Act.UNVERIFY: _ALWAYS,
    Act.INVITE: _ALWAYS,
    Act.REVOKE: _ALWAYS,
    Act.CHANGE_ROLE: _ALWAYS,
    Act.REMOVE: _ALWAYS,
    # Nobody slips out of a suspension: not by giving the publisher away, and not by making it anew.
    Act.HAND_OVER: frozenset({_PROCESSING, _ACCEPTED, _REJECTED}),
    Act.DELETE: frozenset({_PROCESSING, _ACCEPTED, _REJECTED}),
}
"""In which standing the acts are possible that leave it as it is."""


def moved(publisher: Publisher, act: Act, field: str) -> PublisherStatus:
    """Where a decision leads. Raises `PublisherMoveRefused`."""
    status = MOVES.get((publisher.status, act))
    if status is None:
        raise PublisherMoveRefused(field, status=publisher.status.label, act=act.value)
    return status


def require(publisher: Publisher, act: Act, field: str) -> None:
    """Raises `PublisherMoveRefused` where the publisher's standing does not allow the act."""
    if publisher.status not in ALLOWED[act]:
        raise PublisherMoveRefused(field, status=publisher.status.label, act=act.value)
