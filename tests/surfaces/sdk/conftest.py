"""Users with an SDK client, once for each way to prove who asks."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkcodeartspipeline.v2 import CodeArtsPipelineClient
from huaweicloudsdkcore.http.formdata import FormFile

from tests.accounts import Account, Member, NewAccount
from tests.program import Server
from tests.surfaces.sdk.clients import WAYS


@dataclass
class Hand:
    """A user's SDK client, and the account that goes into its requests."""

    sdk: CodeArtsPipelineClient
    member: Member

    @property
    def account(self) -> str:
        """The `domain_id` of requests."""
        return self.member.account.id


NewHand = Callable[[Member], Hand]
Form = Callable[[bytes, str], FormFile]


@pytest.fixture(params=WAYS)
def hand(request: pytest.FixtureRequest, server: Server) -> NewHand:
    """Gives a user an SDK client."""
    connect = WAYS[request.param]
    return lambda member: Hand(connect(server.url, member), member)


@pytest.fixture
def author(hand: NewHand, account: Account) -> Hand:
    """An author of the test's own account."""
    return hand(account.user("author"))


@pytest.fixture
def stranger(hand: NewHand, new_account: NewAccount) -> Hand:
    """A viewer of another account."""
    return hand(new_account().user("viewer"))


@pytest.fixture
def accept(operator: Member) -> Callable[[str], None]:
    """Lets an operator accept a publisher."""

    def decide(publisher_id: str) -> None:
        with operator.client() as client:
            answer = client.post(f"/plugport/v1/publishers/{publisher_id}/accept")
        assert answer.status_code == 200, answer.text

    return decide


@pytest.fixture
def form(tmp_path: Path) -> Form:
    """A file of a form, which the SDK takes from the disk only."""

    def write(content: bytes, name: str) -> FormFile:
        path = tmp_path / name
        path.write_bytes(content)
        return FormFile(str(path))

    return write


def done(response: Any) -> None:
    """Checks the answer to a change: the JSON value true, which the SDK shows as an empty object."""
    assert (response.status_code, response.raw_content, response.body) == (200, b"true", None)
