"""Packages on their way out."""

from datetime import date

from schemas.base import Entity


class Release(Entity, frozen=True):
    """A released version that has a package: the bytes of this SHA-256 (64 lower-case hex digits), kept by the tenant."""

    tenant_id: str
    version_id: str
    plugin_name: str
    version: str
    sha256: str
    is_withheld: bool = False
    """It is in quarantine."""


class Package(Entity, frozen=True):
    """What goes out of a version, whatever it is a version of: the bytes of this SHA-256, kept by the tenant; what the file is
    called, and of which media type it is.

    `is_final`: there never are other bytes at its address.
    """

    tenant_id: str
    version_id: str
    sha256: str
    file_name: str
    media_type: str
    is_final: bool = True


class Download(Entity, frozen=True):
    """A package, ready to be sent: `size` bytes, read back and proven, under the blob key `key`.

    `pieces` are the SHA-256 of its pieces one after the other; each is checked before it is sent.
    """

    package: Package
    size: int
    key: str
    pieces: bytes


class Wanted(Entity, frozen=True):
    """What a client says of the bytes it has and wants: the request's headers of RFC 9110, as they came. None: absent."""

    if_match: str | None = None
    if_none_match: str | None = None
    range: str | None = None
    if_range: str | None = None


class Span(Entity, frozen=True):
    """`length` bytes from `offset`; never none."""

    offset: int
    length: int


class DownloadDay(Entity, frozen=True):
    """How many whole downloads of a version ended on a day (UTC)."""

    day: date
    downloads: int


class DownloadCounts(Entity, frozen=True):
    """How often a version was downloaded: in all, and on each of the latest days that had a download, latest first."""

    total: int
    days: list[DownloadDay]
