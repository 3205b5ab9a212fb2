"""What may be done with a publisher: every standing, every act, everybody who may try it, asked of the real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from app.registry import Registry
from app.registry.access.permissions import PERMISSIONS
from app.registry.access.service import console
from app.registry.memberships.rules import RIGHTS, Party
from app.registry.publishers import standing
from schemas.errors import (
    InvitationOver,
    InvitationUnknown,
    InvitationWaits,
    LastOwner,
    NotPublisherMember,
    OperationNotAllowed,
    PublisherMemberExists,
    PublisherMemberUnknown,
    PublisherMoveRefused,
    PublisherNotAccepted,
    PublisherUnknown,
    RegistryError,
)
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.memberships import InvitationState, PublisherRole
from schemas.model.publishers import Act, ChangedFacts, Ground, Proof, Publisher, PublisherFacts, PublisherStatus
from schemas.model.uploads import NewUpload, Purpose
from schemas.paging import Paging
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member, NewAccount
from tests.builders import a_name

FIRST = Paging(offset=0, limit=1000)


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


@dataclass
class Cast:
    """Everybody who may try something, and those to whom it is done."""

    account: Account
    callers: dict[str, Caller]
    guest: Member
    newcomer: Member


@pytest.fixture(scope="module")
def cast(new_account: NewAccount, operator: Member) -> Cast:
    """An account with somebody of each kind, and people from elsewhere."""
    account = new_account()
    users = {party.value: account.user() for party in Party} | {"administrator": account.user("admin")}
    callers = {name: member.caller for name, member in users.items()}
    callers["viewer"] = account.user("viewer").caller
    callers["stranger"] = new_account().user("admin").caller
    callers["operator"] = operator.caller
    return Cast(account, callers, account.user(), account.user())


async def made(registry: Registry, owner: Any, cast: Cast, status: PublisherStatus) -> Publisher:
    """A publisher of that standing with a member of each role, the guest and an invitation that waits."""
    facts = PublisherFacts(en_name=a_name("house"), name="A house", support_url="x@y.example")
    publisher = await registry.publishers.create(cast.callers["owner"], facts)
    await lead(registry, publisher, status)
    roles = [(cast.callers[name].user_id, name) for name in ("maintainer", "member")]
    roles += [(cast.guest.user.id, "member"), (cast.callers["viewer"].user_id, "owner")]
    await owner.executemany(
        "INSERT INTO publisher_members (publisher_id, tenant_id, user_id, role) VALUES ($1, $2, $3, $4)",
        [(publisher.id, publisher.tenant_id, user_id, role) for user_id, role in roles],
    )
    return publisher


async def lead(registry: Registry, publisher: Publisher, status: PublisherStatus) -> None:
    """Brings a new publisher into that standing."""
    if status is PublisherStatus.REJECTED:
        await registry.publishers.reject(console(), publisher.id, "no")
    if status in (PublisherStatus.ACCEPTED, PublisherStatus.SUSPENDED):
        await registry.publishers.accept(console(), publisher.id)
    if status is PublisherStatus.SUSPENDED:
        await registry.publishers.suspend(console(), publisher.id, "why")


async def revoke(registry: Registry, caller: Caller, publisher: Publisher, cast: Cast) -> None:
    """Takes back an invitation that somebody else made before."""
    admin = cast.callers["administrator"]
    waiting = (await registry.publishers.show(admin, publisher.id)).invitations
    invitation = waiting[0] if waiting else await registry.memberships.invite(
        admin, publisher.id, cast.newcomer.user.id, PublisherRole.MEMBER
    )  # fmt: skip
    await registry.memberships.revoke(caller, publisher.id, invitation.id)


def an_upload(publisher: Publisher) -> NewUpload:
    """An extension that is announced."""
    return NewUpload(
        file_name=f"{a_name()}.vsix",
        size=100_000,
        sha256=new_id() * 2,
        purpose=Purpose.EXTENSION,
        publisher_id=publisher.id,
    )


BY_HAND = Proof(ground=Ground.BY_HAND, note="known in person")

Doing = Callable[[Registry, Caller, Publisher, Cast], Awaitable[Any]]
ACTS: dict[Act, tuple[str, Doing]] = {
    Act.LOOK: ("show_membership", lambda r, c, p, _: r.publishers.show(c, p.id)),
    Act.BRING: ("create_upload", lambda r, c, p, _: r.uploads.create(c, an_upload(p))),
    Act.SET_REVIEW: ("set_publisher_review", lambda r, c, p, _: r.publishers.ask_for_review(c, p.id, True)),
    Act.REAPPLY: ("reapply_publisher", lambda r, c, p, _: r.publishers.reapply(c, p.id, ChangedFacts(description="new"))),
    Act.INVITE: ("invite_to_publisher", lambda r, c, p, k: r.memberships.invite(
        c, p.id, k.newcomer.name, PublisherRole.MAINTAINER)),
    Act.REVOKE: ("revoke_publisher_invitation", revoke),
    Act.CHANGE_ROLE: ("change_publisher_member", lambda r, c, p, k: r.memberships.change_role(
        c, p.id, k.guest.user.id, PublisherRole.MAINTAINER)),
    Act.REMOVE: ("remove_publisher_member", lambda r, c, p, k: r.memberships.remove(c, p.id, k.guest.user.id)),
    Act.HAND_OVER: ("hand_over_publisher", lambda r, c, p, k: r.memberships.hand_over(c, p.id, k.newcomer.user.id)),
    Act.DELETE: ("delete_publisher", lambda r, c, p, _: r.publishers.delete(c, p.id)),
    Act.ACCEPT: ("accept_publisher", lambda r, c, p, _: r.publishers.accept(c, p.id)),
    Act.REJECT: ("reject_publisher", lambda r, c, p, _: r.publishers.reject(c, p.id, "no")),
    Act.SUSPEND: ("suspend_publisher", lambda r, c, p, _: r.publishers.suspend(c, p.id, "why")),
    Act.REINSTATE: ("reinstate_publisher", lambda r, c, p, _: r.publishers.reinstate(c, p.id)),
    Act.VERIFY: ("verify_publisher", lambda r, c, p, _: r.publishers.verify(c, p.id, BY_HAND)),
    Act.UNVERIFY: ("unverify_publisher", lambda r, c, p, _: r.publishers.unverify(c, p.id, "sold")),
    Act.SKIP_REVIEW: ("set_system_review", lambda r, c, p, _: r.publishers.skip_review(c, p.id, True)),
}  # fmt: skip
TRIERS = [*(party.value for party in Party), "viewer", "stranger", "operator"]


def expected(status: PublisherStatus, act: Act, who: str, caller: Caller) -> type[RegistryError] | None:
    """What the tables say; None where it is done."""
    if caller.roles.isdisjoint(PERMISSIONS[ACTS[act][0]]):
        return OperationNotAllowed
    if act in RIGHTS:
        if who in ("stranger", "operator"):
            return PublisherUnknown
        party = Party.OWNER if who == "viewer" else Party(who)
        if party not in RIGHTS[act]:
            return NotPublisherMember
    if (status, act) in standing.MOVES or status in standing.ALLOWED.get(act, ()):
        return None
    return PublisherNotAccepted if act is Act.BRING else PublisherMoveRefused


def test_every_act_is_in_the_tables_and_asked_here() -> None:
    moving = {act for _, act in standing.MOVES}
    assert moving | set(standing.ALLOWED) == set(ACTS) == set(Act)
    assert not moving & set(standing.ALLOWED)
    assert {act for act in Act if act not in RIGHTS} == {
        act for act in Act if PERMISSIONS[ACTS[act][0]] == {"operator"}
    }


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("status", PublisherStatus)
async def test_the_tables_decide_and_what_is_refused_changes_nothing(
    registry: Registry, owner: Any, cast: Cast, status: PublisherStatus, act: Act
) -> None:
    publisher = await made(registry, owner, cast, status)
    if act is Act.REVOKE:
        await registry.memberships.invite(
            cast.callers["administrator"], publisher.id, cast.newcomer.user.id, PublisherRole.MEMBER
        )
    count = "SELECT count(*) FROM audit_entries WHERE tenant_id = $1 AND object_id = $2"
    find = "SELECT status, deleted_at IS NULL FROM publishers WHERE id = $1"
    for who in TRIERS:
        refusal = expected(status, act, who, cast.callers[who])
        doing = ACTS[act][1](registry, cast.callers[who], publisher, cast)
        entries = await owner.fetchval(count, publisher.tenant_id, publisher.id)
        if refusal is not None:
            with pytest.raises(refusal):
                await doing
            assert await owner.fetchval(count, publisher.tenant_id, publisher.id) == entries, who
            assert tuple(await owner.fetchrow(find, publisher.id)) == (status, True), who
            continue
        await doing
        became = standing.MOVES.get((status, act), status)
        assert tuple(await owner.fetchrow(find, publisher.id)) == (became, act is not Act.DELETE), who
        publisher = await made(registry, owner, cast, status)  # as new for the next one
        if act is Act.REVOKE:
            await registry.memberships.invite(
                cast.callers["administrator"], publisher.id, cast.newcomer.user.id, PublisherRole.MEMBER
            )


async def test_the_database_knows_the_same_moves_and_no_other(registry: Registry, owner: Any, cast: Cast) -> None:
    rows = await owner.fetch("SELECT from_status, to_status FROM publisher_moves")
    legal = {(began.value, ended.value) for (began, _), ended in standing.MOVES.items() if began is not ended}
    assert {tuple(row) for row in rows} == legal
    for began in PublisherStatus:
        publisher = await made(registry, owner, cast, began)
        for ended in PublisherStatus:
            attempt = owner.transaction()
            await attempt.start()
            try:
                await owner.execute("UPDATE publishers SET status = $2 WHERE id = $1", publisher.id, ended.value)
                is_done = True
            except asyncpg.CheckViolationError:
                is_done = False
            await attempt.rollback()
            assert is_done == (began is ended or (began.value, ended.value) in legal)


async def test_nothing_is_decided_about_a_deleted_publisher(registry: Registry, owner: Any, cast: Cast) -> None:
    publisher = await made(registry, owner, cast, PublisherStatus.ACCEPTED)
    await registry.publishers.delete(cast.callers["owner"], publisher.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute("UPDATE publishers SET status = 'suspended' WHERE id = $1", publisher.id)


async def test_only_an_accepted_publisher_stands(registry: Registry, owner: Any, cast: Cast) -> None:
    for status in PublisherStatus:
        publisher = await made(registry, owner, cast, status)
        stands = await owner.fetchval("SELECT publisher_stands($1)", publisher.id)
        assert stands == (status is PublisherStatus.ACCEPTED)
    assert not await owner.fetchval("SELECT publisher_stands($1)", new_id())


# -- owners ------------------------------------------------------------------------------------------------------------------


async def test_whoever_makes_a_publisher_owns_it(registry: Registry, cast: Cast) -> None:
    admin, colleague = cast.callers["administrator"], cast.callers["colleague"]
    facts = PublisherFacts(en_name=a_name("house"), name="A", support_url="x", user_id=colleague.user_id)
    publisher = await registry.publishers.create(admin, facts)
    (only,) = (await registry.publishers.show(colleague, publisher.id)).members
    assert (only.user_id, only.role) == (colleague.user_id, PublisherRole.OWNER)
    found = await registry.memberships.list_page(colleague, FIRST)
    assert [(each.publisher.id, each.role) for each in found.items] == [(publisher.id, PublisherRole.OWNER)]
    listed = {each.publisher.id: each.role for each in (await registry.memberships.list_page(admin, FIRST)).items}
    assert listed[publisher.id] is None


async def test_the_last_owner_neither_leaves_nor_becomes_less(registry: Registry, cast: Cast) -> None:
    caller = cast.callers["owner"]
    publisher = await registry.publishers.create(
        caller, PublisherFacts(en_name=a_name("house"), name="A", support_url="x")
    )
    with pytest.raises(LastOwner):
        await registry.memberships.remove(caller, publisher.id, caller.user_id)
    for role in (PublisherRole.MAINTAINER, PublisherRole.MEMBER):
        with pytest.raises(LastOwner):
            await registry.memberships.change_role(cast.callers["administrator"], publisher.id, caller.user_id, role)


async def test_where_the_one_whose_it_was_leaves_it_is_the_next_owners(
    registry: Registry, owner: Any, cast: Cast
) -> None:
    publisher, caller = await made(registry, owner, cast, PublisherStatus.ACCEPTED), cast.callers["owner"]
    await registry.memberships.remove(caller, publisher.id, caller.user_id)
    shown = await registry.publishers.show(cast.callers["administrator"], publisher.id)
    assert shown.publisher.user_id == cast.callers["viewer"].user_id
    with pytest.raises(NotPublisherMember):
        await registry.publishers.show(caller, publisher.id)


async def test_of_two_owners_who_leave_at_once_one_stays(registry: Registry, owner: Any, cast: Cast) -> None:
    for _ in range(5):
        publisher = await made(registry, owner, cast, PublisherStatus.PROCESSING)
        both = [cast.callers[name] for name in ("owner", "viewer")]
        left = await asyncio.gather(
            *(registry.memberships.remove(each, publisher.id, each.user_id) for each in both), return_exceptions=True
        )
        assert sorted(type(each) for each in left if each is not None) == [LastOwner]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM publisher_members WHERE publisher_id = $1 AND user_id = $2",
        "UPDATE publisher_members SET role = 'member' WHERE publisher_id = $1 AND user_id = $2",
    ],
)
async def test_the_database_keeps_an_owner_whoever_commits_first(
    registry: Registry, owner: Any, cluster: Urls, cast: Cast, statement: str
) -> None:
    publisher = await made(registry, owner, cast, PublisherStatus.PROCESSING)
    second = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    try:
        for connection, name in ((owner, "owner"), (second, "viewer")):
            await connection.execute("BEGIN")
            await connection.execute(statement, publisher.id, cast.callers[name].user_id)
        ended = await asyncio.gather(*(each.execute("COMMIT") for each in (owner, second)), return_exceptions=True)
    finally:
        await second.close()
    assert sorted(str(each) for each in ended if not isinstance(each, Exception)) == ["COMMIT"]
    assert [type(each) for each in ended if isinstance(each, Exception)] == [asyncpg.CheckViolationError]
    left = "SELECT count(*) FROM publisher_members WHERE publisher_id = $1 AND role = 'owner'"
    assert await owner.fetchval(left, publisher.id) == 1


# -- invitations -----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def house(registry: Registry, owner: Any, cast: Cast) -> Publisher:
    """An accepted publisher."""
    return await made(registry, owner, cast, PublisherStatus.ACCEPTED)


async def test_who_accepts_belongs_to_it_and_who_declines_does_not(
    registry: Registry, cast: Cast, house: Publisher
) -> None:
    caller, guest = cast.callers["owner"], cast.account.user().caller
    first = await registry.memberships.invite(caller, house.id, guest.user_name, PublisherRole.MAINTAINER)
    assert [each.id for each in await registry.memberships.list_invitations(guest)] == [first.id]
    assert (first.expires_at - first.created_at).days == 14
    await registry.memberships.decline(guest, first.id)
    assert (await registry.memberships.decline(guest, first.id)).state is InvitationState.DECLINED
    with pytest.raises(InvitationOver):
        await registry.memberships.accept(guest, first.id)
    with pytest.raises(NotPublisherMember):
        await registry.publishers.show(guest, house.id)

    second = await registry.memberships.invite(caller, house.id, guest.user_id, PublisherRole.MAINTAINER)
    await registry.memberships.accept(guest, second.id)
    assert (await registry.memberships.accept(guest, second.id)).state is InvitationState.ACCEPTED
    assert (await registry.publishers.show(guest, house.id)).role is PublisherRole.MAINTAINER
    assert await registry.memberships.list_invitations(guest) == []
    with pytest.raises(PublisherMemberExists):
        await registry.memberships.invite(caller, house.id, guest.user_id, PublisherRole.OWNER)


async def test_an_invitation_is_one_users_and_waits_once(
    registry: Registry, cast: Cast, house: Publisher, new_account: NewAccount
) -> None:
    caller, guest = cast.callers["owner"], cast.account.user().caller
    waiting = await registry.memberships.invite(caller, house.id, guest.user_id, PublisherRole.MEMBER)
    with pytest.raises(InvitationWaits):
        await registry.memberships.invite(caller, house.id, guest.user_id, PublisherRole.OWNER)
    for other in (caller, cast.callers["administrator"], new_account().user("admin").caller):
        with pytest.raises(InvitationUnknown):
            await registry.memberships.accept(other, waiting.id)
    with pytest.raises(InvitationUnknown):
        await registry.memberships.accept(guest, "none")
    with pytest.raises(PublisherMemberUnknown):
        await registry.memberships.change_role(caller, house.id, guest.user_id, PublisherRole.MEMBER)


async def test_the_databases_clock_ends_an_invitation(
    registry: Registry, cast: Cast, house: Publisher, owner: Any
) -> None:
    caller, guest = cast.callers["owner"], cast.account.user().caller
    old = await registry.memberships.invite(caller, house.id, guest.user_id, PublisherRole.MEMBER)
    age = "UPDATE publisher_invitations SET expires_at = clock_timestamp() WHERE id = $1"
    await owner.execute(age, old.id)
    assert await registry.memberships.list_invitations(guest) == []
    with pytest.raises(InvitationOver, match="expired"):
        await registry.memberships.accept(guest, old.id)
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(
            "UPDATE publisher_invitations SET state = 'accepted', ended_at = clock_timestamp() WHERE id = $1", old.id
        )
    again = await registry.memberships.invite(caller, house.id, guest.user_id, PublisherRole.MEMBER)
    await registry.memberships.accept(guest, again.id)


async def test_of_accepting_and_revoking_at_once_one_takes_hold(
    registry: Registry, cast: Cast, house: Publisher
) -> None:
    caller = cast.callers["owner"]
    for _ in range(5):
        guest = cast.account.user().caller
        waiting = await registry.memberships.invite(caller, house.id, guest.user_id, PublisherRole.MEMBER)
        ended = await asyncio.gather(
            registry.memberships.accept(guest, waiting.id),
            registry.memberships.revoke(caller, house.id, waiting.id),
            return_exceptions=True,
        )
        assert [type(each) for each in ended if isinstance(each, Exception)] == [InvitationOver]
        members = {each.user_id for each in (await registry.publishers.show(caller, house.id)).members}
        assert (guest.user_id in members) == (not isinstance(ended[0], Exception))


# -- handing over ----------------------------------------------------------------------------------------------------------


async def test_who_takes_it_over_owns_it_and_the_one_before_maintains_it(
    registry: Registry, cast: Cast, house: Publisher
) -> None:
    caller, heir = cast.callers["owner"], cast.account.user().caller
    offer = await registry.memberships.hand_over(caller, house.id, heir.user_id)
    assert offer.hands_over_from == caller.user_id
    assert (await registry.publishers.show(caller, house.id)).publisher.user_id == caller.user_id
    await registry.memberships.accept(heir, offer.id)
    shown = await registry.publishers.show(heir, house.id)
    roles = {each.user_id: each.role for each in shown.members}
    assert (shown.publisher.user_id, roles[heir.user_id]) == (heir.user_id, PublisherRole.OWNER)
    assert roles[caller.user_id] is PublisherRole.MAINTAINER


async def test_an_offer_of_somebody_who_owns_it_no_more_is_over(
    registry: Registry, cast: Cast, house: Publisher
) -> None:
    caller, heir = cast.callers["owner"], cast.account.user().caller
    offer = await registry.memberships.hand_over(caller, house.id, heir.user_id)
    await registry.memberships.change_role(
        cast.callers["administrator"], house.id, caller.user_id, PublisherRole.MEMBER
    )
    with pytest.raises(InvitationOver):
        await registry.memberships.accept(heir, offer.id)


async def test_a_publisher_that_is_suspended_meanwhile_is_not_handed_over(
    registry: Registry, cast: Cast, house: Publisher
) -> None:
    heir = cast.account.user().caller
    offer = await registry.memberships.hand_over(cast.callers["owner"], house.id, heir.user_id)
    await registry.publishers.suspend(console(), house.id, "why")
    with pytest.raises(PublisherMoveRefused):
        await registry.memberships.accept(heir, offer.id)
    await registry.publishers.reinstate(console(), house.id)
    await registry.memberships.accept(heir, offer.id)
