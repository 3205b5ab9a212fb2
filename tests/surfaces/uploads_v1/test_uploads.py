"""`/plugport/v1/uploads*`: announcements, what they are answered, and what comes of the files."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.accounts import Account, NewAccount
from tests.builders import a_name, a_package, a_zip
from tests.chunks import CHUNK, OWN_PATH, OwnSending, a_file, digest
from tests.person import Meet, Person

INVALID, MISSING_FIELD, REUSED, QUOTA, NO_DIRECT = (
    "PLUGPORT.00010002",
    "PLUGPORT.00010003",
    "PLUGPORT.00080010",
    "PLUGPORT.00080009",
    "PLUGPORT.00080011",
)
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


@pytest.fixture
def first(account: Account, meet: Meet) -> OwnSending:
    """The first file of an account, not yet announced."""
    author = meet(account.user("author"))
    return OwnSending(author, author.publisher("makers"), a_file())


@pytest.fixture
def sending(ada: Person, publisher: str) -> OwnSending:
    """A file of the author's, not yet announced."""
    return OwnSending(ada, publisher, a_file())


def a_basic(author: Person, name: str, package: bytes) -> OwnSending:
    """A package of a basic plug-in, announced and sent."""
    sending = OwnSending(author, "", package)
    begun = sending.begin(purpose="basic-plugin", plugin_name=name, publisher_id=None)
    assert begun.status_code == 201, begun.text
    sending.send()
    return sending


def test_the_announcement_is_answered_with_all_that_a_client_must_know(first: OwnSending) -> None:
    sending, publisher = first, first.publisher_id
    limits = sending.author.http.get(f"{OWN_PATH}/limits").json()

    told = sending.begin().json()

    path = f"{OWN_PATH}/{sending.id}"
    for moment in ("created_at", "updated_at", "expires_at"):
        assert re.fullmatch(MOMENT, told.pop(moment))
    assert told.pop("next_step")
    assert told == {
        "upload_id": sending.id, "state": "receiving", "reason": "", "owner": sending.author.member.name,
        "file_name": sending.name, "size": len(sending.content), "sha256": digest(sending.content),
        "purpose": "extension", "plugin_name": None, "business_type": None, "publisher_id": publisher, "override": False,
        "chunk_size": CHUNK, "total_chunks": 3, "received": [], "received_bytes": 0, "missing": [[1, 3]], "findings": [],
        "links": {"self": path, "chunk": f"{path}/chunks/{{number}}", "complete": f"{path}/complete",
                  "chunk_urls": f"{path}/chunk-urls"},
        "already_stored": False,
        "limits": limits | {"open_uploads": 1, "staged_bytes": len(sending.content)},
    }  # fmt: skip
    assert (limits["open_uploads"], limits["staged_bytes"]) == (0, 0)


def test_the_status_is_the_same_document_without_what_belongs_to_the_announcement(sending: OwnSending) -> None:
    told = sending.begin().json()

    shown = sending.show()

    assert shown == {name: value for name, value in told.items() if name not in ("already_stored", "limits")}
    sending.send(1, 3)
    shown = sending.show()
    assert (shown["received"], shown["missing"]) == ([[1, 1], [3, 3]], [[2, 2]])
    assert shown["received_bytes"] == len(sending.pieces[0]) + len(sending.pieces[2])


def test_a_chunk_size_is_a_wish(ada: Person, publisher: str) -> None:
    limits = ada.http.get(f"{OWN_PATH}/limits").json()
    sending = OwnSending(ada, publisher, a_file())

    small, usual = sending.begin(chunk_size=1).json(), sending.begin(chunk_size=None).json()

    assert small["chunk_size"] == limits["least_chunk_bytes"]
    assert limits["least_chunk_bytes"] <= usual["chunk_size"] <= limits["most_chunk_bytes"]
    assert sending.begin(chunk_size=2**40).json()["chunk_size"] == limits["most_chunk_bytes"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("file_name", value) for value in ("", ".", "..", "a/b", "a\\b", "a\n", "\x00", "x" * 256, 1)),
        *(("size", value) for value in (0, -1, 1.5, "1", True, 2**63)),
        *(("sha256", value) for value in ("", "0" * 63, "g" * 64, "0" * 65)),
        *(("purpose", value) for value in ("", "plugin", "EXTENSION")),
        *(("plugin_name", value) for value in ("a b", "", "x" * 51)),
        ("business_type", "Magic"),
        ("override", "true"),
        *(("chunk_size", value) for value in (0, -1, "1")),
        ("publisher_id", "x" * 65),
    ],
)
def test_an_announcement_that_says_something_impossible_is_refused_by_the_field(
    sending: OwnSending, field: str, value: Any
) -> None:
    answer = sending.begin(**{field: value})

    assert (answer.status_code, answer.json()["error_code"]) == (400, INVALID)
    assert answer.json()["error_msg"].startswith(f"{field}: ")


