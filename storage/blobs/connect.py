"""From a storage URL to a store.

- `file:///var/lib/plugport/blobs`: local files; the path is absolute and percent-decoded
- `s3://KEY:SECRET@host:port/bucket?region=eu-west-1&secure=false`: any S3-compatible store. Key and secret are
  percent-decoded (a `/` in a secret is written `%2F`). Without options `region` is `us-east-1` and `secure` (https)
  is `true`.
"""

import re
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from storage.blobs.base import BlobStore
from storage.blobs.local import LocalBlobs

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:]+")
_REGION = re.compile(r"[a-z0-9-]{1,63}")
_SECURE = {"true": True, "false": False}
_OPTIONS = {"region", "secure"}

_NO_ADDRESS = "an s3 storage URL holds a host and perhaps a port: s3://KEY:SECRET@host:port/bucket"
_WRONG_OPTIONS = "an s3 storage URL takes the options region and secure, each once: ?region=eu-west-1&secure=false"


def open_store(url: str) -> BlobStore:
    """The store that `url` names. Touches neither disk nor network: `BlobStore.check` does.

    Raises `ValueError` for a URL that names none. Its sentence quotes nothing of the URL: in a mistyped one a piece
    of the secret may stand in any place.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(_NO_ADDRESS) from None
    if "#" in url:
        raise ValueError("a storage URL holds no '#'; in a secret it is written %23")
    if parts.scheme == "file":
        return _local(parts)
    if parts.scheme == "s3":
        return _s3(parts, port)
    raise ValueError("a storage URL begins with file:/// or s3://")


def _local(parts: SplitResult) -> LocalBlobs:
    if parts.netloc or not parts.path.startswith("/"):
        raise ValueError("a file storage URL holds an absolute path: file:///path")
    if parts.query:
        raise ValueError("a file storage URL takes no options")
    return LocalBlobs(Path(unquote(parts.path)))


def _s3(parts: SplitResult, port: int | None) -> BlobStore:
    from storage.blobs.s3 import S3Blobs  # only who keeps bytes there waits for the SDK to load

    if not parts.hostname:
        raise ValueError(_NO_ADDRESS)
    if not parts.username or not parts.password:
        raise ValueError("an s3 storage URL holds an access key and a secret: s3://KEY:SECRET@host/bucket")
    bucket = parts.path.strip("/")
    if not bucket:
        raise ValueError("an s3 storage URL names a bucket: s3://KEY:SECRET@host/bucket")
    if not _BUCKET.fullmatch(bucket):
        raise ValueError("the bucket of an s3 storage URL has 3 to 63 of a-z, 0-9, '.' and '-'")
    options = _options(parts.query)
    region = options.get("region", "us-east-1")
    if not _REGION.fullmatch(region):
        raise ValueError("the region of an s3 storage URL has 1 to 63 of a-z, 0-9 and '-'")
    secure = _SECURE.get(options.get("secure", "true"))
    if secure is None:
        raise ValueError("the option secure of an s3 storage URL is true or false")
    if not _HOST.fullmatch(parts.hostname):
        raise ValueError(_NO_ADDRESS)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    try:
        return S3Blobs(
            host if port is None else f"{host}:{port}",
            bucket,
            access_key=unquote(parts.username),
            secret_key=unquote(parts.password),
            region=region,
            secure=secure,
        )
    except ValueError:
        raise ValueError(_NO_ADDRESS) from None


def _options(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=len(_OPTIONS))
    except ValueError:
        raise ValueError(_WRONG_OPTIONS) from None
    options = dict(pairs)
    if len(options) < len(pairs) or not options.keys() <= _OPTIONS:
        raise ValueError(_WRONG_OPTIONS)
    return options
