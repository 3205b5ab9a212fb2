"""`plugport jobs`: what operators see of jobs, and what they do about those that failed."""

from typing import Any

import click
import msgspec

from app.cli.database import run_use_case
from app.cli.reporting import answer, as_json_option, reported
from app.registry.access.service import console
from schemas.model.jobs import Job, JobState
from schemas.paging import Page, Paging


@click.group()
def jobs() -> None:
    """Jobs: work that nobody waits for. What was done is no longer listed."""


@jobs.command("list")
@click.option("--failed", is_flag=True, help="Only those that were given up.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="At most so many.")
@click.option("--offset", type=click.IntRange(0), default=0, help="Pass over so many.")
@as_json_option
@reported
def list_jobs(failed: bool, limit: int, offset: int, as_json: bool) -> None:
    """Show jobs, latest change first."""
    state = JobState.FAILED if failed else None
    paging = Paging(offset=offset, limit=limit)
    page = run_use_case(lambda registry: registry.jobs.list_page(console(), state, paging))
    answer(as_json, {"total": page.total, "jobs": [_facts(each) for each in page.items]}, _lines(page))


@jobs.command("retry")
@click.argument("job_id", metavar="ID")
@as_json_option
@reported
def retry_job(job_id: str, as_json: bool) -> None:
    """Run a failed job again, with all its attempts."""
    job = run_use_case(lambda registry: registry.jobs.retry(console(), job_id))
    answer(as_json, _facts(job), f"Job {job.id} ({job.kind}) waits to be run.")


def _lines(page: Page[Job]) -> str:
    rows = [
        f"{job.id}  {job.state:<7}  {job.kind}  attempts {job.attempts}  tenant {job.tenant_id or '-'}  {job.error}".rstrip()
        for job in page.items
    ]
    return "\n".join([*rows, f"{len(page.items)} of {page.total} jobs."])


def _facts(job: Job) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(job)
    return facts
