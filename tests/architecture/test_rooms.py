"""The same word names the same thing in every room, so that a file is found by spelling it."""

import ast
import importlib
from collections.abc import Iterable

import pytest

from app.api import mount
from tests.architecture.source import REPOSITORY, modules

NOUN_ROOMS = {
    "schemas/model/<noun>.py": {path.stem for path in (REPOSITORY / "schemas/model").glob("[a-z]*.py")},
    "app/registry/<noun>/service.py": {path.parent.name for path in (REPOSITORY / "app/registry").glob("*/service.py")},
    "storage/postgres/<noun>.py": {
        path.stem
        for path in (REPOSITORY / "storage/postgres").glob("[a-z]*.py")
        if "load(" in path.read_text(encoding="utf-8") and path.stem != "queries"
    },
    "storage/postgres/sql/<noun>.sql": {path.stem for path in (REPOSITORY / "storage/postgres/sql").glob("*.sql")},
}
NO_NOUNS = {"demo"}  # statements and rows of a command
NOUNS = set().union(*NOUN_ROOMS.values()) - NO_NOUNS

# Nouns that have no file in a room, and why.
NOUNS_WITHOUT = {
    ("pipelines", "storage/postgres/<noun>.py"): "pipelines find plug-ins, whose rows are those of plugins",
    ("pipelines", "storage/postgres/sql/<noun>.sql"): "the same",
}

SURFACES = {path.parent.name for path in (REPOSITORY / "app/api").glob("*/routes.py")}
SHARED_WIRE = {
    "plugin_shapes",
    "policy_shapes",
    "problem",
    "publisher_shapes",
    "text",
}  # what several surfaces spell alike
SURFACES_WITHOUT_WIRE = {"icons_v1"}  # a form comes in, a path as plain text goes out


@pytest.mark.parametrize("room", NOUN_ROOMS)
def test_every_noun_has_a_place_in_every_room(room: str) -> None:
    missing = {noun for noun in NOUNS - NOUN_ROOMS[room] if (noun, room) not in NOUNS_WITHOUT}
    assert missing == set(), f"{room} is missing"


def test_no_exception_of_a_noun_is_out_of_date() -> None:
    stale = [(noun, room) for noun, room in NOUNS_WITHOUT if noun not in NOUNS or noun in NOUN_ROOMS[room]]
    assert stale == []


def test_every_surface_has_routes_a_translation_and_a_wire_file() -> None:
    translated = {path.parent.name for path in (REPOSITORY / "app/api").glob("*/translate.py")}
    wired = {path.stem for path in (REPOSITORY / "schemas/wire").glob("[a-z]*.py")} - SHARED_WIRE
    assert translated == SURFACES
    assert wired == SURFACES - SURFACES_WITHOUT_WIRE


def test_every_surface_is_mounted() -> None:
    mounted = set(mount.SURFACES)
    for surface in SURFACES:
        handlers: Iterable[object] = importlib.import_module(f"app.api.{surface}").HANDLERS
        assert mounted.issuperset(handlers), surface


def test_every_surface_is_explained_in_the_glossary() -> None:
    glossary = (REPOSITORY / "schemas/README.md").read_text(encoding="utf-8")
    assert [surface for surface in sorted(SURFACES) if f"`{surface}`" not in glossary] == []


def test_the_rules_of_a_noun_are_tested_under_its_name() -> None:
    ruled = {path.parent.name for path in (REPOSITORY / "app/registry").glob("*/rules.py")}
    tested = {path.parent.name for path in (REPOSITORY / "tests/unit").glob("*/test_*.py")}
    assert ruled - tested == set()


def test_no_name_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base_service", "core"}
    named = {part for module in modules() for part in module.name.split(".")}
    assert named & empty == set()


def test_every_module_says_what_it_is() -> None:
    assert [str(module.path) for module in modules() if not ast.get_docstring(module.tree)] == []
