"""What users say, over HTTP: as browsers send it, and not too much at once."""

import pytest

from tests.builders import a_name, a_vsix
from tests.person import Person
from tests.publishing import MARKETPLACE, an_accepted_publisher, published, result


@pytest.fixture
def extension_id(ada: Person, judge: Person) -> str:
    """A published extension."""
    publisher = an_accepted_publisher(ada, judge)
    return str(published(ada, a_vsix(publisher.name, a_name("tool")))["extension_id"])


def test_line_ends_of_browsers_forms_are_taken_and_kept_as_line_feeds(ada: Person, extension_id: str) -> None:
    said = {"extension_id": extension_id, "text": "One.\r\nTwo.\rThree.\n"}
    assert result(ada.http.post(f"{MARKETPLACE}/extension/evaluation", json=said))["text"] == "One.\nTwo.\nThree.\n"
    rated = {"extension_id": extension_id, "stars": 5, "comment": "Good.\r\n"}
    assert result(ada.http.post(f"{MARKETPLACE}/star", json=rated))["comment"] == "Good.\n"


def test_who_says_too_much_is_told_in_how_many_seconds_more_is_taken(ada: Person, extension_id: str) -> None:
    said = {"extension_id": extension_id, "text": "Good."}
    for _ in range(10):
        result(ada.http.post(f"{MARKETPLACE}/extension/evaluation", json=said))
    refused = ada.http.post(f"{MARKETPLACE}/extension/evaluation", json=said)
    assert refused.status_code == 429
    seconds = int(refused.headers["retry-after"])
    assert 30 < seconds <= 600  # the first one counts for ten minutes, and is hardly older than the test
    assert refused.json()["error_msg"].endswith(f"The next one is taken in {seconds} seconds.")
