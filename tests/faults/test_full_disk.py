"""A storage without room is told as such; nothing acknowledged is lost, everything else goes on, and uploads do once there is
room.

The storage lies in a small file system of its own, which only root can make.
"""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.postgres.embedded import Urls
from tests.apart import on_its_own
from tests.builders import a_name, a_package, a_vsix
from tests.chunks import DOORS, OWN_PATH, Sending
from tests.person import Person, people
from tests.program import Server, run_json

CHUNK = 512 * 1024
DISK = 24 * 1024 * 1024
FULL, MOVED_ON = "PLUGPORT.00070002", "PLUGPORT.00080002"


class SmallDisk:
    """A file system of 24 MiB, mounted at `path`, that others take room of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def leave(self, room: int) -> None:
        """Takes so much that `room` bytes are left."""
        self.clear()
        found = os.statvfs(self.path)
        taken = found.f_bavail * found.f_frsize - room
        assert taken > 0
        with self._ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, taken)

    def clear(self) -> None:
        """Gives the room back."""
        self._ballast.unlink(missing_ok=True)

    def unfinished(self) -> list[Path]:
        """Files that no key names."""
        return list(self.path.rglob("~*"))


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDisk]:
    """One, which is gone again in the end whatever happens."""
    path = tmp_path_factory.mktemp("small-disk")
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "plugport-tests", str(path)]
    try:
        done = subprocess.run(mounting, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("needs a small file system of its own")
    if done.returncode != 0:
        pytest.skip("needs a small file system of its own")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


@dataclass
class World:
    """A server whose storage lies there, and one of its authors."""

    server: Server
    disk: SmallDisk
    author: Person
    publisher: str

    def send(self, door: str, chunks: int) -> Sending:
        """A file of that many chunks, the last one short."""
        content = a_vsix(files={"extension/data.bin": os.urandom(CHUNK * (chunks - 1) + 1000)})
        return DOORS[door](self.author, self.publisher, content, chunk=CHUNK)

    def send_to_be_copied(self, door: str) -> Sending:
        """A file of four chunks, all of them sent. The first came with other bytes before, so joining them needs room."""
        sending = self.send(door, 4)
        sending.chunk(1, bytes(CHUNK))
        sending.send()
        return sending

    def abort(self, sending: Sending) -> httpx.Response:
        """The answer to giving it up."""
        return self.author.http.delete(f"{OWN_PATH}/{sending.id}")

    def check_others(self, name: str, package: bytes) -> None:
        """Whatever needs no room is served: a package, its plug-in, lists, uploads as they stand."""
        download = self.author.http.get(f"/plugport/v1/plugins/{name}/versions/1.0.0/package")
        assert (download.status_code, download.content) == (200, package)
        assert self.author.numbers(name) == ["1.0.0"]
        assert self.author.http.get(OWN_PATH).status_code == 200
        assert httpx.get(f"{self.server.url}/healthz", timeout=20).status_code == 200


@pytest.fixture(scope="module")
def world(cluster: Urls, disk: SmallDisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all: none of these tests needs it to be started again. In the end, its books are sound."""
    storage_url = (disk.path / "blobs").as_uri()
    with on_its_own(cluster, tmp_path_factory.mktemp("full"), storage_url) as made, people() as meet:
        server, new_account = made
        author = meet(new_account().user("author"))
        yield World(server, disk, author, author.publisher("makers"))
        disk.clear()
        run_json("gc", env=server.environment)
        verdict = run_json("audit", "verify", env=server.environment)
        assert (verdict["lost"], verdict["damaged"], verdict["orphaned"], verdict["broken_chains"]) == (0, 0, 0, [])
        assert "unexpected" not in server.log.read_text(errors="replace")


@pytest.fixture(autouse=True)
def _room_for_the_next(disk: SmallDisk) -> Iterator[None]:
    yield
    disk.clear()


def refused_for_want_of_room(answer: httpx.Response) -> bool:
    """Whether it says that there is no room; else it must be a success."""
    if answer.status_code == 200:
        return False
    assert (answer.status_code, answer.json()["error_code"]) == (507, FULL), answer.text
    return True


