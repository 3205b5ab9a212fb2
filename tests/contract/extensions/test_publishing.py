"""From an uploaded package to a published version: once, never without three passes, and never stuck."""

import asyncio
import dataclasses
import hashlib
import secrets
from typing import Any

import asyncpg
import msgspec
import pytest

from app.jobs import HANDLERS
from app.jobs.worker import Worker
from app.registry.checks.base import Look
from app.registry.checks.catalogue import BUILT_IN
from app.registry.checks.service import Checks
from app.registry.extensions.rules import Owner
from app.settings import Settings
from schemas.errors import (
    ChecksNotDone,
    ChecksNotPassed,
    FileExists,
    InvalidField,
    OperationNotAllowed,
    OtherBytesPublished,
    PackageQuarantined,
    PublisherHasPublished,
    PublisherInUse,
    PublisherNotAccepted,
    QuotaExceeded,
    ReviewedVersionUnknown,
    ReviewOver,
    TaskNotReady,
    UploadUnknown,
)
from schemas.ids import new_id
from schemas.model.access import Role, Tenant
from schemas.model.checks import Area, Outcome, SubjectKind
from schemas.model.extensions import (
    AssetKind,
    Comparison,
    PublishTask,
    VersionState,
)
from schemas.model.reviews import ReviewPolicy
from schemas.model.uploads import Purpose, UploadState
from schemas.paging import Paging
from storage.postgres.database import APP_ROLE
from storage.postgres.embedded import Urls
from tests.builders import a_name, a_package, a_picture, a_vsix
from tests.contract.extensions.desk import Desk
from tests.contract.uploads.world import a_caller, sha256

PASSED = dict.fromkeys(Area, Outcome.PASS)
UNKNOWN = dict.fromkeys(Area, Outcome.UNKNOWN)


def outcomes(task: PublishTask) -> dict[Area, Outcome]:
    return {each.name: each.outcome for each in task.checks}


# -- checked -----------------------------------------------------------------------------------------------------------------


async def test_a_package_that_came_in_one_request_is_checked_and_published(desk: Desk) -> None:
    package = desk.package()
    upload = await desk.uploaded(package)
    waiting = await desk.extensions.task(desk.caller, upload.id)
    assert (waiting.upload.state, waiting.owner, waiting.checks) == (UploadState.CHECKING, Owner.REGISTRY, [])

    task = await desk.inspected(upload)
    assert (task.upload.state, outcomes(task)) == (UploadState.ACCEPTED, PASSED)
    assert task.upload.spec.publisher_id == desk.publisher_id
    assert task.facts is not None
    assert (task.facts.identifier, task.comparison) == (f"{desk.publisher}.linter", Comparison.NULL_VERSION)
    assert (task.publisher_display_name, task.owner) == (f"The {desk.publisher}", Owner.UPLOADER)

    task = await desk.publish(task)
    assert task.version is not None
    assert (task.version.state, task.owner, task.comparison) == (
        VersionState.PUBLISHED, Owner.NOBODY, Comparison.SAME_VERSION,
    )  # fmt: skip
    assert (task.version.package_sha256, task.version.package_size) == (sha256(package), len(package))
    assert AssetKind.MANIFEST in task.version.assets
    face = await desk.face()
    assert (face["display_name"], face["status"], face["latest_version_id"]) == (
        "Friendly linter", "NORMAL", task.version.id,
    )  # fmt: skip


async def test_a_package_that_came_in_chunks_is_published_by_the_same_steps(desk: Desk) -> None:
    package = desk.package()
    joined = await desk.world.joined(package, publisher_id=desk.publisher_id)
    task = await desk.publish(await desk.inspected(joined))
    assert task.version is not None
    assert task.version.state is VersionState.PUBLISHED


