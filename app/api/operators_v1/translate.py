"""Publishers as operators see them."""

from app.api.moments import to_moment
from app.api.publisher_words import to_member
from schemas.model.publishers import Ground, LookAlike, Proof, Publisher, PublisherFile, Verification
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


def to_proof(data: wire.VerifyRequest) -> Proof:
    """What an operator goes by."""
    return Proof(ground=Ground(data.ground), domain=data.domain, answer=data.answer, note=data.note)


def to_verification(found: Verification | None) -> wire.VerificationRow | None:
    """The verified mark, if there is one."""
    if found is None:
        return None
    return wire.VerificationRow(
        ground=found.ground.value,
        domain=found.domain,
        note=found.note,
        verified_at=to_moment(found.verified_at),
        verified_by_id=found.verified_by_id,
        verified_by_name=found.verified_by_name,
    )


def to_file(found: PublisherFile) -> wire.PublisherFile:
    """All about a publisher of any tenant."""
    return wire.PublisherFile(
        publisher=to_case(found.publisher),
        members=[to_member(each) for each in found.members],
        verification=to_verification(found.verification),
        statement=found.statement,
        look_alikes=[_look_alike(each) for each in found.look_alikes],
    )


def _look_alike(found: LookAlike) -> wire.LookAlikeRow:
    return wire.LookAlikeRow(
        publisher_id=found.publisher_id,
        name=found.name,
        status=found.status.value,
        likeness=found.likeness.value,
    )
