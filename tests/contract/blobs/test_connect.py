"""What a storage URL says, and that a wrong one never gives its secret away."""

import pytest

from storage.blobs.connect import open_store
from storage.blobs.local import LocalBlobs
from storage.blobs.s3 import S3Blobs


async def test_a_file_url_names_a_directory_and_is_percent_decoded() -> None:
    store = open_store("file:///var/lib/plug%20port/blobs")
    assert isinstance(store, LocalBlobs)
    assert str(store._root) == "/var/lib/plug port/blobs"
    await store.close()


@pytest.mark.parametrize(
    ("url", "base", "bucket", "region"),
    [
        ("s3://key:secret@s3.example.com/plugins", "https://s3.example.com", "plugins", "us-east-1"),
        ("s3://key:secret@127.0.0.1:9000/plugins?secure=false", "http://127.0.0.1:9000", "plugins", "us-east-1"),
        ("s3://key:secret@store:9000/a.b-c/?region=eu-west-1&secure=true", "https://store:9000", "a.b-c", "eu-west-1"),
    ],
)
async def test_an_s3_url_names_host_bucket_and_options(url: str, base: str, bucket: str, region: str) -> None:
    store = open_store(url)
    assert isinstance(store, S3Blobs)
    built = store._line.client._base_url
    assert (f"{'https' if built.is_https else 'http'}://{built.host}", store._line.bucket, built.region) == (
        base,
        bucket,
        region,
    )
    await store.close()


async def test_key_and_secret_are_percent_decoded() -> None:
    store = open_store("s3://the%3Akey:a%2Fb%40c%3Ad+e%23%25@host/plugins")
    assert isinstance(store, S3Blobs)
    credentials = store._line.client._provider.retrieve()
    assert (credentials.access_key, credentials.secret_key) == ("the:key", "a/b@c:d+e#%")
    await store.close()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "begins with"),
        ("/var/lib/blobs", "begins with"),
        ("SECRET", "begins with"),
        ("http://KEY:SECRET@host/bucket", "begins with"),
        ("KEY:SECRET@host/bucket", "begins with"),
        ("file://relative/path", "absolute path"),
        ("file:relative", "absolute path"),
        ("file:///path?SECRET=1", "no options"),
        ("s3://host/bucket", "access key and a secret"),
        ("s3://KEY@host/SECRET", "access key and a secret"),
        ("s3://:SECRET@host/bucket", "access key and a secret"),
        ("s3://KEY:SECRET@/bucket", "host"),
        ("s3://KEY:SECRET@host:port/bucket", "host"),
        ("s3://KEY:SECRET@host:99999/bucket", "host"),
        ("s3://KEY:SECRET@[::1/bucket", "host"),
        ("s3://KEY:SECRET@bad_host!/bucket", "host"),
        ("s3://KEY:unquoted/SECRET@host/bucket", "host"),
        ("s3://KEY:12/SECRET@host/bucket", "access key and a secret"),
        ("s3://KEY:unquoted#SECRET@host/bucket", "host"),
        ("s3://KEY:12#SECRET@host/bucket", "%23"),
        ("s3://KEY:12?SECRET@host/bucket", "access key and a secret"),
        ("s3://KEY:p@12?SECRET@host/bucket", "bucket"),
        ("s3://KEY:p@ss/wo?SECRET=host/bucket", "bucket"),
        ("s3://KEY:p@ss/word?SECRET=host/bucket", "options"),
        ("s3://KEY:SECRET@host", "bucket"),
        ("s3://KEY:SECRET@host/", "bucket"),
        ("s3://KEY:SECRET@host/two/segments", "bucket"),
        ("s3://KEY:SECRET@host/Upper", "bucket"),
        ("s3://KEY:SECRET@host/bucket?secure=no", "secure"),
        ("s3://KEY:SECRET@host/bucket?secure=", "secure"),
        ("s3://KEY:SECRET@host/bucket?region=", "region"),
        ("s3://KEY:SECRET@host/bucket?region=a%20b", "region"),
        ("s3://KEY:SECRET@host/bucket?regoin=eu", "region and secure"),
        ("s3://KEY:SECRET@host/bucket?secure=false&secure=true", "region and secure"),
        ("s3://KEY:SECRET@host/bucket?secure", "region and secure"),
        ("s3://KEY:SECRET@host/bucket?a=1&b=2&c=3", "region and secure"),
    ],
)
def test_a_url_that_names_no_store_is_refused_with_a_sentence_that_quotes_nothing_of_it(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=says) as refused:
        open_store(url)
    assert "SECRET" not in str(refused.value).replace("KEY:SECRET@host", "")
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None
