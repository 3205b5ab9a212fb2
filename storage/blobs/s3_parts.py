"""Multipart uploads of S3: a blob that is sent in parts, and comes to be when they are joined."""

import base64
import hashlib
from collections.abc import Container, Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from minio import Minio
from minio.commonconfig import CopySource
from minio.datatypes import ListMultipartUploadsResult, ListPartsResult, Upload

from storage.blobs import keys
from storage.blobs.base import Assembly, Part, is_key
from storage.blobs.s3_line import AT_LEAST_TWICE, NEW_ONLY, Line, UploadGone, WrongAnswerError
from storage.blobs.spool import Spool

LEAST_PART_BYTES = 5 * 1024 * 1024
"""S3 takes no smaller part but the last."""

_PARTS_AT_ONCE = 1000
_TWICE = 2  # a part that was sent again is listed twice by SeaweedFS
_UPLOADS_AT_ONCE = 1000
_MARK = "multipart:"  # begins the handles of multipart uploads; no key holds a colon


class Multipart:
    """The multipart upload `upload_id` for `key`. Blocking. Every method may be called again.

    Raises `UploadGone` where it was completed or removed, unless said otherwise.
    """

    def __init__(self, line: Line, key: str, upload_id: str) -> None:
        self._line = line
        self._key = key
        self.upload_id = upload_id

    @property
    def handle(self) -> str:
        """The handle of an assembly whose parts are those of this upload."""
        return f"{_MARK}{self.upload_id}"

    @classmethod
    def of(cls, line: Line, assembly: Assembly) -> "Multipart | None":
        """That of an assembly. None where its parts are blobs of their own."""
        if not assembly.handle.startswith(_MARK):
            return None
        return cls(line, assembly.key, assembly.handle.removeprefix(_MARK))

    @classmethod
    def begin(cls, line: Line, key: str) -> "Multipart":
        """A new one."""
        return cls(line, key, line.ask(lambda client, bucket: client._create_multipart_upload(bucket, key, {})))

    @classmethod
    def begun(cls, line: Line, key: str) -> "list[Multipart]":
        """Those for `key` that are not finished."""
        found = _unfinished(line, key)
        return [cls(line, key, each.upload_id or "") for each in found if each.object_name == key]

    def send(self, slot: int, spool: Spool) -> Part:
        """Makes what `spool` holds the part at `slot`, instead of the one that was there."""
        size = spool.size
        return Part(slot=slot, size=size, tag=self._line.send(self._key, spool, headers={}, query=self._query(slot)))

    def copy(self, part: Part, source: str, first: int, whole: bool) -> Part:
        """Makes the bytes from `first` of the blob `source` a part as `part`. `whole`: they are all of it."""
        if not part.size:
            return self.send(part.slot, Spool())
        headers = CopySource(self._line.bucket, source).gen_copy_headers()
        if not whole:
            headers["x-amz-copy-source-range"] = f"bytes={first}-{first + part.size - 1}"
        tag, _ = self._line.ask(
            lambda client, bucket: client._upload_part_copy(
                bucket, self._key, self.upload_id, part.slot, dict(headers)
            ),
            source,
            attempts=AT_LEAST_TWICE,
        )
        return Part(slot=part.slot, size=part.size, tag=tag)

    def parts(self) -> list[Part]:
        """What is there, by slot. Nothing where the upload is gone."""
        found: list[Part] = []
        marker = None
        while True:
            try:
                page = self._page(marker)
            except UploadGone:
                return []
            found += [Part(slot=each.part_number, size=each.size or 0, tag=each.etag) for each in page.parts]
            marker = page.next_part_number_marker
            if not page.is_truncated or not marker:
                return list(dict.fromkeys(found))  # a part that was sent again is listed twice by SeaweedFS

    def holds(self, part: Part) -> bool:
        """Whether the part is there, whatever the store said when it was sent."""
        page = self._page(str(part.slot - 1), most=_TWICE)
        return any((each.part_number, each.size) == (part.slot, part.size) for each in page.parts)

    def complete(self, parts: Sequence[Part]) -> None:
        """Makes the blob of these parts. Raises `KeyTaken` or `PartGone`, too. Whether it is there has to be looked up."""
        listed = "".join(
            f"<Part><PartNumber>{part.slot}</PartNumber><ETag>&quot;{escape(part.tag)}&quot;</ETag></Part>"
            for part in parts
        )
        body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
        md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
        headers = {"Content-Type": "application/xml", "Content-MD5": md5, **NEW_ONLY}
        self._line.ask(lambda client, bucket: self._complete(client, bucket, body, headers), attempts=AT_LEAST_TWICE)

    def abort(self) -> None:
        """Removes the parts. Success also where the upload is gone."""
        try:
            self._line.ask(
                lambda client, bucket: client._abort_multipart_upload(bucket, self._key, self.upload_id), self._key
            )
        except (UploadGone, KeyError):
            return

    def presigned(self, slot: int, size: int, seconds: int) -> str:
        """A URL at which the part, of exactly `size` bytes, can be PUT for so long."""
        return self._line.presigned_put(self._key, size=size, seconds=seconds, query=self._query(slot))

    def _query(self, slot: int) -> dict[str, str]:
        return {"partNumber": str(slot), "uploadId": self.upload_id}

    def _page(self, marker: str | None, *, most: int = _PARTS_AT_ONCE) -> ListPartsResult:
        return self._line.ask(
            lambda client, bucket: client._list_parts(
                bucket, self._key, self.upload_id, max_parts=most, part_number_marker=marker
            )
        )

    def _complete(self, client: Minio, bucket: str, body: bytes, headers: dict[str, str]) -> None:
        answer = client._execute(
            "POST", bucket, self._key, body=body, headers=dict(headers), query_params={"uploadId": self.upload_id}
        )
        if b"<Error>" in answer.data:
            raise WrongAnswerError("the store says success, and names an error inside")


def abort_unfinished(line: Line, before: datetime, keep: Container[str]) -> int:
    """Removes the multipart uploads for keys of ours that were begun before then and whose handles are not in `keep`."""
    removed = 0
    for each in _unfinished(line, keys.OURS):
        upload = Multipart(line, each.object_name, each.upload_id or "")
        begun = each.initiated_time
        if is_key(each.object_name) and begun is not None and begun <= before and upload.handle not in keep:
            upload.abort()
            removed += 1
    return removed


def _unfinished(line: Line, prefix: str) -> list[Upload]:
    """The multipart uploads for keys that start with `prefix`."""
    found: list[Upload] = []
    at: tuple[str | None, str | None] = (None, None)
    while True:
        page, marker = _page_of_unfinished(line, prefix, *at), at
        found += page.uploads
        # The SDK puts the second of them where nobody looks. S3 goes by both, SeaweedFS by the second alone.
        at = (page.next_key_marker, getattr(page, "self._next_upload_id_marker", None) or page.next_upload_id_marker)
        if not page.is_truncated or at in ((None, None), marker):
            return found


def _page_of_unfinished(
    line: Line, prefix: str, key_marker: str | None, upload_id_marker: str | None
) -> ListMultipartUploadsResult:
    return line.ask(
        lambda client, bucket: client._list_multipart_uploads(
            bucket,
            prefix=prefix,
            key_marker=key_marker,
            upload_id_marker=upload_id_marker,
            max_uploads=_UPLOADS_AT_ONCE,
        )
    )
