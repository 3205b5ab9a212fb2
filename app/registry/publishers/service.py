"""Use-cases about publishers: what tenants do with their own, and what operators decide."""

from app.registry.access import permissions
from app.registry.publishers import rules
from schemas.errors import (
    InvalidField,
    OperationNotAllowed,
    PublisherExists,
    PublisherHasPublished,
    PublisherInUse,
    PublisherUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.publishers import OwnPublisher, Publisher, PublisherFacts, PublisherStatus
from schemas.paging import Page, Paging
from storage.postgres import access, audit, publishers
from storage.postgres.database import Database, Transaction, UniqueTaken


class Publishers:
    """The publishers of every tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- what tenants do with their own ----------------------------------------------------------------------------

    async def create(self, caller: Caller, facts: PublisherFacts) -> Publisher:
        """A new publisher of the caller's tenant, which waits for the operators' decision.

        Its English name is unique in the tenant, whatever its case: raises `PublisherExists`. Only an administrator may
        name another user of the tenant as its owner.
        """
        permissions.require(caller, "create_publisher")
        rules.checked_facts(facts)
        publisher_id = new_id()
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            user_id = await _owner(tx, caller, facts.user_id)
            try:
                await publishers.insert(tx, publisher_id, caller.tenant_id, user_id, facts, caller)
            except UniqueTaken as error:
                raise PublisherExists("en_name", name=facts.en_name) from error
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="publisher.created", object_kind="publisher", object_id=publisher_id,
                detail={"en_name": facts.en_name, "name": facts.name, "user_id": user_id}))  # fmt: skip
            return await _found(tx, caller.tenant_id, publisher_id)

    async def list_page(self, caller: Caller, text: str, paging: Paging) -> Page[Publisher]:
        """The tenant's publishers whose name or English name holds `text`, whatever its case; latest change first."""
        async with self._database.transaction(caller.tenant_id) as tx:
            return await publishers.list_page(tx, caller.tenant_id, text, paging)

    async def list_mine(self, caller: Caller, name: str = "") -> list[OwnPublisher]:
        """The tenant's publishers whose name or English name holds `name`, whatever its case; latest change first."""
        async with self._database.transaction(caller.tenant_id) as tx:
            return await publishers.list_own(tx, caller, name)

    async def list_accepted(self, caller: Caller) -> list[Publisher]:
        """The tenant's publishers under which it may publish, latest change first."""
        async with self._database.transaction(caller.tenant_id) as tx:
            return await publishers.list_accepted(tx, caller.tenant_id)

    async def find_many(self, caller: Caller, ids: list[str]) -> list[Publisher]:
        """Those of the publishers that the caller can see: the tenant's own, and those under which somebody published.

        Of another tenant's publisher nothing is told about that tenant's users.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            found = await publishers.find_many(tx, [each for each in dict.fromkeys(ids) if is_id(each)])
        return [rules.seen_by(each, caller.tenant_id) for each in found]

    async def delete(self, caller: Caller, publisher_id: str) -> None:
        """Deletes a publisher of the caller's tenant. Raises `PublisherUnknown`, or `PublisherInUse` while plug-ins are
        bound to it or extensions are its."""
        permissions.require(caller, "delete_publisher")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            publisher = await _found(tx, caller.tenant_id, publisher_id)
            most = rules.MOST_NAMES_TOLD + 1
            bound = [
                *await publishers.list_bound_plugins(tx, publisher, caller, most),
                *await publishers.list_bound_extensions(tx, publisher, most),
            ]
            if bound:
                raise PublisherInUse("publisher_unique_id", plugins=rules.told(bound))
            await publishers.delete(tx, publisher, caller)
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="publisher.deleted", object_kind="publisher", object_id=publisher.id,
                detail={"en_name": publisher.en_name}))  # fmt: skip

    async def ask_for_review(self, caller: Caller, publisher_id: str, wanted: bool) -> Publisher:
        """Settles whether the publisher's releases wait for somebody to look at them, whatever the platform asks for.

        For the user whose publisher it is, and administrators of the tenant. Raises `PublisherUnknown`, `OperationNotAllowed`.
        """
        permissions.require(caller, "set_publisher_review")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            publisher = await _found(tx, caller.tenant_id, publisher_id)
            if not caller.is_admin and publisher.user_id != caller.user_id:
                raise OperationNotAllowed("publisher_id", operation="set_publisher_review for another user's publisher")
            return await _reviewed(tx, caller, publisher, wanted, publisher.system_review)

    # -- what operators decide ---------------------------------------------------------------------------------------

    async def list_to_decide(self, caller: Caller, status: PublisherStatus, paging: Paging) -> Page[Publisher]:
        """Every tenant's publishers of one status, the one that waits longest first."""
        permissions.require(caller, "list_publishers_to_decide")
        async with self._database.transaction(platform=True) as tx:
            return await publishers.list_by_status(tx, status, paging)

    async def accept(self, caller: Caller, publisher_id: str) -> Publisher:
        """Lets the tenant publish under the publisher. Doing it again changes nothing.

        Raises `PublisherUnknown`, or `PublisherExists` when another tenant has, or had until it deleted it, an accepted
        publisher of the same English name.
        """
        permissions.require(caller, "accept_publisher")
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            await publishers.lock_name(tx, publisher.en_name)
            if await publishers.is_accepted_elsewhere(tx, publisher):
                raise PublisherExists("en_name", name=publisher.en_name)
            return await _decide(tx, caller, publisher, PublisherStatus.ACCEPTED, "")

    async def reject(self, caller: Caller, publisher_id: str, reason: str) -> Publisher:
        """Keeps the tenant from publishing under the publisher, for a reason of 1 to 1000 characters.

        Raises `PublisherUnknown`, or `PublisherHasPublished` once something is published under it.
        """
        permissions.require(caller, "reject_publisher")
        rules.checked_reason(reason)
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            most = rules.MOST_NAMES_TOLD + 1
            published = [
                *await publishers.list_bound_plugins(tx, publisher, caller, most, published_only=True),
                *await publishers.list_bound_extensions(tx, publisher, most, published_only=True),
            ]
            if published:
                raise PublisherHasPublished("publisher_id", plugins=rules.told(published))
            return await _decide(tx, caller, publisher, PublisherStatus.REJECTED, reason)

    async def skip_review(self, caller: Caller, publisher_id: str, skipped: bool) -> Publisher:
        """Settles whether the platform's look at the publisher's releases is skipped. Raises `PublisherUnknown`."""
        permissions.require(caller, "set_system_review")
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            return await _reviewed(tx, caller, publisher, publisher.publisher_review, skipped)


async def _owner(tx: Transaction, caller: Caller, user_id: str | None) -> str:
    if not user_id or user_id == caller.user_id:
        return caller.user_id
    if not caller.is_admin:
        raise OperationNotAllowed("user_id", operation="create_publisher for another user")
    user = await access.find_user(tx, caller.tenant_id, user_id) if is_id(user_id) else None
    if user is None or user.id != user_id:
        raise InvalidField("user_id", problem="There is no such user")
    return user.id


async def _found(tx: Transaction, tenant_id: str, publisher_id: str) -> Publisher:
    publisher = await publishers.find(tx, tenant_id, publisher_id) if is_id(publisher_id) else None
    if publisher is None:
        raise PublisherUnknown("publisher_unique_id")
    return publisher


async def _locked(tx: Transaction, publisher_id: str) -> Publisher:
    """The publisher of any tenant, as it is once that tenant's other changes are done."""
    publisher = await publishers.find(tx, None, publisher_id) if is_id(publisher_id) else None
    if publisher is not None:
        await audit.lock_tenant(tx, publisher.tenant_id)
        publisher = await publishers.find(tx, publisher.tenant_id, publisher.id)
    if publisher is None:
        raise PublisherUnknown("publisher_id")
    return publisher


async def _reviewed(
    tx: Transaction, caller: Caller, publisher: Publisher, publisher_review: bool, system_review: bool
) -> Publisher:
    if (publisher.publisher_review, publisher.system_review) == (publisher_review, system_review):
        return publisher
    detail = {"publisher_review": publisher_review, "system_review": system_review}
    changed = await publishers.set_reviews(tx, publisher, **detail, by=caller)
    await audit.record(tx, publisher.tenant_id, caller, Change(
        action="publisher.review_set", object_kind="publisher", object_id=publisher.id, detail=detail))  # fmt: skip
    return changed


async def _decide(
    tx: Transaction, caller: Caller, publisher: Publisher, status: PublisherStatus, reason: str
) -> Publisher:
    if not rules.changes(publisher, status, reason):
        return publisher
    decided = await publishers.decide(tx, publisher, status, reason, caller)
    action = "publisher.accepted" if status is PublisherStatus.ACCEPTED else "publisher.rejected"
    detail = {"en_name": publisher.en_name, "reason": reason}
    await audit.record(tx, publisher.tenant_id, caller, Change(
        action=action, object_kind="publisher", object_id=publisher.id, detail=detail))  # fmt: skip
    return decided