@pytest.mark.parametrize("named", ["nobody", "another tenant's", "another of the tenant", "a rejected one"])
async def test_a_package_of_a_publisher_for_whom_it_may_not_come_is_refused_with_what_to_do(
    desk: Desk, named: str
) -> None:
    other_id, other = await desk.new_publisher()
    changes: dict[str, str] = {"publisher": other}
    if named == "nobody":
        changes["publisher"] = "nobody"
    elif named == "another tenant's":
        changes["publisher"] = f"theirs-{secrets.token_hex(6)}"
        await desk.world.owner.execute(
            """INSERT INTO publishers (id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url,
                                       source_url, status, updated_by_id, updated_by_name)
               SELECT $1, id, $2::text, $2::text, '', '', '', '', 'x@y.example', '', 'accept', '', ''
                 FROM tenants WHERE id <> $3 LIMIT 1""",
            new_id(), changes["publisher"], desk.caller.tenant_id,
        )  # fmt: skip
    elif named == "a rejected one":
        await desk.world.wiring.registry.publishers.reject(desk.operator, other_id, "copied")
    if named == "another of the tenant":
        joined = await desk.world.joined(desk.package(**changes), publisher_id=desk.publisher_id)
        task = await desk.inspected(joined)
    else:
        task = await desk.checked(desk.package(**changes))

    assert task.upload.state is UploadState.REFUSED
    assert outcomes(task) == PASSED | {Area.BASIC_INFORMATION: Outcome.FAIL}
    (finding,) = task.upload.findings
    assert finding.entry == "extension/package.json"
    assert finding.remedy in task.upload.reason
    with pytest.raises(TaskNotReady):
        await desk.publish(task)


async def test_a_publisher_token_brings_packages_of_its_publisher_only(desk: Desk) -> None:
    token = msgspec.structs.replace(desk.caller, credential="publisher-token", publisher_id=desk.publisher_id)
    _, other = await desk.new_publisher()
    assert (await desk.checked(desk.package(publisher=other), caller=token)).upload.state is UploadState.REFUSED
    task = await desk.checked(desk.package(), caller=token)
    assert (await desk.extensions.publish(token, task.upload.id)).version is not None


async def test_what_is_no_archive_is_refused_and_the_other_checks_stay_unknown(desk: Desk) -> None:
    task = await desk.checked(b"no archive at all")
    assert task.upload.state is UploadState.REFUSED
    assert outcomes(task) == UNKNOWN | {Area.FILE: Outcome.FAIL}
    assert task.upload.findings
    assert (task.facts, task.comparison, task.owner) == (None, None, Owner.UPLOADER)


class Crashing(Look):
    """A look that breaks off. No package makes a check crash on demand."""

    def see(self, entry: object, piece: bytes) -> None:
        raise RuntimeError("told so by a test")


def crashing(desk: Desk, settled: str = "") -> Checks:
    """Checks of which `secrets` breaks off."""
    known = [
        msgspec.structs.replace(each, begin=lambda _: Crashing()) if each.name == "secrets" else each
        for each in BUILT_IN
    ]
    wiring = desk.world.wiring
    return Checks(wiring.database, wiring.blobs, desk.world.hashing, known, settled)


async def test_a_check_that_crashes_is_tried_again_and_then_failed_and_never_passed(
    desk: Desk, quiet: Urls, quiet_settings: Settings
) -> None:
    upload = await desk.uploaded(desk.package())
    registry = dataclasses.replace(desk.world.wiring.registry, uploads=desk.world.another(crashing(desk)))
    database, handlers = desk.world.wiring.database, {"inspect_upload": HANDLERS["inspect_upload"]}
    worker = Worker(registry, database, quiet.app, handlers, at_once=1, pause=lambda _: 0.0)

    runs = await worker.run_due()

    task = await desk.extensions.task(desk.caller, upload.id)
    assert runs >= HANDLERS["inspect_upload"].attempts
    assert (task.upload.state, task.owner, outcomes(task)) == (UploadState.FAILED, Owner.UPLOADER, UNKNOWN)
    assert "secrets: it broke off (RuntimeError)" in task.upload.reason
    assert task.next_step
    with pytest.raises(TaskNotReady) as refused:
        await desk.publish(task)
    assert {"failed", task.upload.reason, task.next_step} <= {str(each) for each in refused.value.facts.values()}

    await desk.world.uploads.complete(desk.caller, upload.id)  # what the next step says
    again = await desk.inspected(upload)
    assert (again.upload.state, outcomes(again)) == (UploadState.ACCEPTED, PASSED)


