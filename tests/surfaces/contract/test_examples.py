"""Every example request of the contract, replayed; and every answer held against the contract's fields and types.

Each is replayed in an account of its own, after what must be there before it was made. The account and the publishers of the
examples cannot exist here, so ours stand in their place.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.accounts import NewAccount
from tests.builders import QUALITY_METRICS, a_name, a_package, a_picture, a_plugin, a_version, an_upload
from tests.person import Person, people
from tests.surfaces.contract.facts import Operation, extras, operations, violations

ACCOUNT = "ce8df55870164338a72d7e828a966a2a"
PUBLISHER = "b9fc8fb6d9194536ac66dd74c2212126"
DELETED_PUBLISHER = "3082805e42604ce8a10f0cbd7ca55462"
MODULES = {
    "method": "GET",
    "target": "/v2/extensions/modules?project_uuid=0&region_name=local&name=&productLine=&tags=a&offset=0&limit=10"
    "&locations=pipeline",
}
"""The one operation without an example; these are all parameters that the SDK knows."""

NO_ERROR = {"list_modules_detail": ["$.error: null, expected object"]}
"""No example shows what modules say of an error where there is none. The SDK reads null and absent alike."""

Told = dict[str, str]
"""What of an example is told otherwise: its text, and ours."""

# -- what must be there before ---------------------------------------------------------------------------------------


def nothing(ada: Person, judge: Person) -> Told:
    return {}


def a_draft(name: str, version: str) -> Callable[[Person, Person], Told]:
    def prepare(ada: Person, judge: Person) -> Told:
        ada.do("create_plugin_draft", body=a_version(name, version))
        return {}

    return prepare


def releases(name: str, *versions: str) -> Callable[[Person, Person], Told]:
    def prepare(ada: Person, judge: Person) -> Told:
        for version in versions:
            ada.do("create_plugin_version", body=a_version(name, version, steps=("official_shell_plugin",)))
        return {}

    return prepare


def a_basic(name: str) -> Callable[[Person, Person], Told]:
    def prepare(ada: Person, judge: Person) -> Told:
        ada.do("create_basic_plugin", body=a_plugin(name))
        return {}

    return prepare


def packages(*named: tuple[str, str]) -> Callable[[Person, Person], Told]:
    def prepare(ada: Person, judge: Person) -> Told:
        for name, version in named:
            ada.upload(name, version)
        return {}

    return prepare


def publishers(ada: Person, judge: Person) -> Told:
    """One that is accepted and one that waits; the waiting one stands for the one that is deleted."""
    accepted, waiting = ada.publisher(a_name("example_tech")), ada.publisher("aaa2")
    judge.accept(accepted)
    return {PUBLISHER: accepted, DELETED_PUBLISHER: waiting}


def a_publisher_and_a_basic(ada: Person, judge: Person) -> Told:
    """The name of the example can be published only once, so another stands in its place."""
    name = a_name("basic_plugin")
    ada.do("create_basic_plugin", body=a_plugin(name))
    return publishers(ada, judge) | {"basic_plugin": name}


def several_of_each(ada: Person, judge: Person) -> Told:
    ada.do("create_basic_plugin", body=a_plugin("basic_plugin"))
    ada.upload("with_a_package")
    ada.do("create_plugin_version", body=a_version("apie_test", steps=("with_a_package", "official_shell_plugin")))
    ada.do("create_plugin_draft", body=a_version("drafted", steps=()))
    return {}


BEFORE: dict[str, Callable[[Person, Person], Told]] = {
    "create_plugin_version": nothing,
    "create_plugin_draft": nothing,
    "create_publisher": nothing,
    "update_plugin_draft": a_draft("apie_test", "0.0.1"),
    "publish_plugin_draft": a_draft("testteset", "0.0.1"),
    "update_plugin_base_info": releases("apie_test", "0.0.1"),
    "publish_plugin": a_publisher_and_a_basic,
    "publish_plugin_bind": a_publisher_and_a_basic,
    "upload_plugin_icon": releases("apie_test", "0.0.1"),
    "upload_publisher_icon": nothing,
    "delete_plugin_draft": a_draft("apie_test", "0.0.3"),
    "list_publisher": publishers,
    "list_available_publisher": publishers,
    "list_stage_plugins": several_of_each,
    "list_base_plugins": nothing,
    "list_base_plugins_new_post": several_of_each,
    "list_plugins": several_of_each,
    "show_plugin_metrics": nothing,
    "show_plugin_inputs": nothing,
    "show_plugin_outputs": nothing,
    "list_p_lugin_version": releases("fff", "0.0.1", "0.0.2"),
    "show_plugin_version": releases("apie_test", "0.0.4"),
    "list_plugin_version_number": releases("apie_test", "0.0.1", "0.0.2"),
    "delete_publisher": publishers,
    "show_publisher": publishers,
    "create_basic_plugin": nothing,
    "update_basic_plugin": a_basic("basic_plugin"),
    "delete_basic_plugin": packages(("qwer", "1.0.0")),
    "upload_basic_plugin": nothing,
    "show_basic_plugin": packages(("basic-CTS", "2.3.5")),
    "list_modules_detail": several_of_each,
}


@pytest.fixture(scope="module", autouse=True)
def official(new_account: NewAccount) -> Iterator[None]:
    """The official plug-ins of the examples."""
    with people() as meet:
        platform = meet(new_account(official=True).user("author"))
        shell = {"name": "OFFICIAL_SHELL_SCRIPT_INPUT", "type": "shell", "label": "Shell Commands", "required": True}
        platform.upload("official_shell_plugin", "0.0.2", inputs=[shell], outputs=[], metrics=[])
        platform.upload("test_multi_language", "0.0.11")
        yield


# -- the replay ------------------------------------------------------------------------------------------------------


def replayed(operation: Operation, ada: Person, told: Told, *, unknown_too: bool = False) -> httpx.Response:
    """The answer to the operation's example. The method of the URI table wins over that of the example's first line."""
    text = json.dumps(operation.example_request or MODULES)
    for theirs, ours in ({ACCOUNT: ada.account_id} | told).items():
        text = text.replace(theirs, ours)
    example = json.loads(text)
    files = None
    if operation.id == "upload_basic_plugin":
        files = an_upload(a_package("test_basic", "0.0.1"))
    elif operation.form_params:
        files = an_upload(a_picture(), "2023-08-03141751.png")
    target, body = example["target"], example.get("body")
    if unknown_too:
        target += f"{'&' if '?' in target else '?'}not_known=x&_=1699357492733"
        body = with_unknown_fields(body)
    return ada.http.request(operation.method, target, json=body, files=files)


def judged(operation: Operation, answer: httpx.Response) -> Any:
    """The answer's body, which keeps the contract."""
    assert answer.status_code == operation.status, answer.text
    kind = answer.headers["content-type"]
    is_text = operation.id in ("upload_plugin_icon", "upload_publisher_icon")
    assert kind.split(";")[0] == ("text/plain" if is_text else "application/json")
    assert re.fullmatch(r"[0-9a-f-]{32,36}", answer.headers["x-request-id"])
    body = answer.text if is_text else answer.json()
    spec = operation.response_other or operation.response
    assert violations(body, spec) == NO_ERROR.get(operation.id, [])
    assert extras(body, spec) == []
    return body


