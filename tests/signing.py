"""Requests signed by the vendor's own signer, as the official SDKs send them."""

from typing import Any

import httpx
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from schemas.model.access import IssuedAccessKey


def signed(
    client: httpx.Client,
    key: IssuedAccessKey,
    method: str,
    path: str,
    *,
    query: list[tuple[str, Any]] | None = None,
    body: bytes | str = "",
    **headers: str,
) -> httpx.Request:
    """A request of the client's, signed with the key; `client.send` sends it."""
    host = client.base_url.netloc.decode()
    request = SdkRequest(
        method=method, schema="http", host=host, resource_path=path, query_params=query or [], body=body,
        header_params={"Content-Type": "application/json", "User-Agent": "tests", **headers},
    )  # fmt: skip
    Signer(BasicCredentials(key.access_key, key.secret_key, "0" * 32)).sign(request)
    return client.build_request(method, request.uri, headers=request.header_params, content=request.body)
