"""Publishers as operators see them."""

from app.api.moments import to_moment
from schemas.model.publishers import Publisher
from schemas.paging import Page, Paging
from schemas.wire import operators_v1 as wire


def to_case(publisher: Publisher) -> wire.PublisherCase:
    """A live publisher of any tenant."""
    return wire.PublisherCase(
        publisher_id=publisher.id,
        tenant_id=publisher.tenant_id,
        user_id=publisher.user_id,
        en_name=publisher.en_name,
        name=publisher.name,
        description=publisher.description,
        logo_url=publisher.logo_url,
        website=publisher.website,
        support_url=publisher.support_url,
        source_url=publisher.source_url,
        status=publisher.status.value,
        reason=publisher.reason,
        updated_by_id=publisher.updated_by_id,
        updated_by_name=publisher.updated_by_name,
        updated_at=to_moment(publisher.updated_at),
        publisher_review=publisher.publisher_review,
        system_review=publisher.system_review,
    )


def to_page(found: Page[Publisher], paging: Paging) -> wire.PublisherCasePage:
    """One part of the publishers of one status."""
    return wire.PublisherCasePage(
        offset=paging.offset, limit=paging.limit, total=found.total, publishers=[to_case(each) for each in found.items]
    )
