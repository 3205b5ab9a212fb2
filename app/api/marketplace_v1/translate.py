"""IDE Online's words about extensions, packages, feedback and consents, and ours."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal, TypedDict

import msgspec

from app.registry.installs.rules import asset_path, task_icon_path
from schemas.errors import InvalidField
from schemas.model.checks import Area, AreaResult, Outcome
from schemas.model.consents import Consent, ConsentStatus
from schemas.model.extensions import (
    UNIVERSAL,
    Extension,
    ExtensionVersion,
    PackageFacts,
    PublishTask,
    VersionState,
)
from schemas.model.feedback import Author, Evaluation, Reply, Report, Star
from schemas.model.marketplace import Criterion, Detail, FacetCount, Filter, FilterType, Found, Listing, SortBy
from schemas.model.memberships import PublisherRole
from schemas.model.publishers import OwnPublisher, Publisher, PublisherStatus
from schemas.model.uploads import Upload, UploadState
from schemas.paging import Page, Paging
from schemas.wire import marketplace_v1 as wire
from schemas.wire.text import FileName

IDE_ONLINE, IDE_NAME = 3, "CodeArts IDE Online"
_ENGINE = "vscode"  # extensions for it run in IDE Online
_KIND = "CodeArtsIDEOnline"
_EVERYTHING = Detail.FILES | Detail.OWNERS | Detail.PROPERTIES
_DESCENDING = 2
_LEAST = re.compile(r"(?:\^|~|>=)?\s*(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)")

_SYSTEMS = {"win32": "win", "darwin": "mac os", "linux": "linux", "alpine": "linux", "web": "web"}
_ARCHITECTURES = {"x64": "x86", "arm64": "arm", "armhf": "arm"}
_VERSION_WORDS: dict[VersionState, wire.VersionWord] = {
    VersionState.IN_REVIEW: "VALIDATING",
    VersionState.PUBLISHED: "PUBLISHED",
    VersionState.REJECTED: "REJECTED",
}
_CHECK_WORDS: dict[Outcome, wire.CheckWord] = {
    Outcome.PASS: "success",
    Outcome.FAIL: "failed",
    Outcome.UNKNOWN: "unknown",
}
_AT_WORK = {UploadState.RECEIVING, UploadState.JOINING, UploadState.CHECKING}


# --- what is asked ------------------------------------------------------------------------------------------------------


def to_filters(body: wire.ExtensionQuery) -> list[Filter]:
    """The questions."""
    return [
        Filter(
            criteria=[
                Criterion(filter_type=FilterType(each.filter_type), value=each.value) for each in asked.criteria or []
            ],
            page_number=asked.page_number,
            page_size=asked.page_size,
            sort_by=SortBy(asked.sort_by) if asked.sort_by is not None else None,
            descending=asked.sort_order == _DESCENDING if asked.sort_order is not None else None,
        )
        for asked in body.filters
    ]


def to_ids(ids: str | list[str]) -> list[str]:
    """The ids of a list, of a JSON list inside a text, or of a text with commas. Raises `InvalidField`."""
    if isinstance(ids, str) and ids.lstrip().startswith("["):
        try:
            ids = msgspec.json.decode(ids, type=list[str])
        except msgspec.MsgspecError as error:
            raise InvalidField("ids", problem="The text begins like a JSON list of texts and is none") from error
    found = [each.strip() for each in (ids.split(",") if isinstance(ids, str) else ids)]
    found = list(dict.fromkeys(each for each in found if each))
    if any("\0" in each for each in found):  # a list inside a text can spell it
        raise InvalidField("ids", problem="An id holds no NUL")
    if not 0 < len(found) <= wire.MOST_IDS:
        raise InvalidField("ids", problem=f"1 to {wire.MOST_IDS} ids are taken, and these are {len(found)}")
    return found


def to_number(text: str | int | None) -> int | None:
    """The id of an evaluation or reply, which the contract sends as a text; None where it is absent or empty."""
    return int(text) if text not in (None, "") else None


def check_kind(official: str) -> None:
    """Raises `InvalidField` unless the package is for the one IDE that there is."""
    if official.casefold() != _KIND.casefold():
        raise InvalidField("official", problem=f"{_KIND} is required")


def to_file_name(name: str) -> str:
    """What the sender calls the file. Raises `InvalidField`."""
    try:
        return msgspec.convert(name, FileName)
    except msgspec.ValidationError as error:
        raise InvalidField("file", problem="Its file name must be 1 to 255 characters of one line, no path") from error


def to_decision(status: wire.ConsentWord) -> ConsentStatus:
    """What a user says of an extension."""
    return ConsentStatus(status)


# --- extensions ---------------------------------------------------------------------------------------------------------


def to_results(found: Sequence[Found], wanted: Detail, base_url: str) -> wire.ExtensionResults:
    """A result for each filter."""
    return wire.ExtensionResults(results=[_result(each, wanted, base_url) for each in found])


def to_detail(listings: Sequence[Listing], base_url: str) -> wire.ExtensionResults:
    """All of them in one result, with everything that can be told of each."""
    whole = Found(listings=list(listings), total=len(listings), is_exact=True)
    return wire.ExtensionResults(results=[_result(whole, _EVERYTHING, base_url)])


def to_categories(found: Page[FacetCount]) -> wire.CategoryAnswer:
    """One part of the categories."""
    rows = [
        wire.CategoryRow(id=each.name.lower(), name=each.name, display_name=each.name, count=each.count)
        for each in found.items
    ]
    return wire.CategoryAnswer(result=wire.CategoryPage(total_items_count=found.total, items=rows))


def _result(found: Found, wanted: Detail, base_url: str) -> wire.ExtensionResult:
    rows = [_extension(each, wanted, base_url) for each in found.listings]
    total: dict[str, str | int | bool] = {"name": "TotalCount", "count": found.total, "exact": found.is_exact}
    metadata = [wire.ResultMetadata(metadata_type="ResultCount", metadata_items=[total])]
    if Detail.VOCABULARY in wanted:
        metadata += [
            wire.ResultMetadata(metadata_type="Categories", metadata_items=_counts(found.categories)),
            wire.ResultMetadata(metadata_type="Tags", metadata_items=_counts(found.tags)),
        ]
        for row in rows:
            row.category_all_list = [each.name for each in found.categories]
            row.tag_all_list = [each.name for each in found.tags]
    return wire.ExtensionResult(extensions=rows, result_metadata=metadata)


def _counts(facets: Sequence[FacetCount]) -> list[dict[str, str | int | bool]]:
    return [{"name": each.name, "count": each.count} for each in facets]


def _extension(listing: Listing, wanted: Detail, base_url: str) -> wire.ExtensionAllSnake:
    extension, versions = listing.extension, listing.versions
    newest = next((each for each in versions if each.state is VersionState.PUBLISHED), versions[0])
    waiting = [each for each in versions if each.state is VersionState.IN_REVIEW]
    stars = round(listing.ratings.average, 2)
    publisher = _publisher(listing.publisher)
    row = wire.ExtensionAllSnake(
        extension_id=extension.id,
        extension_name=extension.name,
        identifier=extension.identifier,
        display_name=extension.display_name,
        short_description=extension.description,
        flags=int(listing.flags),
        status="INIT" if extension.published_at is None else "NORMAL",
        validate_status="VALIDATING" if waiting else "NONE",
        validate_result=waiting[0].reason if waiting else "",
        last_updated=_second(extension.updated_at),
        published_date=_second(extension.created_at),
        tags=extension.tags,
        categories=extension.categories,
        publisher=publisher,
        arch=_runs_on(versions, _ARCHITECTURES),
        support_os=_runs_on(versions, _SYSTEMS),
        platform=newest.target_platform,
        target=_ide_name(newest.facts),
        support_ide=_ide(newest.facts),
        support_ide_info=_ide_name(newest.facts),
        install_count=listing.installs,
        average_star=stars,
        extension_statistics=wire.ExtensionStatistics(install=listing.installs, stars=stars),
        preview=extension.preview,
        ext_info=wire.ExtensionExternalInfo(
            extension_id=extension.id,
            show_previews=extension.preview,
            created_at=_second(extension.created_at),
            updated_at=_second(extension.updated_at),
            **_links(newest.facts),
        ),
        check_result=wire.CheckResult(),
        gray_version_count=0,
        versions=[_version(extension, each, place, wanted, base_url) for place, each in enumerate(versions, start=1)],
    )
    if extension.published_at is not None:
        row.release_date = _second(extension.published_at)
    if Detail.OWNERS in wanted:
        row.publish_manager = publisher
        row.extension_owner = extension.creator_name
    return row


def _version(
    extension: Extension, version: ExtensionVersion, place: int, wanted: Detail, base_url: str
) -> wire.ExtensionVersionSnake:
    facts, word = version.facts, _VERSION_WORDS[version.state]
    package = base_url + asset_path(extension, version, "package")
    row = wire.ExtensionVersionSnake(
        id=version.id,
        extension_id=extension.id,
        version=version.version,
        version_ranking=place,
        status=word,
        version_status=word,
        version_validate_status="VALIDATING" if version.state is VersionState.IN_REVIEW else "NONE",
        validate_message=version.reason,
        asset_uri=package,
        asset_size=version.package_size,
        target_platform=version.target_platform,
        last_updated=_second(version.updated_at),
        created_at=_second(version.created_at),
        display_name=facts.display_name,
        description=facts.description,
        min_ide_version=_least(facts.engines.get(_ENGINE, "")),
        max_ide_version="",
        preview=facts.preview,
        extension_pack=",".join(facts.extension_pack),
        extension_dependencies=",".join(facts.extension_dependencies),
        depends=facts.extension_dependencies,
        support_ide=_ide(facts),
        **_links(facts),
    )
    if version.published_at is not None:
        row.version_date = _second(version.published_at)
    if Detail.FILES in wanted:
        row.files = [
            wire.ExtensionFileSnake(asset_type="package", source=package),
            *(
                wire.ExtensionFileSnake(asset_type=kind.value, source=base_url + asset_path(extension, version, kind))
                for kind in version.assets
            ),
        ]
    if Detail.PROPERTIES in wanted:
        row.property_list = [
            wire.VersionProperty(
                id=number,
                property_name=name,
                property_value=value,
                extension_version_id=version.id,
                created_at=row.created_at,
                updated_at=row.last_updated,
            )
            for number, (name, value) in enumerate(sorted(facts.properties.items()), start=1)
        ]
    if Detail.OWNERS in wanted:
        row.uploader = version.uploader_name
    return row


class _Links(TypedDict):
    repo_url: str
    help_page: str
    website: str
    issue_link: str


def _links(facts: PackageFacts) -> _Links:
    return {
        "repo_url": facts.repository,
        "help_page": facts.support,
        "website": facts.homepage,
        "issue_link": facts.issues,
    }


def _ide(facts: PackageFacts) -> int:
    return IDE_ONLINE if _ENGINE in facts.engines else 0


def _ide_name(facts: PackageFacts) -> str:
    return IDE_NAME if _ENGINE in facts.engines else ""


def _least(engine: str) -> str:
    """The lowest version that a range takes, where it is one of the plain forms; else empty."""
    found = _LEAST.fullmatch(engine.strip())
    return found[1] if found else ""


def _runs_on(versions: Sequence[ExtensionVersion], words: dict[str, str]) -> list[str]:
    """Operating systems or architectures of all versions, in the contract's words."""
    platforms = {each.target_platform for each in versions}
    if UNIVERSAL in platforms:
        return sorted(set(words.values()))
    parts = {part for platform in platforms for part in platform.split("-")}
    return sorted({words[part] for part in parts if part in words})


