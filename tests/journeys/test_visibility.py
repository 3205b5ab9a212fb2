"""Who sees which plug-in, asked of every operation that reads; and that what is hidden cannot be told from what is not."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.accounts import Member, NewAccount
from tests.builders import a_name, a_package, a_plugin, a_version
from tests.person import Meet, Person, people
from tests.surfaces.contract.facts import Operation, operations

# -- every operation that reads, as a question: does this person see the plug-in of that name? ---------------------------


def _in_list(person: Person, name: str) -> bool:
    return person.row(name) is not None


def _in_search(person: Person, name: str) -> bool:
    found = person.do("list_plugins", body={"regex_name": name})
    assert found["total"] == len(found["data"])
    return [each["plugin_name"] for each in found["data"]] == [name]


def _in_categories(person: Person, name: str) -> bool:
    found = person.do("list_base_plugins_new_post", body={"regex_name": name})
    assert found["total"] == sum(len(each["plugins_list"]) for each in found["data"])
    return [plugin["plugin_name"] for each in found["data"] for plugin in each["plugins_list"]] == [name]


def _in_stages(person: Person, name: str) -> bool:
    stages = person.do("list_stage_plugins")["full_stage_plugins_item_list"]
    return name in [plugin["plugin_name"] for each in stages for plugin in each["plugins_list"]]


def _in_singles(person: Person, name: str) -> bool:
    return name in [each["name"] for each in person.do("list_base_plugins", limit=1000)["data"]]


def _in_modules(person: Person, name: str) -> bool:
    found = person.do("list_modules_detail", name=name, locations="pipeline")["result"]["pipeline"]
    assert found["total"] == len(found["data"])
    return [each["name"] for each in found["data"]] == [name]


def _told(operation: str) -> Callable[[Person, str], bool]:
    def told(person: Person, name: str) -> bool:
        answer = person.ask(operation, plugin_name=name)
        assert answer.status_code in (200, 404), answer.text
        return answer.status_code == 200

    return told


def _parts(operation: str) -> Callable[[Person, str], bool]:
    def told(person: Person, name: str) -> bool:
        (part,) = person.do(operation, body=[{"plugin_name": name}])
        return bool(part["data"])

    return told


READS: dict[str, Callable[[Person, str], bool]] = {
    "list_plugins": _in_list,
    "list_plugins by regex_name": _in_search,
    "list_base_plugins_new_post": _in_categories,
    "list_stage_plugins": _in_stages,
    "list_base_plugins": _in_singles,
    "list_modules_detail": _in_modules,
    "list_p_lugin_version": _told("list_p_lugin_version"),
    "list_plugin_version_number": _told("list_plugin_version_number"),
    "show_plugin_version": _told("show_plugin_version"),
    "show_basic_plugin": _told("show_basic_plugin"),
    "show_plugin_inputs": _parts("show_plugin_inputs"),
    "show_plugin_outputs": _parts("show_plugin_outputs"),
    "show_plugin_metrics": _parts("show_plugin_metrics"),
}

# -- who asks, and of what -------------------------------------------------------------------------------------------------


@dataclass
class World:
    """Plug-ins by what they are, and people by what they are to the account that has the first three."""

    plugins: dict[str, str]
    people: dict[str, Person]


@pytest.fixture(scope="module")
def world(new_account: NewAccount, operator: Member) -> Iterator[World]:
    """Built once; nothing here changes it."""
    home, elsewhere, platform = new_account(), new_account(), new_account(official=True)
    with people() as meet:
        judge = meet(operator)
        known = {
            "author": meet(home.user("author")),
            "maintainer": meet(home.user("author")),
            "colleague": meet(home.user("author")),
            "viewer": meet(home.user("viewer")),
            "admin": meet(home.user("admin")),
            "stranger": meet(elsewhere.user("author")),
            "foreign admin": meet(elsewhere.user("admin")),
        }
        named = {kind: a_name(kind) for kind in ("custom", "private", "published", "official", "announced")}
        author = known["author"]
        for kind in ("custom", "private", "published"):
            author.upload(named[kind])
        maintainers = f'["{known["maintainer"].member.user.id}"]'
        hidden = {"plugin_name": named["private"], "is_private": 1, "maintainers": maintainers}
        author.do("update_plugin_base_info", body=hidden)
        publisher = author.publisher(a_name("house"))
        judge.accept(publisher)
        author.do("publish_plugin", body={"plugin_name": named["published"], "publisher_unique_id": publisher})
        meet(platform.user("author")).upload(named["official"])
        yield World(named, known)


HOME = ("author", "maintainer", "colleague", "viewer", "admin")
SEEN_BY = {
    "custom": set(HOME),
    "private": {"author", "maintainer", "admin"},
    "published": {*HOME, "stranger", "foreign admin"},
    "official": {*HOME, "stranger", "foreign admin"},
}


@pytest.mark.parametrize("kind", SEEN_BY)
@pytest.mark.parametrize("read", READS)
def test_everybody_sees_what_they_may_and_nothing_else(world: World, kind: str, read: str) -> None:
    sees = {who for who, person in world.people.items() if READS[read](person, world.plugins[kind])}

    assert sees == SEEN_BY[kind]


HIDDEN = [(who, kind) for kind, seen_by in SEEN_BY.items() for who in (*HOME, "stranger") if who not in seen_by]
BY_NAME: dict[str, Callable[[str], dict[str, Any]]] = {
    "list_plugins": lambda name: {"body": {"plugin_name": name}},
    "list_plugins by regex_name": lambda name: {"body": {"regex_name": name}},
    "list_base_plugins_new_post": lambda name: {"body": {"regex_name": name}},
    "list_modules_detail": lambda name: {"name": name, "locations": "pipeline"},
    "list_p_lugin_version": lambda name: {"plugin_name": name},
    "list_plugin_version_number": lambda name: {"plugin_name": name},
    "show_plugin_version": lambda name: {"plugin_name": name},
    "show_plugin_version of a number": lambda name: {"plugin_name": name, "version": "1.0.0"},
    "show_basic_plugin": lambda name: {"plugin_name": name},
    "show_plugin_inputs": lambda name: {"body": [{"plugin_name": name, "version": "1.0.0"}]},
    "show_plugin_outputs": lambda name: {"body": [{"plugin_name": name, "version": "1.0.0"}]},
    "show_plugin_metrics": lambda name: {"body": [{"plugin_name": name, "version": "1.0.0"}]},
    "update_plugin_draft": lambda name: {"body": a_version(name)},
    "publish_plugin_draft": lambda name: {"body": {"plugin_name": name, "version": "1.0.0"}},
    "delete_plugin_draft": lambda name: {"plugin_name": name, "version": "1.0.0"},
    "update_plugin_base_info": lambda name: {"body": a_plugin(name)},
    "update_basic_plugin": lambda name: {"body": a_plugin(name)},
    "delete_basic_plugin": lambda name: {"plugin_name": name},
    "delete_basic_plugin of one version": lambda name: {"plugin_name": name, "version": "1.0.0"},
    "publish_plugin": lambda name: {"body": {"plugin_name": name, "publisher_unique_id": "0" * 32}},
    "publish_plugin_bind": lambda name: {"body": {"plugin_name": name, "publisher_unique_id": "0" * 32}},
}


@pytest.mark.parametrize(("who", "kind"), HIDDEN)
@pytest.mark.parametrize("question", BY_NAME)
def test_what_is_hidden_answers_like_what_is_not_there(world: World, question: str, who: str, kind: str) -> None:
    person, operation = world.people[who], question.split(" ")[0]
    hidden, missing = world.plugins[kind], a_name(kind)

    answers = [person.ask(operation, **BY_NAME[question](name)) for name in (hidden, missing)]

    told = [answer.text.replace(name, "NAME") for answer, name in zip(answers, (hidden, missing), strict=True)]
    assert (answers[0].status_code, told[0]) == (answers[1].status_code, told[1])
    varying = {"date", "x-request-id"}
    headers = [{key: value for key, value in answer.headers.items() if key not in varying} for answer in answers]
    lengths = [int(each.pop("content-length")) for each in headers]
    assert headers[0] == headers[1]
    assert lengths[0] == lengths[1]


def test_the_name_of_a_private_plugin_of_others_cannot_be_had(world: World) -> None:
    colleague, name = world.people["colleague"], world.plugins["private"]

    attempts: dict[str, dict[str, Any]] = {
        "create_basic_plugin": {"body": a_plugin(name)},
        "create_plugin_version": {"body": a_version(name, "7.0.0")},
        "create_plugin_draft": {"body": a_version(name, "7.0.0")},
        "upload_basic_plugin": {"plugin_name": name, "file": a_package(name, "7.0.0")},
    }
    for operation, asked in attempts.items():
        assert colleague.refused(409, operation, **asked)["error_code"] == "PLUGPORT.00040002"

    assert world.people["author"].numbers(name) == ["1.0.0"]


def test_another_tenant_may_use_the_name_of_a_plugin_that_it_does_not_see(meet: Meet, new_account: NewAccount) -> None:
    first, second, name = meet(new_account().user("author")), meet(new_account().user("author")), a_name()
    first.do("create_plugin_version", body=a_version(name, description="first"))

    second.do("create_plugin_version", body=a_version(name, "2.0.0", description="second"))
    second.do("delete_basic_plugin", plugin_name=name)

    row = first.row(name)
    assert row is not None
    assert (row["version"], row["description"]) == ("1.0.0", "first")


def test_the_own_plugin_goes_before_the_published_one_of_its_name(world: World) -> None:
    stranger, name = world.people["foreign admin"], world.plugins["official"]
    stranger.do("create_plugin_version", body=a_version(name, "9.0.0"))

    assert stranger.do("show_plugin_version", plugin_name=name)["version"] == "9.0.0"
    asked = [{"plugin_name": name, "plugin_attribution": each} for each in ("custom", "official")]
    own, official = stranger.do("show_plugin_inputs", body=asked)
    assert (own["data"], [each["version"] for each in official["data"]]) == ([], ["1.0.0"])
    both = stranger.do("list_plugins", body={"plugin_name": name})
    assert {each["plugin_attribution"] for each in both["data"]} == {"custom", "official"}

    stranger.do("delete_basic_plugin", plugin_name=name)


@pytest.mark.parametrize("reader", ["author", "stranger"])
@pytest.mark.parametrize("said", ["custom", "official", "published", "", None])
def test_the_attribution_in_a_question_hides_no_plugin_that_has_no_namesake(
    world: World, reader: str, said: str | None
) -> None:
    asked = {"plugin_name": world.plugins["published"], "plugin_attribution": said}

    (answer,) = world.people[reader].do("show_plugin_inputs", body=[asked])

    assert [each["version"] for each in answer["data"]] == ["1.0.0"]


def test_official_plugins_belong_to_no_workspace(world: World) -> None:
    row = world.people["stranger"].row(world.plugins["official"])

    assert row is not None
    assert (row["plugin_attribution"], row["workspace_id"]) == ("official", "*")


def test_who_works_on_a_plugin_is_the_business_of_its_own_tenant(world: World) -> None:
    name, author = world.plugins["published"], world.people["author"]

    mine, theirs = author.row(name), world.people["stranger"].row(name)

    assert mine is not None
    assert theirs is not None
    assert (mine["op_user"], mine["creator"]) == (author.member.name, author.member.user.id)
    assert (theirs["op_user"], theirs["creator"], theirs["maintainers"]) == ("", "", "")
    detail = world.people["stranger"].do("show_plugin_version", plugin_name=name)
    assert detail["op_user"] == ""


def test_drafts_of_a_published_plugin_are_seen_by_its_own_tenant_only(world: World) -> None:
    name, author, stranger = world.plugins["published"], world.people["author"], world.people["stranger"]
    author.do("create_plugin_draft", body=a_version(name, "9.0.0"))

    assert author.numbers(name) == ["9.0.0", "1.0.0"]
    assert stranger.numbers(name) == ["1.0.0"]
    assert stranger.do("list_p_lugin_version", plugin_name=name)["total"] == 1
    stranger.refused(404, "show_plugin_version", plugin_name=name, version="9.0.0")
    stranger.refused(404, "show_basic_plugin", plugin_name=name, version="9.0.0")
    (part,) = stranger.do("show_plugin_inputs", body=[{"plugin_name": name, "version": "9.0.0"}])
    assert part["data"] == []

    author.do("delete_plugin_draft", plugin_name=name, version="9.0.0")


IN_AN_ACCOUNT = [each for each in operations().values() if "{domain_id}" in each.path]


@pytest.mark.parametrize("operation", IN_AN_ACCOUNT, ids=lambda it: it.id)
def test_the_account_in_the_path_must_be_the_own(world: World, operation: Operation) -> None:
    answers = [
        world.people["stranger"].http.request(operation.method, operation.path.format(domain_id=account))
        for account in (world.people["author"].account_id, "0" * 32, "x", "*")
    ]

    assert {(answer.status_code, answer.json()["error_code"]) for answer in answers} == {(403, "PLUGPORT.00020004")}
    assert len({answer.text for answer in answers}) == 1


def test_steps_and_refusals_tell_nothing_of_private_plugins_of_others(author: Person, meet: Meet) -> None:
    colleague, admin = (meet(author.member.account.user(role)) for role in ("author", "admin"))
    used, hidden, opened, secret = (a_name(kind) for kind in ("used", "hidden", "opened", "secret"))
    author.upload(used)
    author.upload(hidden, friendly_name="Only mine")
    author.do("update_plugin_base_info", body={"plugin_name": hidden, "is_private": 1})
    author.do("create_plugin_version", body=a_version(opened, steps=(hidden,)))
    author.do("create_plugin_version", body=a_version(secret, steps=(used,), is_private=1))

    def steps(person: Person) -> list[dict[str, str]]:
        found = person.do("list_base_plugins_new_post", body={"regex_name": opened})
        return list(found["data"][0]["plugins_list"][0]["all_steps"])

    mine = [{"plugin_name": hidden, "display_name": "Only mine", "version": "1.0.0"}]
    assert (steps(author), steps(admin)) == (mine, mine)
    assert steps(colleague) == [{"plugin_name": hidden, "display_name": "", "version": ""}]
    assert secret in author.refused(409, "delete_basic_plugin", plugin_name=used)["error_msg"]
    refusal = colleague.refused(409, "delete_basic_plugin", plugin_name=used)["error_msg"]
    assert secret not in refusal
    assert "is used by 1 plug-ins" in refusal
