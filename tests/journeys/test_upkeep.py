"""Garbage is collected and nothing else, every damaged file is found, and no entry of the audit changes unnoticed.

These tests count everything, so each has a database and a store of its own.
"""

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest
from click.testing import CliRunner

from app.__main__ import main
from app.registry import Registry
from app.registry.access.service import console
from app.registry.upkeep.service import Upkeep
from app.settings import read_settings
from app.wiring import Wiring, wired
from schemas.errors import OperationNotAllowed, StorageUnavailable
from schemas.ids import new_id
from schemas.model.access import Caller, Role
from schemas.model.icons import Icon, IconKind
from schemas.model.plugins import PluginFacts
from schemas.model.publishers import PublisherFacts
from schemas.model.upkeep import ChainHead, Collected, Scrubbed
from schemas.model.uploads import NewUpload, Purpose, Upload, UploadState
from storage.blobs import keys
from storage.blobs.local import LocalBlobs
from storage.executors import Executor
from storage.postgres import audit, upkeep
from storage.postgres.embedded import Urls
from storage.postgres.migrate import migrate
from tests.apart import a_database
from tests.builders import a_name, a_package, a_picture, a_vsix
from tests.contract.postgres.furnished import a_spec, pieces
from tests.program import Server, environment, free_port, run, run_json
from tests.seaweed import BUCKET, SeaweedFS

NOTHING = Collected(
    dry_run=False, icons=0, blobs=0, uploads_cleared=0, uploads_forgotten=0, files=0, leftovers=0, orphans=0
)
CHUNK = 64 * 1024


def changed(counted: Any, **counts: Any) -> Any:
    """The same counts but for these."""
    return msgspec.structs.replace(counted, **counts)


@dataclass
class World:
    """A registry of a test's own, with a tenant in it, and hands to damage what lies under it."""

    urls: Urls
    data_dir: Path
    wiring: Wiring
    owner: Any
    caller: Caller
    weed: SeaweedFS | None = None

    @property
    def registry(self) -> Registry:
        return self.wiring.registry

    @property
    def environment(self) -> dict[str, str]:
        """For commands beside it."""
        return environment(self.data_dir, PLUGPORT_DATABASE_URL=self.urls.app)

    async def collect(self, **how: Any) -> Collected:
        """Without any grace."""
        return await self.registry.upkeep.collect(console(), **{"grace_hours": 0, **how})

    async def scrub(self) -> Scrubbed:
        return await self.registry.upkeep.scrub(console())

    async def stored(self) -> set[str]:
        """Every key below the tenant's."""
        return {key async for key in self.wiring.blobs.keys(f"t/{self.caller.tenant_id}/")}

    async def kept(self) -> set[str]:
        """Every key that a blob's row names."""
        return {row["key"] for row in await self.owner.fetch("SELECT key FROM blobs")}

    async def plant(self, key: str, content: bytes = b"planted") -> str:
        """Puts bytes into the store that no row speaks of."""
        await self.wiring.blobs.put(key, pieces(content), limit=len(content))
        return key

    def damage(self, key: str, content: bytes | None) -> None:
        """Changes bytes behind the store's back; None removes them."""
        if self.weed is None:
            path = self.data_dir / "blobs" / key
            path.unlink()
            if content is not None:
                path.write_bytes(content)
        elif content is None:
            self.weed.client().remove_object(BUCKET, key)
        else:
            self.weed.client()._put_object(BUCKET, key, content, {})

    # -- what users do -------------------------------------------------------------------------------------------------

    async def release(self, **bent: Any) -> bytes:
        """A released package."""
        name = a_name()
        package = a_package(name, **bent)
        await self.registry.packages.upload(self.caller, name, None, pieces(package))
        return package

    async def icon(self, name: str, colour: str = "red", kind: IconKind = IconKind.PLUGIN) -> Icon:
        return await self.registry.icons.upload(self.caller, kind, name, "icon.png", pieces(a_picture(colour)))

    async def publisher(self, name: str = "") -> str:
        """The id of a new publisher."""
        name = name or "makers"
        facts = PublisherFacts(en_name=name, name=name, support_url="x@y.example")
        return (await self.registry.publishers.create(self.caller, facts)).id

    async def begin(self, content: bytes, publisher_id: str, *chunks: int, name: str = "") -> Upload:
        """An upload that has these chunks of an extension."""
        new = NewUpload(
            file_name=name or f"{a_name()}.vsix", size=len(content), sha256=hashlib.sha256(content).hexdigest(),
            purpose=Purpose.EXTENSION, publisher_id=publisher_id, chunk_bytes=CHUNK,
        )  # fmt: skip
        upload = (await self.registry.uploads.create(self.caller, new)).upload
        for number in chunks:
            piece = content[(number - 1) * CHUNK : number * CHUNK]
            await self.registry.uploads.add_chunk(self.caller, upload.id, number, pieces(piece), length=len(piece))
        return upload

    async def upload(self, content: bytes, publisher_id: str) -> Upload:
        """An upload to its very end."""
        upload = await self.begin(content, publisher_id, 1, 2, 3)
        await self.registry.uploads.complete(self.caller, upload.id)
        await self.registry.uploads.inspect(self.caller.tenant_id, upload.id)
        return await self.registry.uploads.show(self.caller, upload.id)