# --- publishers ---------------------------------------------------------------------------------------------------------


_ROLES: dict[PublisherRole, Literal["Owner", "Maintainer", "Member"]] = {
    PublisherRole.OWNER: "Owner",
    PublisherRole.MAINTAINER: "Maintainer",
    PublisherRole.MEMBER: "Member",
}


def to_own_publishers(found: Sequence[OwnPublisher]) -> wire.OwnPublishersAnswer:
    """The publishers of the caller's account."""
    return wire.OwnPublishersAnswer(result=[_own_publisher(each) for each in found])


def _own_publisher(own: OwnPublisher) -> wire.OwnPublisherRow:
    publisher = own.publisher
    owner = wire.PublisherMember(
        domain_id=publisher.tenant_id,
        user_id=publisher.user_id,
        user_name=own.owner_name,
        role_value=publisher.id,
        extension_count=own.extension_count,
    )
    return wire.OwnPublisherRow(
        id=publisher.id,
        name=publisher.name,
        identifier=publisher.en_name,
        description=publisher.description,
        email=_mail(publisher),
        support_url=publisher.support_url,
        web_url=publisher.website,
        logo_url=publisher.logo_url,
        code_repo=publisher.source_url,
        status=publisher.status is PublisherStatus.ACCEPTED,
        publisher_review=publisher.publisher_review,
        system_review=publisher.system_review,
        official=own.official,
        is_open=bool(publisher.source_url),
        created_time=_second(own.created_at),
        updated_time=_second(publisher.updated_at),
        role=_ROLES[own.role],
        owners=[owner],
        member_count=own.member_count,
        extension_count=own.extension_count,
    )


