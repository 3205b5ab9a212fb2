"""What tests of uploads stand on: an account with its callers, services over one database and store, and looks behind them.

    world = await World.open(wiring, urls)
    begun = await world.begin(content, chunk_bytes=CHUNK)
    await world.send(begun, content)
    await world.uploads.complete(world.caller, begun.id)

`world.another()` is the service of another process: it shares the database and the store, and remembers nothing.
"""

import asyncio
import hashlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.registry.access.service import console
from app.registry.checks.service import Checks
from app.registry.uploads.service import Uploads
from app.wiring import Wiring
from schemas.errors import StorageUnavailable
from schemas.model.access import Caller, Role
from schemas.model.publishers import PublisherFacts
from schemas.model.uploads import Chunk, NewUpload, Purpose, Upload, UploadPolicy
from storage.blobs import keys
from storage.blobs.base import BlobStore
from storage.executors import Executor
from storage.postgres import uploads
from storage.postgres.embedded import Urls

CHUNK = 64 * 1024
POLICY = {"max_file_bytes": 2**24, "most_open_uploads": 50, "most_staged_bytes": 2**28, "expires_after_hours": 24}


async def body(content: bytes, *, cut: bool = False, pause: float = 0) -> AsyncIterator[bytes]:
    """Bytes as they stream in; `cut` in the middle, or with a pause (seconds) there."""
    half = len(content) // 2
    yield content[:half]
    if cut:
        raise CutError
    await asyncio.sleep(pause)
    yield content[half:]


class CutError(Exception):
    """The line to the client broke."""


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()


