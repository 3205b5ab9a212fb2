"""`/v2/fileservice/file/upload` (CodeArts IDE Online API Reference, upload_file_publisher)."""

from typing import Any

from litestar import Controller, Request, post

from app.api.fileservice_v2 import translate
from app.api.operations import operation
from app.api.streaming import form_file
from app.registry import Registry
from schemas.model.access import Caller
from schemas.wire import fileservice_v2 as wire


class FileServiceController(Controller):
    """The chunks of files."""

    path = "/v2/fileservice/file"
    tags = ("Uploads",)

    @post(
        "/upload",
        **operation("upload_file_publisher", publisher_token=True),
        request_max_body_size=None,  # the use-case bounds what it takes
    )
    async def upload(self, request: Request[Any, Any, Any], caller: Caller, registry: Registry) -> wire.ChunkAnswer:
        """Upload one chunk of a publisher's file, and join the chunks when `merge` says so.

        The form's text parts come first and the part `file` last. Chunks come in any order and in parallel. The same chunk
        again is a success; other bytes replace it until the merge and are refused afterwards. Without a `task_id` a new
        task begins; its id is in every answer.
        """
        async with form_file(request, "file", translate.TEXTS) as file:
            most = int(request.headers.get("content-length", 0)) or None  # the file has less than the form around it
            receipt = await registry.uploads.add_form_chunk(
                caller, translate.to_chunk(file.texts), file.body, most=most
            )
        return translate.to_answer(receipt)
