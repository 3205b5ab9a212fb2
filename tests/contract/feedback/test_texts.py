"""Evaluations and replies: who sees them, how they hang together, how often one may write, and who may delete."""

import asyncio
from typing import Any

import asyncpg
import pytest

from app.registry import Registry
from schemas.errors import (
    EvaluationUnknown,
    InvalidField,
    MissingField,
    NotYourText,
    RegistryError,
    RepliesTooDeep,
    ReplyUnknown,
    TooManyReplies,
    TooMuchSaid,
)
from schemas.model.access import Caller
from schemas.model.feedback import Evaluation, Reply
from schemas.paging import Paging
from storage.postgres.database import APP_ROLE
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member, NewAccount
from tests.contract.feedback.conftest import NewExtension

ALL = Paging(offset=0, limit=100)
NUMBERS_OF_NOTHING = (0, -1, 2**63 - 1, 2**63, 10**30)


async def listed(registry: Registry, caller: Caller, extension_id: str) -> list[Evaluation]:
    return (await registry.feedback.list_evaluations(caller, extension_id, ALL)).items


def shape(replies: list[Reply]) -> list[Any]:
    """Texts, each with its answers."""
    return [[each.text, shape(each.replies)] if each.replies else each.text for each in replies]


async def some_time_passes(owner: Any, caller: Caller, seconds: int) -> None:
    """Everything the caller said was said longer ago."""
    for table in ("extension_evaluations", "extension_replies", "extension_reports"):
        await owner.execute(
            f"UPDATE {table} SET created_at = created_at - make_interval(secs => $2) WHERE user_id = $1",
            caller.user_id, seconds,
        )  # fmt: skip


# -- writing -----------------------------------------------------------------------------------------------------------------


async def test_whoever_sees_the_extension_sees_what_others_wrote_newest_first(
    registry: Registry, extension: str, ada: Caller, bob: Caller
) -> None:
    first = await registry.feedback.evaluate(ada, extension, "很好用 <b>really</b>\n\tgood")
    second = await registry.feedback.evaluate(bob, extension, "It crashed.")
    for caller in (ada, bob):
        assert await listed(registry, caller, extension) == [second, first]
    assert first.text == "很好用 <b>really</b>\n\tgood"
    assert (first.author.user_id, first.author.tenant_name) == (ada.user_id, ada.tenant_name)


async def test_pages_of_evaluations_add_up_and_count_only_what_stands(
    registry: Registry, extension: str, ada: Caller
) -> None:
    ids = [(await registry.feedback.evaluate(ada, extension, f"text {number}")).id for number in range(8)]
    await registry.feedback.delete_evaluation(ada, ids.pop(3))
    pages = [
        await registry.feedback.list_evaluations(ada, extension, Paging(offset=offset, limit=3))
        for offset in (0, 3, 6, 9)
    ]
    assert [each.id for page in pages for each in page.items] == ids[::-1]
    assert {page.total for page in pages} == {7}


async def test_replies_of_several_accounts_stand_below_what_they_answer(
    registry: Registry, extension: str, ada: Caller, bob: Caller
) -> None:
    evaluation = await registry.feedback.evaluate(bob, extension, "It crashed.")
    other = await registry.feedback.evaluate(bob, extension, "Again.")
    when = await registry.feedback.reply(ada, evaluation.id, None, "When?")
    await registry.feedback.reply(bob, None, when.id, "At noon.")
    await registry.feedback.reply(bob, evaluation.id, when.id, "And at night.")
    await registry.feedback.reply(ada, evaluation.id, None, "Mended.")
    found = await listed(registry, ada, extension)
    assert [each.id for each in found] == [other.id, evaluation.id]
    assert [shape(each.replies) for each in found] == [[], [["When?", ["At noon.", "And at night."]], "Mended."]]


