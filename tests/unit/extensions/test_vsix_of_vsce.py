"""What the real vsce packs is taken, with the facts that its author wrote."""

import io

import pytest

from app.registry.extensions import vsix
from app.registry.packages.archive import open_archive
from schemas.model.extensions import Asset, AssetKind, PackageFacts
from tests.vsce import SAMPLES, VscePackage

PRE_RELEASE = "Microsoft.VisualStudio.Code.PreRelease"


def taken(package: bytes) -> tuple[PackageFacts, dict[AssetKind, Asset]]:
    facts, assets, found = vsix.read(open_archive(io.BytesIO(package), len(package)))
    assert found == []
    assert facts is not None
    return facts, {each.kind: each for each in assets}


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_sample_is_taken(sample: str, vsce_package: VscePackage) -> None:
    facts, assets = taken(vsce_package(sample))
    assert (facts.identifier, facts.version, facts.target_platform) == (f"makers.{sample}", "1.2.3", "universal")
    assert facts.engines == {"vscode": "^1.75.0"}
    assert facts.targets == ["Microsoft.VisualStudio.Code"]
    assert facts.repository == "https://git.example.com/makers/samples.git"
    assert f"# The {sample} sample".encode() in assets[AssetKind.README].content
    assert assets[AssetKind.LICENSE].content.startswith(b"Samples of")
    assert assets.keys() >= {AssetKind.MANIFEST, AssetKind.VSIX_MANIFEST}


def test_tags_and_categories_are_read(vsce_package: VscePackage) -> None:
    facts, assets = taken(vsce_package("plain"))
    assert (facts.display_name, facts.categories, facts.tags) == ("Plain sample", ["Linters"], ["lint", "check"])
    assert (facts.preview, AssetKind.ICON in assets, AssetKind.CHANGELOG in assets) == (False, False, False)


def test_texts_in_several_languages_are_read(vsce_package: VscePackage) -> None:
    facts, _ = taken(vsce_package("localised"))
    assert (facts.display_name, facts.description) == ("Tidy up", "Puts a text into its form")
    assert facts.localised["zh-cn"] == {"display_name": "整理", "description": "把文本整理好"}
    assert facts.localised["de"] == {"display_name": "Aufräumen"}


def test_icon_changelog_preview_and_links_are_read(vsce_package: VscePackage) -> None:
    facts, assets = taken(vsce_package("illustrated"))
    assert facts.preview
    assert assets[AssetKind.ICON].media_type == "image/png"
    assert b"Has a picture" in assets[AssetKind.CHANGELOG].content
    assert facts.homepage == "https://example.com/illustrated"
    assert facts.issues == "https://example.com/illustrated/issues"
    assert facts.support == "https://example.com/illustrated/questions"


def test_a_pack_names_its_extensions(vsce_package: VscePackage) -> None:
    facts, _ = taken(vsce_package("pack"))
    assert (facts.extension_pack, facts.categories) == (["makers.plain", "makers.theme"], ["Extension Packs"])


def test_a_theme_is_found_by_what_vsce_calls_it(vsce_package: VscePackage) -> None:
    facts, _ = taken(vsce_package("theme"))
    assert set(facts.tags) == {"theme", "color-theme"}


@pytest.mark.parametrize("platform", ["linux-x64", "web"])
def test_a_package_for_one_platform_says_so(platform: str, vsce_package: VscePackage) -> None:
    facts, _ = taken(vsce_package("platform", "--target", platform))
    assert facts.target_platform == platform
    assert facts.extension_kinds == ["ui", "workspace", "web"]
    assert facts.extension_dependencies == ["makers.plain"]


def test_a_pre_release_is_marked(vsce_package: VscePackage) -> None:
    assert taken(vsce_package("plain", "--pre-release"))[0].properties[PRE_RELEASE] == "true"
    assert PRE_RELEASE not in taken(vsce_package("plain"))[0].properties
