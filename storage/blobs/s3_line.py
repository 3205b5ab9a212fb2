"""The line to a bucket: what is asked there is repeated while that may help, and its failures become a store's.

The SDK blocks, waits five minutes and repeats five times of its own accord, so it works over connections of our own:
2 s to connect, 10 s of silence, and we repeat.
"""

import hashlib
import hmac
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar
from urllib.parse import parse_qsl, quote, urlsplit, urlunsplit
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error, ServerError
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from storage.blobs.spool import Spool
from storage.blobs.streams import full, unavailable

R = TypeVar("R")

_CONNECT_SECONDS = 2
_READ_SECONDS = 10
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 1.0
_SENDING_SECONDS = 3600  # how long a request of ours may be on its way before the store refuses it

AT_LEAST_TWICE = 2

NEW_ONLY = {"If-None-Match": "*"}
"""Headers of a request that may not overwrite anything."""

_FULL_CODES = {"XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "QuotaExceeded", "InsufficientStorage"}
_FULL_STATUS = 507
_PASSING_CODES = {"RequestTimeout", "SlowDown", "ConditionalRequestConflict", "BadDigest", "XAmzContentSHA256Mismatch"}
_PASSING_STATUSES = {408, 429, 500, 502, 503, 504}


class Finding(Exception):
    """What was asked for cannot be, and asking again does not help: an answer rather than a failure. It never leaves
    the store."""


class KeyTaken(Finding):
    """Something is under the key already."""


class PastTheEnd(Finding):
    """The range begins at or after the end of the blob."""


class UploadGone(Finding):
    """The multipart upload was completed or removed, or never was."""


class PartGone(Finding):
    """A part of a multipart upload is not there, or is not what it was."""


class WrongAnswerError(Exception):
    """The store answered with success, but not to what was asked. Raised within `Line.ask`, which repeats."""


class Line:
    """One bucket, by the SDK. `patience` is how many seconds after its begin a call is still repeated."""

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        *,
        access_key: str,
        secret_key: str,
        region: str,
        secure: bool,
        patience: float,
        connections: int,
    ) -> None:
        self.bucket = bucket
        self._secret_key = secret_key
        self._patience = patience
        self._connections = PoolManager(
            timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS), retries=False, maxsize=connections
        )
        self.client = Minio(
            endpoint,
            access_key=access_key,
            secret_key=secret_key,
            region=region,
            secure=secure,
            http_client=self._connections,
        )

    def ask(self, call: Callable[[Minio, str], R], key: str = "", *, attempts: int = 1) -> R:
        """The answer of `call(client, bucket)`, which must be safe to repeat. Blocking.

        It is repeated while the patience lasts, and until there were so many `attempts`: where a single one may take
        longer than the patience, that is `AT_LEAST_TWICE`.

        Raises `KeyError` for a missing key, a `Finding`, `StorageFull`, and `StorageUnavailable` for all else that fails.
        """
        give_up = time.monotonic() + self._patience
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return call(self.client, self.bucket)
            except _TROUBLE as trouble:
                attempts -= 1
                if not _may_pass(trouble) or (attempts <= 0 and time.monotonic() + pause > give_up):
                    raise _as_promised(trouble, key) from trouble
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    def send(self, key: str, spool: Spool, *, headers: dict[str, str], query: dict[str, str]) -> str:
        """Sends what `spool` holds, piece by piece, with its MD5; answers its ETag. Blocking.

        The SDK itself would want all of it in memory.
        """
        all_headers = {"Content-Length": str(spool.size), "Content-MD5": spool.md5, **headers}
        return self.ask(lambda _, __: self._sent(key, spool, all_headers, query), attempts=AT_LEAST_TWICE)

    def presigned(self, method: str, key: str, *, seconds: int, query: dict[str, str]) -> str:
        """A URL for one such request within so many seconds. Asks nobody."""
        return self.client.get_presigned_url(
            method, self.bucket, key, expires=timedelta(seconds=seconds), extra_query_params={**query}
        )

    def presigned_put(self, key: str, *, size: int, seconds: int, query: dict[str, str]) -> str:
        """A URL at which exactly `size` bytes can be PUT within so many seconds. Asks nobody.

        The SDK signs no header but the host's, and then a body of any length would do: so its URL is signed anew
        (AWS Signature Version 4, by query), with `content-length` among the signed headers.
        """
        parts = urlsplit(self.presigned("PUT", key, seconds=seconds, query=query))
        told = dict(parse_qsl(parts.query, keep_blank_values=True))
        del told["X-Amz-Signature"]
        told["X-Amz-SignedHeaders"] = signed = "content-length;host"
        asked = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in sorted(told.items()))
        headers = f"content-length:{size}\nhost:{parts.netloc}\n"
        request = "\n".join(["PUT", parts.path, asked, headers, signed, "UNSIGNED-PAYLOAD"])
        scope = told["X-Amz-Credential"].partition("/")[2]
        digest = hashlib.sha256(request.encode()).hexdigest()
        text = "\n".join([told["X-Amz-Algorithm"], told["X-Amz-Date"], scope, digest])
        key_bytes = f"AWS4{self._secret_key}".encode()
        for each in scope.split("/"):
            key_bytes = hmac.digest(key_bytes, each.encode(), "sha256")
        signature = hmac.digest(key_bytes, text.encode(), "sha256").hex()
        return urlunsplit((parts.scheme, parts.netloc, parts.path, f"{asked}&X-Amz-Signature={signature}", ""))

    def close(self) -> None:
        """Frees the connections."""
        self._connections.clear()

    def _sent(self, key: str, spool: Spool, headers: dict[str, str], query: dict[str, str]) -> str:
        url = self.presigned("PUT", key, seconds=_SENDING_SECONDS, query=query)
        answer = self._connections.request("PUT", url, body=spool.pieces(), headers=headers)
        if answer.status != 200:
            raise _refusal(answer)
        tag = answer.headers.get("ETag", "").strip('"')
        if not tag:
            raise WrongAnswerError("what was sent was taken, and not said as what")
        return tag


