"""What becomes of a joined file: it is read back, inspected, and accepted or refused. Never silently neither."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from app.registry.access import permissions
from app.registry.checks import rules as check_rules
from app.registry.checks.service import Checks, Examined
from app.registry.extensions import rules as extension_rules
from app.registry.memberships.service import has_right, require_right
from app.registry.packages.service import Inspected, Packages, require_manifest
from app.registry.uploads import rules
from app.registry.uploads.joining import record
from schemas.errors import (
    BytesDamaged,
    Kind,
    PackageRefused,
    PublisherNotAccepted,
    PublisherUnknown,
    RegistryError,
    ServiceBusy,
    UserDisabled,
)
from schemas.ids import is_id
from schemas.model.access import Caller
from schemas.model.checks import CheckResult, Finding, Outcome, PackageLocation, Subject, SubjectKind
from schemas.model.packages import Manifest
from schemas.model.publishers import Act
from schemas.model.uploads import Purpose, Upload, UploadState
from storage.blobs.base import BlobStore, Stored
from storage.blobs.proof import prove_stored
from storage.executors import Executor
from storage.postgres import access, audit, extensions, packages, publishers, uploads
from storage.postgres.database import Database, Transaction
from storage.postgres.packages import KeptBlob

log = structlog.get_logger()

# What will be the same whenever it is asked again; all else is tried again by the job.
_FINAL = {Kind.MALFORMED, Kind.FORBIDDEN, Kind.CONFLICT, Kind.MISSING, Kind.TOO_LARGE}


class Inspection:
    """Inspects joined files. Each step may be done twice; the upload's state decides what counts."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        package_inspection: Packages,
        checks: Checks,
        hashing: Executor,
        *,
        hours: int,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._packages = package_inspection
        self._checks = checks
        self._hashing = hashing
        self._hours = hours

    async def inspect(self, tenant_id: str, upload_id: str) -> None:
        """Decides about the file. What may pass is raised: the job comes again."""
        async with self._database.transaction(tenant_id) as tx:
            upload = await uploads.find(tx, tenant_id, upload_id, hours=self._hours)
        if upload is None or upload.state is not UploadState.CHECKING:
            return
        results: list[CheckResult] | None = None
        try:
            stored = await self._read_back(upload)
            if upload.spec.purpose is Purpose.BASIC_PLUGIN:
                # The version that comes of it has the upload's id, by which its checks are found in any case.
                inspected = await self._packages.inspect(upload.tenant_id, upload.id, stored)
                results = inspected.results
                await self._decide(upload, stored, inspected)
            else:
                subject = _subject(upload, stored)
                await self._judge(upload, stored, subject, await self._checks.examine(subject))
        except BytesDamaged as error:
            await self._move(upload, UploadState.FAILED, f"{error} Upload the file again.")
        except RegistryError as error:
            if error.kind not in _FINAL:
                raise
            findings = error.findings if isinstance(error, PackageRefused) else ()
            await self._move(upload, UploadState.REFUSED, str(error), findings, results)
        await self._remove_surplus(upload)

    async def give_up(self, tenant_id: str, upload_id: str, reason: str) -> None:
        """The job could not be done however often it was tried."""
        async with self._database.transaction(tenant_id) as tx:
            upload = await uploads.find(tx, tenant_id, upload_id, hours=self._hours)
        if upload is not None and upload.state is UploadState.CHECKING:
            await self._move(upload, UploadState.FAILED, f"The inspection could not be done: {reason}")

    async def _read_back(self, upload: Upload) -> Stored:
        """Where the bytes are, after the medium has given them back whole. Raises `BytesDamaged`.

        Where the tenant's earlier copy of them is lost, damaged or in quarantine, this upload's takes its place.
        """
        sha256 = upload.found_sha256 or ""
        async with self._database.transaction(upload.tenant_id) as tx:
            blob = await packages.find_blob(tx, upload.tenant_id, sha256)
        if blob is None:
            raise BytesDamaged
        kept, own = blob.stored, Stored(key=upload.assembly_key, size=upload.spec.size, sha256=sha256)
        proof = None if blob.quarantine else await prove_stored(self._blobs, kept, self._hashing)
        # Its own bytes, too, once they are in quarantine: the medium may give them back whole after all.
        heals = proof is None and (own.key != kept.key or blob.quarantine is not None)
        healing = await prove_stored(self._blobs, own, self._hashing) if heals else None
        async with self._database.transaction(upload.tenant_id) as tx:
            await audit.lock_tenant(tx, upload.tenant_id)
            await self._require_unmoved(tx, upload, kept)
            if proof is not None:
                await packages.prove_blob(tx, upload.tenant_id, sha256, proof)
                return kept
            if healing is not None:
                await packages.replace_blob(tx, upload.tenant_id, own, healing)
                await record(tx, rules.maker(upload), upload, "blob.healed", sha256=sha256)
                return own
            reason = "found lost or changed"
            if await packages.quarantine_blob(tx, upload.tenant_id, sha256, reason, key=kept.key):
                await record(tx, rules.maker(upload), upload, "blob.quarantined", sha256=sha256, reason=reason)
        raise BytesDamaged

    async def _require_unmoved(self, tx: Transaction, upload: Upload, stored: Stored) -> KeptBlob:
        """The bytes, which lie where they did while the upload still waits. Raises `ServiceBusy`: the job comes again."""
        now = await uploads.find(tx, upload.tenant_id, upload.id, hours=self._hours)
        blob = await packages.find_blob(tx, upload.tenant_id, stored.sha256)
        if now is None or now.state is not UploadState.CHECKING or blob is None or blob.stored.key != stored.key:
            raise ServiceBusy
        return blob

    @asynccontextmanager
    async def _deciding(self, upload: Upload, stored: Stored) -> AsyncIterator[tuple[Transaction, Caller]]:
        """The transaction that decides about the file, while its bytes are still what was looked at, and whoever sent it.

        Raises `BytesDamaged`, `ServiceBusy`, and as `_maker` does.
        """
        async with self._database.transaction(upload.tenant_id) as tx:
            await audit.lock_tenant(tx, upload.tenant_id)
            if (await self._require_unmoved(tx, upload, stored)).quarantine is not None:
                raise BytesDamaged
            yield tx, await _maker(tx, upload)

    async def _decide(self, upload: Upload, stored: Stored, inspected: Inspected) -> None:
        """Accepts the package of a basic plug-in, which is released by the same commit; or refuses it with all that was found."""
        try:
            manifest = require_manifest(inspected, upload.spec.plugin_name or "")
        except RegistryError as error:
            if error.kind not in _FINAL:
                raise
            findings = check_rules.against(inspected.results)
            async with self._deciding(upload, stored) as (tx, _):
                await self._checks.keep(tx, inspected.subject, inspected.results)
                await uploads.move(tx, upload, UploadState.REFUSED, reason=str(error), findings=findings)
                await record(tx, rules.maker(upload), upload, "upload.refused", reason=str(error))
        else:
            await self._release(upload, stored, inspected, manifest)

    async def _release(self, upload: Upload, stored: Stored, inspected: Inspected, manifest: Manifest) -> None:
        async with self._deciding(upload, stored) as (tx, maker):
            await uploads.move(tx, upload, UploadState.ACCEPTED)
            await self._packages.release(maker, tx, inspected, manifest, upload.spec.business_type)
            await record(tx, rules.maker(upload), upload, "upload.accepted")

    async def _judge(self, upload: Upload, stored: Stored, subject: Subject, examined: Examined) -> None:
        """Accepts the package of an extension that passed every check it has to pass, or refuses it with all that they found.

        One that waits for a person, because a check that is set to `hold` could not be done, is accepted: nobody can publish it
        before the checks were run again.
        """
        facts = examined.reading.facts
        async with self._deciding(upload, stored) as (tx, maker):
            publisher = await publishers.find_by_name(tx, upload.tenant_id, facts.publisher) if facts else None
            may_bring = publisher is None or await has_right(tx, maker, publisher, Act.BRING)
            results = extension_rules.judged(
                examined.results, facts, publisher, upload.spec.publisher_id, may_bring=may_bring
            )
            verdict = self._checks.verdict(subject.kind, results)
            self._checks.require_done(subject.kind, results)
            if facts is not None:
                await extensions.keep_package(tx, upload.tenant_id, stored.sha256, facts, examined.reading.assets)
                if publisher is not None:
                    upload = await uploads.name_publisher(tx, upload, publisher.id)
            await self._checks.keep(tx, subject, results)
            if verdict is not Outcome.FAIL and facts is not None:
                await uploads.move(tx, upload, UploadState.ACCEPTED)
                await uploads.supersede_files(tx, upload)
                await record(tx, rules.maker(upload), upload, "upload.accepted")
            else:
                findings = check_rules.against(results)
                reason = str(PackageRefused(findings)) if findings else "A check has failed, and found nothing to tell."
                await uploads.move(tx, upload, UploadState.REFUSED, reason=reason, findings=findings)
                await record(tx, rules.maker(upload), upload, "upload.refused", reason=reason)

    async def _remove_surplus(self, upload: Upload) -> None:
        """Removes the joined file where the tenant keeps the same bytes elsewhere; what is left is collected later."""
        try:
            async with self._database.transaction(upload.tenant_id) as tx:
                await audit.lock_tenant(tx, upload.tenant_id)
                now = await uploads.find(tx, upload.tenant_id, upload.id, hours=self._hours)
                blob = await packages.find_blob(tx, upload.tenant_id, upload.found_sha256 or "")
                over = now is not None and now.state in (UploadState.ACCEPTED, UploadState.REFUSED)
                if over and blob is not None and blob.stored.key != upload.assembly_key:
                    await self._blobs.delete(upload.assembly_key)
        except RegistryError as error:
            log.warning("a file is left to the collection", key=upload.assembly_key, reason=str(error))

    async def _move(
        self,
        upload: Upload,
        state: UploadState,
        reason: str = "",
        findings: tuple[Finding, ...] | list[Finding] = (),
        results: list[CheckResult] | None = None,
    ) -> None:
        """Ends the inspection. Without `results` no check was done."""
        async with self._database.transaction(upload.tenant_id) as tx:
            await audit.lock_tenant(tx, upload.tenant_id)
            if await uploads.move(tx, upload, state, reason=reason, findings=findings):
                subject = _subject(upload, None)
                await self._checks.keep(tx, subject, results or self._checks.not_done(subject.kind, reason))
                await record(tx, rules.maker(upload), upload, f"upload.{state}", reason=reason)


