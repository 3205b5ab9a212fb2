"""Use-cases of authors about their releases, and the one way on which every release goes to everybody.

Each move is one transaction: the tenant's changes wait for each other, the release moves, what it is of follows, an audit entry
is written. The database refuses a move that is none, and a release without its stored passes and, where one is asked for, a
decision.
"""

from collections.abc import Sequence

import msgspec
import structlog

from app.registry.access import permissions
from app.registry.checks import rules as check_rules
from app.registry.checks.service import Checks
from app.registry.plugins import rules as plugin_rules
from app.registry.releases import rules
from app.registry.reviews import rules as review_rules
from schemas.errors import (
    AppealOpen,
    InvalidField,
    OperationNotAllowed,
    PackageQuarantined,
    PrivateCannotBePublished,
    PublisherNotAccepted,
    RegistryError,
    ReleaseUnknown,
)
from schemas.ids import is_id, new_id
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.checks import CheckResult, Outcome, SubjectKind
from schemas.model.plugins import Plugin
from schemas.model.releases import Act, Deprecation, Release, ReleaseQuery, ReleaseState, Standing
from schemas.model.reviews import NeedsPerson, ReviewKind, ReviewPolicy
from schemas.paging import Page, Paging
from storage.postgres import audit, checks, extensions, jobs, packages, publishers, releases, reviews
from storage.postgres.database import Database, Transaction

log = structlog.get_logger()

CHECK = "check_release"
"""The job that has a submitted release checked, if whoever submitted it has not come to that."""

_MOST_DECISIONS = 100

_DONE = {
    Act.SUBMIT: "submitted",
    Act.PASS: "published",
    Act.FILE: "filed",
    Act.FAIL: "check_failed",
    Act.ACCEPT: "published",
    Act.REJECT: "rejected",
    Act.REQUEST_CHANGES: "changes_requested",
    Act.WITHDRAW: "withdrawn",
    Act.DEPRECATE: "deprecated",
    Act.UNDEPRECATE: "undeprecated",
    Act.YANK: "yanked",
    Act.UNYANK: "unyanked",
    Act.QUARANTINE: "quarantined",
    Act.RESTORE: "restored",
}


