"""`/v1/marketplace/**` and `/v2/extension/authorization*`: extensions of IDEs as CodeArts IDE Online spells them.

Source: CodeArts IDE Online manual (fragments) and the official SDK (huaweicloudsdkcloudide). Moments are
"YYYY-MM-DD HH:MM:SS" in UTC. Results that the contract leaves untyped are ours. Fields that only some flags of a query ask for
are absent without them.
"""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from schemas.base import Wire
from schemas.wire.text import Id, IdOrEmpty, Name

MOST_PER_PAGE = 100
MOST_IDS = 100
_LARGEST_NUMBER = 10**18 - 1  # what 18 digits can say

FilterType = Literal[1, 2, 3, 4, 5, 7, 8, 10, 12, 13, 18, 19, 102, 103, 107, 108]
QueryFlags = Literal[0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30]
CheckWord = Literal["success", "failed", "running", "unknown"]
VersionWord = Literal["VALIDATING", "REJECTED", "PUBLISHED"]
ConsentWord = Literal["AGREE", "REJECT", "UNKNOWN"]

NumberText = Annotated[str, Meta(pattern=r"^[0-9]{1,18}(?!\n)$", max_length=18, description="A number as a text.")]
NumberTextOrEmpty = Annotated[
    str, Meta(pattern=r"^[0-9]{0,18}(?!\n)$", max_length=18, description="A number as a text, or empty for none.")
]
Number = Annotated[int, Meta(ge=1, le=_LARGEST_NUMBER)]
PageNumber = Annotated[int, Meta(ge=1, le=1_000_000, description="From 1.")]
PageSize = Annotated[int, Meta(ge=1, le=MOST_PER_PAGE)]
_TEXT = r"^[^\x00]*$"


# --- what is asked ------------------------------------------------------------------------------------------------------


class QueryCriterion(Wire, kw_only=True):
    """CriteriaSnake. Criteria of one type are alternatives, of different types conditions."""

    filter_type: FilterType
    value: Annotated[str, Meta(pattern=_TEXT, max_length=1024, description="What it is compared with.")]


class QueryFilter(Wire, kw_only=True):
    """FilterSnake: one question, which is answered by one page."""

    criteria: Annotated[list[QueryCriterion], Meta(max_length=50)] | None = None
    page_number: PageNumber
    page_size: PageSize
    sort_by: Literal[1, 2, 3] | None = None
    sort_order: Literal[1, 2] | None = None


class ExtensionQuery(Wire, kw_only=True):
    """ExtensionQueryParamSnake."""

    filters: Annotated[list[QueryFilter], Meta(min_length=1, max_length=20)]
    flags: Annotated[QueryFlags, Meta(description="What is wanted beside the plain facts: a sum of 2, 4, 8 and 16.")]


class DetailQuery(Wire, kw_only=True):
    """ExtensionSearchUserInputParamCustomizeForDetail: a list of ids, as a list or inside a text."""

    ids: (
        Annotated[
            str,
            Meta(
                pattern=_TEXT, min_length=1, max_length=8192, description="One id, several with commas, or a JSON list."
            ),
        ]
        | Annotated[list[Id], Meta(min_length=1, max_length=MOST_IDS)]
    )


class PublishTaskRequest(Wire, kw_only=True):
    """TaskModelMarketPlace."""

    type: Annotated[Literal[1], Meta(description="1: publish. The contract names no other.")]


class StarRequest(Wire, kw_only=True):
    """ExtensionStar."""

    extension_id: Id
    stars: Annotated[int, Meta(ge=1, le=5)]
    comment: Annotated[str, Meta(pattern=_TEXT, max_length=2000)] | None = None


class EvaluationRequest(Wire, kw_only=True):
    """Evaluation."""

    extension_id: Id
    text: Annotated[str, Meta(pattern=_TEXT, min_length=1, max_length=4000)]


class ReplyRequest(Wire, kw_only=True):
    """EvaluationReply: an answer to an evaluation or, with `reply_id`, to a reply."""

    text: Annotated[str, Meta(pattern=_TEXT, min_length=1, max_length=1000)]
    evaluation_id: NumberTextOrEmpty | Number | None = None
    reply_id: NumberTextOrEmpty | Number | None = None


class AccusationRequest(Wire, kw_only=True):
    """EvaluationAccusation: why an evaluation or, with `reply_id`, a reply should not stand there."""

    content: Annotated[str, Meta(pattern=_TEXT, min_length=1, max_length=1000)]
    evaluation_id: NumberTextOrEmpty | Number | None = None
    reply_id: NumberTextOrEmpty | Number | None = None