def _subject(upload: Upload, stored: Stored | None) -> Subject:
    """What is checked of an upload; without `stored` what would be."""
    kind = SubjectKind.EXTENSION if upload.spec.purpose is Purpose.EXTENSION else SubjectKind.BASIC_PLUGIN
    package = None if stored is None else PackageLocation(key=stored.key, size=stored.size, sha256=stored.sha256)
    return Subject(kind=kind, tenant_id=upload.tenant_id, subject_id=upload.id, package=package)


async def _maker(tx: Transaction, upload: Upload) -> Caller:
    """Whoever sent the file, with the rights that he has now. Raises `UserDisabled` or `OperationNotAllowed`."""
    found = await access.find_working_user(tx, upload.tenant_id, upload.user_id)
    if found is None:
        raise UserDisabled(name=upload.user_name)
    maker = rules.maker(upload, *found)
    permissions.require(maker, "create_upload")
    return maker


async def require_publisher(tx: Transaction, caller: Caller, publisher_id: str) -> None:
    """Raises `PublisherUnknown`, `NotPublisherMember` or `PublisherNotAccepted` where the caller can bring nothing under the
    publisher."""
    publisher = None
    if is_id(publisher_id) and caller.publisher_id in (None, publisher_id):
        publisher = await publishers.find(tx, caller.tenant_id, publisher_id)
    if publisher is None:
        raise PublisherUnknown("publisher_id")
    await require_right(tx, caller, publisher, Act.BRING, "publisher_id")
    if publisher.status.is_shut:
        raise PublisherNotAccepted("publisher_id", status=publisher.status.label)
