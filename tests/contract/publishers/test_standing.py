"""What a publisher's standing, its members' roles and its verified mark mean elsewhere."""

import msgspec
import pytest

from app.registry import Registry
from app.registry.access.service import console
from schemas.errors import (
    DomainNotProven,
    InvalidField,
    MissingField,
    NotAuthenticated,
    NotPublisherMember,
    NotPublishersOwner,
    PublisherNotAccepted,
    PublisherTokenUseless,
    TooManyPublisherMembers,
)
from schemas.ids import new_id
from schemas.model.access import Caller, Role
from schemas.model.audit import AuditQuery
from schemas.model.memberships import PublisherRole
from schemas.model.publishers import ChangedFacts, Ground, Proof, Publisher, PublisherFacts, PublisherStatus
from tests.accounts import Account, NewAccount
from tests.builders import a_name, a_package
from tests.contract.postgres.furnished import a_spec, pieces


@pytest.fixture
def caller(account: Account) -> Caller:
    """Whose the publisher is."""
    return account.user().caller


@pytest.fixture
async def publisher(registry: Registry, caller: Caller) -> Publisher:
    """An accepted one."""
    facts = PublisherFacts(en_name=a_name("house"), name="A house", support_url="x@y.example")
    made = await registry.publishers.create(caller, facts)
    return await registry.publishers.accept(console(), made.id)


async def joined(registry: Registry, account: Account, publisher: Publisher, role: PublisherRole) -> Caller:
    """A new user who is that to the publisher."""
    admin, user = account.user("admin").caller, account.user().caller
    waiting = await registry.memberships.invite(admin, publisher.id, user.user_id, role)
    await registry.memberships.accept(user, waiting.id)
    return user


# -- who publishes -----------------------------------------------------------------------------------------------------------


async def test_owners_maintainers_and_administrators_bind_and_publish_and_nobody_else(
    registry: Registry, account: Account, caller: Caller, publisher: Publisher
) -> None:
    member = await joined(registry, account, publisher, PublisherRole.MEMBER)
    maintainer = await joined(registry, account, publisher, PublisherRole.MAINTAINER)
    for user, may in (
        (account.user().caller, False), (member, False), (maintainer, True), (caller, True),
        (account.user("admin").caller, True),
    ):  # fmt: skip
        name = a_name()
        await registry.plugins.create_version(user, a_spec(name, "1.0.0"))
        if not may:
            for publish in (registry.plugins.bind, registry.plugins.publish):
                with pytest.raises(NotPublisherMember):
                    await publish(user, name, "1.0.0", publisher.id)
            with pytest.raises(NotPublishersOwner):
                await registry.publisher_tokens.create(user, publisher.id, "machine", 1)
            continue
        await registry.plugins.bind(user, name, "1.0.0", publisher.id)
        await registry.plugins.publish(user, name, "1.0.0", publisher.id)
        await registry.publisher_tokens.create(user, publisher.id, "machine", 1)


async def test_versions_of_a_published_plugin_come_from_those_who_may_publish_under_its_publisher(
    registry: Registry, account: Account, caller: Caller, publisher: Publisher
) -> None:
    name, colleague = a_name(), account.user().caller
    await registry.plugins.create_version(caller, a_spec(name, "1.0.0"))
    await registry.plugins.create_version(colleague, a_spec(name, "1.1.0"))
    await registry.plugins.publish(caller, name, "1.0.0", publisher.id)
    await registry.plugins.create_draft(colleague, a_spec(name, "2.0.0"))
    with pytest.raises(NotPublisherMember):
        await registry.plugins.publish_draft(colleague, name, "2.0.0")
    with pytest.raises(NotPublisherMember):
        await registry.plugins.create_version(colleague, a_spec(name, "3.0.0"))
    with pytest.raises(NotPublisherMember):
        await registry.packages.upload(colleague, name, None, pieces(a_package(name, "3.0.0")))
    await registry.plugins.publish_draft(caller, name, "2.0.0")


async def test_nothing_is_published_under_a_suspended_publisher_and_its_tokens_rest(
    registry: Registry, caller: Caller, publisher: Publisher
) -> None:
    name = a_name()
    await registry.plugins.create_version(caller, a_spec(name, "1.0.0"))
    token = (await registry.publisher_tokens.create(caller, publisher.id, "machine", 1)).token
    await registry.publishers.suspend(console(), publisher.id, "It sends spam.")
    with pytest.raises(PublisherNotAccepted, match="suspended"):
        await registry.plugins.publish(caller, name, "1.0.0", publisher.id)
    with pytest.raises(PublisherTokenUseless):
        await registry.publisher_tokens.create(caller, publisher.id, "another", 1)
    with pytest.raises(NotAuthenticated):
        await registry.publisher_tokens.caller_of(token, new_id())
    assert await registry.publishers.list_accepted(caller) == []
    again = await registry.publishers.reinstate(console(), publisher.id)
    assert (again.status, again.reason) == (PublisherStatus.ACCEPTED, "")
    assert (await registry.publisher_tokens.caller_of(token, new_id())).publisher_id == publisher.id
    await registry.plugins.publish(caller, name, "1.0.0", publisher.id)


