"""SDK-HMAC-SHA256: what is signed, and what is refused whoever signed it."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from app.registry.access import signatures
from app.registry.access.signatures import SignatureRefused
from schemas.model.access import SignedRequest

SECRET = "EXAMPLESK0001"
NOW = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
SIGNED_HEADERS = "content-type;host;user-agent;x-project-id;x-sdk-date"
AUTHORIZATION = (
    f"SDK-HMAC-SHA256 Access=EXAMPLEAK0001, SignedHeaders={SIGNED_HEADERS}, "
    "Signature=c4725d790a78cda30ca773d949dd3a82b7dd290cb280bd1ad07e0968d6744e4d"
)
REQUEST = SignedRequest(
    method="POST",
    raw_path=b"/v1/ce8df55870164338a72d7e828a966a2a/agent-plugin/publish-draft",
    query_string=b"",
    headers=[
        (b"content-type", b"application/json;charset=utf-8"),
        (b"host", b"127.0.0.1:8000"),
        (b"user-agent", b"huaweicloud-usdk-python/3.0"),
        (b"x-project-id", b"0" * 32),
        (b"x-sdk-date", b"20240102T030405Z"),
    ],
    body=b'{"plugin_name": "apie_test", "version": "0.0.1"}',
    connection="10.0.0.1:4000",
)


def verify(request: SignedRequest = REQUEST, authorization: str = AUTHORIZATION, now: datetime = NOW) -> None:
    signatures.verify(signatures.parse(authorization), request, SECRET, now)


def sign(request: SignedRequest, signed_headers: str = SIGNED_HEADERS, date: str = "20240102T030405Z") -> str:
    """An Authorization header made for the request by the rules under test."""
    names = signed_headers.split(";")
    headers = {name.decode().lower(): value.decode() for name, value in request.headers}
    canonical = signatures.canonical_request(names, request, headers)
    to_sign = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical).hexdigest()}"
    made = hmac.new(SECRET.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"SDK-HMAC-SHA256 Access=EXAMPLEAK0001, SignedHeaders={signed_headers}, Signature={made}"


def changed(**changes: object) -> SignedRequest:
    return msgspec.structs.replace(REQUEST, **changes)


def with_header(name: bytes, value: bytes) -> SignedRequest:
    return changed(headers=[*(each for each in REQUEST.headers if each[0] != name), (name, value)])


def test_the_published_vector_is_accepted() -> None:
    verify()


def test_the_canonical_request_of_the_published_vector() -> None:
    headers = {name.decode(): value.decode() for name, value in REQUEST.headers}

    canonical = signatures.canonical_request(SIGNED_HEADERS.split(";"), REQUEST, headers)

    expected = "ea1024f75330a08dbeb881d45e62726a2e07eba739b5bae9d9506cb6e465e2ef"
    assert expected == hashlib.sha256(canonical).hexdigest()


@pytest.mark.parametrize(
    "request_",
    [
        changed(method="PUT"),
        changed(raw_path=REQUEST.raw_path + b"x"),
        changed(query_string=b"a=1"),
        changed(body=b"{}"),
        with_header(b"user-agent", b"somebody"),
        with_header(b"host", b"127.0.0.1:8001"),
        with_header(b"x-project-id", b"1" * 32),
    ],
    ids=["method", "path", "query", "body", "signed header", "host", "project"],
)
def test_whatever_is_signed_cannot_be_changed(request_: SignedRequest) -> None:
    with pytest.raises(SignatureRefused):
        verify(request_)


def test_a_header_that_is_not_signed_may_be_added_on_the_way() -> None:
    verify(with_header(b"accept", b"*/*"))


@pytest.mark.parametrize("name", [b"x-domain-id", b"x-security-token", b"x-publisher-token"])
def test_a_header_that_says_who_asks_must_be_signed(name: bytes) -> None:
    with pytest.raises(SignatureRefused, match="unsigned"):
        verify(with_header(name, b"1"))


@pytest.mark.parametrize("name", [b"host", b"x-sdk-date", b"x-project-id"])
def test_a_header_that_decides_must_not_come_twice(name: bytes) -> None:
    value = dict(REQUEST.headers)[name]
    with pytest.raises(SignatureRefused, match="two headers"):
        verify(changed(headers=[*REQUEST.headers, (name, value)]))


@pytest.mark.parametrize("left_out", ["host", "x-sdk-date"])
def test_host_and_date_must_be_signed(left_out: str) -> None:
    names = ";".join(name for name in SIGNED_HEADERS.split(";") if name != left_out)
    with pytest.raises(SignatureRefused):
        verify(authorization=sign(REQUEST, names))


def test_a_signed_header_that_did_not_come_is_refused() -> None:
    with pytest.raises(SignatureRefused):
        verify(authorization=AUTHORIZATION.replace("content-type;", "accept;content-type;"))


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_clocks_may_differ_by_a_quarter_of_an_hour(minutes: int) -> None:
    verify(now=NOW + timedelta(minutes=minutes))


@pytest.mark.parametrize("seconds", [-901, 901])
def test_no_more_than_that(seconds: int) -> None:
    with pytest.raises(SignatureRefused, match="window"):
        verify(now=NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize("date", ["20240102", "2024-01-02T03:04:05Z", "20241302T030405Z", "20240102T030405"])
def test_a_date_of_another_form_is_refused(date: str) -> None:
    request = with_header(b"x-sdk-date", date.encode())
    with pytest.raises(SignatureRefused, match="date"):
        verify(request, sign(request, date=date))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic dXNlcjpwYXNz",
        AUTHORIZATION.replace("SDK-HMAC-SHA256", "SDK-HMAC-SM3"),
        AUTHORIZATION.replace("SDK-HMAC-SHA256", "V11-HMAC-SHA256"),
        AUTHORIZATION[:-1],
        AUTHORIZATION + "0",
        AUTHORIZATION.replace("EXAMPLEAK0001", ""),
        AUTHORIZATION.replace("EXAMPLEAK0001", "A\x00B"),
        AUTHORIZATION.upper(),
    ],
)
def test_another_syntax_is_refused(authorization: str) -> None:
    with pytest.raises(SignatureRefused):
        signatures.parse(authorization)


def test_blanks_between_the_parts_do_not_matter() -> None:
    verify(authorization=AUTHORIZATION.replace(", ", " ,"))


@pytest.mark.parametrize(
    ("query", "sorted_"),
    [
        (b"", ""),
        (b"b=2&a=1", "a=1&b=2"),
        (b"a=2&a=1", "a=1&a=2"),
        (b"a", "a="),
        (b"a=%E4%B8%AD", "a=%E4%B8%AD"),
        (b"a=x+y%20z", "a=x%20y%20z"),
        (b"a=%2F~-_.", "a=%2F~-_."),
    ],
)
def test_the_query_is_sorted_and_encoded_in_one_way(query: bytes, sorted_: str) -> None:
    headers = {name.decode(): value.decode() for name, value in REQUEST.headers}
    canonical = signatures.canonical_request(["host"], changed(query_string=query), headers)
    assert sorted_ == canonical.decode().split("\n")[2]


@pytest.mark.parametrize(
    ("path", "canonical_path"),
    [(b"/a", "/a/"), (b"/a/", "/a/"), (b"/a%2Fb", "/a/b/"), (b"/%E4%B8%AD~", "/%E4%B8%AD~/"), (b"/a b", "/a%20b/")],
)
def test_the_path_is_decoded_split_and_ends_with_a_slash(path: bytes, canonical_path: str) -> None:
    headers = {name.decode(): value.decode() for name, value in REQUEST.headers}
    canonical = signatures.canonical_request(["host"], changed(raw_path=path), headers)
    assert canonical_path == canonical.decode().split("\n")[1]


UNSIGNED = (b"x-sdk-content-sha256", b"UNSIGNED-PAYLOAD")


def a_form(body: bytes | None, *, content_type: bytes = b"multipart/form-data; boundary=x") -> SignedRequest:
    headers = [(name, content_type if name == b"content-type" else value) for name, value in REQUEST.headers]
    return changed(body=body, headers=[*headers, UNSIGNED])


@pytest.mark.parametrize("body", [b"anything", None], ids=["held", "streamed"])
def test_a_form_need_not_be_hashed(body: bytes | None) -> None:
    request = a_form(body)
    verify(request, sign(request, SIGNED_HEADERS + ";x-sdk-content-sha256"))


def test_json_must_be_hashed() -> None:
    request = a_form(b"{}", content_type=b"application/json")
    with pytest.raises(SignatureRefused, match="unsigned JSON"):
        sign(request)


def test_a_streamed_body_cannot_be_hashed() -> None:
    with pytest.raises(SignatureRefused, match="streamed"):
        verify(changed(body=None))


def test_a_foreign_hash_is_not_taken_on_trust() -> None:
    other = hashlib.sha256(b"other").hexdigest().encode()
    with pytest.raises(SignatureRefused, match="content hash"):
        sign(changed(headers=[*REQUEST.headers, (b"x-sdk-content-sha256", other)]))


def test_the_hash_of_the_body_itself_is_taken() -> None:
    assert REQUEST.body is not None
    own = hashlib.sha256(REQUEST.body).hexdigest().encode()
    request = changed(headers=[*REQUEST.headers, (b"x-sdk-content-sha256", own)])
    verify(request, sign(request))
