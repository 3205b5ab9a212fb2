"""What `npm` installs is pinned, vouched for by hashes, and comes from wherever the machine is told to fetch."""

import json
from typing import Any

from tests.vsce import HERE

LOCK: dict[str, Any] = json.loads((HERE / "package-lock.json").read_bytes())
PACKAGES = {name: facts for name, facts in LOCK["packages"].items() if name}


def test_every_package_has_a_hash() -> None:
    assert [name for name, facts in PACKAGES.items() if not facts["integrity"].startswith("sha512-")] == []


def test_the_lock_file_names_no_place_to_fetch_from() -> None:
    assert [name for name, facts in PACKAGES.items() if "resolved" in facts] == []


def test_what_is_asked_for_is_locked() -> None:
    wanted = json.loads((HERE / "package.json").read_bytes())["devDependencies"]
    assert {name: PACKAGES[f"node_modules/{name}"]["version"] for name in wanted} == wanted
