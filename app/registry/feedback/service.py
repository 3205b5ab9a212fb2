"""Use-cases about feedback: what users say of extensions, and what operators decide about it.

Everybody who sees an extension may speak about it and sees what others said. What is said belongs to the tenant of whoever said
it. Locks are taken in one order: tenants (several by their ids), then the evaluation with its replies, then rows.
"""

import msgspec

from app.registry.access import permissions
from app.registry.feedback import rules
from schemas.errors import (
    EvaluationUnknown,
    ExtensionUnknown,
    InvalidField,
    MissingField,
    ReplyUnknown,
    ReportUnknown,
    ServiceBusy,
    TooMuchSaid,
)
from schemas.ids import is_id
from schemas.model.access import Caller, Role
from schemas.model.audit import Change
from schemas.model.feedback import Evaluation, Remark, Reply, Report, ReportState, Star
from schemas.paging import Page, Paging
from storage.postgres import audit, feedback
from storage.postgres.database import Database, Transaction


class Feedback:
    """What the users of every tenant say."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- stars -------------------------------------------------------------------------------------------------------

    async def rate(self, caller: Caller, extension_id: str, stars: int, comment: str) -> Star:
        """Gives the extension 1 to 5 stars, in place of those that the caller gave before; a comment may be empty.

        Raises `ExtensionUnknown`.
        """
        permissions.require(caller, "add_extension_star")
        rules.checked_stars(stars)
        comment = rules.checked_note("comment", comment, rules.LONGEST_COMMENT)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            await _require_extension(tx, caller, extension_id)
            earlier = await feedback.find_star(tx, caller, extension_id)
            if earlier is not None and (earlier.stars, earlier.comment) == (stars, comment):
                return earlier
            given = await feedback.put_star(tx, caller, extension_id, stars, comment)
            detail = {"extension_id": extension_id, "stars": stars, "before": earlier.stars if earlier else None}
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="star.given", object_kind="star", object_id=str(given.id), detail=detail))  # fmt: skip
            return given

    async def list_stars(self, caller: Caller, extension_id: str, paging: Paging) -> Page[Star]:
        """The ratings of an extension, newest first, at most 100 at once. Raises `ExtensionUnknown`."""
        rules.checked_paging(paging)
        async with self._database.transaction(caller.tenant_id) as tx:
            await _require_extension(tx, caller, extension_id)
            return await feedback.list_stars(tx, caller.tenant_id, extension_id, paging)

    # -- evaluations and replies -------------------------------------------------------------------------------------

    async def evaluate(self, caller: Caller, extension_id: str, text: str) -> Evaluation:
        """Writes about an extension: a plain text of 1 to 4000 characters. Raises `ExtensionUnknown` or `TooMuchSaid`."""
        permissions.require(caller, "add_extension_evaluation")
        text = rules.checked_text("text", text, rules.LONGEST_EVALUATION)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            await _require_extension(tx, caller, extension_id)
            await _require_pause(tx, caller)
            written = await feedback.insert_evaluation(tx, caller, extension_id, text)
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="evaluation.written", object_kind="evaluation", object_id=str(written.id),
                detail={"extension_id": extension_id}))  # fmt: skip
            return written

    async def list_evaluations(self, caller: Caller, extension_id: str, paging: Paging) -> Page[Evaluation]:
        """What was written about an extension, newest first, at most 100 at once, with all replies.

        Raises `ExtensionUnknown`.
        """
        rules.checked_paging(paging)
        async with self._database.transaction(caller.tenant_id) as tx:
            await _require_extension(tx, caller, extension_id)
            page = await feedback.list_evaluations(tx, caller.tenant_id, extension_id, paging)
            ids = [each.id for each in page.items]
            threads = rules.threads(await feedback.list_replies(tx, caller.tenant_id, extension_id, ids))
        items = [msgspec.structs.replace(each, replies=threads.get(each.id, [])) for each in page.items]
        return Page(items=items, total=page.total)

    async def reply(self, caller: Caller, evaluation_id: int | None, reply_id: int | None, text: str) -> Reply:
        """Answers a reply, or (`reply_id` None) an evaluation, with a plain text of 1 to 1000 characters.

        Raises `EvaluationUnknown`, `ReplyUnknown`, `RepliesTooDeep`, `TooManyReplies` or `TooMuchSaid`.
        """
        permissions.require(caller, "add_extension_evaluation_reply")
        text = rules.checked_text("text", text, rules.LONGEST_REPLY)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            answered = await _locked(tx, caller.tenant_id, evaluation_id, reply_id)
            replies = await feedback.count_replies(tx, caller.tenant_id, answered.evaluation_id)
            rules.check_takes_reply(answered, replies)
            await _require_pause(tx, caller)
            written = await feedback.insert_reply(tx, caller, answered, text)
            detail = {
                "extension_id": answered.extension_id,
                "evaluation_id": answered.evaluation_id,
                "answers": answered.reply_id,
            }
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="reply.written", object_kind="reply", object_id=str(written.id), detail=detail))  # fmt: skip
            return written

    async def delete_evaluation(self, caller: Caller, evaluation_id: int) -> None:
        """Deletes an evaluation with all replies to it: its author, an administrator of the author's account, an operator.

        Raises `EvaluationUnknown` or `NotYourText`.
        """
        permissions.require(caller, "delete_evaluation")
        await self._delete(caller, evaluation_id, None)

    async def delete_reply(self, caller: Caller, reply_id: int) -> None:
        """Deletes a reply, as `delete_evaluation` does. Answers to it stay, below an empty text.

        Raises `ReplyUnknown` or `NotYourText`.
        """
        permissions.require(caller, "delete_evaluation_reply")
        await self._delete(caller, None, reply_id)

    async def _delete(self, caller: Caller, evaluation_id: int | None, reply_id: int | None) -> None:
        is_operator = Role.OPERATOR in caller.roles
        viewer = None if is_operator else caller.tenant_id
        async with self._database.transaction(caller.tenant_id, platform=is_operator) as tx:
            remark = await _meant(tx, viewer, evaluation_id, reply_id)
            rules.check_may_delete(caller, remark)
            await audit.lock_tenant(tx, remark.author.tenant_id)
            await _remove(tx, caller, await _locked(tx, viewer, evaluation_id, reply_id))

    # -- reports -----------------------------------------------------------------------------------------------------

    async def report(self, caller: Caller, evaluation_id: int | None, reply_id: int | None, reason: str) -> Report:
        """Holds that a reply, or (`reply_id` None) an evaluation, should not stand there, for a reason of 1 to 1000 characters.

        Doing it again changes nothing while nobody has decided. Raises `EvaluationUnknown`, `ReplyUnknown` or `TooMuchSaid`.
        """
        permissions.require(caller, "check_malicious_extension_evaluation")
        reason = rules.checked_text("content", reason, rules.LONGEST_REASON)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            remark = await _locked(tx, caller.tenant_id, evaluation_id, reply_id)
            earlier = await feedback.find_open_report(tx, caller, remark)
            if earlier is not None:
                return earlier
            recent = await feedback.read_recent_reports(tx, caller, seconds=rules.REPORTS.minutes * 60)
            _check_pace(recent, rules.REPORTS)
            report = await feedback.insert_report(tx, caller, remark, reason)
            await _record_report(tx, caller, report, "report.sent")
            return report

    async def list_reports(self, caller: Caller, state: ReportState | None, paging: Paging) -> Page[Report]:
        """Every tenant's reports in that state, or (None) all of them, the one that waits longest first. For operators."""
        permissions.require(caller, "list_reports")
        async with self._database.transaction(platform=True) as tx:
            return await feedback.list_reports(tx, [*ReportState] if state is None else [state], paging)

    async def decide(self, caller: Caller, report_id: int, uphold: bool, note: str) -> Report:
        """Upholds a report, which deletes the text if it is still there, or dismisses it. For operators.

        What is upheld is upheld for everybody who waits: other open reports of the same text are decided with it. Dismissed is
        one report, for another may have a better reason. Deciding the same again changes nothing. Raises `ReportUnknown`, or
        `ReportDecided` after the opposite decision, or `ServiceBusy` where somebody of yet another tenant reports the text just
        now.
        """
        permissions.require(caller, "uphold_report" if uphold else "dismiss_report")
        note = rules.checked_note("note", note, rules.LONGEST_NOTE)
        decision = ReportState.UPHELD if uphold else ReportState.DISMISSED
        async with self._database.transaction(platform=True) as tx:
            report = await _found_report(tx, report_id)
            others = await feedback.list_other_open_reports(tx, report) if uphold else []
            tenants = {each.reporter.tenant_id for each in (report, *others)} | {report.text_author.tenant_id}
            for tenant_id in sorted(tenants):
                await audit.lock_tenant(tx, tenant_id)
            await feedback.lock_thread(tx, report.evaluation_id)
            report = await _found_report(tx, report_id)
            if rules.is_decided(report, decision):
                return report
            decided = await _decide(tx, caller, report, decision, note)
            if uphold:
                for other in await feedback.list_other_open_reports(tx, report):
                    if other.reporter.tenant_id not in tenants:
                        raise ServiceBusy  # its tenant would be locked too late; the next attempt sees it in time
                    await _decide(tx, caller, other, decision, note)
                remark = await feedback.find_remark(
                    tx, None, evaluation_id=report.evaluation_id, reply_id=report.reply_id
                )
                if remark is not None:
                    await _remove(tx, caller, remark)
            return decided


