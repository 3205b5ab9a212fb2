"""`keystoneauth1` logs in and then works with plug-ins."""

from collections.abc import Callable
from typing import Any

import pytest
from keystoneauth1.identity import generic, v3
from keystoneauth1.session import Session

from tests.accounts import Account, Member
from tests.builders import a_name, a_version
from tests.program import Server

SCOPES = {
    "project": lambda account: {"project_name": account.project.name, "project_domain_name": account.name},
    "project by id": lambda account: {"project_id": account.project.id},
    "account": lambda account: {"domain_name": account.name},
    "account by id": lambda account: {"domain_id": account.id},
}


@pytest.fixture
def author(account: Account) -> Member:
    """An author of the test's own account."""
    return account.user("author")


@pytest.fixture(params=[v3.Password, generic.Password], ids=["v3", "generic"])
def login(request: pytest.FixtureRequest, server: Server, author: Member) -> Callable[[dict[str, str]], Session]:
    """Makes a session for a scope."""
    path = "/v3" if request.param is v3.Password else ""

    def log_in(scope: dict[str, str]) -> Session:
        return Session(
            request.param(
                auth_url=server.url + path,
                username=author.name,
                password=author.password,
                user_domain_name=author.account.name,
                **scope,
            )
        )

    return log_in


@pytest.mark.parametrize("scope", SCOPES)
def test_a_session_writes_and_reads_plugins(login: Any, server: Server, account: Account, scope: str) -> None:
    session, name = login(SCOPES[scope](account)), a_name()
    path = f"{server.url}/v1/{account.id}/agent-plugin"

    made = session.post(f"{path}/create", json=a_version(name))
    read = session.get(f"{path}/query", params={"plugin_name": name})

    assert (made.status_code, made.json()) == (200, True)
    assert [each["version"] for each in read.json()["data"]] == ["1.0.0"]


def test_the_catalogue_leads_to_the_registry(login: Any, account: Account) -> None:
    session = login({"domain_name": account.name})

    found = session.get(f"/v1/{account.id}/publisher/query-all", endpoint_filter={"service_type": "plugin-registry"})

    assert found.json()["data"] == []


def test_a_session_whose_token_was_revoked_logs_in_again(login: Any, server: Server, account: Account) -> None:
    session = login({"domain_name": account.name})
    token = session.get_token()
    session.delete(f"{server.url}/v3/auth/tokens", headers={"X-Subject-Token": token})

    found = session.get(f"{server.url}/v1/{account.id}/publisher/optional-publisher")

    assert found.json() == []
    assert session.get_token() != token


def test_a_session_does_not_reach_another_account(login: Any, server: Server, account: Account) -> None:
    session = login({"domain_name": account.name})

    answer = session.get(f"{server.url}/v1/{'0' * 32}/publisher/query-all", raise_exc=False)

    assert (answer.status_code, answer.json()["error_code"]) == (403, "PLUGPORT.00020004")
