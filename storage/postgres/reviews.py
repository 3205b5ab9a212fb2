"""Rows of reviews: what waits for a person, who holds it, what was decided; and the rules about what has to wait."""

from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.model.access import Caller
from schemas.model.releases import Decision, Release, Verdict
from schemas.model.reviews import (
    QueueItem,
    QueueQuery,
    Review,
    ReviewKind,
    ReviewMetrics,
    ReviewPolicy,
    ReviewRule,
)
from schemas.paging import Page, Paging
from storage.postgres.database import Transaction
from storage.postgres.queries import load
from storage.postgres.releases import release_of

QUERIES = load("reviews")


async def insert(tx: Transaction, review_id: str, release: Release, kind: ReviewKind, by: Caller, text: str) -> None:
    """A review that waits. There is at most one of a kind for a release: raises `UniqueTaken`."""
    await tx.run(
        QUERIES.insert_review,
        id=review_id,
        tenant_id=release.tenant_id,
        release_id=release.id,
        kind=kind,
        round=release.round,
        opened_by_id=by.user_id,
        opened_by_name=by.user_name,
        text=text,
    )


async def find_open(tx: Transaction, release: Release, kind: ReviewKind) -> str | None:
    """The id of the review of that kind that waits."""
    found: str | None = await tx.value(QUERIES.find_open, tenant_id=release.tenant_id, release_id=release.id, kind=kind)
    return found


async def find_tenant(tx: Transaction, review_id: str) -> str | None:
    """Whose release it is about. For the platform."""
    tenant_id: str | None = await tx.value(QUERIES.find_tenant, id=review_id)
    return tenant_id


async def find(tx: Transaction, review_id: str) -> QueueItem | None:
    """A review, as far as the transaction may see it."""
    asked = _asked(QueueQuery(), None) | {"id": review_id, "offset": 0, "limit": 1}
    row = await tx.maybe(QUERIES.list_queue, **asked)
    return _item(row) if row else None


async def list_queue(tx: Transaction, query: QueueQuery, caller: Caller, paging: Paging) -> Page[QueueItem]:
    """Every tenant's reviews, what waits longest first; of decided ones the latest first. For the platform."""
    asked = _asked(query, caller)
    rows = await tx.many(QUERIES.list_queue, **asked, id=None, offset=paging.offset, limit=paging.limit)
    return Page(items=[_item(row) for row in rows], total=await tx.value(QUERIES.count_queue, **asked))


async def claim(tx: Transaction, review: Review, caller: Caller, minutes: int) -> bool:
    """Whether the caller holds the review from now on."""
    claimed = await tx.value(
        QUERIES.claim,
        tenant_id=review.tenant_id,
        id=review.id,
        user_id=caller.user_id,
        user_name=caller.user_name,
        minutes=minutes,
    )
    return claimed is not None


async def let_go(tx: Transaction, review: Review) -> None:
    """Nobody holds it from now on."""
    await tx.run(QUERIES.let_go, tenant_id=review.tenant_id, id=review.id)


async def decide(
    tx: Transaction, tenant_id: str, review_id: str, by: Caller, verdict: Verdict, reasons: Sequence[str], text: str
) -> None:
    """Adds what somebody decided. Raises `UniqueTaken` where that one has decided before."""
    await tx.run(
        QUERIES.insert_decision,
        review_id=review_id,
        tenant_id=tenant_id,
        user_id=by.user_id,
        user_name=by.user_name,
        verdict=verdict,
        reasons=list(reasons),
        text=text,
    )


async def list_decisions(tx: Transaction, review: Review) -> list[Decision]:
    """What people decided about it so far, in that order."""
    rows = await tx.many(QUERIES.list_decisions, tenant_id=review.tenant_id, review_id=review.id)
    return [_decision(row) for row in rows]


async def list_decisions_of(tx: Transaction, release: Release, most: int) -> list[Decision]:
    """What people decided about a release, latest first."""
    rows = await tx.many(
        QUERIES.list_decisions_of_release, tenant_id=release.tenant_id, release_id=release.id, most=most
    )
    return [_decision(row) for row in rows]


async def end(tx: Transaction, tenant_id: str, review_id: str, outcome: str) -> None:
    """Nothing more is decided about it."""
    await tx.run(QUERIES.end_review, tenant_id=tenant_id, id=review_id, outcome=outcome)