class Releases:
    """Releases of extensions and plug-ins alike."""

    def __init__(self, database: Database, checks: Checks, *, policy: ReviewPolicy) -> None:
        """`policy` says which releases need a person where no rule says so."""
        self._database = database
        self._checks = checks
        self._policy = policy

    # -- what authors do -------------------------------------------------------------------------------------------------

    async def list_page(self, caller: Caller, query: ReleaseQuery, paging: Paging) -> Page[Release]:
        """The releases of the caller's tenant, latest change first."""
        permissions.require(caller, "list_releases")
        async with self._database.transaction(caller.tenant_id) as tx:
            return await releases.list_page(tx, caller.tenant_id, caller, query, paging)

    async def show(self, caller: Caller, release_id: str) -> Standing:
        """Where a release stands, what its checks found, and what was decided about it. The desk sees every tenant's.

        Its own tenant is not told who decided. Raises `ReleaseUnknown`.
        """
        permissions.require(caller, "show_release")
        is_of_desk = rules.is_of_desk(caller)
        async with self._database.transaction(caller.tenant_id, platform=is_of_desk) as tx:
            tenant_id = await releases.find_tenant(tx, release_id) if is_id(release_id) else None
            if tenant_id is None or (tenant_id != caller.tenant_id and not is_of_desk):
                raise ReleaseUnknown("release_id")
            release = await _found(tx, tenant_id, release_id)
            if not is_of_desk:
                await _require_seen(tx, caller, release)
            decisions = await reviews.list_decisions_of(tx, release, _MOST_DECISIONS)
            if not is_of_desk:
                decisions = [msgspec.structs.replace(each, user_id="", user_name="") for each in decisions]
            results = await checks.find(tx, tenant_id, release.kind, release.subject_id)
        return Standing(release=release, results=results, decisions=decisions)

    async def submit(self, caller: Caller, release_id: str) -> Release:
        """Asks that a version of a plug-in becomes everybody's: one that was not submitted yet, or was sent back or withdrawn.

        Raises `ReleaseUnknown`, `ReleaseMoveRefused`, `InvalidField` where the plug-in is not to be everybody's, or where it is
        an extension's: then the package is published anew.
        """
        permissions.require(caller, "submit_release")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            release = await _own(tx, caller, release_id, Act.SUBMIT)
            plugin = await releases.find_plugin(tx, release) if release.kind is not SubjectKind.EXTENSION else None
            if plugin is None:
                problem = "Publish the package of the extension again: a new release comes of it"
                raise InvalidField("release_id", problem=problem)
            if plugin.is_private:
                raise PrivateCannotBePublished("release_id", name=plugin.name)
            if not plugin.publishing and not caller.official:
                problem = "Publish the plug-in first, by which it is said under which publisher"
                raise InvalidField("release_id", problem=problem)
            await self.file(caller, tx, release, plugin.publisher_id)
        await self.advance(caller, [release_id])
        return await self._read(caller.tenant_id, release_id)

    async def withdraw(self, caller: Caller, release_id: str) -> Release:
        """Takes back what was submitted and is not decided. Raises `ReleaseUnknown`, `ReleaseMoveRefused`."""
        permissions.require(caller, "withdraw_release")
        return await self._act(caller, release_id, Act.WITHDRAW)

    async def deprecate(self, caller: Caller, release_id: str, told: Deprecation) -> Release:
        """Advises against beginning with a release; it is served as before. Doing it again says it anew.

        Raises `InvalidField`, `ReleaseUnknown`, `ReleaseMoveRefused`.
        """
        permissions.require(caller, "deprecate_release")
        rules.checked_deprecation(told)
        return await self._act(caller, release_id, Act.DEPRECATE, told.message, told)

    async def undeprecate(self, caller: Caller, release_id: str) -> Release:
        """Takes the advice back. Raises `ReleaseUnknown`, `ReleaseMoveRefused`."""
        permissions.require(caller, "undeprecate_release")
        return await self._act(caller, release_id, Act.UNDEPRECATE)

    async def yank(self, caller: Caller, release_id: str, reason: str) -> Release:
        """Takes a release off every list; whoever names it is served as before.

        Raises `InvalidField`, `ReleaseUnknown`, `ReleaseMoveRefused`.
        """
        permissions.require(caller, "yank_release")
        return await self._act(caller, release_id, Act.YANK, rules.checked_text("reason", reason))

    async def unyank(self, caller: Caller, release_id: str) -> Release:
        """Puts it back on the lists, as it was. Raises `ReleaseUnknown`, `ReleaseMoveRefused`, `PublisherNotAccepted`."""
        permissions.require(caller, "unyank_release")
        return await self._act(caller, release_id, Act.UNYANK)

    async def appeal(self, caller: Caller, release_id: str, text: str) -> Release:
        """Asks that a release in quarantine be given back, which operators decide.

        Raises `InvalidField`, `ReleaseUnknown`, `ReleaseMoveRefused`, `AppealOpen`.
        """
        permissions.require(caller, "appeal_release")
        rules.checked_text("text", text)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            release = await _own(tx, caller, release_id, None)
            rules.after(release, Act.RESTORE)
            if await reviews.find_open(tx, release, ReviewKind.APPEAL) is not None:
                raise AppealOpen("release_id", version=release.version)
            await reviews.insert(tx, new_id(), release, ReviewKind.APPEAL, caller, text)
            await record(tx, caller, release, "appealed", reason=text)
            return release

    # -- the way to everybody --------------------------------------------------------------------------------------------

    async def file(
        self, caller: Caller, tx: Transaction, release: Release, publisher_id: str | None, *, checked: bool = False
    ) -> Release:
        """Submits a release; its checks decide next. Whoever asks holds the tenant's lock.

        Where whoever asks does not settle it in the same transaction (`checked`), a job will, unless `advance` comes first.
        """
        submitted = msgspec.structs.replace(
            rules.moved(release, Act.SUBMIT, reasons=[]),
            publisher_id=publisher_id,
            submitter_id=caller.user_id,
            submitter_name=caller.user_name,
        )
        moved = await releases.move(tx, release, Act.SUBMIT, submitted)
        if not checked:
            payload = {"tenant_id": release.tenant_id, "release_id": release.id}
            await jobs.enqueue(tx, CHECK, payload, tenant_id=release.tenant_id, unique=release.id)
        await record(tx, caller, moved, _DONE[Act.SUBMIT])
        return moved

    async def settle(
        self,
        caller: Caller,
        tx: Transaction,
        release: Release,
        results: Sequence[CheckResult],
        rejected: str | None = None,
    ) -> Release:
        """What the checks of a submitted release, which are kept, come to: it is everybody's, waits for a person, or goes back.

        `rejected` is the reason for which the same package was refused before. Raises `PackageQuarantined`.
        """
        verdict = self._checks.verdict(release.kind, results)
        if verdict is Outcome.FAIL:
            errors = "; ".join(f"{each.entry}: {each.message}" for each in check_rules.against(results)[:3])
            return await self.move(caller, tx, release, Act.FAIL, message=errors or "a check could not be done")
        undone = check_rules.held(results, self._checks.policy(release.kind))
        if verdict is Outcome.UNKNOWN and not undone:
            undone = ["those of an area in which none has passed"]
        case = review_rules.Case(
            policy=await self._policy_of(tx, release),
            publisher=await publishers.find(tx, release.tenant_id, release.publisher_id)
            if release.publisher_id
            else None,
            results=results,
            undone=undone,
            rejected=rejected,
            **dict(zip(("of_publisher", "of_object"), await releases.count_released(tx, release), strict=True)),
        )
        found = review_rules.reasons(case)
        if not found:
            return await self.move(caller, tx, release, Act.PASS)
        return await self._wait(tx, caller, release, found, review_rules.in_words(case, found))

    async def _wait(
        self, tx: Transaction, caller: Caller, release: Release, found: list[NeedsPerson], words: str
    ) -> Release:
        filed = rules.moved(release, Act.FILE, message=words, reasons=[str(each) for each in found])
        filed = await releases.move(tx, release, Act.FILE, filed)
        await reviews.insert(tx, new_id(), filed, ReviewKind.RELEASE, caller, words)
        await record(tx, caller, filed, _DONE[Act.FILE], reason=words)
        return filed

    async def _policy_of(self, tx: Transaction, release: Release) -> ReviewPolicy:
        plugin = None if release.kind is SubjectKind.EXTENSION else await releases.find_plugin(tx, release)
        business_type = review_rules.EXTENSION_TYPE if plugin is None else plugin.business_type
        fitting = await reviews.list_fitting_rules(tx, release.tenant_id, release.publisher_id, business_type)
        return review_rules.policy_of(
            fitting,
            self._policy,
            tenant_id=release.tenant_id,
            publisher_id=release.publisher_id,
            business_type=business_type,
        )

    async def move(
        self,
        caller: Caller,
        tx: Transaction,
        release: Release,
        act: Act,
        *,
        message: str = "",
        deprecation: Deprecation | None = None,
    ) -> Release:
        """Does an act to a release, and what follows from it. Whoever asks holds the tenant's lock, and may do it.

        Raises `ReleaseMoveRefused`, `PublisherNotAccepted`, `ChecksNotPassed`, `PackageQuarantined`.
        """
        wanted = rules.moved(release, act, message=message)
        if deprecation is not None:
            wanted = msgspec.structs.replace(
                wanted,
                deprecation=deprecation.message,
                replacement=deprecation.replacement,
                removal_date=deprecation.removal_date,
            )
        if act in (Act.ACCEPT, Act.RESTORE, Act.UNYANK):
            await _require_standing(tx, release)
        if act in (Act.PASS, Act.ACCEPT) and release.package_sha256 is not None:
            blob = await packages.find_blob(tx, release.tenant_id, release.package_sha256)
            if blob is None or blob.quarantine is not None:
                raise PackageQuarantined
        moved = await releases.move(tx, release, act, wanted)
        if release.kind is SubjectKind.EXTENSION and (release.state in rules.SHOWN or moved.state in rules.SHOWN):
            await _show_extension(tx, moved)
        if act is Act.WITHDRAW:
            review_id = await reviews.find_open(tx, moved, ReviewKind.RELEASE)
            if review_id is not None:
                await reviews.end(tx, moved.tenant_id, review_id, "withdraw")
        await record(tx, caller, moved, _DONE[act], reason=message)
        return moved

    async def withdraw_all(
        self, caller: Caller, tx: Transaction, plugin: Plugin, version_id: str | None = None
    ) -> None:
        """Withdraws what of a plug-in, or of one version of it, is not decided: the version is no more."""
        for each in await releases.list_of_plugin(tx, plugin, rules.UNDECIDED, deleted=True):
            if version_id in (None, each.id):
                await self.move(caller, tx, each, Act.WITHDRAW, message="the version was deleted")

    async def advance(self, caller: Caller, release_ids: Sequence[str]) -> None:
        """Has releases of the caller's tenant checked that were just submitted. What cannot be done now is left to the job."""
        for release_id in release_ids:
            try:
                await self.check(caller, caller.tenant_id, release_id)
            except RegistryError as error:
                log.warning("a release is left to the job", release_id=release_id, reason=str(error))

    async def check(self, caller: Caller, tenant_id: str, release_id: str) -> None:
        """Has the checks of a submitted release done, and settles it. Doing it again changes nothing.

        Raises `ChecksNotDone` and what the checks raise: the job comes again.
        """
        async with self._database.transaction(tenant_id) as tx:
            release = await releases.find(tx, tenant_id, release_id)
            if release is None or release.state is not ReleaseState.CHECKING:
                return
            subject = await checks.find_subject(tx, tenant_id, release.kind, release.subject_id)
        if subject is None:
            await self.give_up(caller, tenant_id, release_id, "there is no such version any more")
            return
        results = await self._checks.run(subject)
        self._checks.require_done(subject.kind, results)
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            now = await releases.find(tx, tenant_id, release_id)
            if now is not None and now.state is ReleaseState.CHECKING and now.round == release.round:
                await self._checks.keep(tx, subject, results)
                await self.settle(caller, tx, now, results)

    async def give_up(self, caller: Caller, tenant_id: str, release_id: str, reason: str) -> None:
        """A submitted release could not be checked, however often that was tried: it goes back."""
        async with self._database.transaction(tenant_id) as tx:
            await audit.lock_tenant(tx, tenant_id)
            release = await releases.find(tx, tenant_id, release_id)
            if release is not None and release.state is ReleaseState.CHECKING:
                message = f"the checks could not be done: {reason}"[: rules.MAX_TEXT_LENGTH]
                await self.move(caller, tx, release, Act.FAIL, message=message)

    # -- steps -----------------------------------------------------------------------------------------------------------

    async def _act(
        self, caller: Caller, release_id: str, act: Act, message: str = "", deprecation: Deprecation | None = None
    ) -> Release:
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            release = await _own(tx, caller, release_id, act)
            return await self.move(caller, tx, release, act, message=message, deprecation=deprecation)

    async def _read(self, tenant_id: str, release_id: str) -> Release:
        async with self._database.transaction(tenant_id) as tx:
            return await _found(tx, tenant_id, release_id)


