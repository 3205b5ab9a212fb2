"""`/plugport/v1/uploads*`: files that come in chunks, with raw bodies. The contract has no such operations; these are ours.

Sizes count bytes, chunks are numbered from 1, digests are hexadecimal, and moments are ISO 8601 with milliseconds, UTC, with
`Z`. A range is `[first, last]`, both included.
"""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.text import BusinessType, FileName, Id, PluginName, Sha256

MOST_CHUNKS = 1000

Range = Annotated[tuple[int, int], Meta(description="First and last number, both included.")]
ChunkSize = Annotated[int, Meta(ge=1, le=2**53, description="A wish; the answer says how large chunks are.")]
ChunkNumber = Annotated[int, Meta(ge=1, le=MOST_CHUNKS)]
PurposeWord = Literal["basic-plugin", "extension"]
StateWord = Literal["receiving", "joining", "checking", "accepted", "refused", "failed", "aborted", "expired"]


class CreateUploadRequest(Wire, kw_only=True):
    """A file that somebody is about to send."""

    file_name: FileName
    size: Annotated[int, Meta(ge=1, le=2**53, description="The size of the whole file.")]
    sha256: Sha256
    purpose: PurposeWord
    plugin_name: Annotated[PluginName | None, Meta(description="The plug-in that a basic-plugin package is of.")] = None
    business_type: Annotated[BusinessType | None, Meta(description="Absent: the manifest's category.")] = None
    publisher_id: Annotated[
        Id | None, Meta(description="The publisher of an extension; a publisher token names its own.")
    ] = None
    override: Annotated[bool, Meta(description="Whether an extension's file of that name may be replaced.")] = False
    chunk_size: ChunkSize | None = None


class ChunkUrlsRequest(Wire, kw_only=True):
    """The chunks that a client wants to send to the storage directly."""

    numbers: Annotated[list[ChunkNumber], Meta(min_length=1, max_length=100)]


class UploadLimits(Wire, kw_only=True):
    """How much may come in. Bytes staged and uploads open are counted over the whole account."""

    max_file_bytes: int
    least_chunk_bytes: int
    most_chunk_bytes: int
    most_chunks: int
    most_open_uploads: int
    open_uploads: int
    most_staged_bytes: int
    staged_bytes: int
    expires_after_hours: int


class UploadFinding(Wire, kw_only=True):
    """What the inspection found: in which entry of the archive, against which rule, and what to do."""

    entry: str
    rule: str
    remedy: str


class UploadLinks(Wire, kw_only=True):
    """Where to go on. In `chunk`, `{number}` stands for the chunk's number."""

    self: str
    chunk: str
    complete: str
    chunk_urls: str


class UploadDocument(Wire, kw_only=True):
    """An upload: what was announced, what has come, how it fares and what to do next.

    Chunk n begins at byte (n - 1) * `chunk_size`, the last may be shorter. `chunk_size` is null where chunks came with
    sizes of their own (`/v2/fileservice/file/upload`).
    """

    upload_id: str
    state: StateWord
    reason: str
    next_step: str
    owner: str
    file_name: str
    size: int
    sha256: str | None
    purpose: PurposeWord
    plugin_name: str | None
    business_type: BusinessType | None
    publisher_id: str | None
    override: bool
    chunk_size: int | None
    total_chunks: int
    received: list[Range]
    received_bytes: int
    missing: list[Range]
    findings: list[UploadFinding]
    created_at: str
    updated_at: str
    expires_at: str
    links: UploadLinks


class CreatedUpload(UploadDocument, kw_only=True):
    """An upload that begins. `already_stored`: the account has these very bytes, so no chunk need be sent."""

    already_stored: bool
    limits: UploadLimits


class UploadPage(Wire, kw_only=True):
    """One part of the uploads that the caller sees, the newest first."""

    offset: int
    limit: int
    total: int
    uploads: list[UploadDocument]


class ChunkReceipt(Wire, kw_only=True):
    """A chunk that was taken, and how many of how many there are now. Digests are told as far as they were computed."""

    number: int
    size: int
    md5: str | None
    sha256: str | None
    received: int
    total: int


class ChunkUrl(Wire, kw_only=True):
    """Where the `size` bytes of one chunk may be sent by `method`, and until when."""

    number: int
    url: str
    size: int
    expires_at: str
    method: Literal["PUT"] = "PUT"


class ChunkUrls(Wire, kw_only=True):
    """In the order in which they were asked for."""

    urls: list[ChunkUrl]
