"""Extensions on their way to those who install them, and how often they were."""

from datetime import date

from schemas.base import Entity
from schemas.model.extensions import AssetKind


class ServedVersion(Entity, frozen=True):
    """A version of an extension for one target platform, as far as it is needed to send its package and the files of it.

    `publisher_name` and `name` as the extension spells them. Without `is_published` only the own tenant gets it, and another
    package may come to be at its address.
    """

    extension_id: str
    version_id: str
    tenant_id: str
    publisher_name: str
    name: str
    version: str
    target_platform: str
    is_published: bool
    is_withheld: bool
    """It is in quarantine."""
    package_sha256: str


class ServedAsset(Entity, frozen=True):
    """A file of a package, ready to be sent; `sha256` in hex. `is_final`: there never are other bytes at its address."""

    kind: AssetKind
    media_type: str
    sha256: str
    content: bytes
    is_final: bool


class InstallDay(Entity, frozen=True):
    """How often a version of an extension was installed on a day (UTC)."""

    day: date
    version: str
    target_platform: str
    installs: int


class InstallCounts(Entity, frozen=True):
    """How often an extension was installed: in all, and by version and day.

    An install is a whole download of a published version's package; a user's second one of a version within an hour is none.
    `rows` is how many days of versions had installs; `days` are some of them, latest first.
    """

    installs: int
    rows: int
    days: list[InstallDay]
