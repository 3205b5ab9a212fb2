"""`all-version`: the array of the printed example, or by a setting the object of the printed table and of the SDK."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from huaweicloudsdkcodeartspipeline.v2 import ListPluginVersionNumberRequest

from storage.postgres.embedded import Urls
from tests.builders import a_name, a_version
from tests.person import Person
from tests.program import Server, free_port
from tests.surfaces.contract.facts import extras, operations, violations
from tests.surfaces.sdk.clients import signed

NUMBERS = ["2.0.0", "1.10.0", "1.9.0"]
OPERATION = operations()["list_plugin_version_number"]


@pytest.fixture(scope="module")
def object_server(server: Server, cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A second server over the same database that answers the object."""
    settings: dict[str, Any] = {
        "PLUGPORT_ALL_VERSION_FORM": "object",
        "PLUGPORT_DATABASE_URL": cluster.app,
        "PLUGPORT_DATABASE_OWNER_URL": cluster.owner,
        "PLUGPORT_JOBS": "off",  # its store is not that of the database's other servers
        "PLUGPORT_SECRET_KEY": (server.data_dir / "secret.key").read_text(encoding="ascii").strip(),
    }
    with Server(tmp_path_factory.mktemp("object"), port=free_port(), **settings) as running:
        yield running


@pytest.fixture
def plugin(ada: Person) -> str:
    """A plug-in with several versions."""
    name = a_name()
    for number in NUMBERS:
        ada.do("create_plugin_version", body=a_version(name, number))
    return name


def test_the_answer_is_the_bare_array_of_the_example(ada: Person, plugin: str) -> None:
    answered = ada.do("list_plugin_version_number", plugin_name=plugin, offset=0, limit=999)

    assert answered == NUMBERS
    assert OPERATION.response_other is not None
    assert violations(answered, OPERATION.response_other) == []


def test_a_page_of_the_array(ada: Person, plugin: str) -> None:
    assert ada.do("list_plugin_version_number", plugin_name=plugin, offset=1, limit=1) == ["1.10.0"]
    assert ada.do("list_plugin_version_number", plugin_name=plugin, offset=3, limit=1) == []


def test_a_setting_makes_it_the_object_of_the_table(ada: Person, plugin: str, object_server: Server) -> None:
    path = OPERATION.path.format(domain_id=ada.account_id)
    query: dict[str, str | int] = {"plugin_name": plugin, "offset": 1, "limit": 1}

    with httpx.Client(base_url=object_server.url, headers={"X-Auth-Token": ada.member.token()}) as client:
        answered = client.get(path, params=query).json()

    assert answered == {"offset": 1, "limit": 1, "total": 3, "data": ["1.10.0"]}
    assert violations(answered, OPERATION.response) == []
    assert extras(answered, OPERATION.response) == []


def test_the_sdk_reads_the_object(ada: Person, plugin: str, object_server: Server) -> None:
    sdk = signed(object_server.url, ada.member)

    found = sdk.list_plugin_version_number(
        ListPluginVersionNumberRequest(domain_id=ada.account_id, plugin_name=plugin, offset="0", limit="2")
    )

    assert (found.offset, found.limit, found.total, found.data) == (0, 2, 3, ["2.0.0", "1.10.0"])
