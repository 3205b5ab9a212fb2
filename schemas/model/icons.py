"""Pictures of plug-ins and publishers."""

from enum import StrEnum
from typing import Literal

from schemas.base import Entity

MediaType = Literal["image/png", "image/jpeg", "image/webp", "image/gif"]


class IconKind(StrEnum):
    """Whose picture it is, in the contract's words."""

    PLUGIN = "plugin"
    PUBLISHER = "publish"


class Icon(Entity, frozen=True):
    """A stored picture. `path` is how clients name it: relative to the service's root, with `object_key` in it."""

    object_key: str
    tenant_id: str
    kind: IconKind
    path: str
    media_type: MediaType
    sha256: str
    size: int
