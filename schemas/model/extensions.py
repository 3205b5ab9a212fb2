"""Extensions of IDEs: their packages (VSIX), what the checks say of them, and their published versions."""

from datetime import datetime
from enum import StrEnum

import msgspec

from schemas.base import Entity
from schemas.model.checks import AreaResult
from schemas.model.uploads import Upload

UNIVERSAL = "universal"
"""The target platform of a package that runs everywhere."""

TARGET_PLATFORMS = (
    "universal",
    "win32-x64",
    "win32-arm64",
    "linux-x64",
    "linux-arm64",
    "linux-armhf",
    "alpine-x64",
    "alpine-arm64",
    "darwin-x64",
    "darwin-arm64",
    "web",
)
"""What a package may be made for, in VS Code's words."""


class AssetKind(StrEnum):
    """The files of a package that are served one by one."""

    ICON = "icon"
    README = "readme"
    CHANGELOG = "changelog"
    LICENSE = "license"
    MANIFEST = "manifest"
    """`extension/package.json`, as its author wrote it."""
    VSIX_MANIFEST = "vsixmanifest"
    """`extension.vsixmanifest`."""


class PackageFacts(Entity, frozen=True):
    """What a package says of itself. Texts are those of `package.json`, with `package.nls.json` put in.

    `localised` has display name and description by language tag (`zh-cn`), from `package.nls.<tag>.json`.
    """

    publisher: str
    name: str
    version: str
    display_name: str
    description: str
    target_platform: str = UNIVERSAL
    engines: dict[str, str] = msgspec.field(default_factory=dict)
    """What it wants to run in, as names and SemVer ranges: `{"vscode": "^1.75.0"}`."""
    targets: list[str] = msgspec.field(default_factory=list)
    """The clients that its VSIX manifest names: `Microsoft.VisualStudio.Code`."""
    categories: list[str] = msgspec.field(default_factory=list)
    tags: list[str] = msgspec.field(default_factory=list)
    preview: bool = False
    license: str = ""
    extension_kinds: list[str] = msgspec.field(default_factory=list)
    extension_pack: list[str] = msgspec.field(default_factory=list)
    extension_dependencies: list[str] = msgspec.field(default_factory=list)
    repository: str = ""
    homepage: str = ""
    issues: str = ""
    support: str = ""
    properties: dict[str, str] = msgspec.field(default_factory=dict)
    """Those of the VSIX manifest: `Microsoft.VisualStudio.Code.Engine` and others."""
    localised: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)

    @property
    def identifier(self) -> str:
        """By which it is known: `publisher.name`."""
        return f"{self.publisher}.{self.name}"


class Asset(Entity, frozen=True):
    """A file of a package that is served on its own; `sha256` in hex."""

    kind: AssetKind
    media_type: str
    sha256: str
    content: bytes


class Comparison(StrEnum):
    """How an uploaded package stands to what its extension has published for the same platform."""

    NULL_VERSION = "NULL_VERSION"
    """Nothing is published yet."""
    NEWER_VERSION = "NEWER_VERSION"
    SAME_VERSION = "SAME_VERSION"
    OLDER_VERSION = "OLDER_VERSION"


class VersionState(StrEnum):
    """Where a version of an extension stands. Only a published one is seen by others, and never changes."""

    IN_REVIEW = "in-review"
    PUBLISHED = "published"
    REJECTED = "rejected"


class Extension(Entity, frozen=True):
    """An extension, which belongs to one publisher of one tenant. Everybody sees it once a version is published.

    What it is called, and what it can be found by, is that of its newest published version.
    """

    id: str
    tenant_id: str
    publisher_id: str
    publisher_name: str
    name: str
    official: bool
    display_name: str
    description: str
    categories: list[str]
    tags: list[str]
    targets: list[str]
    engines: list[str]
    preview: bool
    latest_version_id: str | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    creator_id: str
    creator_name: str

    @property
    def identifier(self) -> str:
        """By which it is known: `publisher.name`."""
        return f"{self.publisher_name}.{self.name}"


class ExtensionVersion(Entity, frozen=True):
    """A version of an extension for one target platform. `reason` says why it waits, or why it was rejected."""

    id: str
    extension_id: str
    tenant_id: str
    version: str
    target_platform: str
    state: VersionState
    reason: str
    package_sha256: str
    package_size: int
    facts: PackageFacts
    uploader_id: str
    uploader_name: str
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    assets: list[AssetKind] = msgspec.field(default_factory=list)
    """The kinds of files that its package has."""


class PublishTask(Entity, frozen=True):
    """An uploaded package on its way to being published: the upload, what its checks say by area, and what has come of it.

    `owner` is who has to act next; `next_step` says in a sentence what. `has_icon`: the package, which is read, has one.
    """

    upload: Upload
    checks: list[AreaResult]
    facts: PackageFacts | None
    comparison: Comparison | None
    has_icon: bool
    publisher_display_name: str
    version: ExtensionVersion | None
    owner: str
    next_step: str


class ExtensionReview(Entity, frozen=True):
    """A version that waits for somebody to look at it."""

    extension: Extension
    version: ExtensionVersion
