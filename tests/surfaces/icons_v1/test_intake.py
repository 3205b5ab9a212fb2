"""How bytes come in: whatever happens on the way, rows and blobs agree afterwards."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest

from app.registry.access.service import console
from app.registry.packages.intake import Intake
from app.wiring import Wiring
from schemas.errors import BodyTooLarge, BytesDamaged, IconUnknown, StorageUnavailable
from schemas.model.access import Caller
from schemas.model.audit import Change
from storage.blobs import keys
from storage.blobs.base import Stored
from storage.blobs.proof import Proof
from storage.executors import Executor
from storage.postgres import audit, packages
from storage.postgres.queries import parse
from tests.accounts import NewAccount

_CONTENT = b"some bytes"
_SQL = parse(
    "test",
    "-- name: rows\n"
    "SELECT key FROM incoming_blobs WHERE tenant_id = :tenant_id"
    " UNION ALL SELECT key FROM blobs WHERE tenant_id = :tenant_id\n"
    "-- name: stop_waiting\nDELETE FROM incoming_blobs WHERE tenant_id = :tenant_id\n"
    "-- name: settled\nUPDATE incoming_blobs SET sha256 = :digest WHERE tenant_id = :tenant_id AND key = :key\n"
    "-- name: audited\nSELECT action, object_id FROM audit_entries WHERE tenant_id = :tenant_id AND action = 'blob.healed'\n"
    "-- name: begin\nINSERT INTO incoming_blobs (key, tenant_id, purpose, begun_at)"
    " VALUES (:key, :tenant_id, 'icon', now() - make_interval(hours => :hours))",
)


@pytest.fixture
def caller(new_account: NewAccount) -> Caller:
    return new_account().user("author").caller


@pytest.fixture
def intake(wiring: Wiring) -> Iterator[Intake]:
    with closing(Executor("hashing", threads=1, queue=10)) as hashing:
        yield Intake(wiring.database, wiring.blobs, hashing)


async def _body(content: bytes = _CONTENT) -> AsyncIterator[bytes]:
    yield content


async def _keep(wiring: Wiring, intake: Intake, caller: Caller, error: Exception | None = None) -> Stored:
    async with intake.receive(caller, _body(), 100, "package") as received:
        await received.settle()
        async with wiring.database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            await received.keep(tx)
            if error is not None:
                raise error
    return received.stored


async def _left(wiring: Wiring, caller: Caller) -> tuple[list[str], list[str]]:
    """The keys that the tenant's rows name, and those of its blobs."""
    async with wiring.database.transaction(caller.tenant_id) as tx:
        rows = [row["key"] for row in await tx.many(_SQL.rows, tenant_id=caller.tenant_id)]
    return rows, [key async for key in wiring.blobs.keys(f"t/{caller.tenant_id}/")]


