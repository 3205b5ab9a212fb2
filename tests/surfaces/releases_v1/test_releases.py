"""Releases over HTTP as their authors see them, and each refusal with its code."""

from typing import Any

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name, a_version, a_vsix
from tests.desk import RELEASES, do, good, release_of, seen
from tests.person import Meet, Person
from tests.publishing import Named, an_accepted_publisher, published

NONE = "0" * 32
UNKNOWN, MOVE = "PLUGPORT.00230001", "PLUGPORT.00230002"
INVALID, MISSING, NOT_ALLOWED = "PLUGPORT.00010002", "PLUGPORT.00010003", "PLUGPORT.00020003"
BODIES: dict[str, dict[str, Any]] = {
    "deprecate": {"message": "old"}, "yank": {"reason": "old"}, "appeal": {"text": "please"},
}  # fmt: skip
ACTS = ("submit", "withdraw", "deprecate", "undeprecate", "yank", "unyank", "appeal")


@pytest.fixture
def publisher(ada: Person, judge: Person) -> Named:
    """An accepted publisher of Ada's."""
    return an_accepted_publisher(ada, judge)


@pytest.fixture
def plugin(ada: Person, publisher: Named) -> str:
    """A plug-in that is everybody's."""
    name = a_name()
    ada.upload(name)
    ada.do("publish_plugin", body={"plugin_name": name, "version": "1.0.0", "publisher_unique_id": publisher.id})
    return name


def test_a_release_is_shown_with_its_findings(ada: Person, publisher: Named, plugin: str) -> None:
    release = release_of(ada, plugin)
    assert (release["state"], release["kind"], release["publisher_id"]) == ("released", "basic-plugin", publisher.id)
    shown = good(ada.http.get(f"{RELEASES}/{release['release_id']}"))
    assert shown["release"] == release
    assert any(each["findings"] for each in shown["checks"])
    assert shown["decisions"] == []
    listed = good(ada.http.get(RELEASES, params={"state": "released", "kind": "basic-plugin", "limit": 1}))
    assert (listed["total"], len(listed["releases"])) == (1, 1)


def test_a_release_is_deprecated_yanked_and_given_back(ada: Person, stranger: Person, plugin: str) -> None:
    release = release_of(ada, plugin)
    advised = good(do(ada, release, "deprecate", message="old", replacement="new", removal_date="2999-12-31"))
    assert (advised["state"], advised["removal_date"]) == ("deprecated", "2999-12-31")
    assert stranger.row(plugin) is not None
    assert good(do(ada, release, "yank", reason="It deletes the wrong folder."))["state"] == "yanked"
    assert stranger.row(plugin) is None
    assert stranger.http.get(f"/plugport/v1/plugins/{plugin}/versions/1.0.0/package").status_code == 200
    assert good(do(ada, release, "unyank"))["state"] == "deprecated"
    assert good(do(ada, release, "undeprecate"))["state"] == "released"
    assert stranger.row(plugin) is not None


@pytest.fixture
def stranger(new_account: NewAccount, meet: Meet) -> Person:
    """Somebody of another account."""
    return meet(new_account().user("author"))


@pytest.mark.parametrize("act", ["submit", "withdraw", "undeprecate", "unyank", "appeal"])
def test_an_act_that_is_none_for_a_release_is_refused(ada: Person, plugin: str, act: str) -> None:
    answer = do(ada, release_of(ada, plugin), act, **BODIES.get(act, {}))
    assert seen(answer) == (409, MOVE)
    assert "which is released" in answer.json()["error_msg"]


@pytest.mark.parametrize("act", ACTS)
def test_of_another_account_nothing_is_known(ada: Person, stranger: Person, plugin: str, act: str) -> None:
    for release in (release_of(ada, plugin), {"release_id": NONE}, {"release_id": "x"}):
        assert seen(do(stranger, release, act, **BODIES.get(act, {}))) == (404, UNKNOWN)
    assert seen(stranger.http.get(f"{RELEASES}/{release_of(ada, plugin)['release_id']}")) == (404, UNKNOWN)


@pytest.mark.parametrize("act", ACTS)
def test_a_viewer_changes_nothing(ada: Person, meet: Meet, plugin: str, act: str) -> None:
    viewer = meet(ada.member.account.user("viewer"))
    assert seen(do(viewer, release_of(viewer, plugin), act, **BODIES.get(act, {}))) == (403, NOT_ALLOWED)


def test_releases_of_a_maintained_plugin_are_its_maintainers(ada: Person, meet: Meet, judge: Person) -> None:
    publisher, name = an_accepted_publisher(ada, judge), a_name()
    ada.do("create_plugin_version", body=a_version(name, maintainers=f'["{ada.member.user.id}"]'))
    ada.do("publish_plugin", body={"plugin_name": name, "version": "1.0.0", "publisher_unique_id": publisher.id})
    colleague = meet(ada.member.account.user("author"))
    assert do(colleague, release_of(ada, name), "yank", reason="old").status_code == 403
    assert good(do(ada, release_of(ada, name), "yank", reason="old"))["state"] == "yanked"


@pytest.mark.parametrize(
    ("act", "body", "code"),
    [
        ("deprecate", {"message": " "}, INVALID),
        ("deprecate", {"message": "old", "removal_date": "2020-01-01"}, INVALID),
        ("deprecate", {"message": "old", "removal_date": "soon"}, INVALID),
        ("deprecate", {}, MISSING),
        ("yank", {"reason": ""}, INVALID),
        ("yank", {"reason": "a\x00"}, INVALID),
        ("appeal", {"text": "x" * 1001}, INVALID),
    ],
)
def test_what_cannot_be_said_is_refused(ada: Person, plugin: str, act: str, body: dict[str, Any], code: str) -> None:
    answer = ada.http.post(f"{RELEASES}/{release_of(ada, plugin)['release_id']}/{act}", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"] == code, answer.text


def test_an_extension_is_yanked_and_put_in_quarantine_as_a_plugin_is(
    ada: Person, stranger: Person, judge: Person, meet: Meet, new_account: NewAccount, publisher: Named
) -> None:
    name, otto = a_name("linter"), meet(new_account().user("operator"))
    published(ada, a_vsix(publisher.name, name))
    release = release_of(ada, f"{publisher.name}.{name}")
    package = f"/plugport/v1/extensions/{publisher.name}/{name}/1.0.0/universal/package"
    good(do(ada, release, "yank", reason="old"))
    assert stranger.http.get(package).status_code == 200
    assert seen(do(ada, release, "submit")) == (409, MOVE)
    for each in (judge, otto):
        good(do(each, release, "quarantine", reasons=["malicious"], text="It steals."))
    for each in (ada, stranger):
        assert seen(each.http.get(package)) == (403, "PLUGPORT.00230003")
        assert seen(each.http.get(package.replace("package", "readme"))) == (403, "PLUGPORT.00230003")
