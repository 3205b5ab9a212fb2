"""Use-cases about publishers: what tenants do with their own, and what operators decide."""

from app.registry.access import permissions
from app.registry.memberships.service import find, require_right
from app.registry.publishers import names, rules, standing
from schemas.errors import (
    InvalidField,
    OperationNotAllowed,
    PublisherExists,
    PublisherHasPublished,
    PublisherInUse,
    PublisherNameConfusable,
    PublisherUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.publishers import (
    Act,
    ChangedFacts,
    LookAlike,
    OwnPublisher,
    Proof,
    Publisher,
    PublisherFacts,
    PublisherFile,
    PublisherStatus,
)
from schemas.paging import Page, Paging
from storage.postgres import access, audit, memberships, publishers
from storage.postgres.database import Database, Transaction, UniqueTaken

_MOST_INVITATIONS = 100
_MOST_COMPARED = 1000
"""How many names of other tenants are compared with a publisher's before it is accepted."""
_MOST_POPULAR = 200
"""Of how many of the most used publishers a name must be more than a letter away."""


class Publishers:
    """The publishers of every tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- what tenants do with their own ----------------------------------------------------------------------------

    async def create(self, caller: Caller, facts: PublisherFacts) -> Publisher:
        """A new publisher of the caller's tenant, which waits for the operators' decision; whose it is owns it.

        Its English name is unique in the tenant, whatever its case and separators, and is no name that another tenant's
        accepted publisher has or had: raises `PublisherExists`, or `PublisherNameConfusable` where it only looks like one.
        Only an administrator may name another user of the tenant as its owner.
        """
        permissions.require(caller, "create_publisher")
        rules.checked_facts(facts)
        publisher_id = new_id()
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            user_id = await _owner(tx, caller, facts.user_id)
            if await publishers.find_of_key(tx, caller.tenant_id, names.key(facts.en_name)) is not None:
                raise PublisherExists("en_name", name=facts.en_name)
            await _require_free(tx, caller.tenant_id, facts.en_name, facts.name)
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
        """Deletes a publisher of the caller's tenant; the name of one that was accepted stays the tenant's.

        For owners and administrators. Raises `PublisherUnknown`, `NotPublisherMember`, `PublisherMoveRefused` for a suspended
        one, or `PublisherInUse` while plug-ins are bound to it or extensions are its.
        """
        permissions.require(caller, "delete_publisher")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            publisher = await _found(tx, caller.tenant_id, publisher_id)
            await require_right(tx, caller, publisher, Act.DELETE, "publisher_unique_id")
            standing.require(publisher, Act.DELETE, "publisher_unique_id")
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

        For its owners, and administrators of the tenant. Raises `PublisherUnknown`, `NotPublisherMember`.
        """
        permissions.require(caller, "set_publisher_review")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            publisher = await find(tx, caller.tenant_id, publisher_id)
            await require_right(tx, caller, publisher, Act.SET_REVIEW, "publisher_id")
            return await _reviewed(tx, caller, publisher, wanted, publisher.system_review)

    async def show(self, caller: Caller, publisher_id: str) -> PublisherFile:
        """All about a publisher that the caller belongs to or administers. Raises `PublisherUnknown`, `NotPublisherMember`."""
        permissions.require(caller, "show_membership")
        async with self._database.transaction(caller.tenant_id) as tx:
            publisher = await find(tx, caller.tenant_id, publisher_id)
            await require_right(tx, caller, publisher, Act.LOOK, "publisher_id")
            return await _file(tx, caller, publisher, [])

    async def reapply(self, caller: Caller, publisher_id: str, changed: ChangedFacts) -> Publisher:
        """Puts a rejected publisher forward again, perhaps with other facts. Doing it again changes nothing but them.

        For its owners, and administrators of the tenant. Raises `PublisherUnknown`, `NotPublisherMember`,
        `PublisherMoveRefused`, and for the facts as `create` does.
        """
        permissions.require(caller, "reapply_publisher")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            publisher = await find(tx, caller.tenant_id, publisher_id)
            await require_right(tx, caller, publisher, Act.REAPPLY, "publisher_id")
            standing.moved(publisher, Act.REAPPLY, "publisher_id")
            told = rules.with_facts(publisher, changed)
            if told == publisher and publisher.status is PublisherStatus.PROCESSING:
                return publisher
            await _require_free(tx, caller.tenant_id, told.en_name, told.name)
            applied = await publishers.reapply(tx, told, caller)
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="publisher.reapplied", object_kind="publisher", object_id=publisher.id,
                detail={"en_name": publisher.en_name, "name": told.name, "rejected_for": publisher.reason}))  # fmt: skip
            return applied

    # -- what operators decide ---------------------------------------------------------------------------------------

    async def list_to_decide(self, caller: Caller, status: PublisherStatus, paging: Paging) -> Page[Publisher]:
        """Every tenant's publishers of one status, the one that waits longest first."""
        permissions.require(caller, "list_publishers_to_decide")
        async with self._database.transaction(platform=True) as tx:
            return await publishers.list_by_status(tx, status, paging)

    async def show_case(self, caller: Caller, publisher_id: str) -> PublisherFile:
        """All about a publisher of any tenant, and whose names are like its own. Raises `PublisherUnknown`."""
        permissions.require(caller, "show_publisher_case")
        async with self._database.transaction(platform=True) as tx:
            publisher = await publishers.find(tx, None, publisher_id) if is_id(publisher_id) else None
            if publisher is None:
                raise PublisherUnknown("publisher_id")
            return await _file(tx, caller, publisher, await _look_alikes(tx, publisher))

    async def accept(self, caller: Caller, publisher_id: str) -> Publisher:
        """Lets the tenant publish under the publisher, whose name is the tenant's for good. Doing it again changes nothing.

        Raises `PublisherUnknown`, `PublisherMoveRefused` for a suspended one, `PublisherExists` when another tenant has, or had
        until it deleted it, an accepted publisher of the same English name, and `PublisherNameConfusable` for one that looks
        like it.
        """
        permissions.require(caller, "accept_publisher")
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            status = standing.moved(publisher, Act.ACCEPT, "publisher_id")
            if publisher.status is not status:
                await publishers.lock_names(tx)
                await _require_free(tx, publisher.tenant_id, publisher.en_name, publisher.name)
                await publishers.reserve(tx, publisher, **_faces(publisher.en_name, publisher.name))
            return await _decide(tx, caller, publisher, status, "", "publisher.accepted")

    async def reject(self, caller: Caller, publisher_id: str, reason: str) -> Publisher:
        """Keeps the tenant from publishing under the publisher, for a reason of 1 to 1000 characters.

        Where it was accepted its name is free again. Raises `PublisherUnknown`, `PublisherMoveRefused` for a suspended one, or
        `PublisherHasPublished` once something is published under it.
        """
        permissions.require(caller, "reject_publisher")
        rules.checked_reason(reason)
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            status = standing.moved(publisher, Act.REJECT, "publisher_id")
            most = rules.MOST_NAMES_TOLD + 1
            published = [
                *await publishers.list_bound_plugins(tx, publisher, caller, most, published_only=True),
                *await publishers.list_bound_extensions(tx, publisher, most, published_only=True),
            ]
            if published:
                raise PublisherHasPublished("publisher_id", plugins=rules.told(published))
            if publisher.status is PublisherStatus.ACCEPTED:
                await publishers.release(tx, publisher, names.key(publisher.en_name))
            return await _decide(tx, caller, publisher, status, reason, "publisher.rejected")

    async def suspend(self, caller: Caller, publisher_id: str, reason: str) -> Publisher:
        """Lets nothing more be brought or published under an accepted publisher, for a reason of 1 to 1000 characters.

        What is published stays. Raises `PublisherUnknown`, `InvalidField`, `PublisherMoveRefused`.
        """
        permissions.require(caller, "suspend_publisher")
        rules.checked_reason(reason)
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            status = standing.moved(publisher, Act.SUSPEND, "publisher_id")
            return await _decide(tx, caller, publisher, status, reason, "publisher.suspended")

    async def reinstate(self, caller: Caller, publisher_id: str) -> Publisher:
        """Ends a suspension. Doing it again changes nothing. Raises `PublisherUnknown`, `PublisherMoveRefused`."""
        permissions.require(caller, "reinstate_publisher")
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            status = standing.moved(publisher, Act.REINSTATE, "publisher_id")
            return await _decide(tx, caller, publisher, status, "", "publisher.reinstated")

    async def verify(self, caller: Caller, publisher_id: str, proof: Proof) -> PublisherFile:
        """Sets the verified mark of an accepted publisher, or sets it anew on another ground.

        Raises `PublisherUnknown`, `PublisherMoveRefused`, `MissingField`, `InvalidField`, `DomainNotProven`.
        """
        permissions.require(caller, "verify_publisher")
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            standing.require(publisher, Act.VERIFY, "publisher_id")
            proof = rules.checked_proof(publisher, proof)
            await publishers.save_verification(tx, publisher, proof, caller)
            await audit.record(tx, publisher.tenant_id, caller, Change(
                action="publisher.verified", object_kind="publisher", object_id=publisher.id,
                detail={
                    "en_name": publisher.en_name, "ground": proof.ground.value, "domain": proof.domain, "note": proof.note,
                    "answer": proof.answer[:rules.MAX_REASON_LENGTH],
                }))  # fmt: skip
            return await _file(tx, caller, publisher, await _look_alikes(tx, publisher))

    async def unverify(self, caller: Caller, publisher_id: str, reason: str) -> PublisherFile:
        """Takes the verified mark away, for a reason of 1 to 1000 characters. Where there is none nothing changes.

        Raises `PublisherUnknown`, `InvalidField`.
        """
        permissions.require(caller, "unverify_publisher")
        rules.checked_reason(reason)
        async with self._database.transaction(platform=True) as tx:
            publisher = await _locked(tx, publisher_id)
            if await publishers.find_verification(tx, publisher) is not None:
                await publishers.delete_verification(tx, publisher)
                await audit.record(tx, publisher.tenant_id, caller, Change(
                    action="publisher.unverified", object_kind="publisher", object_id=publisher.id,
                    detail={"en_name": publisher.en_name, "reason": reason}))  # fmt: skip
            return await _file(tx, caller, publisher, await _look_alikes(tx, publisher))

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
    tx: Transaction, caller: Caller, publisher: Publisher, status: PublisherStatus, reason: str, action: str
) -> Publisher:
    if not rules.changes(publisher, status, reason):
        return publisher
    decided = await publishers.decide(tx, publisher, status, reason, caller)
    detail = {"en_name": publisher.en_name, "reason": reason}
    await audit.record(tx, publisher.tenant_id, caller, Change(
        action=action, object_kind="publisher", object_id=publisher.id, detail=detail))  # fmt: skip
    return decided


