"""An extension to install, over HTTP."""

from collections.abc import AsyncIterator

import pytest

from app.wiring import Wiring
from storage.postgres.embedded import Urls
from tests.accounts import Account, Member
from tests.contract.installs.world import Shelf


@pytest.fixture
async def shelf(wiring: Wiring, cluster: Urls, account: Account, operator: Member) -> AsyncIterator[Shelf]:
    """An extension without versions, of the test's own account."""
    opened = await Shelf.open(wiring, cluster, account, operator)
    yield opened
    await opened.close()
