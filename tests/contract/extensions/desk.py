"""What tests of publishing stand on: an account with an accepted publisher, and the operators' decisions.

task = await desk.checked(desk.package("1.0.0"))       # uploaded in one request and inspected
task = await desk.publish(task)
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.registry.access.service import console
from app.registry.checks.service import Checks
from app.registry.extensions.service import Extensions
from app.registry.packages.intake import Intake
from app.registry.releases.service import Releases
from app.registry.reviews.service import Reviews
from schemas.model.access import Caller
from schemas.model.checks import CheckResult, PackageLocation, Subject, SubjectKind
from schemas.model.extensions import ExtensionVersion, PublishTask
from schemas.model.publishers import PublisherFacts
from schemas.model.reviews import ReviewPolicy
from schemas.model.uploads import Upload
from tests.builders import a_vsix
from tests.contract.uploads.world import World, body
from tests.publishing import inspected


@dataclass
class Desk:
    """Where extensions of one publisher are published."""

    world: World
    extensions: Extensions
    publisher_id: str
    publisher: str
    """The English name."""
    operator: Caller

    @classmethod
    async def open(cls, world: World) -> "Desk":
        """A new accepted publisher of the world's account."""
        made = cls(world, world.wiring.registry.extensions, "", "", console())
        made.publisher_id, made.publisher = await made.new_publisher()
        await world.wiring.registry.publishers.accept(made.operator, made.publisher_id)
        return made

    async def new_publisher(self) -> tuple[str, str]:
        """Id and English name of another one, which waits."""
        name = f"Makers-{secrets.token_hex(6)}"
        facts = PublisherFacts(en_name=name, name=f"The {name}", support_url="x@y.example")
        return (await self.world.wiring.registry.publishers.create(self.caller, facts)).id, name

    @property
    def caller(self) -> Caller:
        """The author."""
        return self.world.caller

    def by_policy(self, policy: ReviewPolicy) -> Extensions:
        """The service where operators have chosen that policy."""
        return self._extensions(self.world.wiring.registry.checks, policy)

    def by_checks(self, checks: Checks) -> Extensions:
        """The service of an installation with other checks."""
        return self._extensions(checks, ReviewPolicy.CHECKS)

    def _extensions(self, checks: Checks, policy: ReviewPolicy) -> Extensions:
        wiring, uploads = self.world.wiring, self.world.wiring.registry.uploads
        intake = Intake(wiring.database, wiring.blobs, self.world.hashing)
        releases = Releases(wiring.database, checks, policy=policy)
        reviews = Reviews(wiring.database, releases)
        return Extensions(wiring.database, uploads, intake, checks, releases, reviews, limit=2**24)

    def package(self, version: str = "1.0.0", content: bytes = b"", **changes: Any) -> bytes:
        """A package of the publisher's `linter`; of other `content` other bytes."""
        told = {"publisher": self.publisher, "name": "linter", "files": {"extension/more.txt": content}} | changes
        return a_vsix(version=version, **told)

    async def uploaded(self, package: bytes, name: str = "", caller: Caller | None = None) -> Upload:
        """The package, sent in one request."""
        name = name or f"{secrets.token_hex(6)}.vsix"
        return await self.extensions.upload(caller or self.caller, body(package), name)

    async def inspected(self, upload: Upload) -> PublishTask:
        """The task after the checks."""
        await inspected(self.world.wiring.registry, upload)
        return await self.extensions.task(self.caller, upload.id)

    async def checked(self, package: bytes, name: str = "", caller: Caller | None = None) -> PublishTask:
        """The task of a package that was sent and checked."""
        return await self.inspected(await self.uploaded(package, name, caller))

    async def publish(self, task: PublishTask) -> PublishTask:
        """The task after `archiving`."""
        return await self.extensions.publish(self.caller, task.upload.id)

    async def published(self, package: bytes) -> ExtensionVersion:
        """The version that comes of a package."""
        version = (await self.publish(await self.checked(package))).version
        assert version is not None
        return version

    async def results(self, upload_id: str) -> list[CheckResult]:
        """What the newest run of the checks came to."""
        wiring, tenant_id = self.world.wiring, self.caller.tenant_id
        async with wiring.database.transaction(tenant_id) as tx:
            return await wiring.registry.checks.find(tx, tenant_id, SubjectKind.EXTENSION, upload_id)

    async def keep(self, upload: Upload, results: Sequence[CheckResult]) -> None:
        """A new run with these results."""
        wiring, tenant_id = self.world.wiring, self.caller.tenant_id
        package = PackageLocation(key="", size=upload.spec.size, sha256=upload.found_sha256 or "")
        subject = Subject(kind=SubjectKind.EXTENSION, tenant_id=tenant_id, subject_id=upload.id, package=package)
        async with wiring.database.transaction(tenant_id) as tx:
            await wiring.registry.checks.keep(tx, subject, results)

    async def set_publisher(self, column: str, value: bool) -> None:
        """Settles who looks at the publisher's releases."""
        publishers = self.world.wiring.registry.publishers
        if column == "publisher_review":
            await publishers.ask_for_review(self.caller, self.publisher_id, value)
        else:
            await publishers.skip_review(self.operator, self.publisher_id, value)

    async def face(self) -> Any:
        """The row of the extension."""
        return await self.world.owner.fetchrow("SELECT * FROM extensions WHERE publisher_id = $1", self.publisher_id)

    async def versions(self) -> list[tuple[str, str]]:
        """Number and state of each version, in their order of coming."""
        rows = await self.world.owner.fetch(
            "SELECT v.version, v.state FROM extension_versions v JOIN extensions e ON e.id = v.extension_id"
            " WHERE e.publisher_id = $1 ORDER BY v.created_at",
            self.publisher_id,
        )
        return [(row["version"], row["state"]) for row in rows]

    async def audited(self, action: str) -> int:
        """How often that was done with extensions of the account."""
        found: int = await self.world.owner.fetchval(
            "SELECT count(*) FROM audit_entries WHERE tenant_id = $1 AND action = $2", self.caller.tenant_id, action
        )
        return found
