"""What the README tells newcomers to do works, as it stands there."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.__main__ import main
from app.registry.access.permissions import PERMISSIONS
from schemas.model.access import Role
from tests.program import REPOSITORY, Server, free_port

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def tour(name: str) -> str:
    """The block of code that follows its mark."""
    found = re.search(rf"<!-- tour: {name} -->\n```\w+\n(.*?)```", README, re.DOTALL)
    assert found, f"README.md has no tour {name}"
    return found[1]


@pytest.fixture
def newcomer(tmp_path: Path) -> Path:
    """A directory in which `.venv` looks as after `make run`."""
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    scripts = {
        "python3": f'exec "{sys.executable}" "$@"',
        "plugport": f'cd "{REPOSITORY}" && exec "{sys.executable}" -m app "$@"',
    }
    if shutil.which("curl") is None:
        scripts["curl"] = f'exec "{sys.executable}" "{Path(__file__).with_name("curl.py")}" "$@"'
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "sdk_tour.py").write_text(tour("sdk"))
    return tmp_path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """The program as it comes, with a database of its own: what is released first waits for a person."""
    with Server(tmp_path / "data", port=free_port(), PLUGPORT_REVIEW_POLICY="first-release") as running:
        yield running


def test_the_tour_works_as_it_stands(newcomer: Path, server: Server) -> None:
    tours = [tour(name) for name in ("curl", "chunks", "extensions", "gates", "keys")]
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -euo pipefail", *tours, "python3 sdk_tour.py"])],
        cwd=newcomer, env=server.environment | {"URL": server.url}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    said = done.stdout + done.stderr

    assert done.returncode == 0, said
    assert '"error_code"' not in said
    assert re.search(r'"execution":\{"target":"scripts/test.sh","type":"Shell","sha256":"[0-9a-f]{64}"\}', said)
    assert "the same bytes" in said
    neighbours_find = next(line for line in done.stdout.splitlines() if '"TotalCount"' in line)
    assert '"identifier":"tour.hello"' in neighbours_find
    assert "the same extension" in said
    verdict = next(line for line in done.stdout.splitlines() if '"rule_sets"' in line)
    assert re.match(r'\{"outcome":"fail".*"threshold":"0.95".*"reported":"0.94"', verdict)
    neighbours_see = next(line for line in done.stdout.splitlines() if '"plugin_attribution":"published"' in line)
    sdk_sees = done.stdout.splitlines()[-1]
    assert '"plugin_name":"smoke-test"' in neighbours_see
    assert re.fullmatch(r"[1-9]\d* \[.*'smoke-test'.*\]", sdk_sees)


def test_the_table_of_roles_is_that_of_the_program() -> None:
    rows = [line.strip("|").split("|") for line in README.split("## Who may do what")[1].split("\n\n")[1].splitlines()]
    roles = [Role(each.strip()) for each in rows[0][1:]]
    told = {
        frozenset(role for role, cell in zip(roles, row[1:], strict=True) if cell.strip() == "yes") for row in rows[2:]
    }

    assert set(roles) == set(Role)
    assert told == set(PERMISSIONS.values())


def test_the_table_of_commands_has_every_command() -> None:
    told = README.split("## Operator commands")[1].split("\n## ")[0]

    def leaves(command: click.Command, path: str) -> list[str]:
        if not isinstance(command, click.Group):
            return [path]
        return [leaf for name, each in command.commands.items() for leaf in leaves(each, f"{path} {name}")]

    for command in leaves(main, "plugport"):
        assert f"`{command}" in told


def test_every_link_leads_somewhere() -> None:
    for document in ("README.md", "schemas/README.md", "storage/README.md", "deploy/README.md"):
        text = (REPOSITORY / document).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#]+)", text):
            if not target.startswith("http"):
                assert ((REPOSITORY / document).parent / target).exists(), f"{document}: {target}"