async def record(tx: Transaction, caller: Caller, release: Release, verb: str, **detail: object) -> None:
    """Writes the entry about a move of a release, under what it is a release of."""
    noun = "extension" if release.kind is SubjectKind.EXTENSION else "plugin"
    named = {"identifier": release.name, "target_platform": release.target_platform} if noun == "extension" else {}
    told = {
        "name": release.name,
        "version": release.version,
        **named,
        "release_id": release.id,
        "publisher_id": release.publisher_id,
        "author_id": release.author_id,
        "state": release.state,
        "sha256": release.package_sha256,
        **detail,
    }
    await audit.record(tx, release.tenant_id, caller, Change(
        action=f"{noun}.{verb}", object_kind=noun, object_id=release.object_id,
        detail={name: value for name, value in told.items() if value not in (None, "")}))  # fmt: skip


async def _found(tx: Transaction, tenant_id: str, release_id: str) -> Release:
    release = await releases.find(tx, tenant_id, release_id) if is_id(release_id) else None
    if release is None:
        raise ReleaseUnknown("release_id")
    return release


async def _own(tx: Transaction, caller: Caller, release_id: str, act: Act | None) -> Release:
    """A release of the caller's tenant that the caller may change, and to which the act can be done."""
    release = await _found(tx, caller.tenant_id, release_id)
    plugin = await _require_seen(tx, caller, release)
    if act is not None and not rules.PARTS[act] & rules.parts_of(caller, release):
        raise OperationNotAllowed("release_id", operation=act)
    if plugin is not None:
        plugin_rules.require_change(caller, plugin)
    if act is not None:
        rules.after(release, act)
    return release