def with_unknown_fields(body: Any) -> Any:
    """The body with fields in each of its objects that nobody knows. The variables of a step are an input's, not fields."""
    if isinstance(body, dict):
        known = {key: value if key == "variables" else with_unknown_fields(value) for key, value in body.items()}
        return known | {"not_known": {"at": ["all", None]}}
    return [with_unknown_fields(each) for each in body] if isinstance(body, list) else body


EVERY = pytest.mark.parametrize("operation", operations().values(), ids=lambda it: it.id)


@EVERY
def test_the_example_is_answered_as_the_contract_says(operation: Operation, ada: Person, judge: Person) -> None:
    told = BEFORE[operation.id](ada, judge)

    body = judged(operation, replayed(operation, ada, told))

    if operation.id in ASSERTED:
        ASSERTED[operation.id](ada, body)


@EVERY
def test_unknown_fields_and_parameters_are_passed_over(operation: Operation, ada: Person, judge: Person) -> None:
    told = BEFORE[operation.id](ada, judge)

    body = judged(operation, replayed(operation, ada, told, unknown_too=True))

    if operation.id in ASSERTED:
        ASSERTED[operation.id](ada, body)


def test_nothing_of_the_contract_is_left_out() -> None:
    assert list(BEFORE) == list(operations())
    assert [each.id for each in operations().values() if each.example_request is None] == ["list_modules_detail"]


# -- what an example does, beyond its shape ------------------------------------------------------------------------------


def has_version(name: str, version: str, state: str) -> Callable[[Person, Any], None]:
    def check(ada: Person, body: Any) -> None:
        shown = ada.do("show_plugin_version", plugin_name=name, version=version)
        assert (shown["version"], shown["version_attribution"]) == (version, state)

    return check


def is_icon_path(named: str, kind: str) -> Callable[[Person, Any], None]:
    def check(ada: Person, body: Any) -> None:
        path = re.escape(f"/api/v1/{ada.account_id}/common/get-plugin-icon?object_key={named}-")
        assert re.fullmatch(f"{path}[0-9a-f]{{32}}-2023-08-03141751.png-{ada.account_id}&icon_type={kind}", body)

    return check


