"""Steps of a composite plug-in against the contracts of the plug-ins that they run, when a draft or a release is saved."""

from typing import Any

from msgspec import UNSET

from app.registry.contracts import conditions
from app.registry.contracts.checking import MAX_WORK, Checker
from app.registry.contracts.definitions import conditional, escaped, read_text
from app.registry.contracts.rules import examine, written_in
from app.registry.contracts.work import bounded
from app.registry.plugins.catalogue import read_versions
from schemas.errors import StepRefused
from schemas.model.access import Caller
from schemas.model.contracts import Input, ValueFault
from schemas.model.plugins import Version
from storage.postgres.database import Transaction
from storage.postgres.plugins import AskedRow

_REFERENCE = "${"
_WORK = 10 * MAX_WORK  # of all steps


async def require_steps(tx: Transaction, caller: Caller, execution: dict[str, Any] | None) -> None:
    """Raises `StepRefused` where a step does not give what the current version of its plug-in asks for.

    A plug-in that is not there yet, and one whose contract is from before there were rules, is not asked. A text with `${` in
    it is known only when the pipeline runs, so nothing is said of it.
    """
    steps = [each for each in (execution or {}).get("steps") or [] if each.get("task")]
    if not steps:
        return
    names = list(dict.fromkeys(each["task"] for each in steps))
    rows = [AskedRow(name=each, precedence=None, current=True, attribution=None) for each in names]
    found = await read_versions(tx, caller, rows)
    used = {names[place]: version for place, version in found.items()}
    checkers: dict[str, Checker | None] = {}
    with bounded(_WORK):
        for place, step in enumerate(steps):
            version = used.get(step["task"])
            if version is None:
                continue
            if version.id not in checkers:
                checkers[version.id] = _checker(version)
            checker = checkers[version.id]
            if checker is not None:
                _require_step(place, step, version, checker)


def _checker(version: Version) -> Checker | None:
    definition, problems = examine(written_in(version))
    return Checker(definition) if definition is not None and not problems else None


def _require_step(place: int, step: dict[str, Any], version: Version, checker: Checker) -> None:
    faults = step_faults(checker, step.get("variables") or {})
    if faults:
        first, *_ = faults
        raise StepRefused(
            f"execution_info.inner_execution_info.steps[{place}].variables",
            step=place + 1,
            plugin=f"{version.plugin.name} {version.version}",
            pointer=first.pointer or "/",
            problem=first.message.rstrip("."),
        )


def step_faults(checker: Checker, variables: dict[str, Any]) -> list[ValueFault]:
    """What stands against the variables of a step. Values of other types than text may be given as their JSON text."""
    definition = checker.definition
    by_name = {name: each for each in definition.inputs for name in (each.name, *each.aliases)}
    later = {by_name[name].name for name, value in variables.items() if name in by_name and _is_later(value)}
    values = {
        name: _meant(by_name.get(name), value)
        for name, value in variables.items()
        if name not in by_name or by_name[name].name not in later
    }
    open_names = later | {each.name for each in definition.inputs if _depends_on(each, later)}
    unanswerable = {f"/{escaped(name)}" for name in open_names}
    return [
        fault
        for fault in checker.judge(values).errors
        if not (fault.rule == "required" and fault.pointer in unanswerable)
    ]


def _is_later(value: Any) -> bool:
    return isinstance(value, str) and _REFERENCE in value


def _meant(read: Input | None, value: Any) -> Any:
    if read is None or not isinstance(value, str):
        return value
    meant = read_text(read.type, value)
    return value if meant is UNSET else meant


def _depends_on(read: Input, names: set[str]) -> bool:
    """Whether conditions decide about the input that ask for one of these."""
    if not conditional(read):
        return False
    asked = [name for each in (read.visible_when, read.disabled_when) if each for name, _ in conditions.asked_by(each)]
    return not names.isdisjoint(asked)