async def _require_extension(tx: Transaction, caller: Caller, extension_id: str) -> None:
    if not is_id(extension_id) or not await feedback.sees_extension(tx, caller.tenant_id, extension_id):
        raise ExtensionUnknown("extension_id", identifier=extension_id)


async def _require_pause(tx: Transaction, caller: Caller) -> None:
    recent = await feedback.read_recent_texts(tx, caller, seconds=rules.TEXTS.minutes * 60)
    _check_pace(recent, rules.TEXTS)


def _check_pace(recent: feedback.Recent, pace: rules.Pace) -> None:
    if recent.said >= pace.limit:
        raise TooMuchSaid(limit=pace.limit, what=pace.what, minutes=pace.minutes, seconds=max(1, recent.first_ends_in))


async def _meant(tx: Transaction, viewer: str | None, evaluation_id: int | None, reply_id: int | None) -> Remark:
    """The reply where one is named, else the evaluation; as that tenant sees it, or (None) whatever the transaction sees."""
    if reply_id is None:
        if evaluation_id is None:
            raise MissingField("evaluation_id")
        evaluation = (
            await feedback.find_remark(tx, viewer, evaluation_id=evaluation_id)
            if rules.can_exist(evaluation_id)
            else None
        )
        if evaluation is None:
            raise EvaluationUnknown("evaluation_id")
        return evaluation
    reply = await feedback.find_remark(tx, viewer, reply_id=reply_id) if rules.can_exist(reply_id) else None
    if reply is None:
        raise ReplyUnknown("reply_id")
    if evaluation_id not in (None, reply.evaluation_id):
        raise InvalidField("reply_id", problem="The reply belongs to another evaluation")
    return reply


