"""Packages over HTTP: what goes out, to whom, under which headers; and how often it did."""

import base64
import hashlib
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.accounts import Account, NewAccount
from tests.builders import a_name, a_package, a_version, an_upload
from tests.person import Meet, Person
from tests.program import Server

MIB = 1024 * 1024
NOISE = hashlib.shake_256(b"noise").digest(3 * MIB)


class Shelf:
    """A released package of several pieces, by both of its addresses."""

    def __init__(self, author: Person, noise: bytes = NOISE) -> None:
        self.author = author
        self.name = a_name()
        self.package = a_package(self.name, script=noise)
        author.do("upload_basic_plugin", plugin_name=self.name, file=self.package)
        self.sha256 = hashlib.sha256(self.package).hexdigest()
        self.by_name = f"/plugport/v1/plugins/{self.name}/versions/1.0.0/package"
        self.by_digest = f"/plugport/v1/packages/{self.sha256}"

    @property
    def tag(self) -> str:
        return f'"{self.sha256}"'

    def get(self, path: str = "", **headers: str) -> httpx.Response:
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.author.http.get(path or self.by_name, headers=headers)


@pytest.fixture
def shelf(ada: Person) -> Shelf:
    return Shelf(ada)


def refusal(answer: httpx.Response, status: int) -> str:
    """The code of a refusal of that status."""
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    assert told["error_msg"]
    return str(told["error_code"])


def test_a_package_goes_out_as_it_came_in_by_name_and_by_digest(shelf: Shelf) -> None:
    digest = f"sha-256=:{base64.b64encode(bytes.fromhex(shelf.sha256)).decode()}:"
    for path in (shelf.by_name, shelf.by_digest):
        answer = shelf.get(path)
        assert answer.status_code == 200
        assert answer.content == shelf.package
        told = {name: answer.headers[name] for name in answer.headers if name not in ("date", "server", "x-request-id")}
        assert told == {
            "content-length": str(len(shelf.package)),
            "content-type": "application/zip",
            "etag": shelf.tag,
            "repr-digest": digest,
            "content-digest": digest,
            "accept-ranges": "bytes",
            "cache-control": "private, max-age=31536000, immutable",
            "content-disposition": f'attachment; filename="{shelf.name}-1.0.0.zip"',
            "x-content-type-options": "nosniff",
            "content-security-policy": "default-src 'none'; sandbox",
        }


def test_head_tells_what_get_would_and_sends_nothing(shelf: Shelf) -> None:
    for path in (shelf.by_name, shelf.by_digest):
        got, told = shelf.get(path).headers, shelf.author.http.head(path, headers={"Range": "bytes=0-0"})
        assert (told.status_code, told.content) == (200, b"")
        for each in ("date", "x-request-id", "content-digest"):  # an empty content has another digest
            got.pop(each, None)
            told.headers.pop(each, None)
        assert told.headers == got
        assert shelf.author.http.head(path, headers={"If-None-Match": shelf.tag}).status_code == 304
        assert shelf.author.http.head(path, headers={"If-Match": '"other"'}).status_code == 412


@pytest.mark.parametrize(
    ("first", "last"), [(0, 0), (1, MIB - 1), (MIB - 1, MIB), (MIB, 2 * MIB), (2 * MIB - 1, None), (5, None)]
)
def test_a_range_is_that_part_of_the_package(shelf: Shelf, first: int, last: int | None) -> None:
    size = len(shelf.package)
    wanted = shelf.package[first : last + 1 if last is not None else None]
    answer = shelf.get(Range=f"bytes={first}-{'' if last is None else last}", If_Range=shelf.tag)
    assert answer.status_code == 206
    assert answer.content == wanted
    assert answer.headers["content-range"] == f"bytes {first}-{size - 1 if last is None else last}/{size}"
    assert answer.headers["content-length"] == str(len(wanted))
    assert answer.headers["etag"] == shelf.tag
    assert "content-digest" not in answer.headers


def test_the_end_is_asked_for_by_its_length(shelf: Shelf) -> None:
    assert shelf.get(Range="bytes=-10").content == shelf.package[-10:]


def test_several_ranges_and_ranges_of_other_bytes_get_the_whole(shelf: Shelf) -> None:
    for headers in ({"Range": "bytes=0-1,5-6"}, {"Range": "bytes=0-1", "If_Range": '"other"'}):
        answer = shelf.get(**headers)
        assert (answer.status_code, answer.content) == (200, shelf.package)
        assert "content-range" not in answer.headers


