"""Version numbers: SemVer 2.0.0, and how they compare."""

import semver

from schemas.errors import InvalidField

MAX_LENGTH = 128


def parse(field: str, version: str) -> semver.Version:
    """The parts of a version number. Raises `InvalidField`."""
    problem = f"{version[:MAX_LENGTH]!r} is not a SemVer 2 version number such as 1.4.0 or 2.0.0-rc.1"
    # The parser's digits are those of every script; SemVer's are ASCII.
    if len(version) > MAX_LENGTH or not version.isascii():
        raise InvalidField(field, problem=problem)
    try:
        return semver.Version.parse(version)
    except ValueError as error:
        raise InvalidField(field, problem=problem) from error


def precedence(version: semver.Version) -> bytes:
    """A key whose order, byte by byte, is the precedence of SemVer 2 (section 11). Build metadata has no part in it.

    Numbers are written with their length before them, so that 9 comes before 10. A pre-release comes before its release, a
    numeric identifier before others, and the shorter of two lists of identifiers, one beginning the other, first.
    """
    key = b"".join(_number(part) for part in (version.major, version.minor, version.patch))
    if version.prerelease is None:
        return key + b"\x03"
    for identifier in version.prerelease.split("."):
        key += b"\x01" + _number(int(identifier)) if identifier.isdigit() else b"\x02" + identifier.encode() + b"\x00"
    return key + b"\x00"


def _number(number: int) -> bytes:
    digits = str(number).encode()
    return bytes([len(digits)]) + digits