@pytest.mark.parametrize("field", ["file_name", "size", "sha256", "purpose"])
def test_what_an_announcement_needs_is_named(sending: OwnSending, field: str) -> None:
    answer = sending.begin(**{field: None})

    assert (answer.status_code, answer.json()["error_msg"]) == (400, f"{field}: A value is required.")


@pytest.mark.parametrize(("purpose", "needed"), [("extension", "publisher_id"), ("basic-plugin", "plugin_name")])
def test_each_purpose_needs_to_know_whose_file_it_is(sending: OwnSending, purpose: str, needed: str) -> None:
    answer = sending.begin(purpose=purpose, publisher_id=None)

    assert (answer.status_code, answer.json()["error_code"]) == (400, MISSING_FIELD)
    assert answer.json()["error_msg"].startswith(needed)


def test_uploads_are_listed_newest_first_in_pages(first: OwnSending) -> None:
    made = [OwnSending(first.author, first.publisher_id, a_file()) for _ in range(3)]
    for each in made:
        each.begin()

    page = first.author.http.get(OWN_PATH, params={"offset": 1, "limit": 1}).json()

    assert (page["offset"], page["limit"], page["total"]) == (1, 1, 3)
    (shown,) = page["uploads"]
    assert shown == made[1].show()


# -- keys of clients -----------------------------------------------------------------------------------------------------


def announced(sending: OwnSending, key: str | bytes, **changes: Any) -> httpx.Response:
    """The answer to an announcement with an Idempotency-Key."""
    body = {"file_name": sending.name, "size": len(sending.content), "sha256": digest(sending.content),
            "purpose": "extension", "publisher_id": sending.publisher_id, "chunk_size": CHUNK} | changes  # fmt: skip
    return sending.author.http.post(OWN_PATH, json=body, headers={"Idempotency-Key": key})


def test_an_announcement_with_one_key_makes_one_upload_however_often_it_comes(first: OwnSending) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: announced(first, "key-1"), range(4)))
    answers.append(announced(first, "key-1"))

    assert [answer.status_code for answer in answers] == [201] * 5
    assert len({answer.json()["upload_id"] for answer in answers}) == 1
    assert answers[-1].json() == answers[0].json()
    assert first.author.http.get(OWN_PATH).json()["total"] == 1