@pytest.mark.parametrize("door", DOORS)
def test_chunks_come_until_the_disk_is_full_and_go_on_when_another_upload_is_given_up(world: World, door: str) -> None:
    name = a_name()
    package = world.author.upload(name)
    other = world.send(door, 5)
    other.send(1, 2, 3, 4)
    sending = world.send(door, 5)
    world.disk.leave(2 * CHUNK + CHUNK // 2)

    refused = [refused_for_want_of_room(sending.chunk(number)) for number in range(1, 6)]

    assert refused == [False, False, True, True, True]  # half of the third keeps its place until the upload ends
    assert sending.show()["received"] == [[1, 2]]
    assert world.disk.unfinished() == []
    world.check_others(name, package)
    assert world.abort(other).status_code == 200
    sending.send(3, 4, 5)
    world.disk.clear()
    assert sending.finish()["state"] == "accepted"


@pytest.mark.parametrize("door", DOORS)
def test_over_a_disk_without_any_room_everything_else_goes_on(world: World, door: str) -> None:
    name = a_name()
    package = world.author.upload(name)
    sending = world.send(door, 2)
    sending.send(1)
    world.disk.leave(0)

    assert refused_for_want_of_room(sending.chunk(2))
    assert refused_for_want_of_room(world.send(door, 2).chunk(1))
    refused = world.author.refused(507, "upload_basic_plugin", plugin_name=name, file=package + b" ")
    assert refused["error_code"] == FULL
    assert httpx.get(f"{world.server.url}/readyz", timeout=20).status_code == 503

    world.check_others(name, package)
    assert sending.show()["received"] == [[1, 1]]
    assert world.disk.unfinished() == []
    world.disk.clear()
    sending.send(2)
    assert sending.finish()["state"] == "accepted"
    assert httpx.get(f"{world.server.url}/readyz", timeout=20).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_a_file_for_which_there_is_no_room_is_joined_when_there_is(world: World, door: str) -> None:
    sending = world.send_to_be_copied(door)
    world.disk.leave(CHUNK)

    assert refused_for_want_of_room(sending.complete())
    assert refused_for_want_of_room(sending.complete())

    shown = sending.show()
    assert (shown["received"], shown["missing"]) == ([[1, 4]], [])
    assert "complete" in shown["next_step"]
    assert world.disk.unfinished() == []
    world.disk.clear()
    assert sending.finish()["state"] == "accepted"


@pytest.mark.parametrize("door", DOORS)
def test_of_files_that_keep_each_other_from_being_joined_one_can_be_given_up(world: World, door: str) -> None:
    first, second = world.send_to_be_copied(door), world.send_to_be_copied(door)
    world.disk.leave(CHUNK)
    assert refused_for_want_of_room(first.complete())
    assert refused_for_want_of_room(second.complete())

    answer = world.abort(second)

    assert (answer.status_code, answer.json()["state"]) == (200, "aborted"), answer.text
    refused = second.complete()
    assert (refused.status_code, refused.json()["error_code"]) == (409, MOVED_ON)
    assert first.finish()["state"] == "accepted"


def test_a_released_package_comes_through_a_full_disk_in_chunks(world: World) -> None:
    """The whole way of a basic plug-in, whose upload is told twice that there is no room."""
    name = a_name()
    package = a_package(name, script=os.urandom(3 * CHUNK))
    sending: Any = DOORS["own"](world.author, world.publisher, package, chunk=CHUNK)
    assert sending.begin(purpose="basic-plugin", plugin_name=name, publisher_id=None).status_code == 201
    sending.send(1, 2)
    world.disk.leave(1024)
    assert refused_for_want_of_room(sending.chunk(3))
    world.disk.leave(2 * CHUNK)
    sending.send(3, 4)  # the third lies apart now, and joining it to the others needs room
    assert refused_for_want_of_room(sending.complete())
    assert world.author.http.get(f"/plugport/v1/plugins/{name}/versions/1.0.0/package").status_code == 404

    world.disk.clear()

    assert sending.finish()["state"] == "accepted"
    world.check_others(name, package)
