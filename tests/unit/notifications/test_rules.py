"""Who is told of an entry, and in which words."""

import json
from datetime import UTC, datetime
from string import Formatter
from typing import Any

import pytest

from app.registry.notifications import rules
from schemas.model.audit import AuditEntry
from schemas.model.notifications import ANNOUNCEMENTS


def an_entry(action: str, detail: dict[str, Any] | None = None, **changes: Any) -> AuditEntry:
    """An entry of that action."""
    told: dict[str, Any] = {
        "tenant_id": "a" * 32, "number": 7, "recorded_at": datetime(2026, 11, 29, 9, 22, 34, 528113, UTC),
        "actor_id": "actor", "actor_name": "Ada", "credential": "token", "action": action, "object_kind": "publisher",
        "object_id": "p" * 32, "detail": detail or {}, "request_id": "r", "changes": [], "previous_hash": b"", "hash": b"h",
    }  # fmt: skip
    return AuditEntry(**(told | changes))


@pytest.mark.parametrize("action", ANNOUNCEMENTS)
def test_every_announcement_reads_as_a_sentence_also_without_its_facts(action: str) -> None:
    names = [name for _, name, _, _ in Formatter().parse(ANNOUNCEMENTS[action].text) if name]
    facts = {name: f"<{name}>" for name in names}
    text = rules.text_of(an_entry(action, facts))
    assert all(value in text for value in facts.values())
    assert "{" not in text
    assert "–" in rules.text_of(an_entry(action)) or not names


def test_a_text_has_an_end_and_takes_braces_as_they_are() -> None:
    text = rules.text_of(an_entry("publisher.rejected", {"en_name": "{reason}", "reason": "x" * 5000}))
    assert len(text) == rules.MAX_TEXT_LENGTH
    assert text.startswith("The publisher {reason} was rejected: xxx")


def test_the_author_is_the_one_whom_the_entry_names_or_who_did_it() -> None:
    assert rules.named_users(an_entry("extension.published", {"author_id": "ann"})) == ["ann"]
    assert rules.named_users(an_entry("extension.published")) == ["actor"]
    assert rules.named_users(an_entry("publisher.accepted", {"author_id": "ann"})) == []
    assert rules.named_users(an_entry("extension.published", {"author_id": 7})) == []


def test_the_publisher_is_the_object_itself_or_what_the_entry_names() -> None:
    assert rules.publisher_of(an_entry("publisher.accepted")) == "p" * 32
    named = an_entry("plugin.published", {"publisher_id": "q" * 32}, object_kind="plugin", object_id="o" * 32)
    assert rules.publisher_of(named) == "q" * 32
    assert rules.publisher_of(an_entry("report.sent", {"publisher_id": "q"}, object_kind="report")) is None


def test_who_did_it_is_not_told_and_everybody_else_once() -> None:
    users = [("t", "b"), ("t", "actor"), ("s", "a"), ("t", "b")]
    assert rules.told(users, an_entry("publisher.accepted")) == [("s", "a"), ("t", "b")]


def test_an_event_is_the_same_bytes_each_time() -> None:
    entry = an_entry("publisher.accepted", {"en_name": "example", "name": "Example"})
    assert rules.event_of(entry) == rules.event_of(
        an_entry("publisher.accepted", {"name": "Example", "en_name": "example"})
    )
    told = json.loads(rules.event_of(entry))
    assert (told["type"], told["timestamp"]) == ("publisher.accepted", "2026-11-29T09:22:34.528Z")
    assert told["data"]["object_id"] == "p" * 32
