"""Who sends files."""

from collections.abc import Iterator

import pytest

from tests.accounts import NewAccount
from tests.person import Person, people


@pytest.fixture(scope="module")
def ada(new_account: NewAccount) -> Iterator[Person]:
    """An author; no test minds what the others upload."""
    with people() as meet:
        yield meet(new_account().user("author"))


@pytest.fixture(scope="module")
def publisher(ada: Person) -> str:
    """A publisher of the author's."""
    return ada.publisher("makers")
