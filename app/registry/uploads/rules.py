"""What may be uploaded, in which pieces, by whom, and what comes next. Pure decisions."""

import re
from collections.abc import Iterable, Sequence

from schemas.errors import BodyTooLarge, ChunkRefused, ChunksMissing, FileSizeWrong, InvalidField, MissingField
from schemas.model.access import Caller, Tenant, User
from schemas.model.uploads import (
    Chunk,
    FormChunk,
    NewUpload,
    Purpose,
    Upload,
    UploadPolicy,
    UploadSpec,
    UploadState,
)
from storage.blobs.base import MOST_SLOTS, Place

KIB, MIB = 1024, 1024 * 1024

LEAST_CHUNK_BYTES = 64 * KIB
MOST_CHUNK_BYTES = 64 * MIB
USUAL_CHUNK_BYTES = 8 * MIB
MOST_CHUNKS = 1000

# How much may come in for an upload over its life, replaced and broken chunks included: enough for bad lines, too little
# for mischief.
_BEGUN_TIMES = 10
_BEGUN_FLOOR = 64 * MIB

_MOST_NAME = 255
_RANGES_TOLD = 20
_UNFIT_IN_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f/\\\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_HEX64 = re.compile(r"[0-9a-f]{64}")


def spec_of(new: NewUpload, policy: UploadPolicy) -> UploadSpec:
    """What an announcement comes down to. Raises `InvalidField`, `MissingField` or `BodyTooLarge`."""
    _check_file("file_name", new.file_name, "size", new.size, policy)
    if _HEX64.fullmatch(new.sha256) is None:
        raise InvalidField("sha256", problem="A SHA-256 has 64 lower-case hexadecimal digits")
    if new.purpose is Purpose.BASIC_PLUGIN:
        if not new.plugin_name:
            raise MissingField("plugin_name")
        if new.publisher_id is not None:
            raise InvalidField("publisher_id", problem="A basic plug-in is bound to a publisher when it is published")
    elif new.publisher_id is None:
        raise MissingField("publisher_id")
    else:
        for field, value in (("plugin_name", new.plugin_name), ("business_type", new.business_type)):
            if value:
                raise InvalidField(field, problem="An extension's package says itself what it is")
    chunk_bytes = chunk_bytes_of(new.size, new.chunk_bytes)
    return UploadSpec(
        file_name=new.file_name,
        size=new.size,
        sha256=new.sha256,
        purpose=new.purpose,
        plugin_name=new.plugin_name or None,
        business_type=new.business_type,
        publisher_id=new.publisher_id,
        override=new.override,
        chunk_bytes=chunk_bytes,
        total_chunks=-(-new.size // chunk_bytes),
    )


def require_own_publisher(caller: Caller, spec: UploadSpec) -> None:
    """Raises `InvalidField` where a publisher token is to bring what is no publisher's."""
    if caller.publisher_id is not None and spec.purpose is Purpose.BASIC_PLUGIN:
        raise InvalidField("purpose", problem="A publisher token brings extensions of its publisher, and nothing else")


def chunk_bytes_of(size: int, wish: int | None) -> int:
    """How long the chunks of a file of `size` bytes are: as wished, within what is taken, and so that 1,000 do."""
    within = min(max(wish or USUAL_CHUNK_BYTES, LEAST_CHUNK_BYTES), MOST_CHUNK_BYTES)
    return max(within, -(-size // MOST_CHUNKS))


def spec_of_form(chunk: FormChunk, policy: UploadPolicy) -> UploadSpec:
    """What the first chunk of a form announces (upload_file_publisher). Raises as `spec_of` does."""
    _check_file("parent_file_name", chunk.parent_file_name, "parent_file_size", chunk.parent_file_size, policy)
    if chunk.publisher_id is None:
        raise MissingField("publisher_id")
    return UploadSpec(
        file_name=chunk.parent_file_name,
        size=chunk.parent_file_size,
        sha256=_lower(chunk.parent_file_sha256),
        purpose=Purpose.EXTENSION,
        plugin_name=None,
        business_type=None,
        publisher_id=chunk.publisher_id,
        override=chunk.override,
        chunk_bytes=None,
        total_chunks=chunk.total_chunk_num,
    )


def spec_of_whole(file_name: str, size: int, sha256: str | None, publisher_id: str | None) -> UploadSpec:
    """What a package that came in one request comes down to: it takes the place of an earlier one of its name.

    Whose it is it says itself; with `publisher_id` it has to be that publisher's. Raises `InvalidField`.
    """
    _check_name("file", file_name)
    if size < 1:
        raise InvalidField("file", problem="A file has at least one byte")
    return UploadSpec(
        file_name=file_name,
        size=size,
        sha256=sha256,
        purpose=Purpose.EXTENSION,
        plugin_name=None,
        business_type=None,
        publisher_id=publisher_id,
        override=True,
        chunk_bytes=None,
        total_chunks=1,
    )


def _check_file(name_field: str, name: str, size_field: str, size: int, policy: UploadPolicy) -> None:
    _check_name(name_field, name)
    if size < 1:
        raise InvalidField(size_field, problem="A file has at least one byte")
    if size > policy.max_file_bytes:
        raise BodyTooLarge(size_field, limit=policy.max_file_bytes)


def _check_name(field: str, name: str) -> None:
    if not 1 <= len(name) <= _MOST_NAME or _UNFIT_IN_NAME.search(name) or name in (".", ".."):
        raise InvalidField(field, problem=f"A file name is one line of 1 to {_MOST_NAME} characters, without slashes")


def check_form(chunk: FormChunk, upload: Upload) -> None:
    """Raises `InvalidField` where a chunk tells something else of its file than the chunks before it did."""
    spec = upload.spec
    told: tuple[tuple[str, object, object], ...] = (
        ("total_chunk_num", chunk.total_chunk_num, spec.total_chunks),
        ("parent_file_name", chunk.parent_file_name, spec.file_name),
        ("parent_file_size", chunk.parent_file_size, spec.size),
        ("override", chunk.override, spec.override),
    )
    for field, now, before in told:
        if now != before:
            raise InvalidField(field, problem=f"It was {before} with the first chunk of this task, and is {now} now")
    promised = _lower(chunk.parent_file_sha256)
    if promised is not None and spec.sha256 is not None and promised != spec.sha256:
        raise InvalidField("parent_file_sha256", problem="It was another one before")
    if chunk.publisher_id is not None and chunk.publisher_id != spec.publisher_id:
        raise InvalidField("publisher_id", problem="The task is another publisher's")


def _lower(digest: str | None) -> str | None:
    return digest.lower() if digest else None


def size_of_chunk(spec: UploadSpec, number: int) -> int | None:
    """How many bytes the chunk has; None where it may have any number."""
    if spec.chunk_bytes is None:
        return None
    return min(spec.chunk_bytes, spec.size - (number - 1) * spec.chunk_bytes)


def check_number(spec: UploadSpec, number: int) -> None:
    """Raises `ChunkRefused` for a number that no chunk has."""
    if not 1 <= number <= spec.total_chunks:
        raise ChunkRefused(problem=f"its number is {number}, and the file has the chunks 1 to {spec.total_chunks}")


def check_size(spec: UploadSpec, number: int, size: int) -> None:
    """Raises `ChunkRefused` for a chunk that cannot have so many bytes."""
    wanted = size_of_chunk(spec, number)
    if wanted is not None and size != wanted:
        raise ChunkRefused(problem=f"chunk {number} has {wanted} bytes, and {size} came")
    if size < 1:
        raise ChunkRefused(problem="it is empty")
    if size > spec.size:
        raise ChunkRefused(problem=f"it has {size} bytes, and the whole file {spec.size}")


def slot_of(spec: UploadSpec, number: int, attempt: int) -> int:
    """Where an attempt's bytes go: chunks in order, and for each attempt to send one a slot of its own.

    Raises `ChunkRefused` when the chunk was begun more often than there are slots for it.
    """
    slots = MOST_SLOTS // spec.total_chunks
    if attempt > slots:
        raise ChunkRefused(problem=f"chunk {number} was begun {slots} times; abort the upload and make another")
    return (number - 1) * slots + attempt


def place_of(spec: UploadSpec, number: int, slot: int, chunk_bytes: int | None) -> Place | None:
    """Where in the file the chunk lies, for the first attempt to send it; None for later ones, and where nobody knows.

    An earlier attempt may still be writing: so each place belongs to one attempt for ever. `chunk_bytes` is how long
    chunks are, or seem to be, that of the first one; None before that has come.
    """
    if slot != slot_of(spec, number, 1):
        return None
    if chunk_bytes is None:
        return Place(offset=0, room=spec.size) if number == 1 else None
    offset = (number - 1) * chunk_bytes
    return Place(offset=offset, room=min(chunk_bytes, spec.size - offset)) if offset < spec.size else None


def check_begun(spec: UploadSpec, begun: int) -> None:
    """Raises `ChunkRefused` when chunks were begun so often that many times the file could have come."""
    if begun > _BEGUN_TIMES * spec.size + _BEGUN_FLOOR:
        raise ChunkRefused(problem="too many chunks were begun or replaced; abort the upload and make another")


def check_complete(spec: UploadSpec, chunks: Sequence[Chunk]) -> None:
    """Raises `ChunksMissing` (naming them) or `FileSizeWrong` unless the chunks make up the file."""
    gaps = missing(spec, [each.number for each in chunks])
    if gaps:
        told = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in gaps[:_RANGES_TOLD])
        more = " and more" if len(gaps) > _RANGES_TOLD else ""
        raise ChunksMissing(total=spec.total_chunks, missing=f"{told}{more}")
    size = sum(each.size for each in chunks)
    if size != spec.size:
        raise FileSizeWrong(found=size, promised=spec.size)


def missing(spec: UploadSpec, received: Iterable[int]) -> list[tuple[int, int]]:
    """The chunks that are not there, as ranges with both ends."""
    there = set(received)
    return ranges(number for number in range(1, spec.total_chunks + 1) if number not in there)


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Ascending numbers as ranges with both ends."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def may_see(caller: Caller, upload: Upload) -> bool:
    """Whether the upload is the caller's to see and go on with: his own, or any of the tenant for administrators.

    A publisher token sees those of its publisher, whoever made them.
    """
    if upload.tenant_id != caller.tenant_id:
        return False
    if caller.publisher_id is not None:
        return upload.spec.publisher_id == caller.publisher_id
    return caller.is_admin or upload.user_id == caller.user_id


def maker(upload: Upload, user: User | None = None, tenant: Tenant | None = None) -> Caller:
    """Whoever made the upload, for what is done to it later; without `user` and `tenant` he has no rights."""
    return Caller(
        user_id=upload.user_id,
        user_name=upload.user_name,
        tenant_id=upload.tenant_id,
        tenant_name=tenant.name if tenant else "",
        official=tenant.official if tenant else False,
        roles=frozenset(user.roles if user else ()),
        credential=upload.credential,
        request_id=f"upload-{upload.id}",
        publisher_id=upload.spec.publisher_id if upload.credential == "publisher-token" else None,
    )


_NEXT = {
    UploadState.JOINING: "wait, or complete the upload once more: the chunks are being joined",
    UploadState.CHECKING: "wait: the file is being inspected",
    UploadState.REFUSED: "mend what the findings name and upload the file again",
    UploadState.FAILED: "complete the upload once more, which inspects the file again; if that fails too, upload it anew",
    UploadState.ABORTED: "make another upload",
    UploadState.EXPIRED: "make another upload",
}


def next_step(upload: Upload) -> str:
    """What is to be done now, in words."""
    if upload.state is UploadState.RECEIVING:
        gaps = missing(upload.spec, upload.received)
        return "send the missing chunks" if gaps else "complete the upload"
    if upload.state is UploadState.ACCEPTED:
        if upload.spec.purpose is Purpose.BASIC_PLUGIN:
            return "nothing: the version is released"
        return "publish the extension"
    return _NEXT[upload.state]
