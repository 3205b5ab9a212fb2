"""One collection of garbage: what no row needs is removed, rows first and bytes later.

Why nothing that is needed can go:

- Whoever comes to need bytes writes the row that says so before the bytes are there, and with the tenant locked. Everything
  here that removes a row or a byte has the tenant locked, too, and asks once more before it does.
- So a key that is listed and that no row names was given up. Under a content key the same bytes may come again; that, too,
  is said in a row (`incoming_blobs.sha256`) with the tenant locked, before it happens.
- A blob whose row goes leaves its key in `doomed_blobs`, in the same transaction. Whatever kills a collection between row
  and bytes, the next one finds it there.
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import groupby
from operator import attrgetter
from typing import TypeVar

import structlog

from app.registry.upkeep import rules
from app.registry.upkeep.inventory import unnamed_keys
from schemas.model.upkeep import Collected, StoredKey
from storage.blobs import keys
from storage.blobs.base import BlobStore
from storage.postgres import audit, checks, upkeep
from storage.postgres.database import Database, Transaction
from storage.postgres.upkeep import EndedUpload, ListedBlob, ListedIcon, OldUpload

log = structlog.get_logger()

Row = TypeVar("Row", ListedIcon, ListedBlob, OldUpload)

_ROWS_AT_ONCE = 500
_LEFTOVER_HOURS = 24
_OLD_UPLOAD_DAYS = 30


class _OnlyTried(Exception):
    """Undoes the transaction of a dry run. It never leaves this module."""


class Collection:
    """Counts while it goes; used once."""

    def __init__(self, database: Database, blobs: BlobStore, *, dry_run: bool, grace_hours: int) -> None:
        """Icons and blobs younger than `grace_hours` stay. A dry run changes nothing, and counts what would go."""
        self._database = database
        self._blobs = blobs
        self._dry_run = dry_run
        self._grace_hours = grace_hours
        self._counts: Counter[str] = Counter()

    async def run(self) -> Collected:
        """Everything there is to do, in the order in which one thing frees another."""
        await self._drop_icons()
        await self._clear_uploads()
        await self._forget_uploads()
        await self._forget_checks()
        await self._doom_blobs()
        await self._remove_doomed()
        await self._remove_leftovers()
        await self._remove_orphans()
        counts = self._counts
        return Collected(
            dry_run=self._dry_run,
            icons=counts["icons"],
            blobs=counts["blobs"],
            uploads_cleared=counts["uploads_cleared"],
            uploads_forgotten=counts["uploads_forgotten"],
            files=counts["files"],
            leftovers=counts["leftovers"],
            orphans=counts["orphans"],
        )

    # -- rows ----------------------------------------------------------------------------------------------------------

    async def _drop_icons(self) -> None:
        after = ""
        while True:
            async with self._database.transaction(platform=True) as tx:
                batch = await upkeep.list_icons(tx, after, self._grace_hours, _ROWS_AT_ONCE)
            for tenant_id, icons in _by_tenant(each for each in batch if each.useless):
                async with self._change(tenant_id) as tx:
                    gone = await upkeep.delete_icons(tx, tenant_id, [each.object_key for each in icons])
                    digests = [sha256 for _, sha256 in gone]
                    doomed = await upkeep.doom_blobs(tx, tenant_id, digests, self._grace_hours)
                for object_key, sha256 in gone:
                    self._count("icons", "icon removed", object_key=object_key, sha256=sha256, why="nobody shows it")
                self._count_doomed(doomed)
            if len(batch) < _ROWS_AT_ONCE:
                return
            after = batch[-1].object_key

    async def _doom_blobs(self) -> None:
        after = ""
        while True:
            async with self._database.transaction(platform=True) as tx:
                batch = await upkeep.list_blobs(tx, after, self._grace_hours, _ROWS_AT_ONCE)
            for tenant_id, blobs in _by_tenant(each for each in batch if each.useless):
                async with self._change(tenant_id) as tx:
                    digests = [each.sha256 for each in blobs]
                    doomed = await upkeep.doom_blobs(tx, tenant_id, digests, self._grace_hours)
                self._count_doomed(doomed)
            if len(batch) < _ROWS_AT_ONCE:
                return
            after = batch[-1].key

    def _count_doomed(self, doomed: list[str]) -> None:
        for key in doomed:
            self._count("blobs", "blob doomed", key=key, why="no version, icon or upload needs it")

    async def _forget_uploads(self) -> None:
        while True:
            async with self._database.transaction(platform=True) as tx:
                batch = await upkeep.list_old_uploads(tx, _OLD_UPLOAD_DAYS, _ROWS_AT_ONCE)
            for tenant_id, uploads in _by_tenant(batch):
                async with self._change(tenant_id) as tx:
                    forgotten = await upkeep.delete_uploads(tx, tenant_id, [each.id for each in uploads])
                for id in forgotten:
                    self._count("uploads_forgotten", "upload forgotten", upload=id, why="it has been over for long")
            if self._dry_run or len(batch) < _ROWS_AT_ONCE:
                return

    async def _forget_checks(self) -> None:
        """Of what came to nothing and of what is no more."""
        if not self._dry_run:
            async with self._database.transaction(platform=True) as tx:
                forgotten = await checks.forget(tx, _OLD_UPLOAD_DAYS)
            if forgotten:
                log.info("checks forgotten", rows=forgotten, why="nothing is left of what they looked at")

    # -- bytes ---------------------------------------------------------------------------------------------------------

    async def _clear_uploads(self) -> None:
        after = ""
        while True:
            async with self._database.transaction(platform=True) as tx:
                batch = await upkeep.list_uploads_to_clear(tx, after, _ROWS_AT_ONCE)
            for upload in batch:
                await self._clear(upload)
            if len(batch) < _ROWS_AT_ONCE:
                return
            after = batch[-1].id

    async def _clear(self, upload: EndedUpload) -> None:
        if upload.assembly.handle and not self._dry_run:  # without one its bytes were known, and none came
            await self._blobs.discard(upload.assembly)  # an upload that is over takes no more parts
        rounds = range(1, upload.round + 1)
        joined = [rules.stored_key(keys.assembled(upload.tenant_id, upload.id, each)) for each in rounds]
        async with self._change(upload.tenant_id) as tx:
            is_new = await upkeep.note_cleared(tx, upload)
            for key in await upkeep.list_unnamed_keys(tx, [each for each in joined if each]):
                await self._remove(key, "its upload is over and no blob has it")
        if is_new:
            self._count(
                "uploads_cleared", "upload cleared", upload=upload.id, key=upload.assembly.key, why="it is over"
            )

    async def _remove_doomed(self) -> None:
        after = ""
        while True:
            async with self._database.transaction(platform=True) as tx:
                batch = await upkeep.list_doomed(tx, after, _ROWS_AT_ONCE)
            for each in batch:
                key = rules.stored_key(each)
                if key is not None and await self._remove_unnamed(key, "its row is gone"):
                    self._counts["files"] += 1
            if len(batch) < _ROWS_AT_ONCE:
                return
            after = batch[-1]

    async def _remove_leftovers(self) -> None:
        if self._dry_run:
            return
        async with self._database.transaction(platform=True) as tx:
            handles = await upkeep.list_assemblies(tx)
        self._counts["leftovers"] = await self._blobs.tidy(hours=_LEFTOVER_HOURS, keep=handles)

    async def _remove_orphans(self) -> None:
        async for key, doomed in unnamed_keys(self._database, self._blobs):
            if not doomed and await self._remove_unnamed(key, "no row names it"):
                self._counts["orphans"] += 1

    async def _remove_unnamed(self, key: StoredKey, why: str) -> bool:
        """Removes the blob, unless a row has come to name it. Answers whether it went."""
        async with self._change(key.tenant_id) as tx:
            goes = key.text in await upkeep.list_unnamed_keys(tx, [key])
            if goes:
                await self._remove(key.text, why)
            await upkeep.forget_doomed(tx, key.tenant_id, key.text)
        return goes

    async def _remove(self, key: str, why: str) -> None:
        if not self._dry_run:
            await self._blobs.delete(key)
            log.info("bytes removed", key=key, why=why)

    # -- both ----------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _change(self, tenant_id: str) -> AsyncIterator[Transaction]:
        """A transaction with the tenant locked, which a dry run undoes."""
        with suppress(_OnlyTried):
            async with self._database.transaction(tenant_id) as tx:
                await audit.lock_tenant(tx, tenant_id)
                yield tx
                if self._dry_run:
                    raise _OnlyTried

    def _count(self, name: str, event: str, **facts: str) -> None:
        self._counts[name] += 1
        if not self._dry_run:
            log.info(event, **facts)


def _by_tenant(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """The rows of each tenant."""
    tenant = attrgetter("tenant_id")
    for tenant_id, group in groupby(sorted(rows, key=tenant), key=tenant):
        yield tenant_id, list(group)
