"""A refusal reaches the SDK's user as its exception: the status, our code, our sentence and the id of the request."""

from collections.abc import Callable
from typing import Any

import pytest
from huaweicloudsdkcodeartspipeline.v2 import (
    CodeArtsPipelineClient,
    CreatePluginVersionRequest,
    DeletePublisherRequest,
    ListModulesDetailRequest,
    ListPluginsRequest,
    ListPublisherRequest,
    PluginDTO,
    ShowPluginVersionRequest,
    UploadBasicPluginRequest,
    UploadBasicPluginRequestBody,
)
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException

from tests.accounts import Account, NewAccount
from tests.builders import a_name, a_package
from tests.program import Server
from tests.surfaces.sdk.conftest import Form, Hand, NewHand


def refused(call: Callable[[Any], Any], request: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientRequestException) as caught:
        call(request)
    assert caught.value.request_id
    return caught.value.status_code, caught.value.error_code, caught.value.error_msg


def test_a_missing_plugin(author: Hand) -> None:
    request = ShowPluginVersionRequest(domain_id=author.account, plugin_name="missing", version="1.0.0")

    status, code, text = refused(author.sdk.show_plugin_version, request)

    assert (status, code) == (404, "PLUGPORT.00040001")
    assert "missing" in text


def test_a_released_version(author: Hand) -> None:
    body = PluginDTO(plugin_name=a_name(), version="1.0.0")
    request = CreatePluginVersionRequest(domain_id=author.account, body=body)
    author.sdk.create_plugin_version(request)

    status, code, text = refused(author.sdk.create_plugin_version, request)

    assert (status, code) == (409, "PLUGPORT.00040004")
    assert text.startswith("version: ")


def test_a_wrong_value_names_its_field(author: Hand) -> None:
    body = PluginDTO(plugin_name=a_name(), version="1.0.0", business_type="Magic")

    status, code, text = refused(
        author.sdk.create_plugin_version, CreatePluginVersionRequest(domain_id=author.account, body=body)
    )

    assert (status, code) == (400, "PLUGPORT.00010002")
    assert text.startswith("business_type: ")


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1001", "1.5"])
def test_a_wrong_page_names_its_parameter(author: Hand, limit: str) -> None:
    status, code, text = refused(
        author.sdk.list_publisher, ListPublisherRequest(domain_id=author.account, offset="0", limit=limit)
    )

    assert (status, code) == (400, "PLUGPORT.00010002")
    assert text.startswith("limit: ")


def test_another_account(author: Hand, stranger: Hand) -> None:
    status, code, text = refused(author.sdk.list_plugins, ListPluginsRequest(domain_id=stranger.account))

    assert (status, code) == (403, "PLUGPORT.00020004")
    assert text.startswith("domain_id: ")


def test_an_operation_that_the_role_does_not_allow(hand: NewHand, account: Account) -> None:
    viewer = hand(account.user("viewer"))

    status, code, text = refused(
        viewer.sdk.delete_publisher, DeletePublisherRequest(domain_id=viewer.account, publisher_unique_id="x")
    )

    assert (status, code) == (403, "PLUGPORT.00020003")
    assert "delete_publisher" in text


def test_a_refused_package(author: Hand, form: Form) -> None:
    body = UploadBasicPluginRequestBody(upload_file=form(a_package("somebody-else"), "package.zip"))

    status, code, text = refused(
        author.sdk.upload_basic_plugin,
        UploadBasicPluginRequest(domain_id=author.account, plugin_name="mine", body=body),
    )

    assert (status, code) == (400, "PLUGPORT.00050003")
    assert "somebody-else" in text


def test_modules_refuse_in_the_envelope_that_the_sdk_reads(author: Hand) -> None:
    status, code, text = refused(
        author.sdk.list_modules_detail, ListModulesDetailRequest(locations=["pipeline"], limit=101)
    )

    assert (status, code) == (400, "PLUGPORT.00010002")
    assert text.startswith("limit: ")


@pytest.mark.parametrize("bent", ["access key", "secret"])
def test_a_wrong_key_is_refused_without_saying_what_is_wrong(
    server: Server, new_account: NewAccount, bent: str
) -> None:
    member = new_account().user("author")
    key = member.access_key()
    access, secret = key.access_key, key.secret_key
    if bent == "access key":
        access = access[::-1]
    else:
        secret = secret[::-1]
    credentials = BasicCredentials(access, secret, member.account.project.id)
    sdk = CodeArtsPipelineClient.new_builder().with_credentials(credentials).with_endpoints([server.url]).build()

    status, code, text = refused(sdk.list_plugins, ListPluginsRequest(domain_id=member.account.id))

    assert (status, code) == (401, "PLUGPORT.00020001")
    assert text == (
        "Send a valid X-Auth-Token, an SDK-HMAC-SHA256 signature or, where one is taken, an x-publisher-token."
    )