class ConsentRequest(Wire, kw_only=True):
    """ExtensionAuthorization. The instance in the path counts, whatever the body says."""

    identifier: Name
    extension_version: Name
    status: ConsentWord
    instance_id: IdOrEmpty | None = None


# --- extensions ---------------------------------------------------------------------------------------------------------


class PublisherSnake(Wire, kw_only=True):
    """Who publishes. `publisher_name` is the English name, by which an identifier begins."""

    publisher_id: str
    publisher_name: str
    display_name: str
    publisher_status: Literal["DISABLED", "VERIFIED"]
    email: str
    web_url: str
    open: bool


class ExtensionFileSnake(Wire, kw_only=True):
    """A file of a version, and where it is got."""

    asset_type: Literal["package", "icon", "readme", "changelog", "license", "manifest", "vsixmanifest"]
    source: str


class VersionProperty(Wire, kw_only=True):
    """CodeArtsIDEOnlineExtensionVersionProperty: what the VSIX manifest says beside. `id` counts within the version."""

    id: int
    property_name: str
    property_value: str
    extension_version_id: str
    created_at: str
    updated_at: str


class ExtensionVersionSnake(Wire, kw_only=True):
    """A version for one target platform. `version_ranking` is its place in the list, 1 for the newest."""

    id: str
    extension_id: str
    version: str
    version_ranking: int
    status: VersionWord
    version_status: VersionWord
    version_validate_status: Literal["NONE", "VALIDATING"]
    validate_message: str
    asset_uri: str
    asset_size: int
    target_platform: str
    last_updated: str
    version_date: str | UnsetType = UNSET
    """Absent until it is published."""
    created_at: str
    display_name: str
    description: str
    min_ide_version: str
    max_ide_version: str
    preview: bool
    extension_pack: str
    extension_dependencies: str
    depends: list[str]
    support_ide: int
    repo_url: str
    help_page: str
    website: str
    issue_link: str
    files: list[ExtensionFileSnake] | UnsetType = UNSET
    """With flag 2."""
    property_list: list[VersionProperty] | UnsetType = UNSET
    """With flag 16."""
    uploader: str | UnsetType = UNSET
    """With flag 8."""


class ExtensionStatistics(Wire, kw_only=True):
    """How often it was installed, and what users think of it on average: 0, or 1 to 5."""

    install: int
    stars: float


class ExtensionExternalInfo(Wire, kw_only=True):
    """Where more is told, by the newest version. Empty where the package names nothing."""

    extension_id: str
    repo_url: str
    help_page: str
    website: str
    issue_link: str
    show_previews: bool
    created_at: str
    updated_at: str


class CheckError(Wire, kw_only=True):
    """CheckResultError."""

    code: str
    message: str


class CheckResult(Wire, kw_only=True):
    """Of what is shown here every check passed; nothing else is ever published."""

    status: Literal["success"] = "success"
    errors: list[CheckError] = field(default_factory=list)


class ExtensionAllSnake(Wire, kw_only=True):
    """An extension. A search shows the newest version of it, the detail all."""

    extension_id: str
    extension_name: str
    identifier: str
    display_name: str
    short_description: str
    flags: int
    status: Literal["INIT", "NORMAL"]
    validate_status: Literal["NONE", "VALIDATING"]
    validate_result: str
    last_updated: str
    published_date: str
    release_date: str | UnsetType = UNSET
    """Absent until a version is published."""
    tags: list[str]
    tag_all_list: list[str] | UnsetType = UNSET
    """With flag 4, of a search."""
    categories: list[str]
    category_all_list: list[str] | UnsetType = UNSET
    """With flag 4, of a search."""
    publisher: PublisherSnake
    publish_manager: PublisherSnake | UnsetType = UNSET
    """With flag 8."""
    extension_owner: str | UnsetType = UNSET
    """With flag 8."""
    arch: list[str]
    support_os: list[str]
    platform: str
    target: str
    support_ide: int
    support_ide_info: str
    install_count: int
    average_star: float
    extension_statistics: ExtensionStatistics
    preview: bool
    ext_info: ExtensionExternalInfo
    check_result: CheckResult
    gray_version_count: int
    versions: list[ExtensionVersionSnake]


class ResultMetadata(Wire, kw_only=True):
    """ResultMetadataSnake, as VS Code's gallery names such things: ResultCount with TotalCount; Categories; Tags.

    An item has `name` and `count`; that of ResultCount also `exact`: false where there are at least so many.
    """

    metadata_type: Literal["ResultCount", "Categories", "Tags"]
    metadata_items: list[dict[str, str | int | bool]]