async def test_a_published_publisher_can_be_suspended_though_not_rejected(
    registry: Registry, caller: Caller, publisher: Publisher
) -> None:
    name = a_name()
    await registry.plugins.create_version(caller, a_spec(name, "1.0.0"))
    await registry.plugins.publish(caller, name, "1.0.0", publisher.id)
    assert (await registry.publishers.suspend(console(), publisher.id, "why")).status is PublisherStatus.SUSPENDED


async def test_a_publisher_has_a_hundred_members_at_most(
    registry: Registry, account: Account, caller: Caller, publisher: Publisher
) -> None:
    for _ in range(99):  # beside its owner
        await registry.memberships.invite(caller, publisher.id, account.user().name, PublisherRole.MEMBER)
    with pytest.raises(TooManyPublisherMembers):
        await registry.memberships.invite(caller, publisher.id, account.user().name, PublisherRole.MEMBER)


async def test_a_disabled_or_foreign_user_is_not_invited(
    registry: Registry, account: Account, caller: Caller, publisher: Publisher, stranger_id: str
) -> None:
    disabled = account.user()
    disabled.disable()
    for reference in (disabled.user.id, stranger_id, "nobody"):
        with pytest.raises(InvalidField, match="user"):
            await registry.memberships.invite(caller, publisher.id, reference, PublisherRole.MEMBER)


@pytest.fixture
def stranger_id(new_account: NewAccount) -> str:
    """A user of another account."""
    return str(new_account().user().user.id)


# -- applying again ----------------------------------------------------------------------------------------------------------


async def test_a_rejected_publisher_applies_again_with_what_it_mended(registry: Registry, caller: Caller) -> None:
    facts = PublisherFacts(en_name=a_name("house"), name="A house", support_url="x", description="what it was")
    made = await registry.publishers.create(caller, facts)
    await registry.publishers.reject(console(), made.id, "The website does not answer.")
    with pytest.raises(InvalidField, match="website"):
        await registry.publishers.reapply(caller, made.id, ChangedFacts(website="javascript:alert(1)"))
    again = await registry.publishers.reapply(caller, made.id, ChangedFacts(website="https://house.example"))
    assert (again.status, again.reason) == (PublisherStatus.PROCESSING, "")
    assert (again.website, again.description) == ("https://house.example", "what it was")
    admin = msgspec.structs.replace(caller, roles=frozenset({Role.ADMIN}))
    entries = await registry.audit.list_page(admin, None, AuditQuery(object_id=made.id), 2**63 - 1, 10)
    assert entries[0].detail["rejected_for"] == "The website does not answer."
    await registry.publishers.accept(console(), made.id)


# -- the verified mark -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", [Ground.WELL_KNOWN, Ground.DNS])
async def test_a_domain_proves_a_publisher_by_its_statement(
    registry: Registry, caller: Caller, publisher: Publisher, ground: Ground
) -> None:
    statement = (await registry.publishers.show(caller, publisher.id)).statement
    for answer in ("", "plugport-publisher=" + "0" * 32, f"x{statement}", f"{statement} x"):
        with pytest.raises(DomainNotProven):
            await registry.publishers.verify(
                console(), publisher.id, Proof(ground=ground, domain="house.example", answer=answer)
            )
    proof = Proof(ground=ground, domain="House.Example.", answer=f'v=spf1 -all\n"{statement}"\r\n')
    found = (await registry.publishers.verify(console(), publisher.id, proof)).verification
    assert found is not None
    assert (found.ground, found.domain, found.verified_by_name) == (ground, "house.example", "console")
    assert (await registry.publishers.show(caller, publisher.id)).verification == found


async def test_by_hand_a_note_says_how_it_is_known(registry: Registry, publisher: Publisher) -> None:
    with pytest.raises(MissingField, match="note"):
        await registry.publishers.verify(console(), publisher.id, Proof(ground=Ground.BY_HAND, note=" "))
    for wrong in (
        Proof(ground=Ground.BY_HAND, note="met", domain="house.example"),
        Proof(ground=Ground.BY_HAND, note="x" * 1001),
        Proof(ground=Ground.DNS, domain="house"),
        Proof(ground=Ground.DNS, domain="-house.example", answer="x"),
    ):
        with pytest.raises(InvalidField):
            await registry.publishers.verify(console(), publisher.id, wrong)
    shown = await registry.publishers.verify(console(), publisher.id, Proof(ground=Ground.BY_HAND, note="met"))
    assert shown.verification is not None
    assert (shown.verification.ground, shown.verification.note) == (Ground.BY_HAND, "met")
    for _ in range(2):
        assert (await registry.publishers.unverify(console(), publisher.id, "sold")).verification is None
