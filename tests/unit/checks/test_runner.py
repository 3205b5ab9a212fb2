"""Checks that raise, hang, are slow or crash say nothing, and never spoil what the others say."""

import hashlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from app.registry.checks import archive, executables, hidden_characters, manifest, secrets
from app.registry.checks.base import EVERYTHING, Check, Look, Undone, told
from app.registry.checks.catalogue import BUILT_IN
from app.registry.checks.runner import MOST_FINDINGS, Budget, Runner
from schemas.errors import ServiceBusy, StorageUnavailable
from schemas.model.checks import (
    Area,
    CheckResult,
    Definition,
    Finding,
    Mode,
    Outcome,
    PackageLocation,
    Severity,
    Subject,
)
from storage.blobs.connect import open_store
from storage.executors import Executor
from tests.builders import a_package, a_vsix
from tests.unit.checks.looking import COMPOSITE, EXTENSION, a_subject

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN
QUICK = Budget(own=0.3, own_per_mib=0, step=0.5, queue=1.0)
Run = Callable[..., Any]


def a_check(look: Look | Callable[[], Look], name: str = "odd") -> Check:
    begin = (lambda _: look) if isinstance(look, Look) else (lambda _: look())
    return Check(name=name, area=Area.SECURITY, kinds=EVERYTHING, mode=Mode.BLOCK, begin=begin, looks_inside=True)


class Raising(Look):
    def __init__(self, error: BaseException, *, at_the_end: bool = False) -> None:
        self._error = error
        self._at_the_end = at_the_end

    def see(self, entry: object, piece: bytes) -> None:
        if not self._at_the_end:
            raise self._error

    def end(self) -> Sequence[Finding]:
        raise self._error


class Hanging(Look):
    """Does not return before it is let go."""

    def __init__(self, gate: threading.Event) -> None:
        self._gate = gate

    def see(self, entry: object, piece: bytes) -> None:
        self._gate.wait(30)


class Slow(Look):
    def see(self, entry: object, piece: bytes) -> None:
        time.sleep(0.1)


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Lets hanging looks go when the test is over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
async def run(tmp_path: Path, gate: threading.Event) -> AsyncIterator[Run]:
    """Runs checks over a package, by the names of the checks."""

    @asynccontextmanager
    async def opened(threads: int) -> AsyncIterator[tuple[Any, Executor]]:
        store, executor = open_store(f"file://{tmp_path}"), Executor("inspection", threads=threads, queue=5)
        try:
            yield store, executor
        finally:
            gate.set()
            executor.close()
            await store.close()

    async with opened(3) as (store, executor):

        async def runs(package: bytes, *checks: Check, budget: Budget = QUICK) -> dict[str, CheckResult]:
            async def pieces() -> AsyncIterator[bytes]:
                yield package

            key = f"packages/{hashlib.sha256(package).hexdigest()}"
            if key not in [each async for each in store.keys("packages/")]:
                await store.put(key, pieces(), limit=1 << 30)
            place = PackageLocation(key=key, size=len(package), sha256="0" * 64)
            subject = Subject(kind=EXTENSION, tenant_id="a" * 32, subject_id="b" * 32, package=place)
            modes = {each.name: each.mode for each in checks}
            looked = await Runner(store, executor, budget).run(subject, checks, modes)
            return {each.name: each for each in looked.results}

        yield runs


OTHERS = (archive.CHECK, manifest.CHECK, secrets.CHECK)


@pytest.mark.parametrize("at_the_end", [True, False])
@pytest.mark.parametrize(
    "error", [RuntimeError("x"), MemoryError(), RecursionError(), Undone("it is down"), KeyError("a")]
)
async def test_a_check_that_raises_is_unknown_and_the_others_go_on(
    run: Run, error: BaseException, at_the_end: bool
) -> None:
    results = await run(a_vsix(), a_check(Raising(error, at_the_end=at_the_end)), *OTHERS)
    assert {name: each.outcome for name, each in results.items()} == {
        "odd": UNKNOWN, "archive": PASS, "manifest": PASS, "secrets": PASS,
    }  # fmt: skip
    [finding] = results["odd"].findings
    assert (finding.rule, finding.check) == ("odd.not-done", "odd")
    assert ("it is down" if isinstance(error, Undone) else type(error).__name__) in finding.message


async def test_a_check_that_cannot_begin_is_unknown(run: Run) -> None:
    def begin() -> Look:
        raise ValueError

    results = await run(a_vsix(), a_check(begin), *OTHERS)
    assert [each.outcome for each in results.values()] == [UNKNOWN, PASS, PASS, PASS]


async def test_a_check_that_does_not_return_is_left_behind(run: Run, gate: threading.Event) -> None:
    results = await run(a_vsix(), *OTHERS, a_check(Hanging(gate)))
    assert [each.outcome for each in results.values()] == [PASS, PASS, PASS, UNKNOWN]
    assert "did not return" in results["odd"].findings[0].message


