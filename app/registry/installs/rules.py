"""Under which addresses extensions are served, and as what. Pure decisions."""

from functools import lru_cache
from urllib.parse import quote

from app.registry.downloads.rules import file_name
from schemas.model.downloads import Package
from schemas.model.extensions import UNIVERSAL, Asset, AssetKind, Extension, ExtensionVersion
from schemas.model.installs import ServedAsset, ServedVersion

PACKAGE = "package"
"""What the package itself is called among the files that are served."""

MEDIA_TYPE = "application/vsix"

_PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
_TEXT = "text/plain; charset=utf-8"
_UNKNOWN = "application/octet-stream"


def asset_path(extension: Extension, version: ExtensionVersion, kind: str) -> str:
    """The path at which the package (`PACKAGE`) or a file of it (an `AssetKind`) is served: the same for good."""
    begin = _path(extension.publisher_name, extension.name, version.version, version.target_platform)
    return f"{begin}/{kind}"


@lru_cache(maxsize=4096)  # a page of listings asks a hundred times, and mostly for the same ones
def _path(*parts: str) -> str:
    return "/plugport/v1/extensions/" + "/".join(quote(part, safe="") for part in parts)


def task_icon_path(task_id: str) -> str:
    """The path at which the icon of a task's package is served, before it is published and after."""
    return f"/plugport/v1/extension-tasks/{task_id}/icon"


def identifier(publisher: str, name: str) -> str:
    """By which an extension is found, whatever the case of its names."""
    return f"{publisher}.{name}".lower()


def package_of(served: ServedVersion) -> Package:
    """What goes out of a version."""
    platform = "" if served.target_platform == UNIVERSAL else f"-{served.target_platform}"
    return Package(
        tenant_id=served.tenant_id,
        version_id=served.version_id,
        sha256=served.package_sha256,
        file_name=file_name(f"{served.publisher_name}.{served.name}{platform}-{served.version}.vsix"),
        media_type=MEDIA_TYPE,
        is_final=served.is_published,
    )


def media_type(kind: AssetKind, found: str) -> str:
    """As what a file is sent. Texts are plain text, whatever they hold; a picture is what was `found` in the package, if it is
    one that cannot hold a script."""
    if kind is not AssetKind.ICON:
        return _TEXT
    return found if found in _PICTURES else _UNKNOWN


def served(asset: Asset, *, is_final: bool) -> ServedAsset:
    """A file of a package as it is sent."""
    return ServedAsset(
        kind=asset.kind,
        media_type=media_type(asset.kind, asset.media_type),
        sha256=asset.sha256,
        content=asset.content,
        is_final=is_final,
    )


def is_shown(sent_as: str) -> bool:
    """Whether a browser may show what is sent as this media type."""
    return sent_as != _UNKNOWN
