"""What a publisher may say of itself, and what others see of it."""

from datetime import UTC, datetime

import msgspec
import pytest

from app.registry.publishers import rules
from schemas.errors import InvalidField, MissingField, RegistryError
from schemas.model.publishers import Publisher, PublisherFacts, PublisherStatus

_FACTS = PublisherFacts(en_name="example_tech", name="Example Technology Co.", support_url="help@example.com")
_TENANT = "0" * 31 + "1"
_PUBLISHER = Publisher(
    id="a" * 32,
    tenant_id=_TENANT,
    en_name="example_tech",
    name="Example Technology Co.",
    user_id="u1",
    description="",
    logo_url="",
    website="",
    support_url="5555",
    source_url="",
    status=PublisherStatus.REJECTED,
    reason="no",
    updated_at=datetime(2026, 1, 1, tzinfo=UTC),
    updated_by_id="u2",
    updated_by_name="somebody",
)


def _refusal(**facts: str) -> RegistryError:
    with pytest.raises(RegistryError) as refused:
        rules.checked_facts(msgspec.structs.replace(_FACTS, **facts))
    return refused.value


@pytest.mark.parametrize("support_url", ["help@example.com", "5555", "https://example.com/help", "fgddf"])
def test_support_is_any_text(support_url: str) -> None:
    rules.checked_facts(msgspec.structs.replace(_FACTS, support_url=support_url))


@pytest.mark.parametrize("support_url", ["", "  "])
def test_support_is_required(support_url: str) -> None:
    refusal = _refusal(support_url=support_url)
    assert isinstance(refusal, MissingField)
    assert refusal.field == "support_url"


@pytest.mark.parametrize("field", ["support_url", "website", "source_url", "logo_url"])
@pytest.mark.parametrize("address", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_no_address_runs_anything(field: str, address: str) -> None:
    refusal = _refusal(**{field: address})
    assert isinstance(refusal, InvalidField)
    assert refusal.field == field


@pytest.mark.parametrize("field", ["website", "source_url", "logo_url"])
@pytest.mark.parametrize(
    "address", ["example.com", "//example.com", "http:/x", "https://", "ftp://example.com", "http://[::1", "http://a b"]
)
def test_addresses_are_web_addresses(field: str, address: str) -> None:
    assert _refusal(**{field: address}).field == field


@pytest.mark.parametrize("field", ["website", "source_url", "logo_url"])
@pytest.mark.parametrize("address", ["", "http://example.com", "https://example.com:8443/a?b=c#d", "https://[::1]/"])
def test_web_addresses_and_none_are_taken(field: str, address: str) -> None:
    rules.checked_facts(msgspec.structs.replace(_FACTS, **{field: address}))


def test_a_logo_may_be_an_icon_of_ours() -> None:
    path = f"/api/v1/{_TENANT}/common/get-plugin-icon?object_key=default-1-a.png-{_TENANT}&icon_type=publish"
    rules.checked_facts(msgspec.structs.replace(_FACTS, logo_url=path))
    assert _refusal(website=path).field == "website"
    assert _refusal(logo_url=f"{path}&x=1").field == "logo_url"
    assert _refusal(logo_url="/v3/auth/tokens").field == "logo_url"


@pytest.mark.parametrize("field", ["name", "en_name"])
@pytest.mark.parametrize("name", ["", " ", "a ", " a", "a\u202eb", "a\u200bb"])
def test_names_can_be_seen(field: str, name: str) -> None:
    assert _refusal(**{field: name}).field == field


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001, "a\x00b"])
def test_a_rejection_says_why(reason: str) -> None:
    with pytest.raises(InvalidField, match=r"^reason: "):
        rules.checked_reason(reason)


def test_other_tenants_learn_nothing_of_who_works_for_a_publisher() -> None:
    assert rules.seen_by(_PUBLISHER, _TENANT) == _PUBLISHER
    seen = rules.seen_by(_PUBLISHER, "f" * 32)
    assert (seen.user_id, seen.updated_by_id, seen.updated_by_name, seen.reason) == ("", "", "", "")
    assert seen.name == _PUBLISHER.name


def test_ten_names_are_told_and_that_there_are_more() -> None:
    assert rules.told(["a", "b"]) == "a, b"
    assert rules.told([str(number) for number in range(11)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and others"
