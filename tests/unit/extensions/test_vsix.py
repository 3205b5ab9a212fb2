"""What packages say of themselves, and every rule that one can break by it."""

import io
import json
from typing import Any

import pytest

from app.registry.extensions import vsix
from app.registry.packages.archive import open_archive
from schemas.model.checks import Finding
from schemas.model.extensions import Asset, AssetKind, PackageFacts
from tests.builders import a_picture, a_vsix, an_extension

PACKAGE_JSON, VSIX_MANIFEST = "extension/package.json", "extension.vsixmanifest"
README, ICON, GERMAN = "extension/readme.md", "extension/images/icon.png", "extension/package.nls.de.json"
CLIENT = 'Target Id="Microsoft.VisualStudio.Code"'
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def read(package: bytes) -> tuple[PackageFacts | None, list[Asset], list[Finding]]:
    return vsix.read(open_archive(io.BytesIO(package), len(package)))


def facts_of(package: bytes) -> PackageFacts:
    facts, _, found = read(package)
    assert found == []
    assert facts is not None
    return facts


def manifest(**changes: Any) -> bytes:
    return a_vsix(manifest=changes)


def json_text(text: str) -> bytes:
    return a_vsix(files={PACKAGE_JSON: text.encode()})


def escaped(**changes: Any) -> bytes:
    return json_text(json.dumps(an_extension("makers", "linter", **changes)))


def xml(**replaced: str) -> bytes:
    return a_vsix(vsixmanifest=replaced)


def nls(*languages: str, **texts: object) -> bytes:
    names = [f"extension/package.nls{'.' * bool(language)}{language}.json" for language in languages or ("",)]
    return a_vsix(
        manifest={"displayName": "%name%", "description": "%what%"},
        vsixmanifest={},
        files={name: json.dumps(texts).encode() for name in names},
    )


# -- what is read ------------------------------------------------------------------------------------------------------------


def test_a_package_says_whose_and_which_it_is() -> None:
    facts = facts_of(a_vsix("makers", "linter", "2.0.0-rc.1"))
    assert (facts.publisher, facts.name, facts.version, facts.identifier) == (
        "makers",
        "linter",
        "2.0.0-rc.1",
        "makers.linter",
    )


def test_texts_come_from_the_language_files() -> None:
    texts = {
        "extension/package.nls.json": '{"name": "Tidy up", "what": {"message": "Puts it right", "comment": ["for text"]}}',
        "extension/package.nls.zh-CN.json": '{"name": "整理", "what": "把文本整理好"}',
        "extension/package.nls.de.json": '{"name": "Aufräumen"}',
    }
    facts = facts_of(
        a_vsix(
            manifest={"displayName": "%name%", "description": "%what%"},
            files={name: text.encode() for name, text in texts.items()},
        )
    )
    assert (facts.display_name, facts.description) == ("Tidy up", "Puts it right")
    assert facts.localised == {
        "de": {"display_name": "Aufräumen"},
        "zh-cn": {"display_name": "整理", "description": "把文本整理好"},
    }


def test_without_a_display_name_it_is_called_by_its_name() -> None:
    assert facts_of(manifest(displayName=None, description=None)).display_name == "linter"


def test_a_byte_order_mark_is_taken() -> None:
    text = json.dumps(an_extension("makers", "linter"))
    assert facts_of(a_vsix(files={PACKAGE_JSON: b"\xef\xbb\xbf" + text.encode()})).name == "linter"


def test_known_categories_are_spelled_as_vs_code_does_and_others_are_kept() -> None:
    facts = facts_of(manifest(categories=["linters", "LANGUAGES", "Beekeeping", "Linters"]))
    assert facts.categories == ["Linters", "Programming Languages", "Beekeeping"]


def test_tags_are_those_of_both_manifests_without_the_marks_of_vsce() -> None:
    package = a_vsix(manifest={"keywords": ["lint"]}, vsixmanifest={"<Tags>lint<": "<Tags>Lint,theme,__web_extension<"})
    assert facts_of(package).tags == ["lint", "theme"]


