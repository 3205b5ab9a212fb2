"""An author's plug-in on its way to everybody's pipelines."""

import json

from tests.accounts import NewAccount
from tests.builders import PROBLEM_OUTPUT, QUALITY_METRICS, SHELL_INPUT, a_name, a_version
from tests.person import Meet, Person


def test_what_an_author_publishes_a_pipeline_of_another_tenant_finds_and_reads(
    author: Person, stranger: Person, judge: Person
) -> None:
    basic, composite = a_name("basic"), a_name("composite")

    author.upload(basic, "2.3.5", category="Test", friendly_name="Compliance")
    author.do("create_plugin_draft", body=a_version(composite, "0.1.0", steps=(basic,), business_type="Deploy"))
    author.do("publish_plugin_draft", body={"plugin_name": composite, "version": "0.1.0"})
    publisher = author.publisher(a_name("house"))
    for name, version in ((basic, ""), (composite, "0.1.0")):
        named = {"plugin_name": name, "version": version, "publisher_unique_id": publisher}
        author.do("publish_plugin_bind", body=named)
    judge.accept(publisher)
    for name, version in ((basic, ""), (composite, "0.1.0")):
        named = {"plugin_name": name, "version": version, "publisher_unique_id": publisher}
        author.do("publish_plugin", body=named)

    by_category = stranger.do("list_base_plugins_new_post", body={"business_type": "Test"}, limit=10)["data"]
    assert [each["business_type"] for each in by_category] == ["Test"]
    assert basic in [each["plugin_name"] for each in by_category[0]["plugins_list"]]

    by_name = stranger.do("list_base_plugins_new_post", body={"regex_name": composite.upper()})
    assert by_name["total"] == 1
    (category,) = by_name["data"]
    (found,) = category["plugins_list"]
    assert (category["business_type"], found["plugin_name"]) == ("Deploy", composite)
    assert found["plugin_attribution"] == "published"
    assert found["plugin_composition_type"] == "multi"
    assert found["publisher_unique_id"] == publisher
    assert found["all_steps"] == [{"plugin_name": basic, "display_name": "Compliance", "version": "2.3.5"}]

    stages = stranger.do("list_stage_plugins", body={"category": "Deploy"})["full_stage_plugins_item_list"]
    assert composite in [each["plugin_name"] for each in stages[0]["plugins_list"]]

    single = stranger.do("list_base_plugins", attribution="published", limit=10)["data"]
    assert basic in [each["name"] for each in single]
    assert composite not in [each["name"] for each in single]

    asked = [{"plugin_name": basic, "version": "2.3.5", "plugin_attribution": "published"}]
    (inputs,) = stranger.do("show_plugin_inputs", body=asked)
    (given,) = inputs["data"]
    assert {key: given[key] for key in ("name", "type", "label", "description", "default_value")} == {
        key: SHELL_INPUT[key] for key in ("name", "type", "label", "description", "default_value")
    }
    assert given["required"] == "true"
    assert given["validation"] == SHELL_INPUT["validation"]

    (outputs,) = stranger.do("show_plugin_outputs", body=asked)
    (output,) = outputs["data"]
    assert output["output_key"] == PROBLEM_OUTPUT["name"]
    assert json.loads(output["output_value"])["description"] == PROBLEM_OUTPUT["description"]

    (metrics,) = stranger.do("show_plugin_metrics", body=asked)
    (group,) = metrics["data"]
    assert group["output_key"] == "SYSTEM_METRICS_UNIQUE_KEY"
    assert json.loads(group["output_value"]) == [QUALITY_METRICS]

    detail = stranger.do("show_basic_plugin", plugin_name=basic)
    assert (detail["friendly_name"], detail["version"]) == ("Compliance", "2.3.5")
    steps = stranger.do("show_plugin_version", plugin_name=composite, version="0.1.0")["plugin_execution"]["steps"]
    assert [each["task"] for each in steps] == [basic]

    refusal = author.refused(409, "delete_basic_plugin", plugin_name=basic, type="all")
    assert refusal["error_code"] == "PLUGPORT.00040008"
    assert composite in refusal["error_msg"]


def test_the_count_of_users_follows_the_composite_plugins(author: Person) -> None:
    basic, first, second = a_name("basic"), a_name("first"), a_name("second")

    def count() -> int:
        row = author.row(basic)
        assert row is not None
        return int(row["refer_count"])

    author.upload(basic)
    assert count() == 0
    author.do("create_plugin_version", body=a_version(first, steps=(basic, basic)))
    author.do("create_plugin_version", body=a_version(first, "1.1.0", steps=(basic,)))
    assert count() == 1
    author.do("create_plugin_draft", body=a_version(second, steps=(basic,)))
    assert count() == 2
    author.do("update_plugin_draft", body=a_version(second, steps=(first,)))
    assert count() == 1
    author.do("delete_basic_plugin", plugin_name=first, version="1.1.0")
    assert count() == 1
    author.refused(409, "delete_basic_plugin", plugin_name=first)
    author.do("delete_plugin_draft", plugin_name=second, version="1.0.0")
    author.do("delete_basic_plugin", plugin_name=first)
    assert count() == 0
    author.do("delete_basic_plugin", plugin_name=basic)
    assert author.row(basic) is None


def test_users_of_other_tenants_are_counted_and_not_named(
    author: Person, judge: Person, new_account: NewAccount, meet: Meet
) -> None:
    neighbour = meet(new_account().user("author"))
    basic, theirs = a_name("basic"), a_name("theirs")
    author.upload(basic)
    publisher = author.publisher(a_name("house"))
    judge.accept(publisher)
    author.do("publish_plugin", body={"plugin_name": basic, "publisher_unique_id": publisher})

    neighbour.do("create_plugin_version", body=a_version(theirs, steps=(basic,)))

    refusal = author.refused(409, "delete_basic_plugin", plugin_name=basic)
    assert theirs not in refusal["error_msg"]
    assert "1 plug-ins of other tenants" in refusal["error_msg"]
    row = author.row(basic)
    assert row is not None
    assert row["refer_count"] == 1


def test_a_composite_plugin_may_be_written_before_the_plugin_that_it_runs(author: Person) -> None:
    composite, later = a_name("composite"), a_name("later")
    author.do("create_plugin_version", body=a_version(composite, steps=(later,)))

    author.upload(later)

    assert composite in author.refused(409, "delete_basic_plugin", plugin_name=later)["error_msg"]


def test_a_plugin_cannot_be_a_step_of_itself(author: Person) -> None:
    name = a_name()

    refusal = author.refused(400, "create_plugin_version", body=a_version(name, steps=(name,)))

    assert "steps" in refusal["error_msg"]
    assert author.row(name) is None