def test_a_range_past_the_end_is_refused_with_the_size(shelf: Shelf) -> None:
    answer = shelf.get(Range=f"bytes={len(shelf.package)}-")
    assert refusal(answer, 416) == "PLUGPORT.00050007"
    assert answer.headers["content-range"] == f"bytes */{len(shelf.package)}"


def test_who_has_the_package_is_told_so(shelf: Shelf) -> None:
    answer = shelf.get(If_None_Match=f'"other", W/{shelf.tag}')
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == shelf.tag
    assert "content-length" not in answer.headers


@pytest.mark.parametrize("name", ["Range", "If-Range", "If-Match", "If-None-Match"])
def test_a_condition_that_is_too_long_is_refused_by_its_name(ada: Person, name: str) -> None:
    answer = ada.http.get(f"/plugport/v1/packages/{'0' * 64}", headers={name: "bytes=" + "0-1," * 2000})
    assert refusal(answer, 400) == "PLUGPORT.00010002"
    assert answer.json()["error_msg"].startswith(f"{name}: ")


def test_who_wants_another_package_is_refused(shelf: Shelf) -> None:
    assert refusal(shelf.get(If_Match='"other"'), 412) == "PLUGPORT.00050006"


# -- who -------------------------------------------------------------------------------------------------------------------


def test_another_tenant_cannot_tell_a_package_from_none(shelf: Shelf, new_account: NewAccount, meet: Meet) -> None:
    stranger = meet(new_account().user("admin"))
    unknown_name = shelf.by_name.replace(shelf.name, a_name())
    unknown_digest = f"/plugport/v1/packages/{'0' * 64}"
    for hidden, unknown in ((shelf.by_name, unknown_name), (shelf.by_digest, unknown_digest)):
        refused, missing = stranger.http.get(hidden), stranger.http.get(unknown)
        assert refused.status_code == missing.status_code == 404
        assert refused.json()["error_code"] == missing.json()["error_code"]
        told, about = refused.json()["error_msg"], missing.json()["error_msg"]
        assert told.replace(shelf.name, "") == about.replace(unknown_name.split("/")[4], "")
        assert stranger.http.head(hidden).status_code == 404
    counts = stranger.http.get(shelf.by_name.replace("/package", "/downloads"))
    assert refusal(counts, 404) == "PLUGPORT.00040001"


def test_a_private_package_is_for_its_maintainers_and_administrators(account: Account, meet: Meet) -> None:
    shelf = Shelf(meet(account.user("author")))
    shelf.author.do("update_basic_plugin", body={"plugin_name": shelf.name, "is_private": 1})
    boss, colleague = meet(account.user("admin")), meet(account.user("author"))
    for path in (shelf.by_name, shelf.by_digest):
        assert shelf.get(path).status_code == boss.http.get(path).status_code == 200
        assert colleague.http.get(path).status_code == 404


def test_a_published_package_goes_out_to_every_tenant(
    shelf: Shelf, judge: Person, new_account: NewAccount, meet: Meet
) -> None:
    publisher = shelf.author.publisher(a_name("maker"))
    judge.accept(publisher)
    shelf.author.do(
        "publish_plugin", body={"plugin_name": shelf.name, "version": "1.0.0", "publisher_unique_id": publisher}
    )
    stranger = meet(new_account().user("viewer"))
    for path in (shelf.by_name, shelf.by_digest):
        assert stranger.http.get(path).content == shelf.package
    counts = shelf.by_name.replace("/package", "/downloads")
    assert refusal(stranger.http.get(counts), 403) == "PLUGPORT.00020003"
    assert refusal(meet(new_account().user("author")).http.get(counts), 404) == "PLUGPORT.00040001"
    assert downloads(shelf, 2) == {"total": 2, "days": [{"day": today(), "downloads": 2}]}


def test_a_deleted_version_goes_out_no_more(shelf: Shelf) -> None:
    shelf.author.do("delete_basic_plugin", plugin_name=shelf.name, version="1.0.0")
    assert refusal(shelf.get(shelf.by_name), 404) == "PLUGPORT.00040003"
    assert refusal(shelf.get(shelf.by_digest), 404) == "PLUGPORT.00050004"


