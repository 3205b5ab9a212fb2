"""The marketplace through the official SDK of IDEs, unmodified: signed with an access key, and with a token."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from huaweicloudsdkcloudide.v2 import (
    AddExtensionEvaluationReplyRequest,
    AddExtensionEvaluationRequest,
    AddExtensionStarRequest,
    CheckMaliciousExtensionEvaluationRequest,
    CloudIDEClient,
    CreateExtensionAuthorizationRequest,
    CriteriaSnake,
    DeleteEvaluationReplyRequest,
    DeleteEvaluationRequest,
    Evaluation,
    EvaluationAccusation,
    EvaluationReply,
    ExtensionAuthorization,
    ExtensionQueryParamSnake,
    ExtensionSearchUserInputParamCustomizeForDetail,
    ExtensionStar,
    FilterSnake,
    ListExtensionsRequest,
    ListPublisherRequest,
    PublishExtensionRequest,
    ShowCategoryListRequest,
    ShowExtensionAuthorizationRequest,
    ShowExtensionDetailRequest,
    ShowExtensionEvaluationRequest,
    ShowExtensionEvaluationStarRequest,
    ShowExtensionTestingResultRequest,
    TaskModelMarketPlace,
    UploadExtensionFileRequest,
    UploadExtensionFileRequestBody,
    UploadFilePublisherRequest,
    UploadFilePublisherRequestBody,
)
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException

from tests.accounts import Account
from tests.builders import a_name, a_vsix
from tests.person import Meet, Person
from tests.program import Server
from tests.publishing import Named, a_waiting_publisher, an_accepted_publisher, checked, published
from tests.surfaces.sdk.clients import IDE_WAYS, ide_without_credentials
from tests.surfaces.sdk.conftest import Form


@dataclass(frozen=True)
class Hand:
    """A user's SDK client of IDEs, and the same user over HTTP."""

    ide: CloudIDEClient
    person: Person


@dataclass(frozen=True)
class Shown:
    """A published extension."""

    id: str
    identifier: str
    name: str
    publisher: Named


@pytest.fixture(params=IDE_WAYS)
def ada(request: pytest.FixtureRequest, server: Server, account: Account, meet: Meet) -> Hand:
    """An author, who says who she is in every way."""
    member = account.user("author")
    return Hand(IDE_WAYS[request.param](server.url, member), meet(member))


@pytest.fixture
def publisher(ada: Hand, judge: Person) -> Named:
    """An accepted publisher of the author's."""
    return an_accepted_publisher(ada.person, judge)


@pytest.fixture
def extension(ada: Hand, publisher: Named) -> Shown:
    """An extension that everybody sees."""
    name = a_name("tool")
    told = published(ada.person, a_vsix(publisher.name, name))
    return Shown(told["extension_id"], f"{publisher.name}.{name}", name, publisher)


def refused(status: int, code: str, call: Callable[[Any], Any], request: Any) -> str:
    """What the SDK tells of a refusal."""
    with pytest.raises(ClientRequestException) as error:
        call(request)
    assert (error.value.status_code, error.value.error_code) == (status, code)
    assert error.value.request_id
    return str(error.value.error_msg)


def a_query(*criteria: tuple[int, str], flags: int = 30) -> ListExtensionsRequest:
    """One page of what fits."""
    asked = FilterSnake(
        criteria=[CriteriaSnake(filter_type=kind, value=value) for kind, value in criteria],
        page_number=1, page_size=20, sort_by=1, sort_order=2,
    )  # fmt: skip
    return ListExtensionsRequest(body=ExtensionQueryParamSnake(filters=[asked], flags=flags))


# -- publishing ----------------------------------------------------------------------------------------------------------


