"""What a version number promises of a version's contract (SemVer 2.0.0, sections 4 and 6 to 9). Pure."""

import semver

from schemas.model.contracts import Effect


def promises(number: semver.Version) -> bool:
    """Whether the number promises anything: a pre-release (section 9) does not."""
    return number.prerelease is None


def least_number(before: semver.Version, effect: Effect) -> semver.Version:
    """The least number above `before` that promises as little as the effect needs.

    From 1.0.0 on a break needs another major number and an addition another minor one. Before it (section 4) anything may
    change; here a break needs another minor number and an addition any, as authors and their tools commonly have it.
    """
    base = semver.Version(before.major, before.minor, before.patch)
    if effect.breaks:
        return base.bump_minor() if before.major == 0 else base.bump_major()
    if effect is Effect.ADDITIVE and before.major > 0:
        return base.bump_minor()
    return base.bump_patch()


def keeps_promise(before: semver.Version, number: semver.Version, effect: Effect) -> bool:
    """Whether a version of that number may change what `before` gave its users so much."""
    return not promises(number) or number >= least_number(before, effect)
