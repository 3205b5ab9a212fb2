"""The same program, and the same database, over a bucket instead of a directory."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from storage.postgres.embedded import Urls
from tests.accounts import Account
from tests.apart import on_its_own
from tests.builders import a_name, a_package, a_picture, a_vsix, an_upload
from tests.person import Person, people
from tests.program import Server, free_port
from tests.publishing import an_accepted_publisher, details, published
from tests.seaweed import BUCKET, SeaweedFS


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeaweedFS]:
    """A real S3 store."""
    with SeaweedFS(tmp_path_factory.mktemp("weed")) as running:
        yield running


@pytest.fixture(scope="module")
def server_on_s3(weed: SeaweedFS, cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that keeps its bytes in the store."""
    with Server(
        tmp_path_factory.mktemp("plugport-on-s3"),
        port=free_port(),
        PLUGPORT_DATABASE_URL=cluster.app,
        PLUGPORT_JOBS="off",  # its store is not that of the database's other servers
        PLUGPORT_DATABASE_OWNER_URL=cluster.owner,
        PLUGPORT_STORAGE_URL=weed.url,
    ) as running:
        yield running


@pytest.fixture
def author(account: Account, server_on_s3: Server) -> Iterator[Person]:
    """An author who works on that server."""
    member = account.user("author")
    with httpx.Client(base_url=server_on_s3.url, headers={"X-Auth-Token": member.token()}, timeout=30) as http:
        yield Person(member, http)


def _stored(weed: SeaweedFS, account: Account) -> list[str]:
    found = weed.client().list_objects(BUCKET, prefix=f"t/{account.id}/", recursive=True)
    return [str(each.object_name) for each in found]


def test_a_package_lies_in_the_bucket_under_its_digest(author: Person, account: Account, weed: SeaweedFS) -> None:
    name = a_name()
    package = author.upload(name)
    digest = hashlib.sha256(package).hexdigest()
    assert author.do("show_basic_plugin", plugin_name=name, version="1.0.0")["execution"]["sha256"] == digest
    assert _stored(weed, account) == [f"t/{account.id}/b/{digest}"]


def test_a_package_of_many_megabytes_is_taken_in_parts(author: Person, account: Account, weed: SeaweedFS) -> None:
    name = a_name()
    noise = hashlib.shake_256(b"noise").digest(20 * 1024 * 1024)
    package = a_package(name, script=noise)
    author.do("upload_basic_plugin", plugin_name=name, file=package)
    assert len(_stored(weed, account)) == 1


def test_what_is_refused_leaves_nothing_in_the_bucket(author: Person, account: Account, weed: SeaweedFS) -> None:
    name = a_name()
    author.refused(400, "upload_basic_plugin", plugin_name=name, file=a_package(a_name()))
    author.refused(400, "upload_basic_plugin", plugin_name=name, file=b"no archive")
    assert _stored(weed, account) == []


def test_an_icon_comes_back_from_the_bucket(author: Person) -> None:
    picture = a_picture()
    answer = author.http.post(
        f"/v1/{author.account_id}/common/upload-plugin-icon",
        params={"plugin_name": a_name()},
        files=an_upload(picture, "i.png"),
    )
    assert author.http.get(answer.text).content == picture


@pytest.mark.parametrize("redirect", ["off", "on"])
def test_an_extension_and_its_files_come_out_of_the_bucket_by_either_way(
    weed: SeaweedFS, cluster: Urls, tmp_path: Path, redirect: str
) -> None:
    own = on_its_own(cluster, tmp_path, weed.url, PLUGPORT_DOWNLOAD_REDIRECT=redirect)
    with own as (_, new_account), people() as meet:
        author = meet(new_account().user("author", "operator"))
        package = a_vsix(an_accepted_publisher(author, author).name, "linter")
        shown = published(author, package)
        (extension,) = details(meet(new_account().user("viewer")), shown["extension_id"])
        (version,) = extension["versions"]

        digest = hashlib.sha256(package).hexdigest()
        assert f"t/{author.account_id}/b/{digest}" in _stored(weed, author.member.account)
        answer = author.http.get(version["asset_uri"])
        assert answer.headers["etag"] == f'"{digest}"'
        if redirect == "on":
            assert (answer.status_code, answer.headers["cache-control"]) == (307, "no-store")
            answer = httpx.get(answer.headers["location"])
        assert (answer.status_code, answer.content) == (200, package)
        files = {each["asset_type"]: each["source"] for each in version["files"]}
        assert author.http.get(files["icon"]).content == a_picture()
        assert author.http.get(files["readme"]).text.startswith("# linter")
