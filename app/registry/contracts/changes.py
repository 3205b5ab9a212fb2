"""Use-cases around what a version changes: compare it with the one before, and hold its number to what it promises."""

import msgspec

from app.registry.access import permissions
from app.registry.contracts import rules
from app.registry.contracts.comparison import compare
from app.registry.contracts.promises import keeps_promise, least_number, promises
from app.registry.plugins import versions
from app.registry.plugins.catalogue import Catalogue, changeable
from schemas.errors import (
    InvalidField,
    NothingBefore,
    OverrideUnknown,
    PromiseBroken,
    VersionUnknown,
)
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.contracts import Comparison, Effect, VersionDifference
from schemas.model.plugins import Plugin, VersionContent
from storage.executors import Executor
from storage.postgres import audit, contracts
from storage.postgres.database import Database, Transaction

MAX_REASON = 1000
_REASONS_TOLD = 3
_LONGEST_EXAMPLE = 200
_NOTHING = Comparison(effect=Effect.COMPATIBLE, differences=[])


class Changes:
    """What versions change for those who use the versions before them."""

    def __init__(self, database: Database, catalogue: Catalogue, comparisons: Executor) -> None:
        self._database = database
        self._catalogue = catalogue
        self._comparisons = comparisons

    async def show(self, caller: Caller, name: str, version: str, before: str | None = None) -> VersionDifference:
        """What a version or a draft changes, compared with `before` or with the release by which its number is measured.

        Raises `PluginUnknown`, `VersionUnknown`, `NothingBefore`, `ContractUnusable`.
        """
        found = await self._catalogue.detail(caller, name, version)
        number = versions.parse("version", found.version)
        precedence = versions.precedence(number)
        later = rules.require_usable(rules.written_in(found))
        async with self._database.transaction(caller.tenant_id) as tx:
            override = await contracts.find_override(tx, found.plugin, precedence)
            released = None if before else await contracts.find_release_before(tx, found.plugin, precedence)
        if before:
            try:
                earlier_version = await self._catalogue.detail(caller, name, before)
            except VersionUnknown as error:
                raise NothingBefore("from", name=name, before=before, version=found.version) from error
            earlier, known = rules.require_usable(rules.written_in(earlier_version)), earlier_version.version
        elif released is not None:
            earlier, known = rules.require_usable(released.written), released.version
        else:
            return VersionDifference(
                plugin_name=found.plugin.name, version=found.version, before=None, comparison=_NOTHING, least=None,
                kept=True, override=override,
            )  # fmt: skip
        comparison = await self._comparisons.run(compare, earlier, later)
        base = versions.parse("from", known)
        return VersionDifference(
            plugin_name=found.plugin.name, version=found.version, before=known, comparison=comparison,
            least=str(least_number(base, comparison.effect)), kept=keeps_promise(base, number, comparison.effect),
            override=override,
        )  # fmt: skip

    async def allow(self, caller: Caller, name: str, version: str, reason: str) -> None:
        """Lets a number promise less than its version changes, which need not be there yet. Raises `PluginUnknown`."""
        permissions.require(caller, "allow_broken_promise")
        number = versions.parse("version", version)
        reason = reason.strip()
        if not 1 <= len(reason) <= MAX_REASON:
            raise InvalidField("reason", problem=f"A reason of 1 to {MAX_REASON} characters is needed")
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            plugin = await changeable(tx, caller, name)
            await contracts.keep_override(tx, caller, plugin, version, versions.precedence(number), reason)
            await _record(tx, caller, "contract.allowed", plugin, version, reason)

    async def withdraw(self, caller: Caller, name: str, version: str) -> None:
        """Takes that back; what was released meanwhile stays. Raises `PluginUnknown`, `OverrideUnknown`."""
        permissions.require(caller, "withdraw_broken_promise")
        number = versions.parse("version", version)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            plugin = await changeable(tx, caller, name)
            if not await contracts.delete_override(tx, plugin, versions.precedence(number)):
                raise OverrideUnknown("version", version=version)
            await _record(tx, caller, "contract.allowance-withdrawn", plugin, version, "")


async def require_promise(
    tx: Transaction, comparisons: Executor, plugin: Plugin, version: str, content: VersionContent
) -> None:
    """Asked before anything is released. Raises `PromiseBroken` where the number promises less than the version changes.

    Compared is with the greatest released number below it that is no pre-release. A version whose contract is from before
    contracts were checked has promised nothing that could be held to.
    """
    number = versions.parse("version", version)
    if not promises(number):
        return
    precedence = versions.precedence(number)
    released = await contracts.find_release_before(tx, plugin, precedence)
    earlier, _ = (None, None) if released is None else rules.examine(released.written)
    if released is None or earlier is None:
        return
    comparison = await comparisons.run(compare, earlier, rules.require_contract(rules.written_by(content)))
    before = versions.parse("version", released.version)
    if keeps_promise(before, number, comparison.effect):
        return
    if await contracts.find_override(tx, plugin, precedence) is None:
        raise PromiseBroken(
            "version", version=version, before=released.version, effect=comparison.effect,
            least=str(least_number(before, comparison.effect)), reasons=_told(comparison),
        )  # fmt: skip


async def _record(tx: Transaction, caller: Caller, action: str, plugin: Plugin, version: str, reason: str) -> None:
    detail = {"name": plugin.name, "version": version} | ({"reason": reason} if reason else {})
    change = Change(action=action, object_kind="plugin", object_id=plugin.id, detail=detail)
    await audit.record(tx, plugin.tenant_id, caller, change)


def _told(comparison: Comparison) -> str:
    """The gravest reasons, each with the values that show it where they are short."""
    grave = [each for each in comparison.differences if each.effect is comparison.effect]
    told = []
    for each in grave[:_REASONS_TOLD]:
        shown = b"" if each.example is msgspec.UNSET else msgspec.json.encode(each.example)
        told.append(
            f"{each.pointer}: {each.reason}"
            + (f", for example {shown.decode()}" if 0 < len(shown) <= _LONGEST_EXAMPLE else "")
        )
    if len(grave) > _REASONS_TOLD:
        told.append(f"and {len(grave) - _REASONS_TOLD} more")
    return "; ".join(told)
