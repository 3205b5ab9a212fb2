"""Version numbers: their order, and that a released one is for good."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name, a_version
from tests.person import Person, people

NEWEST_FIRST = [
    "10.0.0",
    "9.99.99",
    "2.0.0",
    "2.0.0-rc.1",
    "2.0.0-beta.11",
    "2.0.0-beta.2",
    "2.0.0-beta",
    "2.0.0-alpha.beta",
    "2.0.0-alpha.1",
    "2.0.0-alpha",
    "2.0.0-1",
    "1.10.0",
    "1.9.0",
    "1.0.0+build.7",
    "0.0.1",
]


@pytest.fixture(scope="module")
def author(new_account: NewAccount) -> Iterator[Person]:
    """One author for all tests here: each has plug-ins of its own."""
    with people() as meet:
        yield meet(new_account().user("author"))


def test_versions_are_listed_newest_first_by_semver_precedence(author: Person) -> None:
    name = a_name()
    shuffled = random.Random(7).sample(NEWEST_FIRST, len(NEWEST_FIRST))

    for number in shuffled:
        author.do("create_plugin_version", body=a_version(name, number))

    assert author.numbers(name) == NEWEST_FIRST
    rows = author.do("list_p_lugin_version", plugin_name=name, limit=1000)
    assert rows["total"] == len(NEWEST_FIRST)
    assert [each["version"] for each in rows["data"]] == NEWEST_FIRST
    row = author.row(name)
    assert row is not None
    assert row["version"] == "10.0.0"


def test_pages_of_versions_follow_each_other(author: Person) -> None:
    name = a_name()
    for number in NEWEST_FIRST[:5]:
        author.do("create_plugin_version", body=a_version(name, number))

    pages = [author.do("list_p_lugin_version", plugin_name=name, offset=at, limit=2) for at in (0, 2, 4, 6)]

    assert [each["version"] for page in pages for each in page["data"]] == NEWEST_FIRST[:5]
    assert {(page["total"], page["limit"]) for page in pages} == {(5, 2)}
    assert [page["offset"] for page in pages] == [0, 2, 4, 6]


def test_a_release_outranks_every_draft_as_the_current_version(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name, "1.0.0"))
    author.do("create_plugin_draft", body=a_version(name, "3.0.0"))

    assert author.do("show_plugin_version", plugin_name=name)["version"] == "1.0.0"
    assert author.numbers(name) == ["3.0.0", "1.0.0"]


@pytest.mark.parametrize("number", ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0+", "१.0.0", " 1.0.0"])
def test_what_is_not_semver_is_refused_by_name(author: Person, number: str) -> None:
    name = a_name()

    refusal = author.refused(400, "create_plugin_version", body=a_version(name, number))

    assert refusal["error_msg"].startswith("version: ")
    assert author.row(name) is None


def test_a_version_is_required(author: Person) -> None:
    body = a_version(a_name())
    del body["version"]

    assert author.refused(400, "create_plugin_version", body=body)["error_msg"].startswith("version: ")
    assert author.refused(400, "create_plugin_draft", body=body | {"version": ""})["error_msg"].startswith("version: ")


def test_a_released_version_never_changes(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name, display_name="First", version_description="as released"))
    before = author.do("show_plugin_version", plugin_name=name, version="1.0.0")

    other = a_version(name, display_name="Second", version_description="other")
    assert author.refused(409, "create_plugin_version", body=other)["error_code"] == "PLUGPORT.00040004"
    assert author.refused(409, "create_plugin_draft", body=other)["error_code"] == "PLUGPORT.00040004"

    assert author.do("show_plugin_version", plugin_name=name, version="1.0.0") == before


def test_numbers_that_differ_in_build_metadata_only_are_the_same_number(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name, "1.0.0+a"))

    author.refused(409, "create_plugin_version", body=a_version(name, "1.0.0+b"))
    author.refused(409, "create_plugin_version", body=a_version(name, "1.0.0"))


def test_the_number_of_a_deleted_version_is_never_used_again(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name, "1.0.0"))
    author.do("create_plugin_version", body=a_version(name, "2.0.0"))

    author.do("delete_basic_plugin", plugin_name=name, version="2.0.0")

    assert author.numbers(name) == ["1.0.0"]
    assert author.do("show_plugin_version", plugin_name=name)["version"] == "1.0.0"
    for operation in ("create_plugin_version", "create_plugin_draft"):
        refusal = author.refused(409, operation, body=a_version(name, "2.0.0"))
        assert refusal["error_code"] == "PLUGPORT.00040005"
    author.refused(404, "delete_basic_plugin", plugin_name=name, version="2.0.0")


@pytest.mark.parametrize("query", [{}, {"type": "all"}])
def test_a_plugin_made_again_does_not_get_its_old_numbers_back(author: Person, query: dict[str, Any]) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name, "1.0.0"))
    author.upload(uploaded := a_name(), "1.0.0")

    for each in (name, uploaded):
        author.do("delete_basic_plugin", plugin_name=each, **query)
        assert author.row(each) is None
        author.refused(404, "list_plugin_version_number", plugin_name=each)

    assert (
        author.refused(409, "create_plugin_version", body=a_version(name, "1.0.0"))["error_code"] == "PLUGPORT.00040005"
    )
    assert author.row(name) is None
    author.do("create_plugin_version", body=a_version(name, "1.0.1"))
    assert author.numbers(name) == ["1.0.1"]


def test_a_type_other_than_all_needs_a_version(author: Person) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name))

    refusal = author.refused(400, "delete_basic_plugin", plugin_name=name, type="version")

    assert refusal["error_msg"].startswith("version: ")
    assert author.numbers(name) == ["1.0.0"]


def test_of_racing_releases_of_one_number_one_wins(author: Person) -> None:
    name = a_name()
    bodies = [a_version(name, version_description=f"from {each}") for each in range(6)]

    with ThreadPoolExecutor(len(bodies)) as threads:
        answers = list(threads.map(lambda body: author.ask("create_plugin_version", body=body), bodies))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    winner = next(body for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 200)
    found = author.do("show_plugin_version", plugin_name=name)
    assert found["version_description"] == winner["version_description"]
