"""An extension from its author's machine into other people's IDEs, and what they say of it."""

from typing import Any

import pytest

from tests.accounts import NewAccount
from tests.builders import a_name, a_vsix
from tests.chunks import DOORS
from tests.person import Meet, Person
from tests.publishing import (
    MARKETPLACE,
    a_waiting_publisher,
    an_accepted_publisher,
    archiving,
    checked,
    details,
    names,
    published,
    result,
    search,
    total,
    uploaded,
)


@pytest.fixture
def reader(new_account: NewAccount, meet: Meet) -> Person:
    """Somebody in an IDE, of another account."""
    return meet(new_account().user("viewer"))


def served(person: Person, url: str) -> bytes:
    """What lies at an address that an answer gave."""
    answer = person.http.get(url)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("door", DOORS)
def test_from_chunks_to_an_ide_and_back_with_stars(door: str, author: Person, reader: Person, judge: Person) -> None:
    publisher, name = an_accepted_publisher(author, judge), a_name("tool")
    identifier = f"{publisher.name}.{name}"
    package = a_vsix(publisher.name, name, "1.2.0", files={"extension/data.bin": bytes(200_000)})

    sending = DOORS[door](author, publisher.id, package)
    sending.send()
    assert sending.finish()["state"] == "accepted"
    told = checked(author, sending.id)
    assert {told[check]["status"] for check in ("security", "file", "basicInformation")} == {"success"}
    assert told["basicInformation"]["extension_version_compare"] == "NULL_VERSION"
    assert names(search(reader, (7, identifier))) == []

    done = result(archiving(author, sending.id))

    assert done["state"] == "PUBLISHED"
    (found,) = search(reader, (10, name), flags=2)["extensions"]
    assert (found["identifier"], found["status"], found["average_star"]) == (identifier, "NORMAL", 0)
    (shown,) = details(reader, found["extension_id"])
    (version,) = shown["versions"]
    assert served(reader, version["asset_uri"]) == package
    files = {each["asset_type"]: each["source"] for each in version["files"]}
    assert files["package"] == version["asset_uri"]
    assert served(reader, files["readme"]).decode().startswith(f"# {name}")
    assert served(reader, files["icon"]).startswith(b"\x89PNG")

    result(reader.http.post(f"{MARKETPLACE}/star", json={"extension_id": found["extension_id"], "stars": 4}))
    text = {"extension_id": found["extension_id"], "text": "<b>Good</b>"}
    said = result(reader.http.post(f"{MARKETPLACE}/extension/evaluation", json=text))
    page = author.http.get(f"{MARKETPLACE}/feedback/evaluation", params={"extension_id": found["extension_id"]})
    assert [(each["id"], each["text"]) for each in result(page)["items"]] == [(said["id"], "<b>Good</b>")]
    (rated,) = search(author, (4, found["extension_id"]))["extensions"]
    assert (rated["average_star"], rated["install_count"]) == (4, 1)


def test_the_next_version_is_newer_and_an_older_one_does_not_take_its_place(
    author: Person, reader: Person, judge: Person
) -> None:
    publisher, name = an_accepted_publisher(author, judge), a_name("tool")
    compared, ids = [], set()
    for version in ("1.0.0", "2.0.0", "1.5.0"):
        task = uploaded(author, a_vsix(publisher.name, name, version, manifest={"displayName": f"Tool {version}"}))
        compared.append(checked(author, task)["basicInformation"]["extension_version_compare"])
        ids.add(result(archiving(author, task))["extension_id"])

    assert compared == ["NULL_VERSION", "NEWER_VERSION", "OLDER_VERSION"]
    (found,) = search(reader, (7, f"{publisher.name}.{name}"))["extensions"]
    assert (found["display_name"], [each["version"] for each in found["versions"]]) == ("Tool 2.0.0", ["2.0.0"])
    (shown,) = details(reader, [*ids])
    assert [each["version"] for each in shown["versions"]] == ["2.0.0", "1.5.0", "1.0.0"]


def test_the_same_bytes_again_are_a_success_and_others_are_refused_with_both_digests(
    author: Person, judge: Person
) -> None:
    publisher, name = an_accepted_publisher(author, judge), a_name("tool")
    package = a_vsix(publisher.name, name)
    first = published(author, package)

    assert published(author, package)["version_id"] == first["version_id"]
    task = uploaded(author, a_vsix(publisher.name, name, files={"extension/more.txt": b"x"}))
    assert checked(author, task)["basicInformation"]["extension_version_compare"] == "SAME_VERSION"
    answer = archiving(author, task)

    assert answer.status_code == 409
    digests = [word.strip(".;,") for word in answer.json()["error_msg"].split()]
    assert len([word for word in digests if len(word) == 64]) == 2


