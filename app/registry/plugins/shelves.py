"""Which shelves hold what a caller may see (see the migration on shelves for what a shelf is)."""

from schemas.model.access import Caller
from schemas.model.plugins import BUSINESS_TYPES, Attribution


class View:
    """The plug-ins that a caller sees, of one class or all, as scopes: lists that have no plug-in in common."""

    def __init__(self, caller: Caller, attribution: Attribution | None = None, maintainer: str | None = None) -> None:
        self._caller = caller
        self._maintainer = maintainer
        self.scopes = [
            *(f"{caller.tenant_id}|{each}" for each in Attribution if attribution in (None, each)),
            *(f"*|{each}" for each in (Attribution.OFFICIAL, Attribution.PUBLISHED) if attribution in (None, each)),
        ]
        # A published plug-in cannot be private, so the tenant's private ones are of the class of those it makes.
        if attribution in (None, Attribution.OFFICIAL if caller.official else Attribution.CUSTOM):
            self.scopes.append(f"{caller.tenant_id}|private")

    @property
    def private_keeper(self) -> str | None:
        """Whose private plug-ins are seen; None: everybody's."""
        return None if self._caller.is_admin else self._caller.user_id

    def _shelf(self, scope: str) -> str | None:
        """The shelf of a scope that holds what the caller sees there, of the wanted maintainer."""
        keeper = self._maintainer
        if keeper is not None and "/" in keeper:
            return None  # no user's id, and part of the name of other shelves
        if scope.endswith("|private") and self.private_keeper is not None:
            if keeper not in (None, self.private_keeper):
                return None
            keeper = self.private_keeper
        return scope if keeper is None else f"{scope}/by/{keeper}"

    def listed(self, business_types: list[str] | None) -> list[str]:
        """All that is seen, or what is of these categories."""
        shelves = [shelf for scope in self.scopes if (shelf := self._shelf(scope))]
        if business_types is None or set(business_types) >= set(BUSINESS_TYPES):
            return shelves
        return [f"{shelf}/{each}" for shelf in shelves for each in dict.fromkeys(business_types)]

    def usable(self, part: str) -> list[str]:
        """What has a release: of one category, or `single` for basic plug-ins."""
        return [f"{shelf}/use/{part}" for scope in self.scopes if (shelf := self._shelf(scope))]