def an_extension(**more: bytes) -> bytes:
    """An extension of three chunks, of the publisher `makers`."""
    return a_vsix(files={"extension/noise": os.urandom(2 * CHUNK + 1000), **more})


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """A real S3 store."""
    with SeaweedFS(tmp_path_factory.mktemp("weed")) as running:
        yield running


@asynccontextmanager
async def a_world(urls: Urls, data_dir: Path, store: SeaweedFS | None = None) -> AsyncIterator[World]:
    """One over this database, which is empty."""
    await migrate(urls.owner, app_login="plugport")
    settings = {"PLUGPORT_DATABASE_URL": urls.app, "PLUGPORT_DATA_DIR": str(data_dir)}
    if store is not None:
        settings["PLUGPORT_STORAGE_URL"] = store.url
    owner = await asyncpg.connect(urls.owner, server_settings={"search_path": "plugport,public"})
    async with wired(read_settings(settings)) as wiring:
        tenant = await wiring.registry.access.create_tenant(console(), "acme")
        user = await wiring.registry.access.create_user(console(), tenant.id, "ada", ["author"], "a password")
        caller = Caller(
            user_id=user.id, user_name=user.name, tenant_id=tenant.id, tenant_name=tenant.name, official=False,
            roles=frozenset({Role.AUTHOR}), credential="token", request_id="r",
        )  # fmt: skip
        yield World(urls, data_dir, wiring, owner, caller, store)
    await owner.close()


@pytest.fixture
async def world(
    request: pytest.FixtureRequest, new_database: Callable[[], Awaitable[Urls]], tmp_path: Path
) -> AsyncIterator[World]:
    """Over local files; over S3 where a test says so (`over_both`)."""
    store = request.getfixturevalue("weed") if getattr(request, "param", "local") == "s3" else None
    async with a_world(await new_database(), tmp_path, store) as made:
        yield made


over_both = pytest.mark.parametrize("world", ["local", "s3"], indirect=True)


async def verified(world: World, **how: Any) -> tuple[int, int, int, int]:
    """How many broken chains, lost, damaged and orphaned keys there are."""
    found = await world.registry.upkeep.verify(console(), **how)
    return len(found.broken_chains), found.lost, found.damaged, found.orphaned


SOUND = (0, 0, 0, 0)


# -- garbage ---------------------------------------------------------------------------------------------------------------


