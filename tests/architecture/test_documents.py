"""What users and operators read is complete and current."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from app.api.error_catalogue import published
from app.settings import PREFIX, SETTINGS
from schemas.errors import Kind, RegistryError, catalogue
from tests.architecture.source import REPOSITORY

ERRORS = REPOSITORY / "schemas/published/errors.json"


def text(path: str) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")


# -- errors ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", catalogue(), ids=lambda error: error.__name__)
def test_every_error_has_a_code_a_kind_and_a_sentence(error: type[RegistryError]) -> None:
    assert re.fullmatch(r"PLUGPORT\.[0-9]{8}", error.code)
    assert isinstance(error.kind, Kind)
    assert error.sentence.endswith(".")


def test_no_code_is_given_twice() -> None:
    codes = [each.code for each in catalogue()]
    assert len(codes) == len(set(codes))


def test_every_error_is_documented() -> None:
    assert ERRORS.read_text(encoding="utf-8") == published(), (
        "run: python -m app.api.error_catalogue > schemas/published/errors.json"
    )


def test_the_catalogue_of_errors_has_the_shape_that_it_promises() -> None:
    for row in json.loads(published()):
        assert list(row) == ["error_code", "kind", "http_status", "error_msg"]
        assert 400 <= row["http_status"] < 600


# -- settings --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["README.md", "deploy/settings.example.env"])
def test_every_setting_is_documented(path: str) -> None:
    documented = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", text(path)))
    assert [row.name for row in SETTINGS if row.name not in documented] == []


@pytest.mark.parametrize(
    "path", ["README.md", "deploy/settings.example.env", "deploy/compose.yaml", "deploy/README.md", "deploy/Dockerfile"]
)
def test_no_document_speaks_of_a_setting_that_there_is_not(path: str) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]+\b", text(path)))
    assert named - {row.name for row in SETTINGS} == set()


def test_the_readme_tells_each_settings_default() -> None:
    readme = text("README.md")
    for row in SETTINGS:
        line = next((each for each in readme.splitlines() if each.startswith("|") and row.name in each), "")
        assert line, f"the table of settings in README.md has no row {row.name}"
        assert not row.default or row.default in line.replace(",", "").replace("_", ""), row.name


# -- every file ------------------------------------------------------------------------------------------------------------


def files() -> list[Path]:
    """Every text file that belongs to the project: what git keeps, and what it would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    endings = {".py", ".sql", ".md", ".toml", ".env", ".yaml", ".sh", ".json", ""}
    found = [REPOSITORY / each for each in listed.stdout.splitlines()]
    return [each for each in found if each.suffix in endings and each.is_file() and each != Path(__file__)]


def test_nothing_is_left_to_be_done_and_no_file_names_somebodys_machine() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    machine = re.compile(r"(?<![\w.])/(?:home|Users|root|work|mnt|srv)/[\w.-]+")
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()[:100]}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if unfinished.search(line) or machine.search(line)
    ]
    assert found == []
