"""Lets checks look at a subject, within bounds of time, so that none of them can spoil what the others say.

All looks share one way through the package. One that raises or takes too long has no result but `unknown`, and the others go on
without it. One that does not return is left behind: the others begin again in another thread. Threads cannot be ended, so such a
look keeps its own until it returns; where none is left, whoever asks is told that the registry is busy.
"""

import asyncio
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from typing import TypeVar

import msgspec
import structlog

from app.registry.checks import archive as archive_check
from app.registry.checks.base import DEFINITION, Check, Look, Material, Undone
from app.registry.checks.reading import Reading
from app.registry.checks.rules import RULE_SET
from app.registry.packages.archive import STORED, WHOLE, Archive, Entry, open_archive, shown
from schemas.base import Entity
from schemas.errors import Kind, PackageRefused, RegistryError, ServiceBusy
from schemas.model.checks import (
    CheckResult,
    EarlierRelease,
    Finding,
    Mode,
    Neighbour,
    Outcome,
    PackageLocation,
    Severity,
    Subject,
)
from storage.blobs.base import BlobStore
from storage.executors import Executor

T = TypeVar("T")

log = structlog.get_logger()

MOST_FINDINGS = 100
"""Of one check that are kept."""
_LONGEST_TEXT = 2048
DAMAGED = "the archive is damaged, so that nothing more can be said of it"
"""Why the other checks of a damaged archive are not done."""
_POLL_SECONDS = 0.1
_TOO_SLOW = "it took longer than a check may"


class Budget(Entity, frozen=True):
    """How long checks may take, in seconds."""

    own: float = 60.0
    """The time that one check may take for itself..."""
    own_per_mib: float = 0.05
    """...and that much more for each MiB that is looked at..."""
    step: float = 90.0
    """...and the longest time that it may take without a sign of life, within all that."""
    queue: float = 300.0
    """How long all of them may wait for a thread."""


class Context(Entity, frozen=True):
    """What else there is beside the subject, of which `read` is known already."""

    read: Reading
    neighbours: tuple[Neighbour, ...] = ()
    earlier: EarlierRelease | None = None


class Looked(Entity, frozen=True):
    """What the checks came to, in their order, and what was read on the way."""

    results: list[CheckResult]
    reading: Reading


class _Over(Exception):
    """Nobody waits for the work any longer."""


class _Watch:
    """What those who wait know of a thread at work."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.begun = False
        self.at: tuple[str, float] | None = None
        """The check that has the floor, and when it last gave a sign of life."""
        self.until = 0.0
        """When its time is up."""

    def go_on(self, _: int = 0) -> None:
        """Ends what nobody waits for any longer, or a check whose time is up."""
        if self.over.is_set():
            raise _Over
        if self.at is not None:
            now = time.monotonic()
            self.at = (self.at[0], now)
            if now > self.until:
                raise Undone(_TOO_SLOW)


class _Running:
    """A check's look while it lasts."""

    def __init__(self, check: Check, watch: _Watch, own: float) -> None:
        self.check = check
        self.undone: str | None = None
        self._watch = watch
        self._own = own
        self._spent = 0.0
        self.look: Look | None = None

    def step(self, call: Callable[[], T]) -> T | None:
        """What `call` answers, on the check's own time. None where the check is out, or out by that."""
        if self.undone is not None:
            return None
        begun = time.monotonic()
        self._watch.until = begun + self._own - self._spent
        self._watch.at = (self.check.name, begun)
        try:
            return call()
        except _Over:
            raise
        except Undone as undone:
            self.undone = str(undone)
        except Exception as error:  # whatever a check does, the others go on
            if isinstance(error, RegistryError) and error.kind in (Kind.BUSY, Kind.FULL):
                raise  # the storage does not answer: that says nothing about the check
            log.warning("a check broke off", check=self.check.name, exc_info=error)
            self.undone = f"it broke off ({type(error).__name__})"
        finally:
            self._watch.at = None
            self._spent += time.monotonic() - begun
            if self.undone is None and self._spent > self._own:
                self.undone = _TOO_SLOW
        return None

    def see(self, entry: Entry, piece: bytes) -> None:
        look = self.look
        if look is not None:
            self.step(lambda: look.see(entry, piece))