@pytest.mark.parametrize(
    ("repository", "link"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ({"type": "git", "url": "git+https://example.com/a.git"}, "https://example.com/a.git"),
        ("git@example.com:a/b.git", ""),
        ("ssh://git@example.com/a", ""),
        ("makers/linter", ""),
    ],
)
def test_links_are_those_that_a_browser_can_follow(repository: object, link: str) -> None:
    assert facts_of(manifest(repository=repository)).repository == link


def test_the_files_to_be_served_are_found_by_the_vsix_manifest_or_by_their_names() -> None:
    told = {each.kind: each for each in read(a_vsix())[1]}
    bare = {"Microsoft.VisualStudio.Services.Content.": "Other.", "Microsoft.VisualStudio.Services.Icons.": "Other."}
    guessed = {each.kind: each.content for each in read(a_vsix(vsixmanifest=bare))[1]}
    assert set(told) == set(AssetKind) == set(guessed)
    assert told[AssetKind.ICON].content == guessed[AssetKind.ICON] == a_picture()
    assert told[AssetKind.README].content == guessed[AssetKind.README]
    assert told[AssetKind.ICON].media_type == "image/png"


def test_readme_changelog_licence_and_icon_may_be_missing() -> None:
    gone = {f"extension/{name}": None for name in ("readme.md", "changelog.md", "LICENSE.txt", "images/icon.png")}
    services = "Microsoft.VisualStudio.Services.Content."
    named = {"Details": "readme.md", "Changelog": "changelog.md", "License": "LICENSE.txt"}
    unnamed = {f'Type="{services}{kind}" Path="extension/{name}"': f'Type="{kind}"' for kind, name in named.items()}
    facts, assets, found = read(a_vsix(manifest={"icon": None}, files=gone, vsixmanifest=unnamed))
    assert facts is not None
    assert found == []
    assert {each.kind for each in assets} == {AssetKind.MANIFEST, AssetKind.VSIX_MANIFEST}


