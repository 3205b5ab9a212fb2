"""The world of uploads, in which no worker does anything by itself, and what is done with extensions in it."""

import pytest

from tests.contract.extensions.desk import Desk
from tests.contract.uploads.conftest import quiet, quiet_settings, world
from tests.contract.uploads.world import World

__all__ = ["desk", "quiet", "quiet_settings", "world"]


@pytest.fixture
async def desk(world: World) -> Desk:
    """An account with an accepted publisher `makers-…`."""
    return await Desk.open(world)
