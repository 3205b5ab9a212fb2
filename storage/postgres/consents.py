"""Rows of what users answered about extensions. Identifiers are in small letters here."""

from schemas.model.access import Caller
from schemas.model.consents import Consent, ConsentStatus
from storage.postgres.database import Transaction
from storage.postgres.queries import load

QUERIES = load("consents")


async def find_status(
    tx: Transaction, caller: Caller, instance_id: str, identifier: str, version: str
) -> ConsentStatus:
    """The caller's answer; UNKNOWN where there is none."""
    status = await tx.value(
        QUERIES.find_consent,
        tenant_id=caller.tenant_id,
        user_id=caller.user_id,
        instance_id=instance_id,
        identifier=identifier,
        version=version,
    )
    return ConsentStatus.UNKNOWN if status is None else ConsentStatus(status)


async def count(tx: Transaction, caller: Caller) -> int:
    """How many answers of the caller are kept."""
    return int(await tx.value(QUERIES.count_consents, tenant_id=caller.tenant_id, user_id=caller.user_id))


async def save(tx: Transaction, caller: Caller, consent: Consent) -> None:
    """Puts the caller's answer in the place of an earlier one. UNKNOWN is kept by keeping nothing."""
    named = {
        "tenant_id": caller.tenant_id,
        "user_id": caller.user_id,
        "instance_id": consent.instance_id,
        "identifier": consent.identifier,
        "version": consent.version,
    }
    if consent.status is ConsentStatus.UNKNOWN:
        await tx.run(QUERIES.delete_consent, **named)
    else:
        await tx.run(QUERIES.save_consent, **named, status=consent.status)
