"""Stars: one rating of each user, changeable, and a histogram that is exact at every moment."""

import asyncio
import random
from typing import Any

import pytest

from app.registry import Registry
from schemas.errors import ExtensionUnknown, InvalidField
from schemas.ids import new_id
from schemas.model.access import Caller, Role
from schemas.paging import Paging
from tests.accounts import Account, NewAccount
from tests.contract.feedback.conftest import NewExtension

ALL = Paging(offset=0, limit=100)


async def histogram(owner: Any, extension_id: str) -> list[int]:
    found: list[int] = await owner.fetchval("SELECT stars FROM extension_stats WHERE extension_id = $1", extension_id)
    return found


async def counted(owner: Any, extension_id: str) -> list[int]:
    """What the histogram has to be."""
    rows = await owner.fetch(
        "SELECT stars, count(*) FROM extension_stars WHERE extension_id = $1 GROUP BY stars", extension_id
    )
    found = {row["stars"]: row["count"] for row in rows}
    return [found.get(stars, 0) for stars in range(1, 6)]


async def test_a_second_rating_of_a_user_takes_the_place_of_the_first(
    registry: Registry, extension: str, ada: Caller, bob: Caller, owner: Any
) -> None:
    first = await registry.feedback.rate(ada, extension, 2, "hm")
    await registry.feedback.rate(bob, extension, 5, "")
    second = await registry.feedback.rate(ada, extension, 4, "better\nnow")
    assert (second.id, second.stars, second.comment) == (first.id, 4, "better\nnow")
    assert (second.created_at, second.updated_at > first.updated_at) == (first.created_at, True)
    assert await histogram(owner, extension) == [0, 0, 0, 1, 1]
    page = await registry.feedback.list_stars(bob, extension, ALL)
    assert [(each.author.user_id, each.stars) for each in page.items] == [(bob.user_id, 5), (ada.user_id, 4)]
    assert page.items[1] == second
    assert page.total == 2


async def test_the_same_rating_again_changes_nothing_and_leaves_no_entry(
    registry: Registry, extension: str, ada: Caller, owner: Any
) -> None:
    first = await registry.feedback.rate(ada, extension, 3, "same")
    assert await registry.feedback.rate(ada, extension, 3, "same") == first
    await registry.feedback.rate(ada, extension, 3, "other words")
    entries = await owner.fetch(
        "SELECT action, detail->>'stars' AS stars, detail->>'before' AS before FROM audit_entries "
        "WHERE tenant_id = $1 AND object_kind = 'star' AND object_id = $2 ORDER BY number",
        ada.tenant_id, str(first.id),
    )  # fmt: skip
    assert [tuple(row) for row in entries] == [("star.given", "3", None), ("star.given", "3", "3")]
    assert await histogram(owner, extension) == [0, 0, 1, 0, 0]


async def test_who_does_not_see_an_extension_is_told_that_there_is_none(
    registry: Registry, new_extension: NewExtension, ada: Caller, bob: Caller
) -> None:
    unpublished = await new_extension(published=False)
    for id in (unpublished, new_id(), "none", "", "a\x00"):
        with pytest.raises(ExtensionUnknown):
            await registry.feedback.rate(bob, id, 5, "")
        with pytest.raises(ExtensionUnknown):
            await registry.feedback.list_stars(bob, id, ALL)
        with pytest.raises(ExtensionUnknown):
            await registry.feedback.evaluate(bob, id, "text")
        with pytest.raises(ExtensionUnknown):
            await registry.feedback.list_evaluations(bob, id, ALL)
    await registry.feedback.rate(ada, unpublished, 5, "")
    assert (await registry.feedback.list_stars(ada, unpublished, ALL)).total == 1


async def test_a_rating_that_cannot_be_taken_changes_nothing(
    registry: Registry, extension: str, ada: Caller, owner: Any
) -> None:
    for stars, comment in ((0, ""), (6, ""), (5, "x" * 2001), (5, "a\x00b"), (5, "a\u202eb")):
        with pytest.raises(InvalidField):
            await registry.feedback.rate(ada, extension, stars, comment)
    assert await histogram(owner, extension) == [0] * 5


async def test_pages_of_ratings_add_up_newest_first(
    registry: Registry, extension: str, account: Account, owner: Any
) -> None:
    for caller in await people(owner, account, 7):
        await registry.feedback.rate(caller, extension, 5, caller.user_name)
    pages = [
        await registry.feedback.list_stars(caller, extension, Paging(offset=offset, limit=3)) for offset in (0, 3, 6, 9)
    ]
    found = [each.author.user_name for page in pages for each in page.items]
    assert found == [f"reader {number}" for number in reversed(range(7))]
    assert {page.total for page in pages} == {7}


async def people(owner: Any, account: Account, many: int) -> list[Caller]:
    """Users of the account who never log in, so that no password need be hashed for them."""
    callers = []
    for number in range(many):
        caller = Caller(
            user_id=new_id(),
            user_name=f"reader {number}",
            tenant_id=account.id,
            tenant_name=account.name,
            official=False,
            roles=frozenset({Role.VIEWER}),
            credential="token",
            request_id=new_id(),
        )
        await owner.execute(
            "INSERT INTO users (id, tenant_id, name, roles, password_hash) VALUES ($1, $2, $3, '{viewer}', '')",
            caller.user_id, account.id, caller.user_name,
        )  # fmt: skip
        callers.append(caller)
    return callers


async def test_the_histogram_is_exact_at_every_moment_while_fifty_clients_change_their_ratings(
    registry: Registry, extension: str, new_account: NewAccount, owner: Any
) -> None:
    """Of five accounts, each user from two places at once. A deadlock would be a refusal, and fail it."""
    users = [caller for _ in range(5) for caller in await people(owner, new_account(), 5)]
    dice = random.Random(4)

    async def client(caller: Caller, ratings: list[int]) -> None:
        for stars in ratings:
            await registry.feedback.rate(caller, extension, stars, f"{stars} stars")

    clients = [
        asyncio.create_task(client(caller, [dice.randint(1, 5) for _ in range(4)]))
        for caller in users
        for _ in range(2)
    ]
    looks = 0
    while not all(each.done() for each in clients):
        async with owner.transaction(isolation="repeatable_read"):
            assert await histogram(owner, extension) == await counted(owner, extension)
        looks += 1
        await asyncio.sleep(0)
    await asyncio.gather(*clients)
    assert len(clients) == 50
    assert looks > 1
    assert await histogram(owner, extension) == await counted(owner, extension)
    assert sum(await histogram(owner, extension)) == 25
    page = await registry.feedback.list_stars(users[0], extension, ALL)
    assert (page.total, {each.comment for each in page.items if each.comment != f"{each.stars} stars"}) == (25, set())
