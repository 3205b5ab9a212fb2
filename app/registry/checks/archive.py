"""It is a whole and honest archive: the rules of `app/registry/packages/archive.py`, kept by every entry."""

from app.registry.checks.base import PACKAGES, Check, Look
from schemas.model.checks import Area, Mode

NAME = "archive"

CHECK = Check(
    name=NAME,
    area=Area.FILE,
    kinds=PACKAGES,
    mode=Mode.BLOCK,
    # Whoever runs the checks goes through the archive for all of them, and knows what is wrong with it.
    begin=lambda _: Look(),
    is_firm=True,
)