def _publisher(publisher: Publisher) -> wire.PublisherSnake:
    return wire.PublisherSnake(
        publisher_id=publisher.id,
        publisher_name=publisher.en_name,
        display_name=publisher.name,
        publisher_status="VERIFIED" if publisher.status is PublisherStatus.ACCEPTED else "DISABLED",
        email=_mail(publisher),
        web_url=publisher.website,
        open=bool(publisher.source_url),
    )


def _mail(publisher: Publisher) -> str:
    """The address for support, where it is one of mail; the contract has no other place for it."""
    return publisher.support_url if "@" in publisher.support_url and "/" not in publisher.support_url else ""


# --- publishing ---------------------------------------------------------------------------------------------------------


def to_package(upload: Upload) -> wire.PackageAnswer:
    """A package that came in one request."""
    return wire.PackageAnswer(
        result=wire.PackageTask(
            task_id=upload.id,
            file_name=upload.spec.file_name,
            next_step=f"Ask GET /v1/marketplace/extension/{upload.id}/status what the checks say",
        )
    )


def to_status(task: PublishTask, base_url: str) -> wire.TestingAnswer:
    """How an uploaded package fares."""
    checks = {each.name: each for each in task.checks}
    basic = _check(task, checks.get(Area.BASIC_INFORMATION))
    told = wire.BasicInformationRow(status=basic.status, findings=basic.findings)
    if task.comparison is not None:
        told.extension_version_compare = task.comparison.value
    if task.facts is not None:
        told.extension_brief_info = _brief(task, task.facts, base_url)
    version = task.version
    return wire.TestingAnswer(
        result=wire.PackageChecks(
            security=_check(task, checks.get(Area.SECURITY)),
            file=_check(task, checks.get(Area.FILE)),
            basicInformation=told,
            task=wire.TaskRow(
                state=version.state.value if version is not None else task.upload.state.value,
                owner=task.owner,
                reason=version.reason if version is not None else task.upload.reason,
                next_step=task.next_step,
            ),
        )
    )


