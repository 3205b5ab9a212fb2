"""Who takes part in the journeys."""

from collections.abc import Iterator

import pytest

from tests.accounts import Account, Member, NewAccount
from tests.person import Meet, Person, people


@pytest.fixture
def meet() -> Iterator[Meet]:
    """Lets a user work over HTTP until the test ends."""
    with people() as meet:
        yield meet


@pytest.fixture
def author(account: Account, meet: Meet) -> Person:
    """An author of the test's own account."""
    return meet(account.user("author"))


@pytest.fixture
def stranger(new_account: NewAccount, meet: Meet) -> Person:
    """A pipeline front end of another account."""
    return meet(new_account().user("viewer"))


@pytest.fixture
def judge(operator: Member, meet: Meet) -> Person:
    """An operator of the platform, who decides about publishers."""
    return meet(operator)