def test_the_sdk_uploads_a_package_in_one_request_and_publishes_it(ada: Hand, publisher: Named, form: Form) -> None:
    name = a_name("tool")
    body = UploadExtensionFileRequestBody(file=form(a_vsix(publisher.name, name), "tool.vsix"))

    sent = ada.ide.upload_extension_file(UploadExtensionFileRequest(official="CodeArtsIDEOnline", body=body))

    assert (sent.status_code, sent.status, sent.error, sent.result["file_name"]) == (200, "success", None, "tool.vsix")
    task = sent.result["task_id"]
    checked(ada.person, task)
    told = ada.ide.show_extension_testing_result(ShowExtensionTestingResultRequest(task_id=task))
    assert [told.result[check]["status"] for check in ("security", "file", "basicInformation")] == ["success"] * 3
    assert told.result["basicInformation"]["extension_version_compare"] == "NULL_VERSION"
    brief = told.result["basicInformation"]["extension_brief_info"]
    assert (brief["identifier"], brief["publisherSnake"]["publisher_id"]) == (f"{publisher.name}.{name}", publisher.id)

    done = ada.ide.publish_extension(PublishExtensionRequest(task_id=task, body=TaskModelMarketPlace(type=1)))

    assert (done.status, done.result["state"], done.result["version"]) == ("success", "PUBLISHED", "1.0.0")
    again = ada.ide.publish_extension(PublishExtensionRequest(task_id=task, body=TaskModelMarketPlace(type=1)))
    assert again.result == done.result


def chunks(package: bytes, form: Form, **more: Any) -> list[UploadFilePublisherRequestBody]:
    """The two chunks of a package."""
    half = len(package) // 2
    return [
        UploadFilePublisherRequestBody(
            file=form(piece, f"chunk-{number}"),
            chunk_index=number,
            merge=number == 2,
            total_chunk_num=2,
            parent_file_size=len(package),
            parent_file_name="tool.vsix",
            override=True,
            chunk_md5=hashlib.md5(piece).hexdigest(),
            parent_file_sha256=hashlib.sha256(package).hexdigest(),
            **more,
        )
        for number, piece in enumerate((package[:half], package[half:]), start=1)
    ]


def test_the_sdk_uploads_a_package_in_chunks_and_publishes_it(ada: Hand, publisher: Named, form: Form) -> None:
    task = None
    for body in chunks(a_vsix(publisher.name, a_name("tool")), form, publisher_id=publisher.id):
        body.task_id = task
        task = ada.ide.upload_file_publisher(UploadFilePublisherRequest(body=body)).result["task_id"]
    assert task is not None
    checked(ada.person, task)

    done = ada.ide.publish_extension(PublishExtensionRequest(task_id=task, body=TaskModelMarketPlace(type=1)))

    assert done.result["state"] == "PUBLISHED"


def test_a_publisher_token_is_all_that_the_sdk_needs_to_upload_check_and_publish(
    account: Account, meet: Meet, judge: Person, server: Server, form: Form
) -> None:
    author = meet(account.user("author"))
    publisher = an_accepted_publisher(author, judge)
    made = author.http.post("/plugport/v1/publisher-tokens", json={"publisher_id": publisher.id, "name": "sdk"})
    token, machine = made.json()["token"], Hand(ide_without_credentials(server.url, author.member), author)
    task = None
    for body in chunks(a_vsix(publisher.name, a_name("tool")), form):
        body.task_id = task
        asked = UploadFilePublisherRequest(x_publisher_token=token, body=body)
        task = machine.ide.upload_file_publisher(asked).result["task_id"]
    assert task is not None
    checked(author, task)

    status = ShowExtensionTestingResultRequest(x_publisher_token=token, task_id=task)
    assert machine.ide.show_extension_testing_result(status).result["task"]["state"] == "accepted"
    publish = PublishExtensionRequest(x_publisher_token=token, task_id=task, body=TaskModelMarketPlace(type=1))
    assert machine.ide.publish_extension(publish).result["state"] == "PUBLISHED"


