"""Nothing is released without the stored passes of every check that blocks, and what the checks said can be seen again."""

import asyncio
import dataclasses
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.jobs import HANDLERS
from app.jobs.worker import Worker
from app.registry.checks import manifest
from app.registry.checks.base import Check, Look
from app.registry.checks.catalogue import BUILT_IN, every_check
from app.registry.checks.clamav import Clamd
from app.registry.checks.runner import Budget
from app.registry.checks.service import Checks
from app.registry.packages.intake import Intake
from app.registry.packages.service import Packages
from schemas.errors import (
    CheckedUnknown,
    ChecksNotDone,
    ChecksNotPassed,
    InvalidField,
    ManifestRefused,
    OperationNotAllowed,
    PackageRefused,
    RegistryError,
    TaskNotReady,
)
from schemas.ids import new_id
from schemas.model.checks import CheckResult, Finding, Outcome, Severity, SubjectKind
from schemas.model.extensions import VersionState
from schemas.model.uploads import Purpose, UploadState
from storage.executors import Executor
from storage.postgres.embedded import Urls
from tests.builders import a_name, a_package, a_zip
from tests.contract.extensions.desk import Desk
from tests.contract.postgres.furnished import a_spec
from tests.contract.uploads.world import World, body
from tests.unit.checks.clamd import SmallClamd

KEY = b"AKIA" + b"ABCDEFGHIJKLMNOP"
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
EXTENSION, BASIC = SubjectKind.EXTENSION, SubjectKind.BASIC_PLUGIN
Found = dict[str, CheckResult]


def other_checks(
    world: World, known: Sequence[Check] = BUILT_IN, settled: str = "", budget: Budget | None = None
) -> Checks:
    """The checks of another installation over the same rows and bytes."""
    return Checks(world.wiring.database, world.wiring.blobs, world.hashing, known, settled, budget)


async def found(world: World, kind: SubjectKind, subject_id: str) -> Found:
    """What the newest run came to."""
    tenant_id = world.caller.tenant_id
    async with world.wiring.database.transaction(tenant_id) as tx:
        results = await world.wiring.registry.checks.find(tx, tenant_id, kind, subject_id)
    return {each.name: each for each in results}


async def version_of(world: World, name: str, version: str = "1.0.0") -> str:
    """The id of a version of a plug-in."""
    query = (
        "SELECT v.id FROM plugin_versions v JOIN plugins p ON p.id = v.plugin_id WHERE p.name = $1 AND v.version = $2"
    )
    found: str = await world.owner.fetchval(query, name, version)
    return found


def rules(results: Found, name: str) -> set[str]:
    return {each.rule for each in results[name].findings}


# -- packages of plug-ins ----------------------------------------------------------------------------------------------------


async def test_a_plugin_that_came_in_one_request_is_released_with_its_passes(world: World) -> None:
    name = a_name()
    await world.wiring.registry.packages.upload(world.caller, name, None, body(a_package(name)))

    results = await found(world, BASIC, await version_of(world, name))

    policy = world.wiring.registry.checks.policy(BASIC)
    assert results.keys() == policy.modes.keys()
    assert world.wiring.registry.checks.verdict(BASIC, [*results.values()]) is PASS
    assert (results["readme"].outcome, rules(results, "readme")) == (FAIL, {"readme.missing"})
    assert rules(results, "difference") == {"changed.first-release"}
    assert all(finding.check == each.name for each in results.values() for finding in each.findings)


async def test_a_plugin_with_a_secret_is_refused_and_what_was_found_is_kept(world: World) -> None:
    name = a_name()
    with pytest.raises(PackageRefused, match="an access key of AWS") as refused:
        await world.wiring.registry.packages.upload(world.caller, name, None, body(a_package(name, script=KEY)))
    assert [(each.rule, each.entry) for each in refused.value.findings] == [("secret.aws-key", "scripts/test.sh")]
    assert await version_of(world, name) is None

    entry = await world.owner.fetchrow(
        "SELECT object_id, detail FROM audit_entries WHERE tenant_id = $1 AND action = 'package.refused'",
        world.caller.tenant_id,
    )
    results = await found(world, BASIC, entry["object_id"])
    assert (results["secrets"].outcome, rules(results, "secrets")) == (FAIL, {"secret.aws-key"})
    assert results["archive"].outcome is PASS


async def test_what_is_wrong_with_a_manifest_is_told_in_its_own_words(world: World) -> None:
    name = a_name()
    with pytest.raises(ManifestRefused, match=r"plugin\.yaml is refused"):
        await world.wiring.registry.packages.upload(world.caller, name, None, body(a_package(name, version="one")))
    with pytest.raises(ManifestRefused, match="there is none at the root"):
        await world.wiring.registry.packages.upload(world.caller, name, None, body(a_zip({"a": b"x"})))
    with pytest.raises(PackageRefused, match="it has no end record"):
        await world.wiring.registry.packages.upload(world.caller, name, None, body(b"no archive"))


