"""Use-cases about consents: whether an extension may run in an instance of an IDE. Each user answers for themselves."""

import msgspec

from app.registry.consents import rules
from app.registry.plugins import versions
from schemas.errors import ExtensionVersionUnknown, TooManyConsents
from schemas.model.access import Caller
from schemas.model.audit import Change
from schemas.model.consents import Consent, ConsentStatus
from storage.postgres import audit, consents, installs
from storage.postgres.database import Database, Transaction


class Consents:
    """What users answered about extensions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agree(
        self, caller: Caller, instance_id: str, identifier: str, version: str, status: ConsentStatus
    ) -> Consent:
        """Keeps the caller's answer for a version of an extension, in the place of an earlier one; UNKNOWN takes it back.

        Raises `InvalidField`, `ExtensionVersionUnknown` where the caller sees no such version, and `TooManyConsents`.
        """
        rules.checked_instance(instance_id)
        told = Consent(instance_id=instance_id, identifier=identifier, version=version, status=status)
        async with self._database.transaction(caller.tenant_id) as tx:
            await audit.lock_tenant(tx, caller.tenant_id)
            known_as = await _visible(tx, caller, identifier, version)
            before = await consents.find_status(tx, caller, instance_id, known_as, version)
            if before is status:
                return told
            if before is ConsentStatus.UNKNOWN and await consents.count(tx, caller) >= rules.MOST_PER_USER:
                raise TooManyConsents(limit=rules.MOST_PER_USER)
            await consents.save(tx, caller, msgspec.structs.replace(told, identifier=known_as))
            await audit.record(tx, caller.tenant_id, caller, Change(
                action="consent.answered", object_kind="consent", object_id=known_as,
                detail={"instance_id": instance_id, "version": version, "status": status, "before": before}))  # fmt: skip
        return told

    async def show(self, caller: Caller, instance_id: str, identifier: str, version: str) -> Consent:
        """The caller's answer; UNKNOWN where none was given.

        Raises `InvalidField`, and `ExtensionVersionUnknown` where the caller sees no such version.
        """
        rules.checked_instance(instance_id)
        async with self._database.transaction(caller.tenant_id) as tx:
            known_as = await _visible(tx, caller, identifier, version)
            status = await consents.find_status(tx, caller, instance_id, known_as, version)
        return Consent(instance_id=instance_id, identifier=identifier, version=version, status=status)


async def _visible(tx: Transaction, caller: Caller, identifier: str, version: str) -> str:
    """The identifier in small letters, if the caller sees that version of it, for whatever platform."""
    known_as = rules.checked_identifier(identifier)
    precedence = versions.precedence(versions.parse("extension_version", version))
    if not await installs.is_version_visible(tx, caller.tenant_id, known_as, version, precedence):
        raise ExtensionVersionUnknown("identifier", identifier=identifier, version=version)
    return known_as
