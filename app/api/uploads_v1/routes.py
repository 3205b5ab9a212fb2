"""`/plugport/v1/uploads*`: announce a file, send its chunks, ask how it fares, complete it or give it up."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post, put
from litestar.params import HeaderParameter, PathParameter

from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.uploads_v1 import translate
from app.registry import Registry
from schemas.model.access import Caller
from schemas.paging import Paging
from schemas.wire import uploads_v1 as wire

UploadId = Annotated[str, PathParameter(max_length=64, description="The upload, as answered when it was created.")]
Number = Annotated[
    int, PathParameter(ge=1, le=wire.MOST_CHUNKS, description="The chunk, from 1 to the upload's `total_chunks`.")
]
IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        pattern=r"^[\x21-\x7e]+(?!\n)$",
        min_length=1,
        max_length=200,
        description="1 to 200 visible ASCII characters. However often a request comes with one key, it has one effect.",
    ),
]
ContentMd5 = Annotated[
    str | None,
    HeaderParameter(name="Content-MD5", max_length=1024, description="MD5 of the body in Base64 (RFC 1864)."),
]
ContentDigest = Annotated[
    str | None,
    HeaderParameter(
        name="Content-Digest",
        max_length=4096,
        description="`sha-256=:<Base64>:`, the SHA-256 of the body (RFC 9530). Other algorithms in it are passed over.",
    ),
]


class UploadsController(Controller):
    """Of our own. Everything is JSON but the bodies of chunks."""

    path = "/plugport/v1/uploads"
    tags = ("Uploads",)

    @post("/", **operation("create_upload", status=201, publisher_token=True))
    async def create(
        self,
        data: wire.CreateUploadRequest,
        caller: Caller,
        registry: Registry,
        idempotency_key: IdempotencyKey = None,
    ) -> wire.CreatedUpload:
        """Announce a file. The answer says how large its chunks are and where they go.

        Where the account has the same bytes already (by SHA-256), `already_stored` is true and nothing need be sent.
        """
        return translate.to_created(await registry.uploads.create(caller, translate.to_new(data), idempotency_key))

    @get("/limits", **operation("show_upload_limits", publisher_token=True))
    async def limits(self, caller: Caller, registry: Registry) -> wire.UploadLimits:
        """Show how much may come in, and how much of that is taken at the moment."""
        return translate.to_limits(await registry.uploads.limits(caller))

    @get("/", **operation("list_uploads", publisher_token=True))
    async def list_uploads(
        self, caller: Caller, registry: Registry, offset: Offset = 0, limit: Limit = 10
    ) -> wire.UploadPage:
        """List uploads, the newest first: the caller's own, or the account's for administrators.

        With a publisher token: those of its publisher, whoever began them.
        """
        paging = Paging(offset=offset, limit=limit)
        return translate.to_page(await registry.uploads.list_own(caller, paging), paging)

    @get("/{upload_id:str}", **operation("show_upload", publisher_token=True))
    async def show(self, upload_id: UploadId, caller: Caller, registry: Registry) -> wire.UploadDocument:
        """Show an upload: its state, why, what to do next, and which chunks are there and missing.

        That is all a client needs to go on with an upload that another one began.
        """
        return translate.to_document(await registry.uploads.show(caller, upload_id))

    @put(
        "/{upload_id:str}/chunks/{number:int}",
        **operation("add_chunk", publisher_token=True),
        request_max_body_size=None,  # the use-case bounds what it takes
    )
    async def add_chunk(
        self,
        request: Request[Any, Any, Any],
        upload_id: UploadId,
        number: Number,
        caller: Caller,
        registry: Registry,
        content_md5: ContentMd5 = None,
        content_digest: ContentDigest = None,
    ) -> wire.ChunkReceipt:
        """Send one chunk: the body is its bytes, whatever content type it says.

        Chunks come in any order and in parallel. The same bytes again are a success; other bytes replace the chunk until
        the upload is completed and are refused afterwards. A chunk that is refused, or whose line is cut, changes nothing.
        """
        translate.check_headers(request.headers)
        receipt = await registry.uploads.add_chunk(
            caller,
            upload_id,
            number,
            request.stream(),
            length=translate.to_length(request.headers),
            md5=translate.to_md5(content_md5),
            sha256=translate.to_sha256(content_digest),
        )
        return translate.to_receipt(receipt)

    @post("/{upload_id:str}/complete", **operation("complete_upload", publisher_token=True))
    async def complete(
        self, upload_id: UploadId, caller: Caller, registry: Registry, idempotency_key: IdempotencyKey = None
    ) -> wire.UploadDocument:
        """Join the chunks into the file, and have it inspected.

        Where chunks are missing they are named and the upload goes on; so it does where the whole file has another SHA-256
        than was announced.
        """
        return translate.to_document(await registry.uploads.complete(caller, upload_id, idempotency_key))

    @delete("/{upload_id:str}", **operation("abort_upload", publisher_token=True))
    async def abort(self, upload_id: UploadId, caller: Caller, registry: Registry) -> wire.UploadDocument:
        """Give up an upload. Its chunks are removed."""
        return translate.to_document(await registry.uploads.abort(caller, upload_id))

    @post("/{upload_id:str}/chunk-urls", **operation("create_chunk_urls", publisher_token=True))
    async def create_chunk_urls(
        self, upload_id: UploadId, data: wire.ChunkUrlsRequest, caller: Caller, registry: Registry
    ) -> wire.ChunkUrls:
        """Ask for addresses at which the storage itself takes chunks; refused where it has none.

        What is sent there is verified when the upload is completed.
        """
        return translate.to_urls(await registry.uploads.part_urls(caller, upload_id, data.numbers))
