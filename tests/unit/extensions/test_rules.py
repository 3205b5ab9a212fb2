"""What the checks come to, who looks at a version first, and where a task stands."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.registry.extensions import rules
from app.registry.extensions.rules import Owner
from app.registry.publishers.rules import checked_reason
from app.registry.uploads.rules import spec_of_whole
from schemas.errors import InvalidField
from schemas.model.checks import Area, CheckResult, Finding, Outcome
from schemas.model.extensions import Comparison, ExtensionVersion, PackageFacts, VersionState
from schemas.model.publishers import Publisher, PublisherStatus
from schemas.model.uploads import Upload, UploadState

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def a_result(name: str, outcome: Outcome, *findings: Finding) -> CheckResult:
    area = Area.BASIC_INFORMATION if name == "manifest" else Area.SECURITY
    return CheckResult(name=name, area=area, outcome=outcome, blocking=True, rule_set=1, findings=[*findings])


PASSED = [a_result("secrets", Outcome.PASS), a_result("manifest", Outcome.PASS)]


def facts(version: str = "1.0.0", publisher: str = "makers") -> PackageFacts:
    return PackageFacts(publisher=publisher, name="linter", version=version, display_name="Linter", description="")


def a_publisher(**changes: Any) -> Publisher:
    told = {
        "id": "a" * 32, "tenant_id": "t" * 32, "en_name": "Makers", "name": "The makers", "user_id": "u", "description": "",
        "logo_url": "", "website": "", "support_url": "x", "source_url": "", "status": PublisherStatus.ACCEPTED, "reason": "",
        "updated_at": NOW, "updated_by_id": "u", "updated_by_name": "u",
    }  # fmt: skip
    return Publisher(**(told | changes))


def an_upload(**changes: Any) -> Upload:
    told = {
        "id": "u" * 32, "tenant_id": "t" * 32, "user_id": "u", "user_name": "u", "credential": "token",
        "spec": spec_of_whole("a.vsix", 10, "0" * 64, None), "state": UploadState.ACCEPTED, "reason": "", "findings": [],
        "epoch": 0, "round": 1, "assembly_key": "k", "assembly_handle": "", "found_sha256": "0" * 64, "created_at": NOW,
        "updated_at": NOW, "expires_at": NOW, "received": [], "received_bytes": 0,
    }  # fmt: skip
    return Upload(**(told | changes))


def a_version(state: VersionState = VersionState.PUBLISHED, number: str = "1.0.0", **changes: Any) -> ExtensionVersion:
    told = {
        "id": "v" * 32, "extension_id": "e" * 32, "tenant_id": "t" * 32, "version": number, "target_platform": "universal",
        "state": state, "reason": "", "package_sha256": "1" * 64, "package_size": 10, "facts": facts(number),
        "uploader_id": "u", "uploader_name": "u", "created_at": NOW, "updated_at": NOW, "published_at": None,
    }  # fmt: skip
    return ExtensionVersion(**(told | changes))


# -- the checks --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("publisher", "publisher_id", "told"),
    [
        (a_publisher(), None, None),
        (a_publisher(), "a" * 32, None),
        (a_publisher(status=PublisherStatus.PROCESSING), None, None),
        (None, None, "has no publisher makers"),
        (None, "a" * 32, "has no publisher makers"),
        (a_publisher(), "b" * 32, "uploaded for another one"),
        (a_publisher(status=PublisherStatus.REJECTED, reason="copied"), None, "was rejected: copied"),
    ],
)
def test_a_package_names_the_publisher_that_it_is_uploaded_for(
    publisher: Publisher | None, publisher_id: str | None, told: str | None
) -> None:
    results = rules.judged(PASSED, facts(), publisher, publisher_id)

    assert [each.outcome for each in results] == [Outcome.PASS, Outcome.FAIL if told else Outcome.PASS]
    findings = {each.name: each.findings for each in results}
    if told is not None:
        (finding,) = findings.pop("manifest")
        assert (finding.entry, finding.rule) == ("extension/package.json", "manifest.publisher")
        assert told in finding.message
        assert finding.remedy
    assert not any(findings.values())


def test_what_was_found_in_the_package_stays_beside_a_wrong_publisher() -> None:
    found = Finding(entry="extension/package.json", message="bad", remedy="mend it")
    (judged,) = rules.judged([a_result("manifest", Outcome.FAIL, found)], facts(), None, None)
    assert (judged.outcome, judged.findings[0], len(judged.findings)) == (Outcome.FAIL, found, 2)


def test_a_package_that_does_not_say_whose_it_is_is_judged_by_its_checks_alone() -> None:
    assert rules.judged(PASSED, None, None, None) == PASSED


# -- publishing --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uploaded", "newest", "comparison"),
    [
        ("1.0.0", None, Comparison.NULL_VERSION),
        ("1.0.0", "0.9.0", Comparison.NEWER_VERSION),
        ("1.10.0", "1.9.0", Comparison.NEWER_VERSION),
        ("1.0.0", "1.0.0-rc.1", Comparison.NEWER_VERSION),
        ("1.0.0-rc.1", "1.0.0", Comparison.OLDER_VERSION),
        ("1.0.0", "1.0.0", Comparison.SAME_VERSION),
        ("1.0.0+one", "1.0.0+two", Comparison.SAME_VERSION),
    ],
)
def test_versions_compare_as_semver_says(uploaded: str, newest: str | None, comparison: Comparison) -> None:
    assert rules.compared(facts(uploaded), a_version(number=newest) if newest else None) is comparison


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001, "a\x00b"])
def test_a_rejection_has_a_reason(reason: str) -> None:
    with pytest.raises(InvalidField):
        checked_reason(reason)


# -- where a task stands -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", UploadState)
@pytest.mark.parametrize("version", [None, *VersionState])
@pytest.mark.parametrize("is_taken", [False, True])
@pytest.mark.parametrize("is_superseded", [False, True])
@pytest.mark.parametrize("is_orphan", [False, True])
def test_every_task_has_an_owner_a_reason_and_a_next_step(
    state: UploadState, version: VersionState | None, is_taken: bool, is_superseded: bool, is_orphan: bool
) -> None:
    standing = rules.standing(
        an_upload(state=state, is_superseded=is_superseded),
        a_version(version) if version else None,
        a_version() if is_taken else None,
        is_orphan=is_orphan,
    )
    assert isinstance(standing.owner, Owner)
    assert standing.reason.strip()
    assert standing.next_step.strip()


@pytest.mark.parametrize(
    ("state", "version", "owner"),
    [
        (UploadState.RECEIVING, None, Owner.UPLOADER),
        (UploadState.CHECKING, None, Owner.REGISTRY),
        (UploadState.CHECKING, VersionState.PUBLISHED, Owner.REGISTRY),
        (UploadState.FAILED, None, Owner.UPLOADER),
        (UploadState.ACCEPTED, None, Owner.UPLOADER),
        (UploadState.ACCEPTED, VersionState.IN_REVIEW, Owner.OPERATORS),
        (UploadState.ACCEPTED, VersionState.PUBLISHED, Owner.NOBODY),
        (UploadState.ACCEPTED, VersionState.REJECTED, Owner.UPLOADER),
    ],
)
def test_who_has_to_act_next(state: UploadState, version: VersionState | None, owner: Owner) -> None:
    found = rules.standing(an_upload(state=state), a_version(version) if version else None, None, is_orphan=False)
    assert found.owner is owner


def test_a_taken_number_is_told_with_both_digests() -> None:
    told = rules.standing(an_upload(), None, a_version(), is_orphan=False)
    assert "0" * 64 in told.reason
    assert "1" * 64 in told.reason
    assert "raise the version number" in told.next_step


def test_only_an_accepted_upload_whose_file_was_not_replaced_is_published() -> None:
    publishable = {state for state in UploadState if rules.is_publishable(an_upload(state=state))}
    assert publishable == {UploadState.ACCEPTED}
    assert not rules.is_publishable(an_upload(is_superseded=True))
