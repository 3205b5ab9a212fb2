"""What several surfaces say alike of publishers and of those who belong to them. Moments are ISO 8601 with milliseconds, UTC,
with `Z`."""

from typing import Literal

from schemas.base import Wire

PublisherStatus = Literal["processing", "accept", "reject", "suspended"]
PublisherRole = Literal["owner", "maintainer", "member"]
Ground = Literal["well-known", "dns", "by-hand"]


class PublisherMemberRow(Wire, kw_only=True):
    """A user who belongs to a publisher."""

    user_id: str
    user_name: str
    role: PublisherRole
    since: str
