"""Work that nobody waits for."""

from datetime import datetime
from enum import StrEnum

from schemas.base import Entity


class JobState(StrEnum):
    """How far a job is. One that was done is no more."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"


class Job(Entity, frozen=True):
    """One piece of work, of a tenant or (None) of the whole platform.

    `due_at` is when a worker may take it; while one runs it, when that one's lease ends. `attempts` counts how often it
    was taken, and `epoch` names the last taking. `error` says why the last attempt failed, and holds no secret.
    """

    id: str
    kind: str
    tenant_id: str | None
    payload: dict[str, str]
    state: JobState
    attempts: int
    epoch: int
    due_at: datetime
    error: str
    enqueued_at: datetime
