"""Which addresses and events a webhook may have, how what is sent is signed, and where nothing is sent."""

import base64
import hashlib
import hmac
import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.registry.webhooks import rules
from schemas.errors import InvalidField
from schemas.model.notifications import ANNOUNCEMENTS
from schemas.model.webhooks import WebhookFacts


def facts(**changes: Any) -> WebhookFacts:
    """A webhook that can be made."""
    return WebhookFacts(**({"url": "https://ci.example.com/hook", "events": ["*"]} | changes))


def refused(field: str, *, any_address: bool = False, **changes: Any) -> bool:
    with pytest.raises(InvalidField) as raised:
        rules.checked(facts(**changes), any_address=any_address)
    return raised.value.field == field


@pytest.mark.parametrize(
    "url",
    [
        "http://ci.example.com/", "ftp://ci.example.com/", "https://", "https:///path", "https://u@ci.example.com/",
        "https://u:p@ci.example.com/", "https://ci.example.com/#part", "https://ci.example.com:0/", "https://a:99999/",
        "https://ci.example.com:x/", "https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/", "https://169.254.169.254/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[fd00::1]/", "https://exämple.com/", "https://[::1/",
        "https://0.0.0.0/", "https://224.0.0.1/", "javascript:alert(1)", "https://a b/",
    ],
)  # fmt: skip
def test_only_https_to_a_host_of_the_open_internet_is_taken(url: str) -> None:
    assert refused("url", url=url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/", "https://10.1.2.3/", "http://[::1]/x?y=z"])
def test_any_address_is_taken_where_the_setting_says_so(url: str) -> None:
    assert rules.checked(facts(url=url), any_address=True).url == url
    assert refused("url", url=url)


@pytest.mark.parametrize("events", [["plugin.exploded"], ["*", "plugins.*"], ["plugin.published", "."], ["plugin.*.x"]])
def test_an_event_that_there_is_not_is_named(events: list[str]) -> None:
    with pytest.raises(InvalidField) as raised:
        rules.checked(facts(events=events), any_address=False)
    assert (raised.value.field or "").startswith("events[")


def test_each_event_counts_once() -> None:
    asked = ["plugin.*", "publisher.accepted", "plugin.*"]
    assert rules.checked(facts(events=asked), any_address=False).events == ["plugin.*", "publisher.accepted"]


@pytest.mark.parametrize("event", ANNOUNCEMENTS)
def test_a_webhook_is_told_of_what_it_names(event: str) -> None:
    family = event.partition(".")[0]
    assert rules.wants(["*"], event)
    assert rules.wants([f"{family}.*"], event)
    assert rules.wants([event], event)
    assert not rules.wants([f"{family}.nothing", "other.*", f"{family}x.*"], event)


@given(st.ip_addresses())
def test_what_is_sent_to_is_never_private(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if rules.is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_loopback
        assert not address.is_link_local
        assert not address.is_private


@given(st.ip_addresses(v=4))
def test_an_address_that_wraps_another_is_no_better_than_that(address: ipaddress.IPv4Address) -> None:
    for wrapped in (
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"2002:{int(address) >> 16:x}:{int(address) & 0xFFFF:x}::1",
    ):
        assert rules.is_public(wrapped) == rules.is_public(str(address))


def test_a_signature_is_that_of_standard_webhooks() -> None:
    # From the specification's reference libraries.
    secret, id, timestamp = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert rules.signature(secret, id, timestamp, '{"test": 2432232314}') == expected


def test_every_secret_is_another_one_and_signs() -> None:
    first, second = rules.new_secret(), rules.new_secret()
    assert first != second
    key = base64.b64decode(first.removeprefix("whsec_"))
    assert len(key) == 32
    by_hand = base64.b64encode(hmac.new(key, b"d.5.{}", hashlib.sha256).digest()).decode()
    assert rules.signature(first, "d", 5, "{}") == f"v1,{by_hand}"
