"""Icons over HTTP: what is taken, what is answered, and who sees them."""

import hashlib
import io
import re
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from PIL import Image

from app.registry import Registry
from app.wiring import Wiring
from schemas.errors import BodyInterrupted, BytesDamaged, IconRefused
from schemas.model.icons import IconKind
from storage.blobs import keys
from storage.postgres.queries import parse
from tests.accounts import Account, Member, NewAccount

_ROWS = parse(
    "test",
    "-- name: count\nSELECT (SELECT count(*) FROM incoming_blobs WHERE tenant_id = :tenant_id)"
    " + (SELECT count(*) FROM blobs WHERE tenant_id = :tenant_id)"
    " + (SELECT count(*) FROM icons WHERE tenant_id = :tenant_id)",
)


def picture(encoding: str = "PNG") -> bytes:
    """A picture like no other."""
    target = io.BytesIO()
    Image.frombytes("RGB", (8, 8), secrets.token_bytes(192)).save(target, encoding)
    return target.getvalue()


class Desk:
    """The icon paths of an account, as one of its users calls them."""

    def __init__(self, member: Member) -> None:
        self.id = member.account.id
        self.client = member.client()

    def upload(self, what: str, content: bytes, *, file_name: str = "a.png", **query: str) -> httpx.Response:
        return self.client.post(
            f"/v1/{self.id}/common/upload-{what}-icon",
            params=query,
            files={"upload_file": (file_name, content, "text/html")},
        )

    def uploaded(self, what: str, content: bytes, **query: str) -> str:
        """The path of a new icon."""
        answer = self.upload(what, content, **query)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **body: Any) -> Any:
        answer = self.client.post(f"/v1/{self.id}/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def icon_of(self, plugin: str) -> str:
        page = self.post("agent-plugin/query-all", regex_name=plugin)
        return str(page["data"][0]["icon_url"])


@pytest.fixture
def desk(account: Account) -> Iterator[Desk]:
    desk = Desk(account.user("author"))
    with desk.client:
        yield desk


@pytest.fixture
def stranger(new_account: NewAccount) -> Iterator[Desk]:
    desk = Desk(new_account().user("author"))
    with desk.client:
        yield desk


def _code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error_code"]


def test_an_upload_answers_the_icons_path_as_plain_text(desk: Desk) -> None:
    answer = desk.upload("plugin", picture(), file_name="2023-08-03 14.png", plugin_name="apie_test")
    assert answer.headers["content-type"].partition(";")[0] == "text/plain"
    assert re.fullmatch(
        rf"/api/v1/{desk.id}/common/get-plugin-icon\?object_key=apie_test-[0-9a-f]{{32}}-2023-08-03_14\.png-{desk.id}"
        r"&icon_type=plugin",
        answer.text,
    )


def test_a_publishers_icon_without_a_name_begins_with_default(desk: Desk) -> None:
    path = desk.uploaded("publisher", picture())
    assert "object_key=default-" in path
    assert path.endswith("&icon_type=publish")


@pytest.mark.parametrize("encoding", ["PNG", "JPEG", "WEBP", "GIF"])
def test_an_icon_comes_back_as_the_type_it_decodes_as(desk: Desk, encoding: str) -> None:
    content = picture(encoding)
    answer = desk.client.get(desk.uploaded("plugin", content, file_name="x.html"))
    assert answer.content == content
    assert answer.headers["content-type"] == f"image/{encoding.lower()}"
    assert answer.headers["content-length"] == str(len(content))


def test_an_icon_is_kept_by_browsers_and_never_runs(desk: Desk) -> None:
    content = picture() + b"<script>alert(1)</script>"
    answer = desk.client.get(desk.uploaded("plugin", content))
    assert answer.content == content
    assert answer.headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["content-disposition"] == "inline"


def test_a_client_that_has_the_icon_is_not_sent_it_again(desk: Desk) -> None:
    path = desk.uploaded("plugin", picture())
    tag = desk.client.get(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = desk.client.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert desk.client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_same_picture_twice_makes_two_icons(desk: Desk) -> None:
    content = picture()
    first, second = desk.uploaded("plugin", content), desk.uploaded("plugin", content)
    assert first != second
    assert desk.client.get(first).content == desk.client.get(second).content == content


@pytest.mark.parametrize("what", ["plugin", "publisher"])
def test_what_is_no_picture_is_refused(desk: Desk, what: str) -> None:
    for content in (b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture()[:60], b"x" * 5000):
        answer = desk.upload(what, content, file_name="icon.png")
        assert _code(answer) == (400, "PLUGPORT.00060002")
        assert "upload_file" in answer.json()["error_msg"]


def test_more_than_a_mebibyte_is_refused(desk: Desk) -> None:
    content = picture()
    assert desk.upload("plugin", content + bytes(2**20 - len(content))).status_code == 200
    assert _code(desk.upload("plugin", content + bytes(2**20 - len(content) + 1))) == (413, "PLUGPORT.00010006")


@pytest.mark.parametrize(
    "form",
    [
        {"data": {"upload_file": "no file"}},
        {"files": {"other": ("a.png", b"x")}},
        {"content": b"x", "headers": {"Content-Type": "image/png"}},
        {"content": b"--b\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
        {"json": {}},
    ],
)
def test_a_body_without_the_file_is_refused(desk: Desk, form: dict[str, Any]) -> None:
    answer = desk.client.post(f"/v1/{desk.id}/common/upload-plugin-icon", **form)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error_code", "error_msg"}


@pytest.mark.parametrize(("what", "field"), [("plugin", "plugin_name"), ("publisher", "publisher_en_name")])
@pytest.mark.parametrize("name", ["a/b", "x" * 51, "x" * 500, "名", "a\nb"])
def test_a_name_that_nothing_can_have_is_refused(desk: Desk, what: str, field: str, name: str) -> None:
    answer = desk.upload(what, picture(), **{field: name})
    assert answer.status_code == 400
    assert field in answer.json()["error_msg"]


def test_a_plugin_shows_its_new_icon_at_once(desk: Desk) -> None:
    name = f"p{secrets.token_hex(8)}"
    before = desk.uploaded("plugin", picture(), plugin_name=name)
    desk.post("agent-plugin/create", plugin_name=name, display_name=name, version="1.0.0", business_type="Build",
              icon_url=before)  # fmt: skip
    assert desk.icon_of(name) == before
    after = desk.uploaded("plugin", picture(), plugin_name=name)
    assert desk.icon_of(name) == after
    assert desk.client.get(before).status_code == 200


def test_only_who_may_change_a_plugin_gives_it_an_icon(account: Account, desk: Desk) -> None:
    name, keeper = f"p{secrets.token_hex(8)}", account.user("author")
    desk.post("agent-plugin/create", plugin_name=name, display_name=name, version="1.0.0", business_type="Build",
              maintainers=f'["{keeper.user.id}"]')  # fmt: skip
    Desk(account.user("author")).uploaded("plugin", picture(), plugin_name=name)
    assert desk.icon_of(name) == ""
    for member in (keeper, account.user("admin")):
        path = Desk(member).uploaded("plugin", picture(), plugin_name=name)
        assert desk.icon_of(name) == path


def test_a_publisher_shows_its_new_logo_at_once(desk: Desk) -> None:
    desk.post("publisher/create", name="Tech", en_name="Our tech", support_url="5555")
    path = desk.uploaded("publisher", picture(), publisher_en_name="our TECH")
    (row,) = desk.client.get(f"/v1/{desk.id}/publisher/query-all").json()["data"]
    assert row["logo_url"] == path
    assert "object_key=our_TECH-" in path


def test_a_viewer_sees_icons_and_sends_none(account: Account, desk: Desk) -> None:
    viewer = Desk(account.user("viewer"))
    assert viewer.upload("plugin", picture()).status_code == 403
    assert viewer.client.get(desk.uploaded("plugin", picture())).status_code == 200


def test_an_icon_is_asked_for_under_the_own_account_or_any(desk: Desk, stranger: Desk) -> None:
    path = desk.uploaded("plugin", picture())
    assert desk.client.get(path.replace(f"v1/{desk.id}", "v1/*")).status_code == 200
    assert _code(desk.client.get(path.replace(f"v1/{desk.id}", f"v1/{stranger.id}"))) == (404, "PLUGPORT.00060001")


def test_the_icon_type_is_the_icons_or_not_said(desk: Desk) -> None:
    path, _, _ = desk.uploaded("plugin", picture()).partition("&")
    assert desk.client.get(path).status_code == 200
    assert desk.client.get(f"{path}&icon_type=plugin").status_code == 200
    assert desk.client.get(f"{path}&icon_type=publish").status_code == 404


def test_an_icon_needs_a_key_and_a_caller(desk: Desk, http: httpx.Client) -> None:
    path = desk.uploaded("plugin", picture())
    assert http.get(path).status_code == 401
    answer = desk.client.get(path.partition("?")[0])
    assert answer.status_code == 400
    assert "object_key" in answer.json()["error_msg"]


@pytest.mark.parametrize("key", ["x", "../../secret.key", "%2e%2e%2f", "a'b", "x" * 300])
def test_an_unknown_key_names_no_icon(desk: Desk, key: str) -> None:
    answer = desk.client.get(f"/api/v1/{desk.id}/common/get-plugin-icon?object_key={key}")
    assert _code(answer) == (404, "PLUGPORT.00060001")


def test_another_tenant_sees_an_icon_once_its_plugin_is_for_everybody(
    desk: Desk, stranger: Desk, operator: Member
) -> None:
    name, en_name = f"p{secrets.token_hex(8)}", f"t{secrets.token_hex(8)}"
    desk.post("agent-plugin/create", plugin_name=name, display_name=name, version="1.0.0", business_type="Build")
    desk.post("publisher/create", name="Tech", en_name=en_name, support_url="5555")
    (row,) = desk.client.get(f"/v1/{desk.id}/publisher/query-all").json()["data"]
    icon = desk.uploaded("plugin", picture(), plugin_name=name)
    logo = desk.uploaded("publisher", picture(), publisher_en_name=en_name)
    other = desk.uploaded("plugin", picture())
    for path in (icon, logo, other):
        assert _code(stranger.client.get(path)) == (404, "PLUGPORT.00060001")
    with operator.client() as deciding:
        deciding.post(f"/plugport/v1/publishers/{row['publisher_unique_id']}/accept")
    desk.post("agent-plugin/publish-plugin", plugin_name=name, version="1.0.0",
              publisher_unique_id=row["publisher_unique_id"])  # fmt: skip
    assert stranger.client.get(icon).status_code == 200
    assert stranger.client.get(logo).status_code == 200
    assert stranger.client.get(icon.replace(f"v1/{desk.id}", "v1/*")).status_code == 200
    assert stranger.client.get(icon.replace(f"v1/{desk.id}", f"v1/{stranger.id}")).status_code == 200
    assert stranger.client.get(other).status_code == 404


async def _body(*pieces: bytes, ends_with: Exception | None = None) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if ends_with is not None:
        raise ends_with


async def _left(wiring: Wiring, tenant_id: str) -> tuple[int, list[str]]:
    """How many rows of bytes and icons the tenant has, and which blobs."""
    async with wiring.database.transaction(tenant_id) as tx:
        rows = await tx.value(_ROWS.count, tenant_id=tenant_id)
    return rows, [key async for key in wiring.blobs.keys(f"t/{tenant_id}/")]


async def test_what_is_refused_leaves_nothing_behind(
    wiring: Wiring, registry: Registry, new_account: NewAccount
) -> None:
    caller = new_account().user("author").caller
    with pytest.raises(IconRefused):
        await registry.icons.upload(caller, IconKind.PLUGIN, "", "a.png", _body(b"no picture"))
    with pytest.raises(BodyInterrupted):
        await registry.icons.upload(caller, IconKind.PLUGIN, "", "a.png", _body(picture(), ends_with=BodyInterrupted()))
    assert await _left(wiring, caller.tenant_id) == (0, [])


async def test_equal_bytes_are_kept_once(wiring: Wiring, registry: Registry, new_account: NewAccount) -> None:
    caller, content = new_account().user("author").caller, picture()
    first = await registry.icons.upload(caller, IconKind.PLUGIN, "", "a.png", _body(content))
    await registry.icons.upload(caller, IconKind.PLUGIN, "", "b.png", _body(content))
    key = keys.content(caller.tenant_id, first.sha256)
    assert await _left(wiring, caller.tenant_id) == (3, [key])


async def test_damaged_bytes_are_never_delivered(wiring: Wiring, registry: Registry, new_account: NewAccount) -> None:
    caller, content = new_account().user("author").caller, picture()
    icon = await registry.icons.upload(caller, IconKind.PLUGIN, "", "a.png", _body(content))
    key = keys.content(icon.tenant_id, icon.sha256)
    assert await registry.icons.read(icon) == content
    await wiring.blobs.delete(key)
    with pytest.raises(BytesDamaged):
        await registry.icons.read(icon)
    await wiring.blobs.put(key, _body(content[:-1] + b"\x00"), limit=2**20)
    with pytest.raises(BytesDamaged):
        await registry.icons.read(icon)
