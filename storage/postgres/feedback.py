"""Rows of what users say of extensions."""

from typing import Any

from schemas.base import Entity
from schemas.model.access import Caller
from schemas.model.feedback import Author, Evaluation, Remark, Reply, Report, ReportState, Star
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("feedback")


class Recent(Entity, frozen=True):
    """How much a user said lately, and in how many seconds the first of it no longer counts."""

    said: int
    first_ends_in: int


async def sees_extension(tx: Transaction, tenant_id: str, extension_id: str) -> bool:
    """Whether there is such an extension for the tenant."""
    found = await tx.value(QUERIES.find_extension, tenant_id=tenant_id, extension_id=extension_id)
    return found is not None


# -- stars -------------------------------------------------------------------------------------------------------------


async def find_star(tx: Transaction, caller: Caller, extension_id: str) -> Star | None:
    """The caller's rating."""
    row = await tx.maybe(
        QUERIES.find_star, tenant_id=caller.tenant_id, user_id=caller.user_id, extension_id=extension_id
    )
    return _star(row) if row else None


async def put_star(tx: Transaction, caller: Caller, extension_id: str, stars: int, comment: str) -> Star:
    """The caller's rating, in place of an earlier one."""
    row = await tx.one(
        QUERIES.put_star, **_who(caller), extension_id=extension_id, stars=stars, comment=comment
    )  # fmt: skip
    return _star(row)


async def list_stars(tx: Transaction, tenant_id: str, extension_id: str, paging: Paging) -> Page[Star]:
    """The ratings of an extension, newest first."""
    rows = await tx.many(
        QUERIES.list_stars,
        tenant_id=tenant_id,
        extension_id=extension_id,
        offset=paging.offset,
        limit=paging.limit,
    )
    total = await tx.value(QUERIES.count_stars, tenant_id=tenant_id, extension_id=extension_id)
    return Page(items=[_star(row) for row in rows], total=total)


# -- evaluations and replies -------------------------------------------------------------------------------------------


async def insert_evaluation(tx: Transaction, caller: Caller, extension_id: str, text: str) -> Evaluation:
    """A new evaluation, of now."""
    row = await tx.one(QUERIES.insert_evaluation, **_who(caller), extension_id=extension_id, text=text)
    return _evaluation(row)


async def list_evaluations(tx: Transaction, tenant_id: str, extension_id: str, paging: Paging) -> Page[Evaluation]:
    """The evaluations of an extension, newest first, without replies."""
    rows = await tx.many(
        QUERIES.list_evaluations,
        tenant_id=tenant_id,
        extension_id=extension_id,
        offset=paging.offset,
        limit=paging.limit,
    )
    total = await tx.value(QUERIES.count_evaluations, tenant_id=tenant_id, extension_id=extension_id)
    return Page(items=[_evaluation(row) for row in rows], total=total)


async def list_replies(tx: Transaction, tenant_id: str, extension_id: str, evaluation_ids: list[int]) -> list[Reply]:
    """The replies to evaluations of one extension, oldest first, side by side; deleted ones only above others that are not."""
    rows = await tx.many(
        QUERIES.list_replies, tenant_id=tenant_id, extension_id=extension_id, evaluation_ids=evaluation_ids
    )
    return [_reply(row) for row in rows]


async def find_remark(
    tx: Transaction, tenant_id: str | None, *, evaluation_id: int | None = None, reply_id: int | None = None
) -> Remark | None:
    """The reply, or (`reply_id` None) the evaluation, where it is there and the tenant sees the extension; with tenant None,
    whatever the transaction may see."""
    if reply_id is not None:
        row = await tx.maybe(QUERIES.find_reply, tenant_id=tenant_id, reply_id=reply_id)
    else:
        row = await tx.maybe(QUERIES.find_evaluation, tenant_id=tenant_id, evaluation_id=evaluation_id)
    return _remark(row) if row else None


async def lock_thread(tx: Transaction, evaluation_id: int) -> None:
    """Makes changes of one evaluation and its replies wait for each other. Taken after the locks of tenants."""
    await tx.run(QUERIES.lock_thread, evaluation_id=evaluation_id)


async def count_replies(tx: Transaction, tenant_id: str | None, evaluation_id: int) -> int:
    """How many replies an evaluation has; deleted ones are none."""
    return int(await tx.value(QUERIES.count_replies, tenant_id=tenant_id, evaluation_id=evaluation_id))


async def insert_reply(tx: Transaction, caller: Caller, answered: Remark, text: str) -> Reply:
    """A new reply to the evaluation or reply, of now."""
    row = await tx.one(
        QUERIES.insert_reply,
        **_who(caller),
        extension_id=answered.extension_id,
        evaluation_id=answered.evaluation_id,
        answers=answered.reply_id,
        depth=answered.depth + 1,
        text=text,
    )
    return _reply(row)


async def delete(tx: Transaction, remark: Remark) -> None:
    """The text is gone from now on; an evaluation takes its replies along."""
    tenant_id = remark.author.tenant_id
    if remark.reply_id is None:
        await tx.run(QUERIES.delete_evaluation, tenant_id=tenant_id, evaluation_id=remark.evaluation_id)
    else:
        await tx.run(QUERIES.delete_reply, tenant_id=tenant_id, reply_id=remark.reply_id)


