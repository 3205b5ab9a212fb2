"""Each state, act and part: what the tables say is done, and everything else is refused with its code."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from app.registry.releases import rules
from app.registry.releases.rules import MOVES, PARTS, Part
from schemas.errors import InvalidField, ReleaseMoveRefused
from schemas.ids import new_id
from schemas.model.access import Caller, Role
from schemas.model.checks import SubjectKind
from schemas.model.releases import Act, Deprecation, Release, ReleaseState
from storage.postgres.migrate import migrations

S = ReleaseState
NOW = datetime(2026, 11, 29, tzinfo=UTC)
TENANT, AUTHOR = "a" * 32, "b" * 32

LEGAL = {
    Act.SUBMIT: {S.DRAFT, S.CHANGES_REQUESTED, S.WITHDRAWN},
    Act.PASS: {S.CHECKING},
    Act.FILE: {S.CHECKING},
    Act.FAIL: {S.CHECKING},
    Act.ACCEPT: {S.IN_REVIEW},
    Act.REJECT: {S.IN_REVIEW},
    Act.REQUEST_CHANGES: {S.IN_REVIEW},
    Act.WITHDRAW: {S.CHECKING, S.IN_REVIEW, S.CHANGES_REQUESTED},
    Act.DEPRECATE: {S.RELEASED, S.DEPRECATED},
    Act.UNDEPRECATE: {S.DEPRECATED},
    Act.YANK: {S.RELEASED, S.DEPRECATED},
    Act.UNYANK: {S.YANKED},
    Act.QUARANTINE: {S.RELEASED, S.DEPRECATED, S.YANKED},
    Act.RESTORE: {S.QUARANTINED},
}


def a_release(state: ReleaseState = S.RELEASED, **facts: Any) -> Release:
    told: dict[str, Any] = {
        "id": new_id(), "tenant_id": TENANT, "kind": SubjectKind.EXTENSION, "object_id": new_id(), "subject_id": new_id(),
        "package_sha256": None, "name": "makers.linter", "version": "1.0.0", "target_platform": "universal",
        "author_id": AUTHOR, "publisher_id": None, "state": state, "act": "open", "round": 1, "submitter_id": AUTHOR,
        "submitter_name": "ann", "reasons": [], "message": "", "deprecation": None, "replacement": "",
        "removal_date": None, "restores_to": S.YANKED if state is S.QUARANTINED else None, "created_at": NOW,
        "updated_at": NOW, "submitted_at": NOW, "released_at": NOW,
    }  # fmt: skip
    return Release(**told | facts)


def a_caller(*roles: Role, tenant_id: str = TENANT, official: bool = False, user_id: str = "c" * 32) -> Caller:
    return Caller(
        user_id=user_id, user_name="cid", tenant_id=tenant_id, tenant_name="", official=official, roles=frozenset(roles),
        credential="token", request_id="r",
    )  # fmt: skip


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("act", Act)
def test_an_act_takes_a_release_where_the_table_says_or_is_refused(act: Act, state: ReleaseState) -> None:
    release = a_release(state)
    if state in LEGAL[act]:
        assert rules.is_legal(act, state, rules.after(release, act))
    else:
        with pytest.raises(ReleaseMoveRefused, match=rf"release_id: The act {act} is none for 1.0.0, which is {state}"):
            rules.after(release, act)


def test_the_database_has_the_same_moves() -> None:
    (ours,) = [each.sql for each in migrations() if each.name == "releases"]
    missing = [
        (act, before, after)
        for act, by_state in MOVES.items()
        for before, states in by_state.items()
        for after in states
        if f"('{act}', '{before}', '{after}')" not in ours
    ]
    assert missing == []
    # The other way round, on PostgreSQL: tests/contract/releases/test_guard.py.


def test_every_act_is_somebodys_part() -> None:
    assert PARTS.keys() == MOVES.keys() == {*Act}
    assert all(PARTS.values())


@pytest.mark.parametrize(
    ("caller", "parts"),
    [
        (a_caller(Role.AUTHOR), {Part.AUTHOR}),
        (a_caller(Role.ADMIN), {Part.AUTHOR}),
        (a_caller(Role.VIEWER), set()),
        (a_caller(Role.REVIEWER), set()),
        (a_caller(Role.AUTHOR, tenant_id="d" * 32), set()),
        (a_caller(Role.REVIEWER, tenant_id="d" * 32, official=True), {Part.DESK}),
        (a_caller(Role.AUTHOR, tenant_id="d" * 32, official=True), set()),
        (a_caller(Role.OPERATOR), {Part.AUTHOR, Part.DESK, Part.OPERATOR}),
        (a_caller(Role.OPERATOR, tenant_id="d" * 32), {Part.DESK, Part.OPERATOR}),
        (a_caller(Role.AUTHOR, Role.REVIEWER, official=True), {Part.AUTHOR, Part.DESK}),
    ],
)
def test_a_caller_has_the_parts_that_roles_and_account_give(caller: Caller, parts: set[Part]) -> None:
    assert rules.parts_of(caller, a_release()) == parts


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", Role)
def test_nobody_of_another_account_has_an_authors_part(act: Act, role: Role) -> None:
    stranger = a_caller(role, tenant_id="d" * 32)
    has_part = bool(PARTS[act] & rules.parts_of(stranger, a_release()))
    assert has_part == (role is Role.OPERATOR and bool(PARTS[act] & {Part.DESK, Part.OPERATOR}))


@pytest.mark.parametrize("own", [{"author_id": "c" * 32}, {"submitter_id": "c" * 32}])
def test_who_made_or_submitted_a_release_decides_nothing_about_it(own: dict[str, str]) -> None:
    assert rules.is_own(a_caller(Role.OPERATOR), a_release(**own))
    assert not rules.is_own(a_caller(Role.OPERATOR), a_release())


@pytest.mark.parametrize("before", [S.RELEASED, S.DEPRECATED, S.YANKED])
def test_what_leaves_quarantine_is_what_it_was(before: ReleaseState) -> None:
    deprecation = "old" if before is S.DEPRECATED else None
    held = rules.moved(a_release(before, deprecation=deprecation), Act.QUARANTINE, message="steals")
    assert (held.state, held.restores_to, held.message) == (S.QUARANTINED, before, "steals")
    given_back = rules.moved(held, Act.RESTORE)
    assert (given_back.state, given_back.restores_to, given_back.deprecation) == (before, None, deprecation)


@pytest.mark.parametrize(("deprecation", "after"), [(None, S.RELEASED), ("use the other one", S.DEPRECATED)])
def test_what_comes_back_to_the_lists_is_what_it_was(deprecation: str | None, after: ReleaseState) -> None:
    assert rules.moved(a_release(S.YANKED, deprecation=deprecation), Act.UNYANK).state is after


def test_advice_that_is_taken_back_is_forgotten() -> None:
    advised = a_release(S.DEPRECATED, deprecation="old", replacement="new", removal_date=date(2027, 1, 1))
    taken_back = rules.moved(advised, Act.UNDEPRECATE)
    assert (taken_back.deprecation, taken_back.replacement, taken_back.removal_date) == (None, "", None)


@pytest.mark.parametrize("text", ["", " ", "\n", "x" * 1001, "a\x00b"])
def test_a_text_says_something_and_not_too_much(text: str) -> None:
    with pytest.raises(InvalidField, match="reason: A text of 1 to 1000 characters"):
        rules.checked_text("reason", text)


def test_the_day_of_removal_is_to_come() -> None:
    today = date(2026, 11, 29)
    assert rules.checked_deprecation(Deprecation(message="old", removal_date=date(2026, 11, 30)), today)
    with pytest.raises(InvalidField, match="removal_date"):
        rules.checked_deprecation(Deprecation(message="old", removal_date=today), today)
