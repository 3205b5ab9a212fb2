"""Rows of publishers."""

from typing import Any

from schemas.model.access import Caller
from schemas.model.memberships import PublisherRole
from schemas.model.publishers import (
    Ground,
    OwnPublisher,
    Proof,
    Publisher,
    PublisherFacts,
    PublisherStatus,
    Verification,
)
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("publishers")


async def insert(
    tx: Transaction, publisher_id: str, tenant_id: str, user_id: str, facts: PublisherFacts, by: Caller
) -> None:
    """A publisher that waits for the operators' decision. Raises `UniqueTaken`."""
    await tx.run(
        QUERIES.insert_publisher,
        id=publisher_id,
        tenant_id=tenant_id,
        en_name=facts.en_name,
        name=facts.name,
        user_id=user_id,
        description=facts.description,
        logo_url=facts.logo_url,
        website=facts.website,
        support_url=facts.support_url,
        source_url=facts.source_url,
        updated_by_id=by.user_id,
        updated_by_name=by.user_name,
    )


async def find(tx: Transaction, tenant_id: str | None, publisher_id: str) -> Publisher | None:
    """The live publisher of the tenant, or (tenant None) of any that the transaction may see."""
    row = await tx.maybe(QUERIES.find_publisher, id=publisher_id, tenant_id=tenant_id)
    return _publisher(row) if row else None


async def find_by_name(tx: Transaction, tenant_id: str, en_name: str) -> Publisher | None:
    """The tenant's live publisher of that English name, whatever its case."""
    row = await tx.maybe(QUERIES.find_publisher_by_name, tenant_id=tenant_id, en_name=en_name)
    return _publisher(row) if row else None


async def find_many(tx: Transaction, ids: list[str]) -> list[Publisher]:
    """The live publishers of those ids that the transaction may see, in no particular order."""
    return [_publisher(row) for row in await tx.many(QUERIES.list_publishers_by_id, ids=ids)]


async def list_page(tx: Transaction, tenant_id: str, text: str, paging: Paging) -> Page[Publisher]:
    """The tenant's live publishers whose name or English name holds `text`, whatever its case; latest change first."""
    rows = await tx.many(
        QUERIES.list_publishers, tenant_id=tenant_id, text=text, offset=paging.offset, limit=paging.limit
    )
    total = await tx.value(QUERIES.count_publishers, tenant_id=tenant_id, text=text)
    return Page(items=[_publisher(row) for row in rows], total=total)


async def list_own(tx: Transaction, caller: Caller, text: str) -> list[OwnPublisher]:
    """The live publishers of the caller's tenant (of his token's publisher, that one) that `list_page` would find."""
    rows = await tx.many(
        QUERIES.list_own_publishers,
        tenant_id=caller.tenant_id,
        text=text,
        publisher_id=caller.publisher_id,
        user_id=caller.user_id,
    )
    return [
        OwnPublisher(
            publisher=_publisher({name: row[name] for name in Publisher.__struct_fields__}),
            created_at=row["created_at"],
            official=caller.official,
            extension_count=row["extension_count"],
            role=PublisherRole.OWNER if caller.is_admin else PublisherRole(row["role"] or PublisherRole.MEMBER),
            owner_name=row["owner_name"],
            member_count=row["member_count"],
        )
        for row in rows
    ]


async def list_accepted(tx: Transaction, tenant_id: str) -> list[Publisher]:
    """The tenant's live accepted publishers, latest change first."""
    return [_publisher(row) for row in await tx.many(QUERIES.list_accepted_publishers, tenant_id=tenant_id)]


async def list_by_status(tx: Transaction, status: PublisherStatus, paging: Paging) -> Page[Publisher]:
    """Every tenant's live publishers of that status, the one that waits longest first."""
    rows = await tx.many(QUERIES.list_publishers_by_status, status=status, offset=paging.offset, limit=paging.limit)
    total = await tx.value(QUERIES.count_publishers_by_status, status=status)
    return Page(items=[_publisher(row) for row in rows], total=total)


async def decide(tx: Transaction, publisher: Publisher, status: PublisherStatus, reason: str, by: Caller) -> Publisher:
    """The publisher after the decision."""
    row = await tx.one(
        QUERIES.decide_publisher,
        tenant_id=publisher.tenant_id,
        id=publisher.id,
        status=status,
        reason=reason,
        updated_by_id=by.user_id,
        updated_by_name=by.user_name,
    )
    return _publisher(row)


async def set_reviews(
    tx: Transaction, publisher: Publisher, *, publisher_review: bool, system_review: bool, by: Caller
) -> Publisher:
    """The publisher after it was settled who looks at its releases."""
    row = await tx.one(
        QUERIES.set_publisher_reviews,
        tenant_id=publisher.tenant_id,
        id=publisher.id,
        publisher_review=publisher_review,
        system_review=system_review,
        updated_by_id=by.user_id,
        updated_by_name=by.user_name,
    )
    return _publisher(row)


async def delete(tx: Transaction, publisher: Publisher, by: Caller) -> None:
    """From now on nobody finds it; an accepted one's name stays its tenant's."""
    await tx.run(
        QUERIES.delete_publisher,
        tenant_id=publisher.tenant_id,
        id=publisher.id,
        updated_by_id=by.user_id,
        updated_by_name=by.user_name,
    )


async def list_bound_plugins(
    tx: Transaction, publisher: Publisher, caller: Caller, limit: int, *, published_only: bool = False
) -> list[str | None]:
    """The names of the first `limit` live plug-ins bound to it, or of those published under it only; None for one that the
    caller may not know of."""
    rows = await tx.many(
        QUERIES.list_bound_plugins,
        tenant_id=publisher.tenant_id,
        publisher_id=publisher.id,
        published_only=published_only,
        user_id=caller.user_id,
        sees_private=caller.is_admin,
        limit=limit,
    )
    return [row["name"] for row in rows]


