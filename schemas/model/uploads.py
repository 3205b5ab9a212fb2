"""Files that come in chunks: what is announced, what has come, and what becomes of it."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from schemas.base import Entity
from schemas.model.checks import Finding
from schemas.model.plugins import BusinessType


class UploadState(StrEnum):
    """Where an upload stands. `MOVES` says what may follow."""

    RECEIVING = "receiving"
    """Chunks come in."""
    JOINING = "joining"
    """All chunks are there; somebody joins them."""
    CHECKING = "checking"
    """The file is whole and kept; a job reads it back and inspects it."""
    ACCEPTED = "accepted"
    """The inspection found nothing against it. The version of a basic plug-in is released by that."""
    REFUSED = "refused"
    """The inspection found something against it; reason and findings say what."""
    FAILED = "failed"
    """The inspection could not be done. It can be asked for again."""
    ABORTED = "aborted"
    """Given up by its owner."""
    EXPIRED = "expired"
    """Given up because nothing came for too long."""


_STATE = UploadState

MOVES: dict[UploadState, frozenset[UploadState]] = {
    _STATE.RECEIVING: frozenset({_STATE.JOINING, _STATE.ABORTED, _STATE.EXPIRED}),
    _STATE.JOINING: frozenset({_STATE.RECEIVING, _STATE.CHECKING, _STATE.REFUSED}),
    _STATE.CHECKING: frozenset({_STATE.ACCEPTED, _STATE.REFUSED, _STATE.FAILED}),
    _STATE.ACCEPTED: frozenset(),
    _STATE.REFUSED: frozenset(),
    _STATE.FAILED: frozenset({_STATE.CHECKING}),
    _STATE.ABORTED: frozenset(),
    _STATE.EXPIRED: frozenset(),
}
"""Every legal move. The table `upload_moves` of the database holds the same, and a trigger refuses any other."""


class Purpose(StrEnum):
    """What a file is for."""

    BASIC_PLUGIN = "basic-plugin"
    """The package of a basic plug-in, which becomes a released version of it."""
    EXTENSION = "extension"
    """The package of an IDE extension, under a publisher."""


class NewUpload(Entity, frozen=True):
    """What somebody announces. `chunk_bytes` is a wish; `size` counts bytes; `sha256` is of the whole file, in hex."""

    file_name: str
    size: int
    sha256: str
    purpose: Purpose
    plugin_name: str | None = None
    business_type: BusinessType | None = None
    publisher_id: str | None = None
    override: bool = False
    chunk_bytes: int | None = None


class UploadSpec(Entity, frozen=True):
    """What an upload shall become. The file comes in `total_chunks` chunks numbered from 1.

    Each has `chunk_bytes` bytes but for a shorter last one; None where they may have any size.
    """

    file_name: str
    size: int
    sha256: str | None
    purpose: Purpose
    plugin_name: str | None
    business_type: BusinessType | None
    publisher_id: str | None
    override: bool
    chunk_bytes: int | None
    total_chunks: int


class Upload(Entity, frozen=True):
    """One file on its way in, or what became of it."""

    id: str
    tenant_id: str
    user_id: str
    user_name: str
    credential: Literal["token", "signature", "console", "publisher-token"]
    spec: UploadSpec
    state: UploadState
    reason: str
    findings: list[Finding]
    epoch: int
    """Counts the claims to join it; whoever commits must hold the latest."""
    round: int
    """Counts the ways back to receiving: a file of a wrong digest, or lost chunks, begins the next."""
    assembly_key: str
    assembly_handle: str
    found_sha256: str | None
    """SHA-256 of the joined file, once it is."""
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    """When it is given up unless more comes. Without meaning once the file is joined."""
    received: list[int]
    """The numbers of the chunks that are there, ascending."""
    received_bytes: int
    is_superseded: bool = False
    """Whether a later file of the same name took the place of an extension's package."""


class Chunk(Entity, frozen=True):
    """A chunk that is there. Of the digests (hex) there is one at least unless it came directly; `slot` and `tag` are the
    store's."""

    number: int
    slot: int
    size: int
    tag: str
    md5: str | None = None
    sha256: str | None = None

    @property
    def is_recognised(self) -> bool:
        """Whether the same bytes can be told from others when they come again."""
        return self.md5 is not None or self.sha256 is not None


class UploadLimits(Entity, frozen=True):
    """How much may come in; bytes and counts are those of the whole tenant, except of a file and a chunk."""

    max_file_bytes: int
    least_chunk_bytes: int
    most_chunk_bytes: int
    most_chunks: int
    most_open_uploads: int
    open_uploads: int
    most_staged_bytes: int
    staged_bytes: int
    expires_after_hours: int


class Receipt(Entity, frozen=True):
    """The answer to an announcement. `already_stored`: the tenant has these bytes, so none need be sent."""

    upload: Upload
    limits: UploadLimits
    already_stored: bool


class ChunkReceipt(Entity, frozen=True):
    """A chunk that was taken, and how many of how many there are now. Digests in hex, as far as they were computed."""

    number: int
    size: int
    md5: str | None
    sha256: str | None
    received: int
    total: int


class PartUrl(Entity, frozen=True):
    """Where the bytes of one chunk, `size` of them, may be PUT directly, and until when."""

    number: int
    url: str
    size: int
    expires_at: datetime


class FormChunk(Entity, frozen=True):
    """A chunk as the contract's form tells of it (upload_file_publisher); spelled as there."""

    chunk_index: int
    total_chunk_num: int
    chunk_md5: str
    parent_file_name: str
    parent_file_size: int
    parent_file_sha256: str | None = None
    override: bool = False
    merge: bool = False
    task_id: str | None = None
    publisher_id: str | None = None


class FormReceipt(Entity, frozen=True):
    """What the form is answered with. `merged`: the file is joined and kept."""

    task_id: str
    chunk_index: int
    merged: bool
    file_name: str


class UploadPolicy(Entity, frozen=True):
    """The limits that the operator sets. Bytes, counts, hours."""

    max_file_bytes: int
    most_open_uploads: int
    most_staged_bytes: int
    expires_after_hours: int
