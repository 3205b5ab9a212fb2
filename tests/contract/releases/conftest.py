"""The world of releases, in which no worker does anything by itself, and the people at the desk."""

import pytest

from tests.contract.extensions.conftest import desk, quiet, quiet_settings, world
from tests.contract.releases.people import House
from tests.contract.uploads.world import World

__all__ = ["desk", "quiet", "quiet_settings", "world"]


@pytest.fixture
async def house(world: World) -> House:
    """An account with an accepted publisher, and people who decide."""
    return await House.open(world)