async def test_what_a_reply_answers_must_be_there_and_be_named_without_contradiction(
    registry: Registry, extension: str, new_extension: NewExtension, ada: Caller, bob: Caller
) -> None:
    evaluation = await registry.feedback.evaluate(ada, extension, "One.")
    other = await registry.feedback.evaluate(ada, extension, "Two.")
    reply = await registry.feedback.reply(ada, evaluation.id, None, "A reply.")
    hidden = await registry.feedback.evaluate(ada, await new_extension(published=False), "Among ourselves.")
    for use_case in (registry.feedback.reply, registry.feedback.report):
        with pytest.raises(MissingField, match=r"^evaluation_id: "):
            await use_case(bob, None, None, "text")
        with pytest.raises(InvalidField, match=r"^reply_id: "):
            await use_case(bob, other.id, reply.id, "text")
        for id in (*NUMBERS_OF_NOTHING, hidden.id):
            with pytest.raises(EvaluationUnknown):
                await use_case(bob, id, None, "text")
        for id in NUMBERS_OF_NOTHING:
            with pytest.raises(ReplyUnknown):
                await use_case(bob, None, id, "text")


async def test_replies_go_five_deep(registry: Registry, extension: str, ada: Caller) -> None:
    evaluation = await registry.feedback.evaluate(ada, extension, "0")
    reply_id = None
    for depth in range(1, 6):
        reply_id = (await registry.feedback.reply(ada, evaluation.id, reply_id, str(depth))).id
    with pytest.raises(RepliesTooDeep):
        await registry.feedback.reply(ada, evaluation.id, reply_id, "6")
    (found,) = await listed(registry, ada, extension)
    assert shape(found.replies) == [["1", [["2", [["3", [["4", ["5"]]]]]]]]]


async def test_an_evaluation_takes_two_hundred_replies_and_another_where_one_was_deleted(
    registry: Registry, extension: str, ada: Caller, bob: Caller, owner: Any
) -> None:
    evaluation = await registry.feedback.evaluate(ada, extension, "Discuss.")
    await owner.execute(
        """INSERT INTO extension_replies (tenant_id, tenant_name, user_id, user_name, extension_id, evaluation_id, depth, text)
           SELECT tenant_id, tenant_name, user_id, user_name, extension_id, id, 1, 'reply' || n
             FROM extension_evaluations, generate_series(1, 199) n WHERE id = $1""",
        evaluation.id,
    )
    last = await registry.feedback.reply(bob, evaluation.id, None, "the last")
    with pytest.raises(TooManyReplies):
        await registry.feedback.reply(bob, evaluation.id, None, "one more")
    await registry.feedback.delete_reply(bob, last.id)
    await registry.feedback.reply(bob, evaluation.id, None, "now")
    (found,) = await listed(registry, bob, extension)
    assert len(found.replies) == 200


# -- how often ---------------------------------------------------------------------------------------------------------------


async def test_a_user_writes_ten_texts_in_ten_minutes_deleted_ones_counted(
    registry: Registry, extension: str, ada: Caller, bob: Caller, owner: Any
) -> None:
    evaluation = await registry.feedback.evaluate(ada, extension, "1")
    await registry.feedback.delete_evaluation(ada, (await registry.feedback.evaluate(ada, extension, "2")).id)
    for number in range(3, 11):
        await registry.feedback.reply(ada, evaluation.id, None, str(number))
    with pytest.raises(TooMuchSaid) as refused:
        await registry.feedback.reply(ada, evaluation.id, None, "11")
    assert 1 <= int(str(refused.value.facts["seconds"])) <= 600
    with pytest.raises(TooMuchSaid):
        await registry.feedback.evaluate(ada, extension, "11")
    await registry.feedback.reply(bob, evaluation.id, None, "others may")
    await some_time_passes(owner, ada, 600)
    await registry.feedback.evaluate(ada, extension, "11")


async def test_many_texts_at_once_are_counted_one_by_one(registry: Registry, extension: str, ada: Caller) -> None:
    answers = await asyncio.gather(
        *(registry.feedback.evaluate(ada, extension, f"text {number}") for number in range(15)), return_exceptions=True
    )
    assert sum(isinstance(each, Evaluation) for each in answers) == 10
    assert sum(isinstance(each, TooMuchSaid) for each in answers) == 5
    assert len(await listed(registry, ada, extension)) == 10


# -- deleting ----------------------------------------------------------------------------------------------------------------