def test_a_version_without_a_package_has_none_to_send(ada: Person) -> None:
    name = a_name()
    ada.do("create_plugin_version", body=a_version(name))
    ada.do("create_plugin_draft", body=a_version(name, "2.0.0"))
    for version, code in (("1.0.0", "00050004"), ("2.0.0", "00050004"), ("3.0.0", "00040003")):
        answer = ada.http.get(f"/plugport/v1/plugins/{name}/versions/{version}/package")
        assert refusal(answer, 404) == f"PLUGPORT.{code}"


@pytest.mark.parametrize("digest", ["0" * 63, "0" * 65, "A" * 64, "..", "%20"])
def test_what_is_no_digest_names_no_package(ada: Person, digest: str) -> None:
    assert ada.http.get(f"/plugport/v1/packages/{digest}").status_code == 404


def test_a_version_that_is_no_number_is_named(ada: Person) -> None:
    answer = ada.http.get(f"/plugport/v1/plugins/{a_name()}/versions/latest/package")
    assert answer.status_code in (400, 404)


def test_nobody_downloads_without_credentials(shelf: Shelf, http: httpx.Client) -> None:
    for path in (shelf.by_name, shelf.by_digest, shelf.by_name.replace("/package", "/downloads")):
        assert http.get(path).status_code == 401
    assert http.head(shelf.by_name).status_code == 401


# -- how often ---------------------------------------------------------------------------------------------------------------


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def downloads(shelf: Shelf, total: int) -> Any:
    """The counts as soon as they have come to `total`: a download is counted after its last byte."""
    path = shelf.by_name.replace("/package", "/downloads")
    for _ in range(200):
        counts = shelf.author.http.get(path).json()
        if counts["total"] >= total:
            break
        time.sleep(0.05)
    return counts


def test_whole_downloads_are_counted_and_nothing_else(shelf: Shelf) -> None:
    size = len(shelf.package)
    assert downloads(shelf, 0) == {"total": 0, "days": []}
    shelf.get(Range="bytes=1-")
    shelf.get(Range=f"bytes=0-{size - 2}")
    shelf.get(If_None_Match=shelf.tag)
    shelf.get(If_Match='"other"')
    shelf.get(Range=f"bytes={size}-")
    shelf.author.http.head(shelf.by_name)
    shelf.get(shelf.by_name)
    shelf.get(shelf.by_digest)
    shelf.get(Range="bytes=0-")
    assert downloads(shelf, 3) == {"total": 3, "days": [{"day": today(), "downloads": 3}]}


def test_counts_are_for_whoever_may_change_the_plugin(shelf: Shelf, account: Account, meet: Meet) -> None:
    path = shelf.by_name.replace("/package", "/downloads")
    assert meet(account.user("author")).http.get(path).status_code == 200
    shelf.author.do(
        "update_basic_plugin", body={"plugin_name": shelf.name, "maintainers": f'["{shelf.author.member.user.id}"]'}
    )
    assert refusal(meet(account.user("author")).http.get(path), 403) == "PLUGPORT.00040010"
    assert refusal(shelf.author.http.get(path.replace("1.0.0", "2.0.0")), 404) == "PLUGPORT.00040003"


def test_a_client_that_goes_away_is_not_counted_and_leaves_no_error_behind(ada: Person, server: Server) -> None:
    shelf = Shelf(ada, noise=hashlib.shake_256(b"noise").digest(16 * MIB))  # more than lies in buffers on its way
    before = len(server.log.read_bytes())
    address = urlsplit(server.url)
    request = (
        f"GET {shelf.by_name} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"X-Auth-Token: {shelf.author.http.headers['X-Auth-Token']}\r\n\r\n"
    )
    for _ in range(3):
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect((address.hostname, address.port))
            line.sendall(request.encode())
            assert line.recv(100).startswith(b"HTTP/1.1 200")
    assert shelf.get().content == shelf.package
    assert downloads(shelf, 1)["total"] == 1
    said = server.log.read_bytes()[before:].decode()
    assert "rror" not in said, said


def test_a_package_replaced_by_its_own_bytes_counts_on(shelf: Shelf) -> None:
    shelf.get()
    downloads(shelf, 1)
    answer = shelf.author.http.post(
        f"/v3/{shelf.author.account_id}/extension/upload",
        params={"plugin_name": shelf.name},
        files=an_upload(shelf.package),
    )
    assert answer.status_code == 200
    shelf.get()
    assert downloads(shelf, 2)["total"] == 2
