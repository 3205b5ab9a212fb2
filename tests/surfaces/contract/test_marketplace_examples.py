"""The examples of the IDE marketplace's contract: what it shows comes out where the same was put in.

The contract shows six answers and no request. So what an answer tells of is made first, with the texts of the example; then
the answer is held against the example, and every answer of all 18 operations against the contract's fields and types.
"""

import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import pytest

from schemas.wire import fileservice_v2
from schemas.wire import marketplace_v1 as wire
from tests.builders import a_name, a_vsix
from tests.chunks import FormSending
from tests.person import Person
from tests.publishing import MARKETPLACE, Named, an_accepted_publisher, archiving, checked, published, result, uploaded
from tests.surfaces.contract.facts import Operation, extras, operations, violations
from tests.unit.wire.test_examples_decode import places_missing

OPERATIONS = operations("ide_marketplace")
SECOND = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"

REQUESTS: dict[str, Any] = {
    "list_extensions": wire.ExtensionQuery,
    "show_extension_detail": wire.DetailQuery,
    "publish_extension": wire.PublishTaskRequest,
    "add_extension_star": wire.StarRequest,
    "add_extension_evaluation": wire.EvaluationRequest,
    "add_extension_evaluation_reply": wire.ReplyRequest,
    "check_malicious_extension_evaluation": wire.AccusationRequest,
    "create_extension_authorization": wire.ConsentRequest,
}
RESPONSES: dict[str, Any] = {
    "list_extensions": wire.ExtensionResults,
    "show_extension_detail": wire.ExtensionResults,
    "show_category_list": wire.CategoryAnswer,
    "list_publisher": wire.OwnPublishersAnswer,
    "upload_extension_file": wire.PackageAnswer,
    "upload_file_publisher": fileservice_v2.ChunkAnswer,
    "show_extension_testing_result": wire.TestingAnswer,
    "publish_extension": wire.PublishAnswer,
    "add_extension_star": wire.StarAnswer,
    "show_extension_evaluation_star": wire.StarPageAnswer,
    "add_extension_evaluation": wire.EvaluationAnswer,
    "show_extension_evaluation": wire.EvaluationPageAnswer,
    "add_extension_evaluation_reply": wire.ReplyAnswer,
    "check_malicious_extension_evaluation": wire.AccusationAnswer,
    "delete_evaluation": wire.DeletedAnswer,
    "delete_evaluation_reply": wire.DeletedAnswer,
    "show_extension_authorization": wire.ConsentAnswer,
    "create_extension_authorization": wire.ConsentSaved,
}
NEVER_THERE = {
    "$.results[].extensions[].check_result.extension_version_compare",  # nothing is compared with what is published
    "$.error: no Struct",  # null in every good answer
}
OURS = re.compile(
    r"\$\.result\.(task|(security|file|basicInformation)\.findings)"
    r"|\$\.result\.basicInformation\.extension_brief_info\.target_platform"
    r"|\$\.result\.items\[\d+\]\.commentator\.userName"
    r"|\$\.results\[\d+\]\.extensions\[\d+\]\.versions\[\d+\]\.target_platform"
)
"""What we tell beyond the contract."""


@pytest.mark.parametrize("id", REQUESTS)
def test_every_field_of_a_request_has_its_place(id: str) -> None:
    spec = OPERATIONS[id].body
    assert spec is not None
    assert places_missing(spec, msgspec.inspect.type_info(REQUESTS[id])) == []


def test_every_operation_with_a_body_has_a_struct_for_it() -> None:
    assert {each.id for each in OPERATIONS.values() if each.body is not None} == set(REQUESTS)
    assert set(OPERATIONS) == set(RESPONSES)


@pytest.mark.parametrize("id", RESPONSES)
def test_every_field_of_an_answer_has_its_place(id: str) -> None:
    missing = places_missing(OPERATIONS[id].response, msgspec.inspect.type_info(RESPONSES[id]))
    assert set(missing) <= NEVER_THERE


# -- the replay ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def publisher(ada: Person, judge: Person) -> Named:
    """An accepted publisher of hers."""
    return an_accepted_publisher(ada, judge)


@pytest.fixture
def extension_id(ada: Person, publisher: Named) -> str:
    """A published extension of it."""
    return str(published(ada, a_vsix(publisher.name, a_name("tool")))["extension_id"])


