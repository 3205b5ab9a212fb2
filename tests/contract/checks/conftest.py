"""The world of extensions, in which no worker does anything by itself."""

from tests.contract.extensions.conftest import desk, quiet, quiet_settings, world

__all__ = ["desk", "quiet", "quiet_settings", "world"]
