"""Who calls the surfaces."""

from collections.abc import Iterator

import pytest

from tests.accounts import Account, Member
from tests.person import Meet, Person, people


@pytest.fixture
def meet() -> Iterator[Meet]:
    """Lets a user work over HTTP until the test ends."""
    with people() as meet:
        yield meet


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An author of the test's own account."""
    return meet(account.user("author"))


@pytest.fixture
def judge(operator: Member, meet: Meet) -> Person:
    """An operator of the platform, who decides about publishers."""
    return meet(operator)