class ExtensionResult(Wire, kw_only=True):
    """ExtensionQueryResult: what one filter found."""

    extensions: list[ExtensionAllSnake]
    result_metadata: list[ResultMetadata]


class ExtensionResults(Wire, kw_only=True):
    """ListExtensionsResponse, ShowExtensionDetailResponse: a result for each filter, in their order."""

    results: list[ExtensionResult]


class CategoryRow(Wire, kw_only=True):
    """A category, and how many extensions that everybody sees have it. `id` is the name in small letters."""

    id: str
    name: str
    display_name: str
    count: int


class CategoryPage(Wire, kw_only=True):
    """One part of the categories, most used first."""

    total_items_count: int
    items: list[CategoryRow]


class CategoryAnswer(Wire, kw_only=True):
    """ShowCategoryListResponse."""

    result: CategoryPage
    status: Literal["success"] = "success"


# --- publishers ---------------------------------------------------------------------------------------------------------


class PublisherMember(Wire, kw_only=True):
    """MemberRoleVo: whose publisher it is. `role_value` is the publisher's id; `user_name` is told to that user alone."""

    domain_id: str
    user_id: str
    user_name: str
    extension_count: int
    role: Literal["Owner"] = "Owner"
    role_id: Literal[1] = 1
    role_value: str


class OwnPublisherRow(Wire, kw_only=True):
    """PublisherVO. `status`: the operators accepted it; `identifier`: its English name; `role`: the caller's.

    The fields with defaults are known from the contract only, and have nothing in them here.
    """

    id: str
    name: str
    identifier: str
    description: str
    email: str
    support_url: str
    web_url: str
    logo_url: str
    code_repo: str
    status: bool
    publisher_review: bool
    system_review: bool
    official: bool
    is_open: bool
    is_org: bool = False
    created_time: str
    updated_time: str
    role: Literal["Owner", "Maintainer", "Member"]
    owners: list[PublisherMember]
    member_count: int
    extension_count: int
    suite_count: int = 0
    eamap_info: str = ""
    espase_group: str = ""


class OwnPublishersAnswer(Wire, kw_only=True):
    """ListPublisherResponse."""

    result: list[OwnPublisherRow]
    status: Literal["success"] = "success"


# --- publishing ---------------------------------------------------------------------------------------------------------


class PackageTask(Wire, kw_only=True):
    """A package that is on its way: `task_id` asks how it fares and publishes it."""

    task_id: str
    file_name: str
    next_step: str


class PackageAnswer(Wire, kw_only=True):
    """UploadExtensionFileResponse. `error` is of its envelope and null in every good answer."""

    result: PackageTask
    status: Literal["success"] = "success"
    error: None = None


class CheckFinding(Wire, kw_only=True):
    """What a check found: in which entry of the package, against which rule, and what to do."""

    entry: str
    rule: str
    remedy: str


class CheckRow(Wire, kw_only=True):
    """What one check says. `unknown`: it could not be done, which is no success."""

    status: CheckWord
    findings: list[CheckFinding]


class NamedPublisher(Wire, kw_only=True):
    """The publisher that the package names. The id is empty where the package comes from another one."""

    publisher_id: str
    publisher_name: str
    display_name: str


class ExtensionBrief(Wire, kw_only=True):
    """What the package says of itself. `logUrl` (sic) is where its icon is, empty where it has none."""

    publisherSnake: NamedPublisher  # noqa: N815
    identifier: str
    logUrl: str  # noqa: N815
    displayName: str  # noqa: N815
    platform: str
    version: str
    description: str
    target_platform: str


class BasicInformationRow(CheckRow, kw_only=True):
    """The check of what the package says, which is told as far as it could be read."""

    extension_version_compare: Literal["NULL_VERSION", "NEWER_VERSION", "SAME_VERSION", "OLDER_VERSION"] | UnsetType = (
        UNSET
    )
    extension_brief_info: ExtensionBrief | UnsetType = UNSET


class TaskRow(Wire, kw_only=True):
    """Where a task stands, who has to act next, why, and what to do."""

    state: Literal[
        "receiving", "joining", "checking", "accepted", "refused", "failed", "aborted", "expired",
        "in-review", "published", "rejected",
    ]  # fmt: skip
    owner: str
    reason: str
    next_step: str