async def test_a_check_that_was_not_done_decides_nothing(desk: Desk) -> None:
    upload = await desk.uploaded(desk.package())
    with pytest.raises(ChecksNotDone, match=r"secrets: it broke off \(RuntimeError\)"):
        await desk.world.another(crashing(desk)).inspect(upload.tenant_id, upload.id)
    assert (await desk.extensions.task(desk.caller, upload.id)).upload.state is UploadState.CHECKING


async def test_who_may_log_in_no_more_brings_no_package(desk: Desk) -> None:
    upload = await desk.uploaded(desk.package())
    await desk.world.owner.execute("UPDATE users SET disabled_at = now() WHERE id = $1", desk.caller.user_id)
    task = await desk.inspected(upload)
    assert (task.upload.state, outcomes(task)) == (UploadState.REFUSED, UNKNOWN)


# -- published once ----------------------------------------------------------------------------------------------------------


async def test_many_who_publish_at_once_make_one_version_and_one_entry_of_the_audit(desk: Desk) -> None:
    task = await desk.checked(desk.package())
    other = await desk.checked(desk.package())

    answers = await asyncio.gather(*(desk.publish(each) for each in [task, other] * 4))

    (only,) = {each.version.id for each in answers if each.version}
    assert {each.version.state for each in answers if each.version} == {VersionState.PUBLISHED}
    assert await desk.versions() == [("1.0.0", "published")]
    assert await desk.audited("extension.published") == 1
    assert (await desk.face())["latest_version_id"] == only


async def test_the_same_bytes_in_another_task_are_a_success(desk: Desk) -> None:
    first = await desk.published(desk.package())
    again = await desk.checked(desk.package())
    assert again.version == msgspec.structs.replace(first, reason=again.upload.reason)
    assert (await desk.publish(again)).version == again.version


@pytest.mark.parametrize("state", ["published", "in-review"])
async def test_other_bytes_under_a_number_are_refused_with_both_digests(desk: Desk, state: str) -> None:
    await desk.set_publisher("publisher_review", state == "in-review")
    first, other = desk.package(), desk.package(content=b"other")
    await desk.published(first)
    task = await desk.checked(other)
    assert task.version is None
    assert {sha256(first), sha256(other)} <= set(task.upload.reason.replace(",", " ").split())

    with pytest.raises(OtherBytesPublished) as refused:
        await desk.publish(task)

    assert (refused.value.facts["published"], refused.value.facts["sent"]) == (sha256(first), sha256(other))
    assert await desk.versions() == [("1.0.0", state)]


async def test_two_packages_that_race_for_a_number_make_one_version(desk: Desk) -> None:
    tasks = [await desk.checked(desk.package(content=bytes([number]))) for number in range(4)]
    answers = await asyncio.gather(*(desk.publish(each) for each in tasks), return_exceptions=True)
    assert sum(isinstance(each, PublishTask) for each in answers) == 1
    assert sum(isinstance(each, OtherBytesPublished) for each in answers) == 3
    assert await desk.versions() == [("1.0.0", "published")]


async def test_a_number_is_given_once_for_each_platform(desk: Desk) -> None:
    for platform in ("linux-x64", "darwin-arm64"):
        await desk.published(desk.package(target_platform=platform))
    assert await desk.versions() == [("1.0.0", "published")] * 2


async def test_an_extension_looks_as_its_newest_version_says(desk: Desk) -> None:
    changes = []
    for version, shown in (("1.0.0", "1.0.0"), ("2.0.0-rc.1", "2.0.0-rc.1"), ("2.0.0", "2.0.0"), ("1.0.1", "2.0.0")):
        await desk.published(desk.package(version, manifest={"displayName": f"Linter {version}", "preview": True}))
        face = await desk.face()
        assert face["display_name"] == f"Linter {shown}"
        changes.append(face["change"])
    assert changes == sorted(set(changes))


async def test_an_upload_is_compared_with_what_is_published_for_its_platform(desk: Desk) -> None:
    await desk.published(desk.package("1.5.0"))
    await desk.published(desk.package("3.0.0", target_platform="web"))
    for version, comparison in (("1.4.0", "OLDER_VERSION"), ("1.5.0", "SAME_VERSION"), ("1.6.0", "NEWER_VERSION")):
        assert (await desk.checked(desk.package(version))).comparison == comparison
    assert (await desk.checked(desk.package(target_platform="linux-x64"))).comparison == "NULL_VERSION"


