"""`plugport checks`: what the checks of a release came to, and checking old releases by new rules."""

from typing import Any

import click
import msgspec

from app.cli.database import run_use_case
from app.cli.reporting import answer, as_json_option, reported
from app.registry.access.service import console
from schemas.model.checks import CheckedRelease, CheckResult, Rerun, SubjectKind


@click.group()
def checks() -> None:
    """Checks of releases."""


@checks.command("show")
@click.argument("subject_id", metavar="ID")
@as_json_option
@reported
def show_checks(subject_id: str, as_json: bool) -> None:
    """Show what each check found.

    ID is that of an upload, or of a version of a plug-in.
    """
    kind, results = run_use_case(lambda registry: registry.checks.show(console(), subject_id))
    facts = {"kind": str(kind), "id": subject_id, "checks": msgspec.to_builtins(results)}
    answer(as_json, facts, "\n".join(line for each in results for line in _lines(each)))


@checks.command("rerun")
@click.option("--kind", type=click.Choice([str(each) for each in SubjectKind]), help="Only releases of this kind.")
@click.option(
    "--since-rule-set",
    "since",
    type=int,
    metavar="N",
    help="Only releases that were not checked since there is the rule set N. Otherwise the present one.",
)
@as_json_option
@reported
def rerun_checks(kind: str | None, since: int | None, as_json: bool) -> None:
    """Check old releases by the present rules.

    Jobs do it; the server runs them, or `plugport work`. Nothing is withdrawn. Names the releases that would not be released any
    more by what is known now: ask once more when the jobs are done.
    """
    wanted = SubjectKind(kind) if kind else None
    found = run_use_case(lambda registry: registry.checks.rerun(console(), wanted, since))
    answer(as_json, _facts(found), "\n".join([*(_line(each) for each in found.failing), _summary(found)]))


def _lines(result: CheckResult) -> list[str]:
    weight = "blocks" if result.blocking else "advises"
    lines = [f"{result.name:<20} {result.outcome:<8} {weight} (rule set {result.rule_set})"]
    for each in result.findings:
        place = each.entry if each.line is None else f"{each.entry}, line {each.line}"
        lines.append(f"  {each.severity:<8} {each.rule}  {place}: {each.message}; {each.remedy}")
    return lines


def _line(release: CheckedRelease) -> str:
    what = f"{release.kind} {release.subject_id}  {release.name} {release.version}"
    return f"{what}  no pass: {', '.join(release.failed)} (rule set {release.rule_set})"


def _summary(found: Rerun) -> str:
    return f"{found.enqueued} releases wait to be checked again; {len(found.failing)} have no pass by now."


def _facts(found: Rerun) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(found)
    return facts