async def test_authors_their_administrators_and_operators_delete_and_nobody_else(
    registry: Registry, extension: str, account: Account, new_account: NewAccount, operator: Member, bob: Caller
) -> None:
    author, colleague, admin = (account.user(role).caller for role in ("viewer", "reviewer", "admin"))
    stranger = new_account().user("admin").caller
    for deleter in (author, admin, operator.caller):
        evaluation = await registry.feedback.evaluate(author, extension, "A text.")
        reply = await registry.feedback.reply(author, evaluation.id, None, "A reply.")
        for other in (colleague, stranger, bob):
            with pytest.raises(NotYourText):
                await registry.feedback.delete_evaluation(other, evaluation.id)
            with pytest.raises(NotYourText):
                await registry.feedback.delete_reply(other, reply.id)
        await registry.feedback.delete_reply(deleter, reply.id)
        with pytest.raises(ReplyUnknown):
            await registry.feedback.delete_reply(deleter, reply.id)
        await registry.feedback.delete_evaluation(deleter, evaluation.id)
        with pytest.raises(EvaluationUnknown):
            await registry.feedback.delete_evaluation(deleter, evaluation.id)
    assert await listed(registry, author, extension) == []


async def test_what_nobody_can_see_or_is_not_there_cannot_be_deleted(
    registry: Registry, new_extension: NewExtension, ada: Caller, bob: Caller, operator: Member
) -> None:
    hidden = await registry.feedback.evaluate(ada, await new_extension(published=False), "Among ourselves.")
    with pytest.raises(EvaluationUnknown):
        await registry.feedback.delete_evaluation(bob, hidden.id)
    for id in NUMBERS_OF_NOTHING:
        with pytest.raises(EvaluationUnknown):
            await registry.feedback.delete_evaluation(operator.caller, id)
        with pytest.raises(ReplyUnknown):
            await registry.feedback.delete_reply(operator.caller, id)
    await registry.feedback.delete_evaluation(operator.caller, hidden.id)


async def test_a_deleted_evaluation_takes_everybodys_replies_along_and_no_text_of_them_is_kept(
    registry: Registry, extension: str, ada: Caller, bob: Caller, owner: Any
) -> None:
    evaluation = await registry.feedback.evaluate(ada, extension, "Mine.")
    reply = await registry.feedback.reply(bob, evaluation.id, None, "Another's.")
    await registry.feedback.delete_evaluation(ada, evaluation.id)
    kept = await owner.fetch(
        "SELECT text FROM extension_evaluations WHERE id = $1 UNION ALL SELECT text FROM extension_replies WHERE id = $2",
        evaluation.id, reply.id,
    )  # fmt: skip
    assert [row["text"] for row in kept] == ["", ""]
    for answer in (registry.feedback.reply, registry.feedback.report):
        with pytest.raises(EvaluationUnknown):
            await answer(bob, evaluation.id, None, "text")
        with pytest.raises(ReplyUnknown):
            await answer(bob, None, reply.id, "text")


async def test_a_deleted_reply_keeps_its_place_while_it_is_answered(
    registry: Registry, extension: str, ada: Caller, bob: Caller
) -> None:
    evaluation = await registry.feedback.evaluate(ada, extension, "A text.")
    answered = await registry.feedback.reply(bob, evaluation.id, None, "A reply.")
    answer = await registry.feedback.reply(ada, None, answered.id, "An answer.")
    await registry.feedback.delete_reply(bob, answered.id)
    (found,) = await listed(registry, ada, extension)
    assert shape(found.replies) == [["", ["An answer."]]]
    assert found.replies[0].is_deleted
    with pytest.raises(ReplyUnknown):
        await registry.feedback.reply(ada, None, answered.id, "Another answer.")
    later = await registry.feedback.reply(ada, None, answer.id, "A later one.")
    await registry.feedback.delete_reply(ada, answer.id)
    (found,) = await listed(registry, ada, extension)
    assert shape(found.replies) == [["", [["", ["A later one."]]]]]
    await registry.feedback.delete_reply(ada, later.id)
    (found,) = await listed(registry, ada, extension)
    assert found.replies == []


