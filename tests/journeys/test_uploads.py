"""Packages come in whole and right, or leave nothing behind."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.builders import (
    a_json_package,
    a_manifest,
    a_name,
    a_package,
    a_picture,
    a_plugin,
    a_version,
    a_zip,
    an_upload,
)
from tests.person import Person
from tests.program import Server


@pytest.fixture
def kept(server: Server, author: Person) -> Callable[[], set[Path]]:
    """The files that are stored for the author's account."""
    folder = server.data_dir / "blobs"

    def files() -> set[Path]:
        return {path for path in folder.rglob("*") if path.is_file() and author.account_id in path.parts}

    return files


def test_a_package_becomes_a_released_version_that_tells_its_digest(
    author: Person, kept: Callable[[], set[Path]]
) -> None:
    name = a_name()

    package = author.upload(name, "2.3.5", category="Gate")

    digest = hashlib.sha256(package).hexdigest()
    detail = author.do("show_basic_plugin", plugin_name=name, version="2.3.5")
    assert detail["execution"] == {"type": "Shell", "target": "scripts/test.sh", "sha256": digest}
    told = a_manifest(name, "2.3.5", category="Gate")
    assert {key: detail[key] for key in ("name", "friendly_name", "category", "version", "description", "type")} == {
        key: told[key] for key in ("name", "friendly_name", "category", "version", "description", "type")
    }
    row = author.row(name)
    assert row is not None
    assert (row["version"], row["version_attribution"], row["plugin_composition_type"]) == ("2.3.5", "formal", "single")
    assert (row["business_type"], row["display_name"]) == ("Gate", told["friendly_name"])
    (file,) = kept()
    assert file.read_bytes() == package
    assert digest in str(file)


def test_a_manifest_may_be_json(author: Person) -> None:
    name = a_name()

    author.do("upload_basic_plugin", plugin_name=name, file=a_json_package(name, "0.1.0"))

    assert author.numbers(name) == ["0.1.0"]


def test_a_package_fills_a_plugin_that_was_announced(author: Person) -> None:
    name = a_name()
    author.do("create_basic_plugin", body=a_plugin(name))
    announced = author.row(name)

    author.upload(name)

    filled = author.row(name)
    assert announced is not None
    assert filled is not None
    assert (announced["version"], announced["version_attribution"]) == ("", "init")
    assert (filled["version"], filled["version_attribution"]) == ("1.0.0", "formal")
    assert filled["unique_id"] == announced["unique_id"]


def test_the_category_of_the_request_goes_before_that_of_the_manifest(author: Person) -> None:
    name = a_name()

    author.do("upload_basic_plugin", plugin_name=name, business_type="Build", file=a_package(name, category="Test"))

    row = author.row(name)
    assert row is not None
    assert row["business_type"] == "Build"


def test_the_same_bytes_again_are_a_success_that_changes_nothing(author: Person, kept: Callable[[], set[Path]]) -> None:
    name = a_name()
    package = author.upload(name)
    before, stored = author.do("show_plugin_version", plugin_name=name), kept()

    author.do("upload_basic_plugin", plugin_name=name, file=package)

    assert author.do("show_plugin_version", plugin_name=name) == before
    assert kept() == stored


def test_other_bytes_under_a_released_number_are_refused_with_both_digests(
    author: Person, kept: Callable[[], set[Path]]
) -> None:
    name = a_name()
    released = author.upload(name)
    stored = kept()
    other = a_package(name, script=b"echo other\n")

    refusal = author.refused(409, "upload_basic_plugin", plugin_name=name, file=other)

    assert refusal["error_code"] == "PLUGPORT.00040007"
    assert hashlib.sha256(released).hexdigest() in refusal["error_msg"]
    assert hashlib.sha256(other).hexdigest() in refusal["error_msg"]
    assert author.do("show_basic_plugin", plugin_name=name)["execution"]["sha256"] in refusal["error_msg"].split(";")[0]
    assert kept() == stored


def test_one_package_under_two_names_of_versions_is_stored_for_each_version(
    author: Person, kept: Callable[[], set[Path]]
) -> None:
    name = a_name()
    author.upload(name, "1.0.0")
    author.upload(name, "1.1.0")

    assert author.numbers(name) == ["1.1.0", "1.0.0"]
    assert len(kept()) == 2


