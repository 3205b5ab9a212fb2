"""A user at work over HTTP, in the words of the contract: what they do is named by its operation."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol

import httpx

from tests.accounts import Member
from tests.builders import a_package, a_publisher, an_upload
from tests.surfaces.contract.facts import operations


class Person:
    """A user with a token. The account is filled into the paths."""

    def __init__(self, member: Member, http: httpx.Client) -> None:
        self.member = member
        self.http = http

    @property
    def account_id(self) -> str:
        """The person's `domain_id`."""
        return self.member.account.id

    def ask(self, operation: str, /, *, body: Any = None, file: bytes | None = None, **query: Any) -> httpx.Response:
        """The answer to an operation of the contract, whatever it is."""
        asked = operations()[operation]
        return self.http.request(
            asked.method,
            asked.path.format(domain_id=self.account_id),
            params=query or None,
            json=body,
            files=None if file is None else an_upload(file),
        )

    def do(self, operation: str, /, *, body: Any = None, file: bytes | None = None, **query: Any) -> Any:
        """What a successful operation answers."""
        answer = self.ask(operation, body=body, file=file, **query)
        assert answer.status_code == 200, f"{operation}: {answer.status_code} {answer.text}"
        return answer.json()

    def refused(
        self, status: int, operation: str, /, *, body: Any = None, file: bytes | None = None, **query: Any
    ) -> dict[str, str]:
        """What a refused operation answers: its code and its sentence."""
        answer = self.ask(operation, body=body, file=file, **query)
        assert answer.status_code == status, f"{operation}: {answer.status_code} {answer.text}"
        told: dict[str, str] = answer.json()
        assert set(told) >= {"error_code", "error_msg"}
        return told

    def call(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        """What a request of our own interface answers, with that status."""
        answer = self.http.request(method, path, json=body or None)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    # -- what journeys do often --------------------------------------------------------------------------------------

    def upload(self, name: str, version: str = "1.0.0", **changes: Any) -> bytes:
        """Uploads a package; answers its bytes."""
        package = a_package(name, version, **changes)
        self.do("upload_basic_plugin", plugin_name=name, file=package)
        return package

    def publisher(self, en_name: str) -> str:
        """The id of a new publisher, which waits for a decision."""
        self.do("create_publisher", body=a_publisher(en_name))
        found = self.do("list_publisher", name=en_name, limit=1000)["data"]
        return next(str(each["publisher_unique_id"]) for each in found if each["en_name"] == en_name)

    def numbers(self, name: str) -> list[str]:
        """The version numbers of a plug-in, in the order in which they are listed."""
        return list(self.do("list_plugin_version_number", plugin_name=name, limit=1000))

    def row(self, name: str) -> dict[str, Any] | None:
        """The plug-in of that name as the list shows it; None where it shows none."""
        rows = self.do("list_plugins", body={"plugin_name": name})["data"]
        assert len(rows) <= 1
        return rows[0] if rows else None

    # -- what operators decide ---------------------------------------------------------------------------------------

    def accept(self, publisher_id: str) -> None:
        """Accepts a publisher."""
        answer = self.http.post(f"/plugport/v1/publishers/{publisher_id}/accept")
        assert answer.status_code == 200, answer.text

    def reject(self, publisher_id: str, reason: str) -> None:
        """Rejects a publisher."""
        answer = self.http.post(f"/plugport/v1/publishers/{publisher_id}/reject", json={"reason": reason})
        assert answer.status_code == 200, answer.text


class Meet(Protocol):
    """Lets a user begin to work."""

    def __call__(self, member: Member) -> Person:
        """The person that this user is."""
        ...


@contextmanager
def people() -> Iterator[Meet]:
    """Begins with nobody; ends everybody's connections."""
    with ExitStack() as connections:
        yield lambda member: Person(member, connections.enter_context(member.client()))
