"""Which acts a publisher's standing allows, and where they lead."""

from datetime import UTC, datetime

import pytest

from app.registry.publishers import rules, standing
from schemas.errors import DomainNotProven, InvalidField, MissingField, PublisherMoveRefused
from schemas.model.publishers import Act, ChangedFacts, Ground, Likeness, Proof, Publisher, PublisherStatus


def a_publisher(
    status: PublisherStatus = PublisherStatus.ACCEPTED, en_name: str = "house", name: str = ""
) -> Publisher:
    return Publisher(
        id="a" * 32, tenant_id="b" * 32, en_name=en_name, name=name or en_name, user_id="u", description="d", logo_url="",
        website="", support_url="x", source_url="", status=status, reason="", updated_at=datetime(2026, 1, 1, tzinfo=UTC),
        updated_by_id="u", updated_by_name="u",
    )  # fmt: skip


DECISIONS = {act for _, act in standing.MOVES}


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("status", PublisherStatus)
def test_what_the_tables_do_not_name_is_refused_in_words(status: PublisherStatus, act: Act) -> None:
    publisher = a_publisher(status)
    if act in DECISIONS:
        if (status, act) in standing.MOVES:
            assert standing.moved(publisher, act, "publisher_id") is standing.MOVES[status, act]
            return
        with pytest.raises(PublisherMoveRefused) as refused:
            standing.moved(publisher, act, "publisher_id")
    else:
        if status in standing.ALLOWED[act]:
            standing.require(publisher, act, "publisher_id")
            return
        with pytest.raises(PublisherMoveRefused) as refused:
            standing.require(publisher, act, "publisher_id")
    assert str(refused.value) == f"publisher_id: The publisher is {status.label}; as such it cannot be {act.value}."


def test_whoever_is_rejected_applies_again_and_whoever_is_suspended_is_reinstated() -> None:
    left = {status: {act for began, act in standing.MOVES if began is status} for status in PublisherStatus}
    assert Act.REAPPLY in left[PublisherStatus.REJECTED]
    assert left[PublisherStatus.SUSPENDED] == {Act.SUSPEND, Act.REINSTATE}
    assert {status for status in PublisherStatus if status.is_shut} == {
        PublisherStatus.REJECTED,
        PublisherStatus.SUSPENDED,
    }


# -- what proves a domain ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "domain", ["", "house", "-a.example", "a..example", "a b.example", "x" * 64 + ".example", "ä.example"]
)
def test_only_the_name_of_a_domain_is_taken(domain: str) -> None:
    publisher = a_publisher()
    with pytest.raises(InvalidField, match="domain"):
        rules.checked_proof(publisher, Proof(ground=Ground.DNS, domain=domain, answer=rules.statement(publisher)))


@pytest.mark.parametrize("form", ["{}", '"{}"', "  {}\r", "v=spf1\n{}\nx"])
def test_the_statement_is_a_line_of_the_answer(form: str) -> None:
    publisher = a_publisher()
    answer = form.format(rules.statement(publisher))
    checked = rules.checked_proof(publisher, Proof(ground=Ground.DNS, domain="A.House.example.", answer=answer))
    assert checked.domain == "a.house.example"


@pytest.mark.parametrize("form", ["", "x{}", "{}0", "{} {}"])
def test_another_line_proves_nothing(form: str) -> None:
    publisher = a_publisher()
    answer = form.replace("{}", rules.statement(publisher))
    with pytest.raises(DomainNotProven):
        rules.checked_proof(publisher, Proof(ground=Ground.WELL_KNOWN, domain="house.example", answer=answer))


def test_an_answer_has_a_bound_and_a_note_too() -> None:
    with pytest.raises(InvalidField, match="answer"):
        rules.checked_proof(a_publisher(), Proof(ground=Ground.DNS, domain="a.example", answer="x" * 65_537))
    with pytest.raises(InvalidField, match="note"):
        rules.checked_proof(a_publisher(), Proof(ground=Ground.BY_HAND, note="x" * 1001))
    with pytest.raises(MissingField, match="note"):
        rules.checked_proof(a_publisher(), Proof(ground=Ground.BY_HAND))


# -- look-alikes, and applying again -----------------------------------------------------------------------------------------


def test_likenesses_are_told_apart() -> None:
    waiting = PublisherStatus.PROCESSING
    others = [
        ("1" * 32, "Acme-Tools", "x", waiting), ("2" * 32, "acrne_too1s", "x", waiting),
        ("3" * 32, "other", "ACME tools", waiting),
        ("4" * 32, "nothing", "alike", waiting),
    ]  # fmt: skip
    popular = [("5" * 32, "acme-tool"), ("6" * 32, "acne-tools"), ("7" * 32, "far-away"), ("1" * 32, "acme-toolz")]
    found = rules.look_alikes(a_publisher(en_name="acme tools"), others, popular)
    assert [(each.publisher_id[0], each.likeness) for each in found] == [
        ("1", Likeness.SAME), ("2", Likeness.LOOKS_THE_SAME), ("3", Likeness.SAME), ("5", Likeness.ONE_LETTER),
        ("6", Likeness.ONE_LETTER),
    ]  # fmt: skip


def test_at_most_twenty_are_told() -> None:
    others = [(f"{number:032x}", "house", "House", PublisherStatus.PROCESSING) for number in range(50)]
    assert len(rules.look_alikes(a_publisher(), others, [])) == 20


def test_what_is_not_said_again_stays() -> None:
    publisher = a_publisher(PublisherStatus.REJECTED)
    again = rules.with_facts(publisher, ChangedFacts(website="https://house.example", description=""))
    assert (again.website, again.description, again.support_url) == ("https://house.example", "", "x")
    with pytest.raises(InvalidField, match="logo_url"):
        rules.with_facts(publisher, ChangedFacts(logo_url="javascript:x"))
