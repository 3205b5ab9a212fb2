"""How an icon is answered: its headers, and whether a client has it already."""

from schemas.model.icons import Icon


def to_headers(icon: Icon) -> dict[str, str]:
    """An icon never changes under its key, and whatever its bytes are, no browser runs them."""
    return {
        "ETag": f'"{icon.sha256}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Content-Disposition": "inline",
    }


def has_it(if_none_match: str, icon: Icon) -> bool:
    """Whether the header If-None-Match names the icon's ETag (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or f'"{icon.sha256}"' in tags
