"""Requests made up from our own OpenAPI document, good ones and bad ones: whatever comes, the answer is as documented."""

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.accounts import Account
from tests.program import Server
from tests.surfaces.hostile.described import DOCUMENT

EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

# The phase that tries every bound of every field; bodies of one kind need it once.
TRIED_ELSEWHERE = {"create_plugin_version", "update_plugin_draft", "update_plugin_base_info", "update_basic_plugin",
                   "show_plugin_outputs", "show_plugin_metrics", "publish_plugin_bind", "try_contract"}  # fmt: skip
config = schemathesis.Config.from_dict(
    {
        "operations": [
            {"include-operation-id": sorted(TRIED_ELSEWHERE), "phases": {"coverage": {"enabled": False}}},
        ]
    }
)
schema = schemathesis.openapi.from_dict(DOCUMENT, config=config)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_document_tells_of(
    case: Case, server: Server, victim: Account, token: str
) -> None:
    if "domain_id" in case.path_parameters:
        case.path_parameters["domain_id"] = victim.id
    case.headers.pop("Authorization", None)  # made up, so that nothing behind it would be reached
    answer = case.call(base_url=server.url, headers={"X-Auth-Token": token})
    case.validate_response(answer, checks=CHECKS)
    if answer.status_code >= 400 and case.operation.label != "GET /readyz" and case.method != "HEAD":
        assert {"error_code", "error_msg"} <= answer.json().keys()
    assert answer.headers["x-request-id"]
