"""What tests of releases stand on: an account with an accepted publisher, its plug-ins, and the people who decide.

release = await house.filed("scan")          # published under the policy `always`: it waits
await house.decide(release, house.olga, Verdict.ACCEPT)
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.registry.access.service import console
from app.registry.checks.service import Checks
from app.registry.downloads.service import Downloads
from app.registry.packages.intake import Intake
from app.registry.packages.service import Packages
from app.registry.plugins.service import Plugins
from app.registry.releases.service import Releases
from app.registry.reviews.service import Reviews
from schemas.model.access import Caller, Role, Tenant
from schemas.model.publishers import PublisherFacts
from schemas.model.releases import Release, ReleaseState, Verdict
from schemas.model.reviews import QueueItem, QueueQuery, ReviewPolicy
from schemas.paging import Paging
from storage.postgres import releases
from tests.builders import a_name, a_package
from tests.contract.postgres.furnished import a_spec
from tests.contract.uploads.world import World, body


@dataclass
class House:
    """Plug-ins of one publisher under one policy, and operators `olga`, `otto` and `omar`, who are of another account."""

    world: World
    publisher_id: str
    olga: Caller
    otto: Caller
    omar: Caller
    services: dict[str, Any] = field(default_factory=dict)

    @classmethod
    async def open(cls, world: World) -> "House":
        """With a new accepted publisher of the world's account."""
        registry = world.wiring.registry
        name = f"Makers-{secrets.token_hex(6)}"
        facts = PublisherFacts(en_name=name, name=f"The {name}", support_url="x@y.example")
        publisher = await registry.publishers.create(world.caller, facts)
        await registry.publishers.accept(console(), publisher.id)
        desk = await registry.access.create_tenant(console(), f"desk-{secrets.token_hex(6)}", official=True)
        people = []
        for each in ("olga", "otto", "omar"):
            user = await registry.access.create_user(console(), desk.id, each, ["operator"], "a password")
            people.append(_operator(user.id, each, desk))
        return cls(world, publisher.id, *people)

    @property
    def ann(self) -> Caller:
        """The author."""
        return self.world.caller

    def reviewer(self, *, official: bool) -> Caller:
        """A reviewer, of the platform's own account or of another one."""
        return Caller(
            user_id=secrets.token_hex(16), user_name="rita", tenant_id=self.olga.tenant_id if official else "e" * 32,
            tenant_name="", official=official, roles=frozenset({Role.REVIEWER}), credential="token", request_id="r",
        )  # fmt: skip

    def by(self, policy: ReviewPolicy = ReviewPolicy.CHECKS, checks: Checks | None = None) -> "Services":
        """The services of an installation with that policy and these checks."""
        wiring = self.world.wiring
        checks = checks or wiring.registry.checks
        made = Releases(wiring.database, checks, policy=policy)
        plugins = Plugins(wiring.database, self.world.hashing, made)
        intake = Intake(wiring.database, wiring.blobs, self.world.hashing)
        packages = Packages(wiring.database, intake, plugins, checks, limit=2**24)
        return Services(made, plugins, packages, Reviews(wiring.database, made))

    @property
    def downloads(self) -> Downloads:
        """Packages on their way out."""
        return self.world.wiring.registry.downloads

    @property
    def reviews(self) -> Reviews:
        """The desk."""
        return self.world.wiring.registry.reviews

    @property
    def releases(self) -> Releases:
        """What authors do."""
        return self.world.wiring.registry.releases

    async def made(
        self,
        policy: ReviewPolicy = ReviewPolicy.CHECKS,
        *,
        version: str = "1.0.0",
        name: str = "",
        packed: bool = False,
    ) -> Release:
        """The release of a version of a plug-in that is published under that policy; a plug-in of its own where none is named."""
        services, is_new = self.by(policy), not name
        name = name or a_name()
        if packed:
            await services.packages.upload(self.ann, name, None, body(a_package(name, version)))
        else:
            await services.plugins.create_version(self.ann, a_spec(name, version))
        if is_new:
            await services.plugins.publish(self.ann, name, "", self.publisher_id)
        return await self.of(name, version)

    async def filed(self, **told: Any) -> Release:
        """One that waits for a person."""
        release = await self.made(ReviewPolicy.ALWAYS, **told)
        assert release.state is ReleaseState.IN_REVIEW
        return release

    async def released(self, **told: Any) -> Release:
        """One that is everybody's."""
        release = await self.made(**told)
        assert release.state is ReleaseState.RELEASED, release.message
        return release

    async def of(self, name: str, version: str = "1.0.0") -> Release:
        """The release of a version, as it is now."""
        found = await self.world.owner.fetchval(
            "SELECT id FROM releases WHERE tenant_id = $1 AND name = $2 AND version = $3",
            self.ann.tenant_id,
            name,
            version,
        )
        return await self.now(found)

    async def now(self, release_id: str) -> Release:
        """A release as it is now."""
        async with self.world.wiring.database.transaction(self.ann.tenant_id) as tx:
            release = await releases.find(tx, self.ann.tenant_id, release_id)
        assert release is not None
        return release

    async def review(self, release: Release) -> QueueItem:
        """What waits to be decided about a release."""
        found = await self.reviews.list_queue(self.olga, QueueQuery(), Paging(offset=0, limit=1000))
        return next(each for each in found.items if each.release.id == release.id)

    async def decide(
        self, release: Release, who: Caller, verdict: Verdict, reasons: Sequence[str] = ("policy",), text: str = ""
    ) -> QueueItem:
        """Somebody decides about what waits of a release."""
        item = await self.review(release)
        return await self.reviews.decide(who, item.review.id, verdict, [*reasons], text)

    async def quarantined(self, release: Release) -> Release:
        """Two people take it away."""
        for each in (self.olga, self.otto):
            await self.reviews.quarantine(each, release.id, ["malicious"], "It steals.")
        return await self.now(release.id)

    async def set_sensitive(self) -> None:
        """From now on two people accept what the publisher releases."""
        await self.reviews.set_sensitive(self.olga, self.publisher_id, True)

    async def audited(self, action: str) -> int:
        """How many entries there are of that action."""
        count: int = await self.world.owner.fetchval(
            "SELECT count(*) FROM audit_entries WHERE tenant_id = $1 AND action = $2", self.ann.tenant_id, action
        )
        return count


@dataclass(frozen=True)
class Services:
    """What depends on a policy and on checks."""

    releases: Releases
    plugins: Plugins
    packages: Packages
    reviews: Reviews


def _operator(user_id: str, name: str, tenant: Tenant) -> Caller:
    return Caller(
        user_id=user_id, user_name=name, tenant_id=tenant.id, tenant_name=tenant.name, official=True,
        roles=frozenset({Role.OPERATOR}), credential="token", request_id="r",
    )  # fmt: skip
