"""What the results of checks come to. Pure decisions."""

from collections.abc import Mapping, Sequence

from schemas.base import Entity
from schemas.model.checks import Area, AreaResult, CheckResult, Finding, Mode, Outcome, Severity, SubjectKind

RULE_SET = 2
"""Which rules the checks have now: one more whenever one of them finds something else than before. 1 were the three checks of
extensions alone."""

MOST_TOLD = 20
"""Findings of an area that are told at once."""

_BLOCKS = (Mode.BLOCK, Mode.HOLD)
_WHOLE_PACKAGE = frozenset(Area)

AREAS: dict[SubjectKind, frozenset[Area]] = {
    SubjectKind.EXTENSION: _WHOLE_PACKAGE,
    SubjectKind.BASIC_PLUGIN: _WHOLE_PACKAGE,
    SubjectKind.COMPOSITE_PLUGIN: frozenset({Area.SECURITY, Area.BASIC_INFORMATION}),
}
"""In which areas something has to be asked. `checks_passed` of the database has the same."""


class Policy(Entity, frozen=True):
    """What is settled about every check that applies to a kind of subject, by the check's name."""

    kind: SubjectKind
    modes: Mapping[str, Mode]


def read_modes(text: str, known: Mapping[str, Mode], firm: Sequence[str]) -> dict[str, Mode]:
    """What the operator settles about checks: `readme=block names=off`. Raises `ValueError` with what is wrong.

    `known` are the checks there are, with what holds of each otherwise. Those in `firm` can only block.
    """
    modes: dict[str, Mode] = {}
    for word in text.replace(",", " ").split():
        name, _, mode = word.partition("=")
        if name not in known:
            raise ValueError(f"there is no check {name!r}; there are {', '.join(known)}")
        if mode not in [*Mode]:
            raise ValueError(f"{word!r} is not a check and one of {', '.join(Mode)}, such as {name}=block")
        if name in modes:
            raise ValueError(f"{name} stands in it twice")
        modes[name] = Mode(mode)
        if name in firm and modes[name] is not Mode.BLOCK:
            raise ValueError(f"{name} cannot be {mode}: without its pass nothing is known of a package")
    return modes


def uncovered(policy: Policy, areas_of: Mapping[str, Area]) -> list[Area]:
    """The areas in which no check blocks: nothing of that kind could be released."""
    covered = {areas_of[name] for name, mode in policy.modes.items() if mode in _BLOCKS}
    return sorted(AREAS[policy.kind] - covered)


def verdict(results: Sequence[CheckResult], policy: Policy) -> Outcome:
    """What may become of a release.

    PASS: the checks have nothing against it. FAIL: it is refused. UNKNOWN: a check that is set to `hold` could not be done, and
    a person has to see to it.

    Only a pass is a pass: every check that blocks is there and passed, now and when it was recorded, and each area has one that
    passed. One that blocks and is missing or unknown counts as its mode says, never as a pass; no results at all are none.
    """
    blocking = {name: mode for name, mode in policy.modes.items() if mode in _BLOCKS}
    recorded = {each.name: Mode.BLOCK for each in results if each.blocking}
    outcomes = {name: (_outcome(name, results), mode) for name, mode in (recorded | blocking).items()}
    if any(outcome is Outcome.FAIL for outcome, _ in outcomes.values()):
        return Outcome.FAIL
    undone = {mode for outcome, mode in outcomes.values() if outcome is Outcome.UNKNOWN}
    if Mode.BLOCK in undone:
        return Outcome.FAIL
    covered = {each.area for each in results if each.outcome is Outcome.PASS}
    if undone or not outcomes or not AREAS[policy.kind] <= covered:
        return Outcome.UNKNOWN
    return Outcome.PASS


def undone(results: Sequence[CheckResult], policy: Policy) -> list[str]:
    """The checks that block, by `block` and not by `hold`, and could not be done, where nothing else stands against the
    release: trying again may help."""
    names = [name for name, mode in policy.modes.items() if mode in _BLOCKS]
    if any(_outcome(name, results) is Outcome.FAIL for name in names):
        return []
    return [name for name in names if policy.modes[name] is Mode.BLOCK and _outcome(name, results) is Outcome.UNKNOWN]


def held(results: Sequence[CheckResult], policy: Policy) -> list[str]:
    """The checks for which a person has to see to the release."""
    names = [name for name, mode in policy.modes.items() if mode is Mode.HOLD]
    return [name for name in names if _outcome(name, results) is Outcome.UNKNOWN]


def against(results: Sequence[CheckResult]) -> list[Finding]:
    """What stands against a release: the errors of checks that block and failed."""
    failed = (each for each in results if each.blocking and each.outcome is Outcome.FAIL)
    return [finding for each in failed for finding in each.findings if finding.severity is Severity.ERROR]


def areas(results: Sequence[CheckResult]) -> list[AreaResult]:
    """What the blocking checks of each area come to together, in the order of the areas: the worst that one of them came to;
    unknown where none was done."""
    return [_area(area, [each for each in results if each.area is area and each.blocking]) for area in Area]


def _area(area: Area, results: Sequence[CheckResult]) -> AreaResult:
    outcomes = {each.outcome for each in results}
    if Outcome.FAIL in outcomes:
        return AreaResult(name=area, outcome=Outcome.FAIL, findings=against(results)[:MOST_TOLD])
    if Outcome.UNKNOWN in outcomes or not results:
        undone = [each for each in results if each.outcome is Outcome.UNKNOWN]
        findings = [finding for each in undone for finding in each.findings]
        return AreaResult(name=area, outcome=Outcome.UNKNOWN, findings=findings[:MOST_TOLD])
    return AreaResult(name=area, outcome=Outcome.PASS)


def _outcome(name: str, results: Sequence[CheckResult]) -> Outcome:
    """What the check came to; unknown where it is not among them, and the worst where it is more than once."""
    outcomes = {each.outcome for each in results if each.name == name}
    if Outcome.FAIL in outcomes:
        return Outcome.FAIL
    return Outcome.PASS if outcomes == {Outcome.PASS} else Outcome.UNKNOWN
