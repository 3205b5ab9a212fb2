"""The chain of audit entries of each tenant."""

import msgspec

from schemas.model.access import Caller
from schemas.model.audit import Change
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("audit")


async def lock_tenant(tx: Transaction, tenant_id: str) -> None:
    """Makes the tenant's changes wait for each other. The first step of every use-case that changes something."""
    await tx.run(QUERIES.lock_tenant, tenant_id=tenant_id)


async def record(tx: Transaction, tenant_id: str, caller: Caller, change: Change) -> None:
    """Adds an entry to the tenant's chain, in the transaction of the change itself."""
    await tx.run(
        QUERIES.record_audit,
        tenant_id=tenant_id,
        actor_id=caller.user_id,
        actor_name=caller.user_name,
        credential=caller.credential,
        action=change.action,
        object_kind=change.object_kind,
        object_id=change.object_id,
        detail=msgspec.json.encode(change.detail).decode(),
        request_id=caller.request_id,
    )
