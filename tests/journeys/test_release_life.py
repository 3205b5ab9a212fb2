"""A publisher applies and is accepted; its first release waits for a person, is sent back, mended, released, later put in
quarantine by two people, appealed, and restored. On a server as it comes."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from storage.postgres.embedded import Urls
from tests.accounts import NewAccount
from tests.apart import on_its_own
from tests.builders import a_name, a_version, a_vsix
from tests.desk import RELEASES, REVIEWS, decide, do, good, release_of, seen, waiting
from tests.person import Meet, Person
from tests.publishing import an_accepted_publisher, names, published, search


@pytest.fixture(scope="module")
def new_account(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewAccount]:
    """Makes accounts in a registry with the policy `first-release`, and apart: servers that share a database take each
    other's jobs."""
    directory = tmp_path_factory.mktemp("reviewed")
    storage_url = (directory / "blobs").as_uri()
    with on_its_own(cluster, directory, storage_url, PLUGPORT_REVIEW_POLICY="first-release") as (_, new_account):
        yield new_account


@pytest.fixture
def olga(meet: Meet, new_account: NewAccount) -> Person:
    """An operator."""
    return meet(new_account().user("operator"))


@pytest.fixture
def otto(meet: Meet, new_account: NewAccount) -> Person:
    """Another one."""
    return meet(new_account().user("operator"))


def told(person: Person, text: str) -> bool:
    """Whether the inbox has a line with that text, now or soon: a job puts it there."""
    for _ in range(300):
        page = good(person.http.get("/plugport/v1/inbox", params={"limit": 100}))
        if any(text in each["text"] for each in page["notifications"]):
            return True
        time.sleep(0.05)
    return False


def test_a_release_earns_trust_loses_it_and_gets_it_back(
    author: Person, stranger: Person, olga: Person, otto: Person
) -> None:
    name = a_name("scan")

    # A publisher applies, and is accepted.
    publisher_id = author.publisher(a_name("house"))
    author.upload(name)
    body = {"plugin_name": name, "version": "1.0.0", "publisher_unique_id": publisher_id}
    author.refused(409, "publish_plugin", body=body)
    olga.accept(publisher_id)

    # The first release waits for a person; its own account uses it meanwhile.
    author.do("publish_plugin", body=body)
    first = release_of(author, name)
    assert first["state"] == "in-review"
    assert {"first-of-publisher", "first-release"} <= {*first["reasons"]}
    assert stranger.row(name) is None
    assert author.row(name) is not None
    assert told(olga, f"{name} 1.0.0 waits for a look")

    # It is sent back, and the author sees why.
    review = waiting(olga, publisher_id)
    good(olga.http.post(f"{REVIEWS}/{review['review_id']}/claim"))
    good(decide(olga, review, "request-changes", "incomplete", text="Say where to get help."))
    shown = good(author.http.get(f"{RELEASES}/{first['release_id']}"))
    assert shown["release"]["message"] == "incomplete: Say where to get help."
    assert shown["decisions"][0]["reasons"] == ["incomplete"]
    assert told(author, f"{name} 1.0.0 was sent back: incomplete: Say where to get help.")

    # The author mends it, which is another version, and that one is accepted.
    author.upload(name, "1.0.1", description="Asks whether the service is up. Help: help@example.com")
    assert release_of(author, name, "1.0.1")["state"] == "in-review"
    good(decide(otto, waiting(otto, publisher_id), "accept"))
    assert told(author, f"{name} 1.0.1 is published.")
    row = stranger.row(name)
    assert row is not None
    assert (row["plugin_version"] if "plugin_version" in row else row["version"]) == "1.0.1"
    assert stranger.numbers(name) == ["1.0.1"]
    package = f"/plugport/v1/plugins/{name}/versions/1.0.1/package"
    assert stranger.http.get(package).status_code == 200
    assert stranger.http.get(package.replace("1.0.1", "1.0.0")).status_code == 404

    # Two people put it in quarantine. Nobody gets it any more.
    release = release_of(author, name, "1.0.1")
    good(do(olga, release, "quarantine", reasons=["malicious"], text="It sends tokens away."))
    assert stranger.http.get(package).status_code == 200
    assert told(otto, f"{name} 1.0.1 is to be put in quarantine")
    good(do(otto, release, "quarantine", reasons=["malicious"]))
    for each in (author, stranger):
        assert seen(each.http.get(package)) == (403, "PLUGPORT.00230003")
    assert stranger.row(name) is None
    assert told(author, f"{name} 1.0.1 is in quarantine: malicious: It sends tokens away.")

    # The author appeals, and gets it back.
    good(do(author, release, "appeal", text="They are sample tokens of our own documentation."))
    assert told(olga, f"There is an appeal against the quarantine of {name} 1.0.1")
    good(decide(olga, waiting(olga, publisher_id, kind="appeal"), "accept", "resolved"))
    assert told(author, f"{name} 1.0.1 is out of quarantine.")
    assert stranger.http.get(package).status_code == 200
    assert stranger.numbers(name) == ["1.0.1"]


def test_an_extension_and_a_composite_plugin_go_the_same_way(author: Person, stranger: Person, olga: Person) -> None:
    publisher, name, linter = an_accepted_publisher(author, olga), a_name("nightly"), a_name("linter")
    author.do("create_plugin_version", body=a_version(name))
    author.do("publish_plugin", body={"plugin_name": name, "version": "", "publisher_unique_id": publisher.id})
    assert published(author, a_vsix(publisher.name, linter))["version_id"]
    waits: list[dict[str, Any]] = []
    for _ in range(200):  # the checks of the plug-in are a job
        waits = good(olga.http.get(REVIEWS, params={"publisher_id": publisher.id}))["reviews"]
        if len(waits) == 2:
            break
        time.sleep(0.1)
    assert {(each["release"]["kind"], each["business_type"]) for each in waits} == {
        ("composite-plugin", "Normal"), ("extension", "Extension"),
    }  # fmt: skip
    assert names(search(stranger, (4, f"{publisher.name}.{linter}"))) == []
    for each in waits:
        assert good(decide(olga, each, "accept"))["release"]["state"] == "released"
    assert stranger.row(name) is not None
    assert release_of(author, f"{publisher.name}.{linter}")["state"] == "released"
    assert stranger.http.get(f"/plugport/v1/extensions/{publisher.name}/{linter}/1.0.0/universal/package").is_success
