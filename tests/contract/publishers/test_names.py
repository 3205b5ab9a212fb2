"""Names of publishers: which are refused, which are told to the reviewer, and which stay somebody's for good."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.registry import Registry
from app.registry.access.service import console
from app.registry.publishers import names
from schemas.errors import InvalidField, PublisherExists, PublisherNameConfusable
from schemas.model.access import Caller
from schemas.model.publishers import Likeness, Publisher, PublisherFacts
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrations
from tests.accounts import Account, NewAccount
from tests.builders import a_name
from tests.contract.postgres.furnished import a_spec

ENGLISH = st.text("abcxyzIlOmM019 _.-", min_size=1, max_size=50)
TENANTS = ["a" * 32, "b" * 32]


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


async def made(registry: Registry, caller: Caller, en_name: str, name: str | None = None) -> Publisher:
    """A publisher that waits."""
    facts = PublisherFacts(en_name=en_name, name=name or en_name, support_url="x@y.example")
    return await registry.publishers.create(caller, facts)


async def accepted(registry: Registry, caller: Caller, en_name: str, name: str | None = None) -> Publisher:
    """One that the operators accepted."""
    return await registry.publishers.accept(console(), (await made(registry, caller, en_name, name)).id)


@pytest.fixture
def caller(account: Account) -> Caller:
    """Somebody who makes publishers."""
    return account.user().caller


@pytest.fixture
def stranger(new_account: NewAccount) -> Caller:
    """Somebody of another account."""
    return new_account().user().caller


async def test_the_database_and_the_rules_fold_names_alike(owner: Any) -> None:
    asked: list[str] = []

    @settings(max_examples=300, database=None)
    @given(ENGLISH)
    def collect(name: str) -> None:
        asked.append(name)

    collect()
    rows = await owner.fetch("SELECT name, publisher_key(name) AS key FROM unnest($1::text[]) AS name", asked)
    assert [(row["name"], row["key"]) for row in rows] == [(each, names.key(each)) for each in asked]


async def test_in_one_account_case_and_separators_make_no_other_name(registry: Registry, caller: Caller) -> None:
    name = a_name("my-house")
    await made(registry, caller, name)
    for same in (name.upper(), name.replace("-", "_"), name.replace("-", " . "), f"{name}-"):
        with pytest.raises(PublisherExists):
            await made(registry, caller, same.strip())
    await made(registry, caller, name.replace("-", ""))  # no separator is another name, and told as one letter apart


async def test_a_name_has_a_letter_or_digit(registry: Registry, caller: Caller) -> None:
    with pytest.raises(InvalidField, match="en_name"):
        await made(registry, caller, "._-")


async def test_what_another_account_has_cannot_be_had_in_any_spelling(
    registry: Registry, caller: Caller, stranger: Caller
) -> None:
    name = f"pal-{a_name('l')}"
    await accepted(registry, caller, name)
    for same in (name, name.upper(), name.replace("-", "_")):
        with pytest.raises(PublisherExists):
            await made(registry, stranger, same)
    for alike in (name.replace("l", "I"), name.replace("l", "1")):
        with pytest.raises(PublisherNameConfusable):
            await made(registry, stranger, alike)
    with pytest.raises(PublisherNameConfusable):  # also where it is only shown
        await made(registry, stranger, a_name("other"), name.replace("a", "\u0430"))
    await made(registry, stranger, a_name("other"), name)  # two may be called the same; the reviewer is told


async def test_a_name_that_was_free_when_it_was_asked_for_may_be_taken_when_it_is_decided(
    registry: Registry, caller: Caller, stranger: Caller
) -> None:
    name = a_name("lol")
    first, same, alike = (
        await made(registry, caller, name),
        await made(registry, stranger, name),
        await made(registry, stranger, name.replace("lol", "l0l")),
    )
    await registry.publishers.accept(console(), first.id)
    with pytest.raises(PublisherExists):
        await registry.publishers.accept(console(), same.id)
    with pytest.raises(PublisherNameConfusable):
        await registry.publishers.accept(console(), alike.id)


async def test_a_deleted_name_stays_its_accounts(registry: Registry, caller: Caller, stranger: Caller) -> None:
    name = a_name("lasting")
    await registry.publishers.delete(caller, (await accepted(registry, caller, name)).id)
    with pytest.raises(PublisherExists):
        await made(registry, stranger, name)
    again = await accepted(registry, caller, name.upper())
    await registry.publishers.delete(caller, again.id)
    with pytest.raises(PublisherExists):
        await made(registry, stranger, name)


async def test_a_name_whose_acceptance_was_a_mistake_is_free_again(
    registry: Registry, caller: Caller, stranger: Caller
) -> None:
    name = a_name("mistaken")
    await registry.publishers.reject(console(), (await accepted(registry, caller, name)).id, "a mistake")
    await accepted(registry, stranger, name)


async def test_of_names_that_look_alike_and_are_decided_at_once_one_is_accepted(
    registry: Registry, new_account: NewAccount
) -> None:
    name = a_name("lllll")
    spelt = [name, *(name[:at] + twin + name[at + 1 :] for at in range(3) for twin in "1I")]
    asked = [await made(registry, new_account().user().caller, each) for each in spelt]
    decided = await asyncio.gather(
        *(registry.publishers.accept(console(), each.id) for each in asked), return_exceptions=True
    )
    refused = [type(each) for each in decided if isinstance(each, Exception)]
    assert len(refused) == len(spelt) - 1
    assert set(refused) <= {PublisherExists, PublisherNameConfusable}


async def test_a_name_that_nobody_accepted_is_free_again(registry: Registry, caller: Caller, stranger: Caller) -> None:
    name = a_name("squatted")
    await registry.publishers.delete(caller, (await made(registry, caller, name)).id)
    await accepted(registry, stranger, name)


async def test_look_alikes_are_told_to_the_reviewer(
    registry: Registry, caller: Caller, stranger: Caller, owner: Any
) -> None:
    name = a_name("lookout")
    popular = await accepted(registry, stranger, f"{name}x")
    plugin = a_name()
    await registry.plugins.create_version(stranger, a_spec(plugin, "1.0.0"))
    await registry.plugins.publish(stranger, plugin, "1.0.0", popular.id)
    await owner.execute("UPDATE plugins SET refer_count = 1000000 WHERE publisher_id = $1", popular.id)
    waiting = await made(registry, stranger, name.replace("l", "1"))
    twin = await made(registry, stranger, a_name("other"), name)
    asked = await made(registry, caller, name)
    shown = await registry.publishers.show_case(console(), asked.id)
    found = {each.publisher_id: each.likeness for each in shown.look_alikes}
    assert found == {
        waiting.id: Likeness.LOOKS_THE_SAME,
        twin.id: Likeness.SAME,
        popular.id: Likeness.ONE_LETTER,
    }
    assert (await registry.publishers.show(caller, asked.id)).look_alikes == []


async def test_names_that_were_accepted_before_are_reserved_and_whose_they_were_own_them(
    new_database: Callable[[], Awaitable[Urls]],
) -> None:
    urls = await new_database()
    old = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
    try:
        await old.execute("CREATE SCHEMA plugport")
        for each in migrations():
            if each.name == "publisher_life":
                break
            await old.execute(each.sql)
        user = "c" * 32
        for tenant in TENANTS:
            await old.execute("INSERT INTO tenants (id, name) VALUES ($1, $2)", tenant, tenant)
        await old.execute(
            "INSERT INTO users (id, tenant_id, name, roles, password_hash) VALUES ($1, $2, 'u', '{author}', '')",
            user, TENANTS[0],
        )  # fmt: skip
        for number, (tenant, en_name, status, is_deleted) in enumerate((
            (TENANTS[0], "My Ill_Mall", "accept", False), (TENANTS[1], "my-ill.mall", "accept", False),
            (TENANTS[1], "Gone", "accept", True), (TENANTS[1], "Waiting", "processing", False),
        )):  # fmt: skip
            await old.execute(
                """INSERT INTO publishers (id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url,
                                           source_url, status, updated_by_id, updated_by_name, deleted_at, created_at)
                   VALUES ($1, $2, $3::text, $3::text, $4, '', '', '', 'x', '', $5, '', '', CASE WHEN $6 THEN now() END,
                           now() + make_interval(secs => $7))""",
                f"{number:032x}", tenant, en_name, user if tenant == TENANTS[0] else "nobody", status, is_deleted, number,
            )  # fmt: skip
        [migration] = [each for each in migrations() if each.name == "publisher_life"]
        await old.execute(migration.sql)
        reserved = await old.fetch(
            "SELECT name_key, name_skeleton, tenant_id FROM reserved_publisher_names ORDER BY name_key"
        )
        assert [tuple(row) for row in reserved] == [
            ("gone", "gone", TENANTS[1]), ("my-ill-mall", "rny-lll-rnall", TENANTS[0]),
        ]  # fmt: skip
        assert names.skeleton("My Ill_Mall") == "rny-lll-rnall"
        members = await old.fetch("SELECT publisher_id, user_id, role FROM publisher_members")
        assert [tuple(row) for row in members] == [(f"{0:032x}", user, "owner")]
    finally:
        await old.close()
