"""Quality gates over HTTP: rules, sets and verdicts as tests make and ask for them. One line bends one of them."""

import re
from typing import Any

import httpx

from tests.builders import Body, a_name
from tests.person import Person
from tests.surfaces.contract.facts import operations

GATES = "/plugport/v1/gates"
OPERATIONS = operations("rules_policies")


def asked(person: Person, operation: str, *, body: Any = None, headers: Any = None, **given: Any) -> httpx.Response:
    """The answer to an operation of the contract. What its path does not take goes into the query."""
    wanted = OPERATIONS[operation]
    names = re.findall(r"{(\w+)}", wanted.path)
    path = {"domain_id": person.account_id, "project_id": person.member.account.project.id} | {
        name: given.pop(name) for name in names if name in given
    }
    return person.http.request(
        wanted.method, wanted.path.format(**path), params=given or None, json=body, headers=headers
    )


def done(person: Person, operation: str, **given: Any) -> Any:
    """What a successful operation answers."""
    return told(asked(person, operation, **given))


def told(answer: httpx.Response) -> Any:
    """What a good answer holds."""
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int, code: str, *names: str) -> str:
    """The sentence of a refusal, which has this status and code and tells these names."""
    assert (answer.status_code, answer.json()["error_code"]) == (status, f"PLUGPORT.{code}"), answer.text
    sentence: str = answer.json()["error_msg"]
    assert [name for name in names if name not in sentence] == []
    return sentence


def metrics(**starts: str) -> list[Body]:
    """What a manifest declares: metrics by their keys, each with what it starts from."""
    return [{"group_name": "Quality", "properties": [{"key": key, "value": value} for key, value in starts.items()]}]


def a_property(key: str = "ratio", operator: str | None = ">=", value: str = "0.5", **changes: Any) -> Body:
    """What one metric must be."""
    told = {"key": key, "type": "judge", "name": key, "operator": operator, "value": value, "value_type": "float"}
    return {name: each for name, each in (told | changes).items() if each is not None}


def a_rule(plugin: str, *properties: Body, name: str = "", may_change: bool = False, **changes: Any) -> Body:
    """A rule over a plug-in; without properties, that its ratio is half at least."""
    group = {
        "group_name": "Quality",
        "can_modify_when_inherit": may_change,
        "properties": [*properties] or [a_property()],
    }
    return {
        "type": "Test",
        "name": name or a_name("rule"),
        "layout_content": "layout_content",
        "plugin_name": plugin,
        "content": [group],
    } | changes


def a_plugin_with_metrics(person: Person, name: str = "tests", version: str = "1.0.0", **starts: str) -> str:
    """Uploads a plug-in that declares metrics: `ratio` and `critical`, where none are said."""
    person.upload(name, version, metrics=metrics(**(starts or {"ratio": "0", "critical": "0"})))
    return name


def made_rule(person: Person, plugin: str = "tests", *properties: Body, **changes: Any) -> str:
    """The id of a new rule."""
    return str(done(person, "create_rule", body=a_rule(plugin, *properties, **changes))["rule_id"])


def made_set(person: Person, *rule_ids: str, name: str = "") -> str:
    """The id of a new set of the account."""
    body = {"name": name or a_name("set"), "rules": [{"id": each, "is_valid": True} for each in rule_ids]}
    return str(done(person, "create_strategy", body=body)["rule_set_id"])


def made_project_set(person: Person, **changes: Any) -> str:
    """The id of a new set of the account's project."""
    body = {"project_id": person.member.account.project.id, "name": a_name("set")} | changes
    return str(told(person.http.post(f"{GATES}/rule-sets", json=body))["rule_set_id"])


def judged(person: Person, *reports: Body, project: bool = True, **changes: Any) -> Any:
    """The verdict about a run of the account's project, or of none."""
    body = {"reports": [*reports]} | ({"project_id": person.member.account.project.id} if project else {}) | changes
    return told(person.http.post(f"{GATES}/verdict", json=body))


def a_report(plugin: str = "tests", version: str = "1.0.0", **reported: str) -> Body:
    """What a plug-in reported."""
    return {"plugin_name": plugin, "version": version, "metrics": reported}