class PackageChecks(Wire, kw_only=True):
    """What the checks of a package say in each of the three areas, and the task that they are of."""

    security: CheckRow
    file: CheckRow
    basicInformation: BasicInformationRow  # noqa: N815
    task: TaskRow


class TestingAnswer(Wire, kw_only=True):
    """ShowExtensionTestingResultResponse."""

    result: PackageChecks
    status: Literal["success"] = "success"


class PublishedVersion(Wire, kw_only=True):
    """What has come of publishing: PUBLISHED, or VALIDATING while somebody must look at it."""

    task_id: str
    extension_id: str
    version_id: str
    version: str
    target_platform: str
    state: VersionWord
    next_step: str


class PublishAnswer(Wire, kw_only=True):
    """PublishExtensionResponse."""

    result: PublishedVersion
    status: Literal["success"] = "success"


# --- feedback -----------------------------------------------------------------------------------------------------------


class Commentator(Wire, kw_only=True):
    """Who said it: the account, and the user's name. `deletedTime` is 0 while the account is there."""

    domainId: str  # noqa: N815
    domainName: str  # noqa: N815
    userName: str  # noqa: N815
    deletedTime: int = 0  # noqa: N815


class StarRow(Wire, kw_only=True):
    """A user's rating."""

    id: int
    extension_id: str
    stars: int
    comment: str
    create_time: str
    last_updated: str
    status: Literal["VALIDATED"] = "VALIDATED"
    commentator: Commentator


class ReplyRow(Wire, kw_only=True):
    """An answer to an evaluation or, where `reply_id` is a number, to a reply. A deleted one has no text any more."""

    id: int
    evaluation_id: int
    reply_id: int | None
    text: str
    create_time: str
    status: Literal["VALIDATED", "DELETED"]
    commentator: Commentator
    replies: list["ReplyRow"]


class EvaluationRow(Wire, kw_only=True):
    """What a user writes about an extension, with the replies to it."""

    id: int
    extension_id: str
    text: str
    create_time: str
    last_updated: str
    status: Literal["VALIDATED"] = "VALIDATED"
    commentator: Commentator
    replies: list[ReplyRow]


class StarPage(Wire, kw_only=True):
    """One part of the ratings. `size` is the size that was asked for, `items_before` how many come before."""

    size: int
    total_items_count: int
    items_before: int
    items: list[StarRow]
    empty: bool


class EvaluationPage(Wire, kw_only=True):
    """One part of the evaluations, newest first; counted as in `StarPage`."""

    size: int
    total_items_count: int
    items_before: int
    items: list[EvaluationRow]
    empty: bool


class Accusation(Wire, kw_only=True):
    """A report, and whether somebody has decided about it."""

    id: int
    state: Literal["open", "upheld", "dismissed"]


class Deleted(Wire, kw_only=True):
    """What is gone."""

    id: int


class StarAnswer(Wire, kw_only=True):
    """AddExtensionStarResponse."""

    result: StarRow
    status: Literal["success"] = "success"


class StarPageAnswer(Wire, kw_only=True):
    """ShowExtensionEvaluationStarResponse."""

    result: StarPage
    status: Literal["success"] = "success"


class EvaluationAnswer(Wire, kw_only=True):
    """AddExtensionEvaluationResponse."""

    result: EvaluationRow
    status: Literal["success"] = "success"


class EvaluationPageAnswer(Wire, kw_only=True):
    """ShowExtensionEvaluationResponse."""

    result: EvaluationPage
    status: Literal["success"] = "success"


class ReplyAnswer(Wire, kw_only=True):
    """AddExtensionEvaluationReplyResponse."""

    result: ReplyRow
    status: Literal["success"] = "success"


class AccusationAnswer(Wire, kw_only=True):
    """CheckMaliciousExtensionEvaluationResponse."""

    result: Accusation
    status: Literal["success"] = "success"


class DeletedAnswer(Wire, kw_only=True):
    """DeleteEvaluationResponse, DeleteEvaluationReplyResponse."""

    result: Deleted
    status: Literal["success"] = "success"


# --- consents -----------------------------------------------------------------------------------------------------------


class ConsentRow(Wire, kw_only=True):
    """Whether an extension may act for the user in an IDE instance."""

    identifier: str
    instance_id: str
    extension_version: str
    status: ConsentWord


class ConsentAnswer(Wire, kw_only=True):
    """ShowExtensionAuthorizationResponse."""

    result: ConsentRow
    status: Literal["success"] = "success"


class ConsentSaved(Wire, kw_only=True):
    """CreateExtensionAuthorizationResponse."""

    result: Literal[True] = True
    status: Literal["success"] = "success"
