"""Every key a blob can have, in one place.

Tenants never share a key, so that no tenant can learn from a key what another one stored.
"""

from schemas.ids import new_id


def incoming(tenant_id: str) -> str:
    """A key, never used twice, for bytes on their way in whose digest is not known yet."""
    return f"t/{tenant_id}/in/{new_id()}"


def content(tenant_id: str, sha256: str) -> str:
    """The key of verified bytes: their SHA-256 (64 lower-case hex digits)."""
    return f"t/{tenant_id}/b/{sha256}"
