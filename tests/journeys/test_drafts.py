"""The life of a draft: written, changed, released or discarded."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name, a_version
from tests.person import Meet, Person, people


@pytest.fixture(scope="module")
def author(new_account: NewAccount) -> Iterator[Person]:
    """One author for all tests here: each has plug-ins of its own."""
    with people() as meet:
        yield meet(new_account().user("author"))


def test_a_draft_is_written_changed_and_released(author: Person) -> None:
    name, used = a_name(), a_name("used")
    author.upload(used)
    asks = {"name": "TARGET", "type": "input", "default_value": "all", "validation": '{"max_length": 5}'}

    author.do("create_plugin_draft", body=a_version(name, steps=(used,), version_description="first"))
    author.do("update_plugin_draft", body=a_version(name, input_info=[asks], display_name="Renamed"))

    draft = author.do("show_plugin_version", plugin_name=name, version="1.0.0")
    assert (draft["version_attribution"], draft["plugin_composition_type"]) == ("draft", "multi")
    assert draft["display_name"] == "Renamed"
    assert [(each["name"], each["default_value"]) for each in draft["input_info"]] == [("TARGET", "all")]
    assert draft["input_info"][0]["validation"]["max_length"] == 5
    assert draft["plugin_execution"]["steps"][0]["task"] == used

    author.do("publish_plugin_draft", body={"plugin_name": name, "version": "1.0.0"})

    released = author.do("show_plugin_version", plugin_name=name, version="1.0.0")
    assert released["version_attribution"] == "formal"
    assert {**released, "version_attribution": "draft", "op_time": ""} == {**draft, "op_time": ""}


def test_what_a_change_is_silent_of_stays(author: Person) -> None:
    name, used = a_name(), a_name("used")
    author.upload(used)
    author.do("create_plugin_draft", body=a_version(name, steps=(used,), description="kept", version_description="v"))

    author.do("update_plugin_draft", body={"plugin_name": name, "version": "1.0.0", "display_name": "New"})

    draft = author.do("show_plugin_version", plugin_name=name, version="1.0.0")
    row = author.row(name)
    assert row is not None
    assert (draft["version_description"], draft["plugin_execution"]["execution_type"]) == ("v", "COMPOSITE")
    assert (row["description"], row["display_name"], row["business_type"]) == ("kept", "New", "Normal")


def test_a_draft_of_a_released_plugin_speaks_for_it_only_once_it_is_released(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name, "1.0.0", display_name="Old"))
    author.do("create_plugin_draft", body=a_version(name, "2.0.0", display_name="New"))

    before = author.row(name)
    author.do("publish_plugin_draft", body={"plugin_name": name, "version": "2.0.0"})
    after = author.row(name)

    assert before is not None
    assert after is not None
    assert (before["display_name"], before["version"]) == ("Old", "1.0.0")
    assert (after["display_name"], after["version"]) == ("New", "2.0.0")


def test_a_discarded_draft_is_gone_and_its_number_is_free(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_draft", body=a_version(name))

    author.do("delete_plugin_draft", plugin_name=name, version="1.0.0")

    assert author.numbers(name) == []
    row = author.row(name)
    assert row is not None
    assert (row["version"], row["version_attribution"]) == ("", "init")
    author.refused(404, "show_plugin_version", plugin_name=name, version="1.0.0")
    author.refused(404, "delete_plugin_draft", plugin_name=name, version="1.0.0")
    author.do("create_plugin_version", body=a_version(name))
    assert author.numbers(name) == ["1.0.0"]


def test_two_drafts_do_not_share_a_number(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_draft", body=a_version(name))

    assert author.refused(409, "create_plugin_draft", body=a_version(name))["error_code"] == "PLUGPORT.00040004"
    assert author.refused(409, "create_plugin_version", body=a_version(name))["error_code"] == "PLUGPORT.00040004"


@pytest.mark.parametrize("operation", ["update_plugin_draft", "publish_plugin_draft", "delete_plugin_draft"])
def test_only_a_draft_can_be_changed_released_or_discarded(author: Person, operation: str) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name))
    before = author.do("show_plugin_version", plugin_name=name, version="1.0.0")

    body = None if operation == "delete_plugin_draft" else a_version(name, display_name="Other")
    query: dict[str, Any] = {"plugin_name": name, "version": "1.0.0"} if body is None else {}
    refusal = author.refused(409, operation, body=body, **query)

    assert refusal["error_code"] == "PLUGPORT.00040006"
    assert refusal["error_msg"].startswith("version: ")
    assert author.do("show_plugin_version", plugin_name=name, version="1.0.0") == before


def test_drafts_are_not_offered_to_pipelines(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_draft", body=a_version(name))

    found = author.do("list_base_plugins_new_post", body={"regex_name": name})

    assert (found["total"], found["data"]) == (0, [])


def test_a_package_takes_the_place_of_the_draft_of_its_number(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_draft", body=a_version(name))

    author.upload(name, "1.0.0")

    assert author.numbers(name) == ["1.0.0"]
    assert author.do("show_plugin_version", plugin_name=name)["version_attribution"] == "formal"


def test_releasing_an_old_draft_does_not_undo_who_sees_the_plugin_and_who_maintains_it(
    author: Person, meet: Meet
) -> None:
    name = a_name()
    author.do("create_plugin_draft", body=a_version(name, maintainers="", is_private=0))
    keeper = author.member.user.id
    author.do("update_plugin_base_info", body={"plugin_name": name, "is_private": 1, "maintainers": f'["{keeper}"]'})
    author.do("publish_plugin_draft", body=a_version(name))
    row = author.row(name)
    assert row is not None
    assert row["maintainers"] == f'["{keeper}"]'
    other = meet(author.member.account.user("author"))
    assert other.row(name) is None


def test_a_draft_of_a_released_plugin_says_nothing_of_it_before_its_release(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name, "1.0.0", display_name="As released"))
    author.do("create_plugin_draft", body=a_version(name, "1.1.0", display_name="As drafted", description="new"))
    row = author.row(name)
    assert row is not None
    assert (row["display_name"], row["version"]) == ("As released", "1.0.0")
    assert author.do("show_plugin_version", plugin_name=name, version="1.1.0")["display_name"] == "As drafted"
    author.do("publish_plugin_draft", body=a_version(name, "1.1.0"))
    row = author.row(name)
    assert row is not None
    assert (row["display_name"], row["description"], row["version"]) == ("As drafted", "new", "1.1.0")