def test_a_publisher_token_opens_no_task_of_another_publisher(
    account: Account, meet: Meet, judge: Person, server: Server
) -> None:
    author = meet(account.user("author"))
    publisher, other = an_accepted_publisher(author, judge), a_waiting_publisher(author)
    made = author.http.post("/plugport/v1/publisher-tokens", json={"publisher_id": other.id, "name": "sdk"})
    machine = Hand(ide_without_credentials(server.url, author.member), author)
    version = published(author, a_vsix(publisher.name, a_name("tool")))
    token, task = made.json()["token"], version["task_id"]

    status = ShowExtensionTestingResultRequest(x_publisher_token=token, task_id=task)
    refused(404, "PLUGPORT.00080001", machine.ide.show_extension_testing_result, status)
    publish = PublishExtensionRequest(x_publisher_token=token, task_id=task, body=TaskModelMarketPlace(type=1))
    refused(404, "PLUGPORT.00080001", machine.ide.publish_extension, publish)


def test_the_sdk_lists_the_publishers_of_its_user(ada: Hand, publisher: Named, extension: Shown) -> None:
    other = a_waiting_publisher(ada.person)

    told = ada.ide.list_publisher(ListPublisherRequest())

    assert told.status == "success"
    assert {each.identifier: (each.status, each.extension_count) for each in told.result} == {
        publisher.name: (True, 1),
        other.name: (False, 0),
    }
    (found,) = ada.ide.list_publisher(ListPublisherRequest(name=other.name)).result
    assert (found.id, found.role, found.owners[0].user_id) == (other.id, "Owner", ada.person.member.user.id)


# -- finding -------------------------------------------------------------------------------------------------------------


def test_the_sdk_finds_extensions(ada: Hand, extension: Shown) -> None:
    found = ada.ide.list_extensions(a_query((3, extension.publisher.id), (5, "linters")))

    (result,) = found.results
    (shown,) = result.extensions
    assert (shown.extension_id, shown.identifier) == (extension.id, extension.identifier)
    assert (shown.publisher.publisher_id, shown.publisher.publisher_status) == (extension.publisher.id, "VERIFIED")
    (version,) = shown.versions
    assert (version.version, version.status, version.support_ide) == ("1.0.0", "PUBLISHED", 3)
    assert {each.asset_type for each in version.files} >= {"package", "icon", "readme", "changelog", "manifest"}
    assert result.result_metadata[0].metadata_items == [{"name": "TotalCount", "count": 1, "exact": True}]


def test_the_sdk_shows_extensions_by_their_ids(ada: Hand, extension: Shown) -> None:
    ids = ExtensionSearchUserInputParamCustomizeForDetail(ids=f"{extension.id},{'0' * 32}")

    told = ada.ide.show_extension_detail(ShowExtensionDetailRequest(body=ids))

    (shown,) = told.results[0].extensions
    assert (shown.identifier, [each.version for each in shown.versions]) == (extension.identifier, ["1.0.0"])
    assert shown.versions[0].property_list[0].property_name.startswith("Microsoft.VisualStudio.")


def test_the_sdk_lists_categories(ada: Hand, extension: Shown) -> None:
    told = ada.ide.show_category_list(ShowCategoryListRequest(page_num=1, page_size=100, support_ide=3))

    counts = {each["name"]: each["count"] for each in told.result["items"]}
    assert told.status == "success"
    assert counts["Linters"] >= 1
    assert told.result["total_items_count"] >= len(counts)


# -- feedback ------------------------------------------------------------------------------------------------------------


def test_the_sdk_rates_and_lists_ratings(ada: Hand, extension: Shown) -> None:
    for stars in (2, 5):
        rating = ExtensionStar(extension_id=extension.id, stars=stars, comment="1111111")
        assert ada.ide.add_extension_star(AddExtensionStarRequest(body=rating)).result["stars"] == stars

    page = ada.ide.show_extension_evaluation_star(
        ShowExtensionEvaluationStarRequest(extension_id=extension.id, offset=0, limit=30)
    )

    assert (page.result["size"], page.result["total_items_count"], page.result["empty"]) == (30, 1, False)
    (star,) = page.result["items"]
    assert (star["stars"], star["comment"], star["status"]) == (5, "1111111", "VALIDATED")
    (found,) = ada.ide.list_extensions(a_query((4, extension.id))).results[0].extensions
    assert (found.average_star, found.extension_statistics.stars) == (5, 5)


