"""Extensions to speak about, and who speaks."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from schemas.ids import new_id
from schemas.model.access import Caller
from storage.postgres.embedded import Urls
from tests.accounts import Account, NewAccount

NewExtension = Callable[..., Awaitable[str]]


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


@pytest.fixture
def new_extension(owner: Any, account: Account) -> NewExtension:
    """Makes an extension of the account, published or not, and answers its id. How one comes to be is tested elsewhere."""

    async def make(*, published: bool = True) -> str:
        id, publisher_id, name = new_id(), new_id(), f"said-of-{secrets.token_hex(6)}"
        await owner.execute(
            """INSERT INTO publishers (id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url,
                                       source_url, updated_by_id, updated_by_name)
               VALUES ($1, $2, $3, $3, '', '', '', '', 'x@y.example', '', '', '')""",
            publisher_id, account.id, name,
        )  # fmt: skip
        await owner.execute(
            """INSERT INTO extensions (id, tenant_id, publisher_id, publisher_name, name, official, display_name, description,
                                       categories, tags, targets, engines, preview, published_at, creator_id, creator_name)
               VALUES ($1, $2, $3, $4, $4, false, $4, '', '{}', '{}', '{}', '{}', false,
                       CASE WHEN $5 THEN now() END, '', '')""",
            id, account.id, publisher_id, name, published,
        )  # fmt: skip
        return id

    return make


@pytest.fixture
async def extension(new_extension: NewExtension) -> str:
    """The id of an extension that everybody sees."""
    return await new_extension()


@pytest.fixture
def ada(account: Account) -> Caller:
    """A viewer of the account whose extension it is."""
    return account.user("viewer").caller


@pytest.fixture
def bob(new_account: NewAccount) -> Caller:
    """A viewer of another account."""
    return new_account().user("viewer").caller