def judged(id: str, answer: httpx.Response) -> Any:
    """The answer's body, which keeps the contract."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    spec = OPERATIONS[id].response
    wrong = violations(body, spec)
    assert wrong == (["$.error: null, expected object"] if id == "upload_extension_file" else [])
    assert [each for each in extras(body, spec) if not OURS.fullmatch(each)] == []
    return body


def example(id: str) -> Any:
    """The answer that the contract shows."""
    shown = OPERATIONS[id].example_response
    assert shown is not None
    return shown["body"]


def test_the_checks_of_the_example(ada: Person, publisher: Named) -> None:
    facts = {"displayName": "bigfile upload test", "description": "Debug for AOC SSP"}
    task = uploaded(ada, a_vsix(publisher.name, "big-file-test", "0.0.1", manifest=facts))
    checked(ada, task)

    told = judged("show_extension_testing_result", ada.http.get(f"{MARKETPLACE}/extension/{task}/status"))

    def without_our_own(shown: Any, ours: Any) -> Any:
        return {key: without_our_own(value, ours[key]) if isinstance(value, dict) else ours[key]
                for key, value in shown.items()}  # fmt: skip

    wanted = example("show_extension_testing_result")
    brief = wanted["result"]["basicInformation"]["extension_brief_info"]
    brief["publisherSnake"] = {
        "publisher_id": publisher.id,
        "publisher_name": publisher.name,
        "display_name": f"The {publisher.name}",
    }
    brief["identifier"] = f"{publisher.name}.big-file-test"
    brief["logUrl"] = f"{ada.http.base_url}/plugport/v1/extension-tasks/{task}/icon"
    found = without_our_own(wanted, told)
    assert found == wanted


def test_the_search_of_the_example(ada: Person, publisher: Named) -> None:
    shown = example("list_extensions")["results"][0]["extensions"][0]
    facts = {
        "displayName": shown["display_name"],
        "description": shown["short_description"],
        "keywords": shown["tags"],
        "categories": shown["categories"],
        "repository": f"https://{shown['ext_info']['repo_url']}",
        "homepage": f"https://{shown['ext_info']['website']}",
        "bugs": f"https://{shown['ext_info']['issue_link']}",
    }
    id = published(ada, a_vsix(publisher.name, "plugin-for-CodeArtsIDEOnline", manifest=facts))["extension_id"]
    filters = [{"criteria": [{"filter_type": 4, "value": id}], "page_number": 1, "page_size": 1}]

    found = judged(
        "list_extensions",
        ada.http.post(f"{MARKETPLACE}/extension/extensionquery", json={"filters": filters, "flags": 30}),
    )

    ((told,),) = [each["extensions"] for each in found["results"]]
    assert set(shown) <= set(told)
    assert set(shown["versions"][0]) <= set(told["versions"][0])
    assert set(shown["publisher"]) == set(told["publisher"]) == set(told["publish_manager"])
    same = ("display_name", "short_description", "categories", "status", "validate_status", "support_ide",
            "support_ide_info", "target", "preview")  # fmt: skip
    assert {name: told[name] for name in same} == {name: shown[name] for name in same}
    assert sorted(told["tags"]) == sorted(shown["tags"])
    assert told["publisher"]["publisher_status"] == "VERIFIED"
    assert told["extension_owner"] == ada.member.name
    assert told["ext_info"]["repo_url"].endswith(shown["ext_info"]["repo_url"])
    for name in ("last_updated", "published_date", "release_date"):
        assert re.fullmatch(SECOND, told[name])
    detail = ada.http.post(f"{MARKETPLACE}/extension/public/detail", json={"ids": [id]})
    ((same_one,),) = [each["extensions"] for each in judged("show_extension_detail", detail)["results"]]
    assert same_one["extension_id"] == id


def test_the_ratings_of_the_example(ada: Person, extension_id: str) -> None:
    wanted = example("show_extension_evaluation_star")["result"]
    shown = wanted["items"][0]
    body = {"extension_id": extension_id, "stars": shown["stars"], "comment": shown["comment"]}
    judged("add_extension_star", ada.http.post(f"{MARKETPLACE}/star", json=body))

    asked = {"extension_id": extension_id, "offset": 0, "limit": wanted["size"]}
    told = judged("show_extension_evaluation_star", ada.http.get(f"{MARKETPLACE}/feedback/star", params=asked))

    page = told["result"]
    assert {name: page[name] for name in ("size", "items_before", "empty")} == {
        name: wanted[name] for name in ("size", "items_before", "empty")
    }
    (star,) = page["items"]
    assert {name: star[name] for name in ("comment", "stars", "status")} == {
        name: shown[name] for name in ("comment", "stars", "status")
    }
    assert star["commentator"] == {
        "domainId": ada.account_id,
        "domainName": ada.member.account.name,
        "userName": ada.member.name,
        "deletedTime": 0,
    }
    assert re.fullmatch(SECOND, star["create_time"])


def test_the_publishers_of_the_example(ada: Person, publisher: Named) -> None:
    told = judged("list_publisher", ada.http.get(f"{MARKETPLACE}/publishers/mine"))

    (row,) = told["result"]
    assert set(example("list_publisher")["result"][0]) <= set(row)
    same = ("status", "publisher_review", "system_review", "official", "is_open", "role")
    shown = example("list_publisher")["result"][0]
    assert {name: row[name] for name in same} == {name: shown[name] for name in same}
    assert (row["identifier"], row["name"]) == (publisher.name, f"The {publisher.name}")


def test_the_consent_of_the_example(ada: Person, publisher: Named) -> None:
    published(ada, a_vsix(publisher.name, "java", "1.0.1"))
    wanted = example("show_extension_authorization")["result"] | {
        "identifier": f"{publisher.name}.java",
        "instance_id": "ide-1",
    }
    body = {name: wanted[name] for name in ("identifier", "extension_version", "status")}
    said = ada.http.post("/v2/extension/authorization/ide-1", json=body | {"instance_id": "another"})
    assert judged("create_extension_authorization", said)["result"] is True

    asked = {name: wanted[name] for name in ("identifier", "extension_version", "instance_id")}
    told = judged("show_extension_authorization", ada.http.get("/v2/extension/authorization", params=asked))

    assert told == example("show_extension_authorization") | {"result": wanted}


def test_answers_without_an_example_keep_the_contract(ada: Person, publisher: Named) -> None:
    package = a_vsix(publisher.name, a_name("tool"))
    sending = FormSending(ada, publisher.id, package, chunk=len(package))
    judged("upload_file_publisher", sending.chunk(1, merge="true"))
    file = {"file": ("tool.vsix", package)}
    sent = ada.http.post(f"{MARKETPLACE}/file/plugin", params={"official": "codeartsideonline"}, files=file)
    task = judged("upload_extension_file", sent)["result"]["task_id"]
    checked(ada, task)
    extension_id = judged("publish_extension", archiving(ada, task))["result"]["extension_id"]
    judged("show_category_list", ada.http.get(f"{MARKETPLACE}/extension/category"))
    told = {"extension_id": extension_id, "text": "Good"}
    said = ada.http.post(f"{MARKETPLACE}/extension/evaluation", json=told)
    evaluation = judged("add_extension_evaluation", said)["result"]["id"]
    judged(
        "show_extension_evaluation",
        ada.http.get(f"{MARKETPLACE}/feedback/evaluation", params={"extension_id": extension_id}),
    )
    answer = {"evaluation_id": str(evaluation), "text": "Thank you"}
    replied = ada.http.post(f"{MARKETPLACE}/extension/evaluation/reply", json=answer)
    reply = judged("add_extension_evaluation_reply", replied)["result"]["id"]
    report = {"evaluation_id": str(evaluation), "content": "x"}
    judged(
        "check_malicious_extension_evaluation",
        ada.http.post(f"{MARKETPLACE}/extension/evaluation/accusation", json=report),
    )
    judged("delete_evaluation_reply", ada.http.delete(f"{MARKETPLACE}/evaluation/reply/{reply}"))
    judged("delete_evaluation", ada.http.delete(f"{MARKETPLACE}/evaluation/{evaluation}"))


# -- discrepancies -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spelled",
    [lambda id: id, lambda id: f" {id} ,{'0' * 32}", lambda id: [id], lambda id: f'["{id}"]', lambda id: [id, "x"]],
    ids=["one", "commas", "list", "a list in a text", "a list with what is no id"],
)
def test_ids_are_a_text_or_a_list(ada: Person, extension_id: str, spelled: Callable[[str], Any]) -> None:
    ids = spelled(extension_id)

    told = ada.http.post(f"{MARKETPLACE}/extension/public/detail", json={"ids": ids}).json()["results"][0]
    assert [each["extension_id"] for each in told["extensions"]] == [extension_id]


@pytest.mark.parametrize("spelled", [int, str])
def test_ids_of_evaluations_are_texts_or_numbers_in_bodies(
    ada: Person, extension_id: str, spelled: Callable[[int], Any]
) -> None:
    said = result(
        ada.http.post(f"{MARKETPLACE}/extension/evaluation", json={"extension_id": extension_id, "text": "Good"})
    )

    replied = ada.http.post(
        f"{MARKETPLACE}/extension/evaluation/reply", json={"evaluation_id": spelled(said["id"]), "text": "Thank you"}
    )

    assert result(replied)["evaluation_id"] == said["id"]


def test_the_contract_shows_six_answers() -> None:
    def shown(operation: Operation) -> bool:
        return operation.example_response is not None

    assert {each.id for each in OPERATIONS.values() if shown(each)} == {
        "list_extensions",
        "show_extension_detail",
        "show_extension_testing_result",
        "show_extension_evaluation_star",
        "list_publisher",
        "show_extension_authorization",
    }