async def test_a_task_whose_file_was_replaced_is_not_published_and_a_published_one_still_answers(desk: Desk) -> None:
    replaced = await desk.checked(desk.package("1.0.0"), "same.vsix")
    published = await desk.checked(desk.package("1.1.0"), "same.vsix")
    with pytest.raises(TaskNotReady, match="a later file of the same name"):
        await desk.publish(replaced)

    await desk.publish(published)
    await desk.checked(desk.package("1.2.0"), "same.vsix")
    again = await desk.publish(published)
    assert again.version is not None
    assert (again.version.version, again.owner) == ("1.1.0", Owner.NOBODY)


async def test_of_a_deleted_publisher_nothing_is_published(desk: Desk) -> None:
    task = await desk.checked(desk.package())
    await desk.world.wiring.registry.publishers.delete(desk.caller, desk.publisher_id)
    with pytest.raises(TaskNotReady, match="is no more"):
        await desk.publish(task)


async def test_of_a_publisher_that_was_rejected_meanwhile_nothing_is_published(desk: Desk) -> None:
    task = await desk.checked(desk.package())
    await desk.world.wiring.registry.publishers.reject(desk.operator, desk.publisher_id, "copied")
    with pytest.raises(PublisherNotAccepted):
        await desk.publish(task)
    assert await desk.versions() == []


@pytest.mark.parametrize("is_filed", [False, True])
async def test_a_task_says_that_its_publisher_was_rejected_and_not_that_somebody_has_to_wait(
    desk: Desk, is_filed: bool
) -> None:
    publisher_id, name = await desk.new_publisher()
    task = await desk.checked(desk.package(publisher=name))
    if is_filed:
        task = await desk.publish(task)
    await desk.world.wiring.registry.publishers.reject(desk.operator, publisher_id, "copied")
    told = await desk.extensions.task(desk.caller, task.upload.id)
    reason = told.version.reason if told.version is not None else told.upload.reason
    assert (reason, told.owner) == (f"the publisher {name} was rejected: copied", Owner.UPLOADER)
    assert "another of your publishers" in told.next_step


async def test_damaged_bytes_are_not_published(desk: Desk) -> None:
    task = await desk.checked(desk.package())
    await desk.world.owner.execute(
        "UPDATE blobs SET quarantined_at = now(), quarantine_reason = 'lost' WHERE sha256 = $1",
        task.upload.found_sha256,
    )
    with pytest.raises(PackageQuarantined):
        await desk.publish(task)
    assert await desk.versions() == []


# -- who may -----------------------------------------------------------------------------------------------------------------


async def test_a_task_is_its_makers_and_their_administrators(desk: Desk) -> None:
    task = await desk.checked(desk.package())
    wiring, caller = desk.world.wiring, desk.caller
    tenant = Tenant(id=caller.tenant_id, name=caller.tenant_name, official=caller.official)
    colleague, admin = await a_caller(wiring, tenant), await a_caller(wiring, tenant, "admin")
    for asked in (desk.extensions.task, desk.extensions.publish):
        with pytest.raises(UploadUnknown, match="task_id"):
            await asked(colleague, task.upload.id)
    assert (await desk.extensions.publish(admin, task.upload.id)).version is not None


@pytest.mark.parametrize("task_id", ["x", "0" * 32])
async def test_what_is_no_task_is_unknown(desk: Desk, task_id: str) -> None:
    with pytest.raises(UploadUnknown, match="task_id"):
        await desk.extensions.task(desk.caller, task_id)


async def test_the_upload_of_a_plugin_is_no_task(desk: Desk) -> None:
    package = a_package("plugged")
    joined = await desk.world.joined(
        package, purpose=Purpose.BASIC_PLUGIN, publisher_id=None, plugin_name="plugged", file_name="package.zip"
    )
    with pytest.raises(UploadUnknown, match="task_id"):
        await desk.extensions.task(desk.caller, joined.id)


