"""Reads what an extension's package says of itself: `extension.vsixmanifest`, and `extension/package.json` with its texts.

All that is wrong is told at once where it can be. Facts come only of what keeps the rules; the rest of them stays empty.
Everything is bounded: files, depth, counts and lengths of texts, so that what comes out can be stored, searched and shown.
XML with a DOCTYPE never reaches the parser, so there are no entities.
"""

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from hashlib import sha256

import msgspec

from app.registry.icons import rules as icons
from app.registry.packages import strict_json
from app.registry.packages.archive import Archive
from app.registry.packages.strict_json import quoted
from app.registry.plugins import versions
from schemas.errors import IconRefused, InvalidField, PackageRefused
from schemas.model.checks import Finding
from schemas.model.extensions import TARGET_PLATFORMS, UNIVERSAL, Asset, AssetKind, PackageFacts

MANIFEST, VSIX_MANIFEST = "extension/package.json", "extension.vsixmanifest"
CLIENT = "Microsoft.VisualStudio.Code"
MAX_FINDINGS = 20
"""Told at once."""
ICON_RULE = "icon.undecodable"
"""What is wrong with the icon has this rule; all else that is wrong has none of its own."""

MAX_JSON_BYTES = 1024 * 1024
MAX_JSON_DEPTH = 64
MAX_XML_BYTES = 256 * 1024
MAX_DISPLAY_NAME, MAX_DESCRIPTION, MAX_LINK, MAX_PROPERTY = 256, 2048, 2048, 8192
MAX_TAGS, MAX_CATEGORIES, MAX_WORD = 50, 20, 64
MAX_PACKED, MAX_PROPERTIES, MAX_LANGUAGES, MAX_ENGINES, MAX_TARGETS = 256, 100, 64, 20, 10

CATEGORIES = (
    "AI", "Azure", "Chat", "Data Science", "Debuggers", "Education", "Extension Packs", "Formatters", "Keymaps",
    "Language Packs", "Linters", "Machine Learning", "Notebooks", "Other", "Programming Languages", "SCM Providers",
    "Snippets", "Testing", "Themes", "Visualization",
)  # fmt: skip
"""Those that VS Code knows, as it spells them. Others are kept as they are."""

_CATEGORY = {name.lower(): name for name in CATEGORIES} | {"languages": "Programming Languages"}
_KINDS = ("ui", "workspace", "web")
_INTERNAL_TAG = "__"  # begins what vsce marks a package with: `__web_extension`