async def read_metrics(tx: Transaction, days: int) -> ReviewMetrics:
    """What waits now, and what was decided in so many days. For the platform."""
    return ReviewMetrics(**await tx.one(QUERIES.read_metrics, days=days))


async def list_rules(tx: Transaction) -> list[ReviewRule]:
    """All, those of publishers first."""
    return [_rule(row) for row in await tx.many(QUERIES.list_rules)]


async def list_fitting_rules(
    tx: Transaction, tenant_id: str, publisher_id: str | None, business_type: str
) -> list[ReviewRule]:
    """Those that hold for a release."""
    rows = await tx.many(
        QUERIES.list_fitting_rules, tenant_id=tenant_id, publisher_id=publisher_id, business_type=business_type
    )
    return [_rule(row) for row in rows]


async def set_rule(tx: Transaction, rule_id: str, rule: ReviewRule, by: Caller) -> ReviewRule:
    """The rule about that account, publisher and business type, whether there was one or not. For the platform."""
    row = await tx.one(
        QUERIES.set_rule,
        id=rule_id,
        account_id=rule.account_id,
        publisher_id=rule.publisher_id,
        business_type=rule.business_type,
        policy=rule.policy,
        user_name=by.user_name,
    )
    return _rule(row)


async def delete_rule(tx: Transaction, rule_id: str) -> bool:
    """Whether there was such a rule. For the platform."""
    return await tx.maybe(QUERIES.delete_rule, id=rule_id) is not None


async def is_sensitive(tx: Transaction, publisher_id: str) -> bool:
    """Whether two people accept the publisher's releases."""
    return bool(await tx.value(QUERIES.is_sensitive, id=publisher_id))


async def set_sensitive(tx: Transaction, publisher_id: str, sensitive: bool, by: Caller) -> None:
    """Settles whether two people accept the publisher's releases. For the platform."""
    await tx.run(
        QUERIES.set_sensitive, id=publisher_id, sensitive=sensitive, user_id=by.user_id, user_name=by.user_name
    )


async def publisher_stands(tx: Transaction, publisher_id: str) -> bool:
    """Whether releases of the publisher may go out."""
    return bool(await tx.value(QUERIES.publisher_stands, id=publisher_id))


async def has_account(tx: Transaction, tenant_id: str) -> bool:
    """Whether there is such an account. For the platform."""
    return bool(await tx.value(QUERIES.has_account, tenant_id=tenant_id))


async def find_facts(tx: Transaction, release: Release) -> dict[str, Any] | None:
    """What the package of an extension's release says."""
    facts = await tx.value(QUERIES.find_facts, tenant_id=release.tenant_id, id=release.id)
    return msgspec.json.decode(facts) if facts is not None else None


async def find_facts_before(tx: Transaction, release: Release) -> tuple[str, dict[str, Any]] | None:
    """Number and facts of the version on offer, for the same platform, with the highest number below a release's."""
    row = await tx.maybe(QUERIES.find_facts_before, tenant_id=release.tenant_id, id=release.id)
    return (row["version"], msgspec.json.decode(row["facts"])) if row else None


# -- rows and Structs --------------------------------------------------------------------------------------------------------


def _asked(query: QueueQuery, caller: Caller | None) -> dict[str, Any]:
    return {
        "kind": query.kind,
        "publisher_id": query.publisher_id,
        "business_type": query.business_type,
        "held": query.held,
        "holder_id": caller.user_id if caller is not None and query.mine else None,
        "decided": query.decided,
        "hours": query.older_than_hours,
    }


def _item(row: Any) -> QueueItem:
    told = {name: row[f"v_{name}"] for name in Review.__struct_fields__} | {"kind": ReviewKind(row["v_kind"])}
    review = Review(**told)
    return QueueItem(
        review=review,
        release=release_of(row),
        publisher_name=row["b_name"],
        business_type=row["p_business_type"],
        sensitive=row["b_sensitive"],
        accepted=row["accepted"],
    )


def _decision(row: Any) -> Decision:
    return Decision(**{**row, "verdict": Verdict(row["verdict"])})


def _rule(row: Any) -> ReviewRule:
    return ReviewRule(**{**row, "policy": ReviewPolicy(row["policy"])})