async def test_a_viewer_neither_uploads_nor_publishes(desk: Desk) -> None:
    task = await desk.checked(desk.package())
    viewer = msgspec.structs.replace(desk.caller, roles=frozenset({Role.VIEWER}))
    with pytest.raises(OperationNotAllowed):
        await desk.uploaded(desk.package(), caller=viewer)
    with pytest.raises(OperationNotAllowed):
        await desk.extensions.publish(viewer, task.upload.id)


async def test_an_author_decides_about_no_version(desk: Desk) -> None:
    for call in (
        desk.extensions.list_in_review(desk.caller, Paging(offset=0, limit=1)),
        desk.extensions.approve(desk.caller, "0" * 32),
        desk.extensions.reject(desk.caller, "0" * 32, "no"),
    ):
        with pytest.raises(OperationNotAllowed):
            await call


@pytest.mark.parametrize(("content", "name"), [(b"", "a.vsix"), (b"x", ""), (b"x", "a/b.vsix"), (b"x", "x" * 256)])
async def test_a_file_without_bytes_or_name_is_refused_and_nothing_is_kept(
    desk: Desk, content: bytes, name: str
) -> None:
    with pytest.raises(InvalidField, match="file"):
        await desk.extensions.upload(desk.caller, _body(content), name)
    assert await desk.world.keys() == set()


async def _body(content: bytes) -> Any:
    yield content


async def test_an_account_has_so_many_packages_in_inspection_at_once(desk: Desk) -> None:
    for _ in range(100):
        await desk.world.owner.execute(
            "INSERT INTO uploads (id, tenant_id, user_id, user_name, credential, purpose, file_name, size, override,"
            " total_chunks, state, assembly_key, assembly_handle) VALUES (md5(random()::text), $1, 'u', 'u', 'token',"
            " 'extension', 'a.vsix', 1, true, 1, 'checking', 'k', '')",
            desk.caller.tenant_id,
        )
    with pytest.raises(QuotaExceeded):
        await desk.uploaded(desk.package())
    assert await desk.world.keys() == set()


# -- review ------------------------------------------------------------------------------------------------------------------


async def test_a_version_waits_until_its_publisher_is_accepted_and_it_is_approved(desk: Desk) -> None:
    publisher_id, name = await desk.new_publisher()
    task = await desk.publish(await desk.checked(desk.package(publisher=name)))
    assert task.version is not None
    assert (task.version.state, task.owner) == (VersionState.IN_REVIEW, Owner.OPERATORS)
    assert "is not accepted yet" in task.version.reason
    version_id = task.version.id
    assert (await desk.publish(task)).version == task.version

    review = await desk.extensions.list_in_review(desk.operator, Paging(offset=0, limit=1000))
    assert version_id in {each.version.id for each in review.items}
    with pytest.raises(PublisherNotAccepted):
        await desk.extensions.approve(desk.operator, version_id)
    await desk.world.wiring.registry.publishers.accept(desk.operator, publisher_id)
    for _ in range(2):
        approved = await desk.extensions.approve(desk.operator, version_id)
        assert approved.version.state is VersionState.PUBLISHED
        assert approved.extension.latest_version_id == version_id
    assert await desk.audited("extension.review_decided") == await desk.audited("extension.published") == 1
    with pytest.raises(ReviewOver):
        await desk.extensions.reject(desk.operator, version_id, "too late")


async def test_a_rejected_number_is_free_and_the_rejected_bytes_are_looked_at_again(desk: Desk) -> None:
    await desk.set_publisher("publisher_review", True)
    task = await desk.publish(await desk.checked(desk.package()))
    assert task.version is not None
    for _ in range(2):
        rejected = await desk.extensions.reject(desk.operator, task.version.id, "it steals")
        assert (rejected.version.state, rejected.version.reason) == (VersionState.REJECTED, "it steals")
    with pytest.raises(ReviewOver):
        await desk.extensions.approve(desk.operator, task.version.id)
    told = await desk.extensions.task(desk.caller, task.upload.id)
    assert (told.owner, told.version and told.version.reason) == (Owner.UPLOADER, "it steals")

    await desk.set_publisher("publisher_review", False)
    again = await desk.publish(told)
    assert again.version is not None
    assert (again.version.state, again.version.reason) == (
        VersionState.IN_REVIEW, "the same package was rejected before: it steals",
    )  # fmt: skip
    await desk.extensions.reject(desk.operator, again.version.id, "still")
    assert (await desk.published(desk.package(content=b"mended"))).state is VersionState.PUBLISHED
    assert await desk.versions() == [("1.0.0", "rejected"), ("1.0.0", "rejected"), ("1.0.0", "published")]


