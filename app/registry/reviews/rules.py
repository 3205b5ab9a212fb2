"""Which releases need a person, by how many something is decided, and for which reasons. Pure decisions."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from app.registry.releases.rules import MAX_TEXT_LENGTH
from schemas.base import Entity
from schemas.errors import InvalidField
from schemas.model.checks import CheckResult, Severity
from schemas.model.publishers import Publisher, PublisherStatus
from schemas.model.releases import Verdict
from schemas.model.reviews import NeedsPerson, Reason, ReviewPolicy, ReviewRule, Side

CLAIM_MINUTES = 60
"""How long a claim holds."""
METRICS_DAYS = 30
MOST_REASONS = 5
MOST_SHOWN = 20_000
"""Characters of a field that are shown side by side."""
EXTENSION_TYPE = "Extension"
"""What extensions have for a business type."""

_CHANGES = {
    "changed.entry-points": NeedsPerson.CHANGED_ENTRY_POINTS,
    "changed.permissions": NeedsPerson.CHANGED_PERMISSIONS,
    "changed.dependencies": NeedsPerson.CHANGED_DEPENDENCIES,
}

WORDS: dict[NeedsPerson, str] = {
    NeedsPerson.PUBLISHER_WAITS: "the publisher {publisher} is not accepted yet",
    NeedsPerson.CHECKS_UNDONE: "checks could not be done and have to be run again: {undone}",
    NeedsPerson.REJECTED_BEFORE: "the same package was rejected before: {rejected}",
    NeedsPerson.PUBLISHER_ASKS: "the publisher {publisher} asks for a look at each of its versions",
    NeedsPerson.ALWAYS: "every version is looked at before it is published",
    NeedsPerson.FIRST_OF_PUBLISHER: "the first version of a publisher is looked at before it is published",
    NeedsPerson.FIRST_RELEASE: "the first version of an extension or plug-in is looked at before it is published",
    NeedsPerson.CHANGED_ENTRY_POINTS: "it runs something else than the version before",
    NeedsPerson.CHANGED_PERMISSIONS: "it runs at other occasions, or with other rights, than the version before",
    NeedsPerson.CHANGED_DEPENDENCIES: "it needs something else than the version before",
    NeedsPerson.WARNINGS: "the checks have a warning about it",
}


class Case(Entity, frozen=True):
    """What decides whether a release needs a person. `publisher` None: the platform's own.

    `undone` names checks that could not be done; `rejected` is the reason for which the same package was refused, None where it
    was not; `of_publisher` and `of_object` count what has gone out before.
    """

    policy: ReviewPolicy
    publisher: Publisher | None
    results: Sequence[CheckResult]
    undone: Sequence[str] = ()
    rejected: str | None = None
    of_publisher: int = 0
    of_object: int = 0


def reasons(case: Case) -> list[NeedsPerson]:
    """Why a person has to look at it, the weightiest first; nothing where the checks are enough.

    What stands against it whatever anybody settles comes first; then what the publisher asks for; then, unless the platform's
    look at this publisher is skipped, what the policy does.
    """
    publisher = case.publisher
    found: list[NeedsPerson] = []
    if publisher is not None and publisher.status is not PublisherStatus.ACCEPTED:
        found.append(NeedsPerson.PUBLISHER_WAITS)
    if case.undone:
        found.append(NeedsPerson.CHECKS_UNDONE)
    if case.rejected is not None:
        found.append(NeedsPerson.REJECTED_BEFORE)
    if publisher is not None and publisher.publisher_review:
        found.append(NeedsPerson.PUBLISHER_ASKS)
    if publisher is not None and publisher.system_review:
        return found
    if case.policy is ReviewPolicy.ALWAYS:
        found.append(NeedsPerson.ALWAYS)
    if case.policy is ReviewPolicy.FIRST_RELEASE:
        found += _of_first_release(case)
    return found


def _of_first_release(case: Case) -> list[NeedsPerson]:
    found: list[NeedsPerson] = []
    if case.publisher is None:  # the platform's own: nobody to get to know
        return found
    if case.of_publisher == 0:
        found.append(NeedsPerson.FIRST_OF_PUBLISHER)
    if case.of_object == 0:
        found.append(NeedsPerson.FIRST_RELEASE)
    rules = {finding.rule for each in case.results for finding in each.findings}
    found += [reason for rule, reason in _CHANGES.items() if rule in rules]
    if any(finding.severity is not Severity.INFO for each in case.results for finding in each.findings):
        found.append(NeedsPerson.WARNINGS)
    return found


def in_words(case: Case, found: Sequence[NeedsPerson]) -> str:
    """Why it waits, as people read it."""
    publisher = case.publisher.en_name if case.publisher is not None else ""
    told = [
        WORDS[each].format(publisher=publisher, undone=", ".join(case.undone), rejected=case.rejected) for each in found
    ]
    return "; ".join(told)[:MAX_TEXT_LENGTH]


def policy_of(
    rules: Sequence[ReviewRule], default: ReviewPolicy, *, tenant_id: str, publisher_id: str | None, business_type: str
) -> ReviewPolicy:
    """The policy of the rule that says the most about a release: one of its publisher before one of its account before one of its
    business type; of two of the same publisher or account, the one that names the business type, too. Else the default."""
    fitting = [
        each
        for each in rules
        if each.account_id in (None, tenant_id)
        and each.publisher_id in (None, publisher_id)
        and each.business_type in (None, business_type)
    ]
    if not fitting:
        return default

    def weight(rule: ReviewRule) -> tuple[bool, bool, bool]:
        return rule.publisher_id is not None, rule.account_id is not None, rule.business_type is not None

    return max(fitting, key=weight).policy


def sides(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[Side]:
    """What of a release is different from the one before, field by field and side by side; all of it where there was none."""
    names = sorted({*(before or {}), *now})
    return [
        Side(field=name, before=None if before is None else _as_json(before.get(name)), after=_as_json(now.get(name)))
        for name in names
        if before is None or before.get(name) != now.get(name)
    ]


def _as_json(value: object) -> str | None:
    if value is None:
        return None
    text = msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=2).decode()
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}\n… {len(text) - MOST_SHOWN} characters more"


def checked_reasons(verdict: Verdict, given: Sequence[str], text: str) -> list[str]:
    """The reasons, each once. Raises `InvalidField`: whoever rejects or sends back gives one, and says it where it is `other`."""
    if len(text) > MAX_TEXT_LENGTH or "\x00" in text:
        raise InvalidField("text", problem=f"A text of at most {MAX_TEXT_LENGTH} characters is taken")
    unknown = [each for each in given if each not in {*Reason}]
    if unknown or len(given) > MOST_REASONS:
        raise InvalidField("reasons", problem=f"At most {MOST_REASONS} of {', '.join(Reason)}")
    if verdict is not Verdict.ACCEPT and not given:
        raise InvalidField("reasons", problem="A decision against something needs a reason")
    if Reason.OTHER in given and not text.strip():
        raise InvalidField("text", problem="A text has to say what the other reason is")
    return list(dict.fromkeys(given))


def told(given: Sequence[str], text: str) -> str:
    """A decision's reasons and text in one."""
    named = ", ".join(each for each in given if each != Reason.OTHER)
    return ": ".join(each for each in (named, text.strip()) if each)[:MAX_TEXT_LENGTH]
