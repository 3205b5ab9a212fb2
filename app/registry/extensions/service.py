"""Use-cases of those who publish extensions, and of operators who look at them first.

A package comes in chunks (`registry.uploads`) or in one request (`upload`). It is inspected by a job; then its task, which has
the upload's id, can be published, by which it becomes a version: at once, or when an operator approves it.
"""

from collections.abc import AsyncIterator

import msgspec

from app.registry.access import permissions
from app.registry.checks import rules as check_rules
from app.registry.checks.service import Checks
from app.registry.extensions import rules
from app.registry.installs import rules as installs_rules
from app.registry.memberships.service import require_right
from app.registry.packages.intake import Intake
from app.registry.plugins import versions
from app.registry.publishers.rules import checked_reason
from app.registry.releases.service import Releases
from app.registry.reviews.service import Reviews
from app.registry.uploads.service import Uploads
from schemas.base import Entity
from schemas.errors import (
    InvalidField,
    OtherBytesPublished,
    PublisherNotAccepted,
    ReviewedVersionUnknown,
    ReviewOver,
    TaskIconUnknown,
    TaskNotReady,
    UploadUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller
from schemas.model.checks import CheckResult, SubjectKind
from schemas.model.extensions import (
    AssetKind,
    Extension,
    ExtensionReview,
    ExtensionVersion,
    PackageFacts,
    PublishTask,
    VersionState,
)
from schemas.model.installs import ServedAsset
from schemas.model.publishers import Act, Publisher
from schemas.model.releases import NewRelease, Verdict
from schemas.model.reviews import Reason
from schemas.model.uploads import Purpose, Upload, UploadState
from schemas.paging import Page, Paging
from storage.postgres import audit, extensions, installs, publishers, releases
from storage.postgres.database import Database, Transaction

_CHECKED = (UploadState.ACCEPTED, UploadState.REFUSED)


class _Task(Entity, frozen=True):
    """What is known of a task. `version` is what has come of it; `taken` has its number with other bytes.

    Without `publisher` the package is of none of the tenant's publishers that are still there.
    """

    upload: Upload
    results: list[CheckResult]
    facts: PackageFacts | None
    has_icon: bool
    publisher: Publisher | None
    extension: Extension | None
    newest: ExtensionVersion | None
    version: ExtensionVersion | None
    taken: ExtensionVersion | None


class Extensions:
    """From an uploaded package to a published version."""

    def __init__(
        self,
        database: Database,
        uploads: Uploads,
        intake: Intake,
        checks: Checks,
        releases: Releases,
        reviews: Reviews,
        *,
        limit: int,
    ) -> None:
        """`limit` is the largest package, in bytes."""
        self._database = database
        self._uploads = uploads
        self._intake = intake
        self._checks = checks
        self._releases = releases
        self._reviews = reviews
        self._limit = limit

    # -- what publishers do ------------------------------------------------------------------------------------------------

    async def upload(self, caller: Caller, body: AsyncIterator[bytes], file_name: str) -> Upload:
        """Takes a package that streams in, and has it inspected. Whose it is, it says itself.

        Raises `InvalidField`, `QuotaExceeded`, `BodyTooLarge`, `BytesDamaged`, and what `body` raises; nothing is kept then.
        """
        permissions.require(caller, "upload_extension_file")
        await self._uploads.check_whole(caller, file_name)
        async with self._intake.receive(caller, body, self._limit, "package") as received:
            if received.stored.size == 0:
                raise InvalidField("file", problem="A file has at least one byte")
            await received.settle()
            async with self._database.transaction(caller.tenant_id) as tx:
                await audit.lock_tenant(tx, caller.tenant_id)
                await received.keep(tx)
                return await self._uploads.accept_whole(caller, tx, file_name, received.stored)

    async def task(self, caller: Caller, task_id: str) -> PublishTask:
        """What the checks of an uploaded package say, what has come of it, and what is to be done next.

        Raises `UploadUnknown` for one that the caller may not see, that is no extension's, or that is no more.
        """
        async with self._database.transaction(caller.tenant_id) as tx:
            return _told(await self._read(tx, caller, task_id))

    async def icon(self, caller: Caller, task_id: str) -> ServedAsset:
        """The icon of an uploaded package, published or not. Raises `UploadUnknown` as `task` does, and `TaskIconUnknown`."""
        async with self._database.transaction(caller.tenant_id) as tx:
            task = await self._read(tx, caller, task_id)
            upload = task.upload
            if not task.has_icon or upload.found_sha256 is None:
                raise TaskIconUnknown("task_id")
            icon = await installs.find_asset(tx, upload.tenant_id, upload.found_sha256, AssetKind.ICON)
        if icon is None:
            raise TaskIconUnknown("task_id")
        is_published = task.version is not None and task.version.state is VersionState.PUBLISHED
        return installs_rules.served(icon, is_final=is_published)

    async def publish(self, caller: Caller, task_id: str) -> PublishTask:
        """Makes a version of a package that passed every check; published, or waiting for review where that is asked for.

        Doing it again changes nothing, and so does another task with the same bytes. Raises `UploadUnknown`, `TaskNotReady`,
        `OtherBytesPublished` where the number is taken, `PublisherNotAccepted` for a rejected publisher,
        `PackageQuarantined`.
        """
        permissions.require(caller, "publish_extension")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            task = await self._read(tx, caller, task_id)
            if task.version is None or task.version.state is VersionState.REJECTED:
                await self._release(tx, caller, task)
                task = await self._read(tx, caller, task_id)
            return _told(task)

    # -- what operators decide ---------------------------------------------------------------------------------------------

    async def list_in_review(self, caller: Caller, paging: Paging) -> Page[ExtensionReview]:
        """Every tenant's versions that wait for a decision, the one that waits longest first."""
        permissions.require(caller, "list_extension_versions_in_review")
        async with self._database.transaction(platform=True) as tx:
            return await extensions.list_in_review(tx, paging)

    async def approve(self, caller: Caller, version_id: str) -> ExtensionReview:
        """Accepts a version that waits, as the desk does; it is published then, unless somebody else has to accept it, too. Doing
        it again changes nothing once it is.

        Raises `ReviewedVersionUnknown`, `ReviewOver` for a rejected one, and as `Reviews.decide` does.
        """
        permissions.require(caller, "approve_extension_version")
        return await self._decide(caller, version_id, Verdict.ACCEPT, VersionState.PUBLISHED)

    async def reject(self, caller: Caller, version_id: str, reason: str) -> ExtensionReview:
        """Refuses a version that waits, for a reason of 1 to 1000 characters; its number is free again.

        Rejecting it again changes nothing. Raises `InvalidField`, `ReviewedVersionUnknown`, `ReviewOver` for a published one, and
        as `Reviews.decide` does.
        """
        permissions.require(caller, "reject_extension_version")
        checked_reason(reason)
        return await self._decide(caller, version_id, Verdict.REJECT, VersionState.REJECTED, reason)

    async def _decide(
        self, caller: Caller, version_id: str, verdict: Verdict, wanted: VersionState, reason: str = ""
    ) -> ExtensionReview:
        tenant_id = await self._tenant_of(version_id)
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            extension, version = await _reviewed(tx, tenant_id, version_id)
            if version.state is VersionState.IN_REVIEW:
                reasons = [str(Reason.OTHER)] if reason else []
                await self._reviews.decide_release(caller, tx, tenant_id, version_id, verdict, reasons, reason)
            elif version.state is not wanted:
                raise ReviewOver("version_id", version=version.version, state=version.state)
            extension, version = await _reviewed(tx, tenant_id, version_id)
            return ExtensionReview(extension=extension, version=version)

    async def _tenant_of(self, version_id: str) -> str:
        tenant_id = None
        if is_id(version_id):
            async with self._database.transaction(platform=True) as tx:
                tenant_id = await extensions.find_version_tenant(tx, version_id)
        if tenant_id is None:
            raise ReviewedVersionUnknown("version_id")
        return tenant_id

    # -- the steps of both -------------------------------------------------------------------------------------------------

    async def _read(self, tx: Transaction, caller: Caller, task_id: str) -> _Task:
        try:
            upload = await self._uploads.find(caller, tx, task_id)
        except UploadUnknown as error:
            raise UploadUnknown("task_id") from error
        if upload.spec.purpose is not Purpose.EXTENSION:
            raise UploadUnknown("task_id")
        sha256, spec = upload.found_sha256, upload.spec
        facts = publisher = extension = newest = version = taken = None
        has_icon = False
        if sha256 is not None and upload.state in _CHECKED:
            facts = await extensions.find_package(tx, upload.tenant_id, sha256)
            has_icon = AssetKind.ICON in await extensions.list_asset_kinds(tx, upload.tenant_id, sha256)
        if facts is not None and spec.publisher_id is not None:
            found = await publishers.find(tx, upload.tenant_id, spec.publisher_id)
            publisher = found if rules.names_publisher(facts, found, spec) else None
        if facts is not None and publisher is not None:
            extension = await extensions.find_by_name(tx, publisher, facts.name)
        if facts is not None and extension is not None and sha256 is not None:
            newest = await extensions.find_newest(tx, extension, facts.target_platform)
            taken = await extensions.find_number(tx, extension, _precedence(facts), facts.target_platform)
            if taken is not None and taken.package_sha256 == sha256:
                version, taken = taken, None
            else:
                version = await extensions.find_rejected(tx, extension, sha256)
        return _Task(
            upload=upload,
            results=await self._checks.find(tx, upload.tenant_id, SubjectKind.EXTENSION, upload.id),
            facts=facts,
            has_icon=has_icon,
            publisher=publisher,
            extension=extension,
            newest=newest,
            version=version if upload.state is UploadState.ACCEPTED else None,
            taken=taken,
        )

    async def _release(self, tx: Transaction, caller: Caller, task: _Task) -> None:
        """Makes the version, and publishes it unless somebody has to look at it first."""
        upload, facts, publisher = task.upload, task.facts, task.publisher
        if task.taken is not None and upload.state is UploadState.ACCEPTED:
            raise OtherBytesPublished(
                "task_id",
                version=task.taken.version,
                target_platform=task.taken.target_platform,
                state=task.taken.state,
                published=task.taken.package_sha256,
                sent=upload.found_sha256,
            )
        if not rules.is_publishable(upload) or facts is None or publisher is None:
            standing = _standing(task)
            raise TaskNotReady("task_id", state=upload.state, reason=standing.reason, next_step=standing.next_step)
        await require_right(tx, caller, publisher, Act.BRING, "task_id")
        if publisher.status.is_shut:
            raise PublisherNotAccepted("task_id", status=publisher.status)
        extension = task.extension or await extensions.insert(tx, new_id(), publisher, facts, caller)
        version = await extensions.insert_version(
            tx, new_id(), extension, facts, _precedence(facts), upload, caller, reason=""
        )
        release = await releases.insert(tx, _release_of(extension, version, upload))
        submitted = await self._releases.file(caller, tx, release, publisher.id, checked=True)
        rejected = task.version.reason if task.version is not None else None
        await self._releases.settle(caller, tx, submitted, task.results, rejected=rejected)


async def _reviewed(tx: Transaction, tenant_id: str, version_id: str) -> tuple[Extension, ExtensionVersion]:
    version = await extensions.find_version(tx, tenant_id, version_id)
    extension = await extensions.find(tx, tenant_id, version.extension_id) if version is not None else None
    if version is None or extension is None:
        raise ReviewedVersionUnknown("version_id")
    return extension, version


def _release_of(extension: Extension, version: ExtensionVersion, upload: Upload) -> NewRelease:
    return NewRelease(
        id=version.id,
        tenant_id=version.tenant_id,
        kind=SubjectKind.EXTENSION,
        object_id=extension.id,
        subject_id=upload.id,
        package_sha256=version.package_sha256,
        name=extension.identifier,
        version=version.version,
        target_platform=version.target_platform,
        author_id=version.uploader_id,
    )


def _precedence(facts: PackageFacts) -> bytes:
    return versions.precedence(versions.parse("version", facts.version))


def _standing(task: _Task) -> rules.Standing:
    is_orphan = task.facts is None or task.publisher is None
    is_rejected = task.publisher is not None and task.publisher.status.is_shut
    rejected = task.publisher if is_rejected else None
    return rules.standing(task.upload, task.version, task.taken, is_orphan=is_orphan, rejected=rejected)


def _told(task: _Task) -> PublishTask:
    """The task as it is told, in which the upload or its version has the reason in words."""
    standing, upload, version = _standing(task), task.upload, task.version
    upload = msgspec.structs.replace(upload, reason=standing.reason)
    if version is not None:
        version = msgspec.structs.replace(version, reason=standing.reason)
    is_known = task.facts is not None and task.publisher is not None
    return PublishTask(
        upload=upload,
        checks=check_rules.areas(task.results) if upload.state not in rules.AT_WORK else [],
        facts=task.facts,
        comparison=rules.compared(task.facts, task.newest) if task.facts is not None and is_known else None,
        has_icon=task.has_icon,
        publisher_display_name=task.publisher.name if task.publisher is not None else "",
        version=version,
        owner=standing.owner,
        next_step=standing.next_step,
    )
