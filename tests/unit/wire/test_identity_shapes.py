"""Our token body reads as keystoneauth1 reads it and keeps what the contract shows of it."""

from typing import Any

import msgspec
from keystoneauth1.access import create

from schemas.wire.identity_v3 import (
    CatalogService,
    Endpoint,
    Named,
    TokenAnswer,
    TokenFacts,
    TokenProject,
    TokenUser,
)
from tests.surfaces.contract.facts import operations, violations

ACCOUNT = Named(id="a" * 32, name="acme")


def a_token(**scope: Any) -> TokenAnswer:
    return TokenAnswer(
        token=TokenFacts(
            methods=["password"],
            user=TokenUser(id="b" * 32, name="ada", domain=ACCOUNT),
            audit_ids=["c" * 22],
            expires_at="2019-02-14T06:52:13.855000Z",
            issued_at="2019-02-13T06:52:13.855000Z",
            roles=[Named(id="author", name="author")],
            catalog=[
                CatalogService(
                    id="registry",
                    type="registry",
                    name="plugport",
                    endpoints=[
                        Endpoint(
                            id="public",
                            interface="public",
                            region="here",
                            region_id="here",
                            url="http://127.0.0.1:8000",
                        )
                    ],
                )
            ],
            **scope,
        )
    )


def as_sent(answer: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(answer))


def as_keystone_reads(answer: TokenAnswer) -> Any:
    return create(body=as_sent(answer), auth_token="t")


def test_a_token_keeps_the_contract() -> None:
    assert violations(as_sent(a_token(domain=ACCOUNT)), operations("iam_token")["create_token"].response) == []


def test_a_project_token_is_read_as_one() -> None:
    read = as_keystone_reads(a_token(project=TokenProject(id="d" * 32, name="here", domain=ACCOUNT)))
    assert (read.project_id, read.project_name, read.project_domain_name) == ("d" * 32, "here", "acme")
    assert read.domain_id is None
    assert not read.domain_scoped
    assert (read.username, read.user_domain_id, read.role_names) == ("ada", ACCOUNT.id, ["author"])
    assert read.service_catalog.url_for(service_type="registry", region_name="here") == "http://127.0.0.1:8000"
    assert read.expires.isoformat() == "2019-02-14T06:52:13.855000+00:00"


def test_an_account_token_is_read_as_one() -> None:
    read = as_keystone_reads(a_token(domain=ACCOUNT))
    assert read.domain_scoped
    assert (read.domain_id, read.project_id) == (ACCOUNT.id, None)


def test_a_token_without_a_scope_names_neither() -> None:
    token = as_sent(a_token())["token"]
    assert "project" not in token
    assert "domain" not in token
