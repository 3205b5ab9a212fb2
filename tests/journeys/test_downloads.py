"""Bytes that were damaged or lost in the store never go out as a whole package, and the same bytes sent again mend it."""

import hashlib
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest

from app.registry import Registry
from app.settings import read_settings
from app.wiring import wired
from schemas.errors import BytesDamaged, PackageQuarantined, StorageUnavailable
from schemas.model.access import Caller
from schemas.model.downloads import Download, Span
from storage.postgres.embedded import Urls
from tests.accounts import Account
from tests.builders import a_name, a_package
from tests.contract.postgres.furnished import pieces
from tests.faults.proxy import Proxy
from tests.person import Person
from tests.program import BY_CHECKS, Server, free_port
from tests.seaweed import BUCKET, SeaweedFS

NOISE = hashlib.shake_256(b"noise").digest(3 * 1024 * 1024)
DAMAGED, QUARANTINED = "PLUGPORT.00070003", "PLUGPORT.00050005"


@pytest.fixture
async def owner(cluster: Urls) -> AsyncIterator[Any]:
    """A connection of the role that owns everything."""
    connection = await asyncpg.connect(cluster.owner, server_settings={"search_path": "plugport,public"})
    yield connection
    await connection.close()


class Shelf:
    """A released package, and the file in which its bytes lie."""

    def __init__(self, author: Person, server: Server, owner: Any) -> None:
        self.author = author
        self.name = a_name()
        self.package = a_package(self.name, script=NOISE)
        self._blobs = server.data_dir / "blobs"
        self._owner = owner
        self.upload()
        self.sha256 = hashlib.sha256(self.package).hexdigest()
        self.path = f"/plugport/v1/plugins/{self.name}/versions/1.0.0/package"

    def upload(self) -> None:
        self.author.do("upload_basic_plugin", plugin_name=self.name, file=self.package)

    async def file(self) -> Path:
        key = await self._owner.fetchval(
            "SELECT key FROM blobs WHERE tenant_id = $1 AND sha256 = $2", self.author.account_id, self.sha256
        )
        return self._blobs / str(key)

    async def reason(self) -> str | None:
        """Why the package is in quarantine; None while it is not."""
        found: str | None = await self._owner.fetchval(
            "SELECT quarantine_reason FROM blobs WHERE tenant_id = $1 AND sha256 = $2",
            self.author.account_id,
            self.sha256,
        )
        return found

    async def audited(self) -> list[tuple[str, str]]:
        """What the audit tells of the blob: what happened, and who did it."""
        rows = await self._owner.fetch(
            "SELECT action, actor_name FROM audit_entries WHERE tenant_id = $1 AND object_id = $2 ORDER BY number",
            self.author.account_id,
            self.sha256,
        )
        return [tuple(row) for row in rows]

    def get(self, **headers: str) -> httpx.Response:
        return self.author.http.get(self.path, headers=headers)

    def head(self) -> httpx.Response:
        return self.author.http.head(self.path)

    def code(self, status: int) -> str:
        """The code with which a download is refused."""
        answer = self.get()
        assert answer.status_code == status, answer.text[:500]
        return str(answer.json()["error_code"])


@pytest.fixture
def shelf(author: Person, server: Server, owner: Any) -> Shelf:
    return Shelf(author, server, owner)


