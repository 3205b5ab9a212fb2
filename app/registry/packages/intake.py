"""The way bytes come in, whatever they are: icons and packages alike.

A row that names them comes first, then the bytes under a key of their own, then (after the use-case has looked at
them) the bytes under their content key, read back. What makes them kept is one commit: the use-case's own. Whatever
fails on the way, the bytes and the row are removed; what a killed process left behind, `sweep` removes.

Content keys are shared by equal bytes of a tenant. The row says which content key is about to be written before it is, and
saying so and removing a content key both take the tenant's lock; so nobody's bytes are removed under him.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import structlog

from schemas.errors import BytesDamaged, RegistryError, StorageUnavailable
from schemas.model.access import Caller
from storage.blobs import keys
from storage.blobs.base import BlobStore, Stored
from storage.postgres import audit, packages
from storage.postgres.database import Database, Transaction
from storage.postgres.packages import Incoming

log = structlog.get_logger()

_STALE_HOURS = 24


class Received:
    """Bytes that have come in completely. Use it in this order: look at them, `settle`, `keep`."""

    def __init__(self, database: Database, blobs: BlobStore, incoming: Incoming, stored: Stored) -> None:
        self._database = database
        self._blobs = blobs
        self._incoming = incoming
        self.kept = False
        self.stored = stored
        """Size, SHA-256 and key of the bytes: a key of their own at first, their content key once settled."""

    async def settle(self) -> None:
        """Moves the bytes to their content key and reads them back. No transaction should be open meanwhile.

        Raises `BytesDamaged` when the medium gives back other bytes than were sent.
        """
        tenant_id, sha256 = self._incoming.tenant_id, self.stored.sha256
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            if not await packages.settle_incoming(tx, self._incoming, sha256):
                raise StorageUnavailable(
                    reason=f"{self._incoming.key} took longer than {_STALE_HOURS} hours and was swept"
                )
        settled = Stored(key=keys.content(tenant_id, sha256), size=self.stored.size, sha256=sha256)
        try:
            await self._blobs.promote(self.stored.key, settled.key)
            found = await self._blobs.digest(settled.key)
        except KeyError as error:
            raise StorageUnavailable(reason=f"{error} is gone although nobody was to remove it") from error
        self.stored = settled
        if found != settled:
            raise BytesDamaged

    async def keep(self, tx: Transaction) -> None:
        """Makes `blobs` name the bytes, in the transaction whose rows refer to them. The tenant is locked already."""
        if self.stored.key == self._incoming.key:
            raise RuntimeError("bytes are settled before they are kept")
        if not await packages.delete_incoming(tx, self._incoming):
            raise StorageUnavailable(reason=f"{self._incoming.key} took longer than {_STALE_HOURS} hours and was swept")
        await packages.insert_blob(tx, self._incoming.tenant_id, self.stored)
        self.kept = True


class Intake:
    """Takes in bytes for a tenant."""

    def __init__(self, database: Database, blobs: BlobStore) -> None:
        self._database = database
        self._blobs = blobs

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
            received = Received(self._database, self._blobs, incoming, stored)
            yield received
            if not received.kept:
                await asyncio.shield(self._discard(incoming))
        except BaseException:
            await asyncio.shield(self._discard(incoming))
            raise

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
                await self._blobs.delete(left.key)
                if left.sha256 is not None and not await packages.is_needed(tx, left, left.sha256):
                    await self._blobs.delete(keys.content(left.tenant_id, left.sha256))
                await packages.delete_incoming(tx, left)
        except RegistryError as error:
            log.warning("incoming bytes are left to the sweep", key=incoming.key, reason=str(error))