def _faces(en_name: str, name: str) -> dict[str, str]:
    own, shown = names.face(en_name), names.face(name)
    return {
        "name_key": own.key,
        "name_skeleton": own.skeleton,
        "shown_key": shown.key,
        "shown_skeleton": shown.skeleton,
    }


async def _require_free(tx: Transaction, tenant_id: str, en_name: str, name: str) -> None:
    """Raises `PublisherExists` or `PublisherNameConfusable` where another tenant has such names, or had them."""
    taken = await publishers.find_taken(tx, tenant_id, **_faces(en_name, name))
    if taken is not None:
        other, is_same = taken
        if is_same:
            raise PublisherExists("en_name", name=en_name)
        raise PublisherNameConfusable("en_name", name=en_name, other=other)


async def _file(tx: Transaction, caller: Caller, publisher: Publisher, look_alikes: list[LookAlike]) -> PublisherFile:
    is_own = publisher.tenant_id == caller.tenant_id
    return PublisherFile(
        publisher=publisher,
        role=await memberships.find_role(tx, publisher, caller.user_id) if is_own else None,
        members=await memberships.list_members(tx, publisher),
        invitations=await memberships.list_invitations(
            tx, publisher.tenant_id, _MOST_INVITATIONS, publisher_id=publisher.id
        ),
        verification=await publishers.find_verification(tx, publisher),
        statement=rules.statement(publisher),
        look_alikes=look_alikes,
    )


async def _look_alikes(tx: Transaction, publisher: Publisher) -> list[LookAlike]:
    faces = (names.face(publisher.en_name), names.face(publisher.name))
    skeletons = [each.skeleton for each in faces if each.skeleton]
    others = await publishers.list_names_of_others(tx, publisher.tenant_id, skeletons, _MOST_COMPARED)
    popular = await publishers.list_popular(tx, publisher.tenant_id, _MOST_POPULAR)
    return rules.look_alikes(publisher, others, popular)
