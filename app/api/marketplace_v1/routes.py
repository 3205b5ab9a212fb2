"""`/v1/marketplace/**` and `/v2/extension/authorization*` (CodeArts IDE Online API Reference)."""

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, post
from litestar.params import PathParameter, QueryParameter

from app.api.marketplace_v1 import translate
from app.api.operations import operation
from app.api.paging import Offset
from app.api.parameters import bounded
from app.api.streaming import form_file
from app.registry import Registry
from app.settings import Settings
from schemas.model.access import Caller
from schemas.model.marketplace import Detail
from schemas.paging import Paging
from schemas.wire import marketplace_v1 as wire
from schemas.wire.text import Id, Name, SearchText

TaskId = Annotated[str, PathParameter(max_length=64, description="The task, as answered to the upload.")]
EvaluationId = Annotated[int, PathParameter(ge=1, le=10**18 - 1, description="The evaluation.")]
ReplyId = Annotated[int, PathParameter(ge=1, le=10**18 - 1, description="The reply.")]
InstanceId = Annotated[str, PathParameter(max_length=64, description="The IDE instance.")]
Limit = Annotated[
    int, QueryParameter(ge=1, le=wire.MOST_PER_PAGE, description=f"How many to answer, 1 to {wire.MOST_PER_PAGE}.")
]
PageNumber = Annotated[
    int, QueryParameter(name="page_num", ge=1, le=1_000_000, description="The number of the page, from 1.")
]
PageSize = Annotated[
    int, QueryParameter(name="page_size", ge=1, le=wire.MOST_PER_PAGE, description="How many categories on a page.")
]
SupportIde = Annotated[
    int, QueryParameter(name="support_ide", ge=0, le=2**31 - 1, description="The IDE, by its code: 3. 0: any.")
]
SceneName = Annotated[
    SearchText, bounded(SearchText, query="scene_name", description="Narrows nothing: no extension says its scene.")
]
CategoryKind = Annotated[
    int,
    QueryParameter(name="type", ge=0, le=2**31 - 1, description="Narrows nothing: categories are of one kind."),
]
NamePart = Annotated[
    SearchText, bounded(SearchText, query="name", description="A part of the name or the English name.")
]
Official = Annotated[
    str, QueryParameter(max_length=64, description="The kind of extension: `CodeArtsIDEOnline`, in any case.")
]
ExtensionId = Annotated[Id, bounded(Id, query="extension_id", description="The extension.")]
Identifier = Annotated[Name, bounded(Name, query="identifier", description="The extension as `publisher.name`.")]
Version = Annotated[Name, bounded(Name, query="extension_version", description="The version of the extension.")]
Instance = Annotated[Id, bounded(Id, query="instance_id", description="The IDE instance.")]