async def test_a_plugin_that_came_in_chunks_has_the_id_of_its_upload_and_so_have_its_checks(world: World) -> None:
    name = a_name()
    basic = {"purpose": Purpose.BASIC_PLUGIN, "plugin_name": name, "publisher_id": None}
    accepted = await world.settled(await world.joined(a_package(name), **basic))
    assert (accepted.state, await version_of(world, name)) == (UploadState.ACCEPTED, accepted.id)
    assert (await found(world, BASIC, accepted.id))["secrets"].outcome is PASS

    refused = await world.settled(await world.joined(a_package(name, "1.1.0", script=KEY), **basic))
    assert (refused.state, [each.rule for each in refused.findings]) == (UploadState.REFUSED, ["secret.aws-key"])
    assert (await found(world, BASIC, refused.id))["secrets"].outcome is FAIL
    assert await world.audited(refused, "upload.refused") == 1


async def test_the_next_release_is_held_against_the_one_before(world: World) -> None:
    name = a_name()
    for version, script in (("1.0.0", b"echo one\n"), ("2.0.0", b"echo three\n"), ("1.1.0", b"echo two\n")):
        package = a_package(name, version, script=script, outputs=[{"name": f"of{version[0]}"}])
        await world.wiring.registry.packages.upload(world.caller, name, None, body(package))

    results = await found(world, BASIC, await version_of(world, name, "2.0.0"))
    assert rules(results, "difference") >= {"changed.files", "changed.file-changed", "changed.outputs"}
    between = await found(world, BASIC, await version_of(world, name, "1.1.0"))
    assert "changed.outputs" not in rules(between, "difference")


async def test_a_name_that_reads_like_one_that_everybody_sees_is_told(desk: Desk) -> None:
    await desk.published(desk.package(name="Pyth0n-lint"))
    stranger = await Desk.open(await World.open(desk.world.wiring, desk.world.urls))
    for name, told in (("python_lint".replace("_", "-"), {"names.look-alike"}), ("ruby-lint", set())):
        task = await stranger.checked(stranger.package(name=name))
        assert task.upload.state is UploadState.ACCEPTED
        assert rules(await found(stranger.world, EXTENSION, task.upload.id), "names") == told
    own = await desk.checked(desk.package(name="PYTHON-LINT"))
    assert rules(await found(desk.world, EXTENSION, own.upload.id), "names") == set()
    await stranger.world.close()


# -- ClamAV ------------------------------------------------------------------------------------------------------------------


async def test_while_clamd_is_down_nothing_passes_and_nothing_is_refused(desk: Desk, tmp_path: Path) -> None:
    clamd = Clamd(path=str(tmp_path / "socket"), answer_seconds=1)
    uploads = desk.world.another(other_checks(desk.world, every_check(clamd)))
    upload = await desk.uploaded(desk.package())
    with pytest.raises(ChecksNotDone, match="clamav: clamd does not answer"):
        await uploads.inspect(upload.tenant_id, upload.id)
    with pytest.raises(TaskNotReady):
        await desk.extensions.publish(desk.caller, upload.id)

    with SmallClamd(tmp_path / "socket"):
        await uploads.inspect(upload.tenant_id, upload.id)
    assert (await found(desk.world, EXTENSION, upload.id))["clamav"].outcome is PASS
    assert (await desk.extensions.publish(desk.caller, upload.id)).version is not None


async def test_on_hold_a_release_waits_for_a_person_who_cannot_pass_over_the_check(desk: Desk, tmp_path: Path) -> None:
    clamd = Clamd(path=str(tmp_path / "socket"), answer_seconds=1)
    checks = other_checks(desk.world, every_check(clamd), "clamav=hold")
    upload = await desk.uploaded(desk.package())
    await desk.world.another(checks).inspect(upload.tenant_id, upload.id)
    extensions = desk.by_checks(checks)
    version = (await extensions.publish(desk.caller, upload.id)).version
    assert version is not None
    assert (version.state, "clamav" in version.reason) == (VersionState.IN_REVIEW, True)
    with pytest.raises(ChecksNotPassed):
        await extensions.approve(desk.operator, version.id)

    with SmallClamd(tmp_path / "socket"):
        await checks.check_again(desk.operator, upload.tenant_id, EXTENSION, upload.id)
    approved = await extensions.approve(desk.operator, version.id)
    assert approved.version.state is VersionState.PUBLISHED