def _refusal(answer: BaseHTTPResponse) -> Exception:
    """As the SDK says it."""
    kind = answer.headers.get("Content-Type", "")
    if "application/xml" in kind.split(";") and answer.data:
        return S3Error.fromxml(answer)
    return InvalidResponseError(answer.status, kind, None)


def _status(trouble: Exception) -> int | None:
    """The HTTP status of the answer, where there was one."""
    if isinstance(trouble, S3Error):
        return trouble.response.status
    if isinstance(trouble, ServerError):
        return trouble.status_code
    if isinstance(trouble, InvalidResponseError):
        return trouble._code
    return None


def _may_pass(trouble: Exception) -> bool:
    """Whether asking again may help: the line broke, the answer was garbled, or the store says so."""
    status = _status(trouble)
    if status is None:
        return True
    if isinstance(trouble, S3Error) and trouble.code in _PASSING_CODES:
        return True
    return status in _PASSING_STATUSES


def _as_promised(trouble: Exception, key: str) -> Exception:
    """The error of a `BlobStore` for the error of the SDK. Quotes codes only: an answer may repeat what we sent."""
    status = _status(trouble)
    code = trouble.code if isinstance(trouble, S3Error) else None
    if code == "NoSuchKey":
        return KeyError(key)
    if code == "NoSuchUpload":
        return UploadGone(code)
    if code in ("InvalidPart", "InvalidPartOrder"):
        return PartGone(code)
    if status == 412:
        return KeyTaken()
    if status == 416:
        return PastTheEnd()
    if status == _FULL_STATUS or code in _FULL_CODES:
        return full(f"the store has no room: {code or status}")
    if status in (401, 403):
        return unavailable(f"the store refuses the credentials: {code or status}")
    if status is not None:
        return unavailable(f"the store answered {status} {code or ''}".rstrip())
    if isinstance(trouble, WrongAnswerError):
        return unavailable(str(trouble))
    return unavailable(f"the store cannot be reached or is none of S3: {type(trouble).__name__}")


# ValueError: the SDK could make no sense of an answer.
_TROUBLE = (MinioException, HTTPError, ParseError, ValueError, WrongAnswerError)
