"""The three checks of a stored package."""

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from app.registry.extensions.inspection import ExtensionInspection

from schemas.model.extensions import CheckName, Inspected, Outcome
from storage.blobs.base import Stored
from storage.blobs.connect import open_store
from storage.executors import Executor
from tests.builders import a_vsix

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


async def inspect(package: bytes, work: Path) -> Inspected:
    store = open_store(f"file://{work}")
    executor = Executor("inspection", threads=1, queue=1)
    try:
        stored = await store.put("packages/one", _pieces(package), limit=1 << 30)
        assert stored == Stored(key="packages/one", size=len(package), sha256=hashlib.sha256(package).hexdigest())
        return await ExtensionInspection(store, executor).inspect(stored)
    finally:
        executor.close()
        await store.close()


async def _pieces(package: bytes) -> AsyncIterator[bytes]:
    yield package


def broken(package: bytes) -> bytes:
    at = package.index(b"[Content_Types].xml") + 40
    return package[:at] + bytes([package[at] ^ 1]) + package[at + 1 :]


CASES = {
    "an honest package": (a_vsix(), (PASS, PASS, PASS)),
    "a package with a secret": (a_vsix(files={"extension/.env": b"AKIA" + b"ABCDEFGHIJKLMNOP"}), (FAIL, PASS, PASS)),
    "a package that is no extension": (a_vsix(files={"extension/package.json": None}), (PASS, PASS, FAIL)),
    "a damaged archive": (broken(a_vsix()), (UNKNOWN, FAIL, UNKNOWN)),
    "no archive": (b"no archive at all", (UNKNOWN, FAIL, UNKNOWN)),
}


@pytest.mark.parametrize("case", CASES)
async def test_each_check_says_what_it_found_and_nothing_unknown_passes(case: str, tmp_path: Path) -> None:
    package, outcomes = CASES[case]
    result = await inspect(package, tmp_path)
    assert {each.name: each.outcome for each in result.checks} == dict(
        zip((CheckName.SECURITY, CheckName.FILE, CheckName.BASIC_INFORMATION), outcomes, strict=True)
    )
    assert [bool(each.findings) for each in result.checks] == [each.outcome is FAIL for each in result.checks]
    assert (result.facts is not None) == (case in ("an honest package", "a package with a secret"))