def _flip(file: Path, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "the first byte flipped": lambda file: _flip(file, 0),
    "cut within the first piece": lambda file: file.write_bytes(file.read_bytes()[:1000]),
    "emptied": lambda file: file.write_bytes(b""),
    "removed": lambda file: file.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_package_is_refused_quarantined_and_mended_by_the_same_bytes(shelf: Shelf, damage: str) -> None:
    DAMAGE[damage](await shelf.file())

    assert shelf.code(503) == DAMAGED
    assert await shelf.reason()
    assert shelf.code(409) == QUARANTINED
    by_digest = shelf.author.http.get(f"/plugport/v1/packages/{shelf.sha256}")
    assert by_digest.json()["error_code"] == QUARANTINED
    assert shelf.head().status_code == 409

    shelf.upload()

    assert shelf.get().content == shelf.package
    assert await shelf.reason() is None
    told = await shelf.audited()
    assert told == [("blob.quarantined", "plugport"), ("blob.healed", shelf.author.member.name)]


LATE_DAMAGE: dict[str, Callable[[Path], object]] = {
    "the last byte flipped": lambda file: _flip(file, -1),
    "cut in the last piece": lambda file: file.write_bytes(file.read_bytes()[:-1]),
    "cut between pieces": lambda file: file.write_bytes(file.read_bytes()[: 2 * 1024 * 1024]),
}


@pytest.mark.parametrize("damage", LATE_DAMAGE)
async def test_a_transfer_breaks_off_where_damage_is_found(shelf: Shelf, damage: str) -> None:
    LATE_DAMAGE[damage](await shelf.file())

    came: list[bytes] = []
    with shelf.author.http.stream("GET", shelf.path) as answer:
        assert answer.status_code == 200
        with pytest.raises(httpx.RemoteProtocolError):
            came.extend(answer.iter_raw())
    assert len(b"".join(came)) < len(shelf.package)
    assert shelf.package.startswith(b"".join(came))
    assert shelf.code(409) == QUARANTINED
    shelf.upload()
    assert shelf.get().content == shelf.package


async def test_a_broken_transfer_ends_its_connection(shelf: Shelf, server: Server) -> None:
    """Seen without a client library in between: fewer bytes than were promised, then the end."""
    _flip(await shelf.file(), -1)
    address = urlsplit(server.url)
    token = shelf.author.http.headers["X-Auth-Token"]
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=30) as line:
        line.sendall(f"GET {shelf.path} HTTP/1.1\r\nHost: here\r\nX-Auth-Token: {token}\r\n\r\n".encode())
        answer = b""
        try:
            while piece := line.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass  # an end, too
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"content-length: {len(shelf.package)}".encode() in head.lower()
    assert len(body) < len(shelf.package)


async def test_a_part_that_is_whole_goes_out_though_another_is_damaged(shelf: Shelf) -> None:
    _flip(await shelf.file(), -1)
    answer = shelf.get(Range="bytes=100-200")
    assert (answer.status_code, answer.content) == (206, shelf.package[100:201])
    answer = shelf.get(Range="bytes=-1")
    assert answer.json()["error_code"] == DAMAGED
    assert await shelf.reason()


async def test_what_an_earlier_release_kept_is_proven_when_it_is_first_asked_for(shelf: Shelf, owner: Any) -> None:
    await owner.execute("UPDATE blobs SET pieces = NULL, proven_at = NULL WHERE sha256 = $1", shelf.sha256)
    assert shelf.get().content == shelf.package
    kept = await owner.fetchval("SELECT pieces FROM blobs WHERE sha256 = $1", shelf.sha256)
    assert kept[:32] == hashlib.sha256(shelf.package[: 1024 * 1024]).digest()
    await owner.execute("UPDATE blobs SET pieces = NULL, proven_at = NULL WHERE sha256 = $1", shelf.sha256)
    _flip(await shelf.file(), -1)
    assert shelf.code(503) == DAMAGED
    assert shelf.code(409) == QUARANTINED


async def test_who_heals_while_others_download_disturbs_nobody(shelf: Shelf) -> None:
    with shelf.author.http.stream("GET", shelf.path) as answer:
        came = answer.iter_raw()
        first = next(came)
        shelf.upload()
        assert first + b"".join(came) == shelf.package
    assert await shelf.reason() is None


# -- over S3 -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """A real S3 store."""
    with SeaweedFS(tmp_path_factory.mktemp("weed")) as running:
        yield running


async def _whole(registry: Registry, caller: Caller, download: Download) -> bytes:
    span = Span(offset=0, length=download.size)
    return b"".join([piece async for piece in await registry.downloads.open(caller, download, span)])


