"""`/v1/{domain_id}/publisher/*`: who publishes.

Source: CodeArts Pipeline API Reference 2023-11-30, 4.9.3, 4.9.12, 4.9.13, 4.9.24, 4.9.25. Writes answer `true`.
"""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.text import Address, Description, EnglishName, Flag, Id, IdOrEmpty, Name


class PublisherRequest(Wire, kw_only=True):
    """PublisherRequest (4.9.3 create). `support_url` may be a mail address or a number: the examples hold both."""

    name: Name
    en_name: EnglishName
    user_id: IdOrEmpty | None = None
    description: Description | None = None
    logo_url: Address | None = None
    website: Address | None = None
    support_url: Address | None = None
    source_url: Address | None = None
    publisher_unique_id: IdOrEmpty | None = None


PublisherIds = Annotated[list[Id], Meta(max_length=1000)]
"""The bare array of 4.9.25 (detail)."""


class PublisherRow(Wire, kw_only=True):
    """PublisherVO (4.9.12, 4.9.13, 4.9.25).

    `auth_status`: the contract shows `processing` and `accept` and leads to expect a rejected state, `reject`.
    A suspended publisher is told as `reject`, too: nothing can be published under it.
    `last_update_time` is ISO 8601 with milliseconds, UTC, without a zone.
    """

    publisher_unique_id: str
    user_id: str
    tenant_id: str
    description: str
    logo_url: str
    website: str
    support_url: str
    source_url: str
    en_name: str
    name: str
    auth_status: Literal["processing", "accept", "reject"]
    is_delete: Flag
    last_update_user_name: str
    last_update_user_id: str
    last_update_time: str


class PublisherPage(Wire, kw_only=True):
    """ListPublisherResponse (4.9.12 query-all)."""

    offset: int
    limit: int
    total: int
    data: list[PublisherRow]


class PublisherDetails(Wire, kw_only=True):
    """ShowPublisherResponse (4.9.25 detail): publishers by their id; an id that names none is left out."""

    publisher_detail_map: dict[str, PublisherRow]
