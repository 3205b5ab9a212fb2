"""`upload_file_publisher` through the official IDE SDK, unmodified, with every credential that it knows."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest
from huaweicloudsdkcloudide.v2 import CloudIDEClient, UploadFilePublisherRequest, UploadFilePublisherRequestBody
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.http.http_handler import HttpHandler

from tests.accounts import Account
from tests.builders import a_name
from tests.chunks import CHUNK, OWN_PATH, FormSending, a_file
from tests.person import Meet, Person
from tests.program import Server
from tests.surfaces.sdk.conftest import Form

Upload = Callable[..., Any]


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An author."""
    return meet(account.user("author"))


@pytest.fixture
def publisher(ada: Person) -> str:
    """A publisher of the author's."""
    return ada.publisher("makers")


def built(server: Server, credentials: BasicCredentials, handler: HttpHandler | None = None) -> CloudIDEClient:
    """The SDK's client for our server."""
    builder = CloudIDEClient.new_builder().with_credentials(credentials).with_endpoints([server.url])
    client: CloudIDEClient = (builder.with_http_handler(handler) if handler else builder).build()
    return client


@pytest.fixture(params=["signature", "token", "publisher token", "publisher token, signed"])
def upload(request: pytest.FixtureRequest, server: Server, ada: Person, publisher: str, form: Form) -> Upload:
    """Sends one chunk of a file by the SDK; the account's keys, or keys of nobody, sign it where no token says who asks."""
    key, unknown = ada.member.access_key(), BasicCredentials("unknown", "unknown", ada.member.account.project.id)
    good = BasicCredentials(key.access_key, key.secret_key, ada.member.account.project.id)
    token = publisher_token = None
    if request.param == "token":
        token = ada.member.token()
    elif request.param != "signature":
        made = ada.http.post("/plugport/v1/publisher-tokens", json={"publisher_id": publisher, "name": "sdk"})
        publisher_token = made.json()["token"]

    def swap(request: Any, **_: Any) -> None:
        for name in ("Authorization", "X-Sdk-Date", "X-Sdk-Content-Sha256"):
            request.header_params.pop(name, None)
        request.header_params["X-Auth-Token"] = token

    handler = HttpHandler().add_request_handler(swap) if token else None
    sdk = built(server, unknown if request.param in ("token", "publisher token") else good, handler)

    def send(sending: FormSending, number: int, data: bytes, *, merge: bool = False, **changes: Any) -> Any:
        body = {
            "file": form(data, f"chunk-{number}"),
            "publisher_id": None if publisher_token else publisher,
            "chunk_index": number,
            "merge": merge,
            "total_chunk_num": len(sending.pieces),
            "parent_file_size": len(sending.content),
            "parent_file_name": sending.name,
            "override": False,
            "chunk_md5": hashlib.md5(data).hexdigest(),
            "parent_file_sha256": hashlib.sha256(sending.content).hexdigest(),
            "task_id": sending.id or None,
        }
        asked = UploadFilePublisherRequest(
            x_publisher_token=publisher_token, body=UploadFilePublisherRequestBody(**(body | changes))
        )
        return sdk.upload_file_publisher(asked)

    return send


@pytest.fixture
def sending(ada: Person, publisher: str) -> FormSending:
    """A file that the SDK is about to send."""
    return FormSending(ada, publisher, a_file(), name=f"{a_name()}.vsix")


def test_the_sdk_uploads_a_file_in_chunks(upload: Upload, sending: FormSending) -> None:
    first = upload(sending, 2, sending.pieces[1])
    assert (first.status_code, first.status, first.result["merged"]) == (200, "success", False)
    sending.id = first.result["task_id"]
    upload(sending, 1, sending.pieces[0])

    last = upload(sending, 3, sending.pieces[2], merge=True)

    assert last.result == {
        "task_id": sending.id,
        "chunk_index": 3,
        "merged": True,
        "file_name": sending.name,
        "url": f"{OWN_PATH}/{sending.id}",
    }
    assert sending.settled()["state"] == "accepted"


def test_the_sdk_is_told_what_is_wrong_and_goes_on(upload: Upload, sending: FormSending) -> None:
    sending.id = upload(sending, 1, sending.pieces[0]).result["task_id"]

    with pytest.raises(ClientRequestException) as wrong:
        upload(sending, 2, bytes(CHUNK), chunk_md5="0" * 32)
    assert (wrong.value.status_code, wrong.value.error_code) == (400, "PLUGPORT.00080004")
    assert wrong.value.request_id
    with pytest.raises(ClientRequestException) as missing:
        upload(sending, 3, sending.pieces[2], merge=True)
    assert (missing.value.status_code, missing.value.error_code) == (409, "PLUGPORT.00080005")

    assert upload(sending, 2, sending.pieces[1], merge=True).result["merged"] is True
    assert sending.settled()["state"] == "accepted"
