"""From an entry of the audit to the inbox and to webhooks: by jobs, once each, signed, and never where nothing may be sent."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from app.jobs import HANDLERS, Handler
from app.jobs.worker import Worker
from app.registry import Registry
from app.registry.webhooks import rules
from app.settings import Settings
from app.wiring import Wiring, wired
from schemas.errors import DeliveryUnknown, NotificationUnknown, OperationNotAllowed, TooManyWebhooks, WebhookUnknown
from schemas.model.access import Caller
from schemas.model.audit import AuditQuery
from schemas.model.memberships import PublisherRole
from schemas.model.publishers import PublisherFacts
from schemas.model.webhooks import Delivery, IssuedWebhook, WebhookFacts
from schemas.paging import Paging
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member
from tests.builders import a_name
from tests.contract.notifications.listener import Listener, listening

LATEST = 2**63 - 1
ALL = Paging(offset=0, limit=1000)


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[Wiring]:
    """A registry that sends also to this machine."""
    async with wired(msgspec.structs.replace(settings, webhook_addresses="any")) as opened:
        yield opened


@pytest.fixture
def registry(world: Wiring) -> Registry:
    """Its use-cases."""
    return world.registry


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    """Somebody who is told."""
    async with listening() as made:
        yield made


@pytest.fixture
def work(world: Wiring, urls: Urls) -> Callable[..., Any]:
    """Does all jobs that are due; `attempts` bounds how often a delivery is tried."""

    async def work(attempts: int = 3) -> None:
        kinds = {kind: HANDLERS[kind] for kind in ("announce_entry", "deliver_webhook")}
        delivering = kinds["deliver_webhook"]
        kinds["deliver_webhook"] = Handler(run=delivering.run, attempts=attempts, give_up=delivering.give_up)
        worker = Worker(world.registry, world.database, urls.app, kinds, at_once=4, pause=lambda _: 0)
        await worker.run_due()

    return work


async def decided(registry: Registry, author: Caller, operator: Member) -> str:
    """A publisher of the author's that the operator accepts; its id."""
    name = a_name("publisher")
    made = await registry.publishers.create(author, PublisherFacts(en_name=name, name=name, support_url="x@y.example"))
    await registry.publishers.accept(operator.caller, made.id)
    return made.id


async def hook(registry: Registry, caller: Caller, url: str, *events: str, **changes: Any) -> IssuedWebhook:
    return await registry.webhooks.create(caller, WebhookFacts(url=url, events=list(events or ["*"]), **changes))


async def deliveries(registry: Registry, caller: Caller, made: IssuedWebhook) -> list[Delivery]:
    return (await registry.webhooks.list_deliveries(caller, made.webhook.id, ALL)).items


# -- the inbox -----------------------------------------------------------------------------------------------------------


async def test_who_answers_for_a_publisher_is_told_of_the_decision_and_who_decided_is_not(
    registry: Registry, account: Account, operator: Member, work: Callable[..., Any]
) -> None:
    author, admin, viewer = (account.user(role).caller for role in ("author", "admin", "viewer"))
    publisher_id = await decided(registry, author, operator)
    await work()
    for told in (author, admin):
        inbox = await registry.notifications.list_mine(told, unread=True, before=LATEST, limit=10)
        assert next((each.action, each.object_id) for each in inbox.notifications) == (
            "publisher.accepted",
            publisher_id,
        )
        assert inbox.unread == len(inbox.notifications)
    assert (await registry.notifications.list_mine(viewer, unread=False, before=LATEST, limit=10)).notifications == []
    mine = await registry.notifications.list_mine(operator.caller, unread=False, before=LATEST, limit=1000)
    about = [each.action for each in mine.notifications if each.object_id == publisher_id]
    assert about == ["publisher.created"]


