"""Publisher tokens as their holders see them."""

from app.api.moments import to_moment
from schemas.model.access import IssuedPublisherToken, PublisherToken
from schemas.paging import Page, Paging
from schemas.wire import publisher_tokens_v1 as wire


def to_issued(made: IssuedPublisherToken) -> wire.IssuedPublisherToken:
    """A new token with its text."""
    facts = made.facts
    return wire.IssuedPublisherToken(
        token=made.token,
        token_id=facts.id,
        publisher_id=facts.publisher_id,
        name=facts.name,
        hint=facts.hint,
        user_id=facts.user_id,
        user_name=facts.user_name,
        created_at=to_moment(facts.created_at),
        expires_at=to_moment(facts.expires_at),
    )


def to_row(token: PublisherToken) -> wire.PublisherTokenRow:
    """A token without its text."""
    return wire.PublisherTokenRow(
        token_id=token.id,
        publisher_id=token.publisher_id,
        name=token.name,
        hint=token.hint,
        user_id=token.user_id,
        user_name=token.user_name,
        created_at=to_moment(token.created_at),
        expires_at=to_moment(token.expires_at),
        revoked_at=to_moment(token.revoked_at) if token.revoked_at else None,
        last_used_at=to_moment(token.last_used_at) if token.last_used_at else None,
    )


def to_page(found: Page[PublisherToken], paging: Paging) -> wire.PublisherTokenPage:
    """One part of the tokens."""
    return wire.PublisherTokenPage(
        offset=paging.offset, limit=paging.limit, total=found.total, tokens=[to_row(each) for each in found.items]
    )
