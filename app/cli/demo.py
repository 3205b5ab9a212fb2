"""`plugport demo`: a catalogue to try things on."""

import asyncio
import os
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from app.cli.database import database_running, registry_open
from app.cli.demo_catalogue import Batch, Makers, Publishing, batches
from app.cli.demo_extensions import STUDIOS, ExtensionBatch, Seller, a_package, extension_batches
from app.cli.reporting import answer, as_json_option, reported
from app.registry.access.service import console
from app.settings import SettingRefused, Settings, read_settings
from app.telemetry import configure_logging
from app.wiring import Wiring, write_once
from schemas.errors import InvalidField, ServiceBusy
from schemas.ids import new_id
from schemas.model.access import Caller, Role, Tenant, User
from schemas.model.audit import Change
from schemas.model.marketplace import Detail, Filter
from schemas.model.plugins import Attribution, PluginQuery
from schemas.model.publishers import Publisher, PublisherFacts, PublisherStatus
from schemas.model.uploads import Upload, UploadState
from schemas.paging import Paging
from storage.postgres import access, audit
from storage.postgres import demo as rows
from storage.postgres.database import Database

_OFFICIAL, _PARTNER = "official", "demo-partner"
_PROJECT, _USER = "default", "demo"
_AUTHORS = 5
_PARTNER_PUBLISHERS = (("Northwind Tools", "北风工具"), ("Lotus DevOps", "莲花研发"), ("Harbour Labs", "港湾实验室"))
_BATCH = 5_000
_EXTENSION_BATCH = 2_500  # each has some fifty words to be found by


@click.command()
@click.option(
    "--plugins",
    "wanted",
    type=click.IntRange(1, 100_000),
    default=1_000,
    show_default=True,
    metavar="N",
    help="How many plug-ins the tenant shall see.",
)
@click.option(
    "--extensions",
    "wanted_extensions",
    type=click.IntRange(0, 100_000),
    default=1_000,
    show_default=True,
    metavar="N",
    help="How many extensions of IDEs everybody shall see.",
)
@click.option("--tenant", default="demo", show_default=True, metavar="TENANT", help="By name; made when missing.")
@as_json_option
@reported
def demo(wanted: int, wanted_extensions: int, tenant: str, as_json: bool) -> None:
    """Fill a catalogue to try things on.

    Adds plug-ins until TENANT sees N of them; where it sees as many already, nothing is added, so repeating is safe. Of a
    hundred, 82 are its own (some private, some only drafted), 8 are of the tenant `official`, which is made official, and 10
    are published by accepted publishers. Those two kinds are seen by every tenant: fill a trial installation, not the real one.

    Extensions of IDEs are published by the three, too, until everybody sees N of them. Nobody made their ratings and installs.

    The versions of plug-ins have no packages: what they declare can be read, nothing can be downloaded. All extensions are one
    small package, which does nothing. The user `demo`
    administers TENANT; its password is written to the file `demo-password` in the data directory. All other users have passwords
    that nobody knows. The database must be reached as its owner.
    """
    settings = read_settings(os.environ)
    configure_logging(settings.log_format, "error" if settings.log_level != "debug" else "debug")
    begun = time.monotonic()
    with database_running(settings) as running:
        facts = asyncio.run(_run(running, tenant, wanted, wanted_extensions, embedded=not settings.database_url))
    facts["seconds"] = round(time.monotonic() - begun, 1)
    answer(as_json, facts, _told(facts))


async def _run(
    settings: Settings, tenant: str, wanted: int, wanted_extensions: int, *, embedded: bool
) -> dict[str, Any]:
    owner_url = settings.database_owner_url or settings.database_url
    async with registry_open(settings, embedded=embedded) as wiring:
        owner = await Database.open(owner_url, size=1, role=None)
        try:
            async with owner.transaction() as tx:
                if not await rows.owns_catalogue(tx):
                    raise SettingRefused(
                        "PLUGPORT_DATABASE_OWNER_URL must name a login that owns the database: `demo` loads many rows at once, "
                        "which row-level security allows to nobody else."
                    )
            stage = _Stage(wiring, settings.data_dir / "demo-password")
            facts = await _fill(stage, owner, tenant, wanted)
            told = await _fill_marketplace(stage, owner, tenant, wanted_extensions)
            if told["added"] or any(facts["added"].values()):
                await rows.settle(owner_url)
            return facts | {"extensions": told["extensions"], "added": facts["added"] | {"extensions": told["added"]}}
        finally:
            await owner.close()


