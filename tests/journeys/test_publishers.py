"""Publishing needs a publisher that an operator has accepted, and a publisher stays while plug-ins are bound to it."""

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name, a_plugin, a_version
from tests.person import Meet, Person
from tests.program import Server, run_json


def _named(plugin: str, publisher: str, version: str = "") -> dict[str, str]:
    return {"plugin_name": plugin, "version": version, "publisher_unique_id": publisher}


@pytest.fixture
def plugin(author: Person) -> str:
    """The name of a released plug-in of the author."""
    name = a_name()
    author.upload(name)
    return name


def test_a_publisher_waits_until_an_operator_decides(author: Person, judge: Person) -> None:
    publisher = author.publisher(a_name("house"))

    def status() -> str:
        (found,) = author.do("list_publisher")["data"]
        return str(found["auth_status"])

    assert status() == "processing"
    assert author.do("list_available_publisher") == []
    judge.reject(publisher, "no such firm")
    assert status() == "reject"
    judge.accept(publisher)
    assert status() == "accept"
    assert [each["publisher_unique_id"] for each in author.do("list_available_publisher")] == [publisher]


def test_only_an_accepted_publisher_publishes(author: Person, judge: Person, stranger: Person, plugin: str) -> None:
    publisher = author.publisher(a_name("house"))
    author.do("publish_plugin_bind", body=_named(plugin, publisher))

    refusal = author.refused(409, "publish_plugin", body=_named(plugin, publisher))
    assert (refusal["error_code"], "processing" in refusal["error_msg"]) == ("PLUGPORT.00030003", True)
    judge.reject(publisher, "no such firm")
    refusal = author.refused(409, "publish_plugin", body=_named(plugin, publisher))
    assert (refusal["error_code"], "reject" in refusal["error_msg"]) == ("PLUGPORT.00030003", True)
    assert stranger.row(plugin) is None

    judge.accept(publisher)
    author.do("publish_plugin", body=_named(plugin, publisher))

    found = stranger.row(plugin)
    assert found is not None
    assert (found["plugin_attribution"], found["publisher_unique_id"]) == ("published", publisher)
    assert found["workspace_id"] == author.account_id


def test_the_command_accepts_a_publisher_while_the_server_runs(author: Person, server: Server, plugin: str) -> None:
    publisher = author.publisher(a_name("house"))

    run_json("publisher", "accept", publisher, env=server.environment)

    author.do("publish_plugin", body=_named(plugin, publisher))


def test_a_publisher_is_kept_while_plugins_are_bound_to_it(author: Person, plugin: str) -> None:
    publisher, other = author.publisher(a_name("house")), author.publisher(a_name("house"))
    author.do("publish_plugin_bind", body=_named(plugin, publisher))

    refusal = author.refused(409, "delete_publisher", publisher_unique_id=publisher)
    assert refusal["error_code"] == "PLUGPORT.00030004"
    assert plugin in refusal["error_msg"]

    author.do("publish_plugin_bind", body=_named(plugin, other))
    author.do("delete_publisher", publisher_unique_id=publisher)
    assert [each["publisher_unique_id"] for each in author.do("list_publisher")["data"]] == [other]
    author.refused(404, "delete_publisher", publisher_unique_id=publisher)
    author.refused(404, "publish_plugin_bind", body=_named(plugin, publisher))


def test_a_deleted_plugin_holds_no_publisher(author: Person, plugin: str) -> None:
    publisher = author.publisher(a_name("house"))
    author.do("publish_plugin_bind", body=_named(plugin, publisher))

    author.do("delete_basic_plugin", plugin_name=plugin)

    author.do("delete_publisher", publisher_unique_id=publisher)


