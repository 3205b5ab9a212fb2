"""Forms that no upload should be sent: to every operation that takes one."""

import httpx
import pytest

from tests.accounts import Account, Member, NewAccount
from tests.builders import a_package
from tests.program import Server
from tests.surfaces.hostile.described import WITH_FORM, Described, refusal
from tests.surfaces.hostile.wire import exchange, request

every_upload = pytest.mark.parametrize("operation", WITH_FORM, ids=lambda each: each.id)
LATER = "upload_extension_file"  # its file is called `file`, and looked into when it has been answered
every_upload_that_looks_inside = pytest.mark.parametrize(
    "operation", [each for each in WITH_FORM if each.id != LATER], ids=lambda each: each.id
)
FORM = "multipart/form-data; boundary=line"
FILE = b'Content-Disposition: form-data; name="upload_file"; filename="a.zip"\r\n\r\n'
END = b"\r\n--line--\r\n"
DISPOSITION = b'Content-Disposition: form-data; name="upload_file"; filename="a.zip"'


def send(client: httpx.Client, account: Account, operation: Described, body: bytes, kind: str = FORM) -> httpx.Response:
    if operation.id == LATER:
        body = body.replace(b'name="file"', b'name="other"').replace(b'name="upload_file"', b'name="file"')
    return client.post(operation.url(account.id) + query(operation), content=body, headers={"Content-Type": kind})


def query(operation: Described) -> str:
    """What must stand in the query."""
    needed = {LATER: "?official=CodeArtsIDEOnline", "upload_publisher_icon": ""}
    return needed.get(operation.id, "?plugin_name=hostile")


@every_upload
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--line\r\n" + FILE + b"x" + END),
        ("multipart/form-data; boundary=", b"--line\r\n" + FILE + b"x" + END),
        ("multipart/form-data; boundary=" + "b" * 5000, b"x"),
        ("multipart/form-data; boundary=other", b"--line\r\n" + FILE + b"x" + END),
        ("multipart/mixed; boundary=line", b"--line\r\n" + FILE + b"x" + END),
        ("application/json", b"{}"),
        ("application/zip", b"PK\x05\x06" + b"\0" * 18),
        ("application/x-www-form-urlencoded", b"upload_file=x"),
        ("", b""),
    ],
    ids=lambda part: repr(part[:40]),
)
def test_what_is_no_form_is_refused(
    client: httpx.Client, victim: Account, operation: Described, kind: str, body: bytes
) -> None:
    refusal(send(client, victim, operation, body, kind), 400)


@every_upload
@pytest.mark.parametrize(
    "body",
    [
        b"", b"--", b"--line", b"--line\r\n", b"--line--", b"--line--\r\n", b"\r\n", b"x" * 1000,
        b"--line\r\n" + FILE, b"--line\r\n" + FILE + b"x", b"--line\r\n" + FILE + b"x\r\n--line",
        b"--line\r\n" + FILE + b"x\r\n--lin--",
        b"--line\r\n" + DISPOSITION, b"--line\r\n" + DISPOSITION + b"\r\n", b"--line\r\n\r\nx" + END,
        b"--line\r\nContent-Type: text/plain\r\n\r\nx" + END, b"--line\r\nno header\r\n\r\nx" + END,
        b"--line\r\n" + b"X: " + b"a" * 100_000 + b"\r\n" + FILE + b"x" + END,
        b"--line\r\n" + b"X: a\r\n" * 10_000 + FILE + b"x" + END,
        b"--line\n" + FILE.replace(b"\r", b"") + b"x\n--line--\n",
    ],
    ids=lambda body: repr(body[:30]),
)  # fmt: skip
def test_a_form_that_is_broken_is_refused(
    client: httpx.Client, victim: Account, operation: Described, body: bytes
) -> None:
    refusal(send(client, victim, operation, body), 400)


@every_upload_that_looks_inside
def test_what_comes_after_the_form_makes_nothing_of_it_good(
    client: httpx.Client, victim: Account, operation: Described
) -> None:
    body = b"--line\r\n" + FILE + b"x" + END + b"--line\r\n" + FILE + b"more" + END
    refusal(send(client, victim, operation, body), 400)