def to_published(task: PublishTask) -> wire.PublishAnswer:
    """What has come of publishing."""
    version = task.version
    assert version is not None, "a task that was published has a version"  # noqa: S101
    return wire.PublishAnswer(
        result=wire.PublishedVersion(
            task_id=task.upload.id,
            extension_id=version.extension_id,
            version_id=version.id,
            version=version.version,
            target_platform=version.target_platform,
            state=_VERSION_WORDS[version.state],
            next_step=task.next_step,
        )
    )


def _check(task: PublishTask, check: AreaResult | None) -> wire.CheckRow:
    if check is None:
        return wire.CheckRow(status="running" if task.upload.state in _AT_WORK else "unknown", findings=[])
    findings = [wire.CheckFinding(entry=e.entry, rule=e.message, remedy=e.remedy) for e in check.findings]
    return wire.CheckRow(status=_CHECK_WORDS[check.outcome], findings=findings)


def _brief(task: PublishTask, facts: PackageFacts, base_url: str) -> wire.ExtensionBrief:
    return wire.ExtensionBrief(
        publisherSnake=wire.NamedPublisher(
            publisher_id=task.upload.spec.publisher_id or "",
            publisher_name=facts.publisher,
            display_name=task.publisher_display_name,
        ),
        identifier=facts.identifier,
        logUrl=base_url + task_icon_path(task.upload.id) if task.has_icon else "",
        displayName=facts.display_name,
        platform=_ide_name(facts).lower(),
        version=facts.version,
        description=facts.description,
        target_platform=facts.target_platform,
    )