async def test_owners_and_maintainers_answer_for_a_publisher_and_plain_members_do_not(
    registry: Registry, account: Account, operator: Member, work: Callable[..., Any]
) -> None:
    owner, maintainer, member = (account.user("author").caller for _ in range(3))
    publisher_id = await decided(registry, owner, operator)
    for user, role in ((maintainer, PublisherRole.MAINTAINER), (member, PublisherRole.MEMBER)):
        invited = await registry.memberships.invite(owner, publisher_id, user.user_id, role)
        await registry.memberships.accept(user, invited.id)
    await registry.publishers.suspend(operator.caller, publisher_id, "why")
    await work()
    told = {}
    for user in (owner, maintainer, member):
        inbox = await registry.notifications.list_mine(user, unread=False, before=LATEST, limit=100)
        told[user.user_id] = {each.action for each in inbox.notifications}
    assert "publisher.invited" in told[maintainer.user_id] & told[member.user_id]
    assert "publisher.suspended" in told[owner.user_id] & told[maintainer.user_id]
    assert "publisher.invitation_accepted" in told[owner.user_id]
    assert "publisher.suspended" not in told[member.user_id]


async def test_nobody_is_told_twice_however_often_the_job_runs(
    registry: Registry, account: Account, operator: Member, work: Callable[..., Any], listener: Listener
) -> None:
    author, admin = account.user("author").caller, account.user("admin").caller
    made = await hook(registry, admin, listener.url, "publisher.accepted")
    await decided(registry, author, operator)
    await work()
    [entry] = [each for each in await registry.audit.list_page(admin, None, AuditQuery(), LATEST, 50)
               if each.action == "publisher.accepted"]  # fmt: skip
    for _ in range(2):
        await registry.notifications.announce(account.id, entry.number)
        await work()
    inbox = await registry.notifications.list_mine(author, unread=False, before=LATEST, limit=50)
    assert len([each for each in inbox.notifications if each.action == "publisher.accepted"]) == 1
    assert len(await deliveries(registry, admin, made)) == len(listener.received) == 1


async def test_what_was_read_is_read_and_all_that_is_older_where_that_is_asked_for(
    registry: Registry, account: Account, operator: Member, work: Callable[..., Any]
) -> None:
    author = account.user("author").caller
    for _ in range(3):
        await decided(registry, author, operator)
    await work()
    inbox = registry.notifications
    ids = [each.id for each in (await inbox.list_mine(author, unread=True, before=LATEST, limit=10)).notifications]
    assert len(ids) == 3
    await inbox.mark_read(author, ids[0], and_older=False)
    left = await inbox.list_mine(author, unread=True, before=LATEST, limit=10)
    assert ([each.id for each in left.notifications], left.unread) == (ids[1:], 2)
    await inbox.mark_read(author, ids[1], and_older=True)
    assert (await inbox.list_mine(author, unread=True, before=LATEST, limit=10)).unread == 0
    page = await inbox.list_mine(author, unread=False, before=ids[1], limit=10)
    assert [each.id for each in page.notifications] == ids[2:]


async def test_nobody_reads_or_marks_anothers_inbox(
    registry: Registry, account: Account, operator: Member, work: Callable[..., Any]
) -> None:
    author, other = account.user("author").caller, account.user("admin").caller
    await decided(registry, author, operator)
    await work()
    mine = await registry.notifications.list_mine(author, unread=True, before=LATEST, limit=10)
    with pytest.raises(NotificationUnknown):
        await registry.notifications.mark_read(operator.caller, mine.notifications[0].id, and_older=True)
    theirs = await registry.notifications.list_mine(other, unread=True, before=LATEST, limit=10)
    assert {each.id for each in theirs.notifications}.isdisjoint({each.id for each in mine.notifications})
    assert (await registry.notifications.list_mine(author, unread=True, before=LATEST, limit=10)).unread == mine.unread


# -- webhooks --------------------------------------------------------------------------------------------------------------


