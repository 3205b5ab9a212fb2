"""What may be said of an extension, who may delete it, and how replies hang together."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.feedback import rules
from schemas.errors import InvalidField, MissingField, NotYourText, RepliesTooDeep, ReportDecided, TooManyReplies
from schemas.model.access import Caller, Role
from schemas.model.feedback import Author, Remark, Reply, Report, ReportState
from schemas.paging import Paging

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ADA = Author(user_id="a" * 32, user_name="ada", tenant_id="1" * 32, tenant_name="one")


def a_reply(id: int, answers: int | None = None, *, evaluation_id: int = 1) -> Reply:
    return Reply(
        id=id,
        evaluation_id=evaluation_id,
        answers=answers,
        text=f"text {id}",
        author=ADA,
        created_at=NOW,
        is_deleted=False,
        replies=[],
    )


def a_remark(*, depth: int = 0) -> Remark:
    return Remark(extension_id="e" * 32, evaluation_id=1, reply_id=depth or None, depth=depth, text="text", author=ADA)


def a_caller(user_id: str, tenant_id: str, *roles: Role) -> Caller:
    return Caller(
        user_id=user_id,
        user_name="somebody",
        tenant_id=tenant_id,
        tenant_name="somewhere",
        official=False,
        roles=frozenset(roles),
        credential="token",
        request_id="request",
    )


# -- texts -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["Good.", "很好用", "line\nline\ttab", "<script>alert(1)</script>", "👩‍💻", "שלום", "x" * 4000]
)
def test_a_plain_text_is_taken_as_it_is(text: str) -> None:
    assert rules.checked_text("text", text, 4000) == text


@pytest.mark.parametrize(
    "text",
    [
        "\x00",
        "a\x00b",
        "a\x1b[31mb",
        "a\x7fb",
        "a\x85b",
        "a\u202eb",
        "a\u2066b",
        "a\u200fb",
        "a\u061cb",
        "a\ud800b",
    ],
    ids=ascii,
)
def test_control_characters_and_those_that_turn_the_direction_are_refused(text: str) -> None:
    for check in (rules.checked_text, rules.checked_note):
        with pytest.raises(InvalidField, match=r"^comment: "):
            check("comment", text, 4000)


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"], ids=ascii)
def test_line_ends_of_every_kind_are_line_feeds_and_each_is_one_character(ending: str) -> None:
    for check in (rules.checked_text, rules.checked_note):
        assert check("text", f"a{ending}{ending}b{ending}", 5) == "a\n\nb\n"


@pytest.mark.parametrize(
    "text",
    [" ", "\n\t\n", "\u200b", "\u2003\u200d", "\u3164", "\u2800 \u2800", "\u115f\u1160", "\ufe0f", "\u034f\u0300"],
    ids=ascii,
)
def test_a_text_shows_something(text: str) -> None:
    with pytest.raises(InvalidField, match="visible"):
        rules.checked_text("text", text, 10)


def test_a_text_is_counted_in_characters_and_only_a_note_may_be_empty() -> None:
    assert rules.checked_text("text", "字" * 10, 10)
    with pytest.raises(InvalidField, match="At most 10"):
        rules.checked_text("text", "字" * 11, 10)
    with pytest.raises(MissingField):
        rules.checked_text("text", "", 10)
    assert rules.checked_note("note", "", 10) == ""


@pytest.mark.parametrize("stars", [0, 6, -1, 10**20])
def test_stars_are_one_to_five(stars: int) -> None:
    assert [rules.checked_stars(each) for each in range(1, 6)] == [1, 2, 3, 4, 5]
    with pytest.raises(InvalidField, match=r"^stars: "):
        rules.checked_stars(stars)


@pytest.mark.parametrize(("limit", "taken"), [(1, True), (100, True), (0, False), (101, False)])
def test_a_page_has_at_most_a_hundred_entries(limit: int, taken: bool) -> None:
    if taken:
        assert rules.checked_paging(Paging(offset=0, limit=limit)).limit == limit
    else:
        with pytest.raises(InvalidField, match=r"^limit: "):
            rules.checked_paging(Paging(offset=0, limit=limit))


@pytest.mark.parametrize(("id", "can"), [(1, True), (2**63 - 1, True), (0, False), (-1, False), (2**63, False)])
def test_a_number_that_no_row_can_have_is_known_without_asking(id: int, can: bool) -> None:
    assert rules.can_exist(id) is can


# -- who may delete ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "may"),
    [
        (a_caller(ADA.user_id, ADA.tenant_id, Role.VIEWER), True),
        (a_caller("b" * 32, ADA.tenant_id, Role.ADMIN), True),
        (a_caller("b" * 32, "2" * 32, Role.OPERATOR), True),
        (a_caller("b" * 32, ADA.tenant_id, Role.AUTHOR, Role.REVIEWER, Role.VIEWER), False),
        (a_caller("b" * 32, "2" * 32, Role.ADMIN, Role.AUTHOR, Role.REVIEWER), False),
    ],
    ids=["author", "administrator of the account", "operator", "colleague", "administrator elsewhere"],
)
def test_a_text_is_deleted_by_its_author_their_administrator_and_operators(caller: Caller, may: bool) -> None:
    if may:
        rules.check_may_delete(caller, a_remark())
    else:
        with pytest.raises(NotYourText):
            rules.check_may_delete(caller, a_remark())


# -- threads -----------------------------------------------------------------------------------------------------------------


def test_replies_are_five_deep_and_two_hundred_of_an_evaluation() -> None:
    rules.check_takes_reply(a_remark(depth=4), 199)
    with pytest.raises(RepliesTooDeep):
        rules.check_takes_reply(a_remark(depth=5), 0)
    with pytest.raises(TooManyReplies):
        rules.check_takes_reply(a_remark(), 200)


def shape(replies: list[Reply]) -> list[object]:
    """Ids, each with its answers."""
    return [(each.id, shape(each.replies)) for each in replies]


def test_replies_stand_below_what_they_answer_oldest_first() -> None:
    side_by_side = [a_reply(1), a_reply(2, 1), a_reply(3, evaluation_id=7), a_reply(4, 1), a_reply(5), a_reply(6, 2)]
    found = rules.threads(side_by_side)
    assert {evaluation_id: shape(replies) for evaluation_id, replies in found.items()} == {
        1: [(1, [(2, [(6, [])]), (4, [])]), (5, [])],
        7: [(3, [])],
    }


@given(st.lists(st.integers(0, 20), max_size=30))
def test_every_reply_is_shown_once_below_what_it_answers(drawn: list[int]) -> None:
    replies = [a_reply(id, answered if 0 < answered < id else None) for id, answered in enumerate(drawn, start=1)]

    def shown(found: list[Reply], below: int | None) -> list[tuple[int, int | None]]:
        return [pair for each in found for pair in [(each.id, below), *shown(each.replies, each.id)]]

    assert sorted(shown(rules.threads(replies).get(1, []), None)) == [(each.id, each.answers) for each in replies]


# -- decisions ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decision", [ReportState.UPHELD, ReportState.DISMISSED])
def test_a_report_is_decided_once(decision: ReportState) -> None:
    def report(state: ReportState) -> Report:
        return Report(
            id=1, extension_id="e" * 32, evaluation_id=1, reply_id=None, text="text", text_author=ADA, reason="spam",
            reporter=ADA, state=state, note="", decided_by="", created_at=NOW, decided_at=None,
        )  # fmt: skip

    (opposite,) = {ReportState.UPHELD, ReportState.DISMISSED} - {decision}
    assert not rules.is_decided(report(ReportState.OPEN), decision)
    assert rules.is_decided(report(decision), decision)
    with pytest.raises(ReportDecided, match=opposite.value):
        rules.is_decided(report(opposite), decision)