# --- feedback -----------------------------------------------------------------------------------------------------------


def to_star(star: Star) -> wire.StarRow:
    """A rating."""
    return wire.StarRow(
        id=star.id,
        extension_id=star.extension_id,
        stars=star.stars,
        comment=star.comment,
        create_time=_second(star.created_at),
        last_updated=_second(star.updated_at),
        commentator=_commentator(star.author),
    )


def to_stars(found: Page[Star], paging: Paging) -> wire.StarPageAnswer:
    """One part of the ratings."""
    return wire.StarPageAnswer(
        result=wire.StarPage(
            size=paging.limit,
            total_items_count=found.total,
            items_before=min(paging.offset, found.total),
            items=[to_star(each) for each in found.items],
            empty=not found.items,
        )
    )


def to_evaluation(evaluation: Evaluation) -> wire.EvaluationRow:
    """What a user writes."""
    return wire.EvaluationRow(
        id=evaluation.id,
        extension_id=evaluation.extension_id,
        text=evaluation.text,
        create_time=_second(evaluation.created_at),
        last_updated=_second(evaluation.updated_at),
        commentator=_commentator(evaluation.author),
        replies=[to_reply(each) for each in evaluation.replies],
    )


def to_evaluations(found: Page[Evaluation], paging: Paging) -> wire.EvaluationPageAnswer:
    """One part of the evaluations."""
    return wire.EvaluationPageAnswer(
        result=wire.EvaluationPage(
            size=paging.limit,
            total_items_count=found.total,
            items_before=min(paging.offset, found.total),
            items=[to_evaluation(each) for each in found.items],
            empty=not found.items,
        )
    )


def to_reply(reply: Reply) -> wire.ReplyRow:
    """An answer, with the answers to it."""
    return wire.ReplyRow(
        id=reply.id,
        evaluation_id=reply.evaluation_id,
        reply_id=reply.answers,
        text=reply.text,
        create_time=_second(reply.created_at),
        status="DELETED" if reply.is_deleted else "VALIDATED",
        commentator=_commentator(reply.author),
        replies=[to_reply(each) for each in reply.replies],
    )


def to_accusation(report: Report) -> wire.AccusationAnswer:
    """What has come of a report."""
    return wire.AccusationAnswer(result=wire.Accusation(id=report.id, state=report.state.value))


def _commentator(author: Author) -> wire.Commentator:
    return wire.Commentator(domainId=author.tenant_id, domainName=author.tenant_name, userName=author.user_name)


# --- consents -----------------------------------------------------------------------------------------------------------


def to_consent(consent: Consent) -> wire.ConsentAnswer:
    """What a user said of an extension."""
    return wire.ConsentAnswer(
        result=wire.ConsentRow(
            identifier=consent.identifier,
            instance_id=consent.instance_id,
            extension_version=consent.version,
            status=consent.status.value,
        )
    )


def _second(moment: datetime) -> str:
    """`YYYY-MM-DD HH:MM:SS` in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