# -- what is refused ---------------------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[bytes, str, str]] = {
    "no package.json": (a_vsix(files={PACKAGE_JSON: None}), PACKAGE_JSON, "does not have it"),
    "no VSIX manifest": (a_vsix(files={VSIX_MANIFEST: None}), VSIX_MANIFEST, "does not have it"),
    "a large package.json": (json_text('{"a": "' + "x" * (1 << 20) + '"}'), PACKAGE_JSON, "at most 1048576"),
    "a large VSIX manifest": (a_vsix(files={VSIX_MANIFEST: b"<a>" + b" " * (1 << 18)}), VSIX_MANIFEST, "at most 262144"),
    "bytes that are no text": (a_vsix(files={PACKAGE_JSON: b'{"name": "\xff"}'}), PACKAGE_JSON, "not UTF-8"),
    "UTF-16": (a_vsix(files={VSIX_MANIFEST: "<PackageManifest/>".encode("utf-16")}), VSIX_MANIFEST, "not UTF-8"),
    "no JSON": (json_text("{name: 1}"), PACKAGE_JSON, "line 1"),
    "no JSON number": (json_text('{"a": NaN}'), PACKAGE_JSON, "NaN"),
    "no object": (json_text("[]"), PACKAGE_JSON, "no JSON object"),
    "a key twice": (json_text('{"name": "a", "name": "b"}'), PACKAGE_JSON, "stands twice"),
    "deep JSON": (json_text('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"), PACKAGE_JSON, "deeper than 64"),
    "no XML": (a_vsix(files={VSIX_MANIFEST: b"<PackageManifest>"}), VSIX_MANIFEST, "no XML"),
    "deep XML": (a_vsix(files={VSIX_MANIFEST: b"<a>" * 80_000}), VSIX_MANIFEST, "no XML"),
    "another root": (a_vsix(files={VSIX_MANIFEST: b"<html/>"}), VSIX_MANIFEST, "PackageManifest"),
    "a document type": (xml(**{"<PackageManifest ": "<!DOCTYPE a><PackageManifest "}), VSIX_MANIFEST, "document type"),
    "entities": (
        a_vsix(files={VSIX_MANIFEST: b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'}),
        VSIX_MANIFEST,
        "document type",
    ),
    "two identities": (xml(**{"<DisplayName>": '<Identity Id="x"/><DisplayName>'}), VSIX_MANIFEST, "more than once"),
    "two names of an asset": (xml(**{"Services.Content.License": "Services.Content.Details"}), VSIX_MANIFEST, "twice"),
    "a property twice": (xml(**{"Code.ExtensionPack": "Code.Engine"}), VSIX_MANIFEST, "twice"),
    "no identity": (xml(**{"<Identity ": "<Other "}), VSIX_MANIFEST, "no Identity"),
    "no publisher": (manifest(publisher=None), PACKAGE_JSON, "publisher is missing"),
    "a bad publisher": (a_vsix("ma kers"), PACKAGE_JSON, "publisher is"),
    "a publisher that leads elsewhere": (a_vsix("../makers"), PACKAGE_JSON, "publisher is"),
    "a name that is no text": (json_text('{"publisher": "makers", "name": 1, "version": "1.0.0"}'), PACKAGE_JSON, "name is 1"),
    "a long name": (a_vsix(name="x" * 129), PACKAGE_JSON, "name is"),
    "a name with a final line feed": (a_vsix(name="linter\n"), PACKAGE_JSON, "name is"),
    "a version that is none": (a_vsix(version="1.0"), PACKAGE_JSON, "SemVer"),
    "a version in other digits": (a_vsix(version="1.0.٣"), PACKAGE_JSON, "SemVer"),
    "another name in the VSIX manifest": (xml(**{'Id="linter"': 'Id="other"'}), VSIX_MANIFEST, "its Id is"),
    "another publisher there": (xml(**{'Publisher="makers"': 'Publisher="others"'}), VSIX_MANIFEST, "its Publisher is"),
    "another version there": (xml(**{'Version="1.0.0"': 'Version="1.0.1"'}), VSIX_MANIFEST, "its Version is"),
    "another engine there": (xml(**{"^1.75.0": "^1.2.0"}), VSIX_MANIFEST, "Engine is"),
    "another manifest there": (xml(**{'Path="extension/package.json"': 'Path="b.json"'}), VSIX_MANIFEST, 'is "b.json"'),
    "an unknown platform": (a_vsix(target_platform="amiga"), VSIX_MANIFEST, "TargetPlatform"),
    "another platform": (
        a_vsix(target_platform="web", manifest={"__metadata": {"targetPlatform": "linux-x64"}}),
        PACKAGE_JSON,
        "__metadata",
    ),
    "another client": (xml(**{CLIENT: 'Target Id="Other"'}), VSIX_MANIFEST, "InstallationTarget"),
    "no engines": (manifest(engines=None), PACKAGE_JSON, "engines"),
    "an engine that is no range": (manifest(engines={"vscode": "latest"}), PACKAGE_JSON, "engines.vscode"),
    "an engine that is no text": (manifest(engines={"vscode": "*", "node": 18}), PACKAGE_JSON, "is no text"),
    "a key without text": (nls(name="Tidy up"), PACKAGE_JSON, "%what%"),
    "language texts that are no JSON": (a_vsix(files={GERMAN: b"{"}), GERMAN, "line 1"),
    "language texts that hide": (nls("", "de", name="a\u202eb", what="c"), GERMAN, "order of reading"),
    "too many languages": (nls("", *(f"x{n}" for n in range(65)), name="a", what="b"), PACKAGE_JSON, "languages"),
    "a long display name": (manifest(displayName="x" * 257), PACKAGE_JSON, "257 characters"),
    "a display name of two lines": (manifest(displayName="a\nb"), PACKAGE_JSON, "displayName"),
    "a display name that reads backwards": (manifest(displayName="a\u202eb"), PACKAGE_JSON, "order of reading"),
    "half a character": (escaped(displayName="\ud800"), PACKAGE_JSON, "displayName"),
    "NUL": (escaped(description="\0"), PACKAGE_JSON, "description"),
    "a long description": (manifest(description="x" * 2049), PACKAGE_JSON, "2049 characters"),
    "too many tags": (manifest(keywords=[str(number) for number in range(51)]), PACKAGE_JSON, "51 tags"),
    "a long tag": (manifest(keywords=["x" * 65]), PACKAGE_JSON, "65 characters"),
    "a tag that hides": (a_vsix(vsixmanifest={"<Tags>": "<Tags>a\u200bb,"}), PACKAGE_JSON, "tags holds"),
    "too many categories": (manifest(categories=[str(number) for number in range(21)]), PACKAGE_JSON, "21 categories"),
    "an unknown kind": (xml(**{'"workspace"': '"kitchen"'}), PACKAGE_JSON, "extensionKind"),
    "a pack of what is no extension": (manifest(extensionPack=["linter"]), PACKAGE_JSON, "extensionPack"),
    "a dependency on what is none": (manifest(extensionDependencies=["a.b/c"]), PACKAGE_JSON, "extensionDependencies"),
    "a link that runs": (manifest(homepage="javascript:alert(1)"), PACKAGE_JSON, "homepage"),
    "a readme that is not there": (a_vsix(files={README: None}), VSIX_MANIFEST, "readme.md"),
    "a readme that is no text": (a_vsix(files={README: b"a\0b"}), README, "NUL"),
    "a large readme": (a_vsix(files={README: b"x" * (1 + (2 << 20))}), README, "at most 2097152"),
    "an icon that is not there": (a_vsix(files={ICON: None}), VSIX_MANIFEST, "icon.png"),
    "an icon of SVG": (a_vsix(files={ICON: SVG}), ICON, "no icon"),
    "an icon that moves": (a_vsix(files={ICON: a_picture(encoding="GIF")}), ICON, "image/gif"),
    "a large icon": (a_vsix(files={ICON: a_picture() + bytes(1 << 20)}), ICON, "at most 1048576"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_breaks_a_rule_is_told_with_its_entry_and_a_remedy(case: str) -> None:
    package, entry, rule = REFUSED[case]
    found = read(package)[2]
    told = [each for each in found if each.entry == entry and rule in each.message]
    assert told, found
    assert all(each.remedy and each.message.isprintable() and len(each.message) < 400 for each in found)


def test_an_ordinary_package_breaks_none() -> None:
    assert read(a_vsix())[2] == []


def test_everything_is_told_at_once() -> None:
    changes = {
        "version": "1",
        "displayName": "x" * 300,
        "homepage": "file:///etc",
        "extensionPack": ["x"],
        "engines": {},
    }
    rules = " ".join(each.message for each in read(manifest(**changes))[2])
    assert all(field in rules for field in changes)


def test_no_more_is_told_than_anybody_reads() -> None:
    assert (
        len(read(manifest(engines={"vscode": "*"} | {str(number): 1 for number in range(1000)}))[2])
        == vsix.MAX_FINDINGS
    )


def test_who_published_what_is_known_also_where_the_rest_is_wrong() -> None:
    facts, _, found = read(manifest(displayName="x" * 300))
    assert found
    assert facts is not None
    assert (facts.identifier, facts.display_name) == ("makers.linter", "linter")


def test_nothing_is_known_of_a_package_that_does_not_say_whose_it_is() -> None:
    assert read(xml(**{'Publisher="makers"': 'Publisher="others"'}))[0] is None


def test_an_asset_outside_of_the_package_is_never_served() -> None:
    package = xml(**{'Path="extension/readme.md"': 'Path="../../etc/passwd"'})
    _, assets, found = read(package)
    assert AssetKind.README not in {each.kind for each in assets}
    assert any("passwd" in each.message for each in found)
