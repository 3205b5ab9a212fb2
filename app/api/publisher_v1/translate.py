"""The contract's words about publishers, and ours."""

from datetime import UTC
from typing import Literal

from schemas.model.publishers import Publisher, PublisherFacts, PublisherStatus
from schemas.paging import Page, Paging
from schemas.wire import publisher_v1 as wire

_AUTH_STATUS: dict[PublisherStatus, Literal["processing", "accept", "reject"]] = {
    PublisherStatus.PROCESSING: "processing",
    PublisherStatus.ACCEPTED: "accept",
    PublisherStatus.REJECTED: "reject",
    PublisherStatus.SUSPENDED: "reject",
}


def to_facts(request: wire.PublisherRequest) -> PublisherFacts:
    """What the tenant says of a new publisher. An id that it brings is passed over: ids are ours."""
    return PublisherFacts(
        en_name=request.en_name,
        name=request.name,
        user_id=request.user_id or None,
        description=request.description or "",
        logo_url=request.logo_url or "",
        website=request.website or "",
        support_url=request.support_url or "",
        source_url=request.source_url or "",
    )


def to_row(publisher: Publisher) -> wire.PublisherRow:
    """A live publisher."""
    return wire.PublisherRow(
        publisher_unique_id=publisher.id,
        user_id=publisher.user_id,
        tenant_id=publisher.tenant_id,
        description=publisher.description,
        logo_url=publisher.logo_url,
        website=publisher.website,
        support_url=publisher.support_url,
        source_url=publisher.source_url,
        en_name=publisher.en_name,
        name=publisher.name,
        auth_status=_AUTH_STATUS[publisher.status],
        is_delete=0,
        last_update_user_name=publisher.updated_by_name,
        last_update_user_id=publisher.updated_by_id,
        last_update_time=publisher.updated_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds"),
    )


def to_page(found: Page[Publisher], paging: Paging) -> wire.PublisherPage:
    """One part of the tenant's publishers."""
    return wire.PublisherPage(
        offset=paging.offset, limit=paging.limit, total=found.total, data=[to_row(each) for each in found.items]
    )


def to_details(found: list[Publisher]) -> wire.PublisherDetails:
    """Publishers by their id."""
    return wire.PublisherDetails(publisher_detail_map={each.id: to_row(each) for each in found})
