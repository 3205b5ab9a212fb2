"""A marketplace for the tests of this folder."""

import secrets
from collections.abc import Iterator

import pytest

from storage.postgres.embedded import Urls
from tests.contract.marketplace.shop import Shop, shop_in


@pytest.fixture(scope="module")
def shop(cluster: Urls, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A marketplace of the module's own."""
    directory = tmp_path_factory.mktemp("shop")
    with shop_in(cluster, f"shop_{secrets.token_hex(6)}", directory) as shop:
        yield shop