@over_both
async def test_after_many_journeys_the_stored_keys_are_those_that_rows_name(world: World) -> None:
    publisher_id, uploads = await world.publisher(), world.registry.uploads
    await world.release()
    await world.registry.plugins.add_basic(world.caller, "shown", PluginFacts())
    await world.icon("shown", "red")
    await world.icon("shown", "blue")
    accepted = await world.upload(an_extension(), publisher_id)
    refused = await world.upload(an_extension(**{"../escape": b"x"}), publisher_id)
    aborted = await world.begin(an_extension(), publisher_id, 1, 3)
    await uploads.abort(world.caller, aborted.id)
    going_on = await world.begin(content := an_extension(), publisher_id, 2)
    assert (accepted.state, refused.state) == (UploadState.ACCEPTED, UploadState.REFUSED)

    found = await world.collect()

    assert found == changed(NOTHING, icons=1, blobs=2, files=2, uploads_cleared=3)
    chunks = {key for key in await world.stored() if f"/{going_on.id}-" in key}
    assert len(chunks) in (1, 2)  # in a directory also the file in which it lies in its place
    assert await world.stored() - chunks == await world.kept()
    assert len(await world.kept()) == 3  # a package, a picture, an extension
    assert await verified(world) == SOUND
    assert await world.collect() == NOTHING
    for number in (1, 3):
        piece = content[(number - 1) * CHUNK : number * CHUNK]
        await uploads.add_chunk(world.caller, going_on.id, number, pieces(piece), length=None)
    assert (await uploads.complete(world.caller, going_on.id)).state is UploadState.CHECKING


@over_both
async def test_planted_orphans_go_and_what_is_not_ours_stays(world: World) -> None:
    tenant, digest, upload = world.caller.tenant_id, "d" * 64, new_id()
    await world.release()
    kept = await world.stored()
    orphans = {
        await world.plant(keys.incoming(tenant)),
        await world.plant(keys.content(tenant, digest)),
        await world.plant(assembled := keys.assembled(tenant, upload, 1)),
        await world.plant(keys.part(keys.parts_of(assembled), 1, new_id())),
    }
    foreign = {
        await world.plant(f"{new_id()}/{digest}"),
        await world.plant(f"t/{tenant}/notes/{new_id()}"),
        await world.plant(keys.content(new_id(), digest)),  # of another installation in the same bucket
    }
    assert await verified(world, quick=True) == (0, 0, 0, 4)

    assert await world.collect(dry_run=True) == changed(NOTHING, dry_run=True, orphans=4)
    assert orphans <= await world.stored()
    assert await world.collect() == changed(NOTHING, orphans=4)

    assert await world.stored() - foreign == kept
    for key in foreign:
        assert await world.wiring.blobs.stat(key) == len(b"planted")
    assert await verified(world) == SOUND


async def test_bytes_on_their_way_in_and_bytes_that_are_kept_are_no_orphans(world: World) -> None:
    tenant, digest = world.caller.tenant_id, "d" * 64
    coming = await world.plant(keys.incoming(tenant))
    settled = await world.plant(keys.content(tenant, digest))
    await world.owner.execute("INSERT INTO incoming_blobs VALUES ($1, $2, 'icon', $3)", coming, tenant, digest)
    assert await world.collect() == NOTHING
    assert await world.stored() == {coming, settled}
    await world.owner.execute("DELETE FROM incoming_blobs")
    assert await world.collect() == changed(NOTHING, orphans=2)


async def test_an_icon_goes_when_nobody_has_shown_it_for_a_day(world: World) -> None:
    registry, caller = world.registry, world.caller
    await world.publisher("Makers")
    for name in ("uploaded", "linked", "deleted"):
        await registry.plugins.create_version(caller, a_spec(name, "1.0.0"))
    await world.icon("Makers", "lime", IconKind.PUBLISHER)
    await world.icon("uploaded", "red")
    linked = await world.icon("", "blue")
    facts = PluginFacts(icon_url=f"https://plugport.example{linked.path}")
    await registry.plugins.update_facts(caller, "linked", facts)
    gone = {
        (await world.icon("deleted", "black")).sha256,
        (await world.icon("", "white")).sha256,
        (await world.icon("", "yellow")).sha256,
    }
    again = await world.icon("uploaded", "red")  # the same bytes: the first of the two goes, its bytes are needed
    await registry.plugins.delete(caller, "deleted")

    assert await registry.upkeep.collect(console()) == NOTHING  # they are too young
    await world.owner.execute("UPDATE icons SET stored_at = stored_at - interval '25 hours'")
    await world.owner.execute("UPDATE blobs SET stored_at = stored_at - interval '25 hours'")
    would = await registry.upkeep.collect(console(), dry_run=True)
    assert would == changed(NOTHING, dry_run=True, icons=4, blobs=3)
    assert len(await world.kept()) == 6
    assert await registry.upkeep.collect(console()) == changed(NOTHING, icons=4, blobs=3, files=3)

    left = {row["sha256"] for row in await world.owner.fetch("SELECT sha256 FROM icons")}
    assert left.isdisjoint(gone)
    assert len(left) == 3
    assert await world.stored() == await world.kept()
    assert await registry.icons.read(again) == a_picture("red")


