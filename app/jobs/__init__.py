"""Work that nobody waits for: every kind of it, how it is run, and how often by itself.

Jobs are enqueued by use-cases (`storage.postgres.jobs.enqueue`) or by the schedule, and run by workers (`worker.py`). A
worker may die at any moment, so a job may run twice: each kind here does no harm then.
"""

from collections.abc import Awaitable, Callable

from app.jobs import (
    announce_entry,
    check_release,
    collect_garbage,
    deliver_webhook,
    expire_uploads,
    inspect_upload,
    rerun_checks,
    scrub_blobs,
    sweep_credentials,
    sweep_incoming,
    sweep_installs,
    sweep_notifications,
    sweep_webhooks,
)
from app.registry import Registry
from schemas.base import Entity
from schemas.model.jobs import Job

_MINUTE = 60
_DAY = 24 * 60 * _MINUTE


class Handler(Entity, frozen=True):
    """How jobs of one kind are run.

    After `attempts` failures `give_up` is told the reason, and then the job is failed; it is told again only when the
    process dies between the two. Whoever runs a job prolongs its lease; a dead process's job is taken by another when
    `lease_seconds` are over. `every_seconds` is of kinds that recur: one job of the platform, without payload, each time.
    """

    run: Callable[[Registry, Job], Awaitable[None]]
    attempts: int = 5
    lease_seconds: float = 60
    give_up: Callable[[Registry, Job, str], Awaitable[None]] | None = None
    every_seconds: int | None = None


HANDLERS: dict[str, Handler] = {
    # With the pauses between them, ten attempts take a quarter of an hour: a storage may be away for so long.
    "inspect_upload": Handler(run=inspect_upload.run, attempts=10, lease_seconds=20, give_up=inspect_upload.give_up),
    "check_release": Handler(run=check_release.run, lease_seconds=20, give_up=check_release.give_up),
    "rerun_checks": Handler(run=rerun_checks.run, lease_seconds=20, give_up=rerun_checks.give_up),
    "announce_entry": Handler(run=announce_entry.run),
    # With the pauses between them, sixteen attempts take two hours and a half.
    "deliver_webhook": Handler(run=deliver_webhook.run, attempts=16, give_up=deliver_webhook.give_up),
    "expire_uploads": Handler(run=expire_uploads.run, every_seconds=_MINUTE),
    "sweep_credentials": Handler(run=sweep_credentials.run, every_seconds=5 * _MINUTE),
    "sweep_incoming": Handler(run=sweep_incoming.run, every_seconds=60 * _MINUTE),
    "sweep_installs": Handler(run=sweep_installs.run, every_seconds=60 * _MINUTE),
    "sweep_notifications": Handler(run=sweep_notifications.run, every_seconds=60 * _MINUTE),
    "sweep_webhooks": Handler(run=sweep_webhooks.run, every_seconds=60 * _MINUTE),
    "collect_garbage": Handler(run=collect_garbage.run, every_seconds=60 * _MINUTE),
    "scrub_blobs": Handler(run=scrub_blobs.run, every_seconds=_DAY),
}
