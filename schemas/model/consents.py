"""What users say when an IDE asks them whether an extension may run there."""

from enum import StrEnum

from schemas.base import Entity


class ConsentStatus(StrEnum):
    """A user's answer, in the contract's words."""

    AGREE = "AGREE"
    REJECT = "REJECT"
    UNKNOWN = "UNKNOWN"
    """None was given, or it was taken back: the IDE asks again."""


class Consent(Entity, frozen=True):
    """A user's answer for one version of an extension in one instance of an IDE.

    `identifier` (`publisher.name`) is spelled as whoever asks spells it; its case makes no difference.
    """

    instance_id: str
    identifier: str
    version: str
    status: ConsentStatus
