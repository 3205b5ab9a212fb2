"""Every check there is."""

from app.registry.checks import (
    archive,
    clamav,
    difference,
    executables,
    hidden_characters,
    icon,
    licence,
    manifest,
    names,
    readme,
    schemas,
    secrets,
    size,
)
from app.registry.checks.base import Check
from app.registry.checks.clamav import Clamd

BUILT_IN: tuple[Check, ...] = (
    archive.CHECK,
    manifest.CHECK,
    schemas.CHECK,
    names.CHECK,
    icon.CHECK,
    readme.CHECK,
    licence.CHECK,
    size.CHECK,
    secrets.CHECK,
    hidden_characters.CHECK,
    executables.CHECK,
    difference.CHECK,
)
"""Those that need nothing but the package."""


def every_check(clamd: Clamd | None) -> tuple[Check, ...]:
    """The checks of an installation, which may have a clamd."""
    return BUILT_IN if clamd is None else (*BUILT_IN, clamav.check(clamd))