async def read_recent_texts(tx: Transaction, caller: Caller, *, seconds: int) -> Recent:
    """How many evaluations and replies the caller wrote in the latest seconds, deleted ones too."""
    row = await tx.one(QUERIES.read_recent_texts, tenant_id=caller.tenant_id, user_id=caller.user_id, seconds=seconds)
    return _recent(row)


# -- reports -----------------------------------------------------------------------------------------------------------


async def read_recent_reports(tx: Transaction, caller: Caller, *, seconds: int) -> Recent:
    """How many reports the caller sent in the latest seconds."""
    row = await tx.one(QUERIES.read_recent_reports, tenant_id=caller.tenant_id, user_id=caller.user_id, seconds=seconds)
    return _recent(row)


async def find_open_report(tx: Transaction, caller: Caller, remark: Remark) -> Report | None:
    """The caller's own report of that text, where nobody has decided about it."""
    row = await tx.maybe(
        QUERIES.find_open_report,
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        evaluation_id=remark.evaluation_id,
        reply_id=remark.reply_id,
    )
    return _report(row) if row else None


async def insert_report(tx: Transaction, caller: Caller, remark: Remark, reason: str) -> Report:
    """A new report, of now, which keeps the text as it is."""
    author = remark.author
    row = await tx.one(
        QUERIES.insert_report,
        **_who(caller),
        extension_id=remark.extension_id,
        evaluation_id=remark.evaluation_id,
        reply_id=remark.reply_id,
        text=remark.text,
        text_tenant_id=author.tenant_id,
        text_tenant_name=author.tenant_name,
        text_user_id=author.user_id,
        text_user_name=author.user_name,
        reason=reason,
    )
    return _report(row)


async def find_report(tx: Transaction, report_id: int) -> Report | None:
    """Any tenant's report. Takes a platform transaction."""
    row = await tx.maybe(QUERIES.find_report, report_id=report_id)
    return _report(row) if row else None


async def list_other_open_reports(tx: Transaction, report: Report) -> list[Report]:
    """Every tenant's open reports of the text that the report is of, but the report. Takes a platform transaction."""
    rows = await tx.many(
        QUERIES.list_other_open_reports,
        report_id=report.id,
        evaluation_id=report.evaluation_id,
        reply_id=report.reply_id,
    )
    return [_report(row) for row in rows]


async def list_reports(tx: Transaction, states: list[ReportState], paging: Paging) -> Page[Report]:
    """Every tenant's reports in those states, the one that waits longest first. Takes a platform transaction."""
    rows = await tx.many(QUERIES.list_reports, states=states, offset=paging.offset, limit=paging.limit)
    total = await tx.value(QUERIES.count_reports, states=states)
    return Page(items=[_report(row) for row in rows], total=total)


async def decide(tx: Transaction, report: Report, state: ReportState, note: str, by: Caller) -> Report:
    """The open report after the decision. Takes a platform transaction."""
    row = await tx.one(
        QUERIES.decide_report,
        tenant_id=report.reporter.tenant_id,
        report_id=report.id,
        state=state,
        note=note,
        decided_by=by.user_name,
    )
    return _report(row)


# -- rows --------------------------------------------------------------------------------------------------------------


def _who(caller: Caller) -> dict[str, str]:
    return {
        "tenant_id": caller.tenant_id,
        "tenant_name": caller.tenant_name,
        "user_id": caller.user_id,
        "user_name": caller.user_name,
    }


def _author(row: Any, prefix: str = "") -> Author:
    return Author(
        user_id=row[f"{prefix}user_id"],
        user_name=row[f"{prefix}user_name"],
        tenant_id=row[f"{prefix}tenant_id"],
        tenant_name=row[f"{prefix}tenant_name"],
    )


def _star(row: Any) -> Star:
    return Star(
        id=row["id"],
        extension_id=row["extension_id"],
        stars=row["stars"],
        comment=row["comment"],
        author=_author(row),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
    )


def _evaluation(row: Any) -> Evaluation:
    return Evaluation(
        id=row["id"],
        extension_id=row["extension_id"],
        text=row["text"],
        author=_author(row),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        replies=[],
    )


def _reply(row: Any) -> Reply:
    return Reply(
        id=row["id"],
        evaluation_id=row["evaluation_id"],
        answers=row["answers"],
        text=row["text"],
        author=_author(row),
        created_at=row["created_at"],
        is_deleted=row["is_deleted"],
        replies=[],
    )


def _remark(row: Any) -> Remark:
    return Remark(
        extension_id=row["extension_id"],
        evaluation_id=row["evaluation_id"],
        reply_id=row["reply_id"],
        depth=row["depth"],
        text=row["text"],
        author=_author(row),
    )


def _recent(row: Any) -> Recent:
    return Recent(said=row["said"], first_ends_in=row["first_ends_in"] or 0)


def _report(row: Any) -> Report:
    return Report(
        id=row["id"],
        extension_id=row["extension_id"],
        evaluation_id=row["evaluation_id"],
        reply_id=row["reply_id"],
        text=row["text"],
        text_author=_author(row, "text_"),
        reason=row["reason"],
        reporter=_author(row),
        state=ReportState(row["state"]),
        note=row["note"],
        decided_by=row["decided_by"],
        created_at=row["created_at"],
        decided_at=row["decided_at"],
    )