async def test_the_package_of_a_deleted_version_stays_because_its_number_says_what_it_was(world: World) -> None:
    name = a_name()
    for version in ("1.0.0", "2.0.0"):
        package = a_package(name, version)
        await world.registry.packages.upload(world.caller, name, None, pieces(package))
    await world.registry.plugins.delete(world.caller, name, "1.0.0")
    assert await world.collect() == NOTHING
    assert len(await world.stored()) == 2


async def doom(world: World, icon: Icon) -> str:
    """The first half of removing a blob: its rows go, its key is doomed. Then the process is killed."""
    tenant = world.caller.tenant_id
    async with world.wiring.database.transaction(tenant) as tx:
        await audit.lock_tenant(tx, tenant)
        assert await upkeep.delete_icons(tx, tenant, [icon.object_key]) == [(icon.object_key, icon.sha256)]
        (key,) = await upkeep.doom_blobs(tx, tenant, [icon.sha256], 0)
    return key


async def test_a_collection_killed_between_row_and_bytes_is_finished_by_the_next(world: World) -> None:
    key = await doom(world, await world.icon(""))
    assert await world.stored() == {key}
    assert await verified(world) == SOUND  # a row says that it goes
    assert await world.collect(dry_run=True) == changed(NOTHING, dry_run=True, files=1)
    assert await world.collect() == changed(NOTHING, files=1)
    assert await world.stored() == set()
    assert await world.owner.fetchval("SELECT count(*) FROM doomed_blobs") == 0


async def test_a_collection_killed_between_bytes_and_commit_is_finished_by_the_next(world: World) -> None:
    key = await doom(world, await world.icon(""))
    await world.wiring.blobs.delete(key)
    assert await world.collect() == changed(NOTHING, files=1)
    assert await world.owner.fetchval("SELECT count(*) FROM doomed_blobs") == 0


async def test_doomed_bytes_that_come_in_again_stay(world: World) -> None:
    await world.registry.plugins.add_basic(world.caller, "shown", PluginFacts())
    key = await doom(world, await world.icon(""))
    again = await world.icon("shown")
    assert await world.collect() == NOTHING
    assert await world.stored() == {key}
    assert await world.registry.icons.read(again) == a_picture()
    assert await world.owner.fetchval("SELECT count(*) FROM doomed_blobs") == 0


async def test_uploads_that_are_over_are_forgotten_after_thirty_days_but_for_those_that_hold_a_file(
    world: World,
) -> None:
    publisher_id, uploads = await world.publisher(), world.registry.uploads
    accepted = await world.upload(an_extension(), publisher_id)
    refused = await world.upload(an_extension(**{"../escape": b"x"}), publisher_id)
    aborted = await world.begin(an_extension(), publisher_id, 1)
    await uploads.abort(world.caller, aborted.id)
    going_on = await world.begin(an_extension(), publisher_id, 1)
    await world.collect()
    assert await world.collect() == NOTHING
    await world.owner.execute("UPDATE uploads SET updated_at = updated_at - interval '31 days'")

    assert await world.collect(dry_run=True) == changed(NOTHING, dry_run=True, uploads_forgotten=2)
    assert await world.collect() == changed(NOTHING, uploads_forgotten=2)

    left = {row["id"] for row in await world.owner.fetch("SELECT id FROM uploads")}
    assert left == {accepted.id, going_on.id}
    assert refused.id not in left
    assert await verified(world) == SOUND


async def test_a_chunk_that_came_after_the_end_of_its_upload_goes(world: World) -> None:
    upload = await world.begin(an_extension(), await world.publisher(), 1)
    late = keys.part(upload.assembly_handle, 2, new_id())
    await world.registry.uploads.abort(world.caller, upload.id)
    await world.collect()
    await world.plant(late)
    assert await world.collect() == changed(NOTHING, orphans=1)
    assert await world.stored() == set()


