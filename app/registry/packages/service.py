"""Use-case of package authors: uploading the package of a basic plug-in, which becomes a released version."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from app.registry.checks import rules as check_rules
from app.registry.checks.service import Checks
from app.registry.packages.intake import Intake
from app.registry.plugins.service import Plugins
from schemas.base import Entity
from schemas.errors import ChecksNotDone, ManifestContradicts, PackageRefused, RegistryError
from schemas.ids import new_id
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.checks import CheckResult, Outcome, PackageLocation, Subject, SubjectKind
from schemas.model.packages import Manifest
from schemas.model.plugins import BusinessType, Composition, PluginFacts, VersionContent, VersionSpec
from storage.blobs.base import Stored
from storage.postgres import audit
from storage.postgres.database import Database, Transaction


class Inspected(Entity, frozen=True):
    """A package that was gone through: what the checks of it came to, and what stands against it, if anything does."""

    subject: Subject
    results: list[CheckResult]
    manifest: Manifest | None
    refusal: RegistryError | None


class Packages:
    """Takes packages in."""

    def __init__(self, database: Database, intake: Intake, plugins: Plugins, checks: Checks, *, limit: int) -> None:
        """`limit` is the largest package, in bytes."""
        self._database = database
        self._intake = intake
        self._plugins = plugins
        self._checks = checks
        self._limit = limit

    async def upload(
        self, caller: Caller, plugin_name: str, business_type: BusinessType | None, body: AsyncIterator[bytes]
    ) -> None:
        """Makes a released version of the package that streams in; makes the plug-in when it is missing.

        The plug-in is filed under `business_type`, or else under the manifest's category. The same bytes again are a
        success. Raises `PackageRefused`, `ManifestRefused`, `ManifestContradicts`, `ChecksNotDone`, `OtherBytesReleased` and
        others; nothing is kept then but what the checks came to.
        """
        await self._plugins.require_upload(caller, plugin_name)
        async with self._intake.receive(caller, body, self._limit, "package") as received:
            inspected = await self.inspect(caller.tenant_id, new_id(), received.stored)
            if inspected.refusal is not None:
                await self._keep_refused(caller, plugin_name, inspected)
            manifest = require_manifest(inspected, plugin_name)
            await received.settle()
            async with self._database.transaction(caller.tenant_id) as tx:
                await audit.lock_tenant(tx, caller.tenant_id)
                await received.keep(tx)
                await self.release(caller, tx, inspected, manifest, business_type)

    async def _keep_refused(self, caller: Caller, plugin_name: str, inspected: Inspected) -> None:
        """Keeps what the checks of a package came to of which nothing else stays."""
        subject = inspected.subject
        digest = subject.package.sha256 if subject.package is not None else ""
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            await self._checks.keep(tx, subject, inspected.results)
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="package.refused", object_kind=str(subject.kind), object_id=subject.subject_id,
                detail={"name": plugin_name, "sha256": digest, "reason": str(inspected.refusal)}))  # fmt: skip

    async def require_upload(self, caller: Caller, plugin_name: str) -> None:
        """Raises what already stands against a package for this plug-in, before a byte of it is taken."""
        await self._plugins.require_upload(caller, plugin_name)

    async def release(
        self,
        caller: Caller,
        tx: Transaction,
        inspected: Inspected,
        manifest: Manifest,
        business_type: BusinessType | None,
    ) -> None:
        """A released version of an inspected package, in the transaction that keeps its bytes; else as `upload`.

        What its checks came to is kept under the version's id, which is that of the subject.
        """
        package = inspected.subject.package
        assert package is not None, "a package was inspected"  # noqa: S101
        spec = _spec(manifest, business_type or manifest.category, package.sha256)
        if await self._plugins.release_package(caller, tx, spec, inspected.subject.subject_id):
            await self._checks.keep(tx, inspected.subject, inspected.results)
            await self._plugins.settle_package(caller, tx, inspected.subject.subject_id, inspected.results)

    async def inspect(self, tenant_id: str, version_id: str, stored: Stored) -> Inspected:
        """Has the package of a basic plug-in checked, which shall become the version of that id. Keeps nothing.

        Raises `ChecksNotDone`, `ServiceBusy`, and what the store raises.
        """
        subject = Subject(
            kind=SubjectKind.BASIC_PLUGIN,
            tenant_id=tenant_id,
            subject_id=version_id,
            package=PackageLocation(key=stored.key, size=stored.size, sha256=stored.sha256),
        )
        examined = await self._checks.examine(subject)
        self._checks.require_done(subject.kind, examined.results)
        return Inspected(
            subject=subject,
            results=examined.results,
            manifest=examined.reading.manifest,
            refusal=self._refusal(examined.results, examined.reading.refusal),
        )

    def _refusal(self, results: Sequence[CheckResult], of_manifest: RegistryError | None) -> RegistryError | None:
        """What those who sent the package are told. A manifest that cannot be read is told in its own words."""
        if self._checks.verdict(SubjectKind.BASIC_PLUGIN, results) is Outcome.PASS:
            return None
        if of_manifest is not None:
            return of_manifest
        findings = check_rules.against(results)
        if findings:
            return PackageRefused(findings)
        held = check_rules.held(results, self._checks.policy(SubjectKind.BASIC_PLUGIN))
        return ChecksNotDone(reasons=f"A person has to see to it: {', '.join(held)}")

    async def sweep(self) -> int:
        """Removes what killed processes left on its way in, of packages and icons; answers how much there was."""
        return await self._intake.sweep()


def require_manifest(inspected: Inspected, plugin_name: str) -> Manifest:
    """The manifest of a package that may be released as a version of that plug-in. Raises what stands against it."""
    if inspected.refusal is not None:
        raise inspected.refusal
    manifest = inspected.manifest
    if manifest is None:
        raise ChecksNotDone(reasons="The manifest was not read")
    if manifest.name != plugin_name:
        raise ManifestContradicts("plugin_name", manifest_says=manifest.name, request_says=plugin_name)
    return manifest


def _spec(manifest: Manifest, business_type: BusinessType, sha256: str) -> VersionSpec:
    """The version that a package brings: what its manifest says."""
    facts = PluginFacts(
        display_name=manifest.friendly_name,
        description=manifest.description,
        business_type=business_type,
        composition=Composition.SINGLE,
    )
    content = VersionContent(
        version_description=manifest.version_description,
        inputs=manifest.inputs,
        input_schema=manifest.input_schema,
        outputs=manifest.outputs,
        metrics=manifest.metrics,
        execution={"type": manifest.execution.type, "target": manifest.execution.target},
        manifest=msgspec.to_builtins(manifest),
        manifest_version=manifest.manifest_version,
        package_sha256=sha256,
    )
    return VersionSpec(plugin_name=manifest.name, version=manifest.version, facts=facts, content=content)
