"""The official SDK, unmodified, pointed at a server of ours: signed with an access key, or with a token."""

from collections.abc import Callable
from typing import Any

from huaweicloudsdkcloudide.v2 import CloudIDEClient
from huaweicloudsdkcodeartspipeline.v2 import CodeArtsPipelineClient as Client
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.http.http_handler import HttpHandler

from tests.accounts import Member


def signed(url: str, member: Member) -> Client:
    """Signs each request with an access key of the user."""
    key = member.access_key()
    return _built(url, BasicCredentials(key.access_key, key.secret_key, member.account.project.id))


def with_token(url: str, member: Member) -> Client:
    """Sends a token instead of a signature."""
    return _built(url, _unused(member), _swapping(member.token(project=member.account.project.name)))


def with_preset_token(url: str, member: Member) -> Client:
    """Sends a token beside a signature that is worth nothing."""
    client = _built(url, BasicCredentials("unused", "unused", member.account.project.id))
    client.preset_headers = {"X-Auth-Token": member.token()}
    return client


WAYS: dict[str, Callable[[str, Member], Client]] = {
    "signature": signed,
    "token": with_token,
    "preset token": with_preset_token,
}


def watched(url: str, member: Member, seen: list[Any]) -> Client:
    """Signs, and notes each request as it is sent."""
    key = member.access_key()
    credentials = BasicCredentials(key.access_key, key.secret_key, member.account.project.id)
    return _built(url, credentials, HttpHandler().add_request_handler(lambda request, **_: seen.append(request)))


def ide_signed(url: str, member: Member) -> CloudIDEClient:
    """The SDK of IDEs; signs each request with an access key of the user."""
    key = member.access_key()
    return _built_ide(url, BasicCredentials(key.access_key, key.secret_key, member.account.project.id))


def ide_with_token(url: str, member: Member) -> CloudIDEClient:
    """The SDK of IDEs; sends a token instead of a signature."""
    return _built_ide(url, _unused(member), _swapping(member.token()))


def ide_without_credentials(url: str, member: Member) -> CloudIDEClient:
    """The SDK of IDEs; its signature is worth nothing, so that requests must bring something else."""
    return _built_ide(url, _unused(member))


IDE_WAYS: dict[str, Callable[[str, Member], CloudIDEClient]] = {"signature": ide_signed, "token": ide_with_token}


def _unused(member: Member) -> BasicCredentials:
    return BasicCredentials("unused", "unused", member.account.project.id)


def _swapping(token: str) -> HttpHandler:
    """Takes the signature out of each request, and puts a token in."""

    def swap(request: Any, **_: Any) -> None:
        for name in ("Authorization", "X-Sdk-Date", "X-Sdk-Content-Sha256"):
            request.header_params.pop(name, None)
        request.header_params["X-Auth-Token"] = token

    return HttpHandler().add_request_handler(swap)


def _built_ide(url: str, credentials: BasicCredentials, handler: HttpHandler | None = None) -> CloudIDEClient:
    builder = CloudIDEClient.new_builder().with_credentials(credentials).with_endpoints([url])
    client: CloudIDEClient = (builder.with_http_handler(handler) if handler else builder).build()
    return client


def _built(url: str, credentials: BasicCredentials, handler: HttpHandler | None = None) -> Client:
    builder = Client.new_builder().with_credentials(credentials).with_endpoints([url])
    if handler is not None:
        builder = builder.with_http_handler(handler)
    client: Client = builder.build()
    return client
