"""Every key a blob can have, in one place.

Tenants never share a key, so that no tenant can learn from a key what another one stored.
"""

import re

from schemas.ids import new_id

OURS = "t/"
"""What every key starts with. Whatever else lies in a bucket is none of ours."""

_ASSEMBLED = re.compile(r"(t/[^/]+)/f/([^/]+)")
_PART = re.compile(r"([0-9]{5})\.([0-9a-f]{32}|at-[0-9]+-[0-9]+)")
_PLACED = re.compile(r"at-([0-9]+)-([0-9]+)")


def incoming(tenant_id: str) -> str:
    """A key, never used twice, for bytes on their way in whose digest is not known yet."""
    return f"t/{tenant_id}/in/{new_id()}"


def content(tenant_id: str, sha256: str) -> str:
    """The key of verified bytes: their SHA-256 (64 lower-case hex digits)."""
    return f"t/{tenant_id}/b/{sha256}"


def assembled(tenant_id: str, upload_id: str, round_: int) -> str:
    """The key, for ever, of a file that is put together from parts. Each attempt to join it (`round_`) has its own."""
    return f"t/{tenant_id}/f/{upload_id}-{round_}"


def parts_of(key: str) -> str:
    """What the keys of the parts of an assembled file start with, where parts are blobs of their own: it ends with `/`.

    Raises `ValueError` for a key that is none of `assembled`.
    """
    found = _ASSEMBLED.fullmatch(key)
    if found is None:
        raise ValueError(f"{key[:80]!r} is not the key of an assembled file")
    return f"{found[1]}/u/{found[2]}/"


def part(prefix: str, slot: int, tag: str) -> str:
    """The key of a part that is a blob of its own; `prefix` is that of `parts_of`, `tag` an id, or one of `placed`."""
    return f"{prefix}{slot:05}.{tag}"


def whole(prefix: str) -> str:
    """The key of the file in which parts lie that were written to their places at once; `prefix` is that of `parts_of`."""
    return f"{prefix}whole"


def placed(offset: int, size: int) -> str:
    """The tag of such a part."""
    return f"at-{offset}-{size}"


def place_and_size(tag: str) -> tuple[int, int] | None:
    """What a tag says that `placed` has made. None for any other."""
    found = _PLACED.fullmatch(tag)
    return None if found is None else (int(found[1]), int(found[2]))


def slot_and_tag(name: str) -> tuple[int, str] | None:
    """What the last segment of a key says that `part` has made. None for any other."""
    found = _PART.fullmatch(name)
    return None if found is None else (int(found[1]), found[2])
