"""The reference's tables spell some fields otherwise than its examples and the SDK; both are taken, one is answered."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name, a_plugin, a_version
from tests.person import Person, people

RUNTIMES = ["runtime_attribution", "runtime_attributes", "runtime_attribute"]
ATTRIBUTIONS = ["plugin_attribution", "plugin_attribute", "plugin_attributes"]
STATES = ["version_attribution", "version_attribute", "version_attributes"]


@pytest.fixture(scope="module")
def ada(new_account: NewAccount) -> Iterator[Person]:
    """One author for all tests here: each has plug-ins of its own."""
    with people() as meet:
        yield meet(new_account().user("author"))


def runtime_of(ada: Person, name: str) -> str:
    row = ada.row(name)
    assert row is not None
    return str(row["runtime_attribution"])


@pytest.mark.parametrize("spelling", RUNTIMES)
@pytest.mark.parametrize("operation", ["create_plugin_version", "create_plugin_draft"])
def test_the_runtime_of_a_new_version(ada: Person, operation: str, spelling: str) -> None:
    name = a_name()

    ada.do(operation, body=a_version(name) | {spelling: "agentless"})

    assert runtime_of(ada, name) == "agentless"
    assert ada.do("show_plugin_version", plugin_name=name)["runtime_attribution"] == "agentless"


@pytest.mark.parametrize("spelling", RUNTIMES)
def test_the_runtime_inside_the_run_definition_where_a_table_prints_it(ada: Person, spelling: str) -> None:
    created, drafted = a_name(), a_name()
    execution = {"inner_execution_info": {"execution_type": "SHELL"}, spelling: "agentless"}

    ada.do("create_plugin_version", body=a_version(created, execution_info=execution))
    ada.do("create_plugin_draft", body=a_version(drafted))
    ada.do("update_plugin_draft", body=a_version(drafted, execution_info=execution))

    assert [runtime_of(ada, name) for name in (created, drafted)] == ["agentless", "agentless"]
    shown = ada.do("show_plugin_version", plugin_name=created)
    assert shown["runtime_attribution"] == "agentless"
    assert not set(RUNTIMES) & set(shown["plugin_execution"])


@pytest.mark.parametrize("spelling", RUNTIMES)
@pytest.mark.parametrize("operation", ["create_basic_plugin", "update_basic_plugin", "update_plugin_base_info"])
def test_the_runtime_of_a_plugin(ada: Person, operation: str, spelling: str) -> None:
    name = a_name()
    if operation != "create_basic_plugin":
        ada.do("create_basic_plugin", body=a_plugin(name))

    ada.do(operation, body=a_plugin(name, **{spelling: "agentless"}))

    assert runtime_of(ada, name) == "agentless"


@pytest.mark.parametrize("said", ["agentless", "agentLess", "AGENTLESS"])
def test_the_runtime_is_taken_in_any_case_and_answered_in_one(ada: Person, said: str) -> None:
    name = a_name()

    ada.do("create_plugin_version", body=a_version(name, runtime_attribution=said))

    assert runtime_of(ada, name) == "agentless"


def test_a_runtime_that_there_is_not_is_refused(ada: Person) -> None:
    refusal = ada.refused(400, "create_plugin_version", body=a_version(a_name(), runtime_attributes="cloud"))

    assert refusal["error_msg"] == "runtime_attribution: agent or agentless."


@pytest.mark.parametrize("spelling", ATTRIBUTIONS)
def test_whose_plugins_are_listed(ada: Person, spelling: str) -> None:
    name = a_name()
    ada.do("create_plugin_version", body=a_version(name))

    def listed(attribution: str) -> list[str]:
        found = ada.do("list_plugins", body={"plugin_name": name, spelling: attribution})
        return [each["plugin_name"] for each in found["data"]]

    assert (listed("custom"), listed("official"), listed("published"), listed("")) == ([name], [], [], [name])


@pytest.mark.parametrize("spelling", ATTRIBUTIONS)
@pytest.mark.parametrize("operation", ["show_plugin_inputs", "show_plugin_outputs", "show_plugin_metrics"])
def test_whose_plugin_is_asked(ada: Person, operation: str, spelling: str) -> None:
    name = a_name()
    ada.upload(name)

    # It tells namesakes apart, and hides nothing.
    asked = [{"plugin_name": name, spelling: attribution} for attribution in ("custom", "official", "published", "")]
    answered: list[Any] = ada.do(operation, body=asked)

    assert [len(each["data"]) for each in answered] == [1, 1, 1, 1]
    refusal = ada.refused(400, operation, body=[{"plugin_name": name, spelling: "nobody's"}])
    assert refusal["error_msg"].startswith(f"[0].{spelling}: ")


@pytest.mark.parametrize("spelling", STATES)
@pytest.mark.parametrize("operation", ["show_plugin_inputs", "show_plugin_outputs", "show_plugin_metrics"])
def test_the_state_of_the_version_asked(ada: Person, operation: str, spelling: str) -> None:
    name = a_name()
    ada.upload(name)

    (told,) = ada.do(operation, body=[{"plugin_name": name, "version": "1.0.0", spelling: "formal"}])

    assert [each["version"] for each in told["data"]] == ["1.0.0"]


@pytest.mark.parametrize("spelling", [*ATTRIBUTIONS, *STATES])
def test_a_draft_is_released_whatever_the_spelling_of_what_is_said_of_it(ada: Person, spelling: str) -> None:
    name = a_name()
    ada.do("create_plugin_draft", body=a_version(name))

    said = "custom" if spelling in ATTRIBUTIONS else "draft"
    ada.do("publish_plugin_draft", body={"plugin_name": name, "version": "1.0.0", spelling: said})

    assert ada.do("show_plugin_version", plugin_name=name)["version_attribution"] == "formal"
    assert ada.refused(400, "publish_plugin_draft", body={"plugin_name": name, "version": "1.0.0", spelling: "x"})[
        "error_msg"
    ].startswith(f"{spelling}: ")