_PUBLISHER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,49}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,127}\.[A-Za-z0-9][A-Za-z0-9-]{0,127}")
_ENGINE = re.compile(r"\*|(\^|>=)?([0-9]{1,9}|[xX])(\.([0-9]{1,9}|[xX])){2}(-[0-9A-Za-z.-]{1,64})?")
_LANGUAGE_FILE = re.compile(r"extension/package\.nls\.([A-Za-z0-9]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,3})\.json")
_KEY = re.compile(r"%([^%\s]{1,256})%")
_WEB = re.compile(r"(?:git\+)?(https?://[^\s<>\"'\\]+)", re.IGNORECASE)
_OTHER_LINK = re.compile(r"(?:git|ssh|git\+ssh|mailto|github|gitlab|bitbucket|gist):", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
# Control characters, line separators, marks that are not seen or change the order of reading, and halves of characters.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_UNSEEN_BUT_LINES = re.compile(_UNSEEN.pattern.replace("\x00-\x1f", "\x00-\x08\x0b\x0c\x0e-\x1f"))

_REPACK = "pack it with `vsce package`"
_CORRECT = "correct it and pack again"
_PLAIN_TEXT = "text/plain; charset=utf-8"
_MARKDOWN = "text/markdown; charset=utf-8"


class _Served(msgspec.Struct, frozen=True):
    """A file that is served on its own: its type in the VSIX manifest, its usual names, and how large it may be."""

    type: str
    names: tuple[str, ...]
    limit: int


_ICON_TYPE = "Microsoft.VisualStudio.Services.Icons.Default"
_SERVED = {
    AssetKind.README: _Served("Microsoft.VisualStudio.Services.Content.Details", ("readme.md", "readme.txt", "readme"), 2 << 20),
    AssetKind.CHANGELOG: _Served(
        "Microsoft.VisualStudio.Services.Content.Changelog", ("changelog.md", "changelog.txt", "changelog"), 2 << 20
    ),
    AssetKind.LICENSE: _Served(
        "Microsoft.VisualStudio.Services.Content.License", ("license.txt", "license.md", "license"), 1 << 20
    ),
}  # fmt: skip


def read(archive: Archive) -> tuple[PackageFacts | None, list[Asset], list[Finding]]:
    """What the package says, the files to be served, and what is wrong with it (`MAX_FINDINGS` at most).

    There are facts where publisher, name and version are told as they should be. Blocking, up to some seconds.
    """
    reader = _Reader(archive)
    facts = reader.facts()
    assets = reader.assets()
    return facts, assets, reader.found[:MAX_FINDINGS]


def raw_manifest(archive: Archive) -> dict[str, object]:
    """`extension/package.json` as its author wrote it; empty where it cannot be read."""
    return _Reader(archive).manifest


def icon_entry(archive: Archive) -> str | None:
    """Which file of the package is said to be its icon, whether or not it can be one."""
    return _Reader(archive).icon_entry()


class _Reader:
    """Reads one package, and gathers what is wrong with it."""

    def __init__(self, archive: Archive) -> None:
        self.found: list[Finding] = []
        self._archive = archive
        self._files = {entry.name.lower(): entry.name for entry in archive.entries if not entry.is_directory}
        manifest = self._json(MANIFEST, needed=True)
        self.manifest: dict[str, object] = manifest or {}
        self._has_manifest = manifest is not None
        self._texts = self._nls("extension/package.nls.json")
        self._vsix = self._xml()
        self._named = self._named_assets()

    # -- files -------------------------------------------------------------------------------------------------------

    def _wrong(self, entry: str, rule: str, remedy: str = _CORRECT, *, of_icon: bool = False) -> None:
        finding = Finding(entry=entry, message=rule, remedy=remedy, rule=ICON_RULE if of_icon else "")
        if len(self.found) < MAX_FINDINGS and finding not in self.found:
            self.found.append(finding)

    def _bytes(self, name: str, limit: int) -> bytes | None:
        try:
            return self._archive.read(name, limit)
        except PackageRefused as refused:
            self.found += refused.findings
            return None

    def _text(self, name: str, limit: int) -> str | None:
        content = self._bytes(name, limit)
        if content is None:
            return None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            self._wrong(name, f"byte {error.start} is not UTF-8", "save it in UTF-8 and pack again")
            return None

    def _json(self, name: str, *, needed: bool = False) -> dict[str, object] | None:
        if name not in self._files.values():
            if needed:
                self._wrong(name, "the package does not have it", _REPACK)
            return None
        text = self._text(name, MAX_JSON_BYTES)
        if text is None:
            return None
        try:
            value = strict_json.load(text, max_depth=MAX_JSON_DEPTH, whole_number=float)
        except strict_json.JsonRefused as error:
            self._wrong(name, f"it is refused: {error}")
            return None
        if not isinstance(value, dict):
            self._wrong(name, "it is no JSON object")
            return None
        return value

    def _xml(self) -> ElementTree.Element | None:
        if VSIX_MANIFEST not in self._files.values():
            self._wrong(VSIX_MANIFEST, "the package does not have it", _REPACK)
            return None
        text = self._text(VSIX_MANIFEST, MAX_XML_BYTES)
        if text is None:
            return None
        if "<!DOCTYPE" in text or "<!ENTITY" in text:
            self._wrong(
                VSIX_MANIFEST, "it declares a document type or entities", "take the declaration out and pack again"
            )
            return None
        try:
            # Given as text, it is UTF-8 whatever it says of itself.
            root = ElementTree.fromstring(text)  # noqa: S314 - it has no entities
        except (ElementTree.ParseError, ValueError) as error:
            self._wrong(VSIX_MANIFEST, f"it is no XML: {str(error)[:200]}", _REPACK)
            return None
        if _local(root) != "PackageManifest":
            self._wrong(VSIX_MANIFEST, "its root is no PackageManifest", _REPACK)
            return None
        return root

    def _one(self, parent: ElementTree.Element | None, name: str) -> ElementTree.Element | None:
        """The child of that name, of which there may be no two: readers would not agree on which one counts."""
        found = [] if parent is None else parent.findall(f"{{*}}{name}")
        if len(found) > 1:
            self._wrong(VSIX_MANIFEST, f"{name} stands in it more than once", "keep one of them")
        return found[0] if found else None

    def _listed(self, parent: str, name: str) -> list[ElementTree.Element]:
        found = self._one(self._vsix, parent)
        return [] if found is None else found.findall(f"{{*}}{name}")

    # -- values ------------------------------------------------------------------------------------------------------

    def _nls(self, name: str) -> dict[str, str]:
        """The texts of a language, by key."""
        texts: dict[str, str] = {}
        for key, value in (self._json(name) or {}).items():
            text = value.get("message") if isinstance(value, dict) else value
            if isinstance(text, str):
                texts[key] = text
        return texts

    def _translated(self, text: str) -> str:
        """The text, or the one that its `%key%` stands for."""
        match = _KEY.fullmatch(text)
        if match is None:
            return text
        if match[1] not in self._texts:
            rule = f"it says {quoted(text)}, which extension/package.nls.json does not have"
            self._wrong(MANIFEST, rule, "add the text there, or write it out")
            return ""
        return self._texts[match[1]]

    def _said(self, field: str, most: int, *, lines: bool = False) -> str:
        """The text of a field of package.json, in the package's own language; empty where there is none or it is refused."""
        value = self.manifest.get(field)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(MANIFEST, f"{field} is no text")
            return ""
        text = self._translated(value).strip()
        return text if self._fits(MANIFEST, field, text, most, lines=lines) else ""

    def _fits(self, entry: str, what: str, text: str, most: int, *, lines: bool = False) -> bool:
        if len(text) > most:
            self._wrong(entry, f"{what} has {len(text)} characters where at most {most} are taken", "make it shorter")
        elif (_UNSEEN_BUT_LINES if lines else _UNSEEN).search(text):
            rule = f"{what} holds control characters, or marks that cannot be seen or change the order of reading"
            self._wrong(entry, rule, "take them out")
        else:
            return True
        return False

    def _words(self, field: str) -> list[str]:
        """The texts of a list in package.json."""
        value = self.manifest.get(field)
        if value is None:
            return []
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            self._wrong(MANIFEST, f"{field} is no list of texts")
            return []
        return [text for each in value if (text := self._translated(str(each)).strip())]

    def _distinct(self, field: str, words: Iterable[str], most: int) -> list[str]:
        """The words that may be kept, each once, whatever its case."""
        kept: dict[str, str] = {}
        for word in words:
            if self._fits(MANIFEST, f"one of the {field}", word, MAX_WORD):
                kept.setdefault(word.lower(), word)
        if len(kept) > most:
            self._wrong(
                MANIFEST, f"it has {len(kept)} {field} where at most {most} are taken", "keep the most telling ones"
            )
            return []
        return [*kept.values()]

    # -- facts -------------------------------------------------------------------------------------------------------

    def facts(self) -> PackageFacts | None:
        """What the package says of itself, as far as it keeps the rules; None where it does not say whose and which it is."""
        identity = self._identity()
        properties = self._properties()
        display_name = self._said("displayName", MAX_DISPLAY_NAME)
        description = self._said("description", MAX_DESCRIPTION, lines=True)
        engines = self._engines(properties)
        platform = self._platform()
        targets = self._targets()
        tags = self._words("keywords") + self._metadata("Tags")
        categories = self._words("categories") + self._metadata("Categories")
        kinds = _split(properties.get(f"{CLIENT}.ExtensionKind", "")) or self._words("extensionKind")
        if not set(kinds) <= set(_KINDS):
            self._wrong(MANIFEST, f"extensionKind is none of {', '.join(_KINDS)}")
            kinds = []
        links = f"{CLIENT.removesuffix('.Code')}.Services"
        facts = PackageFacts(
            publisher=identity.get("publisher", ""),
            name=identity.get("name", ""),
            version=identity.get("version", ""),
            display_name=display_name or identity.get("name", ""),
            description=description,
            target_platform=platform,
            engines=engines,
            targets=targets,
            categories=self._distinct(
                "categories", (_CATEGORY.get(each.lower(), each) for each in categories), MAX_CATEGORIES
            ),
            tags=self._distinct("tags", (each for each in tags if not each.startswith(_INTERNAL_TAG)), MAX_TAGS),
            preview=self._preview(),
            license=self._license(),
            extension_kinds=kinds,
            extension_pack=self._identifiers("extensionPack"),
            extension_dependencies=self._identifiers("extensionDependencies"),
            repository=self._link("repository", properties.get(f"{links}.Links.Repository")),
            homepage=self._link("homepage", None),
            issues=self._link("bugs", properties.get(f"{links}.Links.Support")),
            support=self._link("qna", properties.get(f"{links}.CustomerQnALink")),
            properties=properties,
            localised=self._localised(),
        )
        return facts if len(identity) == 3 else None

    def _identity(self) -> dict[str, str]:
        """Publisher, name and version: those of the three that are as they should be, and the same in both manifests."""
        rules: dict[str, tuple[str, Callable[[str], object], str]] = {
            "publisher": ("Publisher", _PUBLISHER.fullmatch, "1 to 50 letters, digits and hyphens"),
            "name": ("Id", _NAME.fullmatch, "1 to 128 letters, digits and hyphens"),
            "version": ("Version", _is_version, "a SemVer 2 version number such as 1.4.0"),
        }
        told = self._one(self._one(self._vsix, "Metadata"), "Identity")
        if self._vsix is not None and told is None:
            self._wrong(VSIX_MANIFEST, "it has no Identity", _REPACK)
        identity: dict[str, str] = {}
        for field, (attribute, is_right, rule) in rules.items() if self._has_manifest else ():
            value = self.manifest.get(field)
            if value is None:
                self._wrong(MANIFEST, f"{field} is missing", f"add it: {rule}")
            elif not isinstance(value, str) or not is_right(value):
                self._wrong(MANIFEST, f"{field} is {quoted(value)}, which is not {rule}")
            elif told is not None and told.get(attribute) != value:
                other = quoted(told.get(attribute))
                self._wrong(VSIX_MANIFEST, f"its {attribute} is {other}, {MANIFEST} says {quoted(value)}", _REPACK)
            else:
                identity[field] = value
        return identity

    def _platform(self) -> str:
        told = self._one(self._one(self._vsix, "Metadata"), "Identity")
        platform = UNIVERSAL if told is None else told.get("TargetPlatform", UNIVERSAL)
        if platform not in TARGET_PLATFORMS:
            rule = f"its TargetPlatform is {quoted(platform)}"
            self._wrong(VSIX_MANIFEST, rule, f"name one of {', '.join(TARGET_PLATFORMS[1:])}, or none")
            return UNIVERSAL
        # Programs that install an extension write into its package.json where it runs, and some are packed again from there.
        note = self.manifest.get("__metadata")
        other = note.get("targetPlatform") if isinstance(note, dict) else None
        if other in TARGET_PLATFORMS and other != platform:
            rule = f"__metadata.targetPlatform is {quoted(other)}, {VSIX_MANIFEST} says {quoted(platform)}"
            self._wrong(MANIFEST, rule, "take __metadata out and pack again")
        return platform

    def _targets(self) -> list[str]:
        targets = [each.get("Id", "") for each in self._listed("Installation", "InstallationTarget")]
        if self._vsix is not None and CLIENT not in targets:
            self._wrong(VSIX_MANIFEST, f"it names no InstallationTarget {CLIENT}", _REPACK)
        if len(targets) > MAX_TARGETS:
            self._wrong(VSIX_MANIFEST, f"it has more than {MAX_TARGETS} InstallationTargets", _REPACK)
            return []
        return [each for each in targets if self._fits(VSIX_MANIFEST, "an InstallationTarget", each, 128)]

    def _engines(self, properties: dict[str, str]) -> dict[str, str]:
        value = self.manifest.get("engines")
        if not isinstance(value, dict) or "vscode" not in value:
            if self._has_manifest:
                self._wrong(
                    MANIFEST, "engines does not say which versions of vscode it runs in", 'add "vscode": "^1.75.0"'
                )
            return {}
        engines: dict[str, str] = {}
        for name, wanted in value.items():
            if not isinstance(wanted, str):
                self._wrong(MANIFEST, f"engines.{name[:MAX_WORD]!a} is no text")
            elif self._fits(MANIFEST, "a name in engines", name, MAX_WORD) and self._fits(
                MANIFEST, f"engines.{name}", wanted, 128
            ):
                engines[name] = wanted
        wanted = engines.get("vscode")
        if wanted is not None and not _ENGINE.fullmatch(wanted):
            self._wrong(MANIFEST, f"engines.vscode is {quoted(wanted)}", "write it as ^1.75.0, >=1.75.0, 1.75.x or *")
        told = properties.get(f"{CLIENT}.Engine")
        if wanted is not None and told is not None and told != wanted:
            rule = f"its property {CLIENT}.Engine is {quoted(told)}, {MANIFEST} says {quoted(wanted)}"
            self._wrong(VSIX_MANIFEST, rule, _REPACK)
        if len(engines) > MAX_ENGINES:
            self._wrong(MANIFEST, f"it names more than {MAX_ENGINES} engines")
            return {}
        return engines

    def _properties(self) -> dict[str, str]:
        metadata = self._one(self._vsix, "Metadata")
        listed = self._one(metadata, "Properties")
        properties: dict[str, str] = {}
        for each in [] if listed is None else listed.findall("{*}Property"):
            name, value = each.get("Id", ""), each.get("Value", "")
            if name in properties:
                self._wrong(VSIX_MANIFEST, f"the property {quoted(name)} stands in it twice", "keep one of them")
            elif self._fits(VSIX_MANIFEST, "the name of a property", name, 128) and self._fits(
                VSIX_MANIFEST, f"the property {name}", value, MAX_PROPERTY, lines=True
            ):
                properties[name] = value
        if len(properties) > MAX_PROPERTIES:
            self._wrong(VSIX_MANIFEST, f"it has more than {MAX_PROPERTIES} properties", "keep fewer")
            return {}
        return properties

    def _metadata(self, name: str) -> list[str]:
        """A list of the VSIX manifest, which is one text with commas."""
        found = self._one(self._one(self._vsix, "Metadata"), name)
        return [] if found is None else _split(found.text or "")

    def _preview(self) -> bool:
        value = self.manifest.get("preview", False)
        if not isinstance(value, bool):
            self._wrong(MANIFEST, "preview is neither true nor false")
        flags = self._one(self._one(self._vsix, "Metadata"), "GalleryFlags")
        return value is True or (flags is not None and "Preview" in (flags.text or "").split())

    def _license(self) -> str:
        value = self.manifest.get("license")
        if isinstance(value, dict):  # as npm once had it: {"type": "MIT", "url": ...}
            value = value.get("type")
        text = value.strip() if isinstance(value, str) else ""
        return text if self._fits(MANIFEST, "license", text, MAX_DISPLAY_NAME) else ""

    def _identifiers(self, field: str) -> list[str]:
        words = self._words(field)
        wrong = next((each for each in words if not _IDENTIFIER.fullmatch(each)), None)
        if wrong is not None:
            self._wrong(MANIFEST, f"{field} names {quoted(wrong)}", "name extensions as publisher.name")
        elif len(words) > MAX_PACKED:
            self._wrong(MANIFEST, f"{field} names more than {MAX_PACKED} extensions", "name fewer")
        else:
            return words
        return []

    def _link(self, field: str, instead: str | None) -> str:
        """The address of a field, if browsers can go there; else the one that vsce made of it."""
        value = self.manifest.get(field)
        if isinstance(value, dict):
            value = value.get("url")
        text = value.strip() if isinstance(value, str) else ""
        for link in (text, instead or ""):
            match = _WEB.fullmatch(link)
            if match is not None:
                return str(match[1]) if self._fits(MANIFEST, field, match[1], MAX_LINK) else ""
            if _SCHEME.match(link) and not _OTHER_LINK.match(link):
                self._wrong(
                    MANIFEST, f"{field} is {quoted(link)}", "give an address that begins with https:// or http://"
                )
                return ""
        return ""

    def _localised(self) -> dict[str, dict[str, str]]:
        """Display name and description by language."""
        keys = {field: _KEY.fullmatch(str(self.manifest.get(field, ""))) for field in ("displayName", "description")}
        files = {
            match[1].lower(): match[0] for name in self._files.values() if (match := _LANGUAGE_FILE.fullmatch(name))
        }
        if len(files) > MAX_LANGUAGES:
            self._wrong(MANIFEST, f"it has texts in more than {MAX_LANGUAGES} languages", "pack fewer")
            return {}
        localised: dict[str, dict[str, str]] = {}
        for language, file in sorted(files.items()):
            texts = self._nls(file)
            told: dict[str, str] = {}
            for field, ours, most in (
                ("displayName", "display_name", MAX_DISPLAY_NAME),
                ("description", "description", MAX_DESCRIPTION),
            ):
                key = keys[field]
                text = texts.get(key[1], "").strip() if key else ""
                if text and self._fits(file, field, text, most, lines=field == "description"):
                    told[ours] = text
            if told:
                localised[language] = told
        return localised

    # -- files to be served ------------------------------------------------------------------------------------------

    def _named_assets(self) -> dict[str, str]:
        """Which files the VSIX manifest names, by their types."""
        named: dict[str, str] = {}
        for each in self._listed("Assets", "Asset"):
            kind, path = each.get("Type", ""), each.get("Path", "").replace("\\", "/").removeprefix("/")
            if kind in named:
                self._wrong(VSIX_MANIFEST, f"the Asset {quoted(kind)} stands in it twice", "keep one of them")
            named.setdefault(kind, path)
        told = named.get(f"{CLIENT}.Manifest", MANIFEST)
        if told != MANIFEST:
            self._wrong(VSIX_MANIFEST, f"its Asset {CLIENT}.Manifest is {quoted(told)}, not {MANIFEST}", _REPACK)
        return named

    def icon(self) -> str | None:
        """Where the icon is said to be: by the VSIX manifest, or else by package.json."""
        told = self.manifest.get("icon")
        own = "extension/" + told.removeprefix("./") if isinstance(told, str) else None
        return self._named.get(_ICON_TYPE) or own

    def icon_entry(self) -> str | None:
        """The file that is said to be the icon, if the package has it."""
        return self._files.get((self.icon() or "").lower())

    def assets(self) -> list[Asset]:
        """The files of the package that are served on their own."""
        assets: list[Asset] = []
        if self._has_manifest:
            content = self._archive.read(MANIFEST, MAX_JSON_BYTES)
            assets.append(_asset(AssetKind.MANIFEST, "application/json", content))
        if self._vsix is not None:
            content = self._archive.read(VSIX_MANIFEST, MAX_XML_BYTES)
            assets.append(_asset(AssetKind.VSIX_MANIFEST, "text/xml", content))
        icon = self._icon_asset()
        if icon is not None:
            assets.append(icon)
        for kind, served in _SERVED.items():
            name = self._find(served)
            text = None if name is None else self._text(name, served.limit)
            if name is None or text is None:
                continue
            if "\0" in text:
                self._wrong(name, "it holds NUL, so it is no text")
            else:
                media_type = _MARKDOWN if name.lower().endswith(".md") else _PLAIN_TEXT
                assets.append(_asset(kind, media_type, text.encode()))
        return assets

    def _find(self, served: _Served) -> str | None:
        name = self._named.get(served.type)
        if name is not None:
            return self._exists(name)
        usual = (self._files.get(f"extension/{each}") for each in served.names)
        return next((each for each in usual if each is not None), None)

    def _exists(self, name: str) -> str | None:
        """The file of that name; vsce and VS Code do not agree on its case, so it is not heeded."""
        found = self._files.get(name.lower())
        if found is None:
            self._wrong(
                VSIX_MANIFEST, f"it names {quoted(name)}, which the package does not have", "pack the file, too"
            )
        return found

    def _icon_asset(self) -> Asset | None:
        told = self.icon()
        name = None if told is None else self._exists(told)
        content = None if name is None else self._bytes(name, icons.MAX_BYTES)
        if name is None or content is None:
            return None
        remedy = "give a PNG or JPEG picture of 128 by 128 pixels or more"
        try:
            media_type = icons.inspect(content)
        except IconRefused as refused:
            self._wrong(name, f"it is no icon: {refused.facts['problem']}", remedy, of_icon=True)
            return None
        if media_type not in ("image/png", "image/jpeg"):
            self._wrong(name, f"it is no icon: {media_type} is not taken", remedy, of_icon=True)
            return None
        return _asset(AssetKind.ICON, media_type, content)


def _asset(kind: AssetKind, media_type: str, content: bytes) -> Asset:
    return Asset(kind=kind, media_type=media_type, sha256=sha256(content).hexdigest(), content=content)


def _is_version(text: str) -> bool:
    try:
        versions.parse("version", text)
    except InvalidField:
        return False
    return True


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _split(text: str) -> list[str]:
    return [word for each in text.split(",") if (word := each.strip())]
