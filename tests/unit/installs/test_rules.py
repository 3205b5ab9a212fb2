"""Where the files of extensions are found, and as what they are sent."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from app.registry.installs import rules
from schemas.model.extensions import AssetKind, Extension, ExtensionVersion, PackageFacts, VersionState
from schemas.model.installs import ServedVersion

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def an_extension(publisher: str, name: str) -> Extension:
    facts: dict[str, Any] = {each: [] for each in ("categories", "tags", "targets", "engines")}
    facts |= dict.fromkeys(("id", "tenant_id", "publisher_id", "display_name", "description"), "")
    return Extension(
        **facts,
        publisher_name=publisher,
        name=name,
        official=False,
        preview=False,
        latest_version_id=None,
        published_at=None,
        created_at=NOW,
        updated_at=NOW,
        creator_id="",
        creator_name="",
    )


def a_version(number: str, target_platform: str) -> ExtensionVersion:
    return ExtensionVersion(
        **dict.fromkeys(("id", "extension_id", "tenant_id", "reason", "uploader_id", "uploader_name"), ""),
        version=number,
        target_platform=target_platform,
        state=VersionState.PUBLISHED,
        package_sha256="ab" * 32,
        package_size=1,
        facts=PackageFacts(publisher="", name="", version="", display_name="", description=""),
        created_at=NOW,
        updated_at=NOW,
        published_at=NOW,
    )


def served(target_platform: str = "universal", *, version: str = "1.0.0", is_published: bool = True) -> ServedVersion:
    return ServedVersion(
        extension_id="e",
        version_id="v",
        tenant_id="t",
        publisher_name="Red Hat",
        name="Java",
        version=version,
        target_platform=target_platform,
        is_published=is_published,
        is_withheld=False,
        package_sha256="ab" * 32,
    )


def test_a_path_names_publisher_extension_version_platform_and_file() -> None:
    path = rules.asset_path(an_extension("redhat", "java"), a_version("1.0.1", "universal"), rules.PACKAGE)
    assert path == "/plugport/v1/extensions/redhat/java/1.0.1/universal/package"
    icon = rules.asset_path(an_extension("redhat", "java"), a_version("1.0.1", "linux-x64"), AssetKind.ICON)
    assert icon == "/plugport/v1/extensions/redhat/java/1.0.1/linux-x64/icon"


@pytest.mark.parametrize(
    ("publisher", "name", "version"),
    [
        ("Red Hat", "java", "1.0.0"),
        ("a/b", "c?d#e", "1.0.0-rc.1+x.5"),
        ("100%", "é", "1.0.0"),
        ("a%2Fb", "&=", "2.0.0"),
    ],
)
def test_whatever_a_name_holds_it_stays_one_part_of_the_path(publisher: str, name: str, version: str) -> None:
    path = rules.asset_path(an_extension(publisher, name), a_version(version, "universal"), AssetKind.README)
    assert path.isascii()
    assert not set(path) & set(" ?#+&=")
    assert [unquote(part) for part in path.split("/")][4:] == [publisher, name, version, "universal", "readme"]


@pytest.mark.parametrize(
    ("version", "name"),
    [
        (served(), "Red_Hat.Java-1.0.0.vsix"),
        (served("linux-x64"), "Red_Hat.Java-linux-x64-1.0.0.vsix"),
        (served(version='1"; \r\n'), "Red_Hat.Java-1_____.vsix"),
    ],
)
def test_the_file_is_named_after_the_extension_and_needs_no_quoting(version: ServedVersion, name: str) -> None:
    assert rules.package_of(version).file_name == name


def test_only_what_is_published_is_final() -> None:
    assert rules.package_of(served()).is_final
    assert not rules.package_of(served(is_published=False)).is_final


@pytest.mark.parametrize("kind", [kind for kind in AssetKind if kind is not AssetKind.ICON])
@pytest.mark.parametrize("found", ["text/html", "image/svg+xml", "text/xml", "application/json", "text/markdown"])
def test_a_text_is_sent_as_plain_text_whatever_it_is(kind: AssetKind, found: str) -> None:
    assert rules.media_type(kind, found) == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("found", "sent_as", "shown"),
    [
        ("image/png", "image/png", True),
        ("image/webp", "image/webp", True),
        ("image/svg+xml", "application/octet-stream", False),
        ("text/html", "application/octet-stream", False),
        ("IMAGE/PNG; x", "application/octet-stream", False),
        ("", "application/octet-stream", False),
    ],
)
def test_an_icon_is_shown_only_where_it_can_hold_no_script(found: str, sent_as: str, shown: bool) -> None:
    assert rules.media_type(AssetKind.ICON, found) == sent_as
    assert rules.is_shown(sent_as) is shown


def test_names_are_found_in_any_case() -> None:
    assert rules.identifier("RedHat", "Java") == rules.identifier("redhat", "JAVA") == "redhat.java"
