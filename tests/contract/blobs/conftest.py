"""One fixture, two stores: every promise of `storage/blobs/base.py` is proved over local files and over a real S3 store."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from storage.blobs.base import BlobStore
from storage.blobs.connect import open_store
from storage.blobs.s3 import S3Blobs
from tests.contract.blobs.between import Between
from tests.seaweed import ACCESS_KEY, BUCKET, SECRET_KEY, SeaweedFS


class Medium(Protocol):
    """What lies under a store, to be looked at and damaged past it."""

    store: BlobStore

    def overwrite(self, key: str, data: bytes) -> None:
        """Replaces the bytes under `key` behind the store's back."""
        ...

    def leftovers(self) -> list[str]:
        """Everything that lies there: blobs, halves, temporary things."""
        ...


class LocalMedium:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = open_store(root.as_uri())

    def overwrite(self, key: str, data: bytes) -> None:
        (self.root / key).write_bytes(data)

    def leftovers(self) -> list[str]:
        return [str(path.relative_to(self.root)) for path in self.root.rglob("*") if not path.is_dir()]


class S3Medium:
    def __init__(self, weed: SeaweedFS, store: BlobStore) -> None:
        self.client = weed.client()
        self.store = store

    def overwrite(self, key: str, data: bytes) -> None:
        self.client._put_object(BUCKET, key, data, {})

    def leftovers(self) -> list[str]:
        blobs = [found.object_name for found in self.client.list_objects(BUCKET, recursive=True)]
        uploads = self.client._list_multipart_uploads(BUCKET).uploads
        return blobs + [f"{each.object_name} (begun in parts)" for each in uploads]


def patient(endpoint: str, seconds: float) -> S3Blobs:
    """A store at `endpoint` that repeats what failed for so long."""
    return S3Blobs(endpoint, BUCKET, access_key=ACCESS_KEY, secret_key=SECRET_KEY, secure=False, patience=seconds)


@pytest.fixture(scope="session")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    with SeaweedFS(tmp_path_factory.mktemp("seaweedfs")) as running:
        yield running


@pytest.fixture(params=["local", "s3"])
async def medium(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Medium]:
    if request.param == "local":
        given: Medium = LocalMedium(tmp_path / "blobs")
    else:
        given = S3Medium(weed := request.getfixturevalue("weed"), open_store(weed.url))
    yield given
    await _empty_and_close(given)


@pytest.fixture
def store(medium: Medium) -> BlobStore:
    return medium.store


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[LocalMedium]:
    given = LocalMedium(tmp_path / "blobs")
    yield given
    await _empty_and_close(given)


@pytest.fixture
def between(weed: SeaweedFS) -> Iterator[Between]:
    with Between(weed.endpoint) as running:
        yield running


@pytest.fixture
async def s3(weed: SeaweedFS, between: Between) -> AsyncIterator[S3Medium]:
    """An S3 store that is reached through `between`, which forwards everything until a test tells it to lie."""
    given = S3Medium(weed, patient(between.endpoint, 0.5))
    yield given
    between.tell_the_truth()
    await _empty_and_close(given)


async def _empty_and_close(medium: Medium) -> None:
    """Deletes every key that the store names. What then still lies there was left behind by the code under test."""
    for key in [key async for key in medium.store.keys(prefix="")]:
        await medium.store.delete(key)
    await medium.store.tidy(hours=1, keep=())  # which may take nothing that is under test
    left = medium.leftovers()
    await medium.store.tidy(hours=0, keep=())  # so that the next test does not find it
    await medium.store.close()
    assert left == []
