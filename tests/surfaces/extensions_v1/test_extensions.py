"""Extensions over HTTP: packages and files of them, to whom, under which headers; and how often they were installed."""

import asyncio
import base64
import hashlib
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.accounts import NewAccount
from tests.builders import a_name, a_picture, a_vsix
from tests.contract.installs.world import README, Shelf
from tests.person import Meet, Person
from tests.program import Server
from tests.publishing import an_accepted_publisher, archiving, checked, uploaded

KEPT = "private, max-age=31536000, immutable"
TEXTS = ("readme", "changelog", "license", "manifest", "vsixmanifest")


def path(shelf: Shelf, asset: str = "package", *, version: str = "1.0.0", platform: str = "universal") -> str:
    return f"/plugport/v1/extensions/{shelf.publisher}/{shelf.name}/{version}/{platform}/{asset}"


def digest(content: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def tag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


def refusal(answer: httpx.Response, status: int) -> str:
    """The code of a refusal of that status."""
    assert answer.status_code == status, answer.text
    assert answer.json()["error_msg"]
    return str(answer.json()["error_code"])


def told(answer: httpx.Response) -> dict[str, str]:
    """The headers that say something of the bytes."""
    return {name: answer.headers[name] for name in answer.headers if name not in ("date", "server", "x-request-id")}


async def test_a_package_goes_out_as_it_came_in(shelf: Shelf, ada: Person) -> None:
    package = await shelf.put("1.0.0")
    answer = ada.http.get(path(shelf))
    assert (answer.status_code, answer.content) == (200, package)
    assert told(answer) == {
        "content-length": str(len(package)),
        "content-type": "application/vsix",
        "etag": tag(package),
        "repr-digest": digest(package),
        "content-digest": digest(package),
        "accept-ranges": "bytes",
        "cache-control": KEPT,
        "content-disposition": f'attachment; filename="{shelf.publisher}.{shelf.name}-1.0.0.vsix"',
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    part = ada.http.get(path(shelf), headers={"Range": "bytes=10-19", "If-Range": tag(package)})
    assert (part.status_code, part.content) == (206, package[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(package)}"
    assert ada.http.get(path(shelf), headers={"If-None-Match": tag(package)}).status_code == 304
    assert refusal(ada.http.get(path(shelf), headers={"If-Match": '"other"'}), 412) == "PLUGPORT.00050006"
    beyond = ada.http.get(path(shelf), headers={"Range": f"bytes={len(package)}-"})
    assert refusal(beyond, 416) == "PLUGPORT.00050007"


@pytest.mark.parametrize("asset", TEXTS)
async def test_a_text_goes_out_as_plain_text_that_nothing_runs_in(shelf: Shelf, ada: Person, asset: str) -> None:
    await shelf.put("1.0.0")
    answer = ada.http.get(path(shelf, asset), headers={"Range": "bytes=0-1"})  # files are small and sent whole
    assert answer.status_code == 200
    assert told(answer) == {
        "content-length": str(len(answer.content)),
        "content-type": "text/plain; charset=utf-8",
        "etag": tag(answer.content),
        "repr-digest": digest(answer.content),
        "cache-control": KEPT,
        "content-disposition": "inline",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
    }


async def test_files_are_byte_for_byte_those_of_the_package(shelf: Shelf, ada: Person) -> None:
    await shelf.put("1.0.0")
    assert ada.http.get(path(shelf, "readme")).content == README
    icon = ada.http.get(path(shelf, "icon"))
    assert (icon.content, icon.headers["content-type"]) == (a_picture(), "image/png")
    assert ada.http.get(path(shelf, "manifest")).json()["name"] == shelf.name
    assert b"PackageManifest" in ada.http.get(path(shelf, "vsixmanifest")).content


@pytest.mark.parametrize("asset", ["package", "readme", "icon"])
async def test_head_tells_what_get_would_and_sends_nothing(shelf: Shelf, ada: Person, asset: str) -> None:
    await shelf.put("1.0.0")
    got, head = ada.http.get(path(shelf, asset)), ada.http.head(path(shelf, asset))
    assert (head.status_code, head.content) == (200, b"")
    whole = told(got)
    whole.pop("content-digest", None)  # an empty content has another digest
    assert told(head) == whole
    for method in ("GET", "HEAD"):
        again = ada.http.request(method, path(shelf, asset), headers={"If-None-Match": f"W/{got.headers['etag']}"})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == got.headers["etag"]
        assert ada.http.request(method, path(shelf, asset), headers={"If-Match": '"other"'}).status_code == 412


async def test_what_waits_for_review_is_shown_to_its_account_and_kept_by_nobody(
    shelf: Shelf, ada: Person, new_account: NewAccount, meet: Meet
) -> None:
    await shelf.put("1.0.0", state="in-review")
    stranger = meet(new_account().user("admin"))
    for asset in ("package", "readme"):
        answer = ada.http.get(path(shelf, asset))
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "private, no-cache")
        assert refusal(stranger.http.get(path(shelf, asset)), 404) == "PLUGPORT.00100002"
        assert stranger.http.head(path(shelf, asset)).status_code == 404


async def test_what_is_not_there_is_told_by_its_code(shelf: Shelf, ada: Person) -> None:
    await shelf.put("1.0.0")
    for address, status, code in (
        (path(shelf, "nothing"), 404, "00130001"),
        (path(shelf, "nothing", version="1.0.1"), 404, "00100002"),
        (path(shelf, version="1.0.1"), 404, "00100002"),
        (path(shelf, platform="linux-x64"), 404, "00100002"),
        (path(shelf, version="latest"), 400, "00010002"),
        (path(shelf).replace(shelf.name, "%E2%80%AE%F0%9F%92%A5"), 404, "00100002"),
    ):
        assert refusal(ada.http.get(address), status) == f"PLUGPORT.{code}"


async def test_nobody_is_served_without_credentials(shelf: Shelf, server: Server) -> None:
    await shelf.put("1.0.0")
    async with httpx.AsyncClient(base_url=server.url) as nobody:
        for address in (path(shelf), path(shelf, "readme"), _counts(shelf)):
            assert (await nobody.get(address)).status_code == 401
        assert (await nobody.head(path(shelf))).status_code == 401


async def test_damaged_bytes_never_go_out_whole(shelf: Shelf, ada: Person, data_dir: Path) -> None:
    package = await shelf.put("1.0.0")
    file = data_dir / "blobs" / await shelf.key(package)
    file.write_bytes(b"\x00" + package[1:])
    assert refusal(ada.http.get(path(shelf)), 503) == "PLUGPORT.00070003"
    assert refusal(ada.http.get(path(shelf)), 409) == "PLUGPORT.00050005"
    assert ada.http.get(path(shelf, "readme")).content == README


# -- how often -------------------------------------------------------------------------------------------------------------


def _counts(shelf: Shelf) -> str:
    return f"/plugport/v1/extensions/{shelf.publisher}/{shelf.name}/installs"


def counts(shelf: Shelf, person: Person, total: int) -> Any:
    """The counts as soon as they have come to `total`: an install is counted after its last byte."""
    for _ in range(200):
        answer = person.http.get(_counts(shelf)).json()
        if answer["installs"] >= total:
            break
        time.sleep(0.05)
    return answer


async def test_whole_downloads_of_packages_are_installs_and_nothing_else(
    shelf: Shelf, ada: Person, new_account: NewAccount, meet: Meet
) -> None:
    package = await shelf.put("1.0.0")
    assert counts(shelf, ada, 0) == {"installs": 0, "offset": 0, "limit": 100, "total": 0, "days": []}
    ada.http.get(path(shelf), headers={"Range": "bytes=1-"})
    ada.http.get(path(shelf), headers={"If-None-Match": tag(package)})
    ada.http.head(path(shelf))
    ada.http.get(path(shelf, "readme"))
    other = meet(new_account().user("viewer"))
    for person in (other, other, ada, ada):
        assert person.http.get(path(shelf)).content == package
    today = time.strftime("%Y-%m-%d", time.gmtime())
    day = {"day": today, "version": "1.0.0", "target_platform": "universal", "installs": 2}
    assert counts(shelf, ada, 2) == {"installs": 2, "offset": 0, "limit": 100, "total": 1, "days": [day]}


async def test_twenty_downloads_at_once_of_one_user_are_one_install(
    shelf: Shelf, ada: Person, meet: Meet, new_account: NewAccount
) -> None:
    package = await shelf.put("1.0.0")
    token = {"X-Auth-Token": ada.http.headers["X-Auth-Token"]}
    async with httpx.AsyncClient(base_url=ada.http.base_url, headers=token, timeout=30) as client:
        answers = await asyncio.gather(*(client.get(path(shelf)) for _ in range(20)))
    assert all(answer.content == package for answer in answers)
    meet(new_account().user("viewer")).http.get(path(shelf))  # counted last, so the others are over
    assert counts(shelf, ada, 2)["installs"] == 2


async def test_counts_are_for_authors_of_the_own_account(
    shelf: Shelf, ada: Person, new_account: NewAccount, meet: Meet
) -> None:
    await shelf.put("1.0.0")
    assert ada.http.get(_counts(shelf)).status_code == 200
    assert refusal(meet(shelf.account.user("viewer")).http.get(_counts(shelf)), 403) == "PLUGPORT.00020003"
    assert refusal(meet(new_account().user("author")).http.get(_counts(shelf)), 404) == "PLUGPORT.00100001"
    assert refusal(ada.http.get(_counts(shelf), params={"limit": 0}), 400) == "PLUGPORT.00010002"


# -- icons of tasks --------------------------------------------------------------------------------------------------------


def icon_of(person: Person, task_id: str) -> str:
    """Where the checks' result says that the icon is."""
    return str(checked(person, task_id)["basicInformation"]["extension_brief_info"]["logUrl"])


def test_the_icon_of_a_task_is_shown_before_and_after_publishing_to_those_who_see_the_task(
    ada: Person, judge: Person, server: Server, new_account: NewAccount, meet: Meet
) -> None:
    publisher = an_accepted_publisher(ada, judge)
    task = uploaded(ada, a_vsix(publisher.name, a_name("tool")))
    address = icon_of(ada, task)
    assert address == f"{server.url}/plugport/v1/extension-tasks/{task}/icon"
    shown = ada.http.get(address)
    assert (shown.status_code, shown.content) == (200, a_picture())
    assert told(shown) == {
        "content-length": str(len(a_picture())),
        "content-type": "image/png",
        "etag": tag(a_picture()),
        "repr-digest": digest(a_picture()),
        "cache-control": "private, no-cache",
        "content-disposition": "inline",
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    assert ada.http.get(address, headers={"If-None-Match": tag(a_picture())}).status_code == 304
    assert refusal(meet(new_account().user("admin")).http.get(address), 404) == "PLUGPORT.00080001"
    assert httpx.get(address).status_code == 401
    made = ada.http.post("/plugport/v1/publisher-tokens", json={"publisher_id": publisher.id, "name": "ci"})
    by_token = httpx.get(address, headers={"x-publisher-token": made.json()["token"]})
    assert (by_token.status_code, by_token.content) == (200, a_picture())

    archiving(ada, task)
    assert ada.http.get(address).headers["cache-control"] == KEPT


def test_a_package_without_an_icon_names_none_and_shows_none(ada: Person, judge: Person) -> None:
    publisher = an_accepted_publisher(ada, judge)
    package = a_vsix(publisher.name, a_name("tool"), manifest={"icon": None}, files={"extension/images/icon.png": None})
    task = uploaded(ada, package)
    assert icon_of(ada, task) == ""
    answer = ada.http.get(f"/plugport/v1/extension-tasks/{task}/icon")
    assert refusal(answer, 404) == "PLUGPORT.00130002"
    assert refusal(ada.http.get("/plugport/v1/extension-tasks/none/icon"), 404) == "PLUGPORT.00080001"
