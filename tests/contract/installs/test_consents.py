"""What users answer when an IDE asks whether an extension may run."""

import asyncio

import pytest

from app.registry import Registry
from app.registry.consents import rules
from schemas.errors import ExtensionVersionUnknown, InvalidField, TooManyConsents
from schemas.model.access import Caller
from schemas.model.consents import ConsentStatus
from tests.accounts import NewAccount
from tests.contract.installs.world import Shelf

AGREE, REJECT, UNKNOWN = ConsentStatus.AGREE, ConsentStatus.REJECT, ConsentStatus.UNKNOWN


async def audited(shelf: Shelf) -> int:
    """How many answers the audit tells of."""
    return int(
        await shelf.owner.fetchval(
            "SELECT count(*) FROM audit_entries WHERE tenant_id = $1 AND action = 'consent.answered'", shelf.account.id
        )
    )


@pytest.fixture
def identifier(shelf: Shelf) -> str:
    return f"{shelf.publisher}.{shelf.name}"


async def test_who_was_not_asked_is_unknown_and_an_answer_stands_until_another_one(
    registry: Registry, shelf: Shelf, identifier: str
) -> None:
    await shelf.put("1.0.0")
    ask = shelf.caller, "ide-1", identifier, "1.0.0"
    assert (await registry.consents.show(*ask)).status is UNKNOWN
    for number, status in enumerate((AGREE, REJECT, UNKNOWN, AGREE), start=1):
        for _ in range(2):  # the second time it is no change
            assert (await registry.consents.agree(*ask, status)).status is status
            assert (await registry.consents.show(*ask)).status is status
        assert await audited(shelf) == number


async def test_the_identifier_is_answered_as_it_was_asked_and_found_in_any_case(
    registry: Registry, shelf: Shelf, identifier: str
) -> None:
    await shelf.put("1.0.0")
    await registry.consents.agree(shelf.caller, "ide-1", identifier.upper(), "1.0.0", AGREE)
    told = await registry.consents.show(shelf.caller, "ide-1", identifier.lower(), "1.0.0")
    assert (told.identifier, told.status) == (identifier.lower(), AGREE)


async def test_an_answer_is_for_one_user_instance_and_version(
    registry: Registry, shelf: Shelf, identifier: str, new_account: NewAccount
) -> None:
    await shelf.put("1.0.0")
    await shelf.put("1.0.1")
    await registry.consents.agree(shelf.caller, "ide-1", identifier, "1.0.0", AGREE)
    others: list[tuple[Caller, str, str]] = [
        (shelf.caller, "ide-2", "1.0.0"),
        (shelf.caller, "IDE-1", "1.0.0"),
        (shelf.caller, "ide-1", "1.0.1"),
        (shelf.account.user("author").caller, "ide-1", "1.0.0"),
        (new_account().user("viewer").caller, "ide-1", "1.0.0"),
    ]
    for caller, instance, version in others:
        assert (await registry.consents.show(caller, instance, identifier, version)).status is UNKNOWN


async def test_answers_at_once_are_one_row(registry: Registry, shelf: Shelf, identifier: str) -> None:
    await shelf.put("1.0.0")
    await asyncio.gather(
        *(registry.consents.agree(shelf.caller, "ide-1", identifier, "1.0.0", AGREE) for _ in range(10))
    )
    assert await audited(shelf) == 1
    kept = "SELECT count(*) FROM extension_consents WHERE tenant_id = $1"
    assert await shelf.owner.fetchval(kept, shelf.account.id) == 1


async def test_an_extension_that_the_caller_does_not_see_cannot_be_answered_for(
    registry: Registry, shelf: Shelf, identifier: str, new_account: NewAccount
) -> None:
    await shelf.put("1.0.0", state="in-review")
    stranger = new_account().user("viewer").caller
    for caller, named, version in (
        (stranger, identifier, "1.0.0"),
        (shelf.caller, identifier, "2.0.0"),
        (shelf.caller, f"{identifier}x", "1.0.0"),
    ):
        with pytest.raises(ExtensionVersionUnknown):
            await registry.consents.agree(caller, "ide-1", named, version, AGREE)
        with pytest.raises(ExtensionVersionUnknown):
            await registry.consents.show(caller, "ide-1", named, version)
    assert (await registry.consents.show(shelf.caller, "ide-1", identifier, "1.0.0")).status is UNKNOWN


@pytest.mark.parametrize(
    ("field", "instance", "version"),
    [("instance_id", "a b", "1.0.0"), ("instance_id", "", "1.0.0"), ("extension_version", "ide-1", "newest")],
)
async def test_what_cannot_be_is_refused_by_its_field(
    registry: Registry, shelf: Shelf, identifier: str, field: str, instance: str, version: str
) -> None:
    with pytest.raises(InvalidField, match=rf"^{field}: "):
        await registry.consents.agree(shelf.caller, instance, identifier, version, AGREE)
    with pytest.raises(InvalidField, match=rf"^{field}: "):
        await registry.consents.show(shelf.caller, instance, identifier, version)


async def test_a_user_has_so_many_answers_and_may_still_change_them(
    registry: Registry, shelf: Shelf, identifier: str
) -> None:
    await shelf.put("1.0.0")
    await registry.consents.agree(shelf.caller, "ide-1", identifier, "1.0.0", AGREE)
    await shelf.owner.execute(
        "INSERT INTO extension_consents (tenant_id, user_id, instance_id, identifier, version, status) "
        "SELECT $1, $2, 'other-' || number, 'a.b', '1.0.0', 'AGREE' FROM generate_series(2, $3::integer) number",
        shelf.account.id, shelf.caller.user_id, rules.MOST_PER_USER,
    )  # fmt: skip
    with pytest.raises(TooManyConsents):
        await registry.consents.agree(shelf.caller, "ide-2", identifier, "1.0.0", AGREE)
    await registry.consents.agree(shelf.caller, "ide-1", identifier, "1.0.0", REJECT)
    await registry.consents.agree(shelf.caller, "ide-1", identifier, "1.0.0", UNKNOWN)
    await registry.consents.agree(shelf.caller, "ide-2", identifier, "1.0.0", AGREE)