async def _fill(stage: "_Stage", owner: Database, name: str, wanted: int) -> dict[str, Any]:
    tenant = await stage.tenant(name)
    admin, password_file = await stage.administrator(tenant)
    seen = await stage.seen_by(tenant, admin)
    added: Counter[str] = Counter()
    if seen < wanted:
        makers = await _makers(stage, tenant, admin)
        tenants = sorted({publishing.tenant.id for publishing, _ in makers.shares})
        async with owner.transaction() as tx:
            taken = await rows.list_taken_names(tx, tenants)
        for batch in batches(makers, wanted - seen, taken, datetime.now(UTC), size=_BATCH):
            await _load(owner, tenants, batch)
            added.update(plugins=len(batch.plugins), versions=len(batch.versions), uses=len(batch.uses))
    return {
        "tenant": tenant.name,
        "tenant_id": tenant.id,
        "plugins": await stage.seen_by(tenant, admin),
        "added": {each: added[each] for each in ("plugins", "versions", "uses")},
        "user": admin.name,
        "password_file": str(password_file) if password_file else None,
    }


async def _load(owner: Database, tenants: list[str], batch: Batch) -> None:
    counts = Counter(each.tenant_id for each in batch.plugins)
    async with owner.transaction(platform=True) as tx:
        for tenant_id in tenants:
            await audit.lock_tenant(tx, tenant_id)
        await rows.copy_rows(tx, batch.plugins, batch.versions, batch.uses)
        for tenant_id, count in sorted(counts.items()):
            await audit.record(tx, tenant_id, console(), Change(
                action="demo.loaded", object_kind="tenant", object_id=tenant_id, detail={"plugins": count}))  # fmt: skip


async def _fill_marketplace(stage: "_Stage", owner: Database, name: str, wanted: int) -> dict[str, int]:
    """How many extensions everybody sees now, and how many were added."""
    tenant = await stage.tenant(name)
    admin, _ = await stage.administrator(tenant)
    seen = await stage.extensions_seen_by(tenant, admin)
    if seen >= wanted:
        return {"extensions": seen, "added": 0}
    sellers = await _sellers(stage, tenant, admin)
    tenants = sorted({each.tenant.id for each in sellers})
    async with owner.transaction() as tx:
        taken = await rows.list_taken_extensions(tx, tenants)
    for batch in extension_batches(sellers, wanted - seen, taken, datetime.now(UTC), size=_EXTENSION_BATCH):
        await _load_extensions(owner, tenants, batch)
    return {"extensions": await stage.extensions_seen_by(tenant, admin), "added": wanted - seen}


async def _load_extensions(owner: Database, tenants: list[str], batch: ExtensionBatch) -> None:
    counts = Counter(each.tenant_id for each in batch.extensions)
    async with owner.transaction(platform=True) as tx:
        for tenant_id in tenants:
            await audit.lock_tenant(tx, tenant_id)
        await rows.copy_extensions(tx, batch.extensions, batch.versions, batch.stats, batch.shown)
        for tenant_id, count in sorted(counts.items()):
            await audit.record(tx, tenant_id, console(), Change(
                action="demo.loaded", object_kind="tenant", object_id=tenant_id, detail={"extensions": count}))  # fmt: skip


async def _sellers(stage: "_Stage", tenant: Tenant, admin: User) -> list[Seller]:
    """Who publishes extensions: the tenant under one name, the official one under another, partners under many."""
    official = await stage.tenant(_OFFICIAL, official=True)
    partner = await stage.tenant(_PARTNER)
    official_author, partner_author = (await stage.authors(official))[0], (await stage.authors(partner))[0]
    found = []
    for owner, user, names in (
        (tenant, admin, [(f"{tenant.name}-ide", f"{tenant.name} 编辑器")]),
        (official, official_author, [("platform-ide", "平台编辑器")]),
        (partner, partner_author, list(STUDIOS)),
    ):
        publishers = [await stage.publisher(owner, user, *each) for each in names]
        package = await stage.package(owner, user, publishers[0])
        found += [Seller(tenant=owner, publisher=each, package=package) for each in publishers]
    return found


async def _makers(stage: "_Stage", tenant: Tenant, admin: User) -> Makers:
    """Who makes the catalogue that the tenant sees; everybody is made when missing."""
    official = await stage.tenant(_OFFICIAL, official=True)
    partner = await stage.tenant(_PARTNER)
    authors = await stage.authors(tenant)
    official_authors, partner_authors = await stage.authors(official), await stage.authors(partner)
    own_publisher = (await stage.publisher(tenant, admin, f"{tenant.name} team", f"{tenant.name} 团队")).id
    partners = [(await stage.publisher(partner, partner_authors[0], *names)).id for names in _PARTNER_PUBLISHERS]
    own, published = Attribution.CUSTOM, Attribution.PUBLISHED
    return Makers(
        shares=[
            (Publishing(tenant=tenant, authors=authors, attribution=own), 78),
            (Publishing(tenant=tenant, authors=authors, attribution=own, is_private=True), 4),
            (Publishing(tenant=tenant, authors=authors, attribution=published, publisher_ids=[own_publisher]), 3),
            (Publishing(tenant=partner, authors=partner_authors, attribution=published, publisher_ids=partners), 7),
            (Publishing(tenant=official, authors=official_authors, attribution=Attribution.OFFICIAL), 8),
        ]
    )


