"""Builds everything once and in order; the only file that knows all constructors."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.registry import Registry
from app.registry.access.passwords import Passwords
from app.registry.access.publisher_tokens import PublisherTokens
from app.registry.access.sealing import Seal
from app.registry.access.service import Access
from app.registry.audit.service import Audit
from app.registry.checks.catalogue import every_check
from app.registry.checks.clamav import read_address
from app.registry.checks.service import Checks
from app.registry.consents.service import Consents
from app.registry.contracts.changes import Changes
from app.registry.contracts.service import Contracts
from app.registry.downloads.service import Downloads
from app.registry.extensions.service import Extensions
from app.registry.feedback.service import Feedback
from app.registry.icons.service import Icons
from app.registry.installs.service import Installs
from app.registry.jobs.service import Jobs
from app.registry.marketplace.service import Marketplace
from app.registry.memberships.service import Memberships
from app.registry.notifications.service import Notifications
from app.registry.packages.intake import Intake
from app.registry.packages.service import Packages
from app.registry.pipelines.service import Pipelines
from app.registry.plugins.catalogue import Catalogue
from app.registry.plugins.service import Plugins
from app.registry.policies.rule_sets import RuleSets
from app.registry.policies.service import Policies
from app.registry.publishers.service import Publishers
from app.registry.releases.service import Releases
from app.registry.reviews.service import Reviews
from app.registry.upkeep.service import Upkeep
from app.registry.uploads.service import Uploads
from app.registry.webhooks.sending import Sender
from app.registry.webhooks.service import Webhooks
from app.settings import SettingRefused, Settings
from schemas.model.reviews import ReviewPolicy
from schemas.model.uploads import UploadPolicy
from storage.blobs.base import BlobStore
from storage.blobs.connect import open_store
from storage.executors import Executor
from storage.postgres.database import Database


@dataclass(frozen=True, slots=True)
class Wiring:
    """The registry, and what it stands on."""

    registry: Registry
    database: Database
    blobs: BlobStore


@asynccontextmanager
async def wired(settings: Settings) -> AsyncIterator[Wiring]:
    """Opens everything for the length of the block and closes it in reverse. `database_url` must not be empty."""
    async with AsyncExitStack() as opened:
        database = await Database.open(settings.database_url, size=settings.database_pool)
        opened.push_async_callback(database.close)
        blobs = _store(settings.storage_url)
        opened.push_async_callback(blobs.close)
        passwords = _executor(opened, "passwords", threads=2, queue=30)
        inspection = _executor(opened, "inspection", threads=2, queue=30)
        hashing = _executor(opened, "hashing", threads=2, queue=1024)  # a download that found no room would break off
        images = _executor(opened, "images", threads=1, queue=15)
        intake = Intake(database, blobs, hashing)
        catalogue = Catalogue(database)
        comparisons = _executor(opened, "comparisons", threads=1, queue=30)
        checks = _checks(settings, database, blobs, inspection)
        releases = Releases(database, checks, policy=ReviewPolicy(settings.review_policy))
        reviews = Reviews(database, releases)
        plugins = Plugins(database, comparisons, releases)
        packages = Packages(database, intake, plugins, checks, limit=settings.max_package_bytes)
        uploads = Uploads(
            database,
            blobs,
            packages,
            checks,
            hashing,
            _upload_policy(settings),
        )
        seal = Seal(sealing_key(settings))
        any_address = settings.webhook_addresses == "any"
        sender = Sender(_executor(opened, "lookups", threads=2, queue=30), any_address=any_address)
        webhooks = Webhooks(database, seal, sender, any_address=any_address)
        registry = Registry(
            access=Access(database, Passwords(passwords), seal, token_hours=settings.token_hours),
            plugins=plugins,
            catalogue=catalogue,
            changes=Changes(database, catalogue, comparisons),
            contracts=Contracts(catalogue, comparisons),
            packages=packages,
            uploads=uploads,
            pipelines=Pipelines(database),
            publishers=Publishers(database),
            memberships=Memberships(database),
            publisher_tokens=PublisherTokens(database),
            icons=Icons(database, blobs, intake, images),
            downloads=Downloads(database, blobs, hashing, redirect=settings.download_redirect == "on"),
            installs=Installs(database, blobs, hashing, redirect=settings.download_redirect == "on"),
            consents=Consents(database),
            extensions=Extensions(
                database,
                uploads,
                intake,
                checks,
                releases,
                reviews,
                limit=settings.max_package_bytes,
            ),
            releases=releases,
            reviews=reviews,
            marketplace=Marketplace(database),
            feedback=Feedback(database),
            policies=Policies(database, catalogue),
            rule_sets=RuleSets(database),
            jobs=Jobs(database),
            upkeep=Upkeep(database, blobs, _executor(opened, "scrubbing", threads=1, queue=15)),
            audit=Audit(database),
            notifications=Notifications(database, webhooks),
            webhooks=webhooks,
            checks=checks,
        )
        yield Wiring(registry=registry, database=database, blobs=blobs)


def _checks(settings: Settings, database: Database, blobs: BlobStore, inspection: Executor) -> Checks:
    try:
        clamd = read_address(settings.clamd)
    except ValueError as error:
        raise SettingRefused(f"PLUGPORT_CLAMD: {error}") from error
    try:
        return Checks(database, blobs, inspection, every_check(clamd), settings.checks)
    except ValueError as error:
        raise SettingRefused(f"PLUGPORT_CHECKS: {error}") from error


def _upload_policy(settings: Settings) -> UploadPolicy:
    return UploadPolicy(
        max_file_bytes=settings.max_package_bytes,
        most_open_uploads=settings.max_open_uploads,
        most_staged_bytes=settings.max_staged_bytes,
        expires_after_hours=settings.upload_hours,
    )


def _executor(opened: AsyncExitStack, name: str, *, threads: int, queue: int) -> Executor:
    executor = Executor(name, threads=threads, queue=queue)
    opened.callback(executor.close)
    return executor


def _store(url: str) -> BlobStore:
    try:
        return open_store(url)
    except ValueError as error:
        raise SettingRefused(f"PLUGPORT_STORAGE_URL: {error}") from error


def sealing_key(settings: Settings) -> bytes:
    """The 32 bytes that seal access keys' secrets: the setting, or those made once in the data directory (0600)."""
    if settings.secret_key:
        return bytes.fromhex(settings.secret_key)
    file = settings.data_dir / "secret.key"
    if not file.exists():
        write_once(file, secrets.token_hex(32))
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SettingRefused(f"{file} does not hold 64 hexadecimal digits; restore it or set PLUGPORT_SECRET_KEY.")
    return key


def write_once(file: Path, text: str) -> None:
    """Makes the file with this text, whole or not at all, unless somebody else has made it first."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as target:
        target.write(text)
        target.flush()
        os.fsync(target.fileno())
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()