async def test_a_webhook_is_told_of_what_it_wants_signed_and_byte_for_byte(
    registry: Registry, account: Account, operator: Member, work: Callable[..., Any], listener: Listener
) -> None:
    admin = account.user("admin").caller
    made = await hook(registry, admin, listener.url, "publisher.accepted")
    publisher_id = await decided(registry, admin, operator)
    await work()
    [(headers, body)] = listener.received
    [kept] = await deliveries(registry, admin, made)
    assert (headers["webhook-id"], body.decode(), kept.state) == (kept.id, kept.body, "delivered")
    signed = rules.signature(made.secret, kept.id, int(headers["webhook-timestamp"]), body.decode())
    assert headers["webhook-signature"] == signed
    told = json.loads(body)
    assert (told["type"], told["data"]["object_id"]) == ("publisher.accepted", publisher_id)
    assert [(each.status, each.problem) for each in kept.attempts] == [(204, "")]


async def test_what_is_not_taken_is_sent_again_until_it_is(
    registry: Registry, account: Account, work: Callable[..., Any], listener: Listener
) -> None:
    admin = account.user("admin").caller
    made = await hook(registry, admin, listener.url)
    listener.answers = [b"HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n", b"no HTTP at all\r\n\r\n"]
    await registry.webhooks.try_out(admin, made.webhook.id)
    await work()
    [kept] = await deliveries(registry, admin, made)
    assert [each.status for each in kept.attempts] == [500, None, 204]
    assert kept.attempts[1].problem
    assert (kept.state, kept.ended_at is not None) == ("delivered", True)
    assert len({body for _, body in listener.received}) == 1