async def test_files_that_killed_processes_left_half_written_go_after_a_day(world: World) -> None:
    await world.release()
    (kept,) = await world.stored()
    directory = (world.data_dir / "blobs" / kept).parent
    old, young = directory / "~incoming-old", directory / "~incoming-young"
    for half in (old, young):
        half.write_bytes(b"half")
    long_ago = time.time() - 25 * 3600
    os.utime(old, (long_ago, long_ago))
    assert await world.collect() == changed(NOTHING, leftovers=1)
    assert (old.exists(), young.exists()) == (False, True)


@over_both
async def test_collections_beside_uploads_never_remove_what_these_need(world: World) -> None:
    """Without any grace, and with the same bytes coming and going again and again."""
    publisher_id, colours = await world.publisher(), ["red", "blue"]
    await world.registry.plugins.add_basic(world.caller, "shown", PluginFacts())
    extensions = [an_extension() for _ in range(3)]
    over = asyncio.Event()

    async def collect() -> int:
        rounds = 0
        while not over.is_set():
            await world.collect()
            rounds += 1
        return rounds

    async def packages() -> None:
        for _ in range(8):
            await world.release()

    async def icons() -> None:
        for turn in range(12):
            icon = await world.icon("shown", colours[turn % 2])
            assert await world.registry.icons.read(icon) == a_picture(colours[turn % 2])

    async def uploads() -> None:
        for extension in extensions:
            assert (await world.upload(extension, publisher_id)).state is UploadState.ACCEPTED

    async def given_up() -> None:
        for _ in range(4):
            upload = await world.begin(an_extension(), publisher_id, 1, 2)
            await world.registry.uploads.abort(world.caller, upload.id)

    collecting = [asyncio.create_task(collect()) for _ in range(2)]
    try:
        await asyncio.gather(packages(), icons(), uploads(), given_up())
    finally:
        over.set()
    assert all([await each > 0 for each in collecting])
    await world.collect()
    assert await verified(world) == SOUND
    assert await world.stored() == await world.kept()
    assert len(await world.kept()) == 8 + 1 + 3


async def test_only_operators_may_clear_away_and_look_at_everything(world: World) -> None:
    served = world.registry.upkeep
    for use_case in (served.collect, served.scrub, served.verify, served.show_heads):
        with pytest.raises(OperationNotAllowed):
            await use_case(world.caller)


# -- reading again ---------------------------------------------------------------------------------------------------------


async def actions(world: World) -> list[str]:
    """The kinds of the tenant's audit entries about blobs, in order."""
    rows = await world.owner.fetch(
        "SELECT action FROM audit_entries WHERE tenant_id = $1 AND object_kind = 'blob' ORDER BY number",
        world.caller.tenant_id,
    )
    return [row["action"] for row in rows]


@over_both
@pytest.mark.parametrize(
    ("spoil", "lost", "damaged", "reason"),
    [
        (lambda whole: whole[:-1] + bytes([whole[-1] ^ 1]), 0, 1, "damaged: the SHA-256 is"),
        (lambda whole: whole[:-1], 0, 1, "damaged:"),
        (lambda _: None, 1, 0, "lost:"),
    ],
    ids=["flipped", "truncated", "lost"],
)
async def test_a_scrub_quarantines_what_is_not_whole_and_releases_what_is_again(
    world: World, spoil: Callable[[bytes], bytes | None], lost: int, damaged: int, reason: str
) -> None:
    package = await world.release(script=os.urandom(1_500_000))
    (key,) = await world.kept()
    await world.icon("")
    whole = len(package) + len(a_picture())
    sound = Scrubbed(blobs=2, bytes_read=whole, lost=0, damaged=0, proven=0, restored=0)
    assert await world.scrub() == sound
    bad = spoil(package)
    world.damage(key, bad)
    hurt = changed(sound, lost=lost, damaged=damaged, bytes_read=whole - len(package) + len(bad or b""))

    assert await verified(world) == (0, lost, damaged, 0)
    assert await world.owner.fetchval("SELECT count(*) FROM blobs WHERE quarantined_at IS NOT NULL") == 0
    assert await world.scrub() == hurt
    assert await world.scrub() == hurt  # told again, quarantined once
    told = await world.owner.fetchval("SELECT quarantine_reason FROM blobs WHERE key = $1", key)
    assert told.startswith(reason)
    assert await actions(world) == ["blob.quarantined"]

    world.damage(key, package) if bad is not None else await world.plant(key, package)
    assert await world.scrub() == changed(sound, restored=1)
    assert await world.owner.fetchval("SELECT count(*) FROM blobs WHERE quarantined_at IS NOT NULL") == 0
    assert await actions(world) == ["blob.quarantined", "blob.restored"]
    assert await verified(world) == SOUND


