"""The way bytes come in, whatever they are: icons and packages alike.

A row that names them comes first, then the bytes under a key of their own, then (after the use-case has looked at
them) the bytes under their content key, read back. What makes them kept is one commit: the use-case's own. Whatever
fails on the way, the bytes and the row are removed; what a killed process left behind, `sweep` removes.

Content keys are shared by equal bytes of a tenant. The row says which content key is about to be written before it is, and
saying so and removing a content key both take the tenant's lock; so nobody's bytes are removed under him.

Where the tenant keeps the same bytes already, those are read back instead and the new ones are removed. Are the kept ones
lost, damaged or in quarantine, the new ones take their place under the key that is theirs alone: nothing is overwritten.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import structlog

from schemas.errors import BytesDamaged, RegistryError, StorageUnavailable
from schemas.model.access import Caller
from schemas.model.audit import Change
from storage.blobs import keys
from storage.blobs.base import BlobStore, Stored
from storage.blobs.proof import Proof, prove_stored
from storage.executors import Executor
from storage.postgres import audit, packages
from storage.postgres.database import Database, Transaction
from storage.postgres.packages import Incoming, KeptBlob

log = structlog.get_logger()

_STALE_HOURS = 24


class Received:
    """Bytes that have come in completely. Use it in this order: look at them, `settle`, `keep`."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        hashing: Executor,
        caller: Caller,
        incoming: Incoming,
        stored: Stored,
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._hashing = hashing
        self._caller = caller
        self._incoming = incoming
        self._there: KeptBlob | None = None
        self._proof: Proof | None = None
        self.left_over = [incoming]
        """What is to be removed in the end: all of it until the bytes are kept."""
        self.stored = stored
        """Size, SHA-256 and key of the bytes: a key of their own at first, the one they are kept under once settled."""

    async def settle(self) -> None:
        """Puts the bytes where they are to be kept, and reads them back. No transaction should be open meanwhile.

        Raises `BytesDamaged` when the medium gives back other bytes than were sent.
        """
        tenant_id, sha256 = self._incoming.tenant_id, self.stored.sha256
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            self._there = await packages.find_blob(tx, tenant_id, sha256)
            if not await packages.settle_incoming(tx, self._incoming, sha256):
                raise self._swept()
        if self._there is None:
            content = keys.content(tenant_id, sha256)
            try:
                await self._blobs.promote(self.stored.key, content)
            except KeyError as error:
                raise StorageUnavailable(reason=f"{error} is gone although nobody was to remove it") from error
            self.stored = Stored(key=content, size=self.stored.size, sha256=sha256)
        elif self._there.quarantine is None and (
            proof := await prove_stored(self._blobs, self._there.stored, self._hashing)
        ):
            self.stored, self._proof = self._there.stored, proof
            return
        self._proof = await prove_stored(self._blobs, self.stored, self._hashing)
        if self._proof is None:
            raise BytesDamaged

    async def keep(self, tx: Transaction) -> None:
        """Makes `blobs` name the bytes, in the transaction whose rows refer to them. The tenant is locked already."""
        if self._proof is None:
            raise RuntimeError("bytes are settled before they are kept")
        tenant_id, sha256 = self._incoming.tenant_id, self.stored.sha256
        there, before = await packages.find_blob(tx, tenant_id, sha256), self._there
        borrowed = before is not None and before.stored.key == self.stored.key
        same = there is not None and there.stored.key == self.stored.key
        moved = there is not None and (before is None or before.stored.key != there.stored.key)
        if there is not None and there.quarantine is None and (same or moved):
            self.stored = there.stored  # the same bytes are kept already, or were just brought by somebody else
        elif borrowed or same:
            raise BytesDamaged  # what was kept has been removed or quarantined since it was read back
        else:
            if not await packages.delete_incoming(tx, self._incoming):
                raise self._swept()
            self.left_over = []
            if there is None:
                await packages.insert_blob(tx, tenant_id, self.stored)
            else:
                await self._heal(tx, there, self._proof)
        await packages.prove_blob(tx, tenant_id, sha256, self._proof)

    async def _heal(self, tx: Transaction, there: KeptBlob, proof: Proof) -> None:
        tenant_id, sha256 = self._incoming.tenant_id, self.stored.sha256
        old = await packages.replace_blob(tx, tenant_id, self.stored, proof)
        if old is not None:
            self.left_over = [Incoming(key=old, tenant_id=tenant_id)]
        await audit.record(tx, tenant_id, self._caller, Change(
            action="blob.healed", object_kind="blob", object_id=sha256,
            detail={"key": self.stored.key, "reason": there.quarantine or "found lost or changed"}))  # fmt: skip

    def _swept(self) -> StorageUnavailable:
        return StorageUnavailable(reason=f"{self._incoming.key} took longer than {_STALE_HOURS} hours and was swept")


class Intake:
    """Takes in bytes for a tenant."""

    def __init__(self, database: Database, blobs: BlobStore, hashing: Executor) -> None:
        self._database = database
        self._blobs = blobs
        self._hashing = hashing

    @asynccontextmanager
    async def receive(
        self, caller: Caller, body: AsyncIterator[bytes], limit: int, purpose: Literal["icon", "package"]
    ) -> AsyncIterator[Received]:
        """The bytes of `body`, at most `limit` of them, for the caller's tenant.

        Raises `BodyTooLarge` and whatever `body` raises. On leaving, bytes that were not kept are removed, and so are
        those whose transaction failed.

            async with intake.receive(caller, body, limit, "package") as received:
                ...                                     # inspect received.stored.key
                await received.settle()
                async with database.transaction(caller.tenant_id) as tx:
                    await audit.lock_tenant(tx, caller.tenant_id)
                    ...
                    await received.keep(tx)
        """
        incoming = Incoming(key=keys.incoming(caller.tenant_id), tenant_id=caller.tenant_id)
        async with self._database.transaction(incoming.tenant_id) as tx:
            await audit.lock_tenant(tx, incoming.tenant_id)
            await packages.insert_incoming(tx, incoming, purpose)
        try:
            stored = await self._blobs.put(incoming.key, body, limit=limit)
            received = Received(self._database, self._blobs, self._hashing, caller, incoming, stored)
            yield received
        except BaseException:
            await asyncio.shield(self._discard(incoming))
            raise
        for left in received.left_over:
            await asyncio.shield(self._discard(left))

    async def sweep(self) -> int:
        """Removes what killed processes left on its way in; answers how much of it there was."""
        async with self._database.transaction(platform=True) as tx:
            stale = await packages.list_stale_incoming(tx, _STALE_HOURS)
        for incoming in stale:
            await self._discard(incoming)
        return len(stale)

    async def _discard(self, incoming: Incoming) -> None:
        """Removes bytes and row, unless a commit whose reply was lost has kept them. What cannot be removed now is left
        to `sweep`: the refusal that led here matters more to the caller."""
        try:
            async with self._database.transaction(incoming.tenant_id) as tx:
                # Waits for a use-case's own transaction, should it still be ending in the database.
                await audit.lock_tenant(tx, incoming.tenant_id)
                left = await packages.find_incoming(tx, incoming)
                if left is None:
                    return
                if not await packages.is_needed(tx, left, left.key):
                    await self._blobs.delete(left.key)
                if left.sha256 is not None:
                    content = keys.content(left.tenant_id, left.sha256)
                    if not await packages.is_needed(tx, left, content, left.sha256):
                        await self._blobs.delete(content)
                await packages.delete_incoming(tx, left)
        except RegistryError as error:
            log.warning("incoming bytes are left to the sweep", key=incoming.key, reason=str(error))
