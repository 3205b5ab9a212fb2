"""Reports: what should not stand there waits for an operator, who decides once."""

import asyncio
from typing import Any

import pytest

from app.registry import Registry
from schemas.errors import (
    EvaluationUnknown,
    OperationNotAllowed,
    ReportDecided,
    ReportUnknown,
    ServiceBusy,
    TooMuchSaid,
)
from schemas.model.access import Caller
from schemas.model.feedback import Report, ReportState
from schemas.paging import Paging
from tests.accounts import Account, Member, NewAccount
from tests.contract.feedback.test_texts import NUMBERS_OF_NOTHING, listed, some_time_passes

ALL = Paging(offset=0, limit=1000)


@pytest.fixture
async def report(registry: Registry, extension: str, ada: Caller, bob: Caller) -> Report:
    """What Bob reported: an evaluation of Ada's, who is of another account."""
    evaluation = await registry.feedback.evaluate(ada, extension, "Buy cheap watches!")
    return await registry.feedback.report(bob, evaluation.id, None, "spam")


async def queue(registry: Registry, operator: Member, state: ReportState | None = ReportState.OPEN) -> list[Report]:
    found: list[Report] = []
    while page := (
        await registry.feedback.list_reports(operator.caller, state, Paging(offset=len(found), limit=1000))
    ).items:
        found += page
    return found


async def test_a_report_of_a_user_about_a_text_is_open_once(
    registry: Registry, report: Report, operator: Member, ada: Caller, bob: Caller
) -> None:
    again = await registry.feedback.report(bob, report.evaluation_id, None, "still spam")
    assert again == report
    others = await registry.feedback.report(ada, report.evaluation_id, None, "I was hacked")
    waiting = [each for each in await queue(registry, operator) if each.evaluation_id == report.evaluation_id]
    assert waiting == [report, others]
    await registry.feedback.decide(operator.caller, report.id, uphold=False, note="")
    assert (await registry.feedback.report(bob, report.evaluation_id, None, "again")).id not in {report.id, others.id}


async def test_a_report_tells_the_text_as_it_was_who_wrote_it_and_who_reported_it(
    registry: Registry, report: Report, operator: Member, ada: Caller, bob: Caller
) -> None:
    await registry.feedback.delete_evaluation(ada, report.evaluation_id)
    (told,) = [each for each in await queue(registry, operator) if each.id == report.id]
    assert told == report
    assert (told.text, told.reason, told.state, told.note, told.decided_by) == (
        "Buy cheap watches!", "spam", ReportState.OPEN, "", "",
    )  # fmt: skip
    assert (told.text_author.user_id, told.reporter.user_id) == (ada.user_id, bob.user_id)
    assert (told.text_author.tenant_id, told.reporter.tenant_id) == (ada.tenant_id, bob.tenant_id)


async def test_where_both_ids_are_told_the_reply_is_meant(registry: Registry, report: Report, bob: Caller) -> None:
    reply = await registry.feedback.reply(bob, report.evaluation_id, None, "Sold!")
    about_reply = await registry.feedback.report(bob, report.evaluation_id, reply.id, "spam, too")
    assert (about_reply.reply_id, about_reply.text) == (reply.id, "Sold!")
    assert await registry.feedback.report(bob, None, reply.id, "the same") == about_reply


async def test_a_user_sends_twenty_reports_an_hour_and_the_same_again_is_none(
    registry: Registry, report: Report, bob: Caller, account: Account, owner: Any
) -> None:
    evaluation_ids = [
        row["id"]
        for row in await owner.fetch(
            """INSERT INTO extension_evaluations (tenant_id, tenant_name, user_id, user_name, extension_id, text)
               SELECT tenant_id, tenant_name, user_id, user_name, extension_id, 'text ' || n
                 FROM extension_evaluations, generate_series(1, 20) n WHERE id = $1 RETURNING id""",
            report.evaluation_id,
        )
    ]
    for id in evaluation_ids[:19]:
        await registry.feedback.report(bob, id, None, "spam")
    with pytest.raises(TooMuchSaid, match="20 reports within 60 minutes"):
        await registry.feedback.report(bob, evaluation_ids[19], None, "spam")
    assert await registry.feedback.report(bob, report.evaluation_id, None, "spam") == report
    await registry.feedback.report(account.user("viewer").caller, evaluation_ids[19], None, "spam")
    await some_time_passes(owner, bob, 3600)
    await registry.feedback.report(bob, evaluation_ids[19], None, "spam")