@every_upload
@pytest.mark.parametrize(
    "head",
    [
        b'Content-Disposition: form-data; name="file"; filename="a.zip"',
        b'Content-Disposition: form-data; name="upload_file"',
        b'Content-Disposition: form-data; name="UPLOAD_FILE"; filename="a.zip"',
        b'Content-Disposition: form-data; name=""; filename="a.zip"',
        b'Content-Disposition: form-data; filename="a.zip"',
        b'Content-Disposition: attachment; name="upload_file"; filename="a.zip"',
        b"Content-Disposition: form-data",
        b"Content-Disposition:",
        b'Content-Disposition: form-data; name="upload_file\x00"; filename="a.zip"',
        b'Content-Disposition: form-data; name="\xff"; filename="a.zip"',
    ],
)
def test_a_form_without_the_file_is_refused(
    client: httpx.Client, victim: Account, operation: Described, head: bytes
) -> None:
    refusal(send(client, victim, operation, b"--line\r\n" + head + b"\r\n\r\nx" + END), 400)


@every_upload
def test_two_files_are_one_too_many(client: httpx.Client, victim: Account, operation: Described) -> None:
    body = b"--line\r\n" + FILE + b"x" + b"\r\n--line\r\n" + FILE + b"y" + END
    refusal(send(client, victim, operation, body), 400)


@every_upload
def test_what_stands_beside_the_file_has_an_end(client: httpx.Client, victim: Account, operation: Described) -> None:
    part = b'--line\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
    for before in (
        (part + b"x\r\n") * 10_000,
        part + b"x" * (2 * 2**20) + b"\r\n",
        part.replace(b'name="a"', b'name="' + b"a" * 300_000 + b'"') + b"x\r\n",
        b"x" * 2**20 + b"\r\n",  # before the first border
    ):
        refusal(send(client, victim, operation, before + b"--line\r\n" + FILE + b"x" + END), 400)
        if operation.id == LATER and not before.startswith(b"--line"):
            continue  # that is only a longer file
        after = b"--line\r\n" + FILE + b"x\r\n" + before + b"--line--\r\n"
        refusal(send(client, victim, operation, after), 400, 413)


@every_upload_that_looks_inside
@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\x", "a" * 5000, "", ".", "a/b", "a%00b", "a;b", "💣", "..", "-rf"]
)
def test_the_name_of_a_file_is_never_the_name_of_a_file(
    client: httpx.Client, victim: Account, operation: Described, name: str
) -> None:
    head = f'Content-Disposition: form-data; name="upload_file"; filename="{name}"'.encode()
    refusal(send(client, victim, operation, b"--line\r\n" + head + b"\r\n\r\nno archive and no picture" + END), 400)


@every_upload_that_looks_inside
@pytest.mark.parametrize("name", [b"a\x00b", b"a\r\nX: y", b"a\nb", b"\xff\xfe", b'a"; name="other', b"a\\"])
def test_a_name_that_breaks_out_of_its_header_is_no_fault_of_ours(
    client: httpx.Client, victim: Account, operation: Described, name: bytes
) -> None:
    head = b'Content-Disposition: form-data; name="upload_file"; filename="' + name + b'"'
    refusal(send(client, victim, operation, b"--line\r\n" + head + b"\r\n\r\nx" + END), 400)


def test_a_good_package_under_an_evil_file_name_is_a_good_package(new_account: NewAccount) -> None:
    author: Member = new_account().user("author")
    head = b'Content-Disposition: form-data; name="upload_file"; filename="../../../etc/passwd"\r\n\r\n'
    with author.client() as client:
        answer = client.post(
            f"/v3/{author.account.id}/extension/upload",
            params={"plugin_name": "good"},
            content=b"--line\r\n" + head + a_package("good", "1.0.0") + END,
            headers={"Content-Type": FORM},
        )
    assert (answer.status_code, answer.json()) == (200, True)


@every_upload
def test_a_form_that_ends_in_the_middle_is_told_so(
    server: Server, victim: Account, token: str, operation: Described
) -> None:
    body = b"--line\r\n" + FILE + b"x" * 1000
    target = operation.url(victim.id) + query(operation)
    sent = request("POST", target, token=token, Content_Type=FORM, Content_Length="5000") + body

    answer = exchange(server.port, sent, hang_up=True)

    assert refusal(answer.as_response(), 400)["error_code"] == "PLUGPORT.00010009"