async def test_damage_in_a_bucket_is_found_and_an_unreachable_bucket_is_no_damage(
    cluster: Urls, account: Account, owner: Any, weed: SeaweedFS, tmp_path: Path
) -> None:
    caller, name = account.user("author").caller, a_name()
    package = a_package(name, script=NOISE)
    sha256 = hashlib.sha256(package).hexdigest()

    async def stored() -> Any:
        return await owner.fetchrow("SELECT key, quarantine_reason FROM blobs WHERE sha256 = $1", sha256)

    with Proxy(f"http://{weed.endpoint}") as line:
        settings = read_settings(
            {
                "PLUGPORT_DATABASE_URL": cluster.app,
                **BY_CHECKS,
                "PLUGPORT_DATA_DIR": str(tmp_path),
                "PLUGPORT_STORAGE_URL": weed.url_with(endpoint=f"127.0.0.1:{line.port}"),
            }
        )
        async with wired(settings) as wiring:
            registry = wiring.registry
            await registry.packages.upload(caller, name, None, pieces(package))
            found = await registry.downloads.find(caller, name, "1.0.0")
            assert await _whole(registry, caller, found) == package
            assert await registry.downloads.address(found) is None

            line.refuse()
            with pytest.raises(StorageUnavailable):
                await _whole(registry, caller, found)
            line.restore()
            assert (await stored())["quarantine_reason"] is None

            for damaged in (package[:-1] + b"\x01", package[:-1], None):
                client, key = weed.client(), (await stored())["key"]
                client.remove_object(BUCKET, key)
                if damaged is not None:
                    await wiring.blobs.put(key, pieces(damaged), limit=len(package))
                stale = await registry.downloads.find(caller, name, "1.0.0")
                with pytest.raises(BytesDamaged):
                    await _whole(registry, caller, stale)
                with pytest.raises(PackageQuarantined):
                    await registry.downloads.find(caller, name, "1.0.0")
                await registry.packages.upload(caller, name, None, pieces(package))
                with pytest.raises(
                    BytesDamaged
                ):  # who began before finds nothing, and says nothing against the new bytes
                    await _whole(registry, caller, stale)
                found = await registry.downloads.find(caller, name, "1.0.0")
                assert await _whole(registry, caller, found) == package


@pytest.fixture(scope="module")
def redirecting(weed: SeaweedFS, cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that sends who downloads to the bucket."""
    with Server(
        tmp_path_factory.mktemp("redirecting"),
        port=free_port(),
        PLUGPORT_DATABASE_URL=cluster.app,
        PLUGPORT_DATABASE_OWNER_URL=cluster.owner,
        PLUGPORT_STORAGE_URL=weed.url,
        PLUGPORT_DOWNLOAD_REDIRECT="on",
    ) as running:
        yield running


async def test_a_client_is_sent_to_the_bucket_where_the_operator_wants_it(
    redirecting: Server, account: Account, owner: Any
) -> None:
    member = account.user("author")
    with httpx.Client(base_url=redirecting.url, headers={"X-Auth-Token": member.token()}, timeout=30) as http:
        shelf = Shelf(Person(member, http), redirecting, owner)
        answer = shelf.get()
        assert (answer.status_code, answer.content) == (307, b"")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["etag"] == f'"{shelf.sha256}"'
        assert "content-digest" not in answer.headers

        given = _fetched(answer.headers["location"])
        assert (given.status_code, given.content) == (200, shelf.package)
        assert given.headers["content-disposition"].startswith("attachment")
        assert f"{shelf.name}-1.0.0.zip" in given.headers["content-disposition"]
        part = shelf.get(Range="bytes=1-2")
        assert part.status_code == 307
        given = _fetched(part.headers["location"], Range="bytes=1-2")
        assert (given.status_code, given.content) == (206, shelf.package[1:3])

        assert shelf.get(**{"If-None-Match": f'"{shelf.sha256}"'}).status_code == 304
        told = shelf.head()
        assert (told.status_code, told.headers["content-length"]) == (200, str(len(shelf.package)))
        assert _counted(shelf) == 1

        await owner.execute(
            "UPDATE blobs SET quarantined_at = now(), quarantine_reason = 'found damaged' WHERE sha256 = $1",
            shelf.sha256,
        )
        assert shelf.code(409) == QUARANTINED


def _fetched(address: str, **headers: str) -> httpx.Response:
    """What the store gives to whoever has the address; no token goes there."""
    return httpx.get(address, headers=headers)


def _counted(shelf: Shelf) -> int:
    """How many downloads were counted, as soon as there was one."""
    for _ in range(200):
        total = int(shelf.author.http.get(shelf.path.replace("/package", "/downloads")).json()["total"])
        if total:
            break
        time.sleep(0.05)
    return total
