"""What is kept of every change."""

from typing import Any

from schemas.base import Entity


class Change(Entity, frozen=True):
    """One change: what was done (`plugin.released`) to which object, and the facts worth keeping, never a secret."""

    action: str
    object_kind: str
    object_id: str
    detail: dict[str, Any] = {}
