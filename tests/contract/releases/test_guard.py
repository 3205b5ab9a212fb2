"""Whatever the code says, the database makes no move that is none, and nothing everybody's without passes and decision."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest

from app.registry.releases.rules import MOVES
from schemas.ids import new_id
from schemas.model.releases import Act, Release, ReleaseState
from storage.postgres.database import APP_ROLE
from tests.contract.releases.people import House

REFUSED = asyncpg.IntegrityConstraintViolationError
LEGAL = {
    (act, before, after) for act, by_state in MOVES.items() for before, states in by_state.items() for after in states
}
ACTS = [*Act]
MOVE = (
    "UPDATE releases SET act = $2, state = $3, round = round + CASE WHEN $2 = 'submit' THEN 1 ELSE 0 END,"
    " reasons = CASE $2 WHEN 'file' THEN ARRAY['always'] WHEN 'submit' THEN '{}' ELSE reasons END,"
    " deprecation = CASE WHEN $3 = 'deprecated' THEN coalesce(deprecation, 'old') ELSE deprecation END,"
    " restores_to = CASE WHEN $3 = 'quarantined' THEN state END WHERE id = $1"
)


@asynccontextmanager
async def as_application(house: House) -> AsyncIterator[asyncpg.Connection]:
    """A connection with the rights of the application, in a transaction that is rolled back. It can step out of them
    (`RESET ROLE`), which no login of the application can."""
    connection = await asyncpg.connect(house.world.urls.owner, server_settings={"search_path": "plugport,public"})
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL plugport.tenant = '{house.ann.tenant_id}'")
            yield connection
            raise _Over
    except _Over:
        pass
    finally:
        await connection.close()


class _Over(Exception):
    pass


async def put(connection: asyncpg.Connection, release: Release, state: ReleaseState, **columns: Any) -> None:
    """Makes the row so without asking the guards."""
    await connection.execute("RESET ROLE")
    await connection.execute("SET LOCAL session_replication_role = replica")
    restores_to = "'released'" if state is ReleaseState.QUARANTINED else "NULL"
    deprecation = "'old'" if state is ReleaseState.DEPRECATED else "NULL"
    await connection.execute(
        f"UPDATE releases SET state = $2, restores_to = {restores_to}, deprecation = {deprecation}, reasons = '{{}}'"
        " WHERE id = $1", release.id, state,
    )  # fmt: skip
    for column, value in columns.items():
        await connection.execute(f"UPDATE releases SET {column} = $2 WHERE id = $1", release.id, value)
    await connection.execute("SET LOCAL session_replication_role = origin")
    await connection.execute(f"SET LOCAL ROLE {APP_ROLE}")


async def accept(connection: asyncpg.Connection, release: Release, kind: str, people: int) -> None:
    """So many people have accepted what is open."""
    review_id = new_id()
    await connection.execute("RESET ROLE")
    await connection.execute(
        "INSERT INTO reviews (id, tenant_id, release_id, kind, round, opened_by_id, opened_by_name, text)"
        " VALUES ($1, $2, $3, $4, $5, '', '', '')", review_id, release.tenant_id, release.id, kind, release.round,
    )  # fmt: skip
    for _ in range(people):
        await connection.execute(
            "INSERT INTO review_decisions (review_id, tenant_id, user_id, user_name, verdict, reasons, text)"
            " VALUES ($1, $2, $3, '', 'accept', '{}', '')", review_id, release.tenant_id, new_id(),
        )  # fmt: skip
    await connection.execute(f"SET LOCAL ROLE {APP_ROLE}")


async def moves(connection: asyncpg.Connection, release: Release, act: str, after: str) -> bool:
    """Whether the database makes the move; it is taken back."""
    with suppress(_Over):
        try:
            async with connection.transaction():
                await connection.execute(MOVE, release.id, act, after)
                raise _Over
        except REFUSED:
            return False
    return True


async def test_the_database_has_these_moves_and_no_others(house: House) -> None:
    rows = await house.world.owner.fetch("SELECT act, before, after FROM release_moves")
    assert {(Act(act), ReleaseState(before), ReleaseState(after)) for act, before, after in rows} == LEGAL


async def test_every_move_that_is_none_is_refused_and_every_other_is_made(house: House) -> None:
    release = await house.released()
    wrong = []
    async with as_application(house) as connection:
        for kind in ("release", "quarantine", "appeal"):
            await accept(connection, release, kind, 2)
        for before in ReleaseState:
            await put(connection, release, before)
            for act in [*ACTS, "open", "nothing"]:
                for after in ReleaseState:
                    # What was yanked or held goes back to what it was, which is the released state of this row.
                    expected = (act, before, after) in LEGAL and not (
                        act in (Act.UNYANK, Act.RESTORE) and after is not ReleaseState.RELEASED
                    )
                    if await moves(connection, release, act, after) is not expected:
                        wrong.append((act, before, after))
    assert wrong == []


S = ReleaseState


@pytest.mark.parametrize("act", [Act.PASS, Act.ACCEPT])
@pytest.mark.parametrize(
    "lie",
    [
        "nothing",
        "a check failed",
        "a check is unknown",
        "an area is missing",
        "no check was done",
        "other bytes were checked",
        "the publisher was rejected",
        "nobody accepted",
    ],
)
async def test_nothing_goes_out_without_its_stored_passes_and_a_publisher_that_stands(
    house: House, act: Act, lie: str
) -> None:
    release = await house.released(packed=True)
    before = S.CHECKING if act is Act.PASS else S.IN_REVIEW
    changes = {
        "a check failed": "UPDATE checks SET outcome = 'fail' WHERE subject_id = $1 AND name = 'archive'",
        "a check is unknown": "UPDATE checks SET outcome = 'unknown' WHERE subject_id = $1 AND name = 'archive'",
        "an area is missing": "DELETE FROM checks WHERE subject_id = $1 AND area = 'file'",
        "no check was done": "DELETE FROM checks WHERE subject_id = $1",
        "other bytes were checked": "UPDATE checks SET package_sha256 = repeat('a', 64) WHERE subject_id = $1",
        "the publisher was rejected": "UPDATE publishers SET status = 'reject' WHERE $1 <> ''"
        f" AND id = '{house.publisher_id}'",
    }
    async with as_application(house) as connection:
        if lie in changes:
            await connection.execute(changes[lie], release.id)
        if lie != "nobody accepted":
            await accept(connection, release, "release", 1)
        await put(connection, release, before)
        made = await moves(connection, release, act, S.RELEASED)
    assert made is (lie == "nothing" or (lie == "nobody accepted" and act is Act.PASS))


async def test_what_was_filed_does_not_pass_by_checks_and_what_a_publisher_asks_for_neither(house: House) -> None:
    release = await house.released()
    async with as_application(house) as connection:
        await put(connection, release, S.CHECKING, reasons=["always"])
        assert not await moves(connection, release, Act.PASS, S.RELEASED)
        await put(connection, release, S.CHECKING)
        await connection.execute("RESET ROLE")
        await connection.execute("UPDATE publishers SET publisher_review = true WHERE id = $1", house.publisher_id)
        await connection.execute(f"SET LOCAL ROLE {APP_ROLE}")
        assert not await moves(connection, release, Act.PASS, S.RELEASED)
        assert await moves(connection, release, Act.FILE, S.IN_REVIEW)


@pytest.mark.parametrize(("people", "sensitive", "made"), [(1, False, True), (1, True, False), (2, True, True)])
async def test_what_a_sensitive_publisher_releases_two_people_accept(
    house: House, people: int, sensitive: bool, made: bool
) -> None:
    release = await house.released()
    async with as_application(house) as connection:
        await connection.execute("UPDATE publishers SET sensitive = $2 WHERE id = $1", house.publisher_id, sensitive)
        await accept(connection, release, "release", people)
        await put(connection, release, S.IN_REVIEW)
        assert await moves(connection, release, Act.ACCEPT, S.RELEASED) is made


@pytest.mark.parametrize(("people", "made"), [(0, False), (1, False), (2, True)])
async def test_two_people_put_something_in_quarantine(house: House, people: int, made: bool) -> None:
    release = await house.released()
    async with as_application(house) as connection:
        await accept(connection, release, "quarantine", people)
        await put(connection, release, S.RELEASED)
        assert await moves(connection, release, Act.QUARANTINE, S.QUARANTINED) is made


async def test_decisions_of_an_earlier_round_count_no_more(house: House) -> None:
    release = await house.released()
    async with as_application(house) as connection:
        await accept(connection, release, "release", 1)
        await put(connection, release, S.IN_REVIEW, round=release.round + 1)
        assert not await moves(connection, release, Act.ACCEPT, S.RELEASED)


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("UPDATE releases SET name = 'x' WHERE id = $1", "denied"),
        ("UPDATE releases SET package_sha256 = NULL WHERE id = $1", "denied"),
        ("UPDATE releases SET author_id = '' WHERE id = $1", "denied"),
        ("DELETE FROM releases WHERE id = $1", "denied"),
        ("DELETE FROM reviews WHERE release_id = $1", "denied"),
        ("DELETE FROM review_decisions WHERE tenant_id <> $1", "denied"),
        ("UPDATE review_decisions SET verdict = 'accept' WHERE tenant_id <> $1", "denied"),
        ("UPDATE reviews SET kind = 'appeal' WHERE release_id = $1", "denied"),
        ("UPDATE release_moves SET after = 'released' WHERE act <> $1", "denied"),
        ("UPDATE releases SET publisher_id = NULL WHERE id = $1", "cannot go"),
        ("UPDATE plugin_versions SET offer = 'none' WHERE id = $1", "offered by its release"),
        ("UPDATE releases SET act = 'deprecate', state = 'deprecated', deprecation = 'x', submitter_id = 'y' WHERE id = $1",
         "submitted by submitting"),
        ("UPDATE releases SET act = 'deprecate', state = 'deprecated', deprecation = 'x', reasons = '{y}' WHERE id = $1",
         "reasons"),
        ("INSERT INTO releases (id, tenant_id, kind, object_id, subject_id, name, version, author_id, state)"
         " SELECT repeat('1', 32), tenant_id, kind, object_id, subject_id, name, version, author_id, 'released'"
         " FROM releases WHERE id = $1", "begin as a draft"),
        ("INSERT INTO releases (id, tenant_id, kind, object_id, subject_id, name, version, author_id)"
         " SELECT repeat('1', 32), tenant_id, kind, object_id, subject_id, name, version, author_id"
         " FROM releases WHERE id = $1", "no such version"),
        ("INSERT INTO plugins SELECT (p).* FROM (SELECT p FROM plugins p WHERE current_version_id = $1) x",
         "cannot insert|denied|row-level security"),
        ("INSERT INTO review_rules (id, business_type, policy, updated_by_name)"
         " SELECT repeat('2', 32), 'Test', 'checks', '' WHERE $1 <> ''", "row-level security"),
    ],
)  # fmt: skip
async def test_no_statement_of_the_application_goes_around_a_release(
    house: House, statement: str, refusal: str
) -> None:
    release = await house.released()
    app = await asyncpg.connect(
        house.world.urls.app, server_settings={"search_path": "plugport,public", "role": APP_ROLE}
    )
    try:
        await app.execute(f"SET plugport.tenant = '{house.ann.tenant_id}'")
        with pytest.raises(asyncpg.PostgresError, match=refusal):
            await app.execute(statement, release.id)
    finally:
        await app.close()


@pytest.mark.parametrize("who", ["author_id", "submitter_id"])
async def test_a_decision_of_who_made_it_is_not_even_written(house: House, who: str) -> None:
    release = await house.filed()
    item = await house.review(release)
    async with as_application(house) as connection:
        await put(connection, release, S.IN_REVIEW, **{who: "x" * 32})
        with pytest.raises(REFUSED, match="is not for xxxx"):
            await connection.execute(
                "INSERT INTO review_decisions (review_id, tenant_id, user_id, user_name, verdict, reasons, text)"
                " VALUES ($1, $2, $3, '', 'accept', '{}', '')", item.review.id, release.tenant_id, "x" * 32,
            )  # fmt: skip
