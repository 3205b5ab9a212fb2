"""`/plugport/v1/reviews*`: what waits for a person, and what is decided; `/plugport/v1/review-rules*`: what has to wait."""

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.params import QueryParameter

from app.api.operations import operation
from app.api.paging import Limit, Offset
from app.api.reviews_v1 import translate
from app.registry import Registry
from schemas.model.access import Caller
from schemas.model.releases import Verdict
from schemas.model.reviews import QueueQuery, ReviewKind
from schemas.paging import Paging
from schemas.wire import reviews_v1 as wire

KindQuery = Annotated[ReviewKind | None, QueryParameter(description="What is decided.")]
TypeQuery = Annotated[
    wire.BusinessTypeName | None, QueryParameter(description="Of plug-ins; `Extension`: of extensions.")
]
PublisherQuery = Annotated[str | None, QueryParameter(max_length=64, description="Releases of this publisher.")]
HeldQuery = Annotated[bool | None, QueryParameter(description="Whether somebody has claimed them.")]
MineQuery = Annotated[bool, QueryParameter(description="Those that you have claimed.")]
DecidedQuery = Annotated[bool, QueryParameter(description="Decided ones, instead of those that wait.")]
AgeQuery = Annotated[
    int, QueryParameter(ge=0, le=100_000, description="Those that were filed so many hours ago, or longer.")
]


class ReviewsController(Controller):
    """The queue. For operators, and reviewers of the platform's own accounts."""

    path = "/plugport/v1/reviews"
    tags = ("Reviews",)

    @get("/", **operation("list_reviews"))
    async def list_reviews(
        self,
        caller: Caller,
        registry: Registry,
        kind: KindQuery = None,
        publisher_id: PublisherQuery = None,
        business_type: TypeQuery = None,
        held: HeldQuery = None,
        mine: MineQuery = False,
        decided: DecidedQuery = False,
        older_than_hours: AgeQuery = 0,
        offset: Offset = 0,
        limit: Limit = 20,
    ) -> wire.ReviewPage:
        """List every account's reviews, what waits longest first; of decided ones the latest first."""
        query = QueueQuery(
            kind=kind,
            publisher_id=publisher_id,
            business_type=business_type,
            held=held,
            mine=mine,
            decided=decided,
            older_than_hours=older_than_hours,
        )
        paging = Paging(offset=offset, limit=limit)
        return translate.to_page(await registry.reviews.list_queue(caller, query, paging), paging)

    @get("/metrics", **operation("show_review_metrics"))
    async def metrics(self, caller: Caller, registry: Registry) -> wire.ReviewMetricsRow:
        """Show how much waits, and how long decisions take."""
        return translate.to_metrics(await registry.reviews.metrics(caller))

    @get("/{review_id:str}", **operation("show_review"))
    async def show(self, review_id: str, caller: Caller, registry: Registry) -> wire.ReviewDetail:
        """Show a review with the findings, and side by side what is different from the release before."""
        return translate.to_detail(await registry.reviews.show(caller, review_id))

    @post("/{review_id:str}/claim", **operation("claim_review"))
    async def claim(self, review_id: str, caller: Caller, registry: Registry) -> wire.ReviewRow:
        """Keep others from deciding for an hour. Claiming it again prolongs that."""
        return translate.to_row(await registry.reviews.claim(caller, review_id))

    @delete("/{review_id:str}/claim", **operation("release_review_claim"))
    async def let_go(self, review_id: str, caller: Caller, registry: Registry) -> wire.ReviewRow:
        """End your claim; operators end anybody's."""
        return translate.to_row(await registry.reviews.let_go(caller, review_id))

    @post("/{review_id:str}/decide", **operation("decide_review"))
    async def decide(
        self, review_id: str, data: wire.ReviewDecisionRequest, caller: Caller, registry: Registry
    ) -> wire.ReviewRow:
        """Accept, reject or send back. Nobody decides about a release of their own; a quarantine, and what a sensitive publisher
        releases, two people accept. Operators decide about quarantines and appeals."""
        verdict, reasons = Verdict(data.verdict), [str(each) for each in data.reasons]
        return translate.to_row(await registry.reviews.decide(caller, review_id, verdict, reasons, data.text))


class ReviewRulesController(Controller):
    """Which releases need a person, where the platform's setting does not suit. For the role `operator` only."""

    path = "/plugport/v1/review-rules"
    tags = ("Reviews",)

    @get("/", **operation("list_review_rules"))
    async def list_rules(self, caller: Caller, registry: Registry) -> wire.ReviewRuleList:
        """List every rule about reviews."""
        return translate.to_rules(await registry.reviews.list_rules(caller))

    @put("/", **operation("set_review_rule"))
    async def set_rule(self, data: wire.ReviewRuleRequest, caller: Caller, registry: Registry) -> wire.ReviewRuleRow:
        """Make or change the rule about an account, a publisher, a business type, or what is of several of them."""
        return translate.to_rule_row(await registry.reviews.set_rule(caller, translate.to_rule(data)))

    @delete("/{rule_id:str}", **operation("delete_review_rule"))
    async def delete_rule(self, rule_id: str, caller: Caller, registry: Registry) -> bool:
        """Delete a rule: the platform's setting, or a wider rule, holds again."""
        await registry.reviews.delete_rule(caller, rule_id)
        return True


class SensitiveController(Controller):
    """Publishers whose releases two people accept. For the role `operator` only."""

    path = "/plugport/v1/publishers"
    tags = ("Reviews",)

    @put("/{publisher_id:str}/sensitive", **operation("set_publisher_sensitive"))
    async def set_sensitive(
        self, publisher_id: str, data: wire.SensitiveRequest, caller: Caller, registry: Registry
    ) -> wire.SensitiveRow:
        """Settle whether two people have to accept what a publisher releases."""
        settled = await registry.reviews.set_sensitive(caller, publisher_id, data.sensitive)
        return wire.SensitiveRow(publisher_id=publisher_id, sensitive=settled)
