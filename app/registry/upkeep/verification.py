"""One check of everything: each tenant's audit chain from the first entry on, and the storage against the rows."""

from collections import Counter

from app.registry.upkeep import rules
from app.registry.upkeep.inventory import unnamed_keys
from schemas.model.upkeep import BrokenChain, ChainHead, Fault, StoredKey, Verification
from storage.blobs.base import BlobStore
from storage.blobs.proof import prove
from storage.executors import Executor
from storage.postgres import audit, packages, upkeep
from storage.postgres.audit import Followed
from storage.postgres.database import Database
from storage.postgres.upkeep import ListedBlob

_ENTRIES_AT_ONCE = 1000
_BLOBS_AT_ONCE = 500
_MOST_FAULTS_TOLD = 1000


class Check:
    """Counts while it goes; used once. Changes nothing."""

    def __init__(
        self, database: Database, blobs: BlobStore, reading: Executor, checkpoint: dict[str, ChainHead]
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._reading = reading
        self._checkpoint = checkpoint
        self._counts: Counter[str] = Counter()
        self._broken: list[BrokenChain] = []
        self._faults: list[Fault] = []

    @property
    def result(self) -> Verification:
        """What was found so far."""
        counts = self._counts
        return Verification(
            tenants=counts["tenants"],
            entries=counts["entries"],
            broken_chains=self._broken,
            blobs=counts["blobs"],
            lost=counts["lost"],
            damaged=counts["damaged"],
            orphaned=counts["orphaned"],
            faults=self._faults,
        )

    # -- chains --------------------------------------------------------------------------------------------------------

    async def follow_chains(self) -> None:
        """Follows every tenant's chain, and holds it against the checkpoint."""
        missing = dict(self._checkpoint)
        after = ""
        while True:
            async with self._database.transaction(platform=True) as tx:
                tenant_id = await audit.find_next_chain(tx, after)
            if tenant_id is None:
                break
            self._counts["tenants"] += 1
            broken = await self._follow(tenant_id, missing.pop(tenant_id, None))
            if broken is not None:
                self._broken.append(broken)
            after = tenant_id
        for head in missing.values():
            self._broken.append(
                BrokenChain(tenant_id=head.tenant_id, number=0, problem="the chain of the checkpoint is gone")
            )

    async def _follow(self, tenant_id: str, promised: ChainHead | None) -> BrokenChain | None:
        followed, is_last = Followed(), False
        while not is_last:
            async with self._database.transaction(platform=True) as tx:
                stretch = await audit.follow_chain(tx, tenant_id, followed, _ENTRIES_AT_ONCE)
            if stretch.broken_at is not None:
                problem = "the entry is missing, was changed, or does not follow from the one before it"
                return BrokenChain(tenant_id=tenant_id, number=stretch.broken_at, problem=problem)
            self._counts["entries"] += stretch.followed.entries - followed.entries
            followed, is_last = stretch.followed, stretch.is_last
        if (stretch.head_entries, stretch.head_hash) != (followed.entries, followed.last_hash):
            problem = "the entries do not end where the head of the chain says"
            return BrokenChain(tenant_id=tenant_id, number=followed.entries + 1, problem=problem)
        if promised is not None and promised.number > 0:
            async with self._database.transaction(platform=True) as tx:
                found = await audit.find_hash(tx, tenant_id, promised.number)
            if found is None:
                problem = f"the chain ends before entry {promised.number}, which the checkpoint has"
                return BrokenChain(tenant_id=tenant_id, number=followed.entries + 1, problem=problem)
            if found.hex() != promised.hash:
                problem = "the entry is another one than that of the checkpoint"
                return BrokenChain(tenant_id=tenant_id, number=promised.number, problem=problem)
        return None

    # -- storage -------------------------------------------------------------------------------------------------------

    async def inspect_blobs(self, *, quick: bool) -> None:
        """Looks at every blob that a row names; reads it, or with `quick` asks for its size only."""
        after = ""
        while True:
            async with self._database.transaction(platform=True) as tx:
                batch = await upkeep.list_blobs(tx, after, 0, _BLOBS_AT_ONCE)
            for blob in batch:
                await self._inspect(blob, quick=quick)
            if len(batch) < _BLOBS_AT_ONCE:
                return
            after = batch[-1].key

    async def _inspect(self, blob: ListedBlob, *, quick: bool) -> None:
        self._counts["blobs"] += 1
        problem = await self._problem(blob, quick=quick)
        if problem is None:
            return
        async with self._database.transaction(blob.tenant_id) as tx:
            kept = await packages.find_blob(tx, blob.tenant_id, blob.sha256)
        if kept is not None and kept.stored.key == blob.key:  # else it went, or came anew, while it was looked at
            self._tell("lost" if problem == rules.LOST else "damaged", blob.tenant_id, blob.key, problem)

    async def _problem(self, blob: ListedBlob, *, quick: bool) -> str | None:
        if quick:
            size = await self._blobs.stat(blob.key)
            return rules.LOST if size is None else rules.size_damage(blob.size, size)
        try:
            return rules.damage(blob.sha256, blob.size, await prove(self._blobs, blob.key, self._reading))
        except KeyError:
            return rules.LOST

    async def find_orphans(self) -> None:
        """Looks for stored keys that no row names. Doomed ones have a row that says so, and are none."""
        async for key, doomed in unnamed_keys(self._database, self._blobs):
            if not doomed and await self._is_orphan(key):
                self._tell("orphaned", key.tenant_id, key.text, "no row names it")

    async def _is_orphan(self, key: StoredKey) -> bool:
        """Asked with the tenant locked: whoever removes or keeps it just now has done so."""
        async with self._database.transaction(key.tenant_id) as tx:
            await audit.lock_tenant(tx, key.tenant_id)
            unnamed = await upkeep.list_unnamed_keys(tx, [key])
            return key.text in unnamed and not unnamed[key.text] and await self._blobs.stat(key.text) is not None

    def _tell(self, kind: str, tenant_id: str, key: str, problem: str) -> None:
        self._counts[kind] += 1
        if len(self._faults) < _MOST_FAULTS_TOLD:
            self._faults.append(Fault(tenant_id=tenant_id, key=key, problem=problem))