async def _locked(tx: Transaction, viewer: str | None, evaluation_id: int | None, reply_id: int | None) -> Remark:
    """The same, as it is once other changes of the evaluation and its replies are done; there are no others until the commit."""
    remark = await _meant(tx, viewer, evaluation_id, reply_id)
    await feedback.lock_thread(tx, remark.evaluation_id)
    return await _meant(tx, viewer, evaluation_id, reply_id)


async def _remove(tx: Transaction, caller: Caller, remark: Remark) -> None:
    await feedback.delete(tx, remark)
    kind, id = ("evaluation", remark.evaluation_id) if remark.reply_id is None else ("reply", remark.reply_id)
    detail = {
        "extension_id": remark.extension_id,
        "evaluation_id": remark.evaluation_id,
        "author_id": remark.author.user_id,
    }
    await audit.record(tx, remark.author.tenant_id, caller, Change(
        action=f"{kind}.deleted", object_kind=kind, object_id=str(id), detail=detail))  # fmt: skip


async def _decide(tx: Transaction, caller: Caller, report: Report, decision: ReportState, note: str) -> Report:
    decided = await feedback.decide(tx, report, decision, note, caller)
    await _record_report(tx, caller, decided, f"report.{decision}")
    return decided


async def _found_report(tx: Transaction, report_id: int) -> Report:
    report = await feedback.find_report(tx, report_id) if rules.can_exist(report_id) else None
    if report is None:
        raise ReportUnknown("report_id")
    return report


async def _record_report(tx: Transaction, caller: Caller, report: Report, action: str) -> None:
    detail = {
        "extension_id": report.extension_id,
        "evaluation_id": report.evaluation_id,
        "reply_id": report.reply_id,
    }
    await audit.record(tx, report.reporter.tenant_id, caller, Change(
        action=action, object_kind="report", object_id=str(report.id), detail=detail))  # fmt: skip