@pytest.mark.parametrize(
    ("policy", "states"),
    [
        (ReviewPolicy.CHECKS, ["published", "published"]),
        (ReviewPolicy.FIRST_RELEASE, ["in-review", "published"]),
        (ReviewPolicy.ALWAYS, ["in-review", "in-review"]),
    ],
)
async def test_the_platform_looks_at_what_its_policy_says(desk: Desk, policy: ReviewPolicy, states: list[str]) -> None:
    service, found = desk.by_policy(policy), []
    # Or the checks would have a warning: about a small icon, and about others of that name.
    clean = {"name": a_name("checker"), "files": {"extension/images/icon.png": a_picture(pixels=128)}}
    for version in ("1.0.0", "1.1.0"):
        task = await service.publish(desk.caller, (await desk.checked(desk.package(version, **clean))).upload.id)
        assert task.version is not None
        found.append(str(task.version.state))
        await desk.extensions.approve(desk.operator, task.version.id)
    assert found == states


@pytest.mark.parametrize("version_id", ["x", "0" * 32])
async def test_nobody_decides_about_a_version_that_there_is_not(desk: Desk, version_id: str) -> None:
    with pytest.raises(ReviewedVersionUnknown):
        await desk.extensions.approve(desk.operator, version_id)
    with pytest.raises(ReviewedVersionUnknown):
        await desk.extensions.reject(desk.operator, version_id, "no")


async def test_an_upload_is_remembered_as_long_as_there_is_a_version_of_it_that_was_not_rejected(desk: Desk) -> None:
    await desk.set_publisher("publisher_review", True)
    task = await desk.publish(await desk.checked(desk.package(), "same.vsix"))
    assert task.version is not None
    await desk.checked(desk.package("1.1.0"), "same.vsix")
    age = "UPDATE uploads SET updated_at = now() - interval '40 days' WHERE id = $1"
    await desk.world.owner.execute(age, task.upload.id)
    await desk.world.collect()

    approved = await desk.extensions.approve(desk.operator, task.version.id)
    assert approved.version.state is VersionState.PUBLISHED
    await desk.world.collect()
    remembered = (await desk.extensions.task(desk.caller, task.upload.id)).version
    assert remembered is not None
    assert (remembered.id, remembered.state) == (task.version.id, VersionState.PUBLISHED)
    assert await desk.results(task.upload.id), "by which it can be checked again"
    assert await desk.world.wiring.registry.extensions.approve(desk.operator, task.version.id) == approved
    kept = await desk.world.kept()
    assert hashlib.sha256(desk.package()).hexdigest() in kept


# -- publishers --------------------------------------------------------------------------------------------------------------


async def test_a_publisher_with_extensions_stays_and_is_not_rejected_once_one_is_published(desk: Desk) -> None:
    publishers = desk.world.wiring.registry.publishers
    other_id, other = await desk.new_publisher()
    await desk.published(desk.package())
    await desk.published(desk.package(publisher=other))
    for publisher_id in (desk.publisher_id, other_id):
        with pytest.raises(PublisherInUse, match="linter"):
            await publishers.delete(desk.caller, publisher_id)
    with pytest.raises(PublisherHasPublished, match="linter"):
        await publishers.reject(desk.operator, desk.publisher_id, "copied")
    await publishers.reject(desk.operator, other_id, "copied")


