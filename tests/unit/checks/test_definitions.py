"""What the checks of definitions find: what is declared, what it is called, and what is different from before."""

import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.checks import difference, names, schemas
from schemas.model.checks import Definition, Neighbour, Severity
from schemas.model.packages import InputDefinition, MetricGroup, MetricProperty, OutputDefinition, Validation
from tests.builders import a_package, a_vsix
from tests.unit.checks.looking import BASIC, COMPOSITE, EXTENSION, looked, rules


def a_definition(name: str = "nightly", **changes: Any) -> Definition:
    return Definition(name=name, version="1.0.0", **changes)


def an_input(name: str, **validation: int) -> InputDefinition:
    return InputDefinition(name=name, type="input", validation=Validation(**validation) if validation else None)


# -- what is declared --------------------------------------------------------------------------------------------------------

GROUPS = [MetricGroup(group_name="a", properties=[MetricProperty(key="k")]), MetricGroup(group_name="b", properties=[])]


@pytest.mark.parametrize(
    ("definition", "told"),
    [
        (a_definition(), []),
        (a_definition(inputs=[an_input("a", min_length=1, max_length=1), an_input("b", max_length=0)]), []),
        (a_definition(metrics=GROUPS), []),
        (a_definition(metrics=GROUPS * 2), ["schemas.name-twice"]),
        (a_definition(inputs=[an_input("a"), an_input("a"), an_input("a")]), ["schemas.name-twice"]),
        (a_definition(outputs=[OutputDefinition(name="a")] * 2), ["schemas.name-twice"]),
        (a_definition(inputs=[an_input("")]), ["schemas.nameless"]),
        (a_definition(inputs=[an_input("a", min_length=2, max_length=1)]), ["schemas.lengths"]),
        (a_definition(inputs=[an_input("a", min_length=-1)]), ["schemas.lengths"]),
        (a_definition(outputs=[OutputDefinition(name=str(n)) for n in range(1001)]), ["schemas.too-many"]),
    ],
)
def test_each_name_is_declared_once_with_bounds_that_a_value_can_keep(definition: Definition, told: list[str]) -> None:
    found = looked(schemas.CHECK, None, COMPOSITE, definition=definition)
    assert rules(found) == told
    assert all(each.severity is Severity.ERROR for each in found)


# -- names -------------------------------------------------------------------------------------------------------------------


def near(*, alike: bool, popular: bool) -> Neighbour:
    return Neighbour(name="night1y", owner="Makers", is_alike=alike, is_popular=popular)


@pytest.mark.parametrize(
    ("neighbour", "told"),
    [
        (near(alike=True, popular=False), [("names.look-alike", Severity.ERROR)]),
        (near(alike=False, popular=True), [("names.one-letter", Severity.WARNING)]),
        (near(alike=False, popular=False), []),
    ],
)
def test_names_that_are_like_those_of_others_are_told(neighbour: Neighbour, told: list[tuple[str, Severity]]) -> None:
    found = looked(names.CHECK, None, COMPOSITE, definition=a_definition(), neighbours=[neighbour])
    assert [(each.rule, each.severity) for each in found] == told
    assert all("night1y of Makers" in each.message for each in found)


@pytest.mark.parametrize(
    ("display_name", "told"),
    [
        ("Python linter", []),
        ("整理 Tidy", []),
        ("Проверка кода", []),
        ("P\N{CYRILLIC SMALL LETTER U}thon linter", ["names.mixed-scripts"]),
        ("Dock\N{GREEK SMALL LETTER EPSILON}r", ["names.mixed-scripts"]),
    ],
)
def test_a_word_of_several_scripts_that_look_alike_is_told(display_name: str, told: list[str]) -> None:
    definition = a_definition(display_name=display_name)
    assert rules(looked(names.CHECK, None, COMPOSITE, definition=definition)) == told


KEYS = st.text("abcdefghjklmnopqrstuvwxyz234679", min_size=5, max_size=12)


