"""Lists and searches: what a text means, what filters filter, and that pages fit together."""

from typing import Any

import pytest

from tests.builders import a_name, a_plugin, a_version
from tests.person import Meet, Person


def _found(person: Person, **query: Any) -> list[str]:
    rows = person.do("list_plugins", body={"plugin_attribution": "custom"} | query, limit=1000)
    assert rows["total"] == len(rows["data"])
    return [each["plugin_name"] for each in rows["data"]]


@pytest.mark.parametrize("text", ["under_score", "UNDER_SCORE", "r_s", "Some Name", "some n", "名称", "1.5-"])
def test_a_text_is_looked_for_in_names_whatever_its_case(author: Person, text: str) -> None:
    author.do("create_basic_plugin", body=a_plugin("under_score", display_name="Some Name 名称 1.5-x"))
    author.do("create_basic_plugin", body=a_plugin("other"))

    assert _found(author, regex_name=text) == ["under_score"]


@pytest.mark.parametrize(
    "text", ["%", "_", ".*", ".", "o.her", "^other", "oth%", "ot_er", "[a-z]", "\\", "'", '"', "(", "||"]
)
def test_no_character_of_a_text_has_a_meaning(author: Person, text: str) -> None:
    author.do("create_basic_plugin", body=a_plugin("other", display_name="other"))

    assert _found(author, regex_name=text) == []


def test_the_exact_name_is_no_text_to_look_for(author: Person) -> None:
    for name in ("part", "part-of"):
        author.do("create_basic_plugin", body=a_plugin(name))

    assert _found(author, plugin_name="part") == ["part"]
    assert _found(author, plugin_name="PART") == []
    assert _found(author, plugin_name="part", regex_name="of") == []


def test_plugins_are_listed_by_category(author: Person) -> None:
    kinds = ["Build", "Gate", "Deploy", "Test", "Normal"]
    for kind in kinds:
        author.do("create_basic_plugin", body=a_plugin(kind.lower(), business_type=kind))

    assert _found(author, business_type=["Gate"]) == ["gate"]
    assert _found(author, business_type=["Test", "Build"]) == ["test", "build"]
    everything = [kind.lower() for kind in reversed(kinds)]
    for no_filter in ([], [""], kinds, None):
        assert _found(author, business_type=no_filter) == everything
    assert _found(author, business_type=["Gate"], regex_name="b") == []
    refusal = author.refused(400, "list_plugins", body={"business_type": ["Gate", "Magic"]})
    assert refusal["error_msg"].startswith("business_type[1]: ")


def test_the_latest_change_comes_first(author: Person) -> None:
    for name in ("first", "second", "third"):
        author.do("create_basic_plugin", body=a_plugin(name))

    author.do("update_basic_plugin", body=a_plugin("first", description="changed"))

    assert _found(author) == ["first", "third", "second"]
    assert _found(author, regex_name="ir") == ["first", "third"]


def test_plugins_are_listed_by_who_maintains_them(author: Person, meet: Meet) -> None:
    account = author.member.account
    colleague, admin = meet(account.user("author")), meet(account.user("admin"))
    hers = f'["{colleague.member.user.id}"]'
    author.do("create_basic_plugin", body=a_plugin("mine"))
    author.do("create_basic_plugin", body=a_plugin("hidden", is_private=1))
    author.do("create_basic_plugin", body=a_plugin("shared", maintainers=hers))
    author.do("create_basic_plugin", body=a_plugin("trusted", maintainers=hers, is_private=1))

    def by(person: Person, maintainer: Person, **query: Any) -> list[str]:
        return sorted(_found(person, maintainer=maintainer.member.user.id, **query))

    assert by(author, author) == by(admin, author) == ["hidden", "mine", "shared", "trusted"]
    assert by(colleague, colleague) == by(admin, colleague) == ["shared", "trusted"]
    assert by(colleague, author) == ["mine", "shared"]
    assert by(colleague, author, regex_name="d") == ["shared"]
    assert by(author, admin) == []


def test_pages_fit_together(author: Person) -> None:
    names = [f"plugin-{number}" for number in range(7)]
    for name in names:
        author.do("create_basic_plugin", body=a_plugin(name))

    for query in ({"plugin_attribution": "custom"}, {"plugin_attribution": "custom", "regex_name": "plugin"}):
        pages = [author.do("list_plugins", body=query, offset=at, limit=3) for at in (0, 3, 6, 9)]
        assert [each["plugin_name"] for page in pages for each in page["data"]] == names[::-1]
        assert [page["total"] for page in pages] == [7, 7, 7, 7]


def test_pages_of_categories_fit_together(author: Person) -> None:
    for number, kind in enumerate(["Test", "Build", "Normal", "Build", "Test", "Gate"]):
        author.do("create_plugin_version", body=a_version(a_name(f"p{number}"), business_type=kind))

    def page(offset: int, limit: int) -> tuple[int, list[tuple[str, str]]]:
        found = author.do("list_base_plugins_new_post", body={}, offset=offset, limit=limit)
        told = [(each["business_type"], one["plugin_name"]) for each in found["data"] for one in each["plugins_list"]]
        return found["total"], told

    total, everything = page(0, 1000)
    assert total == len(everything) >= 6
    assert sorted(everything, key=lambda it: ["Build", "Gate", "Deploy", "Test", "Normal"].index(it[0])) == everything
    in_pages = [page(at, 4) for at in range(0, total + 4, 4)]
    assert [one for _, told in in_pages for one in told] == everything
    assert {each for each, _ in in_pages} == {total}


def test_a_template_is_offered_no_private_plugins(author: Person) -> None:
    for name, hidden in (("open", 0), ("hidden", 1)):
        author.do("create_plugin_version", body=a_version(name, is_private=hidden, business_type="Gate"))

    def offered(condition: str, **query: Any) -> set[str]:
        asked = {"use_condition": condition, "business_type": "Gate"} | query
        pages = author.do("list_base_plugins_new_post", body=asked, limit=1000)["data"]
        stages = author.do("list_stage_plugins", body={"use_condition": condition, "category": "Gate"})
        told = [
            {each["plugin_name"] for category in categories for each in category["plugins_list"]}
            for categories in (pages, stages["full_stage_plugins_item_list"])
        ]
        wanted = {"open", "hidden"}
        assert told[0] & wanted == told[1] & wanted
        return told[0] & wanted

    assert offered("pipeline") == offered("") == {"open", "hidden"}
    assert offered("template") == offered("template", regex_name="e") == {"open"}


def test_a_total_that_was_not_cut_says_nothing_of_it(author: Person) -> None:
    answer = author.ask("list_plugins", body={"regex_name": "x"})

    assert "x-plugport-total-capped" not in answer.headers
