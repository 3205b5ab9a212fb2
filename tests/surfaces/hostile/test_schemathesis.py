"""Requests made up from our own OpenAPI document, good ones and bad ones: whatever comes, the answer is as documented."""

from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from storage.postgres.embedded import Urls
from tests.accounts import Member
from tests.apart import on_its_own
from tests.program import Server
from tests.surfaces.hostile.described import DOCUMENT, OPERATIONS, Described

EXAMPLES = 3
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

SETTINGS = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def apart(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Member]]:
    """A registry apart, and who may do everything there: some of what is made up succeeds, and holds for everybody."""
    directory = tmp_path_factory.mktemp("made-up")
    with on_its_own(cluster, directory, (directory / "blobs").as_uri()) as (server, new_account):
        yield server, new_account().user("admin", "operator")


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """A connection that is kept."""
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def their_token(apart: tuple[Server, Member]) -> str:
    """A token of theirs."""
    return apart[1].token()


@pytest.fixture(scope="module")
def with_every_bound() -> schemathesis.BaseSchema:
    """The document, of which examples, made-up requests and every bound of every field are tried."""
    return schemathesis.openapi.from_dict(DOCUMENT)


@pytest.fixture(scope="module")
def without_bounds() -> schemathesis.BaseSchema:
    """The document, of which examples and made-up requests are tried."""
    config = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
    return schemathesis.openapi.from_dict(DOCUMENT, config=config)


@pytest.mark.parametrize("operation", OPERATIONS, ids=[each.id for each in OPERATIONS])
def test_every_answer_is_one_that_the_document_tells_of(
    operation: Described,
    with_every_bound: schemathesis.BaseSchema,
    without_bounds: schemathesis.BaseSchema,
    apart: tuple[Server, Member],
    session: requests.Session,
    their_token: str,
) -> None:
    server, mallory = apart

    def ask(case: Case) -> None:
        if "domain_id" in case.path_parameters:
            case.path_parameters["domain_id"] = mallory.account.id
        case.headers.pop("Authorization", None)  # made up, so that nothing behind it would be reached
        answer = case.call(base_url=server.url, session=session, headers={"X-Auth-Token": their_token})
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400 and case.operation.label != "GET /readyz" and case.method != "HEAD":
            assert {"error_code", "error_msg"} <= answer.json().keys()
        assert answer.headers["x-request-id"]

    # What `schema.parametrize` does, in its turn: that would make up all requests in every process that collects tests.
    document = with_every_bound if operation.body is None else without_bounds  # those of bodies: test_bodies.py
    one = document.include(operation_id=operation.id)
    [built] = get_all_tests(schema=one, test_func=ask, settings=SETTINGS, given_kwargs=None)
    _, test = built.ok()
    test()