async def test_kept_bytes_lie_under_their_digest(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    stored = await _keep(wiring, intake, caller)
    digest = hashlib.sha256(_CONTENT).hexdigest()
    assert stored == Stored(key=keys.content(caller.tenant_id, digest), size=len(_CONTENT), sha256=digest)
    assert await _left(wiring, caller) == ([stored.key], [stored.key])
    async with wiring.database.transaction(caller.tenant_id) as tx:
        blob = await packages.find_blob(tx, caller.tenant_id, digest)
    assert blob is not None
    assert (blob.stored, blob.quarantine) == (stored, None)
    # The content fits in one piece, so the proof of its pieces is that of the whole.
    assert blob.proof == Proof(size=len(_CONTENT), sha256=digest, pieces=bytes.fromhex(digest))


async def test_bytes_can_be_looked_at_before_they_are_settled(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    async with intake.receive(caller, _body(), 100, "icon") as received:
        with wiring.blobs.open(received.stored.key) as reader:
            assert reader.read() == _CONTENT
        assert await _left(wiring, caller) == ([received.stored.key], [received.stored.key])


@pytest.mark.parametrize("settled", [False, True])
async def test_bytes_that_are_not_kept_are_removed(
    wiring: Wiring, intake: Intake, caller: Caller, settled: bool
) -> None:
    async with intake.receive(caller, _body(), 100, "icon") as received:
        if settled:
            await received.settle()
    assert await _left(wiring, caller) == ([], [])


async def test_a_refusal_in_the_last_transaction_keeps_nothing(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    with pytest.raises(IconUnknown):
        await _keep(wiring, intake, caller, IconUnknown())
    assert await _left(wiring, caller) == ([], [])


async def test_a_refusal_leaves_equal_bytes_that_are_kept_alone(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    stored = await _keep(wiring, intake, caller)
    with pytest.raises(IconUnknown):
        await _keep(wiring, intake, caller, IconUnknown())
    assert await _left(wiring, caller) == ([stored.key], [stored.key])


async def test_a_refusal_leaves_equal_bytes_that_are_about_to_be_kept_alone(
    wiring: Wiring, intake: Intake, caller: Caller
) -> None:
    async with intake.receive(caller, _body(), 100, "package") as received:
        await received.settle()
        with pytest.raises(IconUnknown):
            await _keep(wiring, intake, caller, IconUnknown())
        async with wiring.database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            await received.keep(tx)
    assert await _left(wiring, caller) == ([received.stored.key], [received.stored.key])


async def test_too_many_bytes_leave_nothing_behind(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    with pytest.raises(BodyTooLarge):
        async with intake.receive(caller, _body(bytes(101)), 100, "icon"):
            pytest.fail("too much was taken")
    assert await _left(wiring, caller) == ([], [])


async def test_a_client_that_goes_away_leaves_nothing_behind(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    under_way = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        yield b"x"
        under_way.set()
        await asyncio.Event().wait()

    async def upload() -> None:
        async with intake.receive(caller, endless(), 100, "icon"):
            pytest.fail("it never ends")

    uploading = asyncio.create_task(upload())
    await under_way.wait()
    assert len((await _left(wiring, caller))[0]) == 1
    uploading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await uploading
    assert await _left(wiring, caller) == ([], [])


async def test_bytes_that_the_medium_changed_are_not_kept(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    digest = hashlib.sha256(_CONTENT).hexdigest()
    await wiring.blobs.put(keys.content(caller.tenant_id, digest), _body(b"other bytes"), limit=100)
    with pytest.raises(BytesDamaged):
        await _keep(wiring, intake, caller)
    assert await _left(wiring, caller) == ([], [])
    await _keep(wiring, intake, caller)


async def _damage(wiring: Wiring, kept: Stored, how: str) -> None:
    if how == "quarantined":
        tenant_id = kept.key.split("/")[1]
        async with wiring.database.transaction(tenant_id) as tx:
            assert await packages.quarantine_blob(tx, tenant_id, kept.sha256, "found damaged")
            change = Change(action="blob.quarantined", object_kind="blob", object_id=kept.sha256)
            await audit.record(tx, tenant_id, console(), change)
        return
    await wiring.blobs.delete(kept.key)
    if how == "changed":
        await wiring.blobs.put(kept.key, _body(b"SOME BYTES"), limit=100)


@pytest.mark.parametrize("how", ["lost", "changed", "quarantined"])
async def test_the_same_bytes_again_take_the_place_of_lost_damaged_or_quarantined_ones(
    wiring: Wiring, intake: Intake, caller: Caller, how: str
) -> None:
    kept = await _keep(wiring, intake, caller)
    await _damage(wiring, kept, how)

    healed = await _keep(wiring, intake, caller)

    assert healed.key != kept.key
    assert (healed.sha256, healed.size) == (kept.sha256, kept.size)
    assert b"".join([piece async for piece in wiring.blobs.read(healed.key)]) == _CONTENT
    assert await _left(wiring, caller) == ([healed.key], [healed.key])
    async with wiring.database.transaction(caller.tenant_id) as tx:
        blob = await packages.find_blob(tx, caller.tenant_id, kept.sha256)
        (told,) = await tx.many(_SQL.audited, tenant_id=caller.tenant_id)
    assert blob is not None
    assert blob.stored == healed
    assert blob.proof is not None
    assert blob.quarantine is None
    assert (told["action"], told["object_id"]) == ("blob.healed", kept.sha256)
    assert await _keep(wiring, intake, caller) == healed


async def test_a_refusal_while_damaged_bytes_are_replaced_changes_nothing(
    wiring: Wiring, intake: Intake, caller: Caller
) -> None:
    kept = await _keep(wiring, intake, caller)
    await _damage(wiring, kept, "quarantined")
    with pytest.raises(IconUnknown):
        await _keep(wiring, intake, caller, IconUnknown())
    assert await _left(wiring, caller) == ([kept.key], [kept.key])


async def test_kept_bytes_that_are_quarantined_before_the_commit_are_not_built_upon(
    wiring: Wiring, intake: Intake, caller: Caller
) -> None:
    kept = await _keep(wiring, intake, caller)

    async def upload() -> None:
        async with intake.receive(caller, _body(), 100, "package") as received:
            await received.settle()
            await _damage(wiring, kept, "quarantined")
            async with wiring.database.transaction(caller.tenant_id) as tx:
                await audit.lock_tenant(tx, caller.tenant_id)
                await received.keep(tx)

    with pytest.raises(BytesDamaged):
        await upload()
    assert await _left(wiring, caller) == ([kept.key], [kept.key])


async def test_two_who_heal_at_once_leave_one_copy(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    kept = await _keep(wiring, intake, caller)
    await _damage(wiring, kept, "lost")
    async with intake.receive(caller, _body(), 100, "package") as received:
        await received.settle()
        healed = await _keep(wiring, intake, caller)
        async with wiring.database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            await received.keep(tx)
        assert received.stored == healed
    assert await _left(wiring, caller) == ([healed.key], [healed.key])


async def test_a_sweep_never_removes_what_is_kept(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    kept = await _keep(wiring, intake, caller)
    async with wiring.database.transaction(caller.tenant_id) as tx:
        await tx.run(_SQL.begin, key=kept.key, tenant_id=caller.tenant_id, hours=25)
    await intake.sweep()
    assert await _left(wiring, caller) == ([kept.key], [kept.key])


async def test_bytes_that_were_swept_meanwhile_are_not_kept(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    async def upload() -> None:
        async with intake.receive(caller, _body(), 100, "icon") as received:
            await received.settle()
            async with wiring.database.transaction(caller.tenant_id) as tx:
                await tx.run(_SQL.stop_waiting, tenant_id=caller.tenant_id)
            async with wiring.database.transaction(caller.tenant_id) as tx:
                await audit.lock_tenant(tx, caller.tenant_id)
                await received.keep(tx)

    with pytest.raises(StorageUnavailable):
        await upload()
    assert (await _left(wiring, caller))[0] == []


async def test_what_a_killed_process_left_is_swept_after_a_day(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    stale, fresh = keys.incoming(caller.tenant_id), keys.incoming(caller.tenant_id)
    for key, hours in ((stale, 25), (fresh, 23)):
        async with wiring.database.transaction(caller.tenant_id) as tx:
            await tx.run(_SQL.begin, key=key, tenant_id=caller.tenant_id, hours=hours)
        await wiring.blobs.put(key, _body(), limit=100)
    await intake.sweep()
    assert await _left(wiring, caller) == ([fresh], [fresh])


async def test_what_a_process_killed_before_its_commit_left_is_swept_unless_somebody_keeps_the_same_bytes(
    wiring: Wiring, intake: Intake, caller: Caller
) -> None:
    kept = await _keep(wiring, intake, caller)
    other = hashlib.sha256(b"other bytes").hexdigest()
    for digest in (kept.sha256, other):
        key = keys.incoming(caller.tenant_id)
        async with wiring.database.transaction(caller.tenant_id) as tx:
            await tx.run(_SQL.begin, key=key, tenant_id=caller.tenant_id, hours=25)
            await tx.run(_SQL.settled, key=key, tenant_id=caller.tenant_id, digest=digest)
    await wiring.blobs.put(keys.content(caller.tenant_id, other), _body(b"other bytes"), limit=100)
    await intake.sweep()
    assert await _left(wiring, caller) == ([kept.key], [kept.key])


async def test_unsettled_bytes_cannot_be_kept(wiring: Wiring, intake: Intake, caller: Caller) -> None:
    with pytest.raises(RuntimeError):
        async with (
            intake.receive(caller, _body(), 100, "icon") as received,
            wiring.database.transaction(caller.tenant_id) as tx,
        ):
            await received.keep(tx)
    assert await _left(wiring, caller) == ([], [])
