"""Use-cases of operators about jobs. Enqueuing one is part of the use-case that wants it done; `app/jobs` runs them."""

from app.registry.access import permissions
from schemas.errors import JobNotFailed, JobUnknown, ServiceBusy
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.jobs import Job, JobState
from schemas.paging import Page, Paging
from storage.postgres import audit, jobs
from storage.postgres.database import Database, UniqueTaken


class Jobs:
    """The jobs of every tenant and of the platform."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(self, caller: Caller, state: JobState | None, paging: Paging) -> Page[Job]:
        """Jobs of that state, or (None) all that are not done; latest change first."""
        permissions.require(caller, "list_jobs")
        async with self._database.transaction(platform=True) as tx:
            return await jobs.list_page(tx, state, paging)

    async def retry(self, caller: Caller, job_id: str) -> Job:
        """Lets a failed job wait again as if it were new. Raises `JobUnknown`, or `JobNotFailed` in any other state."""
        permissions.require(caller, "retry_job")
        try:
            async with self._database.transaction(platform=True) as tx:
                job = await jobs.find(tx, job_id)
                if job is None:
                    raise JobUnknown("ID")
                if job.tenant_id is not None:
                    await audit.lock_tenant(tx, job.tenant_id)
                retried = await jobs.retry(tx, job) if job.state is JobState.FAILED else None
                if retried is None:
                    raise JobNotFailed("ID", state=job.state)
                if job.tenant_id is not None:
                    await audit.record(tx, job.tenant_id, caller, Change(
                        action="job.retried", object_kind="job", object_id=job.id, detail={"kind": job.kind}))  # fmt: skip
                return retried
        except UniqueTaken as error:  # one of its key was enqueued at this moment
            raise ServiceBusy from error
