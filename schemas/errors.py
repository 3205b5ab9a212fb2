"""Every way in which the registry refuses, with its code and its sentence.

Code below the surfaces raises one of these and knows nothing of HTTP; `app/api/problems.py` alone turns a `Kind`
into a status and an error into the envelope of its surface. Codes are stable: clients match on them. They follow the
style of the contract's own catalogue (a prefix, a dot, eight digits); the first four digits name the noun.
"""

from collections.abc import Sequence
from enum import Enum
from typing import ClassVar

from schemas.model.checks import Finding


class Kind(Enum):
    """What a refusal means to its caller."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    CONFLICT = "conflict"
    LIMITED = "limited"
    UNMET = "unmet"
    UNSATISFIABLE = "unsatisfiable"
    TOO_LARGE = "too_large"
    BUSY = "busy"
    FULL = "full"
    BROKEN = "broken"


class RegistryError(Exception):
    """A refusal. `field` names the part of the request that is at fault, where one is."""

    kind: ClassVar[Kind]
    code: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, field: str | None = None, /, **facts: object) -> None:
        self.field = field
        self.facts = facts
        text = self.sentence.format(**facts)
        super().__init__(f"{field}: {text}" if field else text)


def catalogue() -> list[type[RegistryError]]:
    """Every error class, in the order of its code."""
    found: list[type[RegistryError]] = []
    open_classes = [RegistryError]
    while open_classes:
        for each in open_classes.pop().__subclasses__():
            open_classes.append(each)
            found.append(each)
    return sorted(found, key=lambda each: each.code)


# --- 0001: the request as such -----------------------------------------------------------------------------------


class MalformedBody(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00010001"
    sentence = "The request body is not what this operation takes: {problem}."


class InvalidField(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00010002"
    sentence = "{problem}."


class MissingField(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00010003"
    sentence = "A value is required."


class UnknownPath(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00010004"
    sentence = "There is no such path."


class UnknownMethod(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00010005"
    sentence = "This path does not take the method {method}."


class BodyTooLarge(RegistryError):
    kind, code = Kind.TOO_LARGE, "PLUGPORT.00010006"
    sentence = "More than {limit} bytes are not taken here."


class ServiceBusy(RegistryError):
    kind, code = Kind.BUSY, "PLUGPORT.00010007"
    sentence = "The service is busy. Try again later."


class Unexpected(RegistryError):
    kind, code = Kind.BROKEN, "PLUGPORT.00010008"
    sentence = "Something went wrong on our side. Tell the operator the X-Request-Id of this answer."


class BodyInterrupted(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00010009"
    sentence = "The request body ended early or stood still too long."


# --- 0002: access ------------------------------------------------------------------------------------------------


class NotAuthenticated(RegistryError):
    kind, code = Kind.UNAUTHENTICATED, "PLUGPORT.00020001"
    sentence = "Send a valid X-Auth-Token, an SDK-HMAC-SHA256 signature or, where one is taken, an x-publisher-token."


class LoginRefused(RegistryError):
    kind, code = Kind.UNAUTHENTICATED, "PLUGPORT.00020002"
    sentence = "The account, the user name or the password is wrong, or the user may not log in."


class OperationNotAllowed(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00020003"
    sentence = "None of your roles allows the operation {operation}."


class NotYourTenant(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00020004"
    sentence = "This is not the account or project that your credentials are for."


class NameTaken(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00020005"
    sentence = "The name {name} is taken."


class ScopeUnknown(RegistryError):
    kind, code = Kind.UNAUTHENTICATED, "PLUGPORT.00020006"
    sentence = "The scope names no project or account of this user."


class AccessObjectUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00020007"
    sentence = "There is no such {what}."


class NotPublishersOwner(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00020008"
    sentence = "Only owners and maintainers of the publisher and administrators may make tokens for it."


class PublisherTokenUseless(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00020009"
    sentence = "Such a token would open nothing: {reason}."


# --- 0003: publishers --------------------------------------------------------------------------------------------


class PublisherUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00030001"
    sentence = "There is no such publisher."


class PublisherExists(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00030002"
    sentence = "A publisher with the English name {name} exists or existed; such a name is never given twice."


class PublisherNotAccepted(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00030003"
    sentence = "The publisher is {status}, and only an accepted publisher may publish."


class PublisherInUse(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00030004"
    sentence = "The publisher cannot be deleted while plug-ins or extensions are bound to it: {plugins}."


class PublisherHasPublished(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00030005"
    sentence = "The publisher cannot be rejected while everybody sees plug-ins or extensions under it: {plugins}."


# --- 0022: who belongs to a publisher, and its standing ----------------------------------------------------------


class NotPublisherMember(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00220001"
    sentence = "Of the publisher {name} only {who} may do this, and administrators of its account."


class PublisherMoveRefused(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00220002"
    sentence = "The publisher is {status}; as such it cannot be {act}."


class LastOwner(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00220003"
    sentence = "A publisher has at least one owner; make somebody else an owner first."


class PublisherMemberUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00220004"
    sentence = "The publisher has no such member."


class PublisherMemberExists(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00220005"
    sentence = "{name} is {role} of the publisher already."


class InvitationUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00220006"
    sentence = "There is no such invitation."


class InvitationOver(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00220007"
    sentence = "The invitation is {state}, and cannot be answered any more."


class InvitationWaits(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00220008"
    sentence = "{name} has an invitation of the publisher already; revoke it to send another one."


class TooManyPublisherMembers(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00220009"
    sentence = "A publisher has at most {limit} members, those who are invited among them."


class PublisherNameConfusable(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00220010"
    sentence = (
        "The name {name} looks like {other}, which is another publisher's; choose one that cannot be taken for it."
    )


class DomainNotProven(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00220011"
    sentence = "The answer of {domain} does not hold the publisher's statement, the line {statement}."


# --- 0004: plug-ins ----------------------------------------------------------------------------------------------


class PluginUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00040001"
    sentence = "There is no plug-in {name}."


class PluginExists(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040002"
    sentence = "The plug-in {name} exists."


class VersionUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00040003"
    sentence = "The plug-in {name} has no version {version}."


class VersionExists(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040004"
    sentence = "The plug-in {name} has a version {version}, which is {state}."


class VersionRetired(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040005"
    sentence = "The version number {version} was used and deleted; a released number is never used again."


class NotADraft(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040006"
    sentence = "Version {version} of the plug-in {name} is {state}; only a draft can be changed, released or discarded."


class OtherBytesReleased(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040007"
    sentence = "Version {version} was released with the SHA-256 {released}; the package sent has {sent}."


class PluginInUse(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040008"
    sentence = "The plug-in {name} is used by {users}."


class WrongComposition(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040009"
    sentence = "The plug-in {name} is {is_a}; this operation takes {takes}."


class NotMaintainer(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00040010"
    sentence = "Only the maintainers of the plug-in {name} and administrators may change it."


class PublicNameTaken(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040011"
    sentence = "The name {name} is taken among the plug-ins that everybody sees."


class PrivateCannotBePublished(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040012"
    sentence = "The plug-in {name} is private, and a published one cannot be; make it public first."


class NotBoundTo(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00040013"
    sentence = "The plug-in {name} is bound to another publisher."


# --- 0005: packages ----------------------------------------------------------------------------------------------


class PackageRefused(RegistryError):
    """The archive breaks rules of structure. The sentence and `facts` tell the first finding, `findings` all of them."""

    kind, code = Kind.MALFORMED, "PLUGPORT.00050001"
    sentence = "The package is refused: {entry}: {rule}; {remedy}."

    def __init__(self, findings: Sequence[Finding]) -> None:
        """`findings` are one at least."""
        super().__init__(entry=findings[0].entry, rule=findings[0].message, remedy=findings[0].remedy)
        self.findings = list(findings)


class ManifestRefused(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00050002"
    sentence = "The manifest {manifest} is refused: {problem}."


class ManifestContradicts(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00050003"
    sentence = "The manifest says {manifest_says}, the request says {request_says}."


class PackageUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00050004"
    sentence = "There is no such package."


class PackageQuarantined(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00050005"
    sentence = (
        "The stored package was found lost or damaged. Nothing of it is sent until the same bytes are uploaded again."
    )


class PreconditionFailed(RegistryError):
    kind, code = Kind.UNMET, "PLUGPORT.00050006"
    sentence = "The package is another one; it has the SHA-256 {sha256}."


class RangeUnsatisfiable(RegistryError):
    kind, code = Kind.UNSATISFIABLE, "PLUGPORT.00050007"
    sentence = "The package has {size} bytes, and the range holds none of them."


# --- 0006: icons -------------------------------------------------------------------------------------------------


class IconUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00060001"
    sentence = "There is no such icon."


class IconRefused(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00060002"
    sentence = "The icon is refused: {problem}. PNG, JPEG, WEBP and GIF up to 1 MiB are taken."


# --- 0007: storage -----------------------------------------------------------------------------------------------


class StorageUnavailable(RegistryError):
    kind, code = Kind.BUSY, "PLUGPORT.00070001"
    sentence = "The storage does not answer. Nothing was changed; try again later."


class StorageFull(RegistryError):
    kind, code = Kind.FULL, "PLUGPORT.00070002"
    sentence = "The storage is full. Nothing was changed."


class BytesDamaged(RegistryError):
    kind, code = Kind.BUSY, "PLUGPORT.00070003"
    sentence = "The stored bytes are not those that were sent. Nothing was released; send them again."


class EmbeddedDatabaseFailed(RegistryError):
    """Told to the operator when the program starts or stops; no request ever sees it."""

    kind, code = Kind.BROKEN, "PLUGPORT.00070004"
    sentence = "The embedded PostgreSQL cannot be used: {problem}."


# --- 0008: uploads -----------------------------------------------------------------------------------------------


class UploadUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00080001"
    sentence = "There is no such upload."


class UploadMovedOn(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00080002"
    sentence = "The upload is {state} and takes no more of this. What to do: {next_step}."


class ChunkRefused(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00080003"
    sentence = "The chunk is refused: {problem}. The upload can go on."


class ChunkDigestWrong(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00080004"
    sentence = (
        "The bytes that came have the {algorithm} {found}, not {promised}. Nothing was changed; send the chunk again."
    )


class ChunksMissing(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00080005"
    sentence = "The file cannot be joined yet: of {total} chunks these are missing: {missing}. The upload goes on."


class FileDigestWrong(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00080006"
    sentence = "The whole file has the SHA-256 {found}, not {promised}. The chunks are kept; send the wrong ones again."


class FileSizeWrong(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00080007"
    sentence = "The chunks have {found} bytes together, not {promised}. They are kept; send the wrong ones again."


class FileExists(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00080008"
    sentence = "The publisher has a file {name} already, and it is not to be replaced."


class QuotaExceeded(RegistryError):
    kind, code = Kind.LIMITED, "PLUGPORT.00080009"
    sentence = "Your account may have {limit} {what} at once, and this would be more. Complete or abort others first."


class IdempotencyKeyReused(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00080010"
    sentence = "This key was used for another request before."


class NoDirectUploads(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00080011"
    sentence = "The bytes of this upload cannot go to the storage directly; send its chunks here."


# --- 0009: jobs --------------------------------------------------------------------------------------------------


class JobUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00090001"
    sentence = "There is no such job; what was done is no longer listed."


class JobNotFailed(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00090002"
    sentence = "The job is {state}; only a failed one can be tried again."


class UserDisabled(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00080012"
    sentence = "The user {name}, who sent the file, may not log in any more."


# --- 0010: extensions --------------------------------------------------------------------------------------------


class ExtensionUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00100001"
    sentence = "There is no extension {identifier}."


class ExtensionVersionUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00100002"
    sentence = "The extension {identifier} has no version {version}."


class TaskNotReady(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00100003"
    sentence = "The task is {state}, and cannot be published: {reason}. What to do: {next_step}."


class OtherBytesPublished(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00100004"
    sentence = (
        "Version {version} for {target_platform} is {state} with the SHA-256 {published}; the package of this task has"
        " {sent}. Raise the version number."
    )


class ReviewedVersionUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00100005"
    sentence = "There is no such version of an extension."


class ReviewOver(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00100006"
    sentence = "Version {version} is {state}; only one that waits for review can be decided about."


# --- 0013: installs ----------------------------------------------------------------------------------------------


class AssetUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00130001"
    sentence = "The package of {identifier} {version} for {target_platform} has no {asset}."


class TaskIconUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00130002"
    sentence = "The package has no icon, or its checks are not done yet."


# --- 0014: consents ----------------------------------------------------------------------------------------------


class TooManyConsents(RegistryError):
    kind, code = Kind.LIMITED, "PLUGPORT.00140001"
    sentence = "You have given {limit} answers about extensions already. Take others back (UNKNOWN) first."


# --- 0012: feedback ----------------------------------------------------------------------------------------------


class EvaluationUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00120001"
    sentence = "There is no such evaluation."


class ReplyUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00120002"
    sentence = "There is no such reply."


class NotYourText(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00120003"
    sentence = "Only its author, administrators of the author's account and operators may delete a text."


class TooMuchSaid(RegistryError):
    kind, code = Kind.LIMITED, "PLUGPORT.00120004"
    sentence = "You may send {limit} {what} within {minutes} minutes. The next one is taken in {seconds} seconds."


class TooManyReplies(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00120005"
    sentence = "The evaluation has {limit} replies, and takes no more."


class RepliesTooDeep(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00120006"
    sentence = "The reply answers a reply to a reply, {depth} deep. Answer one that stands higher."


class ReportUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00120007"
    sentence = "There is no such report."


class ReportDecided(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00120008"
    sentence = "The report is {state} already, and is decided once."


# --- 0015: audit -------------------------------------------------------------------------------------------------


class AuditTenantUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00150001"
    sentence = "There is no such account."


# --- 0016: notifications -----------------------------------------------------------------------------------------


class NotificationUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00160001"
    sentence = "You were not told of any such thing."


# --- 0017: webhooks ----------------------------------------------------------------------------------------------


class WebhookUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00170001"
    sentence = "There is no such webhook."


class DeliveryUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00170002"
    sentence = "There is no such delivery."


class TooManyWebhooks(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00170003"
    sentence = "There are {limit} webhooks already, and there may not be more."


class NotDelivered(RegistryError):
    kind, code = Kind.BUSY, "PLUGPORT.00170004"
    sentence = "The webhook did not take it: {problem}."


# --- 0020: policies ----------------------------------------------------------------------------------------------


class RuleUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00200001"
    sentence = "There is no such rule."


class RuleSetUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00200002"
    sentence = "There is no such rule set."


class RuleInUse(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00200003"
    sentence = "The rule cannot be deleted while rule sets hold it: {sets}."


class RuleSetInUse(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00200004"
    sentence = "While other rule sets inherit from it this cannot be done: {sets}."


class MetricUnknown(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00200005"
    sentence = "The plug-in {name} declares no metric {key} in its version {version}."


class ContradictingConditions(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00200006"
    sentence = "No value of {key} could keep all conditions on it."


class PolicyChanged(RegistryError):
    kind, code = Kind.UNMET, "PLUGPORT.00200007"
    sentence = "Somebody changed it meanwhile; its version is {version} now. Read it again first."


class TooManyPolicies(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00200008"
    sentence = "There are {limit} {what} already, and there may not be more."


# --- 0021: checks ------------------------------------------------------------------------------------------------


class ChecksNotDone(RegistryError):
    kind, code = Kind.BUSY, "PLUGPORT.00210001"
    sentence = "Not every check could be done, which is no pass. Nothing was released; try again later. {reasons}."


class CheckedUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00210002"
    sentence = "Nothing of that id was checked: neither an upload nor a version of a plug-in."


class ChecksNotPassed(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00210003"
    sentence = (
        "Not every check that has to pass did: {reasons}. The checks have to be run again before it can be released."
    )


# --- 0023: releases ----------------------------------------------------------------------------------------------


class ReleaseUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00230001"
    sentence = "There is no such release."


class ReleaseMoveRefused(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00230002"
    sentence = "The act {act} is none for {version}, which is {state}: it is for what is {wanted}."


class ReleaseQuarantined(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00230003"
    sentence = "Version {version} of {name} is in quarantine, and is served to nobody."


class AppealOpen(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00230004"
    sentence = "An appeal against the quarantine of {version} waits to be decided already."


# --- 0024: reviews -----------------------------------------------------------------------------------------------


class ReviewUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00240001"
    sentence = "There is no such review."


class ReviewClaimed(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00240002"
    sentence = "{holder} has claimed the review until {until}."


class OwnRelease(RegistryError):
    kind, code = Kind.FORBIDDEN, "PLUGPORT.00240003"
    sentence = "Nobody decides about a release that is of their own making."


class ReviewDecided(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00240004"
    sentence = "The review has ended with {outcome}, and is decided once."


class AlreadyDecided(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00240005"
    sentence = "You have decided already ({verdict}); somebody else has to decide, too."


class ReviewRuleUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00240006"
    sentence = "There is no such rule about reviews."


# --- 0025: contracts of plug-ins -----------------------------------------------------------------------------------


class ContractRefused(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00250001"
    sentence = "The contract cannot be taken. {pointer}: {problem}."


class StepRefused(RegistryError):
    kind, code = Kind.MALFORMED, "PLUGPORT.00250002"
    sentence = "Step {step} does not keep the contract of {plugin}. {pointer}: {problem}."


class ContractUnusable(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00250003"
    sentence = (
        "The contract of this version cannot be used; it is from before contracts were checked. {pointer}: {problem}."
    )


class ContractPartUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00250004"
    sentence = "The version declares no {what} {name}."


class PromiseBroken(RegistryError):
    kind, code = Kind.CONFLICT, "PLUGPORT.00250050"
    sentence = (
        "{version} promises less than it changes: compared with {before} the change is {effect}, for which the least number is"
        " {least}. {reasons}. An administrator of the tenant can allow the number, with a reason that is recorded."
    )


class OverrideUnknown(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00250051"
    sentence = "Nobody allowed {version} to promise less than it changes."


class NothingBefore(RegistryError):
    kind, code = Kind.MISSING, "PLUGPORT.00250052"
    sentence = "{name} has no version {before} that {version} could be compared with."
