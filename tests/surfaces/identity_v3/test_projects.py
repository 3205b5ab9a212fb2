"""What a login is good for."""

import httpx

from tests.accounts import Account, NewAccount
from tests.surfaces.contract.facts import operations, violations


def test_the_projects_are_those_of_the_account(new_account: NewAccount) -> None:
    account = new_account()
    new_account()
    with account.user().client() as client:
        for path in ("/v3/projects", "/v3/projects/", "/v3/auth/projects"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert violations(answer.json(), operations("iam_token")["list_projects"].response) == []
            assert [account.project.id] == [each["id"] for each in answer.json()["projects"]]


def test_a_project_is_found_by_its_name_alone(account: Account) -> None:
    with account.user().client() as client:
        found = client.get("/v3/projects", params={"name": "default", "_": "17"}).json()["projects"]
        missing = client.get("/v3/projects", params={"name": "defaul"}).json()["projects"]

    assert [("default", account.id)] == [(each["name"], each["domain_id"]) for each in found]
    assert missing == []


def test_the_account_is_the_callers_own(account: Account) -> None:
    with account.user().client() as client:
        answer = client.get("/v3/auth/domains")

    assert violations(answer.json(), operations("iam_token")["list_auth_domains"].response) == []
    assert [(account.id, account.name)] == [(each["id"], each["name"]) for each in answer.json()["domains"]]


def test_another_account_in_x_domain_id_is_refused(account: Account, new_account: NewAccount) -> None:
    with account.user().client() as client:
        own = client.get("/v3/projects", headers={"X-Domain-Id": account.id})
        other = client.get("/v3/projects", headers={"X-Domain-Id": new_account().id})

    assert own.status_code == 200
    assert (other.status_code, other.json()["error_code"]) == (403, "PLUGPORT.00020004")
    assert other.json()["error_msg"].startswith("X-Domain-Id: ")


def test_x_project_id_may_say_anything(account: Account) -> None:
    """The official SDKs fill it with whatever they were built with."""
    with account.user().client() as client:
        assert client.get("/v3/projects", headers={"X-Project-Id": "eu-west-101"}).status_code == 200


def test_the_versions_are_shown_to_everybody(http: httpx.Client, server: object) -> None:
    version = http.get("/v3").json()["version"]

    assert version["id"].startswith("v3")
    assert http.get("/v3/").json()["version"] == version
    assert http.get("/").json()["versions"]["values"] == [version]
