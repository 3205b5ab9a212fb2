"""How a file of an extension's package is answered, and how often an extension was installed."""

from app.api.sending import UNSHOWN, digests, keeping
from app.registry.downloads.rules import Answer
from app.registry.installs import rules
from schemas.model.installs import InstallCounts, ServedAsset
from schemas.paging import Paging
from schemas.wire import extensions_v1 as wire


def to_headers(asset: ServedAsset, answer: Answer) -> dict[str, str]:
    """What is said of a file beside its bytes."""
    headers = {**digests(asset.sha256), **keeping(is_final=asset.is_final), **UNSHOWN}
    if answer.status != 304:
        shown = "inline" if rules.is_shown(asset.media_type) else "attachment"
        headers |= {
            "Content-Type": asset.media_type,
            "Content-Length": str(len(asset.content)),
            "Content-Disposition": shown,
        }
    return headers


def to_counts(counts: InstallCounts, paging: Paging) -> wire.InstallCounts:
    """One part of the days on which versions were installed."""
    return wire.InstallCounts(
        installs=counts.installs,
        offset=paging.offset,
        limit=paging.limit,
        total=counts.rows,
        days=[
            wire.InstallDay(
                day=each.day.isoformat(),
                version=each.version,
                target_platform=each.target_platform,
                installs=each.installs,
            )
            for each in counts.days
        ],
    )
