"""Use-cases of the desk: what waits, who looks at it, what is decided; and which releases have to wait.

Nobody decides about a release of their own making, and a quarantine is decided by two people, as is what a sensitive publisher
releases. The database refuses it otherwise.
"""

import msgspec

from app.registry.access import permissions
from app.registry.plugins import versions
from app.registry.releases import rules as release_rules
from app.registry.releases.service import Releases, record
from app.registry.reviews import rules
from schemas.errors import (
    AlreadyDecided,
    InvalidField,
    OperationNotAllowed,
    OwnRelease,
    PublisherUnknown,
    ReleaseUnknown,
    ReviewClaimed,
    ReviewDecided,
    ReviewRuleUnknown,
    ReviewUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller, Role
from schemas.model.audit import Change
from schemas.model.checks import SubjectKind
from schemas.model.plugins import BUSINESS_TYPES
from schemas.model.releases import Act, Release, Verdict
from schemas.model.reviews import (
    QueueItem,
    QueueQuery,
    Review,
    ReviewDetail,
    ReviewKind,
    ReviewMetrics,
    ReviewRule,
    Side,
)
from schemas.paging import Page, Paging
from storage.postgres import audit, checks, publishers, releases, reviews
from storage.postgres.database import Database, Transaction

_ACTS = {
    Verdict.ACCEPT: Act.ACCEPT,
    Verdict.REJECT: Act.REJECT,
    Verdict.REQUEST_CHANGES: Act.REQUEST_CHANGES,
}


class Reviews:
    """What people decide about releases."""

    def __init__(self, database: Database, releases: Releases) -> None:
        self._database = database
        self._releases = releases

    # -- the queue -------------------------------------------------------------------------------------------------------

    async def list_queue(self, caller: Caller, query: QueueQuery, paging: Paging) -> Page[QueueItem]:
        """Every tenant's reviews: what waits longest first; of decided ones the latest first."""
        permissions.require(caller, "list_reviews")
        if not release_rules.is_of_desk(caller):
            return Page(items=[], total=0)
        async with self._database.transaction(platform=True) as tx:
            return await reviews.list_queue(tx, query, caller, paging)

    async def metrics(self, caller: Caller) -> ReviewMetrics:
        """How much waits, how long, and how long decisions of the last thirty days took."""
        permissions.require(caller, "show_review_metrics")
        if not release_rules.is_of_desk(caller):
            return ReviewMetrics(waiting=0, held=0, oldest_seconds=None, decided=0, median_seconds=None)
        async with self._database.transaction(platform=True) as tx:
            return await reviews.read_metrics(tx, rules.METRICS_DAYS)

    async def show(self, caller: Caller, review_id: str) -> ReviewDetail:
        """A review with the findings, what is different from the release before, and decisions so far. Raises `ReviewUnknown`."""
        _require_desk(caller, "show_review")
        async with self._database.transaction(platform=True) as tx:
            item = await _found(tx, review_id)
            release = item.release
            previous, sides = await _compared(tx, release)
            return ReviewDetail(
                item=item,
                results=await checks.find(tx, release.tenant_id, release.kind, release.subject_id),
                previous_version=previous,
                sides=sides,
                decisions=await reviews.list_decisions(tx, item.review),
            )

    async def claim(self, caller: Caller, review_id: str) -> QueueItem:
        """Keeps others from deciding for an hour; claiming it again prolongs that.

        Raises `ReviewUnknown`, `ReviewDecided`, `ReviewClaimed`, `OwnRelease`.
        """
        _require_desk(caller, "claim_review")
        tenant_id = await self._tenant_of(review_id)
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            item = await _undecided(tx, caller, review_id)
            if not await reviews.claim(tx, item.review, caller, rules.CLAIM_MINUTES):
                raise _claimed(item.review)
            await record(tx, caller, item.release, "review_claimed", review_id=review_id)
            return await _found(tx, review_id)

    async def let_go(self, caller: Caller, review_id: str) -> QueueItem:
        """Ends a claim: one's own, or as an operator anybody's. Raises `ReviewUnknown`, `ReviewDecided`, `ReviewClaimed`."""
        _require_desk(caller, "release_review_claim")
        tenant_id = await self._tenant_of(review_id)
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            item = await _undecided(tx, None, review_id)
            if item.review.holder_id not in (None, caller.user_id) and Role.OPERATOR not in caller.roles:
                raise _claimed(item.review)
            if item.review.holder_id is not None:
                await reviews.let_go(tx, item.review)
                await record(tx, caller, item.release, "review_let_go", review_id=review_id)
            return await _found(tx, review_id)

    # -- deciding --------------------------------------------------------------------------------------------------------

    async def decide(
        self, caller: Caller, review_id: str, verdict: Verdict, reasons: list[str], text: str
    ) -> QueueItem:
        """Says what the caller decides; what follows is done as soon as enough people have accepted, or one has not.

        About quarantines and appeals operators decide. Raises `ReviewUnknown`, `InvalidField`, `OwnRelease`, `ReviewDecided`,
        `ReviewClaimed` where somebody else holds it, `AlreadyDecided`, `OperationNotAllowed`; `PublisherNotAccepted`,
        `ChecksNotPassed` and `PackageQuarantined` where nothing can be released.
        """
        _require_desk(caller, "decide_review")
        tenant_id = await self._tenant_of(review_id)
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            await self._decide(tx, caller, review_id, verdict, reasons, text)
            return await _found(tx, review_id)

    async def decide_release(
        self,
        caller: Caller,
        tx: Transaction,
        tenant_id: str,
        release_id: str,
        verdict: Verdict,
        reasons: list[str],
        text: str,
    ) -> None:
        """As `decide`, about the release that waits, in a transaction that holds the tenant's lock."""
        _require_desk(caller, "decide_review")
        release = await releases.find(tx, tenant_id, release_id)
        review_id = await reviews.find_open(tx, release, ReviewKind.RELEASE) if release is not None else None
        if review_id is None:
            raise ReviewUnknown
        await self._decide(tx, caller, review_id, verdict, reasons, text)

    async def quarantine(self, caller: Caller, release_id: str, reasons: list[str], text: str) -> Release:
        """Takes a release away from everybody, once a second operator does the same.

        Raises `ReleaseUnknown`, `InvalidField`, `OwnRelease`, `ReleaseMoveRefused`, `AlreadyDecided`, `ReviewClaimed`.
        """
        permissions.require(caller, "quarantine_release")
        rules.checked_reasons(Verdict.REJECT, reasons, text)  # as against something
        async with self._database.transaction(platform=True) as tx:
            tenant_id = await releases.find_tenant(tx, release_id) if is_id(release_id) else None
        if tenant_id is None:
            raise ReleaseUnknown("release_id")
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            release = await releases.find(tx, tenant_id, release_id)
            if release is None:
                raise ReleaseUnknown("release_id")
            if release_rules.is_own(caller, release):
                raise OwnRelease("release_id")
            release_rules.after(release, Act.QUARANTINE)
            review_id = await reviews.find_open(tx, release, ReviewKind.QUARANTINE)
            if review_id is None:
                review_id = new_id()
                told = rules.told(reasons, text)
                await reviews.insert(tx, review_id, release, ReviewKind.QUARANTINE, caller, told)
                await record(tx, caller, release, "quarantine_proposed", reason=told)
            await self._decide(tx, caller, review_id, Verdict.ACCEPT, reasons, text)
            return await releases.find(tx, tenant_id, release_id) or release

    async def _decide(
        self, tx: Transaction, caller: Caller, review_id: str, verdict: Verdict, reasons: list[str], text: str
    ) -> None:
        given = rules.checked_reasons(verdict, reasons, text)
        item = await _undecided(tx, caller, review_id)
        review, release = item.review, item.release
        if review.kind is not ReviewKind.RELEASE:
            if Role.OPERATOR not in caller.roles:
                raise OperationNotAllowed("review_id", operation=f"decide_review of the kind {review.kind}")
            if verdict is Verdict.REQUEST_CHANGES:
                raise InvalidField("verdict", problem="Changes are requested of releases that wait, of nothing else")
        if review.holder_id not in (None, caller.user_id):
            raise _claimed(review)
        for each in await reviews.list_decisions(tx, review):
            if each.user_id == caller.user_id:
                raise AlreadyDecided("review_id", verdict=each.verdict)
        told = rules.told(given, text)
        await reviews.decide(tx, review.tenant_id, review.id, caller, verdict, given, text)
        if verdict is Verdict.ACCEPT and item.accepted + 1 < item.needed:
            await reviews.let_go(tx, review)  # for whoever comes second
            await record(tx, caller, release, "review_accepted_once", review_id=review_id, kind=review.kind)
            return
        await self._carry_out(tx, caller, item, verdict, told)
        await reviews.end(tx, review.tenant_id, review.id, verdict)
        await record(
            tx, caller, release, "review_decided", review_id=review_id, kind=review.kind, verdict=verdict, reason=told
        )

    async def _carry_out(self, tx: Transaction, caller: Caller, item: QueueItem, verdict: Verdict, told: str) -> None:
        release = item.release
        if item.review.kind is ReviewKind.RELEASE:
            message = "" if verdict is Verdict.ACCEPT else told
            await self._releases.move(caller, tx, release, _ACTS[verdict], message=message)
        elif item.review.kind is ReviewKind.QUARANTINE and verdict is Verdict.ACCEPT:
            await self._releases.move(caller, tx, release, Act.QUARANTINE, message=item.review.text)
        elif item.review.kind is ReviewKind.APPEAL and verdict is Verdict.ACCEPT:
            await self._releases.move(caller, tx, release, Act.RESTORE, message=told)
        elif item.review.kind is ReviewKind.APPEAL:
            await record(tx, caller, release, "appeal_rejected", reason=told)

    async def _tenant_of(self, review_id: str) -> str:
        tenant_id = None
        if is_id(review_id):
            async with self._database.transaction(platform=True) as tx:
                tenant_id = await reviews.find_tenant(tx, review_id)
        if tenant_id is None:
            raise ReviewUnknown("review_id")
        return tenant_id

    # -- what has to wait ------------------------------------------------------------------------------------------------

    async def list_rules(self, caller: Caller) -> list[ReviewRule]:
        """Every rule that holds instead of the platform's setting, those of publishers first."""
        permissions.require(caller, "list_review_rules")
        async with self._database.transaction(platform=True) as tx:
            return await reviews.list_rules(tx)

    async def set_rule(self, caller: Caller, rule: ReviewRule) -> ReviewRule:
        """Makes or changes the rule about an account, a publisher, a business type, or what is of several of them.

        Raises `InvalidField` where none of them is named, or one that there is not.
        """
        permissions.require(caller, "set_review_rule")
        if rule.business_type not in (None, rules.EXTENSION_TYPE, *BUSINESS_TYPES):
            types = ", ".join((*BUSINESS_TYPES, rules.EXTENSION_TYPE))
            raise InvalidField("business_type", problem=f"One of {types}")
        if rule.account_id is None and rule.publisher_id is None and rule.business_type is None:
            raise InvalidField("account_id", problem="A rule is about an account, a publisher or a business type")
        async with self._database.transaction(platform=True) as tx:
            owner = None
            if rule.publisher_id is not None:
                found = await publishers.find(tx, None, rule.publisher_id) if is_id(rule.publisher_id) else None
                if found is None:
                    raise InvalidField("publisher_id", problem="There is no such publisher")
                owner = found.tenant_id
            if rule.account_id is not None:
                if not is_id(rule.account_id) or not await reviews.has_account(tx, rule.account_id):
                    raise InvalidField("account_id", problem="There is no such account")
                if owner not in (None, rule.account_id):
                    raise InvalidField("publisher_id", problem="The publisher is of another account")
                owner = rule.account_id
            owner = owner or caller.tenant_id
            await audit.lock_tenant(tx, owner)
            made = await reviews.set_rule(tx, new_id(), rule, caller)
            await _record_rule(tx, caller, owner, "review_rule.set", made)
            return made

    async def delete_rule(self, caller: Caller, rule_id: str) -> None:
        """Lets the platform's setting hold again. Raises `ReviewRuleUnknown`."""
        permissions.require(caller, "delete_review_rule")
        async with self._database.transaction(platform=True) as tx:
            rule = next((each for each in await reviews.list_rules(tx) if each.id == rule_id), None)
            if rule is None:
                raise ReviewRuleUnknown("rule_id")
            owner = rule.account_id or await _owner_of(tx, rule) or caller.tenant_id
            await audit.lock_tenant(tx, owner)
            if not await reviews.delete_rule(tx, rule_id):
                raise ReviewRuleUnknown("rule_id")
            await _record_rule(tx, caller, owner, "review_rule.deleted", rule)

    async def set_sensitive(self, caller: Caller, publisher_id: str, sensitive: bool) -> bool:
        """Settles whether two people have to accept the publisher's releases. Raises `PublisherUnknown`."""
        permissions.require(caller, "set_publisher_sensitive")
        async with self._database.transaction(platform=True) as tx:
            publisher = await publishers.find(tx, None, publisher_id) if is_id(publisher_id) else None
            if publisher is None:
                raise PublisherUnknown("publisher_id")
            await audit.lock_tenant(tx, publisher.tenant_id)
            if await reviews.is_sensitive(tx, publisher_id) is not sensitive:
                await reviews.set_sensitive(tx, publisher_id, sensitive, caller)
                await audit.record(tx, publisher.tenant_id, caller, Change(
                    action="publisher.sensitive_set", object_kind="publisher", object_id=publisher_id,
                    detail={"en_name": publisher.en_name, "sensitive": sensitive}))  # fmt: skip
            return sensitive


def _require_desk(caller: Caller, operation: str) -> None:
    """Raises `OperationNotAllowed`, and `ReviewUnknown` to a reviewer of an account that is not the platform's: nothing waits for
    that one."""
    permissions.require(caller, operation)
    if not release_rules.is_of_desk(caller):
        raise ReviewUnknown("review_id")


async def _found(tx: Transaction, review_id: str) -> QueueItem:
    item = await reviews.find(tx, review_id) if is_id(review_id) else None
    if item is None:
        raise ReviewUnknown("review_id")
    return item


async def _undecided(tx: Transaction, caller: Caller | None, review_id: str) -> QueueItem:
    """A review that waits; one that the caller, if given, may decide about."""
    item = await _found(tx, review_id)
    if item.review.outcome is not None:
        raise ReviewDecided("review_id", outcome=item.review.outcome)
    if caller is not None and release_rules.is_own(caller, item.release):
        raise OwnRelease("review_id")
    return item


def _claimed(review: Review) -> ReviewClaimed:
    until = review.held_until.isoformat(timespec="minutes") if review.held_until is not None else ""
    return ReviewClaimed("review_id", holder=review.holder_name, until=until)


async def _compared(tx: Transaction, release: Release) -> tuple[str | None, list[Side]]:
    """The number of the release before, and both side by side."""
    if release.kind is SubjectKind.EXTENSION:
        now = await reviews.find_facts(tx, release)
        before = await reviews.find_facts_before(tx, release)
        if before is None:
            return None, rules.sides(None, now or {})
        return before[0], rules.sides(before[1], now or {})
    subject = await checks.find_subject(tx, release.tenant_id, release.kind, release.subject_id)
    defined = subject.definition if subject is not None else None
    told = msgspec.to_builtins(defined) if defined is not None else {}
    precedence = versions.precedence(versions.parse("version", release.version))
    earlier = await checks.find_earlier_plugin(tx, release.tenant_id, release.name, precedence)
    if earlier is None or earlier.definition is None:
        return None, rules.sides(None, told)
    return earlier.version, rules.sides(msgspec.to_builtins(earlier.definition), told)


async def _owner_of(tx: Transaction, rule: ReviewRule) -> str | None:
    publisher = await publishers.find(tx, None, rule.publisher_id) if rule.publisher_id is not None else None
    return publisher.tenant_id if publisher is not None else None


async def _record_rule(tx: Transaction, caller: Caller, tenant_id: str, action: str, rule: ReviewRule) -> None:
    detail = {
        "account_id": rule.account_id,
        "publisher_id": rule.publisher_id,
        "business_type": rule.business_type,
        "policy": rule.policy,
    }
    await audit.record(tx, tenant_id, caller, Change(
        action=action, object_kind="review_rule", object_id=rule.id,
        detail={name: value for name, value in detail.items() if value is not None}))  # fmt: skip