async def test_in_one_request_what_could_not_be_checked_is_to_be_sent_again(world: World, tmp_path: Path) -> None:
    wiring, name = world.wiring, a_name()
    checks = other_checks(world, every_check(Clamd(path=str(tmp_path / "socket"), answer_seconds=1)))
    intake = Intake(wiring.database, wiring.blobs, world.hashing)
    packages = Packages(wiring.database, intake, wiring.registry.plugins, checks, limit=2**24)
    with pytest.raises(ChecksNotDone):
        await packages.upload(world.caller, name, None, body(a_package(name)))
    assert await version_of(world, name) is None
    with SmallClamd(tmp_path / "socket"):
        await packages.upload(world.caller, name, None, body(a_package(name)))
    assert (await found(world, BASIC, await version_of(world, name)))["clamav"].outcome is PASS


# -- a flood of broken checks ------------------------------------------------------------------------------------------------


class Odd(Look):
    """Does what chance says: nothing, raise, find something, take too long, not return."""

    def __init__(self, chance: random.Random, gate: threading.Event) -> None:
        self._does = chance.choice(["nothing"] * 12 + ["raise", "find", "late raise", "hang"])
        self._gate = gate

    def see(self, entry: object, piece: bytes) -> None:
        if self._does == "raise":
            raise RuntimeError("told so by a test")
        if self._does == "hang":
            self._gate.wait(20)

    def end(self) -> Sequence[Finding]:
        if self._does == "late raise":
            raise MemoryError
        if self._does == "find":
            return [Finding(entry="a", message="told so by a test", remedy="none")]
        return ()


async def test_in_a_flood_of_broken_checks_nothing_is_released_without_its_stored_passes(desk: Desk) -> None:
    chance, gate, threads = random.Random(5), threading.Event(), Executor("odd", threads=60, queue=60)
    odd = {"secrets", "hidden-characters", "manifest", "schemas"}
    known = [
        msgspec.structs.replace(each, begin=lambda _: Odd(chance, gate), looks_inside=True)
        if each.name in odd
        else each
        for each in BUILT_IN
    ]
    known = [each if each.name != "manifest" else _manifest_and(each, chance, gate) for each in known]
    wiring, budget = desk.world.wiring, Budget(own=20, step=2)
    checks = Checks(wiring.database, wiring.blobs, threads, known, "", budget)
    uploads = [await desk.uploaded(desk.package(f"1.0.{number}")) for number in range(30)]

    async def bring(upload: Any) -> None:
        for _ in range(2):  # as the job does, which comes again
            with suppress(RegistryError):
                await desk.world.another(checks).inspect(upload.tenant_id, upload.id)
        with suppress(RegistryError):
            await desk.extensions.publish(desk.caller, upload.id)

    try:
        await asyncio.gather(*(bring(each) for each in uploads))
    finally:
        gate.set()
        threads.close()

    states = [(await desk.extensions.task(desk.caller, each.id)) for each in uploads]
    published = [each for each in states if each.version is not None]
    assert published, "chance lets some through"
    assert len(published) < len(uploads), "and not all"
    for each in states:
        results = await desk.results(each.upload.id)
        has_passed = checks.verdict(EXTENSION, results) is PASS
        assert (each.version is not None) is (has_passed and each.upload.state is UploadState.ACCEPTED)
        if each.version is not None:
            assert all(result.outcome is PASS for result in results if result.blocking)


def _manifest_and(check: Check, chance: random.Random, gate: threading.Event) -> Check:
    """The true check, which reads what others need, and then something odd."""

    class Both(Odd):
        def __init__(self, material: Any) -> None:
            super().__init__(chance, gate)
            self._true = manifest.CHECK.begin(material)

        def end(self) -> Sequence[Finding]:
            return [*self._true.end(), *super().end()]

    return msgspec.structs.replace(check, begin=Both)


# -- again, by new rules -----------------------------------------------------------------------------------------------------


async def work_off(desk: Desk, quiet: Urls, checks: Checks) -> None:
    """Does the jobs that a re-run enqueued."""
    registry = dataclasses.replace(desk.world.wiring.registry, checks=checks)
    handlers = {"rerun_checks": HANDLERS["rerun_checks"]}
    await Worker(registry, desk.world.wiring.database, quiet.app, handlers, at_once=2, pause=lambda _: 0.0).run_due()