async def list_bound_extensions(
    tx: Transaction, publisher: Publisher, limit: int, *, published_only: bool = False
) -> list[str]:
    """The identifiers of its first `limit` extensions, or of those that everybody sees only."""
    rows = await tx.many(
        QUERIES.list_bound_extensions,
        tenant_id=publisher.tenant_id,
        publisher_id=publisher.id,
        published_only=published_only,
        limit=limit,
    )
    return [row["identifier"] for row in rows]


async def reapply(tx: Transaction, publisher: Publisher, by: Caller) -> Publisher:
    """The publisher, which waits for a decision again, with the facts that it says of itself now."""
    row = await tx.one(
        QUERIES.reapply_publisher,
        tenant_id=publisher.tenant_id,
        id=publisher.id,
        name=publisher.name,
        description=publisher.description,
        logo_url=publisher.logo_url,
        website=publisher.website,
        support_url=publisher.support_url,
        source_url=publisher.source_url,
        updated_by_id=by.user_id,
        updated_by_name=by.user_name,
    )
    return _publisher(row)


async def set_user(tx: Transaction, publisher: Publisher, user_id: str, by: Caller) -> None:
    """From now on it is that user's."""
    await tx.run(
        QUERIES.set_publisher_user,
        tenant_id=publisher.tenant_id,
        id=publisher.id,
        user_id=user_id,
        updated_by_id=by.user_id,
        updated_by_name=by.user_name,
    )


async def find_of_key(tx: Transaction, tenant_id: str, name_key: str) -> str | None:
    """The English name of the tenant's live publisher of that key (app/registry/publishers/names.py)."""
    found: str | None = await tx.value(QUERIES.find_publisher_of_key, tenant_id=tenant_id, name_key=name_key)
    return found


async def lock_names(tx: Transaction) -> None:
    """Makes decisions about names wait for each other."""
    await tx.run(QUERIES.lock_publisher_names)


async def find_taken(
    tx: Transaction, tenant_id: str, *, name_key: str, name_skeleton: str, shown_key: str, shown_skeleton: str
) -> tuple[str, bool] | None:
    """A name that another tenant has, or had until it deleted it, and that the given ones are (True) or look like (False)."""
    row = await tx.maybe(
        QUERIES.find_taken_name,
        tenant_id=tenant_id,
        name_key=name_key,
        name_skeleton=name_skeleton,
        shown_key=shown_key,
        shown_skeleton=shown_skeleton,
    )
    return (row["en_name"], row["is_same"]) if row else None


async def reserve(
    tx: Transaction, publisher: Publisher, *, name_key: str, name_skeleton: str, shown_key: str, shown_skeleton: str
) -> None:
    """The names are the tenant's for good. Takes a platform transaction."""
    await tx.run(
        QUERIES.reserve_name,
        name_key=name_key,
        name_skeleton=name_skeleton,
        shown_key=shown_key,
        shown_skeleton=shown_skeleton,
        en_name=publisher.en_name,
        tenant_id=publisher.tenant_id,
        publisher_id=publisher.id,
    )


async def release(tx: Transaction, publisher: Publisher, name_key: str) -> None:
    """The name is free again, if it was this publisher that it was reserved for. Takes a platform transaction."""
    await tx.run(QUERIES.release_name, tenant_id=publisher.tenant_id, name_key=name_key, publisher_id=publisher.id)


async def list_names_of_others(
    tx: Transaction, tenant_id: str, skeletons: list[str], most: int
) -> list[tuple[str, str, str, PublisherStatus]]:
    """Id, English name, name and status of other tenants' live publishers that wait, or were accepted and look like that."""
    rows = await tx.many(QUERIES.list_names_of_others, tenant_id=tenant_id, skeletons=skeletons, most=most)
    return [(row["id"], row["en_name"], row["name"], PublisherStatus(row["status"])) for row in rows]


async def list_popular(tx: Transaction, tenant_id: str, most: int) -> list[tuple[str, str]]:
    """Id and English name of other tenants' accepted publishers, the most used first. Takes a platform transaction."""
    rows = await tx.many(QUERIES.list_popular_publishers, tenant_id=tenant_id, most=most)
    return [(row["publisher_id"], row["en_name"]) for row in rows]


async def find_verification(tx: Transaction, publisher: Publisher) -> Verification | None:
    """The verified mark."""
    row = await tx.maybe(QUERIES.find_verification, tenant_id=publisher.tenant_id, publisher_id=publisher.id)
    return Verification(**{**row, "ground": Ground(row["ground"])}) if row else None


async def save_verification(tx: Transaction, publisher: Publisher, proof: Proof, by: Caller) -> None:
    """Sets the mark. Takes a platform transaction."""
    await tx.run(
        QUERIES.save_verification,
        publisher_id=publisher.id,
        tenant_id=publisher.tenant_id,
        ground=proof.ground,
        domain=proof.domain,
        note=proof.note,
        verified_by_id=by.user_id,
        verified_by_name=by.user_name,
    )


async def delete_verification(tx: Transaction, publisher: Publisher) -> None:
    """Takes the mark away. Takes a platform transaction."""
    await tx.run(QUERIES.delete_verification, tenant_id=publisher.tenant_id, publisher_id=publisher.id)


def _publisher(row: Any) -> Publisher:
    return Publisher(**{**row, "status": PublisherStatus(row["status"])})
