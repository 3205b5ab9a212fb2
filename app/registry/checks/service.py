"""Use-cases around checks: running them, keeping and finding what they came to, running them again over old releases."""

from collections.abc import Sequence

from app.registry.access import permissions
from app.registry.checks import archive, names, rules
from app.registry.checks.base import Check
from app.registry.checks.reading import Reading
from app.registry.checks.rules import RULE_SET, Policy
from app.registry.checks.runner import DAMAGED, Budget, Context, Runner, undone
from app.registry.plugins import versions
from schemas.base import Entity
from schemas.errors import CheckedUnknown, ChecksNotDone, InvalidField
from schemas.ids import is_id
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.checks import (
    CheckedRelease,
    CheckResult,
    EarlierRelease,
    Mode,
    Neighbour,
    Outcome,
    Rerun,
    Subject,
    SubjectKind,
)
from storage.blobs.base import BlobStore
from storage.executors import Executor
from storage.postgres import audit, checks, jobs
from storage.postgres.database import Database, Transaction

_AT_ONCE = 500
_MOST_FAILING = 1000


class Examined(Entity, frozen=True):
    """What the checks came to, and what they read of a package on the way."""

    results: list[CheckResult]
    reading: Reading


class Checks:
    """Looks at releases before anybody is given them."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        inspection: Executor,
        known: Sequence[Check],
        settled: str = "",
        budget: Budget | None = None,
    ) -> None:
        """`known` are the checks there are; `settled` is what the operator has settled about some of them (`rules.read_modes`).

        Raises `ValueError` where that is not understood, or leaves an area in which nothing blocks.
        """
        self._database = database
        self._known = known
        defaults = {each.name: each.mode for each in known}
        self._modes = defaults | rules.read_modes(settled, defaults, [each.name for each in known if each.is_firm])
        self._runner = Runner(blobs, inspection, budget or Budget())
        for kind in SubjectKind:
            for area in rules.uncovered(self.policy(kind), {each.name: each.area for each in known}):
                raise ValueError(f"no check of the area {area} blocks, so nothing ({kind}) could be released")

    # -- what others ask on their way to a release ----------------------------------------------------------------------

    def policy(self, kind: SubjectKind) -> Policy:
        """What is settled about the checks of that kind."""
        return Policy(
            kind=kind, modes={each.name: self._modes[each.name] for each in self._known if kind in each.kinds}
        )

    def verdict(self, kind: SubjectKind, results: Sequence[CheckResult]) -> Outcome:
        """What may become of a release with these results; see `rules.verdict`."""
        return rules.verdict(results, self.policy(kind))

    async def run(self, subject: Subject) -> list[CheckResult]:
        """What every check that is not off comes to. Keeps nothing.

        A check that breaks off, is too slow or does not return is `unknown`, and its finding says so. Raises `ServiceBusy`, and
        what the store raises.
        """
        return (await self.examine(subject)).results

    async def examine(self, subject: Subject) -> Examined:
        """As `run`, together with what was read of the package."""
        present = self._present(subject.kind)
        looked = await self._runner.run(subject, [each for each in present if not each.in_context], self._modes)
        results = {each.name: each for each in looked.results}
        asking = [each for each in present if each.in_context]
        if archive.NAME in results and results[archive.NAME].outcome is Outcome.FAIL:
            rest = [undone(each, self._modes[each.name], DAMAGED) for each in asking]
        else:
            context = await self._context(subject, looked.reading)
            rest = (await self._runner.run(subject, asking, self._modes, context)).results if asking else []
        results |= {each.name: each for each in rest}
        return Examined(results=[results[each.name] for each in present], reading=looked.reading)

    async def keep(self, tx: Transaction, subject: Subject, results: Sequence[CheckResult]) -> None:
        """Writes a new run, which is the one that counts from now on. Whoever asks holds the tenant's lock, and records it."""
        await checks.keep(tx, subject, results)

    async def find(self, tx: Transaction, tenant_id: str, kind: SubjectKind, subject_id: str) -> list[CheckResult]:
        """What the newest run of the tenant's subject came to; nothing where there is none."""
        return await checks.find(tx, tenant_id, kind, subject_id)

    def not_done(self, kind: SubjectKind, reason: str) -> list[CheckResult]:
        """Results that say that no check could be done."""
        return [undone(each, self._modes[each.name], reason) for each in self._present(kind)]

    def require_done(self, kind: SubjectKind, results: Sequence[CheckResult]) -> None:
        """Raises `ChecksNotDone` where a check that blocks could not be done and trying again may help."""
        names_undone = rules.undone(results, self.policy(kind))
        if names_undone:
            said = {each.name: each.findings[0].message for each in results if each.findings}
            reasons = "; ".join(f"{name}: {said.get(name, 'it was not done')}" for name in names_undone)
            raise ChecksNotDone(reasons=reasons)

    # -- what operators ask ----------------------------------------------------------------------------------------------

    async def show(self, caller: Caller, subject_id: str) -> tuple[SubjectKind, list[CheckResult]]:
        """What the newest run came to of an extension's upload, or of a plug-in's version. Raises `CheckedUnknown`."""
        permissions.require(caller, "show_checks")
        async with self._database.transaction(platform=True) as tx:
            found = await checks.find_checked(tx, subject_id) if is_id(subject_id) else None
            if found is None:
                raise CheckedUnknown("ID")
            tenant_id, kind = found
            return kind, await checks.find(tx, tenant_id, kind, subject_id)

    async def rerun(self, caller: Caller, kind: SubjectKind | None, since: int | None = None) -> Rerun:
        """Has every release checked again, as jobs, whose newest run is of a rule set before `since` (None: the present one).

        Nothing is withdrawn by that. The answer also names releases whose newest run, of whatever rule set, is no pass: at most
        1,000. Raises `InvalidField` for a rule set that there is not.
        """
        permissions.require(caller, "rerun_checks")
        if since is not None and not 1 <= since <= RULE_SET:
            raise InvalidField("--since-rule-set", problem=f"A number from 1 to {RULE_SET}, the present one")
        enqueued, failing, after = 0, list[CheckedRelease](), ("", "")
        while True:
            async with self._database.transaction(platform=True) as tx:
                page = await checks.list_releases(tx, kind, after, _AT_ONCE)
                for each in page:
                    if each.rule_set < (since or RULE_SET):
                        payload = {"tenant_id": each.tenant_id, "kind": str(each.kind), "subject_id": each.subject_id}
                        await jobs.enqueue(tx, "rerun_checks", payload, tenant_id=None, unique=each.subject_id)
                        enqueued += 1
            failing += [each for each in page if each.failed][: _MOST_FAILING - len(failing)]
            if len(page) < _AT_ONCE:
                return Rerun(enqueued=enqueued, failing=failing)
            after = (str(page[-1].kind), page[-1].subject_id)

    # -- what jobs do ----------------------------------------------------------------------------------------------------

    async def check_again(self, caller: Caller, tenant_id: str, kind: SubjectKind, subject_id: str) -> None:
        """Checks an old release by the present rules and keeps that as a new run; the release stays what it is.

        Raises `ChecksNotDone` and what `run` raises: the job comes again.
        """
        async with self._database.transaction(tenant_id) as tx:
            subject = await checks.find_subject(tx, tenant_id, kind, subject_id)
        if subject is not None:
            results = await self.run(subject)
            self.require_done(kind, results)
            await self._keep_rerun(caller, subject, results)

    async def give_up(self, caller: Caller, tenant_id: str, kind: SubjectKind, subject_id: str, reason: str) -> None:
        """Keeps that an old release could not be checked, however often that was tried."""
        async with self._database.transaction(tenant_id) as tx:
            subject = await checks.find_subject(tx, tenant_id, kind, subject_id)
        if subject is not None:
            await self._keep_rerun(caller, subject, self.not_done(kind, reason))

    async def _keep_rerun(self, caller: Caller, subject: Subject, results: Sequence[CheckResult]) -> None:
        outcome = self.verdict(subject.kind, results)
        async with self._database.transaction(subject.tenant_id) as tx:
            await audit.lock_tenant(tx, subject.tenant_id)
            await checks.keep(tx, subject, results)
            await audit.record(tx, subject.tenant_id, caller, Change(
                action="release.checked", object_kind=str(subject.kind), object_id=subject.subject_id,
                detail={"rule_set": RULE_SET, "outcome": outcome}))  # fmt: skip

    # -- steps -----------------------------------------------------------------------------------------------------------

    def _present(self, kind: SubjectKind) -> list[Check]:
        return [each for each in self._known if kind in each.kinds and self._modes[each.name] is not Mode.OFF]

    async def _context(self, subject: Subject, read: Reading) -> Context:
        definition = read.definition
        if definition is None:
            return Context(read=read, earlier=subject.previous)
        async with self._database.transaction(subject.tenant_id) as tx:
            key = await checks.look_alike_key(tx, definition.name)
            near = names.near(key)
            neighbours: list[Neighbour] = await checks.list_neighbours(tx, subject.tenant_id, subject.kind, key, near)
            earlier = subject.previous or await _find_earlier(tx, subject, read)
        return Context(read=read, neighbours=tuple(neighbours), earlier=earlier)


async def _find_earlier(tx: Transaction, subject: Subject, read: Reading) -> EarlierRelease | None:
    """The release of the same thing with the next lower number."""
    if read.definition is None:
        return None
    try:
        precedence = versions.precedence(versions.parse("version", read.definition.version))
    except InvalidField:
        return None  # it has no number to compare, which another check tells
    if read.facts is not None:
        facts = read.facts
        return await checks.find_earlier_extension(
            tx, subject.tenant_id, facts.publisher, facts.name, facts.target_platform, precedence
        )
    return await checks.find_earlier_plugin(tx, subject.tenant_id, read.definition.name, precedence)
