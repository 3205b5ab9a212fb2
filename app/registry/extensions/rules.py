"""When a package becomes a version, who has to look at it first, and where a task stands. Pure decisions."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from app.registry.checks import manifest
from app.registry.plugins import versions
from app.registry.uploads import rules as upload_rules
from schemas.base import Entity
from schemas.model.checks import CheckResult, Finding, Outcome
from schemas.model.extensions import Comparison, ExtensionVersion, PackageFacts, VersionState
from schemas.model.publishers import Publisher
from schemas.model.uploads import Upload, UploadSpec, UploadState

_MANIFEST = "extension/package.json"


class Owner(StrEnum):
    """Who has to act next."""

    UPLOADER = "uploader"
    REGISTRY = "registry"
    """Nobody needs to do anything: a job is on its way."""
    OPERATORS = "operators"
    NOBODY = "nobody"


class Standing(Entity, frozen=True):
    """Where a task stands: who has to act next, why, and what to do. None of them is empty."""

    owner: Owner
    reason: str
    next_step: str


# -- the checks --------------------------------------------------------------------------------------------------------------


def judged(
    results: Sequence[CheckResult],
    facts: PackageFacts | None,
    publisher: Publisher | None,
    publisher_id: str | None,
    *,
    may_bring: bool = True,
) -> list[CheckResult]:
    """What the checks come to, together with what only the registry knows: whether the package's publisher is the right one.

    `publisher` is the tenant's of that name, if it has one; `publisher_id` the one for which the upload was announced;
    `may_bring`: whoever uploaded it may bring releases under that publisher.
    """
    finding = None if facts is None else _publisher_finding(facts, publisher, publisher_id, may_bring)
    if finding is None:
        return [*results]
    return [_failed(each, finding) if each.name == manifest.NAME else each for each in results]


def _failed(result: CheckResult, finding: Finding) -> CheckResult:
    return msgspec.structs.replace(result, outcome=Outcome.FAIL, findings=[*result.findings, finding])


def _publisher_finding(
    facts: PackageFacts, publisher: Publisher | None, publisher_id: str | None, may_bring: bool
) -> Finding | None:
    if publisher is None:
        rule = f"your account has no publisher {facts.publisher}"
        remedy = "put the English name of one of your publishers into `publisher`, or make that publisher first"
    elif not may_bring:
        rule = f"you are neither an owner nor a maintainer of the publisher {publisher.en_name}"
        remedy = "ask one of its owners to make you a maintainer, and upload the package again"
    elif publisher.status.is_shut:
        rule = f"the publisher {publisher.en_name} was {publisher.status.label}: {publisher.reason}"
        remedy = "put the English name of another of your publishers into `publisher`"
    elif publisher_id not in (None, publisher.id):
        rule = f"it names the publisher {publisher.en_name}, and was uploaded for another one"
        remedy = f"upload it for {publisher.en_name}, or put the other one's English name into `publisher`"
    else:
        return None
    return Finding(entry=_MANIFEST, message=rule, remedy=remedy, rule="manifest.publisher", check=manifest.NAME)


# -- publishing --------------------------------------------------------------------------------------------------------------


def compared(facts: PackageFacts, newest: ExtensionVersion | None) -> Comparison:
    """How a package stands to the newest version that is published for its platform."""
    if newest is None:
        return Comparison.NULL_VERSION
    ours, theirs = (versions.precedence(versions.parse("version", each.version)) for each in (facts, newest))
    if ours == theirs:
        return Comparison.SAME_VERSION
    return Comparison.NEWER_VERSION if ours > theirs else Comparison.OLDER_VERSION


# -- where a task stands -----------------------------------------------------------------------------------------------------

AT_WORK = frozenset({UploadState.RECEIVING, UploadState.JOINING, UploadState.CHECKING})
"""While an upload is there, its checks have not ended."""

_OF_UPLOAD = {
    UploadState.RECEIVING: (Owner.UPLOADER, "the file is not complete"),
    UploadState.JOINING: (Owner.REGISTRY, "the chunks are being joined"),
    UploadState.CHECKING: (Owner.REGISTRY, "the checks have not ended"),
    UploadState.ACCEPTED: (Owner.UPLOADER, "every check has passed"),
    UploadState.REFUSED: (Owner.UPLOADER, "a check has failed"),
    UploadState.FAILED: (Owner.UPLOADER, "the checks could not be done"),
    UploadState.ABORTED: (Owner.UPLOADER, "given up by its owner"),
    UploadState.EXPIRED: (Owner.UPLOADER, "nothing came for too long"),
}
_OF_VERSION = {
    VersionState.IN_REVIEW: (
        Owner.OPERATORS,
        "it has to be looked at",
        "wait: an operator accepts the publisher where that is still to be done, and approves or rejects the version",
    ),
    VersionState.PUBLISHED: (
        Owner.NOBODY,
        "every check has passed",
        "nothing: the version is published, and everybody can install it",
    ),
    VersionState.REJECTED: (
        Owner.UPLOADER,
        "an operator rejected it",
        "mend what the reason names and upload the package again; its number is free",
    ),
}


def standing(
    upload: Upload,
    version: ExtensionVersion | None,
    taken: ExtensionVersion | None,
    *,
    is_orphan: bool,
    rejected: Publisher | None = None,
) -> Standing:
    """Where the task of an upload stands. `version` is what has come of it; `taken` has its number with other bytes.

    `is_orphan`: of an accepted package its publisher, or what it says, is no more. `rejected` is its publisher if the
    operators rejected or suspended that one: then nobody can publish it.
    """
    if upload.state is not UploadState.ACCEPTED:
        owner, reason = _OF_UPLOAD[upload.state]
        return Standing(owner=owner, reason=upload.reason or reason, next_step=upload_rules.next_step(upload))
    if rejected is not None and (version is None or version.state is VersionState.IN_REVIEW):
        return Standing(
            owner=Owner.UPLOADER,
            reason=f"the publisher {rejected.en_name} was {rejected.status.label}: {rejected.reason}",
            next_step="upload the package under another of your publishers, or ask the operators to accept this one",
        )
    if version is not None:
        owner, reason, next_step = _OF_VERSION[version.state]
        return Standing(owner=owner, reason=version.reason or reason, next_step=next_step)
    if taken is not None:
        return Standing(
            owner=Owner.UPLOADER,
            reason=f"version {taken.version} for {taken.target_platform} is {taken.state} with the SHA-256"
            f" {taken.package_sha256}, and this package has {upload.found_sha256}",
            next_step="raise the version number and upload the package again",
        )
    if upload.is_superseded:
        return Standing(
            owner=Owner.UPLOADER,
            reason="a later file of the same name took its place",
            next_step="publish the later one, or upload this one again under another name",
        )
    if is_orphan:
        return Standing(
            owner=Owner.UPLOADER,
            reason="the publisher that the package names, or the package itself, is no more",
            next_step="make the publisher again, and upload the package again",
        )
    owner, reason = _OF_UPLOAD[upload.state]
    return Standing(owner=owner, reason=reason, next_step=upload_rules.next_step(upload))


def is_publishable(upload: Upload) -> bool:
    """Whether a version may be made of the upload."""
    return upload.state is UploadState.ACCEPTED and not upload.is_superseded


def names_publisher(facts: PackageFacts, publisher: Publisher | None, spec: UploadSpec) -> bool:
    """Whether the package is of the publisher that the upload is for."""
    return (
        publisher is not None
        and publisher.id == spec.publisher_id
        and publisher.en_name.lower() == facts.publisher.lower()
    )