def test_a_version_without_a_package_is_not_replaced_by_one(author: Person, kept: Callable[[], set[Path]]) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name))

    refusal = author.refused(409, "upload_basic_plugin", plugin_name=name, file=a_package(name))

    assert refusal["error_code"] == "PLUGPORT.00040004"
    assert kept() == set()


def test_a_composite_plugin_takes_no_package(author: Person, kept: Callable[[], set[Path]]) -> None:
    name = a_name()
    author.do("create_plugin_version", body=a_version(name, steps=(a_name("other"),)))

    refusal = author.refused(409, "upload_basic_plugin", plugin_name=name, file=a_package(name, "2.0.0"))

    assert refusal["error_code"] == "PLUGPORT.00040009"
    assert kept() == set()


def _without_manifest(name: str) -> bytes:
    return a_zip({"scripts/test.sh": b"echo\n"})


def _manifest_in_a_folder(name: str) -> bytes:
    return a_zip({f"{name}/plugin.json": b"{}", f"{name}/scripts/test.sh": b"echo\n"})


def _two_manifests(name: str) -> bytes:
    return a_zip({"plugin.json": b"{}", "plugin.yaml": b"{}", "scripts/test.sh": b"echo\n"})


def _flipped_bit(name: str) -> bytes:
    package = bytearray(a_package(name))
    at = package.index(b"scripts/test.sh") + len("scripts/test.sh") + 2
    package[at] ^= 0x10
    return bytes(package)


def _path_that_climbs(name: str) -> bytes:
    return a_zip({"plugin.json": b"{}", "../outside.sh": b"echo\n"})


BROKEN: list[tuple[str, Callable[[str], bytes], str, str]] = [
    ("no zip at all", lambda name: b"hello", "PLUGPORT.00050001", "archive"),
    ("nothing", lambda name: b"", "PLUGPORT.00050001", "archive"),
    ("a picture", lambda name: a_picture(), "PLUGPORT.00050001", "archive"),
    ("cut short", lambda name: a_package(name)[:-30], "PLUGPORT.00050001", "archive"),
    ("cut at its head", lambda name: a_package(name)[30:], "PLUGPORT.00050001", ""),
    ("a flipped bit", _flipped_bit, "PLUGPORT.00050001", "scripts/test.sh"),
    ("a path that climbs", _path_that_climbs, "PLUGPORT.00050001", "../outside.sh"),
    ("no manifest", _without_manifest, "PLUGPORT.00050002", "plugin.yaml"),
    ("its manifest in a folder", _manifest_in_a_folder, "PLUGPORT.00050002", "at the root"),
    ("two manifests", _two_manifests, "PLUGPORT.00050002", "keep one of them"),
    ("no YAML", lambda name: a_zip({"plugin.yaml": b"{", "a": b""}), "PLUGPORT.00050002", "plugin.yaml"),
    ("an unknown field", lambda name: a_package(name, colour="red"), "PLUGPORT.00050002", "colour"),
    ("a wrong version", lambda name: a_package(name, "1.0"), "PLUGPORT.00050002", "/version"),
    ("a wrong category", lambda name: a_package(name, category="Magic"), "PLUGPORT.00050002", "/category"),
    ("no execution", lambda name: a_package(name, execution=None), "PLUGPORT.00050002", "execution"),
    (
        "a target that is not in it",
        lambda name: a_package(name, execution={"type": "Shell", "target": "gone.sh"}),
        "PLUGPORT.00050002",
        "/execution/target",
    ),
    ("another plug-in's name", lambda name: a_package("somebody-else"), "PLUGPORT.00050003", "somebody-else"),
]


@pytest.mark.parametrize(("package", "code", "told"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_package_that_breaks_a_rule_is_refused_and_leaves_nothing(
    author: Person, kept: Callable[[], set[Path]], package: Callable[[str], bytes], code: str, told: str
) -> None:
    name = a_name()

    refusal = author.refused(400, "upload_basic_plugin", plugin_name=name, file=package(name))

    assert refusal["error_code"] == code
    assert told in refusal["error_msg"]
    assert kept() == set()
    assert author.row(name) is None


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b""),
        ({"content-type": "application/json"}, b"{}"),
        ({"content-type": "application/zip"}, b"PK"),
        ({"content-type": "multipart/form-data"}, b"x"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--x\r\nContent-Dis"),
        (
            {"content-type": "multipart/form-data; boundary=x"},
            b'--x\r\nContent-Disposition: form-data; name="upload_file"; filename="a.zip"\r\n\r\nPK',
        ),
    ],
)
def test_a_form_that_is_none_is_refused_and_leaves_nothing(
    author: Person, kept: Callable[[], set[Path]], headers: dict[str, str], body: bytes
) -> None:
    path = f"/v3/{author.account_id}/extension/upload"

    answer = author.http.post(path, params={"plugin_name": "any"}, headers=headers, content=body)

    assert answer.status_code == 400, answer.text
    assert answer.json()["error_code"].startswith("PLUGPORT.0001")
    assert kept() == set()


