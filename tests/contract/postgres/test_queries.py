"""Every statement in `storage/postgres/sql` fits the tables, may be run by the application, and is called."""

import ast
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import storage.postgres
from storage.postgres.database import APP_ROLE
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from storage.postgres.queries import Query, load, parse

FOLDER = Path(storage.postgres.__file__).parent
NOUNS = sorted(path.stem for path in (FOLDER / "sql").glob("*.sql"))
STATEMENTS = [pytest.param(query, id=f"{noun}.{query.name}") for noun in NOUNS for query in load(noun).all.values()]


@pytest.fixture
async def fresh(new_database: Callable[[], Awaitable[Urls]]) -> AsyncIterator[Any]:
    """A connection of the application to a database that was just made."""
    urls = await new_database()
    await migrate(urls.owner, app_login="plugport")
    connection = await asyncpg.connect(
        urls.owner, server_settings={"search_path": "plugport,public", "role": APP_ROLE, "plugport.tenant": "a" * 32}
    )
    yield connection
    await connection.close()


async def test_every_statement_fits_the_tables_and_the_applications_rights(fresh: Any) -> None:
    """Preparing checks names and types; explaining checks what the role may do, too."""
    for noun in NOUNS:
        for query in load(noun).all.values():
            prepared = await fresh.prepare(query.sql)
            assert len(prepared.get_parameters()) == len(query.parameters), query.name
            await fresh.execute(f"EXPLAIN (GENERIC_PLAN) {query.sql}")


@pytest.mark.parametrize("noun", NOUNS)
def test_every_statement_is_called_and_every_call_names_one(noun: str) -> None:
    called = {
        node.attr
        for node in ast.walk(ast.parse((FOLDER / f"{noun}.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "QUERIES"
    }
    assert called == set(load(noun).all)


@pytest.mark.parametrize("query", STATEMENTS)
def test_every_statement_is_one(query: Query) -> None:
    assert query.sql
    assert ";" not in query.sql


# -- how a statement is read ---------------------------------------------------------------------------------------------


def only(text: str) -> Query:
    (query,) = parse("noun", f"-- name: it\n{text}").all.values()
    return query


def test_parameters_are_numbered_in_the_order_of_their_first_use() -> None:
    query = only("SELECT :b, :a, :b")
    assert (query.sql, query.parameters) == ("SELECT $1, $2, $1", ("b", "a"))


@pytest.mark.parametrize("text", ["SELECT a::text", "SELECT ':a'", "SELECT 'it''s :a'", "SELECT a[1:2]"])
def test_a_colon_elsewhere_makes_no_parameter(text: str) -> None:
    assert only(text) == Query("it", text, ())


def test_a_cast_parameter_is_one() -> None:
    assert only("SELECT :a::jsonb").sql == "SELECT $1::jsonb"


def test_comments_are_left_out() -> None:
    assert only("-- why :not\nSELECT 1;\n").sql == "SELECT 1"


def test_a_name_is_given_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse("noun", "-- name: it\nSELECT 1\n-- name: it\nSELECT 2")


def test_an_unknown_statement_is_named() -> None:
    with pytest.raises(AttributeError, match=r"sql/audit.sql has no statement no_such"):
        load("audit").no_such  # noqa: B018
