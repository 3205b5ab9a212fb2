"""Who takes part in the journeys."""

import pytest

from tests.accounts import Account, NewAccount
from tests.person import Meet, Person


@pytest.fixture
def author(account: Account, meet: Meet) -> Person:
    """An author of the test's own account."""
    return meet(account.user("author"))


@pytest.fixture
def stranger(new_account: NewAccount, meet: Meet) -> Person:
    """A pipeline front end of another account."""
    return meet(new_account().user("viewer"))
