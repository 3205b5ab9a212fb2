"""Password hashes: argon2id, computed in threads of their own, never on the event loop."""

import argon2

from storage.executors import Executor

# One login costs about 20 ms of one core and 19 MiB (the second of the RFC 9106-style profiles that OWASP recommends).
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified against when there is no such user, so that the answer takes the same time.
_NOBODY = _HASHER.hash("nobody has this password")

MAX_PASSWORD_LENGTH = 256


class Passwords:
    """Hashes and verifies passwords in a bounded executor."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        return await self._executor.run(_HASHER.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right. None as hash (no such user) takes as long and is never right."""
        return await self._executor.run(_verify, password_hash, password)


def _verify(password_hash: str | None, password: str) -> bool:
    try:
        _HASHER.verify(password_hash or _NOBODY, password)
    except argon2.exceptions.VerificationError:
        return False
    return password_hash is not None