async def test_an_upheld_report_removes_the_text_and_says_who_decided_and_why(
    registry: Registry, report: Report, extension: str, operator: Member, ada: Caller, bob: Caller, owner: Any
) -> None:
    upheld = await registry.feedback.decide(operator.caller, report.id, uphold=True, note="An advertisement.")
    assert (upheld.state, upheld.note, upheld.decided_by) == (ReportState.UPHELD, "An advertisement.", operator.name)
    assert upheld.decided_at is not None
    assert upheld.text == report.text
    assert await listed(registry, ada, extension) == []
    assert upheld in await queue(registry, operator, ReportState.UPHELD)
    assert report.id not in {each.id for each in await queue(registry, operator)}
    assert upheld in await queue(registry, operator, None)
    for tenant_id, action, object_id in (
        (ada.tenant_id, "evaluation.deleted", report.evaluation_id),
        (bob.tenant_id, "report.upheld", report.id),
    ):
        entries = await owner.fetch(
            "SELECT actor_id FROM audit_entries WHERE tenant_id = $1 AND action = $2 AND object_id = $3",
            tenant_id, action, str(object_id),
        )  # fmt: skip
        assert [row["actor_id"] for row in entries] == [operator.user.id]


async def test_of_a_thread_an_upheld_report_removes_the_reported_reply_alone(
    registry: Registry, report: Report, extension: str, operator: Member, ada: Caller, bob: Caller
) -> None:
    reply = await registry.feedback.reply(bob, report.evaluation_id, None, "Rude words.")
    await registry.feedback.reply(bob, report.evaluation_id, None, "Kind words.")
    about_reply = await registry.feedback.report(ada, None, reply.id, "rude")
    await registry.feedback.decide(operator.caller, about_reply.id, uphold=True, note="")
    (found,) = await listed(registry, ada, extension)
    assert (found.text, [each.text for each in found.replies]) == ("Buy cheap watches!", ["Kind words."])


async def test_upholding_a_report_upholds_everybodys_open_ones_of_the_same_text_and_no_other(
    registry: Registry, report: Report, account: Account, operator: Member, ada: Caller, bob: Caller, owner: Any
) -> None:
    carl, dora = account.user("viewer").caller, account.user("viewer").caller
    reply = await registry.feedback.reply(ada, report.evaluation_id, None, "Rude words.")
    same = await registry.feedback.report(carl, report.evaluation_id, None, "me too")
    of_reply = await registry.feedback.report(carl, None, reply.id, "rude")
    dismissed = await registry.feedback.report(dora, report.evaluation_id, None, "I dislike it")
    await registry.feedback.decide(operator.caller, dismissed.id, uphold=False, note="No reason.")
    await registry.feedback.decide(operator.caller, same.id, uphold=True, note="An advertisement.")

    found = {
        each.id: each for each in await queue(registry, operator, None) if each.evaluation_id == report.evaluation_id
    }
    assert {id: (each.state, each.note) for id, each in found.items()} == {
        report.id: (ReportState.UPHELD, "An advertisement."),
        same.id: (ReportState.UPHELD, "An advertisement."),
        dismissed.id: (ReportState.DISMISSED, "No reason."),
        of_reply.id: (ReportState.OPEN, ""),
    }
    assert found[report.id].decided_by == operator.name
    entries = await owner.fetch(
        "SELECT tenant_id FROM audit_entries WHERE action = 'report.upheld' AND object_id = ANY ($1)",
        [str(report.id), str(same.id)],
    )
    assert sorted(row["tenant_id"] for row in entries) == sorted([bob.tenant_id, carl.tenant_id])
    assert await registry.feedback.decide(operator.caller, report.id, uphold=True, note="again") == found[report.id]