async def test_old_releases_are_checked_by_new_rules_and_stay_what_they_are(desk: Desk, quiet: Urls) -> None:
    world, name, composite = desk.world, a_name(), a_name()
    published = await desk.checked(desk.package())
    await desk.publish(published)
    await world.wiring.registry.packages.upload(world.caller, name, None, body(a_package(name)))
    await world.wiring.registry.plugins.create_version(world.caller, a_spec(composite, "1.0.0", name))
    mine = {published.upload.id, await version_of(world, name), await version_of(world, composite)}
    for_now = world.wiring.registry.checks
    await for_now.rerun(desk.operator, None)
    await work_off(desk, quiet, for_now)
    assert (await for_now.rerun(desk.operator, None)).enqueued == 0, "all are of the present rule set"
    assert (await found(world, SubjectKind.COMPOSITE_PLUGIN, await version_of(world, composite)))[
        "secrets"
    ].outcome is PASS

    await world.owner.execute("UPDATE checks SET rule_set = 1 WHERE subject_id = ANY ($1)", [*mine])
    assert (await for_now.rerun(desk.operator, SubjectKind.EXTENSION, 1)).enqueued == 0
    stricter = other_checks(world, settled="readme=block")
    assert (await stricter.rerun(desk.operator, SubjectKind.EXTENSION)).enqueued == 1
    assert (await stricter.rerun(desk.operator, None, 2)).enqueued == 3
    await work_off(desk, quiet, stricter)

    again = await stricter.rerun(desk.operator, None)
    told = {each.subject_id: (each.kind, each.name, each.failed) for each in again.failing if each.subject_id in mine}
    assert told == {await version_of(world, name): (BASIC, name, ["readme"])}
    assert (again.enqueued, await desk.versions()) == (0, [("1.0.0", "published")])
    assert await world.owner.fetchval(
        "SELECT count(*) FROM audit_entries WHERE tenant_id = $1 AND action = 'release.checked'", world.caller.tenant_id
    ) >= 3  # fmt: skip
    runs = await world.owner.fetchval("SELECT max(run) FROM checks WHERE subject_id = $1", published.upload.id)
    assert runs >= 2, "the runs before stay"
    await work_off(desk, quiet, for_now)


async def test_a_release_that_cannot_be_checked_again_is_unknown_then(desk: Desk, tmp_path: Path) -> None:
    task = await desk.checked(desk.package())
    checks = other_checks(desk.world, every_check(Clamd(path=str(tmp_path / "nobody"), answer_seconds=1)))
    with pytest.raises(ChecksNotDone):
        await checks.check_again(desk.operator, desk.caller.tenant_id, EXTENSION, task.upload.id)
    await checks.give_up(desk.operator, desk.caller.tenant_id, EXTENSION, task.upload.id, "clamd does not answer")
    results = await found(desk.world, EXTENSION, task.upload.id)
    assert {each.outcome for each in results.values()} == {UNKNOWN}
    assert "clamd does not answer" in results["secrets"].findings[0].message
    await checks.check_again(desk.operator, desk.caller.tenant_id, EXTENSION, new_id())


async def test_operators_see_what_was_found_and_nobody_else_asks(desk: Desk) -> None:
    task = await desk.checked(desk.package(files={"extension/a.js": KEY}))
    checks = desk.world.wiring.registry.checks
    kind, results = await checks.show(desk.operator, task.upload.id)
    [finding] = next(each.findings for each in results if each.name == "secrets")
    assert kind is EXTENSION
    assert (finding.entry, finding.line, finding.severity) == ("extension/a.js", 1, Severity.ERROR)
    for unknown in (new_id(), "x", ""):
        with pytest.raises(CheckedUnknown):
            await checks.show(desk.operator, unknown)
    with pytest.raises(OperationNotAllowed):
        await checks.show(desk.caller, task.upload.id)
    with pytest.raises(OperationNotAllowed):
        await checks.rerun(desk.caller, None)
    for number in (0, 99):
        with pytest.raises(InvalidField, match="rule-set"):
            await checks.rerun(desk.operator, None, number)


async def test_what_came_to_nothing_is_forgotten_after_a_while_and_nothing_else(desk: Desk) -> None:
    world, name = desk.world, a_name()
    kept = await desk.checked(desk.package())
    await world.wiring.registry.packages.upload(world.caller, name, None, body(a_package(name)))
    with pytest.raises(PackageRefused):
        await world.wiring.registry.packages.upload(world.caller, a_name(), None, body(b"no archive"))
    entry = "SELECT object_id FROM audit_entries WHERE tenant_id = $1 AND action = 'package.refused'"
    refused = await world.owner.fetchval(entry, world.caller.tenant_id)
    await world.collect()
    assert await found(world, BASIC, refused), "it is young"

    await world.owner.execute("UPDATE checks SET checked_at = now() - interval '40 days'")
    await world.collect()

    assert await found(world, BASIC, refused) == {}
    assert await found(world, BASIC, await version_of(world, name))
    assert await found(world, EXTENSION, kept.upload.id)
