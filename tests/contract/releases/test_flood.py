"""A flood of releases with checks that fail, raise and hang, workers that die, and people who decide and take back at random: not
one is everybody's without its stored passes and, where one was asked for, its decision."""

import asyncio
import dataclasses
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec

from app.jobs import HANDLERS
from app.jobs.worker import Worker
from app.registry.checks.base import Look
from app.registry.checks.catalogue import BUILT_IN
from app.registry.checks.runner import Budget
from app.registry.checks.service import Checks
from schemas.errors import RegistryError
from schemas.model.access import Caller
from schemas.model.checks import Finding
from schemas.model.releases import ReleaseState, Verdict
from schemas.model.reviews import QueueQuery, ReviewPolicy
from schemas.paging import Paging
from storage.executors import Executor
from storage.postgres.embedded import Urls
from tests.builders import a_name
from tests.contract.postgres.furnished import a_spec
from tests.contract.releases.people import House

_VERSIONS = 30
_UNGUARDED = """
    SELECT r.name, r.version, r.state FROM releases r
     WHERE r.tenant_id = $1 AND r.released_at IS NOT NULL
       AND (NOT checks_passed(r.tenant_id, r.kind, r.subject_id, r.package_sha256)
            OR r.reasons <> '{}' AND NOT EXISTS (
                   SELECT FROM reviews v JOIN review_decisions d ON d.review_id = v.id
                    WHERE v.release_id = r.id AND v.kind = 'release' AND v.round = r.round AND d.verdict = 'accept'
                      AND d.user_id NOT IN (r.author_id, r.submitter_id)))
"""
_OFFERED = """
    SELECT count(*) FROM plugin_versions v JOIN releases r ON r.id = v.id
     WHERE v.tenant_id = $1 AND (v.offer <> offer_of(r.state) OR (v.offer <> 'none') <> (r.released_at IS NOT NULL))
"""


class _Odd(Look):
    """Does what chance says: nothing, raise, find something, take too long."""

    def __init__(self, chance: random.Random, gate: threading.Event) -> None:
        self._does = chance.choice(["nothing"] * 8 + ["raise", "find", "hang"])
        self._gate = gate

    def end(self) -> Sequence[Finding]:
        if self._does == "raise":
            raise RuntimeError("told so by a test")
        if self._does == "hang":
            self._gate.wait(20)
        if self._does == "find":
            return [Finding(entry="a", message="told so by a test", remedy="none")]
        return ()


async def test_in_a_flood_nothing_is_everybodys_without_its_passes_and_its_decision(house: House, quiet: Urls) -> None:
    chance, gate, threads = random.Random(7), threading.Event(), Executor("odd", threads=60, queue=200)
    known = [
        msgspec.structs.replace(each, begin=lambda _: _Odd(chance, gate)) if each.name == "secrets" else each
        for each in BUILT_IN
    ]
    world = house.world
    checks = Checks(world.wiring.database, world.wiring.blobs, threads, known, "", Budget(own=20, step=1))
    services = house.by(ReviewPolicy.FIRST_RELEASE, checks)
    name = a_name()
    await house.by().plugins.add_basic(house.ann, name, a_spec(name, "1.0.0").facts)
    await house.by().plugins.publish(house.ann, name, "", house.publisher_id)

    async def release(number: int) -> None:
        steps = [chance.choice(("one", "two"))]  # now and then it needs something else than the one before
        making = asyncio.create_task(services.plugins.create_version(house.ann, a_spec(name, f"1.{number}.0", *steps)))
        if number % 5 == 0:  # the process dies in the middle
            await asyncio.sleep(chance.random() * 0.3)
            making.cancel()
        with suppress(RegistryError, asyncio.CancelledError):
            await making

    async def decide(who: Caller) -> None:
        for _ in range(25):
            found = await house.reviews.list_queue(
                who, QueueQuery(publisher_id=house.publisher_id), Paging(offset=0, limit=50)
            )
            for each in chance.sample(found.items, min(3, len(found.items))):
                verdict = chance.choice([Verdict.ACCEPT, Verdict.ACCEPT, *Verdict])
                with suppress(RegistryError):
                    await services.reviews.decide(who, each.review.id, verdict, ["policy"], "")
            await asyncio.sleep(0.05)

    async def take_back() -> None:
        for _ in range(25):
            rows = await _standing(house)
            for each in chance.sample(rows, min(2, len(rows))):
                act = chance.choice(("withdraw", "submit", "yank"))
                with suppress(RegistryError):
                    told = ("told so by a test",) if act == "yank" else ()
                    await getattr(services.releases, act)(house.ann, each["id"], *told)
            await asyncio.sleep(0.05)

    try:
        await asyncio.gather(
            *(release(number) for number in range(_VERSIONS)), decide(house.olga), decide(house.otto), take_back()
        )
    finally:
        gate.set()
        threads.close()
    # What the dead left behind is done by the job, with checks that work.
    await _work_off(house, quiet)

    assert await world.owner.fetch(_UNGUARDED, house.ann.tenant_id) == []
    assert await world.owner.fetchval(_OFFERED, house.ann.tenant_id) == 0
    states = [row["state"] for row in await _standing(house)]
    assert "checking" not in states, "the job has settled what was left"
    assert {"released", "yanked"} & {*states}, "chance lets some through"
    assert {*states} - {"released", "yanked"}, "and not all"


async def test_a_release_whose_checks_never_come_to_an_end_goes_back_to_its_author(house: House, quiet: Urls) -> None:
    def raising(_: Any) -> Look:
        raise RuntimeError("told so by a test")

    known = [msgspec.structs.replace(each, begin=raising) if each.name == "names" else each for each in BUILT_IN]
    world = house.world
    checks = Checks(world.wiring.database, world.wiring.blobs, world.hashing, known, "names=block")
    services, name = house.by(ReviewPolicy.CHECKS, checks), a_name()
    await services.plugins.create_version(house.ann, a_spec(name, "1.0.0"))
    await services.plugins.publish(house.ann, name, "", house.publisher_id)
    assert (await house.of(name)).state is ReleaseState.CHECKING

    for _ in range(HANDLERS["check_release"].attempts):
        await _work_off(house, quiet, checks)
    release = await house.of(name)
    assert release.state is ReleaseState.CHANGES_REQUESTED
    assert "the checks could not be done" in release.message
    assert (await house.releases.submit(house.ann, release.id)).state is ReleaseState.RELEASED


async def _standing(house: House) -> list[Any]:
    rows: list[Any] = await house.world.owner.fetch(
        "SELECT id, state FROM releases WHERE tenant_id = $1", house.ann.tenant_id
    )
    return rows


async def _work_off(house: House, quiet: Urls, checks: Checks | None = None) -> None:
    """Does the jobs that submitting enqueued."""
    wiring = house.world.wiring
    registry = dataclasses.replace(wiring.registry, releases=house.by(ReviewPolicy.CHECKS, checks).releases)
    handlers = {"check_release": HANDLERS["check_release"]}
    await Worker(registry, wiring.database, quiet.app, handlers, at_once=2, pause=lambda _: 0.0).run_due()
