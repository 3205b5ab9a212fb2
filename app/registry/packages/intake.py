"""The way bytes come in, whatever they are: icons and packages alike.

A row that names them comes first, then the bytes under a key of their own, then (after the use-case has looked at
them) the bytes under their content key, read back. What makes them kept is one commit: the use-case's own. Whatever
fails on the way, the bytes and the row are removed; what a killed process left behind, `sweep` removes.

Content keys are shared by equal bytes of a tenant. So while anything of a tenant is on its way in (has a row in
`incoming_blobs`), none of the tenant's content keys may be removed; and beginning and removing both take the tenant's
lock.
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

    def __init__(self, blobs: BlobStore, incoming: Incoming, stored: Stored) -> None:
        self._blobs = blobs
        self._incoming = incoming
        self.settled = False
        self.kept = False
        self.stored = stored
        """Size, SHA-256 and key of the bytes: a key of their own at first, their content key once settled."""

    async def settle(self) -> None:
        """Moves the bytes to their content key and reads them back. No transaction should be open meanwhile.

        Raises `BytesDamaged` when the medium gives back other bytes than were sent.
        """
        settled = Stored(
            key=keys.content(self._incoming.tenant_id, self.stored.sha256),
            size=self.stored.size,
            sha256=self.stored.sha256,
        )
        self.settled = True  # from the attempt on: half a promotion has to be cleaned up too
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
        if not self.settled:
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
        received: Received | None = None
        try:
            received = Received(self._blobs, incoming, await self._blobs.put(incoming.key, body, limit=limit))
            yield received
            if not received.kept:
                await asyncio.shield(self._discard(incoming, received))
        except BaseException:
            await asyncio.shield(self._discard(incoming, received))
            raise

    async def sweep(self) -> int:
        """Removes what killed processes left on its way in; answers how much of it there was.

        A process killed between `settle` and its commit leaves bytes under their content key, which no row names.
        """
        async with self._database.transaction(platform=True) as tx:
            stale = await packages.list_stale_incoming(tx, _STALE_HOURS)
        for incoming in stale:
            await self._discard(incoming, None)
        return len(stale)

    async def _discard(self, incoming: Incoming, received: Received | None) -> None:
        """Removes bytes and row, unless a commit whose reply was lost has kept them. What cannot be removed now is left
        to `sweep`: the refusal that led here matters more to the caller."""
        try:
            async with self._database.transaction(incoming.tenant_id) as tx:
                # Waits for a use-case's own transaction, should it still be ending in the database.
                await audit.lock_tenant(tx, incoming.tenant_id)
                if not await packages.has_incoming(tx, incoming):
                    return
                await self._blobs.delete(incoming.key)
                if received is not None and received.settled:
                    await self._remove_content(tx, incoming, received.stored.sha256)
                await packages.delete_incoming(tx, incoming)
        except RegistryError as error:
            log.warning("incoming bytes are left to the sweep", key=incoming.key, reason=str(error))

    async def _remove_content(self, tx: Transaction, incoming: Incoming, sha256: str) -> None:
        if not await packages.is_needed(tx, incoming, sha256):
            await self._blobs.delete(keys.content(incoming.tenant_id, sha256))