def test_without_an_accepted_publisher_a_version_waits_until_somebody_has_looked(
    author: Person, reader: Person, judge: Person
) -> None:
    publisher, name = a_waiting_publisher(author), a_name("tool")

    waiting = published(author, a_vsix(publisher.name, name))

    assert waiting["state"] == "VALIDATING"
    assert checked(author, waiting["task_id"])["task"]["state"] == "in-review"
    assert names(search(reader, (3, publisher.id))) == []
    assert details(reader, waiting["extension_id"]) == []
    (own,) = search(author, (3, publisher.id), (103, "INIT"))["extensions"]
    assert (own["status"], own["validate_status"]) == ("INIT", "VALIDATING")
    judge.accept(publisher.id)
    approved = judge.http.post(f"/plugport/v1/moderation/extension-versions/{waiting['version_id']}/approve")
    assert approved.status_code == 200, approved.text

    assert names(search(reader, (3, publisher.id))) == [f"{publisher.name}.{name}"]
    assert checked(author, waiting["task_id"])["task"]["state"] == "published"


def test_what_is_wrong_with_a_package_is_told_in_words_and_nothing_is_published(author: Person, judge: Person) -> None:
    publisher = an_accepted_publisher(author, judge)
    secret = b"-----BEGIN RSA PRIVATE KEY-----\n" + b"MIIEow" * 10 + b"\n-----END RSA PRIVATE KEY-----\n"
    task = uploaded(author, a_vsix("somebody-else", a_name("tool"), files={"extension/key.pem": secret}))

    told = checked(author, task)

    assert (told["file"]["status"], told["task"]["state"]) == ("success", "refused")
    assert [each["entry"] for each in told["security"]["findings"]] == ["extension/key.pem"]
    for check in ("security", "basicInformation"):
        assert told[check]["status"] == "failed"
        for finding in told[check]["findings"]:
            assert all(finding[part] for part in ("entry", "rule", "remedy"))
    assert told["task"]["reason"]
    assert told["task"]["next_step"]
    assert told["task"]["owner"]
    refusal = archiving(author, task)
    assert refusal.status_code == 409
    assert "refused" in refusal.json()["error_msg"]
    assert total(search(author, (3, publisher.id), (103, "INIT"), (103, "NORMAL"))) == 0


def test_what_is_no_archive_fails_as_a_file_and_the_rest_is_unknown_never_passed(author: Person) -> None:
    told = checked(author, uploaded(author, b"this is no archive"))

    assert [told[check]["status"] for check in ("file", "security", "basicInformation")] == [
        "failed",
        "unknown",
        "unknown",
    ]
    assert told["task"]["state"] == "refused"


def test_a_task_is_shown_and_published_by_its_own_account_only(author: Person, stranger: Person, judge: Person) -> None:
    publisher = an_accepted_publisher(author, judge)
    task = uploaded(author, a_vsix(publisher.name, a_name("tool")))
    checked(author, task)

    answers: list[Any] = [
        stranger.http.get(f"{MARKETPLACE}/extension/{task}/status"),
        archiving(stranger, task),
    ]

    assert [each.status_code for each in answers] == [404, 403]  # a viewer publishes nothing at all
    assert result(archiving(author, task))["state"] == "PUBLISHED"


def test_several_filters_are_several_questions(author: Person, reader: Person, judge: Person) -> None:
    publisher = an_accepted_publisher(author, judge)
    wanted = [a_name(kind) for kind in ("alpha", "beta", "gamma")]
    for name in wanted:
        published(author, a_vsix(publisher.name, name))
    by_name = {"page_number": 1, "page_size": 2, "sort_by": 2, "sort_order": 1}
    own = [{"filter_type": 3, "value": publisher.id}]
    filters = [
        {"criteria": own, **by_name},
        {"criteria": own, **by_name, "page_number": 2},
        {"criteria": [{"filter_type": 2, "value": wanted[1]}], **by_name},
        {"criteria": [*own, {"filter_type": 10, "value": "nothing-of-the-kind"}], **by_name},
    ]

    answer = reader.http.post(f"{MARKETPLACE}/extension/extensionquery", json={"filters": filters, "flags": 0})

    found = answer.json()["results"]
    shown = [[each["extension_name"] for each in one["extensions"]] for one in found]
    assert shown == [wanted[:2], wanted[2:], [wanted[1]], []]
    assert [total(one) for one in found] == [3, 3, 1, 0]
