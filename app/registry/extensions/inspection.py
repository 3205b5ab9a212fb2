"""The three checks of an extension's package."""

from app.registry.extensions import security, vsix
from app.registry.packages.archive import Archive
from app.registry.packages.looking import GoOn, look_into
from schemas.errors import PackageRefused
from schemas.model.extensions import Check, CheckName, Inspected, Outcome
from schemas.model.packages import Finding
from storage.blobs.base import BlobStore, Stored
from storage.executors import Executor


class ExtensionInspection:
    """Inspects stored packages of extensions."""

    def __init__(self, blobs: BlobStore, inspection: Executor) -> None:
        self._blobs = blobs
        self._inspection = inspection

    async def inspect(self, stored: Stored) -> Inspected:
        """Goes through the whole package. What is wrong with it is in the answer; in a damaged archive nothing else is looked at.

        Raises `ServiceBusy`, and what the store raises.
        """
        try:
            return await look_into(self._blobs, self._inspection, stored, inspected)
        except PackageRefused as refused:
            checks = [
                Check(name=CheckName.SECURITY, outcome=Outcome.UNKNOWN),
                Check(name=CheckName.FILE, outcome=Outcome.FAIL, findings=refused.findings),
                Check(name=CheckName.BASIC_INFORMATION, outcome=Outcome.UNKNOWN),
            ]
            return Inspected(checks=checks, facts=None, assets=[])


def inspected(archive: Archive, go_on: GoOn) -> Inspected:
    """The checks of an open archive. Blocking. Raises `PackageRefused` where it is damaged."""
    harm = security.look_through(archive, go_on)
    facts, assets, wrong = vsix.read(archive)
    checks = [
        _check(CheckName.SECURITY, harm),
        _check(CheckName.FILE, []),
        _check(CheckName.BASIC_INFORMATION, wrong),
    ]
    return Inspected(checks=checks, facts=facts, assets=assets)


def _check(name: CheckName, findings: list[Finding]) -> Check:
    return Check(name=name, outcome=Outcome.FAIL if findings else Outcome.PASS, findings=findings)
