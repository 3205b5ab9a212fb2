"""How operations of our own spell a moment."""

from datetime import UTC, datetime


def to_moment(moment: datetime) -> str:
    """ISO 8601 with milliseconds, in UTC, with `Z`."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