async def test_a_reply_that_meets_the_deletion_of_its_evaluation_comes_before_it_or_not_at_all(
    registry: Registry, extension: str, ada: Caller, bob: Caller, owner: Any
) -> None:
    for turn in range(8):
        evaluation = await registry.feedback.evaluate(ada, extension, f"text {turn}")
        outcome, _ = await asyncio.gather(
            registry.feedback.reply(bob, evaluation.id, None, "a reply"),
            registry.feedback.delete_evaluation(ada, evaluation.id),
            return_exceptions=True,
        )
        assert isinstance(outcome, Reply | EvaluationUnknown)
    assert (
        await owner.fetchval(
            "SELECT count(*) FROM extension_replies WHERE extension_id = $1 AND deleted_at IS NULL", extension
        )
        == 0
    )


# -- the record of changes ---------------------------------------------------------------------------------------------------


async def test_every_change_is_recorded_with_who_and_what_but_not_with_the_text(
    registry: Registry, extension: str, ada: Caller, operator: Member, owner: Any
) -> None:
    evaluation = await registry.feedback.evaluate(ada, extension, "very particular words")
    reply = await registry.feedback.reply(ada, evaluation.id, None, "very particular words")
    report = await registry.feedback.report(ada, None, reply.id, "very particular words")
    await registry.feedback.delete_reply(operator.caller, reply.id)
    await registry.feedback.delete_evaluation(ada, evaluation.id)
    entries = await owner.fetch(
        "SELECT action, object_id, actor_id, to_jsonb(e)::text AS entry FROM audit_entries e "
        "WHERE tenant_id = $1 AND object_kind IN ('evaluation', 'reply', 'report') ORDER BY number",
        ada.tenant_id,
    )
    assert [(row["action"], row["object_id"], row["actor_id"]) for row in entries] == [
        ("evaluation.written", str(evaluation.id), ada.user_id),
        ("reply.written", str(reply.id), ada.user_id),
        ("report.sent", str(report.id), ada.user_id),
        ("reply.deleted", str(reply.id), operator.user.id),
        ("evaluation.deleted", str(evaluation.id), ada.user_id),
    ]
    assert not any("particular" in row["entry"] for row in entries)


async def test_a_refused_text_leaves_nothing(registry: Registry, extension: str, ada: Caller, owner: Any) -> None:
    evaluation = await registry.feedback.evaluate(ada, extension, "A text.")
    before = await owner.fetchval("SELECT entries FROM audit_heads WHERE tenant_id = $1", ada.tenant_id)
    for text in ("", " ", "a\x00b", "a\u202eb", "x" * 4001):
        with pytest.raises(RegistryError, match=r"^text: "):
            await registry.feedback.evaluate(ada, extension, text)
        with pytest.raises(RegistryError, match=r"^text: "):
            await registry.feedback.reply(ada, evaluation.id, None, text)
        with pytest.raises(RegistryError, match=r"^content: "):
            await registry.feedback.report(ada, evaluation.id, None, text)
    assert await owner.fetchval("SELECT entries FROM audit_heads WHERE tenant_id = $1", ada.tenant_id) == before


@pytest.mark.parametrize("lie", ["in another's name", "about what is not shown"])
async def test_no_statement_of_the_application_speaks_for_others_or_about_what_its_tenant_does_not_see(
    cluster: Urls, new_extension: NewExtension, extension: str, ada: Caller, bob: Caller, lie: str
) -> None:
    about = extension if lie == "in another's name" else await new_extension(published=False)
    user_id = ada.user_id if lie == "in another's name" else bob.user_id
    said = "(tenant_id, tenant_name, user_id, user_name, extension_id"
    told = f"('{bob.tenant_id}', 'b', '{user_id}', 'u', '{about}'"
    app = await asyncpg.connect(cluster.app, server_settings={"search_path": "plugport,public", "role": APP_ROLE})
    try:
        await app.execute(f"SET plugport.tenant = '{bob.tenant_id}'")
        for statement in (
            f"INSERT INTO extension_stars {said}, stars, comment) VALUES {told}, 1, '')",
            f"INSERT INTO extension_evaluations {said}, text) VALUES {told}, 'Bad.')",
            f"INSERT INTO extension_replies {said}, evaluation_id, depth, text) VALUES {told}, 1, 1, 'Bad.')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await app.execute(statement)
    finally:
        await app.close()