def test_a_key_stands_for_one_request_of_one_user(first: OwnSending, account: Account, meet: Meet) -> None:
    made = announced(first, "key-2")
    assert made.status_code == 201

    other = announced(first, "key-2", file_name="other.vsix")
    assert (other.status_code, other.json()["error_code"]) == (409, REUSED)

    colleague = OwnSending(meet(account.user("admin")), first.publisher_id, first.content, name=first.name)
    assert announced(colleague, "key-2").json()["upload_id"] != made.json()["upload_id"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é".encode(), "a\tb"], ids=repr)
def test_a_key_is_visible_ascii(sending: OwnSending, key: str | bytes) -> None:
    answer = announced(sending, key)

    assert (answer.status_code, answer.json()["error_code"]) == (400, INVALID)
    assert answer.json()["error_msg"].startswith("Idempotency-Key: ")


def test_a_completion_with_a_key_may_be_repeated(sending: OwnSending, ada: Person) -> None:
    sending.begin()
    sending.send()
    path, key = f"{OWN_PATH}/{sending.id}/complete", {"Idempotency-Key": "done"}

    assert [ada.http.post(path, headers=key).status_code for _ in range(3)] == [200] * 3

    assert sending.settled()["state"] == "accepted"
    reused = announced(sending, "done")
    assert (reused.status_code, reused.json()["error_code"]) == (409, REUSED)


# -- bytes that are there already ----------------------------------------------------------------------------------------


def test_bytes_that_the_account_has_need_not_be_sent_again(sending: OwnSending, ada: Person, publisher: str) -> None:
    sending.send()
    sending.finish()

    again = OwnSending(ada, publisher, sending.content)
    told = again.begin().json()

    assert told["already_stored"] is True
    assert told["state"] in ("checking", "accepted")
    assert again.settled()["state"] == "accepted"


def test_the_digest_of_another_accounts_bytes_proves_nothing(
    sending: OwnSending, meet: Meet, new_account: NewAccount
) -> None:
    sending.send()
    sending.finish()
    stranger = meet(new_account().user("author"))

    theirs = OwnSending(stranger, stranger.publisher("makers"), sending.content).begin().json()

    assert (theirs["already_stored"], theirs["state"], theirs["missing"]) == (False, "receiving", [[1, 3]])


# -- limits --------------------------------------------------------------------------------------------------------------


def test_an_account_that_stages_too_much_is_told_to_come_again(first: OwnSending) -> None:
    ada = first.author
    limits = ada.http.get(f"{OWN_PATH}/limits").json()
    size = limits["max_file_bytes"]
    fitting = min(limits["most_staged_bytes"] // size, limits["most_open_uploads"])
    made = [OwnSending(ada, first.publisher_id, first.content) for _ in range(fitting + 1)]
    for each in made[:-1]:
        assert each.begin(size=size, chunk_size=None).status_code == 201

    refused = made[-1].begin(size=size, chunk_size=None)

    assert (refused.status_code, refused.json()["error_code"]) == (429, QUOTA)
    assert int(refused.headers["retry-after"]) > 0
    assert ada.http.delete(f"{OWN_PATH}/{made[0].id}").status_code == 200
    assert made[-1].begin(size=size, chunk_size=None).status_code == 201


def test_a_directory_takes_no_bytes_directly(sending: OwnSending, ada: Person) -> None:
    sending.begin()

    answer = ada.http.post(f"{OWN_PATH}/{sending.id}/chunk-urls", json={"numbers": [1]})

    assert (answer.status_code, answer.json()["error_code"]) == (409, NO_DIRECT)


@pytest.mark.parametrize("numbers", [[], [0], [1] * 101, ["1"], [10_001], None])
def test_chunk_urls_are_asked_for_by_a_few_numbers(sending: OwnSending, ada: Person, numbers: Any) -> None:
    sending.begin()

    answer = ada.http.post(f"{OWN_PATH}/{sending.id}/chunk-urls", json={"numbers": numbers})

    assert answer.status_code == 400
    assert "numbers" in answer.json()["error_msg"]


# -- packages of basic plug-ins ------------------------------------------------------------------------------------------


def test_the_package_of_a_basic_plugin_becomes_a_released_version(ada: Person) -> None:
    name = a_name()
    package = a_package(name, "2.0.0")

    shown = a_basic(ada, name, package).finish()

    assert (shown["state"], shown["reason"], shown["findings"]) == ("accepted", "", [])
    detail = ada.do("show_basic_plugin", plugin_name=name, version="2.0.0")
    assert detail["execution"]["sha256"] == digest(package)


def test_the_same_package_again_is_accepted_and_other_bytes_under_its_number_are_refused(ada: Person) -> None:
    name = a_name()
    package = a_package(name)
    a_basic(ada, name, package).finish()

    assert a_basic_known(ada, name, package)["state"] == "accepted"
    other = a_basic(ada, name, a_package(name, script=b"echo other\n")).finish()
    assert other["state"] == "refused"
    assert digest(package) in other["reason"]
    assert ada.numbers(name) == ["1.0.0"]


def a_basic_known(author: Person, name: str, package: bytes) -> dict[str, Any]:
    """What becomes of the announcement of a package that the account has."""
    sending = OwnSending(author, "", package)
    begun = sending.begin(purpose="basic-plugin", plugin_name=name, publisher_id=None)
    assert begun.json()["already_stored"] is True
    return sending.settled()


def test_a_refused_package_shows_entry_rule_and_remedy(ada: Person) -> None:
    name = a_name()

    shown = a_basic(ada, name, a_zip({"plugin.json": b"{}", "../outside.sh": b"echo\n"})).finish()

    assert shown["state"] == "refused"
    assert shown["reason"]
    assert "../outside.sh" in [each["entry"] for each in shown["findings"]]
    assert all(each["rule"] and each["remedy"] for each in shown["findings"])
    assert ada.row(name) is None


@pytest.mark.parametrize(
    ("package", "told"),
    [(a_package("somebody-else"), "somebody-else"), (a_zip({"a": b"b"}), "plugin.yaml")],
    ids=["another plug-in's", "no manifest"],
)
def test_a_package_that_is_not_the_plugins_is_refused_for_a_reason(ada: Person, package: bytes, told: str) -> None:
    name = a_name()

    shown = a_basic(ada, name, package).finish()

    assert shown["state"] == "refused"
    assert told in shown["reason"]
    assert ada.row(name) is None
