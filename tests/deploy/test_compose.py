"""The compose file is sound and safe as far as can be told without starting it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import PREFIX, SETTINGS, read_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
TEXT = (DEPLOY / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]

_VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>[A-Z_]+)(?P<rest>[^}]*)\}")


def example() -> dict[str, str]:
    """The settings of the example file, those that are commented out too."""
    lines = re.findall(r"^#?([A-Z_]+)=(.*)$", (DEPLOY / "settings.example.env").read_text(), re.MULTILINE)
    return dict(lines)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_names_only_what_the_file_declares(name: str) -> None:
    service = SERVICES[name]
    assert set(service["networks"]) <= COMPOSE["networks"].keys()
    assert set(service.get("depends_on", {})) <= SERVICES.keys()
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file(), f"{source} is neither a volume nor a file"


@pytest.mark.parametrize("name", [name for name in SERVICES if name not in OURS])
def test_a_foreign_image_is_pinned_to_a_release(name: str) -> None:
    assert re.search(r":\d+\.\d+(-[a-z]+)?$", SERVICES[name]["image"])


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_that_they_do_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_what_we_build_from_is_there(name: str) -> None:
    build = SERVICES[name]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).is_file()


def test_only_the_service_is_reached_from_outside_and_only_from_this_host() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert list(published) == ["plugport"]
    assert all(port.startswith("127.0.0.1:") for port in published["plugport"])
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_whoever_waits_for_a_healthy_service_waits_for_one_that_tells() -> None:
    for service in SERVICES.values():
        for name, condition in service.get("depends_on", {}).items():
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[name]


def test_every_secret_must_be_given() -> None:
    for match in _VARIABLE.finditer(TEXT):
        if match["name"].endswith(("PASSWORD", "SECRET", "SECRET_KEY")):
            assert match["rest"].startswith(":?"), f"{match['name']} has a default"
            assert example()[match["name"]] == "", f"{match['name']} has a value in the example"


def test_every_variable_of_the_compose_file_is_in_the_example_file() -> None:
    assert {match["name"] for match in _VARIABLE.finditer(TEXT)} <= example().keys()


def test_the_example_file_names_every_setting_and_no_other() -> None:
    assert {row.name for row in SETTINGS} == {name for name in example() if name.startswith(PREFIX)}


def test_the_example_values_are_taken() -> None:
    read_settings({name: value for name, value in example().items() if name.startswith(PREFIX)})


def test_the_service_does_not_hold_the_owners_rights() -> None:
    assert "plugport_owner" not in str(SERVICES["plugport"])


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_given_settings_only(name: str) -> None:
    assert SERVICES[name]["environment"].keys() <= {row.name for row in SETTINGS}


@pytest.mark.parametrize("name", OURS)
def test_every_setting_that_the_example_file_gives_reaches_our_containers(name: str) -> None:
    given = re.findall(rf"^({PREFIX}[A-Z_]+)=", (DEPLOY / "settings.example.env").read_text(), re.MULTILINE)
    assert set(given) <= SERVICES[name]["environment"].keys()


def test_bytes_on_their_way_to_the_store_wait_on_the_volume_and_not_in_memory() -> None:
    directory = re.search(r"^ +TMPDIR=(\S+)", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert directory is not None
    for name in OURS:
        assert f"plugport:{directory[1]}" in SERVICES[name]["volumes"]
        assert directory[1] not in SERVICES[name]["tmpfs"]