async def test_what_is_never_taken_fails_visibly_and_can_be_sent_again_by_hand(
    registry: Registry, account: Account, work: Callable[..., Any], listener: Listener
) -> None:
    admin = account.user("admin").caller
    made = await hook(registry, admin, listener.url)
    listener.answers = [b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"] * 2
    sent = await registry.webhooks.try_out(admin, made.webhook.id)
    await work(attempts=2)
    [kept] = await deliveries(registry, admin, made)
    assert (kept.state, len(kept.attempts)) == ("failed", 2)
    again = await registry.webhooks.replay(admin, made.webhook.id, sent.id)
    assert (again.state, again.ended_at) == ("waiting", None)
    await work()
    [kept] = await deliveries(registry, admin, made)
    assert (kept.state, [each.status for each in kept.attempts]) == ("delivered", [503, 503, 204])


async def test_no_redirect_is_followed(
    registry: Registry, account: Account, work: Callable[..., Any], listener: Listener
) -> None:
    admin = account.user("admin").caller
    made = await hook(registry, admin, listener.url)
    async with listening() as elsewhere:
        listener.answers = [f"HTTP/1.1 307 Go\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n".encode()] * 2
        await registry.webhooks.try_out(admin, made.webhook.id)
        await work(attempts=2)
        assert elsewhere.received == []
    [kept] = await deliveries(registry, admin, made)
    assert [each.status for each in kept.attempts] == [307, 307]


async def test_nothing_is_sent_into_a_private_network_also_not_by_a_name(
    wiring: Wiring, registry: Registry, account: Account, work: Callable[..., Any], listener: Listener
) -> None:
    """The name of a webhook that was made while it was public may stand for anything later."""
    admin = account.user("admin").caller
    made = await hook(registry, admin, f"http://localhost:{listener.port}/")
    sent = await registry.webhooks.try_out(admin, made.webhook.id)
    with pytest.raises(Exception, match="private network"):
        await wiring.registry.webhooks.deliver(account.id, sent.id)
    assert listener.received == []
    [kept] = await deliveries(registry, admin, made)
    assert [each.status for each in kept.attempts] == [None]
    await work()
    assert len(listener.received) == 1


async def test_an_inactive_webhook_is_sent_nothing_and_a_deleted_one_is_gone(
    registry: Registry, account: Account, operator: Member, work: Callable[..., Any], listener: Listener
) -> None:
    admin = account.user("admin").caller
    made = await hook(registry, admin, listener.url)
    sent = await registry.webhooks.try_out(admin, made.webhook.id)
    facts = WebhookFacts(url=listener.url, events=["*"], active=False)
    assert (await registry.webhooks.update(admin, made.webhook.id, facts)).active is False
    await decided(registry, admin, operator)
    await work()
    [kept] = await deliveries(registry, admin, made)
    assert (kept.id, kept.state, listener.received) == (sent.id, "failed", [])
    await registry.webhooks.delete(admin, made.webhook.id)
    with pytest.raises(WebhookUnknown):
        await deliveries(registry, admin, made)


async def test_a_new_secret_signs_also_what_is_sent_again(
    registry: Registry, account: Account, work: Callable[..., Any], listener: Listener
) -> None:
    admin = account.user("admin").caller
    made = await hook(registry, admin, listener.url)
    sent = await registry.webhooks.try_out(admin, made.webhook.id)
    await work()
    renewed = await registry.webhooks.renew_secret(admin, made.webhook.id)
    assert renewed.secret != made.secret
    await registry.webhooks.replay(admin, made.webhook.id, sent.id)
    await work()
    (_, first), (headers, second) = listener.received
    assert first == second
    signed = rules.signature(renewed.secret, sent.id, int(headers["webhook-timestamp"]), second.decode())
    assert headers["webhook-signature"] == signed


async def test_operators_may_be_told_of_everything_and_others_of_their_own_account(
    registry: Registry, account: Account, new_account: Callable[[], Account], operator: Member, work: Callable[..., Any],
    listener: Listener,
) -> None:  # fmt: skip
    admin, stranger = account.user("admin").caller, new_account().user("admin").caller
    with pytest.raises(OperationNotAllowed):
        await hook(registry, admin, listener.url, everywhere=True)
    made = await hook(registry, operator.caller, listener.url, "publisher.accepted", everywhere=True)
    async with listening() as theirs:
        await hook(registry, stranger, theirs.url)
        publisher_id = await decided(registry, admin, operator)
        await work()
        assert theirs.received == []
    assert publisher_id in {json.loads(body)["data"]["object_id"] for _, body in listener.received}
    await registry.webhooks.delete(operator.caller, made.webhook.id)


async def test_a_webhook_of_another_account_cannot_be_told_from_a_missing_one(
    registry: Registry, account: Account, new_account: Callable[[], Account], listener: Listener
) -> None:
    admin, stranger = account.user("admin").caller, new_account().user("admin").caller
    made = await hook(registry, admin, listener.url)
    other = await hook(registry, stranger, listener.url)
    sent = await registry.webhooks.try_out(admin, made.webhook.id)
    facts = WebhookFacts(url=listener.url, events=["*"])
    for webhook_id in (made.webhook.id, "0" * 32, "x"):
        for refused in (
            lambda id=webhook_id: registry.webhooks.update(stranger, id, facts),
            lambda id=webhook_id: registry.webhooks.renew_secret(stranger, id),
            lambda id=webhook_id: registry.webhooks.delete(stranger, id),
            lambda id=webhook_id: registry.webhooks.try_out(stranger, id),
            lambda id=webhook_id: registry.webhooks.list_deliveries(stranger, id, ALL),
            lambda id=webhook_id: registry.webhooks.replay(stranger, id, sent.id),
        ):
            with pytest.raises(WebhookUnknown):
                await refused()
    with pytest.raises(DeliveryUnknown):
        await registry.webhooks.replay(stranger, other.webhook.id, sent.id)


async def test_an_account_has_twenty_webhooks_at_most(registry: Registry, account: Account, listener: Listener) -> None:
    admin = account.user("admin").caller
    for _ in range(rules.MOST_WEBHOOKS):
        await hook(registry, admin, listener.url)
    with pytest.raises(TooManyWebhooks):
        await hook(registry, admin, listener.url)
    assert len(await registry.webhooks.list_all(admin)) == rules.MOST_WEBHOOKS


async def test_the_secret_lies_sealed(registry: Registry, account: Account, listener: Listener, owner: Any) -> None:
    made = await hook(registry, account.user("admin").caller, listener.url)
    row = await owner.fetchrow("SELECT webhooks::text AS told, secret FROM webhooks WHERE id = $1", made.webhook.id)
    assert made.secret not in row["told"]
    assert made.secret.encode() not in row["secret"]
