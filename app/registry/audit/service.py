"""Use-cases of those who read the record of changes. Writing it is part of every use-case that changes something."""

from collections.abc import AsyncIterator

from app.registry.access import permissions
from app.registry.audit import rules
from schemas.errors import AuditTenantUnknown
from schemas.model.access import Caller
from schemas.model.audit import AuditEntry, AuditQuery
from schemas.model.upkeep import ChainHead
from storage.postgres import audit
from storage.postgres.database import Database

_EXPORTED_AT_ONCE = 500


class Audit:
    """The chains of entries of every tenant. Operators name the tenant; others read their own (None)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(
        self, caller: Caller, tenant_id: str | None, query: AuditQuery, before: int, limit: int
    ) -> list[AuditEntry]:
        """The latest entries that match and come before that number; latest first.

        Raises `OperationNotAllowed`, `AuditTenantUnknown`.
        """
        permissions.require(caller, "list_audit_entries")
        read = rules.read_tenant(caller, tenant_id)
        await self._require_chain(read)
        async with self._database.transaction(platform=True) as tx:
            return await audit.list_before(tx, read, query, before, limit)

    async def export(self, caller: Caller, tenant_id: str | None, query: AuditQuery) -> AsyncIterator[list[AuditEntry]]:
        """All entries that match, oldest first, in batches. They never change, so each batch is read on its own.

        Raises as `list_page` does, before the first batch.
        """
        permissions.require(caller, "export_audit_entries")
        read = rules.read_tenant(caller, tenant_id)
        await self._require_chain(read)
        return self._batches(read, query)

    async def show_end(self, caller: Caller, tenant_id: str | None) -> ChainHead:
        """Where the chain ends now. Kept elsewhere, it shows later whether entries were cut off or written anew."""
        permissions.require(caller, "show_audit_checkpoint")
        return await self._require_chain(rules.read_tenant(caller, tenant_id))

    async def _require_chain(self, tenant_id: str) -> ChainHead:
        async with self._database.transaction(platform=True) as tx:
            found = await audit.find_head(tx, tenant_id)
        if found is None:
            raise AuditTenantUnknown("tenant_id")
        return ChainHead(tenant_id=tenant_id, number=found[0], hash=found[1].hex())

    async def _batches(self, tenant_id: str, query: AuditQuery) -> AsyncIterator[list[AuditEntry]]:
        after = 0
        while True:
            async with self._database.transaction(platform=True) as tx:
                batch = await audit.list_after(tx, tenant_id, query, after, _EXPORTED_AT_ONCE)
            if batch:
                yield batch
                after = batch[-1].number
            if len(batch) < _EXPORTED_AT_ONCE:
                return
