"""Who calls the surfaces."""

import pytest

from tests.accounts import Account
from tests.person import Meet, Person


@pytest.fixture
def ada(account: Account, meet: Meet) -> Person:
    """An author of the test's own account."""
    return meet(account.user("author"))
