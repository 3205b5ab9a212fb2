"""A throw-away account for hostile requests, whose user may do everything, so that nothing but the request is at fault."""

from collections.abc import Iterator

import httpx
import pytest

from storage.postgres.embedded import Urls
from tests.accounts import Account, Member, NewAccount
from tests.program import Server, free_port


@pytest.fixture(scope="session")
def victim(new_account: NewAccount) -> Account:
    """The account."""
    return new_account()


@pytest.fixture(scope="session")
def mallory(victim: Account) -> Member:
    """Its user."""
    return victim.user("admin", "operator")


@pytest.fixture(scope="session")
def token(mallory: Member) -> str:
    """Her token."""
    return mallory.token()


@pytest.fixture(scope="session")
def client(mallory: Member, token: str) -> Iterator[httpx.Client]:
    """A client that sends it."""
    with mallory.client() as client:
        yield client


@pytest.fixture(scope="package", autouse=True)
def _nothing_was_unexpected(server: Server) -> Iterator[None]:
    """Whatever these tests sent, the server's log tells of no failure of ours."""
    before = len(server.log.read_bytes())
    yield
    told = server.log.read_bytes()[before:].decode(errors="replace")
    assert "unexpected" not in told
    assert "Traceback" not in told


@pytest.fixture(scope="module")
def impatient(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits one second for a byte, and four for a body."""
    with Server(
        tmp_path_factory.mktemp("impatient"),
        port=free_port(),
        PLUGPORT_DATABASE_URL=cluster.app,
        PLUGPORT_JOBS="off",  # its store is not that of the database's other servers
        PLUGPORT_DATABASE_OWNER_URL=cluster.owner,
        PLUGPORT_BODY_TIMEOUT_SECONDS="1",
    ) as running:
        yield running
