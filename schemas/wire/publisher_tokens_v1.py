"""`/plugport/v1/publisher-tokens*`: publisher tokens. The contract takes them and says nothing of where they come from; these
operations are ours. Moments are ISO 8601 with milliseconds, UTC, with `Z`."""

from typing import Annotated

from msgspec import Meta

from schemas.base import Wire
from schemas.wire.text import Id


class PublisherTokenRequest(Wire, kw_only=True):
    """A token to be made."""

    publisher_id: Id
    name: Annotated[
        str,
        Meta(
            pattern=r"^[^\x00-\x1f\x7f]+(?!\n)$",
            min_length=1,
            max_length=64,
            description="What it is for, in one line; tells tokens apart.",
        ),
    ]
    expires_in_days: Annotated[int, Meta(ge=1, le=365, description="How long it lives, 1 to 365 days.")] = 90


class PublisherTokenRow(Wire, kw_only=True):
    """A token without its text. `hint` shows how it begins and ends; `user_id` is the user whose rights it has."""

    token_id: str
    publisher_id: str
    name: str
    hint: str
    user_id: str
    user_name: str
    created_at: str
    expires_at: str
    revoked_at: str | None
    last_used_at: Annotated[str | None, Meta(description="May be a minute behind.")]


class IssuedPublisherToken(Wire, kw_only=True):
    """A new token, with its text, which is shown now and never again."""

    token: Annotated[
        str,
        Meta(
            pattern=r"^pp_pub_[0-9A-Za-z]{46}$",
            description="Sent as `x-publisher-token`. Its last 6 characters are a CRC-32 of the others in base 62.",
        ),
    ]
    token_id: str
    publisher_id: str
    name: str
    hint: str
    user_id: str
    user_name: str
    created_at: str
    expires_at: str


class PublisherTokenPage(Wire, kw_only=True):
    """One part of the tokens, latest first."""

    offset: int
    limit: int
    total: int
    tokens: list[PublisherTokenRow]