def is_paged(offset: int, limit: int) -> Callable[[Person, Any], None]:
    def check(ada: Person, body: Any) -> None:
        assert (body["offset"], body["limit"]) == (offset, limit)
        assert 0 < len(body["data"]) <= limit

    return check


def announced_plugin_is_init(ada: Person, body: Any) -> None:
    rows = {each["plugin_name"]: each for each in ada.do("list_plugins", limit=10)["data"]}
    row = rows["basic_plugin"]
    assert (row["version"], row["version_description"], row["version_attribution"]) == ("", None, "init")


def version_of_the_example(ada: Person, body: Any) -> None:
    assert (body["version"], body["plugin_composition_type"], body["op_user"]) == ("0.0.4", "multi", ada.member.name)
    assert body["plugin_execution"]["execution_type"] == "COMPOSITE"
    assert [step["task"] for step in body["plugin_execution"]["steps"]] == ["official_shell_plugin"]


def input_of_the_example(ada: Person, body: Any) -> None:
    (asked,) = body
    assert (asked["plugin_name"], asked["display_name"]) == ("official_shell_plugin", "Executing the Shell")
    (given,) = asked["data"]
    assert (given["name"], given["type"], given["required"]) == ("OFFICIAL_SHELL_SCRIPT_INPUT", "shell", "true")
    assert (given["workspace_id"], given["version"], given["layout_content"]) == ("*", "0.0.2", None)


def metrics_of_the_example(ada: Person, body: Any) -> None:
    ((metric,),) = [each["data"] for each in body]
    assert (metric["output_key"], metric["version"]) == ("SYSTEM_METRICS_UNIQUE_KEY", "0.0.11")
    assert json.loads(metric["output_value"]) == [QUALITY_METRICS]


def nothing_to_output(ada: Person, body: Any) -> None:
    assert body == [{"plugin_name": "official_shell_plugin", "display_name": "", "data": []}]


def numbers_of_the_example(ada: Person, body: Any) -> None:
    example = operations()["list_plugin_version_number"].example_response
    assert example is not None
    assert body == example["body"]


def accepted_publisher_only(ada: Person, body: Any) -> None:
    (row,) = body
    assert (row["en_name"].startswith("example_tech"), row["auth_status"], row["is_delete"]) == (True, "accept", 0)


def publisher_by_its_id(ada: Person, body: Any) -> None:
    ((id, row),) = body["publisher_detail_map"].items()
    assert (row["publisher_unique_id"], row["tenant_id"]) == (id, ada.account_id)


def official_only(ada: Person, body: Any) -> None:
    assert {each["plugin_attribution"] for each in body["data"]} == {"official"}
    assert body["total"] >= 2


def categories_are_labelled(ada: Person, body: Any) -> None:
    labels = {"Build": "Build", "Gate": "CodeCheck", "Deploy": "Deploy", "Test": "Test", "Normal": "General"}
    stages = body["full_stage_plugins_item_list"]
    assert {each["business_type"]: each["display_name"] for each in stages} == labels


def is_gone(name: str) -> Callable[[Person, Any], None]:
    def check(ada: Person, body: Any) -> None:
        assert ada.row(name) is None

    return check


ASSERTED: dict[str, Callable[[Person, Any], None]] = {
    "create_plugin_version": has_version("apie_test", "0.0.2", "formal"),
    "create_plugin_draft": has_version("apie_test", "0.0.1", "draft"),
    "update_plugin_draft": has_version("apie_test", "0.0.1", "draft"),
    "publish_plugin_draft": has_version("testteset", "0.0.1", "formal"),
    "upload_plugin_icon": is_icon_path("apie_test", "plugin"),
    "upload_publisher_icon": is_icon_path("default", "publish"),
    "list_publisher": is_paged(0, 10),
    "list_base_plugins": official_only,
    "list_base_plugins_new_post": is_paged(0, 4),
    "list_plugins": is_paged(0, 3),
    "list_stage_plugins": categories_are_labelled,
    "show_plugin_inputs": input_of_the_example,
    "show_plugin_metrics": metrics_of_the_example,
    "show_plugin_outputs": nothing_to_output,
    "list_p_lugin_version": is_paged(0, 1),
    "show_plugin_version": version_of_the_example,
    "list_plugin_version_number": numbers_of_the_example,
    "list_available_publisher": accepted_publisher_only,
    "show_publisher": publisher_by_its_id,
    "create_basic_plugin": announced_plugin_is_init,
    "delete_basic_plugin": is_gone("qwer"),
    "upload_basic_plugin": has_version("test_basic", "0.0.1", "formal"),
}
