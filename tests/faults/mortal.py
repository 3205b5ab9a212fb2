"""The program `plugport` with points at which somebody dies: `python -m tests.faults.mortal serve`.

The file that MORTAL_FILE names says where and who: `joined:before:self`. The first to come there renames the file (so it
happens once) and kills with SIGKILL: `self` is the whole server, a number the process of that id. Without such a file
nothing is different. A death between two lines cannot be produced from outside.
"""

import functools
import importlib
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from app.__main__ import main
from app.jobs import HANDLERS
from app.registry.uploads import joining

POINTS = {
    "upload row": "storage.postgres.uploads:insert",
    "upload made": "app.registry.uploads.service:Uploads._opened",
    "chunk begun": "storage.postgres.uploads:begin_chunk",
    "chunk bytes": "{store}.put_part",
    "chunk row": "storage.postgres.uploads:store_chunk",
    "chunk taken": "app.registry.uploads.service:Uploads._stored",
    "claim": "storage.postgres.uploads:claim_joining",
    "join": "{store}.join",
    "blob row": "storage.postgres.packages:insert_blob",
    "job row": "storage.postgres.jobs:enqueue",
    "join committed": "app.registry.uploads.joining:Joining._commit",
    "parts removed": "{store}.discard",
    "read back": "app.registry.uploads.inspection:prove_stored",
    "proof row": "storage.postgres.packages:prove_blob",
    "release": "app.registry.packages.service:Packages.release",
    "state moved": "storage.postgres.uploads:move",
    "inspected": "app.registry.uploads.inspection:Inspection.inspect",
} | (
    OF_EXTENSIONS := {
        "checks done": "app.registry.checks.service:Checks.examine",
        "check rows": "storage.postgres.checks:keep",
        "extension row": "storage.postgres.extensions:insert",
        "version row": "storage.postgres.extensions:insert_version",
        "release moved": "storage.postgres.releases:move",
        "extension shown": "storage.postgres.extensions:show_version",
    }
)
STORES = {"local": "storage.blobs.local:LocalBlobs", "s3": "storage.blobs.s3:S3Blobs"}


def arm(point: str, address: str, order: Path) -> None:
    """Puts the point before and behind the coroutine at `module:attribute`."""
    module, _, path = address.partition(":")
    holder: Any = importlib.import_module(module)
    *owners, name = path.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    original: Callable[..., Awaitable[Any]] = getattr(holder, name)

    @functools.wraps(original)
    async def mortal(*arguments: Any, **named: Any) -> Any:
        _die_if_told(f"{point}:before:", order)
        answer = await original(*arguments, **named)
        _die_if_told(f"{point}:after:", order)
        return answer

    setattr(holder, name, mortal)


def _die_if_told(here: str, order: Path) -> None:
    try:
        told = order.read_text()
        if not told.startswith(here):
            return
        order.rename(order.with_suffix(".done"))
    except FileNotFoundError:
        return
    victim = told.removeprefix(here)
    if victim == "self":
        os.killpg(0, signal.SIGKILL)
    else:
        os.kill(int(victim), signal.SIGKILL)


def hurry() -> None:
    """Whoever takes over from the dead waits for the end of their leases: seconds here, so that a run takes minutes."""
    joining._CLAIM_SECONDS, joining._PROLONG_EVERY_SECONDS = 3, 1
    HANDLERS["inspect_upload"] = msgspec.structs.replace(HANDLERS["inspect_upload"], lease_seconds=3)


if __name__ == "__main__":
    hurry()
    for point, address in POINTS.items():
        arm(point, address.format(store=STORES[os.environ["MORTAL_STORE"]]), Path(os.environ["MORTAL_FILE"]))
    main(prog_name="plugport")
