"""Extensions on their way to the marketplace, over HTTP and in the contract's words.

publisher = an_accepted_publisher(author, judge)
shown = published(author, a_vsix(publisher.name, "linter"))     # uploaded in one request, checked, published
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from app.registry import Registry
from schemas.errors import ServiceBusy
from schemas.model.uploads import Upload
from tests.builders import a_name
from tests.person import Person

MARKETPLACE = "/v1/marketplace"
_PATIENCE_SECONDS = 30
_AT_WORK = ("receiving", "joining", "checking")


@dataclass(frozen=True)
class Named:
    """A publisher: its id, and the English name that its packages bear."""

    id: str
    name: str


def a_waiting_publisher(author: Person) -> Named:
    """A new publisher about which nobody has decided."""
    name = a_name("maker")
    return Named(author.publisher(name), name)


def an_accepted_publisher(author: Person, judge: Person) -> Named:
    """A new publisher that the operators accepted."""
    publisher = a_waiting_publisher(author)
    judge.accept(publisher.id)
    return publisher


def result(answer: httpx.Response) -> Any:
    """What is in the envelope of a good answer."""
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["status"] == "success"
    return body["result"]


def uploaded(author: Person, package: bytes, name: str = "package.vsix") -> str:
    """The task of a package that was sent in one request."""
    answer = author.http.post(
        f"{MARKETPLACE}/file/plugin", params={"official": "CodeArtsIDEOnline"}, files={"file": (name, package)}
    )
    return str(result(answer)["task_id"])


def checked(person: Person, task_id: str, **headers: str) -> dict[str, Any]:
    """What the checks of a task say, as soon as they are done."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        answer = person.http.get(f"{MARKETPLACE}/extension/{task_id}/status", headers=headers)
        told = dict(result(answer))
        if told["task"]["state"] not in _AT_WORK or time.monotonic() > until:
            return told
        time.sleep(0.05)


async def inspected(registry: Registry, upload: Upload) -> None:
    """Lets this process check a package. A server's worker may be at it, too: who comes second is sent away, and then finds it
    done."""
    while True:
        with suppress(ServiceBusy):
            return await registry.uploads.inspect(upload.tenant_id, upload.id)


def archiving(person: Person, task_id: str) -> httpx.Response:
    """The answer to the wish to publish."""
    return person.http.post(f"{MARKETPLACE}/extension/{task_id}/archiving", json={"type": 1})


def published(author: Person, package: bytes) -> dict[str, Any]:
    """What has come of publishing a package that passes every check; or was published before, which is the same."""
    task_id = uploaded(author, package)
    told = checked(author, task_id)
    assert told["task"]["state"] in ("accepted", "in-review", "published"), told
    return dict(result(archiving(author, task_id)))


def search(person: Person, *criteria: tuple[int, str], flags: int = 0, **changes: Any) -> dict[str, Any]:
    """The one result of a search with these criteria; `changes` bend the filter."""
    told = [{"filter_type": kind, "value": value} for kind, value in criteria]
    asked = {"criteria": told, "page_number": 1, "page_size": 20} | changes
    answer = person.http.post(f"{MARKETPLACE}/extension/extensionquery", json={"filters": [asked], "flags": flags})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["results"]
    return dict(found)


def names(found: dict[str, Any]) -> list[str]:
    """The identifiers of what a search found, in its order."""
    return [each["identifier"] for each in found["extensions"]]


def total(found: dict[str, Any]) -> int:
    """How many a search found in all."""
    (count,) = next(each for each in found["result_metadata"] if each["metadata_type"] == "ResultCount")[
        "metadata_items"
    ]
    assert count["name"] == "TotalCount"
    return int(count["count"])


def details(person: Person, ids: Any) -> list[dict[str, Any]]:
    """The extensions of these ids."""
    answer = person.http.post(f"{MARKETPLACE}/extension/public/detail", json={"ids": ids})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["results"]
    return list(found["extensions"])