async def test_a_quick_check_finds_what_is_lost_or_cut_and_reads_nothing(world: World) -> None:
    packages = [await world.release() for _ in range(3)]
    by_digest = {row["sha256"]: row["key"] for row in await world.owner.fetch("SELECT sha256, key FROM blobs")}
    cut, lost, flipped = (by_digest[hashlib.sha256(each).hexdigest()] for each in packages)
    world.damage(cut, packages[0][:-1])
    world.damage(lost, None)
    world.damage(flipped, packages[2][:-1] + b"?")
    assert await verified(world, quick=True) == (0, 1, 1, 0)
    assert await verified(world) == (0, 1, 2, 0)
    assert await verified(world, chains_only=True) == SOUND
    found = await world.registry.upkeep.verify(console())
    assert {each.key for each in found.faults} == {cut, lost, flipped}


async def test_a_scrub_proves_what_an_earlier_release_kept_without_a_proof(world: World) -> None:
    package = await world.release()
    proof = await world.owner.fetchval("SELECT pieces FROM blobs")
    await world.owner.execute("UPDATE blobs SET pieces = NULL, proven_at = NULL")
    assert await world.scrub() == Scrubbed(blobs=1, bytes_read=len(package), lost=0, damaged=0, proven=1, restored=0)
    assert await world.owner.fetchval("SELECT pieces FROM blobs WHERE proven_at IS NOT NULL") == proof
    assert proof == hashlib.sha256(package).digest()


class _Faltering(LocalBlobs):
    """Remembers what is read of it, and answers so many readings."""

    def __init__(self, root: Path, answers: int) -> None:
        super().__init__(root)
        self.answers = answers
        self.asked: list[str] = []

    async def read(self, key: str, offset: int = 0, length: int | None = None) -> Any:
        self.asked.append(key)
        if len(self.asked) > self.answers:
            raise StorageUnavailable(reason="it is away")
        async for piece in super().read(key, offset, length):
            yield piece


async def test_a_scrub_ends_with_a_storage_that_does_not_answer_and_goes_on_where_it_was(world: World) -> None:
    for _ in range(4):
        await world.release()
    everything = await world.kept()
    reading = Executor("reading", threads=1, queue=5)

    async def scrub(answers: int) -> list[str]:
        store = _Faltering(world.data_dir / "blobs", answers)
        try:
            await Upkeep(world.wiring.database, store, reading).scrub(console())
        finally:
            await store.close()
        return store.asked

    with pytest.raises(StorageUnavailable):
        await scrub(0)
    store = _Faltering(world.data_dir / "blobs", 1)
    with pytest.raises(StorageUnavailable):
        await Upkeep(world.wiring.database, store, reading).scrub(console())
    await store.close()
    reading_again = await scrub(99)
    reading.close()

    assert set(reading_again) == everything
    assert reading_again[-1] == store.asked[0]  # which was read the latest
    assert await world.owner.fetchval("SELECT count(*) FROM blobs WHERE quarantined_at IS NOT NULL") == 0


async def test_a_storage_that_is_not_mounted_quarantines_nothing(world: World) -> None:
    await world.release()
    mounted = world.data_dir / "blobs"
    mounted.rename(world.data_dir / "elsewhere")
    with pytest.raises(StorageUnavailable):
        await world.scrub()
    (world.data_dir / "elsewhere").rename(mounted)
    assert (await world.scrub()).blobs == 1
    assert await actions(world) == []