async def test_two_checks_that_do_not_return_are_left_behind(run: Run, gate: threading.Event) -> None:
    hanging = [a_check(Hanging(gate), "odd"), a_check(Hanging(gate), "odder")]
    results = await run(a_vsix(), *hanging, *OTHERS)
    assert [each.outcome for each in results.values()] == [UNKNOWN, UNKNOWN, PASS, PASS, PASS]


async def test_where_no_thread_is_left_the_registry_is_busy_and_nothing_has_passed(
    run: Run, gate: threading.Event
) -> None:
    hanging = [a_check(Hanging(gate), f"odd-{letter}") for letter in "abcd"]
    with pytest.raises(ServiceBusy):
        await run(a_vsix(), *hanging, *OTHERS)


async def test_a_check_that_is_too_slow_is_unknown(run: Run) -> None:
    results = await run(a_vsix(), a_check(Slow()), *OTHERS)
    assert [each.outcome for each in results.values()] == [UNKNOWN, PASS, PASS, PASS]
    assert "longer than a check may" in results["odd"].findings[0].message


async def test_a_storage_that_does_not_answer_says_nothing_about_a_check(run: Run) -> None:
    with pytest.raises(StorageUnavailable):
        await run(a_vsix(), a_check(Raising(StorageUnavailable(reason="told so by a test"))), *OTHERS)


def broken(package: bytes) -> bytes:
    at = package.index(b"[Content_Types].xml") + 40
    return package[:at] + bytes([package[at] ^ 1]) + package[at + 1 :]


@pytest.mark.parametrize("package", [broken(a_vsix()), b"no archive at all"])
async def test_of_a_damaged_archive_nothing_else_is_said(run: Run, package: bytes) -> None:
    results = await run(package, *OTHERS)
    assert {name: each.outcome for name, each in results.items()} == {
        "archive": FAIL, "manifest": UNKNOWN, "secrets": UNKNOWN,
    }  # fmt: skip
    assert all(each.findings for each in results.values())


CASES = {
    "an honest package": (a_vsix(), (PASS, PASS, PASS)),
    "a package with a secret": (a_vsix(files={"extension/.env": b"AKIA" + b"ABCDEFGHIJKLMNOP"}), (PASS, PASS, FAIL)),
    "a package that is no extension": (a_vsix(files={"extension/package.json": None}), (PASS, FAIL, PASS)),
    "the package of a plug-in": (a_package("packed"), (PASS, FAIL, PASS)),
}


@pytest.mark.parametrize("case", CASES)
async def test_each_check_says_what_it_found(run: Run, case: str) -> None:
    package, outcomes = CASES[case]
    results = await run(package, *OTHERS)
    assert tuple(each.outcome for each in results.values()) == outcomes


async def test_findings_are_named_bounded_and_fit_to_be_stored(run: Run) -> None:
    class Telling(Look):
        def end(self) -> Sequence[Finding]:
            found = [told("a\x00b", "", "x" * 10_000 + "\x00", "\ud800", severity=Severity.INFO) for _ in range(500)]
            return [*found, told("last", "odd.rule", "an error", "mend it", line=3)]

    result = (await run(a_vsix(), a_check(Telling())))["odd"]
    assert (result.outcome, len(result.findings)) == (FAIL, MOST_FINDINGS)
    assert (result.findings[0].rule, result.findings[0].line) == ("odd.rule", 3)
    for each in result.findings:
        assert each.rule in ("odd.rule", "odd.refused")
        assert all(len(text) < 3000 and text.isprintable() for text in (each.entry, each.message, each.remedy))


async def test_a_definition_without_a_package_is_looked_at_as_a_text(run: Run, tmp_path: Path) -> None:
    key = "AKIA" + "ABCDEFGHIJKLMNOP"
    steps = [{"task": "shell", "variables": {"script": f"echo {key} \u202e"}}]
    definition = Definition(name="nightly", version="1.0.0", execution={"steps": steps})
    store, executor = open_store(f"file://{tmp_path}/none"), Executor("inspection", threads=1, queue=1)
    try:
        known = [each for each in BUILT_IN if COMPOSITE in each.kinds and not each.in_context]
        modes = {each.name: each.mode for each in known}
        looked = await Runner(store, executor, QUICK).run(a_subject(COMPOSITE, definition=definition), known, modes)
    finally:
        executor.close()
        await store.close()
    assert {each.name: each.outcome for each in looked.results} == {
        "schemas": PASS, "secrets": FAIL, "hidden-characters": FAIL,
    }  # fmt: skip
    assert looked.reading.definition is not None
    assert looked.reading.definition.dependencies == ["shell"]


async def test_checks_share_one_way_through_the_package(run: Run) -> None:
    seen: list[bytes] = []

    class Seeing(Look):
        def see(self, entry: object, piece: bytes) -> None:
            seen.append(piece)

    looks = [a_check(Seeing, name) for name in ("one", "two")]
    await run(a_vsix(), *looks, executables.CHECK, hidden_characters.CHECK)
    assert seen[::2] == seen[1::2]