class Runner:
    """Runs checks in the threads that are there for inspections."""

    def __init__(self, blobs: BlobStore, inspection: Executor, budget: Budget) -> None:
        self._blobs = blobs
        self._inspection = inspection
        self._budget = budget

    async def run(
        self, subject: Subject, checks: Sequence[Check], modes: Mapping[str, Mode], context: Context | None = None
    ) -> Looked:
        """What each of the checks came to. Without a `context` the whole package is gone through; with one that was done before.

        Raises `ServiceBusy`, and what the store raises.
        """
        hung: dict[str, str] = {}
        while True:
            watch = _Watch()
            here = [each for each in checks if each.name not in hung]
            found = await self._watched(watch, lambda: self._go_through(subject, here, context, watch), hung)  # noqa: B023
            if found is None:
                continue
            done, read = found
            results = [_result(each, modes[each.name], (done | hung)[each.name]) for each in checks]
            return Looked(results=results, reading=read)

    async def _watched(self, watch: _Watch, call: Callable[[], T], hung: dict[str, str]) -> T | None:
        """What `call` answers in a thread. None where one of its checks does not return, which is in `hung` then."""
        work = asyncio.ensure_future(self._inspection.run(call))
        asked = time.monotonic()
        try:
            while True:
                done, _ = await asyncio.wait({work}, timeout=min(_POLL_SECONDS, self._budget.step / 4))
                if done:
                    return work.result()
                now, at = time.monotonic(), watch.at
                if at is not None and now - at[1] > self._budget.step:
                    log.error("a check does not return", check=at[0])
                    hung[at[0]] = f"it did not return within {self._budget.step:.0f} seconds"
                    return None
                if not watch.begun and now - asked > self._budget.queue:
                    raise ServiceBusy
        finally:
            watch.over.set()
            work.add_done_callback(_forget)

    def _go_through(
        self, subject: Subject, checks: Sequence[Check], context: Context | None, watch: _Watch
    ) -> tuple[dict[str, Sequence[Finding] | str], Reading]:
        """Findings, or why there are none, by the names of the checks. Blocking."""
        watch.begun = True
        watch.go_on()
        with ExitStack() as opened:
            try:
                archive = self._open(opened, subject.package)
                material = self._material(opened, subject, archive, context, watch.go_on)
                running = [_Running(each, watch, self._own_time(archive)) for each in checks]
                for each in running:
                    each.look = each.step(lambda each=each: each.check.begin(material))  # type: ignore[misc]
                if context is None:
                    _show(material, [each for each in running if each.check.looks_inside], watch)
            except PackageRefused as refused:
                damaged: dict[str, Sequence[Finding] | str] = {each.name: DAMAGED for each in checks}
                if archive_check.NAME in damaged:
                    damaged[archive_check.NAME] = refused.findings
                return damaged, Reading()
            done: dict[str, Sequence[Finding] | str] = {}
            for each in running:
                watch.go_on()
                found = each.step(each.look.end) if each.look is not None else None
                done[each.check.name] = each.undone if each.undone is not None else (found or ())
            return done, material.read_so_far or Reading()

    def _open(self, opened: ExitStack, package: PackageLocation | None) -> Archive | None:
        if package is None:
            return None
        return open_archive(opened.enter_context(closing(self._blobs.open(package.key))), package.size)

    def _material(
        self,
        opened: ExitStack,
        subject: Subject,
        archive: Archive | None,
        context: Context | None,
        go_on: Callable[[int], None],
    ) -> Material:
        if context is None:
            return Material(subject, archive, go_on)
        earlier = None
        if context.earlier is not None:
            try:
                earlier = self._open(opened, context.earlier.package)
            except (
                PackageRefused,
                KeyError,
            ) as error:  # taken by laxer rules, or gone: then no file is held against it
                log.info("an earlier package cannot be read", reason=str(error))
        return Material(subject, archive, go_on, context.neighbours, context.earlier, earlier, context.read)

    def _own_time(self, archive: Archive | None) -> float:
        size = 0 if archive is None else sum(each.size for each in archive.entries)
        return self._budget.own + self._budget.own_per_mib * size / (1 << 20)


def _show(material: Material, running: Sequence[_Running], watch: _Watch) -> None:
    """Gives the looks everything that there is to see. Raises `PackageRefused` at the first damage of the archive."""

    def see(entry: Entry, piece: bytes) -> None:
        for each in running:
            each.see(entry, piece)

    if material.archive is not None:
        material.archive.verify(watch.go_on, see)
    elif material.subject.definition is not None:
        text = msgspec.json.format(msgspec.json.encode(material.subject.definition), indent=1)
        see(_as_entry(text), text)


def _as_entry(text: bytes) -> Entry:
    """A definition as if it were a file."""
    return Entry(
        name=DEFINITION,
        size=len(text),
        compressed_size=len(text),
        crc=zlib.crc32(text),
        method=STORED,
        is_directory=False,
        flags=0,
        offset=0,
        raw_name=DEFINITION.encode(),
    )


def undone(check: Check, mode: Mode, reason: str) -> CheckResult:
    """The result of a check that could not be done."""
    return _result(check, mode, reason)


def _result(check: Check, mode: Mode, found: Sequence[Finding] | str) -> CheckResult:
    """What findings, or the reason why there are none, make of a check."""
    if isinstance(found, str):
        remedy = "nothing of yours: it is done again when the release is checked again"
        findings = [Finding(entry=WHOLE, rule=f"{check.name}.not-done", message=found, remedy=remedy)]
        outcome = Outcome.UNKNOWN
    else:
        findings = [*found]
        is_wrong = any(each.severity is Severity.ERROR for each in findings)
        outcome = Outcome.FAIL if is_wrong else Outcome.PASS
    return CheckResult(
        name=check.name,
        area=check.area,
        outcome=outcome,
        blocking=mode in (Mode.BLOCK, Mode.HOLD),
        rule_set=RULE_SET,
        findings=[_fit(each, check.name) for each in _weightiest(findings)],
    )


def _weightiest(findings: Sequence[Finding]) -> list[Finding]:
    """As many as are kept; errors are never left out for the sake of others."""
    weights = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    return sorted(findings, key=lambda each: weights.index(each.severity))[:MOST_FINDINGS]


def _fit(finding: Finding, check: str) -> Finding:
    """The finding as it is kept and shown: named, bounded, and without anything that cannot be stored or seen."""
    return msgspec.structs.replace(
        finding,
        check=check,
        rule=finding.rule or f"{check}.refused",
        entry=shown(finding.entry),
        message=_storable(finding.message),
        remedy=_storable(finding.remedy),
    )


def _storable(text: str) -> str:
    short = text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"
    return (
        short if short.isprintable() else "".join(each if each.isprintable() else ascii(each)[1:-1] for each in short)
    )


def _forget(work: "asyncio.Task[T]") -> None:
    """Nobody waits for it any longer: what it raises is of no interest."""
    if not work.cancelled():
        work.exception()