# -- the audit -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def shared(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A world whose one chain has five entries."""
    async with a_database(cluster) as urls, a_world(urls, tmp_path_factory.mktemp("chained")) as made:
        for _ in range(3):
            await made.release()
        yield made


@pytest.fixture
async def chained(shared: World) -> AsyncIterator[World]:
    """The same; whatever a test does to its chain is undone."""
    for table in ("audit_entries", "audit_heads"):
        await shared.owner.execute(f"CREATE TABLE saved_{table} AS TABLE {table}")
    yield shared
    for table in ("audit_entries", "audit_heads"):
        await shared.owner.execute(
            f"TRUNCATE {table}; INSERT INTO {table} TABLE saved_{table}; DROP TABLE saved_{table}"
        )


REWRITE = """
DO $$
DECLARE entry audit_entries; previous bytea := '';
BEGIN
    UPDATE audit_entries SET actor_name = 'nobody' WHERE number = 2;
    FOR entry IN SELECT * FROM audit_entries ORDER BY number LOOP
        entry.previous_hash := previous;
        previous := audit_hash(previous, entry);
        UPDATE audit_entries SET previous_hash = entry.previous_hash, hash = previous WHERE number = entry.number;
    END LOOP;
    UPDATE audit_heads SET hash = previous;
END $$
"""
CUT = """
DO $$
BEGIN
    DELETE FROM audit_entries WHERE number > 3;
    UPDATE audit_heads h SET entries = 3, hash = e.hash FROM audit_entries e WHERE e.number = 3;
END $$
"""


@pytest.mark.parametrize(
    ("tampering", "found_at"),
    [
        ("UPDATE audit_entries SET actor_name = 'nobody' WHERE number = 3", 3),
        ("UPDATE audit_entries SET hash = sha256('x') WHERE number = 3", 3),
        ("UPDATE audit_entries SET previous_hash = sha256('x') WHERE number = 3", 3),
        ("DELETE FROM audit_entries WHERE number = 2", 2),
        ("DELETE FROM audit_entries WHERE number = 1", 1),
        ("DELETE FROM audit_entries", 1),
        ("DELETE FROM audit_entries WHERE number = (SELECT max(number) FROM audit_entries)", 5),
        ("UPDATE audit_entries SET number = CASE number WHEN 2 THEN -3 ELSE -2 END WHERE number IN (2, 3);"
         "UPDATE audit_entries SET number = -number WHERE number < 0", 2),
        ("UPDATE audit_entries SET number = number + 100 WHERE number > 3;"
         "UPDATE audit_entries SET number = number - 99 WHERE number > 100;"
         "INSERT INTO audit_entries SELECT tenant_id, 4, recorded_at, actor_id, actor_name, credential, action,"
         " object_kind, object_id, detail, request_id, previous_hash, hash FROM audit_entries WHERE number = 3", 4),
        ("INSERT INTO audit_entries SELECT tenant_id, -7, recorded_at, actor_id, actor_name, credential, action,"
         " object_kind, object_id, detail, request_id, previous_hash, hash FROM audit_entries WHERE number = 3", 1),
        ("INSERT INTO audit_entries SELECT tenant_id, 6, recorded_at, actor_id, actor_name, credential, action,"
         " object_kind, object_id, detail, request_id, previous_hash, hash FROM audit_entries WHERE number = 3", 6),
        ("DELETE FROM audit_heads", 6),
    ],
    ids=["edited", "hash", "link", "deleted", "first deleted", "all deleted", "tail cut", "reordered", "inserted",
         "hidden before", "hidden behind", "no head"],
)  # fmt: skip
async def test_tampering_with_the_audit_is_found(chained: World, tampering: str, found_at: int) -> None:
    whole = await chained.registry.upkeep.verify(console(), chains_only=True)
    assert (whole.tenants, whole.entries, whole.is_sound) == (1, 5, True)

    await chained.owner.execute(tampering)

    found = await chained.registry.upkeep.verify(console(), chains_only=True)
    broken = [(each.tenant_id, each.number) for each in found.broken_chains]
    assert broken == [(chained.caller.tenant_id, found_at)]
    assert not found.is_sound