async def test_my_publishers_are_told_with_my_role_and_how_many_extensions_they_have(desk: Desk) -> None:
    publishers = desk.world.wiring.registry.publishers
    await desk.published(desk.package())
    (mine,) = await publishers.list_mine(desk.caller, desk.publisher.upper())
    assert (mine.publisher.id, mine.extension_count, mine.role) == (desk.publisher_id, 1, "owner")
    colleague = msgspec.structs.replace(desk.caller, user_id="0" * 32)
    (theirs,) = await publishers.list_mine(colleague, desk.publisher)
    assert theirs.role == "member"
    assert desk.publisher_id in {each.publisher.id for each in await publishers.list_mine(desk.caller, "")}
    stranger = msgspec.structs.replace(desk.caller, tenant_id="0" * 32)
    assert await publishers.list_mine(stranger, "") == []


# -- what the database keeps to itself ---------------------------------------------------------------------------------------


_CHECKS = "INSERT INTO checks (tenant_id, subject_kind, subject_id, run, name, area, outcome, blocking, rule_set, package_sha256)"
_AGAIN = (
    "SELECT tenant_id, subject_kind, subject_id, run + 1, name, area, {outcome}, blocking, rule_set, {digest} FROM checks"
    " WHERE subject_id = '{upload}' AND {which}"
)


@pytest.mark.parametrize(
    "lacking",
    ["an area", "a pass", "what is unknown", "a blocking check", "other bytes", "the same bytes", "the upload"],
)
async def test_no_statement_of_the_application_publishes_what_did_not_pass(
    desk: Desk, quiet: Urls, lacking: str
) -> None:
    await desk.set_publisher("publisher_review", True)
    task = await desk.publish(await desk.checked(desk.package()))
    assert task.version is not None

    def again(which: str = "true", outcome: str = "outcome", digest: str = "package_sha256") -> str:
        return f"{_CHECKS} {_AGAIN.format(outcome=outcome, digest=digest, upload=task.upload.id, which=which)}"

    spoil = {
        "an area": again("area <> 'security'"),
        "a pass": again(outcome="CASE name WHEN 'secrets' THEN 'fail' ELSE outcome END"),
        "what is unknown": again(outcome="CASE name WHEN 'archive' THEN 'unknown' ELSE outcome END"),
        "a blocking check": again("NOT blocking"),
        "other bytes": again(digest="repeat('0', 64)"),
        "the same bytes": f"UPDATE uploads SET found_sha256 = repeat('0', 64) WHERE id = '{task.upload.id}'",
        "the upload": f"UPDATE extension_versions SET upload_id = NULL WHERE id = '{task.version.id}'",
    }[lacking]
    settings = {"search_path": "plugport,public", "role": APP_ROLE}
    app = await asyncpg.connect(quiet.app, server_settings=settings)
    publish = "UPDATE extension_versions SET state = 'published', published_at = now() WHERE id = $1"
    try:
        await app.execute(f"SET plugport.tenant = '{desk.caller.tenant_id}'")
        await app.execute(spoil)
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="did not pass every check"):
            await app.execute(publish, task.version.id)
    finally:
        await app.close()


async def test_of_several_runs_the_newest_one_counts(desk: Desk) -> None:
    await desk.set_publisher("publisher_review", True)
    task = await desk.publish(await desk.checked(desk.package()))
    checks = desk.world.wiring.registry.checks
    assert task.version is not None

    kept = await desk.results(task.upload.id)
    spoilt = [msgspec.structs.replace(each, outcome=Outcome.UNKNOWN) for each in kept]
    await desk.keep(task.upload, spoilt)
    with pytest.raises(ChecksNotPassed):
        await desk.extensions.approve(desk.operator, task.version.id)
    assert checks.verdict(SubjectKind.EXTENSION, await desk.results(task.upload.id)) is Outcome.FAIL

    await desk.keep(task.upload, kept)
    approved = await desk.extensions.approve(desk.operator, task.version.id)
    assert approved.version.state is VersionState.PUBLISHED


async def test_no_statement_changes_a_published_version(desk: Desk) -> None:
    version = await desk.published(desk.package())
    for change in (
        "UPDATE extension_versions SET state = 'rejected', published_at = NULL WHERE id = $1",
        "UPDATE extension_versions SET facts = '{}' WHERE id = $1",
        "UPDATE extension_versions SET package_sha256 = repeat('0', 64) WHERE id = $1",
        "DELETE FROM extension_versions WHERE id = $1",
    ):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="cannot change"):
            await desk.world.owner.execute(change, version.id)


