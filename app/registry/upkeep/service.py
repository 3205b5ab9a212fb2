"""Use-cases of the platform's operators, and of the clock: clearing away, reading again, checking everything."""

import structlog

from app.registry.access import permissions
from app.registry.upkeep import rules
from app.registry.upkeep.collection import Collection
from app.registry.upkeep.verification import Check
from schemas.errors import StorageUnavailable
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.upkeep import ChainHead, Collected, Scrubbed, Verification
from storage.blobs import keys
from storage.blobs.base import BlobStore
from storage.blobs.proof import Proof, prove
from storage.executors import Executor
from storage.postgres import audit, packages, upkeep
from storage.postgres.database import Database, Transaction
from storage.postgres.upkeep import UnreadBlob

log = structlog.get_logger()

GRACE_HOURS = 24


class Upkeep:
    """Keeps storage and rows in agreement."""

    def __init__(self, database: Database, blobs: BlobStore, reading: Executor) -> None:
        self._database = database
        self._blobs = blobs
        self._reading = reading

    async def collect(self, caller: Caller, *, dry_run: bool = False, grace_hours: int = GRACE_HOURS) -> Collected:
        """Removes what nobody needs, and what killed processes left; see `collection.py`.

        Icons that nobody shows and blobs that nothing needs stay for `grace_hours`. A dry run counts what would go. Several
        at once do no harm. Raises `StorageUnavailable` and `ServiceBusy`; the next one goes on.
        """
        permissions.require(caller, "collect_garbage")
        return await Collection(self._database, self._blobs, dry_run=dry_run, grace_hours=grace_hours).run()

    async def scrub(self, caller: Caller) -> Scrubbed:
        """Reads every blob again, the longest unread one first, one at a time.

        What is lost or damaged goes into quarantine; what is whole again comes out of it. Ended in the middle, it goes on with
        the rest the next time. Raises `StorageUnavailable` when the storage does not answer or is empty: that says nothing
        about a blob.
        """
        permissions.require(caller, "scrub_blobs")
        counts = dict.fromkeys(Scrubbed.__struct_fields__, 0)
        async with self._database.transaction(platform=True) as tx:
            begun = await upkeep.read_clock(tx)
        while True:
            async with self._database.transaction(platform=True) as tx:
                blob = await upkeep.find_longest_unread(tx, begun)
            if blob is None:
                return Scrubbed(**counts)
            proof = await self._read(blob)
            async with self._database.transaction(blob.tenant_id) as tx:
                await audit.lock_tenant(tx, blob.tenant_id)
                found = await self._judge(tx, caller, blob, proof) if await upkeep.note_read(tx, blob) else []
            if found:
                log.info("blob was read", key=blob.key, found=found)
            for each in ("blobs", *found):
                counts[each] += 1
            counts["bytes_read"] += proof.size if proof else 0

    async def _read(self, blob: UnreadBlob) -> Proof | None:
        try:
            return await prove(self._blobs, blob.key, self._reading)
        except KeyError:
            await self._require_something()
            return None

    async def _require_something(self) -> None:
        """Raises `StorageUnavailable` where nothing at all is stored: a directory that is not mounted looks like that, and
        says nothing about a blob."""
        if await anext(self._blobs.keys(keys.OURS), None) is None:
            raise StorageUnavailable(reason="the storage is empty, although the rows name what lies in it")

    async def _judge(self, tx: Transaction, caller: Caller, blob: UnreadBlob, proof: Proof | None) -> list[str]:
        """Writes what the reading has found; answers what of it is to be counted."""
        problem = rules.LOST if proof is None else rules.damage(blob.sha256, blob.size, proof)
        if proof is None or problem is not None:
            if await packages.quarantine_blob(tx, blob.tenant_id, blob.sha256, problem or rules.LOST, key=blob.key):
                await _record(tx, caller, blob, "blob.quarantined", reason=problem)
            return ["lost" if proof is None else "damaged"]
        is_new = blob.pieces != proof.pieces
        if is_new or blob.quarantined:
            await upkeep.note_whole(tx, blob, proof)
        if blob.quarantined:
            await _record(tx, caller, blob, "blob.restored")
        return ["proven"] * is_new + ["restored"] * blob.quarantined

    async def verify(
        self,
        caller: Caller,
        *,
        chains_only: bool = False,
        quick: bool = False,
        checkpoint: dict[str, ChainHead] | None = None,
    ) -> Verification:
        """Checks every tenant's audit chain from the first entry on, and the storage against the rows. Changes nothing.

        `quick` compares the sizes of blobs and reads none. A `checkpoint` (`show_heads` of an earlier day, kept elsewhere)
        finds also chains whose latest entries were cut off or that were written anew as a whole.
        """
        permissions.require(caller, "verify_everything")
        check = Check(self._database, self._blobs, self._reading, checkpoint or {})
        await check.follow_chains()
        if not chains_only:
            await check.inspect_blobs(quick=quick)
            await check.find_orphans()
        return check.result

    async def show_heads(self, caller: Caller) -> list[ChainHead]:
        """The end of every tenant's audit chain, by tenant."""
        permissions.require(caller, "show_audit_heads")
        heads: list[ChainHead] = []
        while True:
            async with self._database.transaction(platform=True) as tx:
                tenant_id = await audit.find_next_chain(tx, heads[-1].tenant_id if heads else "")
                if tenant_id is None:
                    return heads
                number, last_hash = await audit.find_head(tx, tenant_id) or (0, b"")
            heads.append(ChainHead(tenant_id=tenant_id, number=number, hash=last_hash.hex()))


async def _record(tx: Transaction, caller: Caller, blob: UnreadBlob, action: str, **detail: str | None) -> None:
    change = Change(
        action=action, object_kind="blob", object_id=blob.sha256, detail={"key": blob.key, "size": blob.size, **detail}
    )
    await audit.record(tx, blob.tenant_id, caller, change)
