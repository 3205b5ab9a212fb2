"""The picture of a plug-in, from its author to the pipelines of other tenants."""

import hashlib

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name, a_picture, a_plugin, a_publisher
from tests.person import Meet, Person


def test_the_icon_of_a_published_plugin_is_seen_by_another_tenant(
    author: Person, stranger: Person, judge: Person
) -> None:
    name, picture = a_name(), a_picture("blue")
    author.upload(name)
    path = author.ask("upload_plugin_icon", plugin_name=name, file=picture).text
    mine = author.row(name)
    assert mine is not None
    assert mine["icon_url"] == path
    assert author.http.get(path).content == picture
    assert stranger.http.get(path).status_code == 404

    publisher = author.publisher(a_name("house"))
    judge.accept(publisher)
    author.do("publish_plugin", body={"plugin_name": name, "publisher_unique_id": publisher})

    theirs = stranger.row(name)
    assert theirs is not None
    assert theirs["icon_url"] == path.replace(author.account_id, "*", 1)
    shown = stranger.http.get(theirs["icon_url"])
    assert (shown.status_code, shown.content) == (200, picture)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in shown.headers["content-security-policy"]
    assert "immutable" in shown.headers["cache-control"]


def test_an_icon_may_come_before_its_plugin(author: Person) -> None:
    name = a_name()
    path = author.ask("upload_plugin_icon", plugin_name=name, file=a_picture()).text

    author.do("create_basic_plugin", body=a_plugin(name, icon_url=path))

    row = author.row(name)
    assert row is not None
    assert author.http.get(row["icon_url"]).content == a_picture()


def test_the_icon_of_a_publisher_is_its_logo(author: Person) -> None:
    en_name, picture = a_name("house"), a_picture("green", "WEBP")
    publisher = author.publisher(en_name)

    path = author.ask("upload_publisher_icon", publisher_en_name=en_name, file=picture).text

    (row,) = author.do("show_publisher", body=[publisher])["publisher_detail_map"].values()
    assert row["logo_url"] == path
    assert path.endswith("icon_type=publish")
    shown = author.http.get(path)
    assert (shown.content, shown.headers["content-type"]) == (picture, "image/webp")


def test_a_logo_may_come_before_its_publisher(author: Person) -> None:
    path = author.ask("upload_publisher_icon", file=a_picture()).text

    author.do("create_publisher", body=a_publisher(en_name := a_name("house"), logo_url=path))

    (row,) = author.do("list_publisher", name=en_name)["data"]
    assert row["logo_url"] == path


def test_only_those_who_may_change_a_plugin_give_it_an_icon(author: Person, meet: Meet) -> None:
    name, colleague = a_name(), meet(author.member.account.user("author"))
    author.upload(name)
    author.do("update_plugin_base_info", body={"plugin_name": name, "maintainers": f'["{author.member.user.id}"]'})

    answer = colleague.ask("upload_plugin_icon", plugin_name=name, file=a_picture())

    assert answer.status_code == 200
    row = author.row(name)
    assert row is not None
    assert row["icon_url"] == ""


def test_an_icon_of_another_tenant_cannot_be_told_from_a_missing_one(
    author: Person, meet: Meet, new_account: NewAccount
) -> None:
    path = author.ask("upload_plugin_icon", plugin_name=a_name(), file=a_picture()).text
    stranger = meet(new_account().user("viewer"))
    asked = [path, path.replace(author.account_id, "*", 1), path.replace(author.account_id, stranger.account_id, 1)]
    key = path.split("object_key=")[1].split("&")[0]
    asked.append(path.replace(key, hashlib.md5(key.encode()).hexdigest()))

    answers = {(answer.status_code, answer.text) for answer in map(stranger.http.get, asked)}

    assert len(answers) == 1
    assert next(iter(answers))[0] == 404


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"", b"<html>", a_picture()[:40]], ids=str
)
def test_what_is_no_picture_is_refused_and_changes_nothing(author: Person, content: bytes) -> None:
    name = a_name()
    author.upload(name)

    refusal = author.refused(400, "upload_plugin_icon", plugin_name=name, file=content)

    assert refusal["error_code"] == "PLUGPORT.00060002"
    row = author.row(name)
    assert row is not None
    assert row["icon_url"] == ""


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:image/png;base64,AA", "//other.example/x.png", "x.png"]
)
def test_an_icon_is_a_path_of_ours_or_a_web_address(author: Person, address: str) -> None:
    name = a_name()
    author.do("create_basic_plugin", body=a_plugin(name))

    for operation in ("update_basic_plugin", "update_plugin_base_info"):
        assert author.refused(400, operation, body=a_plugin(name, icon_url=address))["error_msg"].startswith(
            "icon_url: "
        )

    author.do("update_basic_plugin", body=a_plugin(name, icon_url="https://a.example/icon.png"))
    row = author.row(name)
    assert row is not None
    assert row["icon_url"] == "https://a.example/icon.png"