async def _require_seen(tx: Transaction, caller: Caller, release: Release) -> Plugin | None:
    """The plug-in that it is of, if it is of one. Raises `ReleaseUnknown` where the caller may not know of that."""
    if release.kind is SubjectKind.EXTENSION:
        return None
    plugin = await releases.find_plugin(tx, release)
    if plugin is None or not plugin_rules.may_see(caller, plugin):
        raise ReleaseUnknown("release_id")
    return plugin


async def _require_standing(tx: Transaction, release: Release) -> None:
    """Raises `PublisherNotAccepted` unless what is of the release's publisher may go out."""
    if release.publisher_id is not None and not await reviews.publisher_stands(tx, release.publisher_id):
        publisher = await publishers.find(tx, release.tenant_id, release.publisher_id)
        raise PublisherNotAccepted("release_id", status="deleted" if publisher is None else publisher.status)


async def _show_extension(tx: Transaction, release: Release) -> None:
    """The extension shows itself as the newest version that is offered; without one it is its own tenant's."""
    extension = await extensions.find(tx, release.tenant_id, release.object_id)
    if extension is not None:
        newest = await extensions.find_newest(tx, extension)
        if newest is not None:
            await extensions.show_version(tx, newest)
        else:
            await extensions.hide(tx, extension)