class _Stage:
    """Finds the people of the demonstration, or makes them."""

    def __init__(self, wiring: Wiring, password_file: Path) -> None:
        self._registry = wiring.registry
        self._database = wiring.database
        self._password_file = password_file

    async def tenant(self, name: str, *, official: bool = False) -> Tenant:
        """The tenant with its project. Raises `InvalidField` for one that is not official but should be, or the reverse."""
        async with self._database.transaction(platform=True) as tx:
            found = await access.find_tenant(tx, name)
        if found is None:
            found = await self._registry.access.create_tenant(console(), name, official=official)
        if found.official is not official:
            be = "is official" if found.official else "is not official"
            raise InvalidField("tenant", problem=f"{found.name} is there and {be}, so the demonstration cannot use it")
        if not await self._registry.access.project_exists(console(), found.id, _PROJECT):
            await self._registry.access.create_project(console(), found.id, _PROJECT)
        return found

    async def administrator(self, tenant: Tenant) -> tuple[User, Path | None]:
        """The user `demo`, and where the password is, where this command has made the user."""
        found = await self._user(tenant, _USER)
        if found is None:
            # Written first: a password that nobody knows would be of no use.
            write_once(self._password_file, secrets.token_urlsafe(18))
            password = self._password_file.read_text(encoding="ascii")
            found = await self._registry.access.create_user(console(), tenant.id, _USER, [Role.ADMIN], password)
        return found, self._password_file if self._password_file.exists() else None

    async def authors(self, tenant: Tenant) -> list[User]:
        """Users who made the plug-ins. Nobody logs in as one of them."""
        authors = []
        for number in range(1, _AUTHORS + 1):
            name = f"author-{number}"
            found = await self._user(tenant, name)
            if found is None:
                password = secrets.token_urlsafe(32)
                found = await self._registry.access.create_user(console(), tenant.id, name, [Role.AUTHOR], password)
            authors.append(found)
        return authors

    async def publisher(self, tenant: Tenant, owner: User, en_name: str, name: str) -> Publisher:
        """The tenant's accepted publisher of that English name."""
        caller = _caller(tenant, owner)
        own = await self._registry.publishers.list_page(caller, en_name, Paging(offset=0, limit=100))
        found = next((each for each in own.items if each.en_name.lower() == en_name.lower()), None)
        if found is None:
            facts = PublisherFacts(en_name=en_name, name=name, support_url="support@example.com")
            found = await self._registry.publishers.create(caller, facts)
        if found.status is not PublisherStatus.ACCEPTED:
            await self._registry.publishers.accept(console(), found.id)
        return found

    async def package(self, tenant: Tenant, sender: User, publisher: Publisher) -> Upload:
        """A package of the publisher's, uploaded and inspected."""
        caller = _caller(tenant, sender)
        upload = await self._registry.extensions.upload(
            caller, _body(a_package(publisher.en_name)), "demonstration.vsix"
        )
        while upload.state is UploadState.CHECKING:
            try:
                await self._registry.uploads.inspect(tenant.id, upload.id)
            except ServiceBusy:  # a server that runs beside this command is at it
                await asyncio.sleep(0.1)
            upload = await self._registry.uploads.show(caller, upload.id)
        if upload.state is not UploadState.ACCEPTED:
            raise InvalidField(
                "extensions", problem=f"the package of the demonstration is {upload.state}: {upload.reason}"
            )
        return upload

    async def extensions_seen_by(self, tenant: Tenant, user: User) -> int:
        """How many extensions everybody sees."""
        everything = Filter(criteria=[], page_number=1, page_size=1)
        return (await self._registry.marketplace.query(_caller(tenant, user), [everything], Detail(0)))[0].total

    async def seen_by(self, tenant: Tenant, user: User) -> int:
        """How many plug-ins the tenant sees."""
        found = await self._registry.catalogue.find(_caller(tenant, user), PluginQuery(), Paging(offset=0, limit=1))
        return found.total

    async def _user(self, tenant: Tenant, name: str) -> User | None:
        async with self._database.transaction(tenant.id) as tx:
            return await access.find_user(tx, tenant.id, name)


async def _body(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _caller(tenant: Tenant, user: User) -> Caller:
    return Caller(
        user_id=user.id,
        user_name=user.name,
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        official=tenant.official,
        roles=frozenset({Role.ADMIN}),
        credential="console",
        request_id=new_id(),
    )


def _told(facts: dict[str, Any]) -> str:
    added = facts["added"]
    if added["plugins"] or added["extensions"]:
        did = (
            f"Added {added['plugins']:,} plug-ins with {added['versions']:,} versions and {added['uses']:,} uses, and "
            f"{added['extensions']:,} extensions, in {facts['seconds']} s."
        )
    else:
        did = "Nothing was added."
    password = f"the password is in {facts['password_file']}" if facts["password_file"] else "its password is as it was"
    return (
        f"{did}\nThe tenant {facts['tenant']} ({facts['tenant_id']}) sees {facts['plugins']:,} plug-ins "
        f"and {facts['extensions']:,} extensions.\n"
        f"Log in as {facts['user']} of the account {facts['tenant']}; {password}."
    )
