"""Pure decisions of upkeep: whose a stored key is, what a reading proves, and what a checkpoint says."""

import re
from collections.abc import Iterable

import msgspec

from schemas.errors import InvalidField
from schemas.ids import is_id
from schemas.model.upkeep import ChainHead, StoredKey
from storage.blobs.proof import Proof

LOST = "lost: nothing is stored under its key"

# The keys of storage/blobs/keys.py, read backwards.
_KEY = re.compile(
    r"t/(?P<tenant>[0-9a-f]{32})/"
    r"(in/[0-9a-f]{32}|b/(?P<digest>[0-9a-f]{64})|(f/(?P<file>[0-9a-f]{32})-[0-9]+|u/(?P<parts>[0-9a-f]{32})-[0-9]+/.+))"
)
_HASH = re.compile(r"([0-9a-f]{64})?")
_LARGEST_NUMBER = 2**63 - 1


def stored_key(text: str) -> StoredKey | None:
    """What a key of ours says of itself. None for what we never wrote: it is somebody else's and left alone."""
    found = _KEY.fullmatch(text)
    if found is None:
        return None
    return StoredKey(
        text=text,
        tenant_id=found["tenant"],
        digest=found["digest"] or "",
        upload_id=found["file"] or found["parts"] or "",
    )


def damage(sha256: str, size: int, found: Proof) -> str | None:
    """How the bytes that were found differ from those that were stored; None where they do not."""
    if found.size == size and found.sha256 != sha256:
        return f"damaged: the SHA-256 is {found.sha256}"
    return size_damage(size, found.size)


def size_damage(size: int, found: int) -> str | None:
    """How the size that was found differs from that of what was stored; None where it does not."""
    return f"damaged: {found} bytes instead of {size}" if found != size else None


def read_checkpoint(lines: Iterable[str]) -> dict[str, ChainHead]:
    """The heads that a checkpoint holds, one JSON object a line, by tenant. Raises `InvalidField`."""
    heads = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            head = msgspec.json.decode(line, type=ChainHead)
        except (msgspec.DecodeError, RecursionError) as error:
            raise InvalidField("checkpoint", problem=f"Line {number} is none that a checkpoint has") from error
        if not is_id(head.tenant_id) or not 0 <= head.number <= _LARGEST_NUMBER or not _HASH.fullmatch(head.hash):
            raise InvalidField("checkpoint", problem=f"Line {number} is none that a checkpoint has")
        heads[head.tenant_id] = head
    return heads
