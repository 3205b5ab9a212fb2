"""The desk over HTTP, in a few words.

review = waiting(olga, publisher_id)
decide(olga, review, "request-changes", "incomplete")
"""

from typing import Any

import httpx

from tests.person import Person

RELEASES, REVIEWS, RULES = "/plugport/v1/releases", "/plugport/v1/reviews", "/plugport/v1/review-rules"


def seen(answer: httpx.Response) -> tuple[int, str]:
    """The status of an answer, and its code where it is a refusal."""
    told = answer.json()
    return answer.status_code, told.get("error_code", "") if isinstance(told, dict) else ""


def good(answer: httpx.Response) -> Any:
    """What a good answer says."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def release_of(person: Person, name: str, version: str = "1.0.0") -> dict[str, Any]:
    """The release of a version, as its author sees it."""
    rows = good(person.http.get(RELEASES, params={"name": name}))["releases"]
    (row,) = [each for each in rows if each["version"] == version]
    return dict(row)


def do(person: Person, release: dict[str, Any], act: str, **body: Any) -> httpx.Response:
    """The answer to an act."""
    return person.http.post(f"{RELEASES}/{release['release_id']}/{act}", json=body or None)


def waiting(person: Person, publisher_id: str, **filters: Any) -> dict[str, Any]:
    """The one review that waits of a publisher's releases."""
    (row,) = good(person.http.get(REVIEWS, params={"publisher_id": publisher_id, **filters}))["reviews"]
    return dict(row)


def decide(person: Person, review: dict[str, Any], verdict: str, *reasons: str, text: str = "") -> httpx.Response:
    """The answer to a decision."""
    body = {"verdict": verdict, "reasons": [*reasons], "text": text}
    return person.http.post(f"{REVIEWS}/{review['review_id']}/decide", json=body)
