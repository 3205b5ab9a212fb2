"""Checks an old release again, by the present rules."""

from app.registry import Registry
from app.registry.access.service import console
from schemas.model.checks import SubjectKind
from schemas.model.jobs import Job


async def run(registry: Registry, job: Job) -> None:
    """Adds what the checks come to now. The release stays what it is."""
    told = job.payload
    await registry.checks.check_again(console(job.id), told["tenant_id"], SubjectKind(told["kind"]), told["subject_id"])


async def give_up(registry: Registry, job: Job, reason: str) -> None:
    """Adds that they could not be done."""
    told = job.payload
    kind = SubjectKind(told["kind"])
    await registry.checks.give_up(console(job.id), told["tenant_id"], kind, told["subject_id"], reason)