async def test_names_that_differ_in_case_only_are_one_extension_and_lookalikes_are_nobodys(desk: Desk) -> None:
    first = await desk.published(desk.package())
    second = await desk.published(desk.package("2.0.0", publisher=desk.publisher.upper(), name="LINTER"))
    assert second.extension_id == first.extension_id
    face = await desk.face()
    assert (face["identifier"], face["publisher_name"]) == (f"{desk.publisher}.linter".lower(), desk.publisher)
    lookalike = desk.publisher.replace("a", "\N{CYRILLIC SMALL LETTER A}")
    assert (await desk.checked(desk.package("3.0.0", publisher=lookalike))).upload.state is UploadState.REFUSED


_AN_EXTENSION = """INSERT INTO extensions (id, tenant_id, publisher_id, publisher_name, name, official, display_name, description,
                                           categories, tags, targets, engines, preview, published_at, creator_id, creator_name)
                   SELECT repeat('9', 32), tenant_id, {publisher}, 'x', 'x', false, '', '', '{{}}', '{{}}', '{{}}', '{{}}', false,
                          {published_at}, '', '' FROM extensions WHERE id = $2"""


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("DELETE FROM checks WHERE subject_id = $1", "denied"),
        ("UPDATE checks SET outcome = 'pass' WHERE subject_id = $1", "denied"),
        ("DELETE FROM check_findings WHERE subject_id = $1", "denied"),
        ("UPDATE extensions SET official = true WHERE id = $2", "denied"),
        ("UPDATE extensions SET publisher_name = 'somebody' WHERE id = $2", "denied"),
        ("UPDATE extensions SET latest_version_id = NULL WHERE id = $2", "row-level security"),
        ("UPDATE extensions SET published_at = now() WHERE id = $3", "row-level security"),
        (
            "UPDATE extensions SET published_at = now(), latest_version_id ="
            " (SELECT latest_version_id FROM extensions WHERE id = $2) WHERE id = $3",
            "row-level security",
        ),
        (_AN_EXTENSION.format(publisher="publisher_id", published_at="now()"), "row-level security"),
        (_AN_EXTENSION.format(publisher="$4", published_at="NULL"), "foreign key"),
    ],
)
async def test_no_statement_of_the_application_shows_what_was_not_published_or_takes_a_name(
    desk: Desk, quiet: Urls, statement: str, refusal: str
) -> None:
    published = await desk.publish(await desk.checked(desk.package()))
    _, other = await desk.new_publisher()
    waiting = await desk.publish(await desk.checked(desk.package(publisher=other)))
    assert published.version is not None
    assert waiting.version is not None
    stranger = await desk.world.wiring.registry.access.create_tenant(desk.operator, f"strangers-{secrets.token_hex(6)}")
    theirs = new_id()
    await desk.world.owner.execute(
        """INSERT INTO publishers (id, tenant_id, en_name, name, user_id, description, logo_url, website, support_url,
                                   source_url, updated_by_id, updated_by_name)
           VALUES ($1, $2, $3, $3, '', '', '', '', 'x@y.example', '', '', '')""",
        theirs, stranger.id, theirs,
    )  # fmt: skip
    named = [published.upload.id, published.version.extension_id, waiting.version.extension_id, theirs]
    for place, value in enumerate(named, start=1):
        statement = statement.replace(f"${place}", f"'{value}'")
    app = await asyncpg.connect(quiet.app, server_settings={"search_path": "plugport,public", "role": APP_ROLE})
    try:
        await app.execute(f"SET plugport.tenant = '{desk.caller.tenant_id}'")
        with pytest.raises(asyncpg.PostgresError, match=refusal):
            await app.execute(statement)
    finally:
        await app.close()


async def test_the_file_of_a_name_is_not_replaced_without_leave_by_chunks(desk: Desk) -> None:
    await desk.checked(desk.package(), "same.vsix")
    with pytest.raises(FileExists):
        await desk.world.begin(a_vsix(desk.publisher), publisher_id=desk.publisher_id, file_name="same.vsix")