@pytest.mark.parametrize(("tampering", "found_at"), [(REWRITE, 5), (CUT, 4)], ids=["all written anew", "tail cut well"])
async def test_what_its_owner_does_well_is_found_by_a_checkpoint_only(
    chained: World, tampering: str, found_at: int
) -> None:
    checkpoint = {each.tenant_id: each for each in await chained.registry.upkeep.show_heads(console())}
    await chained.release()
    assert await verified(chained, checkpoint=checkpoint) == SOUND

    await chained.owner.execute(tampering)

    assert await verified(chained, chains_only=True) == SOUND
    found = await chained.registry.upkeep.verify(console(), chains_only=True, checkpoint=checkpoint)
    broken = [(each.tenant_id, each.number) for each in found.broken_chains]
    assert broken == [(chained.caller.tenant_id, found_at)]


async def test_a_chain_that_the_checkpoint_has_cannot_vanish_as_a_whole(chained: World) -> None:
    gone = ChainHead(tenant_id=new_id(), number=1, hash="0" * 64)
    found = await chained.registry.upkeep.verify(console(), chains_only=True, checkpoint={gone.tenant_id: gone})
    assert [(each.tenant_id, each.number) for each in found.broken_chains] == [(gone.tenant_id, 0)]


async def test_a_long_chain_is_followed_to_its_end_while_it_grows(chained: World) -> None:
    await grow(chained, 2500)
    over = asyncio.Event()

    async def go_on() -> None:
        while not over.is_set():
            await chained.release()

    growing = asyncio.create_task(go_on())
    found = [await chained.registry.upkeep.verify(console(), chains_only=True) for _ in range(5)]
    over.set()
    await growing
    assert all(each.is_sound and each.entries >= 2500 for each in found)


async def grow(world: World, entries: int) -> None:
    """Adds entries to the tenant's chain."""
    async with world.owner.transaction():
        await world.owner.execute(f"SET LOCAL plugport.tenant = '{world.caller.tenant_id}'")
        await world.owner.execute(
            "SELECT record_audit($1, 'a', 'b', 'token', 'c', 'd', 'e', '{}', n::text) FROM generate_series(1, $2::int) n",
            world.caller.tenant_id, entries,
        )  # fmt: skip


# -- commands --------------------------------------------------------------------------------------------------------------


async def test_the_commands_work_beside_the_running_server_and_without_it(world: World) -> None:
    await world.release()
    await world.plant(orphan := keys.incoming(world.caller.tenant_id))
    env = world.environment
    program = CliRunner(env=env)  # in this process, for speed

    def told(*arguments: str, status: int = 0) -> Any:
        done = program.invoke(main, [*arguments, "--json"])
        assert done.exit_code == status, done.output
        return msgspec.json.decode(done.stdout)

    def operate() -> None:
        checkpoint = world.data_dir / "checkpoint"
        checkpoint.write_text(run("audit", "checkpoint", env=env).stdout)
        with Server(
            world.data_dir,
            port=free_port(),
            PLUGPORT_DATABASE_URL=world.urls.app,
            PLUGPORT_DATABASE_OWNER_URL=world.urls.owner,
            PLUGPORT_JOBS="off",  # else its own collection may be faster
        ):
            assert told("audit", "verify", status=1)["faults"] == [
                {"tenant_id": world.caller.tenant_id, "key": orphan, "problem": "no row names it"}
            ]
            assert told("gc", "--dry-run") == msgspec.to_builtins(changed(NOTHING, dry_run=True, orphans=1))
            assert told("gc") == msgspec.to_builtins(changed(NOTHING, orphans=1))
            assert (told("scrub")["blobs"], told("scrub")["damaged"]) == (1, 0)
        sound = run_json("audit", "verify", "--quick", "--checkpoint", str(checkpoint), env=env)
        assert (sound["blobs"], sound["orphaned"], sound["broken_chains"]) == (1, 0, [])

    await asyncio.to_thread(operate)


def test_a_wrong_checkpoint_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("nonsense\n")
    program = CliRunner(env=environment(tmp_path))
    done = program.invoke(main, ["audit", "verify", "--checkpoint", str(tmp_path / "file")])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "checkpoint: Line 1 is none that a checkpoint has.\n"