def test_a_form_without_the_file_names_the_part_that_is_missing(author: Person) -> None:
    path = f"/v3/{author.account_id}/extension/upload"

    answer = author.http.post(path, params={"plugin_name": "any"}, files={"other": ("a.zip", b"PK")})

    assert (answer.status_code, answer.json()["error_msg"].split(":")[0]) == (400, "upload_file")


def test_parts_beside_the_file_are_passed_over(author: Person) -> None:
    name = a_name()
    path = f"/v3/{author.account_id}/extension/upload"

    answer = author.http.post(
        path, params={"plugin_name": name}, data={"comment": "hello"}, files=an_upload(a_package(name), "p.zip")
    )

    assert (answer.status_code, answer.json()) == (200, True)


def test_a_plugin_name_is_required_and_checked(author: Person) -> None:
    assert author.refused(400, "upload_basic_plugin", file=b"")["error_msg"].startswith("plugin_name")
    refusal = author.refused(400, "upload_basic_plugin", plugin_name="a b", file=a_package("a"))
    assert refusal["error_msg"].startswith("plugin_name")


def test_parallel_uploads_of_one_package_make_one_release(author: Person, kept: Callable[[], set[Path]]) -> None:
    name = a_name()
    package = a_package(name)

    with ThreadPoolExecutor(8) as threads:
        answers = list(
            threads.map(lambda _: author.ask("upload_basic_plugin", plugin_name=name, file=package), range(8))
        )

    assert {(answer.status_code, answer.text) for answer in answers} == {(200, "true")}
    assert author.numbers(name) == ["1.0.0"]
    (file,) = kept()
    assert file.read_bytes() == package


def test_of_parallel_uploads_of_different_packages_under_one_number_one_wins(
    author: Person, kept: Callable[[], set[Path]]
) -> None:
    name = a_name()
    packages = [a_package(name, script=f"echo {each}\n".encode()) for each in range(6)]

    with ThreadPoolExecutor(len(packages)) as threads:
        answers = list(
            threads.map(lambda package: author.ask("upload_basic_plugin", plugin_name=name, file=package), packages)
        )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409, 409]
    winner = next(package for package, answer in zip(packages, answers, strict=True) if answer.status_code == 200)
    sha256 = author.do("show_basic_plugin", plugin_name=name)["execution"]["sha256"]
    assert sha256 == hashlib.sha256(winner).hexdigest()
    assert [file.read_bytes() for file in kept()] == [winner]
    for answer in answers:
        assert answer.status_code == 200 or sha256 in answer.json()["error_msg"]


def test_a_package_of_many_megabytes_comes_in_whole(
    author: Person, kept: Callable[[], set[Path]], tmp_path: Path
) -> None:
    name = a_name()
    package = tmp_path / "large.zip"
    with zipfile.ZipFile(package, "w", zipfile.ZIP_STORED) as writer:
        writer.writestr("plugin.yaml", zipfile.ZipFile(io.BytesIO(a_package(name))).read("plugin.yaml"))
        writer.writestr("scripts/test.sh", b"echo\n")
        writer.writestr("data.bin", bytes(range(256)) * (20 * 4096))

    with package.open("rb") as file:
        answer = author.http.post(
            f"/v3/{author.account_id}/extension/upload",
            params={"plugin_name": name},
            files={"upload_file": ("large.zip", file)},
        )

    assert answer.status_code == 200, answer.text
    (stored,) = kept()
    assert stored.stat().st_size == package.stat().st_size > 20 * 1024**2
    assert author.do("show_basic_plugin", plugin_name=name)["execution"]["sha256"] == _sha256(stored)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