def test_the_sdk_evaluates_replies_reports_and_deletes(ada: Hand, extension: Shown) -> None:
    said = ada.ide.add_extension_evaluation(
        AddExtensionEvaluationRequest(body=Evaluation(extension_id=extension.id, text="It marks everything."))
    ).result
    to_review = EvaluationReply(evaluation_id=str(said["id"]), reply_id="", text="That is what it is for.")
    first = ada.ide.add_extension_evaluation_reply(AddExtensionEvaluationReplyRequest(body=to_review)).result
    to_reply = EvaluationReply(evaluation_id=str(said["id"]), reply_id=str(first["id"]), text="I see.")
    second = ada.ide.add_extension_evaluation_reply(AddExtensionEvaluationReplyRequest(body=to_reply)).result

    def page() -> Any:
        asked = ShowExtensionEvaluationRequest(extension_id=extension.id, offset=0, limit=10)
        return ada.ide.show_extension_evaluation(asked).result

    (shown,) = page()["items"]
    assert shown["replies"][0]["id"] == first["id"]
    assert shown["replies"][0]["replies"][0]["id"] == second["id"]
    accused = EvaluationAccusation(reply_id=str(second["id"]), content="It says nothing")
    report = ada.ide.check_malicious_extension_evaluation(CheckMaliciousExtensionEvaluationRequest(body=accused))
    assert report.result["state"] == "open"
    gone = ada.ide.delete_evaluation_reply(DeleteEvaluationReplyRequest(reply_id=second["id"]))
    assert gone.result == {"id": second["id"]}
    assert page()["items"][0]["replies"][0]["replies"] == []
    ada.ide.delete_evaluation(DeleteEvaluationRequest(evaluation_id=said["id"]))
    assert (page()["items"], page()["empty"]) == ([], True)


# -- consents ------------------------------------------------------------------------------------------------------------


def test_the_sdk_agrees_and_takes_it_back(ada: Hand, extension: Shown) -> None:
    def shown() -> Any:
        asked = ShowExtensionAuthorizationRequest(
            identifier=extension.identifier, extension_version="1.0.0", instance_id="ide-1"
        )
        return ada.ide.show_extension_authorization(asked).result

    assert shown()["status"] == "UNKNOWN"
    for status in ("AGREE", "REJECT", "UNKNOWN"):
        body = ExtensionAuthorization(identifier=extension.identifier, extension_version="1.0.0", status=status)
        said = ada.ide.create_extension_authorization(
            CreateExtensionAuthorizationRequest(instance_id="ide-1", body=body)
        )
        assert (said.result, said.status) == (True, "success")
        assert shown() == {
            "identifier": extension.identifier,
            "instance_id": "ide-1",
            "extension_version": "1.0.0",
            "status": status,
        }


# -- refusals ------------------------------------------------------------------------------------------------------------


def test_the_sdk_is_told_which_field_is_at_fault(ada: Hand) -> None:
    told = refused(400, "PLUGPORT.00010002", ada.ide.list_extensions, a_query((9, "x")))
    assert told.startswith("filters[0].criteria[0].filter_type: ")
    nobody = AddExtensionStarRequest(body=ExtensionStar(extension_id="0" * 32, stars=5))
    assert "extension_id" in refused(404, "PLUGPORT.00100001", ada.ide.add_extension_star, nobody)
    task = PublishExtensionRequest(task_id="0" * 32, body=TaskModelMarketPlace(type=1))
    refused(404, "PLUGPORT.00080001", ada.ide.publish_extension, task)
    other = PublishExtensionRequest(task_id="0" * 32, body=TaskModelMarketPlace(type=2))
    assert refused(400, "PLUGPORT.00010002", ada.ide.publish_extension, other).startswith("type: ")
