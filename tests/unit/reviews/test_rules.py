"""Which releases need a person, from a table of cases, and what a decision has to say."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.registry.reviews import rules
from schemas.errors import InvalidField
from schemas.model.checks import Area, CheckResult, Finding, Outcome, Severity
from schemas.model.publishers import Publisher, PublisherStatus
from schemas.model.releases import Verdict
from schemas.model.reviews import NeedsPerson as Needs
from schemas.model.reviews import ReviewPolicy, ReviewRule

NOW = datetime(2026, 11, 29, tzinfo=UTC)
KNOWN = {"of_publisher": 7, "of_object": 3}
CHECKS, FIRST, ALWAYS = ReviewPolicy.CHECKS, ReviewPolicy.FIRST_RELEASE, ReviewPolicy.ALWAYS


def a_publisher(**facts: Any) -> Publisher:
    told: dict[str, Any] = {
        "id": "p" * 32, "tenant_id": "t" * 32, "en_name": "makers", "name": "Makers", "user_id": "u" * 32,
        "description": "", "logo_url": "", "website": "", "support_url": "", "source_url": "",
        "status": PublisherStatus.ACCEPTED, "reason": "", "updated_at": NOW, "updated_by_id": "", "updated_by_name": "",
    }  # fmt: skip
    return Publisher(**told | facts)


def found(rule: str, severity: Severity = Severity.INFO) -> list[CheckResult]:
    finding = Finding(entry="main.js", message="", remedy="", rule=rule, severity=severity)
    return [
        CheckResult(
            name="difference", area=Area.FILE, outcome=Outcome.PASS, blocking=False, rule_set=1, findings=[finding]
        )
    ]


def reasons(policy: ReviewPolicy, publisher: Publisher | None, **facts: Any) -> list[Needs]:
    return rules.reasons(rules.Case(policy=policy, publisher=publisher, **{"results": [], **facts}))


TRUSTED, ASKS = {"system_review": True}, {"publisher_review": True}
WAITS = {"status": PublisherStatus.PROCESSING}


@pytest.mark.parametrize(
    ("policy", "publisher", "case", "expected"),
    [
        (CHECKS, {}, {}, []),
        (CHECKS, {}, {"results": found("x", Severity.WARNING)}, []),
        (FIRST, {}, KNOWN, []),
        (FIRST, {}, {}, [Needs.FIRST_OF_PUBLISHER, Needs.FIRST_RELEASE]),
        (FIRST, {}, {"of_publisher": 7}, [Needs.FIRST_RELEASE]),
        (FIRST, {}, KNOWN | {"results": found("changed.entry-points")}, [Needs.CHANGED_ENTRY_POINTS]),
        (FIRST, {}, KNOWN | {"results": found("changed.permissions")}, [Needs.CHANGED_PERMISSIONS]),
        (FIRST, {}, KNOWN | {"results": found("changed.dependencies")}, [Needs.CHANGED_DEPENDENCIES]),
        (FIRST, {}, KNOWN | {"results": found("changed.files")}, []),
        (FIRST, {}, KNOWN | {"results": found("readme.short", Severity.WARNING)}, [Needs.WARNINGS]),
        (FIRST, {}, KNOWN | {"results": found("readme.missing", Severity.ERROR)}, [Needs.WARNINGS]),
        (FIRST, TRUSTED, {}, []),
        (FIRST, TRUSTED, {"results": found("changed.permissions")}, []),
        (ALWAYS, {}, KNOWN, [Needs.ALWAYS]),
        (ALWAYS, TRUSTED, KNOWN, []),
        (CHECKS, ASKS, KNOWN, [Needs.PUBLISHER_ASKS]),
        (CHECKS, ASKS | TRUSTED, KNOWN, [Needs.PUBLISHER_ASKS]),
        (CHECKS, WAITS, KNOWN, [Needs.PUBLISHER_WAITS]),
        (CHECKS, WAITS | TRUSTED, KNOWN, [Needs.PUBLISHER_WAITS]),
        (CHECKS, {"status": PublisherStatus.REJECTED}, KNOWN, [Needs.PUBLISHER_WAITS]),
        (CHECKS, TRUSTED, KNOWN | {"undone": ["clamav"]}, [Needs.CHECKS_UNDONE]),
        (CHECKS, TRUSTED, KNOWN | {"rejected": "it steals"}, [Needs.REJECTED_BEFORE]),
        (CHECKS, None, {}, []),
        (FIRST, None, {"results": found("changed.permissions", Severity.WARNING)}, []),
        (ALWAYS, None, {}, [Needs.ALWAYS]),
    ],
)
def test_a_release_needs_a_person_for_these_reasons(
    policy: ReviewPolicy, publisher: dict[str, Any] | None, case: dict[str, Any], expected: list[Needs]
) -> None:
    assert reasons(policy, None if publisher is None else a_publisher(**publisher), **case) == expected


def test_every_reason_has_words() -> None:
    assert rules.WORDS.keys() == {*Needs}
    case = rules.Case(policy=CHECKS, publisher=a_publisher(), results=[], undone=["clamav"], rejected="it steals")
    assert rules.in_words(case, [Needs.CHECKS_UNDONE, Needs.REJECTED_BEFORE]) == (
        "checks could not be done and have to be run again: clamav; the same package was rejected before: it steals"
    )


def a_rule(policy: ReviewPolicy, account: str | None, publisher: str | None, kind: str | None) -> ReviewRule:
    return ReviewRule(
        id="r", account_id=account, publisher_id=publisher, business_type=kind, policy=policy, updated_at=NOW,
        updated_by_name="",
    )  # fmt: skip


RULES = {
    "of the business type": a_rule(ALWAYS, None, None, "Deploy"),
    "of the account": a_rule(CHECKS, "a", None, None),
    "of the account's business type": a_rule(ALWAYS, "a", None, "Deploy"),
    "of the publisher": a_rule(CHECKS, None, "p", None),
    "of the publisher's business type": a_rule(ALWAYS, None, "p", "Deploy"),
}


@pytest.mark.parametrize("count", range(len(RULES) + 1))
def test_of_several_rules_the_one_that_says_the_most_holds(count: int) -> None:
    some = [*RULES.values()][:count]
    policy = rules.policy_of(some, FIRST, tenant_id="a", publisher_id="p", business_type="Deploy")
    assert policy is (some[-1].policy if some else FIRST)


def test_rules_about_others_do_not_hold() -> None:
    others = [
        a_rule(ALWAYS, "b", None, None), a_rule(ALWAYS, None, "q", None), a_rule(ALWAYS, None, None, "Test"),
        a_rule(ALWAYS, "a", "q", None),
    ]  # fmt: skip
    assert rules.policy_of(others, CHECKS, tenant_id="a", publisher_id="p", business_type="Deploy") is CHECKS


@pytest.mark.parametrize(
    ("verdict", "given", "text", "field"),
    [
        (Verdict.REJECT, [], "because", "reasons"),
        (Verdict.REQUEST_CHANGES, [], "", "reasons"),
        (Verdict.REJECT, ["ugly"], "", "reasons"),
        (Verdict.REJECT, ["policy"] * 6, "", "reasons"),
        (Verdict.REJECT, ["other"], " ", "text"),
        (Verdict.ACCEPT, [], "x" * 1001, "text"),
        (Verdict.ACCEPT, [], "a\x00", "text"),
    ],
)
def test_a_decision_against_something_says_why(verdict: Verdict, given: list[str], text: str, field: str) -> None:
    with pytest.raises(InvalidField, match=field):
        rules.checked_reasons(verdict, given, text)


def test_a_good_decision_is_told_in_one_line() -> None:
    assert rules.checked_reasons(Verdict.ACCEPT, [], "") == []
    given = rules.checked_reasons(Verdict.REJECT, ["broken", "other", "broken"], "It hangs.")
    assert given == ["broken", "other"]
    assert rules.told(given, "It hangs.") == "broken: It hangs."
    assert rules.told([], "fine") == "fine"
    assert rules.told(["malicious"], "") == "malicious"


def test_only_what_is_different_is_shown_side_by_side() -> None:
    before, now = {"name": "a", "inputs": [1], "old": True}, {"name": "a", "inputs": [2], "new": "x"}
    shown = {each.field: (each.before, each.after) for each in rules.sides(before, now)}
    assert shown == {"inputs": ("[\n  1\n]", "[\n  2\n]"), "new": (None, '"x"'), "old": ("true", None)}
    assert [each.field for each in rules.sides(None, {"b": 1, "a": 2})] == ["a", "b"]


def test_a_very_long_field_is_cut() -> None:
    (side,) = rules.sides({"text": ""}, {"text": "x" * 30_000})
    assert side.after is not None
    assert side.after.endswith("characters more")
    assert len(side.after) < rules.MOST_SHOWN + 50
