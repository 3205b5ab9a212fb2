"""The desk: who decides what, claims, two people, quarantine and appeal; and races that leave one outcome."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import msgspec
import pytest

from schemas.errors import (
    AlreadyDecided,
    AppealOpen,
    ChecksNotPassed,
    InvalidField,
    OperationNotAllowed,
    OwnRelease,
    PluginUnknown,
    PublisherNotAccepted,
    PublisherUnknown,
    RegistryError,
    ReleaseMoveRefused,
    ReleaseQuarantined,
    ReleaseUnknown,
    ReviewClaimed,
    ReviewDecided,
    ReviewRuleUnknown,
    ReviewUnknown,
    VersionUnknown,
)
from schemas.ids import new_id
from schemas.model.plugins import PluginQuery
from schemas.model.releases import Deprecation, Release, ReleaseQuery, ReleaseState, Verdict
from schemas.model.reviews import QueueQuery, ReviewKind, ReviewPolicy
from schemas.paging import Paging
from tests.builders import a_name
from tests.contract.postgres.furnished import a_spec
from tests.contract.releases.people import House
from tests.unit.reviews.test_rules import a_rule

S, V = ReleaseState, Verdict
ALL = Paging(offset=0, limit=1000)


async def seen(house: House, name: str) -> list[str]:
    """The numbers of a plug-in that another account sees, as a list shows them; with the current one first."""
    catalogue = house.world.wiring.registry.catalogue
    found = await catalogue.find(house.olga, PluginQuery(name=name), ALL)
    if not found.items:
        return []
    return [found.items[0].version, *(each.version for each in (await catalogue.versions(house.olga, name, ALL)).items)]


async def outcomes(*attempts: Awaitable[Any]) -> list[Any]:
    """What came of attempts at the same moment: a value, or the kind of the refusal."""
    found = await asyncio.gather(*attempts, return_exceptions=True)
    for each in found:
        if isinstance(each, BaseException) and not isinstance(each, RegistryError):
            raise each
    return [type(each) if isinstance(each, RegistryError) else each for each in found]


# -- the way to everybody ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
async def test_a_version_that_waits_is_its_own_tenants_and_everybodys_when_it_is_accepted(
    house: House, packed: bool
) -> None:
    release = await house.filed(packed=packed)
    assert await seen(house, release.name) == []
    assert (await house.world.wiring.registry.catalogue.detail(house.ann, release.name, None)).version == "1.0.0"

    await house.decide(release, house.olga, V.ACCEPT, [])

    assert (await house.now(release.id)).state is S.RELEASED
    assert await seen(house, release.name) == ["1.0.0", "1.0.0"]
    row = (await house.world.wiring.registry.catalogue.find(house.olga, PluginQuery(name=release.name), ALL)).items[0]
    assert row.plugin.attribution == "published"
    assert await house.audited("plugin.filed") == await house.audited("plugin.published") == 1


@pytest.mark.parametrize("packed", [False, True])
async def test_a_later_version_is_not_everybodys_before_its_decision(house: House, packed: bool) -> None:
    first = await house.released(packed=packed)
    later = await house.made(ReviewPolicy.ALWAYS, name=first.name, version="1.1.0", packed=packed)

    assert later.state is S.IN_REVIEW
    assert await seen(house, first.name) == ["1.0.0", "1.0.0"]
    with pytest.raises(VersionUnknown):
        await house.world.wiring.registry.catalogue.detail(house.olga, first.name, "1.1.0")

    await house.decide(later, house.otto, V.ACCEPT, [])
    assert await seen(house, first.name) == ["1.1.0", "1.1.0", "1.0.0"]


async def test_under_the_default_policy_the_first_release_waits_and_a_harmless_second_one_does_not(
    house: House,
) -> None:
    services, name = house.by(ReviewPolicy.FIRST_RELEASE), a_name()
    await services.plugins.create_version(house.ann, a_spec(name, "1.0.0"))
    await services.plugins.publish(house.ann, name, "1.0.0", house.publisher_id)
    first = await house.of(name)
    assert (first.state, set(first.reasons) >= {"first-of-publisher", "first-release"}) == (S.IN_REVIEW, True)

    await house.decide(first, house.olga, V.ACCEPT, [])
    await services.plugins.create_version(house.ann, a_spec(name, "1.1.0"))
    second = await house.of(name, "1.1.0")
    assert second.state is S.RELEASED, second.message

    await services.plugins.create_version(house.ann, a_spec(a_name("step"), "1.0.0"))
    await services.plugins.create_draft(house.ann, a_spec(name, "1.2.0"))
    await services.plugins.publish_draft(house.ann, name, "1.2.0")
    assert (await house.of(name, "1.2.0")).state is S.RELEASED


async def test_what_waits_does_not_make_the_next_version_look_harmless(house: House) -> None:
    services, name = house.by(ReviewPolicy.FIRST_RELEASE), a_name()
    await house.by().plugins.create_version(house.ann, a_spec(name, "1.0.0", "one"))
    await house.by().plugins.publish(house.ann, name, "", house.publisher_id)
    for number in ("1.1.0", "1.2.0"):
        await services.plugins.create_version(house.ann, a_spec(name, number, "one", "another"))
        release = await house.of(name, number)
        assert (release.state, "changed-dependencies" in release.reasons) == (S.IN_REVIEW, True)


async def test_a_release_that_is_sent_back_is_submitted_again_and_a_rejected_one_is_not(house: House) -> None:
    release = await house.filed()
    await house.decide(release, house.olga, V.REQUEST_CHANGES, ["incomplete"], "Say more.")
    back = await house.now(release.id)
    assert (back.state, back.message) == (S.CHANGES_REQUESTED, "incomplete: Say more.")

    again = await house.by(ReviewPolicy.ALWAYS).releases.submit(house.ann, release.id)
    assert (again.state, again.round) == (S.IN_REVIEW, 2)
    await house.decide(again, house.olga, V.REJECT, ["policy"])
    with pytest.raises(ReleaseMoveRefused, match="submit"):
        await house.releases.submit(house.ann, release.id)


async def test_an_author_withdraws_what_waits_and_submits_it_again(house: House) -> None:
    release = await house.filed()
    item = await house.review(release)
    assert (await house.releases.withdraw(house.ann, release.id)).state is S.WITHDRAWN
    with pytest.raises(ReviewDecided, match="withdraw"):
        await house.reviews.decide(house.olga, item.review.id, V.ACCEPT, [], "")
    assert (await house.releases.submit(house.ann, release.id)).state is S.RELEASED


async def test_deleting_a_version_withdraws_what_waits_of_it(house: House) -> None:
    release = await house.filed()
    await house.by().plugins.delete(house.ann, release.name)
    assert (await house.now(release.id)).state is S.WITHDRAWN


async def test_a_plugin_that_is_not_to_be_everybodys_submits_nothing(house: House) -> None:
    name = a_name()
    await house.by().plugins.create_version(house.ann, a_spec(name, "1.0.0"))
    release = await house.of(name)
    assert release.state is S.DRAFT
    with pytest.raises(InvalidField, match="Publish the plug-in first"):
        await house.releases.submit(house.ann, release.id)


# -- who decides -------------------------------------------------------------------------------------------------------------


async def test_nobody_decides_about_their_own_release(house: House) -> None:
    release = await house.filed()
    item = await house.review(release)
    author_at_the_desk = msgspec.structs.replace(house.olga, user_id=house.ann.user_id)
    for attempt in (
        house.reviews.decide(author_at_the_desk, item.review.id, V.ACCEPT, [], ""),
        house.reviews.claim(author_at_the_desk, item.review.id),
        house.reviews.quarantine(author_at_the_desk, (await house.released()).id, ["malicious"], ""),
    ):
        with pytest.raises(OwnRelease):
            await attempt


async def test_a_reviewer_of_an_official_account_decides_and_one_of_another_sees_nothing(house: House) -> None:
    release = await house.filed()
    item = await house.review(release)
    stranger = house.reviewer(official=False)
    assert (await house.reviews.list_queue(stranger, QueueQuery(), ALL)).total == 0
    assert (await house.reviews.metrics(stranger)).waiting == 0
    for attempt in (
        house.reviews.show(stranger, item.review.id),
        house.reviews.claim(stranger, item.review.id),
        house.reviews.decide(stranger, item.review.id, V.ACCEPT, [], ""),
    ):
        with pytest.raises(ReviewUnknown):
            await attempt

    rita = house.reviewer(official=True)
    assert (await house.reviews.decide(rita, item.review.id, V.ACCEPT, [], "")).review.outcome == "accept"


async def test_quarantines_and_appeals_are_for_operators(house: House) -> None:
    release, rita = await house.released(), house.reviewer(official=True)
    with pytest.raises(OperationNotAllowed):
        await house.reviews.quarantine(rita, release.id, ["malicious"], "")
    await house.reviews.quarantine(house.olga, release.id, ["malicious"], "")
    item = await house.review(release)
    with pytest.raises(OperationNotAllowed):
        await house.reviews.decide(rita, item.review.id, V.ACCEPT, [], "")
    with pytest.raises(InvalidField, match="verdict"):
        await house.reviews.decide(house.otto, item.review.id, V.REQUEST_CHANGES, ["policy"], "")


async def test_what_is_claimed_is_decided_by_its_holder_until_the_claim_ends(house: House) -> None:
    release = await house.filed()
    item = await house.review(release)
    held = await house.reviews.claim(house.olga, item.review.id)
    assert held.review.holder_name == "olga"
    for attempt in (
        house.reviews.claim(house.otto, item.review.id),
        house.reviews.decide(house.otto, item.review.id, V.ACCEPT, [], ""),
        house.reviews.let_go(house.reviewer(official=True), item.review.id),
    ):
        with pytest.raises(ReviewClaimed, match="olga has claimed"):
            await attempt
    assert [each.review.id for each in (await _queue(house, mine=True)).items] == [item.review.id]

    # The claim is over by the clock of the database.
    await house.world.owner.execute(
        "UPDATE reviews SET held_until = clock_timestamp() - interval '1 second' WHERE id = $1", item.review.id
    )
    assert (await house.reviews.claim(house.otto, item.review.id)).review.holder_name == "otto"
    assert (await house.reviews.let_go(house.olga, item.review.id)).review.holder_name is None
    assert (await house.decide(release, house.olga, V.ACCEPT, [])).review.outcome == "accept"


async def test_what_a_sensitive_publisher_releases_two_people_accept(house: House) -> None:
    release = await house.filed()
    await house.set_sensitive()
    once = await house.decide(release, house.olga, V.ACCEPT, [])
    assert (once.accepted, once.needed, once.release.state) == (1, 2, S.IN_REVIEW)
    with pytest.raises(AlreadyDecided):
        await house.decide(release, house.olga, V.ACCEPT, [])
    assert (await house.decide(release, house.otto, V.ACCEPT, [])).release.state is S.RELEASED


async def test_nothing_of_a_publisher_that_was_rejected_meanwhile_is_accepted(house: House) -> None:
    release = await house.filed()
    await house.world.owner.execute("UPDATE publishers SET status = 'reject' WHERE id = $1", house.publisher_id)
    with pytest.raises(PublisherNotAccepted):
        await house.decide(release, house.olga, V.ACCEPT, [])
    assert (await house.review(release)).accepted == 0


async def test_nothing_is_accepted_whose_newest_checks_do_not_pass(house: House) -> None:
    release = await house.filed(packed=True)
    await house.world.owner.execute(
        "UPDATE checks SET outcome = 'unknown' WHERE subject_id = $1 AND name = 'archive'", release.id
    )
    with pytest.raises(ChecksNotPassed):
        await house.decide(release, house.olga, V.ACCEPT, [])
    assert (await house.now(release.id)).state is S.IN_REVIEW


async def test_a_reviewer_sees_findings_and_differences_and_the_author_the_same_findings(house: House) -> None:
    first = await house.released(packed=True)
    second = await house.made(ReviewPolicy.ALWAYS, name=first.name, version="1.1.0", packed=True)
    shown = await house.reviews.show(house.olga, (await house.review(second)).review.id)
    assert shown.previous_version == "1.0.0"
    assert {each.field for each in shown.sides} == {"version"}
    standing = await house.releases.show(house.ann, second.id)
    assert standing.results == shown.results
    await house.decide(second, house.olga, V.REJECT, ["broken"], "It hangs.")
    (told,) = (await house.releases.show(house.ann, second.id)).decisions
    assert (told.user_name, told.reasons, told.text) == ("", ["broken"], "It hangs.")
    (told,) = (await house.releases.show(house.olga, second.id)).decisions
    assert told.user_name == "olga"


async def test_the_queue_is_filtered_and_measured(house: House) -> None:
    before = await house.reviews.metrics(house.olga)
    release = await house.filed()
    assert (await _queue(house, publisher_id=house.publisher_id, kind=ReviewKind.RELEASE)).total == 1
    assert (await _queue(house, publisher_id=house.publisher_id, business_type="Extension")).total == 0
    assert (await _queue(house, publisher_id=house.publisher_id, held=True)).total == 0
    assert (await _queue(house, publisher_id=house.publisher_id, older_than_hours=1)).total == 0
    waiting = await house.reviews.metrics(house.olga)
    assert (waiting.waiting, waiting.oldest_seconds is not None) == (before.waiting + 1, True)
    await house.decide(release, house.olga, V.ACCEPT, [])
    after = await house.reviews.metrics(house.olga)
    assert (after.waiting, after.decided, after.median_seconds is not None) == (
        before.waiting,
        before.decided + 1,
        True,
    )
    assert (await _queue(house, publisher_id=house.publisher_id, decided=True)).total == 1


# -- what has to wait --------------------------------------------------------------------------------------------------------


async def test_rules_refine_the_platforms_policy_and_their_end_restores_it(house: House) -> None:
    rule = await house.reviews.set_rule(house.olga, a_rule(ReviewPolicy.ALWAYS, None, house.publisher_id, None))
    again = await house.reviews.set_rule(house.olga, a_rule(ReviewPolicy.ALWAYS, None, house.publisher_id, None))
    assert rule.id == again.id
    assert rule.id in {each.id for each in await house.reviews.list_rules(house.olga)}
    assert (await house.made()).reasons == ["always"]
    await house.reviews.delete_rule(house.olga, rule.id)
    assert (await house.made()).state is S.RELEASED
    with pytest.raises(ReviewRuleUnknown):
        await house.reviews.delete_rule(house.olga, rule.id)


@pytest.mark.parametrize(
    ("account", "publisher", "kind", "field"),
    [
        (None, None, None, "account_id"),
        ("f" * 32, None, None, "account_id"),
        (None, "f" * 32, None, "publisher_id"),
        (None, None, "Cooking", "business_type"),
        ("desk", "own", None, "publisher_id"),
    ],
)
async def test_a_rule_is_about_what_there_is(
    house: House, account: str | None, publisher: str | None, kind: str | None, field: str
) -> None:
    account = house.olga.tenant_id if account == "desk" else account
    publisher = house.publisher_id if publisher == "own" else publisher
    with pytest.raises(InvalidField, match=field):
        await house.reviews.set_rule(house.olga, a_rule(ReviewPolicy.ALWAYS, account, publisher, kind))


async def test_an_unknown_publisher_is_not_made_sensitive(house: House) -> None:
    with pytest.raises(PublisherUnknown):
        await house.reviews.set_sensitive(house.olga, new_id(), True)


# -- afterwards --------------------------------------------------------------------------------------------------------------


async def test_a_deprecated_release_is_served_and_listed_with_its_advice(house: House) -> None:
    release = await house.released(packed=True)
    advised = await house.releases.deprecate(house.ann, release.id, Deprecation(message="old", replacement="new"))
    assert (advised.state, advised.deprecation, advised.replacement) == (S.DEPRECATED, "old", "new")
    assert await seen(house, release.name) == ["1.0.0", "1.0.0"]
    await house.downloads.find(house.olga, release.name, "1.0.0")
    assert (await house.releases.undeprecate(house.ann, release.id)).state is S.RELEASED


async def test_a_yanked_release_is_on_no_list_and_served_to_whoever_names_it(house: House) -> None:
    first = await house.released(packed=True)
    second = await house.made(name=first.name, version="1.1.0", packed=True)
    await house.releases.yank(house.ann, second.id, "It deletes the wrong folder.")
    assert await seen(house, first.name) == ["1.0.0", "1.0.0"]
    await house.downloads.find(house.olga, first.name, "1.1.0")
    assert (await house.world.wiring.registry.catalogue.detail(house.olga, first.name, "1.1.0")).version == "1.1.0"

    await house.releases.yank(house.ann, first.id, "It, too.")
    assert await seen(house, first.name) == []
    download = await house.downloads.find(house.olga, first.name, "1.0.0")
    assert (await house.downloads.find_by_digest(house.olga, download.package.sha256)).package.version_id == first.id

    await house.releases.unyank(house.ann, second.id)
    assert await seen(house, first.name) == ["1.1.0", "1.1.0"]


async def test_nothing_of_a_publisher_that_does_not_stand_comes_back(house: House) -> None:
    yanked, held = await house.released(), await house.quarantined(await house.released())
    await house.releases.yank(house.ann, yanked.id, "old")
    await house.releases.appeal(house.ann, held.id, "please")
    await house.world.owner.execute("UPDATE publishers SET status = 'reject' WHERE id = $1", house.publisher_id)
    with pytest.raises(PublisherNotAccepted):
        await house.releases.unyank(house.ann, yanked.id)
    with pytest.raises(PublisherNotAccepted):
        await house.decide(held, house.omar, V.ACCEPT, ["resolved"])


async def test_a_release_in_quarantine_is_served_to_nobody_until_an_appeal_is_accepted(house: House) -> None:
    release = await house.released(packed=True)
    sha256 = (await house.downloads.find(house.olga, release.name, "1.0.0")).package.sha256
    await house.reviews.quarantine(house.olga, release.id, ["malicious"], "It steals.")
    assert (await house.now(release.id)).state is S.RELEASED
    with pytest.raises(AlreadyDecided):
        await house.reviews.quarantine(house.olga, release.id, ["malicious"], "It steals.")
    assert (await house.reviews.quarantine(house.otto, release.id, ["malicious"], "")).state is S.QUARANTINED

    assert await seen(house, release.name) == []
    for who in (house.ann, house.olga):
        with pytest.raises(ReleaseQuarantined):
            await house.downloads.find(who, release.name, "1.0.0")
        with pytest.raises(ReleaseQuarantined):
            await house.downloads.find_by_digest(who, sha256)

    await house.releases.appeal(house.ann, release.id, "It is a test.")
    with pytest.raises(AppealOpen):
        await house.releases.appeal(house.ann, release.id, "It is a test.")
    await house.decide(release, house.omar, V.REJECT, ["malicious"])
    assert (await house.now(release.id)).state is S.QUARANTINED

    await house.releases.appeal(house.ann, release.id, "Look again.")
    await house.decide(release, house.omar, V.ACCEPT, ["resolved"])
    assert (await house.now(release.id)).state is S.RELEASED
    assert await seen(house, release.name) == ["1.0.0", "1.0.0"]
    await house.downloads.find(house.olga, release.name, "1.0.0")
    for action in ("quarantine_proposed", "quarantined", "appeal_rejected", "restored"):
        assert await house.audited(f"plugin.{action}") == 1


async def test_a_quarantine_that_the_second_person_rejects_does_not_come(house: House) -> None:
    release = await house.released()
    await house.reviews.quarantine(house.olga, release.id, ["malicious"], "")
    await house.decide(release, house.otto, V.REJECT, ["resolved"])
    assert (await house.now(release.id)).state is S.RELEASED
    await house.quarantined(release)


@pytest.mark.parametrize("act", ["deprecate", "undeprecate", "yank", "unyank", "withdraw", "appeal"])
async def test_what_is_of_another_account_is_unknown_to_authors(house: House, act: str) -> None:
    release = await house.released()
    told: tuple[Any, ...] = {
        "deprecate": (Deprecation(message="old"),), "yank": ("old",), "appeal": ("please",),
    }.get(act, ())  # fmt: skip
    with pytest.raises(ReleaseUnknown):
        await getattr(house.releases, act)(house.olga, release.id, *told)
    with pytest.raises(ReleaseUnknown):
        await getattr(house.releases, act)(house.ann, "x", *told)


async def test_authors_list_their_own_releases(house: House) -> None:
    release = await house.released()
    found = await house.releases.list_page(house.ann, ReleaseQuery(name=release.name.upper()), ALL)
    assert [each.id for each in found.items] == [release.id]
    assert (await house.releases.list_page(house.ann, ReleaseQuery(state=S.YANKED), ALL)).total == 0
    assert (await house.releases.list_page(house.olga, ReleaseQuery(name=release.name), ALL)).total == 0


async def test_a_new_use_of_a_yanked_plugin_finds_nothing(house: House) -> None:
    release = await house.released()
    await house.releases.yank(house.ann, release.id, "old")
    name = a_name()
    await house.by().plugins.create_version(house.olga, a_spec(name, "1.0.0", release.name))
    used = "SELECT used_plugin_id FROM plugin_uses WHERE used_name = $1"
    assert await house.world.owner.fetchval(used, release.name) is None
    with pytest.raises(PluginUnknown):
        await house.world.wiring.registry.catalogue.versions(house.olga, release.name, ALL)


# -- races -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("turn", range(6))
async def test_of_two_who_decide_at_once_one_decides(house: House, turn: int) -> None:
    release = await house.filed()
    review_id = (await house.review(release)).review.id
    verdicts = (V.ACCEPT, V.REJECT) if turn % 2 else (V.REJECT, V.ACCEPT)
    found = await outcomes(
        house.reviews.decide(house.olga, review_id, verdicts[0], ["policy"], ""),
        house.reviews.decide(house.otto, review_id, verdicts[1], ["policy"], ""),
    )
    assert found.count(ReviewDecided) == 1
    (decided,) = [each for each in found if each is not ReviewDecided]
    state = (await house.now(release.id)).state
    assert state is (S.RELEASED if decided.review.outcome == "accept" else S.REJECTED)
    assert await _decisions(house, release) == [decided.review.outcome]


@pytest.mark.parametrize("turn", range(6))
async def test_a_release_is_withdrawn_or_decided_and_not_both(house: House, turn: int) -> None:
    release = await house.filed()
    review_id = (await house.review(release)).review.id
    attempts = [
        house.reviews.decide(house.olga, review_id, V.ACCEPT, [], ""),
        house.releases.withdraw(house.ann, release.id),
    ]
    found = await outcomes(*(attempts if turn % 2 else attempts[::-1]))
    refused = [each for each in found if isinstance(each, type)]
    assert len(refused) == 1
    assert refused[0] in (ReviewDecided, ReleaseMoveRefused)
    state = (await house.now(release.id)).state
    assert state is (S.RELEASED if refused[0] is ReleaseMoveRefused else S.WITHDRAWN)
    assert await seen(house, release.name) == (["1.0.0", "1.0.0"] if state is S.RELEASED else [])


async def test_after_a_quarantine_no_download_begins(house: House) -> None:
    release = await house.released(packed=True)
    await house.reviews.quarantine(house.olga, release.id, ["malicious"], "")
    over = asyncio.Event()
    begun_after: list[Any] = []

    async def download() -> None:
        while True:
            was_over = over.is_set()
            (found,) = await outcomes(house.downloads.find(house.omar, release.name, "1.0.0"))
            if was_over:
                begun_after.append(found)
                return

    downloading = [asyncio.create_task(download()) for _ in range(4)]
    await house.reviews.quarantine(house.otto, release.id, ["malicious"], "")
    over.set()
    await asyncio.gather(*downloading)
    assert begun_after == [ReleaseQuarantined] * 4


async def test_of_many_who_take_a_release_away_at_once_two_are_counted(house: House) -> None:
    release = await house.released()
    found = await outcomes(
        *(house.reviews.quarantine(who, release.id, ["malicious"], "") for who in (house.olga, house.otto, house.omar))
    )
    assert found.count(ReleaseMoveRefused) == 1
    assert (await house.now(release.id)).state is S.QUARANTINED
    assert await _decisions(house, release) == ["accept", "accept"]


async def test_of_those_who_claim_at_once_one_holds(house: House) -> None:
    review_id = (await house.review(await house.filed())).review.id
    found = await outcomes(*(house.reviews.claim(who, review_id) for who in (house.olga, house.otto, house.omar)))
    assert found.count(ReviewClaimed) == 2


async def _queue(house: House, **query: Any) -> Any:
    return await house.reviews.list_queue(house.olga, QueueQuery(**query), ALL)


async def _decisions(house: House, release: Release) -> list[str]:
    rows = await house.world.owner.fetch(
        "SELECT verdict FROM review_decisions d JOIN reviews r ON r.id = d.review_id WHERE r.release_id = $1",
        release.id,
    )
    return [row["verdict"] for row in rows]