class Unreliable:
    """A store that fails once where it is told to: `fail["join"] = "before"` nothing is done, `"after"` all of it is, and in
    either case the caller is told that the storage does not answer. No real medium fails on demand."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self.fail: dict[str, str] = {}
        self.calls: Counter[str] = Counter()
        self.before: dict[str, Callable[[], Any]] = {}
        """Awaited before a call of that name, once."""

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        if name not in ("assemble", "put_part", "parts", "join", "digest", "discard", "take_apart", "stat", "delete"):
            return call

        async def called(*arguments: Any, **named: Any) -> Any:
            self.calls[name] += 1
            if (meanwhile := self.before.pop(name, None)) is not None:
                await meanwhile()
            when = self.fail.pop(name, None)
            if when == "before":
                raise StorageUnavailable(reason="told so by a test")
            answer = await call(*arguments, **named)
            if when == "after":
                raise StorageUnavailable(reason="told so by a test")
            return answer

        return called


@dataclass
class World:
    """An account with an author, and every way to look at its uploads."""

    wiring: Wiring
    owner: Any
    caller: Caller
    publisher_id: str
    store: Unreliable
    uploads: Uploads
    hashing: Executor
    urls: Urls
    _open: list[Any] = field(default_factory=list)

    @classmethod
    async def open(cls, wiring: Wiring, urls: Urls, **policy: int) -> "World":
        """A new account."""
        owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
        tenant = await wiring.registry.access.create_tenant(console(), f"account-{secrets.token_hex(6)}")
        caller = await a_caller(wiring, tenant)
        facts = PublisherFacts(en_name="makers", name="Publisher", support_url="x@y.example")
        publisher = await wiring.registry.publishers.create(caller, facts)
        store, hashing = Unreliable(wiring.blobs), Executor("hashing of tests", threads=2, queue=100)
        made = cls(wiring, owner, caller, publisher.id, store, None, hashing, urls)  # type: ignore[arg-type]
        made.uploads = made.another(**policy)
        return made

    async def close(self) -> None:
        """Disconnects."""
        await self.owner.close()
        self.hashing.close()

    def another(self, checks: Checks | None = None, **policy: int) -> Uploads:
        """The service of another process, perhaps with other checks."""
        store: Any = self.store
        return Uploads(
            self.wiring.database,
            store,
            self.wiring.registry.packages,
            checks or self.wiring.registry.checks,
            self.hashing,
            UploadPolicy(**(POLICY | policy)),
        )

    # -- what a client does --------------------------------------------------------------------------------------------

    def new(self, content: bytes, **changes: Any) -> NewUpload:
        """The announcement of an extension."""
        told = {
            "file_name": f"{secrets.token_hex(6)}.vsix",
            "size": len(content),
            "sha256": sha256(content),
            "purpose": Purpose.EXTENSION,
            "publisher_id": self.publisher_id,
            "chunk_bytes": CHUNK,
        }
        return NewUpload(**(told | changes))

    async def begin(self, content: bytes, **changes: Any) -> Upload:
        """Announces it."""
        return (await self.uploads.create(self.caller, self.new(content, **changes))).upload

    async def send(self, upload: Upload, content: bytes, *numbers: int) -> None:
        """Sends these chunks of it, or all, by our own door."""
        for number in numbers or range(1, upload.spec.total_chunks + 1):
            chunk = content[CHUNK * (number - 1) :][:CHUNK]
            await self.uploads.add_chunk(self.caller, upload.id, number, body(chunk), length=len(chunk))

    async def joined(self, content: bytes, **changes: Any) -> Upload:
        """Begins, sends and completes it."""
        upload = await self.begin(content, **changes)
        await self.send(upload, content)
        return await self.uploads.complete(self.caller, upload.id)

    async def settled(self, upload: Upload) -> Upload:
        """The upload after its inspection."""
        await self.uploads.inspect(upload.tenant_id, upload.id)
        return await self.uploads.show(self.caller, upload.id)

    async def accepted(self, content: bytes, **changes: Any) -> Upload:
        """The upload of it, which must pass."""
        upload = await self.settled(await self.joined(content, **changes))
        assert upload.state == "accepted", upload.reason
        return upload

    # -- what time does ------------------------------------------------------------------------------------------------

    async def grow_old(self, upload: Upload, hours: int = 25) -> None:
        """Puts everything that happened to the upload into the past."""
        for change in (
            "UPDATE uploads SET created_at = created_at - make_interval(hours => $2) WHERE id = $1",
            "UPDATE upload_chunks SET stored_at = stored_at - make_interval(hours => $2) WHERE upload_id = $1",
        ):
            await self.owner.execute(change, upload.id, hours)

    async def claim(self, upload: Upload, seconds: int = 0) -> None:
        """Somebody in another process begins to join the upload, and is heard of no more when so many seconds are over."""
        async with self.wiring.database.transaction(upload.tenant_id) as tx:
            assert await uploads.claim_joining(tx, upload, seconds=seconds) is not None

    # -- what lies behind ------------------------------------------------------------------------------------------------

    async def chunks(self, upload: Upload) -> dict[int, bytes]:
        """What the store has of the chunks that are said to be there."""
        async with self.wiring.database.transaction(upload.tenant_id) as tx:
            rows = await uploads.list_chunks(tx, upload)
        return {row.number: await self._chunk(upload, row) for row in rows}

    async def _chunk(self, upload: Upload, chunk: Chunk) -> bytes:
        said = await self.read(keys.part(upload.assembly_handle, chunk.slot, chunk.tag))
        placed = keys.place_and_size(chunk.tag)
        if placed is None:
            return said
        whole = self.wiring.blobs.read(keys.whole(upload.assembly_handle), *placed)
        return b"".join([piece async for piece in whole])

    async def read(self, key: str) -> bytes:
        """The bytes under a key."""
        return b"".join([piece async for piece in self.wiring.blobs.read(key)])

    async def keys(self) -> set[str]:
        """Every key of the account."""
        return {key async for key in self.wiring.blobs.keys(f"t/{self.caller.tenant_id}/")}

    async def kept(self) -> dict[str, str]:
        """The key of each blob of the account, by its SHA-256."""
        rows = await self.owner.fetch("SELECT sha256, key FROM blobs WHERE tenant_id = $1", self.caller.tenant_id)
        return {row["sha256"]: row["key"] for row in rows}

    async def audited(self, upload: Upload, action: str) -> int:
        """How often that is in the audit trail."""
        found: int = await self.owner.fetchval(
            "SELECT count(*) FROM audit_entries WHERE object_id = $1 AND action = $2", upload.id, action
        )
        return found

    async def collect(self) -> None:
        """Collects garbage, whatever its age."""
        await self.wiring.registry.upkeep.collect(console(), grace_hours=0)


async def a_caller(wiring: Wiring, tenant: Any, *roles: str) -> Caller:
    """A new user of the tenant (an author where nothing is said)."""
    name = f"user-{secrets.token_hex(4)}"
    user = await wiring.registry.access.create_user(
        console(), tenant.id, name, list(roles or ["author"]), "a password 1"
    )
    return Caller(
        user_id=user.id,
        user_name=name,
        tenant_id=tenant.id,
        tenant_name=tenant.name,
        official=tenant.official,
        roles=frozenset(Role(each) for each in user.roles),
        credential="token",
        request_id=secrets.token_hex(16),
    )