def test_a_plugin_is_published_under_the_publisher_that_it_is_bound_to(
    author: Person, judge: Person, plugin: str
) -> None:
    bound, other = author.publisher(a_name("house")), author.publisher(a_name("house"))
    judge.accept(bound)
    judge.accept(other)
    author.do("publish_plugin_bind", body=_named(plugin, bound))

    assert author.refused(409, "publish_plugin", body=_named(plugin, other))["error_code"] == "PLUGPORT.00040013"
    author.do("publish_plugin", body=_named(plugin, bound))
    assert author.refused(409, "publish_plugin_bind", body=_named(plugin, other))["error_code"] == "PLUGPORT.00040013"


def test_the_publisher_of_another_tenant_is_no_publisher(
    author: Person, judge: Person, meet: Meet, new_account: NewAccount, plugin: str
) -> None:
    neighbour = meet(new_account().user("author"))
    publisher = neighbour.publisher(a_name("house"))
    judge.accept(publisher)

    theirs = author.refused(404, "publish_plugin", body=_named(plugin, publisher))
    missing = author.refused(404, "publish_plugin", body=_named(plugin, "0" * 32))
    assert theirs == missing
    assert author.refused(404, "delete_publisher", publisher_unique_id=publisher)["error_code"] == "PLUGPORT.00030001"
    assert author.do("show_publisher", body=[publisher])["publisher_detail_map"] == {}


def test_a_private_plugin_is_not_published(author: Person, judge: Person, stranger: Person, plugin: str) -> None:
    publisher = author.publisher(a_name("house"))
    judge.accept(publisher)
    author.do("update_plugin_base_info", body=a_plugin(plugin, is_private=1))

    refusal = author.refused(409, "publish_plugin", body=_named(plugin, publisher))
    assert refusal["error_code"] == "PLUGPORT.00040012"
    author.do("update_plugin_base_info", body=a_plugin(plugin, is_private=0))
    author.do("publish_plugin", body=_named(plugin, publisher))

    refusal = author.refused(409, "update_plugin_base_info", body=a_plugin(plugin, is_private=1))
    assert refusal["error_code"] == "PLUGPORT.00040012"
    assert stranger.row(plugin) is not None


def test_a_draft_is_not_published(author: Person, judge: Person) -> None:
    name, publisher = a_name(), author.publisher(a_name("house"))
    judge.accept(publisher)
    author.do("create_plugin_draft", body=a_version(name))

    refusal = author.refused(400, "publish_plugin", body=_named(name, publisher, "1.0.0"))
    assert refusal["error_msg"].startswith("version: ")
    assert author.refused(404, "publish_plugin", body=_named(name, publisher, "2.0.0"))["error_code"].endswith("40003")


def test_a_published_name_is_taken_for_everybody(
    author: Person, judge: Person, meet: Meet, new_account: NewAccount, plugin: str
) -> None:
    neighbour = meet(new_account().user("author"))
    neighbour.upload(plugin)
    for person in (author, neighbour):
        judge.accept(person.publisher(a_name("house")))
    mine, theirs = (person.do("list_available_publisher")[0]["publisher_unique_id"] for person in (author, neighbour))
    author.do("publish_plugin", body=_named(plugin, mine))

    refusal = neighbour.refused(409, "publish_plugin", body=_named(plugin, theirs))

    assert refusal["error_code"] == "PLUGPORT.00040011"
    author.do("delete_basic_plugin", plugin_name=plugin)
    assert neighbour.refused(409, "publish_plugin", body=_named(plugin, theirs))["error_code"] == "PLUGPORT.00040011"


def test_everybody_may_know_under_whom_a_plugin_is_published(
    author: Person, judge: Person, stranger: Person, plugin: str
) -> None:
    en_name = a_name("house")
    publisher = author.publisher(en_name)
    judge.accept(publisher)
    assert stranger.do("show_publisher", body=[publisher])["publisher_detail_map"] == {}

    author.do("publish_plugin", body=_named(plugin, publisher))

    found = stranger.do("show_publisher", body=[publisher, "0" * 32])["publisher_detail_map"]
    assert list(found) == [publisher]
    assert found[publisher]["en_name"] == en_name
    assert found[publisher]["last_update_user_name"] == ""