class MarketplaceController(Controller):
    """What IDEs find, and what publishers and users do about it."""

    path = "/v1/marketplace"
    tags = ("Marketplace",)

    # -- finding -----------------------------------------------------------------------------------------------------

    @post("/extension/extensionquery", **operation("list_extensions"))
    async def query(
        self, data: wire.ExtensionQuery, caller: Caller, registry: Registry, settings: Settings
    ) -> wire.ExtensionResults:
        """Search extensions. Each filter is a question of its own and has a page of results of its own.

        Criteria of one type are alternatives, of different types conditions. `flags` adds up what is wanted beside: the
        files of versions (2), all known categories and tags (4), who owns and uploads (8), properties of versions (16).
        """
        wanted = Detail(data.flags)
        found = await registry.marketplace.query(caller, translate.to_filters(data), wanted)
        return translate.to_results(found, wanted, settings.base_url)

    @post("/extension/public/detail", **operation("show_extension_detail"))
    async def detail(
        self, data: wire.DetailQuery, caller: Caller, registry: Registry, settings: Settings
    ) -> wire.ExtensionResults:
        """Show extensions by their ids, with every version that the caller sees, newest first.

        Ids of nothing are passed over.
        """
        found = await registry.marketplace.detail(caller, translate.to_ids(data.ids))
        return translate.to_detail(found, settings.base_url)

    @get("/extension/category", **operation("show_category_list"))
    async def categories(
        self,
        caller: Caller,
        registry: Registry,
        page_num: PageNumber = 1,
        page_size: PageSize = 10,
        support_ide: SupportIde = 0,
        scene_name: SceneName = "",  # noqa: ARG002
        kind: CategoryKind = 0,  # noqa: ARG002
    ) -> wire.CategoryAnswer:
        """List the categories of the extensions that everybody sees, most used first."""
        paging = Paging(offset=(page_num - 1) * page_size, limit=page_size)
        found = await registry.marketplace.categories(caller, paging, ide=support_ide or None)
        return translate.to_categories(found)

    # -- publishing --------------------------------------------------------------------------------------------------

    @get("/publishers/mine", **operation("list_my_publishers"))
    async def publishers(self, caller: Caller, registry: Registry, name: NamePart = "") -> wire.OwnPublishersAnswer:
        """List the publishers of the caller's account."""
        return translate.to_own_publishers(await registry.publishers.list_mine(caller, name))

    @post("/file/plugin", **operation("upload_extension_file"), request_max_body_size=None)  # the use-case bounds it
    async def upload(
        self, request: Request[Any, Any, Any], official: Official, caller: Caller, registry: Registry
    ) -> wire.PackageAnswer:
        """Upload the package of an extension (VSIX) in one request.

        It is inspected then; the task says how it fares, and publishes it.
        """
        translate.check_kind(official)
        async with form_file(request, "file") as file:
            uploaded = await registry.extensions.upload(caller, file.body, translate.to_file_name(file.name))
        return translate.to_package(uploaded)

    @get("/extension/{task_id:str}/status", **operation("show_extension_testing_result", publisher_token=True))
    async def status(
        self, task_id: TaskId, caller: Caller, registry: Registry, settings: Settings
    ) -> wire.TestingAnswer:
        """Show what the checks of an uploaded package say, and where its task stands.

        Beside the contract's statuses there are findings in words, and the task with its state, its owner, the reason and
        the next step.
        """
        return translate.to_status(await registry.extensions.task(caller, task_id), settings.base_url)

    @post("/extension/{task_id:str}/archiving", **operation("publish_extension", publisher_token=True))
    async def publish(
        self, task_id: TaskId, data: wire.PublishTaskRequest, caller: Caller, registry: Registry
    ) -> wire.PublishAnswer:
        """Publish an uploaded package that passed every check, or file it for review where that is asked for.

        However often it is asked, there is one version. `type` is 1.
        """
        del data  # there is one type only
        return translate.to_published(await registry.extensions.publish(caller, task_id))

    # -- feedback ----------------------------------------------------------------------------------------------------

    @post("/star", **operation("add_extension_star"))
    async def rate(self, data: wire.StarRequest, caller: Caller, registry: Registry) -> wire.StarAnswer:
        """Rate an extension with 1 to 5 stars. Each user has one rating of it, and the next one replaces it."""
        star = await registry.feedback.rate(caller, data.extension_id, data.stars, data.comment or "")
        return wire.StarAnswer(result=translate.to_star(star))

    @get("/feedback/star", **operation("show_extension_evaluation_star"))
    async def stars(
        self, extension_id: ExtensionId, caller: Caller, registry: Registry, offset: Offset = 0, limit: Limit = 10
    ) -> wire.StarPageAnswer:
        """List the ratings of an extension."""
        paging = Paging(offset=offset, limit=limit)
        return translate.to_stars(await registry.feedback.list_stars(caller, extension_id, paging), paging)

    @post("/extension/evaluation", **operation("add_extension_evaluation"))
    async def evaluate(self, data: wire.EvaluationRequest, caller: Caller, registry: Registry) -> wire.EvaluationAnswer:
        """Write an evaluation of an extension, in plain text."""
        evaluation = await registry.feedback.evaluate(caller, data.extension_id, data.text)
        return wire.EvaluationAnswer(result=translate.to_evaluation(evaluation))

    @get("/feedback/evaluation", **operation("show_extension_evaluation"))
    async def evaluations(
        self, extension_id: ExtensionId, caller: Caller, registry: Registry, offset: Offset = 0, limit: Limit = 10
    ) -> wire.EvaluationPageAnswer:
        """List the evaluations of an extension, newest first, each with the replies to it."""
        paging = Paging(offset=offset, limit=limit)
        return translate.to_evaluations(await registry.feedback.list_evaluations(caller, extension_id, paging), paging)

    @post("/extension/evaluation/reply", **operation("add_extension_evaluation_reply"))
    async def reply(self, data: wire.ReplyRequest, caller: Caller, registry: Registry) -> wire.ReplyAnswer:
        """Reply to an evaluation or, with `reply_id`, to a reply."""
        evaluation_id, reply_id = translate.to_number(data.evaluation_id), translate.to_number(data.reply_id)
        reply = await registry.feedback.reply(caller, evaluation_id, reply_id, data.text)
        return wire.ReplyAnswer(result=translate.to_reply(reply))

    @post("/extension/evaluation/accusation", **operation("check_malicious_extension_evaluation"))
    async def accuse(self, data: wire.AccusationRequest, caller: Caller, registry: Registry) -> wire.AccusationAnswer:
        """Report an evaluation or, with `reply_id`, a reply that should not stand there. The operators decide."""
        evaluation_id, reply_id = translate.to_number(data.evaluation_id), translate.to_number(data.reply_id)
        report = await registry.feedback.report(caller, evaluation_id, reply_id, data.content)
        return translate.to_accusation(report)

    @delete("/evaluation/{evaluation_id:int}", **operation("delete_evaluation"))
    async def delete_evaluation(
        self, evaluation_id: EvaluationId, caller: Caller, registry: Registry
    ) -> wire.DeletedAnswer:
        """Delete an evaluation with the replies to it: one's own, or as who moderates."""
        await registry.feedback.delete_evaluation(caller, evaluation_id)
        return wire.DeletedAnswer(result=wire.Deleted(id=evaluation_id))

    @delete("/evaluation/reply/{reply_id:int}", **operation("delete_evaluation_reply"))
    async def delete_reply(self, reply_id: ReplyId, caller: Caller, registry: Registry) -> wire.DeletedAnswer:
        """Delete a reply: one's own, or as who moderates. Where it was answered its place stays, without a text."""
        await registry.feedback.delete_reply(caller, reply_id)
        return wire.DeletedAnswer(result=wire.Deleted(id=reply_id))


class ConsentController(Controller):
    """Whether an extension may act for the user in an IDE instance."""

    path = "/v2/extension/authorization"
    tags = ("Marketplace",)

    @get("/", **operation("show_extension_authorization"))
    async def show(
        self,
        identifier: Identifier,
        extension_version: Version,
        instance_id: Instance,
        caller: Caller,
        registry: Registry,
    ) -> wire.ConsentAnswer:
        """Show what the caller said of an extension in an IDE instance. UNKNOWN: ask."""
        consent = await registry.consents.show(caller, instance_id, identifier, extension_version)
        return translate.to_consent(consent)

    @post("/{instance_id:str}", **operation("create_extension_authorization"))
    async def agree(
        self, instance_id: InstanceId, data: wire.ConsentRequest, caller: Caller, registry: Registry
    ) -> wire.ConsentSaved:
        """Say whether an extension may act for the caller in an IDE instance. The next answer replaces it."""
        status = translate.to_decision(data.status)
        await registry.consents.agree(caller, instance_id, data.identifier, data.extension_version, status)
        return wire.ConsentSaved()
