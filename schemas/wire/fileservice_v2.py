"""`/v2/fileservice/file/upload`: a file of a publisher comes in chunks, each in a form of its own.

Source: CodeArts IDE Online API Reference, upload_file_publisher, and the official SDK (UploadFilePublisherRequestBody). A form
has texts only; `app/api/fileservice_v2/translate.py` reads numbers and booleans out of them before they are held against
`ChunkForm`. The answer's `result` is an untyped object in the contract; its fields are ours.
"""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.text import FileName, Id, Md5, Sha256

MOST_CHUNKS = 100

ChunkIndex = Annotated[
    int, Meta(ge=1, le=MOST_CHUNKS, description="The number of this chunk, from 1 to `total_chunk_num`.")
]
ChunkTotal = Annotated[int, Meta(ge=1, le=MOST_CHUNKS, description="How many chunks the file comes in.")]
FileSize = Annotated[int, Meta(ge=1, le=2**53, description="The size of the whole file in bytes.")]


class ChunkForm(Wire, kw_only=True):
    """The text parts beside the part `file`, which holds the chunk's bytes and comes last. Empty optional ones are absent."""

    chunk_index: ChunkIndex
    total_chunk_num: ChunkTotal
    chunk_md5: Annotated[Md5, Meta(description="MD5 of this chunk, 32 hexadecimal digits.")]
    parent_file_name: FileName
    parent_file_size: FileSize
    override: Annotated[bool, Meta(description="Whether a file of that name of the publisher may be replaced.")]
    merge: Annotated[bool, Meta(description="Join all chunks after this one.")]
    parent_file_sha256: Annotated[
        Sha256 | None, Meta(description="SHA-256 of the whole file, 64 hexadecimal digits; may come with any chunk.")
    ] = None
    task_id: Annotated[Id | None, Meta(description="As answered to the first chunk; absent: a new task begins.")] = None
    publisher_id: Annotated[
        Id | None, Meta(description="The publisher; needed unless the credential is a publisher token.")
    ] = None


class ChunkTaken(Wire, kw_only=True):
    """What became of a chunk. `url` tells how the merged file fares; empty until it is merged."""

    task_id: str
    chunk_index: int
    merged: bool
    file_name: str
    url: str


class ChunkAnswer(Wire, kw_only=True):
    """UploadFilePublisherResponse."""

    result: ChunkTaken
    status: Literal["success"] = "success"