@given(KEYS, st.data())
def test_every_key_that_is_one_letter_away_is_near(key: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(st.sampled_from("abcdxyz2"))
    moved = {key[:at] + key[at + 1 :], key[:at] + letter + key[at:], key[:at] + letter + key[at + 1 :]}
    assert moved - {key} <= set(names.near(key))
    assert key not in names.near(key)
    assert all(abs(len(each) - len(key)) <= 1 for each in names.near(key))


def test_short_and_very_long_names_have_no_near_ones() -> None:
    assert names.near("abcd") == names.near("a" * 41) == []


# -- what is different -------------------------------------------------------------------------------------------------------


def changes(now: bytes, before: bytes | None, kind: Any = BASIC) -> dict[str, str]:
    found = looked(difference.CHECK, now, kind, earlier=before)
    assert all(each.severity is Severity.INFO for each in found)
    return {f"{each.rule} {each.entry}": each.message for each in found}


def test_of_a_first_release_nothing_is_different() -> None:
    assert list(changes(a_package("packed"), None)) == ["changed.first-release the archive"]


def test_files_inputs_entry_points_and_permissions_of_a_plugin_are_told() -> None:
    before = a_package("packed", inputs=[{"name": "a", "type": "input"}, {"name": "b", "type": "input"}])
    now = a_package(
        "packed", "1.1.0", script=b"echo other\n", inputs=[{"name": "b", "type": "switch"}, {"name": "c", "type": "input"}],
        execution={"type": "Python", "target": "scripts/test.sh"},
    )  # fmt: skip
    told = changes(now, before)
    assert told["changed.inputs the manifest"] == "inputs: added c; removed a; changed b"
    assert told["changed.permissions the manifest"].startswith("permissions: added type: Python; removed type: ")
    assert told["changed.files the archive"] == "0 files came, 0 went, 2 changed"
    assert told["changed.file-changed scripts/test.sh"] == "it is another one"


def test_files_that_came_and_went_are_named() -> None:
    told = changes(a_vsix(files={"extension/new.js": b"x"}), a_vsix(files={"extension/old.js": b"x"}), EXTENSION)
    assert told["changed.file-added extension/new.js"] == "it is new"
    assert told["changed.file-removed extension/old.js"] == "it is gone"


def test_entry_points_permissions_and_dependencies_of_an_extension_are_told() -> None:
    def package(**manifest: Any) -> bytes:
        return a_vsix(manifest=manifest)

    before = package(activationEvents=["onLanguage:python"], extensionDependencies=["a.b"])
    now = package(
        main="./other.js", activationEvents=["*"], extensionDependencies=["a.b", "c.d"],
        capabilities={"untrustedWorkspaces": {"supported": True}}, dependencies={"left-pad": "^1.0.0"},
    )  # fmt: skip
    told = changes(now, before, EXTENSION)
    assert "added main: ./other.js" in told["changed.entry-points the manifest"]
    assert "activationEvents: *" in told["changed.permissions the manifest"]
    assert "capabilities.untrustedWorkspaces" in told["changed.permissions the manifest"]
    assert told["changed.dependencies the manifest"] == "dependencies: added c.d, npm:left-pad ^1.0.0"


def test_another_file_of_the_same_size_and_crc_is_told() -> None:
    crafted, original = b"echo f7633dd321\n", b"echo 599430bd25\n"
    assert (len(crafted), zlib.crc32(crafted)) == (len(original), zlib.crc32(original))
    told = changes(a_package("packed", script=crafted), a_package("packed", script=original))
    assert "changed.file-changed scripts/test.sh" in told


def test_steps_of_a_composite_plugin_are_entry_points_and_dependencies() -> None:
    def steps(*tasks: str) -> Definition:
        return a_definition(execution={"execution_type": "COMPOSITE", "steps": [{"task": task} for task in tasks]})

    found = looked(difference.CHECK, None, COMPOSITE, definition=steps("a", "b"), earlier=steps("a"))
    told = {each.rule: each.message for each in found}
    assert told["changed.entry-points"] == "entry points: added b"
    assert told["changed.dependencies"] == "dependencies: added b"
    assert "steps[1].task: b" in told["changed.permissions"]


def test_what_is_the_same_is_told_to_be() -> None:
    assert list(changes(a_package("packed"), a_package("packed"))) == ["changed.nothing the archive"]


def test_of_very_many_changes_some_are_named_and_all_are_counted() -> None:
    now = a_vsix(files={f"extension/{number}.js": b"x" for number in range(300)})
    told = changes(now, a_vsix(), EXTENSION)
    assert told["changed.files the archive"] == "300 files came, 0 went, 0 changed"
    assert len(told) < 100
