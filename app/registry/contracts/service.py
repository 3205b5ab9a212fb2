"""Use-cases around contracts: read one, try one, judge values by one, ask whether two fit together."""

import asyncio
from collections.abc import Sequence

from app.registry.contracts import rules
from app.registry.contracts.checking import MAX_WORK, Checker, Checkers
from app.registry.contracts.fitting import fit
from app.registry.contracts.work import bounded
from app.registry.plugins.catalogue import Catalogue
from schemas.errors import ContractPartUnknown
from schemas.model.access import Caller
from schemas.model.contracts import (
    AskedPart,
    AskedValues,
    Definition,
    Fitting,
    Judgement,
    Language,
    NotDerived,
    VersionContract,
    Written,
)
from schemas.model.plugins import AskedVersion, Version
from storage.executors import Executor

_WORK = 10 * MAX_WORK  # of all values that are judged at once


class Contracts:
    """What versions take and give."""

    def __init__(self, catalogue: Catalogue, comparisons: Executor) -> None:
        self._catalogue = catalogue
        self._comparisons = comparisons
        self._checkers = Checkers()

    async def show(self, caller: Caller, name: str, version: str | None) -> VersionContract:
        """The contract of a version, in both forms. Raises `PluginUnknown`, `VersionUnknown`, `ContractUnusable`."""
        found = await self._catalogue.detail(caller, name, version)
        return VersionContract(
            plugin_name=found.plugin.name, version=found.version, definition=self._checker(found).definition
        )

    def examine(self, written: Written) -> tuple[Definition | None, list[NotDerived]]:
        """What an author's words mean, or what stands against them. Nothing is kept."""
        definition, problems = rules.examine(written)
        return definition, [NotDerived(pointer=each.pointer, problem=each.problem) for each in problems]

    async def judge(self, caller: Caller, asked: AskedValues, language: Language) -> Judgement:
        """What is to be said of values for a version. Raises `PluginUnknown`, `VersionUnknown`, `ContractUnusable`."""
        found = await self._catalogue.detail(caller, asked.plugin_name, asked.version)
        return self._checker(found).judge(asked.values, language)

    async def judge_each(
        self, caller: Caller, asked: Sequence[AskedValues], language: Language
    ) -> list[Judgement | None]:
        """As `judge`, of many at once; None for a version that the caller cannot see or that is not there.

        Versions are read by one statement. Others get their turn between two judgements.
        """
        wanted = list(dict.fromkeys((each.plugin_name, each.version) for each in asked))
        found = await self._catalogue.ask(
            caller, [AskedVersion(plugin_name=name, version=version) for name, version in wanted]
        )
        versions = dict(zip(wanted, found, strict=True))
        judged: list[Judgement | None] = []
        with bounded(_WORK):
            for each in asked:
                version = versions[each.plugin_name, each.version]
                judged.append(None if version is None else self._checker(version).judge(each.values, language))
                await asyncio.sleep(0)
        return judged

    async def fit(self, caller: Caller, output: AskedPart, input: AskedPart) -> Fitting:  # noqa: A002  the other end
        """Whether an output of one version fits an input of another.

        Raises `PluginUnknown`, `VersionUnknown`, `ContractUnusable`, `ContractPartUnknown`.
        """
        giving = self._checker(await self._catalogue.detail(caller, output.plugin_name, output.version)).definition
        taking = self._checker(await self._catalogue.detail(caller, input.plugin_name, input.version)).definition
        given = next((each for each in giving.outputs if each.name == output.name), None)
        if given is None:
            raise ContractPartUnknown("output.name", what="output", name=output.name)
        taken = next((each for each in taking.inputs if input.name in (each.name, *each.aliases)), None)
        if taken is None:
            raise ContractPartUnknown("input.name", what="input", name=input.name)
        return await self._comparisons.run(fit, given, taking, taken)

    def _checker(self, version: Version) -> Checker:
        def definition() -> Definition:
            return rules.require_usable(rules.written_in(version))

        return self._checkers.of((version.id, version.updated_at), definition)