async def test_reports_of_one_text_that_come_and_are_decided_at_once_are_all_decided(
    registry: Registry, report: Report, account: Account, new_account: NewAccount, operator: Member, ada: Caller
) -> None:
    """One comes too late, or is decided with the others; a decision may be asked for again."""
    readers = [account.user("viewer").caller, account.user("viewer").caller, new_account().user("viewer").caller]

    async def decide() -> Report:
        while True:
            try:
                return await registry.feedback.decide(operator.caller, report.id, uphold=True, note="")
            except ServiceBusy:
                continue

    outcomes = await asyncio.gather(
        *(registry.feedback.report(each, report.evaluation_id, None, "spam") for each in readers),
        decide(),
        return_exceptions=True,
    )
    assert all(isinstance(each, Report | EvaluationUnknown) for each in outcomes), outcomes
    assert report.evaluation_id not in {each.evaluation_id for each in await queue(registry, operator)}


async def test_a_dismissed_report_leaves_the_text(
    registry: Registry, report: Report, extension: str, operator: Member, ada: Caller
) -> None:
    dismissed = await registry.feedback.decide(operator.caller, report.id, uphold=False, note="An opinion.")
    assert (dismissed.state, dismissed.note) == (ReportState.DISMISSED, "An opinion.")
    assert [each.text for each in await listed(registry, ada, extension)] == ["Buy cheap watches!"]


@pytest.mark.parametrize("uphold", [True, False])
async def test_a_report_is_decided_once_and_the_same_decision_again_changes_nothing(
    registry: Registry, report: Report, operator: Member, uphold: bool
) -> None:
    decided = await registry.feedback.decide(operator.caller, report.id, uphold, "first")
    assert await registry.feedback.decide(operator.caller, report.id, uphold, "second") == decided
    with pytest.raises(ReportDecided):
        await registry.feedback.decide(operator.caller, report.id, not uphold, "other")


async def test_of_opposite_decisions_at_once_one_is_taken(
    registry: Registry, report: Report, extension: str, operator: Member, ada: Caller
) -> None:
    outcomes = await asyncio.gather(
        *(registry.feedback.decide(operator.caller, report.id, number % 2 == 0, "") for number in range(6)),
        return_exceptions=True,
    )
    states = {each.state for each in outcomes if isinstance(each, Report)}
    assert len(states) == 1
    assert sum(isinstance(each, ReportDecided) for each in outcomes) == 3
    assert bool(await listed(registry, ada, extension)) is (states == {ReportState.DISMISSED})


async def test_a_report_about_a_text_that_is_gone_can_be_decided(
    registry: Registry, report: Report, operator: Member, ada: Caller
) -> None:
    await registry.feedback.delete_evaluation(ada, report.evaluation_id)
    decided = await registry.feedback.decide(operator.caller, report.id, uphold=True, note="")
    assert decided.state is ReportState.UPHELD


async def test_operators_alone_see_the_queue_and_decide(
    registry: Registry, report: Report, account: Account, operator: Member
) -> None:
    for role in ("admin", "reviewer", "author", "viewer"):
        caller = account.user(role).caller
        with pytest.raises(OperationNotAllowed):
            await registry.feedback.list_reports(caller, None, ALL)
        for uphold in (True, False):
            with pytest.raises(OperationNotAllowed):
                await registry.feedback.decide(caller, report.id, uphold, "")
    for id in NUMBERS_OF_NOTHING:
        with pytest.raises(ReportUnknown):
            await registry.feedback.decide(operator.caller, id, uphold=True, note="")
