"""What the checks of a package's parts find: README, licence, size, icon, manifest."""

import io

import pytest
from PIL import Image

from app.registry.checks import icon, licence, manifest, readme, size
from schemas.model.checks import Severity
from tests.builders import a_package, a_vsix, a_zip
from tests.unit.checks.looking import BASIC, looked, rules
from tests.unit.packages.zip_builder import File, pack

GONE = {"extension/readme.md": None, "extension/LICENSE.txt": None}


def a_picture_of(width: int, height: int) -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (width, height)).save(picture, "PNG")
    return picture.getvalue()


def with_icon(content: bytes, name: str = "images/icon.png") -> bytes:
    return a_vsix(manifest={"icon": name}, files={f"extension/{name}": content})


# -- README ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", [{}, {"extension/readme.md": None, "extension/README.rst": b"what it does"}])
def test_an_extension_has_the_readme_that_it_names_or_one_of_a_usual_name(files: dict[str, bytes | None]) -> None:
    assert looked(readme.CHECK, a_vsix(files=files)) == []


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({}, "readme.missing"),
        ({"docs/README.md": b"elsewhere"}, "readme.missing"),
        ({"README.md": b""}, "readme.empty"),
        ({"ReadMe.TXT": b"what it does"}, None),
        ({"readme": b"what it does"}, None),
    ],
)
def test_a_plugin_has_its_readme_at_the_root(files: dict[str, bytes], rule: str | None) -> None:
    found = looked(readme.CHECK, a_zip(files | {"scripts/a.sh": b"x"}), BASIC)
    assert rules(found) == ([rule] if rule else [])
    assert all(each.severity is Severity.ERROR for each in found)


def test_an_extension_without_a_readme_and_one_with_nothing_in_it_are_told() -> None:
    assert rules(looked(readme.CHECK, a_vsix(files=GONE))) == ["readme.missing"]
    assert rules(looked(readme.CHECK, a_vsix(files={"extension/readme.md": b" \n"}))) == ["readme.empty"]


# -- licence -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "files", "rule"),
    [
        ("Apache-2.0", GONE, None),
        ("", {}, None),  # the file is there
        ("", GONE, "licence.missing"),
        ("UNLICENSED", {}, "licence.none"),
        ("SEE LICENSE IN LICENSE.txt", {}, None),
        ("SEE LICENSE IN ./terms.pdf", {}, "licence.file-missing"),
    ],
)
def test_a_licence_is_named_by_the_manifest_or_by_a_file(said: str, files: dict[str, None], rule: str | None) -> None:
    found = looked(licence.CHECK, a_vsix(manifest={"license": said}, files=files))
    assert rules(found) == ([rule] if rule else [])


@pytest.mark.parametrize("name", ["LICENSE", "Licence.md", "COPYING", "license-mit.txt"])
def test_a_plugin_has_its_licence_at_the_root(name: str) -> None:
    assert looked(licence.CHECK, a_zip({name: b"MIT"}), BASIC) == []
    assert rules(looked(licence.CHECK, a_zip({f"vendor/{name}": b"MIT"}), BASIC)) == ["licence.missing"]


# -- size --------------------------------------------------------------------------------------------------------------------


def test_a_package_that_is_no_larger_than_usual_has_nothing_to_be_told() -> None:
    assert looked(size.CHECK, a_vsix()) == []


def test_many_files_and_large_ones_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "MOST_FILES", 2)
    monkeypatch.setattr(size, "LARGE_FILE", 99)
    found = looked(size.CHECK, a_zip({"a": b"x" * 100, "b": b"x" * 101, "c": b"x"}), BASIC)
    assert [(each.rule, each.entry) for each in found] == [
        ("size.files", "the archive"), ("size.file", "b"), ("size.file", "a"),
    ]  # fmt: skip


# -- icon --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (a_picture_of(128, 128), []),
        (a_picture_of(256, 256), []),
        (a_picture_of(64, 64), ["icon.small"]),
        (a_picture_of(256, 128), ["icon.not-square"]),
        (a_picture_of(20, 10), ["icon.not-square", "icon.small"]),
    ],
)
def test_an_icon_is_square_and_large_enough(content: bytes, told: list[str]) -> None:
    found = looked(icon.CHECK, with_icon(content))
    assert rules(found) == told
    assert all(each.severity is Severity.WARNING for each in found)


@pytest.mark.parametrize("content", [b"no picture", a_picture_of(128, 128)[:40], b"GIF89a"])
def test_an_icon_that_does_not_decode_is_an_error_of_its_own_check(content: bytes) -> None:
    package = with_icon(content)
    [finding] = looked(icon.CHECK, package)
    assert (finding.rule, finding.severity) == ("icon.undecodable", Severity.ERROR)
    assert looked(manifest.CHECK, package) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("images/icon.svg", b"<svg/>"),
        ("images/icon.png", b'\xef\xbb\xbf \n<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
        ("images/icon.png", b"<!DOCTYPE html><script>1</script>"),
    ],
)
def test_an_icon_that_can_run_scripts_is_found(name: str, content: bytes) -> None:
    assert "icon.document" in rules(looked(icon.CHECK, with_icon(content, name)))


def test_a_package_needs_no_icon_and_its_other_pictures_may_be_documents() -> None:
    assert looked(icon.CHECK, a_vsix(manifest={"icon": None}, files={"extension/images/icon.png": None})) == []
    picture = {"extension/images/theme.svg": b"<svg/>", "extension/images/icon.png": a_picture_of(128, 128)}
    assert looked(icon.CHECK, a_vsix(files=picture)) == []


# -- manifest ----------------------------------------------------------------------------------------------------------------


def test_an_honest_manifest_passes() -> None:
    assert looked(manifest.CHECK, a_vsix()) == []
    assert looked(manifest.CHECK, a_package("packed"), BASIC) == []


@pytest.mark.parametrize(("entry", "content"), [("extension/package.json", b"{"), ("extension.vsixmanifest", b"<")])
def test_a_manifest_of_an_extension_that_cannot_be_read_is_told(entry: str, content: bytes) -> None:
    assert entry in [each.entry for each in looked(manifest.CHECK, a_vsix(files={entry: content}))]


@pytest.mark.parametrize(
    ("package", "entry"),
    [
        (a_zip({"README.md": b"x"}), "plugin.yaml or plugin.json"),
        (a_package("packed", version="one"), "plugin.yaml"),
        (pack(File("plugin.yaml", b"x" * (300 << 10))), "plugin.yaml"),
    ],
)
def test_a_manifest_of_a_plugin_that_cannot_be_read_is_told(package: bytes, entry: str) -> None:
    [finding] = looked(manifest.CHECK, package, BASIC)
    assert (finding.entry, finding.severity) == (entry, Severity.ERROR)
