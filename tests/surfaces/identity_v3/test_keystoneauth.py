"""keystoneauth1, unmodified, logs in and finds its way."""

from typing import Any

import pytest
from keystoneauth1 import exceptions
from keystoneauth1.identity import generic, v3
from keystoneauth1.session import Session

from tests.accounts import Account
from tests.program import Server


def arguments(account: Account) -> dict[str, Any]:
    ada = account.user("author")
    return {"username": ada.name, "password": ada.password, "user_domain_name": account.name}


@pytest.mark.parametrize("plugin", [generic.Password, v3.Password], ids=["generic", "v3"])
@pytest.mark.parametrize("path", ["/v3", "/v3/"])
def test_it_logs_in_for_a_project(server: Server, account: Account, plugin: Any, path: str) -> None:
    auth = plugin(server.url + path, project_name="default", project_domain_name=account.name, **arguments(account))
    session = Session(auth)

    assert session.get_project_id() == account.project.id
    assert session.get_endpoint(service_type="plugin-registry") == server.url
    assert session.get(f"{server.url}/v3/auth/projects").json()["projects"][0]["id"] == account.project.id


@pytest.mark.parametrize("plugin", [generic.Password, v3.Password], ids=["generic", "v3"])
def test_it_logs_in_for_an_account(server: Server, account: Account, plugin: Any) -> None:
    session = Session(plugin(f"{server.url}/v3", domain_id=account.id, **arguments(account)))

    assert session.auth.get_access(session).domain_id == account.id
    assert session.get_endpoint(service_type="identity", interface="public") == f"{server.url}/v3"


def test_it_finds_the_version_from_the_root(server: Server, account: Account) -> None:
    auth = generic.Password(server.url, project_id=account.project.id, **arguments(account))

    assert Session(auth).get_project_id() == account.project.id


def test_it_understands_a_refusal(server: Server, account: Account) -> None:
    auth = v3.Password(f"{server.url}/v3", **(arguments(account) | {"password": "another one"}))

    with pytest.raises(exceptions.Unauthorized, match="password is wrong"):
        Session(auth).get_token()


def test_it_logs_out(server: Server, account: Account) -> None:
    session = Session(v3.Password(f"{server.url}/v3", **arguments(account)))
    token = session.get_token()

    assert session.delete(f"{server.url}/v3/auth/tokens", headers={"X-Subject-Token": token}).status_code == 204

    with pytest.raises(exceptions.Unauthorized):
        Session().get(f"{server.url}/v3/projects", headers={"X-Auth-Token": token})
